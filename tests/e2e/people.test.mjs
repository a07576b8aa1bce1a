// Blocks, contacts, and who may write to somebody first: by HTTP and socket, after sleep and restarts, and where they are refused.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { FAST, message, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

let server;
before(async () => {
  server = await startServer({ vars: { DEV_MODE: "1", ...FAST } });
});
after(() => server?.stop());

let made = 0;
/** Some people whom nobody else in these tests knows. */
function people(...names) {
  made += 1;
  return Promise.all(names.map((name) => Person.of(server, `${name}-${made}`)));
}
const block = (who, whom) => who.ok("PUT", `/v1/blocks/${whom.id}`);
const unblock = (who, whom) => who.ok("DELETE", `/v1/blocks/${whom.id}`);
const reach = (who, audience) => who.ok("PATCH", "/v1/me/reach", { body: { audience } });
const opens = (who, whom) => who.call("POST", "/v1/conversations", { body: { kind: "direct", members: [whom.id] } });
const seqOf = async (who, conv) => (await who.conversation(conv)).seq;
const text = (words) => ({ body: { content: { kind: "text", text: words } } });

/** Two people with a direct conversation that both their accounts have heard of. */
async function pair() {
  const [ann, ben] = await people("ann", "ben");
  const conv = await ann.direct(ben.id);
  for (const person of [ann, ben]) {
    const line = person.inbox();
    await line.entry(conv, () => true);
    await line.close();
    await line.closed;
  }
  return { ann, ben, conv };
}

test("who is blocked adds nothing, by HTTP or socket, and is told nothing of a block; what is there can be taken away", async () => {
  const { ann, ben, conv } = await pair();
  const { seq } = await ann.send(conv, "before");
  const mine = (await ben.send(conv, "mine")).seq;
  await ben.ok("POST", `/v1/conversations/${conv}/messages/${seq}/reactions`, { body: { emoji: "👍" } });
  assert.deepEqual(await block(ann, ben), { user: ben.id, blocked: true });
  const head = await seqOf(ann, conv);
  const path = `/v1/conversations/${conv}`;
  const refused = [
    ["POST", `${path}/messages`, text("hello")],
    ["POST", `${path}/messages`, { body: { content: { kind: "text", text: "in a thread" }, thread: seq } }],
    ["PATCH", `${path}/messages/${mine}`, text("other words")],
    ["POST", `${path}/messages/${seq}/reactions`, { body: { emoji: "🎉" } }],
    ["POST", `${path}/messages/${seq}/pin`, {}],
    ["POST", `${path}/forwards`, { body: { from: conv, seq } }],
  ];
  for (const [method, where, more] of refused) {
    const problem = await ben.refused("recipient_unavailable", method, where, more);
    assert.doesNotMatch(JSON.stringify(problem), /block/i);
  }
  await ann.refused("blocking", "POST", `${path}/messages`, text("I blocked them"));
  const line = ben.line(conv);
  await line.until(() => line.welcome, "welcome");
  const key = randomUUID();
  const { code } = await line.command(message("by socket"), key);
  assert.equal(code, "recipient_unavailable");
  assert.equal(await seqOf(ann, conv), head, "nothing in the log");
  await ben.ok("DELETE", `${path}/messages/${seq}/reactions/${encodeURIComponent("👍")}`);
  await ben.remove(conv, mine);
  assert.equal(await seqOf(ann, conv), head + 2);
  assert.deepEqual(await unblock(ann, ben), { user: ben.id });
  await ben.send(conv, "again");
  await line.close();
});

test("a block holds over sleep and restarts, is the same said twice, and is told to all devices", async () => {
  const { ann, ben, conv } = await pair();
  const phone = ann.inbox();
  await phone.until(() => phone.welcome, "welcome");
  await block(ann, ben);
  await block(ann, ben);
  await phone.until(() => phone.people.length === 1, "the other device hears of it once");
  assert.deepEqual(phone.people, [{ t: "person", user: ben.id, blocked: true }]);
  for (const act of ["sleep", "kill"]) {
    await ann.ok("POST", `/v1/dev/conversations/${conv}/${act}`);
    await ben.refused("recipient_unavailable", "POST", `/v1/conversations/${conv}/messages`, text(act));
  }
  await server.restart();
  await ben.refused("recipient_unavailable", "POST", `/v1/conversations/${conv}/messages`, text("after a restart"));
  assert.deepEqual(await ann.ok("GET", "/v1/blocks"), { people: [{ user: ben.id, blocked: true }] });
  await unblock(ann, ben);
  await ben.send(conv, "after all");
});

test("a repeated command is answered as before, whatever was blocked since", async () => {
  const { ann, ben, conv } = await pair();
  const key = randomUUID();
  const first = await ben.send(conv, "once", { key });
  const group = await ben.group("Before");
  const added = randomUUID();
  const joined = await ben.ok("POST", `/v1/conversations/${group}/members`, { key: added, body: { user: ann.id } });
  await block(ann, ben);
  assert.deepEqual(await ben.send(conv, "once", { key }), first);
  assert.deepEqual(await ben.ok("POST", `/v1/conversations/${group}/members`, { key: added, body: { user: ann.id } }), joined);
  await ben.refused("key_reused", "POST", `/v1/conversations/${conv}/messages`, { key, ...text("another") });
  assert.equal((await opens(ben, ann)).body.id, conv, "what is there can be opened");
});

test("who is blocked opens nothing new, and brings nobody into a group, by HTTP, with it or by socket", async () => {
  const [ann, ben, cleo] = await people("ann", "ben", "cleo");
  await block(ann, ben);
  assert.equal((await opens(ben, ann)).body.code, "recipient_unavailable");
  assert.equal((await opens(ann, ben)).body.code, "blocking");
  await ben.refused("recipient_unavailable", "POST", "/v1/conversations", { body: { kind: "group", name: "All", members: [cleo.id, ann.id] } });
  const group = await ben.group("Others", [cleo.id]);
  await ben.refused("recipient_unavailable", "POST", `/v1/conversations/${group}/members`, { body: { user: `sub:${ann.sub}` } });
  const line = ben.line(group);
  await line.until(() => line.welcome, "welcome");
  assert.equal((await line.command({ type: "member.add", user: ann.id, role: "member" })).code, "recipient_unavailable");
  assert.equal((await ben.members(group)).length, 2);
  // Others may, and what was refused left nothing that could not be made later.
  await cleo.add(group, ann.id);
  await unblock(ann, ben);
  assert.equal((await opens(ben, ann)).status, 201);
  await line.close();
});

test("people choose who writes to them first; what is there already stays", async () => {
  const { ann, ben, conv } = await pair();
  const [cleo, dan] = await people("cleo", "dan");
  assert.deepEqual(await ann.ok("GET", "/v1/me/reach"), { audience: "everyone" });
  assert.deepEqual(await reach(ann, "shared"), { audience: "shared" });
  assert.equal((await opens(cleo, ann)).body.code, "recipient_unavailable");
  await ben.send(conv, "as ever");
  const group = await ben.group("Together", [cleo.id]);
  await ben.refused("recipient_unavailable", "POST", `/v1/conversations/${group}/members`, { body: { user: ann.id } });
  await reach(ann, "everyone");
  await ben.add(group, ann.id);
  for (const person of [ann, cleo]) {
    const line = person.inbox();
    await line.entry(group, () => true);
    await line.close();
  }
  await reach(ann, "shared");
  assert.equal((await opens(cleo, ann)).status, 201, "they share a group now");
  await reach(ann, "contacts");
  assert.equal((await opens(dan, ann)).body.code, "recipient_unavailable");
  assert.deepEqual(await ann.ok("PUT", `/v1/contacts/sub:${dan.sub}`), { user: dan.id, contact: true });
  assert.equal((await opens(dan, ann)).status, 201);
  await ann.refused("invalid_value", "PATCH", "/v1/me/reach", { body: {} });
  await ann.refused("invalid_request", "PATCH", "/v1/me/reach", { body: { audience: "nobody" } });
});

test("who is blocked sees neither presence nor status nor bio, in the conversation, the inbox or the profile", async () => {
  const { ann, ben, conv } = await pair();
  const line = ben.line(conv);
  await line.until(() => line.welcome, "welcome");
  await ann.ok("PATCH", "/v1/me/profile", { body: { name: "Ann", bio: "About me", status: { text: "On holiday" } } });
  const status = async () => (await ben.members(conv)).find(({ user }) => user === ann.id).profile.status?.text;
  const inbox = ben.inbox();
  await inbox.entry(conv, (entry) => entry.peer?.status?.text === "On holiday");
  assert.equal(await status(), "On holiday");
  const watching = ann.inbox();
  await watching.until(() => watching.welcome, "welcome");
  inbox.say({ t: "watch", users: [{ user: ann.id, conv }] });
  await inbox.until(() => inbox.presences.get(ann.id)?.state === "online", "online");
  await block(ann, ben);
  await inbox.until(() => inbox.presences.get(ann.id)?.state === "hidden", "hidden");
  await inbox.entry(conv, (entry) => entry.peer?.name === "Ann" && entry.peer.status === undefined);
  assert.equal(await status(), undefined);
  const seen = await ben.ok("GET", `/v1/users/${ann.id}`);
  assert.deepEqual([seen.name, seen.bio, seen.status], ["Ann", undefined, undefined]);
  assert.equal((await ben.ok("GET", `/v1/users/${ann.id}/presence?conversation=${conv}`)).state, "hidden");
  // A change later does not tell more.
  await ann.ok("PATCH", "/v1/me/profile", { body: { name: "Anna", status: { text: "Back" } } });
  await inbox.entry(conv, (entry) => entry.peer?.name === "Anna");
  assert.equal(await status(), undefined);
  await unblock(ann, ben);
  await inbox.entry(conv, (entry) => entry.peer?.status?.text === "Back");
  assert.equal((await ben.ok("GET", `/v1/users/${ann.id}`)).bio, "About me");
  for (const each of [line, inbox, watching]) await each.close();
});

test("presence for contacts alone is for contacts alone", async () => {
  const { ann, ben, conv } = await pair();
  const state = async () => (await ben.ok("GET", `/v1/users/${ann.id}/presence?conversation=${conv}`)).state;
  await ann.ok("PATCH", "/v1/me/presence", { body: { audience: "contacts" } });
  assert.equal(await state(), "hidden");
  await ann.ok("PUT", `/v1/contacts/${ben.id}`);
  assert.notEqual(await state(), "hidden");
  await ann.ok("DELETE", `/v1/contacts/${ben.id}`);
  assert.equal(await state(), "hidden");
});

test("typing is not passed on while one blocks the other", async () => {
  const { ann, ben, conv } = await pair();
  const [a, b] = [ann.line(conv), ben.line(conv)];
  for (const line of [a, b]) await line.until(() => line.welcome, "welcome");
  await block(ann, ben);
  b.say({ t: "typing", on: true });
  await unblock(ann, ben);
  // On the same socket, so behind it.
  await a.at(await b.send("a mark behind it"));
  assert.deepEqual(a.typing, []);
  for (const line of [a, b]) await line.close();
});

test("lists are one's own, and bad input is refused with its code", async () => {
  const [ann, ben] = await people("ann", "ben");
  await block(ann, ben);
  assert.deepEqual(await ben.ok("GET", "/v1/blocks"), { people: [] });
  assert.deepEqual(await ann.ok("GET", "/v1/contacts"), { people: [] });
  assert.deepEqual(await ben.ok("DELETE", `/v1/blocks/${ann.id}`), { user: ann.id });
  for (const [method, path] of [["PUT", "/v1/blocks/me"], ["PUT", `/v1/contacts/${ann.id}`], ["PUT", "/v1/blocks/nobody"], ["GET", "/v1/blocks?limit=0"], ["GET", "/v1/contacts?after=x"]]) {
    await ann.refused("invalid_value", method, path);
  }
  await ann.refused("method_not_allowed", "POST", `/v1/blocks/${ben.id}`);
});

test("a block that its account took and the conversation never heard of, because the process died, holds in the end", { timeout: 180_000 }, async () => {
  const own = await startServer({ faults: true, vars: { ...FAST } });
  try {
    const [ann, ben] = await Promise.all(["ann", "ben"].map((name) => Person.of(own, name)));
    const conv = await ann.direct(ben.id);
    for (const person of [ann, ben]) {
      const line = person.inbox();
      await line.entry(conv, () => true);
      await line.close();
      await line.closed;
    }
    await own.fault({ hold: '"block"' });
    const asked = block(ann, ben).then(() => assert.fail("it was told"), () => undefined);
    for (let blocked = []; blocked.length === 0; ) blocked = (await ann.ok("GET", "/v1/blocks")).people;
    await ben.send(conv, "nobody has told me");
    await own.kill();
    await asked;
    await own.restart();
    assert.deepEqual(await ann.ok("GET", "/v1/blocks"), { people: [{ user: ben.id, blocked: true }] });
    for (const deadline = Date.now() + 120_000; ; ) {
      const { status, body } = await ben.call("POST", `/v1/conversations/${conv}/messages`, text("hello"));
      if (body.code === "recipient_unavailable") break;
      assert.ok(status === 201 && Date.now() < deadline, JSON.stringify(body));
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  } finally {
    await own.stop();
  }
});
