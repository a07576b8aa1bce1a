import type { Event, Message, TimelineItem } from "@quipu/client";
import { dayNumber } from "../text/dates.ts";

/** One line of the message list. `id` is a stable list key. */
export type Row =
  | { kind: "day"; id: string; at: number }
  | { kind: "unread"; id: string }
  | { kind: "withheld"; id: string; count: number }
  | { kind: "event"; id: string; event: Event }
  | { kind: "message"; id: string; message: Message; first: boolean; last: boolean };

/** Messages of one author closer than this stand together under one name. */
const GROUP_MS = 5 * 60_000;

/**
 * The rows of a conversation: its timeline with day separators, the line above the first unread message, and
 * messages of one author gathered. `readN` is the count of messages read when the conversation was opened
 * (null for no line); `complete` says that nothing older remains to be loaded.
 */
export function buildRows(timeline: readonly TimelineItem[], readN: number | null, complete: boolean): Row[] {
  const rows: Row[] = [];
  let day: number | undefined;
  let previous: Extract<Row, { kind: "message" }> | undefined;
  let unreadShown = readN === null;
  let readSeen = complete;
  let withheld = 0;

  for (const item of timeline) {
    if (item.kind === "withheld") {
      withheld += item.to - item.from + 1;
      const last = rows[rows.length - 1];
      if (last?.kind === "withheld") last.count += item.to - item.from + 1;
      else rows.push({ kind: "withheld", id: item.id, count: item.to - item.from + 1 });
      previous = undefined;
      continue;
    }
    const at = item.kind === "message" ? item.message.at : item.event.envelope.at;
    const itemDay = dayNumber(at);
    // A clock that goes back (unsent messages carry the local one) makes no second separator.
    if (day === undefined || itemDay > day) {
      rows.push({ kind: "day", id: `day-${itemDay}`, at });
      day = itemDay;
      previous = undefined;
    }
    if (item.kind === "event") {
      rows.push({ kind: "event", id: item.id, event: item.event });
      previous = undefined;
      continue;
    }
    const { message } = item;
    if (!unreadShown && readN !== null && message.n !== null) {
      if (message.n <= readN) readSeen = true;
      else if (message.mine) unreadShown = true;
      else {
        unreadShown = true;
        if (readSeen) {
          rows.push({ kind: "unread", id: "unread" });
          previous = undefined;
        }
      }
    }
    const joins = previous !== undefined && together(previous.message, message);
    if (joins && previous) previous.last = false;
    previous = { kind: "message", id: item.id, message, first: !joins, last: true };
    rows.push(previous);
  }
  return rows;
}

function together(a: Message, b: Message): boolean {
  return (a.mine ? b.mine : a.author === b.author && !b.mine) && Math.abs(b.at - a.at) < GROUP_MS;
}
