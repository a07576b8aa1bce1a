import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event, Message, TimelineItem } from "@quipu/client";
import { buildRows, type Row } from "./rows.ts";

const START = Date.UTC(2024, 4, 6, 12);
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

function said(n: number, author: string, at: number): TimelineItem {
  const message = { id: `m${n}`, key: `k${n}`, seq: n, n, author, mine: author === "me", at, text: "x" } as Message;
  return { kind: "message", id: message.id, seq: n, message };
}

function happened(seq: number, at: number): TimelineItem {
  return { kind: "event", id: `e${seq}`, seq, event: { envelope: { seq, at, n: seq } } as Event };
}

function shape(rows: Row[]): string[] {
  return rows.map((row) => (row.kind === "message" ? `${row.id}${row.first ? " first" : ""}${row.last ? " last" : ""}` : row.kind));
}

test("messages of one author close together form a group; another author, a pause or an event ends it", () => {
  const rows = buildRows(
    [
      said(1, "a", START),
      said(2, "a", START + MINUTE),
      said(3, "b", START + MINUTE),
      said(4, "b", START + 20 * MINUTE),
      happened(5, START + 20 * MINUTE),
      said(6, "b", START + 20 * MINUTE),
    ],
    null,
    true,
  );
  assert.deepEqual(shape(rows), ["day", "m1 first", "m2 last", "m3 first last", "m4 first last", "event", "m6 first last"]);
});

test("each day begins once, whatever an unsent message's clock says", () => {
  const rows = buildRows([said(1, "a", START), said(2, "a", START + DAY), said(3, "a", START), said(4, "a", START + DAY)], null, true);
  assert.deepEqual(shape(rows).filter((kind) => kind === "day").length, 2);
});

test("the unread line stands before the first unread message of somebody else", () => {
  const items = [said(1, "a", START), said(2, "a", START), said(3, "b", START)];
  assert.deepEqual(shape(buildRows(items, 1, true)), ["day", "m1 first last", "unread", "m2 first last", "m3 first last"]);
  assert.deepEqual(shape(buildRows(items, 0, true))[1], "unread");
  // Where the first unread message may not be loaded yet, a line would mislead.
  assert.ok(!shape(buildRows(items, 0, false)).includes("unread"));
  assert.ok(!shape(buildRows(items, 3, true)).includes("unread"));
  assert.ok(!shape(buildRows([said(1, "a", START), said(2, "me", START)], 1, true)).includes("unread"));
});

function entered(seq: number, type: string, user: string, kind?: "direct" | "group"): TimelineItem {
  const params = kind ? { kind } : { user };
  return { kind: "event", id: `e${seq}`, seq, event: { envelope: { seq, n: 0, at: START, type, actor: "a", params } } as Event };
}

test("that those who start a conversation are in it is not told; that others were added is", () => {
  const group = [entered(1, "conversation.created", "a", "group"), entered(2, "member.joined", "a"), entered(3, "member.joined", "b"), said(1, "a", START), entered(5, "member.joined", "a")];
  assert.deepEqual(buildRows(group, null, true).map((row) => row.id).slice(1), ["e1", "e3", "m1", "e5"]);
  const direct = [entered(1, "conversation.created", "a", "direct"), entered(2, "member.joined", "a"), entered(3, "member.joined", "b"), said(1, "a", START)];
  assert.deepEqual(buildRows(direct, null, true).map((row) => row.id).slice(1), ["e1", "m1"]);
});

test("those whom one member adds at a time stand in one row; oneself, and who comes alone, in a row of their own", () => {
  const added = (seq: number, user: string, actor = "a"): TimelineItem => {
    const item = entered(seq, "member.joined", user);
    return item.kind === "event" ? { ...item, event: { ...item.event, envelope: { ...item.event.envelope, actor } } } : item;
  };
  const rows = buildRows([added(1, "b"), added(2, "c"), added(3, "me"), added(4, "d"), added(5, "e"), added(6, "f", "b"), added(7, "b", "b"), added(8, "c", "b")], null, true, "me");
  const runs = rows.flatMap((row) => (row.kind === "event" ? [[row.event, ...row.more].map(({ envelope }) => envelope.seq)] : []));
  assert.deepEqual(runs, [[1, 2], [3], [4, 5], [6], [7], [8]]);
});

test("what is withheld is one line, with the number of messages in it", () => {
  const rows = buildRows(
    [
      { kind: "withheld", id: "w1", seq: 1, from: 1, to: 3 },
      { kind: "withheld", id: "w4", seq: 4, from: 4, to: 9 },
      said(7, "a", START),
    ],
    null,
    true,
  );
  // Nine events are hidden, six of them messages: the first one seen is the seventh.
  assert.deepEqual(rows[0], { kind: "withheld", id: "w1", messages: 6 });
  assert.equal(rows.length, 3);
  const later = buildRows([said(1, "a", START), { kind: "withheld", id: "w2", seq: 2, from: 2, to: 4 }, said(3, "a", START)], null, true);
  assert.deepEqual(later.find((row) => row.kind === "withheld"), { kind: "withheld", id: "w2", messages: 1 });
  const open = buildRows([{ kind: "withheld", id: "w1", seq: 1, from: 1, to: 3 }], null, true);
  assert.deepEqual(open, [{ kind: "withheld", id: "w1", messages: null }]);
});
