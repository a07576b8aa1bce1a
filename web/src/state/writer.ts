import { batch, effect, signal } from "@preact/signals";
import type { Conversation, Message } from "@quipu/client";
import { addressed } from "../text/mentions.ts";
import { Draft, followDraft, keepDraft, keptDraft, NOTHING } from "./draft.ts";
import type { People } from "./people.ts";

/** Where a writer writes. */
export interface Desk {
  readonly conversation: Conversation;
  readonly people: People;
  /** The name its draft is kept under. */
  readonly key: string;
  /** The thread it replies in. */
  readonly thread?: number;
  /** The person's last message here that can still be edited. */
  lastOwn(): Message | undefined;
  /** Something was sent. */
  sent(): void;
}

/** What is being written in one place: a message, a reply to one, or an edit. */
export class Writer {
  readonly draft = new Draft();
  readonly replyTo = signal<Message | null>(null);
  readonly editing = signal<Message | null>(null);
  /** The draft put aside while an edit is being written. */
  private aside = NOTHING;
  /** The draft is being changed by another tab. */
  private theirs = false;

  /** Whether it writes replies in a thread. */
  get inThread(): boolean {
    return this.desk.thread !== undefined;
  }

  constructor(private readonly desk: Desk) {
    this.draft.set(keptDraft(desk.key));
    this.followOthers();
  }

  /** The thread it replies in. */
  get thread(): number | undefined {
    return this.desk.thread;
  }

  /** Keeps the draft in the browser until the answer is called. */
  keep(): () => void {
    return effect(() => {
      const draft = this.editing.value ? this.aside : this.draft.written;
      if (!this.theirs) keepDraft(this.desk.key, draft);
    });
  }

  /** Goes along with what other tabs make of the draft: what is sent in one must not be left in another. */
  private followOthers(): void {
    followDraft(this.desk.key, (before, now) => {
      const editing = this.editing.peek() !== null;
      // Where this tab has gone its own way, it keeps to it.
      if ((editing ? this.aside : this.draft.written).text !== before.text) return;
      // Written back, it could undo what the other tab has written since.
      this.theirs = true;
      if (editing) this.aside = now;
      else this.draft.set(now);
      this.theirs = false;
    });
  }

  /** Sends or saves what stands in the composer. */
  submit(): void {
    const { conversation, thread } = this.desk;
    const text = this.draft.text.peek();
    if (text.trim() === "") return;
    const whom = addressed(this.draft.users());
    const editing = this.editing.peek();
    if (editing) {
      const same = sameUsers(whom.mentions, editing.mentions) && sameUsers(whom.mentionRoles, editing.mentionsRoles) && whom.mentionEveryone === editing.mentionsEveryone;
      if (editing.seq !== null && (text !== editing.text || !same)) conversation.edit(editing.seq, text, whom);
      this.cancelEdit();
      return;
    }
    const reply = this.replyTo.peek();
    const replyTo = reply?.seq != null ? { replyTo: { seq: reply.seq, version: reply.version } } : {};
    conversation.typing(false);
    conversation.send(text, { ...whom, ...replyTo, ...(thread !== undefined && { thread }) });
    batch(() => {
      this.draft.set(NOTHING);
      this.replyTo.value = null;
      this.desk.sent();
    });
  }

  startEdit(message: Message): void {
    if (message.text === null || message.seq === null) return;
    batch(() => {
      if (!this.editing.peek()) this.aside = this.draft.written;
      this.editing.value = message;
      this.replyTo.value = null;
      this.draft.setMessage(message.text ?? "", this.desk.people.mentioned(message));
    });
  }

  cancelEdit(): void {
    batch(() => {
      this.editing.value = null;
      this.draft.set(this.aside);
      this.aside = NOTHING;
    });
  }

  startReply(message: Message): void {
    if (this.editing.peek()) this.cancelEdit();
    this.replyTo.value = message;
  }

  lastOwn(): Message | undefined {
    return this.desk.lastOwn();
  }
}

/** Whether somebody's own message can be edited still. */
export function editable(message: Message): boolean {
  return message.mine && message.seq !== null && message.text !== null && message.deleted === null && !message.forwarded;
}

function sameUsers(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((user) => b.includes(user));
}
