// Pins in two browsers: set by the menu, found in the bar and the list, followed far back, taken away.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

let server, browser, mira, jonas, conv, api, first;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  api = { mira: await Person.of(server, "mira", { name: "Mira" }), jonas: await Person.of(server, "jonas", { name: "Jonas" }) };
  conv = await api.mira.group("House rules", ["sub:jonas"]);
  first = (await api.mira.send(conv, "The key hangs behind the door.")).seq;
  for (let number = 0; number < 120; number++) await api.jonas.send(conv, `Chatter ${number}`);
  mira = await ClientPage.open(await browser.context(), server, "mira", conv);
  jonas = await ClientPage.open(await browser.context(), server, "jonas", conv);
});

after(() => finish(browser, server));

test("a message is pinned by its menu: both see the bar, the mark and who did it", async () => {
  assert.equal(await jonas.at("pin-bar").count(), 0);
  await mira.message("Chatter 119").hover();
  await mira.message("Chatter 119").getByTestId("message-menu").click();
  await mira.at("menu-pin").click();
  for (const client of [mira, jonas]) {
    await client.at("pin-jump").filter({ hasText: "Chatter 119" }).waitFor();
    await client.message("Chatter 119").getByTestId("pinned").waitFor();
  }
  await jonas.at("system-event").filter({ hasText: "Mira pinned a message" }).waitFor();
  browser.check();
});

test("a pin far back shows its text before it is loaded, and leads there", async () => {
  await api.jonas.ok("POST", `/v1/conversations/${conv}/messages/${first}/pin`);
  await mira.at("pin-jump").filter({ hasText: "The key hangs behind the door." }).waitFor();
  assert.equal(await mira.message("The key hangs behind the door.").count(), 0, "not loaded yet");
  await mira.at("pins-all").click();
  await mira.at("pins-dialog").waitFor();
  assert.deepEqual(await mira.page.locator("[data-testid=pin-item]").evaluateAll((items) => items.map((item) => item.dataset.seq)), [`${first}`, `${first + 120}`]);
  await lookAt(mira.page, "pins-dialog");
  await mira.page.keyboard.press("Escape");
  await mira.at("pin-jump").click();
  await mira.message("The key hangs behind the door.").and(mira.page.locator(".marked")).waitFor();
  await lookAt(mira.page, "pins");
  browser.check();
});

test("anybody unpins; the bar goes with the last pin, and a deleted message is pinned no longer", async () => {
  await jonas.at("pins-all").click();
  await jonas.page.locator(`[data-testid=pin-item][data-seq="${first}"]`).getByTestId("pin-remove").click();
  await mira.at("pin-jump").filter({ hasText: "Chatter 119" }).waitFor();
  await jonas.page.locator(`[data-testid=pin-item][data-seq="${first}"]`).waitFor({ state: "detached" });
  await jonas.page.keyboard.press("Escape");
  await api.jonas.remove(conv, first + 120);
  for (const client of [mira, jonas]) await client.at("pin-bar").waitFor({ state: "detached" });
  browser.check();
});
