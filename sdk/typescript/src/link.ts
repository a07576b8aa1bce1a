import { isTokenError, QuipuError, toQuipuError } from "./errors.ts";
import type { Session } from "./session.ts";
import { jitter, renewIn, type Timing } from "./timing.ts";
import type { Code } from "./wire.ts";

/** The part of a WebSocket that is used, so that Node, browsers and tests can each bring theirs. */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  /** As in the WHATWG's WebSockets: above 1 it closes. Without it a socket counts as open until its close event. */
  readonly readyState?: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}
export type WebSocketConstructor = new (url: string, protocols?: string[]) => WebSocketLike;

/** `idle`: not wanted. `waiting`: between two attempts. `stopped`: for good, until it is started again. */
export type Connection = "idle" | "connecting" | "online" | "waiting" | "stopped";

export interface LinkOwner {
  /** The first frame. */
  hello(): object;
  /** Every other frame, parsed; `size` is its length as text. */
  frame(frame: { t: string }, size: number): void;
  /** `connection`, `retryAt` or `error` changed. */
  changed(): void;
  /** Finds out why an upgrade failed, which a browser does not tell: throws a `QuipuError` when the server says so over HTTP. */
  probe(): Promise<unknown>;
}

/**
 * One socket that is kept: reconnects, keep-alive, tokens.
 *
 * Own code and not partysocket: what to do next depends on the close code, the token must be fresh for every attempt, a failed upgrade
 * is explained by HTTP, and nothing may be buffered below the outbox. What would remain of that package is a loop around `new WebSocket`.
 */
export class Link {
  connection: Connection = "idle";
  retryAt: number | null = null;
  error: QuipuError | null = null;
  /** Welcomes after the first. */
  reconnects = 0;
  readonly #url: string;
  readonly #make: WebSocketConstructor;
  readonly #session: Session;
  readonly #timing: Timing;
  readonly #owner: LinkOwner;
  #socket: WebSocketLike | null = null;
  #generation = 0;
  #attempt = 0;
  #welcomedAt = 0;
  #welcomes = 0;
  /** What the server last complained of on this socket: the reason behind a close that follows. */
  #complaint: QuipuError | null = null;
  readonly #timers: { retry?: Timer; connect?: Timer; ping?: Timer; pong?: Timer; renew?: Timer } = {};

  constructor(url: string, make: WebSocketConstructor, session: Session, timing: Timing, owner: LinkOwner) {
    this.#url = url;
    this.#make = make;
    this.#session = session;
    this.#timing = timing;
    this.#owner = owner;
  }

  start(): void {
    if (this.connection !== "idle" && this.connection !== "stopped") return;
    this.#attempt = 0;
    void this.#connect();
  }

  stop(error: QuipuError | null = null): void {
    if (this.connection === "idle" || (this.connection === "stopped" && !error)) return;
    this.#abandon(1000);
    this.#become(error ? "stopped" : "idle", error);
  }

  /** Try now: the network or the page came back. An open socket has to prove that it lives. */
  kick(): void {
    if (this.connection === "waiting") {
      this.#attempt = 0;
      void this.#connect();
    } else if (this.connection === "online") {
      this.#ping();
    }
  }

  /** Drops this socket and comes back with the cursor. */
  reconnect(error: QuipuError): void {
    if (this.#socket) this.#ended(this.#generation, 4900, error);
  }

  send(frame: object | string): boolean {
    if (!this.#socket || this.connection === "idle" || this.connection === "stopped" || this.connection === "waiting") return false;
    // One that closes takes nothing, and browsers complain of the attempt; its close event follows.
    if ((this.#socket.readyState ?? 1) > 1) return false;
    try {
      this.#socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
      return true;
    } catch {
      return false; // Not open yet.
    }
  }

  /** The owner took a welcome: the connection is of use now. */
  welcomed(now: number, expiresAt: number): void {
    clearTimeout(this.#timers.connect);
    this.#session.offsetMs = now - Date.now();
    this.#welcomedAt = Date.now();
    if (this.#welcomes++ > 0) this.reconnects += 1;
    this.renewBy(expiresAt);
    this.#become("online", null);
  }

  /** Plans the `refresh` frame for a token that expires then (Unix seconds). */
  renewBy(expiresAt: number): void {
    const left = expiresAt * 1000 - this.#session.serverNow();
    // A provider that hands out the same token again must not be asked without end.
    const wait = Math.max(renewIn(this.#timing, left), Math.min(1_000, left / 2));
    this.#renewIn(wait);
  }

  #renewIn(wait: number): void {
    clearTimeout(this.#timers.renew);
    const generation = this.#generation;
    this.#timers.renew = setTimeout(() => {
      this.#session.forget(null);
      this.#session.token().then(
        (token) => {
          if (generation === this.#generation) this.send({ t: "refresh", token });
        },
        (thrown: unknown) => {
          const error = toQuipuError(thrown, "token_unavailable", "The application could not provide a token.");
          if (generation !== this.#generation) return;
          if (error.retry) this.#renewIn(jitter(this.#timing, 3));
          else this.stop(error);
        },
      );
    }, Math.min(wait, 0x7fff_ffff));
  }

  async #connect(): Promise<void> {
    clearTimeout(this.#timers.retry);
    const generation = ++this.#generation;
    this.#complaint = null;
    this.#become("connecting", this.error);
    let token: string;
    try {
      token = await this.#session.token();
    } catch (thrown) {
      if (generation !== this.#generation) return;
      const error = toQuipuError(thrown, "token_unavailable", "The application could not provide a token.");
      if (error.retry) this.#retry(error);
      else this.stop(error);
      return;
    }
    if (generation !== this.#generation) return;
    let opened = false;
    let socket: WebSocketLike;
    try {
      socket = new this.#make(this.#url, ["quipu.v1", `bearer.${token}`]);
    } catch (thrown) {
      this.stop(toQuipuError(thrown, "protocol", "No socket could be made for this address and token.", false));
      return;
    }
    this.#socket = socket;
    this.#timers.connect = setTimeout(() => this.#ended(generation, 4900, new QuipuError("timeout", "The server did not answer in time.", { retry: true })), this.#timing.connectWithinMs);
    socket.onopen = () => {
      opened = true;
      if (generation !== this.#generation) return;
      this.send(this.#owner.hello());
      this.#timers.ping = setInterval(() => this.#ping(), this.#timing.pingEveryMs);
    };
    socket.onmessage = (event: { data: unknown }) => {
      if (generation === this.#generation) this.#received(event.data);
    };
    socket.onerror = () => undefined; // A close event follows, with all there is to know.
    socket.onclose = (event: { code: number }) => {
      if (generation !== this.#generation) return;
      if (opened) this.#closed(event.code, token);
      else void this.#refused(generation, token);
    };
  }

  #received(data: unknown): void {
    clearTimeout(this.#timers.pong);
    if (typeof data !== "string" || data === "pong") return;
    let frame: { t: string };
    try {
      frame = JSON.parse(data) as { t: string };
    } catch {
      this.reconnect(new QuipuError("bad_answer", "The server sent something that is not JSON.", { retry: true }));
      return;
    }
    if (frame.t === "error") {
      const { code, message, retry, retry_after_ms } = frame as unknown as { code: Code; message: string; retry: boolean; retry_after_ms?: number };
      this.#complaint = new QuipuError(code, message, { retry, retryAfterMs: retry_after_ms });
    }
    this.#owner.frame(frame, data.length);
    // The server lost this socket's state: a new hello has to be the first frame of a new one.
    if (this.#complaint?.code === "hello_required") this.reconnect(this.#complaint);
  }

  /** Sends a ping; silence afterwards means that the connection is dead, whatever the socket says. */
  #ping(): void {
    if (!this.send("ping")) return;
    clearTimeout(this.#timers.pong);
    const generation = this.#generation;
    this.#timers.pong = setTimeout(() => this.#ended(generation, 4900, new QuipuError("timeout", "The connection went silent.", { retry: true })), this.#timing.pongWithinMs);
  }

  /** The ranges of close codes say what to do. */
  #closed(code: number, token: string): void {
    if (code >= 4200 && code < 4300) {
      const [known, sentence] = CLOSED[code] ?? ["protocol", "The server closed the connection for good."];
      const said = known === "protocol" ? this.#complaint : null;
      this.stop(said ?? new QuipuError(known, sentence));
      return;
    }
    if (code >= 4100 && code < 4200) this.#session.forget(token);
    const error = code === 4100 ? new QuipuError("token_expired", "The token expired.", { retry: true }) : new QuipuError("closed", "The connection was closed.", { retry: true });
    this.#ended(this.#generation, code, error);
  }

  /** The upgrade failed. Asks over HTTP why, since the socket cannot tell. */
  async #refused(generation: number, token: string): Promise<void> {
    clearTimeout(this.#timers.connect);
    let error = new QuipuError("network", "The server could not be reached.", { retry: true });
    try {
      await this.#owner.probe();
    } catch (thrown) {
      error = toQuipuError(thrown, "network", "The server could not be reached.");
    }
    if (generation !== this.#generation) return;
    if (isTokenError(error)) this.#session.forget(token);
    else if (!error.retry) {
      this.stop(error);
      return;
    }
    this.#ended(generation, 1006, error);
  }

  #ended(generation: number, code: number, error: QuipuError): void {
    if (generation !== this.#generation) return;
    if (this.#welcomedAt !== 0 && Date.now() - this.#welcomedAt >= this.#timing.stableAfterMs) this.#attempt = 0;
    this.#abandon(code >= 4900 ? code : null);
    this.#retry(error);
  }

  #retry(error: QuipuError): void {
    const wait = Math.max(jitter(this.#timing, this.#attempt), error.retryAfterMs ?? 0);
    this.#attempt += 1;
    this.retryAt = Date.now() + wait;
    this.#timers.retry = setTimeout(() => void this.#connect(), wait);
    this.#become("waiting", error);
  }

  /** Lets go of the socket: nothing it still says is heard. A dead one may take minutes to close by itself. */
  #abandon(code: number | null): void {
    this.#generation += 1;
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.#welcomedAt = 0;
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.onerror = () => undefined;
    if (code !== null) {
      try {
        socket.close(code);
      } catch {
        // Closed already.
      }
    }
  }

  #become(connection: Connection, error: QuipuError | null): void {
    if (connection !== "waiting") this.retryAt = null;
    if (connection === this.connection && error === this.error) return;
    this.connection = connection;
    this.error = error;
    this.#owner.changed();
  }
}

type Timer = ReturnType<typeof setTimeout>;

const CLOSED: Record<number, [Code | "protocol", string]> = {
  4200: ["not_a_member", "You are not a member of this conversation."],
  4201: ["conversation_not_found", "There is no conversation with this id."],
  4202: ["protocol", "The server could not understand this client."],
  4203: ["too_many_sockets", "You hold as many sockets here as one user may."],
  4204: ["device_revoked", "This device was signed out."],
};
