import { QuipuError, toQuipuError } from "./errors.ts";
import type { Http } from "./http.ts";
import { farther, type InboxList, type InboxView, inOrder, type Loaded, lists, recount } from "./inbox-list.ts";
import { type Connection, Link, type WebSocketConstructor } from "./link.ts";
import { type Deferred, deferred, Listeners } from "./listeners.ts";
import type { Session } from "./session.ts";
import { jitter, type Timing } from "./timing.ts";
import type { InboxChanges, InboxClientFrame, InboxEntry, InboxPage, InboxServerFrame, InboxTotals, MyProfile, PatchInbox, Presence } from "./wire.ts";

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
  /** All that is held, also what is archived or hidden: pinned ones first, then latest activity first. For the screen take `list()`. */
  readonly entries: readonly InboxEntry[];
  /** What waits in all conversations, also in those not loaded. */
  readonly totals: InboxTotals;
}

export type InboxEvent =
  | { readonly type: "change" }
  /** Your own profile changed, here or on another device. */
  | { readonly type: "profile"; readonly profile: MyProfile }
  /** Of people who are watched: `@quipu/client/presence` does that. */
  | { readonly type: "presence"; readonly users: readonly Presence[] }
  /** Every frame of the socket, as it came: what entry points of their own follow, such as `@quipu/client/saved`. */
  | { readonly type: "frame"; readonly frame: InboxServerFrame }
  | { readonly type: "error"; readonly error: QuipuError } | { readonly type: "stopped"; readonly error: QuipuError };

/** The list of your conversations: pages over HTTP, changes over a socket, resumed by version. */
export class Inbox {
  /** Adds a listener; the answer takes it away again. */
  readonly subscribe: (listener: (event: InboxEvent) => void) => () => void;
  readonly #listeners = new Listeners<InboxEvent>();
  readonly #http: Http;
  readonly #timing: Timing;
  readonly #link: Link;
  readonly #session: Session;
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
  /** How far each part of the list is loaded. */
  #loadedTo = new Map<InboxView, Loaded>();
  /** By the server's numbers, as of a version of the feed. */
  #totals: InboxTotals = { conversations: 0, unread: 0, mentions: 0 };
  #totalsVersion = 0;
  #muteEnds: ReturnType<typeof setTimeout> | undefined;
  #catchingUp = false;
  #ahead = 0;
  readonly #loading = new Map<InboxView, Promise<{ loaded: number; more: boolean }>>();
  #retry: ReturnType<typeof setTimeout> | undefined;

  /** @internal It comes with a client. */
  constructor(base: { socketBase: string; WebSocket: WebSocketConstructor; session: Session; http: Http; timing: Timing }, onOpen: () => void) {
    this.#http = base.http;
    this.#timing = base.timing;
    this.#session = base.session;
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
      totals: this.#counted(),
    };
    return this.#state;
  }

  /** A part of the list. Before its first page is here, what is known of it. */
  list(view: InboxView = "all"): InboxList {
    const loaded = this.#loadedTo.get(view);
    const putAway = view === "archived" || view === "hidden";
    // What the whole list has, its parts have too.
    const end = farther(loaded, putAway ? undefined : this.#loadedTo.get("all"));
    const entries = this.state.entries.filter((entry) => lists(view, entry) && (!end || entry.pinned || entry.at > end.at || (entry.at === end.at && entry.id >= end.id)));
    return { entries, ready: loaded !== undefined, hasMore: loaded?.cursor !== undefined };
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
    clearTimeout(this.#muteEnds);
    this.#link.stop();
  }

  /** Resolves when the first page is here. */
  ready(): Promise<void> {
    if (this.#loaded) return Promise.resolve();
    this.#ready ??= deferred<void>();
    return this.#ready.promise;
  }

  /** Loads the next page of a part of the list; of a part that was not asked for yet, the first. */
  loadMore(view: InboxView = "all", limit = 50): Promise<{ loaded: number; more: boolean }> {
    const under = this.#loading.get(view);
    if (under) return under;
    const loading = this.#loadMore(view, limit).finally(() => this.#loading.delete(view));
    this.#loading.set(view, loading);
    return loading;
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
      .then((entry) => {
        const held = this.#entries.get(id);
        // The feed tells it too, with the totals, sooner or later.
        if (this.#put(entry) && held) this.#totals = recount(this.#totals, held, entry, this.#session.serverNow());
      })
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

  /** @internal Says something on the socket; false where there is none. */
  say(frame: InboxClientFrame): boolean {
    return this.#link.send(frame);
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
      this.#loadedTo = new Map();
      this.#version = page.version;
      this.#totalsVersion = 0;
      this.#page("all", page);
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

  async #loadMore(view: InboxView, limit: number): Promise<{ loaded: number; more: boolean }> {
    const before = this.#loadedTo.get(view);
    // The whole list begins with `open`.
    if (before ? before.cursor === undefined : view === "all") return { loaded: 0, more: false };
    const parts = this.#loadedTo;
    const page = await this.#http.request<InboxPage>("GET", "/v1/inbox", { query: { limit, ...(view !== "all" && { filter: view }), ...(before && { cursor: before.cursor }) } });
    // A feed that has begun anew is loaded from its first page.
    if (parts !== this.#loadedTo) return { loaded: 0, more: true };
    const fresh = page.entries.filter((entry) => !this.#entries.has(entry.id));
    this.#page(view, page);
    this.#emit();
    return { loaded: fresh.length, more: page.next !== undefined };
  }

  #page(view: InboxView, page: InboxPage): void {
    this.#loadedTo.set(view, { cursor: page.next, last: page.entries.at(-1) });
    for (const entry of page.entries) this.#put(entry);
    this.#total(page.version, page.totals);
  }

  /** Takes the server's totals, unless they are older than what is known. */
  #total(version: number, totals: InboxTotals | undefined): void {
    if (!totals || version < this.#totalsVersion) return;
    this.#totals = totals;
    this.#totalsVersion = version;
    clearTimeout(this.#muteEnds);
    const { until } = totals;
    if (until === undefined || !this.#started) return;
    // A timer counts in 31 bits: what lies beyond a day is looked at again then. Not in a hot loop, should clocks disagree.
    const wait = Math.min(Math.max(until - this.#session.serverNow(), 0) + 1000, 86_400_000);
    this.#muteEnds = setTimeout(() => void this.#recount(), wait);
  }

  /** A mute has ended: what that makes of the totals only the server can tell. */
  async #recount(): Promise<void> {
    try {
      const page = await this.#http.request<InboxChanges>("GET", "/v1/inbox/changes", { query: { after: this.#version, limit: 1 } });
      this.#total(page.version, page.totals);
      this.#emit();
    } catch {
      // Whoever has no connection hears of it with the next welcome.
    }
  }

  #put(entry: InboxEntry): boolean {
    const held = this.#entries.get(entry.id);
    if (held && held.version >= entry.version) return false;
    this.#entries.set(entry.id, entry);
    const read = this.#reads.get(entry.id);
    // Another life of the log numbers anew.
    if (read && (entry.read_seq >= read.seq || (held && held.epoch !== entry.epoch))) this.#reads.delete(entry.id);
    return true;
  }

  #frame(frame: InboxServerFrame): void {
    this.#listeners.emit({ type: "frame", frame });
    switch (frame.t) {
      case "welcome":
        this.#user = frame.user;
        this.#link.welcomed(frame.now, frame.expires_at);
        // A feed that is behind what is held has begun anew.
        if (frame.version < this.#version) void this.#load(0);
        else this.#total(frame.version, frame.totals);
        this.#emit();
        break;
      case "changes": {
        for (const entry of frame.entries) this.#put(entry);
        this.#total(frame.version, frame.totals);
        // While older changes are being fetched, the cursor stays where they end.
        if (this.#catchingUp) this.#ahead = Math.max(this.#ahead, frame.version);
        else this.#version = Math.max(this.#version, frame.version);
        if (frame.more) void this.#catchUp();
        this.#emit();
        break;
      }
      case "profile": {
        const { t: _, ...profile } = frame;
        this.#listeners.emit({ type: "profile", profile });
        break;
      }
      case "presence":
        this.#listeners.emit({ type: "presence", users: frame.users });
        break;
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
        this.#total(page.version, page.totals);
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

  /** The server's totals, with what was read and laid down here and is not told yet. */
  #counted(): InboxTotals {
    const now = this.#session.serverNow();
    const under = new Set([...this.#reads.keys(), ...this.#sets.map(({ id }) => id)]);
    return [...under].reduce((totals, id) => {
      const entry = this.#entries.get(id);
      return entry ? recount(totals, entry, this.#patched(entry), now) : totals;
    }, this.#totals);
  }

  #patched(entry: InboxEntry): InboxEntry {
    const read = this.#reads.get(entry.id);
    for (const set of this.#sets) if (set.id === entry.id) entry = laidDown(entry, set.patch);
    if (!read || read.seq <= entry.read_seq) return entry;
    // How many of the mentions were read only the server can tell.
    const mentions = read.seq >= entry.head_seq ? (entry.thread_mentions ?? 0) : (entry.mentions ?? 0);
    const unread = Math.max(0, entry.head_n - read.n - (entry.hidden_unread ?? 0));
    return { ...entry, read_seq: read.seq, read_n: read.n, unread, mentions };
  }

  #list(): InboxEntry[] {
    const entries = [...this.#entries.values()].filter((entry) => entry.member).map((entry) => this.#patched(entry));
    return entries.sort(inOrder);
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
