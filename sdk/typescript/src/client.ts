import { Conversation, type Shared } from "./conversation.ts";
import { Http, type RequestOptions } from "./http.ts";
import { Inbox } from "./inbox.ts";
import type { WebSocketConstructor } from "./link.ts";
import { Outbox } from "./outbox.ts";
import { search, type SearchOptions } from "./search.ts";
import { Session } from "./session.ts";
import { indexedDbStorage, memoryStorage, type OutboxStorage } from "./storage.ts";
import { defaultTiming, type Timing } from "./timing.ts";
import type { ConversationResource, CreateConversation, Me, MyProfile, PatchProfile, SearchAllPage, UserProfile, UserRef } from "./wire.ts";

export interface QuipuOptions {
  /** Address of the deployment, such as `https://chat.example.com`. */
  url: string;
  /** Provides a fresh token. The answer is kept until it is near its expiry. */
  token: () => string | Promise<string>;
  /** Names the outbox of the person who is signed in. By default it is taken from the token (`iss` and `sub`). */
  account?: string;
  /** By default IndexedDB where there is one, else memory. */
  storage?: OutboxStorage;
  WebSocket?: WebSocketConstructor;
  fetch?: typeof fetch;
  timing?: Partial<Timing>;
}

/** A group, or a direct conversation with one other user. */
export type NewConversation = Pick<CreateConversation, "kind" | "members"> & Partial<CreateConversation>;

/** A client of one deployment, for one person. */
export class Quipu {
  readonly url: string;
  readonly inbox: Inbox;
  readonly #conversations = new Map<string, Conversation>();
  readonly #shared: Shared;
  readonly #unwire: () => void;

  constructor(options: QuipuOptions) {
    const timing = { ...defaultTiming, ...options.timing };
    const session = new Session(options.token, timing);
    this.url = options.url.replace(/\/+$/, "");
    const socketBase = this.url.replace(/^http/, "ws");
    const socket = options.WebSocket ?? (globalThis.WebSocket as unknown as WebSocketConstructor | undefined);
    if (!socket) throw new TypeError("This platform has no WebSocket: pass one as `WebSocket`.");
    const http = new Http(this.url, session, options.fetch ?? ((...request) => fetch(...request)), timing);
    const storage = options.storage ?? (typeof indexedDB === "undefined" ? memoryStorage() : indexedDbStorage());
    const outbox = new Outbox(storage, async () => {
      const person = options.account ?? (await session.person()) ?? (await this.me()).user;
      return `quipu ${this.url} ${person}`;
    });
    this.#shared = {
      socketBase,
      WebSocket: socket,
      session,
      http,
      outbox,
      timing,
      onOpen: (id) => this.inbox.opened(id),
      onRead: (id, seq, n) => this.inbox.read(id, seq, n),
    };
    outbox.onNotice = (notice) => this.#conversations.get(notice.conversation)?.notice(notice);
    outbox.onError = (error) => {
      for (const conversation of this.#conversations.values()) conversation.troubled(error);
    };
    // What an earlier session left is sent as soon as the application shows its list.
    this.inbox = new Inbox(this.#shared, () => void this.flush().catch(() => undefined));
    this.#unwire = wire(() => this.online());
  }

  /** The handle of a conversation; always the same one. It connects with `open()`, or when there is something to send. */
  conversation(id: string): Conversation {
    let handle = this.#conversations.get(id);
    if (!handle) {
      handle = new Conversation(id, this.#shared);
      this.#conversations.set(id, handle);
    }
    return handle;
  }

  /** Creates a group, or opens the direct conversation with somebody. The same key makes it once. */
  async createConversation(body: NewConversation, options: { key?: string } = {}): Promise<Conversation> {
    const resource = await this.request<ConversationResource>("POST", "/v1/conversations", { body, ...options });
    const conversation = this.conversation(resource.id);
    conversation.prime(resource);
    return conversation;
  }

  /** Opens the direct conversation with a user (`context` keeps several with the same user apart). */
  direct(user: UserRef, options: { context?: string; key?: string } = {}): Promise<Conversation> {
    const { context, ...rest } = options;
    return this.createConversation({ kind: "direct", members: [user], ...(context !== undefined && { context }) }, rest);
  }

  /** Whom the token names. */
  me(): Promise<Me> {
    return this.request("GET", "/v1/me");
  }

  /** How you present yourself. Changes, also those made on your other devices, come as `profile` events of the inbox. */
  profile(): Promise<MyProfile> {
    return this.request("GET", "/v1/me/profile");
  }

  /** Changes it: an absent field stays, an empty text clears. */
  setProfile(patch: PatchProfile): Promise<MyProfile> {
    return this.request("PATCH", "/v1/me/profile", { body: patch });
  }

  /** How somebody presents themselves whom you share a conversation with. */
  user(user: UserRef): Promise<UserProfile> {
    return this.request("GET", `/v1/users/${encodeURIComponent(user)}`);
  }

  /** Messages of all your conversations that a query finds; `next` of a page is the cursor of the one after it. Pages without a hit are passed over. */
  search(q: string, options: SearchOptions = {}): Promise<SearchAllPage> {
    return search(this.#shared.http, "/v1/search", q, options);
  }

  /** Any other endpoint, with the token, repeated where that is safe. Throws `QuipuError`. */
  request<T>(method: string, path: string, options?: RequestOptions): Promise<T> {
    return this.#shared.http.request<T>(method, path, options);
  }

  /** Sends what an earlier session left in the outbox. */
  async flush(): Promise<void> {
    const commands = await this.#shared.outbox.all();
    const ids = new Set(commands.filter((command) => command.status === "waiting").map((command) => command.conversation));
    await Promise.all([...ids].map((id) => this.conversation(id).flush()));
  }

  /** The network is back, as far as you know: reconnect now. */
  online(): void {
    this.inbox.kick();
    for (const conversation of this.#conversations.values()) conversation.kick();
  }

  /** Closes every socket and the outbox, which keeps what was not sent. */
  async close(): Promise<void> {
    this.#unwire();
    this.inbox.close();
    for (const conversation of this.#conversations.values()) conversation.shut();
    await this.#shared.outbox.close();
  }
}

/** Calls back when the network or the page comes back. */
function wire(back: () => void): () => void {
  if (typeof addEventListener !== "function") return () => undefined;
  const visible = (): void => {
    if (document.visibilityState === "visible") back();
  };
  const hasDocument = typeof document !== "undefined";
  addEventListener("online", back);
  if (hasDocument) document.addEventListener("visibilitychange", visible);
  return () => {
    removeEventListener("online", back);
    if (hasDocument) document.removeEventListener("visibilitychange", visible);
  };
}
