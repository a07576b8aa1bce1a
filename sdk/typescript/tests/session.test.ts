import assert from "node:assert/strict";
import { test } from "node:test";
import { QuipuError, type Member } from "../src/index.ts";
import { makeToken, problem, Server } from "./server.ts";
import { client, until } from "./setup.ts";

const options = { timeout: 20_000 };

test("a token is asked for once, and shared by sockets and requests", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  let asked = 0;
  const quipu = client(t, server, "ada", {
    token: async () => {
      asked += 1;
      return makeToken("ada");
    },
  });
  const conversation = quipu.conversation(log.id);
  conversation.open();
  await Promise.all([quipu.me(), quipu.me(), conversation.ready()]);
  assert.equal(asked, 1);
});

test("an open socket is given a new token before the old one expires", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  const tokens: string[] = [];
  server.faults.outgoing = (frame) => {
    // The socket of this test lives for a tenth of a second after each token.
    if (frame.t === "welcome" || frame.t === "refreshed") return [{ ...frame, now: Date.now(), expires_at: Date.now() / 1000 + 0.1 }];
    return null;
  };
  const conversation = client(t, server, "ada", {
    token: () => {
      tokens.push(makeToken("ada"));
      return tokens.at(-1) as string;
    },
  }).conversation(log.id);
  conversation.open();
  await server.until(() => server.history[0]?.received.filter((frame) => frame.t === "refresh").length === 2);
  const sent = server.history[0]?.received.filter((frame) => frame.t === "refresh").map((frame) => frame.token);
  assert.deepEqual(sent, tokens.slice(1, 3));
  assert.equal(conversation.audit.reconnects, 0);
});

test("a request refused for its token is repeated once with a fresh one", options, async (t) => {
  const server = new Server();
  const tokens = [makeToken("ada", 600), makeToken("ada", 600)];
  server.revoked.add(tokens[0] as string);
  let asked = 0;
  const quipu = client(t, server, "ada", { token: () => tokens[asked++] ?? "" });
  assert.equal((await quipu.me()).subject, "someone");
  assert.equal(asked, 2);
  server.revoked.add(tokens[1] as string);
  tokens.push(tokens[1] as string);
  await assert.rejects(quipu.me(), { name: "QuipuError", code: "token_expired", status: 401, retry: false });
});

test("a client belongs to one person", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  let person = "ada";
  const conversation = client(t, server, "ada", { token: () => makeToken(person) }).conversation(log.id);
  conversation.open();
  await conversation.ready();
  person = "ben";
  server.closeAll(4100, "token_expired");
  const state = await until(conversation, ({ connection }) => connection === "stopped");
  assert.equal(state.error?.code, "token_other_user");
});

test("a provider that fails is asked again", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  let asked = 0;
  const token = async (): Promise<string> => {
    asked += 1;
    if (asked < 3) throw new Error("the identity provider is down");
    return makeToken("ada");
  };
  const conversation = client(t, server, "ada", { token }).conversation(log.id);
  const codes: (string | undefined)[] = [];
  conversation.subscribe((event) => event.type === "change" && event.parts.has("connection") && conversation.state.connection === "waiting" && codes.push(conversation.state.error?.code));
  conversation.open();
  await conversation.ready();
  assert.deepEqual([asked, codes], [3, ["token_unavailable", "token_unavailable"]]);
});

test("errors carry what the server said", options, async (t) => {
  const answers = [
    () => problem(403, "permission_denied"),
    () => new Response("<html>", { status: 502, headers: { "retry-after": "7" } }),
    () => new Response("{}", { status: 200 }),
    () => new Response("not JSON", { status: 200 }),
    () => new Response(null, { status: 204 }),
    () => Promise.reject(new TypeError("fetch failed")),
  ];
  const quipu = client(t, new Server(), "ada", { fetch: async () => (answers.shift() as () => Response)() });
  const one = (): Promise<unknown> => quipu.request("GET", "/v1/me", { retries: 0 });
  await assert.rejects(one(), { code: "permission_denied", status: 403, message: "Refused: permission_denied.", retry: false });
  await assert.rejects(one(), { code: "bad_answer", status: 502, retry: true, retryAfterMs: 7000 });
  assert.deepEqual(await one(), {});
  await assert.rejects(one(), { code: "bad_answer", status: 200 });
  assert.equal(await one(), undefined);
  await assert.rejects(one(), (error) => error instanceof QuipuError && error.code === "network" && error.retry);
});

test("a write is repeated under one key", options, async (t) => {
  const server = new Server();
  let failures = 2;
  const fetcher = (async (input: string | URL, init?: RequestInit) => {
    const answer = await server.fetch(input, init);
    return failures-- > 0 ? problem(500, "internal", true) : answer;
  }) as typeof fetch;
  const quipu = client(t, server, "ada", { fetch: fetcher });
  const conversation = await quipu.createConversation({ kind: "group", members: ["sub:ben"], name: "Harbour" });
  const posts = server.requests.filter(({ method }) => method === "POST");
  assert.equal(posts.length, 3);
  assert.equal(new Set(posts.map(({ key }) => key)).size, 1);
  assert.match(posts[0]?.key ?? "", /^[0-9a-f-]{36}$/);
  assert.deepEqual([conversation.state.info, conversation.state.ready, conversation.state.connection], [{ name: "Harbour" }, true, "idle"]);
  assert.equal(quipu.conversation(conversation.id), conversation);
});

test("history can be read without a socket, and the socket resumes from it", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  for (let count = 0; count < 30; count += 1) server.say(log, "ada", `message ${count}`);
  const conversation = client(t, server, "ada").conversation(log.id);
  assert.deepEqual(await conversation.loadBefore(10), { loaded: 10, more: true });
  assert.deepEqual(conversation.state.messages.map(({ text, mine }) => [text, mine]), [...Array(10).keys()].map((count) => [`message ${count + 20}`, true]));
  server.say(log, "ada", "later");
  conversation.open();
  const state = await until(conversation, ({ caughtUp }) => caughtUp);
  assert.equal(state.messages.at(-1)?.text, "later");
  assert.equal(conversation.audit.received, 1, "only what was missing came over the socket");
  assert.equal(([...state.members.values()] as Member[])[0]?.role, "owner");
});

test("history is loaded back to a message, in one step, whatever else is loaded meanwhile", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  for (let count = 0; count < 1500; count += 1) server.say(log, "ada", `message ${count}`);
  const conversation = client(t, server, "ada").conversation(log.id);
  conversation.open();
  await conversation.ready();
  const { first, last } = conversation.state;
  assert.ok(first > 1000, `little is held at first: from ${first}`);
  const shown: number[] = [];
  const asked = server.requests.length;
  const back = conversation.loadBack(110);
  const beside = conversation.loadBefore(30);
  conversation.subscribe((event) => {
    if (event.type === "change" && event.parts.has("messages")) shown.push(conversation.state.first);
  });
  server.say(log, "ada", "said meanwhile");
  await Promise.all([back, beside, until(conversation, (state) => state.last === last + 1)]);
  assert.equal(conversation.state.first, 110);
  assert.deepEqual([...new Set(shown)].filter((seq) => seq !== first), [110], "nothing is shown by halves");
  assert.equal(server.requests.length - asked, Math.ceil((first - 110) / 200), "and nothing asked for twice");
  assert.equal(conversation.audit.lost, 0);
  const seqs = conversation.events().map((item) => ("withheld" in item ? -1 : item.envelope.seq));
  assert.deepEqual(seqs, Array.from({ length: last + 1 - 109 }, (_, index) => index + 110));
  await conversation.loadBack(500);
  await conversation.loadBack(-3);
  assert.deepEqual([conversation.state.first, conversation.state.hasMore], [1, false]);
});

test("history that cannot be loaded says why, and can be asked for again", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  for (let count = 0; count < 600; count += 1) server.say(log, "ada", `message ${count}`);
  const conversation = client(t, server, "ada").conversation(log.id);
  await conversation.loadBefore(10);
  server.faults.down = true;
  await assert.rejects(conversation.loadBack(1), { code: "network" });
  server.faults.down = false;
  await conversation.loadBack(1);
  assert.equal(conversation.state.first, 1);
});
