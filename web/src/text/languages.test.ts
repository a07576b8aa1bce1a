import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { clock, dayName } from "./dates.ts";
import { ar } from "./languages/ar.ts";
import { de } from "./languages/de.ts";
import { en, type Strings } from "./languages/en.ts";
import { list, locale, number } from "./locale.ts";
import { bestLanguage, changeLanguage, direction, LANGUAGES, type Language, language, t } from "./strings.ts";

const ALL: Record<Language, Strings> = { en, de, ar };

beforeEach(() => changeLanguage("en", []));

/** What a sentence may be given: names, a name and a number, a number, a list of names. */
const GIVEN = [["X", "Y"], ["X", 3], [3], [["X", "Y"]]];

/** The sentence, with the arguments that it is meant for. */
function said(value: string | ((...given: never[]) => string)): string {
  if (typeof value === "string") return value;
  for (const given of GIVEN) {
    try {
      const sentence = value(...(given as never[]));
      if (!sentence.includes("NaN")) return sentence;
    } catch {
      // Meant for another kind.
    }
  }
  return "";
}

/** Every sentence of a catalogue, by its path. */
function sentences(strings: object, path = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(strings)) {
    const at = path === "" ? key : `${path}.${key}`;
    if (typeof value !== "object") found.set(at, said(value));
    else for (const [inner, sentence] of sentences(value, at)) found.set(inner, sentence);
  }
  return found;
}

/** What may be the same in two languages: names, and words that both have. */
const SHARED = new Set(["appName", "token", "personId", "name", "groupName", "avatarHint", "searchShortcut", "presence.online", "presence.offline", "themeAuto", "rolesGiven.admin", "roles.admin", "messageFrom"]);

test("each language says everything, in its own words", async () => {
  const english = sentences(en);
  assert.ok(english.size > 200, `the catalogue is whole: ${english.size}`);
  for (const name of LANGUAGES) {
    await changeLanguage(name, []);
    for (const [path, sentence] of sentences(ALL[name])) {
      assert.notEqual(sentence.trim(), "", `${name} ${path}`);
      assert.doesNotMatch(sentence, /undefined|\[object/u, `${name} ${path}`);
      if (name !== "en" && !SHARED.has(path)) assert.notEqual(sentence, english.get(path), `${name} ${path} is English`);
    }
  }
});

test("a sentence about what happened names the same people in every language", () => {
  const places = (sentence: string): string[] => (sentence.match(/\{\w+\}/gu) ?? []).sort();
  const english = sentences(en);
  for (const [name, strings] of Object.entries({ de, ar })) {
    for (const [path, sentence] of sentences(strings)) assert.deepEqual(places(sentence), places(english.get(path) ?? ""), `${name} ${path}`);
  }
});

test("things are counted as each language counts them", async () => {
  assert.equal(t.members(1), "1 member");
  assert.equal(t.members(1200), "1,200 members");
  await changeLanguage("de", ["de-DE"]);
  assert.equal(t.members(1), "1 Mitglied");
  assert.equal(t.members(1200), "1.200 Mitglieder");
  await changeLanguage("ar", ["ar-MA"]);
  const said = [0, 1, 2, 3, 11, 100].map((n) => t.members(n));
  assert.deepEqual(said, ["لا أعضاء", "عضو واحد", "عضوان", "3 أعضاء", "11 عضوًا", "100 عضو"]);
});

test("numbers, lists and dates follow the language, and the region the person names for it", async () => {
  const at = new Date(2024, 2, 5, 14, 5).getTime();
  await changeLanguage("de", ["en-US", "de-AT", "de-DE"]);
  assert.equal(locale.peek(), "de-AT");
  assert.equal(list(["A", "B", "C"]), "A, B und C");
  assert.equal(clock(at), "14:05");
  assert.equal(dayName(at, at + 400 * 86_400_000), "5. März 2024");
  assert.equal(dayName(at, at), "Heute");
  await changeLanguage("en", ["en-US"]);
  assert.match(clock(at), /^2:05\sPM$/u);
  await changeLanguage("ar", ["ar-EG"]);
  assert.equal(number(12), "١٢");
});

test("the language is the first of the person's that there is", () => {
  assert.equal(bestLanguage(["fr-FR", "de-CH", "en"]), "de");
  assert.equal(bestLanguage(["ar"]), "ar");
  assert.equal(bestLanguage(["EN-gb"]), "en");
  assert.equal(bestLanguage(["fr", "den", "arn"]), "en");
  assert.equal(bestLanguage([]), "en");
});

test("what was asked for last holds, whichever was loaded first", async () => {
  const both = [changeLanguage("de", []), changeLanguage("ar", []), changeLanguage("en", [])];
  await Promise.all(both);
  assert.equal(language.peek(), "en");
  assert.equal(t.cancel, en.cancel);
  assert.deepEqual(LANGUAGES.map(direction), ["ltr", "ltr", "rtl"]);
});

test("names are isolated: their direction does not spread", () => {
  for (const strings of Object.values(ALL)) {
    for (const sentence of [strings.composerLabel("مها"), strings.confirmRemove("Ana"), strings.typing(["Ana"]), strings.messageFrom("مها", "14:05")]) {
      assert.match(sentence, /\u2068(?:مها|Ana)\u2069/u);
    }
  }
});
