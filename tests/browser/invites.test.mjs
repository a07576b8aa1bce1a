// Invite links in the page: made, copied and revoked in the details; opened by somebody signed in, and by somebody who is not yet.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, mint, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

let server, browser, api, mira, conv;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  api = {};
  for (const subject of ["mira", "jonas", "layla", "elif"]) api[subject] = await Person.of(server, subject, { name: subject[0].toUpperCase() + subject.slice(1) });
  conv = await api.mira.group("Bread club", ["sub:jonas"], { topic: "Saturday, at the oven" });
  await api.mira.send(conv, "Bring flour");
  const context = await browser.context();
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  mira = await ClientPage.open(context, server, "mira", conv);
});

after(() => finish(browser, server));

/** Mira makes a link in the details, by keyboard and mouse; its address as copied. */
async function makeLink({ expiry, uses, role }) {
  if ((await mira.at("details-dialog").count()) === 0) await mira.at("details").click();
  await mira.root.locator("[data-testid=invite-links][aria-busy=false]").waitFor();
  const before = await mira.at("invite").count();
  if (expiry) await mira.at("invite-expiry").selectOption(expiry);
  if (uses) await mira.at("invite-uses").selectOption(uses);
  if (role) await mira.at("invite-role").selectOption(role);
  await mira.at("invite-make").press("Enter");
  await mira.at("invite").nth(before).waitFor();
  await mira.at("invite-copy").first().click();
  await mira.until(() => document.querySelector("[data-testid=notice]").textContent.includes("copied"));
  const address = await mira.page.evaluate(() => navigator.clipboard.readText());
  assert.equal(await mira.at("invite-address").first().inputValue(), address);
  assert.ok(address.startsWith(`${server.url}/#/join/${conv}`), address);
  return address;
}

test("an admin makes a link with bounds, and copies it", async () => {
  await mira.at("details").click();
  await mira.at("invite-links").waitFor();
  await makeLink({ expiry: "never" });
  await makeLink({ expiry: "day", uses: "5", role: "guest" });
  assert.match(await mira.at("invite").first().textContent(), /As a guest.*Used 0 of 5.*Expires/su);
  assert.match(await mira.at("invite").nth(1).textContent(), /As a member.*Not used yet.*Never expires/su);
  await mira.at("invite-links").scrollIntoViewIfNeeded();
  await lookAt(mira.page, "dialog-details-invites");
});

test("somebody who is signed in sees where the link leads, and joins; uses are counted before the maker's eyes", async () => {
  const address = await mira.at("invite-address").first().inputValue();
  const layla = new ClientPage(await (await browser.context()).newPage());
  await layla.go(server, "layla");
  await layla.page.evaluate((hash) => (location.hash = hash), new URL(address).hash);
  await layla.at("join-name").filter({ hasText: "Bread club" }).waitFor();
  assert.equal(new URL(layla.page.url()).hash, "", "the secret does not stay in the address");
  await layla.until(() => document.activeElement?.dataset.testid === "join");
  await lookAt(layla.page, "dialog-join");
  await layla.page.keyboard.press("Enter");
  await layla.message("Bring flour").waitFor();
  await mira.at("invite-used").first().filter({ hasText: "Used 1 of 5" }).waitFor();
  await mira.at("dialog-close").click();
  await mira.at("system-event").filter({ hasText: "joined by an invite link" }).waitFor();
  // Who is in is led there at once, also by a link that lets nobody in any more.
  await layla.page.goto(`${server.url}/?as=layla${new URL(address).hash}`);
  await layla.message("Bring flour").waitFor();
  assert.equal(await layla.at("join-dialog").count(), 0);
});

test("somebody who is not signed in says who they are first, and then joins", async () => {
  const address = await makeLink({ expiry: "week", uses: "1" });
  const elif = new ClientPage(await (await browser.context()).newPage());
  await elif.page.goto(address);
  await elif.at("who-joins").waitFor();
  await lookAt(elif.page, "who-joins");
  await elif.root.locator("[data-testid=who][data-subject=elif]").click();
  await elif.at("join").click();
  await elif.message("Bring flour").waitFor();
  await mira.until(() => document.querySelectorAll("[data-testid=invite]").length === 2, undefined);
  // Used up: the next one is told so, and goes on without it.
  const late = new ClientPage(await (await browser.context()).newPage());
  browser.expectStatus(410);
  await late.page.goto(`${server.url}/?as=haruka${new URL(address).hash}`);
  await late.at("form-error").filter({ hasText: "as often as it may" }).waitFor();
  await lookAt(late.page, "dialog-join-refused");
  await late.at("join-not").click();
  await late.at("join-dialog").waitFor({ state: "detached" });
  await late.page.reload();
  await late.at("conversation").first().waitFor();
  assert.equal(await late.at("join-dialog").count(), 0, "what was put aside is not asked again");
});

test("a token from the team's own sign-in, after the link, leads on to the invitation", async () => {
  const address = await makeLink({ uses: "1" });
  const context = await browser.context();
  const nils = new ClientPage(await context.newPage());
  await nils.page.goto(address);
  await nils.at("who-joins").waitFor();
  // The team's sign-in page sends people back with a token.
  await nils.page.goto(`${server.url}/#token=${mint({ sub: "nils", name: "Nils" })}`);
  await nils.page.reload();
  await nils.at("join").click();
  await nils.message("Bring flour").waitFor();
});

test("a revoked link is gone from the list and lets nobody in; one that is cut is none", async () => {
  const [kept] = [await mira.at("invite-address").first().inputValue()];
  await mira.at("invite-revoke").first().click();
  await mira.until(() => document.activeElement?.dataset.testid === "invite-confirm");
  await lookAt(mira.page, "dialog-details-revoke");
  const before = await mira.at("invite").count();
  await mira.page.keyboard.press("Enter");
  await mira.until((count) => document.querySelectorAll("[data-testid=invite]").length === count - 1, before);
  // The focus stays in the dialog.
  await mira.until(() => document.activeElement?.dataset.testid === "invite-make");
  const nils = new ClientPage(await (await browser.context()).newPage());
  await nils.page.goto(`${server.url}/?as=jonas-2${new URL(kept).hash}`);
  await nils.at("form-error").filter({ hasText: "revoked" }).waitFor();
  browser.expectStatus(404);
  await nils.at("join-not").click();
  await nils.page.evaluate((hash) => (location.hash = hash), new URL(kept).hash.slice(0, -3));
  await nils.at("form-error").filter({ hasText: "no such invite link" }).waitFor();
});

test("members who may not make links see none, until a setting lets them", async () => {
  const jonas = await ClientPage.open(await browser.context(), server, "jonas", conv);
  await jonas.at("details").click();
  await jonas.at("conversation-settings").waitFor();
  assert.equal(await jonas.at("invite-links").count(), 0);
  await mira.at("who-invites").selectOption("members");
  await jonas.at("invite-links").waitFor();
  await jonas.at("invite-make").waitFor();
});
