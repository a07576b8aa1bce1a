import type { TestContext } from "node:test";
import { type Conversation, type ConversationState, type Inbox, type InboxState, memoryStorage, Quipu, type QuipuOptions } from "../src/index.ts";
import { makeToken, type Server } from "./server.ts";

/** Short waits, so that a reconnect takes no time; what must not fire by itself is long. */
export const QUICK = { backoffBaseMs: 2, backoffCapMs: 10, ackAfterMs: 5, readAfterMs: 5, pingEveryMs: 60_000 };

/** A client of the test server, closed with the test. */
export function client(t: TestContext, server: Server, subject: string, options: Partial<QuipuOptions> = {}): Quipu {
  const quipu = new Quipu({
    url: "http://quipu.test",
    token: () => makeToken(subject),
    WebSocket: server.WebSocket,
    fetch: server.fetch as typeof fetch,
    storage: memoryStorage(),
    ...options,
    timing: { ...QUICK, ...options.timing },
  });
  t.after(() => quipu.close());
  return quipu;
}

/** Resolves with the first state that passes, now or after a change. */
export function until(conversation: Conversation, test: (state: ConversationState) => boolean): Promise<ConversationState> {
  return watch(conversation, test);
}
export function untilInbox(inbox: Inbox, test: (state: InboxState) => boolean): Promise<InboxState> {
  return watch(inbox, test);
}

function watch<State>(of: { readonly state: State; subscribe: (listener: () => void) => () => void }, test: (state: State) => boolean): Promise<State> {
  return new Promise((resolve) => {
    if (test(of.state)) return resolve(of.state);
    const stop = of.subscribe(() => {
      if (!test(of.state)) return;
      stop();
      resolve(of.state);
    });
  });
}

/** The same numbers every time. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
