// Profiles: set over HTTP, told to conversations, inboxes and one's own devices, and seen by those who share a conversation.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

let server, alice, bob;
before(async () => {
  server = await startServer({ vars: FAST });
  [alice, bob] = await Promise.all([Person.of(server, "alice", { name: "Alice Token" }), Person.of(server, "bob", { name: "Bob Token" })]);
});
after(() => server?.stop());

const set = (person, body) => person.ok("PATCH", "/v1/me/profile", { body });
const mine = (person) => person.ok("GET", "/v1/me/profile");
const LATER = Date.now() + 3_600_000;
const PICTURE = "https://pictures.example/own.png";

/** A fresh person, so that no test spends another's changes. */
let count = 0;
const fresh = (name, claims) => Person.of(server, `${name}-${(count += 1)}`, { name: `${name} of the token`, ...claims });

test("who set nothing is as their token says, and asking leaves no trace", async () => {
  const dora = await fresh("dora", { picture: "https://pictures.example/token.png" });
  const expected = { user: dora.id, name: "dora of the token", picture: "https://pictures.example/token.png", own: {} };
  assert.deepEqual(await mine(dora), expected);
  await dora.refused("invalid_value", "PATCH", "/v1/me/profile", { body: {} });
  assert.deepEqual(await mine(dora), expected);
});

test("a new name, picture and status reach open conversations and inboxes, and every device of one's own", async () => {
  const [ann, ben] = [await fresh("ann"), await fresh("ben")];
  const direct = await ann.direct(`sub:${ben.sub}`);
  const group = await ann.group("Both", [`sub:${ben.sub}`]);
  await ben.send(direct, "hello");
  const [phone, desk, other] = [ben.inbox(), ben.inbox(), ann.inbox()];
  await phone.entry(group, ({ head_seq }) => head_seq === 3, "the group");
  await other.entry(direct, ({ last }) => last?.preview === "hello", "the message");
  const [a, b] = [ann.line(direct), ann.line(group)];
  await Promise.all([a.at(4), b.at(3)]);
  const changed = await set(ben, { name: "Ben Own", picture: PICTURE, bio: "Two\nlines", status: { emoji: "🌴", text: "Away", until: LATER } });
  const shown = { user: ben.id, version: 1, name: "Ben Own", picture: PICTURE, bio: "Two\nlines", status: { emoji: "🌴", text: "Away", until: LATER } };
  assert.deepEqual(changed, { ...shown, own: { name: "Ben Own", picture: PICTURE } });
  const { bio: _, ...told } = shown;
  for (const line of [a, b]) {
    const cell = await line.until(() => line.profiles.get(ben.id)?.version === 1 && line.profiles.get(ben.id), "the profile");
    assert.deepEqual(cell, { kind: "profile", ...told });
  }
  const entry = await other.entry(direct, ({ peer }) => peer?.name === "Ben Own", "the name in the inbox");
  assert.deepEqual([entry.peer.picture, entry.peer.status, entry.last.actor_name], [PICTURE, shown.status, "Ben Own"]);
  for (const device of [phone, desk]) assert.deepEqual(await device.until(() => device.profile, "the own profile"), { t: "profile", ...changed });
  const page = await ann.ok("GET", `/v1/conversations/${group}/members`);
  assert.deepEqual(page.members.find(({ user }) => user === ben.id).profile, told);
  assert.deepEqual(await ann.ok("GET", `/v1/users/${ben.id}`), shown);
  assert.deepEqual(await ann.ok("GET", `/v1/users/sub:${ben.sub}`), shown);
  assert.deepEqual(await ben.ok("GET", "/v1/users/me"), shown);
  await Promise.all([a, b, phone, desk, other].map((line) => line.close()));
});

test("an own name stands over the token of every later socket, until it is cleared", async () => {
  const [ann, ben] = [await fresh("ann"), await fresh("ben")];
  const direct = await ann.direct(`sub:${ben.sub}`);
  await ben.send(direct, "hello");
  const watch = ann.line(direct);
  await watch.at(4);
  const named = () => watch.profiles.get(ben.id)?.name;
  await set(ben, { name: "Ben Own" });
  await watch.until(() => named() === "Ben Own", "the own name");
  const again = ben.line(direct);
  await again.at(4);
  await ben.send(direct, "and again");
  assert.equal(again.welcome.members.find(({ user }) => user === ben.id).profile.name, "Ben Own");
  await watch.at(5);
  assert.equal(named(), "Ben Own");
  assert.equal((await set(ben, { name: "" })).name, "ben of the token");
  await watch.until(() => named() === "ben of the token", "the token's name");
  // Another token: who set a profile once is heard of from the account, which has seen it.
  const renamed = new Person(server, ben.sub, { name: "Ben Married" });
  const inbox = renamed.inbox();
  await watch.until(() => named() === "Ben Married", "the new token's name");
  await Promise.all([watch, again, inbox].map((line) => line.close()));
});

test("whoever is added later is known by their own name before they come", async () => {
  const ben = await fresh("ben");
  await set(ben, { name: "Ben Own", status: { text: "Reading" } });
  const conv = await alice.group("Later", ["sub:bob"]);
  const watch = alice.line(conv);
  await watch.at(3);
  await alice.add(conv, `sub:${ben.sub}`);
  const cell = await watch.until(() => watch.profiles.get(ben.id), "the profile of who was added");
  assert.deepEqual([cell.name, cell.status], ["Ben Own", { text: "Reading" }]);
  await watch.close();
});

test("what a crash interrupts is told by the alarm, and conversations that slept keep what they know", async () => {
  const [ann, ben] = [await fresh("ann"), await fresh("ben")];
  const convs = [];
  for (const name of ["one", "two", "three"]) convs.push(await ann.group(name, [`sub:${ben.sub}`]));
  const inbox = ben.inbox();
  for (const conv of convs) await inbox.entry(conv, ({ head_seq }) => head_seq === 3);
  await inbox.close();
  await set(ben, { name: "Told at once" });
  // Within the second this one waits for the round that follows, which the crash prevents.
  await set(ben, { name: "Told by the alarm" });
  await server.restart();
  for (const conv of convs) {
    const line = ann.line(conv);
    await line.until(() => line.profiles.get(ben.id)?.name === "Told by the alarm", conv, 60_000);
    await line.close();
    await server.hibernate(...ann.conversationObject(conv));
    const { members } = await ann.ok("GET", `/v1/conversations/${conv}/members`);
    assert.equal(members.find(({ user }) => user === ben.id).profile.name, "Told by the alarm");
  }
});

test("only people who share a conversation see a profile, and a stranger is like nobody", async () => {
  const [ann, eve] = [await fresh("ann"), await fresh("eve")];
  await set(ann, { bio: "private" });
  const nobody = await eve.refused("user_not_found", "GET", "/v1/users/sub:nobody-at-all");
  const stranger = await eve.refused("user_not_found", "GET", `/v1/users/${ann.id}`);
  assert.deepEqual({ ...stranger, detail: "" }, { ...nobody, detail: "" });
  const conv = await ann.group("Shared", [`sub:${eve.sub}`]);
  const [hers, his] = [ann.inbox(), eve.inbox()];
  await Promise.all([hers, his].map((inbox) => inbox.entry(conv, ({ head_seq }) => head_seq === 3)));
  assert.equal((await eve.ok("GET", `/v1/users/${ann.id}`)).bio, "private");
  await ann.ok("DELETE", `/v1/conversations/${conv}/members/${eve.id}`);
  await his.entry(conv, ({ member }) => !member, "removed");
  await eve.refused("user_not_found", "GET", `/v1/users/${ann.id}`);
  await Promise.all([hers.close(), his.close()]);
});

test("what cannot be shown is refused with its code, and changes nothing", async () => {
  const ann = await fresh("ann");
  const before = await set(ann, { name: "Ann" });
  const patch = (body) => ["PATCH", "/v1/me/profile", { body }];
  for (const [code, body] of [
    ["invalid_value", { name: " " }],
    ["invalid_value", { name: "a\u0000b" }],
    ["too_large", { name: "a".repeat(257) }],
    ["too_large", { bio: "a".repeat(1025) }],
    ["invalid_value", { picture: "http://plain.example/a.png" }],
    ["invalid_value", { picture: "javascript:alert(1)" }],
    ["invalid_value", { status: { emoji: "two" } }],
    ["invalid_value", { status: { text: "a", until: 1 } }],
    ["invalid_value", { status: { until: LATER } }],
    ["too_large", { status: { text: "a".repeat(257) } }],
    ["invalid_request", { nickname: "a" }],
    ["invalid_request", { status: "a" }],
    ["invalid_request", []],
  ]) {
    await ann.refused(code, ...patch(body));
  }
  await ann.refused("unsupported_media_type", "PATCH", "/v1/me/profile", { body: "name=a", headers: { "content-type": "text/plain" } });
  await ann.refused("invalid_value", "GET", "/v1/users/who");
  assert.deepEqual(await mine(ann), before);
  assert.equal((await set(ann, { name: "Ann" })).version, before.version, "the same again changes nothing");
});

test("changes are bounded, with the time to wait", async () => {
  const ann = await fresh("ann");
  for (let change = 0; change < 10; change += 1) await set(ann, { name: `Ann ${change}` });
  const problem = await ann.refused("rate_limited", "PATCH", "/v1/me/profile", { body: { name: "Ann again" } });
  assert.ok(problem.retry && problem.retry_after_ms > 0);
  assert.equal((await mine(ann)).name, "Ann 9");
});
