import assert from "node:assert/strict";
import { test } from "node:test";
import { userId } from "./log.ts";
import { Server } from "./server.ts";
import { client, until } from "./setup.ts";

test("what you delete for yourself goes from every device, with its edits, and stays gone", { timeout: 20_000 }, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  const [one, two, three] = ["one", "two", "three"].map((text) => server.say(log, "ben", text)) as [number, number, number];
  const edit = (seq: number, text: string): void => {
    const before = log.head;
    log.decide(userId("ben"), { key: crypto.randomUUID(), command: { type: "message.edit", seq, content: { kind: "text", text } } });
    server.broadcast(log, before);
  };
  edit(two, "two, edited");
  const [phone, desk] = [client(t, server, "ada").conversation(log.id), client(t, server, "ada").conversation(log.id)];
  for (const handle of [phone, desk]) {
    handle.open();
    await handle.ready();
  }
  const texts = (handle: typeof phone): (string | null)[] => handle.state.messages.map(({ text }) => text);
  assert.deepEqual(texts(phone), ["one", "two, edited", "three"]);
  const wait = until(desk, ({ hidden }) => hidden.has(two));
  await phone.hide(two);
  await wait;
  for (const handle of [phone, desk]) {
    assert.deepEqual(texts(handle), ["one", "three"]);
    assert.ok(!JSON.stringify(handle.events()).includes("two"), "nothing of it is held");
    assert.ok(!handle.state.timeline.some((item) => item.kind === "withheld"), "and no gap is shown");
  }
  // The same that a device gets which was not there.
  const fresh = client(t, server, "ada").conversation(log.id);
  fresh.open();
  await fresh.ready();
  assert.deepEqual([texts(fresh), [...fresh.state.hidden]], [["one", "three"], [two]]);
  assert.equal(fresh.orderDigest(1, log.head), phone.orderDigest(1, log.head));
  // An edit that follows, and what happens while the socket is gone.
  edit(two, "two, edited again");
  await until(phone, ({ last }) => last === log.head);
  server.faults.down = true;
  server.closeAll(1006);
  await until(phone, ({ connection }) => connection === "waiting");
  server.hide(log, userId("ada"), three);
  server.faults.down = false;
  const state = await until(phone, ({ hidden, caughtUp }) => caughtUp && hidden.has(three));
  assert.deepEqual(state.messages.map(({ text }) => text), ["one"]);
  assert.deepEqual([phone.audit.lost, phone.audit.holes, phone.audit.repeated], [0, 0, 0]);
  assert.ok(one > 0);
});

test("what is at the end and gone counts as read", { timeout: 20_000 }, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  server.say(log, "ben", "one");
  const last = server.say(log, "ben", "two");
  const handle = client(t, server, "ada").conversation(log.id);
  handle.open();
  await handle.ready();
  await handle.hide(last);
  handle.markRead();
  assert.deepEqual([handle.state.you?.unread, handle.state.you?.receipt.read_n], [0, 2]);
});

test("what is gone before it was read is not unread, live and for whoever comes back", { timeout: 20_000 }, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  const [one, two] = ["one", "two", "three"].map((text) => server.say(log, "ben", text)) as [number, number];
  const [phone, desk] = [client(t, server, "ada").conversation(log.id), client(t, server, "ada").conversation(log.id)];
  for (const handle of [phone, desk]) {
    handle.open();
    await handle.ready();
  }
  const unread = (handle: typeof phone): number | undefined => handle.state.you?.unread;
  await phone.hide(two);
  await until(desk, ({ hidden }) => hidden.has(two));
  assert.deepEqual([unread(phone), unread(desk)], [2, 2]);
  desk.markRead(one);
  assert.equal(unread(desk), 1);
  const fresh = client(t, server, "ada").conversation(log.id);
  fresh.open();
  await fresh.ready();
  assert.equal(unread(fresh), unread(phone), "what the server counted is not counted again");
  for (const handle of [phone, desk, fresh]) handle.markRead();
  assert.deepEqual([unread(phone), unread(desk), unread(fresh)], [0, 0, 0]);
});

test("a page that was on its way does not bring it back", { timeout: 20_000 }, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  const first = server.say(log, "ben", "first");
  for (let count = 0; count < 60; count += 1) server.say(log, "ben", `${count}`);
  const handle = client(t, server, "ada").conversation(log.id);
  handle.open();
  await handle.ready();
  const { seenBy } = log;
  // The server answers with what it read before.
  log.seenBy = (_, events) => [...events];
  const loading = handle.loadBefore(200);
  await handle.hide(first);
  await loading;
  log.seenBy = seenBy;
  await until(handle, ({ first }) => first === 1);
  assert.ok(!handle.state.messages.some(({ text }) => text === "first"));
});

test("history loaded in one step shows no gap where something is gone", { timeout: 20_000 }, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  for (let count = 0; count < 450; count += 1) server.say(log, "ben", `${count}`);
  for (let seq = 20; seq < 240; seq += 1) server.hide(log, userId("ada"), seq);
  // As the real server says it: what belongs together is one item, wherever pages end.
  const { seenBy } = log;
  log.seenBy = (user, events) =>
    seenBy.call(log, user, events).reduce<typeof events[number][]>((items, item) => {
      const last = items.at(-1);
      if (!("withheld" in item && last && "withheld" in last)) return [...items, item];
      return [...items.slice(0, -1), { withheld: { from: last.withheld.from, to: item.withheld.to }, hidden: true }];
    }, []);
  const handle = client(t, server, "ada").conversation(log.id);
  handle.open();
  await handle.ready();
  await handle.loadBack(1);
  assert.deepEqual([handle.state.first, handle.state.timeline.filter((item) => item.kind === "withheld")], [1, []]);
  assert.equal(handle.state.messages.length, 450 - 220);
});
