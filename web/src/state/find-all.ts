import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { Peer, Quipu, SearchAllPage } from "@quipu/client";
import { asTyped } from "../text/find.ts";
import { type Found, foundIn } from "./find.ts";
import { Followed } from "./find-follow.ts";

/** Who types on is not asked about every letter: each page asks many conversations. */
const PAUSE_MS = 400;

/** So many hits fill the list; while there are fewer, older ones are looked for unasked. */
const FEW = 8;

/** One letter of an alphabet finds nearly everything. */
const TOO_SHORT = /^[ -~]?$/u;

/** A message of any conversation that was found. */
export interface FoundAnywhere extends Found {
  readonly conversation: string;
}

/** What the words of the list's search field find besides the names of conversations: people, and messages of all conversations. */
export class FindAll {
  /** What is looked for; empty for nothing. */
  readonly query;
  readonly hits = signal<readonly FoundAnywhere[]>([]);
  readonly people = signal<readonly Peer[]>([]);
  /** `none` while nothing is looked for. */
  readonly status = signal<"none" | "asking" | "done" | "failed">("none");
  readonly error = signal<unknown>(null);
  /** Whether there may be more. */
  readonly more = computed(() => this.cursor.value !== undefined);
  private readonly cursor = signal<string | undefined>(undefined);
  private asking: AbortController | null = null;
  private readonly followed;

  /** `seen` hears of every page before it is shown. */
  constructor(
    private readonly client: Quipu,
    typed: ReadonlySignal<string>,
    private readonly seen: (page: SearchAllPage) => Promise<void>,
  ) {
    this.query = computed(() => {
      const text = typed.value.trim();
      return TOO_SHORT.test(text) ? "" : asTyped(typed.value.trimStart());
    });
    this.followed = new Followed(client, this.hits);
    effect(() => {
      const query = this.query.value;
      this.stop();
      this.followed.stop();
      batch(() => {
        this.hits.value = [];
        this.people.value = [];
        this.cursor.value = undefined;
        this.status.value = query === "" ? "none" : "asking";
      });
      if (query === "") return;
      const timer = setTimeout(() => void this.ask(query, undefined), PAUSE_MS);
      return () => clearTimeout(timer);
    });
  }

  /** Goes on to older hits, or asks again after a failure. */
  loadMore(): void {
    const query = this.query.peek();
    if (query !== "" && !this.asking && this.status.peek() !== "asking") void this.ask(query, this.cursor.peek());
  }

  private stop(): void {
    this.asking?.abort();
    this.asking = null;
  }

  private fills({ next }: SearchAllPage): boolean {
    return next !== undefined && this.hits.peek().length < FEW;
  }

  private async ask(query: string, cursor: string | undefined): Promise<void> {
    const asking = new AbortController();
    this.asking = asking;
    this.status.value = "asking";
    // What happens from here on is followed, however long the answer takes.
    const mark = this.followed.mark();
    try {
      const page = await this.client.search(query, { signal: asking.signal, ...(cursor !== undefined && { cursor }) });
      await this.seen(page);
      if (this.asking !== asking) return;
      batch(() => {
        const hits = page.hits.map((hit) => ({ ...foundIn(hit), conversation: hit.message.envelope.conv }));
        this.hits.value = [...this.hits.peek(), ...hits];
        this.followed.follow(hits, mark);
        if (cursor === undefined) this.people.value = page.people ?? [];
        this.cursor.value = page.next;
        if (!this.fills(page)) this.status.value = "done";
      });
      if (this.fills(page)) await this.ask(query, page.next);
    } catch (error) {
      if (this.asking !== asking) return;
      batch(() => {
        this.error.value = error;
        this.status.value = "failed";
      });
    } finally {
      if (this.asking === asking) this.asking = null;
    }
  }
}
