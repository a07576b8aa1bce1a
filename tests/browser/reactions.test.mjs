// Reactions in two browsers: by the menu, by the keys, by typing one, joined in, taken back, and gone with their message.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser, settled, shot } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

const FAMILY = "👨‍👩‍👧‍👦";
let server, browser, contexts, mira, jonas, conv, api;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  browser.expectBrokenConnections();
  api = { mira: await Person.of(server, "mira", { name: "Mira" }), jonas: await Person.of(server, "jonas", { name: "Jonas" }), aarav: await Person.of(server, "aarav", { name: "Aarav" }) };
  contexts = { mira: await browser.context(), jonas: await browser.context() };
  conv = await api.mira.group("Picnic", ["sub:jonas", "sub:aarav"]);
  await api.mira.send(conv, "Saturday at the lake?");
  await api.jonas.send(conv, "I bring the cake.");
  mira = await ClientPage.open(contexts.mira, server, "mira", conv);
  jonas = await ClientPage.open(contexts.jonas, server, "jonas", conv);
});

after(() => finish(browser, server));

/** The chip of an emoji under a message, with its count. */
const chip = (client, text, emoji, count) => client.message(text).locator(`[data-testid=reaction][data-emoji="${emoji}"][data-count="${count}"]`);

test("by the menu: both see it, the other joins in by a press, and who it was is told", async () => {
  const text = "Saturday at the lake?";
  await mira.message(text).hover();
  await mira.message(text).getByTestId("message-menu").click();
  await mira.page.locator('[data-testid=menu-emoji][data-emoji="👍"]').click();
  await chip(jonas, text, "👍", 1).waitFor();
  assert.equal(await chip(jonas, text, "👍", 1).getAttribute("aria-pressed"), "false");
  await chip(jonas, text, "👍", 1).click();
  await chip(mira, text, "👍", 2).waitFor();
  assert.equal(await chip(mira, text, "👍", 2).getAttribute("aria-pressed"), "true");
  await mira.page.getByRole("button", { name: /^👍 2 \u2068You\u2069 and \u2068Jonas\u2069$/u, pressed: true }).waitFor();
  await chip(mira, text, "👍", 2).hover();
  await mira.message(text).locator(".reaction-who").filter({ hasText: /You\u2069 and \u2068Jonas/u }).waitFor();
  await shot(mira.page, "reactions-who");
  browser.check();
});

test("any other emoji is typed; what is none is refused in words", async () => {
  const text = "I bring the cake.";
  await mira.message(text).hover();
  await mira.message(text).getByTestId("message-menu").click();
  await mira.at("menu-react").click();
  await mira.at("react-dialog").waitFor();
  await lookAt(mira.page, "react-dialog");
  await mira.at("other-emoji").fill("cake");
  await mira.at("react-submit").click();
  await mira.at("react-dialog").getByRole("alert").waitFor();
  await mira.at("other-emoji").fill(FAMILY);
  await mira.at("react-submit").click();
  await chip(jonas, text, FAMILY, 1).waitFor();
  await api.aarav.ok("POST", `/v1/conversations/${conv}/messages/${await mira.seq(text)}/reactions`, { body: { emoji: "🍰" } });
  await chip(mira, text, "🍰", 1).waitFor();
  await mira.message(text).getByTestId("add-reaction").click();
  await mira.page.locator('[data-testid=emoji][data-emoji="🎉"]').click();
  await chip(jonas, text, "🎉", 1).waitFor();
  await lookAt(jonas.page, "reactions");
  browser.check();
});

test("by keys alone: chosen from the menu, and taken back at the chip", async () => {
  const { page } = mira;
  await mira.send("By keys");
  await mira.seq("By keys");
  await mira.message("By keys").focus();
  await page.keyboard.press("Enter");
  await mira.at("menu").waitFor();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => document.activeElement?.dataset.emoji === "❤️");
  await page.keyboard.press("Enter");
  await chip(jonas, "By keys", "❤️", 1).waitFor();
  await page.waitForFunction(() => document.activeElement?.dataset.testid === "message");
  for (let stops = 0; stops < 8; stops++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement?.dataset.testid === "reaction")) break;
  }
  await settled(page);
  await mira.message("By keys").locator(".reaction-who").waitFor();
  await page.keyboard.press("Enter");
  await chip(jonas, "By keys", "❤️", 1).waitFor({ state: "detached" });
  browser.check();
});

test("offline it shows at once, waits, and arrives once; a deleted message has none", async () => {
  const text = "I bring the cake.";
  await contexts.jonas.setOffline(true);
  await jonas.connection("offline");
  await chip(jonas, text, FAMILY, 1).click();
  await chip(jonas, text, FAMILY, 2).waitFor();
  assert.equal(await chip(mira, text, FAMILY, 2).count(), 0);
  await contexts.jonas.setOffline(false);
  await jonas.connection("online");
  await chip(mira, text, FAMILY, 2).waitFor();
  await jonas.page.reload();
  await jonas.caughtUp();
  await chip(jonas, text, FAMILY, 2).waitFor();
  await api.jonas.remove(conv, await mira.seq(text));
  await mira.at("deleted").waitFor();
  await chip(mira, text, FAMILY, 2).waitFor({ state: "detached" });
  assert.equal(await mira.at("reactions").count(), 1, "only under the first message");
  browser.check();
});
