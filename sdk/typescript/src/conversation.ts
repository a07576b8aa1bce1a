import { readBack } from "./back.ts";
import * as commands from "./commands.ts";
import { Cursors, TypingMarks } from "./cursors.ts";
import { QuipuError, toQuipuError } from "./errors.ts";
import { Held, type Place } from "./held.ts";
import type { Http, RequestOptions } from "./http.ts";
import { Link, type WebSocketConstructor } from "./link.ts";
import { type Deferred, deferred, Listeners } from "./listeners.ts";
import { isWithheld } from "./log.ts";
import type { Message } from "./messages.ts";
import type { Notice, Outbox } from "./outbox.ts";
import type { Pending } from "./entry.ts";
import { Queue } from "./queue.ts";
import { search, type SearchOptions } from "./search.ts";
import type { Session } from "./session.ts";
import type { Audit, ConversationEvent, ConversationState, Part } from "./state.ts";
import type { Timing } from "./timing.ts";
import type { Command, ConversationResource, Event, EventsPage, Item, MembersPage, MessageReceipts, NewContent, Role, SearchPage, ServerFrame, SettingsChange, ThreadPlace, UserRef, Versions, Welcome } from "./wire.ts";

/** What all handles of a client share. */
export interface Shared {
  readonly socketBase: string;
  readonly WebSocket: WebSocketConstructor;
  readonly session: Session;
  readonly http: Http;
  readonly outbox: Outbox;
  readonly timing: Timing;
  /** The person looks at this conversation. */
  onOpen(id: string): void;
  /** You have read this conversation up to here. */
  onRead(id: string, seq: number, n: number): void;
}

/** One conversation: its state to read at once, its events to listen to, and what one can do in it. */
export class Conversation {
  readonly id: string;
  /** Adds a listener; the answer takes it away again. */
  readonly subscribe: (listener: (event: ConversationEvent) => void) => () => void;
  readonly #shared: Shared;
  readonly #listeners = new Listeners<ConversationEvent>();
  readonly #held = new Held();
  readonly #queue: Queue;
  readonly #link: Link;
  readonly #cursors: Cursors;
  readonly #typing: TypingMarks;
  #wanted = false;
  #settling = false;
  #shut = false;
  #ready: Deferred<void> | null = null;
  #state: ConversationState | null = null;
  #loading: Promise<{ loaded: number; more: boolean }> | null = null;

  /** @internal Handles come from `Quipu.conversation()`. */
  constructor(id: string, shared: Shared) {
    this.id = id;
    this.#shared = shared;
    this.subscribe = this.#listeners.add;
    this.#link = new Link(`${shared.socketBase}/v1/conversations/${id}/socket`, shared.WebSocket, shared.session, shared.timing, {
      hello: () => this.#hello(),
      frame: (frame, size) => this.#frame(frame as ServerFrame, size),
      changed: () => this.#linkChanged(),
      probe: () => shared.http.request("GET", `/v1/conversations/${id}`, { retries: 0 }),
    });
    this.#cursors = new Cursors(shared.timing, (frame) => this.#link.send(frame));
    this.#typing = new TypingMarks(() => this.#emit("typing"));
    this.#queue = new Queue(id, shared.outbox, shared.timing, {
      last: () => (this.#held.log.placed ? this.#held.log.last : 0),
      send: (frame) => this.#link.send(frame),
      reconnect: (error) => this.#link.reconnect(error),
      changed: () => {
        this.#emit("outbox", "messages");
        this.#settle();
      },
      settled: ({ key, seq }) => this.#listeners.emit({ type: "settled", key, seq }),
      failed: (key, error) => this.#listeners.emit({ type: "failed", key, error }),
    });
  }

  /** Everything there is to show, as it stands. The same object until something changes. */
  get state(): ConversationState {
    if (!this.#state) {
      const { connection, retryAt, error } = this.#link;
      this.#state = this.#held.state({ id: this.id, connection, retryAt, error, typing: this.#typing.users }, this.#queue.entries);
    }
    return this.#state;
  }

  /** Counters since the handle was made. */
  get audit(): Audit {
    return this.#held.audit(this.#link.reconnects);
  }

  /** Connects, and stays connected. */
  open(): void {
    this.#mustLive();
    this.#wanted = true;
    this.#shared.onOpen(this.id);
    if (this.#link.error?.code === "cursor_out_of_range") this.#reset(); // What is held is not what the server has.
    this.#link.start();
    this.#queue.load().catch((thrown: unknown) => this.#failed(thrown));
  }

  /** Disconnects, once the commands that wait are sent. What is held stays, and `open()` resumes from it. */
  close(): void {
    this.#wanted = false;
    this.#cursors.flush();
    this.#settle();
  }

  /** Resolves when every event up to the head is held. */
  ready(): Promise<void> {
    if (this.state.caughtUp) return Promise.resolve();
    if (this.#link.connection === "stopped" && this.#link.error) return Promise.reject(this.#link.error);
    this.#ready ??= deferred<void>();
    return this.#ready.promise;
  }

  /** Sends a message, or a reply in the thread of another. It shows at once, under the key of the answer. */
  send(content: string | NewContent, options: commands.Mentions & { replyTo?: commands.ReplyTarget; thread?: number } = {}): Pending {
    const reply = commands.replyTo(options.replyTo, (seq) => this.#held.messages.bySeq.get(seq)?.version ?? 1);
    return this.#do(commands.send(content, options, reply, options.thread));
  }

  /** Replaces a message's content. `expectVersion` refuses when somebody edited it meanwhile. */
  edit(seq: number, content: string | NewContent, options: commands.Mentions & { expectVersion?: number } = {}): Pending {
    return this.#do(commands.edit(seq, content, options));
  }

  /** Erases a message's content, all its versions; its place stays. */
  delete(seq: number): Pending {
    return this.#do({ type: "message.delete", seq });
  }

  /** Sends a copy of a message of another conversation here, as far as you can read it: its newest text, marked as forwarded. */
  forward(from: string, seq: number): Pending {
    return this.#do({ type: "message.forward", from, seq });
  }

  /** Deletes a message for yourself, on all your devices; others keep it. Resolves when the server has it. */
  async hide(seq: number): Promise<void> {
    await this.#shared.http.request("PUT", `/v1/conversations/${this.id}/messages/${seq}/hidden`);
    this.#hide([seq], Number.MAX_SAFE_INTEGER);
  }

  /** Reacts to a message with one emoji. */
  react(seq: number, emoji: string): Pending {
    return this.#do({ type: "message.react", seq, emoji });
  }

  /** Takes a reaction of yours back. */
  unreact(seq: number, emoji: string): Pending {
    return this.#do({ type: "message.unreact", seq, emoji });
  }

  /** Pins a message for everybody. */
  pin(seq: number): Pending {
    return this.#do({ type: "message.pin", seq });
  }

  /** Takes a message's pin away. */
  unpin(seq: number): Pending {
    return this.#do({ type: "message.unpin", seq });
  }

  /** Takes the preview of a message's link away, for good. */
  removePreview(seq: number): Pending {
    return this.#do({ type: "message.remove_preview", seq });
  }

  addMember(user: UserRef, role: Role = "member"): Pending {
    return this.#do({ type: "member.add", user, role });
  }

  removeMember(user: UserRef): Pending {
    return this.#do({ type: "member.remove", user });
  }

  setRole(user: UserRef, role: Role): Pending {
    return this.#do(commands.setRole(user, role));
  }

  leave(): Pending {
    return this.#do({ type: "member.leave" });
  }

  /** Changes name, topic or avatar: what is absent stays, an empty text clears. */
  update(info: { name?: string; topic?: string; avatar?: string }): Pending {
    return this.#do({ type: "conversation.update", ...info });
  }

  /** Changes settings: what is absent stays. */
  setSettings(change: SettingsChange): Pending {
    return this.#do({ type: "conversation.set_settings", ...change });
  }

  /** Sends a failed command again, under a new key, last in the queue. */
  retry(key: string): Pending {
    this.#mustLive();
    const pending = this.#queue.retry(key);
    this.#link.start();
    return pending;
  }

  /** Forgets a command that failed or was not sent yet. */
  discard(key: string): Promise<void> {
    return this.#queue.discard(key);
  }

  /** Call it on every keystroke, and with `false` when the text is gone. */
  typing(on = true): void {
    this.#cursors.typing(on);
  }

  /** The person has seen everything up to here; without a seq, everything held. Only grows. */
  markRead(seq: number = this.#held.log.last): void {
    const upTo = Math.min(seq, this.#held.log.last);
    // What one deleted for oneself has no envelope here; at the head its count is known.
    const { head } = this.#held.roster;
    const n = upTo >= head.seq && head.seq > 0 ? head.n : (this.#held.log.at(upTo)?.envelope.n ?? null);
    if (!this.#held.roster.read(upTo, n)) return;
    this.#cursors.read(upTo);
    if (n !== null) this.#shared.onRead(this.id, upTo, n);
    this.#emit("receipts");
  }

  /** Loads a page of older history. */
  loadBefore(limit = 50): Promise<{ loaded: number; more: boolean }> {
    this.#loading ??= this.#loadBefore(limit).finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  /** Loads all history back to a seq, several pages at a time. What came shows at once, when it is whole. */
  async loadBack(seq: number): Promise<void> {
    if (!this.#held.log.placed) await this.loadBefore();
    while (this.#loading) await this.#loading.catch(() => undefined);
    const from = { placed: true, after: this.#held.log.after };
    if (seq > from.after) return;
    this.#loading = readBack(this.#shared.http, this.id, this.#held.resource?.epoch, Math.max(1, seq), from.after)
      .then((page) => this.#takePage(page, from))
      .finally(() => {
        this.#loading = null;
      });
    await this.#loading;
  }

  /** A message as first sent, then its edits. */
  async versions(seq: number): Promise<Event[]> {
    const { versions } = await this.#shared.http.request<Versions>("GET", `/v1/conversations/${this.id}/messages/${seq}/versions`);
    return versions;
  }

  /** How many of the others have received and read a message. In a conversation of up to 256 members, `state.members` says who. */
  receipts(seq: number): Promise<MessageReceipts> {
    return this.request("GET", `/messages/${seq}/receipts`);
  }

  /**
   * Messages that a query finds, newest first; `next` of a page is the cursor of the one after it. A long history is looked through in several
   * requests: pages without a hit are passed over.
   */
  search(q: string, options: SearchOptions = {}): Promise<SearchPage> {
    return search(this.#shared.http, `/v1/conversations/${this.id}/search`, q, options);
  }

  /** Unix milliseconds by the server's clock. */
  serverNow(): number {
    return this.#shared.session.serverNow();
  }

  /** Every item held, contiguous and ascending, as received. */
  events(): readonly Item[] {
    return this.#held.log.items;
  }

  /** Equal for two readers who saw the same order from one seq to another. */
  orderDigest(from: number, to: number): string {
    return this.#held.log.digest(from, to);
  }

  /** A message that is held, wherever it came from. */
  message(seq: number): Message | null {
    return this.#held.messages.bySeq.get(seq) ?? null;
  }

  /** @internal Folds events in that may lie outside the stretch held. */
  adopt(epoch: string, events: readonly Event[]): void {
    if (this.#held.resource && this.#held.resource.epoch !== epoch) return;
    for (const event of events) this.#held.messages.apply(event, this.#held.roster.user);
    this.#emit("messages");
  }

  /** @internal Takes cells that came by another way than the socket. */
  place(place: ThreadPlace): void {
    this.#emit(...this.#held.roster.applyCells({ version: this.#held.roster.cells ?? 0, cells: [{ kind: "thread", ...place }] }));
  }

  /** @internal Sends a frame now, or not at all. */
  say(frame: object): boolean {
    return this.#link.connection === "online" && this.#link.send(frame);
  }

  /** @internal */
  request<T>(method: string, path: string, options?: RequestOptions): Promise<T> {
    return this.#shared.http.request<T>(method, `/v1/conversations/${this.id}${path}`, options);
  }

  /** @internal */
  prime(resource: ConversationResource): void {
    if (this.#held.resource && this.#held.resource.epoch !== resource.epoch) return; // The socket tells of another epoch, and starts over.
    this.#held.describe(resource);
    this.#emit("info", "head", "receipts");
  }

  /** @internal Sends what an earlier session left. */
  async flush(): Promise<void> {
    await this.#queue.load();
    this.#settle();
  }

  /** @internal */
  kick(): void {
    this.#link.kick();
  }

  /** @internal */
  notice(notice: Notice): void {
    this.#queue.notice(notice);
  }

  /** @internal */
  troubled(error: QuipuError): void {
    this.#listeners.emit({ type: "error", error });
  }

  /** @internal */
  shut(): void {
    this.#shut = true;
    this.#wanted = false;
    this.#cursors.flush();
    this.#queue.close();
    this.#link.stop();
  }

  /** A client that was closed stays closed: a send must not open sockets that nobody closes again. */
  #mustLive(): void {
    if (this.#shut) throw new QuipuError("closed", "This client was closed. Make a new one.");
  }

  #do(command: Command): Pending {
    this.#mustLive();
    const pending = this.#queue.add(command);
    this.#link.start(); // Also where it stopped: circumstances may have changed.
    return pending;
  }

  /** Connects or disconnects, as the application and the outbox need it. */
  #settle(): void {
    if (this.#settling || this.#shut) return;
    this.#settling = true;
    if (this.#wanted || this.#queue.busy) {
      if (this.#link.connection === "idle") this.#link.start();
    } else this.#link.stop();
    this.#settling = false;
  }

  #hello(): object {
    if (!this.#held.log.placed || !this.#held.resource) return { t: "hello" };
    const { cells } = this.#held.roster;
    return { t: "hello", epoch: this.#held.resource.epoch, after: this.#held.log.last, ...(cells !== null && { cells_after: cells }) };
  }

  #frame(frame: ServerFrame, size: number): void {
    switch (frame.t) {
      case "welcome":
        this.#welcome(frame);
        break;
      case "events":
        this.#events(frame.events, size);
        break;
      case "cells":
        this.#emit(...this.#held.roster.applyCells(frame));
        break;
      case "hidden":
        this.#held.roster.cells = Math.max(this.#held.roster.cells ?? 0, frame.version);
        this.#hide(frame.messages, frame.version);
        break;
      case "acks":
        this.#queue.acks(frame);
        break;
      case "typing":
        if (frame.user !== this.#held.roster.user && this.#typing.set(frame.user, frame.on, this.#held.limits?.typing_clear_ms)) this.#emit("typing");
        break;
      case "reports":
        this.#held.roster.reports = frame.open;
        this.#emit("info");
        break;
      case "refreshed":
        this.#link.renewBy(frame.expires_at);
        break;
      case "error":
        this.#queue.refused(frame);
        this.#failed(new QuipuError(frame.code, frame.message, { retry: frame.retry, retryAfterMs: frame.retry_after_ms }));
        break;
      default:
        this.#listeners.emit({ type: "frame", frame });
    }
  }

  #welcome(welcome: Welcome & { t: "welcome" }): void {
    const { conversation, members, after, limits, now, expires_at } = welcome;
    const other = this.#held.resource !== null && this.#held.resource.epoch !== conversation.epoch;
    // A cursor answered from elsewhere would leave a hole: start over rather than show one.
    if (welcome.epoch_changed || other || (this.#held.log.placed && after !== this.#held.log.last)) {
      this.#reset();
      this.#listeners.emit({ type: "reset", epoch: conversation.epoch });
    }
    if (!this.#held.log.placed) this.#held.log.place(after);
    this.#held.limits = limits;
    this.#held.describe(conversation, members);
    this.#link.welcomed(now, expires_at);
    this.#cursors.online(this.#held.log.last);
    this.#queue.online(limits);
    this.#emit("connection", "messages", "members", "receipts", "info", "head");
    this.#announceReady();
    if (!members && !this.#held.roster.complete) this.#loadMembers().catch((thrown: unknown) => this.#failed(thrown));
  }

  #events(items: readonly Item[], size: number): void {
    const parts = new Set<Part>(["messages"]);
    const came: Event[] = [];
    let hole = false;
    for (const sent of items) {
      const item = this.#held.masked(sent);
      const result = this.#held.log.append(item);
      if (result === "hole") {
        hole = true;
        break;
      }
      if (result === "repeated" || isWithheld(item)) continue;
      this.#take(item, parts);
      came.push(item);
    }
    this.#cursors.received(this.#held.log.last, items.length, size);
    this.#emit(...parts);
    for (const event of came) this.#listeners.emit({ type: "event", event });
    this.#announceReady();
    // Whatever was lost on the way comes again from the cursor.
    if (hole) this.#link.reconnect(new QuipuError("bad_answer", "Events were missing from the stream; it is read again from the last one held.", { retry: true }));
  }

  #hide(messages: readonly number[], version: number): void {
    this.#held.hide(messages, version);
    this.#emit("messages", "info", "receipts");
  }

  /** A new event at the end of the log. */
  #take(event: Event, parts: Set<Part>): void {
    const { type, actor, seq, n } = event.envelope;
    for (const part of this.#held.take(event)) parts.add(part);
    if (this.#queue.event(event.envelope, this.#held.roster.user)) parts.add("outbox");
    if (type !== "message.created") return;
    if (this.#typing.set(actor, false)) parts.add("typing");
    if (actor === this.#held.roster.user && event.envelope.thread === undefined) this.#shared.onRead(this.id, seq, n);
  }

  async #loadBefore(limit: number): Promise<{ loaded: number; more: boolean }> {
    const { http } = this.#shared;
    const path = `/v1/conversations/${this.id}`;
    if (!this.#held.resource) this.prime(await http.request<ConversationResource>("GET", path));
    const { placed, after } = this.#held.log;
    if (placed && after === 0) return { loaded: 0, more: false };
    const query = { before: placed ? after + 1 : undefined, limit, epoch: this.#held.resource?.epoch };
    const page = await http.request<EventsPage>("GET", `${path}/events`, { query });
    return this.#takePage(page, { placed, after });
  }

  #takePage(page: EventsPage, from: Place): { loaded: number; more: boolean } {
    const taken = this.#held.takePage(page, from);
    if (taken === false) throw new QuipuError("bad_answer", "The server answered with a page that does not fit.", { retry: true });
    this.#emit("messages");
    return { loaded: taken ? page.events.length : 0, more: this.state.hasMore };
  }

  /** Members of a conversation that is too large for the welcome to list them. */
  async #loadMembers(): Promise<void> {
    for (let after: string | undefined, more = true; more; ) {
      const page: MembersPage = await this.#shared.http.request("GET", `/v1/conversations/${this.id}/members`, { query: { after, limit: 100 } });
      after = page.next;
      more = after !== undefined;
      this.#held.roster.page(page.members, !more);
      this.#emit("members");
    }
  }

  #reset(): void {
    this.#held.reset();
    this.#cursors.clear();
    this.#typing.clear();
    this.#emit("messages", "members", "head", "info", "receipts", "typing");
  }

  #linkChanged(): void {
    const { connection, error } = this.#link;
    if (connection !== "online") {
      this.#cursors.offline();
      this.#queue.offline();
      if (this.#typing.clear()) this.#emit("typing");
    }
    if (connection === "stopped" && error) {
      // Where one may not be, nothing can be sent any more.
      if (error.code === "not_a_member" || error.code === "conversation_not_found") this.#queue.failAll(error);
      this.#ready?.reject(error);
      this.#ready = null;
      this.#listeners.emit({ type: "stopped", error });
    }
    this.#emit("connection");
  }

  #announceReady(): void {
    if (!this.#ready || !this.state.caughtUp) return;
    this.#ready.resolve();
    this.#ready = null;
  }

  #failed(thrown: unknown): void {
    this.#listeners.emit({ type: "error", error: toQuipuError(thrown, "network", "Something could not be loaded.") });
  }

  #emit(...parts: Part[]): void {
    if (parts.length === 0) return;
    if (parts.includes("messages") || parts.includes("outbox")) this.#held.touch();
    this.#state = null;
    this.#listeners.emit({ type: "change", parts: new Set(parts) });
  }
}
