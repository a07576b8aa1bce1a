// Search in one conversation: what is said now, newest first, exactly once, and nothing that its reader may not see.
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

const path = (conv, q, more = {}) => `/v1/conversations/${conv}/search?${new URLSearchParams({ q, ...more })}`;

/** A page; searches that are refused for their rate wait as they are told. */
async function page(who, conv, q, more) {
  for (;;) {
    const { status, body } = await who.call("GET", path(conv, q, more));
    if (status !== 429) {
      assert.equal(status, 200, JSON.stringify(body));
      return body;
    }
    await new Promise((resolve) => setTimeout(resolve, body.retry_after_ms));
  }
}

/** All hits, over pages of this size; `between` runs after each page. */
async function hits(who, conv, q, { limit = "50", between } = {}) {
  const all = [];
  for (let cursor; ; ) {
    const { hits, next } = await page(who, conv, q, { limit, ...(cursor && { cursor }) });
    assert.ok(hits.length <= Number(limit));
    all.push(...hits);
    if (next === undefined) return all;
    cursor = next;
    await between?.();
  }
}

const seqs = async (...args) => (await hits(...args)).map(({ message }) => message.envelope.seq);
const marked = ({ message, edit, marks }) => marks.map(({ from, to }) => (edit ?? message).content.text.slice(from, to));

/** Fills the conversation beyond several chunks of the index; the seqs of every tenth. */
async function fill(conv, count) {
  const line = alice.line(conv);
  await line.at((await alice.conversation(conv)).seq);
  const tenths = [];
  for (let from = 0; from < count; from += 50) {
    const part = Array.from({ length: Math.min(50, count - from) }, (_, index) => ({ key: randomUUID(), command: message(`note ${from + index}${(from + index) % 10 === 0 ? " zebra" : ""}`) }));
    for (const [index, { seq, code }] of (await line.commands(part)).entries()) {
      assert.equal(code, undefined);
      if ((from + index) % 10 === 0) tenths.unshift(seq);
    }
  }
  await line.close();
  return tenths;
}

test("words, phrases, beginnings, filters and marks", async () => {
  const conv = await alice.group("Words", ["sub:bob"]);
  const first = (await alice.send(conv, "👩‍👩‍👧 Two cups of TEA, please")).seq;
  const second = (await bob.send(conv, "Größe: see https://example.org/teapot", { mentions: ["sub:alice"] })).seq;
  const third = (await alice.send(conv, "常用漢字表 cups two")).seq;
  const find = (q) => seqs(alice, conv, q);
  assert.deepEqual(await find("cups"), [third, first]);
  assert.deepEqual(await find('"two cups"'), [first]);
  assert.deepEqual(await find("tea*"), [second, first]);
  assert.deepEqual(await find("grosse"), [second]);
  assert.deepEqual(await find("漢字"), [third]);
  assert.deepEqual(await find("has:link"), [second]);
  assert.deepEqual(await find("mentions:me"), [second]);
  assert.deepEqual(await find("from:bob tea*"), [second]);
  assert.deepEqual(await find(`from:${bob.id}`), [second]);
  assert.deepEqual(await find("from:sub:alice cups"), [third, first]);
  assert.deepEqual(await find("before:2020-01-01 cups"), []);
  assert.deepEqual(await find("after:2020-01-01 two"), [third, first]);
  assert.deepEqual(await find("from\\:bob"), []);
  const [hit] = await hits(alice, conv, 'please "two cups"');
  assert.deepEqual(marked(hit), ["Two cups", "please"]);
  const { events } = await alice.events(conv, `?after=${first - 1}&limit=1`);
  assert.deepEqual(hit.message, events[0]);
  assert.equal(hit.edit, undefined);
  const { people } = await page(alice, conv, "bo");
  assert.deepEqual(people.map(({ user }) => user), [bob.id]);
  assert.equal((await page(alice, conv, "bo from:me")).people, undefined);
});

test("paging finds each once while the head moves, through chunks that enter the index and after the object slept", { timeout: 120_000 }, async () => {
  const conv = await alice.group("Long", ["sub:bob"]);
  const expected = await fill(conv, 900);
  const found = await seqs(alice, conv, "zebra", { limit: "7", between: () => alice.send(conv, "one more zebra") });
  assert.deepEqual(found, expected);
  await server.hibernate(...alice.conversationObject(conv));
  const after = await seqs(bob, conv, "zebra");
  assert.deepEqual(after.slice(-expected.length), expected);
  assert.ok(after.length > expected.length);
  assert.deepEqual(await seqs(alice, conv, "nothingofthekind"), []);
});

test("edits and deletions take effect at once, in the index and before it", { timeout: 120_000 }, async () => {
  const conv = await alice.group("Changes", ["sub:bob"]);
  const old = (await alice.send(conv, "an apricot")).seq;
  const gone = (await alice.send(conv, "a doomed apricot")).seq;
  await fill(conv, 300);
  const young = (await alice.send(conv, "a young apricot")).seq;
  assert.deepEqual(await seqs(bob, conv, "apricot"), [young, gone, old]);
  await alice.edit(conv, old, "a cherry");
  await alice.edit(conv, young, "a young cherry");
  await alice.remove(conv, gone);
  assert.deepEqual(await seqs(bob, conv, "apricot"), []);
  const [first, second] = await hits(bob, conv, "cherry");
  assert.deepEqual([first, second].map(({ message, edit }) => [message.envelope.seq, edit.envelope.ref, edit.content.text]), [
    [young, young, "a young cherry"],
    [old, old, "a cherry"],
  ]);
  assert.deepEqual(marked(second), ["cherry"]);
  await alice.remove(conv, old);
  assert.deepEqual(await seqs(bob, conv, "cherry"), [young]);
  await server.hibernate(...alice.conversationObject(conv));
  assert.deepEqual(await seqs(bob, conv, "doomed"), []);
});

test("a reader finds what they may see, and strangers and those removed find nothing", { timeout: 120_000 }, async () => {
  const conv = await alice.group("Joined", ["sub:bob"], { history: "from_join" });
  await alice.send(conv, "walnut before");
  await fill(conv, 300);
  await alice.add(conv, "sub:cleo");
  const seen = (await alice.send(conv, "walnut with cleo")).seq;
  assert.deepEqual(await seqs(cleo, conv, "walnut"), [seen]);
  assert.equal((await seqs(bob, conv, "walnut")).length, 2);
  await alice.ok("DELETE", `/v1/conversations/${conv}/members/${cleo.id}`);
  await cleo.refused("not_a_member", "GET", path(conv, "walnut"));
  const away = (await alice.send(conv, "walnut while she is away")).seq;
  await alice.add(conv, "sub:cleo");
  assert.deepEqual(await seqs(cleo, conv, "walnut"), [seen]);
  assert.ok((await seqs(alice, conv, "walnut")).includes(away));
  await cleo.refused("conversation_not_found", "GET", path("gg00000000000000000000000002", "x"));
});

test("what cannot be searched is refused with a sentence", async () => {
  const conv = await alice.group("Bad", ["sub:bob"]);
  for (const q of ["", "  ", '"open', "from:", "before:yesterday", "has:cheese", "*", "in:Bad tea", "a".repeat(600)]) {
    const { detail } = await alice.refused("invalid_value", "GET", path(conv, q));
    assert.ok(detail.length > 20, `${q}: ${detail}`);
  }
  for (const more of [{ cursor: "x" }, { cursor: "7" }, { limit: "0" }, { limit: "51" }, { utc_offset: "900" }]) {
    await alice.refused("invalid_value", "GET", path(conv, "tea", more));
  }
  await alice.refused("epoch_changed", "GET", path(conv, "tea", { cursor: "7.0000000000000" }));
  const secret = await alice.group("Secret", ["sub:bob"], { encryption: "mls" });
  await alice.refused("wrong_encryption", "GET", path(secret, "tea"));
});

test("searches have a rate, and messages go on", async () => {
  const conv = await alice.group("Rate", ["sub:bob"]);
  const answers = await Promise.all(Array.from({ length: 60 }, () => alice.call("GET", path(conv, "tea"))));
  const refused = answers.filter(({ status }) => status === 429);
  assert.ok(refused.length > 0 && refused.length <= 40);
  for (const { body } of refused) assert.ok(body.code === "rate_limited" && body.retry_after_ms > 0);
  await alice.send(conv, "tea");
  assert.equal((await hits(bob, conv, "tea")).length, 1);
});
