// What a message costs does not grow with the members beyond 256, nor does it change below; waking is bounded. Counted by the runtime.
// QUIPU_CROWD=2,1000,10000 measures groups of those sizes; the largest takes minutes.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

const SIZES = process.env.QUIPU_CROWD?.split(",").map(Number) ?? [2, 256, 257, 400];
/** Of the members of each group, how many have their inboxes open; in the smallest, who does not send. */
const LISTENING = 1;
const PATIENCE_MS = 60_000;
const NOTHING = { written: 0, outbox: 0, read: 0, statements: 0, alarms: 0 };
let server, owner;

before(async () => {
  server = await startServer({ vars: FAST, counting: true });
  owner = await Person.of(server, "owner", { name: "Owner" });
});
after(() => server?.stop());

/** Everything counted until nothing is written any longer: longer than a round of the outbox waits. */
async function settled() {
  const sum = { Conversation: { ...NOTHING }, Account: { ...NOTHING } };
  for (let quiet = 0; quiet < 3; ) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const counted = await server.counted();
    quiet = Object.values(counted).some(({ written }) => written > 0) ? 0 : quiet + 1;
    for (const [name, counts] of Object.entries(counted)) for (const [what, number] of Object.entries(counts)) sum[name][what] += number;
  }
  return sum;
}

async function group(size) {
  const refs = Array.from({ length: size - 1 }, (_, index) => `sub:of-${size}-${index}`);
  const conv = await owner.group(`Of ${size}`, refs.slice(0, 100));
  const line = owner.line(conv);
  await line.at((await owner.conversation(conv)).seq);
  for (let at = 100; at < refs.length; at += 100) {
    const answers = await line.commands(refs.slice(at, at + 100).map((user) => ({ key: randomUUID(), command: { type: "member.add", user } })));
    assert.ok(answers.every(({ seq }) => seq), JSON.stringify(answers.find(({ seq }) => !seq)));
  }
  await line.close();
  assert.equal((await owner.conversation(conv)).member_count, size);
  await settled();
  return conv;
}

/** What a request takes longer where the memory is gone, each at best of five, and what it reads. */
async function waking(conv) {
  const timed = async () => {
    const begun = performance.now();
    await owner.conversation(conv);
    return performance.now() - begun;
  };
  let [cold, warm, read] = [Infinity, Infinity, 0];
  for (let round = 0; round < 5; round++) {
    await server.hibernate(...owner.conversationObject(conv));
    await server.counted();
    cold = Math.min(cold, await timed());
    ({ read } = (await server.counted()).Conversation);
    warm = Math.min(warm, await timed());
  }
  return { ms: Math.round((cold - warm) * 10) / 10, read };
}

/** All accounts hear of a mention of everyone, in as many rounds as they need; how long that takes, looking at some of them. */
async function everyone(conv, size) {
  const begun = performance.now();
  const body = { content: { kind: "text", text: "all of you", mention_everyone: true } };
  const { seq } = await owner.ok("POST", `/v1/conversations/${conv}/messages`, { body });
  const sample = [0, 1, size >> 1, size - 2].map((index) => new Person(server, `of-${size}-${index}`));
  for (const person of sample) {
    for (let entry; !(entry?.head_seq >= seq); await new Promise((resolve) => setTimeout(resolve, 200))) {
      entry = (await person.ok("GET", "/v1/inbox/changes?after=0")).entries.find(({ id }) => id === conv);
      if (entry?.head_seq >= seq) assert.deepEqual([entry.head_seq, entry.mentions, entry.last.preview], [seq, 1, "all of you"], person.sub);
    }
  }
  await settled();
  return Math.round((performance.now() - begun) / 100) / 10;
}

test("rows of a message by number of members, and what waking reads", async () => {
  const found = [];
  for (const size of SIZES) {
    const conv = await group(size);
    const listener = new Person(server, `of-${size}-0`);
    const inbox = listener.inbox();
    await inbox.entry(conv, () => true, "an entry", PATIENCE_MS);
    await settled();
    const { seq } = await owner.send(conv, "to all of you");
    await inbox.entry(conv, ({ head_seq }) => head_seq >= seq, "the message", PATIENCE_MS);
    const { Conversation, Account } = await settled();
    found.push({ members: size, log: Conversation.written, accounts: Account.written, rows: Conversation.written + Account.written, waking: await waking(conv) });
    await inbox.close();
    await settled();
    if (size > 256) found.at(-1).everyone = await everyone(conv, size);
  }
  console.table(found.map(({ waking: { ms, read }, everyone, ...rows }) => ({ ...rows, "rows read at waking": read, "ms to wake": ms, "s until everyone knows": everyone })));
  for (const { members, log, accounts } of found) {
    if (members <= 256) assert.deepEqual([log, accounts], [5, 3 * members], `${members} members`);
    // Of the sender, who is told at once, and of open inboxes, ten seconds after they were told last: then in a round of their own.
    else assert.ok((log === 5 || log === 6) && accounts === 4 * (1 + LISTENING), `${members} members: ${log} and ${accounts}`);
  }
  for (const { members, waking: { read } } of found) assert.ok(read <= 3 * members + 64, `waking with ${members} members read ${read} rows`);
});
