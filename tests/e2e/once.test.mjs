// Once, for ever: the same sender, key and body get the same answer whatever happened in between.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { FAST, message, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

let server, alice, bob;
before(async () => {
  server = await startServer({ vars: FAST });
  [alice, bob] = await Promise.all(["alice", "bob"].map((sub) => Person.of(server, sub)));
});
after(() => server?.stop());

const body = (text) => ({ content: { kind: "text", text } });

test("the same key and body: the same seq over socket and HTTP, asleep, killed, restarted; another body: key_reused", async () => {
  const conv = await alice.group("Same", ["sub:bob"]);
  const path = `/v1/conversations/${conv}/messages`;
  const [bySocket, byHttp] = [randomUUID(), randomUUID()];
  let line = alice.line(conv);
  await line.at(3);
  const one = await line.send("by socket", { key: bySocket });
  const two = (await alice.send(conv, "by HTTP", { key: byHttp })).seq;
  assert.deepEqual([one, two], [4, 5]);
  const again = async (when) => {
    assert.equal((await alice.send(conv, "by socket", { key: bySocket })).seq, one, when);
    assert.equal((await alice.send(conv, "by HTTP", { key: byHttp })).seq, two, when);
    assert.equal(await line.send("by socket", { key: bySocket }), one, when);
    assert.equal(await line.send("by HTTP", { key: byHttp }), two, when);
    await alice.refused("key_reused", "POST", path, { key: bySocket, body: body("by HTTP") });
    await alice.refused("key_reused", "POST", path, { key: byHttp, body: { ...body("by HTTP"), reply_to: { seq: one } } });
    await alice.refused("key_reused", "DELETE", `${path}/${one}`, { key: byHttp });
    assert.equal((await line.command(message("other"), byHttp)).code, "key_reused", when);
    assert.equal((await alice.conversation(conv)).seq, two, when);
  };
  await again("at once");
  await server.hibernate(...alice.conversationObject(conv));
  await again("after hibernation");
  await server.evict(...alice.conversationObject(conv));
  await line.closed;
  line = alice.line(conv);
  await line.at(two);
  await again("after eviction");
  await server.kill();
  await server.restart();
  line = alice.line(conv);
  await line.at(two);
  await again("after SIGKILL");
  await line.close();
});

/** The ULID of a UUID's bits: 26 digits of Crockford's base 32, most significant first. */
function asUlid(uuid) {
  const bits = BigInt(`0x${uuid.replaceAll("-", "")}`);
  return Array.from({ length: 26 }, (_, index) => "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[Number((bits >> BigInt(5 * (25 - index))) & 31n)]).join("");
}

test("a key is its 128 bits: as a UUID and as a ULID it makes one conversation, one message", async () => {
  const uuid = randomUUID();
  const ulid = asUlid(uuid);
  const body = { kind: "group", name: "One", members: ["sub:bob"] };
  const tries = [];
  for (const key of [uuid, ulid, ulid.toLowerCase(), uuid.toUpperCase()]) tries.push(await alice.call("POST", "/v1/conversations", { key, body }));
  assert.deepEqual(tries.map(({ status }) => status), [201, 200, 200, 200]);
  assert.equal(new Set(tries.map(({ body }) => body.id)).size, 1);
  await alice.refused("key_reused", "POST", "/v1/conversations", { key: ulid, body: { ...body, name: "Two" } });
  const conv = tries[0].body.id;
  const message = randomUUID();
  assert.equal((await alice.send(conv, "one", { key: asUlid(message) })).seq, (await alice.send(conv, "one", { key: message })).seq);
});

test("within one frame a key counts once", async () => {
  const conv = await alice.group("Frame", ["sub:bob"]);
  const [a, b] = [alice.line(conv), bob.line(conv)];
  await Promise.all([a.at(3), b.at(3)]);
  const [key, other] = [randomUUID(), randomUUID()];
  const answers = await a.commands([
    { key, command: message("one") },
    { key, command: message("one") },
    { key: other, command: message("two") },
    { key, command: message("not one") },
    { key: key.toUpperCase(), command: message("one") },
  ]);
  assert.deepEqual(answers.filter(({ key: answered }) => answered === other).map(({ seq }) => seq), [5]);
  // Rejections and acks come in two lists, so answers to one key are compared as a set.
  const same = a.answers.get(key);
  assert.deepEqual(same.map(({ seq, code }) => seq ?? code).sort(), [4, 4, 4, "key_reused"].sort());
  await b.at(5);
  assert.equal((await bob.conversation(conv)).seq, 5);
  await Promise.all([a.close(), b.close()]);
});

test("many at once under one key make one event", async () => {
  const conv = await alice.group("Crowd", ["sub:bob"]);
  const key = randomUUID();
  const line = alice.line(conv);
  await line.at(3);
  const all = await Promise.all([...Array.from({ length: 20 }, () => alice.send(conv, "one", { key }).then(({ seq }) => seq)), line.send("one", { key })]);
  assert.deepEqual([...new Set(all)], [4]);
  assert.equal((await alice.conversation(conv)).seq, 4);
  await line.close();
});

test("a UUID is the same in either case, a ULID too, quoted or bare", async () => {
  const conv = await alice.group("Case");
  const uuid = "01890a5d-ac96-774b-bcce-b302099a8057";
  const { seq } = await alice.send(conv, "uuid", { key: uuid.toUpperCase() });
  for (const key of [uuid, uuid.toUpperCase(), `"${uuid}"`]) assert.deepEqual(await alice.send(conv, "uuid", { key }), { key: uuid, seq });
  const ulid = "01H455VB4PEX5VSKNK084SN02Q";
  const asUlid = (await alice.ok("POST", `/v1/conversations/${conv}/messages`, { key: ulid.toLowerCase(), body: body("uuid") }));
  // This ULID has the same 128 bits as the UUID above: it is the same key.
  assert.equal(asUlid.seq, seq);
  const other = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  const first = await alice.send(conv, "ulid", { key: other });
  assert.deepEqual(first, { key: other, seq: seq + 1 });
  assert.equal((await alice.send(conv, "ulid", { key: other.toLowerCase() })).seq, first.seq);
  assert.equal((await alice.conversation(conv)).seq, seq + 1);
});

test("the same key of another sender, or in another conversation, is another key", async () => {
  const [one, two] = [await alice.group("One", ["sub:bob"]), await alice.group("Two", ["sub:bob"])];
  const key = randomUUID();
  const seqs = [await alice.send(one, "a", { key }), await bob.send(one, "b", { key }), await alice.send(two, "c", { key })];
  assert.deepEqual(seqs.map(({ seq }) => seq), [4, 5, 4]);
  assert.equal((await bob.send(one, "b", { key })).seq, 5);
});

test("every kind of command is answered the same under its key", async () => {
  const conv = await alice.group("Kinds", ["sub:bob"]);
  const path = `/v1/conversations/${conv}`;
  await alice.send(conv, "target");
  const asked = [
    ["PATCH", path, { name: "Other" }],
    ["POST", `${path}/members`, { user: "sub:carol" }],
    ["PATCH", `${path}/members/sub:carol`, { role: "admin" }],
    ["PATCH", `${path}/messages/4`, body("edited")],
    ["DELETE", `${path}/messages/4`],
    ["DELETE", `${path}/members/sub:carol`],
  ].map(([method, where, body]) => ({ method, where, more: { key: randomUUID(), body } }));
  const first = [];
  for (const { method, where, more } of asked) first.push((await alice.ok(method, where, more)).seq);
  assert.deepEqual(first, [5, 6, 7, 8, 9, 10]);
  await server.hibernate(...alice.conversationObject(conv));
  for (const [index, { method, where, more }] of asked.entries()) {
    const { seq, erased } = await alice.ok(method, where, more);
    assert.deepEqual([seq, erased ?? false], [first[index], index === 3], `${method} ${where}`);
  }
  const key = randomUUID();
  const left = await bob.ok("DELETE", `${path}/members/me`, { key });
  assert.deepEqual(await bob.ok("DELETE", `${path}/members/me`, { key }), left, "who has left by a command still gets its answer");
  assert.equal((await alice.conversation(conv)).seq, 11);
});
