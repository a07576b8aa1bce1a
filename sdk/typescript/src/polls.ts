/** Polls, an entry point of its own: most pages show none. */
import type { Conversation } from "./conversation.ts";
import { Listeners } from "./listeners.ts";
import type { ConversationEvent } from "./state.ts";
import type { Ack, Poll as WirePoll, PollResults, PollsPage, PollTerms, VotesPage } from "./wire.ts";

/** Polls asked for in one request. */
const ASKED = 50;
/** The longest a timer can wait. */
const LONGEST_MS = 0x7fff_ffff;

/** A poll as it stands. Never changed in place; the same object until something changes. */
export interface Poll {
  /** The message that it is. */
  readonly seq: number;
  readonly terms: PollTerms;
  /** How many chose each option, your vote on its way included. */
  readonly counts: readonly number[];
  /** How many have a vote. */
  readonly voters: number;
  /** What you chose: numbers of options from 1, ascending. */
  readonly own: readonly number[];
  /** Your vote is on its way. */
  readonly saving: boolean;
  /** No vote counts any more: closed by hand, or its time is over. */
  readonly closed: boolean;
}

interface Known {
  readonly terms: PollTerms;
  results: PollResults;
  own: readonly number[];
  /** The version that `own` was told with. */
  ownVersion: number;
}

/**
 * The polls of one conversation: those that are watched are loaded, and kept as they stand for as long as the conversation is open.
 *
 * One for a handle is enough, for as long as the handle is used.
 */
export class Polls {
  /** Calls back when a poll changed; the answer takes the listener away again. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly #conversation: Conversation;
  readonly #listeners = new Listeners<void>();
  readonly #known = new Map<number, Known>();
  readonly #shown = new Map<number, Poll>();
  /** How many watch each poll. */
  readonly #watched = new Map<number, number>();
  readonly #due = new Set<number>();
  readonly #saving = new Map<number, readonly number[]>();
  readonly #turns = new Map<number, Promise<unknown>>();
  readonly #unsubscribe: () => void;
  #online = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
    this.subscribe = this.#listeners.add;
    this.#online = conversation.state.connection === "online";
    this.#unsubscribe = conversation.subscribe((event) => this.#heard(event));
  }

  /** Stops listening. */
  close(): void {
    clearTimeout(this.#timer);
    this.#unsubscribe();
  }

  /** A poll as far as it is known; null before it is loaded, and where there is none. */
  of(seq: number): Poll | null {
    const known = this.#known.get(seq);
    if (!known) return null;
    const next = view(known, this.#saving.get(seq), this.#conversation.serverNow());
    const shown = this.#shown.get(seq);
    if (shown && same(shown, next)) return shown;
    this.#shown.set(seq, next);
    return next;
  }

  /** Loads a poll and keeps it as it stands, until the answer is called. */
  watch(seq: number): () => void {
    const before = this.#watched.get(seq) ?? 0;
    this.#watched.set(seq, before + 1);
    if (before === 0) this.#want([seq]);
    let over = false;
    return () => {
      if (over) return;
      over = true;
      const left = (this.#watched.get(seq) ?? 1) - 1;
      if (left > 0) this.#watched.set(seq, left);
      else this.#watched.delete(seq);
    };
  }

  /** Loads polls now. Those that are none, or that you cannot read, are left out. */
  async load(seqs: readonly number[]): Promise<void> {
    for (let from = 0; from < seqs.length; from += ASKED) {
      const asked = seqs.slice(from, from + ASKED);
      const page = await this.#conversation.request<PollsPage>("GET", "/polls", { query: { seqs: asked.join(",") } });
      const found = new Set(page.polls.map(({ results }) => results.seq));
      for (const seq of asked) if (!found.has(seq)) this.#forget(seq);
      for (const poll of page.polls) this.#take(poll);
    }
    this.#changed();
  }

  /**
   * Votes, votes otherwise, or takes your vote back with no choice. It shows at once; resolves when it is stored and throws `QuipuError` where it is
   * refused. Votes of one poll go out one after another, so that the last one counts.
   */
  vote(seq: number, choices: readonly number[]): Promise<void> {
    const wanted = [...choices].sort((a, b) => a - b);
    this.#saving.set(seq, wanted);
    this.#changed();
    const vote = (this.#turns.get(seq) ?? Promise.resolve()).catch(() => undefined).then(() => this.#vote(seq, wanted));
    this.#turns.set(seq, vote);
    const over = (): void => {
      if (this.#turns.get(seq) === vote) this.#turns.delete(seq);
    };
    vote.then(over, over);
    return vote;
  }

  async #vote(seq: number, choices: readonly number[]): Promise<void> {
    try {
      await this.#conversation.request<Ack>("POST", `/polls/${seq}/votes`, { body: { choices } });
      // The socket may have told already.
      if (this.#known.get(seq)?.own.join() !== choices.join()) await this.load([seq]).catch(() => undefined);
    } finally {
      if (this.#saving.get(seq) === choices) this.#saving.delete(seq);
      this.#changed();
    }
  }

  /** Closes a poll for good. For its author and for moderators. */
  async end(seq: number): Promise<void> {
    await this.#conversation.request<Ack>("POST", `/polls/${seq}/close`);
    await this.load([seq]);
  }

  /** Who voted for what, by user id; `next` of a page is the `after` of the one that follows. Throws `poll_anonymous` where nobody is told. */
  votes(seq: number, options: { option?: number; after?: string; limit?: number } = {}): Promise<VotesPage> {
    return this.#conversation.request("GET", `/polls/${seq}/votes`, { query: options });
  }

  #heard(event: ConversationEvent): void {
    if (event.type === "frame" && event.frame.t === "polls") {
      for (const results of event.frame.polls) this.#lay(results);
      this.#changed();
    } else if (event.type === "reset") {
      for (const each of [this.#known, this.#shown, this.#saving]) each.clear();
      this.#want([...this.#watched.keys()]);
      this.#changed();
    } else if (event.type === "change" && event.parts.has("connection")) {
      const before = this.#online;
      this.#online = this.#conversation.state.connection === "online";
      // What moved meanwhile was told to those who were there.
      if (this.#online && !before) this.#want([...this.#watched.keys()]);
    } else if (event.type === "event" && event.event.envelope.type === "message.deleted") {
      if (this.#forget(event.event.envelope.ref ?? 0)) this.#changed();
    }
  }

  /** Loads what is asked for in one turn by one request. */
  #want(seqs: readonly number[]): void {
    const first = this.#due.size === 0;
    for (const seq of seqs) this.#due.add(seq);
    if (!first || this.#due.size === 0) return;
    queueMicrotask(() => {
      const due = [...this.#due];
      this.#due.clear();
      // Offline: the next connection asks again.
      this.load(due).catch(() => undefined);
    });
  }

  #take({ terms, results }: WirePoll): void {
    const held = this.#known.get(results.seq);
    if (!held) this.#known.set(results.seq, { terms, results, own: results.own ?? [], ownVersion: results.version });
    else this.#lay(results);
  }

  /** Answers and frames may overtake each other: the higher version is the newer. */
  #lay(results: PollResults): void {
    const held = this.#known.get(results.seq);
    if (!held) return;
    if (results.version >= held.results.version) held.results = results;
    if (results.own && results.version >= held.ownVersion) [held.own, held.ownVersion] = [results.own, results.version];
  }

  #forget(seq: number): boolean {
    this.#shown.delete(seq);
    return this.#known.delete(seq);
  }

  #changed(): void {
    this.#plan();
    this.#listeners.emit();
  }

  /** Sees the next watched poll close when its time has come. */
  #plan(): void {
    clearTimeout(this.#timer);
    const now = this.#conversation.serverNow();
    const ends = [...this.#watched.keys()].map((seq) => this.#known.get(seq)?.terms.closes_at ?? 0).filter((at) => at > now);
    if (ends.length > 0) this.#timer = setTimeout(() => this.#changed(), Math.min(Math.min(...ends) - now + 1, LONGEST_MS));
  }
}

function view({ terms, results, own }: Known, saving: readonly number[] | undefined, now: number): Poll {
  const { seq, version: _, counts, voters, closed = false } = results;
  const shown = saving ?? own;
  const has = (choices: readonly number[], option: number): number => Number(choices.includes(option));
  return {
    seq,
    terms,
    counts: Array.from({ length: terms.options }, (_each, index) => (counts[index] ?? 0) - has(own, index + 1) + has(shown, index + 1)),
    voters: voters - Number(own.length > 0) + Number(shown.length > 0),
    own: shown,
    saving: saving !== undefined,
    closed: closed || (terms.closes_at !== undefined && terms.closes_at !== null && terms.closes_at <= now),
  };
}

function same(a: Poll, b: Poll): boolean {
  return a.counts.join() === b.counts.join() && a.own.join() === b.own.join() && a.voters === b.voters && a.saving === b.saving && a.closed === b.closed && a.terms === b.terms;
}
