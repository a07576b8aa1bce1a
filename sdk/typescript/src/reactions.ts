import type { Event } from "./wire.ts";

/** Everybody who reacted to a message with one emoji. */
export interface MessageReaction {
  readonly emoji: string;
  readonly count: number;
  /** In the order in which they reacted. */
  readonly users: readonly string[];
  /** Whether you are among them. */
  readonly mine: boolean;
}

/** The fold of reactions, by message. Events may come before their message, and a removal before what it takes back: older pages load later. */
export class Reactions {
  readonly #byMessage = new Map<number, Map<number, { user: string; emoji: string }>>();
  readonly #removed = new Set<number>();

  clear(): void {
    this.#byMessage.clear();
    this.#removed.clear();
  }

  /** True when something changed. */
  add({ envelope, content }: Event): boolean {
    const { ref = 0, seq, actor } = envelope;
    // Without content it was taken back, or went with its message.
    if (content?.kind !== "reaction" || this.#removed.has(seq)) return false;
    const held = this.#byMessage.get(ref) ?? new Map<number, { user: string; emoji: string }>();
    if (held.has(seq)) return false;
    this.#byMessage.set(ref, held.set(seq, { user: actor, emoji: content.emoji }));
    return true;
  }

  remove({ envelope }: Event): boolean {
    const seq = envelope.params?.reaction ?? 0;
    this.#removed.add(seq);
    return this.#byMessage.get(envelope.ref ?? 0)?.delete(seq) ?? false;
  }

  /** The message was deleted. */
  drop(message: number): void {
    for (const seq of this.#byMessage.get(message)?.keys() ?? []) this.#removed.add(seq);
    this.#byMessage.delete(message);
  }

  /** What to show, the emoji that came first first. */
  of(message: number, you: string | null): readonly MessageReaction[] {
    const users = new Map<string, string[]>();
    const held = [...(this.#byMessage.get(message) ?? [])].sort(([a], [b]) => a - b);
    for (const [, { user, emoji }] of held) users.set(emoji, [...(users.get(emoji) ?? []), user]);
    return [...users].map(([emoji, who]) => reaction(emoji, who, you));
  }
}

/** As it will be once your command is decided. */
export function withOwn(reactions: readonly MessageReaction[], emoji: string, you: string, on: boolean): readonly MessageReaction[] {
  const held = reactions.find((each) => each.emoji === emoji);
  if ((held?.mine ?? false) === on) return reactions;
  if (!held) return [...reactions, reaction(emoji, [you], you)];
  const users = on ? [...held.users, you] : held.users.filter((user) => user !== you);
  return reactions.flatMap((each) => (each !== held ? [each] : users.length > 0 ? [reaction(emoji, users, you)] : []));
}

function reaction(emoji: string, users: readonly string[], you: string | null): MessageReaction {
  return { emoji, count: users.length, users, mine: you !== null && users.includes(you) };
}
