import type { Item, Message } from "@quipu/client";

/** What one side holds. */
export interface Side {
  readonly items: readonly Item[];
  readonly messages: readonly Message[];
}

/** What is wrong with what one side holds; all zero when nothing is. */
export interface SideReport {
  readonly from: number;
  readonly to: number;
  readonly lost: number;
  readonly repeated: number;
}

/** Counts the holes and repeats in what one side received and shows. */
export function checkSide({ items, messages }: Side): SideReport {
  let from = 0;
  let to = 0;
  let lost = 0;
  let repeated = 0;
  for (const item of items) {
    const first = "withheld" in item ? item.withheld.from : item.envelope.seq;
    const last = "withheld" in item ? item.withheld.to : item.envelope.seq;
    if (from === 0) from = first;
    else if (first > to + 1) lost += first - to - 1;
    else if (first <= to) repeated += 1;
    to = Math.max(to, last);
  }
  const seqs = new Set<number>();
  const keys = new Set<string>();
  for (const { seq, key, mine } of messages) {
    if (seq !== null && seqs.has(seq)) repeated += 1;
    else if (mine && keys.has(key)) repeated += 1;
    if (seq !== null) seqs.add(seq);
    if (mine) keys.add(key);
  }
  return { from, to, lost, repeated };
}

/**
 * Whether both sides hold the same messages in the same order: `behind` while one has not received all that the
 * other has (as far as both have come, they agree), `different` when they disagree.
 */
export function compareSides(a: Side, b: Side): "equal" | "behind" | "different" {
  const ends = [checkSide(a), checkSide(b)] as const;
  const from = Math.max(ends[0].from, ends[1].from);
  const to = Math.min(ends[0].to, ends[1].to);
  const even = ends[0].to === ends[1].to;
  if (from === 0) return "behind";
  const within = ({ messages }: Side): Message[] => messages.filter(({ seq }) => seq !== null && seq >= from && seq <= to);
  const left = within(a);
  const right = within(b);
  if (left.length !== right.length) return "different";
  return left.every((message, index) => same(message, right[index], even)) ? (even ? "equal" : "behind") : "different";
}

/** The same message; the same text too, unless one side has not seen an edit yet that the other has. */
function same(a: Message, b: Message | undefined, even: boolean): boolean {
  if (!b || a.seq !== b.seq || a.key !== b.key || a.author !== b.author) return false;
  // One's own edit that waits is shown already; the other side cannot know it yet.
  if (!even || a.change !== null || b.change !== null) return true;
  return a.version === b.version && (a.deleted === null) === (b.deleted === null) && a.text === b.text;
}
