// The main job: people make conversations, talk, correct themselves, and everybody sees the same.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { canonical } from "../harness/proof.mjs";
import { startServer } from "../harness/server.mjs";

let server, alice, bob, carol;
before(async () => {
  server = await startServer({ vars: FAST });
  [alice, bob, carol] = await Promise.all([
    Person.of(server, "alice", { name: "Alice" }),
    Person.of(server, "bob", { name: "Bób" }),
    Person.of(server, "carol"),
  ]);
});
after(() => server?.stop());

test("a group begins with its creation and its members, each in the log", async () => {
  const conv = await alice.group("Team", ["sub:bob", carol.id], { topic: "talk" });
  const { events, head, edits } = await bob.events(conv);
  assert.equal(head, 4);
  assert.deepEqual(edits, []);
  assert.deepEqual(events.map(({ envelope }) => envelope.type), ["conversation.created", "member.joined", "member.joined", "member.joined"]);
  assert.deepEqual(events[0].content, { kind: "info", name: "Team", topic: "talk", v: 1 });
  assert.deepEqual(new Map(events.slice(1).map(({ envelope }) => [envelope.params.user, envelope.params.role])), new Map([[alice.id, "owner"], [bob.id, "member"], [carol.id, "member"]]));
  const seen = await bob.conversation(conv);
  assert.deepEqual([seen.kind, seen.info.name, seen.member_count, seen.you.role, seen.you.unread, seen.seq, seen.n], ["group", "Team", 3, "member", 0, 4, 0]);
  assert.doesNotMatch(canonical(events.map(({ envelope }) => envelope)), /alice|bob|carol|Team/, "an envelope holds nothing that must be erased");
});

test("creating a group again under its key answers with the same group", async () => {
  const key = randomUUID();
  const body = { kind: "group", name: "Once", members: ["sub:bob"] };
  const all = await Promise.all([1, 2, 3].map(() => alice.call("POST", "/v1/conversations", { key, body })));
  assert.equal(new Set(all.map(({ body }) => body.id)).size, 1);
  assert.deepEqual(all.map(({ status }) => status).sort(), [200, 200, 201]);
  assert.equal((await alice.conversation(all[0].body.id)).seq, 3);
  await alice.refused("key_reused", "POST", "/v1/conversations", { key, body: { ...body, name: "Twice" } });
  const theirs = await bob.call("POST", "/v1/conversations", { key, body });
  assert.equal(theirs.status, 201);
  assert.notEqual(theirs.body.id, all[0].body.id);
});

test("a direct conversation opened from both ends at once is one, with one log", async () => {
  const [dave, erin] = await Promise.all([Person.of(server, "dave"), Person.of(server, "erin")]);
  const open = (who, other) => who.call("POST", "/v1/conversations", { body: { kind: "direct", members: [other] } });
  const all = await Promise.all([open(dave, "sub:erin"), open(erin, dave.id), open(dave, erin.id), open(erin, "sub:dave")]);
  const ids = new Set(all.map(({ body }) => body.id));
  assert.equal(ids.size, 1);
  assert.deepEqual(all.map(({ status }) => status).sort(), [200, 200, 200, 201]);
  const [conv] = ids;
  const [one, two] = await Promise.all([dave.export(conv), erin.export(conv)]);
  assert.equal(one.entries.length, 3);
  assert.equal(one.root, two.root);
  assert.equal((await open(dave, "sub:erin")).body.id, conv);
  assert.equal((await dave.conversation(conv)).seq, 3, "opening again writes nothing");
  const [fromDave, fromErin] = await Promise.all([dave.send(conv, "hi"), erin.send(conv, "hi")]);
  assert.deepEqual([fromDave.seq, fromErin.seq].sort(), [4, 5]);
  const other = await dave.call("POST", "/v1/conversations", { body: { kind: "direct", context: "order 7", members: ["sub:erin"] } });
  assert.equal(other.status, 201);
  assert.notEqual(other.body.id, conv);
});

test("over socket and HTTP at once both see the same order", async () => {
  const conv = await alice.group("Both", ["sub:bob"]);
  const [a, b] = [alice.line(conv), bob.line(conv)];
  await Promise.all([a.at(3), b.at(3)]);
  const sent = [];
  for (let round = 0; round < 40; round++) {
    sent.push(a.send(`a${round}`), b.send(`b${round}`), alice.send(conv, `A${round}`).then(({ seq }) => seq), bob.send(conv, `B${round}`).then(({ seq }) => seq));
  }
  const seqs = await Promise.all(sent);
  assert.equal(new Set(seqs).size, 160);
  assert.equal(Math.max(...seqs), 163);
  await Promise.all([a.at(163), b.at(163)]);
  assert.deepEqual(a.log.envelopes(), b.log.envelopes());
  const paged = [];
  for (let cursor = 0; cursor < 163; ) {
    const page = await bob.events(conv, `?after=${cursor}&limit=50`);
    paged.push(...page.events);
    cursor = page.events.at(-1).envelope.seq;
  }
  assert.deepEqual(paged.map(({ envelope }) => canonical(envelope)), a.log.envelopes());
  const back = [];
  for (let cursor = 164; cursor > 1; ) {
    const page = await alice.events(conv, `?before=${cursor}&limit=37`);
    back.unshift(...page.events);
    cursor = page.events[0].envelope.seq;
  }
  assert.deepEqual(back.map(({ envelope }) => canonical(envelope)), a.log.envelopes());
  for (const [index, item] of paged.entries()) assert.equal(item.envelope.n, Math.max(0, index - 2), "n counts messages");
  for (let index = 1; index < paged.length; index++) assert.ok(paged[index].envelope.at >= paged[index - 1].envelope.at);
  await Promise.all([a.close(), b.close()]);
});

test("mentions and replies: stored by id, quoted by number and version", async () => {
  const conv = await alice.group("Replies", ["sub:bob"]);
  const first = (await alice.send(conv, "question?", { mentions: ["sub:bob", bob.id] })).seq;
  const edited = (await alice.edit(conv, first, "better question?")).seq;
  const reply = (await bob.send(conv, "answer", { reply_to: { seq: first, version: 2 } })).seq;
  const { events } = await bob.events(conv, `?after=${first - 1}`);
  assert.deepEqual(events[0].content.mentions, [bob.id], "by id, without repeats");
  assert.deepEqual([events[2].envelope.seq, events[2].envelope.ref, events[2].envelope.params.quoted_version], [reply, first, 2]);
  const post = (reply_to) => ({ body: { content: { kind: "text", text: "?" }, reply_to } });
  const path = `/v1/conversations/${conv}/messages`;
  await bob.refused("invalid_value", "POST", path, post({ seq: first, version: 3 }));
  await bob.refused("message_not_found", "POST", path, post({ seq: 999 }));
  await bob.refused("message_not_found", "POST", path, post({ seq: edited }));
});

test("an edit makes a version; earlier ones are kept; only the author may", async () => {
  const conv = await alice.group("Edits", ["sub:bob"]);
  const line = bob.line(conv);
  const { seq } = await alice.send(conv, "one");
  await alice.edit(conv, seq, "two", { expect_version: 1 });
  const path = `/v1/conversations/${conv}/messages/${seq}`;
  const body = { content: { kind: "text", text: "three" } };
  await alice.refused("version_conflict", "PATCH", path, { body: { ...body, expect_version: 1 } });
  await bob.refused("permission_denied", "PATCH", path, { body });
  await alice.edit(conv, seq, "three", { expect_version: 2 });
  const { versions } = await bob.ok("GET", `${path}/versions`);
  assert.deepEqual(versions.map(({ content }) => content.text), ["one", "two", "three"]);
  assert.deepEqual(versions.map(({ envelope }) => envelope.params?.version), [undefined, 2, 3]);
  await line.at(seq + 2);
  const edit = line.log.items.get(seq + 2);
  assert.deepEqual([edit.envelope.type, edit.envelope.ref, edit.envelope.params.version, edit.envelope.n], ["message.edited", seq, 3, 1]);
  const page = await bob.events(conv, `?before=${seq + 1}&limit=2`);
  assert.deepEqual(page.edits.map(({ content }) => content.text), ["three"], "a page brings the newest edit from beyond its end");
  assert.deepEqual((await bob.events(conv, `?after=${seq}`)).edits, []);
  await line.close();
});

test("a deletion erases content everywhere and leaves the place", async () => {
  const conv = await alice.group("Deleting", ["sub:bob"]);
  const [line, inbox] = [bob.line(conv), bob.inbox()];
  const [key, editKey] = [randomUUID(), randomUUID()];
  const { seq } = await alice.send(conv, "a secret word: xyzzy", { key });
  await alice.ok("PATCH", `/v1/conversations/${conv}/messages/${seq}`, { key: editKey, body: { content: { kind: "text", text: "still xyzzy" } } });
  await inbox.entry(conv, (entry) => entry.last?.preview === "still xyzzy", "the edit in the preview");
  const before = await alice.conversation(conv);
  await bob.refused("permission_denied", "DELETE", `/v1/conversations/${conv}/messages/${seq}`);
  const deletion = (await alice.remove(conv, seq)).seq;
  assert.equal(deletion, seq + 2);
  await line.at(deletion);
  const entry = await inbox.entry(conv, (entry) => entry.head_seq >= deletion, "the deletion in the inbox");
  assert.equal(entry.last?.preview, undefined);
  assert.equal(entry.last.seq, seq, "the place is still the last line");
  for (const [path, count] of [[`events?after=${seq - 1}`, 3], [`messages/${seq}/versions`, 2]]) {
    const { text, body } = await bob.call("GET", `/v1/conversations/${conv}/${path}`);
    assert.doesNotMatch(text, /xyzzy/);
    const items = body.events ?? body.versions;
    assert.equal(items.length, count);
    for (const item of items.slice(0, 2)) {
      assert.deepEqual([item.content, item.salt], [null, null]);
      assert.ok(item.envelope.commitment, "the commitment stays");
    }
  }
  const exported = await bob.export(conv);
  assert.doesNotMatch(exported.text, /xyzzy/);
  assert.equal(exported.root, (await alice.conversation(conv)).root);
  assert.notEqual(exported.root, before.root);
  const resumed = bob.line(conv, { hello: { after: seq - 1 } });
  await resumed.at(deletion);
  assert.equal(resumed.log.items.get(seq).content, null);
  const again = { content: { kind: "text", text: "a secret word: xyzzy" } };
  const path = `/v1/conversations/${conv}/messages`;
  assert.deepEqual(await alice.ok("POST", path, { key, body: again }), { key, seq, erased: true });
  assert.deepEqual(await alice.ok("POST", path, { key, body: { content: { kind: "text", text: "another" } } }), { key, seq, erased: true }, "what was erased cannot be compared");
  assert.deepEqual(await alice.ok("PATCH", `${path}/${seq}`, { key: editKey, body: again }), { key: editKey, seq: seq + 1, erased: true });
  await alice.refused("message_deleted", "PATCH", `${path}/${seq}`, { body: again });
  await alice.refused("message_deleted", "DELETE", `${path}/${seq}`);
  await alice.refused("message_deleted", "POST", path, { body: { ...again, reply_to: { seq } } });
  assert.equal((await alice.conversation(conv)).seq, deletion, "refusals and repeats write nothing");
  await Promise.all([line.close(), resumed.close(), inbox.close()]);
});

test("a message sent, edited and deleted in one frame leaves no content", async () => {
  const conv = await alice.group("Briefly", ["sub:bob"]);
  const [a, b] = [alice.line(conv), bob.line(conv)];
  await Promise.all([a.at(3), b.at(3)]);
  const content = { kind: "text", text: "plugh" };
  const commands = [{ type: "message.send", content }, { type: "message.edit", seq: 4, content }, { type: "message.delete", seq: 4 }];
  const answers = await a.commands(commands.map((command) => ({ key: randomUUID(), command })));
  assert.deepEqual(answers.map(({ seq }) => seq), [4, 5, 6]);
  await b.at(6);
  assert.doesNotMatch((await bob.export(conv)).text, /plugh/);
  assert.doesNotMatch(JSON.stringify(b.frames), /plugh/);
  await Promise.all([a.close(), b.close()]);
});

test("members come, change roles and go; the permission table holds", async () => {
  const conv = await alice.group("Roles", ["sub:bob"]);
  const members = `/v1/conversations/${conv}/members`;
  await bob.add(conv, "sub:carol", "guest");
  await bob.refused("already_member", "POST", members, { body: { user: "sub:carol" } });
  await carol.refused("permission_denied", "POST", members, { body: { user: "sub:frank" } });
  await bob.refused("permission_denied", "POST", members, { body: { user: "sub:frank", role: "admin" } });
  await bob.refused("permission_denied", "PATCH", `${members}/${carol.id}`, { body: { role: "member" } });
  await bob.refused("permission_denied", "DELETE", `${members}/sub:carol`);
  await bob.refused("permission_denied", "PATCH", `/v1/conversations/${conv}`, { body: { name: "Mine" } });
  await alice.ok("PATCH", `${members}/sub:bob`, { body: { role: "admin" } });
  await bob.ok("PATCH", `${members}/${carol.id}`, { body: { role: "member" } });
  await bob.refused("permission_denied", "PATCH", `${members}/${carol.id}`, { body: { role: "admin" } });
  await bob.refused("permission_denied", "DELETE", `${members}/sub:alice`);
  await alice.refused("last_owner", "DELETE", `${members}/me`);
  await alice.refused("last_owner", "PATCH", `${members}/me`, { body: { role: "member" } });
  await alice.refused("member_not_found", "PATCH", `${members}/sub:nobody`, { body: { role: "admin" } });
  const { seq } = await carol.send(conv, "rude");
  await bob.remove(conv, seq);
  const listed = await alice.members(conv);
  assert.deepEqual(new Map(listed.map(({ user, role }) => [user, role])), new Map([[alice.id, "owner"], [bob.id, "admin"], [carol.id, "member"]]));
  assert.deepEqual(new Map(listed.map(({ user, subject }) => [user, subject])), new Map([[alice.id, "alice"], [bob.id, "bob"], [carol.id, "carol"]]));
  const one = await alice.ok("GET", `${members}?limit=1`);
  const two = await alice.ok("GET", `${members}?limit=2&after=${one.next}`);
  assert.deepEqual([...one.members, ...two.members].map(({ user }) => user), listed.map(({ user }) => user));
  assert.equal(two.next, undefined);
  await carol.ok("DELETE", `${members}/me`);
  await carol.refused("not_a_member", "GET", `/v1/conversations/${conv}`);
  await alice.ok("PATCH", `${members}/sub:bob`, { body: { role: "owner" } });
  await alice.ok("DELETE", `${members}/me`);
  assert.deepEqual((await bob.members(conv)).map(({ user }) => user), [bob.id]);
});

test("name, topic and avatar change one by one and are cleared by an empty text", async () => {
  const conv = await alice.group("Before", ["sub:bob"], { topic: "old" });
  const line = bob.line(conv);
  const patch = (body) => alice.ok("PATCH", `/v1/conversations/${conv}`, { body });
  await patch({ name: "After" });
  await patch({ topic: "", avatar: "https://example.org/a.png" });
  const { seq } = await alice.ok("PATCH", `/v1/conversations/${conv}`, { body: { topic: "line\nline" } });
  await line.at(seq);
  assert.deepEqual(line.log.items.get(seq).content, { kind: "info", topic: "line\nline", v: 1 });
  const { info } = await bob.conversation(conv);
  assert.deepEqual([info.name, info.topic, info.avatar], ["After", "line\nline", "https://example.org/a.png"]);
  const inbox = bob.inbox();
  const entry = await inbox.entry(conv, (entry) => entry.head_seq >= seq);
  assert.deepEqual([entry.name, entry.avatar], ["After", "https://example.org/a.png"]);
  await Promise.all([line.close(), inbox.close()]);
});

test("a direct conversation has no roles, names or ways out", async () => {
  const conv = await alice.direct("sub:carol");
  await alice.refused("wrong_kind", "PATCH", `/v1/conversations/${conv}`, { body: { name: "Us" } });
  await alice.refused("wrong_kind", "POST", `/v1/conversations/${conv}/members`, { body: { user: "sub:bob" } });
  await alice.refused("wrong_kind", "DELETE", `/v1/conversations/${conv}/members/me`);
  await bob.refused("not_a_member", "GET", `/v1/conversations/${conv}`);
  const [own, theirs] = [alice.inbox(), carol.inbox()];
  await alice.send(conv, "hello");
  const [mine, hers] = await Promise.all([own.entry(conv, (entry) => entry.head_n === 1), theirs.entry(conv, (entry) => entry.head_n === 1)]);
  assert.deepEqual([mine.unread, mine.peer.user, mine.peer.subject], [0, carol.id, "carol"]);
  assert.deepEqual([hers.unread, hers.peer.user, hers.peer.name, hers.last.preview, hers.last.actor], [1, alice.id, "Alice", "hello", alice.id]);
  await Promise.all([own.close(), theirs.close()]);
});

test("unread is n(head) − n(read), in the conversation, the inbox list, its changes and its socket", async () => {
  const conv = await alice.group("Counting", ["sub:bob"]);
  const inbox = bob.inbox();
  const seqs = [];
  for (let index = 0; index < 6; index++) seqs.push((await alice.send(conv, `m${index}`)).seq);
  await alice.edit(conv, seqs[0], "edited");
  const check = async (unread) => {
    await inbox.entry(conv, (entry) => entry.head_n - entry.read_n === unread && entry.unread === unread, `unread ${unread}`);
    assert.equal((await bob.conversation(conv)).you.unread, unread);
    for (;;) {
      const page = await bob.ok("GET", "/v1/inbox?limit=100");
      const listed = page.entries.find(({ id }) => id === conv);
      assert.equal(listed.unread, unread);
      assert.equal(page.unread, page.entries.reduce((sum, entry) => sum + entry.unread, 0));
      const [changed] = (await bob.ok("GET", `/v1/inbox/changes?after=${listed.version - 1}&limit=1`)).entries;
      // News of what was said before may come in between the two questions; then they are asked again.
      if (changed.version !== listed.version) continue;
      assert.deepEqual(changed, listed);
      return;
    }
  };
  await check(6);
  const receipt = await bob.ok("PUT", `/v1/conversations/${conv}/read`, { body: { seq: seqs[2] } });
  assert.deepEqual([receipt.user, receipt.read, receipt.read_n], [bob.id, seqs[2], 3]);
  await check(3);
  assert.equal((await bob.ok("PUT", `/v1/conversations/${conv}/read`, { body: { seq: seqs[0] } })).read, seqs[2], "read only grows");
  await check(3);
  const line = bob.line(conv);
  await line.at(seqs[5] + 1);
  line.say({ t: "read", seq: seqs[4] });
  await check(1);
  await line.send("mine");
  await check(0);
  assert.equal((await alice.conversation(conv)).you.unread, 1);
  for (let still = false; !still; ) {
    const { entries: order, version } = await bob.ok("GET", "/v1/inbox?limit=100");
    for (let index = 1; index < order.length; index++) assert.ok(order[index - 1].at >= order[index].at, "latest first");
    const paged = [];
    let next;
    do {
      const page = await bob.ok("GET", `/v1/inbox?limit=2${next ? `&cursor=${next}` : ""}`);
      paged.push(...page.entries);
      next = page.next;
    } while (next);
    // Late news of an earlier conversation moves it to another page.
    still = (await bob.ok("GET", "/v1/inbox?limit=1")).version === version;
    if (still) assert.deepEqual(paged.map(({ id }) => id), order.map(({ id }) => id));
  }
  await Promise.all([inbox.close(), line.close()]);
});

test("typing reaches the others, never the log", async () => {
  const conv = await alice.group("Typing", ["sub:bob"]);
  const [a, b] = [alice.line(conv), bob.line(conv)];
  await Promise.all([a.at(3), b.at(3)]);
  a.say({ t: "typing", on: true });
  await b.until(() => b.typing.length === 1);
  await alice.ok("POST", `/v1/conversations/${conv}/typing`, { key: null, body: { on: false } });
  await b.until(() => b.typing.length === 2);
  assert.deepEqual(b.typing, [{ t: "typing", user: alice.id, on: true }, { t: "typing", user: alice.id, on: false }]);
  await a.until(() => a.typing.length === 1);
  assert.deepEqual(a.typing, [{ t: "typing", user: alice.id, on: false }], "not back to the socket it came from");
  assert.equal((await alice.conversation(conv)).seq, 3);
  await Promise.all([a.close(), b.close()]);
});

test("delivered and read marks reach everybody, and come with the next hello", async () => {
  const conv = await alice.group("Marks", ["sub:bob"]);
  const [a, b] = [alice.line(conv), bob.line(conv)];
  await Promise.all([a.at(3), b.at(3)]);
  const seq = await a.send("did you get this?");
  await b.at(seq);
  b.ack();
  await a.until(() => a.receipts.get(bob.id)?.delivered === seq, "delivered");
  assert.ok(a.receipts.get(bob.id).read < seq, "received is not read");
  b.say({ t: "read", seq });
  await a.until(() => a.receipts.get(bob.id)?.read === seq, "read");
  assert.equal(a.receipts.get(bob.id).read_n, 1);
  const put = await alice.ok("PUT", `/v1/conversations/${conv}/delivered`, { body: { seq } });
  assert.equal(put.delivered, seq);
  const held = a.cellsVersion;
  const again = alice.line(conv, { hello: { cells_after: held } });
  await again.at(seq);
  assert.ok(again.cellsVersion === 0 || again.cellsVersion >= held);
  assert.deepEqual(again.welcome.members.find(({ user }) => user === bob.id).receipt.read, seq);
  const fresh = alice.line(conv, { hello: {} });
  await fresh.until(() => fresh.frames.some(({ t }) => t === "cells"), "all cells");
  await fresh.at(seq);
  assert.equal(fresh.receipts.get(bob.id).read, seq);
  assert.equal(fresh.profiles.get(bob.id).name, "Bób");
  await Promise.all([a.close(), b.close(), again.close(), fresh.close()]);
});

test("sending advances the sender's own read mark: the event says it, and so does every later hello", async () => {
  const conv = await alice.group("Own mark", ["sub:bob"]);
  const b = bob.line(conv);
  await b.at(3);
  const { seq } = await alice.send(conv, "I have read what I write");
  // No cell is sent for it: whoever holds the event knows that its author read up to it.
  await b.at(seq);
  await b.close();
  const again = bob.line(conv);
  await again.at(seq);
  assert.equal(again.receipts.get(alice.id)?.read, seq);
  assert.equal(again.receipts.get(alice.id).read_n, 1);
  await again.close();
});

test("receipts only grow, within one hello too", async () => {
  const conv = await alice.group("Growing", ["sub:bob"]);
  const { seq } = await alice.send(conv, "one");
  const line = bob.line(conv);
  await line.at(seq);
  line.ack();
  await line.until(() => line.receipts.get(bob.id)?.delivered === seq);
  assert.deepEqual(line.regressed, []);
  await line.close();
});

test("a new name reaches the inboxes that show the old one, without anything being said", async () => {
  const [old, frank] = await Promise.all([Person.of(server, "renamed", { name: "Old" }), Person.of(server, "frank")]);
  const inbox = frank.inbox();
  const direct = (await old.call("POST", "/v1/conversations", { body: { kind: "direct", members: [frank.id] } })).body.id;
  const group = await old.group("Names", [frank.id]);
  for (const conv of [direct, group]) {
    const line = old.line(conv);
    await line.at(3);
    await line.send("as Old");
    await line.close();
  }
  await inbox.entry(direct, ({ peer, last }) => peer.name === "Old" && last?.preview === "as Old");
  await inbox.entry(group, ({ last }) => last?.actor_name === "Old" && last.preview === "as Old");
  const renamed = await Person.of(server, "renamed", { name: "New" });
  const lines = [direct, group].map((conv) => renamed.line(conv));
  await Promise.all(lines.map((line) => line.at(4)));
  await inbox.entry(direct, ({ peer, last }) => peer.name === "New" && last?.actor_name === "New", "the other end's name");
  const entry = await inbox.entry(group, ({ last }) => last?.actor_name === "New", "the name of who spoke last");
  assert.deepEqual([entry.head_seq, entry.last.preview], [4, "as Old"], "nothing was said");
  await Promise.all([...lines, inbox].map((line) => line.close()));
});
