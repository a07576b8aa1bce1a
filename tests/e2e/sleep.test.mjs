// Memory is a cache: objects lose it between any two messages while their sockets stay open.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, message, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

let server, alice, bob;
before(async () => {
  server = await startServer({ vars: FAST });
  [alice, bob] = await Promise.all([Person.of(server, "alice", { name: "Alice" }), Person.of(server, "bob")]);
});
after(() => server?.stop());

const BAD_FRAMES = 16;

test("hibernated between every two messages: the same sockets, dense order, live delivery, right acks", async () => {
  const conv = await alice.group("Drowsy", ["sub:bob"]);
  const sleep = () => server.hibernate(...alice.conversationObject(conv));
  const [a, b, second] = [alice.line(conv), bob.line(conv), bob.line(conv)];
  await Promise.all([a.at(3), b.at(3), second.at(3)]);
  for (let round = 0; round < 12; round++) {
    await sleep();
    const before = 3 + round * 4;
    assert.equal(await a.send(`a${round}`), before + 1);
    await sleep();
    assert.equal((await bob.send(conv, `http ${round}`)).seq, before + 2);
    await sleep();
    const [one, two] = await Promise.all([a.send(`both ${round}`), b.send(`both ${round}`)]);
    assert.deepEqual([one, two].sort((x, y) => x - y), [before + 3, before + 4]);
    await Promise.all([a, b, second].map((line) => line.at(before + 4)));
  }
  assert.deepEqual(a.log.envelopes(), b.log.envelopes());
  assert.deepEqual(a.log.envelopes(), second.log.envelopes());
  for (const line of [a, b, second]) {
    assert.equal(line.end, null, "never closed");
    assert.equal(line.frames.filter(({ t }) => t === "welcome").length, 1, "never greeted again");
    assert.deepEqual(line.errors, []);
  }
  await sleep();
  a.say({ t: "typing", on: true });
  await b.until(() => b.typing.length === 1, "typing wakes the object too");
  await sleep();
  a.say("ping");
  await a.until(() => a.pongs === 1);
  await Promise.all([a.close(), b.close(), second.close()]);
});

test("read marks survive at once, delivered marks too", async () => {
  const conv = await alice.group("Marks", ["sub:bob"]);
  const [a, b] = [alice.line(conv), bob.line(conv)];
  await Promise.all([a.at(3), b.at(3)]);
  const seq = await a.send("one");
  await b.at(seq);
  b.say({ t: "read", seq });
  await a.until(() => a.receipts.get(bob.id)?.read === seq);
  await server.hibernate(...alice.conversationObject(conv));
  const receiptOf = async (person) => (await alice.members(conv)).find(({ user }) => user === person.id).receipt;
  assert.equal((await receiptOf(bob)).read, seq);
  assert.equal((await receiptOf(alice)).read, seq, "sending advanced the sender's own");
  assert.equal((await bob.conversation(conv)).you.unread, 0);
  await Promise.all([a.close(), b.close()]);
});

test("a delivered mark that others were shown does not go back when memory goes", async () => {
  const conv = await alice.group("Delivered", ["sub:bob"]);
  const [a, b] = [alice.line(conv), bob.line(conv)];
  await Promise.all([a.at(3), b.at(3)]);
  const inbox = bob.inbox();
  const seq = await a.send("one");
  await b.at(seq);
  // The outbox has told the accounts and written its receipts: what is acknowledged from here on belongs to no later round.
  await inbox.entry(conv, ({ head_seq }) => head_seq === seq);
  b.ack();
  await a.until(() => a.receipts.get(bob.id)?.delivered === seq);
  await server.hibernate(...alice.conversationObject(conv));
  const member = (await alice.members(conv)).find(({ user }) => user === bob.id);
  assert.equal(member.receipt.delivered, seq);
  await Promise.all([a.close(), b.close(), inbox.close()]);
});

test("a socket that was behind catches up after its object slept", async () => {
  const conv = await alice.group("Behind", ["sub:bob"]);
  const text = "x".repeat(8000);
  const a = alice.line(conv);
  await a.at(3);
  for (let round = 0; round < 4; round++) await a.commands(Array.from({ length: 25 }, (_, index) => ({ key: crypto.randomUUID(), command: { type: "message.send", content: { kind: "text", text: `${round} ${index} ${text}` } } })));
  // Not acknowledging: after half a MiB the server waits.
  const b = bob.line(conv, { hello: { after: 0 }, acknowledge: false });
  await b.at(60);
  await server.hibernate(...alice.conversationObject(conv));
  assert.ok(b.log.last < 103, "the window was full");
  b.acknowledge = true;
  b.ack();
  await b.at(103);
  assert.deepEqual(b.log.envelopes(), a.log.envelopes());
  assert.equal(await a.send("live again"), 104);
  await b.at(104);
  await Promise.all([a.close(), b.close()]);
});

test("evicted with its sockets, as by a deployment: clients come back by cursor and miss nothing", async () => {
  const conv = await alice.group("Evicted", ["sub:bob"]);
  let line = bob.line(conv);
  const { log } = line;
  await line.at(3);
  for (let round = 0; round < 6; round++) {
    await alice.send(conv, `before ${round}`);
    await server.evict(...alice.conversationObject(conv));
    const { code } = await line.closed;
    assert.ok(code === 1006 || code === 1012 || code < 4100, `a client may come back after ${code}`);
    await alice.send(conv, `while away ${round}`);
    line = bob.line(conv, { log });
    await line.at(5 + round * 2);
  }
  assert.equal(log.texts().length, 12);
  await line.close();
});

test("the account's object hibernated: inbox sockets stay live, unread stays right", async () => {
  const conv = await alice.group("Inbox", ["sub:bob"]);
  const inbox = bob.inbox();
  await inbox.entry(conv, ({ unread }) => unread === 0);
  for (let round = 1; round <= 3; round++) {
    await server.hibernate(...bob.accountObject);
    await alice.send(conv, `m${round}`);
    const entry = await inbox.entry(conv, ({ unread }) => unread === round);
    assert.equal(entry.last.preview, `m${round}`);
  }
  await server.hibernate(...bob.accountObject);
  await server.hibernate(...alice.conversationObject(conv));
  await bob.ok("PUT", `/v1/conversations/${conv}/read`, { body: { seq: 5 } });
  await inbox.entry(conv, ({ unread }) => unread === 1);
  assert.equal(inbox.end, null);
  assert.equal(inbox.frames.filter(({ t }) => t === "welcome").length, 1);
  await inbox.close();
});

test("memory dropped while commands are queued: every answer goes to the socket that asked", async (t) => {
  // Here the development route drops the object's memory in the living process, as a failed commit does: what is queued stays queued.
  const living = await startServer({ vars: { ...FAST, DEV_MODE: "1" } });
  t.after(() => living.stop());
  const [anna, ben] = await Promise.all([Person.of(living, "anna"), Person.of(living, "ben")]);
  // So long that a commit takes one frame of them and no more: the next one is still queued when the memory goes.
  const text = "x".repeat(8000);
  for (let round = 0; round < 3; round++) {
    const conv = await anna.group("Dropped", ["sub:ben"]);
    // Sockets that came first and go one by one: whoever counts sockets anew counts the others differently each time.
    const going = Array.from({ length: 8 }, () => anna.line(conv));
    for (const line of going) await line.at(3);
    const asking = ben.line(conv);
    await asking.at(3);
    const other = anna.line(conv);
    await other.at(3);
    const frames = Array.from({ length: 20 }, (_, frame) => Array.from({ length: 30 }, (_, index) => ({ key: crypto.randomUUID(), command: message(`${frame} ${index} ${text}`) })));
    const dropping = async () => {
      for (const line of going) {
        await line.close();
        await line.closed;
        await anna.ok("POST", `/v1/dev/conversations/${conv}/sleep`);
      }
    };
    const [answers] = await Promise.all([Promise.all(frames.map((frame) => asking.commands(frame))), dropping()]);
    assert.deepEqual(answers.flat().map(({ seq }) => seq), Array.from({ length: 600 }, (_, index) => index + 4));
    assert.equal(other.answers.size, 0, "nobody is answered for somebody else");
    await other.at(603);
    await Promise.all([asking.close(), other.close()]);
  }
});

// Nothing outside shows whether an object is in memory, so memory must: the count of a socket's bad frames lives there alone. A socket that has
// used up its bad frames is closed by the next one exactly if the object that counted them is still there.
test("an idle object really hibernates, by the platform's own clock, while pings go on", { timeout: 60_000 }, async () => {
  const conv = await alice.group("Idle", ["sub:bob"]);
  const nonsense = async (line, count) => {
    const already = line.errors.length;
    for (let index = 0; index < count; index++) line.say("not JSON");
    await line.until(() => line.errors.length === already + count, "errors");
  };
  const [awake, idle, inbox] = [bob.line(conv), bob.line(conv), bob.inbox()];
  await Promise.all([awake.at(3), idle.at(3)]);
  await nonsense(awake, BAD_FRAMES + 1);
  assert.equal((await awake.closed).code, 4202, "in memory they are counted");
  await inbox.entry(conv, () => true, "the outbox has nothing left to do");
  await nonsense(idle, BAD_FRAMES);
  // The platform's clock cannot be awaited by an event: workerd lets an object go ten seconds after its last work.
  for (let second = 1; second <= 13; second++) {
    idle.say("ping");
    await idle.until(() => idle.pongs === second, "pong");
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  await nonsense(idle, 1);
  assert.equal((await alice.send(conv, "good morning")).seq, 4);
  await idle.at(4);
  assert.equal(idle.end, null, "its memory was gone: the seventeenth bad frame was the first");
  await Promise.all([idle.close(), inbox.close()]);
});
