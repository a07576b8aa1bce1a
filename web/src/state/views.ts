import type { InboxTotals, InboxView } from "@quipu/client";

/** Parts of the list, in the order they are offered. */
export const VIEWS = ["all", "unread", "mentions", "direct", "groups", "archived", "hidden"] as const satisfies readonly InboxView[];

/** What stands beside the name of a part: what waits there, or how much is put away. */
export function countOf(view: InboxView, totals: InboxTotals): number {
  if (view === "unread") return totals.conversations;
  if (view === "mentions" || view === "archived" || view === "hidden") return totals[view] ?? 0;
  return 0;
}

/** What is put away is offered where there is some, or while one looks at it. */
export function offered(current: InboxView, totals: InboxTotals): InboxView[] {
  return VIEWS.filter((view) => (view !== "archived" && view !== "hidden") || view === current || countOf(view, totals) > 0);
}
