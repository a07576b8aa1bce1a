import assert from "node:assert/strict";
import { test } from "node:test";
import { Moderation } from "../src/moderation.ts";
import { Roster } from "../src/roster.ts";
import type { BansPage, ConversationResource, Event, Member, Params, Role } from "../src/wire.ts";
import { userId } from "./log.ts";
import { Server } from "./server.ts";
import { client, until } from "./setup.ts";

const [ada, ben, dan] = [userId("ada"), userId("ben"), userId("dan")];

/** What the server says of a group in which you are Ada. */
function resource(more: Partial<ConversationResource> = {}, muted_until?: number): ConversationResource {
  const receipt = { user: ada, delivered: 3, read: 3, read_n: 0 };
  const base = { id: `gg${"0".repeat(26)}`, kind: "group", encryption: "none", history: "all", epoch: "0", seq: 3, n: 0, at: 1_000, root: "", info: { v: 1 }, member_count: 2, cells_version: 0 } as const;
  return { ...base, you: { user: ada, role: "member", receipt, unread: 0, ...(muted_until !== undefined && { muted_until }) }, ...more };
}

function member(user: string, muted_until?: number): Member {
  const receipt = { user, delivered: 0, read: 0, read_n: 0 };
  return { user, role: "member" as Role, joined: 2, profile: { user }, receipt, ...(muted_until !== undefined && { muted_until }) };
}

function event(seq: number, type: string, params: Params): Event {
  return { envelope: { actor: ben, at: seq, conv: "", epoch: "0", key: crypto.randomUUID(), n: 0, seq, type, v: 1, params }, content: null, salt: null } as Event;
}

test("mutes are folded from events, outlast leaving and coming back, and a welcome has them", () => {
  const roster = new Roster();
  roster.describe(resource(), [member(ada), member(ben)]);
  assert.equal(roster.you?.mutedUntil, null);
  assert.deepEqual(roster.apply(event(4, "member.muted", { user: ada, until: 9_000 })), ["head", "members"]);
  assert.deepEqual([roster.you?.mutedUntil, roster.members.get(ada)?.muted_until], [9_000, 9_000]);
  roster.apply(event(5, "member.unmuted", { user: ada }));
  assert.deepEqual([roster.you?.mutedUntil, "muted_until" in (roster.members.get(ada) ?? {})], [null, false]);
  roster.describe(resource({ seq: 7 }, 8_000), [member(ada, 8_000), member(ben, 7_000)]);
  assert.equal(roster.you?.mutedUntil, 8_000);
  roster.apply(event(6, "member.unmuted", { user: ada }));
  assert.equal(roster.you?.mutedUntil, 8_000, "what the welcome counts already is not counted again");
  roster.apply(event(8, "member.left", { user: ben }));
  roster.apply(event(9, "member.joined", { user: ben, role: "member" }));
  assert.equal(roster.members.get(ben)?.muted_until, 7_000);
  roster.page([member(ben)], true);
  assert.equal(roster.members.get(ben)?.muted_until, 7_000, "a page read before the event undoes nothing");
});

test("a ban takes a member out, and counts nobody who was none", () => {
  const roster = new Roster();
  roster.describe(resource(), [member(ada), member(ben)]);
  assert.deepEqual(roster.apply(event(4, "member.banned", { user: dan })), ["head"]);
  assert.deepEqual([roster.memberCount, roster.members.size], [2, 2]);
  assert.deepEqual(roster.apply(event(5, "member.banned", { user: ben, role: "member" })), ["head", "members"]);
  assert.deepEqual([roster.memberCount, [...roster.members.keys()]], [1, [ada]]);
  roster.page([member(ben)], true);
  assert.equal(roster.members.has(ben), false);
  assert.deepEqual(roster.apply(event(6, "member.unbanned", { user: ben })), ["head"]);
  assert.equal(roster.memberCount, 1);
});

test("a welcome says how many reports are open, and a signal when that changes", { timeout: 20_000 }, async (t) => {
  const server = new Server();
  const log = server.conversation("ada", "ben");
  const handle = client(t, server, "ada").conversation(log.id);
  handle.open();
  await handle.ready();
  assert.equal(handle.state.reports, 0);
  for (const socket of server.sockets) socket.send({ t: "reports", open: 3 });
  await until(handle, ({ reports }) => reports === 3);
  const roster = new Roster();
  roster.describe(resource({ reports: 2 }));
  assert.equal(roster.reports, 2);
});

test("acts go to their endpoints, and bans are read to the end", async () => {
  const asked: unknown[] = [];
  const pages: BansPage[] = [{ bans: [{ user: ben, seq: 4, by: ada, at: 1, profile: { user: ben } }], next: ben }, { bans: [{ user: dan, seq: 5, by: ada, at: 2, profile: { user: dan } }] }];
  const request = <T>(method: string, path: string, options?: unknown): Promise<T> => {
    asked.push([method, path, options]);
    return Promise.resolve((method === "GET" ? pages.shift() : { key: "", seq: 1 }) as T);
  };
  const moderation = new Moderation({ request }, "gg1");
  await moderation.ban("sub:ben");
  await moderation.unban("sub:a/b");
  await moderation.mute(ben, 3_600);
  await moderation.mute(ben);
  await moderation.unmute(ben);
  assert.deepEqual((await moderation.bans()).map(({ user }) => user), [ben, dan]);
  const [base, of] = ["/v1/conversations/gg1", `/v1/conversations/gg1/members/${ben}/mute`];
  assert.deepEqual(asked, [
    ["POST", `${base}/bans`, { body: { user: "sub:ben" } }],
    ["DELETE", `${base}/bans/sub%3Aa%2Fb`, undefined],
    ["POST", of, { body: { for_s: 3_600 } }],
    ["POST", of, { body: {} }],
    ["DELETE", of, undefined],
    ["GET", `${base}/bans`, { query: { after: undefined, limit: 100 } }],
    ["GET", `${base}/bans`, { query: { after: ben, limit: 100 } }],
  ]);
  asked.length = 0;
  await moderation.report(7, { reason: "spam" });
  pages.push({ bans: [] });
  await moderation.reports({ status: "resolved", cursor: 3 });
  await moderation.resolve(3, { action: "removed", note: "enough" });
  pages.push({ bans: [] });
  await moderation.words();
  await moderation.setWords(["rude"]);
  assert.deepEqual(asked, [
    ["POST", "/v1/conversations/gg1/messages/7/report", { body: { reason: "spam" } }],
    ["GET", "/v1/conversations/gg1/reports", { query: { status: "resolved", cursor: 3 } }],
    ["POST", "/v1/conversations/gg1/reports/3/resolve", { body: { action: "removed", note: "enough" } }],
    ["GET", "/v1/conversations/gg1/words", undefined],
    ["PUT", "/v1/conversations/gg1/words", { body: { words: ["rude"], action: "refuse" } }],
  ]);
});
