// Blocking and contacts in the page: the consequences in words, the composer that says why, the settings, and the other end.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser, PHONE, settled, shot, WIDE } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

let server, browser, context, mira, elsewhere, api, direct;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: { ...FAST, RATE_USER_PER_S: "1000" } });
  browser = await openBrowser();
  api = { mira: await Person.of(server, "mira", { name: "Mira" }), zora: await Person.of(server, "zora", { name: "Zora" }) };
  direct = await api.mira.direct("sub:zora");
  const line = api.zora.line(direct);
  await line.at(1);
  await line.close();
  await api.zora.send(direct, "Train at 7:14, platform 3");
  context = await browser.context();
  mira = await ClientPage.open(context, server, "mira", direct);
  elsewhere = await ClientPage.open(await browser.context(), server, "mira", direct);
});

after(() => finish(browser, server));

test("blocking says what it means, by keyboard, and holds in all windows", async () => {
  await mira.at("peer-profile").click();
  await mira.at("block").focus();
  await mira.page.keyboard.press("Enter");
  await mira.at("block-question").waitFor();
  await mira.until(() => document.activeElement?.getAttribute("data-testid") === "block-cancel", undefined);
  await lookAt(mira.page, "block-question");
  await mira.page.keyboard.press("Tab");
  await mira.page.keyboard.press("Enter");
  await mira.at("blocked-note").waitFor();
  await lookAt(mira.page, "blocked-profile");
  await mira.page.keyboard.press("Escape");
  for (const client of [mira, elsewhere]) await client.at("cannot-write").filter({ hasText: "Unblock them to write." }).waitFor();
  await lookAt(elsewhere.page, "blocked-composer");
  await api.zora.refused("recipient_unavailable", "POST", `/v1/conversations/${direct}/messages`, { body: { content: { kind: "text", text: "hello?" } } });
});

test("whoever is blocked is told no more than that they cannot write", async () => {
  const zora = await ClientPage.open(await browser.context(), server, "zora", direct);
  await zora.at("composer").fill("Are you there?");
  await zora.page.keyboard.press("Enter");
  await zora.page.getByText("You cannot write to this person, or add them.").first().waitFor();
  await zora.page.close();
});

test("the settings list who is blocked, and who may write first; on a phone and in the dark, too", async () => {
  await mira.at("settings").first().click();
  await mira.at("blocked-people").getByText("Zora").waitFor();
  await mira.at("setting-reach").selectOption("contacts");
  await settled(mira.page);
  await lookAt(mira.page, "people-settings");
  for (const [size, name] of [[PHONE, "phone"], [WIDE, "wide"]]) {
    await mira.page.setViewportSize(size);
    await shot(mira.page, `people-settings-${name}`);
  }
  assert.deepEqual(await api.mira.ok("GET", "/v1/me/reach"), { audience: "contacts" });
  await mira.at("blocked-people").getByTestId("unblock").click();
  await mira.at("settings-dialog").getByText("You block nobody.").waitFor();
  await mira.page.keyboard.press("Escape");
  for (const client of [mira, elsewhere]) await client.at("composer").and(client.page.locator("textarea")).waitFor();
  await api.zora.send(direct, "after all");
  await mira.message("after all").waitFor();
});

test("somebody becomes a contact from their profile", async () => {
  await mira.at("peer-profile").click();
  await mira.at("toggle-contact").filter({ hasText: "Add to contacts" }).click();
  await mira.at("toggle-contact").filter({ hasText: "Remove from contacts" }).waitFor();
  assert.deepEqual(await api.mira.ok("GET", "/v1/contacts"), { people: [{ user: api.zora.id, contact: true }] });
});
