// A conversation of a hundred thousand messages, all of them loaded: little of it is in the page, and nobody notices.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fill } from "../harness/bulk.mjs";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, openBrowser, PHONE, settled, WIDE } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

const MESSAGES = 100_000;
/** The bound on the elements of the list. */
const ELEMENTS = 500;
/** Loading the whole history takes a while, and longer on a busy machine. */
const LOADING_MS = 300_000;

let server, browser, reader, page, mira, jonas, conv;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  mira = await Person.of(server, "mira", { name: "Mira" });
  jonas = await Person.of(server, "jonas", { name: "Jonas" });
  conv = await mira.group("A long story", ["sub:jonas"]);
  const { seq } = await jonas.send(conv, "How it began");
  await fill(conv, [mira, jonas], MESSAGES - 62);
  // The lowest rows there are, with the most in them: one's own, of one line.
  for (let n = 0; n < 60; n++) await mira.send(conv, `ok ${n}`);
  await jonas.send(conv, "How it ended", { reply_to: { seq, version: 1 } });
  const context = await browser.context();
  reader = await ClientPage.open(context, server, "mira", conv);
  page = reader.page;
});

after(() => finish(browser, server));

/**
 * Runs in the page: scrolls by each of `steps` pixels, or to each of `places` from 0 (top) to 1, one a frame or two. Says how many
 * elements the list held at most, how much of the screen was ever left blank, and by how much a message that stayed on
 * the screen ever moved otherwise than it was scrolled.
 */
async function scrollBy({ steps = [], places = [] }) {
  const list = document.querySelector("[data-testid=messages]");
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const rows = () => [...list.querySelectorAll(".messages-content > .row")];
  const report = { elements: 0, nodes: 0, rows: 0, blank: 0, moved: 0 };
  const look = () => {
    const { top: edge, bottom } = list.getBoundingClientRect();
    report.elements = Math.max(report.elements, list.querySelectorAll("*").length);
    report.rows = Math.max(report.rows, rows().length);
    const walker = document.createTreeWalker(list, NodeFilter.SHOW_ALL);
    let nodes = 0;
    while (walker.nextNode()) nodes += 1;
    report.nodes = Math.max(report.nodes, nodes);
    // Between two rows there is at most the margin of the lower one.
    let covered = Math.max(edge, list.querySelector(".messages-head").getBoundingClientRect().bottom);
    for (const row of rows()) {
      const box = row.getBoundingClientRect();
      if (box.bottom <= edge || box.top >= bottom) continue;
      report.blank = Math.max(report.blank, box.top - covered);
      covered = box.bottom;
    }
    report.blank = Math.max(report.blank, Math.min(bottom, edge + list.clientHeight) - covered);
  };
  for (const step of steps) {
    const before = new Map(rows().map((row) => [row.dataset.id, row.getBoundingClientRect().top]));
    const from = list.scrollTop;
    list.scrollTop += step;
    const scrolled = list.scrollTop - from;
    await frame();
    await frame();
    const { top: edge, bottom } = list.getBoundingClientRect();
    for (const row of rows()) {
      const { top } = row.getBoundingClientRect();
      const was = before.get(row.dataset.id);
      if (was === undefined || top < edge || top > bottom) continue;
      report.moved = Math.max(report.moved, Math.abs(was - scrolled - top));
    }
    look();
  }
  for (const place of places) {
    list.scrollTop = place * (list.scrollHeight - list.clientHeight);
    await frame();
    await frame();
    look();
  }
  return report;
}

function check(report, what) {
  assert.ok(report.rows > 5, `${what}: there are rows: ${report.rows}`);
  assert.ok(report.elements < ELEMENTS, `${what}: ${report.elements} elements in the list`);
  assert.ok(report.blank <= 40, `${what}: ${report.blank} px of the screen were blank`);
  assert.ok(report.moved <= 1, `${what}: a message moved by ${report.moved} px of itself`);
}

test("the whole history is loaded on the way to its first message, and the list stays small", { timeout: LOADING_MS }, async () => {
  check(await reader.root.evaluate(scrollBy, { steps: [0] }), "at the foot");
  await reader.at("quote").click();
  const first = reader.message("How it began");
  await first.waitFor({ timeout: LOADING_MS });
  await reader.until(() => document.activeElement?.querySelector("[data-testid=message-text]")?.textContent === "How it began");
  const loaded = await reader.root.evaluate(() => document.querySelector("[data-testid=messages]").scrollHeight);
  assert.ok(loaded > MESSAGES * 30, `the list is as high as its messages: ${loaded} px`);
  check(await reader.root.evaluate(scrollBy, { steps: [0] }), "at the top");
});

for (const size of [WIDE, PHONE]) {
  test(`at ${size.width} px wherever one scrolls there are messages, few elements, and nothing moves of itself`, async () => {
    await page.setViewportSize(size);
    await settled(page);
    const far = Array.from({ length: 20 }, (_, index) => ((index * 37) % 101) / 100);
    const steps = [...Array(40).fill(140), ...Array(60).fill(-130), ...Array(10).fill(600), ...Array(10).fill(-600)];
    for (const place of [0, 0.31, 0.77, 1]) {
      check(await reader.root.evaluate(scrollBy, { places: [place] }), `at ${place}`);
      check(await reader.root.evaluate(scrollBy, { steps: place === 1 ? steps.map((step) => -step) : steps }), `around ${place}`);
    }
    check(await reader.root.evaluate(scrollBy, { places: far }), "here and there");
    browser.check();
  });
}

/** Runs in the page: the first message on the screen. */
function firstSeq() {
  const list = document.querySelector("[data-testid=messages]");
  const { top } = list.getBoundingClientRect();
  return Number([...list.querySelectorAll("[data-testid=message]")].find((row) => row.getBoundingClientRect().bottom > top)?.dataset.seq);
}

/** Runs in the page: what has the focus, and whether it is on the screen. */
function focusOn() {
  const row = document.activeElement.closest("[data-testid=message]");
  if (!row) return { text: null, seen: false };
  const list = document.querySelector("[data-testid=messages]").getBoundingClientRect();
  const box = row.getBoundingClientRect();
  return { text: row.querySelector("[data-testid=message-text]").textContent, seq: Number(row.dataset.seq), seen: box.bottom > list.top && box.top < list.bottom };
}

/** Presses a key; then the focus is on a message on the screen of which this holds. */
async function press(key, holds) {
  await page.keyboard.press(key);
  let focus;
  for (let tries = 0; tries < 100; tries++) {
    await settled(page);
    focus = await reader.root.evaluate(focusOn);
    if (focus.seen && holds(focus)) return focus;
  }
  assert.fail(`${key}: the focus is on ${JSON.stringify(focus)}`);
}

test("in a window of another size the same message is being read", async () => {
  const reading = () => reader.root.evaluate(firstSeq);
  for (const place of [0.4, 0.97]) {
    await page.setViewportSize(PHONE);
    await settled(page);
    await reader.root.evaluate(scrollBy, { places: [place] });
    const before = await reading();
    assert.ok(before > 0);
    for (const size of [WIDE, PHONE]) {
      await page.setViewportSize(size);
      await settled(page);
      assert.ok(Math.abs((await reading()) - before) <= 3, `at ${place}, ${size.width} px wide: ${await reading()} instead of ${before}`);
    }
  }
});

test("keys lead from end to end, by message and by page, and the focus is not lost by scrolling", async () => {
  await page.setViewportSize(WIDE);
  await reader.at("to-latest").click();
  const last = reader.message("How it ended");
  await last.waitFor();
  await last.focus();
  const head = (await jonas.conversation(conv)).seq;
  const home = await press("Home", ({ text }) => text === "How it began");
  const down = await press("PageDown", ({ seq }) => seq > home.seq + 3);
  const next = await press("ArrowDown", ({ seq }) => seq === down.seq + 1);
  await press("PageUp", ({ seq }) => seq < next.seq);
  await press("End", ({ seq }) => seq === head);
  const up = await press("PageUp", ({ seq }) => seq < head - 3);
  await press("ArrowUp", ({ seq }) => seq === up.seq - 1);
  // Scrolled far away by hand, the message keeps the focus, and the next key goes on from it.
  check(await reader.root.evaluate(scrollBy, { places: [0.5, 0.2] }), "with the focus elsewhere");
  const away = await reader.root.evaluate(focusOn);
  assert.deepEqual([away.seq, away.seen], [up.seq - 1, false]);
  await press("ArrowUp", ({ seq }) => seq === up.seq - 2);
});

test("for a screen reader it is a log of articles, and one of them is a stop of the tab key", async () => {
  const list = reader.at("messages");
  assert.deepEqual([await list.getAttribute("role"), await list.getAttribute("aria-live")], ["log", "off"]);
  assert.match(await list.getAttribute("aria-label"), /A long story/);
  for (const place of [0.4, 0.9]) {
    await reader.composer.focus();
    await reader.root.evaluate(scrollBy, { places: [place] });
    const { articles, stops } = await list.evaluate((element) => {
      const all = [...element.querySelectorAll("[role=article]")];
      return { articles: all.length, stops: all.filter((row) => row.tabIndex === 0).length };
    });
    assert.ok(articles > 5);
    assert.equal(stops, 1);
  }
});

test("what comes at the foot is told, and the way there is short", async () => {
  await reader.root.evaluate(scrollBy, { places: [0.3] });
  await jonas.send(conv, "And then?");
  await reader.at("new-messages").waitFor();
  await reader.at("to-latest").click();
  await reader.message("And then?").waitFor();
  await reader.send("It goes on.");
  await reader.progress("It goes on.", "sent", "delivered");
  check(await reader.root.evaluate(scrollBy, { steps: [0] }), "back at the foot");
  browser.check();
});
