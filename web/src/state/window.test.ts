import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "@quipu/client";
import { Heights } from "./heights.ts";
import type { Row } from "./rows.ts";
import { drawnRange, margin, stretches, suffices } from "./window.ts";

/** A screen as high as a small window's list. */
const VIEW = 650;

/** Messages of these numbers, as buildRows makes them. */
function many(from: number, to: number): Row[] {
  return Array.from({ length: to - from + 1 }, (_, at) => {
    const n = from + at;
    return { kind: "message", id: `m${n}`, message: { id: `m${n}`, seq: n, text: "x".repeat(n % 200), replyTo: null } as Message, first: n % 3 === 0, last: true };
  });
}

function heightsOf(rows: readonly Row[]): Heights {
  const heights = new Heights();
  heights.fit(600);
  heights.follow(rows);
  return heights;
}

/** Heights that no estimate guesses. */
function realHeight(index: number): number {
  return 37 + ((index * 7919) % 90);
}

test("without a place the newest rows are drawn, as many as fit the screen and its margin", () => {
  const heights = heightsOf(many(1, 100_000));
  const { from, to } = drawnRange(heights, null, VIEW);
  assert.equal(to, 100_000);
  const height = heights.top(to) - heights.top(from);
  assert.ok(height >= VIEW + margin(VIEW) && height < VIEW + margin(VIEW) + 200, String(height));
  assert.deepEqual(drawnRange(heightsOf(many(1, 3)), null, VIEW), { from: 0, to: 3 });
  assert.deepEqual(drawnRange(heightsOf([]), null, VIEW), { from: 0, to: 0 });
});

test("around a place rows are drawn to the margin on both sides, and no more than a page has room for", () => {
  const heights = heightsOf(many(1, 100_000));
  for (let index = 0; index < 100_000; index += 1) heights.measure(index, 37);
  for (const view of [500, VIEW, 1000, 1200]) {
    const place = { id: "m50000", top: 120 };
    const range = drawnRange(heights, place, view);
    const start = place.top - heights.top(49_999);
    const edges = { top: start + heights.top(range.from), bottom: start + heights.top(range.to) };
    assert.ok(edges.top <= -margin(view) && edges.bottom >= view + margin(view));
    assert.ok(suffices(range, heights.count, edges, view));
    assert.ok(range.to - range.from <= 40, `${range.to - range.from} of the lowest rows in ${view} px`);
  }
});

test("what is held stays while rows come above it and below it", () => {
  const heights = heightsOf(many(500, 1000));
  const place = { id: "m502", top: 5 };
  const before = drawnRange(heights, place, VIEW);
  heights.follow(many(400, 1200));
  const after = drawnRange(heights, place, VIEW);
  assert.ok(after.from < heights.indexOf("m502"), "older rows are drawn above it at once");
  assert.ok(before.from === 0 && after.from > 0 && after.to > heights.indexOf("m502"));
  // What has gone leaves the list at its foot.
  assert.equal(drawnRange(heights, { id: "gone", top: 0 }, VIEW).to, heights.count);
});

test("scrolling from end to end always leaves the screen covered, and every row is drawn on the way", () => {
  const rows = many(1, 3000);
  const heights = heightsOf(rows);
  const drawn = new Set<number>();
  let most = 0;
  let place = { id: "m3000", top: VIEW - 40 };
  for (let steps = 0; steps < 10_000; steps += 1) {
    const range = drawnRange(heights, place, VIEW);
    for (let index = range.from; index < range.to; index += 1) {
      heights.measure(index, realHeight(index));
      drawn.add(index);
    }
    const start = place.top - heights.top(heights.indexOf(place.id));
    const edges = { top: start + heights.top(range.from), bottom: start + heights.top(range.to) };
    // Measured higher or lower than estimated, it may have to be drawn once more; the place has not moved.
    if (!suffices(range, heights.count, edges, VIEW)) continue;
    most = Math.max(most, range.to - range.from);
    if (range.from === 0 && edges.top >= 0) break;
    const next = Math.max(range.from, heights.at(-start - 100));
    place = { id: heights.id(next) ?? "", top: start + heights.top(next) + 100 };
  }
  assert.equal(drawn.size, 3000);
  assert.ok(most <= 40, String(most));
});

test("heights are sums of what was measured, and of estimates where nothing was", () => {
  const rows = many(1, 1000);
  const heights = heightsOf(rows);
  for (let index = 0; index < 1000; index += 1) heights.measure(index, realHeight(index));
  let sum = 0;
  for (let index = 0; index < 1000; index += 1) {
    assert.equal(heights.top(index), sum);
    assert.equal(heights.at(sum), index);
    assert.equal(heights.at(sum + realHeight(index) - 1), index);
    sum += realHeight(index);
  }
  heights.measure(10, realHeight(10) + 5);
  assert.equal(heights.top(1000), sum + 5);
  assert.equal(heights.at(-100), 0);
  assert.equal(heights.at(sum * 2), 999);
  assert.equal(heights.indexOf("m1000"), 999);
  assert.equal(heights.indexOf("none"), -1);
  assert.ok(heights.fit(300), "another width");
  assert.notEqual(heights.top(1000), sum + 5);
});

test("the room of rows that are not drawn is as high as they are, and the row with the focus is drawn wherever it is", () => {
  const heights = heightsOf(many(1, 1000));
  const range = { from: 400, to: 420 };
  for (const also of [-1, 0, 100, 399, 410, 420, 999]) {
    const parts = stretches(heights, range, also);
    let at = 0;
    const drawn: number[] = [];
    for (const part of parts) {
      assert.equal(part.from, at);
      const next = part.kind === "rows" ? part.to : heights.at(heights.top(part.from) + part.height);
      at = part.kind === "room" && part.height + heights.top(part.from) >= heights.top(1000) ? 1000 : next;
      if (part.kind === "rows") for (let index = part.from; index < part.to; index += 1) drawn.push(index);
    }
    assert.equal(at, 1000);
    const expected = new Set([...Array.from({ length: 20 }, (_, index) => 400 + index), ...(also >= 0 ? [also] : [])]);
    assert.deepEqual(drawn, [...expected].sort((a, b) => a - b));
  }
});
