import { QuipuError } from "./errors.ts";
import { isWithheld, type Log } from "./log.ts";
import { asContent, contentFields, type Message, type Messages } from "./messages.ts";
import type { Entry } from "./entry.ts";
import type { Code, Event } from "./wire.ts";

/** One line of a conversation. Edits and deletions show in the message they are about. */
export type TimelineItem =
  | { readonly kind: "message"; readonly id: string; readonly seq: number | null; readonly message: Message }
  /** Members and settings, and events of types this version does not know. */
  | { readonly kind: "event"; readonly id: string; readonly seq: number; readonly event: Event }
  | { readonly kind: "withheld"; readonly id: string; readonly seq: number; readonly from: number; readonly to: number };

/** Lays the outbox over the log, so that what you did shows at once. Objects keep their identity while nothing changes. */
export class Timeline {
  readonly #lines = new WeakMap<object, TimelineItem>();
  readonly #drafts = new WeakMap<object, Message>();
  readonly #overlays = new WeakMap<Message, { view: object; message: Message }>();

  build(log: Log, messages: Messages, entries: readonly Entry[], you: string | null): { messages: Message[]; timeline: TimelineItem[] } {
    const list: Message[] = [];
    const timeline: TimelineItem[] = [];
    const changes = new Map<number, Entry>();
    for (const entry of entries) {
      const { command } = entry.view;
      if (command.type === "message.edit" || command.type === "message.delete") changes.set(command.seq, entry);
    }
    for (const item of log.items) {
      if (isWithheld(item)) {
        const { from, to } = item.withheld;
        timeline.push(this.#line(item, () => ({ kind: "withheld", id: `#${from}`, seq: from, from, to })));
        continue;
      }
      const { seq, type } = item.envelope;
      if (type === "message.created") {
        const message = this.#overlay(messages.bySeq.get(seq), changes.get(seq));
        if (!message) continue;
        list.push(message);
        timeline.push(this.#line(message, () => ({ kind: "message", id: message.id, seq, message })));
      } else if (type !== "message.edited" && type !== "message.deleted") {
        timeline.push(this.#line(item, () => ({ kind: "event", id: `#${seq}`, seq, event: item })));
      }
    }
    for (const entry of entries) {
      const message = this.#draft(entry, you);
      if (!message) continue;
      list.push(message);
      timeline.push(this.#line(message, () => ({ kind: "message", id: message.id, seq: message.seq, message })));
    }
    return { messages: list, timeline };
  }

  #line(of: object, make: () => TimelineItem): TimelineItem {
    const held = this.#lines.get(of) ?? make();
    this.#lines.set(of, held);
    return held;
  }

  /** A message with one's own edit or deletion that waits or failed. */
  #overlay(message: Message | undefined, entry: Entry | undefined): Message | undefined {
    if (!message || !entry) return message;
    const held = this.#overlays.get(message);
    if (held?.view === entry.view) return held.message;
    const { command, status } = entry.view;
    const shown = command.type === "message.edit" && status === "waiting" && !message.deleted ? contentFields(asContent(command.content)) : {};
    const next = { ...message, ...shown, change: entry.view };
    this.#overlays.set(message, { view: entry.view, message: next });
    return next;
  }

  /** A message that has no place yet. */
  #draft(entry: Entry, you: string | null): Message | null {
    const { key, command, createdAt, status, stored, error } = entry.view;
    if (command.type !== "message.send") return null;
    const held = this.#drafts.get(entry.view);
    if (held && held.author === you) return held;
    const reply = command.reply_to;
    const message: Message = {
      id: key,
      key,
      seq: entry.seq,
      n: null,
      author: you,
      mine: true,
      at: createdAt,
      ...contentFields(asContent(command.content)),
      replyTo: reply ? { seq: reply.seq, version: reply.version ?? 1 } : null,
      version: 1,
      editedAt: null,
      deleted: null,
      expiresAt: null,
      status: entry.seq !== null ? "sent" : status === "waiting" && !stored ? "saving" : status,
      error: error && new QuipuError(error.code as Code, error.message),
      change: null,
    };
    this.#drafts.set(entry.view, message);
    return message;
  }
}
