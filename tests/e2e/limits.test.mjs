// Rates: what is too much is refused with a time, nothing is lost, and what was refused succeeds later under the same key.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { message, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

let server, alice, bob;
before(async () => {
  // The default rates: 20 per second and user, five times that at once.
  server = await startServer();
  [alice, bob] = await Promise.all(["alice", "bob"].map((sub) => Person.of(server, sub)));
});
after(() => server?.stop());

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

test("a thousand sends at once: each acknowledged or refused with a time; all are in the log in the end, once", { timeout: 120_000 }, async () => {
  const people = await Promise.all(Array.from({ length: 8 }, (_, index) => Person.of(server, `sender${index}`)));
  const conv = await alice.group("Thousand", ["sub:bob", ...people.map(({ id }) => id)]);
  const watcher = bob.line(conv);
  const lines = people.map((person) => person.line(conv));
  await Promise.all([watcher, ...lines].map((line) => line.at(11)));
  const began = (await alice.conversation(conv)).seq;
  const jobs = Array.from({ length: 1000 }, (_, index) => ({ who: index % 8, key: randomUUID(), command: message(`m${index}`), byHttp: index % 50 === 0 }));
  const placed = new Map();
  const start = performance.now();
  for (let waiting = jobs, round = 0; waiting.length > 0; round++) {
    assert.ok(round < 100);
    const answers = await Promise.all(waiting.map(async ({ who, key, command, byHttp }) => {
      if (!byHttp) return lines[who].command(command, key);
      const { status, body } = await people[who].call("POST", `/v1/conversations/${conv}/messages`, { key, body: { content: command.content } });
      assert.ok(status === 201 || status === 429 || status === 503, String(status));
      return body;
    }));
    const next = [];
    let wait = 0;
    for (const [index, answer] of answers.entries()) {
      if (answer.seq) {
        assert.ok(!placed.has(waiting[index].key));
        placed.set(waiting[index].key, answer.seq);
        continue;
      }
      assert.ok(["rate_limited", "overloaded"].includes(answer.code), JSON.stringify(answer));
      assert.equal(answer.retry, true);
      assert.ok(answer.retry_after_ms > 0 && answer.retry_after_ms < 60_000, JSON.stringify(answer));
      wait = Math.max(wait, answer.retry_after_ms);
      next.push(waiting[index]);
    }
    if (round === 0) {
      // A slow machine gives the buckets time to fill again, and only that time.
      const most = 800 + (8 * 20 * (performance.now() - start)) / 1000;
      assert.ok(placed.size >= 800 && placed.size <= most, `the bursts of eight people pass, and what time has refilled: ${placed.size} of ${most}`);
    }
    waiting = next;
    // What the server asked for, and then some for all who wait behind the first.
    if (waiting.length > 0) await pause(Math.max(wait, 500));
  }
  await watcher.at(began + 1000);
  assert.equal((await alice.conversation(conv)).seq, began + 1000);
  assert.equal(new Set(placed.values()).size, 1000);
  for (const item of watcher.log.items.values()) if (placed.has(item.envelope.key)) assert.equal(placed.get(item.envelope.key), item.envelope.seq);
  await Promise.all([watcher, ...lines].map((line) => line.close()));
});

test("one user's flood is refused and does not keep another from speaking", async () => {
  const conv = await alice.group("Flood", ["sub:bob"]);
  const line = alice.line(conv);
  await line.at(3);
  const answers = await Promise.all(Array.from({ length: 400 }, (_, index) => line.command(message(`${index}`))));
  assert.ok(answers.filter(({ code }) => code === "rate_limited").length >= 200);
  assert.ok(answers.filter(({ seq }) => seq).length >= 99, "a burst passes");
  const { body, status, headers } = await alice.call("POST", `/v1/conversations/${conv}/messages`, { body: { content: { kind: "text", text: "more" } } });
  if (status !== 201) {
    assert.deepEqual([status, body.code], [429, "rate_limited"]);
    assert.ok(Number(headers.get("retry-after")) >= 1);
  }
  await bob.send(conv, "I may");
  assert.equal(line.end, null);
  await line.close();
});

test("cursors and signals of one user share a rate, however many sockets send them", async () => {
  const conv = await alice.group("Signals", ["sub:bob"]);
  const lines = Array.from({ length: 5 }, () => bob.line(conv));
  await Promise.all(lines.map((line) => line.at(3)));
  for (const line of lines) for (let index = 0; index < 50; index++) line.say({ t: "typing", on: index % 2 === 0 });
  // Answers come in order, so this one stands behind all of them.
  for (const line of lines) line.say({ t: "ack", seq: 4_000 });
  await Promise.all(lines.map((line) => line.until(() => line.errors.some(({ code }) => code === "cursor_out_of_range"))));
  const refused = lines.flatMap(({ errors }) => errors).filter(({ code }) => code === "rate_limited");
  assert.ok(refused.length >= 100, `of 250 at once about sixty pass: ${refused.length} were refused`);
  assert.ok(refused.every(({ retry, retry_after_ms }) => retry && retry_after_ms > 0));
  // Another user is not the worse for it.
  const line = alice.line(conv);
  await line.at(3);
  line.say({ t: "read", seq: 3 });
  await line.until(() => line.receipts.get(alice.id)?.read === 3, "the other's receipt");
  assert.deepEqual(line.errors, []);
  await Promise.all([...lines, line].map((line) => line.close()));
});

test("one user holds at most twenty sockets on a conversation, and on the inbox", async () => {
  const conv = await alice.group("Sockets", ["sub:bob"]);
  const lines = Array.from({ length: 20 }, () => bob.line(conv));
  await Promise.all(lines.map((line) => line.at(3)));
  assert.equal((await bob.line(conv).closed).code, 4203);
  assert.ok(lines.every(({ end }) => end === null));
  const other = alice.line(conv);
  await other.at(3);
  const inboxes = Array.from({ length: 20 }, () => bob.inbox());
  await Promise.all(inboxes.map((inbox) => inbox.until(() => inbox.welcome)));
  assert.equal((await bob.inbox().closed).code, 4203);
  await Promise.all([...lines, ...inboxes, other].map((line) => line.close()));
});
