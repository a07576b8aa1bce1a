// Threads in browsers: begun by the menu, beside the conversation or in its place, followed, read apart, by mouse and keyboard.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser, PHONE, WIDE } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

let server, browser, mira, jonas, conv, api, question;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  api = {
    mira: await Person.of(server, "mira", { name: "Mira" }),
    jonas: await Person.of(server, "jonas", { name: "Jonas" }),
    layla: await Person.of(server, "layla", { name: "Layla" }),
  };
  conv = await api.mira.group("Trip to the coast", ["sub:jonas", "sub:layla"]);
  await api.jonas.send(conv, "Morning!");
  question = (await api.mira.send(conv, "Who drives on Saturday?")).seq;
  await api.layla.send(conv, "I bring the tent.");
  mira = await ClientPage.open(await browser.context(), server, "mira", conv);
  jonas = await ClientPage.open(await browser.context(), server, "jonas", conv);
});

after(() => finish(browser, server));

const main = (client) => client.at("messages");
const line = (client, text) => client.message(text).first().getByTestId("thread-line");
const inThread = (client, text) => client.at("thread-replies").getByTestId("message-text").filter({ hasText: text });
const write = async (client, text) => {
  await client.at("thread-composer").fill(text);
  await client.at("thread-composer").press("Enter");
  await inThread(client, text).waitFor();
};
const unread = (client, text, count) => line(client, text).and(client.root.locator(`[data-unread="${count}"]`)).waitFor();

test("a reply in a thread stands there and nowhere else; both see the line under the message it began with", async () => {
  await jonas.choose("Who drives on Saturday?", "thread");
  await jonas.at("thread-pane").waitFor();
  await inThread(jonas, "Who drives on Saturday?").waitFor();
  assert.equal(await jonas.root.evaluate(() => document.activeElement.id), "thread-composer");
  await write(jonas, "I can, from nine on.");
  await line(mira, "Who drives on Saturday?").filter({ hasText: "1 reply" }).waitFor();
  await unread(mira, "Who drives on Saturday?", 1);
  for (const client of [mira, jonas]) assert.equal(await main(client).getByTestId("message-text").filter({ hasText: "I can, from nine on." }).count(), 0);
  await jonas.at("thread-follow").and(jonas.root.locator("[aria-pressed=true]")).waitFor();
  browser.check();
});

test("news of a thread: a dot in the list, a number at the button; reading it takes both away on every device", async () => {
  const other = await ClientPage.open(await browser.context(), server, "mira");
  await other.entry(conv).getByTestId("entry-threads").waitFor();
  await mira.at("threads-open").and(mira.root.locator("[data-news='1']")).waitFor();
  await lookAt(mira.page, "threads-news");
  await mira.at("threads-open").click();
  await mira.at("thread-entry").filter({ hasText: "Who drives on Saturday?" }).waitFor();
  await lookAt(mira.page, "threads-list");
  await mira.at("thread-entry").click();
  await inThread(mira, "I can, from nine on.").waitFor();
  await mira.at("thread-unread-line").waitFor();
  await unread(mira, "Who drives on Saturday?", 0);
  await other.entry(conv).getByTestId("entry-threads").waitFor({ state: "detached" });
  await mira.at("threads-open").and(mira.root.locator("[data-news='0']")).waitFor();
  await other.page.close();
  browser.check();
});

test("it goes on live: edits, reactions, deletions, mentions; the conversation beside it too", async () => {
  await write(mira, "Great. And back?");
  await inThread(jonas, "Great. And back?").waitFor();
  await api.layla.send(conv, "The train at six?", { thread: question, mentions: ["sub:jonas"] });
  for (const client of [mira, jonas]) await inThread(client, "The train at six?").waitFor();
  await jonas.at("thread-composer").press("ArrowUp");
  await jonas.at("thread-composer").fill("I can, from ten on.");
  await jonas.at("thread-composer").press("Enter");
  await inThread(mira, "I can, from ten on.").waitFor();
  const reply = mira.at("thread-replies").getByTestId("message").filter({ hasText: "The train at six?" });
  await reply.hover();
  await reply.getByTestId("message-menu").click();
  assert.equal(await mira.at("menu-thread").count(), 0, "a reply has no thread of its own");
  await mira.at("menu-emoji").first().click();
  await jonas.at("thread-replies").getByTestId("reaction").waitFor();
  await mira.send("Beside the thread");
  await jonas.message("Beside the thread").waitFor();
  const name = await mira.at("signed-in-as").evaluate(({ clientWidth, scrollWidth }) => scrollWidth - clientWidth);
  assert.ok(name <= 0, "who is signed in is named in full, however little room the thread leaves");
  await lookAt(mira.page, "thread");
  const own = mira.at("thread-replies").getByTestId("message").filter({ hasText: "Great. And back?" });
  await own.hover();
  await own.getByTestId("message-menu").click();
  await mira.at("menu-delete").click();
  await mira.at("confirm-delete").click();
  await line(jonas, "Who drives on Saturday?").filter({ hasText: "2 replies" }).waitFor();
  browser.check();
});

test("by keyboard alone: opened, answered, followed no more, closed with the focus where it was", async () => {
  await mira.at("thread-close").click();
  await mira.at("thread-pane").waitFor({ state: "detached" });
  await mira.message("Who drives on Saturday?").focus();
  await mira.page.keyboard.press("Enter");
  await mira.at("menu-thread").waitFor();
  for (let steps = 0; steps < 20 && !(await mira.at("menu-thread").evaluate((item) => item === document.activeElement)); steps++) await mira.page.keyboard.press("ArrowDown");
  await mira.page.keyboard.press("Enter");
  await mira.at("thread-pane").waitFor();
  await mira.until(() => document.activeElement.id === "thread-composer");
  await mira.page.keyboard.type("By the keys");
  await mira.page.keyboard.press("Enter");
  await inThread(mira, "By the keys").waitFor();
  // Between them stands the button that asks in a poll.
  await mira.page.keyboard.press("Shift+Tab");
  await mira.page.keyboard.press("Shift+Tab");
  await mira.until(() => document.activeElement.closest("[data-testid=thread-replies] [data-testid=message]") !== null);
  await mira.page.keyboard.press("Home");
  await mira.until(() => document.activeElement.textContent.includes("Who drives on Saturday?"));
  await mira.page.keyboard.press("Escape");
  await mira.until(() => document.activeElement.id === "thread-composer");
  await mira.at("thread-follow").focus();
  await mira.page.keyboard.press("Enter");
  await mira.at("thread-follow").and(mira.root.locator("[aria-pressed=false]")).waitFor();
  await mira.page.keyboard.press("Escape");
  await mira.at("thread-pane").waitFor({ state: "detached" });
  await mira.until(() => document.activeElement.closest("[data-testid=message]")?.textContent.includes("Who drives on Saturday?"));
  await api.jonas.send(conv, "Nobody tells Mira", { thread: question });
  await line(mira, "Who drives on Saturday?").filter({ hasText: "4 replies" }).waitFor();
  await unread(mira, "Who drives on Saturday?", 0);
  browser.check();
});

test("on a phone a thread takes the whole screen, and what comes beneath it is not read", async () => {
  await jonas.at("thread-close").click();
  await jonas.page.setViewportSize(PHONE);
  await line(jonas, "Who drives on Saturday?").click();
  await inThread(jonas, "Nobody tells Mira").waitFor();
  assert.equal(await jonas.at("messages").isVisible(), false);
  const { seq } = await api.mira.send(conv, "Covered by the thread");
  await main(jonas).getByTestId("message-text").filter({ hasText: "Covered by the thread" }).waitFor({ state: "attached" });
  assert.ok((await api.jonas.conversation(conv)).you.receipt.read < seq);
  await lookAt(jonas.page, "thread-phone", { sizes: [PHONE] });
  await jonas.at("thread-close").click();
  await jonas.message("Covered by the thread").waitFor();
  await mira.progress("Covered by the thread", "sent", "delivered", "read");
  await jonas.page.setViewportSize(WIDE);
  browser.check();
});

test("a thread far back is reached from the list, page by page, and a deleted first message takes no more replies", async () => {
  const { seq: root } = await api.mira.send(conv, "An old question");
  for (let number = 0; number < 70; number++) await api.layla.send(conv, `answer ${number}`, { thread: root });
  for (let number = 0; number < 160; number++) await api.layla.send(conv, `chatter ${number}`);
  const fresh = await ClientPage.open(await browser.context(), server, "mira", conv);
  assert.equal(await fresh.message("An old question").count(), 0, "not loaded");
  await fresh.at("threads-open").click();
  await fresh.at("thread-entry").filter({ hasText: "An old question" }).click();
  await inThread(fresh, "answer 69").waitFor();
  await inThread(fresh, "An old question").waitFor();
  await fresh.at("thread-rule").filter({ hasText: "70 replies" }).waitFor();
  assert.equal(await fresh.at("thread-replies").getByTestId("message").count(), 51);
  await fresh.at("thread-older").click();
  await fresh.until(() => document.querySelectorAll("[data-testid=thread-replies] [data-testid=message]").length === 71);
  await fresh.at("thread-older").waitFor({ state: "detached" });
  await write(fresh, "Late thanks");
  await api.mira.remove(conv, root);
  await fresh.at("thread-cannot-write").waitFor();
  await inThread(fresh, "Late thanks").waitFor();
  await lookAt(fresh.page, "thread-deleted");
  await fresh.page.close();
  browser.check();
});
