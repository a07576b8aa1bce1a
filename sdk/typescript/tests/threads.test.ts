import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command } from "../src/index.ts";
import { Threads } from "../src/threads.ts";
import { userId } from "./log.ts";
import { Server } from "./server.ts";
import { client, until } from "./setup.ts";

/** Ada's and Ben's conversation, what Ben does in it, and Ada's handle with its threads. */
function setUp(t: Parameters<typeof client>[0]) {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  const run = (command: Command, who = "ben"): number => {
    const answer = log.decide(userId(who), { key: crypto.randomUUID(), command });
    assert.ok("ack" in answer, JSON.stringify(answer));
    return answer.ack.seq;
  };
  const say = (text: string, thread?: number, who = "ben"): number => run({ type: "message.send", content: { kind: "text", text }, ...(thread !== undefined && { thread }) }, who);
  const handle = client(t, server, "ada").conversation(log.id);
  const threads = new Threads(handle);
  t.after(() => threads.close());
  /** Resolves when a thread is as `look` says. */
  const when = (root: number, look: (view: ReturnType<Threads["view"]>) => boolean) =>
    new Promise<ReturnType<Threads["view"]>>((resolve) => {
      const view = threads.view(root);
      if (look(view)) return resolve(view);
      const stop = threads.subscribe(() => {
        const now = threads.view(root);
        if (!look(now)) return;
        stop();
        resolve(now);
      });
    });
  const texts = (root: number) => threads.view(root).replies.map(({ text, deleted }) => (deleted ? null : text));
  return { server, log, run, say, handle, threads, when, texts };
}

test("replies stand in their thread and nowhere else, and the thread follows from the events", { timeout: 20_000 }, async (t) => {
  const { server, log, run, say, handle, threads, when, texts } = setUp(t);
  const root = say("root");
  const first = say("first", root);
  say("beside");
  handle.open();
  await handle.ready();
  const { messages, timeline, you } = handle.state;
  assert.deepEqual(messages.map(({ text }) => text), ["root", "beside"]);
  assert.ok(!timeline.some(({ seq }) => seq === first));
  assert.equal(you?.unread, 2, "a reply is no unread message");
  assert.deepEqual([texts(root), threads.of(root).count, threads.view(root).hasMore], [["first"], 1, false]);

  // One's own shows at once, and is replaced by its event.
  const pending = handle.send("second", { thread: root });
  assert.deepEqual(texts(root), ["first", "second"]);
  assert.equal(threads.view(root).replies.at(-1)?.seq, null);
  await pending.settled;
  const view = await when(root, ({ thread }) => thread.n === 2);
  assert.equal(view.replies.at(-1)?.threadN, 2);
  assert.deepEqual(handle.state.you?.unread, 2, "replying reads nothing beside the thread");
  assert.deepEqual(view.thread.participants, [userId("ada"), userId("ben")]);

  // Edits and deletions, live and after a reconnect.
  server.faults.down = true;
  server.closeAll(1006);
  await until(handle, ({ connection }) => connection === "waiting");
  run({ type: "message.edit", seq: first, content: { kind: "text", text: "first, edited" } });
  const third = say("third", root);
  run({ type: "message.delete", seq: third });
  server.faults.down = false;
  await until(handle, ({ caughtUp }) => caughtUp);
  assert.deepEqual(texts(root), ["first, edited", "second", null]);
  const { following, readN: _, unread: __, lastAt, ...stands } = threads.of(root);
  const { last_at, following: ___ = false, ...there } = log.thread(root, userId("ada"));
  assert.deepEqual({ ...stands, lastAt, following }, { ...there, lastAt: last_at, following: ___ });
  assert.equal(threads.of(root), threads.of(root), "the same object while nothing changes");
});

test("a thread whose first message is not held is loaded by pages, and goes on live", { timeout: 20_000 }, async (t) => {
  const { server, log, run, say, handle, threads, when, texts } = setUp(t);
  const root = say("root");
  const replies = Array.from({ length: 7 }, (_, index) => say(`r${index}`, root));
  run({ type: "message.edit", seq: replies[6] as number, content: { kind: "text", text: "edited" } });
  run({ type: "message.react", seq: replies[5] as number, emoji: "👍" });
  for (let index = 0; index < 60; index += 1) say(`m${index}`);
  log.place(userId("ada"), root, { following: true });
  const live = say("live before", root);
  handle.open();
  await handle.ready();
  assert.ok(handle.state.first > root && !threads.all().has(root));
  assert.deepEqual([texts(root), threads.view(root).hasMore], [["live before"], true], "what came live is there");
  assert.deepEqual(await threads.load(root, 3), { loaded: 3, more: true });
  assert.deepEqual(texts(root), ["r5", "edited", "live before"]);
  assert.equal(threads.view(root).message?.text, "root");
  assert.equal(threads.view(root).replies[0]?.reactions[0]?.emoji, "👍");
  assert.deepEqual([threads.of(root).count, threads.of(root).unread], [8, 1]);
  server.say(log, "ben", "beside");
  const answer = log.decide(userId("ben"), { key: crypto.randomUUID(), command: { type: "message.send", content: { kind: "text", text: "live" }, thread: root } });
  assert.ok("ack" in answer);
  server.broadcast(log, log.head - 1);
  await when(root, ({ thread }) => thread.count === 9);
  log.decide(userId("ben"), { key: crypto.randomUUID(), command: { type: "message.delete", seq: live } });
  server.broadcast(log, log.head - 1);
  await when(root, ({ thread }) => thread.count === 8);
  assert.deepEqual(texts(root), ["r5", "edited", null, "live"]);
  assert.deepEqual([await threads.load(root, 3), await threads.load(root, 50)], [{ loaded: 3, more: true }, { loaded: 2, more: false }]);
  assert.deepEqual(texts(root).slice(0, 3), ["r0", "r1", "r2"]);
  assert.deepEqual(await threads.load(root), { loaded: 0, more: false });
  // Once history reaches it, everything follows from the events.
  while (handle.state.hasMore) await handle.loadBefore(50);
  const { lastAt: _, readN: __, unread: ___, ...stands } = threads.all().get(root) ?? assert.fail("it is held now");
  const { last_at: ____, read_n: _____, ...there } = log.thread(root, userId("ada"));
  assert.deepEqual(stands, there);
  assert.equal(texts(root).length, 9);
  assert.deepEqual(handle.state.messages.filter(({ thread }) => thread !== null), []);
});

test("following and reading: private, at once here, told to the server even after a disconnect", { timeout: 20_000 }, async (t) => {
  const { server, log, say, handle, threads, when } = setUp(t);
  const root = say("root");
  say("1", root);
  handle.open();
  await handle.ready();
  assert.equal(threads.of(root).unread, 0, "nobody has unread what they do not follow");
  await threads.follow(root, true);
  assert.deepEqual([threads.of(root).following, threads.of(root).unread], [true, 0]);
  const heard = when(root, ({ thread }) => thread.unread === 1);
  say("2", root);
  server.broadcast(log, log.head - 1);
  await heard;
  threads.markRead(root);
  assert.equal(threads.of(root).unread, 0, "at once");
  await until(handle, ({ places }) => places.get(root)?.read_n === 2);
  server.faults.incoming = (frame) => frame.t === "read";
  say("3", root);
  server.broadcast(log, log.head - 1);
  await when(root, ({ thread }) => thread.unread === 1);
  threads.markRead(root);
  server.closeAll(1006);
  server.faults.incoming = () => undefined;
  await until(handle, ({ places }) => places.get(root)?.read_n === 3);
  const { threads: listed } = await threads.list();
  assert.deepEqual(listed.map(({ thread, message }) => [thread.root, thread.n, message?.text]), [[root, 3, "root"]]);
  await threads.follow(root, false);
  assert.deepEqual([threads.of(root).following, (await threads.list()).threads], [false, []]);
});

test("another life of the log is another conversation's threads", { timeout: 20_000 }, async (t) => {
  const { server, log, say, handle, threads } = setUp(t);
  const root = say("root");
  say("1", root);
  await Promise.all([handle.open(), handle.ready()]);
  assert.equal(threads.all().size, 1);
  log.epoch = "0000000000002";
  log.events = [];
  log.n = 0;
  log.append(userId("ada"), crypto.randomUUID(), "conversation.created", { params: { kind: "group", history: "all", encryption: "none" } });
  server.closeAll(1006);
  await until(handle, ({ epoch, caughtUp }) => epoch === log.epoch && caughtUp);
  assert.equal(threads.all().size, 0);
});
