import assert from "node:assert/strict";
import { test } from "node:test";
import { dye, emojiCount, initials, oneCharacter, REACTIONS } from "./emoji.ts";

test("texts of emoji alone are counted by what a person sees", () => {
  assert.equal(emojiCount("👍"), 1);
  assert.equal(emojiCount("👨‍👩‍👧‍👦 🎉"), 2);
  assert.equal(emojiCount("🏳️‍🌈🇵🇪👩🏽‍💻"), 3);
  assert.equal(emojiCount("❤️"), 1);
  assert.equal(emojiCount("1️⃣"), 1);
});

test("other texts are not enlarged", () => {
  for (const text of ["", "  ", "ok 👍", "1", "#", "123", "©2024", "🎉🎉🎉🎉🎉🎉🎉"]) assert.equal(emojiCount(text), 0, text);
});

test("initials are whole graphemes of the first and last word", () => {
  assert.equal(initials("ana"), "A");
  assert.equal(initials("Ana María Quispe"), "AQ");
  assert.equal(initials("e\u0301mile zola"), "E\u0301Z");
  assert.equal(initials("ana@example.org"), "AO");
  assert.equal(initials("  "), "?");
  assert.equal(initials("Ferry house 🚢"), "FH");
  assert.equal(initials("🚢 🎉"), "🚢");
  assert.equal(initials("五郎"), "五");
});

test("a dye is one of twelve and stays the same", () => {
  for (const id of ["", "a", "ug0123", "gg9999"]) {
    assert.equal(dye(id), dye(id));
    assert.ok(dye(id) >= 1 && dye(id) <= 12);
  }
  assert.ok(new Set(Array.from({ length: 200 }, (_, index) => dye(`user-${index}`))).size === 12);
});

test("a reaction is one visible character, as the server has it", () => {
  for (const good of ["👍", " 👍🏽 ", "❤️", "👨‍👩‍👧‍👦", "🇵🇪", "1️⃣", "é", "e\u0301", "字"]) assert.equal(oneCharacter(good), good.trim(), good);
  for (const bad of ["", " ", "ab", "👍👍", "👍 👍", "\u200d", "\ufe0f", "\u0301", "\u202e", "\u0000", `e${"\u0301".repeat(32)}`]) assert.equal(oneCharacter(bad), null, JSON.stringify(bad));
  assert.equal(new Set(REACTIONS).size, REACTIONS.length);
  for (const emoji of REACTIONS) assert.equal(oneCharacter(emoji), emoji);
});
