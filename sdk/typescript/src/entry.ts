import { QuipuError } from "./errors.ts";
import { type Deferred, deferred } from "./listeners.ts";
import type { StoredCommand } from "./storage.ts";
import type { Code, Command, KeyedCommand } from "./wire.ts";

/** A command that waits or failed, as the application sees it. */
export interface OutboxEntry {
  readonly key: string;
  readonly conversation: string;
  readonly command: Command;
  /** Local Unix milliseconds. */
  readonly createdAt: number;
  readonly status: "waiting" | "failed";
  /** Whether it is durable in the outbox: it outlives the page. */
  readonly stored: boolean;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** What a command became. */
export interface Settled {
  readonly key: string;
  readonly seq: number;
}

/** A command on its way. */
export interface Pending {
  /** Its idempotency key: the `key` of the optimistic message. */
  readonly key: string;
  /** Resolves when it is durable in the outbox. */
  readonly stored: Promise<void>;
  /** Resolves when its event is durable on the server; rejects when it was refused for good or discarded. */
  readonly settled: Promise<Settled>;
}

export interface Entry {
  /** Replaced whenever something changes, so that its identity tells. */
  view: OutboxEntry;
  /** The frame's part, and its length in bytes. */
  readonly wire: KeyedCommand;
  readonly bytes: number;
  order: number;
  /** `unsaved`: not durable yet. `ready`: may be sent. `sent`: unanswered. `elsewhere`: another tab has dealt with it. */
  state: "unsaved" | "ready" | "sent" | "elsewhere";
  /** Its write is under way. */
  saving: boolean;
  sentAt: number;
  /** Acknowledged; its event has not come yet. */
  seq: number | null;
  readonly stored: Deferred<void>;
  readonly settled: Deferred<Settled>;
}

/** The application's end of an entry. */
export function pending(entry: Entry): Pending {
  return { key: entry.view.key, stored: entry.stored.promise, settled: entry.settled.promise };
}

/** An entry for a record of the store, or for one on its way there. */
export function makeEntry(record: StoredCommand, state: "unsaved" | "ready"): Entry {
  const { key, conversation, command, createdAt, status, error } = record;
  const wire = { key, command };
  const view = { key, conversation, command, createdAt, status, stored: state === "ready", error: error ?? null };
  const entry: Entry = { view, wire, bytes: new TextEncoder().encode(JSON.stringify(wire)).length, order: record.order, state, saving: false, sentAt: 0, seq: null, stored: deferred(), settled: deferred() };
  if (state === "ready") entry.stored.resolve();
  if (status === "failed" && error) entry.settled.reject(new QuipuError(error.code as Code, error.message));
  return entry;
}
