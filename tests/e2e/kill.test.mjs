// Acknowledged means durable: the process is killed at random moments under load, again and again.
import assert from "node:assert/strict";
import { randomInt, randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { FAST, Log, Person } from "../harness/client.mjs";
import { canonical } from "../harness/proof.mjs";
import { startServer } from "../harness/server.mjs";

const KILLS = 50;
const seed = Number(process.env.QUIPU_SEED ?? randomInt(2 ** 31));
let server;
after(() => server?.stop());

/** Mulberry32: the same moments for the same seed, as far as the machine's own timing allows. */
function generator(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test(`${KILLS} kills under load lose, repeat and reorder nothing (QUIPU_SEED=${seed})`, { timeout: 240_000 }, async (t) => {
  t.diagnostic(`seed ${seed}`);
  const random = generator(seed);
  server = await startServer({ vars: FAST });
  const people = await Promise.all(["alice", "bob", "carol", "dave"].map((sub) => Person.of(server, sub)));
  const conv = await people[0].group("Storm", people.slice(1).map(({ sub }) => `sub:${sub}`));
  const acked = new Map(); // key → seq, as answered first
  const texts = new Map(); // key → text
  let [over, broken, resends, acksOfLife] = [false, false, 0, 0];
  let up = Promise.resolve();
  const connecting = new Set();
  const settle = (key, seq) => {
    if (acked.has(key)) assert.equal(seq, acked.get(key), `key ${key} answered twice, differently`);
    acked.set(key, seq);
    acksOfLife += 1;
  };

  /** A socket client: three messages in flight, what is not acknowledged is sent again under its key after every reconnect. */
  async function socketClient(person, log) {
    const waiting = new Map();
    while (!broken && (!over || waiting.size > 0)) {
      await up;
      const line = person.line(conv, { log });
      connecting.add(line);
      line.opened.then(() => connecting.delete(line));
      try {
        await line.until(() => line.welcome, "welcome");
        while (!over || waiting.size > 0) {
          while (!over && waiting.size < 3) {
            const key = randomUUID();
            texts.set(key, `${person.sub} ${texts.size}`);
            waiting.set(key, { key, command: { type: "message.send", content: { kind: "text", text: texts.get(key) } } });
          }
          const batch = [...waiting.values()];
          resends += batch.length;
          for (const answer of await line.commands(batch)) {
            assert.equal(answer.code, undefined, JSON.stringify(answer));
            settle(answer.key, answer.seq);
            waiting.delete(answer.key);
          }
        }
        await line.close();
      } catch (error) {
        // A server that is killed says nothing: 1006. Anything else is a fault.
        if (error.code !== 1006) throw error;
        line.check();
      }
    }
  }

  /** An HTTP client: one message at a time, sent again under its key until it is answered. */
  async function httpClient(person) {
    while (!over && !broken) {
      const key = randomUUID();
      texts.set(key, `${person.sub} ${texts.size}`);
      for (let answer = null; !answer && !broken; ) {
        await up;
        try {
          answer = await person.call("POST", `/v1/conversations/${conv}/messages`, { key, body: { content: { kind: "text", text: texts.get(key) } } });
        } catch (error) {
          if (error.code === "ERR_ASSERTION") throw error;
          resends += 1;
          continue;
        }
        if (answer.status >= 500) {
          assert.equal(answer.body.retry, true, answer.text);
          answer = null;
          continue;
        }
        assert.equal(answer.status, 201, answer.text);
        settle(key, answer.body.seq);
      }
    }
  }

  const logs = people.map(() => new Log());
  const reader = new Log();
  const clients = [...people.slice(0, 3).map((person, index) => socketClient(person, logs[index])), httpClient(people[2]), httpClient(people[3])];
  const failed = Promise.race(clients.map((client) => client.then(() => new Promise(() => {}))));
  failed.catch(() => (broken = true));

  for (let kill = 0; kill < KILLS; kill++) {
    const [before, more] = [acksOfLife, Math.floor(random() * 40)];
    // Between two kills something must be acknowledged, then a random number of acks and a random moment pass.
    const lively = async () => {
      while (!broken && acksOfLife < before + 1 + more) await new Promise((resolve) => setTimeout(resolve, 1));
      await new Promise((resolve) => setTimeout(resolve, random() * 15));
    };
    await Promise.race([lively(), failed]);
    let opened;
    up = new Promise((resolve) => (opened = resolve));
    await server.kill();
    for (const line of connecting) line.abandon();
    connecting.clear();
    await server.start();
    opened();
  }
  over = true;
  await Promise.race([Promise.all(clients), failed]);

  const head = (await people[0].conversation(conv)).seq;
  t.diagnostic(`${KILLS} kills, ${acked.size} messages acknowledged, ${resends} sends and resends, head ${head}`);
  assert.ok(acked.size >= KILLS, "the load was real");
  const exported = await people[3].export(conv);
  const { root } = await people[0].conversation(conv);
  assert.equal(exported.entries.length, head, "no hole");
  assert.equal(exported.root, root, "the root is that of the log");
  assert.equal(exported.header.root, root);

  const placed = new Map();
  for (const { event } of exported.entries) {
    if (event.envelope.type !== "message.created") continue;
    const { key, seq } = event.envelope;
    assert.ok(!placed.has(key), `key ${key} is in the log twice`);
    placed.set(key, seq);
    assert.equal(event.content.text, texts.get(key));
  }
  for (const [key, seq] of acked) assert.equal(placed.get(key), seq, `acknowledged at ${seq}`);
  assert.equal(placed.size, texts.size, "every send was repeated until it was acknowledged");

  const truth = exported.entries.map(({ event }) => canonical(event.envelope));
  for (const [index, log] of logs.slice(0, 3).entries()) {
    const line = people[index].line(conv, { log });
    await line.at(head);
    await line.close();
    // These logs were read over up to fifty sockets: what was shown before a kill must be what the log says after it.
    assert.deepEqual(log.envelopes(), truth.slice(log.first - 1), `${people[index].sub} saw the same order`);
  }
  const line = people[3].line(conv, { log: reader, hello: { after: 0 } });
  await line.at(head);
  assert.deepEqual(reader.envelopes(), truth);
  await line.close();

  const n = placed.size;
  for (const person of people) {
    const { you } = await person.conversation(conv);
    const own = Math.max(...exported.entries.filter(({ event }) => event.envelope.actor === person.id && event.envelope.type === "message.created").map(({ event }) => event.envelope.n));
    assert.equal(you.unread, n - own, `${person.sub} has read up to the last message of their own`);
    const inbox = person.inbox();
    // What a kill cut off is told again by the alarm, half a minute later at most.
    await inbox.entry(conv, (entry) => entry.head_seq === head && entry.head_n === n && entry.unread === n - own, `${person.sub}'s inbox`, 45_000);
    await inbox.close();
  }
});
