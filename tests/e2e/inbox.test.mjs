// What a user lays down about conversations in their inbox: private, on all devices, and gone or kept as the protocol says.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

let server, alice, bob;
before(async () => {
  server = await startServer({ vars: FAST });
  [alice, bob] = await Promise.all(["alice", "bob"].map((sub) => Person.of(server, sub)));
});
after(() => server?.stop());

const set = (person, conv, body) => person.ok("PATCH", `/v1/inbox/${conv}`, { body });
const flagsOf = ({ pinned, muted_until, archived, hidden, marked_unread }) => ({ pinned, muted_until, archived, hidden, marked_unread });
const NONE = flagsOf({});
const LATER = Date.now() + 3_600_000;

/** A group that an inbox has heard of. */
async function known(inbox, name) {
  const conv = await alice.group(name, ["sub:bob"]);
  await inbox.entry(conv, ({ head_seq }) => head_seq === 3, "the new conversation");
  return conv;
}

test("pinned, muted, archived, hidden: over HTTP and by frame, on every device, on nobody else's, after a restart too", async () => {
  const [phone, desk, other] = [alice.inbox(), alice.inbox(), bob.inbox()];
  const conv = await known(phone, "Flags");
  await other.entry(conv, ({ head_seq }) => head_seq === 3, "the new conversation");
  const answer = await set(alice, conv, { pinned: true, muted_until: LATER });
  assert.deepEqual(flagsOf(answer), { ...NONE, pinned: true, muted_until: LATER });
  for (const device of [phone, desk]) assert.deepEqual(await device.entry(conv, ({ pinned }) => pinned, "pinned"), answer);
  desk.say({ t: "set", id: conv, flags: { archived: true, hidden: true } });
  for (const device of [phone, desk]) {
    const entry = await device.entry(conv, ({ archived }) => archived, "archived");
    assert.deepEqual(flagsOf(entry), { ...NONE, muted_until: LATER, archived: true, hidden: true });
  }
  const before = phone.version;
  assert.equal((await set(alice, conv, { archived: true })).version, before, "the same again changes nothing");
  const frames = desk.frames.length;
  desk.say({ t: "set", id: conv, flags: { archived: true } });
  await desk.until(() => desk.frames.length > frames, "an answer");
  const { totals, ...answered } = desk.frames.at(-1);
  assert.deepEqual(answered, { t: "changes", version: before, more: false, entries: [] });
  assert.deepEqual(totals, phone.totals);
  const { seq } = await bob.send(conv, "anybody there?");
  const back = await phone.entry(conv, ({ head_seq }) => head_seq === seq, "the message");
  assert.deepEqual(flagsOf(back), { ...NONE, muted_until: LATER, archived: true }, "a message brings back what is hidden, and not what is archived");
  assert.deepEqual(flagsOf(await other.entry(conv, ({ head_seq }) => head_seq === seq, "the message")), NONE);
  await Promise.all([phone.close(), desk.close(), other.close()]);
  await server.restart();
  const { entries } = await alice.ok("GET", "/v1/inbox?filter=archived");
  assert.deepEqual(flagsOf(entries.find(({ id }) => id === conv)), flagsOf(back));
  assert.deepEqual(flagsOf(await set(alice, conv, { archived: false, muted_until: 0 })), NONE);
});

test("a mark moves no cursor; the next read over any path clears it", async () => {
  const phone = alice.inbox();
  const conv = await known(phone, "Marks");
  const read = async (seq) => alice.ok("PUT", `/v1/conversations/${conv}/read`, { body: { seq } });
  let { seq } = await bob.send(conv, "one");
  await read(seq);
  // The account may not have heard of that read yet: the mark says what it comes after.
  const marked = await set(alice, conv, { marked_unread: true, read_seq: seq });
  assert.equal(marked.marked_unread, true);
  const entry = await phone.entry(conv, ({ read_seq }) => read_seq === seq, "the read");
  assert.deepEqual([entry.marked_unread, entry.unread], [true, 0]);
  assert.equal((await alice.conversation(conv)).you.receipt.read, seq);
  ({ seq } = await bob.send(conv, "two"));
  await phone.entry(conv, ({ unread }) => unread === 1, "the message");
  await read(seq);
  await phone.entry(conv, ({ marked_unread, unread }) => !marked_unread && unread === 0, "the mark cleared over HTTP");
  await set(alice, conv, { marked_unread: true });
  ({ seq } = await bob.send(conv, "three"));
  const line = alice.line(conv);
  await line.at(seq);
  line.say({ t: "read", seq });
  await phone.entry(conv, ({ marked_unread, read_seq }) => !marked_unread && read_seq === seq, "the mark cleared over a socket");
  await set(alice, conv, { marked_unread: true });
  await alice.send(conv, "four");
  await phone.entry(conv, ({ marked_unread, head_n }) => !marked_unread && head_n === 4, "the mark cleared by one's own message");
  await set(alice, conv, { marked_unread: true });
  assert.equal((await set(alice, conv, { marked_unread: false })).marked_unread, undefined);
  await Promise.all([phone.close(), line.close()]);
});

test("at most twenty are pinned; what is no member's, and what is nonsense, is refused and changes nothing", async () => {
  const phone = alice.inbox();
  const convs = [];
  for (let count = 0; count < 21; count++) convs.push(await known(phone, `Pin ${count}`));
  for (const conv of convs.slice(0, 20)) await set(alice, conv, { pinned: true });
  const path = `/v1/inbox/${convs[20]}`;
  await phone.until(() => convs.slice(0, 20).every((conv) => phone.entries.get(conv).pinned), "twenty pins");
  const { version } = phone;
  await alice.refused("pin_limit", "PATCH", path, { body: { pinned: true } });
  phone.say({ t: "set", id: convs[20], flags: { pinned: true } });
  await phone.until(() => phone.errors.length === 1);
  assert.equal(phone.errors[0].code, "pin_limit");
  for (const [code, body] of [
    ["invalid_value", {}],
    ["invalid_value", { muted_until: 2 ** 53 }],
    ["invalid_value", { read_seq: 3 }],
    ["invalid_value", { pinned: true, archived: true }],
    ["invalid_request", { pinned: 1 }],
    ["invalid_request", { muted_until: -1 }],
    ["invalid_request", { muted: true }],
    ["malformed_json", "{"],
  ]) await alice.refused(code, "PATCH", path, { body });
  const carol = await Person.of(server, "carol");
  await carol.refused("not_a_member", "PATCH", path, { body: { pinned: true } });
  await alice.refused("conversation_not_found", "PATCH", "/v1/inbox/nonsense", { body: { pinned: true } });
  await alice.ok("DELETE", `/v1/conversations/${convs[0]}/members/sub:bob`);
  const gone = bob.inbox();
  await gone.entry(convs[0], ({ member }) => !member, "the removal");
  await bob.refused("not_a_member", "PATCH", `/v1/inbox/${convs[0]}`, { body: { archived: true } });
  const silent = alice.inbox({ hello: null });
  await silent.opened;
  silent.say({ t: "set", id: convs[20], flags: { hidden: true } });
  await silent.until(() => silent.errors.length === 1);
  assert.equal(silent.errors[0].code, "hello_required");
  const inbox = await alice.ok("GET", "/v1/inbox?limit=100");
  assert.deepEqual(flagsOf(inbox.entries.find(({ id }) => id === convs[20])), NONE);
  assert.ok(inbox.version <= version + 1, "only the removal changed something");
  await set(alice, convs[7], { pinned: false });
  assert.equal((await set(alice, convs[20], { pinned: true })).pinned, true);
  await Promise.all([phone.close(), gone.close(), silent.close()]);
});
