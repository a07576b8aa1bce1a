// Threads: replies beside the conversation, followed and read apart, by socket and HTTP, right after every return.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { FAST, message, Person } from "../harness/client.mjs";
import { peace, undisturbed } from "../harness/peace.mjs";
import { startServer } from "../harness/server.mjs";

let server, alice, bob, carol;
before(async () => {
  server = await startServer({ vars: FAST });
  [alice, bob, carol] = await Promise.all(["alice", "bob", "carol"].map((sub) => Person.of(server, sub)));
});
after(() => server?.stop());

const path = (conv, rest = "") => `/v1/conversations/${conv}${rest}`;
const thread = (person, conv, root, query = "") => person.ok("GET", path(conv, `/messages?thread=${root}${query}`));
const threads = async (person, conv, query = "") => (await person.ok("GET", path(conv, `/threads${query}`))).threads;
const follow = (person, conv, root, following) => person.ok("PUT", path(conv, `/threads/${root}`), { body: { following } });
const read = (person, conv, root, seq) => person.ok("PUT", path(conv, `/threads/${root}/read`), { body: { seq } });
const seqs = (events) => events.map(({ envelope }) => envelope.seq);

test("replies count in their thread, come live, and tell those whom they concern alone", async () => {
  const conv = await alice.group("Talk", ["sub:bob", "sub:carol"]);
  const { seq: root } = await alice.send(conv, "shall we?");
  const [a, b, c] = [alice.line(conv), bob.line(conv), carol.line(conv)];
  await Promise.all([a, b, c].map((line) => line.at(root)));
  const inboxes = { alice: alice.inbox(), carol: carol.inbox() };
  const first = await b.send("yes", { thread: root });
  await a.until(() => a.threads.get(root)?.following, "alice's place");
  const { seq: second } = await bob.send(conv, "at five", { thread: root, mentions: ["sub:carol"] });
  await Promise.all([a, b, c].map((line) => line.at(second)));
  const { envelope } = c.log.items.get(second);
  assert.deepEqual([envelope.thread, envelope.thread_n, envelope.n], [root, 2, 1]);
  const place = (user, seq, n) => ({ kind: "thread", user, root, following: true, read: seq, read_n: n });
  assert.deepEqual(a.threads.get(root), place(alice.id, 0, 0), "who began it has it unread from the first reply on");
  assert.deepEqual(b.threads.get(root), place(bob.id, second, 2));
  assert.deepEqual(c.threads.get(root), place(carol.id, first, 1), "who is mentioned, from there on");
  const told = (line) => line.frames.flatMap((frame) => frame.cells ?? []).filter(({ kind }) => kind === "thread");
  for (const [line, { id }] of [[a, alice], [b, bob], [c, carol]]) assert.ok(told(line).every(({ user }) => user === id), "a place is nobody else's business");

  // The inbox: a thread with news, no unread message, no other last line.
  for (const [who, inbox] of Object.entries(inboxes)) {
    const entry = await inbox.entry(conv, ({ threads: count, head_seq }) => count === 1 && head_seq === second, `a thread for ${who}`);
    assert.deepEqual([entry.last.preview, entry.mentions, entry.unread], ["shall we?", who === "alice" ? undefined : 1, who === "alice" ? 0 : 1]);
  }
  a.say({ t: "read", seq: second, thread: root });
  await a.until(() => a.threads.get(root).read_n === 2, "alice's cursor");
  await inboxes.alice.entry(conv, ({ threads: count }) => count === undefined, "no thread left");
  assert.deepEqual(await read(carol, conv, root, second), (({ kind, ...rest }) => rest)(place(carol.id, second, 2)));
  await inboxes.carol.entry(conv, ({ threads: count }) => count === undefined, "no thread left");
  assert.equal((await alice.conversation(conv)).you.receipt.read, root, "the conversation's own cursor did not move");
  await Promise.all([a, b, c, ...Object.values(inboxes)].map((line) => line.close()));
});

test("a mention in a thread counts in the inbox until the thread is read, whatever is read beside it", async () => {
  const conv = await alice.group("Called", ["sub:bob", "sub:carol"]);
  const { seq: root } = await alice.send(conv, "who comes?");
  const inbox = carol.inbox();
  const counts = (...wanted) => inbox.entry(conv, ({ mentions = 0, thread_mentions: inThreads = 0, unread }) => isDeepStrictEqual([mentions, inThreads, unread], wanted), `counts ${wanted}`);
  const { seq: first } = await bob.send(conv, "@carol", { thread: root, mentions: ["sub:carol"] });
  await counts(1, 1, 1);
  const { seq: second } = await bob.send(conv, "@carol?", { thread: root, mentions: ["sub:carol", "sub:alice"] });
  await counts(2, 2, 1);
  const { seq: third } = await alice.send(conv, "@carol!", { mentions: ["sub:carol"] });
  await counts(3, 2, 2);
  await carol.ok("PUT", path(conv, "/read"), { body: { seq: third } });
  await counts(2, 2, 0);
  const says = (text, mentions) => bob.ok("PATCH", path(conv, `/messages/${second}`), { body: { content: { kind: "text", text, mentions } } });
  await says("never mind", []);
  await counts(1, 1, 0);
  await says("@carol after all", ["sub:carol"]);
  await counts(2, 2, 0);
  await bob.ok("DELETE", path(conv, `/messages/${second}`));
  await counts(1, 1, 0);
  assert.equal((await carol.ok("GET", "/v1/inbox?filter=mentions")).entries.filter(({ id }) => id === conv).length, 1);
  await server.hibernate(...alice.conversationObject(conv));
  const { seq: fourth } = await alice.send(conv, "@carol again", { thread: root, mentions: ["sub:carol"] });
  await counts(2, 2, 0);
  await carol.ok("PUT", path(conv, `/messages/${fourth}/hidden`), { key: null });
  await counts(1, 1, 0);
  await read(carol, conv, root, first);
  await counts(0, 0, 0);
  await bob.send(conv, "@carol", { thread: root, mentions: ["sub:carol"] });
  await counts(1, 1, 0);
  await follow(carol, conv, root, false);
  await counts(0, 0, 0);
  await inbox.close();
});

test("how a thread stands: by page, after edits and deletions, after sleep, and as a stale reader folds it", async () => {
  const conv = await alice.group("Stand", ["sub:bob", "sub:carol"]);
  const { seq: root } = await alice.send(conv, "root");
  const summary = async (person) => {
    const page = await person.events(conv, "?limit=200");
    const [found] = (page.threads ?? []).filter((each) => each.root === root);
    return found;
  };
  assert.equal((await alice.events(conv)).threads, undefined, "none is said where none is");
  const { seq: one } = await bob.send(conv, "1", { thread: root });
  const stale = await summary(carol);
  const reader = carol.line(conv);
  await reader.at(one);
  await reader.close();
  const { seq: two } = await carol.send(conv, "2", { thread: root });
  const { seq: three } = await alice.send(conv, "3", { thread: root });
  await bob.edit(conv, one, "1, edited");
  await carol.remove(conv, two);
  const { seq: four } = await bob.send(conv, "4", { thread: root });
  await bob.ok("POST", path(conv, `/messages/${three}/reactions`), { body: { emoji: "👍" } });
  await bob.remove(conv, four);
  const fresh = await summary(carol);
  const at = (await thread(carol, conv, root)).events.at(-1).envelope.at;
  assert.deepEqual(fresh, { root, n: 4, count: 2, last: four, last_at: at, participants: [bob.id, alice.id, carol.id], following: true, read_n: 2 });
  // Stale state and the events since are the fresh state.
  const resumed = carol.line(conv, { log: reader.log });
  await resumed.at((await carol.conversation(conv)).seq);
  const folded = { ...stale };
  for (const { envelope } of resumed.log.items.values()) {
    if (envelope.seq <= one || envelope.thread !== root) continue;
    if (envelope.type === "message.deleted") folded.count -= 1;
    if (envelope.thread_n === undefined) continue;
    folded.n = envelope.thread_n;
    folded.count += 1;
    [folded.last, folded.last_at] = [envelope.seq, envelope.at];
    folded.participants = [envelope.actor, ...folded.participants.filter((user) => user !== envelope.actor)].slice(0, 3);
  }
  const { following, read: _, read_n } = resumed.threads.get(root);
  assert.deepEqual({ ...folded, following, read_n }, fresh);
  await resumed.close();
  await server.hibernate(...alice.conversationObject(conv));
  assert.deepEqual(await summary(carol), fresh, "after sleep");
  await server.restart();
  assert.deepEqual(await summary(carol), fresh, "after a restart");

  // Its pages, with what changed what is on them.
  const whole = await thread(carol, conv, root);
  assert.deepEqual([seqs(whole.events), whole.more, whole.root.envelope.seq], [[one, two, three, four], false, root]);
  assert.deepEqual(whole.changes.map(({ envelope }) => envelope.type).sort(), ["message.deleted", "message.deleted", "message.edited", "reaction.added"]);
  assert.deepEqual(whole.thread, fresh);
  const late = await thread(carol, conv, root, "&limit=2");
  assert.deepEqual([seqs(late.events), late.more], [[three, four], true]);
  const early = await thread(carol, conv, root, `&before=${three}`);
  assert.deepEqual([seqs(early.events), early.more], [[one, two], false]);
  const next = await thread(carol, conv, root, `&after=${one}&limit=1`);
  assert.deepEqual([seqs(next.events), next.more], [[two], true]);
  const { entries } = await bob.export(conv);
  assert.equal(entries.length, fresh.last + 2);
});

test("following by one's own word, and no more; resumed with every place that moved", async () => {
  const conv = await alice.group("Follow", ["sub:bob", "sub:carol"]);
  const { seq: root } = await alice.send(conv, "root");
  const { seq: first } = await bob.send(conv, "1", { thread: root });
  const line = carol.line(conv);
  await line.at(first);
  assert.equal(line.threads.size, 0);
  line.say({ t: "follow", thread: root, on: true });
  await line.until(() => line.threads.get(root)?.following, "followed");
  assert.equal(line.threads.get(root).read_n, 1, "what was there before is read");
  const { log, cellsVersion } = line;
  await line.close();
  const { seq: second } = await bob.send(conv, "2", { thread: root });
  const inbox = carol.inbox();
  await inbox.entry(conv, ({ threads: count }) => count === 1, "a thread with news");
  assert.deepEqual(seqs((await threads(carol, conv, "?unread=true")).map(({ root: message }) => message)), [root]);
  const idle = carol.line(conv, { log, hello: { cells_after: cellsVersion } });
  await idle.at(second);
  assert.equal(idle.threads.size, 0, "nothing moved");
  assert.equal((await follow(carol, conv, root, false)).following, false);
  await idle.until(() => idle.threads.get(root)?.following === false, "no longer, on every device");
  await inbox.entry(conv, ({ threads: count }) => count === undefined, "no news of it");
  assert.deepEqual(await threads(carol, conv), []);
  await idle.close();
  const { seq: third } = await bob.send(conv, "3", { thread: root });
  const resumed = carol.line(conv, { log, hello: { cells_after: cellsVersion } });
  await resumed.at(third);
  assert.equal(resumed.threads.get(root)?.following, false, "told on resume");
  assert.equal((await read(carol, conv, root, third)).read_n, 1, "who does not follow has no cursor");
  // Called back by a mention.
  const { seq: fourth } = await bob.send(conv, "4", { thread: root, mentions: ["sub:carol"] });
  await resumed.until(() => resumed.threads.get(root)?.following, "called back");
  assert.equal(resumed.threads.get(root).read_n, 3);
  await inbox.entry(conv, ({ threads: count }) => count === 1, "news again");
  const [{ thread: found }] = await threads(carol, conv);
  assert.deepEqual([found.root, found.n, found.last], [root, 4, fourth]);
  // The list pages by the latest reply.
  const { seq: other } = await alice.send(conv, "other");
  await carol.send(conv, "o1", { thread: other });
  const page = await carol.ok("GET", path(conv, "/threads?limit=1"));
  assert.deepEqual([page.threads.map((each) => each.thread.root), page.threads[0].root.content.text], [[other], "other"]);
  const rest = await carol.ok("GET", path(conv, `/threads?limit=1&before=${page.next}`));
  assert.deepEqual([rest.threads.map((each) => each.thread.root), rest.next], [[root], undefined]);
  await Promise.all([resumed, inbox].map((each) => each.close()));
});

test("what cannot be is refused with its code and leaves nothing", async () => {
  const standing = await peace(alice, bob);
  const { conv } = standing;
  const reply = (person, root, more) => person.call("POST", path(conv, "/messages"), { body: { content: { kind: "text", text: "x" }, thread: root }, ...more });
  const code = async (answer) => (await answer).body.code;
  assert.equal(await code(reply(alice, 1)), "message_not_found");
  assert.equal(await code(reply(alice, 99)), "message_not_found");
  assert.equal(await code(reply(alice, 0)), "invalid_value");
  assert.equal(await code(reply(alice, "4")), "invalid_request");
  assert.equal(await code(reply(carol, 4)), "not_a_member");
  await alice.refused("invalid_value", "GET", path(conv, "/messages"));
  await alice.refused("invalid_value", "GET", path(conv, "/messages?thread=x"));
  await alice.refused("invalid_value", "GET", path(conv, "/messages?thread=4&after=1&before=9"));
  await alice.refused("invalid_value", "GET", path(conv, "/messages?thread=4&limit=0"));
  await alice.refused("message_not_found", "GET", path(conv, "/messages?thread=2"));
  await carol.refused("not_a_member", "GET", path(conv, "/messages?thread=4"));
  await carol.refused("not_a_member", "GET", path(conv, "/threads"));
  await alice.refused("invalid_value", "GET", path(conv, "/threads?unread=perhaps"));
  await alice.refused("message_not_found", "PUT", path(conv, "/threads/2"), { body: { following: true } });
  await alice.refused("invalid_request", "PUT", path(conv, "/threads/4"), { body: {} });
  await alice.refused("cursor_out_of_range", "PUT", path(conv, "/threads/4/read"), { body: { seq: 99 } });
  await carol.refused("not_a_member", "PUT", path(conv, "/threads/4"), { body: { following: true } });
  const line = alice.line(conv);
  await line.until(() => line.welcome);
  line.say({ t: "follow", thread: 99, on: true });
  await line.until(() => line.errors.length === 1, "refused");
  line.say({ t: "follow", thread: "4", on: true });
  await line.until(() => line.errors.length === 2, "refused");
  assert.deepEqual(line.errors.map((error) => error.code), ["message_not_found", "invalid_request"]);
  await undisturbed(alice, standing);

  const { seq: nested } = await alice.send(conv, "reply", { thread: 4 });
  assert.equal(await code(reply(bob, nested)), "thread_nested");
  await bob.refused("thread_nested", "PUT", path(conv, `/threads/${nested}`), { body: { following: true } });
  await alice.remove(conv, 4);
  assert.equal(await code(reply(bob, 4)), "message_deleted");
  assert.deepEqual(seqs((await thread(bob, conv, 4)).events), [nested], "what it has stays");
  assert.equal(await code(reply(bob, 4)), "message_deleted");
  await line.close();
});

test("from_join: a thread is what one may see of it, and whoever returns follows nothing", async () => {
  const conv = await alice.group("Stays", ["sub:bob"], { history: "from_join" });
  const { seq: old } = await alice.send(conv, "before carol");
  await alice.add(conv, "sub:carol");
  const { seq: root } = await alice.send(conv, "root");
  await carol.refused("message_not_found", "GET", path(conv, `/messages?thread=${old}`));
  const { seq: one } = await carol.send(conv, "1", { thread: root });
  await bob.send(conv, "to the old one", { thread: old, mentions: ["sub:carol"] });
  await alice.ok("DELETE", path(conv, `/members/${carol.id}`));
  const { seq: unseen } = await bob.send(conv, "2", { thread: root, mentions: ["sub:carol"] });
  await carol.refused("not_a_member", "GET", path(conv, `/messages?thread=${root}`));
  await alice.add(conv, "sub:carol");
  assert.deepEqual(await threads(carol, conv), []);
  const page = await thread(carol, conv, root);
  assert.deepEqual([seqs(page.events), page.thread.n, page.thread.count, page.thread.participants], [[one], 1, 1, [carol.id]]);
  assert.ok(!JSON.stringify(page).includes(`"seq":${unseen},`));
  const [summary] = (await carol.events(conv, "?limit=200")).threads;
  assert.deepEqual([summary.root, summary.n, summary.following], [root, 1, undefined]);
  const { seq: three } = await carol.send(conv, "3", { thread: root });
  const { events, thread: stands } = await thread(carol, conv, root);
  assert.deepEqual([seqs(events), stands.n, stands.count, stands.read_n], [[one, three], 3, 2, 3]);
});

test("the same key is the same reply, however it is sent, and a batch counts as single commands do", async () => {
  const conv = await alice.direct("sub:bob");
  const { seq: root } = await alice.send(conv, "root");
  const line = bob.line(conv);
  await line.at(root);
  const key = randomUUID();
  const answers = await line.commands([
    { key, command: message("one", { thread: root }) },
    { key: randomUUID(), command: message("beside") },
    { key, command: message("one", { thread: root }) },
    { key, command: message("one") },
    { key: randomUUID(), command: message("two", { thread: root }) },
  ]);
  assert.deepEqual(answers.map(({ seq, code }) => seq ?? code), [root + 1, root + 2, root + 1, "key_reused", root + 3]);
  assert.equal((await bob.send(conv, "one", { key, thread: root })).seq, root + 1);
  await line.at(root + 3);
  assert.deepEqual([root + 1, root + 2, root + 3].map((seq) => line.log.items.get(seq).envelope).map(({ n, thread_n }) => [n, thread_n]), [[1, 1], [2, undefined], [2, 2]]);
  await line.close();
});
