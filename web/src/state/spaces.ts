import { signal } from "@preact/signals";
import type { InboxEntry } from "@quipu/client";

/** Whether an id names a space: a conversation without messages, which holds channels. */
export function isSpace(id: string): boolean {
  return id.startsWith("s");
}

/** A space in the list, with those of its channels that the person is in. */
export interface SpaceOf {
  readonly space: InboxEntry;
  /** By name. */
  readonly channels: readonly InboxEntry[];
  /** Unread messages of those that are not muted … */
  readonly unread: number;
  /** … and unread mentions of all of them. */
  readonly mentions: number;
}

/** Parts a list into spaces, by name, each with its channels, and the rest as it stands. Channels whose space is not among them stay there. */
export function parted(entries: readonly InboxEntry[], titleOf: (entry: InboxEntry) => string, isMuted: (entry: InboxEntry) => boolean): { spaces: SpaceOf[]; rest: InboxEntry[] } {
  const heads = new Set(entries.filter(({ kind }) => kind === "space").map(({ id }) => id));
  const byName = (a: InboxEntry, b: InboxEntry): number => titleOf(a).localeCompare(titleOf(b)) || (a.id < b.id ? -1 : 1);
  const within = (entry: InboxEntry): boolean => entry.space !== undefined && heads.has(entry.space);
  const spaces = entries
    .filter(({ kind }) => kind === "space")
    .sort(byName)
    .map((space) => {
      const channels = entries.filter((entry) => entry.space === space.id).sort(byName);
      const heard = channels.filter((channel) => !isMuted(channel) && !isMuted(space));
      return {
        space,
        channels,
        unread: heard.reduce((sum, { unread }) => sum + unread, 0),
        mentions: channels.reduce((sum, { mentions = 0 }) => sum + mentions, 0),
      };
    });
  return { spaces, rest: entries.filter((entry) => entry.kind !== "space" && !within(entry)) };
}

const KEY = "quipu.spaces-closed";

/** Spaces whose channels are folded away, in this browser. */
export const closedSpaces = signal<ReadonlySet<string>>(stored());

/** Folds a space's channels away, or shows them. */
export function fold(id: string, closed: boolean): void {
  const now = new Set(closedSpaces.peek());
  if (closed) now.add(id);
  else now.delete(id);
  closedSpaces.value = now;
  try {
    localStorage.setItem(KEY, JSON.stringify([...now]));
  } catch {
    // A browser that keeps nothing still does as it is told.
  }
}

function stored(): ReadonlySet<string> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return new Set(Array.isArray(kept) ? kept.filter((id) => typeof id === "string") : []);
  } catch {
    return new Set();
  }
}
