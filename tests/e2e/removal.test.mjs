// Removal ends all access at once, and coming back works.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { FAST, message, Person } from "../harness/client.mjs";
import { RawSocket } from "../harness/raw.mjs";
import { startServer } from "../harness/server.mjs";

let server, alice, bob;
before(async () => {
  server = await startServer({ vars: FAST });
  [alice, bob] = await Promise.all(["alice", "bob"].map((sub) => Person.of(server, sub)));
});
after(() => server?.stop());

/** Every way to a conversation. */
function ways(conv, seq) {
  const path = `/v1/conversations/${conv}`;
  const body = { content: { kind: "text", text: "?" } };
  return [
    ["GET", path],
    ["GET", `${path}/events`],
    ["GET", `${path}/events?after=0`],
    ["GET", `${path}/events?before=3`],
    ["GET", `${path}/events/${seq}/proof`],
    ["GET", `${path}/messages/${seq}/versions`],
    ["GET", `${path}/members`],
    ["GET", `${path}/export`],
    ["PUT", `${path}/read`, { seq }],
    ["PUT", `${path}/delivered`, { seq }],
    ["POST", `${path}/typing`, { on: true }],
    ["POST", `${path}/messages`, body],
    ["PATCH", `${path}/messages/${seq}`, body],
    ["DELETE", `${path}/messages/${seq}`],
    ["POST", `${path}/members`, { user: "sub:bob" }],
    ["PATCH", `${path}/members/sub:alice`, { role: "guest" }],
    ["DELETE", `${path}/members/sub:alice`],
    ["DELETE", `${path}/members/me`],
    ["PATCH", path, { name: "Mine" }],
  ];
}

for (const [how, out] of [
  ["removed over HTTP", (conv) => alice.ok("DELETE", `/v1/conversations/${conv}/members/sub:bob`)],
  ["removed over a socket", async (conv) => {
    const line = alice.line(conv);
    await line.until(() => line.welcome);
    const answer = await line.command({ type: "member.remove", user: "sub:bob" });
    await line.close();
    return answer;
  }],
  ["gone by themselves", (conv) => bob.ok("DELETE", `/v1/conversations/${conv}/members/me`)],
]) {
  test(`${how}: sockets close 4200 at once, every path answers not_a_member, the inbox drops it, coming back works`, async () => {
    const conv = await alice.group("Out", ["sub:bob"]);
    const { seq } = await bob.send(conv, "mine");
    const [one, two, inbox] = [bob.line(conv), bob.line(conv), bob.inbox()];
    await Promise.all([one.at(seq), two.at(seq), inbox.entry(conv, ({ member, head_seq }) => member && head_seq === seq)]);
    const gone = (await out(conv)).seq;
    assert.equal(gone, seq + 1);
    for (const line of [one, two]) assert.equal((await line.closed).code, 4200);
    assert.equal(one.log.last, seq, "nothing more was sent");
    for (const [method, path, body] of ways(conv, seq)) {
      const problem = await bob.refused("not_a_member", method, path, { body });
      assert.equal(problem.status, 403);
    }
    const late = bob.line(conv);
    assert.equal((await late.closed).code, 4200);
    assert.deepEqual(late.frames, []);
    await alice.send(conv, "about bob, behind his back");
    const entry = await inbox.entry(conv, ({ member }) => !member);
    assert.equal(entry.unread, 0);
    assert.equal(entry.last, undefined);
    assert.equal(entry.name, undefined);
    assert.ok(!(await bob.ok("GET", "/v1/inbox?limit=100")).entries.some(({ id }) => id === conv));
    assert.equal((await alice.conversation(conv)).seq, gone + 1, "the refusals left nothing");
    const back = (await alice.add(conv, bob.id)).seq;
    await inbox.entry(conv, ({ member }) => member);
    const again = bob.line(conv);
    await again.at(back);
    assert.equal(await again.send("hello again"), back + 1);
    await Promise.all([again.close(), inbox.close()]);
  });
}

test("a removed member's socket that has not said hello yet gets nothing by saying it", async () => {
  const conv = await alice.group("Silent", ["sub:bob"]);
  const silent = bob.line(conv, { hello: null });
  await silent.opened;
  await alice.ok("DELETE", `/v1/conversations/${conv}/members/sub:bob`);
  if (!silent.end) silent.say({ t: "hello", after: 0 });
  assert.equal((await silent.closed).code, 4200);
  assert.deepEqual(silent.frames.filter(({ t }) => t !== "error"), []);
});

test("a removed member's socket that does not answer the close hears nothing more, not even after the object slept", async () => {
  const conv = await alice.group("Stubborn", ["sub:bob"]);
  const raw = await RawSocket.open(server.port, `/v1/conversations/${conv}/socket`, { "Sec-WebSocket-Protocol": bob.protocols.join(", ") });
  raw.say({ t: "hello", after: 0 });
  await raw.until(() => raw.texts.some(({ t }) => t === "events"));
  await alice.ok("DELETE", `/v1/conversations/${conv}/members/sub:bob`);
  await raw.until(() => raw.closeCode === 4200);
  const heard = raw.frames.length;
  await alice.send(conv, "a secret");
  raw.say({ t: "commands", commands: [{ key: randomUUID(), command: message("from outside") }] });
  raw.say({ t: "hello", after: 0 });
  await server.hibernate(...alice.conversationObject(conv));
  await alice.send(conv, "another secret");
  raw.say({ t: "commands", commands: [{ key: randomUUID(), command: message("from outside") }] });
  raw.say({ t: "read", seq: 5 });
  // One more exchange with the same object is behind those frames.
  const line = alice.line(conv);
  await line.at(6);
  await line.send("done");
  assert.equal(raw.frames.length, heard, JSON.stringify(raw.frames.slice(heard).map(({ opcode, payload }) => [opcode, payload.toString("latin1").slice(0, 200)])));
  assert.deepEqual((await alice.events(conv, "?after=4")).events.map(({ content }) => content.text), ["a secret", "another secret", "done"]);
  raw.destroy();
  await line.close();
});

test("a command queued behind one's own removal in the same moment is refused", async () => {
  const conv = await alice.group("Race", ["sub:bob"]);
  const [a, b] = [alice.line(conv), bob.line(conv)];
  await Promise.all([a.at(3), b.at(3)]);
  const answers = await b.commands([
    { key: randomUUID(), command: message("last words") },
    { key: randomUUID(), command: { type: "member.leave" } },
    { key: randomUUID(), command: message("from the grave") },
  ]);
  assert.deepEqual(answers.map(({ seq, code }) => seq ?? code), [4, 5, "not_a_member"]);
  assert.equal((await b.closed).code, 4200);
  await a.at(5);
  assert.equal((await alice.conversation(conv)).seq, 5);
  await a.close();
});
