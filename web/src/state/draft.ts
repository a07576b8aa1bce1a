import { batch, signal } from "@preact/signals";
import { findMentions, type Mention, type Mentioned, rebase, standing, withMention } from "../text/mentions.ts";

/** The server takes no more mentions in one message. */
const MOST = 50;

/** A text being written and whom it mentions. */
export interface Written {
  readonly text: string;
  readonly mentions: readonly Mention[];
}

export const NOTHING: Written = { text: "", mentions: [] };

const PREFIX = "quipu.draft.";

/** The name a draft is kept under. */
export function draftKey(user: string, conversation: string): string {
  return `${PREFIX}${user}.${conversation}`;
}

/** The draft kept under a key, or none. */
export function keptDraft(key: string): Written {
  try {
    return read(localStorage.getItem(key));
  } catch {
    // Without storage a draft lives as long as the page.
    return NOTHING;
  }
}

/** Keeps a draft in this browser before it returns: a page that is left at once does not lose it. */
export function keepDraft(key: string, draft: Written): void {
  try {
    if (draft.text === "") localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(draft));
  } catch {
    // As above.
  }
}

/** Calls back, for as long as the page lives, when another tab has changed the draft. */
export function followDraft(key: string, changed: (before: Written, now: Written) => void): void {
  addEventListener("storage", (event) => {
    if (event.key === key) changed(read(event.oldValue), read(event.newValue));
  });
}

/** Whoever signs out leaves no drafts behind. */
export function forgetDrafts(user: string): void {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(draftKey(user, ""))) localStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}

function read(kept: string | null): Written {
  try {
    const draft = JSON.parse(kept ?? "null") as Written | null;
    return typeof draft?.text === "string" && Array.isArray(draft.mentions) ? draft : NOTHING;
  } catch {
    return NOTHING;
  }
}

/** What stands in the composer. */
export class Draft {
  readonly text = signal("");
  private readonly mentions = signal<readonly Mention[]>([]);
  /** Mentioned in a message being edited, under a name that is not in its text: the edit keeps them. */
  private unnamed: readonly string[] = [];

  /** The mentions whose text stands there. */
  standing(): Mention[] {
    return standing(this.text.value, this.mentions.value);
  }

  /** The users mentioned, in the order of the text. */
  users(): string[] {
    return [...new Set([...this.standing().map(({ user }) => user), ...this.unnamed])].slice(0, MOST);
  }

  /** The person has edited the text and the caret stands at `caret`. */
  edit(text: string, caret: number): void {
    batch(() => {
      this.mentions.value = rebase(this.text.peek(), text, caret, this.mentions.peek());
      this.text.value = text;
    });
  }

  /** Somebody was chosen, and their name put into the text. */
  take(mention: Mention): void {
    this.mentions.value = withMention(this.mentions.peek(), mention, this.text.peek());
  }

  /** What is written now; followed by effects that read it. */
  get written(): Written {
    return { text: this.text.value, mentions: this.standing() };
  }

  /** Another text takes the place of this one. */
  set({ text, mentions }: Written): void {
    batch(() => {
      this.text.value = text;
      this.mentions.value = mentions;
      this.unnamed = [];
    });
  }

  /** The text of a message that is to be edited. */
  setMessage(text: string, mentioned: readonly Mentioned[]): void {
    const mentions = findMentions(text, mentioned);
    this.set({ text, mentions });
    this.unnamed = mentioned.map(({ user }) => user).filter((user) => !mentions.some((mention) => mention.user === user));
  }
}
