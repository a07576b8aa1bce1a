import assert from "node:assert/strict";
import { test } from "node:test";
import type { Item, Message } from "@quipu/client";
import { checkSide, compareSides, type Side } from "./checks.ts";

function event(seq: number): Item {
  return { envelope: { seq } } as unknown as Item;
}

function message(seq: number | null, text: string, more: Partial<Message> = {}): Message {
  return { seq, key: `key-${seq ?? text}`, author: "a", mine: false, version: 1, deleted: null, text, change: null, ...more } as Message;
}

function side(seqs: readonly number[], texts: readonly string[] = seqs.map((seq) => `text ${seq}`)): Side {
  return { items: seqs.map(event), messages: seqs.map((seq, index) => message(seq, texts[index] ?? "")) };
}

test("a contiguous side has lost and repeated nothing", () => {
  assert.deepEqual(checkSide(side([4, 5, 6])), { from: 4, to: 6, lost: 0, repeated: 0 });
  assert.deepEqual(checkSide({ items: [], messages: [] }), { from: 0, to: 0, lost: 0, repeated: 0 });
});

test("withheld events count as received", () => {
  const items: Item[] = [{ withheld: { from: 1, to: 4 } }, event(5)];
  assert.deepEqual(checkSide({ items, messages: [] }), { from: 1, to: 5, lost: 0, repeated: 0 });
});

test("a hole counts as lost, by its width", () => {
  assert.equal(checkSide(side([1, 2, 5])).lost, 2);
});

test("a repeated event, a message shown twice and a key shown twice count as repeated", () => {
  assert.equal(checkSide({ items: [event(1), event(2), event(2)], messages: [] }).repeated, 1);
  assert.equal(checkSide({ items: [], messages: [message(1, "x"), message(1, "x")] }).repeated, 1);
  const sent = message(7, "x", { mine: true, key: "k" });
  const still = message(null, "x", { mine: true, key: "k" });
  assert.equal(checkSide({ items: [], messages: [sent, still] }).repeated, 1);
});

test("sides that hold the same are equal, however far back each has loaded", () => {
  assert.equal(compareSides(side([1, 2, 3, 4]), side([3, 4])), "equal");
});

test("a side that has not received the last messages is behind, not different", () => {
  assert.equal(compareSides(side([1, 2, 3]), side([1, 2])), "behind");
  // An edit that only the side in front has seen does not make them differ.
  assert.equal(compareSides(side([1, 2, 3], ["edited", "text 2", ""]), side([1, 2])), "behind");
});

test("another text, another key or a missing message is a difference", () => {
  assert.equal(compareSides(side([1, 2]), side([1, 2], ["text 1", "other"])), "different");
  const missing: Side = { items: [event(1), event(2)], messages: [message(1, "text 1")] };
  assert.equal(compareSides(side([1, 2]), missing), "different");
});

test("an edit still waiting in one's own outbox makes no difference", () => {
  const waiting: Side = {
    items: [event(1)],
    messages: [message(1, "new text", { change: { key: "k" } as Message["change"] })],
  };
  assert.equal(compareSides(waiting, side([1])), "equal");
});
