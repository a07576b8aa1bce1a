// Pins: one list for everybody, by socket and HTTP, bounded, and gone with their message.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { FAST, message, Person } from "../harness/client.mjs";
import { peace, undisturbed } from "../harness/peace.mjs";
import { startServer } from "../harness/server.mjs";

let server, alice, bob, carol;
before(async () => {
  server = await startServer({ vars: FAST });
  [alice, bob, carol] = await Promise.all(["alice", "bob", "carol"].map((sub) => Person.of(server, sub)));
});
after(() => server?.stop());

const path = (conv, seq) => `/v1/conversations/${conv}/messages/${seq}/pin`;
const pins = async (person, conv) => (await person.conversation(conv)).pins;

test("over socket and HTTP: everybody hears of it and finds it in the conversation, after sleep and in the welcome too", async () => {
  const conv = await alice.group("Board", ["sub:bob"]);
  const [{ seq: one }, { seq: two }] = [await alice.send(conv, "one"), await bob.send(conv, "two")];
  assert.equal(await pins(alice, conv), undefined);
  const line = bob.line(conv);
  await line.at(two);
  const first = (await line.command({ type: "message.pin", seq: two })).seq;
  const key = randomUUID();
  const { seq: second } = await alice.ok("POST", path(conv, one), { key });
  assert.equal((await alice.ok("POST", path(conv, one), { key })).seq, second, "the same key is the same pin");
  await line.at(second);
  const { envelope, content } = line.log.items.get(first);
  assert.deepEqual([envelope.type, envelope.ref, envelope.n, content], ["message.pinned", two, 2, null]);
  for (const person of [alice, bob]) assert.deepEqual(await pins(person, conv), [two, one]);
  await server.hibernate(...alice.conversationObject(conv));
  assert.deepEqual(await pins(alice, conv), [two, one], "after sleep");
  const again = alice.line(conv);
  await again.at(second);
  assert.deepEqual(again.welcome.conversation.pins, [two, one]);
  const { seq: third } = await alice.ok("DELETE", path(conv, two));
  await line.at(third);
  assert.equal(line.log.items.get(third).envelope.type, "message.unpinned");
  await alice.remove(conv, one);
  assert.equal(await pins(bob, conv), undefined, "a deleted message is pinned no longer");
  const { entries } = await bob.export(conv);
  assert.equal(entries.length, third + 1);
  await Promise.all([line.close(), again.close()]);
});

test("they are no news, and from_join lists only what one may see", async () => {
  const conv = await alice.group("Quiet", ["sub:bob"], { history: "from_join" });
  const { seq: early } = await alice.send(conv, "early");
  const inbox = bob.inbox();
  await inbox.entry(conv, ({ head_seq }) => head_seq === early);
  const { seq } = await alice.ok("POST", path(conv, early));
  const entry = await inbox.entry(conv, ({ head_seq }) => head_seq === seq);
  assert.deepEqual([entry.unread, entry.last.preview], [1, "early"]);
  await inbox.close();
  await alice.add(conv, "sub:carol");
  const { seq: late } = await alice.send(conv, "late");
  await carol.ok("POST", path(conv, late));
  assert.deepEqual(await pins(carol, conv), [late]);
  assert.deepEqual(await pins(alice, conv), [early, late]);
  await carol.refused("message_not_found", "DELETE", path(conv, early));
});

test("what cannot be is refused with its code and leaves nothing", async () => {
  const standing = await peace(alice, bob);
  const { conv } = standing;
  await alice.refused("message_not_found", "POST", path(conv, 2));
  await alice.refused("message_not_found", "POST", path(conv, 99));
  await alice.refused("not_pinned", "DELETE", path(conv, 4));
  await alice.refused("idempotency_key_missing", "POST", path(conv, 4), { key: null });
  await carol.refused("not_a_member", "POST", path(conv, 4));
  await undisturbed(alice, standing);
  await alice.add(conv, "sub:carol", "guest");
  await carol.refused("permission_denied", "POST", path(conv, 4));
  await alice.ok("POST", path(conv, 4));
  await bob.refused("already_pinned", "POST", path(conv, 4));
  await carol.refused("permission_denied", "DELETE", path(conv, 4));
  await bob.ok("DELETE", path(conv, 4));
});

test("fifty are pinned, and not one more", async () => {
  const conv = await alice.direct("sub:bob");
  const line = alice.line(conv);
  await line.until(() => line.welcome);
  const seqs = (await Promise.all(Array.from({ length: 51 }, (_, index) => line.command(message(`${index}`))))).map(({ seq }) => seq);
  const answers = await Promise.all(seqs.map((seq) => line.command({ type: "message.pin", seq })));
  assert.deepEqual(answers.filter(({ code }) => code).map(({ code }) => code), ["message_pin_limit"]);
  assert.deepEqual(await pins(bob, conv), seqs.slice(0, 50));
  await bob.ok("DELETE", path(conv, seqs[0]));
  await bob.ok("POST", path(conv, seqs[50]));
  assert.deepEqual(await pins(alice, conv), seqs.slice(1));
  await line.close();
});
