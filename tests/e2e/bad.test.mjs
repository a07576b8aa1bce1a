// Bad input: each is answered with its stable code, leaves nothing in the log, and disturbs nobody else.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { FAST, message, Person } from "../harness/client.mjs";
import { peace, undisturbed } from "../harness/peace.mjs";
import { RawSocket } from "../harness/raw.mjs";
import { startServer } from "../harness/server.mjs";

let server, alice, bob, conv, bystander, standing;
const path = (rest = "") => `/v1/conversations/${conv}${rest}`;
const text = (text) => ({ content: { kind: "text", text } });

before(async () => {
  server = await startServer({ vars: FAST });
  [alice, bob] = await Promise.all(["alice", "bob"].map((sub) => Person.of(server, sub)));
});
after(() => server?.stop());

// Around every test: a bystander's socket, and the log as it stood.
beforeEach(async () => ({ conv, bystander, standing } = await peace(alice, bob)));
afterEach(() => undisturbed(alice, { conv, bystander, standing }));

const key = () => randomUUID();
const deep = (levels) => "[".repeat(levels) + "]".repeat(levels);

test("frames that are none", async () => {
  const table = [
    ["not JSON", "malformed_json"],
    ["", "malformed_json"],
    ['{"t":"commands","commands":[', "malformed_json"],
    ["{}", "invalid_request"],
    ["[]", "invalid_request"],
    ["null", "invalid_request"],
    ['{"t":"shout"}', "unknown_frame"],
    ['{"t":7}', "invalid_request"],
    ['{"t":"ack","seq":"4"}', "invalid_request"],
    ['{"t":"ack","seq":-1}', "invalid_request"],
    ['{"t":"ack","seq":1.5}', "invalid_request"],
    ['{"t":"ack"}', "invalid_request"],
    ['{"t":"ack","seq":4,"more":1}', "invalid_request"],
    ['{"t":"typing","on":"yes"}', "invalid_request"],
    ['{"t":"commands","commands":{}}', "invalid_request"],
    ['{"t":"commands","commands":[],"more":1}', "invalid_request"],
    ['{"t":"commands","commands":[]}', "too_large"],
    [JSON.stringify({ t: "commands", commands: Array.from({ length: 101 }, () => ({ key: key(), command: message("x") })) }), "too_large"],
    [JSON.stringify({ t: "commands", commands: [{ command: message("no key") }] }), "invalid_request"],
    [JSON.stringify({ t: "commands", commands: [{ key: "not a key", command: message("x") }] }), "invalid_request"],
    ['{"t":"hello"}', "invalid_request"],
    [`{"t":"ack","seq":${deep(200)}}`, "invalid_request"],
    [`{"t":"commands","commands":${deep(200)}}`, "invalid_request"],
    [`{"t":"ack","seq":${deep(100_000)}}`, "invalid_request"],
    [`{"t":"ack","seq":${'{"a":'.repeat(200)}1${"}".repeat(200)}}`, "malformed_json"],
    [`{"t":"commands","commands":[{"command":${deep(100_000)}}]}`, "invalid_request"],
    [`{"t":"typing","on":true,"x":"${"y".repeat(256 * 1024)}"}`, "too_large"],
    [new Uint8Array([123, 125]), "binary_frame"],
  ];
  // Few per socket, because a socket that goes on sending nonsense is closed.
  for (let from = 0; from < table.length; from += 12) {
    const line = alice.line(conv);
    await line.at(4);
    const part = table.slice(from, from + 12);
    for (const [frame] of part) line.say(frame);
    await line.until(() => line.errors.length === part.length, "an error for each");
    for (const [index, [frame, code]] of part.entries()) {
      assert.equal(line.errors[index].code, code, String(frame).slice(0, 100));
      assert.equal(line.errors[index].retry, false);
      assert.ok(line.errors[index].message.length < 400);
    }
    assert.equal(line.end, null);
    await line.close();
  }
});

test("a socket that goes on sending nonsense is closed", async () => {
  const line = alice.line(conv);
  await line.at(4);
  for (let index = 0; index < 17; index++) line.say("nonsense");
  assert.equal((await line.closed).code, 4202);
  assert.equal(line.errors.length, 17);
});

test("commands that cannot be: each refused under its key, the good one beside them kept", async () => {
  const line = alice.line(conv);
  await line.at(4);
  const nobody = "ug00000000000000000000000001";
  const table = [
    [{ type: "message.shout" }, "invalid_request"],
    [{ type: "message.send" }, "invalid_request"],
    [{ ...message("x"), more: 1 }, "invalid_request"],
    [message(7), "invalid_request"],
    [message(""), "invalid_value"],
    [message(" \n\u2003"), "invalid_value"],
    [message("x".repeat(8193)), "too_large"],
    [message("é".repeat(4097)), "too_large"],
    [message("\u0001".repeat(8000)), "too_large"],
    [message("x", { mentions: Array.from({ length: 51 }, (_, index) => `sub:u${index}`) }), "too_large"],
    [message("x", { mentions: ["nobody in particular"] }), "invalid_request"],
    [{ type: "message.send", content: { kind: "poem", text: "x" } }, "invalid_request"],
    [{ type: "message.send", content: { kind: "ciphertext", data: "AAAA", scheme: "mls" } }, "wrong_encryption"],
    [message("x", { reply_to: { seq: 0 } }), "invalid_value"],
    [message("x", { reply_to: { seq: 99 } }), "message_not_found"],
    [message("x", { reply_to: { seq: 2 } }), "message_not_found"],
    [{ type: "message.edit", seq: 99, content: { kind: "text", text: "x" } }, "message_not_found"],
    [{ type: "message.delete", seq: 2 ** 53 }, "invalid_value"],
    [{ type: "message.delete", seq: -1 }, "invalid_request"],
    [{ type: "conversation.create", members: [] }, "invalid_request"],
    [{ type: "conversation.update" }, "invalid_value"],
    [{ type: "conversation.update", name: "x".repeat(257) }, "too_large"],
    [{ type: "conversation.update", name: "two\nlines" }, "invalid_value"],
    [{ type: "conversation.update", topic: "x".repeat(1025) }, "too_large"],
    [{ type: "conversation.update", avatar: "http://example.org/a.png" }, "invalid_value"],
    [{ type: "conversation.update", avatar: "javascript:alert(1)" }, "invalid_value"],
    [{ type: "member.add", user: "sub:bob" }, "already_member"],
    [{ type: "member.add", user: `sub:${"x".repeat(256)}` }, "invalid_request"],
    [{ type: "member.add", user: "sub:carol", role: "emperor" }, "invalid_request"],
    [{ type: "member.remove", user: nobody }, "member_not_found"],
    [{ type: "member.set_role", user: nobody, role: "admin" }, "member_not_found"],
    [{ type: "member.leave" }, "last_owner"],
  ];
  const keyed = table.map(([command]) => ({ key: key(), command }));
  const answers = await line.commands(keyed);
  for (const [index, answer] of answers.entries()) {
    assert.equal(answer.code, table[index][1], JSON.stringify(table[index][0]).slice(0, 120));
    assert.equal(answer.retry, false);
  }
  // However a frame is written, a command that cannot be understood harms no other.
  const [bad, misplaced] = [message(7), ["message.send", { kind: "text", text: "x" }]];
  const written = [
    (commands) => `{ "t": "commands", "commands": ${commands} }`,
    (commands) => `{"commands":${commands},"t":"commands"}`,
    (commands) => `\n{"t"\t:"\\u0063ommands","\\u0063ommands":${commands}}`,
    (commands) => `{"t":"commands","commands":${commands}}`,
  ];
  for (const [index, write] of written.entries()) {
    const three = [bad, misplaced, { type: "member.leave" }].map((command) => ({ key: key(), command }));
    line.say(write(JSON.stringify(three)));
    const codes = await line.until(() => three.every(({ key }) => line.answers.has(key)) && three.map(({ key }) => line.answers.get(key)[0].code), `answers, written as ${index}`);
    assert.deepEqual(codes, ["invalid_request", "invalid_request", "last_owner"]);
  }
  assert.deepEqual(line.errors, []);
  // A refusal leaves its key free.
  const good = key();
  const mixed = await line.commands([keyed[0], { key: good, command: message("good") }, keyed[4]].map((one, index) => (index === 1 ? one : { ...one, key: key() })));
  assert.deepEqual(mixed.map(({ seq, code }) => seq ?? code), ["invalid_request", 5, "invalid_value"]);
  const freed = await line.command(message("now right"), keyed[6].key);
  assert.equal(freed.seq, 6);
  await line.close();
  // These two are meant to be there; the rest of the promise is checked as ever.
  await bystander.at(6);
  assert.deepEqual(bystander.log.texts(), ["here first", "good", "now right"]);
  conv = await alice.group("Peace again", ["sub:bob"]);
  await alice.send(conv, "here first");
  await bystander.close();
  bystander = bob.line(conv);
  await bystander.at(4);
  const { seq, root } = await alice.conversation(conv);
  standing = { seq, root };
});

test("over HTTP: bodies, keys, types, methods, paths", async () => {
  const messages = path("/messages");
  const utf8 = Buffer.concat([Buffer.from('{"content":{"kind":"text","text":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}}')]);
  const surrogate = '{"content":{"kind":"text","text":"\\ud800"}}';
  const table = [
    ["malformed_json", 400, "POST", messages, { body: "not JSON" }],
    ["malformed_json", 400, "POST", messages, { body: "" }],
    ["malformed_json", 400, "POST", messages, { body: surrogate }],
    ["invalid_request", 400, "POST", messages, { body: `{"content":${deep(200)}}` }],
    ["invalid_request", 400, "POST", messages, { body: `{"content":{"text":${deep(200)},"kind":"text"}}` }],
    ["invalid_request", 400, "POST", messages, { body: `{"content":{"text":${deep(100_000)},"kind":"text"}}` }],
    ["invalid_utf8", 400, "POST", messages, { body: utf8 }],
    ["invalid_request", 400, "POST", messages, { body: {} }],
    ["invalid_request", 400, "POST", messages, { body: { ...text("x"), more: 1 } }],
    ["invalid_request", 400, "POST", messages, { body: { content: { kind: "text", text: 7 } } }],
    ["invalid_value", 422, "POST", messages, { body: text(" ") }],
    ["too_large", 413, "POST", messages, { body: text("x".repeat(8193)) }],
    ["too_large", 413, "POST", messages, { body: text("x".repeat(256 * 1024)) }],
    ["idempotency_key_missing", 400, "POST", messages, { body: text("x"), key: null }],
    ["idempotency_key_invalid", 400, "POST", messages, { body: text("x"), key: "7" }],
    ["idempotency_key_invalid", 400, "POST", messages, { body: text("x"), key: `${key()}0` }],
    ["unsupported_media_type", 415, "POST", messages, { body: text("x"), headers: { "content-type": "text/plain" } }],
    ["unsupported_media_type", 415, "POST", messages, { body: Buffer.from(JSON.stringify(text("x"))), headers: { "content-type": null } }],
    ["route_not_found", 404, "GET", path("/nothing")],
    ["route_not_found", 404, "GET", "/v1/nothing"],
    ["route_not_found", 404, "GET", path("/messages/zero/versions")],
    ["route_not_found", 404, "GET", path("/messages/0/versions")],
    ["conversation_not_found", 404, "GET", "/v1/conversations/not-an-id"],
    ["conversation_not_found", 404, "GET", `/v1/conversations/${conv.toUpperCase()}`],
    ["conversation_not_found", 404, "GET", "/v1/conversations/gg00000000000000000000000000"],
    ["conversation_not_found", 404, "POST", "/v1/conversations/gg00000000000000000000000000/messages", { body: text("x") }],
    ["invalid_value", 422, "GET", path("/events?after=x")],
    ["invalid_value", 422, "GET", path("/events?after=1&before=2")],
    ["invalid_value", 422, "GET", path("/events?limit=0")],
    ["invalid_value", 422, "GET", path("/events?limit=201")],
    ["invalid_value", 422, "GET", path("/events?epoch=x")],
    ["invalid_value", 422, "GET", path(`/events?after=${2 ** 53}`)],
    ["invalid_value", 422, "GET", "/v1/inbox?cursor=x"],
    ["invalid_value", 422, "GET", "/v1/inbox?limit=101"],
    ["invalid_value", 422, "GET", "/v1/inbox?filter=all"],
    ["invalid_value", 422, "PATCH", path("/members/somebody"), { body: { role: "admin" } }],
    ["cursor_out_of_range", 416, "GET", path("/events?after=5")],
    ["cursor_out_of_range", 416, "PUT", path("/read"), { body: { seq: 5 } }],
    ["cursor_out_of_range", 416, "PUT", path("/delivered"), { body: { seq: 5 } }],
    ["message_not_found", 404, "GET", path("/events/5/proof")],
    ["message_not_found", 404, "GET", path("/messages/1/versions")],
    ["epoch_changed", 409, "GET", path("/events?after=1&epoch=0000000000001")],
    ["invalid_value", 422, "POST", "/v1/conversations", { body: { kind: "direct", members: [] } }],
    ["invalid_value", 422, "POST", "/v1/conversations", { body: { kind: "direct", members: ["sub:alice"] } }],
    ["invalid_value", 422, "POST", "/v1/conversations", { body: { kind: "group", members: [], context: "x" } }],
    ["wrong_kind", 409, "POST", "/v1/conversations", { body: { kind: "direct", members: ["sub:nobody-yet"], name: "x" } }],
    ["too_large", 413, "POST", "/v1/conversations", { body: { kind: "group", members: Array.from({ length: 101 }, (_, index) => `sub:u${index}`) } }],
    ["invalid_request", 400, "POST", "/v1/conversations", { body: { kind: "crowd", members: [] } }],
    ["invalid_request", 400, "GET", path("/socket")],
  ];
  for (const [code, status, method, where, more] of table) {
    const problem = await alice.refused(code, method, where, more);
    assert.equal(problem.status, status, `${method} ${where}`);
    assert.equal(problem.retry, false);
  }
  const firstKey = (await alice.events(conv)).events.at(-1).envelope.key;
  await alice.refused("key_reused", "POST", messages, { key: firstKey, body: text("another") });
  for (const [method, where, allow] of [["DELETE", path(), "GET, PATCH"], ["POST", path("/events"), "GET"], ["PATCH", path("/messages"), "GET, POST"], ["GET", path("/read"), "PUT"], ["PATCH", "/v1/inbox", "GET"], ["PUT", path("/members/me"), "PATCH, DELETE"], ["GET", "/v1/tickets", "POST"]]) {
    const { status, headers, body } = await alice.call(method, where);
    assert.deepEqual([status, body.code, headers.get("allow")], [405, "method_not_allowed", allow], `${method} ${where}`);
  }
});

test("a conversation that was refused at birth leaves nothing", async () => {
  const body = { kind: "direct", members: ["sub:never"], name: "x" };
  const objects = async () => (await readdir(join(server.dataDir, "objects"), { recursive: true })).filter((name) => name.endsWith(".sqlite"));
  const before = new Set(await objects());
  await alice.refused("wrong_kind", "POST", "/v1/conversations", { body });
  const woken = (await objects()).filter((name) => !before.has(name));
  // The conversation, and the account that was asked whether one may write to it.
  assert.equal(woken.length, 2);
  const disks = woken.map((name) => new DatabaseSync(join(server.dataDir, "objects", name), { readOnly: true }));
  const tables = () => disks.flatMap((disk) => disk.prepare("SELECT name FROM sqlite_master").all().map(({ name }) => name)).filter((name) => !name.startsWith("_cf_"));
  assert.deepEqual(tables(), [], "not even a table");
  const made = await alice.call("POST", "/v1/conversations", { body: { kind: "direct", members: ["sub:never"] } });
  assert.equal(made.status, 201, "not there before");
  assert.ok(tables().includes("events"));
  for (const disk of disks) disk.close();
});

test("somebody demoted acts on the old role", async () => {
  await alice.ok("PATCH", path("/members/sub:bob"), { body: { role: "admin" } });
  const line = bob.line(conv);
  await line.at(5);
  assert.equal((await line.command({ type: "conversation.update", topic: "as admin" })).seq, 6);
  await alice.ok("PATCH", path("/members/sub:bob"), { body: { role: "guest" } });
  assert.equal((await line.command({ type: "conversation.update", topic: "still?" })).code, "permission_denied");
  assert.equal((await line.command({ type: "member.add", user: "sub:carol" })).code, "permission_denied");
  await bob.refused("permission_denied", "DELETE", path("/messages/4"));
  await line.close();
  const { seq, root } = await alice.conversation(conv);
  assert.equal(seq, 7);
  standing = { seq, root };
});

test("hello: commands before it, twice, never; acknowledging more than was sent", { timeout: 60_000 }, async () => {
  const silent = bob.line(conv, { hello: null });
  await silent.opened;
  silent.say({ t: "commands", commands: [{ key: key(), command: message("too early") }] });
  silent.say({ t: "typing", on: true });
  silent.say({ t: "read", seq: 4 });
  await silent.until(() => silent.errors.length === 3);
  assert.deepEqual(silent.errors.map(({ code }) => code), ["hello_required", "hello_required", "hello_required"]);
  const ahead = bob.line(conv);
  await ahead.at(4);
  ahead.say({ t: "ack", seq: 5 });
  ahead.say({ t: "read", seq: 5 });
  ahead.say({ t: "hello" });
  await ahead.until(() => ahead.errors.length === 3);
  assert.deepEqual(ahead.errors.map(({ code }) => code), ["cursor_out_of_range", "cursor_out_of_range", "invalid_request"]);
  assert.equal(ahead.end, null);
  await ahead.close();
  // The alarm comes fifteen seconds after the socket opened.
  await silent.until(() => silent.end ?? silent.errors.length > 3, "the hello alarm", 45_000);
  assert.equal(silent.end.code, 4002);
});

test("a close is answered", async () => {
  for (const where of [path("/socket"), "/v1/inbox/socket"]) {
    const raw = await RawSocket.open(server.port, where, { "Sec-WebSocket-Protocol": alice.protocols.join(", ") });
    raw.say({ t: "hello" });
    await raw.until(() => raw.texts.some(({ t }) => t === "welcome"));
    raw.frame(8, Buffer.from([0x03, 0xe8]));
    // Alive in the meantime: what comes after the close frame must not be a cut connection ten seconds later.
    assert.equal(await raw.until(() => raw.closeCode, "the answer to a close"), 1000);
    raw.destroy();
  }
});

// The platform decodes a text frame before our code sees it and puts U+FFFD where it is not UTF-8, although RFC 6455 (8.1) has it fail the
// connection. Nothing here can tell that from a text that holds U+FFFD. What we can promise: only the sender's own words are concerned, and all
// readers, the commitment and the tree have the same text. Over HTTP such a body is refused with `invalid_utf8`, see above.
test("a text frame that is not UTF-8 harms nobody but its own words", async () => {
  const own = await alice.group("Bytes", ["sub:bob"]);
  const raw = await RawSocket.open(server.port, `/v1/conversations/${own}/socket`, { "Sec-WebSocket-Protocol": alice.protocols.join(", ") });
  raw.say({ t: "hello" });
  await raw.until(() => raw.texts.some(({ t }) => t === "events"));
  const bytes = Buffer.from(JSON.stringify({ t: "commands", commands: [{ key: key(), command: message("<>") }] }));
  const at = bytes.indexOf("<>");
  bytes[at] = 0xc3;
  bytes[at + 1] = 0x28;
  raw.frame(1, bytes);
  await raw.until(() => raw.closeCode || raw.texts.some(({ t }) => t === "error" || t === "acks"), "an answer");
  const exported = await bob.export(own);
  assert.equal(exported.root, (await bob.conversation(own)).root);
  // Cells may come at any moment: the last frame need not be the answer.
  const errors = () => raw.texts.filter(({ t }) => t === "error").map(({ code }) => code);
  if (exported.entries.length === 3) assert.ok(raw.closeCode === 1007 || errors().at(-1) === "invalid_utf8", "refused");
  else assert.equal(exported.entries[3].event.content.text, "\uFFFD(");
  // Broken bytes outside a string are not JSON in any decoding.
  if (!raw.closeCode) {
    const before = errors().length;
    raw.frame(1, Buffer.from([0x7b, 0xff, 0xfe, 0x7d]));
    await raw.until(() => raw.closeCode || errors().length > before, "an error");
    assert.ok(raw.closeCode === 1007 || errors().at(-1) === "malformed_json");
  }
  raw.destroy();
});

test("a thousand frames at once: each command answered once, others undisturbed", async () => {
  const crowd = await alice.group("Crowd", ["sub:bob"]);
  const [a, b] = [alice.line(crowd), bob.line(crowd)];
  await Promise.all([a.at(3), b.at(3)]);
  const answers = await Promise.all(Array.from({ length: 1000 }, (_, index) => a.command(message(`m${index}`))));
  const acked = answers.filter(({ seq }) => seq);
  for (const refused of answers.filter(({ code }) => code)) assert.ok(refused.retry && refused.retry_after_ms > 0);
  await b.at(3 + acked.length);
  assert.deepEqual(acked.map(({ seq }) => seq), acked.map((_, index) => 4 + index), "in the order sent");
  await Promise.all([a.close(), b.close()]);
});

test("a socket that never acknowledges is closed as slow; the others are not", async () => {
  const crowd = await alice.group("Slow", ["sub:bob"]);
  const slow = await RawSocket.open(server.port, `/v1/conversations/${crowd}/socket`, { "Sec-WebSocket-Protocol": bob.protocols.join(", ") });
  slow.say({ t: "hello" });
  await slow.until(() => slow.texts.some(({ t }) => t === "events"));
  slow.pause();
  const [a, b] = [alice.line(crowd), bob.line(crowd)];
  await Promise.all([a.at(3), b.at(3)]);
  for (let round = 0; round < 30; round++) {
    await Promise.all(Array.from({ length: 6 }, (_, index) => a.send(`${round} ${index} ${"x".repeat(8000)}`)));
  }
  await Promise.all([a.at(183), b.at(183)]);
  slow.resume();
  assert.equal(await slow.until(() => slow.closeCode), 4001);
  const sent = slow.texts.filter(({ t }) => t === "events").flatMap(({ events }) => events);
  assert.ok(sent.length < 183);
  assert.deepEqual(sent.map(({ envelope }) => envelope.seq), sent.map((_, index) => index + 1), "dense up to the cut");
  slow.destroy();
  await Promise.all([a.close(), b.close()]);
});

test("an array in place of an object is not another way to write it", async () => {
  const own = await alice.group("Arrays", ["sub:bob"]);
  const where = `/v1/conversations/${own}`;
  await alice.refused("invalid_request", "PUT", `${where}/read`, { body: [2] });
  await alice.refused("invalid_request", "POST", `${where}/messages`, { body: [{ kind: "text", text: "x" }] });
  const line = alice.line(own);
  await line.at(3);
  line.say('["ack",2]');
  line.say('["typing",true]');
  line.say(JSON.stringify({ t: "commands", commands: [[key(), ["message.send", { kind: "text", text: "x" }]]] }));
  await line.until(() => line.errors.length === 3, "three errors");
  assert.deepEqual(line.errors.map(({ code }) => code), ["invalid_request", "invalid_request", "invalid_request"]);
  assert.equal((await alice.conversation(own)).seq, 3);
  await line.close();
});
