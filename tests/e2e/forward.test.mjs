// Forwarding: a copy that says it is one, of what the sender may read and of nothing else; once, however often it is asked for.
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

const path = (conv) => `/v1/conversations/${conv}/forwards`;
const forward = (person, conv, from, seq, more) => person.ok("POST", path(conv), { body: { from, seq }, ...more });
const refused = (person, code, conv, from, seq) => person.refused(code, "POST", path(conv), { body: { from, seq } });
async function event(person, conv, seq) {
  return (await person.events(conv, `?after=${seq - 1}&limit=1`)).events[0];
}

test("over socket and HTTP: the newest text is copied, with its mark and nothing of where it stood", async () => {
  const source = await alice.group("Source", ["sub:bob"]);
  const target = await alice.direct("sub:carol");
  const { seq } = await bob.send(source, "hello @alice", { mentions: ["sub:alice"] });
  await bob.edit(source, seq, "hello again @alice", {});
  const first = await forward(alice, target, source, seq);
  const { envelope, content } = await event(carol, target, first.seq);
  assert.deepEqual([envelope.type, envelope.actor, envelope.params, envelope.ref], ["message.created", alice.id, { forwarded: true }, undefined]);
  assert.deepEqual(content, { kind: "text", text: "hello again @alice", v: 1 });
  assert.ok(!JSON.stringify(await carol.events(target)).includes(bob.id) && !JSON.stringify(await carol.events(target)).includes(source), "nothing leads back");
  const line = alice.line(target);
  await line.at(first.seq);
  const second = await line.command({ type: "message.forward", from: source, seq });
  await line.at(second.seq);
  assert.equal(line.log.items.get(second.seq).content.text, "hello again @alice");
  const own = await forward(carol, target, target, second.seq);
  assert.deepEqual((await event(alice, target, own.seq)).envelope.params, { forwarded: true }, "within a conversation, and once more");
  const inbox = carol.inbox({ after: 0 });
  await inbox.entry(target, ({ head_seq }) => head_seq >= own.seq);
  await inbox.close();
  assert.equal((await carol.ok("GET", `/v1/conversations/${target}/search?q=again`)).hits.length, 3);
  await alice.export(target);
  assert.equal((await alice.conversation(source)).seq, seq + 1, "the source has no trace of it");
  await line.close();
});

test("a copy stands by itself: it outlives its source, and nobody edits it", async () => {
  const source = await bob.group("Source", ["sub:alice"]);
  const target = await alice.direct("sub:carol");
  const { seq } = await bob.send(source, "soon gone");
  const key = randomUUID();
  const ack = await forward(alice, target, source, seq, { key });
  await bob.remove(source, seq);
  assert.deepEqual(await forward(alice, target, source, seq, { key }), ack, "the same key is the same message, though its source is gone");
  await alice.ok("DELETE", `/v1/conversations/${source}/members/me`);
  assert.deepEqual(await forward(alice, target, source, seq, { key }), ack);
  await alice.refused("key_reused", "POST", path(target), { body: { from: source, seq: 2 }, key });
  assert.equal((await event(carol, target, ack.seq)).content.text, "soon gone");
  await alice.refused("permission_denied", "PATCH", `/v1/conversations/${target}/messages/${ack.seq}`, { body: { content: { kind: "text", text: "never said" } } });
  await alice.remove(target, ack.seq);
  assert.deepEqual(await forward(alice, target, source, seq, { key }), { ...ack, erased: true });
});

test("what one may not read cannot be forwarded, and whether it is there is not told", async () => {
  const standing = await peace(alice, bob);
  const { conv } = standing;
  const secret = await bob.group("Secret", ["sub:carol"]);
  const { seq } = await bob.send(secret, "not for alice");
  const late = await bob.group("Late", [], { history: "from_join" });
  const { seq: early } = await bob.send(late, "before she came");
  await bob.add(late, "sub:alice");
  const { seq: gone } = await bob.send(late, "gone");
  await bob.remove(late, gone);
  const { seq: hidden } = await bob.send(late, "hidden");
  await alice.ok("PUT", `/v1/conversations/${late}/messages/${hidden}/hidden`);
  const nowhere = `gg${"0".repeat(26)}`;
  const told = [];
  for (const [from, number] of [[secret, seq], [secret, 2], [secret, 99], [nowhere, 4], [late, early], [late, 1], [late, 999], [late, hidden], [conv, 2]]) {
    const { title, detail, status } = await refused(alice, "source_not_found", conv, from, number);
    told.push(`${status} ${title} ${detail}`);
  }
  assert.equal(new Set(told).size, 1, "one answer to all of them");
  await refused(alice, "message_deleted", conv, late, gone);
  await refused(carol, "not_a_member", conv, secret, seq);
  await alice.refused("invalid_value", "POST", path(conv), { body: { from: secret, seq: 0 } });
  for (const body of [{ from: "nonsense", seq: 4 }, { from: secret }, { from: secret, seq: 4, text: "mine" }, { from: secret, seq: "4" }]) {
    await alice.refused("invalid_request", "POST", path(conv), { body });
  }
  const line = alice.line(conv);
  await line.until(() => line.welcome);
  assert.equal((await line.command({ type: "message.forward", from: secret, seq })).code, "source_not_found");
  await line.close();
  await undisturbed(alice, standing);
});

test("encrypted conversations neither give nor take", async () => {
  const sealed = await alice.group("Sealed", ["sub:bob"], { encryption: "mls" });
  const open = await alice.group("Open", ["sub:bob"]);
  const { seq } = await alice.send(open, "in the clear");
  const { seq: cipher } = await alice.ok("POST", `/v1/conversations/${sealed}/messages`, { body: { content: { kind: "ciphertext", data: "AAAA", scheme: "mls" } } });
  await refused(alice, "wrong_encryption", sealed, open, seq);
  await refused(alice, "wrong_encryption", open, sealed, cipher);
});

test("many at once, some of them refused, harm no other and are each there once; also after a crash", async () => {
  const source = await alice.group("Source", ["sub:bob"]);
  const target = await alice.direct("sub:bob");
  const seqs = [];
  for (let number = 0; number < 20; number += 1) seqs.push((await bob.send(source, `number ${number}`)).seq);
  const line = alice.line(target);
  await line.until(() => line.welcome);
  const keyed = [...seqs, 1].map((seq) => ({ key: randomUUID(), command: { type: "message.forward", from: source, seq } }));
  const between = line.command(message("between them"));
  const answers = await line.commands(keyed);
  assert.deepEqual(answers.map(({ code }) => code ?? "there"), [...seqs.map(() => "there"), "source_not_found"]);
  await between;
  await line.close();
  await server.kill();
  await server.restart();
  const again = alice.line(target);
  await again.until(() => again.welcome);
  const repeated = await again.commands(keyed.slice(0, -1));
  assert.deepEqual(repeated.map(({ seq }) => seq), answers.slice(0, -1).map(({ seq }) => seq));
  const { events } = await bob.events(target, "?after=0&limit=200");
  const texts = events.map(({ content }) => content?.text).filter((text) => text?.startsWith("number"));
  assert.deepEqual(texts.sort(), seqs.map((_, number) => `number ${number}`).sort());
  await again.close();
});
