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

test("a ban ends all access, keeps out until it is lifted, and is listed for moderators", async () => {
  const conv = await group("Bans");
  const [bans, members] = [`/v1/conversations/${conv}/bans`, `/v1/conversations/${conv}/members`];
  const line = ben.line(conv);
  await line.at(5);
  const key = randomUUID();
  const ack = await mo.ok("POST", bans, { key, status: 201, body: { user: "sub:ben" } });
  assert.deepEqual(await mo.ok("POST", bans, { key, status: 201, body: { user: "sub:ben" } }), ack, "the same key, the same answer");
  assert.equal((await line.closed).code, 4200);
  const { envelope, content } = (await ana.events(conv, `?after=${ack.seq - 1}`)).events[0];
  assert.deepEqual([envelope.type, envelope.params, content], ["member.banned", { user: ben.id, role: "member" }, null]);
  await ben.refused("not_a_member", "POST", messages(conv), { body: text("let me in") });
  await ana.ok("POST", `/v1/dev/conversations/${conv}/sleep`);
  await ana.refused("banned", "POST", members, { body: { user: "sub:ben" } });
  // Somebody who never was here: banned, and told nothing of it.
  await mo.ok("POST", bans, { status: 201, body: { user: "sub:dan" } });
  const page = await mo.ok("GET", `${bans}?limit=1`);
  const rest = await mo.ok("GET", `${bans}?after=${page.next}`);
  const listed = [...page.bans, ...rest.bans];
  const byUser = Object.fromEntries(listed.map((ban) => [ban.user, ban]));
  assert.deepEqual([page.bans.length, rest.next, listed.length], [1, undefined, 2]);
  assert.deepEqual([byUser[ben.id].seq, byUser[ben.id].by, byUser[ben.id].subject], [ack.seq, mo.id, "ben"]);
  await cleo.refused("permission_denied", "GET", bans);
  await cleo.refused("permission_denied", "DELETE", `${bans}/sub:ben`);
  await mo.refused("permission_denied", "POST", bans, { body: { user: "sub:ana" } });
  await mo.refused("already_banned", "POST", bans, { body: { user: ben.id } });
  await mo.ok("DELETE", `${bans}/sub:ben`);
  await mo.refused("not_banned", "DELETE", `${bans}/sub:ben`);
  await ana.ok("POST", members, { status: 201, body: { user: "sub:ben" } });
  await ben.send(conv, "I am sorry");
  assert.equal((await ana.ok("GET", bans)).bans.length, 1);
  assert.equal((await ana.conversation(conv)).member_count, 4);
});

test("who is muted reads and does not write, over socket and HTTP, across eviction, until it is lifted or over", async () => {
  const conv = await group("Mutes");
  const mute = `/v1/conversations/${conv}/members/sub:ben/mute`;
  const { seq } = await ben.send(conv, "rude");
  const line = ben.line(conv);
  await line.at(seq);
  const muted = await mo.ok("POST", mute, { body: { for_s: 3_600 } });
  await line.at(muted.seq);
  const { at, params } = line.log.items.get(muted.seq).envelope;
  assert.deepEqual(params, { until: at + 3_600_000, user: ben.id });
  const refused = await line.command(message("again"), randomUUID());
  assert.deepEqual([refused.code, refused.retry], ["muted", true]);
  assert.ok(refused.retry_after_ms > 3_500_000 && refused.retry_after_ms <= 3_600_000);
  await ana.ok("POST", `/v1/dev/conversations/${conv}/sleep`);
  const problem = await ben.refused("muted", "PATCH", `${messages(conv)}/${seq}`, { body: text("again") });
  assert.ok(problem.retry_after_ms > 3_500_000);
  assert.equal((await ben.conversation(conv)).you.muted_until, at + 3_600_000);
  const { members } = await cleo.ok("GET", `/v1/conversations/${conv}/members`);
  assert.deepEqual(members.filter(({ muted_until }) => muted_until).map(({ user }) => user), [ben.id]);
  await ben.remove(conv, seq);
  await mo.ok("POST", mute, { body: {} });
  const forever = await ben.refused("muted", "POST", messages(conv), { body: text("again") });
  assert.deepEqual([forever.retry, forever.retry_after_ms], [false, undefined]);
  await cleo.refused("permission_denied", "DELETE", mute);
  await mo.ok("DELETE", mute);
  await mo.refused("not_muted", "DELETE", mute);
  await ben.send(conv, "I am sorry");
  await mo.ok("POST", mute, { body: { for_s: 1 } });
  const { retry_after_ms } = await ben.refused("muted", "POST", messages(conv), { body: text("now") });
  assert.ok(retry_after_ms <= 1_000);
  // Over without anybody's doing: the server itself says when.
  for (let refusal; (refusal = await line.command(message("now"), randomUUID())).code === "muted"; ) await new Promise((over) => setTimeout(over, refusal.retry_after_ms));
  await line.close();
});

test("bad bans and mutes leave nothing", async () => {
  const conv = await group("Bad bans");
  const of = (user) => `/v1/conversations/${conv}/members/${user}/mute`;
  const bans = `/v1/conversations/${conv}/bans`;
  const before = (await ana.conversation(conv)).seq;
  for (const [code, method, path, body] of [
    ["invalid_value", "POST", of("sub:ben"), { for_s: 0 }],
    ["invalid_value", "POST", of("sub:ben"), { for_s: 31_536_001 }],
    ["invalid_request", "POST", of("sub:ben"), { for_s: "long" }],
    ["invalid_request", "POST", of("sub:ben"), { until: 1 }],
    ["member_not_found", "POST", of("sub:nobody"), {}],
    ["permission_denied", "POST", of("me"), {}],
    ["not_muted", "DELETE", of("sub:ben")],
    ["invalid_request", "POST", bans, {}],
    ["invalid_request", "POST", bans, { user: "nobody" }],
    ["not_banned", "DELETE", `${bans}/sub:ben`],
    ["invalid_value", "DELETE", `${bans}/ben`],
    ["invalid_value", "GET", `${bans}?limit=0`],
  ]) {
    await ana.refused(code, method, path, { ...(body && { body }) });
  }
  const direct = await ana.direct("sub:ben");
  await ana.refused("wrong_kind", "POST", `/v1/conversations/${direct}/bans`, { body: { user: "sub:ben" } });
  assert.equal((await ana.conversation(conv)).seq, before);
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
