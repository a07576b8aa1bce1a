import type { QuipuError } from "./errors.ts";
import type { OutboxEntry } from "./entry.ts";
import { type MessageReaction, Reactions } from "./reactions.ts";
import type { Content, Event, NewContent, PreviewContent, Role } from "./wire.ts";

/** A message as it stands now. Never changed in place: a change makes a new object. */
export interface Message {
  /** Stable key for lists, the same before and after the message is committed. */
  readonly id: string;
  /** Key of the command that sent it. */
  readonly key: string;
  /** Its place; null until it is committed. */
  readonly seq: number | null;
  readonly n: number | null;
  /** Null only for your own, before the first welcome told who you are. */
  readonly author: string | null;
  readonly mine: boolean;
  /** Server time; local time until it is committed. */
  readonly at: number;
  /** Null when deleted, erased or expired. */
  readonly content: Content | null;
  /** The text of a text message. */
  readonly text: string | null;
  readonly mentions: readonly string[];
  readonly mentionsEveryone: boolean;
  readonly mentionsRoles: readonly Role[];
  /** A copy of a message that stood elsewhere; nobody edits it. */
  readonly forwarded: boolean;
  /** The message in whose thread it stands; null for one of the conversation itself. */
  readonly thread: number | null;
  /** Its number among the replies of that thread; null until it is committed. */
  readonly threadN: number | null;
  readonly replyTo: { readonly seq: number; readonly version: number } | null;
  /** 1 as first sent, one more with every edit. */
  readonly version: number;
  readonly editedAt: number | null;
  readonly deleted: { readonly by: string; readonly at: number } | null;
  readonly expiresAt: number | null;
  /** What the page says of itself that the text links to. */
  readonly preview: PreviewContent | null;
  /** By emoji, the one that came first first. */
  readonly reactions: readonly MessageReaction[];
  /** `saving` on its way into the outbox, `waiting` in it, `sent` when committed, `failed` when refused for good. */
  readonly status: "saving" | "waiting" | "sent" | "failed";
  readonly error: QuipuError | null;
  /** Your own edit or deletion of it that waits or failed. */
  readonly change: OutboxEntry | null;
}

/** What a content says, spread over a message. */
export function contentFields(content: Content | null): Pick<Message, "content" | "text" | "mentions" | "mentionsEveryone" | "mentionsRoles"> {
  if (content?.kind !== "text") return { content, text: null, mentions: [], mentionsEveryone: false, mentionsRoles: [] };
  const { text, mentions = [], mention_everyone: mentionsEveryone = false, mention_roles: mentionsRoles = [] } = content;
  return { content, text, mentions, mentionsEveryone, mentionsRoles };
}

/** New content as it will come back. */
export function asContent(content: NewContent): Content {
  return { ...content, v: 1 } as Content;
}

/** The fold of events into messages. Edits and deletions may come before the message they are about: older pages load later. */
export class Messages {
  readonly bySeq = new Map<number, Message>();
  /** Seqs of those that stand in threads. */
  readonly replies = new Set<number>();
  readonly #edits = new Map<number, Event>();
  readonly #deletions = new Map<number, Event>();
  readonly #previews = new Map<number, Event>();
  readonly #reactions = new Reactions();

  clear(): void {
    this.bySeq.clear();
    this.replies.clear();
    this.#edits.clear();
    this.#deletions.clear();
    this.#previews.clear();
    this.#reactions.clear();
  }

  /** Forgets a message and its edits. */
  drop(seq: number): void {
    this.bySeq.delete(seq);
    this.#edits.delete(seq);
    this.#previews.delete(seq);
  }

  /** Takes an event in. True when a message changed. */
  apply(event: Event, you: string | null): boolean {
    const { envelope } = event;
    const target = envelope.ref ?? 0;
    switch (envelope.type) {
      case "message.created": {
        if (this.bySeq.has(envelope.seq)) return false;
        if (envelope.thread !== undefined) this.replies.add(envelope.seq);
        this.bySeq.set(envelope.seq, { ...created(event, you), reactions: this.#reactions.of(envelope.seq, you) });
        this.#settle(envelope.seq);
        return true;
      }
      case "message.edited": {
        const held = this.#edits.get(target);
        if (held && versionOf(held) >= versionOf(event)) return false;
        this.#edits.set(target, event);
        return this.#settle(target);
      }
      case "message.deleted": {
        if (this.#deletions.has(target)) return false;
        this.#deletions.set(target, event);
        this.#reactions.drop(target);
        const edit = this.#edits.get(target);
        if (edit) this.#edits.set(target, { ...edit, content: null, salt: null });
        return this.#settle(target);
      }
      case "message.previewed":
      case "message.preview_removed": {
        const held = this.#previews.get(target);
        if (held && held.envelope.seq >= envelope.seq) return false;
        this.#previews.set(target, event);
        return this.#settle(target);
      }
      case "reaction.added":
        return this.#reactions.add(event) && this.#reacted(target, you);
      case "reaction.removed":
        return this.#reactions.remove(event) && this.#reacted(target, you);
      default:
        return false;
    }
  }

  #reacted(seq: number, you: string | null): boolean {
    const message = this.bySeq.get(seq);
    if (!message || message.deleted) return false;
    this.bySeq.set(seq, { ...message, reactions: this.#reactions.of(seq, you) });
    return true;
  }

  /** Lays the newest edit and the deletion over a message, once it is here. */
  #settle(seq: number): boolean {
    const message = this.bySeq.get(seq);
    if (!message) return false;
    const edit = this.#edits.get(seq);
    const deletion = this.#deletions.get(seq);
    let next = message;
    if (edit && versionOf(edit) > next.version) {
      next = { ...next, ...contentFields(edit.content), version: versionOf(edit), editedAt: edit.envelope.at };
    }
    if (deletion) {
      next = { ...next, ...contentFields(null), reactions: [], deleted: { by: deletion.envelope.actor, at: deletion.envelope.at } };
    }
    // A preview is of the link that the text has: one of an earlier text is not shown.
    const found = this.#previews.get(seq)?.content;
    const preview = found?.kind === "preview" && next.text?.includes(found.url) ? found : null;
    if (preview !== next.preview) next = { ...next, preview };
    this.bySeq.set(seq, next);
    return next !== message;
  }
}

function versionOf(event: Event): number {
  return event.envelope.params?.version ?? 1;
}

function created({ envelope, content }: Event, you: string | null): Message {
  const mine = envelope.actor === you;
  return {
    // Another member chooses their keys: only one's own are trusted to be unique here.
    id: mine ? envelope.key : `#${envelope.seq}`,
    key: envelope.key,
    seq: envelope.seq,
    n: envelope.n,
    author: envelope.actor,
    mine,
    at: envelope.at,
    ...contentFields(content),
    forwarded: envelope.params?.forwarded ?? false,
    thread: envelope.thread ?? null,
    threadN: envelope.thread_n ?? null,
    replyTo: envelope.ref === undefined ? null : { seq: envelope.ref, version: envelope.params?.quoted_version ?? 1 },
    version: 1,
    editedAt: null,
    deleted: null,
    expiresAt: envelope.expires_at ?? null,
    preview: null,
    reactions: [],
    status: "sent",
    error: null,
    change: null,
  };
}
