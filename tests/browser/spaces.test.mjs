// Spaces in the page: made, filled with channels, browsed, joined by a link, counted in the list, and left.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

let server, browser, api, mira, space;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  api = {};
  for (const subject of ["mira", "jonas", "layla"]) api[subject] = await Person.of(server, subject, { name: subject[0].toUpperCase() + subject.slice(1) });
  mira = new ClientPage(await (await browser.context()).newPage());
  await mira.go(server, "mira");
});

after(() => finish(browser, server));

const row = (page, name) => page.at("space-channel").filter({ hasText: name });
const beneath = (page, name) => page.root.locator(".space-channels [data-testid=conversation]").filter({ hasText: name });

test("a space is made, and channels in it", async () => {
  await mira.at("new-conversation").click();
  await mira.at("kind-space").check();
  await mira.at("start").click();
  await mira.at("form-error").filter({ hasText: "name" }).waitFor();
  await mira.at("new-name").fill("Harbour crew");
  await mira.at("new-people").fill("jonas");
  await lookAt(mira.page, "dialog-new-space");
  await mira.at("start").click();
  await mira.at("space-status").filter({ hasText: "Make the first one" }).waitFor();
  space = await mira.page.evaluate(() => document.querySelector("[data-testid=conversation-pane]").dataset.id);
  for (const [name, topic] of [["Quay", "Who lands when, and where there is room to moor"], ["Deck", ""]]) {
    if (name === "Deck") await mira.at("space-entry").click();
    await mira.at("new-channel").press("Enter");
    await mira.until(() => document.activeElement?.dataset.testid === "channel-name");
    await mira.at("channel-name").fill(name);
    await mira.at("channel-topic").fill(topic);
    if (name === "Quay") await lookAt(mira.page, "dialog-new-channel");
    await mira.page.keyboard.press("Enter");
    await mira.at("conversation-title").filter({ hasText: name }).waitFor();
    await beneath(mira, name).waitFor();
  }
  await mira.at("space-entry").click();
  for (const name of ["Quay", "Deck"]) await row(mira, name).waitFor();
  await lookAt(mira.page, "space");
});

test("a member finds the channels, joins by keyboard, reads, leaves and joins again", async () => {
  const jonas = new ClientPage(await (await browser.context()).newPage());
  await jonas.go(server, "jonas");
  await jonas.at("space-entry").press("Enter");
  await row(jonas, "Quay").locator("[data-testid=channel-join]").press("Enter");
  await jonas.at("conversation-title").filter({ hasText: "Quay" }).waitFor();
  await beneath(jonas, "Quay").waitFor();
  await jonas.at("space-entry").click();
  await row(jonas, "Quay").locator("[data-testid=channel-leave]").press("Enter");
  await row(jonas, "Quay").locator("[data-testid=channel-join]").waitFor();
  await row(jonas, "Quay").locator("[data-testid=channel-join]").click();
  await jonas.at("conversation-title").filter({ hasText: "Quay" }).waitFor();
  await beneath(jonas, "Quay").waitFor();
  await jonas.page.close();
});

test("folded away, the space sums what waits in its channels; arrows fold and unfold it", async () => {
  const quay = await mira.page.evaluate(() => [...document.querySelectorAll(".space-channels [data-testid=conversation]")].find(({ textContent }) => textContent.includes("Quay")).dataset.id);
  await api.jonas.send(quay, "We land at noon");
  await api.jonas.send(quay, "Mira, is there room?", { mentions: ["sub:mira"] });
  await beneath(mira, "Quay").locator("[data-testid=unread]").filter({ hasText: "2" }).waitFor();
  await lookAt(mira.page, "spaces-open");
  await mira.at("space-entry").focus();
  await mira.page.keyboard.press("ArrowLeft");
  await mira.at("space-unread").filter({ hasText: "2" }).waitFor();
  await mira.at("space-mentions").waitFor();
  assert.equal(await beneath(mira, "Quay").count(), 0);
  await lookAt(mira.page, "spaces-folded");
  await mira.page.reload();
  await mira.at("space-unread").waitFor();
  await mira.at("space-fold").click();
  await beneath(mira, "Quay").waitFor();
  assert.equal(await mira.at("space-unread").count(), 0);
});

test("a link leads into the space, and who is taken out of it is out of its channels", async () => {
  browser.expectStatus(403);
  const { token } = await api.mira.ok("POST", `/v1/conversations/${space}/invites`, { body: {} });
  const layla = new ClientPage(await (await browser.context()).newPage());
  await layla.go(server, "layla");
  await layla.page.evaluate((token) => (location.hash = `#/join/${token}`), token);
  await layla.at("join-name").filter({ hasText: "Harbour crew" }).waitFor();
  await layla.at("join").click();
  await row(layla, "Deck").locator("[data-testid=channel-join]").click();
  await layla.at("conversation-title").filter({ hasText: "Deck" }).waitFor();
  await api.mira.ok("DELETE", `/v1/conversations/${space}/members/${api.layla.id}`);
  await layla.at("cannot-write").filter({ hasText: "no longer" }).waitFor();
  await layla.until(() => document.querySelectorAll("[data-testid=space]").length === 0);
  await layla.page.close();
});

test("an admin takes a channel out of the space; it stays a group", async () => {
  await mira.at("space-entry").click();
  await row(mira, "Deck").locator("[data-testid=space-take]").click();
  await mira.until(() => document.activeElement?.dataset.testid === "confirm-take");
  await mira.page.keyboard.press("Enter");
  await mira.until(() => [...document.querySelectorAll("[data-testid=space-channel]")].length === 1);
  await mira.until(() => ![...document.querySelectorAll(".space-channels [data-testid=conversation]")].some(({ textContent }) => textContent.includes("Deck")));
  await mira.at("conversation").filter({ hasText: "Deck" }).waitFor();
  await mira.at("details").click();
  await mira.at("details-dialog").waitFor();
  await lookAt(mira.page, "dialog-space-details");
  await mira.at("dialog-close").click();
});

test("in German and Arabic, where the list and the pane are mirrored", async () => {
  for (const locale of ["de-DE", "ar-EG"]) {
    const page = new ClientPage(await (await browser.context({ locale })).newPage());
    await page.go(server, "mira");
    await page.at("space-entry").click();
    await row(page, "Quay").waitFor();
    assert.equal(await page.page.evaluate(() => document.documentElement.dir), locale === "ar-EG" ? "rtl" : "ltr");
    await lookAt(page.page, `space-${locale.slice(0, 2)}`);
    await page.at("new-channel").click();
    await page.at("channel-name").waitFor();
    await lookAt(page.page, `dialog-new-channel-${locale.slice(0, 2)}`);
    await page.page.context().close();
  }
});
