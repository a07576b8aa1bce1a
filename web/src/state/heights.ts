import type { Row } from "./rows.ts";

/** What a row is taken to be high until it has been drawn, and what of that is a line of text; in pixels. */
const ESTIMATES = { day: 46, unread: 46, withheld: 40, event: 40, message: 38 };
const LINE = 22;
/** A character is about this wide, in pixels. */
const CHARACTER = 7.5;
/** Characters of a text that are worth counting: longer ones are estimated short, and measured when they are drawn. */
const MOST = 4000;

/** How high the rows of a list are: measured for those that have been drawn at this width, estimated for the others. */
export class Heights {
  private readonly known = new Map<string, number>();
  private rows: readonly Row[] = [];
  /** The height of each row, once it was asked for; else not a number. */
  private heights = new Float64Array(0);
  /** Where the row last asked for stood. */
  private hint = 0;
  /** The sum of the heights before each row, and last that of all. Right as far as `summed`. */
  private tops = new Float64Array(1);
  private summed = 0;
  private width = 0;

  /** Looks at these rows from now on. What was measured of those that it has seen before still holds. */
  follow(rows: readonly Row[]): void {
    if (rows === this.rows) return;
    // Most often rows come at one end: either it stands where it stood, or as many further on.
    const grown = rows.length - this.rows.length;
    if (rows[this.hint]?.id !== this.rows[this.hint]?.id) this.hint = Math.max(0, this.hint + grown);
    this.rows = rows;
    if (this.tops.length <= rows.length) {
      this.tops = new Float64Array(Math.ceil((rows.length + 1) * 1.5));
      this.heights = new Float64Array(this.tops.length);
    }
    this.forget();
  }

  /** The list is this wide, in pixels: at another width all is measured anew. Says whether it is another. */
  fit(width: number): boolean {
    if (width === this.width) return false;
    this.width = width;
    this.known.clear();
    this.forget();
    return true;
  }

  /** Notes that a row has been drawn so high. */
  measure(index: number, height: number): void {
    const row = this.rows[index];
    if (!row || this.known.get(row.id) === height) return;
    this.known.set(row.id, height);
    this.heights[index] = height;
    this.summed = Math.min(this.summed, index);
  }

  get count(): number {
    return this.rows.length;
  }

  /** The row at an index. */
  id(index: number): string | undefined {
    return this.rows[index]?.id;
  }

  /** The index of a row, or -1. */
  indexOf(id: string): number {
    if (this.rows[this.hint]?.id === id) return this.hint;
    const found = this.rows.findIndex((row) => row.id === id);
    if (found >= 0) this.hint = found;
    return found;
  }

  height(index: number): number {
    const row = this.rows[index];
    const height = this.heights[index];
    if (!row || height === undefined) return 0;
    if (!Number.isNaN(height)) return height;
    const found = this.known.get(row.id) ?? this.estimate(row);
    this.heights[index] = found;
    return found;
  }

  /** How far below the top of the first row that row begins; for the count of rows, where the last one ends. */
  top(index: number): number {
    for (; this.summed < index; this.summed += 1) this.tops[this.summed + 1] = (this.tops[this.summed] ?? 0) + this.height(this.summed);
    return this.tops[index] ?? 0;
  }

  /** The row that stands so far below the top of the first; the first or last where there is none. */
  at(y: number): number {
    this.top(this.rows.length);
    let low = 0;
    let high = this.rows.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.tops[middle] ?? 0) <= y) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }

  private forget(): void {
    this.heights.fill(Number.NaN);
    this.summed = 0;
  }

  private estimate(row: Row): number {
    const least = ESTIMATES[row.kind];
    if (row.kind !== "message") return least;
    const perLine = Math.max(16, (Math.min(this.width, 820) * 0.75) / CHARACTER);
    const { content } = row.message;
    if (content?.kind === "poll") return least + 72 + content.options.length * 50;
    const lines = Math.ceil(Math.min(row.message.text?.length ?? 1, MOST) / perLine);
    return least + Math.max(0, lines - 1) * LINE + (row.first ? 8 : 0) + (row.message.replyTo ? 52 : 0);
  }
}
