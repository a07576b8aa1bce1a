// Public channels: found by everybody of the app, joined without an invitation, told to a directory that nothing waits for.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

let server, ana, ben, cleo;
before(async () => {
  server = await startServer({ development: true, directory: true, vars: FAST });
  [ana, ben, cleo] = await Promise.all(["ana", "ben", "cleo"].map((sub) => Person.of(server, sub)));
});
after(() => server?.stop());

const settings = (person, conv, body, more = {}) => person.ok("PATCH", `/v1/conversations/${conv}/settings`, { body, ...more });
const publish = (person, conv) => settings(person, conv, { visibility: "public" });
const join = (person, conv, more = {}) => person.ok("POST", `/v1/conversations/${conv}/join`, more);
/** A page; waits as it is told to where that is asked too often. */
async function channels(person, query = "") {
  for (;;) {
    const { status, body } = await person.call("GET", `/v1/channels${query}`);
    if (status === 200) return body;
    assert.equal(body.code, "rate_limited", JSON.stringify(body));
    await new Promise((resolve) => setTimeout(resolve, body.retry_after_ms));
  }
}
/** Asks until what the directory says is so: conversations tell it in their own time. */
async function until(ask, holds) {
  for (const deadline = Date.now() + 60_000; ; ) {
    const got = await ask();
    if (holds(got)) return got;
    assert.ok(Date.now() < deadline, JSON.stringify(got));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
const listed = (person, name) => until(() => channels(person, `?q=${encodeURIComponent(name)}`), ({ channels }) => channels.length > 0);
const gone = (person, name) => until(() => channels(person, `?q=${encodeURIComponent(name)}`), ({ channels }) => channels.length === 0);

test("a public channel is found by its name, joined once per key, read, left and joined again", async () => {
  const conv = await ana.group("Café Général", ["sub:ben"], { topic: "Who is coming?" });
  await ana.send(conv, "a word");
  assert.deepEqual((await channels(cleo)).channels, []);
  await cleo.refused("not_public", "POST", `/v1/conversations/${conv}/join`);
  await publish(ana, conv);
  assert.equal((await ben.conversation(conv)).settings.visibility, "public");
  const page = await listed(cleo, "cafe GENERAL");
  assert.deepEqual(page, { channels: [{ id: conv, name: "Café Général", topic: "Who is coming?", member_count: 2 }] });
  // Being found is not being read.
  await cleo.refused("not_a_member", "GET", `/v1/conversations/${conv}`);
  await cleo.refused("not_a_member", "GET", `/v1/conversations/${conv}/events`);

  const line = ben.line(conv);
  await line.at(5);
  const key = randomUUID();
  const joined = await join(cleo, conv, { key });
  assert.deepEqual(joined, { conversation: conv, seq: 6 });
  assert.deepEqual(await join(cleo, conv, { key }), joined);
  await cleo.refused("already_member", "POST", `/v1/conversations/${conv}/join`);
  await line.at(6);
  const { envelope, content } = line.log.items.get(6);
  assert.deepEqual([envelope.type, envelope.actor, envelope.params], ["member.joined", cleo.id, { role: "member", user: cleo.id }]);
  assert.equal(content.subject, "cleo");
  await line.close();
  assert.ok(JSON.stringify(await cleo.events(conv)).includes("a word"));
  await cleo.send(conv, "hello");
  await cleo.ok("DELETE", `/v1/conversations/${conv}/members/me`);
  // An earlier key is answered as it was, and lets nobody in anew.
  assert.deepEqual(await join(cleo, conv, { key }), joined);
  await cleo.refused("not_a_member", "GET", `/v1/conversations/${conv}`);
  await join(cleo, conv);
  await ana.ok("DELETE", `/v1/conversations/${conv}/members/${cleo.id}`);
  await join(cleo, conv);
  await ana.export(conv);
});

test("what is private again is found no longer and let nobody in, whatever the directory still says", async () => {
  const conv = await ana.group("Short season", ["sub:ben"]);
  await publish(ana, conv);
  await listed(ben, "short");
  await server.directory({ down: true });
  await settings(ana, conv, { visibility: "private" });
  await cleo.refused("not_public", "POST", `/v1/conversations/${conv}/join`);
  const problem = await cleo.refused("directory_unavailable", "GET", "/v1/channels");
  assert.ok(problem.retry && problem.retry_after_ms > 0);
  // Messages do not wait for it.
  await ana.send(conv, "still here");
  await server.directory({ down: false });
  await gone(ben, "short");
  // What was told earlier and comes later changes nothing.
  const [row] = await server.directory({ sql: `SELECT * FROM channels WHERE id = '${conv}'` });
  assert.deepEqual([row.name, row.folded, row.topic], [null, null, null]);
});

test("names, topics and members are told as they change; a channel without a name, or that everybody left, is not listed", async () => {
  const conv = await ana.group(undefined, ["sub:ben"]);
  await publish(ana, conv);
  await ana.ok("PATCH", `/v1/conversations/${conv}`, { body: { name: "Named late" } });
  await listed(cleo, "named");
  await ana.ok("PATCH", `/v1/conversations/${conv}`, { body: { name: "Renamed", topic: "New" } });
  await join(cleo, conv);
  const page = await until(() => channels(cleo, "?q=renamed"), ({ channels: [first] }) => first?.member_count === 3);
  assert.deepEqual(page.channels[0].topic, "New");
  assert.deepEqual((await channels(cleo, "?q=named")).channels, []);
  for (const person of [cleo, ben, ana]) await person.ok("DELETE", `/v1/conversations/${conv}/members/me`);
  await gone(cleo, "renamed");
});

test("who may make a channel public, and what cannot be one", async () => {
  const conv = await ana.group("Mine", ["sub:ben"]);
  const path = `/v1/conversations/${conv}/settings`;
  await ben.refused("permission_denied", "PATCH", path, { body: { visibility: "public" } });
  await cleo.refused("not_a_member", "PATCH", path, { body: { visibility: "public" } });
  await ana.refused("invalid_request", "PATCH", path, { body: { visibility: "open" } });
  await ana.refused("invalid_value", "PATCH", path, { body: { visibility: "private" } });
  const direct = await ana.direct("sub:ben");
  await ana.refused("wrong_kind", "PATCH", `/v1/conversations/${direct}/settings`, { body: { visibility: "public" } });
  await cleo.refused("not_public", "POST", `/v1/conversations/${direct}/join`);
  const sealed = await ana.group("Sealed", ["sub:ben"], { encryption: "mls" });
  await ana.refused("wrong_encryption", "PATCH", `/v1/conversations/${sealed}/settings`, { body: { visibility: "public" } });
  await cleo.refused("conversation_not_found", "POST", `/v1/conversations/gg${"0".repeat(26)}/join`);
  await cleo.refused("conversation_not_found", "POST", "/v1/conversations/nonsense/join");
  await cleo.refused("idempotency_key_missing", "POST", `/v1/conversations/${conv}/join`, { key: null });
  // What is for those outside makes no sense inside.
  await publish(ana, conv);
  const key = randomUUID();
  await join(cleo, conv, { key });
  await cleo.refused("key_reused", "POST", `/v1/conversations/${conv}/messages`, { key, body: { content: { kind: "text", text: "x" } } });
});

test("from_join: who joins a public channel reads nothing from before", async () => {
  const conv = await ana.group("Fresh start", ["sub:ben"], { history: "from_join" });
  await ana.send(conv, "before the door opened");
  await publish(ana, conv);
  await join(cleo, conv);
  const { events } = await cleo.events(conv);
  assert.ok(events.some(({ withheld }) => withheld) && !JSON.stringify(events).includes("before the door opened"));
});

test("the list goes on by pages, whole and in order; what is no cursor is refused", async () => {
  const names = Array.from({ length: 7 }, (_, index) => `Paged ${["ä", "B", "b", "c", "Ç", "z", "日本"][index]}`);
  const made = await Promise.all(names.map((name) => ana.group(name, ["sub:ben"])));
  await Promise.all(made.map((conv) => publish(ana, conv)));
  await until(() => channels(cleo, "?q=paged"), ({ channels }) => channels.length === 7);
  const seen = [];
  for (let next, first = true; first || next; first = false) {
    const page = await channels(cleo, `?q=paged&limit=2${next ? `&cursor=${next}` : ""}`);
    assert.ok(page.channels.length <= 2);
    seen.push(...page.channels);
    next = page.next;
  }
  assert.deepEqual(new Set(seen.map(({ id }) => id)), new Set(made));
  assert.deepEqual(seen.map(({ name }) => name[6].normalize("NFD")[0].toLowerCase()), ["a", "b", "b", "c", "c", "z", "日"]);
  for (const query of ["?cursor=x", "?cursor=", "?limit=0", "?limit=101"]) await cleo.refused("invalid_value", "GET", `/v1/channels${query}`);
  await cleo.refused("too_large", "GET", `/v1/channels?q=${"x".repeat(257)}`);
  // Signs of the language of patterns are letters like others.
  for (const q of ["%25", "_", "*", "'", "paged%25"]) assert.deepEqual((await channels(cleo, `?q=${q}`)).channels.filter(({ name }) => !name.toLowerCase().startsWith("paged") || q !== "paged%25"), [], q);
  await exchangeWithoutToken();
});

async function exchangeWithoutToken() {
  const response = await fetch(`${server.url}/v1/channels`);
  assert.equal(response.status, 401);
}

test("who lists or joins too often waits, and nobody else does; one more that is refused is let in later under its key", async () => {
  const [eager, calm] = await Promise.all(["eager", "calm"].map((sub) => Person.of(server, sub)));
  const conv = await ana.group("Many at the door", []);
  await publish(ana, conv);
  const until429 = async (method, path, more) => {
    for (let asked = 0; asked < 200; asked++) {
      const { body } = await eager.call(method, path, more);
      if (body.code === "rate_limited") return body;
    }
    return assert.fail(`${method} ${path} is never refused`);
  };
  for (const [method, path] of [["GET", "/v1/channels"], ["POST", `/v1/conversations/gg${"0".repeat(26)}/join`]]) {
    const problem = await until429(method, path);
    assert.ok(problem.retry && problem.retry_after_ms > 0);
  }
  assert.equal((await calm.call("GET", "/v1/channels")).status, 200);
  await join(calm, conv);
  const key = randomUUID();
  const wait = (await eager.refused("rate_limited", "POST", `/v1/conversations/${conv}/join`, { key })).retry_after_ms;
  await new Promise((resolve) => setTimeout(resolve, wait));
  await until(() => eager.call("POST", `/v1/conversations/${conv}/join`, { key }), ({ status }) => status === 201);
});

test("another app of the same deployment finds nothing of this one's", async () => {
  const conv = await ana.group("Only here", ["sub:ben"]);
  await publish(ana, conv);
  await listed(cleo, "only here");
  await server.directory({ sql: `UPDATE channels SET app = 'other' WHERE id = '${conv}'` });
  assert.deepEqual((await channels(cleo, "?q=only here")).channels, []);
});

test("without a database the product works, and says that there is no directory", async () => {
  const bare = await startServer({ development: true, vars: FAST });
  try {
    const [owner, guest] = await Promise.all(["owner", "guest"].map((sub) => Person.of(bare, sub)));
    const conv = await owner.group("Alone", []);
    await publish(owner, conv);
    const problem = await guest.refused("directory_unavailable", "GET", "/v1/channels");
    assert.equal(problem.retry, false);
    await join(guest, conv);
    await guest.send(conv, "in");
  } finally {
    await bare.stop();
  }
});

test("killed between a commit and its telling, and with the directory down, what is so is told in the end", async () => {
  const own = await startServer({ development: true, directory: true, vars: FAST });
  try {
    const [owner, other] = await Promise.all(["owner", "other"].map((sub) => Person.of(own, sub)));
    await own.directory({ down: true });
    const conv = await owner.group("Comes through", []);
    await publish(owner, conv);
    await own.kill();
    await own.restart();
    await other.refused("directory_unavailable", "GET", "/v1/channels");
    await own.directory({ down: false });
    // Nobody touches the conversation: its alarm does.
    const { channels: [channel] } = await listed(other, "comes");
    assert.equal(channel.id, conv);
    await settings(owner, conv, { visibility: "private" });
    await own.kill();
    await own.restart();
    await gone(other, "comes");
  } finally {
    await own.stop();
  }
});
