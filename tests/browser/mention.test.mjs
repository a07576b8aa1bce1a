// Mentions: somebody is named by keyboard or by finger, and the others see it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { accessible, lookAt, openBrowser, PHONE, WIDE } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

const NAMES = { mira: "Mira", jonas: "Jonas", layla: "ليلى", lucia: "Luci\u0301a Ferna\u0301ndez", camille: "Camille", thiago: "Thiago", elif: "Elif", aarav: "आरव" };
let server, browser, api, conv, mira, jonas;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  // Made before the people of the group say their names, as the seeded world says them too.
  mira = await ClientPage.open(await browser.context(), server, "mira");
  api = {};
  for (const [subject, name] of Object.entries(NAMES)) api[subject] = await Person.of(server, subject, { name });
  conv = await api.mira.group("Harvest", Object.keys(NAMES).filter((subject) => subject !== "mira").map((subject) => `sub:${subject}`));
  // A profile is told to the conversations by whoever says something.
  for (const subject of ["lucia", "jonas"]) await api[subject].send(conv, `${NAMES[subject]} is here`);
  await mira.go(server, "mira", conv);
  jonas = await ClientPage.open(await browser.context(), server, "jonas", conv);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** The names offered now. */
function offered() {
  return mira.at("mention-choice").locator("> bdi:first-of-type").allTextContents();
}

/** What the log says that a message mentions. */
async function stored(text) {
  const { entries } = await api.mira.export(conv);
  return entries.map(({ event }) => event?.content).findLast((content) => content?.text === text)?.mentions ?? [];
}

/** The message field as a screen reader is told about it. */
function combobox() {
  return mira.composer.evaluate((field) => {
    const active = document.getElementById(field.getAttribute("aria-activedescendant") ?? "");
    const list = document.getElementById(field.getAttribute("aria-controls") ?? "");
    return {
      role: field.getAttribute("role"),
      expanded: field.getAttribute("aria-expanded"),
      list: list?.getAttribute("role") ?? null,
      active: active?.querySelector(":scope > bdi").textContent ?? null,
      selected: active?.getAttribute("aria-selected") ?? null,
    };
  });
}

const CLOSED = { role: null, expanded: null, list: null, active: null, selected: null };

test("somebody is found, chosen and mentioned by keyboard alone, and sees it", async () => {
  const { page } = mira;
  await mira.composer.focus();
  assert.deepEqual(await combobox(), CLOSED);
  await page.keyboard.type("hey @");
  await mira.at("mention-list").waitFor();
  assert.ok(!(await offered()).includes("Mira"), "nobody mentions themselves");
  const all = await offered();
  assert.equal(all.length, Object.keys(NAMES).length, "all others, and everyone");
  assert.equal(all.at(-1), "everyone");
  assert.deepEqual(await combobox(), { role: "combobox", expanded: "true", list: "listbox", active: all[0], selected: "true" });
  await page.keyboard.press("ArrowUp");
  assert.equal((await combobox()).active, all.at(-1), "the arrows go round");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  assert.equal((await combobox()).active, all[1]);
  await page.keyboard.type("JO");
  assert.deepEqual(await offered(), ["Jonas"]);
  await page.keyboard.press("Enter");
  assert.equal(await mira.composer.inputValue(), "hey @Jonas ");
  assert.deepEqual(await combobox(), CLOSED);
  await page.keyboard.type("look");
  assert.equal(await mira.at("mention-list").count(), 0, "a mention that was taken is not looked for again");
  await page.keyboard.press("Enter");

  await jonas.message("hey @Jonas look").waitFor();
  const row = jonas.message("hey @Jonas look");
  assert.match(await row.getAttribute("aria-label"), /mentions you$/);
  assert.deepEqual(await row.getByTestId("mention").evaluateAll((found) => found.map((one) => [one.textContent, one.classList.contains("mention-own")])), [["@Jonas", true]]);
  assert.deepEqual(await stored("hey @Jonas look"), [api.jonas.id]);

  const own = mira.message("hey @Jonas look");
  assert.equal(await own.getByTestId("mention").textContent(), "@Jonas");
  assert.doesNotMatch(await own.getByTestId("mention").getAttribute("class"), /mention-own/);
  assert.doesNotMatch(await own.getAttribute("aria-label"), /mentions you/);
  // The list of conversations shows the text as it is.
  await jonas.entry(conv).filter({ hasText: "hey @Jonas look" }).waitFor();
  assert.equal(await jonas.entry(conv).getByTestId("mention").count(), 0);
});

test("everyone is mentioned, and the list says so until it is read", async () => {
  const { page } = mira;
  const other = await api.mira.group("Elsewhere", ["sub:jonas"]);
  await jonas.show(other);
  await mira.composer.fill("");
  await mira.composer.focus();
  await page.keyboard.type("hear @ever");
  await mira.until(() => document.querySelectorAll("[data-testid=mention-choice]").length === 1);
  await lookAt(page, "mention-everyone", { axe: false, sizes: [WIDE] });
  await page.keyboard.press("Enter");
  await page.keyboard.type("!");
  await page.keyboard.press("Enter");
  await mira.seq("hear @everyone !");
  const { entries } = await api.mira.export(conv);
  assert.deepEqual(entries.at(-1).event.content, { kind: "text", mention_everyone: true, text: "hear @everyone !", v: 1 });
  await jonas.entry(conv).getByTestId("mentions").waitFor();
  await lookAt(jonas.page, "mention-badge");
  await jonas.at("view-mentions").click();
  await jonas.until(() => document.querySelectorAll("[data-testid=conversation]").length === 1);
  await jonas.show(conv);
  await jonas.root.locator("[data-mentions-me]").last().waitFor();
  await jonas.entry(conv).waitFor({ state: "detached" });
  await jonas.at("view-all").click();
  assert.equal(await jonas.entry(conv).getByTestId("mentions").count(), 0);
  // Once edited without it, nobody is addressed.
  await mira.composer.press("ArrowUp");
  await mira.composer.fill("never mind");
  await mira.composer.press("Enter");
  await mira.message("never mind").and(mira.root.locator("[data-version='2'][data-status=sent]")).waitFor();
  assert.deepEqual((await api.mira.export(conv)).entries.at(-1).event.content, { kind: "text", text: "never mind", v: 1 });
});

test("names are found by any word and without accents; Tab takes, Escape sends the list away", async () => {
  const { page } = mira;
  await page.keyboard.type("@fernandez");
  assert.deepEqual(await offered(), [NAMES.lucia]);
  await page.keyboard.press("Tab");
  assert.equal(await mira.composer.inputValue(), `@${NAMES.lucia} `);
  await page.keyboard.type("and @ca");
  await page.keyboard.press("Escape");
  assert.equal(await mira.at("mention-list").count(), 0);
  await page.keyboard.type("m");
  assert.equal(await mira.at("mention-list").count(), 0, "what was sent away stays away");
  assert.ok(await mira.at("conversation-pane").isVisible(), "and Escape did no more than that");
  await page.keyboard.press("Enter");
  const text = `@${NAMES.lucia} and @cam`;
  await jonas.message(text).waitFor();
  assert.deepEqual(await jonas.message(text).getByTestId("mention").allTextContents(), [`@${NAMES.lucia}`]);
  assert.doesNotMatch(await jonas.message(text).getAttribute("aria-label"), /mentions you/);
  assert.deepEqual(await stored(text), [api.lucia.id]);
});

test("a role is mentioned by those who may, by keyboard, and whoever has it is addressed", async () => {
  await api.mira.ok("PATCH", `/v1/conversations/${conv}/members/sub:jonas`, { body: { role: "admin" } });
  await jonas.show(await api.mira.group("Away", ["sub:jonas"]));
  await mira.composer.fill("");
  await mira.composer.focus();
  await mira.page.keyboard.type("keys for @adm");
  await mira.until(() => document.querySelector("[data-testid=mention-choice]")?.dataset.user === "role:admin");
  assert.deepEqual(await offered(), ["admins"]);
  await lookAt(mira.page, "mention-role", { axe: false });
  await mira.page.keyboard.press("Enter");
  await mira.page.keyboard.type("please");
  await mira.page.keyboard.press("Enter");
  const text = "keys for @admins please";
  await mira.seq(text);
  const said = (entries) => entries.map(({ event }) => event?.content).findLast((content) => content?.text === text);
  assert.deepEqual(said((await api.mira.export(conv)).entries), { kind: "text", mention_roles: ["admin"], text, v: 1 });
  await jonas.entry(conv).getByTestId("mentions").waitFor();
  await jonas.show(conv);
  const own = (page) => page.message(text).getByTestId("mention").evaluate((one) => [one.textContent, one.classList.contains("mention-own")]);
  assert.deepEqual(await own(jonas), ["@admins", true]);
  assert.match(await jonas.message(text).getAttribute("aria-label"), /mentions you$/);
  assert.deepEqual(await own(mira), ["@admins", false]);
  // An edit of other words keeps it; who may not mention many is offered nobody but people.
  await mira.composer.press("ArrowUp");
  await mira.composer.press("End");
  await mira.page.keyboard.type(" today");
  await mira.composer.press("Enter");
  await mira.message(`${text} today`).and(mira.root.locator("[data-version='2'][data-status=sent]")).waitFor();
  assert.deepEqual((await api.mira.export(conv)).entries.at(-1).event.content.mention_roles, ["admin"]);
  await api.mira.ok("PATCH", `/v1/conversations/${conv}/members/sub:jonas`, { body: { role: "guest" } });
  await jonas.composer.fill("");
  await jonas.composer.focus();
  await jonas.page.keyboard.type("@o");
  await jonas.until(() => ![...document.querySelectorAll("[data-testid=mention-choice]")].some((choice) => choice.dataset.user.startsWith("role:")));
  await jonas.composer.fill("");
  await api.mira.ok("PATCH", `/v1/conversations/${conv}/members/sub:jonas`, { body: { role: "member" } });
});

test("a mention lasts through editing the text around it, undo, and a reload, and goes with its text", async () => {
  const { page } = mira;
  await page.keyboard.type("@jon");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Control+z");
  assert.notEqual(await mira.composer.inputValue(), "@Jonas ");
  await page.keyboard.press("Control+Shift+z");
  assert.equal(await mira.composer.inputValue(), "@Jonas ");
  await page.keyboard.type("once");
  await page.keyboard.press("Home");
  await page.keyboard.type("only ");
  await page.reload();
  await mira.caughtUp();
  await mira.composer.focus();
  await page.keyboard.press("End");
  await page.keyboard.type(" more");
  await page.keyboard.press("Enter");
  const sent = "only @Jonas once more";
  await jonas.message(sent).waitFor();
  assert.deepEqual(await stored(sent), [api.jonas.id]);

  await mira.seq(sent);
  await page.keyboard.press("ArrowUp");
  await mira.at("composer-context").waitFor();
  await page.keyboard.type("!");
  await page.keyboard.press("Enter");
  await jonas.message(`${sent}!`).getByTestId("mention").waitFor();
  assert.deepEqual(await stored(`${sent}!`), [api.jonas.id], "an edit keeps it");

  await mira.message(`${sent}!`).and(mira.root.locator("[data-version='2']")).waitFor();
  await page.keyboard.press("ArrowUp");
  await mira.at("composer-context").waitFor();
  await mira.composer.fill("only you once more");
  await page.keyboard.press("Enter");
  await jonas.message("only you once more").waitFor();
  assert.deepEqual(await stored("only you once more"), []);
  assert.doesNotMatch(await jonas.message("only you once more").getAttribute("aria-label"), /mentions you/);
});

test("a mention is taken by a finger on a small screen", async () => {
  const context = await browser.context({ size: PHONE, hasTouch: true, isMobile: true });
  const phone = await ClientPage.open(context, server, "camille", conv);
  await phone.composer.tap();
  await phone.page.keyboard.type("مرحبا @");
  await phone.at("mention-choice").filter({ hasText: NAMES.layla }).tap();
  assert.equal(await phone.composer.inputValue(), `مرحبا @${NAMES.layla} `);
  assert.ok(await phone.composer.evaluate((field) => field === document.activeElement), "the keyboard on the screen stays");
  await phone.at("send").tap();
  await jonas.message(`مرحبا @${NAMES.layla} `).getByTestId("mention").waitFor();
  assert.deepEqual(await stored(`مرحبا @${NAMES.layla} `), [api.layla.id]);
  await context.close();
});

test("texts that only look like mentions, or hold markup, stay what they are", async () => {
  const hostile = "<b>@Jonas</b> a@Jonas @Jonasson https://x.org/@Jonas\n\t@Jonas\u202e";
  await api.layla.send(conv, hostile, { mentions: [api.jonas.id] });
  await jonas.until((text) => [...document.querySelectorAll("[data-testid=message-text]")].some((shown) => shown.textContent === text), hostile);
  const shown = jonas.at("message").last();
  assert.deepEqual(await shown.getByTestId("mention").allTextContents(), ["@Jonas", "@Jonas"]);
  assert.equal(await shown.locator("b").count(), 0);
  assert.match(await shown.getAttribute("aria-label"), /mentions you$/);
});

test("it looks right, and axe finds nothing but the role that HTML has not for a field of several lines", async () => {
  await api.layla.send(conv, "@Mira, shall @Jonas bring the ladder?", { mentions: [api.mira.id, api.jonas.id] });
  await mira.message("@Mira, shall @Jonas bring the ladder?").getByTestId("mention").first().waitFor();
  await mira.message("@Mira, shall @Jonas bring the ladder?").waitFor();
  await lookAt(mira.page, "mentions", { axe: true });
  for (const size of [WIDE, PHONE]) {
    await mira.page.setViewportSize(size);
    await mira.composer.fill("");
    await mira.composer.pressSequentially("So, @");
    await mira.at("mention-list").waitFor();
    await lookAt(mira.page, "mention-list", { sizes: [size], axe: false });
    for (const colorScheme of ["light", "dark"]) {
      await mira.page.emulateMedia({ colorScheme });
      const passed = await accessible(mira.page, `mention-list-${size.width}-${colorScheme}`, { rules: { "aria-allowed-role": { enabled: false } } });
      assert.ok(passed.includes("aria-valid-attr-value"), "axe looked at the list");
    }
    const box = await mira.at("mention-list").boundingBox();
    assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= size.width, "the list is on the screen");
  }
  // Little height, as above a keyboard on the screen.
  await mira.page.setViewportSize({ width: PHONE.width, height: 340 });
  await lookAt(mira.page, "mention-list-low", { sizes: [{ width: PHONE.width, height: 340 }], axe: false });
  const box = await mira.at("mention-list").boundingBox();
  assert.ok(box.y >= 0, `the list begins at ${box.y}`);
  browser.check();
});
