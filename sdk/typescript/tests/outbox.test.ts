import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { openDB } from "idb";
import { indexedDbStorage, memoryStorage, type OutboxStorage, type StoredCommand } from "../src/index.ts";
import { installLocks } from "./locks.ts";
import { type Json, makeToken, Server } from "./server.ts";
import { client, until } from "./setup.ts";

installLocks();
const options = { timeout: 20_000 };
let deployments = 0;
/** A deployment of its own: its outboxes are shared with no other test. */
const address = (): string => `http://quipu-${(deployments += 1)}.test`;

async function stored(url: string, subject: string): Promise<StoredCommand[]> {
  const database = await openDB(`quipu ${url} test|${subject}`);
  const commands = database.objectStoreNames.contains("commands") ? ((await database.getAll("commands")) as StoredCommand[]) : [];
  database.close();
  return commands;
}

function commandFrames(server: Server): { key: string }[][] {
  return server.history.flatMap(({ received }) => received.filter((frame) => frame.t === "commands").map((frame) => frame.commands as { key: string }[]));
}
const texts = (log: { events: { content: unknown }[] }): string[] => log.events.flatMap(({ content }) => (content as { text?: string } | null)?.text ?? []);

test("a command is durable before it is sent, and off the outbox after its ack", options, async (t) => {
  const server = new Server();
  const url = address();
  const log = server.conversation("ada");
  const conversation = client(t, server, "ada", { url, storage: indexedDbStorage() }).conversation(log.id);
  conversation.open();
  await conversation.ready();
  // The first frame arrives and is not answered, so that there is time to look.
  server.faults.incoming = (frame) => frame.t === "commands" && commandFrames(server).length === 1;
  const { key, stored: durable, settled } = conversation.send("first the disk");
  await durable;
  assert.deepEqual(commandFrames(server), [], "not sent before it is stored");
  await server.until(() => commandFrames(server).length === 1);
  assert.deepEqual((await stored(url, "ada")).map((command) => command.key), [key]);
  server.closeAll(4000, "restart");
  await settled;
  await until(conversation, ({ outbox }) => outbox.length === 0);
  while ((await stored(url, "ada")).length > 0);
});

test("what was written offline survives a reload, and is sent in order under the same keys", options, async (t) => {
  const server = new Server();
  const url = address();
  const log = server.conversation("ada");
  server.faults.down = true;
  const before = client(t, server, "ada", { url, storage: indexedDbStorage() });
  const sent = [...Array(250).keys()].map((count) => before.conversation(log.id).send(`offline ${count}`));
  await Promise.all(sent.map(({ stored: durable }) => durable));
  await before.close();
  assert.equal(log.head, 2);
  server.faults.down = false;
  const after = client(t, server, "ada", { url, storage: indexedDbStorage() });
  const conversation = after.conversation(log.id);
  await after.flush();
  assert.deepEqual(conversation.state.messages.map(({ key, status }) => [key, status]), sent.map(({ key }) => [key, "waiting"]));
  await until(conversation, ({ outbox }) => outbox.length === 0);
  assert.deepEqual(texts(log), sent.map((_, count) => `offline ${count}`));
  assert.deepEqual(log.events.slice(2).map(({ envelope }) => envelope.key), sent.map(({ key }) => key));
  assert.deepEqual(commandFrames(server).map((frame) => frame.length), [100, 100, 50], "many commands share a frame");
  await until(conversation, ({ connection }) => connection === "idle");
});

test("frames stay within their bytes, and a command that cannot fit fails by itself", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  const conversation = client(t, server, "ada", { url: address() }).conversation(log.id);
  const large = [...Array(40).keys()].map((count) => conversation.send(`${count} ${"é".repeat(4000)}`));
  const impossible = conversation.send("x".repeat(300_000));
  const last = conversation.send("last");
  await Promise.all([...large, last].map(({ settled }) => settled));
  await assert.rejects(impossible.settled, { code: "too_large" });
  const sizes = server.history.flatMap(({ received }) => received.map((frame: Json) => Buffer.byteLength(JSON.stringify(frame))));
  assert.ok(Math.max(...sizes) <= 262_144);
  assert.ok(commandFrames(server).length < 10);
});

test("a command told to wait holds back those behind it", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  const conversation = client(t, server, "ada", { url: address() }).conversation(log.id);
  let limited = 0;
  // A rate limit refuses everything until its time has come.
  server.faults.decide = ({ key }) => (limited < 5 && ++limited ? { rejection: { key, code: "rate_limited", message: "Slow down.", retry: true, retry_after_ms: 20 } } : null);
  const first = [...Array(5).keys()].map((count) => conversation.send(`${count}`));
  await server.until(() => limited === 5);
  const second = conversation.send("5");
  await Promise.all([...first, second].map(({ settled }) => settled));
  assert.deepEqual(texts(log), ["0", "1", "2", "3", "4", "5"]);
});

test("one command of the wrong shape does not take the others of its frame with it", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  const conversation = client(t, server, "ada", { url: address() }).conversation(log.id);
  const good = [conversation.send("one"), conversation.send("two")];
  const bad = conversation.addMember("nobody's id");
  const more = [conversation.send("three"), conversation.send("four")];
  await assert.rejects(bad.settled, { code: "invalid_request" });
  await Promise.all([...good, ...more].map(({ settled }) => settled));
  assert.deepEqual(texts(log), ["one", "two", "three", "four"]);
});

test("an unanswered command makes a new connection", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  const conversation = client(t, server, "ada", { url: address(), timing: { answerWithinMs: 20 } }).conversation(log.id);
  conversation.open();
  await conversation.ready();
  let swallowed = 0;
  server.faults.incoming = (frame) => frame.t === "commands" && swallowed++ === 0;
  const { seq } = await conversation.send("swallowed").settled;
  assert.deepEqual([seq, conversation.audit.reconnects, swallowed], [3, 1, 2]);
});

test("two tabs share an outbox: everything goes once, in the order it was stored", options, async (t) => {
  const server = new Server();
  const url = address();
  const log = server.conversation("ada");
  const tabs = [1, 2].map(() => client(t, server, "ada", { url, storage: indexedDbStorage() }).conversation(log.id));
  server.faults.down = true;
  const pending = [];
  for (let round = 0; round < 30; round += 1) {
    for (const [tab, conversation] of tabs.entries()) {
      const command = conversation.send(`tab ${tab} message ${round}`);
      if (round % 7 === 0) await command.stored;
      pending.push(command);
    }
  }
  await Promise.all(pending.map(({ stored: durable }) => durable));
  const order = (await stored(url, "ada")).sort((a, b) => a.order - b.order).map(({ key }) => key);
  assert.equal(order.length, 60);
  for (const tab of tabs) tab.open();
  server.faults.down = false;
  await Promise.all(pending.map(({ settled }) => settled));
  await Promise.all(tabs.map((tab) => until(tab, ({ outbox, last }) => outbox.length === 0 && last === log.head)));
  assert.deepEqual(log.events.slice(2).map(({ envelope }) => envelope.key), order);
  // A tab that connects late begins with the last events.
  for (const { state } of tabs) assert.deepEqual(state.messages.map(({ key }) => key), order.slice(-state.messages.length));
  while ((await stored(url, "ada")).length > 0);
  // And again, with both at work at once.
  const live = tabs.flatMap((tab) => [...Array(20).keys()].map((count) => tab.send(`live ${count}`)));
  await Promise.all(live.map(({ settled }) => settled));
  assert.equal(log.events.filter(({ envelope }) => envelope.type === "message.created").length, 100);
});

test("a refusal, a retry and a discard show in every tab", options, async (t) => {
  const server = new Server();
  const url = address();
  const log = server.conversation("ada");
  const [one, two] = [1, 2].map(() => client(t, server, "ada", { url, storage: indexedDbStorage() }).conversation(log.id));
  assert.ok(one && two);
  server.faults.decide = ({ key }) => ({ rejection: { key, code: "permission_denied", message: "No.", retry: false } });
  two.open();
  one.open();
  await Promise.all([one.ready(), two.ready()]);
  const refused = one.send("no");
  await assert.rejects(refused.settled);
  await one.send("no more").settled.catch(() => undefined);
  while ((await stored(url, "ada")).some(({ status }) => status === "waiting"));
  // The other tab learns of them with the next thing it sends, or after a reload.
  server.faults.decide = undefined as never;
  await two.send("yes").settled;
  await until(two, ({ outbox }) => outbox.length === 2);
  assert.deepEqual(two.state.outbox.map(({ status }) => status), ["failed", "failed"]);
  const again = two.retry(refused.key);
  await again.settled;
  await until(one, ({ outbox }) => outbox.length === 1);
  await one.discard(one.state.outbox[0]?.key ?? "");
  await until(two, ({ outbox }) => outbox.length === 0);
  assert.deepEqual(texts(log), ["yes", "no"]);
});

test("what one person left is never sent as another, nor to another server", options, async (t) => {
  const server = new Server();
  const url = address();
  const log = server.conversation("ada", "ben");
  server.faults.down = true;
  const ada = client(t, server, "ada", { url, storage: indexedDbStorage() });
  await ada.conversation(log.id).send("from ada").stored;
  await ada.close();
  server.faults.down = false;
  for (const [subject, elsewhere] of [["ben", url], ["ada", address()]] as const) {
    const other = client(t, server, subject, { url: elsewhere, storage: indexedDbStorage() });
    await other.flush();
    const conversation = other.conversation(log.id);
    await conversation.send(`from ${subject} on ${elsewhere}`).settled;
    assert.ok(conversation.state.messages.every(({ text }) => text !== "from ada"));
  }
  assert.equal(texts(log).includes("from ada"), false);
  const back = client(t, server, "ada", { url, storage: indexedDbStorage() });
  await back.flush();
  await until(back.conversation(log.id), ({ outbox }) => outbox.length === 0);
  assert.equal(texts(log).filter((text) => text === "from ada").length, 1);
});

test("what an earlier page left goes out even when storage answers after the welcome", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  const memory = memoryStorage();
  const url = address();
  const before = client(t, server, "ada", { url, storage: memory });
  server.faults.down = true;
  await before.conversation(log.id).send("left behind").stored;
  before.close();
  server.faults.down = false;
  let answer = (): void => undefined;
  const welcomed = new Promise<void>((resolve) => (answer = resolve));
  const slow: OutboxStorage = {
    open: async (name) => {
      const store = await memory.open(name);
      return { ...store, all: (conversation) => welcomed.then(() => store.all(conversation)) };
    },
  };
  const after = client(t, server, "ada", { url, storage: slow }).conversation(log.id);
  after.open();
  await until(after, ({ connection }) => connection === "online");
  answer();
  await server.until(() => texts(log).length === 1);
  assert.deepEqual(texts(log), ["left behind"]);
});

test("without storage the message still goes, and the application is told", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  const broken: OutboxStorage = {
    async open() {
      throw new Error("storage is forbidden here");
    },
  };
  const quipu = client(t, server, "ada", { url: address(), storage: broken });
  const conversation = quipu.conversation(log.id);
  const errors: string[] = [];
  conversation.subscribe((event) => event.type === "error" && errors.push(event.error.code));
  await conversation.send("still").settled;
  assert.deepEqual(errors, ["storage"]);
});

test("a full disk does not stop the message either", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  const memory = memoryStorage();
  const full: OutboxStorage = {
    async open(name) {
      const store = await memory.open(name);
      return { ...store, add: () => Promise.reject(new Error("quota exceeded")) };
    },
  };
  const conversation = client(t, server, "ada", { url: address(), storage: full }).conversation(log.id);
  const pending = conversation.send("anyway");
  await assert.rejects(pending.stored, { code: "storage" });
  assert.equal((await pending.settled).seq, 3);
});

test("what is written before there is a token is stored and sent once there is one", options, async (t) => {
  const server = new Server();
  const url = address();
  const log = server.conversation("ada");
  let signedIn = false;
  const token = (): string => {
    if (!signedIn) throw new Error("not signed in yet");
    return makeToken("ada");
  };
  const conversation = client(t, server, "ada", { url, storage: indexedDbStorage(), token }).conversation(log.id);
  const pending = [conversation.send("one"), conversation.send("two"), conversation.send("three")];
  await until(conversation, ({ connection }) => connection === "waiting");
  assert.equal(conversation.state.messages.length, 3);
  signedIn = true;
  await Promise.all(pending.flatMap(({ stored: durable, settled }) => [durable, settled]));
  assert.deepEqual(texts(log), ["one", "two", "three"]);
});
