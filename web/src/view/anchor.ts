import type { Place } from "../state/window.ts";

/**
 * Keeps what is being read where it is while the list around it changes: older messages put in above, an edit that
 * makes a message longer, rows taken out far away. The browser's own scroll anchoring is off, because it does not
 * act at the very top and differs between browsers.
 */
export class ScrollAnchor {
  private element: HTMLElement | undefined;
  /** Where the element stood in the content, not on the screen: scrolling does not change it. */
  private top = 0;
  /** How far the list was scrolled then. */
  private scrolled = 0;
  /** Where the list itself stood: a banner above it pushes it down. */
  private listTop = 0;

  /** Takes note of the first row that begins on the screen. */
  record(scroller: HTMLElement): void {
    const edge = scroller.getBoundingClientRect().top;
    const rows = scroller.querySelectorAll<HTMLElement>("[data-anchor]");
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = rows[middle];
      if (row && row.getBoundingClientRect().top < edge) low = middle + 1;
      else high = middle;
    }
    this.element = rows[low] ?? rows[rows.length - 1];
    this.listTop = edge;
    this.scrolled = scroller.scrollTop;
    if (this.element) this.top = contentTop(this.element, scroller);
  }

  /** Lets go: what is on the screen has not been drawn yet. */
  release(): void {
    this.element = undefined;
  }

  /** The row noted, and where it stands on the screen now. */
  place(scroller: HTMLElement): Place | null {
    const row = this.element?.closest<HTMLElement>("[data-id]");
    const id = row?.dataset["id"];
    return row?.isConnected && id !== undefined ? { id, top: row.getBoundingClientRect().top - scroller.getBoundingClientRect().top } : null;
  }

  /** Scrolls by as much as the noted row has moved. */
  restore(scroller: HTMLElement): void {
    if (!this.element?.isConnected) return;
    const top = contentTop(this.element, scroller);
    const listTop = scroller.getBoundingClientRect().top;
    const moved = top - this.top + (listTop - this.listTop);
    // In a list that became shorter than this the browser scrolled to the end by itself.
    const end = scroller.scrollHeight - scroller.clientHeight;
    const cut = scroller.scrollTop >= end - 1 ? Math.max(0, this.scrolled - end) : 0;
    this.top = top;
    this.listTop = listTop;
    if (Math.abs(moved) >= 0.5) scroller.scrollTop += cut + moved;
    this.scrolled = scroller.scrollTop;
  }
}

function contentTop(element: HTMLElement, scroller: HTMLElement): number {
  return element.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop;
}
