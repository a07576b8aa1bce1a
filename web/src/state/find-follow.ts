import type { Signal } from "@preact/signals";
import { type Event, type EventsPage, type Quipu, QuipuError } from "@quipu/client";
import { after } from "./find.ts";
import type { FoundAnywhere } from "./find-all.ts";

/** Events asked for at once. */
const PAGE = 200;

/** Heads of conversations, as an inbox knew them at one time. */
type Heads = ReadonlyMap<string, number>;

/**
 * Keeps hits of many conversations as their messages are now. What is open says so itself; of the others the inbox tells that something happened,
 * and the events since then are read: never more than what is new in conversations with hits.
 */
export class Followed {
  /** How far each conversation with hits has been followed. */
  private readonly heads = new Map<string, number>();
  private readonly stops = new Map<string, () => void>();
  private readonly reading = new Set<string>();

  constructor(
    private readonly client: Quipu,
    private readonly hits: Signal<readonly FoundAnywhere[]>,
  ) {
    client.inbox.subscribe((event) => {
      if (event.type === "change") for (const id of this.heads.keys()) void this.read(id);
    });
  }

  /** Where conversations stand now. */
  mark(): Heads {
    return new Map(this.client.inbox.state.entries.map(({ id, head_seq }) => [id, head_seq]));
  }

  /** Follows hits that were asked for when conversations stood so. */
  follow(hits: readonly FoundAnywhere[], mark: Heads): void {
    for (const id of new Set(hits.map(({ conversation }) => conversation))) {
      if (!this.stops.has(id)) this.listen(id);
      // One that was not listed then is as it is listed now.
      const head = mark.get(id) ?? this.client.inbox.entry(id)?.head_seq;
      if (head === undefined) continue;
      this.heads.set(id, Math.min(head, this.heads.get(id) ?? head));
      void this.read(id);
    }
  }

  /** The hits are gone. */
  stop(): void {
    for (const stop of this.stops.values()) stop();
    this.stops.clear();
    this.heads.clear();
  }

  private listen(id: string): void {
    const conversation = this.client.conversation(id);
    const stop = conversation.subscribe((event) => {
      if (event.type === "event") this.apply(id, event.event);
      if (event.type === "change" && event.parts.has("messages")) this.drop(id, (seq) => conversation.state.hidden.has(seq));
    });
    this.stops.set(id, stop);
  }

  private apply(id: string, event: Event): void {
    this.hits.value = after(this.hits.peek(), event, ({ conversation }) => conversation === id);
  }

  private drop(id: string, gone: (seq: number) => boolean): void {
    const hits = this.hits.peek();
    const left = hits.filter(({ conversation, seq }) => conversation !== id || !gone(seq));
    if (left.length < hits.length) this.hits.value = left;
  }

  /** Reads what happened in a conversation since it was followed last. */
  private async read(id: string): Promise<void> {
    const head = this.heads.get(id);
    const entry = this.client.inbox.entry(id);
    // What is not listed was left, or is not listed yet: asking tells.
    if (head === undefined || this.reading.has(id) || (entry && entry.head_seq <= head)) return;
    this.reading.add(id);
    try {
      const page = await this.client.request<EventsPage>("GET", `/v1/conversations/${id}/events`, { query: { after: head, limit: PAGE } });
      // They may be hits of another search by now: what they say of a message is so all the same.
      for (const item of page.events) if (!("withheld" in item)) this.apply(id, item);
      if (!entry) this.heads.delete(id);
      else if (this.heads.has(id)) this.heads.set(id, page.events.length === 0 ? entry.head_seq : head + countOf(page));
    } catch (error) {
      if (error instanceof QuipuError && error.code === "not_a_member") this.drop(id, () => true);
      // Of what passes the next change of the list asks again.
      if (!(error instanceof QuipuError && error.retry)) this.heads.delete(id);
      return;
    } finally {
      this.reading.delete(id);
    }
    await this.read(id);
  }
}

/** How many events a page stands for: what one may not see comes as a range. */
function countOf({ events }: EventsPage): number {
  return events.reduce((count, item) => count + ("withheld" in item ? item.withheld.to - item.withheld.from + 1 : 1), 0);
}
