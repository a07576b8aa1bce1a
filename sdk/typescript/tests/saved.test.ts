import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { QuipuError } from "../src/index.ts";
import { type SavedList, SavedMessages } from "../src/saved.ts";
import type { ConversationLog } from "./log.ts";
import { userId } from "./log.ts";
import { Server } from "./server.ts";
import { client } from "./setup.ts";

const options = { timeout: 20_000 };
const ADA = userId("ada");

/** A device of Ada's, online. */
async function device(t: TestContext, server: Server): Promise<SavedMessages> {
  const quipu = client(t, server, "ada");
  const saved = new SavedMessages(quipu);
  t.after(() => saved.close());
  const before = server.history.length;
  quipu.inbox.open();
  await server.until(() => server.history.slice(before).some(({ path, said }) => path === "/v1/inbox/socket" && said));
  return saved;
}

function becomes(saved: SavedMessages, test: (state: SavedList) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!test(saved.state)) return;
      stop();
      resolve();
    };
    const stop = saved.subscribe(look);
    look();
  });
}

/** So many messages; their seqs. */
function talk(server: Server, log: ConversationLog, count: number): number[] {
  return Array.from({ length: count }, (_, n) => server.say(log, "ada", `message ${n}`));
}

const texts = ({ saved }: SavedList): (string | null)[] => saved.map(({ message }) => (message?.content?.kind === "text" ? message.content.text : null));

test("what is saved on one device is on all, in list and marks, and so is what is taken out", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  const [one = 0, two = 0] = talk(server, log, 2);
  const [desk, phone] = [await device(t, server), await device(t, server)];
  await Promise.all([phone.load(), phone.follow(log.id), desk.follow(log.id)]);
  assert.deepEqual([phone.state.ready, phone.state.saved, phone.has(log.id, one)], [true, [], false]);
  const saving = desk.set(log.id, one, true);
  assert.ok(desk.has(log.id, one), "shown at once");
  await saving;
  await desk.set(log.id, two, true);
  await becomes(phone, (state) => state.saved.length === 2);
  assert.deepEqual(texts(phone.state), ["message 1", "message 0"]);
  for (const each of [desk, phone]) assert.deepEqual([each.has(log.id, one), each.has(log.id, two)], [true, true]);
  const asked = server.requests.length;
  await phone.set(log.id, one, false);
  assert.deepEqual([texts(phone.state), phone.state.count, phone.has(log.id, one)], [["message 1"], 1, false]);
  await becomes(desk, () => !desk.has(log.id, one));
  assert.equal(server.requests.length, asked + 1, "what is taken out is told whole: nothing is loaded anew");
});

test("what was missed is made up for: by a lost frame, and by a lost connection", options, async (t) => {
  const server = new Server();
  const [log, other] = [server.conversation("ada"), server.conversation("ada")];
  const seqs = talk(server, log, 4);
  const desk = await device(t, server);
  await Promise.all([desk.load(), desk.follow(log.id), desk.follow(other.id)]);
  let lost = 1;
  server.faults.outgoing = (frame) => (frame.t === "saved" && lost-- > 0 ? [] : null);
  server.save(ADA, log.id, seqs[0] ?? 0, true);
  server.save(ADA, log.id, seqs[1] ?? 0, true);
  await becomes(desk, (state) => state.saved.length === 2 && desk.has(log.id, seqs[0] ?? 0) && desk.has(log.id, seqs[1] ?? 0));
  server.closeAll(4000, "restart", "inbox");
  server.save(ADA, log.id, seqs[0] ?? 0, false);
  server.save(ADA, log.id, seqs[2] ?? 0, true);
  await becomes(desk, () => !desk.has(log.id, seqs[0] ?? 0) && desk.has(log.id, seqs[2] ?? 0) && texts(desk.state).join() === "message 2,message 1");
  assert.equal(desk.has(other.id, seqs[1] ?? 0), false);
});

test("nothing is asked of an account that never saved anything", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  const [one = 0] = talk(server, log, 1);
  const [desk, phone] = [await device(t, server), await device(t, server)];
  assert.equal(desk.has(log.id, one), false);
  await phone.set(log.id, one, true);
  await becomes(desk, () => desk.has(log.id, one));
  assert.deepEqual(server.requests.filter(({ path }) => path.startsWith("/v1/saved")).map(({ method }) => method), ["PUT"]);
});

test("what is refused is taken back and told", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ben");
  const desk = await device(t, server);
  await desk.follow(log.id);
  const refused = desk.set(log.id, 1, true);
  assert.ok(desk.has(log.id, 1));
  await assert.rejects(refused, (error) => error instanceof QuipuError && error.code === "not_a_member");
  assert.equal(desk.has(log.id, 1), false);
});

test("pages follow each other, each once, also where something is saved between", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  const seqs = talk(server, log, 51);
  for (const seq of seqs.slice(0, 45)) server.save(ADA, log.id, seq, true);
  const desk = await device(t, server);
  await desk.load();
  assert.deepEqual([desk.state.saved.length, desk.state.hasMore, desk.state.count], [20, true, 45]);
  await desk.loadMore();
  assert.equal(desk.state.saved.length, 40);
  server.save(ADA, log.id, seqs[50] ?? 0, true);
  await becomes(desk, (state) => state.saved[0]?.seq === seqs[50]);
  while (desk.state.hasMore) await desk.loadMore();
  assert.deepEqual(desk.state.saved.map(({ seq }) => seq), [seqs[50], ...seqs.slice(0, 45).reverse()]);
});

test("a message is shown as it is now, and what is gone as gone; a failure is told", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada");
  const [one = 0, two = 0] = talk(server, log, 2);
  for (const seq of [one, two]) server.save(ADA, log.id, seq, true);
  log.decide(ADA, { key: "k1", command: { type: "message.edit", seq: one, content: { kind: "text", text: "in other words" } } });
  log.decide(ADA, { key: "k2", command: { type: "message.delete", seq: two } });
  const desk = await device(t, server);
  await desk.load();
  assert.deepEqual(texts(desk.state), [null, "in other words"]);
  assert.deepEqual(desk.state.saved.map(({ message }) => message && [message.author, message.edited]), [null, [ADA, true]]);
  server.faults.upgrade = (path) => (path === "/v1/saved" ? 403 : null);
  await desk.load();
  assert.deepEqual([desk.state.error?.code, desk.state.saved.length], ["not_a_member", 2]);
});
