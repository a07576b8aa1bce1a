import assert from "node:assert/strict";
import { test } from "node:test";
import { type InboxEntry, type InboxTotals, type InboxView, levelOf } from "../src/index.ts";
import { Server } from "./server.ts";
import { client, until, untilInbox } from "./setup.ts";

const options = { timeout: 20_000 };
const id = (count: number): string => `gg${String(count).padStart(26, "x")}`;

test("conversations come latest first, live, with the unread total", options, async (t) => {
  const server = new Server();
  for (let count = 1; count <= 3; count += 1) server.change("ada", { id: id(count), at: count, head_n: count, name: `number ${count}` });
  const { inbox } = client(t, server, "ada");
  inbox.open();
  await inbox.ready();
  assert.deepEqual([inbox.state.entries.map(({ at }) => at), inbox.state.totals.unread, inbox.list().hasMore], [[3, 2, 1], 6, false]);
  await untilInbox(inbox, ({ connection }) => connection === "online");
  server.change("ada", { id: id(1), at: 9, head_n: 5 });
  const state = await untilInbox(inbox, ({ entries }) => entries[0]?.at === 9);
  assert.deepEqual([state.entries.map(({ at }) => at), state.totals.unread], [[9, 3, 2], 10]);
  server.change("ada", { id: id(2), member: false });
  await untilInbox(inbox, ({ entries }) => entries.length === 2);
  assert.equal(inbox.entry(id(2)), undefined);
  assert.equal(inbox.state.totals.unread, 8);
});

test("after an outage the inbox resumes from its version", options, async (t) => {
  const server = new Server();
  server.change("ada", { id: id(1), at: 1 });
  const { inbox } = client(t, server, "ada");
  inbox.open();
  await untilInbox(inbox, ({ connection }) => connection === "online");
  server.faults.down = true;
  server.closeAll(1006);
  await untilInbox(inbox, ({ connection }) => connection === "waiting");
  for (let count = 2; count < 5; count += 1) server.change("ada", { id: id(count), at: count });
  server.faults.down = false;
  await untilInbox(inbox, ({ entries }) => entries.length === 4);
  assert.deepEqual(server.history.map(({ received }) => received[0]), [{ t: "hello", after: 1 }, { t: "hello", after: 1 }]);
  assert.equal(inbox.state.version, 4);
  assert.equal(server.requests.filter(({ path }) => path.startsWith("/v1/inbox?")).length, 1, "the list is not loaded again");
});

test("more changes than answer a hello are fetched, and none is skipped", options, async (t) => {
  const server = new Server();
  server.change("ada", { id: id(0), at: 1 });
  const { inbox } = client(t, server, "ada");
  inbox.open();
  await untilInbox(inbox, ({ connection }) => connection === "online");
  server.faults.down = true;
  server.closeAll(1006);
  await untilInbox(inbox, ({ connection }) => connection === "waiting");
  for (let count = 1; count <= 350; count += 1) server.change("ada", { id: id(count), at: count });
  server.faults.down = false;
  const state = await untilInbox(inbox, ({ entries, version }) => entries.length === 351 && version === server.inboxVersion);
  assert.equal(state.version, 351);
  assert.equal(server.requests.filter(({ path }) => path.startsWith("/v1/inbox/changes?")).length, 3);
});

test("pages load on demand, and the total counts what is not loaded", options, async (t) => {
  const server = new Server();
  for (let count = 1; count <= 120; count += 1) server.change("ada", { id: id(count), at: count, head_n: 1 });
  const { inbox } = client(t, server, "ada");
  inbox.open();
  await untilInbox(inbox, ({ connection }) => connection === "online");
  assert.deepEqual([inbox.list().entries.length, inbox.state.totals.unread, inbox.list().hasMore], [50, 120, true]);
  // One that was not loaded gets a message: it was counted before, and must not be counted twice.
  server.change("ada", { id: id(5), at: 200, head_n: 2 });
  await untilInbox(inbox, ({ entries, totals }) => entries[0]?.at === 200 && totals.unread === 121);
  assert.equal(inbox.state.entries.length, 51);
  while ((await inbox.loadMore()).more);
  assert.deepEqual([inbox.list().entries.length, inbox.state.totals.unread, inbox.list().hasMore], [120, 121, false]);
});

test("reading in a handle shows in the inbox at once, and an older change does not undo it", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  for (let count = 0; count < 3; count += 1) server.say(log, "ben", `message ${count}`);
  server.change("ada", { id: log.id, at: 1, head_seq: log.head, head_n: 3 });
  const quipu = client(t, server, "ada");
  quipu.inbox.open();
  await untilInbox(quipu.inbox, ({ connection }) => connection === "online");
  const conversation = quipu.conversation(log.id);
  conversation.open();
  await conversation.ready();
  assert.deepEqual([quipu.inbox.state.totals.unread, conversation.state.you?.unread], [3, 3]);
  conversation.markRead(log.head - 1);
  assert.deepEqual([quipu.inbox.state.totals.unread, conversation.state.you?.unread], [1, 1]);
  // The feed has not heard of the read yet.
  server.change("ada", { id: log.id, at: 2, head_n: 4 });
  await untilInbox(quipu.inbox, ({ entries }) => entries[0]?.at === 2);
  assert.equal(quipu.inbox.state.totals.unread, 2);
  server.change("ada", { id: log.id, mentions: 2, thread_mentions: 1, hidden_unread: 1 });
  await untilInbox(quipu.inbox, ({ entries }) => entries[0]?.mentions === 2);
  assert.equal(quipu.inbox.state.entries[0]?.unread, 1, "what was deleted for oneself is not unread");
  conversation.markRead();
  assert.equal(quipu.inbox.state.entries[0]?.mentions, 1, "read to the end, those in threads alone are unread");
  server.change("ada", { id: log.id, read_seq: log.head, read_n: 4, mentions: 0 });
  await untilInbox(quipu.inbox, ({ totals }) => totals.unread === 0);
});

test("opening the inbox sends what an earlier session left", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  const { memoryStorage } = await import("../src/index.ts");
  const storage = memoryStorage();
  server.faults.down = true;
  const before = client(t, server, "ada", { storage });
  await before.conversation(log.id).send("left behind").stored;
  await before.close();
  server.faults.down = false;
  const after = client(t, server, "ada", { storage });
  after.inbox.open();
  await server.until(() => log.head === 3);
  await until(after.conversation(log.id), ({ outbox }) => outbox.length === 0);
});

test("an inbox that cannot be loaded is tried again, and one that is refused stops", options, async (t) => {
  const server = new Server();
  server.change("ada", { id: id(1), at: 1 });
  server.faults.down = true;
  const { inbox } = client(t, server, "ada");
  let errors = 0;
  inbox.subscribe((event) => {
    if (event.type === "error" && (errors += 1) === 2) server.faults.down = false;
  });
  inbox.open();
  await inbox.ready();
  assert.equal(errors, 2);
  const other = client(t, server, "ada", { token: () => "no token" }).inbox;
  other.open();
  await assert.rejects(other.ready(), { code: "token_expired" });
});

test("what is laid down shows at once, reaches the other devices, and is taken back when it is refused", options, async (t) => {
  const server = new Server();
  for (let count = 1; count <= 3; count += 1) server.change("ada", { id: id(count), at: count });
  const [phone, desk] = [client(t, server, "ada").inbox, client(t, server, "ada").inbox];
  for (const inbox of [phone, desk]) {
    inbox.open();
    await untilInbox(inbox, ({ connection }) => connection === "online");
  }
  const done = phone.set(id(1), { pinned: true });
  assert.deepEqual(phone.state.entries.map(({ at }) => at), [1, 3, 2]);
  const elsewhere = await untilInbox(desk, ({ entries }) => entries[0]?.at === 1);
  assert.equal(elsewhere.entries[0]?.pinned, true);
  await done;
  const [muted, archived] = [phone.set(id(1), { muted_until: 5 }), phone.set(id(1), { archived: true })];
  assert.deepEqual([phone.entry(id(1))?.pinned, phone.entry(id(1))?.archived, phone.entry(id(1))?.muted_until], [false, true, 5]);
  await Promise.all([muted, archived]);
  const said = server.requests.filter(({ method }) => method === "PATCH");
  assert.equal(said.length, 3);
  server.faults.set = () => "pin_limit";
  const refused = phone.set(id(2), { pinned: true });
  assert.equal(phone.entry(id(2))?.pinned, true);
  await assert.rejects(refused, { code: "pin_limit" });
  assert.equal(phone.entry(id(2))?.pinned, undefined);
});

test("marking unread moves no cursor, and opening the conversation clears the mark", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  server.say(log, "ben", "hello");
  server.change("ada", { id: log.id, at: 1, head_seq: log.head, head_n: 1, read_seq: log.head, read_n: 1 });
  const quipu = client(t, server, "ada");
  quipu.inbox.open();
  await untilInbox(quipu.inbox, ({ connection }) => connection === "online");
  await quipu.inbox.set(log.id, { marked_unread: true });
  const marked = await untilInbox(quipu.inbox, ({ entries }) => entries[0]?.marked_unread === true);
  assert.deepEqual([marked.entries[0]?.read_seq, marked.totals.unread, marked.totals.conversations], [log.head, 0, 1]);
  quipu.conversation(log.id).open();
  assert.equal(quipu.inbox.entry(log.id)?.marked_unread, false);
  await server.until(() => server.requests.filter(({ method }) => method === "PATCH").length === 2);
  await untilInbox(quipu.inbox, () => server.inbox.get(quipu.inbox.state.user ?? "")?.get(log.id)?.marked_unread === false);
});

test("parts of the list are asked of the server, so that what is not loaded is found, and end where they are whole", options, async (t) => {
  const server = new Server();
  for (let count = 1; count <= 200; count += 1) {
    const part = count % 4 === 0 ? { archived: true } : count % 10 === 1 ? { head_n: 2, mentions: 1 } : { kind: "direct" as const };
    server.change("ada", { id: id(count), at: count, ...part, pinned: count === 1 });
  }
  const { inbox } = client(t, server, "ada");
  inbox.open();
  await untilInbox(inbox, ({ connection }) => connection === "online");
  const ats = (view: InboxView) => inbox.list(view).entries.map(({ at }) => at);
  const lists = (view: InboxView, { archived, mentions = 0, kind }: InboxEntry) => (view === "archived" ? archived : !archived && (view === "mentions" ? mentions > 0 : view === "all" || kind === "direct"));
  const every = (view: InboxView, down = 0) => {
    const entries = [...server.inbox.values()].flatMap((held) => [...held.values()]).filter((entry) => lists(view, entry) && (entry.pinned || entry.at >= down));
    return entries.sort((a, b) => Number(b.pinned) - Number(a.pinned) || b.at - a.at).map(({ at }) => at);
  };
  assert.deepEqual([ats("all").length, ats("all")[0], inbox.list("mentions").ready], [51, 1, false]);
  assert.ok(ats("mentions").length > 1, "what is known of it shows at once");
  assert.deepEqual(inbox.state.totals.mentions, every("mentions").length);
  assert.deepEqual(await inbox.loadMore("mentions"), { loaded: every("mentions").length - ats("all").filter((at) => at % 10 === 1).length, more: false });
  assert.deepEqual([ats("mentions"), inbox.list("mentions").ready, inbox.list("mentions").hasMore], [every("mentions"), true, false]);
  assert.equal(ats("all").length, 51, "what another part brought in leaves no gap in this one");
  const [first, second] = await Promise.all([inbox.loadMore("archived", 20), inbox.loadMore("archived", 20)]);
  assert.equal(first, second);
  assert.deepEqual([ats("archived"), inbox.list("archived").hasMore], [every("archived", 124), true]);
  while ((await inbox.loadMore("archived", 20)).more);
  assert.deepEqual(ats("archived"), every("archived"));
  assert.deepEqual(await inbox.loadMore("archived"), { loaded: 0, more: false });
  await inbox.loadMore();
  const end = Math.min(...ats("all").slice(1));
  assert.deepEqual(ats("all"), every("all", end));
  assert.deepEqual(ats("direct"), every("direct", end), "as far as the whole list is loaded");
  // The feed brings in what was not loaded, and takes away what no longer belongs.
  server.change("ada", { id: id(2), at: 300, mentions: 1 });
  server.change("ada", { id: id(191), mentions: 0 });
  await untilInbox(inbox, ({ version }) => version === 202);
  assert.deepEqual(ats("mentions"), every("mentions"));
});

test("totals are equal on all devices, leave out what is muted or put away, and count what was done here at once", options, async (t) => {
  const server = new Server();
  for (let count = 1; count <= 120; count += 1) server.change("ada", { id: id(count), at: count, head_n: 1, mentions: count % 2 });
  const [phone, desk] = [client(t, server, "ada").inbox, client(t, server, "ada").inbox];
  for (const inbox of [phone, desk]) {
    inbox.open();
    await untilInbox(inbox, ({ connection }) => connection === "online");
  }
  const of = ({ conversations, unread, mentions, archived = 0, hidden = 0 }: InboxTotals) => [conversations, unread, mentions, archived, hidden];
  assert.deepEqual(of(phone.state.totals), [120, 120, 60, 0, 0]);
  const seen: number[][] = [];
  phone.subscribe(() => seen.push(of(phone.state.totals)));
  const done = phone.set(id(119), { archived: true });
  assert.deepEqual(of(phone.state.totals), [119, 119, 59, 1, 0]);
  await done;
  await phone.set(id(120), { muted_until: Date.now() + 1_000_000 });
  await phone.set(id(118), { hidden: true });
  assert.deepEqual(of(phone.state.totals), [117, 117, 59, 1, 1]);
  await untilInbox(desk, ({ version }) => version === 123);
  assert.deepEqual(of(desk.state.totals), of(phone.state.totals));
  assert.deepEqual([...new Set(seen.map(String))], ["119,119,59,1,0", "118,118,59,1,0", "117,117,59,1,1"], "no step back on the way");
  await phone.set(id(117), { marked_unread: true });
  server.change("ada", { id: id(1), at: 300, head_n: 4, mentions: 0 });
  const state = await untilInbox(desk, ({ version }) => version === 125);
  assert.deepEqual(of(state.totals), [117, 120, 58, 1, 1]);
});

test("a level is shown and counted at once, and large conversations call by mentions alone", options, async (t) => {
  const server = new Server();
  server.change("ada", { id: id(1), at: 1, head_n: 5, mentions: 3, thread_mentions: 1 });
  server.change("ada", { id: id(2), at: 2, head_n: 9, large: true });
  const { inbox } = client(t, server, "ada");
  inbox.open();
  await untilInbox(inbox, ({ connection }) => connection === "online");
  const of = ({ conversations, unread, mentions }: InboxTotals) => [conversations, unread, mentions];
  assert.deepEqual([of(inbox.state.totals), levelOf(inbox.entry(id(1))!), levelOf(inbox.entry(id(2))!)], [[1, 5, 3], "all", "mentions"]);
  for (const [which, notify, expected] of [
    [1, "mentions", [1, 2, 3]],
    [1, "nothing", [0, 0, 0]],
    [2, "all", [1, 9, 0]],
  ] as const) {
    const done = inbox.set(id(which), { notify });
    assert.deepEqual([levelOf(inbox.entry(id(which))!), of(inbox.state.totals)], [notify, expected]);
    await done;
    assert.deepEqual([levelOf(inbox.entry(id(which))!), of(inbox.state.totals)], [notify, expected]);
  }
});

test("when a mute ends the totals are asked for anew", options, async (t) => {
  const server = new Server();
  server.change("ada", { id: id(1), at: 1, head_n: 3, muted_until: Date.now() + 1 });
  server.change("ada", { id: id(2), at: 2, head_n: 1, muted_until: 8_640_000_000_000_000 });
  const [totals, before] = [server.totals.bind(server), { conversations: 0, unread: 0, mentions: 0, until: Date.now() }];
  server.totals = (user) => (server.requests.some(({ path }) => path.startsWith("/v1/inbox/changes")) ? totals(user) : before);
  const { inbox } = client(t, server, "ada");
  inbox.open();
  await untilInbox(inbox, ({ connection }) => connection === "online");
  assert.equal(inbox.state.totals.unread, 0);
  const state = await untilInbox(inbox, ({ totals }) => totals.unread === 3);
  assert.equal(state.totals.conversations, 1);
});
