// The log can be proved with nothing but SHA-256, and the offline tool agrees.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { offlineTool } from "../harness/cli.mjs";
import { FAST, Person } from "../harness/client.mjs";
import { canonical, commitmentOf, leafOf, rootByPath, rootOf } from "../harness/proof.mjs";
import { startServer } from "../harness/server.mjs";

const SIZE = 70;

let server, alice, bob, late, conv;

before(async () => {
  server = await startServer({ vars: FAST });
  [alice, bob, late] = await Promise.all(["alice", "bob", "late"].map((sub) => Person.of(server, sub)));
  conv = await alice.group("Proved \"quoted\" é", ["sub:bob"], { history: "from_join" });
  for (let index = 0; index < 30; index++) await (index % 2 ? alice : bob).send(conv, `m${index} 🙂 \u0001 "\\`);
  await bob.edit(conv, 4, "edited once");
  await bob.edit(conv, 4, "edited twice");
  await bob.remove(conv, 4);
  await alice.remove(conv, 6);
  await alice.add(conv, "sub:late");
  for (let index = 38; index < SIZE; index++) await alice.send(conv, `m${index}`);
});
after(() => server?.stop());

const head = async () => (await alice.conversation(conv)).seq;

test("the root served is the root of the envelopes served, over pages, socket and export", async () => {
  const size = await head();
  const { root } = await alice.conversation(conv);
  const paged = [];
  while (paged.length < size) paged.push(...(await alice.events(conv, `?after=${paged.length}&limit=17`)).events);
  assert.equal(rootOf(paged.map(({ envelope }) => leafOf(envelope))).toString("base64url"), root);
  const line = bob.line(conv, { hello: { after: 0 } });
  await line.at(size);
  assert.equal(rootOf([...line.log.items.values()].map(({ envelope }) => leafOf(envelope))).toString("base64url"), root);
  assert.equal(line.welcome.conversation.root, root);
  await line.close();
  for (const person of [alice, bob, late]) assert.equal((await person.export(conv)).root, root, person.sub);
});

test("each root on the way is that of the log so far, and is changed by every event", async () => {
  const small = await alice.group("Growing");
  const seen = new Set();
  for (let index = 0; index < 20; index++) {
    await alice.send(small, `m${index}`);
    const { root, seq } = await alice.conversation(small);
    assert.equal((await alice.export(small)).root, root, `size ${seq}`);
    seen.add(root);
  }
  assert.equal(seen.size, 20);
});

test("an inclusion proof verifies for every event, and for no other", async () => {
  const size = await head();
  const { entries, root } = await alice.export(conv);
  for (let seq = 1; seq <= size; seq++) {
    const proof = await alice.ok("GET", `/v1/conversations/${conv}/events/${seq}/proof`);
    assert.deepEqual([proof.seq, proof.size, proof.root, proof.leaf], [seq, size, root, entries[seq - 1].leaf.toString("base64url")]);
    assert.equal(rootByPath(entries[seq - 1].leaf, seq - 1, size, proof.path).toString("base64url"), root);
    const wrong = rootByPath(entries[seq % size].leaf, seq - 1, size, proof.path);
    assert.notEqual(wrong.toString("base64url"), root);
  }
});

test("commitments bind contents; what was deleted has none and the proof stands", async () => {
  const { entries } = await alice.export(conv);
  let [bound, erased] = [0, 0];
  for (const { event } of entries) {
    const { envelope, content, salt } = event;
    if (content) {
      assert.equal(commitmentOf(content, salt), envelope.commitment, `seq ${envelope.seq}`);
      assert.equal(Buffer.from(salt, "base64url").length, 16);
      bound += 1;
    } else {
      assert.equal(salt, null);
      if (envelope.commitment) erased += 1;
    }
  }
  assert.equal(erased, 4, "one message with its two edits, and one more");
  assert.ok(bound > 50);
  assert.equal(new Set(entries.map(({ event }) => event.salt).filter(Boolean)).size, bound, "no salt twice");
});

test("erasing changes neither a leaf nor an earlier root", async () => {
  const small = await alice.group("Erasing");
  const { seq } = await alice.send(small, "to be erased");
  const before = await alice.export(small);
  await alice.remove(small, seq);
  const after = await alice.export(small);
  assert.deepEqual(after.entries.slice(0, before.entries.length).map(({ leaf }) => leaf), before.entries.map(({ leaf }) => leaf));
  assert.equal(rootOf(after.entries.slice(0, before.entries.length).map(({ leaf }) => leaf)).toString("base64url"), before.root);
});

test("the offline tool verifies exports and proofs, and finds what was changed", { timeout: 600_000 }, async () => {
  const run = await offlineTool();
  const file = async (name, text) => {
    const at = join(server.dataDir, name);
    await writeFile(at, text);
    return at;
  };
  const { text, root, entries } = await alice.export(conv);
  for (const person of [alice, bob, late]) {
    const exported = await person.export(conv);
    const result = await run("verify", await file(`${person.sub}.ndjson`, exported.text), "--root", root);
    assert.equal(result.status, 0, result.stdout + result.stderr);
  }
  const lines = text.split("\n");
  const changed = {
    "another text": text.replace('"text":"m38"', '"text":"m83"'),
    "another order": [...lines.slice(0, 40), lines[41], lines[40], ...lines.slice(42)].join("\n"),
    "a line lost": [...lines.slice(0, 40), ...lines.slice(41)].join("\n"),
    "another root": text.replace(root, entries[0].leaf.toString("base64url")),
    "another time": text.replace(/"at":(\d+)/g, (_, at) => `"at":${Number(at) + 1}`),
  };
  for (const [what, text2] of Object.entries(changed)) {
    assert.notEqual(text2, text, what);
    assert.equal((await run("verify", await file("changed.ndjson", text2), "--root", root)).status, 1, what);
  }
  const proof = await alice.ok("GET", `/v1/conversations/${conv}/events/20/proof`);
  const [envelope, other, proofFile] = [await file("e.json", canonical(entries[19].event.envelope)), await file("o.json", canonical(entries[20].event.envelope)), await file("p.json", JSON.stringify(proof))];
  const good = await run("verify-proof", envelope, proofFile, "--root", root);
  assert.equal(good.status, 0, good.stdout + good.stderr);
  assert.equal((await run("verify-proof", other, proofFile, "--root", root)).status, 1);
});
