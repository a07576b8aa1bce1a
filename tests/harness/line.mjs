/**
 * Sockets of the protocol for tests, independent of the client library. Each checks as it reads that nothing is missing,
 * repeated or out of order; a fault fails whatever waits on it.
 */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { canonical } from "./proof.mjs";

/** Only a test that fails waits this long. */
const PATIENCE_MS = 20_000;

/** The socket closed while something was awaited on it. */
export class Closed extends Error {
  constructor({ code, reason }, what) {
    super(`The socket closed (${code} ${reason}) before ${what}.`);
    this.code = code;
  }
}

/** One reader's copy of a log; it may outlive sockets. */
export class Log {
  /** Items by seq; an event, or `{ withheld: true }`. */
  items = new Map();
  epoch = null;
  /** Nothing is known before `first`. */
  first = null;
  last = null;

  /** Where the first item must follow. */
  begin(after, epoch) {
    if (this.last === null || this.epoch !== epoch) Object.assign(this, { items: new Map(), epoch, first: after + 1, last: after });
    else assert.equal(after, this.last, "a resumed socket begins where the reader stands");
  }

  /** Takes items; throws at the first that is not the next. */
  take(items) {
    assert.ok(items.length > 0, "a frame of events is never empty");
    for (const item of items) {
      const [from, to] = item.withheld ? [item.withheld.from, item.withheld.to] : [item.envelope.seq, item.envelope.seq];
      assert.equal(from, this.last + 1, "events are dense");
      assert.ok(to >= from);
      for (let seq = from; seq <= to; seq++) this.items.set(seq, item.withheld ? { withheld: true, ...(item.hidden && { hidden: true }) } : item);
      this.last = to;
    }
  }

  /** Texts of the messages, by their first version. */
  texts() {
    return [...this.items.values()].filter((item) => item.envelope?.type === "message.created").map((item) => item.content?.text ?? null);
  }

  /** Envelopes as text, in order: equal for all readers of the same stretch. */
  envelopes() {
    return [...this.items.values()].map((item) => (item.withheld ? "withheld" : canonical(item.envelope)));
  }
}

class Wire {
  frames = [];
  errors = [];
  refreshed = [];
  pongs = 0;
  welcome = null;
  /** `{ code, reason }` once closed. */
  end = null;
  #waiting = new Set();
  #fault = null;
  #abandoned = false;

  constructor(url, protocols) {
    this.socket = new WebSocket(url, protocols);
    this.opened = new Promise((resolve) => this.socket.addEventListener("open", resolve));
    this.closed = new Promise((resolve) => {
      this.socket.addEventListener("close", ({ code, reason }) => {
        this.end = { code, reason };
        resolve(this.end);
        this.#wake();
      });
    });
    this.socket.addEventListener("error", () => {});
    this.socket.addEventListener("message", ({ data }) => {
      if (this.#abandoned) return;
      try {
        if (data === "pong") this.pongs += 1;
        else {
          const frame = JSON.parse(data);
          this.frames.push(frame);
          this.hear(frame, data.length);
        }
      } catch (error) {
        this.#fault ??= error;
      }
      this.#wake();
    });
  }

  /** Sends a frame: an object as JSON, anything else as it is. */
  say(frame) {
    this.socket.send(frame !== null && typeof frame === "object" && frame.constructor === Object ? JSON.stringify(frame) : frame);
  }

  /** Resolves with what `look` returns as soon as that is truthy; looks again after every frame. */
  until(look, what = look.toString(), patience = PATIENCE_MS) {
    return new Promise((resolve, reject) => {
      const waiter = () => {
        let found = null;
        try {
          if (this.#fault) throw this.#fault;
          found = look();
          if (!found && this.end) throw new Closed(this.end, what);
        } catch (error) {
          settle(reject, error);
        }
        if (found) settle(resolve, found);
      };
      const timer = setTimeout(() => settle(reject, new Error(`In vain waited for: ${what} (socket state ${this.socket.readyState}). Last frames: ${JSON.stringify(this.frames.slice(-3)).slice(0, 1000)}`)), patience);
      const settle = (how, value) => {
        clearTimeout(timer);
        this.#waiting.delete(waiter);
        how(value);
      };
      this.#waiting.add(waiter);
      waiter();
    });
  }

  /** Throws where anything that was read was wrong. */
  check() {
    if (this.#fault) throw this.#fault;
  }

  /**
   * Gives a socket up as if it had closed without a word, and hears nothing more from it. Node 22's WebSocket may never report that the
   * server died during the handshake.
   */
  abandon() {
    this.#abandoned = true;
    this.end ??= { code: 1006, reason: "abandoned" };
    this.socket.close();
    this.#wake();
  }

  /** Begins to close from this end, and checks all that was read. Whether the server answers a close has a test of its own. */
  async close() {
    if (!this.end) this.socket.close(1000);
    this.check();
  }

  #wake() {
    for (const waiter of [...this.#waiting]) waiter();
  }
}

/** A socket of a conversation. */
export class Line extends Wire {
  /** Receipts and profiles as told, by user. */
  receipts = new Map();
  profiles = new Map();
  /** One's own places in threads, by root. */
  threads = new Map();
  cellsVersion = 0;
  /** Receipts that went back: [as known, as told]. */
  regressed = [];
  typing = [];
  /** Messages of which the server said that the reader deleted them for themselves. */
  hidden = new Set();
  /** Counts of open reports, as told. */
  reports = [];
  /** Frames of polls, as told; and how each stands, by seq. */
  pollFrames = [];
  polls = new Map();
  /** Answers by key: `{ seq, erased? }` or `{ code, … }`. */
  answers = new Map();
  #unacknowledged = [0, 0];

  /**
   * @param {{ log?: Log, hello?: object | null, acknowledge?: boolean }} options
   *   hello: what to say first (null: nothing); by default where the log stands
   */
  constructor(url, protocols, { log = new Log(), hello, acknowledge = true } = {}) {
    super(url, protocols);
    this.log = log;
    this.acknowledge = acknowledge;
    if (hello !== null) {
      const where = log.last === null ? {} : { epoch: log.epoch, after: log.last };
      this.opened.then(() => this.say({ t: "hello", ...where, ...hello }));
    }
  }

  hear(frame, bytes) {
    switch (frame.t) {
      case "welcome":
        assert.equal(this.welcome, null, "one welcome");
        this.welcome = frame;
        this.log.begin(frame.after, frame.conversation.epoch);
        for (const { user, receipt } of frame.members ?? []) this.receipts.set(user, receipt);
        break;
      case "events":
        this.log.take(frame.events);
        this.#unacknowledged[0] += frame.events.length;
        this.#unacknowledged[1] += bytes;
        if (this.acknowledge && (this.#unacknowledged[0] >= 64 || this.#unacknowledged[1] >= 200_000)) this.ack();
        break;
      case "cells":
        assert.ok(frame.version >= this.cellsVersion, "cell versions only grow");
        this.cellsVersion = frame.version;
        for (const cell of frame.cells) {
          if (cell.kind === "profile") this.profiles.set(cell.user, cell);
          else if (cell.kind === "thread") this.threads.set(cell.root, cell);
          else {
            const known = this.receipts.get(cell.user) ?? { delivered: 0, read: 0, read_n: 0 };
            // Clients merge by maximum; whether the server ever goes back has a test of its own.
            const cursors = ["delivered", "read", "read_n"];
            if (cursors.some((cursor) => cell[cursor] < known[cursor])) this.regressed.push([known, cell]);
            this.receipts.set(cell.user, Object.fromEntries(cursors.map((cursor) => [cursor, Math.max(known[cursor], cell[cursor])])));
          }
        }
        break;
      case "hidden":
        assert.ok(frame.version >= this.cellsVersion && frame.messages.length > 0);
        this.cellsVersion = frame.version;
        for (const seq of frame.messages) this.hidden.add(seq);
        break;
      case "acks":
        for (const ack of frame.acks ?? []) this.#answer(ack.key, ack);
        for (const rejection of frame.rejections ?? []) this.#answer(rejection.key, rejection);
        break;
      case "typing":
        this.typing.push(frame);
        break;
      case "reports":
        this.reports.push(frame.open);
        break;
      case "polls":
        assert.ok(frame.polls.length > 0);
        this.pollFrames.push(frame.polls);
        for (const poll of frame.polls) {
          const { own } = this.polls.get(poll.seq) ?? {};
          if (poll.version >= (this.polls.get(poll.seq)?.version ?? 0)) this.polls.set(poll.seq, { ...(own && { own }), ...poll });
        }
        break;
      case "refreshed":
        this.refreshed.push(frame);
        break;
      case "error":
        this.errors.push(frame);
        break;
      default:
        assert.fail(`an unknown frame: ${frame.t}`);
    }
  }

  #answer(key, answer) {
    const id = key.toLowerCase();
    this.answers.set(id, [...(this.answers.get(id) ?? []), answer]);
  }

  /** Acknowledges what was received. */
  ack() {
    this.#unacknowledged = [0, 0];
    if (this.socket.readyState === WebSocket.OPEN) this.say({ t: "ack", seq: this.log.last });
  }

  /** Resolves when the log reaches a seq. */
  at(seq) {
    return this.until(() => this.welcome && this.log.last >= seq, `event ${seq}`);
  }

  /** Sends commands in one frame and resolves with their answers, in order. */
  async commands(keyed) {
    const asked = new Map();
    for (const { key } of keyed) {
      const id = key.toLowerCase();
      asked.set(id, (asked.get(id) ?? this.answers.get(id)?.length ?? 0) + 1);
    }
    const nth = keyed.map(({ key }, index) => {
      const id = key.toLowerCase();
      const later = keyed.slice(index + 1).filter((other) => other.key.toLowerCase() === id).length;
      return [id, asked.get(id) - 1 - later];
    });
    this.say({ t: "commands", commands: keyed });
    await this.until(() => [...asked].every(([id, count]) => (this.answers.get(id)?.length ?? 0) >= count), `answers to ${keyed.length} command(s)`);
    return nth.map(([id, index]) => this.answers.get(id)[index]);
  }

  /** Sends one command and resolves with its answer. */
  async command(command, key = randomUUID()) {
    return (await this.commands([{ key, command }]))[0];
  }

  /** Sends a text; resolves with its seq. */
  async send(text, { key, ...more } = {}) {
    const answer = await this.command(message(text, more), key);
    assert.equal(answer.code, undefined, JSON.stringify(answer));
    return answer.seq;
  }
}

/** The command that sends a text. */
export function message(text, { mentions, ...more } = {}) {
  return { type: "message.send", content: { kind: "text", text, ...(mentions && { mentions }) }, ...more };
}

/** The socket of an inbox. */
/** What entries add up to now: what is muted or put away waits for nobody. */
export function totalsOf(entries) {
  const totals = { conversations: 0, unread: 0, mentions: 0, archived: 0, hidden: 0 };
  for (const { member, large, unread, mentions = 0, threads = 0, thread_mentions = 0, archived, hidden, marked_unread, muted_until = 0, notify = large ? "mentions" : "all" } of entries) {
    if (!member) continue;
    if (archived) totals.archived++;
    if (hidden) totals.hidden++;
    if (archived || hidden || muted_until > Date.now() || notify === "nothing") continue;
    const named = notify === "mentions";
    if ((named ? mentions : unread + threads) > 0 || marked_unread) totals.conversations++;
    totals.unread += named ? mentions - thread_mentions : unread;
    totals.mentions += mentions;
  }
  return totals;
}

export class InboxLine extends Wire {
  entries = new Map();
  /** The latest presence of whom it watches, by user. */
  presences = new Map();
  version = null;
  /** As told last; those of the welcome count while nothing changed. */
  totals = null;
  /** One's own, as last told. */
  profile = null;
  /** Changes of what is laid down about people, in the order told. */
  people = [];
  /** Changes of what is saved, in the order told. */
  saved = [];

  constructor(url, protocols, { hello = { after: 0 } } = {}) {
    super(url, protocols);
    /** Whoever hears all changes can add up themselves. */
    this.whole = hello?.after === 0;
    if (hello !== null) this.opened.then(() => this.say({ t: "hello", ...hello }));
  }

  hear(frame) {
    if (frame.t === "welcome") {
      assert.equal(this.welcome, null, "one welcome");
      this.welcome = frame;
      this.totals = frame.totals;
    } else if (frame.t === "changes") {
      for (const entry of frame.entries) {
        assert.ok(entry.version > (this.version ?? 0), "versions of changes only grow");
        this.version = entry.version;
        assert.equal(entry.unread, entry.member ? entry.head_n - entry.read_n - (entry.hidden_unread ?? 0) : 0, `unread is subtraction: ${JSON.stringify(entry)}`);
        this.entries.set(entry.id, entry);
      }
      assert.equal(frame.version, this.version);
      if (frame.totals) this.totals = frame.totals;
      if (frame.totals && this.whole && !this.behind) {
        const { until: _, ...totals } = frame.totals;
        assert.deepEqual({ archived: 0, hidden: 0, ...totals }, totalsOf(this.entries.values()), "totals are those of the entries");
      }
      this.behind ||= frame.more;
    } else if (frame.t === "profile") {
      assert.ok(frame.version > (this.profile?.version ?? 0), "versions of profiles only grow");
      this.profile = frame;
    } else if (frame.t === "error") this.errors.push(frame);
    else if (frame.t === "refreshed") this.refreshed.push(frame);
    else if (frame.t === "person") this.people.push(frame);
    else if (frame.t === "saved") {
      assert.ok(frame.version >= (this.saved.at(-1)?.version ?? 0), "versions of what is saved only grow");
      this.saved.push(frame);
    } else if (frame.t === "presence") {
      for (const presence of frame.users) if (presence.at >= (this.presences.get(presence.user)?.at ?? 0)) this.presences.set(presence.user, presence);
    } else if (frame.t !== "devices") assert.fail(`an unknown frame: ${frame.t}`);
  }

  /** Resolves with the entry of a conversation once it is as `look` says. */
  entry(conv, look, what = look.toString(), patience) {
    return this.until(() => this.entries.has(conv) && look(this.entries.get(conv)) && this.entries.get(conv), what, patience);
  }
}
