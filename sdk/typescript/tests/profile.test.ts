import assert from "node:assert/strict";
import { test } from "node:test";
import type { MyProfile, Quipu } from "../src/index.ts";
import { Server } from "./server.ts";
import { client, until, untilInbox } from "./setup.ts";

const options = { timeout: 20_000 };

/** The next own profile that an inbox is told of. */
function told({ inbox }: Quipu): Promise<MyProfile> {
  return new Promise((resolve) => {
    const stop = inbox.subscribe((event) => {
      if (event.type !== "profile") return;
      stop();
      resolve(event.profile);
    });
  });
}

test("a changed profile is answered, told to one's other devices, and asked for by others", options, async (t) => {
  const server = new Server();
  const [phone, desk, other] = [client(t, server, "ada"), client(t, server, "ada"), client(t, server, "ben")];
  desk.inbox.open();
  const { user } = await untilInbox(desk.inbox, ({ connection, user }) => connection === "online" && user !== null);
  assert.ok(user);
  assert.deepEqual(await phone.profile(), { user, own: {} });
  const heard = told(desk);
  const changed = await phone.setProfile({ name: "Ada", bio: "Counts." });
  assert.deepEqual(changed, { user, version: 1, name: "Ada", bio: "Counts.", own: {} });
  assert.deepEqual(await heard, changed);
  assert.deepEqual(await other.user(user), { user, version: 1, name: "Ada", bio: "Counts." });
});

test("a member's cell brings name, picture and status, and takes them away again", options, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  const conversation = client(t, server, "ada").conversation(log.id);
  conversation.open();
  await conversation.ready();
  const ben = [...conversation.state.members.keys()].find((user) => user !== conversation.state.you?.user);
  assert.ok(ben);
  const shown = { user: ben, name: "Ben", picture: "https://a.example/b.png", status: { emoji: "🌴" }, version: 2 };
  server.tell(log, log.cell({ kind: "profile", ...shown }));
  const state = await until(conversation, ({ members }) => members.get(ben)?.profile.version === 2);
  assert.deepEqual(state.members.get(ben)?.profile, shown);
  server.tell(log, log.cell({ kind: "profile", user: ben, version: 3 }));
  const bare = await until(conversation, ({ members }) => members.get(ben)?.profile.version === 3);
  assert.deepEqual(bare.members.get(ben)?.profile, { user: ben, version: 3 });
});
