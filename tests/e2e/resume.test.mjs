// A reader presents where it stands and gets exactly what it missed; what it may not see comes as its number.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Log, Person } from "../harness/client.mjs";
import { rootByPath } from "../harness/proof.mjs";
import { startServer } from "../harness/server.mjs";

let server, alice, bob, carol;
before(async () => {
  server = await startServer({ vars: FAST });
  [alice, bob, carol] = await Promise.all(["alice", "bob", "carol"].map((sub) => Person.of(server, sub)));
});
after(() => server?.stop());

const OTHER_EPOCH = "0000000000001";

test("from every possible cursor exactly the missed events follow, then live ones", async () => {
  const readers = await Promise.all(["r0", "r1", "r2", "r3"].map((sub) => Person.of(server, sub)));
  const conv = await alice.group("Every", ["sub:bob", ...readers.map(({ id }) => id)]);
  for (let index = 0; index < 53; index++) await alice.send(conv, `m${index}`);
  await alice.edit(conv, 10, "edited");
  await alice.remove(conv, 11);
  const head = 62;
  const whole = bob.line(conv, { hello: { after: 0 } });
  await whole.at(head);
  const { epoch } = whole.log;
  const truth = whole.log.envelopes();
  // Several readers, because one user may hold twenty sockets.
  const lines = [];
  for (let cursor = 0; cursor <= head; cursor++) lines.push(readers[cursor % readers.length].line(conv, { hello: { epoch, after: cursor } }));
  for (const [cursor, line] of lines.entries()) {
    await line.at(head);
    assert.equal(line.welcome.after, cursor);
    assert.equal(line.welcome.epoch_changed ?? false, false);
    assert.equal(line.log.first, cursor + 1);
    assert.deepEqual(line.log.envelopes(), truth.slice(cursor));
  }
  for (let cursor = 0; cursor <= head; cursor++) {
    const page = await bob.events(conv, `?after=${cursor}&epoch=${epoch}&limit=200`);
    assert.deepEqual(page.events.map(({ envelope }) => envelope.seq), Array.from({ length: head - cursor }, (_, index) => cursor + 1 + index));
  }
  const resumed = bob.line(conv, { hello: { epoch, after: head } });
  await resumed.at(head);
  const { seq } = await alice.send(conv, "live");
  const all = [resumed, whole, ...lines];
  await Promise.all(all.map((line) => line.at(seq)));
  for (const line of lines) assert.deepEqual(line.log.envelopes(), whole.log.envelopes().slice(line.log.first - 1), "live after catching up");
  await Promise.all(all.map((line) => line.close()));
});

test("without a cursor the last fifty come", async () => {
  const conv = await alice.group("Fifty", ["sub:bob"]);
  const short = bob.line(conv);
  await short.at(3);
  assert.equal(short.log.first, 1);
  for (let index = 0; index < 60; index++) await alice.send(conv, `m${index}`);
  const line = bob.line(conv);
  await line.at(63);
  assert.equal(line.log.first, 14);
  await Promise.all([short.close(), line.close()]);
});

test("a long history comes whole, over more than one window", async () => {
  const conv = await alice.group("Long", ["sub:bob"]);
  const a = alice.line(conv);
  await a.at(3);
  const text = "x".repeat(4000);
  for (let round = 0; round < 10; round++) {
    await a.commands(Array.from({ length: 50 }, (_, index) => ({ key: crypto.randomUUID(), command: { type: "message.send", content: { kind: "text", text: `${round} ${index} ${text}` } } })));
  }
  const b = bob.line(conv, { hello: { after: 0 } });
  await b.at(503);
  assert.deepEqual(b.log.envelopes(), a.log.envelopes());
  await Promise.all([a.close(), b.close()]);
});

test("a cursor of another epoch is told so, and starts over", async () => {
  const conv = await alice.group("Epoch", ["sub:bob"]);
  for (let index = 0; index < 60; index++) await alice.send(conv, `m${index}`);
  const line = bob.line(conv, { hello: { epoch: OTHER_EPOCH, after: 40, cells_after: 1000 } });
  await line.at(63);
  assert.equal(line.welcome.epoch_changed, true);
  assert.equal(line.log.first, 14);
  assert.ok(line.frames.some(({ t }) => t === "cells"), "cells of the other epoch count for nothing");
  const beyond = bob.line(conv, { hello: { epoch: OTHER_EPOCH, after: 4000 } });
  await beyond.at(63);
  assert.equal(beyond.welcome.epoch_changed, true);
  await bob.refused("epoch_changed", "GET", `/v1/conversations/${conv}/events?after=3&epoch=${OTHER_EPOCH}`);
  await Promise.all([line.close(), beyond.close()]);
});

test("a cursor beyond the head is refused", async () => {
  const conv = await alice.group("Beyond", ["sub:bob"]);
  const line = bob.line(conv, { hello: { after: 4 } });
  const { code } = await line.closed;
  assert.equal(code, 4202);
  assert.deepEqual(line.errors.map(({ code }) => code), ["cursor_out_of_range"]);
  await bob.refused("cursor_out_of_range", "GET", `/v1/conversations/${conv}/events?after=4`);
  await bob.refused("cursor_out_of_range", "GET", `/v1/conversations/${conv}/events?before=5`);
  await bob.refused("cursor_out_of_range", "GET", `/v1/conversations/${conv}/events?before=0`);
  assert.equal((await bob.events(conv, "?before=4")).events.length, 3);
});

/** One log where bob was away twice: seqs 1–4 before he came, and 8–11 while he was out again. */
async function interrupted(history) {
  const conv = await alice.group("Intervals", ["sub:carol"], { history });
  await alice.send(conv, "before bob"); // 4
  await alice.add(conv, "sub:bob"); // 5
  await alice.send(conv, "with bob"); // 6
  await alice.ok("DELETE", `/v1/conversations/${conv}/members/sub:bob`); // 7
  await alice.send(conv, "without bob"); // 8
  await alice.edit(conv, 6, "edited while bob was away"); // 9
  await alice.edit(conv, 4, "old, edited"); // 10
  await alice.send(conv, "still without"); // 11
  await alice.add(conv, "sub:bob"); // 12
  await alice.send(conv, "again with bob"); // 13
  return conv;
}
const HIDDEN = /before bob|without|while bob was away|old, edited/;
const RUNS = [{ from: 1, to: 4 }, { from: 8, to: 11 }];

test("from_join: what happened without a member is withheld over every path", async () => {
  const conv = await interrupted("from_join");
  const path = `/v1/conversations/${conv}`;
  const line = bob.line(conv, { hello: { after: 0 } });
  await line.at(13);
  assert.deepEqual(line.log.envelopes().map((text, index) => (text === "withheld" ? index + 1 : 0)).filter(Boolean), [1, 2, 3, 4, 8, 9, 10, 11]);
  assert.deepEqual(line.frames.filter(({ t }) => t === "events").flatMap(({ events }) => events).filter(({ withheld }) => withheld).map(({ withheld }) => withheld), RUNS);
  assert.doesNotMatch(JSON.stringify(line.frames), HIDDEN);
  for (let cursor = 0; cursor <= 13; cursor++) {
    const resumed = bob.line(conv, { hello: { after: cursor } });
    await resumed.at(13);
    assert.deepEqual(resumed.log.envelopes(), line.log.envelopes().slice(cursor));
    await resumed.close();
    for (const limit of [1, 2, 3, 200]) {
      const forward = new Log();
      forward.begin(cursor, "");
      while (forward.last < 13) {
        const { text, body } = await bob.call("GET", `${path}/events?after=${forward.last}&limit=${limit}`);
        assert.doesNotMatch(text, HIDDEN);
        assert.ok(body.events.length <= limit);
        forward.take(body.events);
      }
      assert.deepEqual(forward.envelopes(), line.log.envelopes().slice(cursor));
    }
  }
  for (const limit of [1, 2, 3, 200]) {
    let items = [];
    for (let cursor = 14; cursor > 1; ) {
      const { text, body } = await bob.call("GET", `${path}/events?before=${cursor}&limit=${limit}`);
      assert.doesNotMatch(text, HIDDEN);
      items = [...body.events, ...items];
      cursor = body.events[0].withheld?.from ?? body.events[0].envelope.seq;
    }
    const back = new Log();
    back.begin(0, "");
    back.take(items);
    assert.deepEqual(back.envelopes(), line.log.envelopes());
  }
  const exported = await bob.export(conv);
  assert.doesNotMatch(exported.text, HIDDEN);
  assert.deepEqual(exported.entries.map(({ event }) => event !== null), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13].map((seq) => !RUNS.some(({ from, to }) => from <= seq && seq <= to)));
  assert.equal(exported.root, (await bob.conversation(conv)).root, "the withheld leaves' hashes still make the root");
  assert.equal(exported.root, (await alice.export(conv)).root);
  const { versions } = await bob.ok("GET", `${path}/messages/6/versions`);
  assert.deepEqual(versions.map(({ content }) => content.text), ["with bob"]);
  for (const seq of [4, 8, 11]) {
    await bob.refused("message_not_found", "GET", `${path}/messages/${seq}/versions`);
    await bob.refused("message_not_found", "GET", `${path}/events/${seq}/proof`);
    await bob.refused("message_not_found", "POST", `${path}/messages`, { body: { content: { kind: "text", text: "re" }, reply_to: { seq } } });
    await bob.refused("message_not_found", "DELETE", `${path}/messages/${seq}`);
    await bob.refused("message_not_found", "PATCH", `${path}/messages/${seq}`, { body: { content: { kind: "text", text: "x" } } });
  }
  const proof = await bob.ok("GET", `${path}/events/6/proof`);
  assert.equal(rootByPath(exported.entries[5].leaf, 5, proof.size, proof.path).toString("base64url"), proof.root);
  // Those who were there see everything.
  const whole = carol.line(conv, { hello: { after: 0 } });
  await whole.at(13);
  assert.ok(!whole.log.envelopes().includes("withheld"));
  await Promise.all([line.close(), whole.close()]);
});

test("from_join: who joins last sees nothing of before, and unread starts at nought", async () => {
  const conv = await alice.group("Late", [], { history: "from_join" });
  for (let index = 0; index < 5; index++) await alice.send(conv, `secret ${index}`);
  const inbox = bob.inbox();
  const { seq } = await alice.add(conv, "sub:bob");
  const entry = await inbox.entry(conv, () => true);
  assert.deepEqual([entry.unread, entry.head_seq], [0, seq]);
  assert.doesNotMatch(JSON.stringify(entry), /secret/);
  assert.equal((await bob.conversation(conv)).you.unread, 0);
  await alice.send(conv, "welcome");
  await inbox.entry(conv, ({ unread }) => unread === 1);
  // Its memory gone and read again, the same must hold.
  await server.hibernate(...alice.conversationObject(conv));
  assert.equal((await bob.conversation(conv)).you.unread, 1);
  await inbox.close();
});

/** Carol was a member with name and cursors, and went before bob came. */
async function wentBefore(history) {
  const named = await Person.of(server, "carol", { name: "Carol Before" });
  const conv = await alice.group("Before", ["sub:carol", "sub:dora"], { history });
  const { seq } = await named.send(conv, "I was here");
  await named.ok("PUT", `/v1/conversations/${conv}/read`, { body: { seq } });
  await named.ok("DELETE", `/v1/conversations/${conv}/members/me`);
  await alice.add(conv, "sub:bob");
  return { conv, named };
}
const toldOf = (line, user) => line.frames.filter(({ t }) => t === "cells").flatMap(({ cells }) => cells).filter((cell) => cell.user === user);

test("from_join: a newcomer is not told of those who went before; who was there is", async () => {
  const { conv, named } = await wentBefore("from_join");
  const dora = await Person.of(server, "dora");
  let head = (await alice.conversation(conv)).seq;
  for (const asleep of [false, true]) {
    if (asleep) await server.hibernate(...alice.conversationObject(conv));
    for (const [person, count] of [[bob, 0], [dora, 2]]) {
      const line = person.line(conv, { hello: { after: 0, cells_after: 0 } });
      await line.at(head);
      // What follows stands behind all that the hello was answered with.
      line.say({ t: "read", seq: head });
      await line.until(() => line.receipts.get(person.id)?.read === head, "one's own receipt");
      assert.equal(toldOf(line, named.id).length, count, `${person.sub}, ${asleep ? "asleep" : "awake"}`);
      if (count === 0) assert.doesNotMatch(JSON.stringify(line.frames), /Carol Before/);
      await line.close();
    }
  }
  // She comes back: now she is told of, at once and to whoever holds an older version.
  const there = bob.line(conv);
  await there.at(head);
  const { cells_version } = there.welcome.conversation;
  head = (await alice.add(conv, "sub:carol")).seq;
  await there.until(() => toldOf(there, named.id).some(({ name }) => name === "Carol Before"), "the profile of who came back");
  const resumed = bob.line(conv, { hello: { epoch: there.log.epoch, after: head, cells_after: cells_version } });
  await resumed.until(() => toldOf(resumed, named.id).some(({ name }) => name === "Carol Before"), "the same after a reconnect");
  await Promise.all([there.close(), resumed.close()]);
});

test("history all: a newcomer is told the names of those who went, whose messages they read", async () => {
  const { conv, named } = await wentBefore("all");
  const line = bob.line(conv, { hello: { after: 0, cells_after: 0 } });
  await line.until(() => toldOf(line, named.id).some(({ name }) => name === "Carol Before"), "a name for the old messages");
  await line.close();
});

test("history all: who comes, or comes back, reads everything", async () => {
  const conv = await interrupted("all");
  const line = bob.line(conv, { hello: { after: 0 } });
  await line.at(13);
  assert.ok(!line.log.envelopes().includes("withheld"));
  assert.deepEqual(line.log.texts(), ["before bob", "with bob", "without bob", "still without", "again with bob"]);
  assert.equal((await bob.events(conv, "?before=7")).edits.length, 2);
  await bob.ok("GET", `/v1/conversations/${conv}/messages/4/versions`);
  await line.close();
});

test("a member away sees up to the leaving, and an edit they may see is not hidden by one they may not", async () => {
  const conv = await alice.group("Edits", ["sub:bob"], { history: "from_join" });
  const { seq } = await alice.send(conv, "one");
  for (let index = 0; index < 3; index++) await alice.send(conv, `filler ${index}`);
  await alice.edit(conv, seq, "two, seen by bob");
  await bob.ok("DELETE", `/v1/conversations/${conv}/members/me`);
  await alice.edit(conv, seq, "three, not for bob");
  await alice.add(conv, "sub:bob");
  const { text, body } = await bob.call("GET", `/v1/conversations/${conv}/events?before=${seq + 1}&limit=2`);
  assert.doesNotMatch(text, /not for bob/);
  assert.deepEqual(body.edits.map(({ content }) => content.text), ["two, seen by bob"]);
});
