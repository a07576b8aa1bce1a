/**
 * What the page says in a language: all of it in that language, and nothing else.
 *
 *   const speech = new Speech(LANGUAGES[0]);
 *   await speech.learn();
 *   await speech.screen("list", page, { axe: false });
 */
import assert from "node:assert/strict";
import { ar } from "../../web/src/text/languages/ar.ts";
import { de } from "../../web/src/text/languages/de.ts";
import { changeLanguage } from "../../web/src/text/strings.ts";
import { lookAt, settled } from "./browser.mjs";

export const LANGUAGES = [
  { locale: "de-DE", strings: de, direction: "ltr" },
  { locale: "ar-EG", strings: ar, direction: "rtl" },
];

/**
 * What a catalogue can say, as one pattern for whole texts. A sentence with arguments is asked for with marks in their
 * place, and with numbers of every plural form.
 */
function everythingSaid(catalogue) {
  const patterns = new Set();
  const add = (text) => {
    const bare = text.replace(/[\u2066-\u2069]/gu, "").replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&");
    patterns.add(bare.replace(/\uE000|\\\{\w+\\\}/gu, ".*").replace(/\p{Nd}[\p{Nd}\p{P}]*/gu, "[\\p{Nd}.,٬٫]+"));
    // Where names stand in elements of their own, the page holds the pieces between them.
    for (const piece of text.split(/\{\w+\}/u)) if (piece !== text && /\p{L}/u.test(piece)) patterns.add(piece.trim().replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&"));
  };
  const walk = (value) => {
    if (typeof value === "string") return add(value);
    if (typeof value !== "function") return Object.values(value).forEach(walk);
    for (const given of [["\uE000", "\uE000"], [["\uE000"]], [["\uE000", "\uE000"]], [["\uE000", "a", "b", "c"]], ...[0, 1, 2, 3, 11, 100].map((n) => [n])]) {
      try {
        add(value(...given));
      } catch {
        // Meant for another kind of argument.
      }
    }
  };
  walk(catalogue);
  // A pattern without a word of its own would fit everything.
  return [...patterns].filter((pattern) => /\p{L}/u.test(pattern.replace(/\\p\{Nd\}/gu, "")));
}

/**
 * Runs in a frame: every text that the page itself says, seen or read out, and what nobody of this language would
 * understand of it: what no pattern fits, and is not a number, a date, or written by somebody.
 */
function strangeTexts({ patterns, dates }) {
  const one = `(?:${patterns.join("|")})`;
  const known = new RegExp(`^${one}(?:[.:,]? ${one})*$`, "su");
  // Dates as the browser writes them in this language: any run of its words for days, months, hours and eras.
  const dated = new RegExp(`^(?:${dates.join("|")}|[\\p{Nd}\\p{P}\\p{S}\\s\\u200e\\u200f])+$`, "u");
  const WRITTEN = "bdi, [data-testid=message-text], [dir=auto], [data-testid=announcer], [data-testid=starting] h1, option[lang], .avatar, textarea, select[data-testid^=demo-person]";
  // Labels that are a name, or a name and a time.
  const NAMED = "[data-testid=conversation-pane], [data-testid=message]";
  // A field that shows the name one has without it.
  const NAMES = "[data-testid=profile-name-field]";
  const said = [];
  const texts = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const { parentElement } = node;
    if (!parentElement.closest(`${WRITTEN}, script, style, noscript, title`)) said.push(node.data);
  }
  for (const element of document.querySelectorAll("[aria-label], [title], [placeholder]")) {
    for (const name of ["aria-label", "title", "placeholder"]) if (element.hasAttribute(name) && !(name === "aria-label" && element.matches(NAMED)) && !(name === "placeholder" && element.matches(NAMES))) said.push(element.getAttribute(name));
  }
  const bare = said.map((text) => text.replace(/[\u2066-\u2069]/gu, "").trim()).filter((text) => /\p{L}/u.test(text));
  return { count: bare.length, strange: [...new Set(bare.filter((text) => !known.test(text) && !dated.test(text)))] };
}

/** Every word that a date of this language may be made of. */
function wordsOfDates(locale) {
  const words = new Set(["Uhr", "um"]);
  for (let day = 0; day < 366; day++) {
    const at = Date.UTC(2024, 0, day, day % 24);
    for (const options of [{ dateStyle: "full", timeStyle: "medium" }, { dateStyle: "full" }, { timeStyle: "short" }, { weekday: "short" }, { day: "numeric", month: "short" }]) {
      for (const { type, value } of new Intl.DateTimeFormat(locale, options).formatToParts(at)) {
        if (type === "literal") for (const word of value.match(/\p{L}+/gu) ?? []) words.add(word);
        else if (/\p{L}/u.test(value)) words.add(value.replace(/[.]/gu, "\\."));
      }
    }
  }
  return [...words].sort((a, b) => b.length - a.length);
}

export class Speech {
  #expected;

  constructor({ locale, strings, direction }) {
    Object.assign(this, { locale, strings, direction, tongue: locale.slice(0, 2) });
  }

  /** Reads the catalogue, by its own rules of numbers and dates. */
  async learn() {
    await changeLanguage(this.tongue, [this.locale]);
    this.#expected = { patterns: everythingSaid(this.strings), dates: wordsOfDates(this.locale) };
  }

  /** All that this screen says is in this language; then, if asked, it is looked at. */
  async screen(name, page, looks = null) {
    await settled(page);
    for (const frame of page.frames()) {
      const { count, strange } = await frame.evaluate(strangeTexts, this.#expected);
      assert.ok(count > 0, `${name} says something`);
      assert.deepEqual(strange, [], `${name}: all is said in ${this.tongue}`);
      assert.equal(await frame.evaluate(() => document.documentElement.dir), this.direction);
      assert.equal(await frame.evaluate(() => document.documentElement.lang), this.tongue);
    }
    if (looks) await lookAt(page, `${this.tongue}-${name}`, looks);
  }
}
