import type { InboxEntry, InboxFilter, InboxTotals, NotificationLevel } from "./wire.ts";

/** A part of the list; `all` is everything that is neither archived nor hidden. */
export type InboxView = "all" | InboxFilter;

/** A part of the list as far as it is loaded, without a gap. Never changed in place. */
export interface InboxList {
  /** Pinned ones first, then latest activity first. */
  readonly entries: readonly InboxEntry[];
  /** Whether its first page is here. */
  readonly ready: boolean;
  readonly hasMore: boolean;
}

/** How far a part of the list is loaded. */
export interface Loaded {
  /** Of the next page; absent where nothing more is to come. */
  readonly cursor: string | undefined;
  /** What stands below this entry may be incomplete. */
  readonly last: InboxEntry | undefined;
}

/** Whether a part of the list has an entry. */
export function lists(view: InboxView, entry: InboxEntry): boolean {
  if (view === "archived") return entry.archived === true;
  if (view === "hidden") return entry.hidden === true;
  if (entry.archived || entry.hidden) return false;
  if (view === "unread") return waits(entry);
  if (view === "mentions") return (entry.mentions ?? 0) > 0;
  return view === "all" || entry.kind === (view === "direct" ? "direct" : "group");
}

const waits = (entry: InboxEntry): boolean => entry.unread > 0 || (entry.threads ?? 0) > 0 || entry.marked_unread === true;

/** The order of the list: pinned ones, then latest activity, then as the server breaks a tie. */
export function inOrder(a: InboxEntry, b: InboxEntry): number {
  return Number(b.pinned ?? false) - Number(a.pinned ?? false) || b.at - a.at || (a.id > b.id ? -1 : 1);
}

/** The end of what is known to be whole, where two parts of the list overlap: the farther of two. */
export function farther(one: Loaded | undefined, other: Loaded | undefined): InboxEntry | undefined {
  const ends = [one, other].filter((loaded) => loaded !== undefined);
  if (ends.some(({ cursor }) => cursor === undefined)) return undefined;
  return ends
    .map(({ last }) => last)
    .filter((last) => last !== undefined)
    .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))[0];
}

const KEYS = ["conversations", "unread", "mentions", "archived", "hidden"] as const;

/** Totals after an entry that was counted as `before` became `after`. */
export function recount(totals: InboxTotals, before: InboxEntry, after: InboxEntry, now: number): InboxTotals {
  const [less, more] = [counts(before, now), counts(after, now)];
  return { ...totals, ...Object.fromEntries(KEYS.map((key, at) => [key, Math.max(0, (totals[key] ?? 0) - (less[at] ?? 0) + (more[at] ?? 0))])) };
}

/** The level that holds: where nothing was chosen, large conversations call by mentions alone. */
export const levelOf = ({ notify = "default", large }: InboxEntry): Exclude<NotificationLevel, "default"> => (notify !== "default" ? notify : large ? "mentions" : "all");

/** What an entry adds to the totals, in the order of their keys. What is put away or muted, or calls by nothing, waits for nobody. */
function counts(entry: InboxEntry, now: number): number[] {
  if (!entry.member) return [];
  const { mentions = 0, thread_mentions = 0 } = entry;
  const level = levelOf(entry);
  const here = lists("all", entry) && (entry.muted_until ?? 0) <= now && level !== "nothing" ? 1 : 0;
  const named = level === "mentions" && { ...entry, unread: mentions, threads: 0 };
  return [here * Number(waits(named || entry)), here * (named ? mentions - thread_mentions : entry.unread), here * mentions, Number(entry.archived ?? false), Number(entry.hidden ?? false)];
}
