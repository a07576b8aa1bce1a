// Saved messages in two windows of one person: the mark at each, the list in the place of the conversations, and the way to the place.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fill } from "../harness/bulk.mjs";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser, PHONE, settled, shot, WIDE } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

const FIRST = "The key hangs behind the blue door.";

let server, browser, context, mira, elsewhere, api, house, direct;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: { ...FAST, RATE_USER_PER_S: "1000" } });
  browser = await openBrowser();
  api = { mira: await Person.of(server, "mira", { name: "Mira" }), jonas: await Person.of(server, "jonas", { name: "Jonas" }), zora: await Person.of(server, "zora", { name: "Zora" }) };
  house = await api.mira.group("House on the dyke", ["sub:jonas"]);
  direct = await api.mira.direct("sub:zora");
  // Who opened it has a name there.
  const line = api.zora.line(direct);
  await line.at(1);
  await line.close();
  await api.jonas.send(house, FIRST);
  await fill(house, [api.mira, api.jonas], 300);
  await api.jonas.send(house, "Rent is due on the third");
  await api.mira.send(house, "Paid this morning");
  await api.zora.send(direct, "Train at 7:14, platform 3");
  context = await browser.context();
  mira = await ClientPage.open(context, server, "mira", house);
  elsewhere = await ClientPage.open(await browser.context(), server, "mira", house);
});

after(() => finish(browser, server));

const rows = (client) => client.at("saved-row").evaluateAll((all) => all.map((row) => row.querySelector(".find-hit-text")?.textContent ?? null));
const shows = (client, wanted) =>
  client.until((texts) => JSON.stringify([...document.querySelectorAll("[data-testid=saved-row]")].map((row) => row.querySelector(".find-hit-text")?.textContent ?? null)) === JSON.stringify(texts), wanted);

test("what is saved in one window is marked and listed in all", async () => {
  await elsewhere.at("view-saved").click();
  await elsewhere.at("saved-status").filter({ hasText: "Nothing is saved." }).waitFor();
  await lookAt(elsewhere.page, "saved-none");
  await mira.choose("Rent is due on the third", "save");
  await mira.at("notice").filter({ hasText: "Saved for you alone" }).waitFor();
  for (const client of [mira, elsewhere]) await client.message("Rent is due on the third").getByTestId("saved").waitFor();
  await shows(elsewhere, ["Rent is due on the third"]);
  await mira.show(direct);
  await mira.choose("Train at 7:14, platform 3", "save");
  await mira.show(house);
  await mira.choose("Paid this morning", "save");
  await shows(elsewhere, ["Paid this morning", "Train at 7:14, platform 3", "Rent is due on the third"]);
  assert.deepEqual(await elsewhere.at("saved-row").evaluateAll((all) => all.map((row) => [row.querySelector("bdi").textContent, row.querySelector(".found-author")?.textContent ?? null])), [
    ["House on the dyke", "You"],
    ["Zora", null],
    ["House on the dyke", "Jonas"],
  ]);
  await elsewhere.at("saved-status").filter({ hasText: "3 saved messages" }).waitFor();
  await lookAt(elsewhere.page, "saved");
  await mira.choose("Rent is due on the third", "unsave");
  await shows(elsewhere, ["Paid this morning", "Train at 7:14, platform 3"]);
  await elsewhere.message("Rent is due on the third").getByTestId("saved").waitFor({ state: "detached" });
  browser.check();
});

test("one leads to its place, however far back, and what is gone says so and can be taken out", async () => {
  const { events } = await api.mira.events(house, "?after=0&limit=10");
  const first = events.find(({ content }) => content?.text === FIRST).envelope.seq;
  await api.mira.ok("PUT", `/v1/saved/${house}/${first}`, { key: null });
  await shows(elsewhere, [FIRST, "Paid this morning", "Train at 7:14, platform 3"]);
  await elsewhere.at("saved-hit").first().click();
  await elsewhere.message(FIRST).and(elsewhere.page.locator(".marked")).waitFor();
  await elsewhere.until((seq) => document.activeElement?.dataset.seq === `${seq}`, first);
  assert.equal((await rows(elsewhere)).length, 3, "the list stays");
  await api.jonas.edit(house, first, "The key hangs behind the green door.");
  await elsewhere.at("view-all").click();
  await elsewhere.at("view-saved").click();
  await shows(elsewhere, ["The key hangs behind the green door.", "Paid this morning", "Train at 7:14, platform 3"]);
  await api.jonas.remove(house, first);
  await elsewhere.page.reload();
  await elsewhere.at("view-saved").click();
  await shows(elsewhere, [null, "Paid this morning", "Train at 7:14, platform 3"]);
  await lookAt(elsewhere.page, "saved-gone");
  await elsewhere.at("saved-out").first().click();
  await shows(elsewhere, ["Paid this morning", "Train at 7:14, platform 3"]);
  browser.check();
});

test("by keyboard: from the search field down the list, out of it and to the place", async () => {
  const { page } = elsewhere;
  await elsewhere.at("search").focus();
  await page.keyboard.press("ArrowDown");
  await elsewhere.until(() => document.activeElement?.dataset.testid === "saved-hit");
  await page.keyboard.press("ArrowDown");
  await elsewhere.until(() => document.activeElement?.dataset.testid === "saved-out");
  await page.keyboard.press("Enter");
  await shows(elsewhere, ["Train at 7:14, platform 3"]);
  await elsewhere.until(() => document.activeElement?.dataset.testid === "saved-hit");
  await page.keyboard.press("Enter");
  await elsewhere.until(() => document.activeElement?.dataset.testid === "message" && document.activeElement.textContent.includes("Train at 7:14"));
  assert.equal(await elsewhere.at("conversation-pane").getAttribute("data-id"), direct);
  // Who searches, searches.
  await elsewhere.at("search").fill("house");
  await elsewhere.at("saved-row").waitFor({ state: "detached" });
  await elsewhere.entry(house).waitFor();
  await elsewhere.at("search").fill("");
  await shows(elsewhere, ["Train at 7:14, platform 3"]);
  browser.check();
});

test("on a phone the list is the page; and what cannot be loaded can be tried again", async () => {
  const { page } = mira;
  await page.setViewportSize(PHONE);
  await mira.at("back").click();
  await mira.at("view-saved").click();
  await shows(mira, ["Train at 7:14, platform 3"]);
  await settled(page);
  await shot(page, "saved-360");
  await mira.at("saved-hit").click();
  await mira.message("Train at 7:14, platform 3").and(page.locator(".marked")).waitFor();
  assert.equal(await mira.at("search").isVisible(), false);
  await page.setViewportSize(WIDE);
  browser.expectBrokenConnections();
  await context.route("**/v1/saved?*", (route) => route.abort());
  await mira.at("view-all").click();
  await mira.at("view-saved").click();
  await mira.at("saved-more").filter({ hasText: "Try again" }).waitFor();
  await context.unroute("**/v1/saved?*");
  await mira.at("saved-more").click();
  await mira.at("saved-status").filter({ hasText: "1 saved message" }).waitFor();
  browser.check();
});

test("from the right in Arabic", async () => {
  const context = await browser.context({ locale: "ar" });
  const page = await ClientPage.open(context, server, "mira", direct);
  await page.at("view-saved").click();
  await shows(page, ["Train at 7:14, platform 3"]);
  await lookAt(page.page, "saved-ar");
  browser.check();
});
