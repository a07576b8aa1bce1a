import { batch, computed, signal } from "@preact/signals";
import { type Conversation, type Event, QuipuError, type SearchPage } from "@quipu/client";
import { ANYTHING, filterCount, queryOf, type Wanted } from "../text/find.ts";
import { words } from "../text/said.ts";

/** Who types on is not asked about every letter; no more often than the server answers one person. */
const PAUSE_MS = 250;

/** A message that was found, as it stands now. */
export interface Found {
  readonly seq: number;
  readonly author: string;
  readonly at: number;
  /** Null where it is no text. */
  readonly text: string | null;
  readonly marks: SearchPage["hits"][number]["marks"];
}

/** A search for messages of one conversation: what is wanted, and what has been found of it so far. */
export class Find {
  /** Whether its panel is shown. */
  readonly open = signal(false);
  readonly wanted = signal<Wanted>(ANYTHING);
  readonly filters = computed(() => filterCount(this.wanted.value));
  /** Newest first. */
  readonly hits = signal<readonly Found[]>([]);
  /** Members whose name the words begin. */
  readonly people = signal<readonly string[]>([]);
  /** `none` while nothing is asked for. */
  readonly status = signal<"none" | "asking" | "done" | "failed">("none");
  readonly error = signal<unknown>(null);
  /** Whether there may be more. */
  readonly more = computed(() => this.cursor.value !== undefined);
  /** The hit that was gone to last. */
  readonly chosen = signal<number | null>(null);

  private readonly cursor = signal<string | undefined>(undefined);
  /** What the hits are an answer to, or are going to be. */
  private asked = "";
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking: AbortController | null = null;

  constructor(private readonly conversation: Conversation) {
    conversation.subscribe((event) => event.type === "event" && this.follow(event.event));
  }

  /** Changes what is wanted; it is looked for once that rests. */
  want(change: Partial<Wanted>): void {
    this.wanted.value = { ...this.wanted.peek(), ...change };
    clearTimeout(this.timer);
    if (this.waits()) this.timer = setTimeout(() => this.now(), PAUSE_MS);
  }

  /** Whether the hits are of what was wanted before. */
  waits(): boolean {
    return queryOf(this.wanted.peek()) !== this.asked;
  }

  /** Looks for what is wanted, at once. */
  now(): void {
    clearTimeout(this.timer);
    this.asked = queryOf(this.wanted.peek());
    this.asking?.abort();
    this.asking = null;
    if (this.asked !== "") {
      void this.ask(undefined);
      return;
    }
    batch(() => {
      this.take({ hits: [] }, false);
      this.status.value = "none";
    });
  }

  /** Goes on to older hits. */
  loadMore(): void {
    const cursor = this.cursor.peek();
    if (cursor !== undefined && !this.asking && this.status.peek() === "done") void this.ask(cursor);
  }

  /** Asks again after a failure. */
  again(): void {
    void this.ask(this.cursor.peek());
  }

  private async ask(cursor: string | undefined): Promise<void> {
    const asking = new AbortController();
    this.asking = asking;
    this.status.value = "asking";
    try {
      const page = await this.conversation.search(this.asked, { signal: asking.signal, ...(cursor !== undefined && { cursor }) });
      if (this.asking !== asking) return;
      batch(() => {
        this.take(page, cursor !== undefined);
        this.status.value = "done";
      });
    } catch (error) {
      if (this.asking !== asking) return;
      batch(() => {
        // What a query cannot mean it has not found.
        if (cursor === undefined) this.take({ hits: [] }, false);
        this.error.value = error;
        this.status.value = "failed";
      });
    } finally {
      if (this.asking === asking) this.asking = null;
    }
  }

  private take(page: SearchPage, further: boolean): void {
    const hits = page.hits.map(foundIn);
    this.hits.value = further ? [...this.hits.peek(), ...hits] : hits;
    if (!further) {
      this.people.value = page.people?.map(({ user }) => user) ?? [];
      this.chosen.value = null;
    }
    this.cursor.value = page.next;
  }

  /** What happens to a message meanwhile shows among the hits, too. */
  private follow(event: Event): void {
    this.hits.value = after(this.hits.peek(), event);
  }
}

/** Whether the server could not make sense of a query. */
export function notUnderstood(error: unknown): error is QuipuError {
  return error instanceof QuipuError && error.code === "invalid_value";
}

/** A hit as it is shown. */
export function foundIn({ message, edit, marks }: SearchPage["hits"][number]): Found {
  const { seq, actor, at } = message.envelope;
  return { seq, author: actor, at, text: textOf(edit ?? message), marks };
}

/** Hits of a conversation after one of its events: what was edited says something else, what was deleted is none. The same array where nothing changed. */
export function after<Hit extends Found>(hits: readonly Hit[], event: Event, isHere: (hit: Hit) => boolean = () => true): readonly Hit[] {
  const { type, ref } = event.envelope;
  if (type !== "message.deleted" && type !== "message.edited") return hits;
  const meant = (hit: Hit): boolean => hit.seq === ref && isHere(hit);
  if (!hits.some(meant)) return hits;
  if (type === "message.deleted") return hits.filter((hit) => !meant(hit));
  return hits.map((hit) => (meant(hit) ? { ...hit, text: textOf(event), marks: [] } : hit));
}

function textOf({ content }: Event): string | null {
  return words(content);
}
