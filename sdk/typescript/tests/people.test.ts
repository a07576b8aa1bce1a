import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { People, type PeopleState } from "../src/people.ts";
import { userId } from "./log.ts";
import { Server } from "./server.ts";
import { client } from "./setup.ts";

const options = { timeout: 20_000 };
const BEN = userId("ben");

/** A device of Ada's, online. */
async function device(t: TestContext, server: Server): Promise<People> {
  const quipu = client(t, server, "ada");
  const people = new People(quipu);
  t.after(() => people.close());
  const before = server.history.length;
  quipu.inbox.open();
  await server.until(() => server.history.slice(before).some(({ path, said }) => path === "/v1/inbox/socket" && said));
  return people;
}

function becomes(people: People, test: (state: PeopleState) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!test(people.state)) return;
      stop();
      resolve();
    };
    const stop = people.subscribe(look);
    look();
  });
}

test("who is blocked on one device is on all, and so is who is a contact no longer", options, async (t) => {
  const server = new Server();
  const [desk, phone] = [await device(t, server), await device(t, server)];
  await phone.load();
  assert.deepEqual([phone.state.ready, phone.of(BEN)], [true, { user: BEN }]);
  assert.deepEqual(await desk.block(BEN), { user: BEN, blocked: true });
  await becomes(phone, ({ people }) => people.get(BEN)?.blocked === true);
  await desk.addContact(BEN);
  await desk.unblock(BEN);
  await becomes(phone, ({ people }) => people.get(BEN)?.contact === true && people.get(BEN)?.blocked === undefined);
  await phone.removeContact(BEN);
  await becomes(desk, ({ people }) => !people.has(BEN));
});

test("long lists come whole, and what changed while offline comes with the next connection", options, async (t) => {
  const server = new Server();
  const all = Array.from({ length: 230 }, (_, n) => userId(`other ${n}`));
  const owner = userId("ada");
  for (const user of all) server.setPerson(owner, "blocks", user, true);
  const people = await device(t, server);
  await people.load();
  assert.equal(people.state.people.size, all.length);
  for (const socket of [...server.sockets]) socket.close(1012, "restart");
  server.setPerson(owner, "blocks", all[0] ?? "", false);
  await becomes(people, (state) => state.people.size === all.length - 1);
});

test("who may write first is asked and changed", options, async (t) => {
  const people = await device(t, new Server());
  assert.deepEqual(await people.reach(), { audience: "everyone" });
  assert.deepEqual(await people.setReach("contacts"), { audience: "contacts" });
  assert.deepEqual(await people.reach(), { audience: "contacts" });
});

test("a failure is told, and the next load mends it", options, async (t) => {
  const server = new Server();
  const people = await device(t, server);
  server.faults.upgrade = (path) => (path === "/v1/blocks" ? 404 : null);
  await people.load();
  assert.ok(people.state.error && !people.state.ready);
  delete server.faults.upgrade;
  await people.load();
  assert.deepEqual([people.state.error, people.state.ready], [null, true]);
});
