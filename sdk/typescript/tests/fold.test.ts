import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event, Item } from "../src/index.ts";
import { Log } from "../src/log.ts";
import { Messages } from "../src/messages.ts";
import { Roster } from "../src/roster.ts";
import { ConversationLog, userId } from "./log.ts";
import { Server } from "./server.ts";
import { client, random, until } from "./setup.ts";

const ada = userId("ada");

function history(): ConversationLog {
  const log = new ConversationLog(`gg${"0".repeat(26)}`, ada, "ada");
  const say = (text: string): void => void log.decide(ada, { key: crypto.randomUUID(), command: { type: "message.send", content: { kind: "text", text } } });
  const edit = (seq: number, text: string): void => void log.decide(ada, { key: crypto.randomUUID(), command: { type: "message.edit", seq, content: { kind: "text", text } } });
  say("one");
  say("two");
  for (let version = 2; version < 5; version += 1) for (const seq of [3, 4]) edit(seq, `${seq} in version ${version}`);
  log.decide(ada, { key: crypto.randomUUID(), command: { type: "message.delete", seq: 4 } });
  say("three");
  return log;
}

test("whatever order pages bring events in, the fold is the same", () => {
  const { events } = history();
  const fold = (order: readonly Event[]): unknown => {
    const messages = new Messages();
    for (const event of order) messages.apply(event, ada);
    return [...messages.bySeq.entries()].sort(([a], [b]) => a - b);
  };
  const expected = fold(events) as [number, { text: string | null; version: number }][];
  assert.deepEqual(expected.map(([seq, { text, version }]) => [seq, text, version]), [[3, "3 in version 4", 4], [4, null, 4], [12, "three", 1]]);
  const dice = random(7);
  for (let round = 0; round < 200; round += 1) {
    const shuffled = events.map((event) => ({ event, at: dice() })).sort((a, b) => a.at - b.at);
    assert.deepEqual(fold([...shuffled.map(({ event }) => event), ...events.slice(0, round % 5)]), expected);
  }
});

test("the log takes only what fits, at both ends", () => {
  const { events } = history();
  const log = new Log();
  log.place(5);
  assert.equal(log.first, 0);
  assert.deepEqual(events.slice(5, 8).map((event) => log.append(event)), ["new", "new", "new"]);
  assert.equal(log.append(events[9] as Event), "hole");
  assert.equal(log.append(events[6] as Event), "repeated");
  assert.equal(log.prepend(events.slice(0, 3)), false, "4 and 5 are missing");
  assert.equal(log.prepend([...events.slice(2, 3), ...events.slice(4, 5)]), false, "4 is missing");
  assert.deepEqual([log.first, log.last, log.items.length], [6, 8, 3]);
  assert.equal(log.prepend([{ withheld: { from: 2, to: 9 } }]), true, "a range is cut where the log begins");
  assert.deepEqual([log.first, log.last, log.lost()], [2, 8, 0]);
  assert.equal(log.at(4), null);
  assert.equal(log.at(7)?.envelope.seq, 7);
  assert.deepEqual([log.received, log.repeated, log.holes], [5, 1, 1]);
});

test("the digest tells orders apart, and is the same however the log was put together", () => {
  const { events } = history();
  const digest = (items: readonly Item[], from: number, to: number, steps = false): string => {
    const log = new Log();
    log.place(0);
    for (const item of items) {
      log.append(item);
      if (steps) log.digest(1, log.last);
    }
    return log.digest(from, to);
  };
  const whole = digest(events, 1, 12);
  assert.equal(digest(events, 1, 12, true), whole);
  const backwards = new Log();
  backwards.place(12);
  for (let seq = 12; seq > 0; seq -= 1) {
    backwards.prepend([events[seq - 1] as Event]);
    backwards.digest(backwards.first, backwards.last);
  }
  assert.equal(backwards.digest(1, 12), whole);
  const changed = structuredClone(events);
  const [a, b] = [changed[2] as Event, changed[3] as Event];
  [a.envelope.key, b.envelope.key] = [b.envelope.key, a.envelope.key];
  assert.notEqual(digest(changed, 1, 12), whole);
  assert.equal(digest(changed, 5, 12), digest(events, 5, 12));
  assert.notEqual(digest(events, 1, 11), whole);
});

test("what the welcome says of members is not changed by the older events that follow it", { timeout: 20_000 }, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben", "cleo");
  const handle = client(t, server, "ada").conversation(log.id);
  handle.open();
  await handle.ready();
  server.faults.down = true;
  server.closeAll(1006);
  await until(handle, ({ connection }) => connection === "waiting");
  const run = (command: Parameters<ConversationLog["decide"]>[1]["command"]): void => void log.decide(ada, { key: crypto.randomUUID(), command });
  run({ type: "member.remove", user: userId("ben") });
  run({ type: "member.add", user: "sub:ben" });
  run({ type: "member.set_role", user: userId("ben"), role: "admin" });
  run({ type: "member.remove", user: userId("cleo") });
  run({ type: "conversation.update", name: "old" });
  run({ type: "conversation.update", name: "new" });
  server.faults.down = false;
  const names: (string | undefined)[] = [];
  const sizes: number[] = [];
  handle.subscribe((event) => {
    if (event.type !== "change" || handle.state.connection !== "online") return;
    names.push(handle.state.info.name);
    sizes.push(handle.state.members.size, handle.state.memberCount);
  });
  const state = await until(handle, ({ caughtUp }) => caughtUp);
  const ben = state.members.get(userId("ben"));
  assert.deepEqual([ben?.role, ben?.profile.name, state.memberCount], ["admin", "ben", 2]);
  assert.deepEqual([[...new Set(names)], [...new Set(sizes)]], [["new"], [2]]);
});

test("a description that was on its way while events came in does not undo them", () => {
  const log = new ConversationLog(`gg${"0".repeat(26)}`, ada, "ada");
  for (const subject of ["ben", "cleo"]) log.join(ada, userId(subject), subject);
  const roster = new Roster();
  const before = structuredClone(log.describe(ada));
  roster.describe(before, structuredClone([...log.members.values()]));
  const held = log.head;
  log.decide(ada, { key: crypto.randomUUID(), command: { type: "member.remove", user: userId("ben") } });
  log.decide(ada, { key: crypto.randomUUID(), command: { type: "conversation.update", name: "Two of us" } });
  for (const event of log.events.slice(held)) roster.apply(event);
  roster.describe(before);
  assert.deepEqual([roster.memberCount, roster.members.size, roster.info.name, roster.head.seq], [2, 2, "Two of us", log.head]);
  roster.describe(log.describe(ada));
  assert.deepEqual([roster.memberCount, roster.info.name], [2, "Two of us"]);
});
