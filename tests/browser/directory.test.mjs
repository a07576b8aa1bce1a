// People found by name in the page: to start a conversation, to add a member; by keyboard, with ids for whom it does not find; and whether one is found oneself.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

const LONG = "Maximiliane-Theodora von und zu Hohenlohe-Waldenburg-Schillingsfürst-Langenburg";
let server, browser, mira, api;

before(async () => {
  server = await startServer({ development: true, assets: true, directory: true, vars: FAST });
  browser = await openBrowser();
  api = { mira: await Person.of(server, "mira", { name: "Mira" }), jonas: await Person.of(server, "jonas", { name: "Jonas" }) };
  for (const [key, name] of Object.entries({ ana: "Ana García", anders: "Søren Anders", long: LONG, arab: "أناس الحسن", hidden: "Ana Hidden" })) {
    api[key] = await Person.of(server, `found-${key}`, { name });
    if (key !== "hidden") await api[key].ok("PATCH", "/v1/me/directory", { body: { listed: true } });
  }
  mira = new ClientPage(await (await browser.context()).newPage());
  await mira.go(server, "mira");
});

after(() => finish(browser, server));

const focused = (testid) => mira.until((id) => document.activeElement?.dataset.testid === id, testid);
const option = (person) => mira.root.locator(`[data-testid=person-found][data-user="${person.id}"]`);

/** Types anew until somebody is listed: accounts tell the directory in their own time. */
async function look(field, words, person) {
  const deadline = Date.now() + 30_000;
  do {
    assert.ok(Date.now() < deadline, `${words} is found`);
    await mira.at(field).fill("");
    await mira.at(field).fill(words);
    await mira.root.locator("[data-testid=people-found][data-current=true]").waitFor();
  } while ((await option(person).count()) === 0);
}

async function openNew(kind) {
  await mira.at("new-conversation").click();
  await mira.until(() => document.querySelector("[data-testid=new-people]")?.getAttribute("role") === "combobox");
  if (kind) await mira.at(`kind-${kind}`).check();
}

test("a conversation is started with somebody who is found by a word of their name, by keyboard alone", async () => {
  await openNew();
  await focused("new-people");
  await look("new-people", "gar", api.ana);
  assert.equal(await mira.at("person-found").count(), 1, "who did not choose to be found is not");
  const field = mira.at("new-people");
  assert.equal(await field.getAttribute("aria-expanded"), "true");
  assert.equal(await field.getAttribute("aria-activedescendant"), await option(api.ana).getAttribute("id"));
  // The list goes, the dialog stays.
  await mira.page.keyboard.press("Escape");
  await mira.at("people-found").waitFor({ state: "detached" });
  await mira.at("new-dialog").waitFor();
  await mira.page.keyboard.press("ArrowDown");
  await mira.page.keyboard.press("Enter");
  await mira.at("pick").filter({ hasText: "Ana García" }).waitFor();
  await focused("new-people");
  await lookAt(mira.page, "directory-picked");
  await mira.page.keyboard.press("Enter");
  await mira.at("conversation-title").filter({ hasText: "Ana García" }).waitFor();
  await mira.caughtUp();
});

test("a group is made of people found and of an id; what is typed and not chosen is not sent", async () => {
  await openNew("group");
  for (const [words, who] of [["max", api.long], ["soren", api.anders], ["أناس", api.arab]]) {
    await look("new-people", words, who);
    if (who === api.long) await lookAt(mira.page, "directory-long");
    await option(who).click();
  }
  await look("new-people", "an", api.ana);
  await mira.until(() => document.querySelectorAll("[data-testid=person-found]").length === 1, undefined);
  await lookAt(mira.page, "directory-found");
  await mira.at("start").click();
  await mira.at("form-error").filter({ hasText: "Choose from the list" }).waitFor();
  await mira.at("new-people").fill("jonas");
  await mira.at("people-status").filter({ hasText: "Nobody is found" }).waitFor();
  await lookAt(mira.page, "directory-none");
  // It is an id by choice alone.
  await mira.at("new-people").press("Enter");
  await mira.at("new-people").press("ArrowDown");
  await mira.at("new-people").press("Enter");
  await mira.root.locator('[data-testid=pick][data-ref="sub:jonas"]').waitFor();
  assert.equal(await mira.at("pick").count(), 4);
  // Chosen somebody too many.
  await mira.at("new-people").press("Backspace");
  await mira.root.locator("[data-testid=suggestion][data-subject=jonas]").click();
  await mira.root.locator(`[data-testid=pick][data-ref="${api.arab.id}"] [data-testid=pick-remove]`).click();
  await focused("new-people");
  await mira.at("new-name").fill("Found people");
  await mira.at("start").click();
  await mira.at("conversation-title").filter({ hasText: "Found people" }).waitFor();
  await mira.caughtUp();
  const conv = await mira.at("conversation-pane").getAttribute("data-id");
  const members = (await api.mira.members(conv)).map(({ user }) => user);
  assert.deepEqual(new Set(members), new Set([api.mira.id, api.jonas.id, api.long.id, api.anders.id]));
});

test("a member is added by name; who is one already is not offered", async () => {
  await mira.at("details").click();
  await mira.until(() => document.querySelector("[data-testid=add-person]")?.getAttribute("role") === "combobox");
  await look("add-person", "an", api.ana);
  assert.equal(await option(api.anders).count(), 0);
  await lookAt(mira.page, "directory-add");
  await mira.at("add-person").press("Enter");
  await mira.at("add-person").press("Enter");
  await mira.root.locator(`[data-testid=member][data-user="${api.ana.id}"]`).waitFor();
  await mira.at("pick").waitFor({ state: "detached" });
  await mira.at("dialog-close").click();
});

test("in Arabic the field and its list are mirrored", async () => {
  const layla = new ClientPage(await (await browser.context({ locale: "ar" })).newPage());
  await layla.go(server, "layla");
  await layla.at("new-conversation").click();
  await layla.at("kind-group").check();
  await layla.until(() => document.querySelector("[data-testid=new-people]")?.getAttribute("role") === "combobox");
  await layla.at("new-people").fill("soren");
  await layla.root.locator(`[data-testid=person-found][data-user="${api.anders.id}"]`).click();
  await layla.at("new-people").fill("أن");
  await layla.root.locator(`[data-testid=person-found][data-user="${api.arab.id}"]`).waitFor();
  await lookAt(layla.page, "directory-arabic");
  await layla.page.close();
});

test("the settings say whether one is found; others find who wants to be", async () => {
  await mira.at("settings").first().click();
  const listed = mira.at("setting-listed");
  await listed.waitFor();
  assert.equal(await listed.isChecked(), false);
  await listed.focus();
  await mira.page.keyboard.press("Space");
  await mira.until(() => document.querySelector("[data-testid=setting-listed]").checked);
  await lookAt(mira.page, "directory-setting");
  assert.deepEqual(await api.mira.ok("GET", "/v1/me/directory"), { available: true, listed: true });
  await mira.page.keyboard.press("Space");
  await mira.until(() => !document.querySelector("[data-testid=setting-listed]").checked);
  assert.deepEqual(await api.mira.ok("GET", "/v1/me/directory"), { available: true, listed: false });
  await mira.page.keyboard.press("Escape");
});

test("while the directory does not answer, an id is enough", async () => {
  browser.expectStatus(503);
  await server.directory({ down: true });
  await openNew();
  await mira.at("new-people").fill("found-hidden");
  await mira.at("people-error").filter({ hasText: "cannot be looked up by name now" }).waitFor();
  await lookAt(mira.page, "directory-down");
  await mira.at("as-id").click();
  await mira.at("start").click();
  await mira.at("new-dialog").waitFor({ state: "detached" });
  await mira.caughtUp();
  await server.directory({ down: false });
});
