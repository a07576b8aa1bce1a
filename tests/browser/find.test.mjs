// Searching in a conversation: typed, filtered, paged, by pointer and by keyboard, and to the place of a hit however far back it is.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fill } from "../harness/bulk.mjs";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser, PHONE, settled, shot, WIDE } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

const BETWEEN = 3000;
const FIRST = "The harbour master keeps the spare key.";

let server, browser, context, mira, page, conv, api, first, people;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: { ...FAST, RATE_USER_PER_S: "1000" } });
  browser = await openBrowser();
  // Searches follow each other quicker here than a person's; the client waits as it is told.
  browser.expectStatus(429);
  api = {};
  for (const subject of ["mira", "jonas", "layla"]) api[subject] = await Person.of(server, subject, { name: subject[0].toUpperCase() + subject.slice(1) });
  people = [api.mira, api.jonas];
  conv = await api.mira.group("Harbour", ["sub:jonas", "sub:layla"]);
  first = (await api.layla.send(conv, FIRST)).seq;
  await api.mira.send(conv, "Which key? The harbour has two.");
  await fill(conv, people, BETWEEN);
  for (let n = 0; n < 30; n++) await api.jonas.send(conv, `Tide table ${n}, as the harbour printed it`);
  await api.jonas.send(conv, "Read this: https://example.org/harbour");
  await api.layla.send(conv, "@Mira the key of the harbour is back", { mentions: [api.mira.id] });
  context = await browser.context();
  mira = await ClientPage.open(context, server, "mira", conv);
  page = mira.page;
});

after(() => finish(browser, server));

const hits = () => mira.at("find-hit").evaluateAll((all) => all.map((hit) => hit.querySelector(".find-hit-text").textContent));
const marked = () => mira.at("find-hit").first().locator("mark").allTextContents();

/** As many hits as this have come. */
const found = (count) => mira.until((wanted) => document.querySelectorAll("[data-testid=find-hit]").length === wanted && document.querySelector("[data-testid=find-status]").dataset.status === "done", count);

/** A whole page has come; where that leaves room on the screen, there may be more already. */
const foundPage = () => mira.until(() => document.querySelectorAll("[data-testid=find-hit]").length >= 20);

test("the panel opens by the slash key, and what is typed is found at once, also by beginnings", async () => {
  await mira.at("messages").locator("[data-testid=message]").last().focus();
  await page.keyboard.press("/");
  await mira.until(() => document.activeElement?.dataset.testid === "find-text");
  await lookAt(page, "find-empty");
  await page.keyboard.type("spare ke");
  await found(1);
  assert.deepEqual(await hits(), [FIRST]);
  assert.deepEqual(await marked(), ["keeps", "spare", "key"]);
  await mira.at("find-text").fill("key ");
  await found(3);
  assert.deepEqual(await hits(), ["@Mira the key of the harbour is back", "Which key? The harbour has two.", FIRST], "the newest first");
  await lookAt(page, "find-hits");
  // A slash in a text field is a slash.
  await mira.at("composer").focus();
  await page.keyboard.type("/");
  assert.equal(await mira.composer.inputValue(), "/");
  await mira.composer.fill("");
});

test("a hit far back is gone to: loaded, in view, marked and focused, while the hits stay", async () => {
  assert.equal(await mira.message(FIRST).count(), 0, "not loaded yet");
  await mira.at("find-hit").last().click();
  await mira.message(FIRST).and(page.locator(".marked")).waitFor();
  await mira.until((seq) => document.activeElement?.dataset.seq === `${seq}`, first);
  await settled(page);
  const { box, list } = await page.evaluate(() => ({ box: document.activeElement.getBoundingClientRect().toJSON(), list: document.querySelector("[data-testid=messages]").getBoundingClientRect().toJSON() }));
  assert.ok(box.top >= list.top && box.bottom <= list.bottom, "it is on the screen");
  assert.equal(await mira.at("find-hit").count(), 3);
  assert.equal(await mira.at("find-hit").last().getAttribute("aria-current"), "true");
  await shot(page, "find-gone");
  await mira.at("find-hit").first().click();
  await mira.until(() => document.activeElement?.textContent.includes("is back"));
  await mira.at("find-hit").nth(1).click();
  await mira.until(() => document.activeElement?.textContent.includes("Which key?"));
  browser.check();
});

test("more hits come as one scrolls, to the last", async () => {
  await mira.at("find-text").fill("harbour");
  await foundPage();
  await mira.until(() => {
    const list = document.querySelector(".find-results");
    list.scrollTop = list.scrollHeight;
    return document.querySelectorAll("[data-testid=find-hit]").length === 34 && document.querySelector("[data-testid=find-status]").dataset.status === "done";
  });
  const seqs = await mira.at("find-hit").evaluateAll((all) => all.map((hit) => Number(hit.dataset.seq)));
  assert.deepEqual(seqs, [...new Set(seqs)].sort((a, b) => b - a), "each once, the newest first");
});

test("filters in plain words: by me, that mention me, with a link, by somebody, of a day", async () => {
  const press = async (name, count) => {
    await mira.at(`find-${name}`).click();
    await (count === undefined ? foundPage() : found(count));
  };
  await press("mine", 1);
  assert.deepEqual(await hits(), ["Which key? The harbour has two."]);
  await press("mine");
  await press("toMe", 1);
  await press("link", 0);
  await lookAt(page, "find-none");
  await mira.at("find-reset").click();
  await foundPage();
  await press("link", 1);
  await press("link");
  await mira.at("find-more").click();
  await mira.at("find-from").fill("Layla");
  await found(2);
  await lookAt(page, "find-filters");
  await mira.at("find-until").fill("2020-01-01");
  await found(0);
  await mira.at("find-until").fill(new Date().toISOString().slice(0, 10));
  await found(2);
  await mira.at("find-since").fill("2020-01-01");
  await mira.at("find-mentions").fill("mir");
  await found(1);
  await mira.at("find-reset").click();
  await mira.at("find-more").click();
  // People are found by their names, and their messages with one press more.
  await mira.at("find-text").fill("layl");
  await mira.at("find-person").waitFor();
  await shot(page, "find-person");
  await mira.at("find-person").click();
  await found(2);
  assert.equal(await mira.at("find-text").inputValue(), "");
  await mira.at("find-reset").click();
  browser.check();
});

test("what cannot be understood is said, and so is a server that is away", async () => {
  browser.expectStatus(422);
  await mira.at("find-text").fill("has:cheese");
  await mira.at("find-status").filter({ hasText: "`has:` takes link or mention." }).waitFor();
  assert.equal(await mira.at("find-again").count(), 0);
  await lookAt(page, "find-refused");
  browser.expectBrokenConnections();
  await context.route("**/search?*", (route) => route.abort());
  await mira.at("find-text").fill("spare");
  await mira.at("find-again").waitFor();
  await context.unroute("**/search?*");
  await mira.at("find-again").click();
  await found(1);
  assert.deepEqual(await hits(), [FIRST]);
});

test("what is deleted or edited meanwhile is not shown as it was", async () => {
  await mira.at("find-text").fill("printed ");
  await foundPage();
  const [newest, second] = await mira.at("find-hit").evaluateAll((all) => all.slice(0, 2).map((hit) => Number(hit.dataset.seq)));
  await api.jonas.remove(conv, newest);
  await mira.until((seq) => document.querySelector(`[data-testid=find-hit][data-seq="${seq}"]`) === null, newest);
  await api.jonas.edit(conv, second, "Nothing of that");
  await mira.at("find-hit").filter({ hasText: "Nothing of that" }).waitFor();
});

test("by keyboard alone: arrows through the hits, Enter to the place, Escape out", async () => {
  await mira.at("find-text").fill("key ");
  await found(3);
  const text = () => page.evaluate(() => document.activeElement.textContent);
  await mira.at("find-text").press("ArrowDown");
  assert.match(await text(), /is back/);
  await page.keyboard.press("End");
  assert.match(await text(), /spare key/);
  await page.keyboard.press("ArrowUp");
  assert.match(await text(), /Which key/);
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowUp");
  await mira.until(() => document.activeElement?.dataset.testid === "find-text");
  await page.keyboard.press("Enter");
  await mira.until(() => document.activeElement?.dataset.testid === "message" && document.activeElement.textContent.includes("is back"));
  await page.keyboard.press("/");
  await mira.until(() => document.activeElement?.dataset.testid === "find-text");
  await page.keyboard.press("Escape");
  await mira.at("find-panel").waitFor({ state: "detached" });
  await mira.until(() => document.activeElement?.dataset.testid === "find");
  browser.check();
});

test("on a phone the panel lies over the messages, and makes way for the hit", async () => {
  await page.setViewportSize(PHONE);
  await mira.at("find").click();
  await found(3);
  await settled(page);
  assert.equal(await mira.composer.isVisible(), false);
  await mira.at("find-hit").last().click();
  await mira.at("find-panel").waitFor({ state: "detached" });
  await mira.message(FIRST).and(page.locator(".marked")).waitFor();
  await shot(page, "find-gone-360");
  await mira.at("find").click();
  await found(3);
  await mira.at("find-close").click();
  await mira.at("composer").waitFor();
  await page.setViewportSize(WIDE);
  browser.check();
});

test("an encrypted conversation has nothing to search", async () => {
  const secret = await api.mira.ok("POST", "/v1/conversations", { body: { kind: "group", encryption: "mls", members: ["sub:jonas"] } });
  await mira.entry(secret.id).waitFor();
  await mira.show(secret.id);
  assert.equal(await mira.at("find").count(), 0);
  await page.keyboard.press("/");
  assert.equal(await mira.at("find-panel").count(), 0);
  browser.check();
});
