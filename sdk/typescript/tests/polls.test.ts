import assert from "node:assert/strict";
import { test } from "node:test";
import type { Conversation, ConversationEvent } from "../src/index.ts";
import { Polls } from "../src/polls.ts";
import type { PollResults, PollTerms } from "../src/wire.ts";

/** A conversation's handle as far as polls need it, and the server behind it. */
function setUp(terms: PollTerms = { options: 3 }) {
  const listeners = new Set<(event: ConversationEvent) => void>();
  const requests: string[] = [];
  const server = {
    results: { seq: 7, version: 0, counts: [0, 0, 0], voters: 0, own: [] } as PollResults,
    gone: false,
    /** What a vote is answered by. */
    vote: async (choices: number[]): Promise<void> => {
      const { results } = server;
      const counts = [...results.counts];
      for (const each of results.own ?? []) counts[each - 1] = (counts[each - 1] ?? 0) - 1;
      for (const each of choices) counts[each - 1] = (counts[each - 1] ?? 0) + 1;
      server.results = { ...results, version: results.version + 1, counts, voters: choices.length > 0 ? 1 : 0, own: choices };
    },
  };
  const state = { connection: "online" };
  const handle = {
    state,
    serverNow: () => Date.now(),
    subscribe: (listener: (event: ConversationEvent) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    request: async (method: string, path: string, options: { query?: Record<string, unknown>; body?: { choices: number[] } } = {}) => {
      requests.push(`${method} ${path}${options.query?.["seqs"] ? `?seqs=${options.query["seqs"]}` : ""}`);
      if (method === "POST" && options.body) return server.vote(options.body.choices);
      if (method === "POST") server.results = { ...server.results, version: server.results.version + 1, closed: true };
      const asked = String(options.query?.["seqs"] ?? "").split(",").map(Number);
      return { polls: !server.gone && asked.includes(7) ? [{ terms, results: server.results }] : [] };
    },
  };
  const polls = new Polls(handle as unknown as Conversation);
  const emit = (event: ConversationEvent): void => {
    for (const listener of [...listeners]) listener(event);
  };
  const frame = (results: Partial<PollResults>): void => {
    const { own: _, ...now } = server.results;
    emit({ type: "frame", frame: { t: "polls", polls: [{ ...now, ...results }] } });
  };
  const connect = (connection: string): void => {
    state.connection = connection;
    emit({ type: "change", parts: new Set(["connection"]) } as ConversationEvent);
  };
  const changed = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      if (holds()) return resolve();
      const stop = polls.subscribe(() => {
        if (!holds()) return;
        stop();
        resolve();
      });
    });
  return { polls, server, requests, emit, frame, connect, changed };
}

test("polls that are watched are loaded together, once, and again with every connection", async () => {
  const { polls, server, requests, frame, connect, changed } = setUp();
  assert.equal(polls.of(7), null);
  const stops = [polls.watch(7), polls.watch(7), polls.watch(9)];
  await changed(() => polls.of(7) !== null);
  assert.deepEqual(requests, ["GET /polls?seqs=7,9"]);
  assert.equal(polls.of(9), null, "none, or not for you");
  assert.equal(polls.of(7), polls.of(7), "the same object while nothing changes");

  server.results = { ...server.results, version: 4, counts: [2, 1, 0], voters: 3 };
  frame({});
  assert.deepEqual([polls.of(7)?.counts, polls.of(7)?.voters], [[2, 1, 0], 3]);
  // What overtook it on the way is older, and changes nothing.
  frame({ version: 3, counts: [1, 1, 0], voters: 2 });
  assert.deepEqual(polls.of(7)?.counts, [2, 1, 0]);

  connect("waiting");
  server.results = { ...server.results, version: 9, counts: [2, 1, 5], voters: 8 };
  stops[2]?.();
  stops[2]?.();
  connect("online");
  await changed(() => polls.of(7)?.voters === 8);
  assert.deepEqual(requests.slice(1), ["GET /polls?seqs=7"]);
  polls.close();
});

test("a vote shows at once, goes out after the one before it, and is taken back where it is refused", async () => {
  const { polls, server, requests, frame, changed } = setUp({ options: 3, multiple: true });
  polls.watch(7);
  await changed(() => polls.of(7) !== null);
  server.results = { ...server.results, version: 1, counts: [4, 0, 0], voters: 4 };
  frame({});
  const [first, second] = [polls.vote(7, [2]), polls.vote(7, [3, 1])];
  assert.deepEqual([polls.of(7)?.own, polls.of(7)?.counts, polls.of(7)?.voters, polls.of(7)?.saving], [[1, 3], [5, 0, 1], 5, true]);
  await Promise.all([first, second]);
  assert.deepEqual(requests.filter((request) => request.startsWith("POST")).length, 2);
  assert.deepEqual([polls.of(7)?.own, polls.of(7)?.saving, server.results.own], [[1, 3], false, [1, 3]]);

  const accept = server.vote;
  server.vote = () => Promise.reject(new Error("no"));
  const refused = polls.vote(7, []);
  assert.deepEqual(polls.of(7)?.own, []);
  await assert.rejects(refused);
  assert.deepEqual(polls.of(7)?.own, [1, 3]);
  server.vote = accept;
  // The next one is not held up by the one that failed.
  await polls.vote(7, [2]);
  assert.deepEqual(polls.of(7)?.own, [2]);
  polls.close();
});

test("what you chose on another device is told with its version", async () => {
  const { polls, frame, changed } = setUp();
  polls.watch(7);
  await changed(() => polls.of(7) !== null);
  frame({ version: 3, counts: [0, 1, 0], voters: 1, own: [2] });
  frame({ version: 4, counts: [1, 1, 0], voters: 2 });
  assert.deepEqual([polls.of(7)?.own, polls.of(7)?.counts], [[2], [1, 1, 0]]);
  frame({ version: 2, counts: [1, 0, 0], voters: 1, own: [1] });
  assert.deepEqual(polls.of(7)?.own, [2]);
  polls.close();
});

test("a poll ends by hand, by its time, and with its message", async () => {
  const { polls, server, emit, changed } = setUp({ options: 3, closes_at: Date.now() + 40 });
  polls.watch(7);
  await changed(() => polls.of(7) !== null);
  await changed(() => polls.of(7)?.closed === true);
  server.results = { ...server.results, version: 5 };
  await polls.end(7);
  assert.equal(polls.of(7)?.closed, true);
  emit({ type: "event", event: { envelope: { type: "message.deleted", ref: 7 } } } as unknown as ConversationEvent);
  assert.equal(polls.of(7), null);
  polls.close();
});
