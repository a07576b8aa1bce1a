import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Quipu } from "../src/index.ts";
import { type Observed, Presences, type PresencesOptions } from "../src/presence.ts";
import { userId } from "./log.ts";
import { type Json, Server } from "./server.ts";
import { client } from "./setup.ts";

const options = { timeout: 20_000 };
const [BEN, CLEO] = [userId("ben"), userId("cleo")];

/** Ada's client, online, and what watches for her. */
async function start(t: TestContext, server: Server, more: PresencesOptions = {}): Promise<{ quipu: Quipu; presences: Presences }> {
  const quipu = client(t, server, "ada");
  const presences = new Presences(quipu, { gatherMs: 5, sayAgainMs: 3_600_000, askAgainMs: 10, ...more });
  t.after(() => presences.close());
  quipu.inbox.open();
  await server.until(() => sockets(server).length === 1);
  return { quipu, presences };
}

const sockets = (server: Server) => [...server.sockets].filter(({ path, said }) => path === "/v1/inbox/socket" && said);
const lists = (server: Server): string[][] =>
  server.history.flatMap(({ received }) => received.filter(({ t }) => t === "watch").map((frame: Json) => (frame.users as { user: string }[]).map(({ user }) => user)));

/** Listens until the state is so. */
function becomes(observed: Observed, state: string | null): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if ((observed.state?.state ?? null) !== state) return;
      stop();
      resolve();
    };
    const stop = observed.subscribe(look);
    look();
  });
}

test("somebody is watched while there is a listener, and no longer", options, async (t) => {
  const server = new Server();
  server.present("ben", { state: "online" });
  const { presences } = await start(t, server);
  const ben = presences.of(BEN, "dg1");
  assert.equal(ben.state, null);
  let heard = 0;
  const stop = ben.subscribe(() => (heard += 1));
  await becomes(ben, "online");
  server.present("ben", { state: "offline", last_seen: 7, at: Date.now() + 1 });
  await becomes(ben, "offline");
  const { last_seen } = presences.of(BEN).state ?? {};
  assert.deepEqual([last_seen, heard], [7, 2]);
  stop();
  await server.until(() => lists(server).at(-1)?.length === 0);
  assert.equal(ben.state, null, "what is not watched is not known");
});

test("those who come together are asked for together, and the same list is not said twice", options, async (t) => {
  const server = new Server();
  for (const name of ["ben", "cleo"]) server.present(name, { state: "away" });
  const { presences } = await start(t, server);
  const stops = [BEN, CLEO].map((user) => presences.of(user).subscribe(() => undefined));
  await becomes(presences.of(CLEO), "away");
  assert.deepEqual(lists(server), [[BEN, CLEO]]);
  // A second listener, and a first that goes, change nothing.
  const second = presences.of(CLEO).subscribe(() => undefined);
  stops[1]?.();
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.deepEqual(lists(server), [[BEN, CLEO]]);
  second();
  await server.until(() => lists(server).at(-1)?.length === 1);
});

test("an older answer does not undo a newer one", options, async (t) => {
  const server = new Server();
  server.present("ben", { state: "online", at: 10 });
  const { presences } = await start(t, server);
  const ben = presences.of(BEN);
  ben.subscribe(() => undefined);
  await becomes(ben, "online");
  server.present("ben", { state: "offline", at: 9 });
  server.present("ben", { state: "away", at: 11 });
  await becomes(ben, "away");
});

test("nothing is known while the connection is gone; the list is said again when it is back", options, async (t) => {
  const server = new Server();
  server.present("ben", {});
  const { presences } = await start(t, server);
  const ben = presences.of(BEN);
  const seen: (string | null)[] = [];
  ben.subscribe(() => void seen.push(ben.state?.state ?? null));
  await becomes(ben, "online");
  server.closeAll(4000, "restart", "/v1/inbox");
  await becomes(ben, null);
  await becomes(ben, "online");
  assert.deepEqual(seen, ["online", null, "online"]);
});

test("the list is said again before the watch ends", options, async (t) => {
  const server = new Server();
  const { presences } = await start(t, server, { sayAgainMs: 10, askAgainMs: 3_600_000 });
  presences.of(BEN).subscribe(() => undefined);
  await server.until(() => lists(server).length >= 4);
  assert.ok(lists(server).every((list) => list[0] === BEN));
});

test("who is hidden is asked once more, by another conversation if there is one", options, async (t) => {
  const server = new Server();
  const { presences } = await start(t, server, { askAgainMs: 100 });
  presences.of(BEN, "gg1").subscribe(() => undefined);
  presences.of(BEN, "dg2").subscribe(() => undefined);
  await becomes(presences.of(BEN), "hidden");
  const convs = (): unknown[] => server.history.flatMap(({ received }) => received.filter(({ t }) => t === "watch").map((frame) => (frame.users as { conv?: string }[])[0]?.conv));
  await server.until(() => convs().length >= 2);
  assert.deepEqual(convs().slice(0, 2), ["gg1", "dg2"]);
  server.presences.set(BEN, { user: BEN, state: "online", at: Date.now() + 1_000 });
  await becomes(presences.of(BEN), "online");
});

test("of more than a hundred those who were asked for last are watched", options, async (t) => {
  const server = new Server();
  const { presences } = await start(t, server);
  for (let index = 0; index < 120; index += 1) presences.of(`u${index}`).subscribe(() => undefined);
  await server.until(() => lists(server).length > 0);
  assert.deepEqual([lists(server)[0]?.length, lists(server)[0]?.[0], lists(server)[0]?.at(-1)], [100, "u20", "u119"]);
});

test("whoever turns away says so, and watches nobody until they are back, also on another connection", options, async (t) => {
  const server = new Server();
  server.present("ben", {});
  const { presences } = await start(t, server);
  const ben = presences.of(BEN);
  ben.subscribe(() => undefined);
  await becomes(ben, "online");
  presences.setAway(true);
  await server.until(() => lists(server).at(-1)?.length === 0);
  assert.equal(ben.state?.state, "online", "what was known stays on the page");
  server.closeAll(4000, "restart", "/v1/inbox");
  const aways = (): unknown[] => server.history.flatMap(({ received }) => received.filter(({ t }) => t === "away").map(({ on }) => on));
  await server.until(() => aways().length === 2);
  presences.setAway(false);
  await becomes(ben, "online");
  assert.deepEqual(aways(), [true, true, false]);
});
