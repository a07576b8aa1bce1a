import type { Timing } from "./timing.ts";

/** Events between two acks, at most … */
const ACK_EVENTS = 64;
/** … and characters, of up to 3 bytes each: under 256 KiB whatever the script. */
const ACK_CHARACTERS = 80 * 1024;
/** A typing mark is repeated this often while the person types, and cleared after this without a repeat. */
const TYPING_EVERY_MS = 3_000;
const TYPING_CLEAR_MS = 6_000;

/** What goes out beside commands: "received up to", "read up to" and "is typing", as seldom as is good enough. */
export class Cursors {
  readonly #timing: Timing;
  readonly #send: (frame: object) => boolean;
  #online = false;
  #received = 0;
  #acked = 0;
  #events = 0;
  #characters = 0;
  #read = 0;
  #readSent = 0;
  #typingSentAt = 0;
  readonly #timers: { ack?: ReturnType<typeof setTimeout>; read?: ReturnType<typeof setTimeout> } = {};

  constructor(timing: Timing, send: (frame: object) => boolean) {
    this.#timing = timing;
    this.#send = send;
  }

  /** A new socket: the server counts what is unacknowledged on it from here. */
  online(after: number): void {
    this.#online = true;
    this.#received = Math.max(after, 0);
    this.#acked = this.#received;
    this.#events = this.#characters = 0;
    this.#readSent = 0;
    if (this.#read > 0) this.#planRead();
  }

  offline(): void {
    this.#online = false;
    this.#typingSentAt = 0;
    clearTimeout(this.#timers.ack);
    clearTimeout(this.#timers.read);
    delete this.#timers.ack;
    delete this.#timers.read;
  }

  /** Another life of the log: its numbers mean nothing here. */
  clear(): void {
    this.#read = 0;
  }

  /** A batch is held up to this seq. */
  received(seq: number, events: number, characters: number): void {
    this.#received = seq;
    this.#events += events;
    this.#characters += characters;
    if (this.#events >= ACK_EVENTS || this.#characters >= ACK_CHARACTERS) this.#ack();
    else this.#timers.ack ??= setTimeout(() => this.#ack(), this.#timing.ackAfterMs);
  }

  /** The person has seen this seq. */
  read(seq: number): void {
    if (seq <= this.#read) return;
    this.#read = seq;
    if (this.#online) this.#planRead();
  }

  /** Sends what is planned at once: before the socket is closed on purpose. */
  flush(): void {
    if (!this.#online) return;
    this.#ack();
    this.#sendRead();
  }

  typing(on: boolean): void {
    const now = Date.now();
    if (!this.#online) return;
    if (on ? now - this.#typingSentAt >= TYPING_EVERY_MS : this.#typingSentAt !== 0 && now - this.#typingSentAt < TYPING_CLEAR_MS) {
      if (this.#send({ t: "typing", on })) this.#typingSentAt = on ? now : 0;
    } else if (!on) this.#typingSentAt = 0;
  }

  #ack(): void {
    clearTimeout(this.#timers.ack);
    delete this.#timers.ack;
    if (this.#received <= this.#acked || !this.#send({ t: "ack", seq: this.#received })) return;
    this.#acked = this.#received;
    this.#events = this.#characters = 0;
  }

  #planRead(): void {
    this.#timers.read ??= setTimeout(() => this.#sendRead(), this.#timing.readAfterMs);
  }

  #sendRead(): void {
    clearTimeout(this.#timers.read);
    delete this.#timers.read;
    if (this.#read > this.#readSent && this.#send({ t: "read", seq: this.#read })) this.#readSent = this.#read;
  }
}

/** Who is typing; marks clear by themselves. */
export class TypingMarks {
  readonly #marks = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get users(): readonly string[] {
    return [...this.#marks.keys()];
  }

  /** True when the set of users changed. */
  set(user: string, on: boolean, clearAfterMs = TYPING_CLEAR_MS): boolean {
    const held = this.#marks.get(user);
    clearTimeout(held);
    if (!on) return this.#marks.delete(user);
    this.#marks.set(
      user,
      setTimeout(() => {
        this.#marks.delete(user);
        this.#changed();
      }, clearAfterMs),
    );
    return held === undefined;
  }

  clear(): boolean {
    for (const timer of this.#marks.values()) clearTimeout(timer);
    const had = this.#marks.size > 0;
    this.#marks.clear();
    return had;
  }
}
