import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConversationSettings, Role } from "@quipu/client";
import { obstacle } from "./writing.ts";

const open: ConversationSettings = { add: "members", frozen: false, invite: "admins", mention: "members", pin: "members", post: "everyone", react: "everyone", slow_mode_s: 0, visibility: "private" };

function why(role: Role, settings: Partial<ConversationSettings>, nextAt: number | null = null, mutedUntil: number | null = null) {
  const you = { user: "me", role, unread: 0, nextAt, mutedUntil, receipt: { user: "me", delivered: 0, read: 0, read_n: 0 } };
  return obstacle({ kind: "group", you, settings: { ...open, ...settings } }, 1_000);
}

test("nothing stands in the way of a new conversation", () => {
  assert.equal(why("guest", {}), null);
  assert.equal(obstacle({ kind: null, you: null, settings: open }, 0), null);
});

test("who may not post is told so first, then of the freeze, then of the wait", () => {
  const all = { post: "admins", frozen: true, slow_mode_s: 10 } as const;
  assert.deepEqual(why("member", all, 2_000), { why: "post" });
  assert.deepEqual(why("member", { ...all, post: "everyone" }, 2_000), { why: "frozen" });
  assert.deepEqual(why("member", { slow_mode_s: 10 }, 2_000), { why: "slow", until: 2_000 });
  assert.equal(why("member", { slow_mode_s: 10 }, 1_000), null);
  assert.equal(why("moderator", { frozen: true, slow_mode_s: 10 }), null);
  assert.deepEqual(why("member", { slow_mode_s: 10 }, 2_000, 1_500), { why: "muted", until: 1_500 });
  assert.deepEqual(why("moderator", {}, null, 1_500), { why: "muted", until: 1_500 }, "a moderator can be muted, too");
  assert.equal(why("member", {}, null, 1_000), null, "a mute that is over");
});
