/** Every wait of the client, in milliseconds. */
export interface Timing {
  /** Full jitter: a reconnect waits between 0 and base × 2^attempt … */
  backoffBaseMs: number;
  /** … and never longer than this. */
  backoffCapMs: number;
  /** A connection that lived this long starts its back-off anew when it breaks. */
  stableAfterMs: number;
  /** From the start of a connection to its welcome. */
  connectWithinMs: number;
  /** A text `ping` is sent this often … */
  pingEveryMs: number;
  /** … and a connection that says nothing for this long afterwards is dead. */
  pongWithinMs: number;
  /** A command unanswered for this long makes a reconnect, and is sent again under its key. */
  answerWithinMs: number;
  /** An event is acknowledged no later than this after it came. */
  ackAfterMs: number;
  /** Reads are gathered for this long. */
  readAfterMs: number;
  /** One HTTP request. */
  requestWithinMs: number;
  /** A token is renewed this long before it expires (or at four fifths of a shorter life). */
  renewBeforeMs: number;
}

export const defaultTiming: Timing = {
  backoffBaseMs: 500,
  backoffCapMs: 30_000,
  stableAfterMs: 5_000,
  connectWithinMs: 15_000,
  pingEveryMs: 20_000,
  pongWithinMs: 10_000,
  answerWithinMs: 30_000,
  ackAfterMs: 500,
  readAfterMs: 200,
  requestWithinMs: 30_000,
  renewBeforeMs: 60_000,
};

/** Full jitter: clients that were cut off together do not come back together. */
export function jitter(timing: Timing, attempt: number): number {
  return Math.random() * Math.min(timing.backoffCapMs, timing.backoffBaseMs * 2 ** Math.min(attempt, 16));
}

/** When to renew a token that has this long to live. */
export function renewIn(timing: Timing, leftMs: number): number {
  return Math.max(0, leftMs - Math.min(timing.renewBeforeMs, leftMs / 5));
}
