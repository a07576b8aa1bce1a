import assert from "node:assert/strict";
import { test } from "node:test";
import type { Conversation, ConversationEvent } from "../src/index.ts";
import { userId } from "./log.ts";
import { Server } from "./server.ts";
import { client, until } from "./setup.ts";

const options = { timeout: 20_000 };

test("a message shows at once, is settled by its key, and reaches the other", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  const ada = client(t, server, "ada").conversation(log.id);
  const ben = client(t, server, "ben").conversation(log.id);
  ada.open();
  ben.open();
  await Promise.all([ada.ready(), ben.ready()]);
  const pending = ada.send("Hello 👩‍👩‍👧‍👦", { mentions: [userId("ben")] });
  const [draft] = ada.state.messages;
  assert.deepEqual([draft?.key, draft?.status, draft?.text, draft?.seq, draft?.mine], [pending.key, "saving", "Hello 👩‍👩‍👧‍👦", null, true]);
  const { seq } = await pending.settled;
  assert.equal(seq, 4);
  const sent = await until(ada, (state) => state.last === seq);
  assert.deepEqual([sent.messages.length, sent.messages[0]?.status, sent.messages[0]?.id, sent.messages[0]?.seq], [1, "sent", draft?.id, seq]);
  assert.deepEqual(sent.outbox, []);
  const got = await until(ben, (state) => state.messages.length === 1);
  assert.deepEqual([got.messages[0]?.text, got.messages[0]?.mine, got.messages[0]?.mentions], ["Hello 👩‍👩‍👧‍👦", false, [userId("ben")]]);
  assert.equal(got.you?.unread, 1);
  assert.equal(ada.state.you?.unread, 0, "sending advances one's own cursor");
  ben.markRead();
  assert.equal(ben.state.you?.unread, 0);
  await until(ada, (state) => state.members.get(userId("ben"))?.receipt.read === seq);
  await until(ada, (state) => state.members.get(userId("ben"))?.receipt.delivered === seq);
  assert.equal(ada.orderDigest(1, seq), ben.orderDigest(1, seq));
});

test("snapshots keep their identity while nothing changes, and unchanged messages theirs", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  const ada = client(t, server, "ada").conversation(log.id);
  ada.open();
  await ada.send("one").settled;
  const before = await until(ada, (state) => state.last === 3);
  assert.equal(ada.state, ada.state);
  await ada.send("two").settled;
  const after = await until(ada, (state) => state.last === 4);
  assert.notEqual(before, after);
  assert.equal(after.messages[0], before.messages[0]);
  assert.equal(after.timeline[0], before.timeline[0]);
});

test("edits and deletions fold in, also those that come before their message", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  const first = server.say(log, "ada", "first");
  const second = server.say(log, "ada", "second");
  const ben = client(t, server, "ben").conversation(log.id);
  const ada = client(t, server, "ada").conversation(log.id);
  ada.open();
  await ada.ready();
  const edit = ada.edit(first, "first, better");
  assert.equal(ada.state.messages[0]?.text, "first, better", "shown before it is sent");
  assert.equal(ada.state.messages[0]?.change?.key, edit.key);
  await edit.settled;
  await ada.edit(first, "first, best", { expectVersion: 2 }).settled;
  await ada.delete(second).settled;
  await assert.rejects(ada.edit(first, "too late", { expectVersion: 2 }).settled, { code: "version_conflict" });
  for (let count = 0; count < 60; count += 1) server.say(log, "ada", `later ${count}`);
  ben.open();
  await ben.ready();
  assert.equal(ben.state.messages.length, 50);
  assert.equal(ben.state.hasMore, true);
  const head = log.head;
  assert.deepEqual(ben.state.gaps, [{ from: 1, to: head - 50 }]);
  while ((await ben.loadBefore(7)).more);
  assert.equal(ben.state.first, 1);
  assert.deepEqual(ben.state.gaps, []);
  const [one, two] = ben.state.messages;
  assert.deepEqual([one?.text, one?.version, one?.editedAt !== null, one?.deleted], ["first, best", 3, true, null]);
  assert.deepEqual([two?.content, two?.deleted?.by], [null, userId("ada")]);
  assert.equal(ben.state.messages.length, 62);
  assert.equal(ben.audit.lost, 0);
  await until(ada, (state) => state.last === head);
  assert.equal(ada.orderDigest(1, head), ben.orderDigest(1, head));
  assert.equal(JSON.stringify(ada.events()).includes("second"), false, "what was deleted is not kept");
  // The deletion's event came by a page; edits that came after it do not bring the text back.
  assert.equal(ada.state.messages[1]?.text, null);
});

test("a refused message stays, and is sent again under a new key or discarded", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  let refusing = true;
  server.faults.decide = ({ key }) => (refusing ? { rejection: { key, code: "permission_denied", message: "Your role does not allow this.", retry: false } } : null);
  const ada = client(t, server, "ada").conversation(log.id);
  ada.open();
  const failed: ConversationEvent[] = [];
  ada.subscribe((event) => event.type === "failed" && failed.push(event));
  const one = ada.send("one");
  const two = ada.send("two");
  await assert.rejects(one.settled, { name: "QuipuError", code: "permission_denied", message: "Your role does not allow this.", retry: false });
  await assert.rejects(two.settled);
  assert.equal(failed.length, 2);
  const shown = ada.state.messages.map(({ text, status, error }) => [text, status, error?.code]);
  assert.deepEqual(shown, [["one", "failed", "permission_denied"], ["two", "failed", "permission_denied"]]);
  refusing = false;
  const again = ada.retry(one.key);
  assert.notEqual(again.key, one.key);
  await again.settled;
  await ada.discard(two.key);
  const state = await until(ada, ({ messages }) => messages.length === 1 && messages[0]?.seq !== null);
  assert.equal(state.messages[0]?.text, "one");
  assert.equal(log.events.filter(({ envelope }) => envelope.type === "message.created").length, 1);
  assert.throws(() => ada.retry(two.key), { code: "discarded" });
});

test("members, roles and settings are folded, and departures end access", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  const ada = client(t, server, "ada").conversation(log.id);
  const ben = client(t, server, "ben").conversation(log.id);
  ada.open();
  ben.open();
  await Promise.all([ada.ready(), ben.ready()]);
  await ada.addMember("sub:cleo").settled;
  await ada.setRole(userId("cleo"), "admin").settled;
  await ada.update({ name: "Harbour", topic: "Ships" }).settled;
  await ada.update({ topic: "" }).settled;
  const state = await until(ben, ({ last }) => last === log.head);
  assert.deepEqual([state.memberCount, state.members.get(userId("cleo"))?.role, state.members.get(userId("cleo"))?.subject], [3, "admin", "cleo"]);
  assert.deepEqual(state.info, { name: "Harbour" });
  assert.deepEqual(state.timeline.map(({ kind }) => kind), Array(log.head).fill("event"));
  const waiting = until(ben, ({ connection }) => connection === "stopped");
  await ada.removeMember(userId("ben")).settled;
  assert.equal((await waiting).error?.code, "not_a_member");
  await assert.rejects(ben.send("Am I still here?").settled, { code: "not_a_member" });
  assert.equal(ada.state.memberCount, 2);
});

test("members of a large conversation come by pages", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  for (let count = 0; count < 300; count += 1) log.join(userId("ada"), userId(`guest ${count}`), `guest ${count}`, "guest");
  const ada = client(t, server, "ada").conversation(log.id);
  ada.open();
  const state = await until(ada, ({ members }) => members.size === 301);
  assert.equal(state.memberCount, 301);
  await ada.removeMember(userId("guest 7")).settled;
  const after = await until(ada, ({ members }) => members.size === 300);
  assert.equal(after.memberCount, 300);
});

test("another epoch drops what is held", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  server.say(log, "ada", "before");
  const ada = client(t, server, "ada").conversation(log.id);
  ada.open();
  await ada.ready();
  const resets: string[] = [];
  ada.subscribe((event) => event.type === "reset" && resets.push(event.epoch));
  server.faults.down = true;
  server.closeAll(4000, "restart");
  await until(ada, ({ connection }) => connection === "waiting");
  log.epoch = "0000000000002";
  log.events = log.events.slice(0, 2);
  log.n = 0;
  server.faults.down = false;
  const state = await until(ada, ({ epoch, caughtUp }) => epoch === "0000000000002" && caughtUp);
  assert.deepEqual(resets, ["0000000000002"]);
  assert.deepEqual([state.messages.length, state.last], [0, 2]);
});

test("unknown types and withheld ranges are kept and counted", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  for (let count = 0; count < 4; count += 1) server.say(log, "ada", `hidden ${count}`);
  log.append(userId("ada"), "00000000-0000-4000-8000-000000000001", "poll.opened");
  server.faults.outgoing = (frame) => {
    if (frame.t !== "events") return null;
    const events = frame.events as { envelope: { seq: number } }[];
    const visible = events.filter(({ envelope }) => envelope.seq < 3 || envelope.seq > 6);
    return [{ ...frame, events: events.length > visible.length ? [...visible.slice(0, 2), { withheld: { from: 3, to: 6 } }, ...visible.slice(2)] : events }];
  };
  const ada = client(t, server, "ada").conversation(log.id);
  ada.open();
  await ada.ready();
  assert.deepEqual(ada.state.timeline.map((line) => [line.kind, line.seq]), [["event", 1], ["event", 2], ["withheld", 3], ["event", 7]]);
  assert.deepEqual(ada.audit.unknown, { "poll.opened": 1 });
  assert.deepEqual([ada.audit.lost, ada.audit.holes, ada.audit.repeated], [0, 0, 0]);
});

test("typing is throttled and shows to the others until the message comes", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  const ada = client(t, server, "ada").conversation(log.id);
  const ben = client(t, server, "ben").conversation(log.id);
  ada.open();
  ben.open();
  await Promise.all([ada.ready(), ben.ready()]);
  for (let count = 0; count < 10; count += 1) ada.typing();
  await until(ben, ({ typing }) => typing.includes(userId("ada")));
  const { seq } = await ada.send("done").settled;
  const state = await until(ben, ({ last }) => last === seq);
  assert.deepEqual(state.typing, []);
  ada.typing();
  ada.typing(false);
  await server.until(() => server.history[0]?.received.filter((frame) => frame.t === "typing").length === 2);
  const frames = server.history.flatMap(({ received }) => received.filter((frame) => frame.t === "typing"));
  assert.deepEqual(frames, [{ t: "typing", on: true }, { t: "typing", on: false }]);
});

test("acks go out every 64 events and shortly after the last; reads are gathered", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  const ben = client(t, server, "ben").conversation(log.id);
  ben.open();
  await ben.ready();
  const [socket] = server.history;
  await server.until(() => socket?.acked === log.head);
  const before = socket?.received.length ?? 0;
  for (let count = 0; count < 150; count += 1) server.say(log, "ada", `message ${count}`);
  await server.until(() => socket?.acked === log.head);
  const acks = socket?.received.slice(before).filter((frame) => frame.t === "ack") ?? [];
  assert.ok(acks.length >= 2 && acks.length < 20, `${acks.length} acks for 150 events`);
  for (let seq = 4; seq <= log.head; seq += 1) ben.markRead(seq);
  await server.until(() => log.members.get(userId("ben"))?.receipt.read === log.head);
  assert.equal(socket?.received.filter((frame) => frame.t === "read").length, 1);
});

test("a text addresses everyone and roles, and an edit says anew whom", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  const [ada, ben] = ["ada", "ben"].map((subject) => client(t, server, subject).conversation(log.id)) as [Conversation, Conversation];
  for (const each of [ada, ben]) {
    each.open();
    await each.ready();
  }
  const pending = ada.send("all hands", { mentionEveryone: true, mentionRoles: ["admin"] });
  const addressed = (each: Conversation): unknown => each.state.messages.map(({ mentionsEveryone, mentionsRoles, mentions }) => [mentionsEveryone, mentionsRoles, mentions]);
  assert.deepEqual(addressed(ada), [[true, ["admin"], []]]);
  const { seq } = await pending.settled;
  await until(ben, ({ last }) => last === seq);
  assert.deepEqual(addressed(ben), [[true, ["admin"], []]]);
  await ada.edit(seq, "you alone", { mentions: [userId("ben")] }).settled;
  await until(ben, ({ last }) => last === seq + 1);
  assert.deepEqual(addressed(ben), [[false, [], [userId("ben")]]]);
});

test("a socket that closes is given nothing more: what is said goes by the next one", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  const sockets: Socket[] = [];
  const refused: string[] = [];
  class Socket extends server.WebSocket {
    override readyState = 1;
    constructor(url: string, protocols?: string[]) {
      super(url, protocols);
      sockets.push(this);
    }
    override send(data: string): void {
      if (this.readyState > 1) refused.push(data);
      super.send(data);
    }
  }
  const ada = client(t, server, "ada", { WebSocket: Socket }).conversation(log.id);
  ada.open();
  await ada.ready();
  for (const socket of sockets) socket.readyState = 2;
  const { settled } = ada.send("in the dark");
  await until(ada, (state) => state.messages[0]?.status === "waiting");
  assert.deepEqual(refused, []);
  server.closeAll(1012, "restart");
  await settled;
  assert.deepEqual(refused, []);
});
