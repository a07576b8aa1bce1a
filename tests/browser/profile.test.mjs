// Profiles in the page: one's own, changed without a reload anywhere; other people's, and the way to write to them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

let server, browser, api, mira, jonas, group, direct;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  api = {};
  for (const subject of ["mira", "jonas", "layla"]) api[subject] = await Person.of(server, subject, { name: subject[0].toUpperCase() + subject.slice(1) });
  group = await api.mira.group("Lighthouse", ["sub:jonas", "sub:layla"]);
  direct = await api.mira.direct("sub:jonas");
  await api.jonas.send(group, "The lamp is lit.");
  await api.jonas.send(direct, "See you at eight");
  mira = await ClientPage.open(await browser.context(), server, "mira", group);
  jonas = await ClientPage.open(await browser.context(), server, "jonas", direct);
});

after(() => finish(browser, server));

const text = (page, testid) => page.at(testid).first().textContent();

test("one's own profile is changed in a dialog, and everybody sees it without a reload", async () => {
  const tablet = await ClientPage.open(await browser.context(), server, "jonas");
  await jonas.at("own-profile").click();
  await jonas.at("my-profile-dialog").waitFor();
  await jonas.at("profile-name-field").fill("Jonas the Keeper");
  await jonas.at("profile-bio-field").fill("Watches the lamp.\nالمنارة ليلًا");
  await jonas.root.locator("[data-testid=status-preset]").filter({ hasText: "🌴" }).click();
  await jonas.at("status-until").selectOption("today");
  await lookAt(jonas.page, "dialog-my-profile");
  await jonas.at("profile-save").click();
  await jonas.at("my-profile-dialog").waitFor({ state: "detached" });
  for (const page of [jonas, tablet]) await page.until(() => document.querySelector("[data-testid=signed-in-as]").textContent.includes("Jonas the Keeper"));
  await mira.until(() => document.querySelector("[data-testid=author]")?.textContent === "Jonas the Keeper");
  await mira.until((id) => document.querySelector(`[data-testid=conversation][data-id="${id}"] .entry-name`)?.textContent.startsWith("Jonas the Keeper"), direct);
  await mira.until((id) => document.querySelector(`[data-testid=conversation][data-id="${id}"] [data-testid=status-mark]`)?.title.includes("🌴"), direct);
  await lookAt(mira.page, "conversation-names");
  await mira.show(direct);
  assert.match(await text(mira, "peer-status"), /🌴/);
  await lookAt(mira.page, "conversation-status");
  await tablet.page.close();
});

test("other people's profiles open from the message, the header and the list of members, by keyboard too", async () => {
  await mira.at("peer-profile").click();
  await mira.at("profile-bio").waitFor();
  assert.equal(await text(mira, "profile-bio"), "Watches the lamp.\nالمنارة ليلًا");
  assert.match(await text(mira, "status"), /🌴/);
  await lookAt(mira.page, "dialog-profile");
  await mira.page.keyboard.press("Escape");
  await mira.show(group);
  await mira.at("author").first().focus();
  await mira.page.keyboard.press("Enter");
  await mira.at("profile-dialog").waitFor();
  assert.equal(await text(mira, "profile-name"), "Jonas the Keeper");
  // A change shows in the open dialog.
  await api.jonas.ok("PATCH", "/v1/me/profile", { body: { bio: "Asleep." } });
  await mira.until(() => document.querySelector("[data-testid=profile-bio]")?.textContent === "Asleep.");
  await mira.at("write-to").click();
  await mira.until(() => document.querySelector("[data-testid=conversation-title]").textContent === "Jonas the Keeper");
  await mira.show(group);
  await mira.at("details").click();
  await mira.root.locator("[data-testid=member][data-subject=layla] [data-testid=member-profile]").click();
  await mira.at("profile-dialog").waitFor();
  assert.equal(await mira.at("details-dialog").count(), 0);
  await mira.page.keyboard.press("Escape");
  assert.equal(await mira.page.evaluate(() => document.activeElement.dataset.testid), "details", "the focus goes back to where it began");
});

test("a picture, and initials in its place; what cannot be shown is told before it is sent", async () => {
  await jonas.at("own-profile").click();
  await jonas.at("profile-picture-field").fill("http://plain.example/a.png");
  await jonas.at("my-profile-dialog").getByRole("alert").waitFor();
  await jonas.at("profile-save").click();
  assert.equal(await jonas.at("my-profile-dialog").count(), 1, "nothing was sent");
  await jonas.at("profile-picture-field").fill("");
  await jonas.at("status-emoji").fill("ab");
  await jonas.at("my-profile-dialog").getByRole("alert").waitFor();
  await lookAt(jonas.page, "dialog-my-profile-wrong");
  await jonas.at("status-clear").click();
  await jonas.at("profile-no-picture").check();
  await jonas.at("profile-save").click();
  await jonas.at("my-profile-dialog").waitFor({ state: "detached" });
  const mine = await api.jonas.ok("GET", "/v1/me/profile");
  assert.deepEqual([mine.own, mine.status, mine.name], [{ name: "Jonas the Keeper", picture: "none" }, undefined, "Jonas the Keeper"]);
  await mira.until(() => document.querySelector("[data-testid=status-mark]") === null);
});

test("a refusal of the server is told in the dialog, which stays open", async () => {
  browser.expectStatus(413);
  await jonas.at("own-profile").click();
  await jonas.at("profile-name-field").fill("x".repeat(300));
  await jonas.at("profile-save").click();
  await jonas.at("form-error").waitFor();
  await jonas.page.keyboard.press("Escape");
  assert.match(await text(jonas, "signed-in-as"), /Jonas the Keeper/);
});
