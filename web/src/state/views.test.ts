import assert from "node:assert/strict";
import { test } from "node:test";
import { countOf, offered, VIEWS } from "./views.ts";

const NONE = { conversations: 0, unread: 0, mentions: 0 };
const USUAL = ["all", "unread", "mentions", "direct", "groups"];

test("what is put away is offered where there is some, or while one looks at it", () => {
  assert.deepEqual(offered("all", NONE), USUAL);
  assert.deepEqual(offered("all", { ...NONE, archived: 1 }), [...USUAL, "archived"]);
  assert.deepEqual(offered("hidden", NONE), [...USUAL, "hidden"]);
  assert.deepEqual(offered("unread", { ...NONE, archived: 2, hidden: 1 }), [...VIEWS]);
});

test("beside a part stands how many conversations wait there, how many mentions, or how many are put away", () => {
  const totals = { conversations: 2, unread: 9, mentions: 3, archived: 4, hidden: 5 };
  assert.deepEqual(VIEWS.map((view) => countOf(view, totals)), [0, 2, 3, 0, 0, 4, 5]);
  assert.deepEqual(VIEWS.map((view) => countOf(view, NONE)), [0, 0, 0, 0, 0, 0, 0]);
});
