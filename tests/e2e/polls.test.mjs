// Polls: votes by socket and HTTP, told together, counted once per member, for those who may see the poll, and gone with it.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { peace, undisturbed } from "../harness/peace.mjs";
import { startServer } from "../harness/server.mjs";

let server, alice, bob, carol, dave;
before(async () => {
  server = await startServer({ vars: FAST });
  [alice, bob, carol, dave] = await Promise.all(["alice", "bob", "carol", "dave"].map((sub) => Person.of(server, sub)));
});
after(() => server?.stop());

const OPTIONS = ["Pizza", "Sushi", "Falafel"];
const ask = async (person, conv, terms = {}, more = {}) =>
  (await person.ok("POST", `/v1/conversations/${conv}/messages`, { body: { content: { kind: "poll", question: "Lunch?", options: OPTIONS, ...terms } }, ...more })).seq;
const path = (conv, seq) => `/v1/conversations/${conv}/polls/${seq}/votes`;
const vote = (person, conv, seq, choices, more) => person.ok("POST", path(conv, seq), { body: { choices }, ...more });
const close = (person, conv, seq) => person.ok("POST", `/v1/conversations/${conv}/polls/${seq}/close`);
const polls = async (person, conv, ...seqs) => (await person.ok("GET", `/v1/conversations/${conv}/polls?seqs=${seqs}`)).polls;
const results = async (person, conv, seq) => (await polls(person, conv, seq))[0]?.results;
/** Resolves when a socket was told that a poll stands so. */
const told = (line, seq, counts) => line.until(() => line.polls.get(seq)?.counts.join() === counts.join(), `a poll at ${counts}`);

test("over socket and HTTP: everybody sees the counts move, nobody a vote in the log, and all know who voted for what", async () => {
  const conv = await alice.group("Lunch", ["sub:bob", "sub:carol"]);
  const seq = await ask(alice, conv);
  const [line, other] = [bob.line(conv), carol.line(conv)];
  await Promise.all([line.at(seq), other.at(seq)]);
  const { envelope, content } = line.log.items.get(seq);
  assert.deepEqual([envelope.params, content], [{ poll: { options: 3 } }, { kind: "poll", options: OPTIONS, question: "Lunch?", v: 1 }]);
  assert.deepEqual(await polls(bob, conv, seq), [{ terms: { options: 3 }, results: { seq, version: 0, counts: [0, 0, 0], voters: 0, own: [] } }]);

  assert.equal((await line.command({ type: "poll.vote", seq, choices: [2] })).seq, seq, "the answer names the poll");
  await told(other, seq, [0, 1, 0]);
  await vote(carol, conv, seq, [2]);
  await vote(alice, conv, seq, [1]);
  await told(line, seq, [1, 2, 0]);
  await vote(carol, conv, seq, [3]);
  await told(line, seq, [1, 1, 1]);
  await told(other, seq, [1, 1, 1]);
  assert.deepEqual([line.polls.get(seq).own, other.polls.get(seq).own], [[2], [3]], "each is told their own choice, and no other");
  await vote(alice, conv, seq, []);
  await told(line, seq, [0, 1, 1]);
  assert.equal((await alice.conversation(conv)).seq, seq, "no vote is an event");
  const expected = (own) => ({ seq, version: 5, counts: [0, 1, 1], voters: 2, own });
  for (const [person, own] of [[alice, []], [bob, [2]], [carol, [3]]]) assert.deepEqual(await results(person, conv, seq), expected(own));
  await server.hibernate(...alice.conversationObject(conv));
  assert.deepEqual(await results(bob, conv, seq), expected([2]), "after sleep");
  const all = [{ user: bob.id, choices: [2] }, { user: carol.id, choices: [3] }].sort((a, b) => (a.user < b.user ? -1 : 1));
  assert.deepEqual(await alice.ok("GET", path(conv, seq)), { votes: all });
  assert.deepEqual(await alice.ok("GET", `${path(conv, seq)}?option=3`), { votes: [{ user: carol.id, choices: [3] }] });
  const first = await alice.ok("GET", `${path(conv, seq)}?limit=1`);
  assert.deepEqual(first, { votes: all.slice(0, 1), next: all[0].user });
  assert.deepEqual(await alice.ok("GET", `${path(conv, seq)}?limit=1&after=${first.next}`), { votes: all.slice(1) });
  await Promise.all([line.close(), other.close()]);
});

test("several choices, and anonymous: counts leave, and not who", async () => {
  const conv = await alice.group("Secret", ["sub:bob", "sub:carol"]);
  const seq = await ask(alice, conv, { multiple: true, anonymous: true });
  const [line, other] = [bob.line(conv), carol.line(conv)];
  await Promise.all([line.at(seq), other.at(seq)]);
  await line.command({ type: "poll.vote", seq, choices: [3, 1] });
  await told(other, seq, [1, 0, 1]);
  await vote(alice, conv, seq, [1]);
  await told(other, seq, [2, 0, 1]);
  assert.equal((await results(carol, conv, seq)).voters, 2);
  for (const person of [alice, bob, carol]) await person.refused("poll_anonymous", "GET", path(conv, seq));
  // Of all that Carol was sent about it nothing names anybody; nor does the log.
  for (const frame of other.pollFrames.flat()) assert.deepEqual(Object.keys(frame).sort(), ["counts", "seq", "version", "voters"]);
  const { entries } = await carol.export(conv);
  assert.equal(entries.length, seq);
  assert.deepEqual((await results(bob, conv, seq)).own, [1, 3], "one's own is one's own to see, on every device");
  await Promise.all([line.close(), other.close()]);
});

test("a burst of votes costs a socket a few frames, and not one a vote", async () => {
  const names = Array.from({ length: 60 }, (_, index) => `voter-${index}`);
  const conv = await alice.group("Crowd", names.map((name) => `sub:${name}`));
  const seq = await ask(alice, conv);
  const line = alice.line(conv);
  await line.at(seq);
  await Promise.all(names.map((name, index) => vote(new Person(server, name), conv, seq, [(index % 3) + 1])));
  await told(line, seq, [20, 20, 20]);
  assert.ok(line.pollFrames.length <= 20, `${line.pollFrames.length} frames`);
  assert.ok(line.pollFrames.flat().every(({ own }) => own === undefined));
  await line.close();
});

test("once: the same key is the same vote, for ever, and undoes nothing later", async () => {
  const conv = await alice.group("Once", ["sub:bob"]);
  const seq = await ask(alice, conv);
  const key = randomUUID();
  assert.equal((await vote(bob, conv, seq, [1], { key })).seq, seq);
  await vote(bob, conv, seq, [2]);
  const again = await vote(bob, conv, seq, [1], { key });
  assert.deepEqual([again.seq, again.erased], [seq, undefined]);
  assert.deepEqual((await results(bob, conv, seq)).own, [2]);
  await server.hibernate(...alice.conversationObject(conv));
  await vote(bob, conv, seq, [1], { key });
  assert.deepEqual((await results(bob, conv, seq)).counts, [0, 1, 0], "after sleep");
  await bob.refused("key_reused", "POST", path(conv, seq), { key, body: { choices: [3] } });
  // A message is looked up in the log's index; the key of a vote is not there, and names the vote all the same.
  await bob.refused("key_reused", "POST", `/v1/conversations/${conv}/messages`, { key, body: { content: { kind: "text", text: "hi" } } });
  const message = randomUUID();
  await bob.send(conv, "hi", { key: message });
  await bob.refused("key_reused", "POST", path(conv, seq), { key: message, body: { choices: [3] } });
});

test("closed by its author or by its time: no vote counts any more, also not one that is taken back", async () => {
  const conv = await alice.group("Ends", ["sub:bob", "sub:carol"]);
  const seq = await ask(bob, conv);
  const line = alice.line(conv);
  await line.at(seq);
  await vote(carol, conv, seq, [1]);
  await carol.refused("permission_denied", "POST", `/v1/conversations/${conv}/polls/${seq}/close`);
  const { seq: closed } = await close(bob, conv, seq);
  await line.at(closed);
  const { envelope, content } = line.log.items.get(closed);
  assert.deepEqual([envelope.type, envelope.ref, envelope.n, content], ["poll.closed", seq, 1, null]);
  await line.until(() => line.polls.get(seq)?.closed, "the end of the poll");
  for (const choices of [[2], []]) await carol.refused("poll_closed", "POST", path(conv, seq), { body: { choices } });
  await alice.refused("poll_closed", "POST", `/v1/conversations/${conv}/polls/${seq}/close`);
  assert.deepEqual(await results(carol, conv, seq), { seq, version: 2, counts: [1, 0, 0], voters: 1, closed: true, own: [1] });
  // An owner closes another's poll; one whose time is over closes by itself.
  const second = await ask(bob, conv);
  await close(alice, conv, second);
  const short = await ask(alice, conv, { closes_in_s: 1 });
  const [{ terms }] = await polls(bob, conv, short);
  assert.ok(terms.closes_at > 0);
  for (let done = false; !done; ) {
    const { status, body } = await bob.call("POST", path(conv, short), { body: { choices: [1] } });
    done = body.code === "poll_closed";
    assert.ok(done || status === 200 || body.code === "already_voted", JSON.stringify(body));
  }
  const { entries } = await bob.export(conv);
  assert.equal(entries.length, (await alice.conversation(conv)).seq, "the log still verifies");
  await line.close();
});

test("from_join: who may not see a poll is told nothing of it", async () => {
  const conv = await alice.group("Late", ["sub:bob"], { history: "from_join" });
  const early = await ask(alice, conv);
  await alice.add(conv, "sub:carol");
  const late = await ask(alice, conv);
  const line = carol.line(conv);
  await line.at(late);
  assert.deepEqual((await polls(carol, conv, early, late)).map(({ results: { seq } }) => seq), [late]);
  await carol.refused("message_not_found", "POST", path(conv, early), { body: { choices: [1] } });
  await carol.refused("message_not_found", "GET", path(conv, early));
  await vote(bob, conv, early, [1]);
  await vote(bob, conv, late, [2]);
  await vote(alice, conv, early, [1]);
  await vote(alice, conv, late, [2]);
  await told(line, late, [0, 2, 0]);
  assert.ok(!line.polls.has(early), JSON.stringify(line.pollFrames));
  await line.close();
});

test("deleting it takes texts, votes and counts; the key of a vote answers still", async () => {
  const conv = await alice.group("Regret", ["sub:bob"]);
  const seq = await ask(alice, conv, { question: "A secret question?", anonymous: true });
  const key = randomUUID();
  await vote(bob, conv, seq, [2], { key });
  const { seq: gone } = await alice.remove(conv, seq);
  assert.deepEqual(await polls(bob, conv, seq), []);
  await bob.refused("message_deleted", "POST", path(conv, seq), { body: { choices: [1] } });
  await bob.refused("message_not_found", "GET", path(conv, seq));
  assert.deepEqual([(await vote(bob, conv, seq, [2], { key })).seq, (await vote(bob, conv, seq, [2], { key })).erased], [seq, true]);
  const { text, entries } = await bob.export(conv);
  assert.equal(entries.length, gone);
  assert.ok(!text.includes("secret question") && !text.includes("Falafel"));
});

test("it is a message: found by its words, last line of the inbox, unread, pinned, quoted, in a thread, hidden for oneself", async () => {
  const conv = await alice.group("Like others", ["sub:bob"]);
  const inbox = bob.inbox();
  const seq = await ask(alice, conv);
  const entry = await inbox.entry(conv, ({ head_seq }) => head_seq === seq);
  assert.deepEqual([entry.unread, entry.last.preview, entry.last.content], [1, "Lunch?", "poll"]);
  const spoken = await alice.send(conv, "Well?");
  assert.equal((await inbox.entry(conv, ({ head_seq }) => head_seq === spoken.seq)).last.content, undefined, "a text is none");
  await vote(bob, conv, seq, [1]);
  for (const q of ["lunch", "falaf*"]) {
    const { hits } = await bob.ok("GET", `/v1/conversations/${conv}/search?q=${encodeURIComponent(q)}`);
    assert.deepEqual(hits.map(({ message }) => message.envelope.seq), [seq], q);
    const [{ from, to }] = hits[0].marks;
    assert.equal(`Lunch?\n${OPTIONS.join("\n")}`.slice(from, to).toLowerCase(), q.replace("*", "").toLowerCase().padEnd(to - from, "el"));
  }
  await bob.ok("POST", `/v1/conversations/${conv}/messages/${seq}/pin`);
  await bob.send(conv, "hm", { reply_to: { seq, version: 1 } });
  const inThread = (await alice.ok("POST", `/v1/conversations/${conv}/messages`, { body: { thread: seq, content: { kind: "poll", question: "And then?", options: OPTIONS } } })).seq;
  await vote(bob, conv, inThread, [3]);
  assert.deepEqual((await polls(bob, conv, seq, inThread)).map(({ results: { counts } }) => counts), [[1, 0, 0], [0, 0, 1]]);
  await close(alice, conv, inThread);
  assert.equal((await bob.ok("GET", `/v1/conversations/${conv}/messages?thread=${seq}`)).events.length, 1);
  await bob.refused("invalid_value", "POST", `/v1/conversations/${conv}/forwards`, { body: { from: conv, seq } });
  await bob.ok("PUT", `/v1/conversations/${conv}/messages/${seq}/hidden`);
  assert.deepEqual(await polls(bob, conv, seq), []);
  assert.equal((await results(alice, conv, seq)).voters, 1, "a vote outlives being hidden");
  await inbox.close();
});

test("members who go: their votes count, and they are named to those whose time they shared", async () => {
  const conv = await alice.group("Gone", ["sub:bob", "sub:dave"]);
  const seq = await ask(alice, conv);
  await vote(dave, conv, seq, [1]);
  const line = dave.line(conv);
  await line.at(seq);
  await alice.ok("DELETE", `/v1/conversations/${conv}/members/sub:dave`);
  await line.closed;
  await vote(bob, conv, seq, [1]);
  assert.ok(!line.polls.has(seq));
  assert.deepEqual((await results(bob, conv, seq)).counts, [2, 0, 0]);
  assert.equal((await bob.ok("GET", path(conv, seq))).votes.length, 2);
  for (const [method, where] of [["POST", path(conv, seq)], ["GET", path(conv, seq)], ["GET", `/v1/conversations/${conv}/polls?seqs=${seq}`]])
    await dave.refused("not_a_member", method, where, method === "POST" ? { body: { choices: [2] } } : {});
});

test("what cannot be is refused with its code and leaves nothing", async () => {
  const standing = await peace(alice, bob);
  const { conv } = standing;
  const messages = `/v1/conversations/${conv}/messages`;
  const send = (code, content) => alice.refused(code, "POST", messages, { body: { content: { kind: "poll", question: "q", options: ["a", "b"], ...content } } });
  await send("invalid_value", { options: ["a"] });
  await send("invalid_value", { options: ["a", "a"] });
  await send("invalid_value", { options: ["a", " "] });
  await send("invalid_value", { options: Array.from({ length: 11 }, (_, index) => `${index}`) });
  await send("invalid_value", { question: "" });
  await send("invalid_value", { closes_in_s: 0 });
  await send("too_large", { question: "x".repeat(1025) });
  await send("too_large", { options: ["a", "x".repeat(257)] });
  await send("invalid_request", { options: "a" });
  await send("invalid_request", { closes_at: 1 });
  const post = (code, seq, choices, person = alice, more = {}) => person.refused(code, "POST", path(conv, seq), { body: { choices }, ...more });
  await post("not_a_poll", 4, [1]);
  await post("message_not_found", 2, [1]);
  await post("message_not_found", 99, [1]);
  await post("not_a_member", 4, [1], carol);
  await post("invalid_request", 4, ["1"]);
  await post("invalid_request", 4, [-1]);
  await post("idempotency_key_missing", 4, [1], alice, { key: null });
  await alice.refused("not_a_poll", "POST", `/v1/conversations/${conv}/polls/4/close`);
  const ask = (code, query) => alice.refused(code, "GET", `/v1/conversations/${conv}/polls${query}`);
  for (const query of ["", "?seqs=", "?seqs=0", "?seqs=4,", "?seqs=x", `?seqs=${Array.from({ length: 51 }, (_, index) => index + 1)}`]) await ask("invalid_value", query);
  assert.deepEqual(await polls(alice, conv, 4, 2, 99), []);
  await alice.refused("message_not_found", "GET", path(conv, 4));
  await undisturbed(alice, standing);
});

test("refused in an open poll: twice, foreign options, too many, another app's ids", async () => {
  const conv = await alice.group("Odd", ["sub:bob"]);
  const seq = await ask(alice, conv);
  const post = (code, choices) => bob.refused(code, "POST", path(conv, seq), { body: { choices } });
  await post("vote_not_found", []);
  await vote(bob, conv, seq, [1]);
  await post("already_voted", [1]);
  for (const choices of [[4], [0], [1, 2], [2, 2], [99]]) await post("invalid_value", choices);
  await post("too_large", Array.from({ length: 11 }, (_, index) => index + 1));
  assert.deepEqual((await results(bob, conv, seq)).counts, [1, 0, 0]);
  await alice.refused("permission_denied", "PATCH", `/v1/conversations/${conv}/messages/${seq}`, { body: { content: { kind: "text", text: "edited" } } });
  const stranger = await Person.of(server, "eve");
  const other = await stranger.group("Elsewhere");
  await stranger.refused("not_a_member", "POST", path(conv, seq), { body: { choices: [1] } });
  assert.deepEqual(await polls(stranger, other, seq), []);
});
