// Polls in two browsers: written in a dialog, voted in by mouse and keyboard, counted live, closed for good.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser, PHONE, settled, WIDE } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

let server, browser, mira, jonas, conv, api;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  api = { mira: await Person.of(server, "mira", { name: "Mira" }), jonas: await Person.of(server, "jonas", { name: "Jonas" }), layla: await Person.of(server, "layla", { name: "Layla" }) };
  conv = await api.mira.group("Cooking", ["sub:jonas", "sub:layla"]);
  mira = await ClientPage.open(await browser.context(), server, "mira", conv);
  jonas = await ClientPage.open(await browser.context(), server, "jonas", conv);
});

after(() => finish(browser, server));

/** A poll on a page, by its question. */
const poll = (client, question) => client.at("poll").filter({ hasText: question });
const option = (client, question, number) => poll(client, question).locator(`[data-testid=poll-option][data-option="${number}"]`);
/** Waits until a poll shows these counts. */
const counts = async (client, question, ...expected) => {
  for (const [index, count] of expected.entries()) await option(client, question, index + 1).and(client.page.locator(`[data-count="${count}"]`)).waitFor();
};

test("a poll is written in a dialog, which says what is missing, and both see it", async () => {
  await mira.at("poll-new").click();
  await mira.at("poll-send").click();
  await mira.at("form-error").waitFor();
  await mira.at("poll-dialog").getByTestId("poll-question").fill("What shall we cook?");
  const field = (index) => mira.at("poll-option-field").nth(index);
  await field(0).fill("Lentils");
  await mira.at("poll-send").click();
  await mira.at("form-error").filter({ hasText: "at least two" }).waitFor();
  await field(1).fill("Lentils");
  await mira.at("poll-send").click();
  await mira.at("form-error").filter({ hasText: "the same" }).waitFor();
  await field(1).fill("Noodles");
  // A third line has appeared; Enter leads to it.
  await field(1).press("Enter");
  await mira.until(() => document.activeElement?.getAttribute("data-testid") === "poll-option-field");
  await mira.page.keyboard.type("Whatever the market has on Saturday morning");
  await lookAt(mira.page, "poll-dialog");
  await mira.at("poll-send").click();
  for (const client of [mira, jonas]) await counts(client, "What shall we cook?", 0, 0, 0);
  const line = jonas.entry(conv).locator(".entry-last");
  await line.filter({ hasText: "What shall we cook?" }).waitFor();
  assert.equal(await line.locator(".entry-kind .sr").textContent(), "Poll: ", "the list says what it is");
  browser.check();
});

test("votes move live, are changed and taken back, by mouse and by keyboard", async () => {
  const question = "What shall we cook?";
  await option(jonas, question, 1).click();
  for (const client of [mira, jonas]) await counts(client, question, 1, 0, 0);
  assert.equal(await option(jonas, question, 1).getAttribute("aria-pressed"), "true");
  assert.equal(await option(mira, question, 1).getAttribute("aria-pressed"), "false");
  // From the message by Tab to its options.
  await jonas.at("message").last().focus();
  await jonas.page.keyboard.press("Tab");
  while (!(await jonas.root.evaluate(() => document.activeElement?.getAttribute("data-option") === "2"))) await jonas.page.keyboard.press("Tab");
  await jonas.page.keyboard.press("Enter");
  for (const client of [mira, jonas]) await counts(client, question, 0, 1, 0);
  await option(mira, question, 2).click();
  for (const client of [mira, jonas]) await counts(client, question, 0, 2, 0);
  await option(jonas, question, 2).click();
  for (const client of [mira, jonas]) await counts(client, question, 0, 1, 0);
  await option(jonas, question, 3).click();
  for (const client of [mira, jonas]) await counts(client, question, 0, 1, 1);
  await poll(mira, question).getByTestId("poll-who").click();
  await mira.at("voters").and(mira.page.locator('[data-option="3"]')).getByTestId("voter").filter({ hasText: "Jonas" }).waitFor();
  await lookAt(mira.page, "poll-votes");
  await mira.page.keyboard.press("Escape");
  browser.check();
});

test("several choices, anonymous, with an end; after a reload everything stands", async () => {
  const question = "Which evenings suit you?";
  const { seq } = await api.layla.ok("POST", `/v1/conversations/${conv}/messages`, {
    body: { content: { kind: "poll", question, options: ["Monday", "Tuesday", "Thursday", "Friday"], multiple: true, anonymous: true, closes_in_s: 86_400 } },
  });
  await option(mira, question, 1).click();
  await counts(mira, question, 1, 0, 0, 0);
  await option(mira, question, 4).click();
  await api.layla.ok("POST", `/v1/conversations/${conv}/polls/${seq}/votes`, { body: { choices: [2, 4] } });
  for (const client of [mira, jonas]) await counts(client, question, 1, 1, 0, 2);
  assert.equal(await poll(mira, question).getByTestId("poll-who").count(), 0, "nobody is told who");
  await mira.page.reload();
  await mira.caughtUp();
  await counts(mira, question, 1, 1, 0, 2);
  assert.equal(await option(mira, question, 4).getAttribute("aria-pressed"), "true");
  await lookAt(mira.page, "polls");
  browser.check();
});

test("its author closes it by the menu: no vote counts any more, and the conversation says so", async () => {
  const question = "What shall we cook?";
  await mira.at("message").filter({ has: poll(mira, question) }).hover();
  await mira.at("message").filter({ has: poll(mira, question) }).getByTestId("message-menu").click();
  await mira.at("menu-end-poll").click();
  for (const client of [mira, jonas]) await poll(client, question).and(client.page.locator('[data-closed="true"]')).waitFor();
  await jonas.at("system-event").filter({ hasText: "Mira closed a poll" }).waitFor();
  assert.equal(await option(jonas, question, 1).getAttribute("aria-disabled"), "true");
  await option(jonas, question, 1).click({ force: true });
  await counts(jonas, question, 0, 1, 1);
  await lookAt(jonas.page, "poll-closed");
  // Jonas cannot close what is not his.
  await jonas.at("message").filter({ has: poll(jonas, "Which evenings") }).hover();
  await jonas.at("message").filter({ has: poll(jonas, "Which evenings") }).getByTestId("message-menu").click();
  await jonas.at("menu").waitFor();
  assert.equal(await jonas.at("menu-end-poll").count(), 0);
  assert.equal(await jonas.at("menu-forward").count(), 0, "a poll is not forwarded");
  assert.equal(await jonas.at("menu-edit").count(), 0);
  await jonas.page.keyboard.press("Escape");
  browser.check();
});

test("in German and Arabic, on a phone, in a thread, quoted and deleted", async () => {
  const root = await api.jonas.send(conv, "Where do we meet?");
  await api.jonas.ok("POST", `/v1/conversations/${conv}/messages`, { body: { thread: root.seq, content: { kind: "poll", question: "أين نلتقي يوم الجمعة؟", options: ["في المطعم 🍜", "في بيت ليلى"] } } });
  const question = "Gone soon?";
  const { seq } = await api.mira.ok("POST", `/v1/conversations/${conv}/messages`, { body: { content: { kind: "poll", question, options: ["yes", "no"] } } });
  await api.jonas.send(conv, "I wonder", { reply_to: { seq, version: 1 } });
  await jonas.at("quote").filter({ hasText: question }).waitFor();
  await option(jonas, question, 1).click();
  await counts(mira, question, 1, 0);
  for (const lang of ["ar-EG", "de-DE"]) {
    const page = await ClientPage.open(await browser.context({ size: PHONE, locale: lang }), server, "layla", conv);
    await counts(page, question, 1, 0);
    await settled(page.page);
    await lookAt(page.page, `polls-${lang.slice(0, 2)}`, { sizes: [PHONE] });
    await page.page.context().close();
  }
  await jonas.page.setViewportSize(WIDE);
  await jonas.at("thread-line").last().click();
  await jonas.at("poll").filter({ hasText: "الجمعة" }).locator('[data-option="2"]').click();
  await jonas.at("poll").filter({ hasText: "الجمعة" }).locator('[data-option="2"][data-count="1"]').waitFor();
  await lookAt(jonas.page, "poll-thread");
  await api.mira.remove(conv, seq);
  for (const client of [mira, jonas]) await poll(client, question).first().waitFor({ state: "detached" });
  browser.check();
});
