import type { Quipu } from "./client.ts";
import { type QuipuError, toQuipuError } from "./errors.ts";
import { Listeners } from "./listeners.ts";
import type { Event, SavedChange, SavedMessage, SavedPage, SavedSeqs } from "./wire.ts";

/** Largest page the server gives. */
const MOST = 50;
const PAGE = 20;

/** A saved message, as you may see it now. Never changed in place. */
export interface Saved {
  readonly conversation: string;
  readonly seq: number;
  /** When it was saved, Unix milliseconds. */
  readonly savedAt: number;
  /** Null where it is gone: deleted, or no longer one you can read. Also while its conversation does not answer. */
  readonly message: { readonly author: string; readonly at: number; readonly content: Event["content"]; readonly edited: boolean } | null;
  /** Its conversation did not answer: load again later. */
  readonly unavailable: boolean;
}

/** What is saved, what was saved last first. Never changed in place. */
export interface SavedList {
  readonly saved: readonly Saved[];
  /** Whether the first page is here. */
  readonly ready: boolean;
  /** Whether more can be loaded. */
  readonly hasMore: boolean;
  /** How many are saved in all, as far as is known. */
  readonly count: number;
  /** Why it could not be loaded last. */
  readonly error: QuipuError | null;
}

/** Something held, as of a version of what is saved. */
interface Held {
  version: number;
  loading: Promise<void> | null;
}

interface Pages extends Held {
  cursor: string | undefined;
}

/**
 * The messages you have saved: private, and the same on all your devices, which the inbox socket tells of every change.
 * One for a client is enough.
 */
export class SavedMessages {
  /** Calls back when something changed; the answer takes the listener away again. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly #listeners = new Listeners<void>();
  readonly #client: Quipu;
  readonly #unsubscribe: () => void;
  /** Which messages of a conversation are saved. */
  readonly #seqs = new Map<string, Held & { seqs: ReadonlySet<number> }>();
  /** What was asked for and is not answered yet. */
  readonly #asked = new Map<string, boolean>();
  /** The list, where it was asked for. */
  #list: Pages | null = null;
  #state: SavedList = { saved: [], ready: false, hasMore: false, count: 0, error: null };
  /** The newest version heard of. */
  #newest = 0;
  /** Nothing was ever saved: there is nothing to ask for. */
  #never = false;

  constructor(client: Quipu) {
    this.#client = client;
    this.subscribe = this.#listeners.add;
    this.#unsubscribe = client.inbox.subscribe((event) => {
      if (event.type !== "frame") return;
      if (event.frame.t === "saved") this.#hear(event.frame);
      else if (event.frame.t === "welcome") this.#catchUp(event.frame.saved ?? 0);
    });
  }

  /** Stops listening. */
  close(): void {
    this.#unsubscribe();
    this.#list = null;
    this.#seqs.clear();
  }

  get state(): SavedList {
    return this.#state;
  }

  /** Whether a message is saved. Of a conversation that was not asked for yet it becomes known. */
  has(conversation: string, seq: number): boolean {
    const asked = this.#asked.get(`${conversation} ${seq}`);
    if (asked !== undefined) return asked;
    const held = this.#seqs.get(conversation);
    if (!held) void this.follow(conversation);
    return held?.seqs.has(seq) ?? false;
  }

  /** Learns which messages of a conversation are saved, and keeps that up. Where it fails, the next look tries again. */
  async follow(conversation: string): Promise<void> {
    if (this.#seqs.has(conversation)) return;
    this.#seqs.set(conversation, { version: this.#never ? 0 : -1, loading: null, seqs: new Set<number>() });
    if (!this.#never) await this.#loadSeqs(conversation);
  }

  /** Saves a message, or saves it no longer: shown at once, on all your devices. Rejects when it is refused, and is taken back. */
  async set(conversation: string, seq: number, saved: boolean): Promise<void> {
    const key = `${conversation} ${seq}`;
    this.#asked.set(key, saved);
    this.#listeners.emit();
    try {
      this.#hear(await this.#client.request<SavedChange>(saved ? "PUT" : "DELETE", `/v1/saved/${conversation}/${seq}`));
    } finally {
      if (this.#asked.get(key) === saved) this.#asked.delete(key);
      this.#listeners.emit();
    }
  }

  /** Loads the first page, anew where it was loaded before. `state.error` tells of a failure. */
  load(): Promise<void> {
    this.#list ??= { version: -1, loading: null, cursor: undefined };
    return this.#ask(this.#list, { limit: Math.min(Math.max(PAGE, this.#state.saved.length), MOST) }, []);
  }

  /** Loads the next page. */
  async loadMore(): Promise<void> {
    const list = this.#list;
    if (!list || list.loading || list.cursor === undefined) return;
    await this.#ask(list, { limit: PAGE, cursor: list.cursor }, this.#state.saved);
  }

  #ask(list: Pages, query: { limit: number; cursor?: string }, before: readonly Saved[]): Promise<void> {
    list.loading ??= this.#page(list, query, before).finally(() => {
      list.loading = null;
      // Something changed while it was on its way.
      if (this.#list === list && list.version < this.#newest && this.#state.error === null) void this.load();
    });
    return list.loading;
  }

  async #page(list: Pages, query: { limit: number; cursor?: string }, before: readonly Saved[]): Promise<void> {
    try {
      const page = await this.#client.request<SavedPage>("GET", "/v1/saved", { query });
      if (this.#list !== list) return;
      this.#newest = Math.max(this.#newest, page.version);
      // What comes after a page that is out of date follows it all the same; the whole is loaded anew afterwards.
      if (before.length === 0) list.version = page.version;
      list.cursor = page.next;
      const held = new Set(before.map(({ conversation, seq }) => `${conversation} ${seq}`));
      const fresh = page.saved.map(shown).filter(({ conversation, seq }) => !held.has(`${conversation} ${seq}`));
      this.#show({ saved: [...before, ...fresh], ready: true, hasMore: page.next !== undefined, count: page.count, error: null });
    } catch (thrown) {
      if (this.#list === list) this.#show({ error: toQuipuError(thrown, "network", "What is saved could not be loaded.") });
    }
  }

  async #loadSeqs(conversation: string): Promise<void> {
    const held = this.#seqs.get(conversation);
    if (!held) return;
    held.loading ??= this.#client
      .request<SavedSeqs>("GET", `/v1/saved/${conversation}`)
      .then(({ version, seqs }) => {
        held.version = version;
        held.seqs = new Set(seqs);
        this.#newest = Math.max(this.#newest, version);
        this.#listeners.emit();
      })
      .catch(() => {
        if (held.version < 0) this.#seqs.delete(conversation);
      })
      .finally(() => {
        held.loading = null;
        if (this.#seqs.get(conversation) === held && held.version >= 0 && held.version < this.#newest) void this.#loadSeqs(conversation);
      });
    await held.loading;
  }

  /** A change: each thing held takes it where it has the version before, and is loaded anew where it missed one. */
  #hear(change: SavedChange): void {
    const { version, conversation, seq, saved, count } = change;
    this.#newest = Math.max(this.#newest, version);
    this.#never = false;
    for (const [id, held] of this.#seqs) {
      if (held.loading || held.version >= version) continue;
      if (held.version + 1 < version) void this.#loadSeqs(id);
      else {
        held.version = version;
        if (id === conversation) held.seqs = saved ? new Set(held.seqs).add(seq) : new Set([...held.seqs].filter((other) => other !== seq));
      }
    }
    const list = this.#list;
    if (list && !list.loading && list.version < version) {
      if (saved || list.version + 1 < version) void this.load();
      else {
        list.version = version;
        this.#show({ saved: this.#state.saved.filter((other) => other.conversation !== conversation || other.seq !== seq), count });
      }
    } else if (!list && version === this.#newest) this.#show({ count });
    this.#listeners.emit();
  }

  /** The socket is there anew: what changed meanwhile, or begins anew, is loaded. */
  #catchUp(version: number): void {
    this.#newest = version;
    this.#never = version === 0;
    for (const [id, held] of this.#seqs) if (held.version !== version) void this.#loadSeqs(id);
    // Messages may have changed, whatever the version says.
    if (this.#list) void this.load();
  }

  #show(change: Partial<SavedList>): void {
    this.#state = { ...this.#state, ...change };
    this.#listeners.emit();
  }
}

function shown({ conversation, seq, saved_at, message, edit, unavailable = false }: SavedMessage): Saved {
  const { actor, at } = message?.envelope ?? { actor: "", at: 0 };
  return { conversation, seq, savedAt: saved_at, message: message ? { author: actor, at, content: (edit ?? message).content, edited: edit != null } : null, unavailable };
}
