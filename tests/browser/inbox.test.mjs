// The list as its owner arranges it: by mouse, by key, by a long press, on all devices.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser, PHONE, WIDE } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

let server, browser, mira, api, convs;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  mira = await ClientPage.open(await browser.context(), server, "mira");
  api = {};
  for (const subject of ["mira", "jonas"]) api[subject] = await Person.of(server, subject, { name: subject[0].toUpperCase() + subject.slice(1) });
  await mira.at("conversation").nth(5).waitFor();
  convs = await mira.root.evaluate(() => [...document.querySelectorAll("[data-testid=conversation]")].map(({ dataset }) => dataset.id));
});

after(() => finish(browser, server));

/** Chooses from the menu of an entry, opened by the button that a mouse finds. */
async function choose(id, ...items) {
  const row = mira.root.locator("li", { has: mira.entry(id) });
  await row.hover();
  await row.getByTestId("entry-menu").click();
  for (const item of items) await mira.at(`menu-${item}`).click();
  await mira.at("menu").waitFor({ state: "detached" });
}

/** What the account holds. */
async function held(id) {
  const { entries } = await api.mira.ok("GET", "/v1/inbox?limit=100");
  return entries.find((entry) => entry.id === id);
}

test("a conversation is pinned by mouse and stands first, on another device too", async () => {
  const other = await ClientPage.open(await browser.context(), server, "mira");
  const id = convs[3];
  await choose(id, "pin");
  for (const side of [mira, other]) await side.until((wanted) => document.querySelector("[data-testid=conversation]").dataset.id === wanted, id);
  assert.equal((await held(id)).pinned, true);
  await mira.entry(convs[4]).click({ button: "right" });
  await mira.at("menu-pin").click();
  await other.until(() => document.querySelectorAll("[data-pinned]").length === 2);
  await other.page.context().close();
});

test("muting: for a time and for good, by key alone", async () => {
  await mira.entry(convs[5]).focus();
  await mira.page.keyboard.press("ContextMenu");
  await mira.at("menu").waitFor();
  await mira.page.keyboard.press("ArrowDown");
  await mira.page.keyboard.press("ArrowDown");
  assert.equal(await mira.page.evaluate(() => document.activeElement.dataset.testid), "menu-mute");
  await mira.page.keyboard.press("Enter");
  await mira.at("menu-mute-hour").waitFor();
  await lookAt(mira.page, "inbox-mute", { sizes: [WIDE] });
  await mira.page.keyboard.press("End");
  await mira.page.keyboard.press("Enter");
  await mira.root.locator(`[data-id="${convs[5]}"][data-muted]`).waitFor();
  assert.equal(await mira.page.evaluate(() => document.activeElement.dataset.id), convs[5], "the focus comes back");
  await mira.page.keyboard.press("Shift+F10");
  await mira.at("menu-unmute").waitFor();
  await mira.page.keyboard.press("Escape");
  await mira.at("menu").waitFor({ state: "detached" });
  await choose(convs[6], "mute", "mute-hour");
  await mira.root.locator(`[data-id="${convs[6]}"][data-muted]`).waitFor();
  const { muted_until } = await held(convs[6]);
  assert.ok(muted_until > Date.now() && muted_until <= Date.now() + 3_600_000);
  await choose(convs[6], "unmute");
  await mira.root.locator(`[data-id="${convs[6]}"]:not([data-muted])`).waitFor();
});

test("what calls one is chosen beside muting: all, mentions, nothing, and whether everyone is oneself", async () => {
  const id = await api.jonas.group("Levels", ["sub:mira"]);
  const say = (content) => api.jonas.ok("POST", `/v1/conversations/${id}/messages`, { body: { content: { kind: "text", text: "all of you", ...content } } });
  await say({});
  await say({ mention_everyone: true });
  await mira.entry(id).getByTestId("mentions").waitFor();
  const counted = () => mira.page.evaluate(() => Number(/^\((\d+)\)/.exec(document.title)?.[1] ?? 0));
  const before = await counted();
  const level = (expected) => mira.root.locator(`[data-id="${id}"][data-level="${expected}"]`).waitFor();
  const choices = () => mira.at("menu").evaluate((menu) => [...menu.querySelectorAll("[aria-checked=true]")].map(({ dataset }) => dataset.testid));
  await mira.entry(id).focus();
  await mira.page.keyboard.press("ContextMenu");
  await mira.at("menu").waitFor();
  while (!(await mira.at("menu-notify").evaluate((item) => item === document.activeElement))) await mira.page.keyboard.press("ArrowDown");
  await mira.page.keyboard.press("Enter");
  await mira.at("menu-notify-all").waitFor();
  assert.deepEqual(await choices(), ["menu-notify-all"]);
  await lookAt(mira.page, "inbox-levels", { sizes: [WIDE] });
  await mira.page.keyboard.press("ArrowDown");
  await mira.page.keyboard.press("Enter");
  await level("mentions");
  assert.equal(await mira.page.evaluate(() => document.activeElement.dataset.id), id, "the focus comes back");
  assert.equal(await counted(), before - 1, "of two unread messages one calls");
  await choose(id, "notify", "suppress-everyone");
  await mira.entry(id).getByTestId("mentions").waitFor({ state: "detached" });
  await mira.until((expected) => document.title.startsWith(`(${expected})`) || expected === 0, before - 2);
  const row = mira.root.locator("li", { has: mira.entry(id) });
  await row.hover();
  await row.getByTestId("entry-menu").click();
  await mira.at("menu-notify").click();
  assert.deepEqual(await choices(), ["menu-notify-mentions", "menu-suppress-everyone"]);
  await mira.at("menu-notify-nothing").click();
  await level("nothing");
  await mira.entry(id).getByTestId("entry-muted").waitFor();
  await lookAt(mira.page, "inbox-level-nothing");
  const { notify, suppress_everyone, unread } = await held(id);
  assert.deepEqual([notify, suppress_everyone, unread], ["nothing", true, 2]);
  await mira.page.setViewportSize(PHONE);
  await mira.entry(id).focus();
  await mira.page.keyboard.press("ContextMenu");
  await mira.at("menu-notify").click();
  await mira.at("menu-notify-all").waitFor();
  // A change of size closes a menu.
  await lookAt(mira.page, "inbox-levels", { sizes: [PHONE] });
  await mira.at("menu-notify-all").click();
  await level("all");
  await mira.page.setViewportSize(WIDE);
});

test("what is archived stays away when something is said; what is hidden comes back", async () => {
  const archived = await api.mira.group("Put away", ["sub:jonas"]);
  const hidden = await api.mira.group("Out of sight", ["sub:jonas"]);
  for (const id of [archived, hidden]) await mira.entry(id).waitFor();
  await choose(archived, "archive");
  await choose(hidden, "hide");
  for (const id of [archived, hidden]) await mira.entry(id).waitFor({ state: "detached" });
  await api.jonas.send(archived, "still there?");
  await api.jonas.send(hidden, "peekaboo");
  await mira.entry(hidden).waitFor();
  await mira.at("view-archived").click();
  await mira.root.locator(`[data-id="${archived}"] [data-testid=unread]`).waitFor();
  assert.equal(await mira.at("conversation").count(), 1);
  await lookAt(mira.page, "inbox-archived");
  await choose(archived, "archive");
  await mira.entry(archived).waitFor({ state: "detached" });
  await mira.at("view-all").click();
  await mira.entry(archived).waitFor();
  await mira.at("view-groups").click();
  await mira.until(() => document.querySelectorAll("[data-testid=conversation]").length > 1);
  await mira.at("view-all").click();
});

test("what is marked unread shows it until it is opened; what is unread can be marked read", async () => {
  const id = await api.mira.group("Marked", ["sub:jonas"]);
  await api.jonas.send(id, "first");
  await mira.entry(id).getByTestId("unread").waitFor();
  await choose(id, "mark-read");
  await mira.entry(id).getByTestId("unread").waitFor({ state: "detached" });
  await mira.show(id);
  await choose(id, "mark-unread");
  await mira.at("conversation-pane").waitFor({ state: "detached" });
  await mira.entry(id).getByTestId("marked-unread").waitFor();
  await lookAt(mira.page, "inbox-marks");
  await mira.at("view-unread").click();
  await mira.entry(id).waitFor();
  await mira.at("view-all").click();
  await mira.show(id);
  await mira.entry(id).getByTestId("marked-unread").waitFor({ state: "detached" });
  assert.equal((await held(id)).marked_unread, undefined);
});

test("on a phone a long press opens the menu, and opens nothing else", async () => {
  const context = await browser.context({ size: PHONE, hasTouch: true });
  const phone = await ClientPage.open(context, server, "mira");
  const entry = phone.at("conversation").nth(2);
  const { x, y, width, height } = await entry.boundingBox();
  const session = await context.newCDPSession(phone.page);
  const point = [{ x: x + width / 2, y: y + height / 2 }];
  await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: point });
  await phone.at("menu").waitFor();
  await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await lookAt(phone.page, "inbox-press", { sizes: [PHONE] });
  assert.equal(await phone.at("conversation-pane").count(), 0);
  await phone.at("menu-pin").click();
  await phone.at("menu").waitFor({ state: "detached" });
  await context.close();
});
