import type { QuipuError } from "./errors.ts";
import type { Connection } from "./link.ts";
import type { Message } from "./messages.ts";
import type { OutboxEntry } from "./entry.ts";
import type { Settings, You } from "./roster.ts";
import type { TimelineItem } from "./timeline.ts";
import type { ConversationKind, Encryption, Event, History, Limits, Member, ServerFrame, ThreadPlace } from "./wire.ts";

/** Everything there is to show of a conversation. Never changed in place. */
export interface ConversationState {
  readonly id: string;
  readonly connection: Connection;
  /** Local Unix milliseconds of the next attempt, while `waiting`. */
  readonly retryAt: number | null;
  /** Why it stopped, or last failed. */
  readonly error: QuipuError | null;
  /** Whether kind, info, you and head are known. */
  readonly ready: boolean;
  /** Connected, and every event up to the head is held. */
  readonly caughtUp: boolean;
  readonly kind: ConversationKind | null;
  readonly encryption: Encryption | null;
  readonly history: History | null;
  readonly epoch: string | null;
  readonly head: { readonly seq: number; readonly n: number; readonly at: number };
  readonly info: { readonly name?: string; readonly topic?: string; readonly avatar?: string };
  /** Slow mode, freeze, who posts, who adds; as in a new conversation until they are known. */
  readonly settings: Settings;
  readonly you: You | null;
  readonly members: ReadonlyMap<string, Member>;
  readonly memberCount: number;
  /** Pinned messages, by seq, in the order in which they were pinned. */
  readonly pins: readonly number[];
  /** Messages you deleted for yourself, by seq: those this client was told of. They are in no list. */
  readonly hidden: ReadonlySet<number>;
  /** For moderators: how many reports are open, of messages that they can read. */
  readonly reports: number;
  /** Who is typing; never you. */
  readonly typing: readonly string[];
  /** Ascending; your unsent ones last. */
  readonly messages: readonly Message[];
  /** Replies in threads, of all threads together, ascending; your unsent ones last. They stand in no other list. */
  readonly replies: readonly Message[];
  /** Where you are in the threads you follow or followed, by the message each began with. */
  readonly places: ReadonlyMap<number, ThreadPlace>;
  /** Messages, other events and withheld ranges, in order. */
  readonly timeline: readonly TimelineItem[];
  /** Lowest seq held, 0 when nothing is. */
  readonly first: number;
  /** Highest seq held. */
  readonly last: number;
  /** Not loaded yet. */
  readonly gaps: readonly { readonly from: number; readonly to: number }[];
  /** Whether older history can be loaded. */
  readonly hasMore: boolean;
  /** Your commands that wait or failed, in order. */
  readonly outbox: readonly OutboxEntry[];
  readonly limits: Limits | null;
}

export type Part = "connection" | "messages" | "members" | "receipts" | "typing" | "info" | "head" | "outbox" | "places";

export type ConversationEvent =
  /** Once per frame, after `state` changed. */
  | { readonly type: "change"; readonly parts: ReadonlySet<Part> }
  /** Each event as it comes over the socket, in order; not those of history pages. */
  | { readonly type: "event"; readonly event: Event }
  | { readonly type: "settled"; readonly key: string; readonly seq: number }
  | { readonly type: "failed"; readonly key: string; readonly error: QuipuError }
  /** Another life of the log: everything held was dropped. */
  | { readonly type: "reset"; readonly epoch: string }
  /** Something failed; the handle goes on. */
  | { readonly type: "error"; readonly error: QuipuError }
  /** A frame that is the matter of another entry point, such as `@quipu/client/polls`. */
  | { readonly type: "frame"; readonly frame: ServerFrame }
  /** Closed for good. `open()` tries again. */
  | { readonly type: "stopped"; readonly error: QuipuError };

/** Counters that show whether order and delivery hold. */
export interface Audit {
  /** Events that came over sockets. */
  readonly received: number;
  /** Of those, held already. Stays 0. */
  readonly repeated: number;
  /** Batches that did not follow; each made a reconnect with the cursor. */
  readonly holes: number;
  /** Numbers missing between the first and the last event held. Stays 0. */
  readonly lost: number;
  readonly reconnects: number;
  /** The range held. */
  readonly from: number;
  readonly to: number;
  /** `orderDigest(from, to)`. */
  readonly digest: string;
  /** Events of types this version does not know, by type. */
  readonly unknown: Readonly<Record<string, number>>;
}
