import { QuipuError, toQuipuError } from "./errors.ts";
import type { Http } from "./http.ts";
import { type Connection, Link, type WebSocketConstructor } from "./link.ts";
import { type Deferred, deferred, Listeners } from "./listeners.ts";
import type { Session } from "./session.ts";
import { jitter, type Timing } from "./timing.ts";
import type { InboxChanges, InboxEntry, InboxPage, InboxServerFrame, PatchInbox } from "./wire.ts";

/** Your conversations from outside. Never changed in place. */
export interface InboxState {
  readonly connection: Connection;
  readonly retryAt: number | null;
  readonly error: QuipuError | null;
  /** Whether the first page is here. */
  readonly ready: boolean;
  /** You. */
  readonly user: string | null;
  readonly version: number;
  /** Pinned ones first, then latest activity first; also those archived or hidden. */
  readonly entries: readonly InboxEntry[];
  /** Unread messages of all conversations, also of those not loaded. */
  readonly unread: number;
  readonly hasMore: boolean;
}

export type InboxEvent = { readonly type: "change" } | { readonly type: "error"; readonly error: QuipuError } | { readonly type: "stopped"; readonly error: QuipuError };

/** The list of your conversations: pages over HTTP, changes over a socket, resumed by version. */
export class Inbox {
  /** Adds a listener; the answer takes it away again. */
  readonly subscribe: (listener: (event: InboxEvent) => void) => () => void;
  readonly #listeners = new Listeners<InboxEvent>();
  readonly #http: Http;
  readonly #timing: Timing;
  readonly #link: Link;
  readonly #onOpen: () => void;
  /** As the server sent them. Those left behind stay here with `member: false`, so that a page read earlier cannot bring them back. */
  readonly #entries = new Map<string, InboxEntry>();
  /** Reads the server may not have told of yet. */
  readonly #reads = new Map<string, { seq: number; n: number }>();
  /** What was laid down and is not answered yet, oldest first. */
  #sets: readonly { id: string; patch: PatchInbox }[] = [];
  #setting: Promise<unknown> = Promise.resolve();
  #state: InboxState | null = null;
  #ready: Deferred<void> | null = null;
  #started = false;
  #loaded = false;
  #user: string | null = null;
  #version = 0;
  #next: string | undefined;
  /** Unread messages of the conversations that are not loaded. */
  #elsewhere = 0;
  #counting: Promise<void> | null = null;
  #catchingUp = false;
  #ahead = 0;
  #loading: Promise<{ loaded: number; more: boolean }> | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;

  /** @internal It comes with a client. */
  constructor(base: { socketBase: string; WebSocket: WebSocketConstructor; session: Session; http: Http; timing: Timing }, onOpen: () => void) {
    this.#http = base.http;
    this.#timing = base.timing;
    this.#onOpen = onOpen;
    this.subscribe = this.#listeners.add;
    this.#link = new Link(`${base.socketBase}/v1/inbox/socket`, base.WebSocket, base.session, base.timing, {
      hello: () => ({ t: "hello", after: this.#version }),
      frame: (frame) => this.#frame(frame as InboxServerFrame),
      changed: () => {
        const { connection, error } = this.#link;
        if (connection === "stopped" && error) this.#listeners.emit({ type: "stopped", error });
        this.#emit();
      },
      probe: () => base.http.request("GET", "/v1/me", { retries: 0 }),
    });
  }

  get state(): InboxState {
    this.#state ??= {
      connection: this.#link.connection,
      retryAt: this.#link.retryAt,
      error: this.#link.error,
      ready: this.#loaded,
      user: this.#user,
      version: this.#version,
      entries: this.#list(),
      unread: this.#list().reduce((sum, entry) => sum + entry.unread, this.#elsewhere),
      hasMore: this.#next !== undefined,
    };
    return this.#state;
  }

  /** Loads the first page, then stays live. */
  open(): void {
    if (this.#started) {
      this.#link.kick();
      if (this.#loaded) this.#link.start();
      return;
    }
    this.#started = true;
    if (this.#loaded) this.#link.start();
    else void this.#load(0);
    this.#onOpen();
  }

  close(): void {
    this.#started = false;
    clearTimeout(this.#retry);
    this.#link.stop();
  }

  /** Resolves when the first page is here. */
  ready(): Promise<void> {
    if (this.#loaded) return Promise.resolve();
    this.#ready ??= deferred<void>();
    return this.#ready.promise;
  }

  /** Loads the next page. */
  loadMore(limit = 50): Promise<{ loaded: number; more: boolean }> {
    this.#loading ??= this.#loadMore(limit).finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  entry(id: string): InboxEntry | undefined {
    const entry = this.#entries.get(id);
    return entry?.member ? this.#patched(entry) : undefined;
  }

  /**
   * Pins, mutes, archives or hides a conversation, or marks it unread: shown at once, on all your devices. An absent field stays as it is.
   * Rejects when it is refused, and is taken back.
   */
  set(id: string, patch: PatchInbox): Promise<void> {
    // The account may not have heard yet of what was read before the mark.
    const read = patch.marked_unread ? this.entry(id)?.read_seq : undefined;
    const set = { id, patch: read === undefined ? patch : { read_seq: read, ...patch } };
    this.#sets = [...this.#sets, set];
    this.#emit();
    // One after the other, so that the last word is the last to arrive.
    const done = this.#setting
      .then(() => this.#http.request<InboxEntry>("PATCH", `/v1/inbox/${id}`, { body: set.patch }))
      .then((entry) => void this.#put(entry))
      .finally(() => {
        this.#sets = this.#sets.filter((other) => other !== set);
        this.#emit();
      });
    this.#setting = done.catch(() => undefined);
    return done;
  }

  /** @internal The person looks at a conversation: a mark has done its work, also where the cursor does not move. */
  opened(id: string): void {
    if (this.entry(id)?.marked_unread) this.set(id, { marked_unread: false }).catch(() => undefined);
  }

  /** @internal A handle read further: shown here at once. */
  read(id: string, seq: number, n: number): void {
    const held = this.#reads.get(id);
    if (held && held.seq >= seq) return;
    this.#reads.set(id, { seq, n });
    if (this.#entries.has(id)) this.#emit();
  }

  /** @internal */
  kick(): void {
    this.#link.kick();
  }

  async #load(attempt: number): Promise<void> {
    try {
      const page = await this.#http.request<InboxPage>("GET", "/v1/inbox", { query: { limit: 50 } });
      if (!this.#started) return;
      this.#entries.clear();
      this.#version = page.version;
      this.#page(page);
      this.#elsewhere = page.next === undefined ? 0 : Math.max(0, page.unread - sum(page.entries));
      this.#loaded = true;
      this.#emit();
      this.#ready?.resolve();
      this.#link.start();
    } catch (thrown) {
      const error = toQuipuError(thrown, "network", "The inbox could not be loaded.");
      this.#listeners.emit(error.retry ? { type: "error", error } : { type: "stopped", error });
      if (error.retry && this.#started) this.#retry = setTimeout(() => void this.#load(attempt + 1), error.retryAfterMs ?? jitter(this.#timing, attempt));
      else {
        this.#ready?.reject(error);
        this.#ready = null;
        this.#started = false;
      }
    }
  }

  async #loadMore(limit: number): Promise<{ loaded: number; more: boolean }> {
    if (this.#next === undefined) return { loaded: 0, more: false };
    const page = await this.#http.request<InboxPage>("GET", "/v1/inbox", { query: { cursor: this.#next, limit } });
    // What the page brings in is no longer elsewhere.
    const fresh = page.entries.filter((entry) => !this.#entries.has(entry.id));
    this.#page(page);
    this.#elsewhere = page.next === undefined ? 0 : Math.max(0, this.#elsewhere - sum(fresh));
    this.#emit();
    return { loaded: fresh.length, more: page.next !== undefined };
  }

  #page(page: InboxPage): void {
    this.#next = page.next;
    for (const entry of page.entries) this.#put(entry);
  }

  #put(entry: InboxEntry): boolean {
    const held = this.#entries.get(entry.id);
    if (held && held.version >= entry.version) return false;
    this.#entries.set(entry.id, entry);
    const read = this.#reads.get(entry.id);
    // Another life of the log numbers anew.
    if (read && (entry.read_seq >= read.seq || (held && held.epoch !== entry.epoch))) this.#reads.delete(entry.id);
    return !held;
  }

  #frame(frame: InboxServerFrame): void {
    switch (frame.t) {
      case "welcome":
        this.#user = frame.user;
        this.#link.welcomed(frame.now, frame.expires_at);
        // A feed that is behind what is held has begun anew.
        if (frame.version < this.#version) void this.#load(0);
        break;
      case "changes": {
        let surprise = false;
        for (const entry of frame.entries) surprise = this.#put(entry) || surprise;
        // While older changes are being fetched, the cursor stays where they end.
        if (this.#catchingUp) this.#ahead = Math.max(this.#ahead, frame.version);
        else this.#version = Math.max(this.#version, frame.version);
        if (frame.more) void this.#catchUp();
        this.#emit();
        // It may have been counted as one of those not loaded; only the server can tell.
        if (surprise && this.#next !== undefined) this.#count();
        break;
      }
      case "refreshed":
        this.#link.renewBy(frame.expires_at);
        break;
      case "error":
        this.#listeners.emit({ type: "error", error: new QuipuError(frame.code, frame.message, { retry: frame.retry, retryAfterMs: frame.retry_after_ms }) });
        break;
    }
  }

  /** Fetches what was too much for one answer to hello. Where it fails, the next hello goes on from there. */
  async #catchUp(): Promise<void> {
    if (this.#catchingUp) return;
    this.#catchingUp = true;
    try {
      for (let more = true; more; ) {
        const page = await this.#http.request<InboxChanges>("GET", "/v1/inbox/changes", { query: { after: this.#version, limit: 100 } });
        for (const entry of page.entries) this.#put(entry);
        this.#version = Math.max(this.#version, page.version);
        more = page.more;
      }
      this.#version = Math.max(this.#version, this.#ahead);
    } catch (thrown) {
      this.#listeners.emit({ type: "error", error: toQuipuError(thrown, "network", "Older changes of the inbox could not be loaded.") });
    } finally {
      this.#catchingUp = false;
      this.#ahead = 0;
      this.#emit();
    }
  }

  /** Asks for the total anew. */
  #count(): void {
    this.#counting ??= this.#http
      .request<InboxPage>("GET", "/v1/inbox", { query: { limit: 1 } })
      .then((page) => {
        // By the server's own numbers on both sides: reads it has not heard of yet are taken off later.
        this.#elsewhere = this.#next === undefined ? 0 : Math.max(0, page.unread - sum([...this.#entries.values()].filter((entry) => entry.member)));
        this.#emit();
      })
      .catch((thrown: unknown) => this.#listeners.emit({ type: "error", error: toQuipuError(thrown, "network", "The unread total could not be loaded.") }))
      .finally(() => {
        this.#counting = null;
      });
  }

  #patched(entry: InboxEntry): InboxEntry {
    const read = this.#reads.get(entry.id);
    for (const set of this.#sets) if (set.id === entry.id) entry = laidDown(entry, set.patch);
    if (!read || read.seq <= entry.read_seq) return entry;
    // How many of the mentions were read only the server can tell.
    const mentions = read.seq >= entry.head_seq ? 0 : (entry.mentions ?? 0);
    return { ...entry, read_seq: read.seq, read_n: read.n, unread: Math.max(0, entry.head_n - read.n), mentions };
  }

  #list(): InboxEntry[] {
    const entries = [...this.#entries.values()].filter((entry) => entry.member).map((entry) => this.#patched(entry));
    return entries.sort((a, b) => Number(b.pinned ?? false) - Number(a.pinned ?? false) || b.at - a.at || (a.id < b.id ? -1 : 1));
  }

  #emit(): void {
    this.#state = null;
    this.#listeners.emit({ type: "change" });
  }
}

/** What the server will make of it. */
function laidDown(entry: InboxEntry, { read_seq: _, ...patch }: PatchInbox): InboxEntry {
  return { ...entry, ...(patch.pinned && { archived: false, hidden: false }), ...(patch.archived && { pinned: false }), ...patch };
}

function sum(entries: readonly InboxEntry[]): number {
  return entries.reduce((total, entry) => total + entry.unread, 0);
}
