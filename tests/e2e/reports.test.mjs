// Reports: members, or the word list, tell moderators of messages, who work through a queue; nothing of it is in the log.
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
const reportOf = (conv, seq) => `/v1/conversations/${conv}/messages/${seq}/report`;
const reports = (conv, query = "") => `/v1/conversations/${conv}/reports${query}`;
const resolve = (conv, id) => `/v1/conversations/${conv}/reports/${id}/resolve`;
const texts = ({ reports }) => reports.map(({ id, content }) => [id, content?.text ?? null]);

test("a message is reported, listed as it was, and dismissed; moderators hear the count, others nothing", async () => {
  const conv = await group("Reports");
  const { seq } = await ben.send(conv, "rude");
  const [moderator, member] = [mo.line(conv), cleo.line(conv)];
  await Promise.all([moderator.at(seq), member.at(seq)]);
  const key = randomUUID();
  const body = { reason: "harassment", note: "The third time today." };
  const { id } = await cleo.ok("POST", reportOf(conv, seq), { key, body });
  assert.deepEqual(await cleo.ok("POST", reportOf(conv, seq), { key, body }), { id }, "the same key, the same answer");
  await cleo.refused("key_reused", "POST", reportOf(conv, seq), { key, body: { reason: "spam" } });
  await cleo.refused("already_reported", "POST", reportOf(conv, seq), { body });
  const edited = await ben.edit(conv, seq, "polite");
  await moderator.at(edited.seq);
  await member.at(edited.seq);
  assert.deepEqual(moderator.reports, [1]);
  assert.deepEqual(member.reports, []);
  assert.deepEqual([(await mo.conversation(conv)).reports, (await cleo.conversation(conv)).reports], [1, undefined]);
  const { reports: open } = await mo.ok("GET", reports(conv));
  assert.deepEqual(open, [{ id, seq, version: 1, author: ben.id, content: open[0].content, by: cleo.id, at: open[0].at, ...body }]);
  assert.equal(open[0].content.text, "rude", "as it was when it was reported");
  await ana.ok("POST", `/v1/dev/conversations/${conv}/sleep`);
  assert.equal((await mo.conversation(conv)).reports, 1, "across eviction");
  const act = { action: "dismissed", note: "He has mended it." };
  const again = randomUUID();
  const done = await mo.ok("POST", resolve(conv, id), { key: again, body: act });
  assert.deepEqual(done.resolution, { action: "dismissed", by: mo.id, at: done.resolution.at, note: act.note });
  assert.deepEqual(await mo.ok("POST", resolve(conv, id), { key: again, body: act }), done);
  await ana.refused("already_resolved", "POST", resolve(conv, id), { body: { action: "removed" } });
  assert.deepEqual((await mo.ok("GET", reports(conv))).reports, []);
  assert.deepEqual((await ana.ok("GET", reports(conv, "?status=resolved"))).reports, [done]);
  assert.equal((await ana.conversation(conv)).seq, edited.seq, "nothing of it is in the log");
  await Promise.all([moderator.close(), member.close()]);
});

test("what is removed is deleted for all, and resolves every report of it; a retry goes on where it stopped", async () => {
  const conv = await group("Removed");
  const { seq } = await ben.send(conv, "rude");
  const other = await ben.send(conv, "rude again");
  const first = await cleo.ok("POST", reportOf(conv, seq), { body: { reason: "hate" } });
  const second = await ana.ok("POST", reportOf(conv, seq), { body: { reason: "spam" } });
  const third = await cleo.ok("POST", reportOf(conv, other.seq), { body: { reason: "other" } });
  assert.deepEqual([first.id, second.id, third.id], [1, 2, 3]);
  const page = await mo.ok("GET", reports(conv, "?limit=2"));
  assert.deepEqual([texts(page), page.next], [[[1, "rude"], [2, "rude"]], 2]);
  assert.deepEqual(texts(await mo.ok("GET", reports(conv, "?limit=2&cursor=2"))), [[3, "rude again"]]);
  const key = randomUUID();
  // As if the process had died between the deletion and its note.
  await mo.ok("DELETE", `/v1/conversations/${conv}/messages/${seq}`, { key });
  const done = await mo.ok("POST", resolve(conv, 1), { key, body: { action: "removed" } });
  assert.deepEqual([done.content, done.resolution.action, done.resolution.by], [null, "removed", mo.id]);
  assert.deepEqual(texts(await mo.ok("GET", reports(conv))), [[3, "rude again"]]);
  assert.deepEqual(texts(await mo.ok("GET", reports(conv, "?status=resolved"))), [[2, null], [1, null]]);
  const before = (await ana.conversation(conv)).seq;
  await mo.ok("POST", resolve(conv, 3), { body: { action: "removed" } });
  const { events } = await ana.events(conv, `?after=${before}`);
  assert.deepEqual(events.map(({ envelope }) => [envelope.type, envelope.ref, envelope.actor]), [["message.deleted", other.seq, mo.id]]);
});

test("only moderators see reports, of what they can read, and nobody judges their own", async () => {
  const conv = await group("Whose", { history: "from_join" });
  const { seq } = await ben.send(conv, "rude");
  const { id } = await cleo.ok("POST", reportOf(conv, seq), { body: { reason: "violence" } });
  for (const [who, code] of [[cleo, "permission_denied"], [ben, "permission_denied"]]) {
    await who.refused(code, "GET", reports(conv));
    await who.refused(code, "POST", resolve(conv, id), { body: { action: "dismissed" } });
  }
  const dan = await Person.of(server, "dan");
  await dan.refused("not_a_member", "GET", reports(conv));
  await dan.refused("not_a_member", "POST", reportOf(conv, seq), { body: { reason: "spam" } });
  await ana.add(conv, "sub:dan", "moderator");
  assert.deepEqual((await dan.ok("GET", reports(conv))).reports, []);
  assert.equal((await dan.conversation(conv)).reports, undefined);
  await dan.refused("report_not_found", "POST", resolve(conv, id), { body: { action: "dismissed" } });
  await dan.refused("message_not_found", "POST", reportOf(conv, seq), { body: { reason: "spam" } });
  const own = await mo.send(conv, "rude, and a moderator");
  const of = await cleo.ok("POST", reportOf(conv, own.seq), { body: { reason: "harassment" } });
  await mo.refused("permission_denied", "POST", resolve(conv, of.id), { body: { action: "dismissed" } });
  await dan.ok("POST", resolve(conv, of.id), { body: { action: "removed" } });
  // Who becomes a moderator hears at once what is open.
  const line = cleo.line(conv);
  await line.at(own.seq);
  const { seq: made } = await ana.ok("PATCH", `/v1/conversations/${conv}/members/${cleo.id}`, { body: { role: "moderator" } });
  await line.at(made);
  assert.deepEqual(line.reports, [1]);
  await line.close();
});

test("bad reports leave nothing", async () => {
  const conv = await group("Bad");
  const { seq } = await ben.send(conv, "rude");
  const gone = await ben.send(conv, "gone");
  await ben.remove(conv, gone.seq);
  for (const [code, who, path, body] of [
    ["invalid_request", cleo, reportOf(conv, seq), {}],
    ["invalid_request", cleo, reportOf(conv, seq), { reason: "boring" }],
    ["invalid_request", cleo, reportOf(conv, seq), { reason: "spam", severity: 3 }],
    ["too_large", cleo, reportOf(conv, seq), { reason: "spam", note: "é".repeat(501) }],
    ["invalid_value", cleo, reportOf(conv, seq), { reason: "spam", note: "\u0007" }],
    ["invalid_value", ben, reportOf(conv, seq), { reason: "spam" }],
    ["message_not_found", cleo, reportOf(conv, 1), { reason: "spam" }],
    ["message_not_found", cleo, reportOf(conv, 999), { reason: "spam" }],
    ["message_deleted", cleo, reportOf(conv, gone.seq), { reason: "spam" }],
    ["report_not_found", mo, resolve(conv, 1), { action: "dismissed" }],
    ["invalid_request", mo, resolve(conv, 1), { action: "ignored" }],
  ]) {
    await who.refused(code, "POST", path, { body });
  }
  await cleo.refused("idempotency_key_missing", "POST", reportOf(conv, seq), { key: null, body: { reason: "spam" } });
  await mo.refused("invalid_value", "GET", reports(conv, "?status=all"));
  const direct = await ana.direct("sub:ben");
  const { seq: said } = await ben.send(direct, "rude");
  await ana.refused("wrong_kind", "POST", reportOf(direct, said), { body: { reason: "spam" } });
  assert.deepEqual((await mo.ok("GET", reports(conv))).reports, []);
  assert.equal((await mo.conversation(conv)).reports, undefined);
});

test("a word list refuses, or sends and reports; only admins write it, and it holds across eviction", async () => {
  const conv = await group("Words");
  const words = `/v1/conversations/${conv}/words`;
  const send = (who, text) => who.call("POST", `/v1/conversations/${conv}/messages`, { body: { content: { kind: "text", text } } });
  assert.deepEqual(await mo.ok("GET", words), { words: [], action: "refuse" });
  await mo.refused("permission_denied", "PUT", words, { body: { words: ["rude"] } });
  await cleo.refused("permission_denied", "GET", words);
  const list = await ana.ok("PUT", words, { body: { words: ["Rude", "bad word"] } });
  assert.deepEqual([list.words, list.action, list.by], [["Rude", "bad word"], "refuse", ana.id]);
  const before = (await ana.conversation(conv)).seq;
  await ana.ok("POST", `/v1/dev/conversations/${conv}/sleep`);
  const line = ben.line(conv);
  await line.at(before);
  assert.equal((await line.command(message("a BAD, word"), randomUUID())).code, "word_blocked");
  assert.equal((await send(ben, "rüde!")).body.code, "word_blocked");
  assert.equal((await ana.conversation(conv)).seq, before, "what is refused leaves nothing");
  const said = await ben.send(conv, "rudely");
  await mo.send(conv, "Nobody says rude here.");
  await ben.refused("word_blocked", "PATCH", `/v1/conversations/${conv}/messages/${said.seq}`, { body: { content: { kind: "text", text: "rude" } } });
  await ana.ok("PUT", words, { body: { words: ["rude"], action: "report" } });
  const moderator = mo.line(conv);
  await moderator.at(said.seq + 1);
  const { seq } = await ben.send(conv, "rude");
  await moderator.at(seq);
  await ben.edit(conv, seq, "rude, and ruder");
  assert.deepEqual(moderator.reports, [1], "once for each message");
  const { reports: [report] } = await mo.ok("GET", reports(conv));
  assert.deepEqual([report.seq, report.reason, report.by, report.author, report.content.text], [seq, "words", `ug${"0".repeat(26)}`, ben.id, "rude"]);
  await mo.ok("POST", resolve(conv, report.id), { body: { action: "removed" } });
  await cleo.refused("invalid_value", "POST", reportOf(conv, said.seq), { body: { reason: "words" } });
  for (const [code, body] of [
    ["invalid_request", {}],
    ["invalid_request", { words: "rude" }],
    ["invalid_request", { words: [], action: "ban" }],
    ["invalid_value", { words: ["!"] }],
    ["too_large", { words: Array(201).fill("w") }],
    ["too_large", { words: ["w".repeat(101)] }],
  ]) {
    await ana.refused(code, "PUT", words, { body });
  }
  assert.deepEqual((await ana.ok("GET", words)).words, ["rude"]);
  await ana.ok("PUT", words, { body: { words: [] } });
  await ben.send(conv, "rude");
  await Promise.all([line.close(), moderator.close()]);
});
