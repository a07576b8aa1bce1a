// Saved messages: private, equal on every device, and shown as their reader may see them now.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fill } from "../harness/bulk.mjs";
import { FAST, Person } from "../harness/client.mjs";
import { peace, undisturbed } from "../harness/peace.mjs";
import { startServer } from "../harness/server.mjs";

let server, alice, bob, carol;
before(async () => {
  server = await startServer({ vars: FAST });
  [alice, bob, carol] = await Promise.all(["alice", "bob", "carol"].map((sub) => Person.of(server, sub)));
});
after(() => server?.stop());

const path = (conv, seq) => `/v1/saved/${conv}/${seq}`;
const save = (person, conv, seq) => person.ok("PUT", path(conv, seq), { key: null });
const unsave = (person, conv, seq) => person.ok("DELETE", path(conv, seq), { key: null });
const page = (person, query = "") => person.ok("GET", `/v1/saved${query}`);
/** What each says, as last edited; null where it is gone. */
const says = ({ message, edit }) => (edit ?? message)?.content.text ?? null;
const texts = async (person) => (await page(person)).saved.map(says);

test("what one saves is listed with the message as it is now, what was saved last first", async () => {
  const dana = await Person.of(server, "dana");
  assert.deepEqual(await page(dana), { version: 0, count: 0, saved: [] }, "nothing was ever saved");
  const [group, direct] = [await alice.group("Recipes", ["sub:dana", "sub:bob"]), await dana.direct("sub:alice")];
  assert.deepEqual(await unsave(dana, group, 7), { version: 0, conversation: group, seq: 7, saved: false, count: 0 });
  const stew = await alice.send(group, "a stew");
  const tea = await alice.send(direct, "a tea");
  const soup = await dana.send(group, "a soup");
  assert.deepEqual(await save(dana, group, stew.seq), { version: 1, conversation: group, seq: stew.seq, saved: true, count: 1 });
  await save(dana, direct, tea.seq);
  assert.equal((await save(dana, group, soup.seq)).version, 3);
  assert.deepEqual(await save(dana, group, stew.seq), { version: 3, conversation: group, seq: stew.seq, saved: true, count: 3 }, "twice is once");
  const { saved, count, version, next } = await page(dana);
  assert.deepEqual([count, version, next], [3, 3, undefined]);
  assert.deepEqual(saved.map(({ conversation, seq }) => [conversation, seq]), [[group, soup.seq], [direct, tea.seq], [group, stew.seq]]);
  const { events } = await dana.events(group, `?after=${stew.seq - 1}&limit=1`);
  assert.deepEqual(saved[2].message, events[0], "as it is stored");
  assert.ok(saved.every((one, index) => one.saved_at > 0 && (index === 0 || one.saved_at <= saved[index - 1].saved_at)));
  await alice.edit(group, stew.seq, "a stew, with saffron");
  await alice.edit(group, stew.seq, "a stew, without");
  assert.deepEqual(await texts(dana), ["a soup", "a tea", "a stew, without"]);
  await alice.remove(direct, tea.seq);
  assert.deepEqual(await texts(dana), ["a soup", null, "a stew, without"], "what was erased is gone");
  await dana.ok("PUT", `/v1/conversations/${group}/messages/${stew.seq}/hidden`, { key: null });
  assert.deepEqual(await texts(dana), ["a soup", null, null], "so is what she deleted for herself");
  assert.deepEqual(await dana.ok("GET", `/v1/saved/${group}`), { version: 3, seqs: [stew.seq, soup.seq] });
  assert.equal((await unsave(dana, direct, tea.seq)).count, 2);
  assert.deepEqual(await texts(dana), ["a soup", null]);
  for (const other of [alice, bob]) assert.deepEqual((await page(other)).saved, [], "it is nobody else's business");
});

test("replies in threads and encrypted messages are saved, too", async () => {
  const group = await alice.group("Threads", ["sub:bob"]);
  const { seq: root } = await alice.send(group, "the root");
  const { seq: reply } = await bob.send(group, "the reply", { thread: root });
  await save(bob, group, reply);
  const secret = await bob.group("Secret", ["sub:alice"], { encryption: "mls" });
  const { seq } = await bob.ok("POST", `/v1/conversations/${secret}/messages`, { body: { content: { kind: "ciphertext", scheme: "mls", data: "c2VjcmV0" } } });
  await save(bob, secret, seq);
  const { saved } = await page(bob);
  assert.deepEqual([saved[0].message.content.kind, saved[1].message.envelope.thread, says(saved[1])], ["ciphertext", root, "the reply"]);
  for (const { conversation, seq } of saved) await unsave(bob, conversation, seq);
});

test("every device hears of each change once, by socket and by HTTP, also after sleep and a crash", async () => {
  const erin = await Person.of(server, "erin");
  const conv = await erin.group("Devices", ["sub:bob"]);
  const [{ seq: one }, { seq: two }] = [await erin.send(conv, "one"), await erin.send(conv, "two")];
  const [phone, desk, his] = [erin.inbox(), erin.inbox(), bob.inbox()];
  for (const line of [phone, desk, his]) await line.until(() => line.welcome);
  assert.equal(phone.welcome.saved, undefined);
  const change = (version, seq, saved, count) => ({ t: "saved", version, conversation: conv, seq, saved, count });
  phone.say({ t: "save", conversation: conv, seq: one, saved: true });
  for (const line of [phone, desk]) await line.until(() => line.saved.length === 1);
  await save(erin, conv, two);
  for (const line of [phone, desk]) await line.until(() => line.saved.length === 2);
  desk.say({ t: "save", conversation: conv, seq: one, saved: false });
  for (const line of [phone, desk]) await line.until(() => line.saved.length === 3);
  const expected = [change(1, one, true, 1), change(2, two, true, 2), change(3, one, false, 1)];
  for (const line of [phone, desk]) assert.deepEqual(line.saved, expected);
  // Whoever asks is answered, also where nothing changes; the others are not told.
  phone.say({ t: "save", conversation: conv, seq: two, saved: true });
  await phone.until(() => phone.saved.length === 4);
  phone.say({ t: "save", conversation: conv, seq: one, saved: false });
  await phone.until(() => phone.saved.length === 5);
  assert.deepEqual(phone.saved.slice(3), [change(3, two, true, 1), change(3, one, false, 1)]);
  assert.deepEqual([desk.saved.length, his.saved.length], [3, 0]);
  await server.hibernate(...erin.accountObject);
  phone.say({ t: "save", conversation: conv, seq: one, saved: true });
  for (const line of [phone, desk]) await line.until(() => line.saved.at(-1).version === 4);
  await Promise.all([phone, desk, his].map((line) => line.close()));
  await unsave(erin, conv, two);
  await server.kill();
  await server.restart();
  const again = erin.inbox();
  await again.until(() => again.welcome);
  assert.equal(again.welcome.saved, 5, "whoever was away learns that something changed, also where the last change took something out");
  assert.deepEqual(await texts(erin), ["one"]);
  await again.close();
});

test("who is taken out, or was away, sees no more of it than elsewhere", async () => {
  const conv = await alice.group("Comings", ["sub:carol"], { history: "from_join" });
  const { seq } = await alice.send(conv, "first words");
  const { seq: other } = await alice.send(conv, "other words");
  for (const each of [seq, other]) await save(carol, conv, each);
  assert.deepEqual(await texts(carol), ["other words", "first words"]);
  await alice.ok("DELETE", `/v1/conversations/${conv}/members/${carol.id}`);
  await alice.edit(conv, seq, "words in her absence");
  assert.deepEqual(await texts(carol), [null, null], "removal ends it at once");
  await carol.refused("not_a_member", "PUT", path(conv, seq));
  assert.deepEqual(await carol.ok("GET", `/v1/saved/${conv}`), { version: 2, seqs: [seq, other] }, "what she saved is hers");
  await unsave(carol, conv, other);
  const { seq: missed } = await alice.send(conv, "she is not there");
  await alice.add(conv, "sub:carol");
  await carol.refused("message_not_found", "PUT", path(conv, missed));
  assert.deepEqual(await texts(carol), ["first words"], "as she could read it then");
});

test("pages lead through all of it, each once, whatever is saved meanwhile", async () => {
  const finn = await Person.of(server, "finn");
  const rooms = await Promise.all(["One", "Two", "Three"].map((name) => finn.group(name, ["sub:bob"])));
  const expected = [];
  for (let n = 0; n < 12; n++) {
    const { seq } = await finn.send(rooms[n % 3], `${n}`);
    await save(finn, rooms[n % 3], seq);
    expected.unshift(`${n}`);
  }
  const found = [];
  for (let cursor = ""; cursor !== undefined; ) {
    const { saved, next } = await page(finn, `?limit=5${cursor && `&cursor=${cursor}`}`);
    found.push(...saved.map(says));
    cursor = next;
    const { seq } = await finn.send(rooms[0], "later");
    await save(finn, rooms[0], seq);
  }
  assert.deepEqual(found, expected);
  for (const query of ["?limit=0", "?limit=51", "?cursor=x", "?cursor=-1"]) await finn.refused("invalid_value", "GET", `/v1/saved${query}`);
});

test("what cannot be is refused with its code and leaves nothing", async () => {
  const standing = await peace(alice, bob);
  const { conv } = standing;
  const { seq: gone } = await alice.send(await alice.direct("sub:bob"), "gone");
  const direct = await alice.direct("sub:bob");
  await alice.remove(direct, gone);
  const { version } = await page(alice);
  for (const seq of [1, 2, 99]) await alice.refused("message_not_found", "PUT", path(conv, seq));
  await alice.refused("message_deleted", "PUT", path(direct, gone));
  await carol.refused("not_a_member", "PUT", path(conv, 4));
  await carol.refused("conversation_not_found", "PUT", path("gg00000000000000000000000002", 4));
  await carol.refused("conversation_not_found", "PUT", path("nonsense", 4));
  await carol.refused("route_not_found", "PUT", path(conv, "0"));
  await carol.refused("method_not_allowed", "POST", path(conv, 4));
  assert.equal((await new Person(server, "nobody", { exp: 1 }).call("GET", "/v1/saved")).body.code, "token_expired");
  const line = alice.inbox({ hello: null });
  await line.opened;
  line.say({ t: "save", conversation: conv, seq: 4, saved: true });
  assert.equal((await line.until(() => line.errors.shift())).code, "hello_required");
  line.say({ t: "hello" });
  await line.until(() => line.welcome);
  for (const [seq, code] of [[0, "message_not_found"], [1, "message_not_found"], [2 ** 53, "message_not_found"]]) {
    line.say({ t: "save", conversation: conv, seq, saved: true });
    assert.equal((await line.until(() => line.errors.shift())).code, code);
  }
  for (const frame of [{ t: "save" }, { t: "save", conversation: conv, seq: "4", saved: true }, { t: "save", conversation: "x", seq: 4, saved: true }, { t: "save", conversation: conv, seq: 4, saved: true, note: "x" }]) {
    line.say(frame);
    assert.equal((await line.until(() => line.errors.shift())).code, "invalid_request");
  }
  assert.deepEqual([(await page(alice)).version, line.saved], [version, []]);
  await line.close();
  await undisturbed(alice, standing);
});

test("a thousand are saved, and not one more; one taken out makes room", { timeout: 240_000 }, async () => {
  const gwen = await Person.of(server, "gwen");
  const conv = await gwen.group("Many", ["sub:bob"]);
  const last = await fill(conv, [gwen, bob], 1001);
  const seqs = Array.from({ length: 1001 }, (_, index) => last - index);
  for (let start = 0; start < 1000; start += 10) await Promise.all(seqs.slice(start, start + 10).map((seq) => save(gwen, conv, seq)));
  await gwen.refused("saved_limit", "PUT", path(conv, seqs[1000]));
  assert.equal((await save(gwen, conv, seqs[0])).count, 1000, "what is saved stays so");
  await unsave(gwen, conv, seqs[500]);
  await save(gwen, conv, seqs[1000]);
  const { saved, count, next } = await page(gwen, "?limit=50");
  assert.deepEqual([saved.length, count, saved[0].seq, next !== undefined], [50, 1000, seqs[1000], true]);
  assert.equal((await gwen.ok("GET", `/v1/saved/${conv}`)).seqs.length, 1000);
});
