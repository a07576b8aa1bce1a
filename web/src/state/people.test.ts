import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { People } from "./people.ts";

const BEN = "ug14bayj1se3rw0t3g7bzrk2pca0";

test("an account's word stands over a token's, and newer over older", () => {
  const people = new People([]);
  people.learnProfile({ user: BEN, name: "Ben Token", picture: "https://a.example/token.png" });
  people.learnProfile({ user: BEN, name: "Ben Own", version: 2 });
  assert.deepEqual([people.name(BEN), people.get(BEN).picture], ["Ben Own", undefined]);
  people.learn(BEN, "Ben of an old line");
  people.learnProfile({ user: BEN, name: "Ben Older", version: 1 });
  people.learnProfile({ user: BEN, name: "Ben Token" });
  assert.equal(people.name(BEN), "Ben Own");
  people.learnProfile({ user: BEN, name: "Ben Newer", version: 3 });
  assert.equal(people.name(BEN), "Ben Newer");
});

test("a token's picture stays where a later word does not name one; whoever has said nothing goes by their id", () => {
  const people = new People([{ subject: "layla", name: "Layla of the demo" }]);
  people.learnProfile({ user: BEN }, "ben");
  assert.equal(people.name(BEN), "ben");
  people.learnProfile({ user: BEN, name: "Ben", picture: "https://a.example/b.png" });
  people.learn(BEN, "Ben");
  assert.equal(people.get(BEN).picture, "https://a.example/b.png");
  people.learnProfile({ user: "layla", version: 1 }, "layla");
  assert.equal(people.name("layla"), "Layla of the demo");
  people.learnProfile({ user: BEN, name: "Ben", picture: "http://a.example/plain.png", version: 1 });
  assert.equal(people.get(BEN).picture, undefined);
});

test("a status ends when its time comes, and the page is told", () => {
  mock.timers.enable({ apis: ["Date", "setTimeout"], now: 1_000 });
  try {
    const people = new People([]);
    people.learnProfile({ user: BEN, name: "Ben", status: { emoji: "🌴", until: 5_000 }, version: 1 });
    assert.equal(people.status(BEN)?.emoji, "🌴");
    const before = people.version.value;
    mock.timers.tick(4_001);
    assert.ok(people.version.value > before);
    assert.equal(people.status(BEN), undefined);
    people.learnProfile({ user: BEN, name: "Ben", status: { text: "Back" }, version: 2 });
    assert.deepEqual(people.status(BEN), { text: "Back" });
  } finally {
    mock.timers.reset();
  }
});
