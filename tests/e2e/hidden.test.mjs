// Deleting for oneself: gone from all that one reads, on every device and in the inbox; others keep it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, message, Person } from "../harness/client.mjs";
import { peace, undisturbed } from "../harness/peace.mjs";
import { startServer } from "../harness/server.mjs";

let server, alice, bob, carol;
before(async () => {
  server = await startServer({ vars: FAST });
  [alice, bob, carol] = await Promise.all(["alice", "bob", "carol"].map((sub) => Person.of(server, sub)));
});
after(() => server?.stop());

const path = (conv, seq) => `/v1/conversations/${conv}/messages/${seq}/hidden`;
const hide = (person, conv, seq) => person.ok("PUT", path(conv, seq), { key: null });
/** What a reader's whole history shows: texts, and the ranges they deleted for themselves. */
async function reads(person, conv) {
  const { events, edits } = await person.events(conv, "?after=0&limit=200");
  const hidden = events.filter((item) => item.hidden).map(({ withheld: { from, to } }) => [from, to]);
  return { hidden, texts: [...events, ...edits].flatMap(({ content }) => (content?.kind === "text" ? [content.text] : [])) };
}

test("gone from one's own history, versions, proofs, pins, search and export; others see no difference", async () => {
  const conv = await alice.group("Plans", ["sub:bob"]);
  const seqs = [];
  for (const text of ["harbour one", "harbour two", "harbour three"]) seqs.push((await alice.send(conv, text)).seq);
  const [, second] = seqs;
  const { seq: edited } = await alice.edit(conv, second, "harbour two, later");
  await bob.ok("POST", `/v1/conversations/${conv}/messages/${second}/pin`);
  await bob.ok("POST", `/v1/conversations/${conv}/messages/${second}/reactions`, { body: { emoji: "👍" } });
  const before = await alice.conversation(conv);
  assert.equal(await hide(bob, conv, second), "");
  await hide(bob, conv, second);
  assert.deepEqual(await reads(bob, conv), { hidden: [[second, second], [edited, edited]], texts: ["harbour one", "harbour three"] });
  assert.deepEqual((await reads(alice, conv)).texts, ["harbour one", "harbour two", "harbour three", "harbour two, later"]);
  assert.deepEqual({ ...(await alice.conversation(conv)), cells_version: 0, you: 0 }, { ...before, cells_version: 0, you: 0 }, "the log has not changed");
  assert.deepEqual([(await bob.conversation(conv)).pins, (await alice.conversation(conv)).pins], [undefined, [second]]);
  for (const what of ["versions", "reactions"]) await bob.refused("message_not_found", "GET", `/v1/conversations/${conv}/messages/${second}/${what}`);
  await bob.refused("message_not_found", "GET", `/v1/conversations/${conv}/events/${second}/proof`);
  const found = async (person) => (await person.ok("GET", `/v1/conversations/${conv}/search?q=harbour`)).hits.map((hit) => hit.message.envelope.seq);
  assert.deepEqual([await found(bob), await found(alice)], [[seqs[2], seqs[0]], [seqs[2], second, seqs[0]]]);
  const { text } = await bob.export(conv);
  assert.ok(!text.includes("harbour two") && text.includes('"leaves"'), "the export has leaves in its place");
  const page = await bob.events(conv, `?after=${second - 1}&limit=1`);
  assert.deepEqual([page.events, page.reactions, page.edits], [[{ withheld: { from: second, to: second }, hidden: true }], undefined, []]);
});

test("every device of the reader hears of it at once, or when it comes back; edits that follow are hidden, too", async () => {
  const conv = await alice.direct("sub:bob");
  const { seq: one } = await alice.send(conv, "one");
  const { seq: two } = await alice.send(conv, "two");
  const [phone, desk, hers] = [bob.line(conv), bob.line(conv), alice.line(conv)];
  for (const line of [phone, desk, hers]) await line.at(two);
  phone.say({ t: "hide", seq: one });
  for (const line of [phone, desk]) await line.until(() => line.hidden.has(one));
  const { seq: edit } = await alice.edit(conv, one, "one, in other words");
  for (const line of [desk, hers]) await line.at(edit);
  assert.deepEqual(desk.log.items.get(edit), { withheld: true, hidden: true });
  assert.equal(hers.log.items.get(edit).content.text, "one, in other words");
  assert.equal(hers.hidden.size, 0, "it is nobody else's business");
  const { cellsVersion } = desk;
  await desk.close();
  await hide(bob, conv, two);
  await server.hibernate(...bob.conversationObject(conv));
  const resumed = bob.line(conv, { log: desk.log, hello: { cells_after: cellsVersion } });
  await resumed.until(() => resumed.hidden.size > 0);
  assert.deepEqual([...resumed.hidden], [two], "what it missed, after sleep");
  const fresh = bob.line(conv);
  await fresh.at(edit);
  assert.deepEqual([...fresh.hidden], [one, two]);
  assert.deepEqual([one, two].map((seq) => fresh.log.items.get(seq)?.hidden), [true, true]);
  await Promise.all([phone, hers, resumed, fresh].map((line) => line.close()));
});

test("the inbox shows the last line that is left, also after a crash", async () => {
  const conv = await alice.group("Lines", ["sub:bob"]);
  await alice.send(conv, "first line");
  const { seq: second } = await alice.send(conv, "second line");
  const inbox = bob.inbox();
  await inbox.entry(conv, ({ last }) => last?.preview === "second line");
  await hide(bob, conv, second);
  const entry = await inbox.entry(conv, ({ last }) => last?.preview === "first line");
  assert.equal(entry.head_seq, second);
  const { seq: noise } = await alice.edit(conv, second, "second line, again");
  const later = await inbox.entry(conv, ({ head_seq }) => head_seq === noise);
  assert.equal(later.last.preview, "first line", "an edit does not bring it back");
  const hers = alice.inbox({ after: 0 });
  assert.equal((await hers.entry(conv, ({ head_seq }) => head_seq === noise)).last.preview, "second line, again");
  const { seq: third } = await alice.send(conv, "third line");
  await inbox.entry(conv, ({ last }) => last?.preview === "third line");
  await hide(bob, conv, third);
  await server.kill();
  await server.restart();
  const again = bob.inbox({ after: 0 });
  await again.entry(conv, ({ last }) => last?.preview === "first line", "the last line after a crash", 45_000);
  await Promise.all([inbox, hers, again].map((line) => line.close()));
});

test("what was deleted before it was read is not unread: in the inbox and in the conversation, live and after sleep", async () => {
  const conv = await alice.group("Unread", ["sub:bob"]);
  const inbox = bob.inbox();
  const seqs = [];
  for (const text of ["one", "two", "three"]) seqs.push((await alice.send(conv, text)).seq);
  const counts = async (unread) => {
    await inbox.entry(conv, (entry) => entry.unread === unread, `${unread} unread`);
    assert.equal((await bob.conversation(conv)).you.unread, unread);
  };
  await counts(3);
  await hide(bob, conv, seqs[1]);
  await counts(2);
  await server.hibernate(...alice.conversationObject(conv));
  assert.equal((await bob.conversation(conv)).you.unread, 2);
  const { seq: reply } = await alice.send(conv, "in a thread", { thread: seqs[0] });
  await hide(bob, conv, reply);
  await counts(2);
  await bob.ok("PUT", `/v1/conversations/${conv}/read`, { body: { seq: seqs[0] } });
  await counts(1);
  await hide(bob, conv, seqs[2]);
  await counts(0);
  await alice.send(conv, "four");
  await counts(1);
  await inbox.close();
});

test("replies that were deleted before they were read are not unread in their thread, and a thread's news alone makes a conversation unread", async () => {
  const conv = await alice.group("Unread threads", ["sub:bob"]);
  const inbox = bob.inbox();
  const { seq: root } = await bob.send(conv, "what do you think?");
  const replies = [];
  for (const text of ["one", "two"]) replies.push((await alice.send(conv, text, { thread: root })).seq);
  const news = async (threads, what) => inbox.entry(conv, (entry) => (entry.threads ?? 0) === threads && entry.unread === 0, what);
  const stands = async () => {
    const { threads } = await bob.ok("GET", `/v1/conversations/${conv}/threads`);
    const { threads: unread } = await bob.ok("GET", `/v1/conversations/${conv}/threads?unread=true`);
    const { thread } = await bob.ok("GET", `/v1/conversations/${conv}/messages?thread=${root}`);
    assert.deepEqual(thread, threads[0].thread);
    const count = thread.n - (thread.read_n ?? 0) - (thread.hidden_unread ?? 0);
    assert.equal(unread.length, count > 0 ? 1 : 0);
    return count;
  };
  const listed = async () => (await bob.ok("GET", "/v1/inbox?filter=unread&limit=100")).entries.some(({ id }) => id === conv);
  await news(1, "news in a thread");
  assert.deepEqual([await stands(), await listed()], [2, true]);
  await hide(bob, conv, replies[0]);
  assert.equal(await stands(), 1);
  await hide(bob, conv, replies[1]);
  await news(0, "no news");
  await server.hibernate(...alice.conversationObject(conv));
  assert.deepEqual([await stands(), await listed()], [0, false]);
  const { seq } = await alice.send(conv, "three", { thread: root });
  await news(1, "news again");
  assert.deepEqual([await stands(), await listed()], [1, true]);
  await bob.ok("PUT", `/v1/conversations/${conv}/threads/${root}/read`, { body: { seq } });
  await news(0, "read");
  assert.deepEqual([await stands(), await listed()], [0, false]);
  await inbox.close();
});

test("what cannot be is refused with its code and leaves nothing", async () => {
  const standing = await peace(alice, bob);
  const { conv } = standing;
  for (const seq of [2, 99]) await alice.refused("message_not_found", "PUT", path(conv, seq));
  await carol.refused("not_a_member", "PUT", path(conv, 4));
  await alice.refused("method_not_allowed", "DELETE", path(conv, 4));
  const line = alice.line(conv);
  await line.until(() => line.welcome);
  for (const seq of [0, 2, 99, 2 ** 60]) {
    line.say({ t: "hide", seq });
    assert.equal((await line.until(() => line.errors.shift())).code, "message_not_found");
  }
  for (const frame of [{ t: "hide" }, { t: "hide", seq: "4" }, { t: "hide", seq: 4, for: "all" }]) {
    line.say(frame);
    assert.equal((await line.until(() => line.errors.shift())).code, "invalid_request");
  }
  await line.close();
  await undisturbed(alice, standing);
});

test("a thousand of one conversation go, and not one more", async () => {
  const conv = await alice.direct("sub:carol");
  const line = carol.line(conv);
  await line.until(() => line.welcome);
  const seqs = (await Promise.all(Array.from({ length: 1001 }, (_, index) => line.command(message(`${index}`))))).map(({ seq }) => seq);
  for (let start = 0; start < 1000; start += 50) await Promise.all(seqs.slice(start, Math.min(start + 50, 1000)).map((seq) => hide(alice, conv, seq)));
  await alice.refused("hidden_limit", "PUT", path(conv, seqs[1000]));
  await hide(alice, conv, seqs[0]);
  assert.deepEqual(await reads(alice, conv).then(({ texts }) => texts), ["1000"]);
  await line.close();
});
