import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event, Message } from "../src/index.ts";
import { Messages } from "../src/messages.ts";
import { ConversationLog, userId } from "./log.ts";
import { Server } from "./server.ts";
import { client, random, until } from "./setup.ts";

const [ada, ben] = [userId("ada"), userId("ben")];

function history(): { log: ConversationLog; before: Event[] } {
  const log = new ConversationLog(`gg${"0".repeat(26)}`, ada, "ada");
  log.join(ada, ben, "ben");
  const run = (who: string, command: Parameters<ConversationLog["decide"]>[1]["command"]): void => {
    const answer = log.decide(who, { key: crypto.randomUUID(), command });
    assert.ok("ack" in answer, JSON.stringify(answer));
  };
  for (const text of ["one", "two", "three"]) run(ada, { type: "message.send", content: { kind: "text", text } });
  run(ada, { type: "message.react", seq: 4, emoji: "👍" });
  run(ben, { type: "message.react", seq: 4, emoji: "🎉" });
  run(ben, { type: "message.react", seq: 4, emoji: "👍" });
  run(ada, { type: "message.react", seq: 5, emoji: "👍" });
  // As somebody read it who came early: with content that has been erased since.
  const before = structuredClone(log.events);
  run(ada, { type: "message.unreact", seq: 4, emoji: "👍" });
  run(ada, { type: "message.react", seq: 4, emoji: "👍" });
  run(ben, { type: "message.unreact", seq: 4, emoji: "🎉" });
  run(ada, { type: "message.delete", seq: 5 });
  return { log, before };
}

const shown = (message: Message | undefined): unknown => message?.reactions.map(({ emoji, count, users, mine }) => [emoji, count, users, mine]);

test("whatever order pages bring events in, erased or not, the reactions are the same", () => {
  const { log, before } = history();
  const early = [...before, ...log.events.slice(before.length)];
  const dice = random(11);
  for (let round = 0; round < 300; round += 1) {
    const messages = new Messages();
    const events = (round % 2 === 0 ? log.events : early).map((event) => ({ event, at: round < 2 ? 0 : dice() }));
    for (const { event } of events.sort((a, b) => a.at - b.at)) messages.apply(event, ada);
    for (const event of log.events.slice(0, round % 7)) messages.apply(event, ada);
    assert.deepEqual(shown(messages.bySeq.get(4)), [["👍", 2, [ben, ada], true]]);
    assert.deepEqual(shown(messages.bySeq.get(5)), []);
    assert.deepEqual(shown(messages.bySeq.get(6)), []);
  }
});

test("one's own reaction shows at once, is counted once, and leaves when it is taken back", { timeout: 20_000 }, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  const { ack } = log.decide(ben, { key: crypto.randomUUID(), command: { type: "message.send", content: { kind: "text", text: "hi" } } }) as { ack: { seq: number } };
  const { seq } = ack;
  const handle = client(t, server, "ada").conversation(log.id);
  handle.open();
  await handle.ready();
  const own = userId("ada");
  const counts: number[] = [];
  handle.subscribe((event) => {
    if (event.type === "change") counts.push(handle.state.messages.at(-1)?.reactions[0]?.count ?? 0);
  });
  const first = handle.react(seq, "👍");
  assert.deepEqual(shown(handle.state.messages.at(-1)), [["👍", 1, [own], true]], "before anything was answered");
  await first.settled;
  await until(handle, ({ last }) => last === seq + 1);
  assert.deepEqual(shown(handle.state.messages.at(-1)), [["👍", 1, [own], true]]);
  const back = handle.unreact(seq, "👍");
  assert.deepEqual(shown(handle.state.messages.at(-1)), []);
  await back.settled;
  await until(handle, ({ last }) => last === seq + 2);
  assert.deepEqual(shown(handle.state.messages.at(-1)), []);
  assert.ok(counts.every((count) => count <= 1), `never counted twice: ${counts.join(" ")}`);
  const items = handle.events().filter((item) => "envelope" in item && item.envelope.type === "reaction.added") as Event[];
  assert.deepEqual(items.map(({ content }) => content), [null], "the emoji is let go of");
  assert.deepEqual([handle.audit.unknown, handle.state.timeline.filter(({ kind }) => kind === "message").length], [{}, 1]);
});

test("a reaction that is refused no longer shows, and can be discarded", { timeout: 20_000 }, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  log.decide(ben, { key: crypto.randomUUID(), command: { type: "message.send", content: { kind: "text", text: "hi" } } });
  const { head } = log;
  const handle = client(t, server, "ada").conversation(log.id);
  handle.open();
  await handle.ready();
  const { key, settled } = handle.unreact(head, "👍");
  await assert.rejects(settled, { code: "reaction_not_found" });
  assert.equal(handle.state.messages.at(-1)?.change, null, "the message itself is in no trouble");
  assert.equal(handle.state.outbox.length, 1);
  await handle.discard(key);
  assert.equal(handle.state.outbox.length, 0);
});
