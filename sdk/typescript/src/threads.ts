import type { Conversation } from "./conversation.ts";
import { Listeners } from "./listeners.ts";
import type { Message } from "./messages.ts";
import type { ConversationEvent } from "./state.ts";
import type { Event, FollowedThread, Thread as WireThread, ThreadPage, ThreadPlace, ThreadsPage } from "./wire.ts";

/** How many authors of replies a thread shows. */
const PARTICIPANTS = 3;

/** How a thread stands. Never changed in place; the same object until something changes. */
export interface Thread {
  /** The message it began with. */
  readonly root: number;
  /** Replies that stand. */
  readonly count: number;
  /** Number of the last reply, those deleted since included. */
  readonly n: number;
  /** The last reply, 0 where there is none, and when it came. */
  readonly last: number;
  readonly lastAt: number;
  /** Who replied last, the latest first, at most three. */
  readonly participants: readonly string[];
  readonly following: boolean;
  /** Number of the last reply you have read, while you follow. */
  readonly readN: number;
  /** Replies you have not read, while you follow. */
  readonly unread: number;
}

/** One thread, to be shown. */
export interface ThreadView {
  /** The message it began with; null until it is loaded. */
  readonly message: Message | null;
  readonly thread: Thread;
  /** Replies that are held, ascending; your unsent ones last. */
  readonly replies: readonly Message[];
  /** Whether older replies can be loaded. */
  readonly hasMore: boolean;
}

/** A thread you follow, as the server lists it. */
export interface Followed {
  readonly thread: Thread;
  /** The message it began with. */
  readonly message: Message | null;
}

interface Loaded {
  /** How it stood … */
  thread: WireThread;
  /** … after this event. */
  head: number;
  /** Replies from this seq on are held; null before any was loaded. */
  from: number | null;
  more: boolean;
  /** Replies up to `head` that were deleted since. */
  deleted: Set<number>;
}

/**
 * The threads of one conversation. Those whose first message is held follow from the events that are held; of others pages are loaded.
 *
 * One for a handle is enough, for as long as the handle is used.
 */
export class Threads {
  /** Calls back when something changed; the answer takes the listener away again. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly #conversation: Conversation;
  readonly #listeners = new Listeners<void>();
  readonly #loaded = new Map<number, Loaded>();
  readonly #shown = new Map<number, Thread>();
  /** Read further than the server has said, by root. */
  readonly #reads = new Map<number, { seq: number; n: number }>();
  readonly #unsubscribe: () => void;
  #groups: { of: readonly Message[]; byRoot: Map<number, Message[]> } = { of: [], byRoot: new Map() };

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
    this.subscribe = this.#listeners.add;
    this.#unsubscribe = conversation.subscribe((event) => this.#heard(event));
  }

  /** Stops listening. */
  close(): void {
    this.#unsubscribe();
  }

  /** The threads of messages that are held and have replies, or are followed. */
  all(): ReadonlyMap<number, Thread> {
    const { places, first } = this.#conversation.state;
    const roots = new Set([...this.#byRoot.keys(), ...[...places.values()].filter((place) => place.following).map((place) => place.root)]);
    return new Map([...roots].filter((root) => first > 0 && root >= first).map((root) => [root, this.of(root)]));
  }

  /** How one thread stands, as far as is known. */
  of(root: number): Thread {
    const next = this.#stands(root);
    const held = this.#shown.get(root);
    if (held && same(held, next)) return held;
    this.#shown.set(root, next);
    return next;
  }

  /** One thread with its replies. `load()` brings what is not held. */
  view(root: number): ThreadView {
    const loaded = this.#loaded.get(root);
    const covered = this.#covers(root);
    const replies = this.#byRoot.get(root) ?? [];
    // A reply that came live lies behind a stretch that is not loaded.
    const from = covered ? 0 : (loaded?.from ?? this.#conversation.state.first);
    return {
      message: this.#conversation.message(root),
      thread: this.of(root),
      replies: replies.filter((message) => message.seq === null || message.seq >= from),
      hasMore: !covered && (loaded?.more ?? true),
    };
  }

  /** Loads the last replies of a thread, then older ones. Nothing is asked where everything is held. */
  async load(root: number, limit = 50): Promise<{ loaded: number; more: boolean }> {
    const held = this.#loaded.get(root);
    if (this.#covers(root) || held?.more === false) return { loaded: 0, more: false };
    const query = { thread: root, limit, before: held?.from ?? undefined };
    const page = await this.#conversation.request<ThreadPage>("GET", "/messages", { query });
    this.#take(page.thread, page.head, { from: page.events[0]?.envelope.seq ?? held?.from ?? root, more: page.more });
    this.#conversation.adopt(page.epoch, [page.root, ...page.events, ...page.changes]);
    return { loaded: page.events.length, more: page.more };
  }

  /** The threads you follow, the one with the latest reply first; `next`, passed as `before`, leads on. */
  async list(options: { before?: number; unread?: boolean; limit?: number } = {}): Promise<{ threads: Followed[]; next: number | null }> {
    const { before, unread, limit } = options;
    const query = { before, unread: unread === undefined ? undefined : String(unread), limit };
    const page = await this.#conversation.request<ThreadsPage>("GET", "/threads", { query });
    for (const each of page.threads) this.#take(each.thread, page.head);
    this.#conversation.adopt(page.epoch, page.threads.flatMap(events));
    const threads = page.threads.map(({ thread: { root } }) => ({ thread: this.of(root), message: this.#conversation.message(root) }));
    return { threads, next: page.next ?? null };
  }

  /** Follows a thread, or no longer. */
  async follow(root: number, following: boolean): Promise<void> {
    this.#conversation.place(await this.#conversation.request<ThreadPlace>("PUT", `/threads/${root}`, { body: { following } }));
  }

  /** The person has seen the thread up to this reply; without a seq, up to the last. Tells the server at once, or as soon as it is reached. */
  markRead(root: number, seq?: number): void {
    const { following, readN, n, last } = this.of(root);
    const upTo = seq ?? last;
    const number = seq === undefined ? n : (this.#conversation.message(seq)?.threadN ?? 0);
    if (!following || number <= readN) return;
    this.#reads.set(root, { seq: upTo, n: number });
    this.#conversation.say({ t: "read", seq: upTo, thread: root });
    this.#listeners.emit();
  }

  get #byRoot(): Map<number, Message[]> {
    const { replies } = this.#conversation.state;
    if (this.#groups.of !== replies) {
      const byRoot = new Map<number, Message[]>();
      for (const message of replies) {
        const root = message.thread as number;
        byRoot.set(root, [...(byRoot.get(root) ?? []), message]);
      }
      this.#groups = { of: replies, byRoot };
    }
    return this.#groups.byRoot;
  }

  /** Whether every reply there is is held, because everything since the first message is. */
  #covers(root: number): boolean {
    const { first } = this.#conversation.state;
    return first > 0 && root >= first;
  }

  #stands(root: number): Thread {
    const loaded = this.#covers(root) ? undefined : this.#loaded.get(root);
    const head = loaded?.head ?? 0;
    const base: Omit<WireThread, "root"> = loaded?.thread ?? { n: 0, count: 0, last: 0, last_at: 0, participants: [] };
    const newer = (this.#byRoot.get(root) ?? []).filter((message) => message.seq !== null && message.threadN !== null && message.seq > head);
    const last = newer.at(-1);
    const authors = [...newer.map((message) => message.author as string).reverse(), ...base.participants];
    const n = Math.max(base.n, last?.threadN ?? 0);
    const place = this.#conversation.state.places.get(root) ?? (loaded ? { following: loaded.thread.following ?? false, read_n: loaded.thread.read_n ?? 0 } : undefined);
    const following = place?.following ?? false;
    const readN = following ? Math.max(place?.read_n ?? 0, this.#reads.get(root)?.n ?? 0) : 0;
    return {
      root,
      n,
      count: base.count - (loaded?.deleted.size ?? 0) + newer.filter((message) => !message.deleted).length,
      last: last?.seq ?? base.last,
      lastAt: last?.at ?? base.last_at,
      participants: [...new Set(authors)].slice(0, PARTICIPANTS),
      following,
      readN,
      // What one deleted for oneself is held no longer, and the server says how many were unread.
      unread: following ? Math.max(0, base.n - readN - (base.hidden_unread ?? 0)) + newer.filter((message) => (message.threadN as number) > Math.max(readN, base.n)).length : 0,
    };
  }

  #take(thread: WireThread, head: number, page?: { from: number; more: boolean }): void {
    const held = this.#loaded.get(thread.root);
    const newer = !held || head >= held.head;
    const deleted = newer ? new Set<number>() : held.deleted;
    this.#loaded.set(thread.root, { thread: newer ? thread : held.thread, head: newer ? head : held.head, from: page?.from ?? held?.from ?? null, more: page?.more ?? held?.more ?? true, deleted });
  }

  #heard(event: ConversationEvent): void {
    if (event.type === "reset") {
      for (const each of [this.#loaded, this.#shown, this.#reads]) each.clear();
    } else if (event.type === "event") {
      this.#deleted(event.event);
    } else if (event.type === "change") {
      const { places, connection } = this.#conversation.state;
      for (const [root, { seq, n }] of this.#reads) {
        if ((places.get(root)?.read_n ?? 0) >= n || places.get(root)?.following === false) this.#reads.delete(root);
        else if (event.parts.has("connection") && connection === "online") this.#conversation.say({ t: "read", seq, thread: root });
      }
      this.#listeners.emit();
    }
  }

  #deleted({ envelope: { type, thread, ref, seq } }: Event): void {
    const loaded = thread === undefined ? undefined : this.#loaded.get(thread);
    if (type === "message.deleted" && loaded && ref !== undefined && seq > loaded.head && ref <= loaded.head) {
      loaded.deleted.add(ref);
      this.#listeners.emit();
    }
  }
}

function events({ root, edit }: FollowedThread): Event[] {
  return edit ? [root, edit] : [root];
}

function same(a: Thread, b: Thread): boolean {
  const { participants: left, ...one } = a;
  const { participants: right, ...two } = b;
  return left.join() === right.join() && (Object.keys(one) as (keyof typeof one)[]).every((key) => one[key] === two[key]);
}
