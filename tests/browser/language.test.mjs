// The page in other languages: chosen by the browser, changed without a reload, whole, and mirrored where it has to be.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ar } from "../../web/src/text/languages/ar.ts";
import { de } from "../../web/src/text/languages/de.ts";
import { changeLanguage } from "../../web/src/text/strings.ts";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser, settled, WIDE } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

const LANGUAGES = [
  { locale: "de-DE", strings: de, direction: "ltr" },
  { locale: "ar-EG", strings: ar, direction: "rtl" },
];

let server, browser, api;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  api = {};
  for (const subject of ["mira", "jonas", "layla"]) api[subject] = await Person.of(server, subject, { name: subject[0].toUpperCase() + subject.slice(1) });
});

after(() => finish(browser, server));

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
  const said = [];
  const texts = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const { parentElement } = node;
    if (!parentElement.closest(`${WRITTEN}, script, style, noscript, title`)) said.push(node.data);
  }
  for (const element of document.querySelectorAll("[aria-label], [title], [placeholder]")) {
    for (const name of ["aria-label", "title", "placeholder"]) if (element.hasAttribute(name) && !(name === "aria-label" && element.matches(NAMED))) said.push(element.getAttribute(name));
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

for (const { locale, strings, direction } of LANGUAGES) {
  const tongue = locale.slice(0, 2);
  let context, mira, conv;
  let expected;

  /** All that this screen says is in this language; then, if asked, it is looked at. */
  async function screen(name, page = mira.page, looks = null) {
    await settled(page);
    for (const frame of page.frames()) {
      const { count, strange } = await frame.evaluate(strangeTexts, expected);
      assert.ok(count > 0, `${name} says something`);
      assert.deepEqual(strange, [], `${name}: all is said in ${tongue}`);
      assert.equal(await frame.evaluate(() => document.documentElement.dir), direction);
      assert.equal(await frame.evaluate(() => document.documentElement.lang), tongue);
    }
    if (looks) await lookAt(page, `${tongue}-${name}`, looks);
  }

  test(`${tongue}: the tour says nothing in another language`, async () => {
    await changeLanguage(tongue, [locale]);
    expected = { patterns: everythingSaid(strings), dates: wordsOfDates(locale) };
    context = await browser.context({ locale });
    await context.route("https://pictures.example/**", (route) => route.fulfill({ contentType: "image/svg+xml", body: '<svg xmlns="http://www.w3.org/2000/svg"/>' }));
    mira = await ClientPage.open(context, server, "mira");
    await mira.at("conversation").nth(10).waitFor();
    await screen("list", mira.page, {});
    await mira.at("search").fill("nothing is called this");
    await mira.until(() => document.querySelectorAll("[data-testid=conversation]").length === 0);
    await screen("list-empty");
    await mira.at("search").fill("");

    const entry = mira.root.locator("li:has(> [data-testid=conversation]:not([data-muted]))").first();
    await entry.hover();
    await entry.getByTestId("entry-menu").click();
    await mira.at("menu-mute").waitFor();
    await screen("entry-menu", mira.page, { axe: false, sizes: [WIDE] });
    await mira.at("menu-mute").click();
    await screen("entry-mute");
    await mira.at("menu-mute-always").click();
    await mira.at("entry-muted").first().waitFor();
    await mira.at("view-unread").click();
    await screen("view-unread");
    await mira.at("view-all").click();

    await mira.at("new-conversation").click();
    await mira.at("start").click();
    await mira.at("form-error").waitFor();
    await screen("new-direct", mira.page, { axe: false });
    await mira.at("kind-group").check({ force: true });
    await screen("new-group", mira.page, {});
    await mira.at("dialog-close").click();
  });

  test(`${tongue}: every kind of message and event`, async () => {
    conv = await api.mira.group("Screens", ["sub:jonas", "sub:layla"], { topic: "All there is to see", history: "from_join" });
    const { seq } = await api.jonas.send(conv, "A question");
    await api.mira.send(conv, "An answer", { reply_to: { seq, version: 1 } });
    const edited = await api.mira.send(conv, "First words");
    await api.mira.edit(conv, edited.seq, "Better words");
    const gone = await api.layla.send(conv, "Gone soon");
    await api.layla.remove(conv, gone.seq);
    for (const body of [{ name: "" }, { name: "Named" }, { topic: "Set" }, { topic: "" }, { avatar: "https://pictures.example/a.svg" }, { avatar: "", name: "Screens" }]) {
      await api.mira.ok("PATCH", `/v1/conversations/${conv}`, { body });
    }
    const role = (person, user, given) => person.ok("PATCH", `/v1/conversations/${conv}/members/${user}`, { body: { role: given } });
    await role(api.mira, api.jonas.id, "owner");
    await role(api.jonas, api.mira.id, "admin");
    await role(api.jonas, api.mira.id, "owner");
    await api.mira.ok("DELETE", `/v1/conversations/${conv}/members/${api.layla.id}`);
    await api.mira.add(conv, "sub:layla");
    await api.layla.ok("DELETE", `/v1/conversations/${conv}/members/${api.layla.id}`);
    await api.jonas.add(conv, "sub:layla", "guest");
    await api.layla.send(conv, "Back again");
    await mira.show(conv);
    await mira.message("Back again").waitFor();
    await screen("conversation", mira.page, {});

    await mira.at("edited").last().click();
    await mira.at("version").nth(1).waitFor();
    await screen("versions");
    await mira.at("dialog-close").click();
    await mira.send("Who has read this?");
    await mira.progress("Who has read this?", "sent", "delivered", "read");
    await mira.choose("Who has read this?", "readers");
    await mira.at("readers-dialog").waitFor();
    await screen("readers");
    await mira.at("dialog-close").click();
    await mira.message("Who has read this?").hover();
    await mira.message("Who has read this?").getByTestId("message-menu").click();
    await screen("menu", mira.page, { axe: false, sizes: [WIDE] });
    await mira.at("menu-delete").click();
    await mira.at("delete-dialog").waitFor();
    await screen("delete");
    await mira.page.keyboard.press("Escape");
    await mira.choose("Back again", "forward");
    await mira.at("forward-target").first().waitFor();
    await screen("forward", mira.page, { axe: false });
    await mira.at("forward-target").first().click();
    await screen("forward-chosen");
    await mira.at("dialog-close").click();
    await mira.choose("Back again", "pin");
    await mira.at("pins-all").click();
    await mira.at("pin-item").waitFor();
    await screen("pins", mira.page, { axe: false });
    await mira.at("dialog-close").click();
    await mira.choose("Back again", "react");
    await mira.at("react-dialog").waitFor();
    await screen("react", mira.page, { axe: false });
    await mira.at("emoji").first().click();
    await mira.at("add-reaction").waitFor();
    await screen("reacted");
    await mira.choose("Back again", "reply");
    await mira.composer.fill("x".repeat(8100));
    await screen("replying", mira.page, { axe: false });
    await mira.composer.fill("x".repeat(8200));
    await screen("too-long");
    await mira.composer.fill("");
    await mira.composer.press("Escape");
    await mira.at("details").click();
    await mira.at("remove-member").first().click();
    await mira.at("leave").click();
    await mira.at("confirm-leave").waitFor();
    await screen("details", mira.page, {});
    await mira.at("dialog-close").click();
    const long = (await api.mira.ok("GET", "/v1/inbox")).entries.find(({ name }) => name?.startsWith("Old Ferry House")).id;
    await mira.show(long);
    await screen("long", mira.page, { axe: false });
    await mira.at("find").click();
    await screen("find");
    await mira.at("find-more").click();
    await mira.at("find-text").fill("ferry");
    await mira.at("find-hit").first().waitFor();
    await screen("find-hits", mira.page, {});
    await mira.at("find-text").fill("nothing says this");
    await mira.until(() => document.querySelectorAll("[data-testid=find-hit]").length === 0);
    await screen("find-none");
    await mira.at("find-from").fill("Jonas");
    await mira.at("find-reset").waitFor();
    await screen("find-filtered");
    browser.expectStatus(422);
    await mira.at("find-text").fill("has:cheese");
    await mira.root.locator("[data-testid=find-status][data-status=failed]").waitFor();
    await screen("find-refused");
    await mira.at("find-close").click();
  });

  test(`${tongue}: settings, the demonstration page, signing in, and no server`, async () => {
    await mira.at("settings").click();
    await mira.at("settings-dialog").waitFor();
    await screen("settings", mira.page, {});
    await mira.at("dialog-close").click();
    const page = await context.newPage();
    await page.goto(server.url);
    await page.locator("[data-testid=demo-checks][data-good=true]").waitFor();
    await screen("demo", page, {});
    for (const button of ["demo-resend", "demo-sleep", "demo-kill", "demo-cut-left"]) {
      const word = await page.getByTestId("demo-word").textContent();
      await page.getByTestId(button).click();
      if (button !== "demo-cut-left") await page.waitForFunction((before) => !["", before].includes(document.querySelector("[data-testid=demo-word]").textContent), word);
      await screen(button, page);
    }
    await page.close();

    const other = await browser.context({ locale });
    const start = await other.newPage();
    browser.expectStatus(401);
    await start.goto(`${server.url}/?#token=not.a.token`);
    await start.getByTestId("sign-in").waitFor();
    await screen("sign-in", start, { axe: false });
    browser.expectBrokenConnections();
    await other.route("**/v1/health", (route) => route.abort());
    await start.reload();
    await start.getByTestId("starting").locator(".button-primary").waitFor();
    await screen("unreachable", start);
    await other.close();
    await context.close();
  });
}
