// Presence: who is there, for those whom they let see it, as soon as it changes; and nothing at all while nobody looks.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Person } from "../harness/client.mjs";
import { RawSocket } from "../harness/raw.mjs";
import { startServer } from "../harness/server.mjs";

/** All times of presence are this many times shorter: a silent socket is gone after two seconds. */
const SPEED = 20;
const faster = (speed) => ({ DEV_MODE: "1", DEV_PRESENCE_SPEED: String(speed) });
let server;
before(async () => {
  server = await startServer({ vars: faster(SPEED) });
});
after(() => server?.stop());

/** Keep-alives twice as often as a client sends them, in these times. */
function alive(line, speed = SPEED) {
  const timer = setInterval(() => line.end === null && line.say("ping"), 10_000 / speed);
  line.closed.then(() => clearInterval(timer));
  return line;
}

/** An inbox that has been greeted, and stays alive unless told otherwise. */
async function inbox(person, { pings = true, speed = SPEED } = {}) {
  const line = person.inbox();
  await line.until(() => line.welcome, "welcome");
  return pings ? alive(line, speed) : line;
}

/** The same by hand over TCP, to be killed without a word. */
async function raw(person) {
  const socket = await RawSocket.open(person.server.port, "/v1/inbox/socket", { "Sec-WebSocket-Protocol": `quipu.v1, bearer.${person.token}` });
  socket.say({ t: "hello" });
  await socket.until(() => socket.frames.length > 0, "welcome");
  return socket;
}

const sees = (line, person, state) => line.until(() => line.presences.get(person.id)?.state === state && line.presences.get(person.id), `${person.sub} is ${state}`);
const watch = (line, ...users) => line.say({ t: "watch", users: users.map(([person, conv]) => ({ user: person.id, ...(conv && { conv }) })) });

/** Two people who share a conversation that both their inboxes have heard of. */
async function pair(name, on = server) {
  const [ann, ben] = await Promise.all([Person.of(on, `${name}-ann`), Person.of(on, `${name}-ben`)]);
  const conv = await ann.direct(`sub:${ben.sub}`);
  for (const person of [ann, ben]) {
    const line = person.inbox();
    await line.entry(conv, () => true);
    await line.close();
    await line.closed;
  }
  return { ann, ben, conv };
}

test("who is watched comes, turns away, comes back and goes; the last of their devices counts", async () => {
  const { ann, ben, conv } = await pair("basic");
  const a = await inbox(ann);
  watch(a, [ben, conv]);
  const first = await sees(a, ben, "offline");
  assert.ok(first.last_seen > 0 && first.last_seen <= first.at, "they were there, before");
  const phone = await inbox(ben);
  assert.equal((await sees(a, ben, "online")).last_seen, undefined);
  phone.say({ t: "away", on: true });
  await sees(a, ben, "away");
  const laptop = await inbox(ben);
  await sees(a, ben, "online");
  await laptop.close();
  await sees(a, ben, "away");
  phone.say({ t: "away", on: false });
  await sees(a, ben, "online");
  const before = Date.now();
  await phone.close();
  const last = await sees(a, ben, "offline");
  assert.ok(last.last_seen >= before - 1_000 && last.last_seen <= last.at);
  assert.deepEqual(a.errors, []);
  await a.close();
});

test("a page that is loaded anew is never offline", async (t) => {
  // Slower, so that loading it anew takes less time than that.
  const slow = await startServer({ vars: faster(2) });
  t.after(() => slow.stop());
  const { ann, ben, conv } = await pair("blink", slow);
  const [a, first] = [await inbox(ann), await inbox(ben)];
  watch(a, [ben, conv]);
  await sees(a, ben, "online");
  await first.close();
  await first.closed;
  const second = await inbox(ben);
  second.say({ t: "away", on: true });
  await sees(a, ben, "away");
  assert.ok(!a.frames.some(({ t, users }) => t === "presence" && users.some(({ state }) => state === "offline")));
  await Promise.all([a.close(), second.close()]);
});

test("a client that is killed is offline: cut off without a close frame, or silent on an open connection", async () => {
  const { ann, ben, conv } = await pair("killed");
  const a = await inbox(ann);
  const cut = await raw(ben);
  watch(a, [ben, conv]);
  await sees(a, ben, "online");
  cut.destroy();
  await sees(a, ben, "offline");

  const silent = await inbox(ben, { pings: false });
  await sees(a, ben, "online");
  await sees(a, ben, "offline");
  assert.equal((await silent.closed).code, 4003, "it is told, in case it is there still");
  const alive = await inbox(ben);
  await sees(a, ben, "online");
  await Promise.all([a.close(), alive.close()]);
});

test("both accounts may sleep between any two of these", async () => {
  const { ann, ben, conv } = await pair("asleep");
  const [a, b] = [await inbox(ann), await inbox(ben)];
  const sleep = () => Promise.all([ann, ben].map((person) => server.hibernate(...person.accountObject)));
  watch(a, [ben, conv]);
  await sees(a, ben, "online");
  await sleep();
  b.say({ t: "away", on: true });
  await sees(a, ben, "away");
  await sleep();
  const silent = await inbox(ben, { pings: false });
  await sees(a, ben, "online");
  await sleep();
  // Nothing but the alarm can find out.
  await sees(a, ben, "away");
  assert.equal((await silent.closed).code, 4003);
  await sleep();
  await b.close();
  await sees(a, ben, "offline");
  await a.close();
});

test("only those whom they let see it do, at once where they change their mind", async () => {
  const { ann, ben, conv } = await pair("private");
  const eve = await Person.of(server, "private-eve");
  const elsewhere = await eve.group("Elsewhere");
  const [a, b, e] = [await inbox(ann), await inbox(ben), await inbox(eve)];
  assert.deepEqual(await ben.ok("GET", "/v1/me/presence"), { audience: "shared" });
  watch(a, [ben, conv]);
  await sees(a, ben, "online");
  // Without a conversation, by one she is not in, and by one he is not in.
  for (const by of [undefined, conv, elsewhere]) {
    e.presences.clear();
    watch(e, [ben, by]);
    await sees(e, ben, "hidden");
    assert.deepEqual((await eve.ok("GET", `/v1/users/${ben.id}/presence${by ? `?conversation=${by}` : ""}`)).state, "hidden");
  }
  assert.deepEqual(await ben.ok("PATCH", "/v1/me/presence", { body: { audience: "everyone" } }), { audience: "everyone" });
  watch(e, [ben]);
  await sees(e, ben, "online");
  assert.equal((await eve.ok("GET", `/v1/users/sub:${ben.sub}/presence`)).state, "online");
  await ben.ok("PATCH", "/v1/me/presence", { body: { audience: "shared" } });
  await sees(e, ben, "hidden");
  assert.equal(a.presences.get(ben.id).state, "online", "she shares a conversation");
  await ben.ok("PATCH", "/v1/me/presence", { body: { audience: "nobody" } });
  await sees(a, ben, "hidden");
  assert.equal((await ann.ok("GET", `/v1/users/${ben.id}/presence?conversation=${conv}`)).state, "hidden");
  assert.equal((await ben.ok("GET", "/v1/users/me/presence")).state, "online", "to himself he is not");
  // There is no difference to somebody who does not exist.
  assert.equal((await eve.ok("GET", "/v1/users/sub:nobody-at-all/presence")).state, "hidden");
  await ben.ok("PATCH", "/v1/me/presence", { body: { audience: "shared" } });
  watch(a, [ben, conv]);
  await sees(a, ben, "online");
  await Promise.all([a.close(), b.close(), e.close()]);
});

test("leaving the conversation that entitled to it ends it, on both sides", async () => {
  const { ann, ben } = await pair("left");
  const conv = await ann.group("Soon over", [`sub:${ben.sub}`]);
  const [a, b] = [await inbox(ann), await inbox(ben)];
  await Promise.all([a, b].map((line) => line.entry(conv, () => true)));
  watch(a, [ben, conv]);
  watch(b, [ann, conv]);
  await Promise.all([sees(a, ben, "online"), sees(b, ann, "online")]);
  await ann.ok("DELETE", `/v1/conversations/${conv}/members/sub:${ben.sub}`);
  await Promise.all([sees(a, ben, "hidden"), sees(b, ann, "hidden")]);
  b.say({ t: "away", on: true });
  watch(a, [ben, conv]);
  a.presences.clear();
  await sees(a, ben, "hidden");
  await Promise.all([a.close(), b.close()]);
});

test("who stops watching hears nothing more; one of two sockets may", async () => {
  const { ann, ben, conv } = await pair("stop");
  const [a, other, b] = [await inbox(ann), await inbox(ann), await inbox(ben)];
  for (const line of [a, other]) watch(line, [ben, conv]);
  await Promise.all([a, other].map((line) => sees(line, ben, "online")));
  watch(a);
  a.presences.clear();
  b.say({ t: "away", on: true });
  await sees(other, ben, "away");
  assert.equal(a.presences.size, 0);
  await Promise.all([a.close(), other.close(), b.close()]);
});

test("what cannot be watched is refused with a stable code, and nothing changes", async () => {
  const { ann, ben, conv } = await pair("bad");
  const early = ann.inbox({ hello: null });
  await early.opened;
  early.say({ t: "watch", users: [] });
  early.say({ t: "away", on: true });
  await early.until(() => early.errors.length === 2);
  assert.deepEqual(early.errors.map(({ code }) => code), ["hello_required", "hello_required"]);
  await early.close();

  const a = await inbox(ann);
  watch(a, [ben, conv]);
  await sees(a, ben, "offline");
  const many = Array.from({ length: 101 }, (_, index) => ({ user: `ug${String(index).padStart(26, "0")}` }));
  const bad = [
    [{ t: "watch", users: many }, "too_large"],
    [{ t: "watch" }, "invalid_request"],
    [{ t: "watch", users: [{ user: "ben" }] }, "invalid_request"],
    [{ t: "watch", users: [{ user: ben.id, conv: "nonsense" }] }, "invalid_request"],
    [{ t: "watch", users: [{ user: ben.id, loud: true }] }, "invalid_request"],
    [{ t: "away" }, "invalid_request"],
    [{ t: "away", on: "yes" }, "invalid_request"],
  ];
  for (const [frame] of bad) a.say(frame);
  await a.until(() => a.errors.length === bad.length);
  assert.deepEqual(a.errors.map(({ code }) => code), bad.map(([, code]) => code));
  // The list that held before still does.
  const b = await inbox(ben);
  await sees(a, ben, "online");
  await ann.refused("invalid_value", "PATCH", "/v1/me/presence", { body: {} });
  await ann.refused("invalid_request", "PATCH", "/v1/me/presence", { body: { audience: "friends" } });
  await ann.refused("invalid_value", "GET", "/v1/users/ben/presence");
  await ann.refused("invalid_value", "GET", `/v1/users/${ben.id}/presence?conversation=nonsense`);
  await ann.refused("method_not_allowed", "DELETE", "/v1/me/presence");
  await Promise.all([a.close(), b.close()]);
});

test("asking without end is refused, and says when to go on", async () => {
  const ann = await Person.of(server, "greedy");
  const a = await inbox(ann);
  const strangers = (from) => Array.from({ length: 100 }, (_, index) => ({ user: `ug${String(from + index).padStart(26, "0")}` }));
  for (let round = 0; a.errors.length === 0 && round < 20; round++) {
    a.say({ t: "watch", users: strangers(round * 100) });
    a.say("ping");
    await a.until(() => a.pongs > round || a.errors.length > 0);
  }
  await a.until(() => a.errors.length > 0);
  assert.equal(a.errors[0].code, "rate_limited");
  assert.ok(a.errors[0].retry && a.errors[0].retry_after_ms > 0);
  await a.close();
});

/** What is on the disk of all accounts, their alarms included. */
async function disk(on) {
  const directory = join(on.dataDir, "objects", "quipu-Account");
  const hash = createHash("sha256");
  for (const name of (await readdir(directory)).filter((name) => /\.sqlite(-wal)?$/.test(name)).sort()) hash.update(name).update(await readFile(join(directory, name)));
  return hash.digest("hex");
}

test("while nobody watches nothing runs, and nothing is written, however many sockets are open", async (t) => {
  const [speed, quiet] = [40, await startServer({ vars: faster(40) })];
  t.after(() => quiet.stop());
  const { ann, ben, conv } = await pair("quiet", quiet);
  const b = await inbox(ben, { speed });
  const idle = await Promise.all(Array.from({ length: 18 }, () => inbox(ben, { pings: false })));
  /** Four times as long as a watched socket may be silent, by the clock of keep-alives. */
  const later = (line) => {
    const { pongs } = line;
    return line.until(() => line.pongs >= pongs + 17, "keep-alives");
  };
  await later(b);
  const before = await disk(quiet);
  await later(b);
  assert.equal(await disk(quiet), before);
  assert.ok(idle.every(({ end }) => end === null), "nobody looked at them");

  const a = await inbox(ann, { speed });
  watch(a, [ben, conv]);
  await sees(a, ben, "online");
  await Promise.all(idle.map(({ closed }) => closed));
  assert.notEqual(await disk(quiet), before);
  await a.close();
  // Her watch ends by itself; soon afterwards all is still.
  for (let last = null, now = await disk(quiet); now !== last; last = now, now = await disk(quiet)) await later(b);
  await b.close();
});

test("a client that falls silent is offline within 45 seconds", { timeout: 90_000 }, async (t) => {
  const real = await startServer();
  t.after(() => real.stop());
  const { ann, ben, conv } = await pair("real", real);
  const a = await inbox(ann, { speed: 1 });
  const b = await inbox(ben, { pings: false });
  watch(a, [ben, conv]);
  await sees(a, ben, "online");
  b.say("ping");
  await b.until(() => b.pongs === 1);
  await a.until(() => a.presences.get(ben.id).state === "offline", "offline", 45_000);
  await a.close();
});
