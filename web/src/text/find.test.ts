import assert from "node:assert/strict";
import { test } from "node:test";
import { ANYTHING, asTyped, excerpt, filterCount, queryOf } from "./find.ts";

test("what is being typed is a query at every moment", () => {
  for (const [typed, query] of [
    ["", ""],
    ["  ", ""],
    ["tea", "tea*"],
    ["tea ", "tea"],
    ["tea cup", "tea cup*"],
    ['"two cu', '"two cu"*'],
    ['"two cups"', '"two cups"'],
    ['"two cups" te', '"two cups" te*'],
    ["„zwei Tass", '„zwei Tass"*'],
    ['tea "', "tea"],
    ['from:"', ""],
    ['from:"An', 'from:"An"'],
    ["from:an", "from:an"],
    ["tea from:", "tea"],
    ["note:", "note:"],
    ["has:link", "has:link"],
    ["bisc*", "bisc*"],
    ["tea!", "tea!"],
    ["tea\\", "tea*"],
    ["from\\:me", "from\\:me*"],
    ['\\"tea', '\\"tea*'],
    ["漢字", "漢字*"],
    ["re\u0301", "re\u0301*"],
  ] as const) {
    assert.equal(asTyped(typed), query, typed);
  }
});

test("filters become part of the query, whatever a name holds", () => {
  assert.equal(queryOf(ANYTHING), "");
  assert.equal(queryOf({ ...ANYTHING, text: "tea ", mine: true, link: true, mention: true }), "tea from:me has:link has:mention");
  assert.equal(queryOf({ ...ANYTHING, from: ' Ana "the\\best" López ', toMe: true }), 'from:"Ana \\"the\\\\best\\" López" mentions:me');
  assert.equal(queryOf({ ...ANYTHING, mentions: "Ben", since: "2026-11-01", until: "2026-12-31" }), 'mentions:"Ben" after:2026-11-01 before:2027-01-01');
  assert.equal(queryOf({ ...ANYTHING, from: "  " }), "");
  assert.equal(filterCount({ ...ANYTHING, text: "tea", from: " ", until: "2026-11-01", link: true }), 2);
});

const plain = (text: string, marks: { from: number; to: number }[]): string => excerpt(text, marks).map((piece) => (piece.marked ? `[${piece.text}]` : piece.text)).join("");

test("a hit is shown around its first mark", () => {
  assert.equal(plain("Two cups of tea", [{ from: 4, to: 8 }, { from: 12, to: 15 }]), "Two [cups] of [tea]");
  assert.equal(plain("Two cups", []), "Two cups");
  const words = "word ".repeat(100);
  const at = words.length;
  assert.equal(plain(`${words}tea, and on`, [{ from: at, to: at + 3 }]), `…${"word ".repeat(9)}[tea], and on`);
  const long = excerpt(`tea ${words}`, [{ from: 0, to: 3 }]);
  assert.equal(long.at(-1)?.text, "…");
  assert.ok(long.reduce((sum, { text }) => sum + text.length, 0) < 340);
  // Beyond what is shown there is nothing to mark.
  assert.equal(excerpt(`tea ${words}tea`, [{ from: 0, to: 3 }, { from: at + 4, to: at + 7 }]).filter(({ marked }) => marked).length, 1);
});

test("a hit is never cut inside a character", () => {
  const family = "👩🏽‍🚀".repeat(60);
  for (let shift = 0; shift < 12; shift += 1) {
    const text = `${"x".repeat(shift)}${family} tea`;
    const shown = excerpt(text, [{ from: text.length - 3, to: text.length }]);
    const start = text.length - shown.slice(1).reduce((sum, piece) => sum + piece.text.length, 0);
    assert.match(text.slice(start), /^(?:👩🏽‍🚀|x)/u);
  }
});
