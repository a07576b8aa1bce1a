// Invite links: made by those who may, shown to whoever holds one, used exactly as often as they may, across races, kills and eviction.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

let server, ana, ben, cleo, dan;
before(async () => {
  server = await startServer({ development: true, vars: FAST });
  [ana, ben, cleo, dan] = await Promise.all(["ana", "ben", "cleo", "dan"].map((sub) => Person.of(server, sub)));
});
after(() => server?.stop());

const invites = (conv) => `/v1/conversations/${conv}/invites`;
const make = (person, conv, body = {}, more = {}) => person.ok("POST", invites(conv), { body, ...more });
const list = async (person, conv) => (await person.ok("GET", invites(conv))).invites;
const preview = (person, token) => person.ok("POST", "/v1/invites/preview", { body: { token } });
const join = (person, token, more = {}) => person.ok("POST", "/v1/invites/join", { body: { token }, ...more });
const refused = (person, code, token, path = "join") => person.refused(code, "POST", `/v1/invites/${path}`, { body: { token } });

test("a stranger with the link sees where it leads, joins once per key, reads on, and everybody is told", async () => {
  const conv = await ana.group("Open house", ["sub:ben"], { topic: "Who is coming?" });
  await ana.send(conv, "a secret");
  const line = ben.line(conv);
  await line.at(4);
  const invite = await make(ana, conv, { role: "guest", expires_in_s: 3600, max_uses: 5 });
  assert.deepEqual(
    { ...invite, token: null, created_at: null, expires_at: null },
    { id: 1, token: null, role: "guest", created_by: ana.id, created_at: null, expires_at: null, max_uses: 5, uses: 0 },
  );
  assert.equal(invite.expires_at, invite.created_at + 3_600_000);

  const seen = await cleo.call("POST", "/v1/invites/preview", { body: { token: invite.token } });
  assert.deepEqual(seen.body, {
    conversation: conv,
    info: { name: "Open house", topic: "Who is coming?", v: 1 },
    member_count: 2,
    role: "guest",
    expires_at: invite.expires_at,
  });
  assert.ok(![ana.id, ben.id, "secret"].some((word) => seen.text.includes(word)), "a preview tells nothing of members and messages");
  await cleo.refused("not_a_member", "GET", `/v1/conversations/${conv}`);

  const key = randomUUID();
  const joined = await join(cleo, invite.token, { key });
  assert.deepEqual(joined, { conversation: conv, seq: 5 });
  assert.deepEqual(await join(cleo, invite.token, { key }), joined);
  await refused(cleo, "already_member", invite.token);
  await line.at(5);
  const { envelope, content } = line.log.items.get(5);
  assert.deepEqual([envelope.type, envelope.actor, envelope.params], ["member.joined", cleo.id, { invite: 1, role: "guest", user: cleo.id }]);
  assert.equal(content.subject, "cleo");
  assert.equal((await cleo.conversation(conv)).you.role, "guest");
  await cleo.send(conv, "hello");
  assert.equal((await preview(cleo, invite.token)).member, true);
  assert.deepEqual((await list(ana, conv)).map(({ id, uses }) => [id, uses]), [[1, 1]]);
  await line.close();
});

test("the same key makes the same link in a second and after eviction; another body under it is a conflict", async () => {
  const conv = await ana.group("Again", ["sub:ben"]);
  const key = randomUUID();
  const [one, two] = await Promise.all([make(ana, conv, {}, { key }), make(ana, conv, {}, { key })]);
  assert.deepEqual(one, two);
  await ana.ok("POST", `/v1/dev/conversations/${conv}/sleep`);
  assert.deepEqual(await make(ana, conv, {}, { key: key.toUpperCase() }), one);
  await ana.refused("key_reused", "POST", invites(conv), { key, body: { max_uses: 2 } });
  assert.deepEqual(await list(ana, conv), [one]);
  // Revoked, it is still what the key made, and it stays revoked.
  await ana.ok("DELETE", `${invites(conv)}/1`);
  const { revoked_by, revoked_at, ...again } = await make(ana, conv, {}, { key });
  assert.deepEqual(again, { ...one, revoked: true });
  assert.deepEqual([revoked_by, revoked_at >= one.created_at], [ana.id, true], "who did it is kept");
  await refused(cleo, "invite_revoked", one.token);
});

test("links are for those who may make them, and in groups only", async () => {
  const conv = await ana.group("Mine", ["sub:ben"]);
  const { token } = await make(ana, conv);
  for (const [method, path] of [["GET", invites(conv)], ["DELETE", `${invites(conv)}/1`]]) {
    await ben.refused("permission_denied", method, path);
    await cleo.refused("not_a_member", method, path);
  }
  await ben.refused("permission_denied", "POST", invites(conv), { body: {} });
  await ben.refused("permission_denied", "PATCH", `/v1/conversations/${conv}/settings`, { body: { invite: "members" } });
  await ana.ok("PATCH", `/v1/conversations/${conv}/settings`, { body: { invite: "members" } });
  assert.equal((await ben.conversation(conv)).settings.invite, "members");
  await make(ben, conv, { max_uses: 1 });
  assert.deepEqual((await list(ben, conv)).map(({ id, created_by }) => [id, created_by]), [[2, ben.id], [1, ana.id]]);
  await ben.ok("DELETE", `${invites(conv)}/1`);
  await ben.ok("DELETE", `${invites(conv)}/1`);
  await ben.refused("invite_not_found", "DELETE", `${invites(conv)}/9`);
  await refused(cleo, "invite_revoked", token);
  const direct = await ana.direct("sub:ben");
  await ana.refused("wrong_kind", "POST", invites(direct), { body: {} });
});

test("a link that is none, or no longer works, lets nobody in and leaves nothing", async () => {
  const conv = await ana.group("Shut", ["sub:ben"]);
  const one = await make(ana, conv, { max_uses: 1 });
  const other = await ana.group("Another", ["sub:ben"]);
  const secret = one.token.slice(28);
  const cut = one.token.slice(0, -1);
  const forged = conv + secret.replace(/.$/u, (last) => (last === "0" ? "1" : "0"));
  for (const token of ["", "x", cut, `${one.token}0`, one.token.toUpperCase(), forged, other + secret, `gg${"0".repeat(26)}${secret}`]) {
    for (const path of ["join", "preview"]) await refused(cleo, "invite_not_found", token, path);
  }
  for (const body of [{}, { token: 5 }, { token: one.token, more: 1 }]) await cleo.refused("invalid_request", "POST", "/v1/invites/join", { body });
  await cleo.refused("idempotency_key_missing", "POST", "/v1/invites/join", { key: null, body: { token: one.token } });
  for (const body of [{ role: "moderator" }, { max_uses: 0 }, { max_uses: 10_001 }, { expires_in_s: 59 }, { expires_in_s: 31_536_001 }]) {
    await ana.refused("invalid_value", "POST", invites(conv), { body });
  }
  await ana.refused("invalid_request", "POST", invites(conv), { body: { uses: 1 } });
  await ana.refused("idempotency_key_missing", "POST", invites(conv), { key: null, body: {} });
  assert.equal((await list(ana, conv)).length, 1);
  const { seq } = await ana.conversation(conv);

  await join(cleo, one.token);
  await refused(dan, "invite_used_up", one.token);
  await refused(dan, "invite_used_up", one.token, "preview");
  // Who came in by it still sees where it leads.
  assert.equal((await preview(cleo, one.token)).member, true);
  assert.deepEqual(await list(ana, conv), []);
  assert.equal((await ana.conversation(conv)).seq, seq + 1);
});

test("who was taken out comes in again by a link, and sees what from_join lets them see", async () => {
  const conv = await ana.group("Back", ["sub:ben"], { history: "from_join" });
  const { token } = await make(ana, conv);
  await ana.ok("DELETE", `/v1/conversations/${conv}/members/${ben.id}`);
  await ana.send(conv, "while Ben was away");
  await join(ben, token);
  const { events } = await ben.ok("GET", `/v1/conversations/${conv}/events`);
  assert.ok(events.some(({ withheld }) => withheld) && !JSON.stringify(events).includes("while Ben was away"));
});

test("so many links and no more; one revoked or expired makes room", async () => {
  const conv = await ana.group("Many", ["sub:ben"]);
  for (let made = 0; made < 50; made += 10) await Promise.all(Array.from({ length: 10 }, () => make(ana, conv)));
  const ids = (await list(ana, conv)).map(({ id }) => id);
  assert.deepEqual(ids, Array.from({ length: 50 }, (_, index) => 50 - index));
  await ana.refused("invite_limit", "POST", invites(conv), { body: {} });
  await ana.ok("DELETE", `${invites(conv)}/7`);
  assert.equal((await make(ana, conv)).id, 51);
  await ana.refused("invite_limit", "POST", invites(conv), { body: {} });
});

test("of twenty who come at once by a link for seven, seven are in", async () => {
  const conv = await ana.group("Race", ["sub:ben"]);
  const { token } = await make(ana, conv, { max_uses: 7 });
  const people = await Promise.all(Array.from({ length: 20 }, (_, index) => Person.of(server, `racer-${index}`)));
  const answers = await Promise.all(people.map((person) => person.call("POST", "/v1/invites/join", { body: { token } })));
  assert.equal(answers.filter(({ status }) => status === 201).length, 7);
  assert.ok(answers.every(({ status, body }) => status === 201 || body.code === "invite_used_up"));
  assert.equal((await ana.conversation(conv)).member_count, 9);
});

test("killed again and again while people join, a link lets in as many as it may, each once", async () => {
  // A server of its own, with its disk kept across kills.
  const own = await startServer({ vars: FAST });
  try {
    const owner = await Person.of(own, "owner");
    const conv = await owner.group("Storm", ["sub:other"]);
    const { token } = await make(owner, conv, { max_uses: 12 });
    const people = await Promise.all(Array.from({ length: 30 }, (_, index) => Person.of(own, `caller-${index}`)));
    let up = Promise.resolve();
    let settled = 0;
    const answers = new Map();
    const calls = people.map(async (person, index) => {
      const key = randomUUID();
      // In sixes, so that every kill meets some.
      while (settled < index - 6) await new Promise((resolve) => setTimeout(resolve, 1));
      for (;;) {
        await up;
        try {
          const answer = await person.call("POST", "/v1/invites/join", { key, body: { token } });
          if (answer.status < 500) {
            answers.set(person.id, answer);
            settled += 1;
            return;
          }
        } catch (error) {
          if (error.code === "ERR_ASSERTION") throw error;
        }
      }
    });
    const all = Promise.all(calls);
    for (let kill = 1; kill <= 5; kill++) {
      while (settled < kill * 4) await new Promise((resolve) => setTimeout(resolve, 1));
      let back;
      up = new Promise((resolve) => (back = resolve));
      await own.kill();
      await own.restart();
      back();
    }
    await all;
    const inside = [...answers].filter(([, { status }]) => status === 201);
    assert.equal(inside.length, 12);
    assert.ok([...answers.values()].every(({ status, body }) => status === 201 || body.code === "invite_used_up"));
    const { member_count } = await owner.conversation(conv);
    assert.equal(member_count, 14);
    const { events } = await owner.ok("GET", `/v1/conversations/${conv}/events?limit=200`);
    const joined = events.filter(({ envelope }) => envelope.params?.invite === 1).map(({ envelope }) => [envelope.actor, envelope.seq]);
    assert.deepEqual(joined.sort(), inside.map(([id, { body }]) => [id, body.seq]).sort());
  } finally {
    await own.stop();
  }
});
