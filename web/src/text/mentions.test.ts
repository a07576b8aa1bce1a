import assert from "node:assert/strict";
import { test } from "node:test";
import { choices, findMentions, insertion, type Mention, mentionName, queryAt, rebase, splitMessage, standing, withMention } from "./mentions.ts";

const mira = (at: number): Mention => ({ user: "u1", name: "Mira", at });
const ana = (at: number): Mention => ({ user: "u2", name: "Ana María", at });

/** The query where `|` marks the caret. */
function query(marked: string, mentions: Mention[] = []): string | undefined {
  const caret = marked.indexOf("|");
  return queryAt(marked.replace("|", ""), caret, mentions)?.text;
}

/** Mentions and text after edits, each written as the text with `|` where the caret stands after it. */
function edited(text: string, mentions: Mention[], ...steps: string[]): { text: string; stands: [string, number][]; mentions: Mention[] } {
  for (const step of steps) {
    const caret = step.indexOf("|");
    const after = step.replace("|", "");
    mentions = rebase(text, after, caret, mentions);
    text = after;
  }
  return { text, mentions, stands: standing(text, mentions).map(({ user, at }) => [user, at]) };
}

test("a query runs from the sign to the caret", () => {
  assert.equal(query("@|"), "");
  assert.equal(query("hi @mi|ra"), "mi");
  assert.equal(query("line\n@a|"), "a");
  assert.equal(query("(@a|)"), "a");
  assert.equal(query("@ana m|"), "ana m");
  assert.equal(query("@ana@exam|"), "ana@exam");
  assert.equal(query("你好@美|"), "美");
  assert.equal(query("＠遥|"), "遥");
  assert.deepEqual(queryAt("hi @mi", 6, []), { at: 3, end: 6, text: "mi" });
});

test("addresses, spaces, line ends and finished mentions are no query", () => {
  for (const marked of ["|", "mira|", "|@mira", "ana@ex|", "jose\u0301@ex|", "ж@x|", "1@x|", "_@x|", "@ mi|", "@mi |", "@mi\nra|", `@${"x".repeat(80)}|`]) {
    assert.equal(query(marked), undefined, marked);
  }
  assert.equal(query("@Mira|", [mira(0)]), undefined);
  assert.equal(query("@Mira and|", [mira(0)]), undefined);
  assert.equal(query("@Mir|", [mira(0)]), "Mir", "a mention that was broken is looked for again");
  assert.equal(query("@Mira @j|", [mira(0)]), "j");
});

test("names are found by the beginning of any word, whatever the case or accents", () => {
  const people = ["Zoë Łukasiewicz", "Ana María Quispe", "Mariana", "Müller", "遥", "O’Brien", "İpek"].map((name) => ({ name }));
  const names = (text: string): string[] => choices(people, text).map(({ name }) => name);
  assert.deepEqual(names("MARI"), ["Mariana", "Ana María Quispe"], "who begins with it comes first");
  assert.deepEqual(names("maria q"), ["Ana María Quispe"]);
  assert.deepEqual(names("zoe"), ["Zoë Łukasiewicz"]);
  assert.deepEqual(names("luka"), ["Zoë Łukasiewicz"]);
  assert.deepEqual(names("mu\u0308"), ["Müller"]);
  assert.deepEqual(names("遥"), ["遥"]);
  assert.deepEqual(names("brien"), ["O’Brien"]);
  assert.deepEqual(names("ipek"), ["İpek"]);
  assert.deepEqual(names("ria"), []);
  assert.equal(names("").length, people.length);
});

test("taking somebody puts the name and a space in place of the query", () => {
  const take = (marked: string, name: string): [string, number] => {
    const caret = marked.indexOf("|");
    const text = marked.replace("|", "");
    const found = queryAt(text, caret, []);
    assert.ok(found);
    const { insert, caret: then } = insertion(text, found, name);
    return [text.slice(0, found.at) + insert + text.slice(found.end), then];
  };
  assert.deepEqual(take("hi @mi|", "Mira"), ["hi @Mira ", 9]);
  assert.deepEqual(take("@mi| and", "Mira"), ["@Mira and", 6]);
  assert.deepEqual(take("@mi|, and", "Mira"), ["@Mira, and", 5]);
  assert.deepEqual(take("@mi|ra", "Mira"), ["@Mira ra", 6]);
  assert.deepEqual(take("@mi|\nand", "Mira"), ["@Mira \nand", 6]);
  assert.deepEqual(take("＠|", "Ana María"), ["@Ana María ", 11]);
});

test("edits around a mention move it, edits in it remove it", () => {
  assert.deepEqual(edited("@Mira ", [mira(0)], "x| @Mira ".replace("x|", "hi|")).stands, [["u1", 3]]);
  assert.deepEqual(edited("hi @Mira ", [mira(3)], "|@Mira ").stands, [["u1", 0]]);
  assert.deepEqual(edited("@Mira ", [mira(0)], "@Mira and more|").stands, [["u1", 0]]);
  assert.deepEqual(edited("@Mira ", [mira(0)], "@Mira|", "@Mira,|").stands, [["u1", 0]]);
  assert.deepEqual(edited("@Mira ", [mira(0)], "@Mi|a ").stands, []);
  assert.deepEqual(edited("@Mira ", [mira(0)], "|").stands, []);
  assert.deepEqual(edited("@Mira ", [mira(0)], "@Mirabel| ").stands, []);
  assert.deepEqual(edited("@Mira ", [mira(0)], "x|@Mira ").stands, [], "an address now");
  assert.deepEqual(edited("@Mira @Ana María ", [mira(0), ana(6)], "|@Ana María ").stands, [["u2", 0]]);
});

test("the same name in the same text belongs to whom it was taken for", () => {
  const first = { user: "a", name: "Ana", at: 0 };
  const second = { user: "b", name: "Ana", at: 5 };
  assert.deepEqual(edited("@Ana @Ana ", [first, second], "|@Ana ").stands, [["b", 0]]);
  assert.deepEqual(edited("@Ana @Ana ", [first, second], "@Ana |").stands, [["a", 0]]);
});

test("what is undone or pasted back is a mention again", () => {
  assert.deepEqual(edited("@Mira ", [mira(0)], "@Mir|", "@Mira|").stands, [["u1", 0]]);
  assert.deepEqual(edited("hi @Mira you", [mira(3)], "hi |you", "hi you|", "hi you @Mira|").stands, [["u1", 7]]);
  const swapped = edited("@Mira @Ana María ", [mira(0), ana(6)], "|", "@Mira @Ana María |");
  assert.deepEqual(swapped.stands, [["u1", 0], ["u2", 6]]);
});

test("a mention taken in place of another leaves nothing of it", () => {
  const { mentions } = edited("@Ana ", [{ user: "a", name: "Ana", at: 0 }], "@|");
  const then = withMention(mentions, { user: "b", name: "Ana", at: 0 }, "@Ana ");
  assert.deepEqual(edited("@Ana ", then, "|", "@Ana |").stands, [["b", 0]]);
});

test("of two names at one place the longer stands", () => {
  const both = [ana(0), { user: "u3", name: "Ana", at: 0 }];
  assert.deepEqual(standing("@Ana María", both).map(({ user }) => user), ["u2"]);
  assert.deepEqual(standing("@Ana Quispe", both).map(({ user }) => user), ["u3"]);
});

const people = [
  { user: "u1", names: ["Mira"] },
  { user: "u2", names: ["Ana María", "Anita"] },
  { user: "u3", names: ["Ana"] },
  { user: "u4", names: ["Luci\u0301a"] },
  { user: "u5", names: ["ليلى"] },
  { user: "u6", names: ["遥"] },
];
function shown(text: string, mentioned = people): string[] {
  return splitMessage(text, mentioned).flatMap((piece) => (piece.kind === "mention" ? [`${piece.user} ${piece.text}`] : []));
}

test("the pieces of a message always give the text back", () => {
  const texts = ["", "@", "@@Mira@Mira", "@Mira https://x.org/@Mira @Mira.", "a\n@Ana\r\n@Ana María", "\u202e@ليلى\u202c 👩‍👩‍👧 @遥さん", "@Luc\u00eda \ud83d @Mira\ud83d", "<b>@Mira</b>"];
  for (const text of texts) assert.equal(splitMessage(text, people).map((piece) => piece.text).join(""), text);
});

test("those mentioned are shown by any of their names, the longest that fits", () => {
  assert.deepEqual(shown("@Mira, @Ana María and @Ana; @Anita!"), ["u1 @Mira", "u2 @Ana María", "u3 @Ana", "u2 @Anita"]);
  assert.deepEqual(shown("你好@遥さん @ليلى"), ["u6 @遥", "u5 @ليلى"]);
  assert.deepEqual(shown("@Luc\u00eda @Luci\u0301a"), ["u4 @Luc\u00eda", "u4 @Luci\u0301a"], "composed or not");
  assert.deepEqual(shown("@@Mira"), ["u1 @Mira"]);
});

test("nothing else is shown as a mention", () => {
  assert.deepEqual(shown("@Mirabel a@Mira Mira @mira @ Mira @Jos @Mira\u0301 @Mira2 https://x.org/@Mira @Ana\u200d"), []);
  assert.deepEqual(shown("@Mira", []), []);
  assert.deepEqual(shown("@", [{ user: "u", names: [""] }]), []);
});

test("people of one name are each given a place", () => {
  const twins = [{ user: "a", names: ["Ana"] }, { user: "b", names: ["Ana"] }];
  assert.deepEqual(findMentions("@Ana @Ana @Ana", twins).map(({ user, at }) => [user, at]), [["a", 0], ["b", 5], ["a", 10]]);
});

test("a name is written on one line and reorders nothing", () => {
  assert.equal(mentionName(" Ana\n\u202e María\t"), "Ana María");
  assert.deepEqual(shown("@Ana María", [{ user: "u", names: ["Ana\nMaría"] }]), ["u @Ana María"]);
});
