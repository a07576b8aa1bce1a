// Search over all of one's conversations: each hit once and the newest first, however many conversations there are and whatever moves meanwhile.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { FAST, message, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

let server, alice, bob, cleo;
before(async () => {
  server = await startServer({ vars: FAST });
  [alice, bob, cleo] = await Promise.all(["alice", "bob", "cleo"].map((sub) => Person.of(server, sub, { name: sub })));
});
after(() => server?.stop());

const path = (q, more = {}) => `/v1/search?${new URLSearchParams({ q, ...more })}`;

/** A page; searches that are refused for their rate wait as they are told. */
async function page(who, q, more) {
  for (;;) {
    const { status, body } = await who.call("GET", path(q, more));
    if (status !== 429) {
      assert.equal(status, 200, JSON.stringify(body));
      return body;
    }
    await new Promise((resolve) => setTimeout(resolve, body.retry_after_ms));
  }
}

/** All hits, over pages of this size; `between` runs after each page. */
async function hits(who, q, { limit = "50", between } = {}) {
  const all = [];
  const cursors = new Set();
  for (let cursor; ; ) {
    const { hits, next } = await page(who, q, { limit, ...(cursor && { cursor }) });
    assert.ok(hits.length <= Number(limit));
    all.push(...hits);
    if (next === undefined) return all;
    assert.ok(!cursors.has(next), "every page gets further");
    cursors.add(next);
    cursor = next;
    await between?.();
  }
}

const where = ({ message: { envelope } }) => `${envelope.conv}/${envelope.seq}`;
const found = async (...args) => (await hits(...args)).map(where);
const isNewestFirst = (all) => all.every(({ message: { envelope } }, index) => index === 0 || envelope.at <= all[index - 1].message.envelope.at);

/** Sends one; how a hit of it is named. */
const say = async (who, conv, text, more) => `${conv}/${(await who.send(conv, text, more)).seq}`;

/** Waits until a person's inbox has heard of these messages. */
async function heard(who, ...names) {
  const line = who.inbox();
  for (const name of names) {
    const [conv, seq] = name.split("/");
    await line.entry(conv, (entry) => entry.head_seq >= Number(seq), `the inbox hears of ${name}`);
  }
  await line.close();
}

test("hits of all conversations in one page, the newest first, with marks and people", async () => {
  const [one, two] = [await alice.group("Book club", ["sub:bob"]), await alice.group("Kitchen", ["sub:bob", "sub:cleo"])];
  const direct = await alice.direct("sub:bob");
  const others = await bob.group("Without her", ["sub:cleo"]);
  const expected = [];
  for (const [who, conv, text] of [
    [alice, one, "the saffron stew"],
    [bob, two, "saffron is dear"],
    [bob, direct, "more saffron, please"],
    [alice, two, "no saffron left"],
    [bob, one, "saffron at last"],
  ])
    expected.unshift(await say(who, conv, text));
  await bob.send(others, "their own saffron");
  await heard(alice, ...expected);
  assert.deepEqual(await found(alice, "saffron"), expected);
  assert.deepEqual(await found(alice, "saffron", { limit: "1" }), expected);
  const [hit] = await hits(alice, "saffron");
  assert.deepEqual(hit.marks, [{ from: 0, to: 7 }]);
  const { events } = await alice.events(one, `?after=${hit.message.envelope.seq - 1}&limit=1`);
  assert.deepEqual(hit.message, events[0]);
  assert.deepEqual(await found(alice, "saffron in:book"), [expected[0], expected[4]]);
  assert.deepEqual(await found(alice, `saffron in:${two}`), [expected[1], expected[3]]);
  assert.deepEqual(await found(alice, "saffron in:bob"), [expected[2]]);
  assert.deepEqual(await found(alice, "saffron in:kitchen in:bob from:bob"), [expected[2], expected[3]]);
  assert.deepEqual(await found(alice, "saffron in:nowhere"), []);
  assert.deepEqual(await found(alice, `saffron in:${others}`), [], "not a member of it");
  const { people } = await page(alice, "cle");
  assert.deepEqual(people, [{ user: cleo.id, subject: "cleo" }]);
  assert.equal((await page(alice, "alic")).people, undefined, "one knows oneself");
  assert.deepEqual(await found(await Person.of(server, "nobody"), "saffron"), []);
});

test("nothing that its reader may not see, or that was taken back", async () => {
  const joined = await alice.group("From join", ["sub:bob"], { history: "from_join" });
  await alice.send(joined, "walnut before");
  await alice.add(joined, "sub:cleo");
  const seen = await say(alice, joined, "walnut with her");
  const left = await alice.group("Left", ["sub:cleo"]);
  const gone = await say(alice, left, "walnut of a group that she leaves");
  const other = await alice.group("Other", ["sub:cleo"]);
  const [edited, deleted] = [await alice.send(other, "walnut, at first"), await alice.send(other, "walnut, for now")];
  const secret = await alice.group("Secret", ["sub:cleo"], { encryption: "mls" });
  await heard(cleo, seen, gone, `${other}/${deleted.seq}`, `${secret}/1`);
  assert.equal((await found(cleo, "walnut")).length, 4);
  await alice.edit(other, edited.seq, "chestnut");
  await alice.remove(other, deleted.seq);
  // Her inbox may not have heard of it yet; the conversation knows.
  await alice.ok("DELETE", `/v1/conversations/${left}/members/${cleo.id}`);
  assert.deepEqual(await found(cleo, "walnut"), [seen]);
  assert.deepEqual(await found(cleo, "chestnut"), [`${other}/${edited.seq}`]);
});

test("more conversations than a page asks: none lost, none twice, while heads move", { timeout: 240_000 }, async () => {
  const dora = await Person.of(server, "dora", { name: "dora" });
  const conversations = [];
  const expected = new Set();
  for (let n = 0; n < 70; n++) {
    const conv = await dora.group(`Room ${n}`, ["sub:bob"]);
    conversations.push(conv);
    for (const text of ["a lantern", "no light", "the other lantern"].slice(0, 1 + (n % 3))) {
      const hit = await say(dora, conv, text);
      if (text.includes("lantern")) expected.add(hit);
    }
  }
  await heard(dora, ...expected);
  let turn = 0;
  const between = async () => {
    // One of those that are asked late comes to the top, and one that was asked, too; another is new.
    const late = await say(dora, conversations[turn % 70], "one lantern more");
    const early = await say(bob, conversations[69 - (turn % 70)], "and one more lantern");
    turn += 1;
    const added = await dora.group(`New ${turn}`, ["sub:bob"]);
    await heard(dora, late, early, await say(dora, added, "a new lantern"));
  };
  const all = await hits(dora, "lantern", { limit: "15", between });
  const names = all.map(where);
  assert.equal(new Set(names).size, names.length, "none twice");
  for (const hit of expected) assert.ok(names.includes(hit), `${hit} is found`);
  const asked = all.slice(0, 60);
  assert.ok(isNewestFirst(asked), "of the most active ones the newest first");
  assert.ok(turn > 4);
});

test("long conversations: every hit once and the newest first, through indexes that grow meanwhile", { timeout: 240_000 }, async () => {
  const ezra = await Person.of(server, "ezra", { name: "ezra" });
  const conversations = await Promise.all(["Long", "Longer", "Short"].map((name) => ezra.group(name, ["sub:bob"])));
  const expected = [];
  const lines = conversations.map((conv) => ezra.line(conv));
  for (const [index, line] of lines.entries()) await line.at((await ezra.conversation(conversations[index])).seq);
  for (let n = 0; n < 36; n++) {
    const turn = n % 18 === 5 ? 2 : n % 2;
    const commands = Array.from({ length: 50 }, (_, index) => ({ key: randomUUID(), command: message(`note ${n} ${index}${index === 20 ? " zebra" : ""}`) }));
    const acks = await lines[turn].commands(commands);
    for (const { code } of acks) assert.equal(code, undefined);
    expected.unshift(`${conversations[turn]}/${acks[20].seq}`);
  }
  for (const line of lines) await line.close();
  await heard(ezra, ...expected);
  const between = () => ezra.send(conversations[1], "one more zebra");
  const all = await hits(ezra, "zebra", { limit: "5", between });
  assert.deepEqual(all.map(where), expected);
  for (const conv of conversations) await server.hibernate(...ezra.conversationObject(conv));
  const again = await found(ezra, "zebra");
  assert.deepEqual(again.slice(-expected.length), expected);
});

test("what cannot be searched is refused, and searches have a rate", async () => {
  const fay = await Person.of(server, "fay");
  await fay.group("One", ["sub:bob"]);
  for (const q of ["", '"open', "has:cheese", "in:!!", "a".repeat(600)]) await fay.refused("invalid_value", "GET", path(q));
  for (const more of [{ cursor: "x" }, { cursor: "7.e" }, { limit: "0" }, { limit: "51" }, { utc_offset: "x" }]) await fay.refused("invalid_value", "GET", path("tea", more));
  const stranger = await alice.group("Hers", ["sub:bob"]);
  await alice.send(stranger, "a secret rhubarb");
  // A cursor that somebody makes up asks as they may ask.
  const made = `9007199254740991.${stranger}.9007199254740991__${stranger}_${stranger}`;
  assert.deepEqual((await page(fay, "rhubarb", { cursor: made })).hits, []);
  assert.equal((await page(alice, "rhubarb", { cursor: made })).hits.length, 1);
  const answers = await Promise.all(Array.from({ length: 40 }, () => fay.call("GET", path("tea"))));
  const refused = answers.filter(({ status }) => status === 429);
  assert.ok(refused.length > 0 && refused.length < 40);
  for (const { body } of refused) assert.ok(body.code === "rate_limited" && body.retry_after_ms > 0);
});
