import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { indexedDbStorage, memoryStorage, type OutboxStorage, type WebSocketLike } from "../src/index.ts";
import { installLocalStorage, installLocks } from "./locks.ts";
import { Server } from "./server.ts";
import { client, until } from "./setup.ts";

installLocks();
installLocalStorage();
const options = { timeout: 20_000 };
let deployments = 0;
const address = (): string => `http://quipu-journal-${(deployments += 1)}.test`;
const noted = (url: string): string[] => Object.keys(localStorage).filter((item) => item.startsWith(`quipu ${url} `));
const texts = (log: { events: { content: unknown }[] }): string[] => log.events.flatMap(({ content }) => (content as { text?: string } | null)?.text ?? []);

/** A database that takes nothing in: the page is left before it answers. `answer`, or the end of the test, lets it. */
function slow(t: TestContext): { storage: OutboxStorage; answer: () => void } {
  const real = indexedDbStorage();
  let answer = (): void => undefined;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  t.after(() => answer());
  const storage: OutboxStorage = {
    ...real,
    async open(name) {
      const store = await real.open(name);
      return { ...store, close: () => store.close(), add: (commands) => answered.then(() => store.add(commands)), replace: (key, command) => answered.then(() => store.replace(key, command)) };
    },
  };
  return { storage, answer };
}

/** No network: a page that is left sends nothing any more, and holds no turn. */
class Nowhere implements WebSocketLike {
  onopen = null;
  onmessage = null;
  onclose = null;
  onerror = null;
  send(): void {}
  close(): void {}
}

test("what was sent the moment before the page was left goes out once, in order, from the next page", options, async (t) => {
  const server = new Server();
  const url = address();
  const log = server.conversation("ada");
  const left = client(t, server, "ada", { url, storage: slow(t).storage, WebSocket: Nowhere }).conversation(log.id);
  await left.flush();
  const keys = ["one", "two", "three"].map((text) => left.send(text).key);
  assert.equal(noted(url).length, 3, "noted before `send` returned");
  const next = client(t, server, "ada", { url, storage: indexedDbStorage() });
  await next.flush();
  assert.deepEqual(noted(url), [], "stored by now");
  const conversation = next.conversation(log.id);
  await server.until(() => log.events.length === 5);
  await until(conversation, ({ outbox }) => outbox.length === 0);
  assert.deepEqual(texts(log), ["one", "two", "three"]);
  assert.deepEqual(log.events.slice(2).map(({ envelope }) => envelope.key), keys);
});

test("a message is `saving` until it is stored, and nothing says that it waits before", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  server.faults.down = true;
  const { storage, answer } = slow(t);
  const conversation = client(t, server, "ada", { url: address(), storage }).conversation(log.id);
  conversation.open();
  await until(conversation, ({ connection }) => connection === "waiting");
  const pending = conversation.send("carefully");
  const seen: string[] = [];
  conversation.subscribe(() => seen.push(`${conversation.state.messages[0]?.status} ${conversation.state.outbox[0]?.stored}`));
  await until(conversation, ({ connection }) => connection === "connecting");
  assert.deepEqual([...new Set(seen)], ["saving false"]);
  answer();
  await pending.stored;
  const state = await until(conversation, ({ messages }) => messages[0]?.status === "waiting");
  assert.deepEqual(state.outbox.map(({ stored }) => stored), [true]);
});

test("a page that opens while another is storing takes nothing twice", options, async (t) => {
  const server = new Server();
  const url = address();
  const log = server.conversation("ada");
  const { storage, answer } = slow(t);
  const one = client(t, server, "ada", { url, storage }).conversation(log.id);
  one.open();
  await one.ready();
  const pending = one.send("once");
  const two = client(t, server, "ada", { url, storage: indexedDbStorage() });
  await two.flush();
  answer();
  await Promise.all([pending.stored, pending.settled]);
  await Promise.all([until(one, ({ outbox }) => outbox.length === 0), until(two.conversation(log.id), ({ outbox }) => outbox.length === 0)]);
  assert.deepEqual(texts(log), ["once"]);
  assert.deepEqual(noted(url), []);
});

test("a retry that was left takes the place of what had failed", options, async (t) => {
  const server = new Server();
  const url = address();
  const log = server.conversation("ada");
  const before = client(t, server, "ada", { url, storage: indexedDbStorage() });
  server.faults.decide = ({ key }) => ({ rejection: { key, code: "permission_denied", message: "No.", retry: false } });
  await assert.rejects(before.conversation(log.id).send("again").settled);
  await before.close();
  server.faults.decide = undefined as never;
  const left = client(t, server, "ada", { url, storage: slow(t).storage, WebSocket: Nowhere });
  const conversation = left.conversation(log.id);
  await conversation.flush();
  const [failed] = (await until(conversation, ({ outbox }) => outbox.length === 1)).outbox;
  conversation.retry(failed?.key ?? "");
  const next = client(t, server, "ada", { url, storage: indexedDbStorage() });
  await next.flush();
  const again = next.conversation(log.id);
  await server.until(() => texts(log).length === 1);
  await until(again, ({ outbox }) => outbox.length === 0);
  assert.deepEqual(texts(log), ["again"]);
});

test("where only the journal keeps anything, it keeps until the answer", options, async (t) => {
  const server = new Server();
  const url = address();
  const log = server.conversation("ada");
  const forbidden: OutboxStorage = { ...indexedDbStorage(), open: () => Promise.reject(new Error("no database here")) };
  server.faults.down = true;
  const left = client(t, server, "ada", { url, storage: forbidden }).conversation(log.id);
  left.open();
  await until(left, ({ connection }) => connection === "waiting");
  await left.send("still here").stored;
  assert.equal(noted(url).length, 1);
  const next = client(t, server, "ada", { url, storage: forbidden });
  await next.flush();
  server.faults.down = false;
  await server.until(() => texts(log).length === 1);
  await until(next.conversation(log.id), ({ outbox }) => outbox.length === 0);
  assert.deepEqual(noted(url), []);
});

test("what is discarded or refused is noted no more, and a journal that cannot be written stops nothing", options, async (t) => {
  const server = new Server();
  const url = address();
  const log = server.conversation("ada");
  const { storage, answer } = slow(t);
  const conversation = client(t, server, "ada", { url, storage }).conversation(log.id);
  conversation.open();
  await conversation.ready();
  const pending = conversation.send("no, wait");
  const discarded = conversation.discard(pending.key);
  await assert.rejects(pending.settled, { code: "discarded" });
  assert.deepEqual(noted(url), []);
  answer();
  await discarded;

  t.mock.method(Object.getPrototypeOf(localStorage), "setItem", () => {
    throw new DOMException("full", "QuotaExceededError");
  });
  const other = client(t, server, "ada", { url, storage: memoryStorage() }).conversation(log.id);
  await other.send("all the same").settled;
  assert.deepEqual(texts(log), ["all the same"]);
});
