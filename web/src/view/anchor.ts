/**
 * Keeps what is being read where it is while the list around it changes: older messages put in above, an edit that
 * makes a message longer, rows taken out far away. The browser's own scroll anchoring is off, because it does not
 * act at the very top and differs between browsers.
 */
export class ScrollAnchor {
  private element: HTMLElement | undefined;
  /** Where the element stood in the content, not on the screen: scrolling does not change it. */
  private top = 0;
  /** Where the list itself stood: a banner above it pushes it down. */
  private listTop = 0;

  /** Takes note of the first message that begins on the screen. */
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
    if (this.element) this.top = contentTop(this.element, scroller);
  }

  /** Scrolls by as much as the noted message has moved. */
  restore(scroller: HTMLElement): void {
    if (!this.element?.isConnected) return;
    const top = contentTop(this.element, scroller);
    const listTop = scroller.getBoundingClientRect().top;
    const moved = top - this.top + (listTop - this.listTop);
    this.top = top;
    this.listTop = listTop;
    if (Math.abs(moved) >= 0.5) scroller.scrollTop += moved;
  }
}

function contentTop(element: HTMLElement, scroller: HTMLElement): number {
  return element.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop;
}
