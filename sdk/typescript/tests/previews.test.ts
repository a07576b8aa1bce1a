import assert from "node:assert/strict";
import { test } from "node:test";
import { userId } from "./log.ts";
import { Server } from "./server.ts";
import { client, until } from "./setup.ts";

const URL = "https://a.example/";

test("a preview follows its message: shown while the text has its link, gone with an edit, a removal, a deletion", { timeout: 20_000 }, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  const say = (text: string): number => server.say(log, "ben", text);
  const told = (change: () => unknown): void => {
    const before = log.head;
    change();
    server.broadcast(log, before);
  };
  const [one, two, three] = [say(`see ${URL}`), say(`and ${URL}`), say(`or ${URL}`)];
  const handle = client(t, server, "ada").conversation(log.id);
  handle.open();
  await handle.ready();
  for (const seq of [one, two, three]) told(() => log.preview(seq, URL, `page ${seq}`));
  let state = await until(handle, ({ messages }) => messages.every(({ preview }) => preview));
  assert.deepEqual(state.messages.map(({ preview }) => preview?.title), [one, two, three].map((seq) => `page ${seq}`));
  assert.deepEqual([state.timeline.filter(({ kind }) => kind === "event").length, handle.audit.unknown], [state.timeline.length - 3, {}], "it is no line");
  const run = (command: Parameters<typeof log.decide>[1]["command"]) => told(() => log.decide(userId("ben"), { key: crypto.randomUUID(), command }));
  run({ type: "message.edit", seq: one, content: { kind: "text", text: "no link" } });
  run({ type: "message.remove_preview", seq: two });
  run({ type: "message.delete", seq: three });
  state = await until(handle, ({ messages }) => messages.at(-1)?.deleted !== null);
  assert.deepEqual(state.messages.map(({ preview }) => preview), [null, null, null]);
  run({ type: "message.edit", seq: one, content: { kind: "text", text: `${URL} again` } });
  state = await until(handle, ({ messages }) => messages[0]?.version === 3);
  assert.equal(state.messages[0]?.preview?.title, `page ${one}`);
});

test("a page of history brings the previews of its messages along, whenever they came", { timeout: 20_000 }, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  const seqs = Array.from({ length: 80 }, (_, n) => server.say(log, "ben", `${n} ${URL}`));
  log.preview(seqs[0] ?? 0, URL, "the first");
  const handle = client(t, server, "ada").conversation(log.id);
  handle.open();
  await handle.ready();
  while (handle.state.hasMore) await handle.loadBefore(20);
  assert.equal(handle.state.messages[0]?.preview?.title, "the first");
});
