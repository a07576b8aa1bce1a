// Settings in the page: a moderator freezes and slows down, members are told why they cannot write, and when they can again.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

let server, browser, api, mira, jonas;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  api = {};
  for (const subject of ["mira", "jonas", "layla"]) api[subject] = await Person.of(server, subject, { name: subject[0].toUpperCase() + subject.slice(1) });
  const conv = await api.layla.group("Market square", ["sub:jonas"]);
  await api.layla.add(conv, "sub:mira", "moderator");
  await api.jonas.send(conv, "Fresh bread!");
  [mira, jonas] = await Promise.all(["mira", "jonas"].map(async (subject) => ClientPage.open(await browser.context(), server, subject, conv)));
  api.conv = conv;
});

after(() => finish(browser, server));

test("a moderator freezes the conversation; members read why they cannot write, and can again", async () => {
  await jonas.composer.fill("half a sentence");
  await mira.at("details").click();
  await mira.at("conversation-settings").waitFor();
  assert.equal(await mira.at("conversation-settings").locator("select[data-testid=who-posts]").count(), 0, "who writes is for admins to say");
  await mira.at("frozen").click();
  await jonas.at("cannot-write").waitFor();
  await lookAt(jonas.page, "conversation-frozen");
  const message = jonas.message("Fresh bread!");
  await message.hover();
  await message.getByTestId("message-menu").click();
  await jonas.at("menu").waitFor();
  assert.equal(await jonas.at("menu-reply").count() + (await jonas.at("menu-edit").count()), 0);
  assert.equal(await jonas.at("menu-delete").count(), 1, "one's own words can be taken back");
  await jonas.page.keyboard.press("Escape");
  await lookAt(mira.page, "dialog-details-moderator");
  await mira.at("frozen").click();
  await jonas.composer.waitFor();
  assert.equal(await jonas.composer.inputValue(), "half a sentence", "what was being written is kept");
  await jonas.composer.fill("");
  await mira.at("dialog-close").click();
});

test("in slow mode the composer counts down, and sends when the time is over", async () => {
  await mira.at("details").click();
  await mira.at("slow-mode").selectOption("60");
  await jonas.until(() => [...document.querySelectorAll("[data-testid=system-event]")].at(-1)?.textContent.includes("1 minute"));
  await jonas.send("One loaf left");
  await jonas.at("slow-wait").waitFor();
  await jonas.composer.fill("None left");
  assert.ok(await jonas.at("send").isDisabled());
  await lookAt(jonas.page, "conversation-slow");
  await mira.at("slow-mode").selectOption("5");
  await mira.until(() => document.querySelector("[data-testid=slow-mode]").value === "5");
  await mira.at("dialog-close").click();
  await jonas.at("slow-wait").waitFor({ state: "detached" });
  await jonas.send("None left");
  await jonas.progress("None left", "sent", "delivered", "read");
  await mira.send("First");
  await mira.send("Second");
  assert.equal(await mira.at("slow-wait").count(), 0, "moderators wait for nothing");
});

test("an admin makes a broadcast channel of it", async () => {
  const layla = await ClientPage.open(await browser.context(), server, "layla", api.conv);
  await layla.at("details").click();
  await layla.at("who-posts").selectOption("admins");
  await mira.at("cannot-write").waitFor();
  await layla.until(() => document.querySelector("[data-testid=who-posts]").value === "admins");
  await lookAt(layla.page, "dialog-details-settings");
  await layla.at("who-posts").selectOption("everyone");
  await mira.composer.waitFor();
});
