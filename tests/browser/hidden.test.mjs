// Deleting for oneself in two windows of one person and one of another: gone here, kept there, and nothing left of it in list, quotes and history.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

let server, browser, mira, elsewhere, jonas, conv, api;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  api = { mira: await Person.of(server, "mira", { name: "Mira" }), jonas: await Person.of(server, "jonas", { name: "Jonas" }) };
  conv = await api.mira.group("Left luggage", ["sub:jonas"]);
  const { seq } = await api.jonas.send(conv, "The code is 4711.");
  await api.mira.send(conv, "Thank you!", { reply_to: { seq, version: 1 } });
  await api.mira.send(conv, "Wrong window, sorry");
  const { seq: gone } = await api.jonas.send(conv, "Taken back at once");
  await api.jonas.remove(conv, gone);
  await api.jonas.send(conv, "See you there");
  mira = await ClientPage.open(await browser.context(), server, "mira", conv);
  elsewhere = await ClientPage.open(await browser.context(), server, "mira", conv);
  jonas = await ClientPage.open(await browser.context(), server, "jonas", conv);
});

after(() => finish(browser, server));

test("a message of somebody else goes from all of one's windows; they keep it", async () => {
  await mira.choose("The code is 4711.", "delete");
  await mira.at("delete-dialog").waitFor();
  assert.equal(await mira.at("confirm-delete").count(), 1, "an owner may erase it for all, too");
  await lookAt(mira.page, "dialog-delete-both");
  await mira.at("confirm-hide").click();
  for (const client of [mira, elsewhere]) await client.message("The code is 4711.").waitFor({ state: "detached" });
  await mira.at("notice").filter({ hasText: "Deleted for you" }).waitFor();
  await mira.message("Thank you!").getByTestId("quote").filter({ hasText: "Deleted message" }).waitFor();
  assert.equal(await mira.at("withheld").count(), 0, "no gap is shown");
  await jonas.message("Thank you!").getByTestId("quote").filter({ hasText: "The code is 4711." }).waitFor();
  assert.equal(await jonas.message("The code is 4711.").count(), 1);
  await mira.page.reload();
  await mira.caughtUp();
  await mira.message("Thank you!").getByTestId("quote").filter({ hasText: "Deleted message" }).waitFor();
  assert.equal(await mira.message("The code is 4711.").count(), 0, "also after a reload");
  browser.check();
});

test("by keyboard, one's own and one that was deleted for all; the focus stays in the conversation", async () => {
  await mira.message("Wrong window, sorry").focus();
  await mira.page.keyboard.press("Enter");
  await mira.at("menu").waitFor();
  await mira.page.keyboard.press("End");
  await mira.page.keyboard.press("Enter");
  await mira.at("delete-dialog").waitFor();
  for (let back = 0; back < 2; back++) await mira.page.keyboard.press("Shift+Tab");
  await mira.until(() => document.activeElement?.dataset.testid === "confirm-hide");
  await mira.page.keyboard.press("Enter");
  await mira.message("Wrong window, sorry").waitFor({ state: "detached" });
  await mira.until(() => document.activeElement?.id === "composer");
  const tombstone = mira.at("message").filter({ has: mira.at("deleted") });
  await tombstone.hover();
  await tombstone.getByTestId("message-menu").click();
  assert.deepEqual(await mira.root.locator("[data-testid=menu] [role^=menuitem]").evaluateAll((items) => items.map((item) => item.dataset.testid)), ["menu-delete"]);
  await mira.at("menu-delete").click();
  assert.equal(await mira.at("confirm-delete").count(), 0);
  await lookAt(mira.page, "dialog-delete-for-me");
  await mira.at("confirm-hide").click();
  for (const client of [mira, elsewhere]) await client.at("deleted").waitFor({ state: "detached" });
  assert.equal(await jonas.at("deleted").count(), 1);
  browser.check();
});

test("a member may delete others' words for themselves only, and the list shows the line that is left", async () => {
  await jonas.choose("Thank you!", "delete");
  await jonas.at("delete-dialog").waitFor();
  assert.equal(await jonas.at("confirm-delete").count(), 0);
  await jonas.page.keyboard.press("Escape");
  await mira.choose("See you there", "delete");
  await mira.at("confirm-hide").click();
  await mira.entry(conv).filter({ hasText: "Thank you!" }).waitFor();
  await jonas.entry(conv).filter({ hasText: "See you there" }).waitFor();
  await lookAt(mira.page, "conversation-hidden");
  browser.check();
});
