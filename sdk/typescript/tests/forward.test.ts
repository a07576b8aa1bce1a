import assert from "node:assert/strict";
import { test } from "node:test";
import { Server } from "./server.ts";
import { client, until } from "./setup.ts";

test("a copy goes through the outbox of where it is sent to, and comes back marked", { timeout: 20_000 }, async (t) => {
  const server = new Server();
  const [source, target] = [server.conversation("ada", "ben"), server.conversation("ada", "cleo")];
  target.elsewhere.set(`${source.id}/4`, "worth knowing");
  const quipu = client(t, server, "ada");
  const handle = quipu.conversation(target.id);
  // Not open: it connects, sends, and lets go.
  server.faults.down = true;
  const pending = handle.forward(source.id, 4);
  await pending.stored;
  assert.deepEqual(handle.state.outbox.map(({ status }) => status), ["waiting"]);
  server.faults.down = false;
  quipu.online();
  const { seq } = await pending.settled;
  handle.open();
  await handle.ready();
  const message = handle.state.messages.find((each) => each.seq === seq);
  assert.deepEqual([message?.text, message?.forwarded, message?.mine], ["worth knowing", true, true]);
  assert.equal(handle.state.messages.filter((each) => each.text === "worth knowing").length, 1);
  await handle.send("my own words").settled;
  const own = await until(handle, ({ messages }) => messages.length === 2);
  assert.equal(own.messages.at(-1)?.forwarded, false);
  const refused = handle.forward(source.id, 9);
  await assert.rejects(refused.settled, { code: "source_not_found" });
  await handle.discard(refused.key);
  assert.deepEqual(handle.state.outbox, []);
});
