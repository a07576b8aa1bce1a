import { QuipuError } from "./errors.ts";
import { isWithheld, type Log } from "./log.ts";
import { asContent, contentFields, type Message, type Messages } from "./messages.ts";
import type { Entry } from "./entry.ts";
import { withOwn } from "./reactions.ts";
import type { Code, Event } from "./wire.ts";

/** Commands that show in the message they are about. */
const CHANGES = /^message\.(edit|delete|react|unreact)$/;
/** Events that do. */
const PARTS = /^(message\.(edited|deleted|unpinned|preview.*)|reaction\.(added|removed))$/;

/** One line of a conversation. Edits, deletions and reactions show in the message they are about. */
export type TimelineItem =
  | { readonly kind: "message"; readonly id: string; readonly seq: number | null; readonly message: Message }
  /** Members and settings, and events of types this version does not know. */
  | { readonly kind: "event"; readonly id: string; readonly seq: number; readonly event: Event }
  | { readonly kind: "withheld"; readonly id: string; readonly seq: number; readonly from: number; readonly to: number };

/** Lays the outbox over the log, so that what you did shows at once. Objects keep their identity while nothing changes. */
export class Timeline {
  readonly #lines = new WeakMap<object, TimelineItem>();
  readonly #drafts = new WeakMap<object, Message>();
  readonly #overlays = new WeakMap<Message, { views: readonly object[]; message: Message }>();

  build(log: Log, messages: Messages, entries: readonly Entry[], you: string | null): { messages: Message[]; replies: Message[]; timeline: TimelineItem[] } {
    const list: Message[] = [];
    const replies: Message[] = [];
    const timeline: TimelineItem[] = [];
    const changes = new Map<number, Entry[]>();
    for (const entry of entries) {
      const { command } = entry.view;
      if (CHANGES.test(command.type) && "seq" in command) changes.set(command.seq, [...(changes.get(command.seq) ?? []), entry]);
    }
    for (const item of log.items) {
      if (isWithheld(item)) {
        if (item.hidden) continue;
        const { from, to } = item.withheld;
        timeline.push(this.#line(item, () => ({ kind: "withheld", id: `#${from}`, seq: from, from, to })));
        continue;
      }
      const { seq, type } = item.envelope;
      if (type === "message.created") {
        if (messages.replies.has(seq)) continue;
        const message = this.#overlay(messages.bySeq.get(seq), changes.get(seq), you);
        if (!message) continue;
        list.push(message);
        timeline.push(this.#line(message, () => ({ kind: "message", id: message.id, seq, message })));
      } else if (!PARTS.test(type)) {
        timeline.push(this.#line(item, () => ({ kind: "event", id: `#${seq}`, seq, event: item })));
      }
    }
    for (const seq of [...messages.replies].sort((a, b) => a - b)) {
      const message = this.#overlay(messages.bySeq.get(seq), changes.get(seq), you);
      if (message) replies.push(message);
    }
    for (const entry of entries) {
      const message = this.#draft(entry, you);
      if (!message) continue;
      if (message.thread !== null) {
        replies.push(message);
        continue;
      }
      list.push(message);
      timeline.push(this.#line(message, () => ({ kind: "message", id: message.id, seq: message.seq, message })));
    }
    return { messages: list, replies, timeline };
  }

  #line(of: object, make: () => TimelineItem): TimelineItem {
    const held = this.#lines.get(of) ?? make();
    this.#lines.set(of, held);
    return held;
  }

  /** A message with one's own edits, deletion and reactions that wait or failed. */
  #overlay(message: Message | undefined, entries: readonly Entry[] | undefined, you: string | null): Message | undefined {
    if (!message || !entries) return message;
    const views = entries.map((entry) => entry.view);
    const held = this.#overlays.get(message);
    if (held && held.views.length === views.length && held.views.every((view, index) => view === views[index])) return held.message;
    let next = message;
    for (const view of views) {
      const { command } = view;
      const shows = view.status === "waiting" && !message.deleted;
      if (command.type === "message.react" || command.type === "message.unreact") {
        if (shows && you) next = { ...next, reactions: withOwn(next.reactions, command.emoji, you, command.type === "message.react") };
      } else {
        const shown = command.type === "message.edit" && shows ? contentFields(asContent(command.content)) : {};
        next = { ...next, ...shown, change: view };
      }
    }
    this.#overlays.set(message, { views, message: next });
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
      forwarded: false,
      thread: command.thread ?? null,
      threadN: null,
      replyTo: reply ? { seq: reply.seq, version: reply.version ?? 1 } : null,
      version: 1,
      editedAt: null,
      deleted: null,
      expiresAt: null,
      preview: null,
      reactions: [],
      status: entry.seq !== null ? "sent" : status === "waiting" && !stored ? "saving" : status,
      error: error && new QuipuError(error.code as Code, error.message),
      change: null,
    };
    this.#drafts.set(entry.view, message);
    return message;
  }
}
