// Public channels in the page: made in the details, found, joined, opened and left in their dialog.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

let server, browser, api, mira, conv;

before(async () => {
  server = await startServer({ development: true, assets: true, directory: true, vars: FAST });
  browser = await openBrowser();
  api = {};
  for (const subject of ["mira", "jonas", "layla"]) api[subject] = await Person.of(server, subject, { name: subject[0].toUpperCase() + subject.slice(1) });
  conv = await api.mira.group("Bread club", ["sub:jonas"], { topic: "Saturday, at the oven" });
  await api.mira.send(conv, "Bring flour");
  mira = await ClientPage.open(await browser.context(), server, "mira", conv);
});

after(() => finish(browser, server));

async function browse(page) {
  await page.at("new-conversation").click();
  await page.at("browse-channels").press("Enter");
  await page.at("channels-dialog").waitFor();
}

/** The dialog until it lists the channel: conversations tell the directory in their own time. */
async function findChannel(page, words, id) {
  const row = page.root.locator(`[data-testid=channel][data-id="${id}"]`);
  const deadline = Date.now() + 30_000;
  do {
    assert.ok(Date.now() < deadline, "the channel is listed");
    const answered = page.page.waitForResponse((response) => response.url().includes(`q=${words.split(" ")[0]}`));
    await page.at("channels-search").fill("");
    await page.at("channels-search").fill(words);
    await answered;
    await row.waitFor({ timeout: 1_000 }).catch(() => undefined);
  } while ((await row.count()) === 0);
  return row;
}

test("an admin makes a group a public channel, and says so to its members", async () => {
  await mira.at("details").click();
  await mira.at("who-joins-channel").selectOption("public");
  await mira.at("dialog-close").click();
  await mira.at("system-event").filter({ hasText: "You made this a public channel" }).waitFor();
});

test("somebody else finds it by the beginning of its name, joins by keyboard, and reads", async () => {
  const others = [];
  for (const name of ["Bread baskets, hand woven and sold at the market on every second Sunday of the month", "Choir"]) {
    const other = await api.jonas.group(name, [], { topic: name === "Choir" ? undefined : "Willow, rush and straw; bring what you have. Whoever has not woven before is shown how, and nobody goes home without a basket." });
    await api.jonas.ok("PATCH", `/v1/conversations/${other}/settings`, { body: { visibility: "public" } });
    others.push(other);
  }
  const layla = new ClientPage(await (await browser.context()).newPage());
  await layla.go(server, "layla");
  await browse(layla);
  await layla.until(() => document.activeElement?.dataset.testid === "channels-search");
  await findChannel(layla, "choir", others[1]);
  await findChannel(layla, "bread", others[0]);
  await findChannel(layla, "bread", conv);
  await layla.until(() => {
    const names = [...document.querySelectorAll(".channel-name")].map(({ textContent }) => textContent);
    return names.length === 2 && names.every((name) => name.startsWith("Bread"));
  });
  await lookAt(layla.page, "dialog-channels");
  await layla.at("channels-search").fill("zzz");
  await layla.at("channels-status").filter({ hasText: "No public channel begins with" }).waitFor();
  const row = await findChannel(layla, "BREAD cl", conv);
  await row.locator("[data-testid=channel-join]").press("Enter");
  await layla.message("Bring flour").waitFor();
  assert.equal(await layla.at("channels-dialog").count(), 0);
  await mira.at("system-event").filter({ hasText: /ليلى.* joined/u }).waitFor();

  // Who is in opens it or leaves.
  await browse(layla);
  await findChannel(layla, "bread cl", conv);
  await layla.at("channel-open").waitFor();
  await lookAt(layla.page, "dialog-channels-joined");
  await layla.at("channel-leave").press("Enter");
  await layla.at("channel-join").waitFor();
  await layla.until(() => document.activeElement?.dataset.testid === "channel-join");
  await api.layla.refused("not_a_member", "GET", `/v1/conversations/${conv}`);
  await layla.page.keyboard.press("Enter");
  await layla.until(() => document.querySelector("dialog[open]") === null);
  await layla.until(() => document.querySelectorAll("[data-testid=system-event]").length >= 4);
  await api.mira.send(conv, "Back again");
  await layla.message("Back again").waitFor();
});

test("closed meanwhile, it says that somebody must invite; without an answer the list can be asked again", async () => {
  browser.expectStatus(403);
  browser.expectStatus(503);
  const shut = await api.jonas.group("Shutters", []);
  await api.jonas.ok("PATCH", `/v1/conversations/${shut}/settings`, { body: { visibility: "public" } });
  await browse(mira);
  const row = await findChannel(mira, "shut", shut);
  await server.directory({ down: true });
  await api.jonas.ok("PATCH", `/v1/conversations/${shut}/settings`, { body: { visibility: "private" } });
  await row.locator("[data-testid=channel-join]").click();
  await mira.at("channel-error").filter({ hasText: "Somebody must invite you" }).waitFor();
  await mira.at("channels-search").fill("bread");
  await mira.at("form-error").filter({ hasText: "cannot be listed" }).waitFor();
  await server.directory({ down: false });
  await mira.at("channels-retry").click();
  await mira.at("channel").first().waitFor();
  assert.equal(await mira.at("form-error").count(), 0);
  await mira.at("dialog-close").click();
});
