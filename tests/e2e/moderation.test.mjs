// Keeping the peace: settings, slow mode, freeze, broadcast; by socket and by HTTP, across eviction and retries.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { FAST, message, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

let server, ana, ben, cleo, mo;
before(async () => {
  server = await startServer({ development: true, vars: FAST });
  [ana, ben, cleo, mo] = await Promise.all(["ana", "ben", "cleo", "mo"].map((sub) => Person.of(server, sub)));
});
after(() => server?.stop());

/** A group of Ana's with Mo as moderator, Ben and Cleo as members. */
async function group(name) {
  const conv = await ana.group(name, ["sub:ben", "sub:cleo"]);
  await ana.add(conv, "sub:mo", "moderator");
  return conv;
}
const settings = (conv) => `/v1/conversations/${conv}/settings`;
const messages = (conv) => `/v1/conversations/${conv}/messages`;
const text = (words) => ({ content: { kind: "text", text: words } });

test("a moderator moderates and neither appoints nor changes other settings", async () => {
  const conv = await group("Roles");
  assert.equal((await mo.conversation(conv)).you.role, "moderator");
  const { seq } = await ben.send(conv, "rude");
  await mo.remove(conv, seq);
  await mo.refused("permission_denied", "PATCH", `/v1/conversations/${conv}/members/${ben.id}`, { body: { role: "moderator" } });
  await mo.refused("permission_denied", "PATCH", settings(conv), { body: { post: "admins" } });
  await mo.refused("permission_denied", "DELETE", `/v1/conversations/${conv}/members/${ana.id}`);
  await ben.refused("permission_denied", "PATCH", settings(conv), { body: { frozen: true } });
  await mo.ok("PATCH", settings(conv), { body: { frozen: true } });
  await mo.ok("DELETE", `/v1/conversations/${conv}/members/${cleo.id}`);
});

test("settings are one event, in the resource, and told to every socket", async () => {
  const conv = await group("Settings");
  const line = ben.line(conv);
  await line.at(5);
  assert.equal((await ben.conversation(conv)).settings, undefined, "a new conversation has none to tell of");
  const key = randomUUID();
  const change = { slow_mode_s: 30, post: "members" };
  const ack = await ana.ok("PATCH", settings(conv), { key, body: change });
  assert.deepEqual(await ana.ok("PATCH", settings(conv), { key, body: change }), ack, "the same key, the same answer");
  await line.at(ack.seq);
  const { envelope, content } = line.log.items.get(ack.seq);
  assert.deepEqual([envelope.type, envelope.params, content], ["conversation.settings_changed", { settings: change }, null]);
  await ana.ok("POST", `/v1/dev/conversations/${conv}/sleep`);
  assert.deepEqual((await ben.conversation(conv)).settings, { add: "members", frozen: false, post: "members", slow_mode_s: 30 });
  await line.close();
});

test("bad settings leave nothing", async () => {
  const conv = await group("Bad settings");
  const before = (await ana.conversation(conv)).seq;
  for (const [code, body] of [
    ["invalid_value", {}],
    ["invalid_value", { frozen: false }],
    ["invalid_value", { slow_mode_s: 21_601 }],
    ["invalid_request", { slow_mode_s: -1 }],
    ["invalid_request", { slow_mode_s: 1.5 }],
    ["invalid_request", { post: "nobody" }],
    ["invalid_request", { frozen: "yes" }],
    ["invalid_request", { loud: true }],
  ]) {
    await ana.refused(code, "PATCH", settings(conv), { body });
  }
  await ana.refused("idempotency_key_missing", "PATCH", settings(conv), { key: null, body: { frozen: true } });
  const direct = await ana.direct("sub:ben");
  await ana.refused("wrong_kind", "PATCH", settings(direct), { body: { frozen: true } });
  assert.equal((await ana.conversation(conv)).seq, before);
});

test("slow mode holds over socket and HTTP, across eviction, and a retry of what was taken is answered", async () => {
  const conv = await group("Slow");
  const line = ben.line(conv);
  await line.at(5);
  await mo.ok("PATCH", settings(conv), { body: { slow_mode_s: 21_600 } });
  const [key, body] = [randomUUID(), text("one")];
  const { seq } = await ben.ok("POST", messages(conv), { key, body });
  const refused = await line.command(message("two"), randomUUID());
  assert.deepEqual([refused.code, refused.retry], ["slow_mode", true]);
  assert.ok(refused.retry_after_ms > 21_000_000 && refused.retry_after_ms <= 21_600_000);
  for (const fate of ["sleep", "kill"]) {
    await ana.ok("POST", `/v1/dev/conversations/${conv}/${fate}`);
    const problem = await ben.refused("slow_mode", "POST", messages(conv), { body: text("two") });
    assert.ok(problem.retry_after_ms > 21_000_000, fate);
    assert.equal((await ben.ok("POST", messages(conv), { key, body })).seq, seq, "the key of what was taken");
    assert.equal((await ben.conversation(conv)).you.spoke_at, (await ben.events(conv, `?after=${seq - 1}`)).events[0].envelope.at);
  }
  await ben.edit(conv, seq, "one, better");
  await mo.send(conv, "first");
  await mo.send(conv, "second");
  await cleo.send(conv, "hers");
  await mo.ok("PATCH", settings(conv), { body: { slow_mode_s: 0 } });
  await ben.send(conv, "two");
  await ben.send(conv, "three");
  await line.close();
});

test("in a frozen conversation and in a broadcast channel those who may not write are told why", async () => {
  const conv = await group("Frozen");
  const { seq } = await ben.send(conv, "before");
  await mo.ok("PATCH", settings(conv), { body: { frozen: true } });
  const line = ben.line(conv);
  await line.at(seq + 1);
  assert.equal((await line.command(message("now"), randomUUID())).code, "frozen");
  await ben.refused("frozen", "POST", messages(conv), { body: text("now") });
  await ben.refused("frozen", "PATCH", `${messages(conv)}/${seq}`, { body: text("now") });
  await ben.remove(conv, seq);
  await mo.send(conv, "order");
  await mo.ok("PATCH", settings(conv), { body: { frozen: false } });
  await ana.ok("PATCH", settings(conv), { body: { post: "admins", add: "admins" } });
  await mo.refused("permission_denied", "POST", messages(conv), { body: text("now") });
  await ben.refused("permission_denied", "POST", `/v1/conversations/${conv}/members`, { body: { user: "sub:dan" } });
  await ana.send(conv, "news");
  await line.close();
});
