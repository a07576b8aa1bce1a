// Reports in the page: a member says what is wrong with a message, moderators work through the queue by keyboard.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

let server, browser, api, mira, layla;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  api = {};
  for (const subject of ["mira", "jonas", "layla"]) api[subject] = await Person.of(server, subject, { name: subject[0].toUpperCase() + subject.slice(1) });
  const conv = await api.mira.group("Market square", ["sub:jonas", "sub:layla"]);
  await api.jonas.send(conv, "Buy my bread at https://bread.example!");
  await api.jonas.send(conv, "Nobody here can bake.");
  [mira, layla] = await Promise.all(["mira", "layla"].map(async (subject) => ClientPage.open(await browser.context(), server, subject, conv)));
  api.conv = conv;
});

after(() => finish(browser, server));

test("a member reports two messages; a moderator sees the count at once", async () => {
  await layla.choose("Nobody here can bake.", "report");
  await layla.at("report-dialog").waitFor();
  assert.ok(await layla.at("confirm-report").isDisabled(), "a reason is needed");
  await layla.at("reason-harassment").check();
  await layla.at("report-note").fill("He says this every day.");
  await lookAt(layla.page, "dialog-report");
  await layla.at("confirm-report").click();
  await layla.at("report-dialog").waitFor({ state: "detached" });
  await mira.at("reports").waitFor();
  await layla.choose("Buy my bread at https://bread.example!", "report");
  await layla.at("reason-spam").check();
  await layla.at("confirm-report").click();
  await mira.until(() => document.querySelector("[data-testid=reports-count]")?.textContent === "2");
  assert.equal(await layla.at("reports").count(), 0, "the queue is for moderators");
  await lookAt(mira.page, "conversation-reports");
});

test("the moderator works through the queue, and finds what was done", async () => {
  await mira.at("reports").press("Enter");
  await mira.at("report").nth(1).waitFor();
  await lookAt(mira.page, "dialog-reports");
  const report = (id) => mira.root.locator(`[data-testid=report][data-id="${id}"]`);
  await report(1).getByTestId("resolve-note").fill("He is right.");
  await report(1).getByTestId("report-dismiss").press("Enter");
  await report(1).waitFor({ state: "detached" });
  await report(2).getByTestId("report-remove").press("Enter");
  await report(2).waitFor({ state: "detached" });
  await mira.at("reports-resolved").check();
  await mira.at("resolution").nth(1).waitFor();
  await lookAt(mira.page, "dialog-reports-resolved");
  await mira.page.keyboard.press("Escape");
  await mira.at("reports").waitFor({ state: "detached" });
  await layla.until(() => document.querySelectorAll("[data-testid=message] .placeholder").length === 1);
  await layla.message("Nobody here can bake.").waitFor();
});

test("an admin writes a word list; what holds a word of it is not sent, and says why", async () => {
  await mira.at("details").click();
  await mira.until(() => document.querySelector("[data-testid=words-text]")?.disabled === false);
  await mira.at("words-text").fill("Stale\n\n day-old bread ");
  await mira.at("words-text").scrollIntoViewIfNeeded();
  await lookAt(mira.page, "dialog-details-words");
  await mira.at("words-save").click();
  await mira.until(() => document.querySelector("[data-testid=words-text]").value === "Stale\nday-old bread");
  await mira.at("dialog-close").click();
  await layla.composer.fill("Is it STALE?");
  await layla.composer.press("Enter");
  await layla.progress("Is it STALE?", "failed");
  await layla.at("message").filter({ hasText: "A word in it is not wanted" }).waitFor();
  await lookAt(layla.page, "conversation-word-blocked");
  await layla.send("Is it fresh?");
  assert.equal(await mira.message("Is it STALE?").count(), 0);
});
