import { signal } from "@preact/signals";
import { Heights } from "../state/heights.ts";
import type { Row } from "../state/rows.ts";
import { drawnRange, type Place, type Range, type Stretch, stretches, suffices } from "../state/window.ts";
import { ScrollAnchor } from "./anchor.ts";

/** Within this distance of the foot, in pixels, the list follows new messages. */
const NEAR_FOOT = 48;

/** Where a row is to be brought: its top so far below that of the screen, or into the middle; `focus` gives it the focus. */
export type Aim = { readonly id: string; readonly to: number | "centre" | "nearest"; readonly focus?: boolean };

/**
 * Which rows of a long list are drawn, and what of it is on the screen. The component that draws the list asks for the
 * stretches, draws them, and calls `settle` before they are painted.
 */
export class ListScroll {
  readonly heights = new Heights();
  /** Grows when other rows are to be drawn: read it to be rendered again. */
  readonly version = signal(0);
  scroller: HTMLElement | null = null;
  /** Holds the head, then the rows and the room between them. */
  content: HTMLElement | null = null;
  /** The newest message stands at the foot, whatever comes. */
  stick = true;
  private readonly anchor = new ScrollAnchor();
  private range: Range = { from: 0, to: 0 };
  private drawn: readonly Stretch[] = [];
  /** What is on the screen where no row has been drawn yet. */
  private blank: Place | null = null;
  private aim: Aim | null = null;
  private top = 0;

  /** What to draw of these rows; `also` is a row that is drawn wherever it stands. */
  draw(rows: readonly Row[], also: string | null): readonly Stretch[] {
    void this.version.value;
    this.heights.follow(rows);
    const extra = also === null ? -1 : this.heights.indexOf(also);
    this.range = drawnRange(this.heights, this.place(), this.viewHeight());
    this.drawn = stretches(this.heights, this.range, extra);
    return this.drawn;
  }

  /** Whether the newest row is drawn. */
  get atEnd(): boolean {
    return this.range.to === this.heights.count;
  }

  /** Whether a row is still to be brought on the screen, so that what is there now means nothing. */
  get aiming(): boolean {
    return this.aim !== null;
  }

  /** Rows that are drawn because they are on the screen or near it. */
  get near(): Range {
    return this.range;
  }

  /** How far the list is scrolled from its foot, in pixels. */
  get fromFoot(): number {
    const element = this.scroller;
    return element ? element.scrollHeight - element.scrollTop - element.clientHeight : 0;
  }

  viewHeight(): number {
    return this.scroller?.clientHeight ?? innerHeight;
  }

  private place(): Place | null {
    if (this.aim) {
      const { id, to } = this.aim;
      return { id, top: typeof to === "number" ? to : this.viewHeight() / 2 };
    }
    if (this.stick || !this.scroller) return null;
    return this.blank ?? this.anchor.place(this.scroller);
  }

  /** Brings a row on the screen, when it has been drawn. */
  bring(aim: Aim): void {
    this.stick = false;
    this.aim = aim;
    this.version.value += 1;
  }

  /** The newest message at the foot. */
  toFoot(): void {
    this.stick = true;
    this.aim = null;
    this.blank = null;
    this.version.value += 1;
  }

  /** Puts the scroll where it belongs after anything has changed, before it is painted. */
  settle(): void {
    const element = this.scroller;
    if (!element || this.refit()) return;
    if (this.aim && this.reach(element, this.aim)) this.aim = null;
    else if (this.aim) return;
    else {
      // A focus that moves scrolls at once, and the list hears of it later: what it scrolled to must not be lost. Without one it is the room
      // around the list that changed, as when the composer gives way to a word and comes back.
      if (this.stick && element.scrollTop < this.top && element.contains(document.activeElement)) this.look();
      this.hold();
    }
    this.look();
  }

  /** The list or something in it has another size. */
  resized(): void {
    if (this.refit() || this.aim) return;
    this.hold();
    this.look();
  }

  private hold(): void {
    const element = this.scroller;
    if (!element) return;
    if (this.stick) element.scrollTop = element.scrollHeight;
    else this.anchor.restore(element);
  }

  private reach(element: HTMLElement, { id, to, focus }: Aim): boolean {
    const row = this.row(id);
    if (!row) return this.heights.indexOf(id) === -1;
    if (typeof to === "number") element.scrollTop += row.getBoundingClientRect().top - element.getBoundingClientRect().top - to;
    else row.scrollIntoView({ block: to === "centre" ? "center" : "nearest" });
    if (focus) row.focus({ preventScroll: true });
    return true;
  }

  /** A row's element, if it is drawn. */
  row(id: string): HTMLElement | null {
    return this.content?.querySelector<HTMLElement>(`:scope > [data-id="${CSS.escape(id)}"]`) ?? null;
  }

  /** Looks at what is on the screen, and has other rows drawn where that is needed. Resolves what `stick` is. */
  look(): void {
    const element = this.scroller;
    if (!element) return;
    const viewHeight = element.clientHeight;
    this.top = element.scrollTop;
    const start = this.start(element);
    const edges = { top: start + this.heights.top(this.range.from), bottom: start + this.heights.top(this.range.to) };
    this.stick = this.atEnd && this.aim === null && this.fromFoot < NEAR_FOOT;
    if (edges.bottom > 0 && edges.top < viewHeight) {
      this.blank = null;
      this.anchor.record(element);
    } else if (this.heights.count > 0) {
      const index = this.heights.at(-start);
      this.anchor.release();
      this.blank = { id: this.heights.id(index) ?? "", top: start + this.heights.top(index) };
    }
    if (!suffices(this.range, this.heights.count, edges, viewHeight)) this.version.value += 1;
  }

  /** Where the first row begins, below the top of the screen. */
  private start(element: HTMLElement): number {
    const head = this.content?.firstElementChild;
    return head ? head.getBoundingClientRect().bottom - element.getBoundingClientRect().top : 0;
  }

  /** Measures what is drawn. Whether all is to be drawn again first: at another width the room of what is not drawn is another, too. */
  private refit(): boolean {
    const width = this.content?.clientWidth ?? 0;
    const other = width > 0 && this.heights.fit(width);
    if (other) this.version.value += 1;
    this.measure();
    return other;
  }

  private measure(): void {
    let index = 0;
    const drawn = this.drawn.flatMap((stretch) => (stretch.kind === "rows" ? Array.from({ length: stretch.to - stretch.from }, (_, at) => stretch.from + at) : []));
    for (const element of this.content?.children ?? []) {
      if (!element.classList.contains("row")) continue;
      const at = drawn[index];
      index += 1;
      if (at === undefined) return;
      const { marginTop, marginBottom } = getComputedStyle(element);
      this.heights.measure(at, element.getBoundingClientRect().height + Number.parseFloat(marginTop) + Number.parseFloat(marginBottom));
    }
  }
}
