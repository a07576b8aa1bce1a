// The table of who may what: each row is a setting of the conversation, held to over socket and HTTP, and what it forbids leaves nothing.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, message, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

const ROLES = ["guest", "member", "moderator", "admin", "owner"];
let server, people;
before(async () => {
  server = await startServer({ development: true, vars: FAST });
  people = Object.fromEntries(await Promise.all(ROLES.map(async (role) => [role, await Person.of(server, role)])));
});
after(() => server?.stop());

/** A group with one person of each role. */
async function staffed(name) {
  const conv = await people.owner.group(name);
  for (const role of ROLES.slice(0, 4)) await people.owner.add(conv, `sub:${role}`, role);
  return conv;
}
const at = (conv, rest = "") => `/v1/conversations/${conv}${rest}`;
const text = (words, more = {}) => ({ content: { kind: "text", text: words, ...more } });

/** What of the table somebody may do now, by trying. */
const TRIES = {
  post: (person, conv) => person.call("POST", at(conv, "/messages"), { body: text("post") }),
  thread: (person, conv, root) => person.call("POST", at(conv, "/messages"), { body: { ...text("reply"), thread: root } }),
  react: (person, conv, root) => person.call("POST", at(conv, `/messages/${root}/reactions`), { body: { emoji: "👍" } }),
  mention: (person, conv) => person.call("POST", at(conv, "/messages"), { body: text("all", { mention_everyone: true }) }),
};
async function mayDo(conv, root, setting) {
  const may = [];
  for (const role of ROLES) {
    const { seq } = await people.owner.conversation(conv);
    const { status, body } = await TRIES[setting](people[role], conv, root);
    if (status < 300) may.push(role);
    else {
      assert.equal(body.code, "permission_denied", `${setting} by ${role}`);
      assert.equal((await people.owner.conversation(conv)).seq, seq, "what is forbidden leaves nothing");
    }
  }
  return may;
}

test("each setting names the lowest role that may, and limits nothing else", async () => {
  for (const [audience, least] of [["everyone", 0], ["members", 1], ["moderators", 2], ["admins", 3]]) {
    for (const setting of Object.keys(TRIES)) {
      const conv = await staffed(`${setting} ${audience}`);
      const { seq: root } = await people.owner.send(conv, "root");
      const { settings = {} } = await people.owner.conversation(conv);
      const before = settings[setting] ?? { post: "everyone", react: "everyone", mention: "members" }[setting];
      if (before !== audience) await people.admin.ok("PATCH", at(conv, "/settings"), { body: { [setting]: audience } });
      assert.deepEqual(await mayDo(conv, root, setting), ROLES.slice(least), `${setting}: ${audience}`);
    }
  }
});

test("a broadcast channel whose threads are open: nobody posts, all discuss, and who may no more takes back what is theirs", async () => {
  const conv = await staffed("News");
  const { seq: root } = await people.owner.send(conv, "news");
  await people.owner.ok("PATCH", at(conv, "/settings"), { body: { post: "admins" } });
  assert.deepEqual(await mayDo(conv, root, "thread"), ["admin", "owner"], "until it is set, threads follow who posts");
  const { seq } = await people.owner.ok("PATCH", at(conv, "/settings"), { body: { thread: "everyone", react: "everyone" } });
  const line = people.guest.line(conv);
  await line.at(seq);
  assert.deepEqual([line.welcome.conversation.settings.thread, line.welcome.conversation.settings.post], ["everyone", "admins"]);
  const reply = await line.command(message("a question", { thread: root }));
  assert.ok(reply.seq > root);
  assert.equal((await line.command(message("beside"))).code, "permission_denied");
  const { seq: reaction } = await people.guest.ok("POST", at(conv, `/messages/${root}/reactions`), { body: { emoji: "👍" } });
  assert.ok(reaction > 0);
  await people.owner.ok("PATCH", at(conv, "/settings"), { body: { react: "admins", thread: "members" } });
  await server.hibernate("CONVERSATION", { name: `main/conversation/${conv}` });
  await people.guest.refused("permission_denied", "PATCH", at(conv, `/messages/${reply.seq}`), { body: text("another") });
  await people.guest.refused("permission_denied", "POST", at(conv, `/messages/${root}/reactions`), { body: { emoji: "🎉" } });
  await people.guest.ok("DELETE", at(conv, `/messages/${root}/reactions/${encodeURIComponent("👍")}`));
  await people.guest.remove(conv, reply.seq);
  assert.deepEqual(await mayDo(conv, root, "thread"), ROLES.slice(1));
  await line.close();
});

test("pins, additions and links by role; only admins move the table; nonsense is refused", async () => {
  const conv = await staffed("Pins");
  const { seq: root } = await people.owner.send(conv, "root");
  await people.guest.refused("permission_denied", "POST", at(conv, `/messages/${root}/pin`));
  await people.admin.ok("PATCH", at(conv, "/settings"), { body: { pin: "everyone", add: "moderators", invite: "members" } });
  await people.guest.ok("POST", at(conv, `/messages/${root}/pin`));
  await people.member.refused("permission_denied", "POST", at(conv, "/members"), { body: { user: "sub:new" } });
  await people.member.ok("POST", at(conv, "/invites"), { body: {} });
  const { seq } = await people.owner.conversation(conv);
  for (const [code, who, body] of [
    ["permission_denied", "moderator", { react: "admins" }],
    ["permission_denied", "moderator", { frozen: true, thread: "admins" }],
    ["permission_denied", "guest", { mention: "everyone" }],
    ["invalid_value", "admin", { pin: "everyone" }],
    ["invalid_request", "admin", { thread: "nobody" }],
    ["invalid_request", "admin", { upload: "members" }],
  ]) await people[who].refused(code, "PATCH", at(conv, "/settings"), { body });
  assert.equal((await people.owner.conversation(conv)).seq, seq);
  const direct = await people.owner.direct("sub:member");
  await people.owner.refused("wrong_kind", "PATCH", at(direct, "/settings"), { body: { react: "admins" } });
});
