import type { InboxEntry } from "@quipu/client";

/** Parts of the list, in the order they are offered. */
export const VIEWS = ["all", "unread", "mentions", "direct", "groups", "archived", "hidden"] as const;
export type View = (typeof VIEWS)[number];

/** Offered also while there is nothing in them. */
export const ALWAYS: ReadonlySet<View> = new Set<View>(["all", "unread", "mentions", "direct", "groups"]);

/** Whether a part of the list has a conversation in it. What is put away stands only where one looks for it. */
export function shows(view: View, entry: InboxEntry): boolean {
  if (view === "archived") return entry.archived === true;
  if (view === "hidden") return entry.hidden === true;
  if (entry.archived || entry.hidden) return false;
  if (view === "unread") return entry.unread > 0 || entry.marked_unread === true;
  if (view === "mentions") return (entry.mentions ?? 0) > 0;
  return view === "all" || entry.kind === (view === "direct" ? "direct" : "group");
}
