import assert from "node:assert/strict";
import { test } from "node:test";
import type { InboxEntry } from "@quipu/client";
import { shows, VIEWS } from "./views.ts";

const plain: InboxEntry = { id: "x", kind: "direct", epoch: "e", version: 1, member: true, role: "member", head_seq: 1, head_n: 1, at: 1, read_seq: 1, read_n: 1, unread: 0 };
const views = (entry: Partial<InboxEntry>): string[] => VIEWS.filter((view) => shows(view, { ...plain, ...entry }));

test("a conversation stands where it belongs, and what is put away only there", () => {
  assert.deepEqual(views({}), ["all", "direct"]);
  assert.deepEqual(views({ kind: "group", unread: 2 }), ["all", "unread", "groups"]);
  assert.deepEqual(views({ unread: 2, mentions: 1 }), ["all", "unread", "mentions", "direct"]);
  assert.deepEqual(views({ marked_unread: true }), ["all", "unread", "direct"]);
  assert.deepEqual(views({ archived: true, unread: 2 }), ["archived"]);
  assert.deepEqual(views({ hidden: true, marked_unread: true }), ["hidden"]);
  assert.deepEqual(views({ hidden: true, archived: true }), ["archived", "hidden"]);
});
