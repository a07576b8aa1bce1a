// Moderation where it meets the rest: invite links, threads, forwarding, typing, and what members deleted for themselves.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { FAST, message, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

let server, ana, ben, cleo, mo;
before(async () => {
  server = await startServer({ development: true, vars: FAST });
  [ana, ben, cleo, mo] = await Promise.all(["ana", "ben", "cleo", "mo"].map((sub) => Person.of(server, sub)));
});
after(() => server?.stop());

/** A group of Ana's with Mo as moderator, Ben and Cleo as members. */
async function group(name, more) {
  const conv = await ana.group(name, ["sub:ben", "sub:cleo"], more);
  await ana.add(conv, "sub:mo", "moderator");
  return conv;
}
const path = (conv, rest = "") => `/v1/conversations/${conv}${rest}`;
const body = (text, more) => ({ body: { content: { kind: "text", text }, ...more } });

test("who is banned comes by no invite link, and uses none up", async () => {
  const conv = await group("Banned");
  const { token } = await ana.ok("POST", path(conv, "/invites"), { body: { max_uses: 1 } });
  await mo.ok("POST", path(conv, "/bans"), { status: 201, body: { user: "sub:ben" } });
  await ana.ok("POST", `/v1/dev/conversations/${conv}/sleep`);
  await ben.refused("banned", "POST", "/v1/invites/join", { body: { token } });
  assert.equal((await ana.ok("GET", path(conv, "/invites"))).invites[0].uses, 0);
  await mo.ok("DELETE", path(conv, "/bans/sub:ben"));
  await ben.ok("POST", "/v1/invites/join", { body: { token } });
  await ben.send(conv, "I am sorry");
});

test("who is muted adds nothing in any way, and nobody is told that they type", async () => {
  const conv = await group("Muted");
  const { seq: root } = await ana.send(conv, "what shall we do?");
  const elsewhere = await ben.direct("sub:cleo");
  const { seq: copied } = await ben.send(elsewhere, "copy me");
  await mo.ok("POST", path(conv, "/members/sub:ben/mute"), { body: {} });
  const [watcher, line] = [cleo.line(conv), ben.line(conv)];
  const head = (await ben.conversation(conv)).seq;
  await Promise.all([watcher.at(head), line.at(head)]);
  line.say({ t: "typing", on: true });
  for (const tried of [message("now"), message("now", { thread: root }), { type: "message.forward", from: elsewhere, seq: copied }]) {
    assert.equal((await line.command(tried, randomUUID())).code, "muted");
  }
  await ben.refused("muted", "POST", path(conv, `/messages/${root}/reactions`), { body: { emoji: "👍" } });
  await ben.refused("muted", "POST", path(conv, `/messages/${root}/pin`));
  await ben.ok("POST", path(conv, "/typing"), { key: null, body: { on: true } });
  const { seq } = await cleo.send(conv, "after");
  await watcher.at(seq);
  assert.deepEqual(watcher.typing, []);
  await ben.ok("PUT", path(conv, `/threads/${root}`), { key: null, body: { following: true } });
  await mo.ok("DELETE", path(conv, "/members/sub:ben/mute"));
  line.say({ t: "typing", on: true });
  await watcher.until(() => watcher.typing.length === 1, "typing again");
  await mo.ok("PATCH", path(conv, "/settings"), { body: { frozen: true } });
  line.say({ t: "typing", on: false });
  await watcher.until(() => watcher.typing.length === 2, "the mark is taken away");
  line.say({ t: "typing", on: true });
  assert.equal((await line.command(message("now", { thread: root }), randomUUID())).code, "frozen");
  await ben.refused("frozen", "POST", path(conv, "/forwards"), { body: { from: elsewhere, seq: copied } });
  await mo.send(conv, "frozen");
  await watcher.at((await mo.conversation(conv)).seq);
  assert.deepEqual(watcher.typing.map(({ on }) => on), [true, false]);
  await Promise.all([watcher.close(), line.close()]);
});

test("slow mode counts what is forwarded and what is said in threads", async () => {
  const conv = await group("Slow");
  const { seq: root } = await ana.send(conv, "root");
  await mo.ok("PATCH", path(conv, "/settings"), { body: { slow_mode_s: 21_600 } });
  await ben.ok("POST", path(conv, "/messages"), body("in the thread", { thread: root }));
  await ana.ok("POST", `/v1/dev/conversations/${conv}/sleep`);
  await ben.refused("slow_mode", "POST", path(conv, "/messages"), body("beside it"));
  await ben.refused("slow_mode", "POST", path(conv, "/messages"), body("in it", { thread: root }));
  await ben.refused("slow_mode", "POST", path(conv, "/forwards"), { body: { from: conv, seq: root } });
  await cleo.ok("POST", path(conv, "/forwards"), { body: { from: conv, seq: root } });
  await cleo.refused("slow_mode", "POST", path(conv, "/messages"), body("in it", { thread: root }));
});

test("the word list holds for replies in threads, for edits of them and for what is forwarded", async () => {
  const conv = await group("Words");
  const { seq: root } = await ana.send(conv, "root");
  const elsewhere = await ben.direct("sub:cleo");
  const { seq: rude } = await ben.send(elsewhere, "how rude");
  await ana.ok("PUT", path(conv, "/words"), { body: { words: ["rude"] } });
  const { seq: reply } = await ben.send(conv, "polite", { thread: root });
  const head = (await ana.conversation(conv)).seq;
  await ben.refused("word_blocked", "POST", path(conv, "/messages"), body("rude", { thread: root }));
  await ben.refused("word_blocked", "PATCH", path(conv, `/messages/${reply}`), body("rude"));
  await ben.refused("word_blocked", "POST", path(conv, "/forwards"), { body: { from: elsewhere, seq: rude } });
  assert.equal((await ana.conversation(conv)).seq, head, "what is refused leaves nothing");
  await ana.ok("PUT", path(conv, "/words"), { body: { words: ["rude"], action: "report" } });
  await ben.edit(conv, reply, "rude");
  const copy = await ben.ok("POST", path(conv, "/forwards"), { body: { from: elsewhere, seq: rude } });
  const { reports } = await mo.ok("GET", path(conv, "/reports"));
  assert.deepEqual(reports.map(({ seq, content, version }) => [seq, content.text, version]), [[reply, "rude", 2], [copy.seq, "how rude", 1]]);
});

test("a reply is reported and removed like any message; what a moderator hid from themselves is still theirs to judge", async () => {
  const conv = await group("Threads");
  const { seq: root } = await ana.send(conv, "root");
  const { seq: reply } = await ben.send(conv, "rude", { thread: root });
  await cleo.ok("PUT", path(conv, `/messages/${reply}/hidden`), { key: null });
  await mo.ok("PUT", path(conv, `/messages/${reply}/hidden`), { key: null });
  const { id } = await ana.ok("POST", path(conv, `/messages/${reply}/report`), { body: { reason: "harassment" } });
  const { reports: [report] } = await mo.ok("GET", path(conv, "/reports"));
  assert.deepEqual([report.id, report.seq, report.content.text], [id, reply, "rude"]);
  assert.equal((await mo.conversation(conv)).reports, 1);
  await ana.ok("POST", `/v1/dev/conversations/${conv}/sleep`);
  const done = await mo.ok("POST", path(conv, `/reports/${id}/resolve`), { body: { action: "removed" } });
  assert.deepEqual([done.content, done.resolution.action], [null, "removed"]);
  const page = await ana.ok("GET", path(conv, `/messages?thread=${root}`));
  assert.deepEqual(page.events.filter(({ envelope }) => envelope.type === "message.created").map(({ content }) => content), [null]);
  await cleo.refused("message_deleted", "POST", path(conv, `/messages/${reply}/report`), { body: { reason: "spam" } });
  await ana.export(conv);
});

test("a reply in a thread that began before one came can be reported, and only by who reads it", async () => {
  const conv = await group("Joined", { history: "from_join" });
  const { seq: root } = await ana.send(conv, "root");
  const { seq: early } = await ben.send(conv, "early", { thread: root });
  const dan = await Person.of(server, "dan");
  await ana.add(conv, "sub:dan");
  const eve = await Person.of(server, "eve");
  await ana.add(conv, "sub:eve", "moderator");
  const { seq: late } = await ben.send(conv, "late", { thread: root });
  await dan.refused("message_not_found", "POST", path(conv, `/messages/${early}/report`), { body: { reason: "spam" } });
  await cleo.ok("POST", path(conv, `/messages/${early}/report`), { body: { reason: "spam" } });
  await dan.ok("POST", path(conv, `/messages/${late}/report`), { body: { reason: "spam" } });
  const seqs = async (who) => (await who.ok("GET", path(conv, "/reports"))).reports.map(({ seq }) => seq);
  assert.deepEqual([await seqs(mo), await seqs(eve)], [[early, late], [late]]);
  assert.deepEqual([(await mo.conversation(conv)).reports, (await eve.conversation(conv)).reports], [2, 1]);
});
