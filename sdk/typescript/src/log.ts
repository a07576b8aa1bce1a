import type { Event, Item } from "./wire.ts";

/** Whether an item holds a range this reader may not see. */
export function isWithheld(item: Item): item is { withheld: { from: number; to: number }; hidden?: boolean } {
  return "withheld" in item;
}
export function firstOf(item: Item): number {
  return isWithheld(item) ? item.withheld.from : item.envelope.seq;
}
export function lastOf(item: Item): number {
  return isWithheld(item) ? item.withheld.to : item.envelope.seq;
}

/** What stands in the place of an event that you deleted for yourself. */
export function hiddenAt(seq: number): Item {
  return { withheld: { from: seq, to: seq }, hidden: true };
}

/** Events whose content goes with the message they are about. */
const ALL = /edited|added|previewed/;

/** The events held: one contiguous stretch of the order, checked at both ends, whatever the server sends. */
export class Log {
  /** Ascending and contiguous. */
  items: Item[] = [];
  /** The seq before the first item. */
  after = 0;
  /** The last seq held; `after` when nothing is. */
  last = 0;
  /** Whether `after` and `last` are a cursor yet. */
  placed = false;
  received = 0;
  repeated = 0;
  holes = 0;
  #digest: { after: number; last: number; lanes: Lanes } = { after: 0, last: 0, lanes: SEED };

  /** The lowest seq held, 0 when nothing is. */
  get first(): number {
    return this.items.length === 0 ? 0 : this.after + 1;
  }

  /** Starts over behind this seq. */
  place(after: number): void {
    this.clear();
    this.after = after;
    this.last = after;
    this.placed = true;
  }

  /** Holds nothing, not even a cursor. The counters go on. */
  clear(): void {
    this.items = [];
    this.after = 0;
    this.last = 0;
    this.placed = false;
    this.#digest = { after: 0, last: 0, lanes: SEED };
  }

  /** Adds an item at the end, unless it is there already or does not follow. */
  append(item: Item): "new" | "repeated" | "hole" {
    this.received += 1;
    if (lastOf(item) <= this.last) {
      this.repeated += 1;
      return "repeated";
    }
    if (firstOf(item) !== this.last + 1) {
      this.holes += 1;
      return "hole";
    }
    this.items.push(item);
    this.last = lastOf(item);
    return "new";
  }

  /** Adds a page of older items in front. False when it does not end where this begins, or has a hole itself. */
  prepend(page: readonly Item[]): boolean {
    const older = page.filter((item) => firstOf(item) <= this.after);
    const end = older.at(-1);
    if (!end) return false;
    if (isWithheld(end) && end.withheld.to > this.after) older[older.length - 1] = { ...end, withheld: { from: end.withheld.from, to: this.after } };
    let next = firstOf(older[0] as Item);
    const start = next;
    for (const item of older) {
      if (firstOf(item) !== next) return false;
      next = lastOf(item) + 1;
    }
    if (next !== this.after + 1) return false;
    this.items = [...older, ...this.items];
    this.after = start - 1;
    return true;
  }

  /** Lets go of the content of a message, its edits, previews and the reactions to it, or of some of these. Their envelopes stay, and with them order and proofs. */
  erase(message: number, parts = ALL): void {
    this.items = this.items.map((item) => {
      if (isWithheld(item) || item.content === null) return item;
      const { seq, type, ref } = item.envelope;
      const erased = parts.test(type) ? ref === message : parts === ALL && seq === message;
      return erased ? { ...item, content: null, salt: null } : item;
    });
  }

  /** Lets go of the content of one event. */
  eraseOne(seq: number): void {
    const index = this.#indexOf(seq);
    const item = this.items[index];
    if (item && !isWithheld(item) && item.envelope.seq === seq) this.items[index] = { ...item, content: null, salt: null };
  }

  /** Lets go of events of which nothing is to be shown; their places stay. */
  hide(which: (item: Item) => boolean): void {
    this.items = this.items.map((item) => (which(item) ? hiddenAt(firstOf(item)) : item));
    this.#digest = { after: 0, last: 0, lanes: SEED };
  }

  /** The event at or next below a seq. */
  at(seq: number): Event | null {
    for (let index = this.#indexOf(seq); index >= 0; index -= 1) {
      const item = this.items[index] as Item;
      if (!isWithheld(item)) return item;
    }
    return null;
  }

  /** Numbers missing between the first and the last item, counted anew. */
  lost(): number {
    let next = this.after + 1;
    let lost = 0;
    for (const item of this.items) {
      lost += Math.max(0, firstOf(item) - next);
      next = lastOf(item) + 1;
    }
    return lost + Math.max(0, this.last + 1 - next);
  }

  /** A digest of seq, key and type of every event from one seq to another: equal where two readers saw the same order. */
  digest(from: number, to: number): string {
    // Kept along for the whole stretch, which grows at its end.
    const whole = from === this.after + 1 && to === this.last;
    const keep = whole && this.#digest.after === this.after && this.#digest.last >= this.after;
    let lanes = keep ? this.#digest.lanes : SEED;
    const begin = keep ? this.#digest.last + 1 : from;
    for (let index = Math.max(0, this.#indexOf(begin)); index < this.items.length; index += 1) {
      const item = this.items[index] as Item;
      if (firstOf(item) > to) break;
      if (lastOf(item) < begin) continue;
      const text = isWithheld(item)
        ? `${Math.max(from, item.withheld.from)}-${Math.min(to, item.withheld.to)}\n`
        : `${item.envelope.seq} ${item.envelope.key} ${item.envelope.type}\n`;
      lanes = mix(lanes, text);
    }
    if (whole) this.#digest = { after: this.after, last: this.last, lanes };
    return lanes.map((lane) => (lane >>> 0).toString(16).padStart(8, "0")).join("");
  }

  /** Index of the item that holds a seq, or of the last one below it; -1 when it lies before all. */
  #indexOf(seq: number): number {
    let low = 0;
    let high = this.items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (firstOf(this.items[middle] as Item) <= seq) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

type Lanes = readonly [number, number];
const SEED: Lanes = [0x811c9dc5, 0x9dc5811c];

/** Two lanes of 32-bit FNV-1a from different seeds: not for security (that is what the Merkle root is for), quick enough for every event. */
function mix([a, b]: Lanes, text: string): Lanes {
  let [left, right] = [a, b];
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    left = Math.imul(left ^ unit, 0x01000193);
    right = Math.imul(right ^ unit ^ (left >>> 24), 0x01000193);
  }
  return [left, right];
}
