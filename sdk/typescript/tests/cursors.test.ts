// Marks of who is typing end by themselves, where whoever typed was killed before saying so.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TypingMarks } from "../src/cursors.ts";

test("who goes silent while typing is shown for six seconds at most, and each new sign begins them anew", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let told = 0;
  const marks = new TypingMarks(() => (told += 1));
  assert.equal(marks.set("ada", true), true);
  t.mock.timers.tick(4_000);
  assert.equal(marks.set("ben", true), true);
  assert.equal(marks.set("ada", true), false, "said again changes nothing that is shown");
  t.mock.timers.tick(5_999);
  assert.deepEqual([marks.users, told], [["ada", "ben"], 0]);
  t.mock.timers.tick(1);
  assert.deepEqual([marks.users, told], [[], 2]);
  marks.set("ada", true);
  assert.equal(marks.clear(), true);
  t.mock.timers.tick(10_000);
  assert.equal(told, 2, "what was cleared is not told of again");
});
