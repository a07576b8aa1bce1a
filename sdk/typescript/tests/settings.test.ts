import assert from "node:assert/strict";
import { test } from "node:test";
import { Roster } from "../src/roster.ts";
import type { ConversationResource, Event, Role, SettingsChange } from "../src/wire.ts";
import { userId } from "./log.ts";

const [ada, ben] = [userId("ada"), userId("ben")];

/** What the server says of a group in which you are Ada. */
function resource(role: Role, more: Partial<ConversationResource> = {}): ConversationResource {
  const receipt = { user: ada, delivered: 3, read: 3, read_n: 0 };
  const base = { id: `gg${"0".repeat(26)}`, kind: "group", encryption: "none", history: "all", epoch: "0", seq: 3, n: 0, at: 1_000, root: "", info: { v: 1 }, member_count: 2, cells_version: 0 } as const;
  return { ...base, you: { user: ada, role, receipt, unread: 0 }, ...more };
}

function event(seq: number, type: string, actor: string, at: number, params?: { settings?: SettingsChange; user?: string; role?: Role }): Event {
  return { envelope: { actor, at, conv: "", epoch: "0", key: crypto.randomUUID(), n: 0, seq, type, v: 1, ...(params && { params }) }, content: null, salt: null } as Event;
}

test("settings are folded from events, and a welcome has them whole", () => {
  const roster = new Roster();
  roster.describe(resource("member"));
  assert.deepEqual(roster.settings, { add: "members", frozen: false, invite: "admins", mention: "members", pin: "members", post: "everyone", react: "everyone", slow_mode_s: 0, visibility: "private" });
  assert.deepEqual(roster.apply(event(4, "conversation.settings_changed", ben, 2_000, { settings: { slow_mode_s: 30, post: "admins" } })), ["head", "info"]);
  assert.deepEqual(roster.settings, { add: "members", frozen: false, invite: "admins", mention: "members", pin: "members", post: "admins", react: "everyone", slow_mode_s: 30, visibility: "private" });
  roster.apply(event(5, "conversation.settings_changed", ben, 2_000, { settings: { thread: "everyone", react: "moderators" } }));
  assert.deepEqual([roster.settings.thread, roster.settings.react], ["everyone", "moderators"]);
  roster.describe(resource("member", { seq: 9, settings: { add: "members", frozen: true, post: "everyone", slow_mode_s: 0 } }));
  roster.apply(event(5, "conversation.settings_changed", ben, 2_000, { settings: { frozen: false } }));
  assert.equal(roster.settings.frozen, true, "what the welcome counts already is not counted again");
});

test("in slow mode one's own last message says when the next may follow; moderators wait for nothing", () => {
  const roster = new Roster();
  roster.describe(resource("member"));
  roster.apply(event(4, "message.created", ada, 2_000));
  roster.apply(event(5, "conversation.settings_changed", ben, 3_000, { settings: { slow_mode_s: 30 } }));
  assert.equal(roster.you?.nextAt, null, "what was sent before does not count");
  roster.apply(event(6, "message.created", ben, 4_000));
  assert.equal(roster.you?.nextAt, null, "nor does what others send");
  roster.apply(event(7, "message.created", ada, 5_000));
  assert.equal(roster.you?.nextAt, 35_000);
  roster.apply(event(8, "conversation.settings_changed", ben, 6_000, { settings: { slow_mode_s: 60 } }));
  assert.equal(roster.you?.nextAt, 65_000);
  roster.apply(event(9, "member.role_changed", ben, 7_000, { user: ada, role: "moderator" }));
  assert.equal(roster.you?.nextAt, null);
  const again = new Roster();
  const you = resource("guest").you;
  again.describe(resource("guest", { settings: { slow_mode_s: 10 }, you: { ...you, spoke_at: 500 } }));
  assert.equal(again.you?.nextAt, 10_500, "the server says it after a reload");
});
