// Spaces: members, channels that they may join, and nobody in a channel who is not in its space, across races, kills and eviction.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

let server, ana, ben, cleo, dan, eve;
before(async () => {
  server = await startServer({ development: true, vars: FAST });
  [ana, ben, cleo, dan, eve] = await Promise.all(["ana", "ben", "cleo", "dan", "eve"].map((sub) => Person.of(server, sub)));
});
after(() => server?.stop());

const make = async (person, name, members = [], more = {}) => (await person.ok("POST", "/v1/conversations", { body: { kind: "space", name, members, ...more } })).id;
const path = (space, channel) => `/v1/spaces/${space}/channels${channel ? `/${channel}` : ""}`;
const put = (person, space, channel, body = {}, more = {}) => person.ok("PUT", path(space, channel), { body, ...more });
const take = (person, space, channel, more = {}) => person.ok("DELETE", path(space, channel), more);
const list = async (person, space, query = "") => (await person.ok("GET", path(space) + query)).channels;
const join = (person, conv, more = {}) => person.ok("POST", `/v1/conversations/${conv}/join`, more);
const out = (person, conv, whom) => person.ok("DELETE", `/v1/conversations/${conv}/members/${whom.id ?? whom}`);
/** Asks until the answer is right: what objects tell each other takes its time. */
async function until(ask, holds) {
  for (const deadline = Date.now() + 60_000; ; ) {
    const got = await ask();
    if (holds(got)) return got;
    assert.ok(Date.now() < deadline, JSON.stringify(got));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
const listed = (person, space, channel) => until(() => list(person, space), (channels) => channels.some(({ id }) => id === channel));
const unlisted = (person, space, channel) => until(() => list(person, space), (channels) => channels.every(({ id }) => id !== channel));
const gone = (person, conv) => until(() => person.call("GET", `/v1/conversations/${conv}`), ({ status }) => status === 403);
/** A channel of a space by its owner. */
async function channelOf(person, space, name, body) {
  const conv = await person.group(name);
  await put(person, space, conv, body);
  return conv;
}

test("a space holds channels that its members find, join by themselves, leave and join again", async () => {
  const space = await make(ana, "Harbour", ["sub:ben", "sub:cleo"]);
  assert.match(space, /^sg/);
  assert.deepEqual(await list(ben, space), []);
  const quay = await ana.group("Quay", [], { topic: "Ships" });
  const key = randomUUID();
  const ack = await put(ana, space, quay, {}, { key });
  assert.deepEqual(await put(ana, space, quay, {}, { key }), ack);
  await listed(ben, space, quay);
  assert.deepEqual(await list(ben, space), [{ id: quay, open: true, name: "Quay", topic: "Ships", member_count: 1 }]);
  const resource = await ana.conversation(quay);
  assert.deepEqual([resource.space, resource.settings.visibility], [space, "space"]);
  await ben.refused("not_a_member", "GET", `/v1/conversations/${quay}/events`);
  const joining = randomUUID();
  const joined = await join(ben, quay, { key: joining });
  assert.deepEqual(await join(ben, quay, { key: joining }), joined);
  await ben.send(quay, "Ahoy");
  await out(ben, quay, "me");
  assert.deepEqual(await join(ben, quay, { key: joining }), joined);
  await ben.refused("not_a_member", "GET", `/v1/conversations/${quay}`);
  await join(ben, quay);
  // Of the space itself everybody sees that it has the channel.
  const { events } = await cleo.events(space);
  const added = events.filter(({ envelope }) => envelope?.type === "space.channel_added");
  assert.deepEqual(added.map(({ envelope }) => [envelope.actor, envelope.params]), [[ana.id, { channel: quay }]]);
  const inbox = await until(() => ben.ok("GET", "/v1/inbox"), ({ entries }) => entries.some(({ id }) => id === quay) && entries.some(({ id }) => id === space));
  assert.deepEqual(inbox.entries.filter(({ id }) => id === quay || id === space).map(({ kind, space }) => [kind, space ?? null]).sort(), [["group", space], ["space", null]]);
  for (const conv of [space, quay]) await ana.export(conv);
});

test("who is not in the space neither lists, joins, is added nor comes by a link; who comes into it may", async () => {
  const space = await make(ana, "Closed", ["sub:ben"]);
  const conv = await channelOf(ana, space, "Room");
  await listed(ben, space, conv);
  await dan.refused("not_a_member", "GET", path(space));
  await dan.refused("not_in_space", "POST", `/v1/conversations/${conv}/join`);
  await ana.refused("not_in_space", "POST", `/v1/conversations/${conv}/members`, { body: { user: "sub:dan" } });
  const link = await ana.ok("POST", `/v1/conversations/${conv}/invites`, { body: {} });
  await dan.refused("not_in_space", "POST", "/v1/invites/join", { body: { token: link.token } });
  // By the space's own link, as a guest.
  const door = await ana.ok("POST", `/v1/conversations/${space}/invites`, { body: { role: "guest" } });
  assert.equal((await dan.ok("POST", "/v1/invites/preview", { body: { token: door.token } })).info.name, "Closed");
  await dan.ok("POST", "/v1/invites/join", { body: { token: door.token } });
  await join(dan, conv);
  assert.equal((await dan.conversation(conv)).you.role, "guest");
  await ana.add(conv, "sub:ben");
  assert.equal((await ana.conversation(conv)).member_count, 3);
});

test("private channels are by invitation, and nobody who is not in them learns their names", async () => {
  const space = await make(ana, "Firm", ["sub:ben", "sub:cleo"]);
  const conv = await channelOf(ana, space, "Wages", { open: false });
  await listed(ana, space, conv);
  assert.deepEqual(await list(ana, space), [{ id: conv, open: false }]);
  assert.deepEqual(await list(ben, space), []);
  await ben.refused("not_public", "POST", `/v1/conversations/${conv}/join`);
  await ana.add(conv, "sub:ben");
  const settings = (body) => ana.ok("PATCH", `/v1/conversations/${conv}/settings`, { body });
  await ana.refused("in_a_space", "PATCH", `/v1/conversations/${conv}/settings`, { body: { visibility: "public" } });
  await settings({ visibility: "space" });
  const [card] = await until(() => list(cleo, space), ({ length }) => length === 1);
  assert.deepEqual([card.name, card.member_count], ["Wages", 2]);
  await settings({ visibility: "private" });
  await until(() => list(cleo, space), ({ length }) => length === 0);
  assert.ok(!JSON.stringify(await ana.ok("GET", path(space))).includes("Wages"));
});

test("who leaves the space, is taken out or banned, goes from all its channels at once, sockets and all", async () => {
  const space = await make(ana, "Works", ["sub:ben", "sub:cleo", "sub:dan"]);
  const rooms = [await channelOf(ana, space, "One"), await channelOf(ana, space, "Two", { open: false })];
  await listed(ana, space, rooms[1]);
  for (const person of [ben, cleo, dan]) {
    await join(person, rooms[0]);
    await ana.add(rooms[1], `sub:${person.sub}`);
  }
  const other = await ana.group("Elsewhere", ["sub:ben"]);
  const line = ben.line(rooms[0]);
  await line.until(() => line.welcome, "welcome");
  await out(ana, space, ben);
  assert.equal((await line.closed).code, 4200);
  await out(cleo, space, "me");
  await ana.ok("POST", `/v1/conversations/${space}/bans`, { body: { user: "sub:dan" } });
  for (const person of [ben, cleo, dan]) {
    for (const conv of rooms) await gone(person, conv);
    await person.refused("not_in_space", "POST", `/v1/conversations/${rooms[0]}/join`);
  }
  await ben.conversation(other);
  assert.equal((await ana.conversation(rooms[0])).member_count, 1);
  const { events } = await ana.events(rooms[0]);
  const removed = events.map(({ envelope }) => envelope).filter(({ type }) => type === "member.removed");
  assert.deepEqual(new Set(removed.map(({ params }) => params.user)), new Set([ben.id, cleo.id, dan.id]));
  assert.ok(removed.every(({ params }) => params.space === space && params.space_seq > 1));
  // Who comes back to the space joins anew, and stays.
  await ana.add(space, "sub:ben");
  await join(ben, rooms[0]);
  await ana.refused("banned", "POST", `/v1/conversations/${space}/members`, { body: { user: "sub:dan" } });
  await ana.ok("POST", `/v1/dev/conversations/${space}/sleep`);
  await ana.ok("POST", `/v1/dev/conversations/${rooms[0]}/sleep`);
  await out(ana, space, "sub:cleo").catch(() => undefined);
  assert.equal((await ben.conversation(rooms[0])).you.role, "member");
  for (const conv of [space, ...rooms]) await ana.export(conv);
});

test("a channel whose owner leaves the space has another, and roles of the space come along on joining", async () => {
  const space = await make(ana, "Crew", ["sub:ben", "sub:cleo"]);
  for (const [who, role] of [[ben, "admin"], [cleo, "owner"]]) await ana.ok("PATCH", `/v1/conversations/${space}/members/${who.id}`, { body: { role } });
  const conv = await channelOf(ben, space, "Deck");
  await join(cleo, conv);
  assert.equal((await cleo.conversation(conv)).you.role, "owner");
  await join(ana, conv);
  await out(cleo, space, "me");
  await gone(cleo, conv);
  await out(ana, space, ben);
  await gone(ben, conv);
  await until(() => ana.conversation(conv), ({ you, member_count }) => you.role === "owner" && member_count === 1);
});

test("only who manages both puts a channel in, who manages either takes it out", async () => {
  const space = await make(ana, "Hall", ["sub:ben", "sub:cleo"]);
  const theirs = await ben.group("Ben's");
  await ben.refused("permission_denied", "PUT", path(space, theirs), { body: {} });
  await ana.refused("not_a_member", "PUT", path(space, theirs), { body: {} });
  await eve.refused("space_not_found", "PUT", path(space, await eve.group("Eve's")), { body: {} });
  await ana.ok("PATCH", `/v1/conversations/${space}/members/${ben.id}`, { body: { role: "admin" } });
  await ben.add(theirs, "sub:dan");
  const problem = await ben.refused("not_in_space", "PUT", path(space, theirs), { body: {} });
  assert.match(problem.detail, /^1 of the members/);
  await out(ben, theirs, dan);
  await put(ben, space, theirs);
  await ben.refused("in_a_space", "PUT", path(space, theirs), { body: {} });
  await listed(cleo, space, theirs);
  await cleo.refused("not_a_member", "DELETE", path(space, theirs));
  await join(cleo, theirs);
  await cleo.refused("permission_denied", "DELETE", path(space, theirs));
  // Ana was never in it.
  const key = randomUUID();
  const ack = await take(ana, space, theirs, { key });
  assert.deepEqual(await take(ana, space, theirs, { key }), ack);
  await ben.refused("not_in_space", "DELETE", path(space, theirs));
  await unlisted(cleo, space, theirs);
  const left = await cleo.conversation(theirs);
  assert.deepEqual([left.space, left.settings?.visibility], [undefined, undefined]);
  // From now on it is a group like others.
  await ben.add(theirs, "sub:eve");
  await out(ana, space, cleo);
  await ben.send(theirs, "still here");
  await cleo.conversation(theirs);
});

test("what is no space, no channel, or another app's is refused by its code", async () => {
  const space = await make(ana, "Codes", ["sub:ben"]);
  const conv = await ana.group("Room");
  const direct = await ana.direct("sub:ben");
  await ana.refused("space_not_found", "PUT", path(conv, conv), { body: {} });
  await ana.refused("space_not_found", "PUT", path(`sg${"0".repeat(26)}`, conv), { body: {} });
  await ana.refused("space_not_found", "PUT", path(direct, conv), { body: {} });
  await ana.refused("wrong_kind", "PUT", path(space, direct), { body: {} });
  await ana.refused("wrong_kind", "PUT", path(space, space), { body: {} });
  await ana.refused("conversation_not_found", "PUT", path(space, `gg${"0".repeat(26)}`), { body: {} });
  await ana.refused("conversation_not_found", "PUT", path(space, "nonsense"), { body: {} });
  await ana.refused("invalid_request", "PUT", path(space, conv), { body: { open: "yes" } });
  await ana.refused("idempotency_key_missing", "PUT", path(space, conv), { body: {}, key: null });
  await ana.refused("space_not_found", "GET", path(conv));
  await ana.refused("conversation_not_found", "GET", path(`sg${"0".repeat(26)}`));
  for (const query of ["?limit=0", "?limit=101", "?cursor=x"]) await ana.refused("invalid_value", "GET", path(space) + query);
  await ana.refused("wrong_kind", "POST", `/v1/conversations/${space}/messages`, { body: { content: { kind: "text", text: "x" } } });
  await ana.refused("wrong_kind", "PATCH", `/v1/conversations/${space}/settings`, { body: { visibility: "public" } });
  await ana.refused("not_in_space", "PATCH", `/v1/conversations/${conv}/settings`, { body: { visibility: "space" } });
  await ana.refused("wrong_encryption", "POST", "/v1/conversations", { body: { kind: "space", name: "S", members: [], encryption: "mls" } });
  await ana.refused("not_a_member", "DELETE", path(space, await ben.group("Other")));
  const public_ = await ana.group("Public");
  await ana.ok("PATCH", `/v1/conversations/${public_}/settings`, { body: { visibility: "public" } });
  await ana.refused("invalid_value", "PUT", path(space, public_), { body: {} });
  assert.deepEqual(await list(ana, space), []);
});

test("by socket a channel enters, members are added and it leaves, with the same answers", async () => {
  const space = await make(ana, "Socket", ["sub:ben"]);
  const conv = await ana.group("Room");
  const line = ana.line(conv);
  await line.until(() => line.welcome, "welcome");
  const ask = async (command) => (await line.commands([{ key: randomUUID(), command }]))[0];
  assert.equal((await ask({ type: "channel.enter_space", space: `sg${"0".repeat(26)}` })).code, "space_not_found");
  const entered = await ask({ type: "channel.enter_space", space });
  assert.equal(entered.code, undefined);
  await line.at(entered.seq);
  assert.equal((await ask({ type: "member.add", user: "sub:eve" })).code, "not_in_space");
  assert.ok((await ask({ type: "member.add", user: "sub:ben" })).seq > entered.seq);
  await listed(ben, space, conv);
  assert.ok((await ask({ type: "channel.leave_space", space })).seq > entered.seq);
  await unlisted(ben, space, conv);
  await line.close();
});

test("many channels are listed by pages, in the order in which they were added", async () => {
  const space = await make(ana, "Many", ["sub:ben"]);
  const made = [];
  for (let index = 0; index < 7; index += 1) {
    made.push(await channelOf(ana, space, `c${index}`));
    await listed(ana, space, made.at(-1));
  }
  await take(ana, space, made[3]);
  await unlisted(ana, space, made[3]);
  const seen = [];
  for (let next, first = true; first || next; first = false) {
    const page = await ben.ok("GET", `${path(space)}?limit=2${next ? `&cursor=${next}` : ""}`);
    assert.ok(page.channels.length <= 2);
    seen.push(...page.channels.map(({ id }) => id));
    next = page.next;
  }
  assert.deepEqual(seen, made.filter((_, index) => index !== 3));
});

test("joining while being taken out of the space ends outside, in whichever order it comes", async () => {
  const space = await make(ana, "Race", []);
  const conv = await channelOf(ana, space, "Room");
  await listed(ana, space, conv);
  for (let round = 0; round < 12; round += 1) {
    const racer = await Person.of(server, `racer-${round}`);
    await ana.add(space, `sub:${racer.sub}`);
    const [joined] = await Promise.all([
      racer.call("POST", `/v1/conversations/${conv}/join`),
      out(ana, space, racer),
    ]);
    if (joined.status !== 201) {
      assert.ok(["not_in_space", "space_unavailable"].includes(joined.body.code), joined.text);
      assert.equal(joined.body.retry, joined.body.code === "space_unavailable", joined.text);
    }
    await gone(racer, conv);
    // Nothing that is still under way brings her back.
    await racer.refused("not_in_space", "POST", `/v1/conversations/${conv}/join`);
    await ana.add(space, `sub:${racer.sub}`);
    await join(racer, conv);
    await out(racer, conv, "me");
  }
  await ana.export(conv);
});

test("killed between a commit and its telling, both ends agree in the end", async () => {
  const own = await startServer({ development: true, vars: FAST });
  try {
    const [owner, other, third] = await Promise.all(["owner", "other", "third"].map((sub) => Person.of(own, sub)));
    const space = await make(owner, "Storm", ["sub:other", "sub:third"]);
    const conv = await owner.group("Comes through");
    await put(owner, space, conv);
    await own.kill();
    await own.restart();
    // Nobody touches the channel: its alarm does.
    await listed(other, space, conv);
    await join(other, conv);
    await join(third, conv);
    await out(owner, space, other);
    await own.kill();
    await own.restart();
    await gone(other, conv);
    await third.conversation(conv);
    await take(owner, space, conv);
    await own.kill();
    await own.restart();
    await unlisted(third, space, conv);
    for (const one of [space, conv]) await owner.export(one);
  } finally {
    await own.stop();
  }
});
