// Several members in one call: each for themselves, all in one commit, answered alike for ever.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

let server, ana, ben, cleo;
before(async () => {
  server = await startServer({ vars: FAST, counting: true });
  [ana, ben, cleo] = await Promise.all(["ana", "ben", "cleo"].map((sub) => Person.of(server, sub)));
});
after(() => server?.stop());

const members = (conv) => `/v1/conversations/${conv}/members`;
const short = ({ results }) => results.map(({ user, seq, code }) => [user, seq ?? code]);

test("each is added or refused for themselves, with the code that an addition alone would get, and the key answers so again", async () => {
  const conv = await ana.group("Several", ["sub:here"]);
  await ana.ok("POST", `/v1/conversations/${conv}/bans`, { body: { user: "sub:banned" } });
  await ben.ok("PUT", `/v1/blocks/${ana.id}`);
  await ana.ok("PUT", `/v1/blocks/${cleo.id}`);
  const { seq } = await ana.conversation(conv);
  const [key, users] = [randomUUID(), ["sub:new-1", "sub:here", "sub:banned", ben.id, "sub:new-2", cleo.id, "sub:new-1"]];
  const answer = await ana.ok("POST", members(conv), { key, body: { users, role: "guest" } });
  assert.deepEqual(short(answer), [
    ["sub:new-1", seq + 1],
    ["sub:here", "already_member"],
    ["sub:banned", "banned"],
    [ben.id, "recipient_unavailable"],
    ["sub:new-2", seq + 2],
    [cleo.id, "blocking"],
    ["sub:new-1", seq + 1],
  ]);
  assert.ok(answer.results.every(({ seq, message }) => seq || message));
  const found = await ana.members(conv);
  assert.equal(found.filter(({ role }) => role === "guest").length, 2);
  await server.restart();
  assert.deepEqual(short(await ana.ok("POST", members(conv), { key, body: { users, role: "guest" } })), short(answer));
  // Who lifts what kept them out is added by the same key; in another role nobody is.
  await ana.ok("DELETE", `/v1/blocks/${cleo.id}`);
  const later = await ana.ok("POST", members(conv), { key, body: { users, role: "guest" } });
  assert.deepEqual(short(later)[5], [cleo.id, seq + 3]);
  assert.deepEqual(short(await ana.ok("POST", members(conv), { key, body: { users: ["sub:new-1"], role: "member" } })), [["sub:new-1", "key_reused"]]);
  assert.equal((await ana.conversation(conv)).seq, seq + 3);
});

test("a hundred in one commit; what holds for all is refused as a whole, and leaves nothing", async () => {
  const conv = await ana.group("A hundred", ["sub:here"]);
  const users = Array.from({ length: 100 }, (_, index) => `sub:of-hundred-${index}`);
  const { seq } = await ana.conversation(conv);
  const line = ana.line(conv);
  await line.at(seq);
  const { results } = await ana.ok("POST", members(conv), { body: { users } });
  assert.deepEqual(results.map((each) => each.seq), users.map((_, index) => seq + 1 + index));
  await line.at(seq + 100);
  assert.equal(line.frames.filter(({ t, events }) => t === "events" && events.some(({ envelope }) => envelope.seq > seq)).length, 1, "one frame: one commit");
  await line.close();
  assert.equal((await ana.conversation(conv)).member_count, 102);
  const head = seq + 100;
  const here = new Person(server, "here");
  await ana.ok("PATCH", `/v1/conversations/${conv}/settings`, { body: { add: "admins" } });
  await here.refused("permission_denied", "POST", members(conv), { body: { users: ["sub:x", "sub:y"] } });
  await ben.refused("not_a_member", "POST", members(conv), { body: { users: ["sub:x"] } });
  for (const [code, body] of [
    ["too_large", { users: [] }],
    ["too_large", { users: [...users, "sub:one-more"] }],
    ["invalid_request", {}],
    ["invalid_request", { user: "sub:x", users: ["sub:y"] }],
    ["invalid_request", { users: ["nobody"] }],
    ["invalid_request", { users: ["sub:x"], role: "king" }],
  ]) await ana.refused(code, "POST", members(conv), { body });
  await ana.refused("idempotency_key_missing", "POST", members(conv), { key: null, body: { users: ["sub:x"] } });
  await ana.refused("wrong_kind", "POST", members(await ana.direct("sub:here")), { body: { users: ["sub:x"] } });
  assert.equal((await ana.conversation(conv)).seq, head + 1, "the setting alone");
});
