// Notification levels: what of a conversation counts in the totals, who wants to hear of everything in a large one, and whether everyone means oneself.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

const MEMBERS = 260;
/** Only a test that fails waits this long; a killed account is woken by its alarm after thirty seconds. */
const PATIENCE_MS = 90_000;
let server, alice, bob;

before(async () => {
  server = await startServer({ vars: FAST });
  [alice, bob] = await Promise.all(["alice", "bob"].map((sub) => Person.of(server, sub)));
});
after(() => server?.stop());

const lay = (person, conv, body) => person.ok("PATCH", `/v1/inbox/${conv}`, { body });
const three = ({ conversations, unread, mentions }) => [conversations, unread, mentions];
const say = (person, conv, content) => person.ok("POST", `/v1/conversations/${conv}/messages`, { body: { content: { kind: "text", text: "said", ...content } } });

/** A group with one plain message, one that names bob and one that means everyone. */
async function told(inbox, name) {
  const conv = await alice.group(name, ["sub:bob"]);
  await say(alice, conv, {});
  await say(alice, conv, { mentions: [bob.id] });
  const { seq } = await say(alice, conv, { mention_everyone: true });
  await inbox.entry(conv, ({ head_seq, mentions }) => head_seq === seq && mentions === 2, "everything said");
  return conv;
}

test("a level decides what counts in the totals, by HTTP and by frame, on every device and after a restart", async () => {
  const [phone, desk] = [bob.inbox(), bob.inbox()];
  const conv = await told(phone, "Levels");
  const quiet = three({ conversations: 0, unread: 0, mentions: 0 });
  assert.deepEqual(three(phone.totals), [1, 3, 2]);
  const answer = await lay(bob, conv, { notify: "mentions" });
  assert.deepEqual([answer.notify, answer.unread, answer.mentions], ["mentions", 3, 2]);
  for (const device of [phone, desk]) {
    assert.deepEqual(await device.entry(conv, ({ notify }) => notify === "mentions", "the level"), answer);
    assert.deepEqual(three(device.totals), [1, 2, 2]);
  }
  desk.say({ t: "set", id: conv, flags: { notify: "nothing" } });
  for (const device of [phone, desk]) {
    await device.entry(conv, ({ notify }) => notify === "nothing", "the level");
    assert.deepEqual(three(device.totals), quiet);
  }
  const { version } = phone;
  assert.equal((await lay(bob, conv, { notify: "nothing" })).version, version, "the same again changes nothing");
  const { entries } = await bob.ok("GET", "/v1/inbox?filter=unread");
  assert.ok(entries.some(({ id }) => id === conv), "its part of the list has it still");
  await Promise.all([phone.close(), desk.close()]);
  await server.restart();
  const page = await bob.ok("GET", "/v1/inbox");
  assert.deepEqual([page.entries.find(({ id }) => id === conv).notify, three(page.totals)], ["nothing", quiet]);
  const again = await lay(bob, conv, { notify: "default" });
  assert.equal(again.notify, undefined);
  assert.deepEqual(three((await bob.ok("GET", "/v1/inbox")).totals), [1, 3, 2]);
  await bob.ok("PUT", `/v1/conversations/${conv}/read`, { body: { seq: again.head_seq } });
});

test("who suppresses everyone is mentioned by name alone, now and later, and can take it back", async () => {
  const inbox = bob.inbox();
  const conv = await told(inbox, "Everyone");
  const counts = async (mentions, what) => inbox.entry(conv, (entry) => (entry.mentions ?? 0) === mentions, what);
  assert.deepEqual([(await lay(bob, conv, { suppress_everyone: true })).mentions, three((await counts(1, "by name")) && inbox.totals)], [1, [1, 3, 1]]);
  await lay(bob, conv, { archived: true });
  const { seq } = await say(alice, conv, { mention_roles: ["member"] });
  const entry = await inbox.entry(conv, ({ head_seq }) => head_seq === seq, "the role");
  assert.deepEqual([entry.mentions, entry.archived], [1, true], "a role does not call either, nor out of the archive");
  const named = await say(alice, conv, { mentions: [bob.id], mention_everyone: true });
  assert.equal((await inbox.entry(conv, ({ head_seq }) => head_seq === named.seq, "by name and with everyone")).archived, undefined);
  await counts(2, "two by name");
  assert.equal((await lay(bob, conv, { suppress_everyone: false })).mentions, 4);
  // What was read, edited away or deleted is no mention, whichever way.
  await lay(bob, conv, { suppress_everyone: true });
  await alice.edit(conv, named.seq, "to nobody");
  await counts(1, "edited away");
  await bob.ok("PUT", `/v1/conversations/${conv}/read`, { body: { seq: named.seq + 1 } });
  await counts(0, "read");
  assert.equal((await lay(bob, conv, { suppress_everyone: false })).mentions, undefined);
  await inbox.close();
});

test("what is no level is refused, and leaving clears it", async () => {
  const inbox = bob.inbox();
  const conv = await told(inbox, "Refused");
  for (const [code, body] of [
    ["invalid_request", { notify: "loud" }],
    ["invalid_request", { suppress_everyone: "yes" }],
    ["invalid_value", {}],
  ]) await bob.refused(code, "PATCH", `/v1/inbox/${conv}`, { body });
  const carol = await Person.of(server, "carol");
  await carol.refused("not_a_member", "PATCH", `/v1/inbox/${conv}`, { body: { notify: "all" } });
  inbox.say({ t: "set", id: conv, flags: { notify: "loud" } });
  await inbox.until(() => inbox.errors.length === 1);
  assert.equal(inbox.errors[0].code, "invalid_request");
  await lay(bob, conv, { notify: "nothing", suppress_everyone: true });
  await bob.ok("DELETE", `/v1/conversations/${conv}/members/me`);
  await inbox.entry(conv, ({ member }) => !member, "the leaving");
  await bob.refused("not_a_member", "PATCH", `/v1/inbox/${conv}`, { body: { notify: "all" } });
  await alice.add(conv, "sub:bob");
  const back = await inbox.entry(conv, ({ member }) => member, "back");
  assert.deepEqual([back.notify, back.suppress_everyone], [undefined, undefined]);
  await inbox.close();
});

test("in a large conversation who chose everything is told at once, without an inbox, through every kind of forgetting", async () => {
  const people = Array.from({ length: MEMBERS - 1 }, (_, index) => new Person(server, `of-many-${index}`));
  const refs = people.map(({ sub }) => `sub:${sub}`);
  const conv = await alice.group("Many", refs.slice(0, 100));
  const line = alice.line(conv);
  await line.at(102);
  for (const part of [refs.slice(100, 200), refs.slice(200)]) {
    const answers = await line.commands(part.map((user) => ({ key: randomUUID(), command: { type: "member.add", user } })));
    assert.ok(answers.every(({ seq }) => seq));
  }
  await line.close();
  /** What an account was told: this does not ask. */
  const held = async (person) => (await person.ok("GET", "/v1/inbox/changes?after=0")).entries.find(({ id }) => id === conv);
  const until = async (person, look, what) => {
    for (const late = Date.now() + PATIENCE_MS; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
      const entry = await held(person);
      if (entry && look(entry)) return entry;
      assert.ok(Date.now() < late, `${what}: ${JSON.stringify(entry)}`);
    }
  };
  const hears = (person, { seq }, what) => until(person, ({ head_seq }) => head_seq >= seq, what);
  const [eager, other, quiet] = await Promise.all([people[10], people[11], people[12]].map(({ sub }) => Person.of(server, sub)));
  for (const person of [eager, other, quiet]) await until(person, ({ large }) => large, "that it is a large one");
  const before = await held(quiet);
  await lay(eager, conv, { notify: "all" });
  await hears(eager, await say(alice, conv, {}), "the first message, told after the wish");
  await server.hibernate(...alice.conversationObject(conv));
  await server.hibernate(...eager.accountObject);
  await hears(eager, await say(alice, conv, {}), "after both had forgotten");
  // Acknowledged, and the process dies: the wish is told by the alarm at the latest.
  await lay(other, conv, { notify: "all" });
  await server.restart();
  for (let count = 0; count < 200; count++) {
    const { seq } = await say(alice, conv, {});
    await hears(eager, { seq }, "after a restart");
    if ((await held(other)).head_seq === seq) break;
    assert.ok(count < 199, "the other wish was never told");
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  assert.deepEqual(await held(quiet), before, "who chose nothing was told nothing");
  const entry = await held(eager);
  assert.deepEqual([entry.notify, entry.unread > 0, three((await eager.ok("GET", "/v1/inbox/changes?after=0")).totals)], ["all", true, [1, entry.unread, 0]]);
  // The others' badge counts mentions alone.
  const looked = await quiet.ok("GET", "/v1/inbox");
  assert.deepEqual([looked.entries[0].unread, three(looked.totals)], [entry.unread, [0, 0, 0]]);
  // Gone, and back before the account may have heard: what it wishes holds, or is gone, on both sides.
  await alice.ok("DELETE", `/v1/conversations/${conv}/members/sub:${eager.sub}`);
  const { seq } = await alice.add(conv, `sub:${eager.sub}`);
  const { notify } = await hears(eager, { seq }, "back");
  const said = await say(alice, conv, {});
  await hears(other, said, "the message");
  if (notify === "all") {
    // Told anew with its next news, at the latest.
    await hears(eager, await say(alice, conv, { mentions: [eager.id] }), "the mention");
    for (let count = 0; count < 50; count++) {
      const { seq } = await say(alice, conv, {});
      await hears(other, { seq }, "the message");
      if ((await held(eager)).head_seq === seq) break;
      assert.ok(count < 49, "the wish was never told again");
    }
  } else assert.ok((await held(eager)).head_seq < said.seq, "who came back chose nothing");
  // Taken back.
  await lay(other, conv, { notify: "mentions" });
  await lay(eager, conv, { notify: "all" });
  for (let count = 0; count < 50; count++) {
    const before = (await held(other)).head_seq;
    const { seq } = await say(alice, conv, {});
    await hears(eager, { seq }, "the message");
    if ((await held(other)).head_seq === before) break;
    assert.ok(count < 49, "who took it back is told still");
  }
});
