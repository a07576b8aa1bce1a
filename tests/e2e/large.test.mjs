// More than 256 members: everybody still gets every message; receipts are private, and of the inboxes those hear that are open, and those concerned.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { FAST, message, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

const MEMBERS = 300;
/** Bystanders hear within ten seconds; only a test that fails waits this long. */
const PATIENCE_MS = 60_000;
let server, owner, people, conv, head;

before(async () => {
  server = await startServer({ vars: FAST });
  owner = await Person.of(server, "owner", { name: "Owner" });
  people = Array.from({ length: MEMBERS - 1 }, (_, index) => new Person(server, `member-${index}`));
});
after(() => server?.stop());

test("it is made in steps: a hundred at creation, the others by commands", async () => {
  const refs = people.map(({ sub }) => `sub:${sub}`);
  conv = await owner.group("Assembly", refs.slice(0, 100));
  await owner.refused("too_large", "POST", "/v1/conversations", { body: { kind: "group", name: "Too many", members: refs.slice(0, 101) } });
  const line = owner.line(conv, { hello: { after: 0 } });
  await line.at(102);
  assert.equal(line.welcome.members.length, 101);
  for (const part of [refs.slice(100, 200), refs.slice(200)]) {
    const answers = await line.commands(part.map((user) => ({ key: randomUUID(), command: { type: "member.add", user } })));
    assert.ok(answers.every(({ seq }) => seq), JSON.stringify(answers.find(({ seq }) => !seq)));
  }
  head = MEMBERS + 1;
  await line.at(head);
  assert.equal((await owner.conversation(conv)).member_count, MEMBERS);
  await line.close();
});

test("its members are paged, and a welcome lists none and brings no cells", async () => {
  const seen = [];
  for (let after = null; after !== undefined; ) {
    const page = await owner.ok("GET", `/v1/conversations/${conv}/members?limit=100${after ? `&after=${after}` : ""}`);
    assert.ok(page.members.length <= 100);
    seen.push(...page.members.map(({ user }) => user));
    after = page.next;
  }
  assert.equal(seen.length, MEMBERS);
  assert.deepEqual(seen, [...new Set(seen)].sort());
  const line = people[7].line(conv);
  await line.at(head);
  assert.equal(line.welcome.members, undefined);
  assert.equal(line.welcome.conversation.member_count, MEMBERS);
  assert.ok(!line.frames.some(({ t }) => t === "cells"));
  await line.close();
});

test("all sockets get every message; cursors are told to their owner alone", async () => {
  const lines = people.slice(0, 12).map((person) => person.line(conv));
  const [reader, again, witness] = [lines[0], people[0].line(conv), lines[1]];
  await Promise.all([...lines, again].map((line) => line.at(head)));
  const said = await reader.send("to all of you");
  await Promise.all([...lines, again].map((line) => line.at(said)));
  for (const line of lines) assert.deepEqual(line.log.texts(), ["to all of you"]);
  const last = (await owner.send(conv, "and again")).seq;
  await Promise.all([...lines, again].map((line) => line.at(last)));
  reader.say({ t: "read", seq: last });
  const id = reader.welcome.conversation.you.user;
  for (const own of [reader, again]) await own.until(() => own.receipts.get(id)?.read === last, "one's own receipt, on every socket of one's own");
  // What a witness would have been told stands before this in its stream.
  const after = (await owner.send(conv, "later")).seq;
  await Promise.all(lines.map((line) => line.at(after)));
  assert.ok(!witness.frames.some(({ t, cells }) => t === "cells" && cells.some(({ user }) => user === id)), "nobody else's");
  head = after;
  await Promise.all([...lines, again].map((line) => line.close()));
});

test("how many have received and read a message is told as numbers", async () => {
  const said = await owner.send(conv, "who has this?");
  const path = `/v1/conversations/${conv}/messages/${said.seq}/receipts`;
  const others = MEMBERS - 1;
  assert.deepEqual(await owner.ok("GET", path), { seq: said.seq, members: others, delivered: 0, read: 0 });
  await Promise.all(people.slice(0, 9).map((person) => person.ok("PUT", `/v1/conversations/${conv}/delivered`, { body: { seq: said.seq } })));
  await Promise.all(people.slice(5, 12).map((person) => person.ok("PUT", `/v1/conversations/${conv}/read`, { body: { seq: said.seq } })));
  assert.deepEqual(await people[200].ok("GET", path), { seq: said.seq, members: others, delivered: 12, read: 7 });
  await server.hibernate(...owner.conversationObject(conv));
  assert.deepEqual(await owner.ok("GET", path), { seq: said.seq, members: others, delivered: 12, read: 7 }, "on disk, not only in memory");
  const outsider = new Person(server, "outsider");
  await outsider.refused("not_a_member", "GET", path);
  await owner.refused("message_not_found", "GET", `/v1/conversations/${conv}/messages/1/receipts`);
  await owner.refused("message_not_found", "GET", `/v1/conversations/${conv}/messages/99999/receipts`);
  const reply = await owner.ok("POST", `/v1/conversations/${conv}/messages`, { body: { content: { kind: "text", text: "aside" }, thread: said.seq } });
  await owner.refused("invalid_value", "GET", `/v1/conversations/${conv}/messages/${reply.seq}/receipts`);
  head = reply.seq;
});

test("inboxes: who is mentioned hears at once, the others in their time, all rightly", async () => {
  const [named, silent, away] = [people[20], people[250], people[298]];
  const inboxes = [named, silent].map((person) => person.inbox());
  await Promise.all(inboxes.map((inbox) => inbox.entry(conv, ({ head_seq }) => head_seq === head, `an entry at ${head}`, PATIENCE_MS)));
  const { seq } = await owner.send(conv, "you there", { mentions: [`sub:${named.sub}`] });
  const hears = (inbox) => inbox.entry(conv, ({ head_seq }) => head_seq === seq, `an entry at ${seq}`, PATIENCE_MS);
  const [first] = await Promise.all(inboxes.map(hears));
  assert.deepEqual([first.last.preview, first.last.actor_name], ["you there", "Owner"]);
  head = seq;
  const { n } = await owner.conversation(conv);
  // Nobody of them has read: all of it is unread, also for one who has no socket at all.
  for (const [person, inbox] of [[named, inboxes[0]], [silent, inboxes[1]], [away, away.inbox()]]) {
    const entry = await hears(inbox);
    const { you } = await person.conversation(conv);
    assert.deepEqual([entry.head_n, entry.unread, you.unread], [n, n, n], person.sub);
    await inbox.close();
  }
});

/** What an account has been told. The first page of the list would ask; this does not. */
const told = async (person) => (await person.ok("GET", "/v1/inbox/changes?after=0")).entries.find(({ id }) => id === conv);

test("whose inbox is closed is told nothing until they are mentioned, and asks when they open it", async () => {
  const [listener, absent, caller] = [people[40], people[41], people[42]];
  const inbox = listener.inbox();
  const held = await told(absent);
  assert.equal(held.large, true, "everybody was told that it is a large one");
  const hears = async (seq) => (await inbox.entry(conv, ({ head_seq }) => head_seq >= seq, `an entry at ${seq}`, PATIENCE_MS)).head_seq;
  await hears(head);
  head = (await owner.send(conv, "for those who are here")).seq;
  assert.equal(await hears(head), head);
  // Told in the same round as the listener, would they be at all.
  assert.deepEqual(await told(absent), held);

  const page = (await absent.ok("GET", "/v1/inbox")).entries.find(({ id }) => id === conv);
  const { n } = await owner.conversation(conv);
  assert.deepEqual([page.head_seq, page.unread, page.last.preview], [head, n - held.read_n, "for those who are here"]);

  // Named, or meant with everyone: both are told at once, without an inbox.
  const waits = async (person, seq, mentions) => {
    for (let entry = null; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
      entry = await told(person);
      if (entry.head_seq >= seq) return assert.deepEqual([entry.head_seq, entry.mentions], [seq, mentions]);
    }
  };
  head = (await owner.send(conv, "you", { mentions: [`sub:${absent.sub}`] })).seq;
  await waits(absent, head, 1);
  await caller.refused("permission_denied", "POST", `/v1/conversations/${conv}/messages`, { body: { content: { kind: "text", text: "all", mention_everyone: true } } });
  const all = { content: { kind: "text", text: "all of you", mention_everyone: true } };
  head = (await owner.ok("POST", `/v1/conversations/${conv}/messages`, { body: all })).seq;
  await waits(absent, head, 2);
  await waits(caller, head, 1);
  await inbox.close();
});

test("open inboxes are remembered when memory is gone, and closed ones found out", async () => {
  const [stays, goes] = [people[50], people[51]];
  const inboxes = [stays.inbox(), goes.inbox()];
  const hears = (inbox, seq) => inbox.entry(conv, ({ head_seq }) => head_seq >= seq, `an entry at ${seq}`, PATIENCE_MS);
  await Promise.all(inboxes.map((inbox) => hears(inbox, head)));
  head = (await owner.send(conv, "one")).seq;
  await Promise.all(inboxes.map((inbox) => hears(inbox, head)));
  await server.hibernate(...owner.conversationObject(conv));
  head = (await owner.send(conv, "two")).seq;
  await Promise.all(inboxes.map((inbox) => hears(inbox, head)));
  await inboxes[1].close();
  const last = (await owner.send(conv, "three")).seq;
  await hears(inboxes[0], last);
  head = (await owner.send(conv, "four")).seq;
  await hears(inboxes[0], head);
  assert.ok((await told(goes)).head_seq <= last, "who went was told once more at most");
  const back = goes.inbox();
  await hears(back, head);
  await Promise.all([back.close(), inboxes[0].close()]);
});

test("who leaves is told and hears nothing more", async () => {
  const leaver = people[30];
  const line = leaver.line(conv);
  await line.at(head);
  const inbox = leaver.inbox();
  await inbox.entry(conv, ({ member }) => member);
  await leaver.ok("DELETE", `/v1/conversations/${conv}/members/me`);
  assert.equal((await line.closed).code, 4200);
  await inbox.entry(conv, ({ member }) => !member);
  await leaver.refused("not_a_member", "GET", `/v1/conversations/${conv}`);
  const line2 = people[31].line(conv);
  await line2.at(head + 1);
  assert.equal((await line2.command(message("without you"))).seq, head + 2);
  await Promise.all([inbox.close(), line2.close()]);
});
