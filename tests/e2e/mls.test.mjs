// An encrypted conversation: the server orders, keeps and proves what it cannot read, and shows nobody a word of it.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { offlineTool } from "../harness/cli.mjs";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

let server, quipu, alice, bob, conv;
before(async () => {
  quipu = await offlineTool();
  server = await startServer({ vars: FAST });
  [alice, bob] = await Promise.all(["alice", "bob"].map((sub) => Person.of(server, sub)));
  conv = await alice.group("Sealed", ["sub:bob"], { encryption: "mls" });
});
after(() => server?.stop());

const sealed = (data, scheme = "mls") => ({ kind: "ciphertext", data, scheme });
const messages = () => `/v1/conversations/${conv}/messages`;

test("ciphertext goes through as it is; text and nonsense are refused over HTTP and socket", async () => {
  const line = bob.line(conv);
  await line.at(3);
  assert.equal(line.welcome.conversation.encryption, "mls");
  const first = await alice.ok("POST", messages(), { body: { content: sealed("q83vEjRW") } });
  const second = await line.command({ type: "message.send", content: sealed("AAECAwQF") });
  const edit = await line.command({ type: "message.edit", seq: second.seq, content: sealed("BQQDAgEA") });
  await line.at(edit.seq);
  const kept = [first, second, edit].map(({ seq }) => line.log.items.get(seq).content);
  assert.deepEqual(kept, ["q83vEjRW", "AAECAwQF", "BQQDAgEA"].map((data) => ({ ...sealed(data), v: 1 })));
  const text = { kind: "text", text: "in the clear" };
  await alice.refused("wrong_encryption", "POST", messages(), { body: { content: text } });
  await alice.refused("wrong_encryption", "PATCH", `${messages()}/${first.seq}`, { body: { content: text } });
  assert.equal((await line.command({ type: "message.send", content: text })).code, "wrong_encryption");
  await alice.refused("invalid_value", "POST", messages(), { body: { content: sealed("not base64!") } });
  const open = await alice.group("Open", ["sub:bob"]);
  await alice.refused("wrong_encryption", "POST", `/v1/conversations/${open}/messages`, { body: { content: sealed("q83vEjRW") } });
  assert.equal((await alice.conversation(conv)).seq, edit.seq, "what was refused left nothing");
  await line.close();
});

test("two people have a plain and an encrypted direct conversation, whoever opens which first", async () => {
  const open = async (person, other, more) => {
    const { status, body } = await person.call("POST", "/v1/conversations", { body: { kind: "direct", members: [`sub:${other}`], ...more } });
    return { status, id: body.id, encryption: body.encryption };
  };
  const secret = await open(bob, "alice", { encryption: "mls" });
  const plain = await open(alice, "bob");
  assert.deepEqual([secret.status, secret.encryption, plain.status, plain.encryption], [201, "mls", 201, "none"]);
  assert.notEqual(secret.id, plain.id);
  await alice.send(plain.id, "in the clear, as I opened it");
  for (const [person, other] of [[alice, "bob"], [bob, "alice"]]) {
    assert.deepEqual(await open(person, other, { encryption: "mls" }), { ...secret, status: 200 });
    assert.deepEqual(await open(person, other), { ...plain, status: 200 });
  }
  const ordered = await open(bob, "alice", { encryption: "mls", context: "order 17" });
  assert.deepEqual([ordered.status, [secret.id, plain.id].includes(ordered.id)], [201, false]);
});

test("an inbox counts a sealed message and previews nothing", async () => {
  const { seq } = await alice.ok("POST", messages(), { body: { content: sealed("c2VjcmV0") } });
  const inbox = bob.inbox();
  const entry = await inbox.entry(conv, ({ head_seq }) => head_seq === seq);
  assert.deepEqual([entry.last.seq, entry.last.type, entry.last.preview], [seq, "message.created", undefined]);
  assert.equal(entry.unread, 1);
  assert.ok(!JSON.stringify(entry).includes("c2VjcmV0"));
  await inbox.close();
});

test("its export verifies, also after a sealed message was erased", async () => {
  const { seq } = await alice.ok("POST", messages(), { body: { content: sealed("ZXJhc2U=") } });
  await alice.remove(conv, seq);
  for (const person of [alice, bob]) {
    const { text, root, entries } = await person.export(conv);
    assert.equal(root, (await person.conversation(conv)).root);
    assert.equal(entries[seq - 1].event.content, null);
    assert.ok(!text.includes("ZXJhc2U="));
    const file = join(server.dataDir, `${person.sub}.ndjson`);
    await writeFile(file, text);
    const result = await quipu("verify", file, "--root", root);
    assert.equal(result.status, 0, result.stdout + result.stderr);
    await writeFile(file, text.replace("q83vEjRW", "q83vEjRX"));
    assert.equal((await quipu("verify", file, "--root", root)).status, 1, "another ciphertext is found");
  }
});
