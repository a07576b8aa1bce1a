/** The sockets and the HTTP of the test server, all in this process, with a place to break every frame. */
import { randomUUID } from "node:crypto";
import type { Cell, InboxEntry, InboxTotals, InboxView, Item, KeyedCommand, PatchInbox, PatchProfile, Presence, UserProfile, Watched, WebSocketConstructor, WebSocketLike } from "../src/index.ts";
import { type Answer, auditPath, ConversationLog, leafOf, LIMITS, treeHash, userId } from "./log.ts";

export type Json = Record<string, unknown> & { t: string };

/** The server's end of a socket. */
export class ServerSocket {
  readonly user: string;
  readonly path: string;
  said = false;
  acked = 0;
  watching = new Set<string>();
  /** Frames the client sent, `ping` aside. */
  readonly received: Json[] = [];
  #open = true;
  readonly #server: Server;
  readonly #client: ClientSocket;

  constructor(server: Server, client: ClientSocket, path: string, user: string) {
    this.#server = server;
    this.#client = client;
    this.path = path;
    this.user = user;
  }

  get open(): boolean {
    return this.#open;
  }

  /** Sends a frame, unless a fault says otherwise; a fault may drop, double or replace it. */
  send(frame: Json): void {
    const frames = this.#server.faults.outgoing?.(frame, this) ?? [frame];
    for (const each of frames) this.raw(JSON.stringify(each));
  }

  raw(text: string): void {
    if (this.#open) queueMicrotask(() => this.#client.onmessage?.({ data: text } as never));
  }

  close(code: number, reason = ""): void {
    if (!this.#open) return;
    this.gone();
    setImmediate(() => this.#client.onclose?.({ code, reason } as never));
  }

  /** The client went, or the network did, and nobody tells the client. */
  gone(): void {
    this.#open = false;
    this.#server.sockets.delete(this);
  }
}

interface ClientSocket extends WebSocketLike {
  readonly url: string;
}

interface Faults {
  /** The network is gone. */
  down?: boolean;
  /** Answers to an upgrade: a status instead of a socket. */
  upgrade?: (path: string, user: string) => number | null;
  outgoing?: (frame: Json, socket: ServerSocket) => Json[] | null;
  /** True: the frame is lost on its way to the server. */
  incoming?: (frame: Json, socket: ServerSocket) => boolean | undefined;
  /** Refuses what is laid down about an inbox entry. */
  set?: (id: string) => string | null;
  /** Takes the place of the decision. */
  decide?: (command: KeyedCommand, user: string) => Answer | null;
}

export class Server {
  readonly conversations = new Map<string, ConversationLog>();
  readonly sockets = new Set<ServerSocket>();
  /** Every socket that was ever opened. */
  readonly history: ServerSocket[] = [];
  readonly requests: { method: string; path: string; key: string | null }[] = [];
  readonly faults: Faults = {};
  readonly revoked = new Set<string>();
  inboxVersion = 0;
  /** Presence by user. */
  readonly presences = new Map<string, Presence>();
  readonly inbox = new Map<string, Map<string, InboxEntry>>();
  readonly profiles = new Map<string, UserProfile>();
  /** What users have laid down about others. */
  readonly people = new Map<string, Map<string, { user: string; blocked?: true; contact?: true }>>();
  readonly reaches = new Map<string, string>();
  /** Saved messages by user, in the order in which they were saved. */
  readonly saved = new Map<string, { version: number; all: { conversation: string; seq: number; saved_at: number; order: number }[] }>();
  readonly WebSocket: WebSocketConstructor;
  #made = 0;
  #waiters: { test: () => boolean; done: () => void }[] = [];

  constructor() {
    const server = this;
    this.WebSocket = class implements ClientSocket {
      onopen: ((event: never) => void) | null = null;
      onmessage: ((event: never) => void) | null = null;
      onclose: ((event: never) => void) | null = null;
      onerror: ((event: never) => void) | null = null;
      readonly url: string;
      #end: ServerSocket | null = null;

      constructor(url: string, protocols: string[] = []) {
        this.url = url;
        setImmediate(() => {
          this.#end = server.upgrade(this, protocols);
          if (this.#end) this.onopen?.({} as never);
          else this.onclose?.({ code: 1006, reason: "" } as never);
        });
      }
      send(data: string): void {
        const end = this.#end;
        if (end) queueMicrotask(() => server.received(end, data));
      }
      close(): void {
        this.#end?.gone();
        server.notify();
      }
    };
  }

  /** Resolves when something the server can see is so. */
  until(test: () => boolean): Promise<void> {
    return new Promise((done) => {
      this.#waiters.push({ test, done });
      this.notify();
    });
  }

  notify(): void {
    this.#waiters = this.#waiters.filter(({ test, done }) => {
      if (!test()) return true;
      done();
      return false;
    });
  }

  conversation(creator: string, ...others: string[]): ConversationLog {
    this.#made += 1;
    const log = new ConversationLog(`gg${String(this.#made).padStart(26, "0")}`, userId(creator), creator);
    for (const other of others) log.join(userId(creator), userId(other), other);
    this.conversations.set(log.id, log);
    return log;
  }

  /** Closes the sockets on a path. */
  closeAll(code: number, reason = "", path = ""): void {
    for (const socket of [...this.sockets]) if (socket.path.includes(path)) socket.close(code, reason);
  }

  /** Commits an event of the server's own making, and broadcasts it. */
  say(log: ConversationLog, subject: string, text: string): number {
    const answer = log.decide(userId(subject), { key: randomUUID(), command: { type: "message.send", content: { kind: "text", text } } });
    this.broadcast(log, log.head - 1);
    return "ack" in answer ? answer.ack.seq : 0;
  }

  broadcast(log: ConversationLog, after: number): void {
    const events = log.events.slice(after);
    if (events.length === 0) return;
    const cells = events.flatMap(({ envelope }) => (envelope.type === "message.created" && envelope.thread === undefined ? (log.advance(envelope.actor, { read: envelope.seq }) ?? []) : []));
    for (const socket of this.sockets) {
      if (socket.path !== `/v1/conversations/${log.id}/socket` || !socket.said) continue;
      socket.send({ t: "events", events: log.seenBy(socket.user, events) });
      if (cells.length > 0) socket.send({ t: "cells", version: log.cellsVersion, cells });
    }
    this.notify();
  }

  /** Tells a conversation's sockets a cell. */
  tell(log: ConversationLog, cell: Cell): void {
    for (const socket of this.sockets) if (socket.path.includes(log.id)) socket.send({ t: "cells", version: log.cellsVersion, cells: [cell] });
  }

  /** Somebody puts another on a list, or takes them off; their sockets are told. */
  setPerson(owner: string, list: "blocks" | "contacts", user: string, on: boolean): object {
    const people = this.people.get(owner) ?? new Map();
    this.people.set(owner, people);
    const flag = list === "blocks" ? "blocked" : "contact";
    const { [flag]: _, ...rest } = people.get(user) ?? { user };
    const person = { ...rest, ...(on && { [flag]: true }) };
    people.set(user, person);
    for (const socket of this.sockets) if (socket.path === "/v1/inbox/socket" && socket.user === owner && socket.said) socket.send({ t: "person", ...person });
    return person;
  }

  #peoplePage(owner: string, flag: "blocked" | "contact", after: string, limit: number): object {
    const all = [...(this.people.get(owner)?.values() ?? [])].filter((person) => person[flag] && person.user > after).sort((a, b) => (a.user < b.user ? -1 : 1));
    const people = all.slice(0, limit);
    return { people, ...(all.length > limit && { next: people.at(-1)?.user }) };
  }

  /** Saves a message for somebody, or no longer, and tells their sockets. */
  save(user: string, conversation: string, seq: number, on: boolean): object {
    const kept = this.saved.get(user) ?? { version: 0, all: [] };
    this.saved.set(user, kept);
    const others = kept.all.filter((each) => each.conversation !== conversation || each.seq !== seq);
    const changes = on !== others.length < kept.all.length;
    if (changes) {
      kept.version += 1;
      kept.all = on ? [...others, { conversation, seq, saved_at: kept.version, order: kept.version }] : others;
    }
    const change = { version: kept.version, conversation, seq, saved: on, count: kept.all.length };
    for (const socket of this.sockets) if (changes && socket.path === "/v1/inbox/socket" && socket.user === user && socket.said) socket.send({ t: "saved", ...change });
    return change;
  }

  #savedPage(user: string, cursor: string | null, limit: number): object {
    const { version, all } = this.saved.get(user) ?? { version: 0, all: [] };
    const rest = all.filter(({ order }) => cursor === null || order < Number(cursor)).reverse();
    const saved = rest.slice(0, limit).map(({ order: _, ...place }) => {
      const events = this.conversations.get(place.conversation)?.events ?? [];
      const message = events[place.seq - 1];
      const edit = events.findLast(({ envelope }) => envelope.type === "message.edited" && envelope.ref === place.seq);
      return { ...place, ...(message?.content && { message, ...(edit && { edit }) }) };
    });
    return { version, count: all.length, saved, ...(rest.length > limit && { next: String(rest[limit - 1]?.order) }) };
  }

  /** How somebody presents themselves. */
  profileOf(user: string): UserProfile {
    return this.profiles.get(user) ?? { user };
  }

  /** Changes a profile and tells its owner's sockets. */
  introduce(user: string, { status: _, ...patch }: PatchProfile): void {
    const before = this.profileOf(user);
    const profile = { ...before, ...patch, version: (before.version ?? 0) + 1 };
    this.profiles.set(user, profile);
    for (const socket of this.sockets) {
      if (socket.path === "/v1/inbox/socket" && socket.user === user && socket.said) socket.send({ t: "profile", ...profile, own: {} });
    }
  }

  /** Changes an inbox entry and tells its owner's sockets. */
  change(subject: string, entry: Partial<InboxEntry> & { id: string }): InboxEntry {
    return this.#change(userId(subject), entry);
  }

  /** What the server's store adds up, entry by entry. */
  totals(user: string): InboxTotals {
    const totals = { conversations: 0, unread: 0, mentions: 0, archived: 0, hidden: 0 };
    let until = Number.POSITIVE_INFINITY;
    for (const entry of this.inbox.get(user)?.values() ?? []) {
      if (!entry.member) continue;
      if (entry.archived) totals.archived += 1;
      if (entry.hidden) totals.hidden += 1;
      const muted = (entry.muted_until ?? 0) > Date.now();
      if (muted) until = Math.min(until, entry.muted_until ?? 0);
      if (muted || entry.archived || entry.hidden) continue;
      const { notify = entry.large ? "mentions" : "all", mentions = 0, thread_mentions = 0 } = entry;
      if (notify === "nothing") continue;
      const named = notify === "mentions";
      if ((named ? mentions : entry.unread + (entry.threads ?? 0)) > 0 || entry.marked_unread) totals.conversations += 1;
      totals.unread += named ? mentions - thread_mentions : entry.unread;
      totals.mentions += mentions;
    }
    return Number.isFinite(until) ? { ...totals, until } : totals;
  }

  /** Whether a part of the list has an entry. */
  static #lists(view: InboxView, entry: InboxEntry): boolean {
    const parts: Record<InboxView, boolean> = {
      all: true,
      unread: entry.unread > 0 || (entry.threads ?? 0) > 0 || entry.marked_unread === true,
      mentions: (entry.mentions ?? 0) > 0,
      direct: entry.kind === "direct",
      groups: entry.kind === "group",
      archived: entry.archived === true,
      hidden: entry.hidden === true,
    };
    return parts[view] && (view === "archived" || view === "hidden" || !(entry.archived || entry.hidden));
  }

  #change(user: string, entry: Partial<InboxEntry> & { id: string }): InboxEntry {
    const entries = this.inbox.get(user) ?? new Map<string, InboxEntry>();
    this.inbox.set(user, entries);
    const blank = { kind: "group" as const, epoch: "0000000000001", member: true, role: "member" as const, head_seq: 0, head_n: 0, at: 0, read_seq: 0, read_n: 0, unread: 0 };
    const next = { ...blank, ...entries.get(entry.id), ...entry, version: ++this.inboxVersion };
    next.unread = next.head_n - next.read_n - (next.hidden_unread ?? 0);
    entries.set(entry.id, next);
    for (const socket of this.sockets) {
      if (socket.path === "/v1/inbox/socket" && socket.user === user && socket.said) socket.send({ t: "changes", version: next.version, more: false, entries: [next], totals: this.totals(user) });
    }
    return next;
  }

  upgrade(client: ClientSocket, protocols: string[]): ServerSocket | null {
    const path = new URL(client.url).pathname;
    const token = protocols.find((each) => each.startsWith("bearer."))?.slice(7) ?? "";
    const user = this.authenticate(token);
    if (this.faults.down || !user || this.faults.upgrade?.(path, user)) return null;
    const socket = new ServerSocket(this, client, path, user);
    this.sockets.add(socket);
    this.history.push(socket);
    return socket;
  }

  authenticate(token: string): string | null {
    const claims = readToken(token);
    if (!claims || this.revoked.has(token) || claims.exp * 1000 <= Date.now()) return null;
    return userId(claims.sub);
  }

  received(socket: ServerSocket, data: string): void {
    if (!socket.open || this.faults.down) return;
    if (data === "ping") return this.faults.incoming?.({ t: "ping" }, socket) ? undefined : socket.raw("pong");
    const frame = JSON.parse(data) as Json;
    socket.received.push(frame);
    if (!this.faults.incoming?.(frame, socket)) {
      if (frame.t === "refresh") this.#refresh(socket, frame.token as string);
      else if (socket.path === "/v1/inbox/socket" && frame.t === "watch") this.#watch(socket, frame.users as Watched[]);
      else if (socket.path === "/v1/inbox/socket" && frame.t === "hello") this.#inboxHello(socket, frame);
      else if (socket.path === "/v1/inbox/socket") return this.notify();
      else this.#conversationFrame(socket, frame);
    }
    this.notify();
  }

  #refresh(socket: ServerSocket, token: string): void {
    const claims = readToken(token);
    if (claims && this.authenticate(token) === socket.user) socket.send({ t: "refreshed", expires_at: claims.exp });
    else socket.send({ t: "error", code: "token_other_user", message: "A refresh must carry a token of the same user.", retry: false });
  }

  #inboxHello(socket: ServerSocket, frame: Json): void {
    socket.said = true;
    socket.send({ t: "welcome", user: socket.user, version: this.inboxVersion, now: Date.now(), expires_at: Date.now() / 1000 + 3600, totals: this.totals(socket.user), saved: this.saved.get(socket.user)?.version });
    const after = (frame.after as number | undefined) ?? this.inboxVersion;
    const entries = [...(this.inbox.get(socket.user)?.values() ?? [])].filter((entry) => entry.version > after).sort((a, b) => a.version - b.version);
    // One frame answers a hello here; the real server sends a few.
    const first = entries.slice(0, 100);
    const last = first.at(-1);
    if (last) socket.send({ t: "changes", version: last.version, more: entries.length > 100, entries: first });
  }

  /** Answers about those a socket did not watch before, and those who were hidden: as the real server does within a minute. */
  #watch(socket: ServerSocket, users: Watched[]): void {
    const about = ({ user }: Watched): Presence => this.presences.get(user) ?? { user, state: "hidden", at: Date.now() };
    const asked = users.filter(({ user }) => !socket.watching.has(user)).map(about);
    socket.watching = new Set(users.filter((each) => about(each).state !== "hidden").map(({ user }) => user));
    if (asked.length > 0) socket.send({ t: "presence", users: asked });
  }

  /** Somebody's presence changes: those who watch hear it. */
  present(subject: string, presence: Partial<Presence>): void {
    const user = userId(subject);
    const now: Presence = { user, state: "online", at: Date.now(), ...presence };
    this.presences.set(user, now);
    for (const socket of this.sockets) if (socket.watching.has(user)) socket.send({ t: "presence", users: [now] });
  }

  #conversationFrame(socket: ServerSocket, frame: Json): void {
    const log = this.conversations.get(socket.path.split("/")[3] ?? "");
    if (!log) return socket.close(4201, "conversation_not_found");
    if (!log.members.has(socket.user)) return socket.close(4200, "not_a_member");
    if (frame.t === "hello") return this.#hello(log, socket, frame);
    if (frame.t === "commands") return this.#commands(log, socket, frame.commands as KeyedCommand[]);
    if (frame.t === "read" && frame.thread !== undefined) return void this.#place(log, socket.user, frame.thread as number, { seq: frame.seq as number });
    if (frame.t === "typing") {
      for (const other of this.sockets) if (other.path === socket.path && other !== socket) other.send({ t: "typing", user: socket.user, on: frame.on });
      return;
    }
    const cell = frame.t === "ack" ? log.advance(socket.user, { delivered: frame.seq as number }) : log.advance(socket.user, { read: frame.seq as number });
    if (frame.t === "ack") socket.acked = frame.seq as number;
    if (cell) for (const other of this.sockets) if (other.path === socket.path) other.send({ t: "cells", version: log.cellsVersion, cells: [cell] });
  }

  /** Deletes a message for one member, and tells their sockets. */
  hide(log: ConversationLog, user: string, seq: number): void {
    const version = ++log.cellsVersion;
    log.hidden.push({ user, seq, version });
    for (const socket of this.sockets) {
      if (socket.path === `/v1/conversations/${log.id}/socket` && socket.user === user && socket.said) socket.send({ t: "hidden", version, messages: [seq] });
    }
    this.notify();
  }

  /** Moves somebody's place in a thread and tells their sockets. */
  #place(log: ConversationLog, user: string, root: number, change: { following?: boolean; seq?: number }): object {
    const cell = log.place(user, root, change);
    for (const socket of this.sockets) if (socket.user === user && socket.path.includes(log.id) && socket.said) socket.send({ t: "cells", version: log.cellsVersion, cells: [cell] });
    const { kind: _, ...place } = cell;
    return place;
  }

  #hello(log: ConversationLog, socket: ServerSocket, frame: Json): void {
    const fresh = Math.max(0, log.head - 50);
    const other = frame.epoch !== undefined && frame.epoch !== log.epoch;
    const after = other ? fresh : ((frame.after as number | undefined) ?? fresh);
    if (after > log.head) {
      socket.send({ t: "error", code: "cursor_out_of_range", message: "The cursor lies beyond the head.", retry: false });
      return socket.close(4202, "protocol");
    }
    socket.said = true;
    const members = [...log.members.values()];
    const welcome = { conversation: log.describe(socket.user), ...(members.length <= 256 && { members }), after, ...(other && { epoch_changed: true }) };
    socket.send({ t: "welcome", ...welcome, limits: LIMITS, now: Date.now(), expires_at: Math.floor(Date.now() / 1000) + 3600 });
    const cells = log.cells.filter(({ version }) => version > ((frame.cells_after as number | undefined) ?? 0)).map(({ cell }) => cell);
    for (const place of log.places.values()) if (place.user === socket.user) cells.push({ kind: "thread", ...place });
    if (cells.length > 0) socket.send({ t: "cells", version: log.cellsVersion, cells });
    const hidden = log.hidden.filter(({ user, version }) => user === socket.user && version > ((frame.cells_after as number | undefined) ?? 0));
    if (hidden.length > 0) socket.send({ t: "hidden", version: log.cellsVersion, messages: hidden.map(({ seq }) => seq) });
    const items: Item[] = log.seenBy(socket.user, log.events.slice(after));
    for (let start = 0; start < items.length; start += 500) socket.send({ t: "events", events: items.slice(start, start + 500) });
  }

  #commands(log: ConversationLog, socket: ServerSocket, commands: KeyedCommand[]): void {
    // A frame of the wrong shape is refused whole, as a decoder of the real protocol does.
    if (commands.length > LIMITS.commands_per_frame || commands.some(({ command }) => "user" in command && !/^(sub:|ug)/.test(command.user))) {
      return socket.send({ t: "error", code: "invalid_request", message: "The frame does not have the documented shape.", retry: false });
    }
    const before = log.head;
    const answers = commands.map((command) => this.faults.decide?.(command, socket.user) ?? log.decide(socket.user, command));
    const acks = answers.flatMap((answer) => ("ack" in answer ? answer.ack : []));
    const rejections = answers.flatMap((answer) => ("rejection" in answer ? answer.rejection : []));
    socket.send({ t: "acks", ...(acks.length > 0 && { acks }), ...(rejections.length > 0 && { rejections }) });
    this.broadcast(log, before);
    for (const each of [...this.sockets]) if (each.path === socket.path && !log.members.has(each.user)) each.close(4200, "not_a_member");
  }

  readonly fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(String(input));
    const headers = new Headers(init.headers);
    const method = init.method ?? "GET";
    this.requests.push({ method, path: url.pathname + url.search, key: headers.get("idempotency-key") });
    await Promise.resolve();
    if (this.faults.down) throw new TypeError("fetch failed");
    const user = this.authenticate((headers.get("authorization") ?? "").slice(7));
    if (!user) return problem(401, "token_expired");
    const refused = this.faults.upgrade?.(url.pathname, user);
    if (refused) return problem(refused, refused === 403 ? "not_a_member" : refused === 404 ? "conversation_not_found" : "internal", refused >= 500);
    return this.#route(method, url, user, init.body === undefined ? null : JSON.parse(String(init.body)));
  };

  #route(method: string, url: URL, user: string, body: { kind: string; members: string[]; name?: string } | object | null): Response {
    const [, , collection, id = "", part, number] = url.pathname.split("/");
    const limit = Number(url.searchParams.get("limit") ?? 50);
    if (collection === "me" && id === "profile") {
      if (method === "PATCH") this.introduce(user, body as unknown as PatchProfile);
      return json({ ...this.profileOf(user), own: {} });
    }
    if (collection === "users") return json(this.profileOf(decodeURIComponent(id)));
    if (collection === "blocks" || collection === "contacts") {
      if (method !== "GET") return json(this.setPerson(user, collection, decodeURIComponent(id), method === "PUT"));
      return json(this.#peoplePage(user, collection === "blocks" ? "blocked" : "contact", url.searchParams.get("after") ?? "", limit));
    }
    if (collection === "me" && id === "reach") {
      if (method === "PATCH") this.reaches.set(user, (body as unknown as { audience: string }).audience);
      return json({ audience: this.reaches.get(user) ?? "everyone" });
    }
    if (collection === "me") return json({ user, subject: "someone", expires_at: 0 });
    if (collection === "saved" && id === "") return json(this.#savedPage(user, url.searchParams.get("cursor"), limit));
    if (collection === "saved" && method === "GET") {
      const { version, all } = this.saved.get(user) ?? { version: 0, all: [] };
      return json({ version, seqs: all.filter(({ conversation }) => conversation === id).map(({ seq }) => seq) });
    }
    if (collection === "saved") {
      if (method === "PUT" && !this.conversations.get(id)?.members.has(user)) return problem(403, "not_a_member");
      return json(this.save(user, id, Number(part), method === "PUT"));
    }
    if (collection === "inbox" && id === "changes") {
      const after = Number(url.searchParams.get("after") ?? 0);
      const all = [...(this.inbox.get(user)?.values() ?? [])].filter((entry) => entry.version > after).sort((a, b) => a.version - b.version);
      const entries = all.slice(0, limit);
      const more = all.length > entries.length;
      return json({ version: entries.at(-1)?.version ?? after, more, entries, ...(!more && { totals: this.totals(user) }) });
    }
    if (collection === "inbox" && method === "PATCH") {
      const entry = this.inbox.get(user)?.get(id);
      const refused = this.faults.set?.(id);
      if (!entry?.member || refused) return problem(refused ? 409 : 403, refused ?? "not_a_member");
      const { read_seq: _, ...flags } = body as unknown as PatchInbox;
      return json(this.#change(user, { id, ...flags }));
    }
    if (collection === "inbox") {
      const view = (url.searchParams.get("filter") ?? "all") as InboxView;
      const members = [...(this.inbox.get(user)?.values() ?? [])].filter((entry) => entry.member);
      const all = members.filter((entry) => Server.#lists(view, entry)).sort((a, b) => b.at - a.at || (a.id > b.id ? -1 : 1));
      const others = all.filter(({ pinned }) => !pinned);
      const start = Number(url.searchParams.get("cursor") ?? 0);
      const entries = [...(start === 0 ? all.filter(({ pinned }) => pinned) : []), ...others.slice(start, start + limit)];
      const next = start + limit < others.length ? { next: String(start + limit) } : {};
      return json({ version: this.inboxVersion, entries, unread: members.reduce((total, entry) => total + entry.unread, 0), totals: this.totals(user), ...next });
    }
    if (method === "POST" && body && "members" in body) {
      const log = this.conversation("maker");
      for (const member of [user, ...body.members]) log.join(user, member.startsWith("sub:") ? userId(member.slice(4)) : member, member);
      if (body.name) log.info.name = body.name;
      return json(log.describe(user), 201);
    }
    const log = this.conversations.get(id);
    if (!log) return problem(404, "conversation_not_found");
    if (!log.members.has(user)) return problem(403, "not_a_member");
    if (part === undefined) return json(log.describe(user));
    if (part === "members") {
      const after = url.searchParams.get("after") ?? "";
      const rest = [...log.members.values()].sort((a, b) => (a.user < b.user ? -1 : 1)).filter((member) => member.user > after);
      return json({ members: rest.slice(0, limit), ...(rest.length > limit && { next: rest[limit - 1]?.user }) });
    }
    if (part === "events" && number !== undefined) {
      const leaves = log.events.map(({ envelope }) => leafOf(envelope));
      const seq = Number(number);
      const path = auditPath(seq - 1, leaves).map((each) => each.toString("base64url"));
      return json({ seq, size: leaves.length, root: treeHash(leaves).toString("base64url"), leaf: leaves[seq - 1]?.toString("base64url"), path });
    }
    if (part === "messages" && method === "PUT") {
      this.hide(log, user, Number(number));
      return new Response(null, { status: 204 });
    }
    const before = url.searchParams.get("before");
    if (part === "messages") return json(log.threadPage(Number(url.searchParams.get("thread")), user, Number(before ?? Number.MAX_SAFE_INTEGER), limit));
    if (part === "threads" && method === "PUT") return json(this.#place(log, user, Number(number), body as { following?: boolean; seq?: number }));
    if (part === "threads") {
      const roots = [...log.places.values()].filter((place) => place.user === user && place.following).map((place) => place.root);
      const threads = roots.map((root) => ({ thread: log.thread(root, user), root: log.events[root - 1] }));
      return json({ epoch: log.epoch, head: log.head, threads: threads.sort((a, b) => b.thread.last - a.thread.last) });
    }
    const page = log.page({ ...(before !== null && { before: Number(before) }), limit });
    return json({ epoch: log.epoch, head: log.head, ...page, events: log.seenBy(user, page.events) });
  }
}

function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
}

export function problem(status: number, code: string, retry = false): Response {
  return new Response(JSON.stringify({ type: `urn:quipu:problem:${code}`, title: code, status, detail: `Refused: ${code}.`, code, retry }), { status });
}

/** A token of the test's issuer. Nothing is signed: the test server believes it. */
export function makeToken(subject: string, lifeSeconds = 3600): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part({ iss: "test", sub: subject, exp: Date.now() / 1000 + lifeSeconds, jti: randomUUID() })}.x`;
}

function readToken(token: string): { sub: string; exp: number } | null {
  try {
    return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { sub: string; exp: number };
  } catch {
    return null;
  }
}
