// The search field of the list: conversations and people by name, and messages of all conversations, each with the way to it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fill } from "../harness/bulk.mjs";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser, PHONE, settled, shot, WIDE } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

const FIRST = "The lighthouse keeper has left his semaphore here.";

let server, browser, context, mira, page, api, harbour, kitchen, direct, first;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: { ...FAST, RATE_USER_PER_S: "1000" } });
  browser = await openBrowser();
  // Searches follow each other quicker here than a person's; the client waits as it is told.
  browser.expectStatus(429);
  api = {};
  for (const subject of ["mira", "jonas", "zora"]) api[subject] = await Person.of(server, subject, { name: subject[0].toUpperCase() + subject.slice(1) });
  harbour = await api.mira.group("Harbour", ["sub:jonas", "sub:zora"]);
  kitchen = await api.mira.group("Semaphore light kitchen", ["sub:jonas"]);
  direct = await api.mira.direct("sub:jonas");
  // Who opened it has a name there.
  for (const [subject, conv] of [["jonas", harbour], ["zora", harbour]]) {
    const line = api[subject].line(conv);
    await line.at(1);
    await line.close();
  }
  first = (await api.zora.send(harbour, FIRST)).seq;
  await fill(harbour, [api.mira, api.jonas], 1500);
  for (let n = 0; n < 25; n++) await api.jonas.send(kitchen, `Table ${n}, set for dinner`);
  await api.jonas.send(direct, "Bring a semaphore, please");
  await api.mira.send(kitchen, "No semaphore in the kitchen");
  context = await browser.context();
  mira = await ClientPage.open(context, server, "mira");
  page = mira.page;
  for (const conv of [harbour, kitchen, direct]) await mira.entry(conv).waitFor();
});

after(() => finish(browser, server));

const done = () => mira.until(() => document.querySelector("[data-testid=found-status]")?.dataset.status === "done");
const found = async (count) => {
  await mira.until((wanted) => document.querySelectorAll("[data-testid=found-hit]").length === wanted && document.querySelector("[data-testid=found-status]")?.dataset.status === "done", count);
  return mira.at("found-hit").evaluateAll((all) => all.map((hit) => hit.querySelector(".find-hit-text").textContent));
};

test("what is typed finds conversations by name and messages of all of them, the newest first", async () => {
  await mira.at("search").fill("semaph");
  assert.deepEqual(await found(3), ["No semaphore in the kitchen", "Bring a semaphore, please", FIRST]);
  assert.deepEqual(await mira.at("found-hit").first().locator("mark").allTextContents(), ["semaphore"]);
  assert.deepEqual(await mira.at("found-hit").evaluateAll((all) => all.map((hit) => [hit.querySelector("bdi").textContent, hit.querySelector(".found-author")?.textContent ?? null])), [
    ["Semaphore light kitchen", "You"],
    ["Jonas", null],
    ["Harbour", "Zora"],
  ]);
  assert.deepEqual(await mira.at("conversation").evaluateAll((all) => all.map((entry) => entry.dataset.id)), [kitchen]);
  await lookAt(page, "find-all");
  await mira.at("search").fill("from:jonas semaphore");
  assert.deepEqual(await found(1), ["Bring a semaphore, please"]);
  browser.check();
});

test("a hit leads into its conversation, to the message, however far back it is", async () => {
  await mira.at("search").fill("keeper");
  await found(1);
  await mira.at("found-hit").click();
  await mira.message(FIRST).and(page.locator(".marked")).waitFor();
  await mira.until((seq) => document.activeElement?.dataset.seq === `${seq}`, first);
  assert.equal(await mira.at("conversation-pane").getAttribute("data-id"), harbour);
  await settled(page);
  const { box, list } = await page.evaluate(() => ({ box: document.activeElement.getBoundingClientRect().toJSON(), list: document.querySelector("[data-testid=messages]").getBoundingClientRect().toJSON() }));
  assert.ok(box.top >= list.top && box.bottom <= list.bottom, "it is on the screen");
  assert.equal(await mira.at("found-hit").count(), 1, "the hits stay");
  await shot(page, "find-all-gone");
  browser.check();
});

test("more comes when it is asked for, each once", async () => {
  await mira.at("search").fill("table dinner");
  await found(20);
  await mira.at("found-more").click();
  const all = await found(25);
  assert.deepEqual(all, Array.from({ length: 25 }, (_, n) => `Table ${24 - n}, set for dinner`));
  assert.equal(await mira.at("found-more").count(), 0);
});

test("hits are what their messages are now: edited, deleted, deleted for oneself, and gone with a conversation that one left", async () => {
  await mira.at("search").fill("");
  const [cellar, attic] = [await api.mira.group("Cellar", ["sub:jonas"]), await api.jonas.group("Attic", ["sub:mira"])];
  const says = (text) => api.jonas.send(cellar, text);
  const [edited, deleted, own] = [await says("one oilskin"), await says("two oilskins"), await says("three oilskins")];
  await api.jonas.send(attic, "an oilskin");
  for (const conv of [cellar, attic]) await mira.entry(conv).waitFor();
  await mira.at("search").fill("oilskin*");
  await found(4);
  const shown = (...texts) => mira.until((wanted) => JSON.stringify([...document.querySelectorAll("[data-testid=found-hit] .find-hit-text")].map((hit) => hit.textContent)) === wanted, JSON.stringify(texts));
  // Neither conversation is open.
  await api.jonas.edit(cellar, edited.seq, "one raincoat");
  await shown("an oilskin", "three oilskins", "two oilskins", "one raincoat");
  await api.jonas.remove(cellar, deleted.seq);
  await shown("an oilskin", "three oilskins", "one raincoat");
  browser.expectStatus(403);
  await api.jonas.ok("DELETE", `/v1/conversations/${attic}/members/sub:mira`);
  await shown("three oilskins", "one raincoat");
  // Open, it tells itself, also of what she does on another device.
  await mira.at("found-hit").first().click();
  await mira.message("three oilskins").and(page.locator(".marked")).waitFor();
  await api.mira.ok("PUT", `/v1/conversations/${cellar}/messages/${own.seq}/hidden`, { key: null });
  await shown("one raincoat");
  await api.jonas.edit(cellar, edited.seq, "one umbrella");
  await shown("one umbrella");
  await mira.at("search").fill("");
  browser.check();
});

test("people are found by name, and the conversation with them opens", async () => {
  await mira.at("search").fill("zor");
  await mira.at("found-person").waitFor();
  await done();
  assert.deepEqual(await mira.at("found-person").allTextContents().then((all) => all.map((text) => text.slice(-4))), ["Zora"]);
  await lookAt(page, "find-all-people", { sizes: [WIDE] });
  await mira.at("found-person").click();
  await mira.until(() => document.querySelector("[data-testid=conversation-title]")?.textContent === "Zora");
  assert.equal(await mira.at("search").inputValue(), "");
  await mira.at("search").fill("zor");
  await done();
  assert.equal(await mira.at("found-person").count(), 0, "their conversation is listed");
  browser.check();
});

test("nothing found, nothing understood, and a server that is away", async () => {
  await mira.at("search").fill("nothing is called this");
  await done();
  await lookAt(page, "find-all-none");
  browser.expectStatus(422);
  await mira.at("search").fill("has:cheese");
  await mira.at("found-status").filter({ hasText: "`has:` takes link or mention." }).waitFor();
  assert.equal(await mira.at("found-more").count(), 0);
  browser.expectBrokenConnections();
  await context.route("**/v1/search?*", (route) => route.abort());
  await mira.at("search").fill("keeper");
  await mira.at("found-more").waitFor();
  await context.unroute("**/v1/search?*");
  await mira.at("found-more").click();
  assert.deepEqual(await found(1), [FIRST]);
  // A letter alone is no search.
  await mira.at("search").fill("k");
  await mira.at("found-status").waitFor({ state: "detached" });
});

test("by keyboard alone: down through conversations and messages, Enter to the place", async () => {
  await page.keyboard.press("Control+k");
  // The field may have the focus already; what stands in it is selected, to be written over, in the frame after.
  await mira.until(() => {
    const field = document.activeElement;
    return field?.dataset.testid === "search" && field.selectionStart === 0 && field.selectionEnd === field.value.length && field.value !== "";
  });
  await page.keyboard.type("semaphore");
  await found(3);
  await page.keyboard.press("ArrowDown");
  await mira.until((id) => document.activeElement?.dataset.id === id, kitchen);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await mira.until((id) => document.activeElement?.dataset.testid === "found-hit" && document.activeElement.dataset.conversation === id, direct);
  await shot(page, "find-all-keyboard");
  await page.keyboard.press("Enter");
  await mira.until(() => document.activeElement?.dataset.testid === "message" && document.activeElement.textContent.includes("Bring a semaphore"));
  await page.keyboard.press("Control+k");
  await mira.until(() => document.activeElement?.dataset.testid === "search");
  await page.keyboard.press("Escape");
  await mira.until(() => document.querySelector("[data-testid=found-hit]") === null);
  browser.check();
});

test("on a phone the hits stand in the list, and the conversation takes its place", async () => {
  await page.setViewportSize(PHONE);
  await page.keyboard.press("Control+k");
  await mira.at("search").fill("keeper");
  await found(1);
  await settled(page);
  await shot(page, "find-all-360");
  await mira.at("found-hit").click();
  await mira.message(FIRST).and(page.locator(".marked")).waitFor();
  assert.equal(await mira.at("search").isVisible(), false);
  browser.check();
});
