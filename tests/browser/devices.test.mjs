// Devices in the page: a second browser is signed in by a link and caught up, then signed out from the first.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

let server, browser, mira, conv, address;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  const api = await Person.of(server, "mira", { name: "Mira" });
  await Person.of(server, "jonas", { name: "Jonas" });
  conv = await api.group("Bread club", ["sub:jonas"]);
  for (const text of ["Bring flour", "And salt"]) await api.send(conv, text);
  const context = await browser.context();
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  mira = await ClientPage.open(context, server, "mira", conv);
});

after(() => finish(browser, server));

test("the settings list this device, and make a link with its QR code", async () => {
  await mira.at("settings").click();
  await mira.root.locator("[data-testid=device][data-current=true]").waitFor();
  assert.match(await mira.at("device").first().textContent(), /Chrome · Linux.*This device.*Active now/su);
  await mira.at("device-rename").press("Enter");
  await mira.until(() => document.activeElement?.dataset.testid === "device-name-field");
  await mira.at("device-name-field").fill("Kitchen");
  await mira.page.keyboard.press("Enter");
  await mira.at("device-name").filter({ hasText: "Kitchen" }).waitFor();
  await mira.at("device-link").press("Enter");
  await mira.at("device-qr").waitFor();
  address = await mira.at("device-address").inputValue();
  assert.ok(address.startsWith(`${server.url}/#/device/`), address);
  await mira.at("device-copy").click();
  assert.equal(await mira.page.evaluate(() => navigator.clipboard.readText()), address);
  await mira.at("device-link-card").scrollIntoViewIfNeeded();
  await lookAt(mira.page, "dialog-settings-devices");
});

test("a second browser signs in by it, is caught up within ten seconds, and the first is told", async () => {
  const second = new ClientPage(await (await browser.context()).newPage());
  await second.page.goto(address);
  await second.at("sign-in-here").waitFor();
  assert.equal(new URL(second.page.url()).hash, "", "the secret does not stay in the address");
  await lookAt(second.page, "sign-in-here");
  const began = Date.now();
  await second.at("sign-in-here-yes").click();
  await second.root.locator(`button.entry[data-id="${conv}"]`).click();
  await second.message("And salt").waitFor();
  const took = Date.now() - began;
  assert.ok(took < 10_000, `caught up after ${took} ms`);
  await mira.at("device-added").filter({ hasText: /Signed in: \P{L}?Chrome · Linux/u }).waitFor();
  assert.equal(await mira.at("device").count(), 2);
  assert.equal(await mira.at("device-link-card").count(), 0, "a used link is put away");
  // It stays signed in when the page is loaded anew, and writes as the same person.
  await second.page.reload();
  await second.message("Bring flour").waitFor();
  await second.send("From the other device");
  await mira.at("dialog-close").click();
  await mira.message("From the other device").waitFor();

  // The same link again.
  browser.expectStatus(410);
  const third = new ClientPage(await (await browser.context()).newPage());
  await third.page.goto(address);
  await third.at("sign-in-here-yes").click();
  await third.at("sign-in-here-error").filter({ hasText: "expired or was used" }).waitFor();

  await mira.at("settings").click();
  const row = mira.root.locator("[data-testid=device][data-current=false]");
  await row.locator("[data-testid=device-revoke]").press("Enter");
  await mira.until(() => document.activeElement?.dataset.testid === "device-confirm");
  await lookAt(mira.page, "dialog-settings-device-revoke");
  await mira.page.keyboard.press("Enter");
  await second.at("connection").filter({ hasText: "This device was signed out." }).waitFor();
  await row.waitFor({ state: "detached" });
  await second.at("sign-in-again").click();
  await second.until(() => localStorage.getItem("quipu.device") === null);
});
