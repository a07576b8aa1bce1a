// Unread mentions: by name, by role, of everyone; they follow edits, deletions and reads, and bring back what is archived.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

let server, alice, bob, carol;
before(async () => {
  server = await startServer({ vars: FAST });
  [alice, bob, carol] = await Promise.all(["alice", "bob", "carol"].map((sub) => Person.of(server, sub)));
});
after(() => server?.stop());

/** Says something that addresses whoever `more` names. */
const say = (person, conv, more = {}) => person.ok("POST", `/v1/conversations/${conv}/messages`, { body: { content: { kind: "text", text: "hear", ...more } } });

/** The inbox holds this head, with these counts; an entry without mentions has no such member. */
async function counts(inbox, conv, seq, unread, mentions) {
  const entry = await inbox.entry(conv, ({ head_seq }) => head_seq >= seq, `head ${seq}`);
  assert.deepEqual([entry.head_seq, entry.unread, entry.mentions], [seq, unread, mentions]);
}

test("mentions are counted by name, by role and of everyone, each message once, and follow edits, deletions and reads", async () => {
  const conv = await alice.group("Mentions", ["sub:bob", "sub:carol"]);
  await alice.ok("PATCH", `/v1/conversations/${conv}/members/sub:carol`, { body: { role: "admin" } });
  const [one, two] = [bob.inbox(), carol.inbox()];
  let { seq } = await say(alice, conv);
  await Promise.all([counts(one, conv, seq, 1, undefined), counts(two, conv, seq, 1, undefined)]);
  const first = (await say(alice, conv, { mentions: [bob.id, "sub:bob"], mention_everyone: true })).seq;
  await Promise.all([counts(one, conv, first, 2, 1), counts(two, conv, first, 2, 1)]);
  const second = (await say(alice, conv, { mention_roles: ["admin", "guest"] })).seq;
  await Promise.all([counts(one, conv, second, 3, 1), counts(two, conv, second, 3, 2)]);
  const third = (await say(alice, conv, { mentions: [bob.id] })).seq;
  await Promise.all([counts(one, conv, third, 4, 2), counts(two, conv, third, 4, 2)]);

  // An edit addresses whom its text does now.
  const edit = { content: { kind: "text", text: "not you, her", mentions: [carol.id] } };
  ({ seq } = await alice.ok("PATCH", `/v1/conversations/${conv}/messages/${third}`, { body: edit }));
  await Promise.all([counts(one, conv, seq, 4, 1), counts(two, conv, seq, 4, 3)]);
  ({ seq } = await alice.remove(conv, first));
  await Promise.all([counts(one, conv, seq, 4, undefined), counts(two, conv, seq, 4, 2)]);

  // The same after memory is gone, and by every way to the inbox.
  await server.hibernate(...alice.conversationObject(conv));
  ({ seq } = await say(alice, conv));
  await counts(two, conv, seq, 5, 2);
  const listed = (await carol.ok("GET", "/v1/inbox")).entries.find(({ id }) => id === conv);
  assert.equal(listed.mentions, 2);

  // A role is whoever has it now.
  ({ seq } = await alice.ok("PATCH", `/v1/conversations/${conv}/members/sub:carol`, { body: { role: "member" } }));
  await counts(two, conv, seq, 5, 1);
  await carol.ok("PUT", `/v1/conversations/${conv}/read`, { body: { seq: second } });
  await two.entry(conv, ({ read_seq, mentions }) => read_seq === second && mentions === 1, "what was read is counted no more");
  await carol.ok("PUT", `/v1/conversations/${conv}/read`, { body: { seq } });
  await two.entry(conv, ({ unread, mentions }) => unread === 0 && mentions === undefined, "all read");
  ({ seq } = await say(carol, conv, { mention_everyone: true, mentions: [carol.id] }));
  await Promise.all([counts(one, conv, seq, 6, 1), counts(two, conv, seq, 0, undefined)]);
  await Promise.all([one.close(), two.close()]);
});

test("a mention brings back what is archived; nothing else does", async () => {
  const conv = await alice.group("Archived", ["sub:bob"]);
  const inbox = bob.inbox();
  let { seq } = await say(alice, conv, { mentions: [bob.id] });
  await counts(inbox, conv, seq, 1, 1);
  await bob.ok("PATCH", `/v1/inbox/${conv}`, { body: { archived: true } });
  ({ seq } = await say(alice, conv));
  const still = await inbox.entry(conv, ({ head_seq }) => head_seq === seq, "a message");
  assert.deepEqual([still.archived, still.mentions], [true, 1]);
  ({ seq } = await say(alice, conv, { mention_roles: ["member"] }));
  const back = await inbox.entry(conv, ({ head_seq }) => head_seq === seq, "a mention");
  assert.deepEqual([back.archived, back.mentions], [undefined, 2]);
  await inbox.close();
});

test("a guest mentions nobody but by name; nonsense is refused; none of it leaves anything", async () => {
  const conv = await alice.group("Guests", ["sub:bob"]);
  await alice.ok("PATCH", `/v1/conversations/${conv}/members/sub:bob`, { body: { role: "guest" } });
  const { seq } = await say(bob, conv, { mentions: [alice.id] });
  const path = `/v1/conversations/${conv}/messages`;
  const body = (more) => ({ body: { content: { kind: "text", text: "x", ...more } } });
  for (const more of [{ mention_everyone: true }, { mention_roles: ["guest"] }]) {
    await bob.refused("permission_denied", "POST", path, body(more));
    await bob.refused("permission_denied", "PATCH", `${path}/${seq}`, body(more));
  }
  for (const [code, more] of [
    ["invalid_request", { mention_everyone: 1 }],
    ["invalid_request", { mention_roles: ["boss"] }],
    ["invalid_request", { mention_roles: "admin" }],
    ["too_large", { mention_roles: Array(9).fill("admin") }],
  ]) await alice.refused(code, "POST", path, body(more));
  assert.equal((await alice.conversation(conv)).seq, seq);
  const line = bob.line(conv);
  await line.at(seq);
  const [answer] = await line.commands([{ key: crypto.randomUUID(), command: { type: "message.send", content: { kind: "text", text: "x", mention_everyone: true } } }]);
  assert.equal(answer.code, "permission_denied");
  await line.close();
});
