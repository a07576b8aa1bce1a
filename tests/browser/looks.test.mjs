// Every screen in both themes and at both widths: axe finds nothing, nothing scrolls sideways, and reading is not disturbed.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ar } from "../../web/src/text/languages/ar.ts";
import { de } from "../../web/src/text/languages/de.ts";
import { en } from "../../web/src/text/languages/en.ts";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser, PHONE, settled, WIDE } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

let server, browser, context, mira, api;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  context = await browser.context();
  mira = await ClientPage.open(context, server, "mira");
  api = {};
  for (const subject of ["mira", "jonas", "layla"]) api[subject] = await Person.of(server, subject, { name: subject[0].toUpperCase() + subject.slice(1) });
});

after(() => finish(browser, server));

/** The seeded conversation with the longest history. */
async function longest() {
  const { entries } = await api.mira.ok("GET", "/v1/inbox");
  return entries.find(({ name }) => name?.startsWith("Old Ferry House")).id;
}

test("the list", async () => {
  await mira.at("conversation").nth(10).waitFor();
  await lookAt(mira.page, "list");
  await mira.at("search").fill("nothing is called this");
  await mira.until(() => document.querySelectorAll("[data-testid=conversation]").length === 0);
  await lookAt(mira.page, "list-empty");
  await mira.at("search").fill("");
});

test("dialogs for a new conversation", async () => {
  await mira.at("new-conversation").click();
  await mira.at("start").click();
  await mira.at("form-error").waitFor();
  await lookAt(mira.page, "dialog-new-direct");
  await mira.at("kind-group").check();
  await mira.root.locator("[data-testid=suggestion][data-subject=layla]").click();
  await mira.at("form-error").waitFor({ state: "detached" });
  await lookAt(mira.page, "dialog-new-group");
  await mira.at("dialog-close").click();
});

test("a long conversation of a group, its details and its menus", async () => {
  const conv = await longest();
  await mira.show(conv);
  await lookAt(mira.page, "conversation-group");
  await mira.at("details").click();
  await mira.at("member").nth(5).waitFor();
  await lookAt(mira.page, "dialog-details-seeded");
  await mira.at("dialog-close").click();
  for (const size of [WIDE, PHONE]) {
    await mira.page.setViewportSize(size);
    await settled(mira.page);
    const last = mira.at("message").last();
    await last.hover();
    await last.getByTestId("message-menu").click();
    await mira.at("menu").waitFor();
    await lookAt(mira.page, "menu", { sizes: [size] });
    await mira.page.keyboard.press("Escape");
  }
  await mira.page.setViewportSize(WIDE);
});

test("a group of one's own, with every kind of message in it", async () => {
  const conv = await api.mira.group("Screens 🖼️", ["sub:jonas", "sub:layla"], { topic: "All there is to see", history: "from_join" });
  const { seq } = await api.jonas.send(conv, "A question");
  await api.mira.send(conv, "An answer", { reply_to: { seq, version: 1 } });
  const second = await api.mira.send(conv, "First words");
  await api.mira.edit(conv, second.seq, "Better words, with a link: https://example.org/path");
  const third = await api.layla.send(conv, "Gone soon");
  await api.layla.remove(conv, third.seq);
  await api.layla.send(conv, "🎉");
  await mira.show(conv);
  await mira.message("🎉").waitFor();
  await lookAt(mira.page, "conversation-kinds");

  await mira.at("edited").last().click();
  await mira.at("version").nth(1).waitFor();
  await lookAt(mira.page, "dialog-versions");
  await mira.at("dialog-close").click();

  await mira.send("Who has read this?");
  await mira.progress("Who has read this?", "sent", "delivered", "read");
  await mira.choose("Who has read this?", "readers");
  await mira.at("readers-dialog").waitFor();
  await lookAt(mira.page, "dialog-readers");
  await mira.at("dialog-close").click();

  await mira.choose("Who has read this?", "delete");
  await mira.at("delete-dialog").waitFor();
  await lookAt(mira.page, "dialog-delete");
  await mira.page.keyboard.press("Escape");

  await mira.choose("🎉", "reply");
  await mira.composer.fill("half a reply");
  await lookAt(mira.page, "conversation-replying");
  await mira.composer.press("Escape");
  await mira.composer.fill("");

  await mira.at("details").click();
  await lookAt(mira.page, "dialog-details");
  await mira.at("remove-member").first().click();
  await mira.at("leave").click();
  await mira.at("confirm-leave").waitFor();
  await lookAt(mira.page, "dialog-details-asking");
  await mira.at("dialog-close").click();
});

test("a message that waits, one that failed, and one that is too long", async () => {
  const conv = await api.mira.group("Trouble", ["sub:jonas"]);
  await mira.entry(conv).waitFor();
  await mira.show(conv);
  // Few enough bytes for the composer; in canonical JSON each is two, and the server's bound is on those.
  await mira.composer.fill('"'.repeat(8190));
  await mira.composer.press("Enter");
  await mira.at("send-failed").waitFor();
  browser.expectBrokenConnections();
  await context.setOffline(true);
  await mira.connection("offline");
  await mira.send("Waiting for the network");
  await mira.progress("Waiting for the network", "waiting");
  await mira.composer.fill("x".repeat(8200));
  await mira.at("bytes-left").waitFor();
  assert.ok(await mira.at("send").isDisabled());
  await lookAt(mira.page, "conversation-troubled");
  await mira.composer.fill("");
  await context.setOffline(false);
  await mira.at("discard").click();
  await mira.at("send-failed").waitFor({ state: "detached" });
  // Sent, it stands above the one that failed, which fills the screen: so that one goes first.
  await mira.progress("Waiting for the network", "sent", "delivered", "read");
  assert.equal((await api.mira.events(conv)).events.filter(({ envelope }) => envelope.type === "message.created").length, 1);
});

test("the demonstration page", async () => {
  const page = await context.newPage();
  await page.goto(server.url);
  await page.locator("[data-testid=demo-checks][data-good=true]").waitFor();
  await lookAt(page, "demo-good");
  await page.close();
});

test("signing in, and a server that cannot be reached", async () => {
  const other = await browser.context();
  const page = await other.newPage();
  await page.goto(`${server.url}/`);
  await page.getByTestId("demo").waitFor();
  browser.expectStatus(401);
  await page.goto(`${server.url}/?#token=not.a.token`);
  await page.getByTestId("sign-in").waitFor();
  await lookAt(page, "sign-in");
  await page.getByTestId("token").fill(api.jonas.token);
  await page.getByTestId("sign-in").click();
  await page.getByTestId("signed-in-as").waitFor();
  assert.equal(await page.getByTestId("client").getAttribute("data-subject"), "jonas");
  browser.expectBrokenConnections();
  await other.route("**/v1/health", (route) => route.abort());
  await page.reload();
  await page.getByTestId("starting").getByRole("button", { name: "Try again" }).waitFor();
  await lookAt(page, "unreachable");
  await other.close();
});

test("the theme chosen by hand overrides the system's and stays", async () => {
  const ground = () => mira.root.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const choose = async (theme) => {
    await mira.at("settings").click();
    await mira.at(`theme-${theme}`).check();
    await lookAt(mira.page, `dialog-settings-${theme}`, { axe: theme === "auto" });
    await mira.at("dialog-close").click();
  };
  const light = await ground();
  await choose("dark");
  const dark = await ground();
  assert.notEqual(dark, light);
  await mira.page.reload();
  await mira.at("settings").waitFor();
  assert.equal(await ground(), dark);
  await choose("auto");
  assert.equal(await ground(), light);
});

test("the language is changed without a reload, in every tab, and stays", async () => {
  const other = await ClientPage.open(context, server, "mira", await longest());
  await mira.at("settings").click();
  await mira.page.evaluate(() => (window.sameDocument = true));
  const language = (client) => client.root.evaluate(() => [document.documentElement.lang, document.documentElement.dir, document.querySelector("[data-testid=search]").placeholder]);
  for (const [chosen, expected] of [["de", ["de", "ltr", de.searchHint]], ["ar", ["ar", "rtl", ar.searchHint]], ["auto", ["en", "ltr", "Search"]], ["de", ["de", "ltr", de.searchHint]]]) {
    await mira.at("setting-language").selectOption(chosen);
    for (const client of [mira, other]) {
      await client.until((wanted) => document.documentElement.lang === wanted, expected[0]);
      assert.deepEqual(await language(client), expected);
    }
  }
  assert.ok(await mira.page.evaluate(() => window.sameDocument));
  await mira.page.reload();
  await mira.at("settings").click();
  assert.deepEqual(await language(mira), ["de", "ltr", de.searchHint]);
  await mira.at("setting-language").selectOption("auto");
  await mira.at("dialog-close").click();
  await other.page.close();
});

test("with data saver on, no picture is fetched and initials stand in its place", async () => {
  let asked = 0;
  await context.route("https://pictures.example/**", (route) => {
    asked += 1;
    return route.fulfill({ contentType: "image/svg+xml", body: '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>' });
  });
  const conv = await api.mira.group("Pictured", ["sub:jonas"], { avatar: "https://pictures.example/group.svg" });
  const picture = mira.entry(conv).locator("img");
  await picture.waitFor();
  await mira.until((id) => document.querySelector(`[data-id="${id}"] img`).complete, conv);
  assert.equal(asked, 1);
  await mira.at("settings").click();
  await mira.at("setting-data-saver").check();
  await mira.at("dialog-close").click();
  await picture.waitFor({ state: "detached" });
  await mira.entry(conv).locator(".avatar").filter({ hasText: "P" }).waitFor();
  await mira.page.reload();
  await mira.entry(conv).waitFor();
  await mira.show(conv);
  assert.equal(await mira.root.locator(".avatar img").count(), 0);
  assert.equal(asked, 1, "nothing was fetched");
  await mira.at("settings").click();
  await mira.at("setting-data-saver").uncheck();
  await picture.waitFor();
  await mira.at("dialog-close").click();
});

/**
 * Runs in the page: scrolls to `top`, and once that is drawn, follows the first message that begins on the screen frame
 * by frame. `window.readMoved()` ends it and says by how much that message moved.
 */
async function startReading(top) {
  const list = document.querySelector("[data-testid=messages]");
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const onScreen = () => {
    const { top: edge, bottom } = list.getBoundingClientRect();
    return [...list.querySelectorAll("[data-testid=message]")].find((row) => row.getBoundingClientRect().top >= edge && row.getBoundingClientRect().top < bottom);
  };
  list.scrollTop = top;
  await frame();
  // A bound, so that a test that fails ends.
  for (let frames = 0; !onScreen() && frames < 300; frames++) await frame();
  const { seq } = onScreen().dataset;
  const before = onScreen().getBoundingClientRect().top;
  let moved = 0;
  let reading = true;
  const look = () => {
    const now = list.querySelector(`[data-testid=message][data-seq="${seq}"]`);
    moved = Math.max(moved, now ? Math.abs(now.getBoundingClientRect().top - before) : Number.POSITIVE_INFINITY);
    if (reading) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  window.readMoved = async () => {
    for (let frames = 0; frames < 3; frames++) await frame();
    reading = false;
    return moved;
  };
  return list.scrollHeight;
}

for (const size of [WIDE, PHONE]) {
  test(`at ${size.width} px the message being read stays where it is while older ones load above it and newer ones come below`, async () => {
    const conv = await longest();
    const reader = new ClientPage(await (await browser.context({ size })).newPage());
    // Pages of history wait until somebody reads what is there.
    const waiting = [];
    let came = () => {};
    await reader.page.route(/\/events\?/, (route) => {
      waiting.push(route);
      came();
    });
    const asked = () => (waiting.length > 0 ? Promise.resolve() : new Promise((resolve) => (came = resolve)));
    await reader.go(server, "mira", conv);
    let loads = 0;
    for (let more = true; more; ) {
      const height = await reader.root.evaluate(startReading, loads % 2 === 0 ? 700 : 0);
      await asked();
      await Promise.all(waiting.splice(0).map((route) => route.continue()));
      await reader.until((before) => document.querySelector("[data-testid=messages]").scrollHeight > before && document.querySelector("[data-testid=messages]").ariaBusy === "false", height);
      const moved = await reader.root.evaluate(() => window.readMoved());
      assert.ok(moved <= 1, `the message moved by ${moved} px when page ${loads} came above it`);
      loads += 1;
      more = (await reader.root.locator(".messages-head").textContent()) === en.loadingOlder;
    }
    assert.ok(loads >= 4, `history came in pages: ${loads}`);
    await reader.page.unrouteAll();
    await reader.root.evaluate(startReading, 2000);

    const place = () =>
      reader.root.evaluate(() => {
        const list = document.querySelector("[data-testid=messages]").getBoundingClientRect();
        const row = [...document.querySelectorAll("[data-testid=message]")].find((candidate) => candidate.getBoundingClientRect().top >= list.top);
        return [row.dataset.seq, row.getBoundingClientRect().top];
      });
    await settled(reader.page);
    const [seq, top] = await place();
    await api.jonas.send(conv, `New, far below, at ${size.width} px`);
    await reader.at("new-messages").waitFor();
    const [sameSeq, sameTop] = await place();
    assert.equal(sameSeq, seq);
    assert.ok(Math.abs(sameTop - top) <= 1, `moved by ${sameTop - top} px`);
    await reader.at("to-latest").click();
    await reader.message(`New, far below, at ${size.width} px`).waitFor();
    browser.check();
  });
}
