import { type Entry, makeEntry, type Pending, pending, type Settled } from "./entry.ts";
import { fromRejection, QuipuError, toQuipuError } from "./errors.ts";
import type { Notice, Outbox } from "./outbox.ts";
import type { StoredCommand } from "./storage.ts";
import { jitter, type Timing } from "./timing.ts";
import { Turn } from "./turn.ts";
import type { Acks, Code, Command, Envelope, Limits, Rejection } from "./wire.ts";

export interface QueueOwner {
  /** The last seq held. */
  last(): number;
  send(frame: object): boolean;
  reconnect(error: QuipuError): void;
  /** Something to show changed, or the need for a connection did. */
  changed(): void;
  settled(settled: Settled): void;
  failed(key: string, error: QuipuError): void;
}

/** Room a frame needs around its commands. */
const FRAME_MARGIN = 64;
/** Commands sent and unanswered at once. */
const WINDOW = 500;
/** Refusals that may be of a whole frame of commands, where no key could be read from it. (`rate_limited` without a key is of a signal.) */
const FRAME_CODES: readonly string[] = ["malformed_json", "invalid_utf8", "invalid_request", "unknown_frame", "too_large", "invalid_value", "overloaded", "internal"];

/** One conversation's commands: stored, then sent in order without waiting for answers, until each is answered or its event is seen. */
export class Queue {
  readonly entries: Entry[] = [];
  readonly #id: string;
  readonly #outbox: Outbox;
  readonly #timing: Timing;
  readonly #owner: QueueOwner;
  #limits: Limits | null = null;
  #loaded: Promise<void> | null = null;
  readonly #turn: Turn;
  #holdUntil = 0;
  #refusals = 0;
  /** After a frame was refused whole: one command per frame, so that the next refusal names its command. */
  #single = false;
  #pumping = false;
  #telling = false;
  readonly #timers: { hold?: ReturnType<typeof setTimeout>; answer?: ReturnType<typeof setTimeout> } = {};

  constructor(id: string, outbox: Outbox, timing: Timing, owner: QueueOwner) {
    this.#id = id;
    this.#outbox = outbox;
    this.#timing = timing;
    this.#owner = owner;
    this.#turn = new Turn(outbox, id, {
      wanted: () => this.#limits !== null && this.#sending,
      begin: () => this.#reload(),
      changed: () => {
        this.#pump();
        this.#rest();
      },
    });
  }

  /** Whether a connection is needed. */
  get busy(): boolean {
    return this.entries.some((entry) => entry.view.status === "waiting" && entry.seq === null);
  }

  /** Whether other tabs have to leave the sending to this one. */
  get #sending(): boolean {
    return this.entries.some((entry) => entry.view.status === "waiting" && entry.seq === null && entry.state !== "elsewhere");
  }

  /** Brings in what an earlier session left, once. */
  load(): Promise<void> {
    this.#loaded ??= this.#reload().then(
      // The welcome may have come first, and found nothing to send.
      () => this.#pump(),
      (thrown: unknown) => {
        this.#loaded = null;
        throw thrown;
      },
    );
    return this.#loaded;
  }

  add(command: Command): Pending {
    return pending(this.#enter({ command }, (record) => this.#outbox.add(record)));
  }

  /** A failed command, again, under a new key: the old one is answered for ever. */
  retry(key: string): Pending {
    const failed = this.entries.find((entry) => entry.view.key === key && entry.view.status === "failed");
    if (!failed) throw new QuipuError("discarded", "There is no failed command with this key.");
    this.#drop(failed);
    this.#outbox.announce({ conversation: this.#id, kind: "gone", key });
    return pending(this.#enter({ command: failed.view.command, replaces: key }, (record) => this.#outbox.replace(key, record)));
  }

  /** Forgets a command that failed or was not sent yet. */
  async discard(key: string): Promise<void> {
    const entry = this.entries.find((each) => each.view.key === key && each.seq === null);
    if (!entry) return;
    // Once sent it may be in the log already: only its answer can tell.
    if (entry.state === "sent" && entry.view.status === "waiting") throw new QuipuError("discarded", "The command is on its way and cannot be taken back.");
    this.#drop(entry);
    entry.settled.reject(new QuipuError("discarded", "The command was discarded."));
    await this.#outbox.remove([key]);
    this.#outbox.announce({ conversation: this.#id, kind: "gone", key });
    this.#owner.changed();
    this.#rest();
  }

  /** A welcome came: everything unanswered is sent again, under its key. */
  online(limits: Limits): void {
    this.#limits = limits;
    for (const entry of [...this.entries]) {
      // Its event lies before what this connection brings.
      if (entry.seq !== null && entry.seq <= this.#owner.last()) this.#drop(entry);
      // Nobody told what became of it: the same key asks again.
      if (entry.state === "elsewhere") entry.order = 0;
      if (entry.state === "sent" || entry.state === "elsewhere") entry.state = "ready";
    }
    this.#pump();
  }

  offline(): void {
    this.#limits = null;
    clearTimeout(this.#timers.answer);
    this.#turn.end();
  }

  /** Takes answers in. */
  acks(frame: Acks): void {
    const done: string[] = [];
    for (const { key, seq } of frame.acks ?? []) {
      const entry = this.#find(key);
      if (!entry) continue;
      this.#settle(entry, seq);
      done.push(key);
    }
    void this.#outbox.remove(done);
    for (const rejection of frame.rejections ?? []) {
      const entry = this.#find(rejection.key);
      if (entry?.state === "sent") this.#reject(entry, fromRejection(rejection));
    }
    this.#answered();
  }

  /** An event came: it settles its command even when the ack was lost. */
  event(envelope: Envelope, you: string | null): boolean {
    if (envelope.actor !== you) return false;
    const entry = this.entries.find((each) => each.view.key === envelope.key);
    if (!entry) return false;
    if (entry.seq === null) {
      this.#settle(entry, envelope.seq);
      void this.#outbox.remove([envelope.key]);
    }
    this.#drop(entry);
    this.#answered();
    return true;
  }

  /** A frame was refused whole. It names no key, so the commands in flight are sent one by one to find the bad one. */
  refused(rejection: Rejection): void {
    const flying = this.entries.filter((entry) => entry.state === "sent" && entry.view.status === "waiting");
    const [only] = flying;
    if (!only || !FRAME_CODES.includes(rejection.code)) return;
    if (flying.length === 1 || rejection.retry) {
      for (const entry of flying) this.#reject(entry, fromRejection(rejection));
      this.#answered();
      return;
    }
    this.#single = true;
    // On a new connection no late answer to these frames can be mistaken for an answer to the next.
    this.#owner.reconnect(fromRejection(rejection));
  }

  /** No command of this conversation can succeed any more. */
  failAll(error: QuipuError): void {
    for (const entry of [...this.entries]) {
      if (entry.seq !== null) this.#drop(entry);
      else if (entry.view.status === "waiting") this.#fail(entry, error);
    }
    this.#rest();
  }

  /** Another tab has news of a common command. */
  notice(notice: Notice): void {
    const entry = this.#find(notice.key);
    if (!entry) return;
    if (notice.kind === "settled") this.#settle(entry, notice.seq, false);
    else if (notice.kind === "failed") this.#fail(entry, new QuipuError(notice.error.code as Code, notice.error.message), false);
    else {
      this.#drop(entry);
      entry.settled.reject(new QuipuError("discarded", "The command was discarded in another tab."));
    }
    this.#owner.changed();
    this.#rest();
  }

  close(): void {
    clearTimeout(this.#timers.hold);
    this.offline();
  }

  #find(key: string): Entry | undefined {
    return this.entries.find((entry) => entry.view.key === key && entry.seq === null);
  }

  #enter({ command, ...how }: { command: Command; replaces?: string }, save: (record: Omit<StoredCommand, "order">) => Promise<number>): Entry {
    const record = { key: crypto.randomUUID(), conversation: this.#id, command, createdAt: Date.now(), status: "waiting" as const };
    // At once: the page may be left before anything that has to be awaited.
    this.#outbox.note({ command: record, ...how });
    const entry = makeEntry({ ...record, order: Number.MAX_SAFE_INTEGER }, "unsaved");
    this.entries.push(entry);
    this.#save(entry, () => save(record));
    this.#owner.changed();
    return entry;
  }

  #save(entry: Entry, save: () => Promise<number>): void {
    entry.saving = true;
    // What an earlier session left comes first.
    this.load()
      .then(save)
      .then((order) => {
        entry.order = order;
        this.#stored(entry);
      })
      .catch((thrown: unknown) => {
        const error = toQuipuError(thrown, "storage", "The outbox could not be written.", false);
        // Without a token the outbox has no name yet; the next connection has one, and saves before it sends.
        if (error.code !== "storage") return;
        entry.stored.reject(error);
        entry.order = 0; // Kept in memory alone: sent all the same, rather than never.
      })
      .finally(() => {
        entry.saving = false;
        if (entry.order === Number.MAX_SAFE_INTEGER || entry.state !== "unsaved") return;
        entry.state = "ready";
        this.#pump();
      });
  }

  #stored(entry: Entry): void {
    if (!entry.view.stored) {
      entry.view = { ...entry.view, stored: true };
      this.#tellStored();
    }
    entry.stored.resolve();
  }

  /** Once for all that were stored together. */
  #tellStored(): void {
    if (this.#telling) return;
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      this.#owner.changed();
    });
  }

  /** Lays what the store holds over what is held here: other tabs write too. */
  async #reload(): Promise<void> {
    const records = await this.#outbox.all(this.#id);
    const stored = new Map(records.map((record) => [record.key, record]));
    for (const record of records) {
      const entry = this.entries.find((each) => each.view.key === record.key);
      if (!entry) this.entries.push(makeEntry(record, "ready"));
      else {
        entry.order = record.order;
        this.#stored(entry);
        if (record.status === "failed" && entry.view.status === "waiting" && record.error) this.#fail(entry, new QuipuError(record.error.code as Code, record.error.message), false);
      }
    }
    for (const entry of this.entries) {
      // Another tab sent it and took it off: its event is on its way to every tab.
      const kept = entry.order > 0 && entry.order !== Number.MAX_SAFE_INTEGER;
      if (kept && entry.state === "ready" && entry.seq === null && !stored.has(entry.view.key)) Object.assign(entry, { state: "elsewhere", sentAt: Date.now() });
    }
    this.#watch();
    this.entries.sort((a, b) => (a.order || Number.MAX_SAFE_INTEGER) - (b.order || Number.MAX_SAFE_INTEGER));
    this.#owner.changed();
  }

  #pump(): void {
    if (!this.#limits || this.#pumping || !this.#sending) return;
    if (!this.#turn.mine()) return;
    const wait = this.#holdUntil - Date.now();
    if (wait > 0) {
      clearTimeout(this.#timers.hold);
      this.#timers.hold = setTimeout(() => this.#pump(), wait);
      return;
    }
    this.#pumping = true;
    try {
      this.#sendAll(this.#limits);
    } finally {
      this.#pumping = false;
    }
  }

  #sendAll(limits: Limits): void {
    const most = this.#single ? 1 : limits.commands_per_frame;
    let flying = this.entries.filter((entry) => entry.state === "sent" && entry.view.status === "waiting").length;
    let batch: Entry[] = [];
    let bytes = FRAME_MARGIN;
    const flush = (): boolean => {
      const sending = batch;
      batch = [];
      bytes = FRAME_MARGIN;
      if (sending.length === 0) return true;
      if (!this.#owner.send({ t: "commands", commands: sending.map((entry) => entry.wire) })) return false;
      const now = Date.now();
      for (const entry of sending) Object.assign(entry, { state: "sent", sentAt: now });
      return true;
    };
    for (const entry of [...this.entries]) {
      if (entry.view.status !== "waiting" || entry.seq !== null || entry.state === "sent" || entry.state === "elsewhere") continue;
      if (entry.state === "unsaved") {
        this.#saveAgain();
        break; // Never before it is durable, and nothing overtakes it.
      }
      if (flying >= (this.#single ? 1 : WINDOW)) break;
      if (entry.bytes + FRAME_MARGIN > limits.frame_bytes) {
        this.#fail(entry, new QuipuError("too_large", "The command is larger than a frame may be."));
        continue;
      }
      if (batch.length >= most || bytes + entry.bytes + 1 > limits.frame_bytes) if (!flush()) return;
      batch.push(entry);
      bytes += entry.bytes + 1;
      flying += 1;
    }
    if (flush()) this.#watch();
  }

  /** Stores what could not be stored when it was made, for want of a token. */
  #saveAgain(): void {
    for (const entry of this.entries) {
      if (entry.state !== "unsaved" || entry.saving) continue;
      const { key, conversation, command, createdAt } = entry.view;
      this.#save(entry, () => this.#outbox.add({ key, conversation, command, createdAt, status: "waiting" }));
    }
  }

  /** Nothing left to send: other tabs may. */
  #rest(): void {
    if (!this.#sending) {
      this.#single = false;
      this.#turn.end();
    }
  }

  /** A command nobody answers makes a new connection. */
  #watch(): void {
    clearTimeout(this.#timers.answer);
    const oldest = this.entries.find((entry) => (entry.state === "sent" || entry.state === "elsewhere") && entry.view.status === "waiting" && entry.seq === null);
    if (!oldest || !this.#limits) return;
    this.#timers.answer = setTimeout(
      () => this.#owner.reconnect(new QuipuError("timeout", "A command was not answered in time.", { retry: true })),
      Math.max(0, oldest.sentAt + this.#timing.answerWithinMs - Date.now()),
    );
  }

  #answered(): void {
    this.#watch();
    this.#pump();
    this.#rest();
    this.#owner.changed();
  }

  #settle(entry: Entry, seq: number, tell = true): void {
    this.#refusals = 0;
    entry.seq = seq;
    entry.view = { ...entry.view, status: "waiting", error: null };
    entry.stored.resolve();
    entry.settled.resolve({ key: entry.view.key, seq });
    // Kept for show until its event comes; it has come already, or never will, when the log is past it.
    if (seq <= this.#owner.last()) this.#drop(entry);
    if (tell) this.#outbox.announce({ conversation: this.#id, kind: "settled", key: entry.view.key, seq });
    this.#owner.settled({ key: entry.view.key, seq });
  }

  #reject(entry: Entry, error: QuipuError): void {
    // A person is told of slow mode and of a mute at once: the wait may be hours, and would hold up all that follows.
    if (error.retry && error.code !== "slow_mode" && error.code !== "muted") {
      entry.state = "ready";
      this.#hold(error.retryAfterMs);
    } else this.#fail(entry, error);
  }

  /** Holds everything back, so that nothing overtakes a command that has to wait. */
  #hold(ms: number | undefined): void {
    this.#refusals += 1;
    this.#holdUntil = Math.max(this.#holdUntil, Date.now() + (ms ?? jitter(this.#timing, this.#refusals)));
  }

  #fail(entry: Entry, error: QuipuError, tell = true): void {
    if (entry.view.status === "failed") return;
    const reason = { code: error.code, message: error.message };
    entry.view = { ...entry.view, status: "failed", error: reason };
    entry.state = "ready";
    entry.settled.reject(error);
    if (tell) {
      void this.#outbox.fail(entry.view.key, reason);
      this.#outbox.announce({ conversation: this.#id, kind: "failed", key: entry.view.key, error: reason });
    }
    this.#owner.failed(entry.view.key, error);
  }

  #drop(entry: Entry): void {
    const index = this.entries.indexOf(entry);
    if (index >= 0) this.entries.splice(index, 1);
  }
}
