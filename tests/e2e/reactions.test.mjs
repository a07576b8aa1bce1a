// Reactions: live and in pages, for those who may see them, once per member and emoji, and gone when they are taken back.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { peace, undisturbed } from "../harness/peace.mjs";
import { startServer } from "../harness/server.mjs";

const FAMILY = "👩‍👩‍👧‍👦";
let server, alice, bob, carol;
before(async () => {
  server = await startServer({ vars: FAST });
  [alice, bob, carol] = await Promise.all(["alice", "bob", "carol"].map((sub) => Person.of(server, sub)));
});
after(() => server?.stop());

const path = (conv, seq) => `/v1/conversations/${conv}/messages/${seq}/reactions`;
const react = (person, conv, seq, emoji, more) => person.ok("POST", path(conv, seq), { body: { emoji }, ...more });
const unreact = (person, conv, seq, emoji, more) => person.ok("DELETE", `${path(conv, seq)}/${encodeURIComponent(emoji)}`, more);
const summary = async (person, conv, query = "?after=0&limit=200") => (await person.events(conv, query)).reactions;

test("over socket and HTTP: everybody hears of it, pages count it, and who reacted is listed", async () => {
  const conv = await alice.group("Party", ["sub:bob", "sub:carol"]);
  const { seq } = await alice.send(conv, "cake!");
  assert.equal(await summary(alice, conv), undefined, "nothing is said where nobody reacted");
  const line = bob.line(conv);
  await line.at(seq);
  const one = (await line.command({ type: "message.react", seq, emoji: "🎉" })).seq;
  const two = (await react(alice, conv, seq, FAMILY)).seq;
  const three = (await react(carol, conv, seq, "🎉")).seq;
  assert.deepEqual([one, two, three], [seq + 1, seq + 2, seq + 3]);
  await line.at(three);
  const event = line.log.items.get(two);
  assert.deepEqual([event.envelope.type, event.envelope.ref, event.content], ["reaction.added", seq, { emoji: FAMILY, kind: "reaction", v: 1 }]);
  assert.equal(event.envelope.n, line.log.items.get(seq).envelope.n, "it is no message");
  const expected = (me) => [{ seq, reactions: [
    { emoji: "🎉", count: 2, me: me !== alice, users: [bob.id, carol.id] },
    { emoji: FAMILY, count: 1, me: me === alice, users: [alice.id] },
  ] }];
  for (const person of [alice, bob, carol]) assert.deepEqual(await summary(person, conv), expected(person));
  assert.deepEqual(await summary(bob, conv, `?before=${seq + 1}&limit=1`), expected(bob), "on a page that ends before the reactions");
  assert.equal(await summary(bob, conv, `?after=${seq}`), undefined, "not on a page without the message");
  await server.hibernate(...alice.conversationObject(conv));
  assert.deepEqual(await summary(alice, conv), expected(alice), "after sleep");
  const all = [[one, bob, "🎉"], [two, alice, FAMILY], [three, carol, "🎉"]].map(([seq, { id }, emoji]) => ({ seq, user: id, emoji }));
  assert.deepEqual(await alice.ok("GET", path(conv, seq)), { reactions: all });
  assert.deepEqual(await alice.ok("GET", `${path(conv, seq)}?limit=2`), { reactions: all.slice(0, 2), next: two });
  assert.deepEqual(await alice.ok("GET", `${path(conv, seq)}?limit=2&after=${two}`), { reactions: all.slice(2) });
  assert.deepEqual(await alice.ok("GET", `${path(conv, seq)}?emoji=${encodeURIComponent(FAMILY)}`), { reactions: [all[1]] });
  await line.close();
});

test("taken back: the emoji is erased at once, the place stays, and the log still verifies", async () => {
  const conv = await alice.group("Second thoughts", ["sub:bob"]);
  const { seq } = await alice.send(conv, "hm");
  const line = alice.line(conv);
  await line.at(seq);
  const key = randomUUID();
  const added = (await react(bob, conv, seq, "🙈", { key })).seq;
  assert.equal((await react(bob, conv, seq, "🙈", { key })).seq, added, "the same key is the same reaction");
  const removed = (await unreact(bob, conv, seq, "🙈")).seq;
  await line.at(removed);
  const { envelope, content } = line.log.items.get(removed);
  assert.deepEqual([envelope.type, envelope.ref, envelope.params, content], ["reaction.removed", seq, { reaction: added }, null]);
  const again = await react(bob, conv, seq, "🙈", { key });
  assert.deepEqual([again.seq, again.erased], [added, true], "a late retry does not react anew");
  const { text, entries } = await alice.export(conv);
  assert.ok(!text.includes("🙈"));
  assert.equal(entries.length, removed);
  assert.equal(await summary(alice, conv), undefined);
  assert.equal((await react(bob, conv, seq, "🙈")).seq, removed + 1);
  await line.close();
});

test("deleting the message erases the emoji of its reactions", async () => {
  const conv = await alice.group("Regret", ["sub:bob"]);
  const { seq } = await alice.send(conv, "oops");
  await react(bob, conv, seq, "🦄");
  await react(alice, conv, seq, "🐙");
  const { seq: gone } = await alice.remove(conv, seq);
  const { text, entries } = await bob.export(conv);
  assert.equal(entries.length, gone);
  assert.doesNotMatch(text, /🦄|🐙/u);
  assert.equal(await summary(bob, conv), undefined);
  assert.deepEqual(await bob.ok("GET", path(conv, seq)), { reactions: [] });
  await bob.refused("message_deleted", "POST", path(conv, seq), { body: { emoji: "👍" } });
});

test("they are no news: unread, the last line and read cursors stay", async () => {
  const conv = await alice.group("Calm", ["sub:bob"]);
  const { seq } = await alice.send(conv, "the last line");
  const inbox = bob.inbox();
  await inbox.entry(conv, ({ head_seq }) => head_seq === seq);
  for (const emoji of ["👍", "🎉", "🦄"]) await react(alice, conv, seq, emoji);
  const entry = await inbox.entry(conv, ({ head_seq }) => head_seq === seq + 3);
  assert.deepEqual([entry.unread, entry.last.seq, entry.last.preview], [1, seq, "the last line"]);
  assert.equal((await bob.conversation(conv)).you.receipt.read, 3);
  await inbox.close();
});

test("from_join: no reactions to what one may not see, and none of what happened in one's absence", async () => {
  const conv = await alice.group("Comings", ["sub:bob", "sub:carol"], { history: "from_join" });
  const { seq: early } = await alice.send(conv, "early");
  await react(alice, conv, early, "👍");
  await alice.ok("DELETE", `/v1/conversations/${conv}/members/sub:carol`);
  await react(bob, conv, early, "👍");
  const { seq: hidden } = await alice.send(conv, "behind her back");
  await react(alice, conv, hidden, "👍");
  await alice.add(conv, "sub:carol");
  await carol.refused("message_not_found", "POST", path(conv, hidden), { body: { emoji: "👍" } });
  await carol.refused("message_not_found", "GET", path(conv, hidden));
  const { seq: mine } = await react(carol, conv, early, "👍");
  const seen = await summary(carol, conv);
  assert.deepEqual(seen, [{ seq: early, reactions: [{ emoji: "👍", count: 2, me: true, users: [alice.id, carol.id] }] }]);
  assert.deepEqual((await carol.ok("GET", path(conv, early))).reactions.map(({ seq, user }) => [seq, user]), [[early + 1, alice.id], [mine, carol.id]]);
  assert.equal((await summary(bob, conv))[0].reactions[0].count, 3);
});

test("what cannot be is refused with its code and leaves nothing", async () => {
  const standing = await peace(alice, bob);
  const { conv } = standing;
  const post = (code, seq, emoji, person = alice) => person.refused(code, "POST", path(conv, seq), { body: { emoji } });
  for (const bad of ["", " ", "ab", "👍👍", "\u202e", "\u0000"]) await post("invalid_value", 4, bad);
  await post("too_large", 4, `e${"\u0301".repeat(32)}`);
  await post("message_not_found", 2, "👍");
  await post("message_not_found", 99, "👍");
  await post("not_a_member", 4, "👍", carol);
  await alice.refused("invalid_request", "POST", path(conv, 4), { body: { emoji: 7 } });
  await alice.refused("invalid_request", "POST", path(conv, 4), { body: { emoji: "👍", user: "sub:bob" } });
  await alice.refused("idempotency_key_missing", "POST", path(conv, 4), { body: { emoji: "👍" }, key: null });
  await alice.refused("reaction_not_found", "DELETE", `${path(conv, 4)}/${encodeURIComponent("👍")}`);
  await alice.refused("message_not_found", "GET", path(conv, 2));
  await carol.refused("not_a_member", "GET", path(conv, 4));
  await alice.refused("invalid_value", "GET", `${path(conv, 4)}?limit=101`);
  await alice.refused("too_large", "GET", `${path(conv, 4)}?emoji=${"x".repeat(65)}`);
  await undisturbed(alice, standing);
});

test("bounds: ten per member, twenty different ones, once with each", async () => {
  const conv = await alice.group("Many", ["sub:bob", "sub:carol"]);
  const { seq } = await alice.send(conv, "hi");
  const emoji = (index) => String.fromCodePoint(0x1f400 + index);
  for (const [person, first] of [[alice, 0], [bob, 10]]) {
    for (let index = first; index < first + 10; index++) await react(person, conv, seq, emoji(index));
    await person.refused("already_reacted", "POST", path(conv, seq), { body: { emoji: emoji(first) } });
    await person.refused("reaction_limit", "POST", path(conv, seq), { body: { emoji: "👍" } });
  }
  await carol.refused("reaction_limit", "POST", path(conv, seq), { body: { emoji: "👍" } });
  await react(carol, conv, seq, emoji(0));
  assert.equal((await alice.conversation(conv)).seq, seq + 21, "what was refused left nothing");
  assert.equal((await summary(alice, conv))[0].reactions.length, 20);
});

test("killed while many react: every acknowledged reaction is there once", async () => {
  const conv = await alice.group("Stormy", ["sub:bob", "sub:carol"]);
  const { seq } = await alice.send(conv, "hi");
  const emoji = ["👍", "🎉", "🦄", "🐙", FAMILY];
  const wanted = [alice, bob, carol].flatMap((person) => emoji.map((one) => ({ person, one, key: randomUUID() })));
  const storm = Promise.all(wanted.map(({ person, one, key }) => react(person, conv, seq, one, { key }).catch(() => null)));
  await server.kill();
  await storm;
  await server.restart();
  await Promise.all(wanted.map(({ person, one, key }) => react(person, conv, seq, one, { key })));
  const [{ reactions }] = await summary(alice, conv);
  assert.deepEqual(reactions.map(({ count }) => count), [3, 3, 3, 3, 3]);
  assert.equal((await alice.export(conv)).entries.length, seq + 15);
});
