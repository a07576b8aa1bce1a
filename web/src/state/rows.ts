import type { Event, Message, TimelineItem } from "@quipu/client";
import { dayNumber } from "../text/dates.ts";

/** One line of the message list. `id` is a stable list key. */
export type Row =
  | { kind: "day"; id: string; at: number }
  | { kind: "unread"; id: string }
  | { kind: "withheld"; id: string; messages: number | null }
  | { kind: "event"; id: string; event: Event; more: Event[] }
  | { kind: "message"; id: string; message: Message; first: boolean; last: boolean };

/** The id of the line above the first unread message. */
export const UNREAD_ROW = "unread";

/** Messages of one author closer than this stand together under one name. */
const GROUP_MS = 5 * 60_000;

/**
 * The rows of a conversation: its timeline with day separators, the line above the first unread message, and
 * messages of one author gathered. `readN` is the count of messages read when the conversation was opened
 * (null for no line); `complete` says that nothing older remains to be loaded. Those whom one member added at a time
 * stand in one row, apart from `me`.
 */
export function buildRows(timeline: readonly TimelineItem[], readN: number | null, complete: boolean, me: string | null = null): Row[] {
  const rows: Row[] = [];
  let day: number | undefined;
  let previous: Extract<Row, { kind: "message" }> | undefined;
  let unreadShown = readN === null;
  let readSeen = complete;
  /** The row of what is withheld, and the count of messages before it, until what follows tells how many there are. */
  let hidden: { row: Extract<Row, { kind: "withheld" }>; before: number } | undefined;
  let n = 0;

  let starting: Event | undefined;

  for (const item of timeline) {
    if (item.kind === "event") {
      const { type } = item.event.envelope;
      if (type === "conversation.created") starting = item.event;
      else if (type !== "member.joined") starting = undefined;
      else if (starting && impliedBy(starting, item.event)) continue;
    } else starting = undefined;
    if (item.kind === "withheld") {
      if (!hidden) {
        hidden = { row: { kind: "withheld", id: item.id, messages: null }, before: n };
        rows.push(hidden.row);
      }
      previous = undefined;
      continue;
    }
    const count = item.kind === "message" ? item.message.n : item.event.envelope.n;
    if (count !== null) {
      if (hidden) hidden.row.messages = count - (item.kind === "message" ? 1 : 0) - hidden.before;
      hidden = undefined;
      n = count;
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
      const above = rows.at(-1);
      if (above?.kind === "event" && addedWith(above.event, item.event, me)) above.more.push(item.event);
      else rows.push({ kind: "event", id: item.id, event: item.event, more: [] });
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
          rows.push({ kind: "unread", id: UNREAD_ROW });
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

/** Who starts a conversation is in it, and so are both ends of a 1:1: that they joined goes without saying. */
function impliedBy(created: Event, joined: Event): boolean {
  const { actor, params } = joined.envelope;
  return created.envelope.params?.kind === "direct" || params?.user === actor;
}

/** Whether two members were added by the same other, neither of them oneself. */
function addedWith({ envelope: one }: Event, { envelope: other }: Event, me: string | null): boolean {
  const added = (envelope: Event["envelope"]): boolean => envelope.type === "member.joined" && envelope.params?.user !== envelope.actor && envelope.params?.user !== me;
  return one.actor === other.actor && added(one) && added(other);
}

function together(a: Message, b: Message): boolean {
  return (a.mine ? b.mine : a.author === b.author && !b.mine) && Math.abs(b.at - a.at) < GROUP_MS;
}
