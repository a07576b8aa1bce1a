import { batch, signal } from "@preact/signals";
import type { Row } from "./rows.ts";

/** Rows drawn at first, rows added at a time, and the most that are drawn at once. */
const FIRST = 80;
const STEP = 60;
const MOST = 300;

/**
 * Which rows are drawn. The ends are held by row, not by index, so that history put in above does not shift them:
 * `null` at the start means the last rows, `null` at the end means up to the newest row, whatever comes.
 */
export class RowWindow {
  private readonly start = signal<string | null>(null);
  private readonly end = signal<string | null>(null);
  /** Rows drawn above the start as soon as they are there. */
  private readonly ahead = signal(0);

  /** The half-open range of indices to draw. */
  range(rows: readonly Row[]): { from: number; to: number } {
    const end = this.end.value;
    const endIndex = end === null ? -1 : indexOf(rows, end);
    const to = endIndex === -1 ? rows.length : endIndex + 1;
    const start = this.start.value;
    const startIndex = start === null ? -1 : indexOf(rows, start);
    const from = startIndex === -1 ? Math.max(0, to - FIRST) : Math.max(0, startIndex - this.ahead.value);
    // Separators that stand before the first row that stays belong to it.
    return { from: from <= stable(rows, 0) ? 0 : from, to };
  }

  /** Whether the newest row is drawn. */
  get atEnd(): boolean {
    return this.end.peek() === null;
  }

  /** Draws more rows above; false when there are none that are not drawn. */
  up(rows: readonly Row[]): boolean {
    const { from, to } = this.range(rows);
    if (from === 0) return false;
    const next = stable(rows, Math.max(0, from - STEP));
    this.set(rows, next, to - next > MOST ? next + MOST : to);
    return true;
  }

  /**
   * Lets the rows of a page that is being loaded be drawn in the very moment they come: were they drawn later, the
   * separator that moves up to them would leave a gap for a moment, and what is being read would jump.
   */
  expect(): void {
    this.ahead.value = STEP;
  }

  /** The page has come, or not: holds what is drawn now. */
  settle(rows: readonly Row[]): void {
    const { from, to } = this.range(rows);
    batch(() => {
      this.ahead.value = 0;
      this.set(rows, from, to - from > MOST ? from + MOST : to);
    });
  }

  /** Draws more rows below; false when the newest is drawn. */
  down(rows: readonly Row[]): boolean {
    const { from, to } = this.range(rows);
    if (to === rows.length) {
      this.end.value = null;
      return false;
    }
    const next = Math.min(rows.length, to + STEP);
    this.set(rows, next - from > MOST ? stable(rows, next - MOST) : from, next);
    return true;
  }

  /** Draws the rows around one. */
  around(rows: readonly Row[], index: number): void {
    this.set(rows, stable(rows, Math.max(0, index - FIRST / 2)), Math.min(rows.length, index + FIRST / 2));
  }

  /** Holds the first row drawn where it is: the person has scrolled away from the newest. */
  pin(rows: readonly Row[]): void {
    if (this.start.peek() !== null) return;
    const row = rows[stable(rows, this.range(rows).from)];
    if (row) this.start.value = row.id;
  }

  /** Back to the last rows. */
  release(): void {
    batch(() => {
      this.start.value = null;
      this.end.value = null;
    });
  }

  private set(rows: readonly Row[], from: number, to: number): void {
    batch(() => {
      this.start.value = rows[stable(rows, from)]?.id ?? null;
      this.end.value = to >= rows.length ? null : (rows[stable(rows, to - 1)]?.id ?? null);
    });
  }
}

function indexOf(rows: readonly Row[], id: string): number {
  return rows.findIndex((row) => row.id === id);
}

/** The index at or after `index` of a row that stays when others come: separators may move or go. */
function stable(rows: readonly Row[], index: number): number {
  for (let at = index; at < rows.length; at += 1) {
    const kind = rows[at]?.kind;
    if (kind === "message" || kind === "event" || kind === "withheld") return at;
  }
  return Math.min(index, Math.max(0, rows.length - 1));
}
