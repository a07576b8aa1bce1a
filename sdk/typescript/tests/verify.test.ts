import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "../src/index.ts";
import { canonical, leafHash, MerkleTree, merkleRoot, verifyCommitment, verifyExport, verifyProof } from "../src/verify.ts";
import { auditPath, canonicalText, leafOf, treeHash, userId } from "./log.ts";
import { Server } from "./server.ts";
import { client } from "./setup.ts";

function logOf(size: number): Event[] {
  const server = new Server();
  const log = server.conversation("ada");
  while (log.head < size) server.say(log, "ada", `message ${log.head} \u0000\u2028"\\ é👩‍👩‍👧‍👦`);
  return log.events;
}

test("the canonical text is the one the server hashes", () => {
  for (const { envelope, content } of logOf(5)) {
    assert.equal(canonical(envelope), canonicalText(envelope));
    assert.equal(canonical(content), content === null ? "null" : canonicalText(content));
  }
  assert.equal(canonical({ b: [2, { d: null, c: "\u001f" }], a: "é" }), '{"a":"é","b":[2,{"c":"\\u001f","d":null}]}');
});

test("roots follow RFC 6962 at every size", async () => {
  const events = logOf(40);
  const leaves = events.map(({ envelope }) => leafOf(envelope));
  const tree = new MerkleTree();
  assert.equal(await tree.root(), treeHash([]).toString("base64url"));
  for (const [index, { envelope }] of events.entries()) {
    await tree.append(await leafHash(envelope));
    assert.equal(await tree.root(), treeHash(leaves.slice(0, index + 1)).toString("base64url"));
  }
  assert.equal(await merkleRoot(events.map(({ envelope }) => envelope)), await tree.root());
});

test("every proof of every size holds, and no changed one does", async () => {
  const events = logOf(20);
  const text = (hash: Buffer): string => hash.toString("base64url");
  for (let size = 1; size <= 20; size += 1) {
    const leaves = events.slice(0, size).map(({ envelope }) => leafOf(envelope));
    for (let seq = 1; seq <= size; seq += 1) {
      const event = events[seq - 1] as Event;
      const proof = { seq, size, root: text(treeHash(leaves)), leaf: text(leaves[seq - 1] as Buffer), path: auditPath(seq - 1, leaves).map(text) };
      assert.equal(await verifyProof(proof, event.envelope), true, `${seq} of ${size}`);
      assert.equal(await verifyProof(proof, { ...event.envelope, at: 1 }), false);
      assert.equal(await verifyProof({ ...proof, root: text(leaves[0] as Buffer) }), size === 1);
      assert.equal(await verifyProof({ ...proof, path: [...proof.path, proof.root] }), false);
      if (size > 1) {
        assert.equal(await verifyProof({ ...proof, seq: (seq % size) + 1 }), false);
        assert.equal(await verifyProof({ ...proof, path: proof.path.slice(1) }), false);
      }
    }
  }
  assert.equal(await verifyProof({ seq: 0, size: 1, root: "", leaf: "", path: [] }), false);
  assert.equal(await verifyProof({ seq: 1, size: 1, root: "!", leaf: "!", path: [] }), false);
});

test("commitments bind content, and erasure leaves them standing", async () => {
  const event = logOf(4)[3] as Event;
  assert.equal(await verifyCommitment(event), true);
  assert.equal(await verifyCommitment({ ...event, content: { kind: "text", text: "something else", v: 1 } }), false);
  assert.equal(await verifyCommitment({ ...event, salt: "AAAAAAAAAAAAAAAAAAAAAA" }), false);
  assert.equal(await verifyCommitment({ ...event, content: null, salt: null }), true);
});

test("an export is checked whole", async () => {
  const events = logOf(9);
  Object.assign(events[4] as Event, { content: null, salt: null });
  const leaves = events.map(({ envelope }) => leafOf(envelope));
  const { conv, epoch } = (events[0] as Event).envelope;
  const header = { quipu_export: 1, conversation: { id: conv, epoch }, size: 9, root: treeHash(leaves).toString("base64url") };
  const hidden = { withheld: { from: 2, to: 3 }, leaves: leaves.slice(1, 3).map((leaf) => leaf.toString("base64url")) };
  const lines = [header, events[0], hidden, ...events.slice(3)].map((line) => JSON.stringify(line));
  async function* stream(): AsyncGenerator<Uint8Array> {
    const bytes = Buffer.from(`${lines.join("\n")}\n`);
    for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7); // Cuts through characters.
  }
  const good = await verifyExport(stream());
  assert.deepEqual(good, { ok: true, size: 9, root: header.root, expectedRoot: header.root, events: 7, withheld: 2, erased: 1, problems: [] });
  const changes: [string, (lines: string[]) => string[]][] = [
    ["a line is missing", (all) => all.filter((_, index) => index !== 4)],
    ["two lines changed places", (all) => [...all.slice(0, 4), all[5] as string, all[4] as string, ...all.slice(6)]],
    ["the end is missing", (all) => all.slice(0, -1)],
    ["a text was changed", (all) => all.map((line) => line.replace("message 8", "message 9"))],
    ["an author was changed", (all) => all.map((line, index) => (index === 5 ? line.replace(userId("ada"), userId("ben")) : line))],
    ["the header is missing", (all) => all.slice(1)],
    ["a line is cut", (all) => all.map((line, index) => (index === 6 ? line.slice(0, 40) : line))],
  ];
  for (const [name, change] of changes) {
    const changed = change(lines);
    assert.notDeepEqual(changed, lines, name);
    const report = await verifyExport(changed.join("\n"));
    assert.equal(report.ok, false, name);
    assert.ok(report.problems.length > 0, name);
  }
});

test("what a client received leads to the root the server names", async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  for (let count = 0; count < 10; count += 1) server.say(log, "ada", `message ${count}`);
  const quipu = client(t, server, "ada");
  const conversation = quipu.conversation(log.id);
  conversation.open();
  await conversation.ready();
  const events = conversation.events() as Event[];
  const { root } = await quipu.request<{ root: string }>("GET", `/v1/conversations/${log.id}`);
  assert.equal(await merkleRoot(events.map(({ envelope }) => envelope)), root);
  for (const event of events) assert.equal(await verifyCommitment(event), true);
  const proof = await quipu.request<Parameters<typeof verifyProof>[0]>("GET", `/v1/conversations/${log.id}/events/7/proof`);
  assert.equal(await verifyProof(proof, events[6]?.envelope), true);
});
