import assert from "node:assert/strict";
import { test } from "node:test";
import { userId } from "./log.ts";
import { type Json, makeToken, Server, type ServerSocket } from "./server.ts";
import { client, random, until } from "./setup.ts";

const options = { timeout: 30_000 };

test("after an outage exactly what was missed comes, then what is new", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  const ben = client(t, server, "ben").conversation(log.id);
  ben.open();
  await ben.ready();
  const held = log.head;
  server.faults.down = true;
  server.closeAll(1006);
  await until(ben, ({ connection }) => connection === "waiting");
  for (let count = 0; count < 1200; count += 1) server.say(log, "ada", `missed ${count}`);
  server.faults.down = false;
  await until(ben, ({ last }) => last === log.head);
  server.say(log, "ada", "live");
  const state = await until(ben, ({ last }) => last === log.head);
  const hello = server.history.at(-1)?.received[0];
  assert.deepEqual([hello?.t, hello?.after, hello?.epoch], ["hello", held, log.epoch]);
  assert.equal(state.messages.length, 1201);
  const { received, repeated, holes, lost, reconnects } = ben.audit;
  assert.deepEqual({ received, repeated, holes, lost, reconnects }, { received: log.head, repeated: 0, holes: 0, lost: 0, reconnects: 1 });
});

test("a lost ack makes no second message", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  const ada = client(t, server, "ada").conversation(log.id);
  ada.open();
  await ada.ready();
  let lost = 0;
  // The first answer and the event itself are lost with the connection.
  server.faults.outgoing = (frame, socket) => {
    if (lost > 0 || (frame.t !== "acks" && frame.t !== "events")) return null;
    lost += 1;
    socket.close(1006);
    return [];
  };
  const pending = ada.send("once");
  const { seq } = await pending.settled;
  assert.equal(lost, 1);
  assert.equal(seq, 3);
  const state = await until(ada, ({ last }) => last === seq);
  assert.equal(log.head, 3);
  assert.deepEqual(state.messages.map(({ text, key }) => [text, key]), [["once", pending.key]]);
  assert.deepEqual(state.outbox, []);
  // The event settled it on resuming, or the same key was answered again; either way there is one message.
  const keys = server.history.flatMap(({ received }) => received.filter((frame) => frame.t === "commands").flatMap((frame) => (frame.commands as { key: string }[]).map(({ key }) => key)));
  assert.deepEqual([...new Set(keys)], [pending.key]);
});

test("an ack that comes long before its event leaves the message in its place", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  const ada = client(t, server, "ada").conversation(log.id);
  ada.open();
  await ada.ready();
  const held: (() => void)[] = [];
  server.faults.outgoing = (frame, socket) => {
    if (frame.t !== "events") return null;
    held.push(() => socket.raw(JSON.stringify(frame)));
    return [];
  };
  const { seq } = await ada.send("early").settled;
  assert.deepEqual(ada.state.messages.map((message) => [message.text, message.status, message.seq]), [["early", "sent", seq]]);
  assert.equal(ada.state.last, seq - 1);
  for (const release of held) release();
  const state = await until(ada, ({ last }) => last === seq);
  assert.deepEqual(state.messages.map((message) => [message.text, message.status, message.n]), [["early", "sent", 1]]);
});

test("a hole makes a reconnect and is filled; repeated events are dropped and counted", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  const ben = client(t, server, "ben").conversation(log.id);
  ben.open();
  await ben.ready();
  let drop = true;
  server.faults.outgoing = (frame) => {
    if (frame.t !== "events" || !drop) return null;
    drop = false;
    return [];
  };
  server.say(log, "ada", "lost on the way");
  server.say(log, "ada", "next");
  await until(ben, ({ last }) => last === log.head);
  assert.deepEqual(ben.state.messages.map(({ text }) => text), ["lost on the way", "next"]);
  assert.deepEqual([ben.audit.holes, ben.audit.reconnects, ben.audit.lost, ben.audit.repeated], [1, 1, 0, 0]);
  server.faults.outgoing = (frame) => (frame.t === "events" ? [frame, frame] : null);
  server.say(log, "ada", "twice");
  server.faults.outgoing = undefined as never;
  server.say(log, "ada", "last");
  const state = await until(ben, ({ last }) => last === log.head);
  assert.deepEqual(state.messages.map(({ text }) => text), ["lost on the way", "next", "twice", "last"]);
  assert.deepEqual([ben.audit.repeated, ben.audit.lost], [1, 0]);
});

for (const seed of [1, 2, 3, 4, 5, 6]) {
  test(`through a hostile network nothing is lost, doubled or reordered (seed ${seed})`, options, async (t) => {
    const server = new Server();
    const dice = random(seed);
    const people = ["ada", "ben", "cleo"];
    const log = server.conversation(people[0] as string, ...people.slice(1));
    let hostile = true;
    const late: (() => void)[] = [];
    server.faults.outgoing = (frame: Json, socket: ServerSocket) => {
      if (!hostile || frame.t === "welcome") return null;
      const throwOf = dice();
      if (throwOf < 0.04) return socket.close(1006), [];
      if (throwOf < 0.07) return [];
      if (throwOf < 0.1) return [frame, frame];
      if (throwOf < 0.2 && frame.t === "acks") return late.push(() => socket.raw(JSON.stringify(frame))), [];
      return null;
    };
    server.faults.incoming = (frame, socket) => {
      if (!hostile || frame.t !== "commands") return false;
      const throwOf = dice();
      if (throwOf < 0.1) socket.close(4000, "restart"); // Gone before it was decided.
      return throwOf < 0.1;
    };
    // A command told to come back later may be overtaken by those already sent; without such, the order of sending holds.
    const crowded = seed % 2 === 0;
    server.faults.decide = ({ key }) => {
      if (!hostile || !crowded || dice() > 0.05) return null;
      return { rejection: { key, code: "overloaded", message: "Try again.", retry: true, retry_after_ms: 3 } };
    };
    const handles = people.map((person) => client(t, server, person, { timing: { answerWithinMs: 200 } }).conversation(log.id));
    for (const handle of handles) handle.open();
    const settled: Promise<unknown>[] = [];
    for (let round = 0; round < 40; round += 1) {
      for (const [index, handle] of handles.entries()) settled.push(handle.send(`${people[index]} ${round}`).settled);
      await new Promise((resolve) => setImmediate(resolve));
      if (round % 5 === 0) for (const release of late.splice(0)) release();
    }
    await Promise.all(settled);
    hostile = false;
    // What was lost last is only missed when something follows.
    server.say(log, "ada", "end");
    const states = await Promise.all(handles.map((handle) => until(handle, ({ last, outbox }) => last === log.head && outbox.length === 0)));
    const texts = log.events.flatMap(({ content }) => (content?.kind === "text" && content.text !== "end" ? content.text : []));
    assert.equal(texts.length, 120);
    assert.equal(new Set(texts).size, 120);
    for (const [index, handle] of handles.entries()) {
      assert.equal(handle.orderDigest(4, log.head), handles[0]?.orderDigest(4, log.head));
      assert.deepEqual([handle.audit.lost, handle.audit.from], [0, 1]);
      assert.deepEqual(states[index]?.messages.filter(({ text }) => text !== "end").map(({ text }) => text), texts);
      if (crowded) continue;
      assert.deepEqual(texts.filter((text) => text.startsWith(people[index] as string)), [...Array(40).keys()].map((round) => `${people[index]} ${round}`));
    }
  });
}

test("close codes say what to do next", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  let tokens = 0;
  const quipu = client(t, server, "ada", {
    token: () => {
      tokens += 1;
      return makeToken("ada");
    },
  });
  const ada = quipu.conversation(log.id);
  ada.open();
  await ada.ready();
  const opened = () => server.history.length;
  for (const [code, reason, expected] of [[4001, "slow", 1], [4100, "token_expired", 2], [1012, "", 2]] as const) {
    const before = opened();
    server.closeAll(code, reason);
    await server.until(() => opened() === before + 1 && server.history.at(-1)?.said === true);
    assert.equal(tokens, expected, `tokens after ${code}`);
  }
  const stopped = until(ada, ({ connection }) => connection === "stopped");
  const before = opened();
  server.closeAll(4203, "too_many_sockets");
  assert.equal((await stopped).error?.code, "too_many_sockets");
  assert.equal(opened(), before);
  ada.open();
  await until(ada, ({ caughtUp }) => caughtUp);
});

test("a refused upgrade is explained over HTTP", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  server.faults.upgrade = () => 403;
  const ada = client(t, server, "ada").conversation(log.id);
  ada.open();
  await assert.rejects(ada.ready(), { code: "not_a_member", status: 403 });
  // A token that no longer holds is replaced, not given up.
  const held = [makeToken("ben"), makeToken("ben")];
  server.revoked.add(held[0] as string);
  server.faults.upgrade = undefined as never;
  const ben = client(t, server, "ben", { token: () => held.shift() ?? makeToken("ben") }).conversation(log.id);
  ben.open();
  await ben.ready();
});

test("a connection that went silent is replaced", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  let deaf = true;
  server.faults.incoming = (frame) => frame.t === "ping" && deaf;
  const ada = client(t, server, "ada", { timing: { pingEveryMs: 10, pongWithinMs: 10 } }).conversation(log.id);
  ada.open();
  await ada.ready();
  await until(ada, ({ connection }) => connection === "waiting");
  assert.equal(ada.state.error?.code, "timeout");
  deaf = false;
  await until(ada, ({ caughtUp }) => caughtUp);
  assert.equal(server.sockets.size, 1);
});

test("the network coming back ends the wait", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  server.faults.down = true;
  const quipu = client(t, server, "ada", { timing: { backoffBaseMs: 2 ** 30, backoffCapMs: 2 ** 30 } });
  const ada = quipu.conversation(log.id);
  ada.open();
  const waiting = await until(ada, ({ connection }) => connection === "waiting");
  assert.ok((waiting.retryAt ?? 0) > Date.now());
  server.faults.down = false;
  quipu.online();
  await ada.ready();
});

test("closing sends what waits, then disconnects; opening resumes", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  const ada = client(t, server, "ada").conversation(log.id);
  const pending = ada.send("from a closed handle");
  ada.close();
  await pending.settled;
  await until(ada, ({ connection }) => connection === "idle");
  await server.until(() => server.sockets.size === 0);
  server.say(log, "ben", "meanwhile");
  ada.open();
  await until(ada, ({ last }) => last === log.head);
  assert.deepEqual(ada.state.messages.map(({ text, author }) => [text, author]), [["from a closed handle", userId("ada")], ["meanwhile", userId("ben")]]);
  assert.equal(ada.audit.repeated, 0);
});

test("a cursor beyond the head stops; opening again starts over", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  for (let count = 0; count < 5; count += 1) server.say(log, "ada", `message ${count}`);
  const ada = client(t, server, "ada").conversation(log.id);
  ada.open();
  await ada.ready();
  log.events = log.events.slice(0, 4); // A server that lost what it had said.
  server.closeAll(1006);
  const state = await until(ada, ({ connection }) => connection === "stopped");
  assert.equal(state.error?.code, "cursor_out_of_range");
  assert.equal(state.messages.length, 5, "what is held stays readable");
  ada.open();
  await ada.ready();
  assert.deepEqual([ada.state.last, ada.state.messages.length], [4, 2]);
});

test("a server that forgot the hello gets a new one", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  const ada = client(t, server, "ada").conversation(log.id);
  ada.open();
  await ada.ready();
  server.faults.incoming = (frame, socket) => {
    if (frame.t !== "commands" || socket !== server.history[0]) return false;
    socket.send({ t: "error", code: "hello_required", message: "Say hello first.", retry: false });
    return true;
  };
  const { seq } = await ada.send("twice on its way").settled;
  assert.deepEqual([seq, log.head, ada.audit.reconnects], [3, 3, 1]);
});

test("a complaint about a signal harms no command, and does not explain a later close", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  const ada = client(t, server, "ada").conversation(log.id);
  ada.open();
  await ada.ready();
  const errors: string[] = [];
  ada.subscribe((event) => event.type === "error" && errors.push(event.error.code));
  server.faults.outgoing = (frame) => (frame.t === "acks" ? [{ t: "error", code: "rate_limited", message: "Too many signals.", retry: true, retry_after_ms: 60_000 }, frame] : null);
  assert.equal((await ada.send("unharmed").settled).seq, 3);
  assert.deepEqual(errors, ["rate_limited"]);
  const stopped = until(ada, ({ connection }) => connection === "stopped");
  server.closeAll(4200, "not_a_member");
  assert.equal((await stopped).error?.code, "not_a_member");
});

test("a closed client stays closed", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  const quipu = client(t, server, "ada");
  const ada = quipu.conversation(log.id);
  ada.open();
  await ada.ready();
  await quipu.close();
  assert.equal(server.sockets.size, 0);
  assert.throws(() => ada.send("too late"), { code: "closed" });
  assert.throws(() => ada.open(), { code: "closed" });
  assert.deepEqual([ada.state.connection, ada.state.last], ["idle", 2]);
});
