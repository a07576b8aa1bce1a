import type { Heights } from "./heights.ts";

/** A row that stays where it is while others come and go: `top` is how far it begins below the top of the screen, in pixels. */
export interface Place {
  readonly id: string;
  readonly top: number;
}

/** Indices of rows: `to` is the first that is not in it. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * A list is drawn beyond the screen so far that one can scroll some way before more is drawn, and so little that it
 * holds few elements: as many pixels, on both sides together, as leave room for this many of the lowest rows.
 */
const ROWS = 32;
const LOWEST = 37;
const LEAST = 80;
const MOST = 360;

/** How far beyond the screen, above and below it, rows are drawn. */
export function margin(viewHeight: number): number {
  return Math.round(Math.min(MOST, Math.max(LEAST, (ROWS * LOWEST - viewHeight) / 2)));
}

/** The rows to draw: those on a screen so high, and some around it. Without a place (or when it is gone) the last row stands at the foot. */
export function drawnRange(heights: Heights, place: Place | null, viewHeight: number): Range {
  const { count } = heights;
  const beyond = margin(viewHeight);
  const held = place ? heights.indexOf(place.id) : -1;
  if (place === null || held === -1) {
    let from = count;
    for (let y = viewHeight; from > 0 && y > -beyond; ) {
      from -= 1;
      y -= heights.height(from);
    }
    return { from, to: count };
  }
  let from = held;
  for (let y = place.top; from > 0 && y > -beyond; ) {
    from -= 1;
    y -= heights.height(from);
  }
  let to = held + 1;
  for (let y = place.top + heights.height(held); to < count && y < viewHeight + beyond; to += 1) y += heights.height(to);
  return { from, to };
}

/** Whether a range that begins and ends there on the screen still reaches far enough beyond it. */
export function suffices(range: Range, count: number, edges: { top: number; bottom: number }, viewHeight: number): boolean {
  const beyond = margin(viewHeight) / 3;
  return (range.from === 0 || edges.top <= -beyond) && (range.to === count || edges.bottom >= viewHeight + beyond);
}

/** A stretch of the list: rows, or the room of rows that are not drawn. */
export type Stretch = { readonly kind: "rows"; readonly from: number; readonly to: number } | { readonly kind: "room"; readonly from: number; readonly height: number };

/** The list from its first row to its last, with the rows of the range drawn, and one more wherever it stands (-1 for none): that which has the focus. */
export function stretches(heights: Heights, { from, to }: Range, also: number): Stretch[] {
  const all: Stretch[] = [];
  let at = 0;
  const room = (until: number): void => {
    if (until > at) all.push({ kind: "room", from: at, height: heights.top(until) - heights.top(at) });
  };
  const drawn = [{ from, to }];
  if (also >= 0 && also < from) drawn.unshift({ from: also, to: also + 1 });
  else if (also >= to) drawn.push({ from: also, to: also + 1 });
  for (const part of drawn) {
    if (part.to <= part.from) continue;
    room(part.from);
    all.push({ kind: "rows", ...part });
    at = part.to;
  }
  room(heights.count);
  return all;
}
