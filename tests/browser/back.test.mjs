// Back on a phone: first what covers the conversation goes, then the conversation, and the list is where it was.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, openBrowser, PHONE, WIDE } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

let server, browser, api, conv, other, mira, page;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  api = { mira: await Person.of(server, "mira", { name: "Mira" }), jonas: await Person.of(server, "jonas", { name: "Jonas" }) };
  conv = await api.mira.group("Ferry crew", ["sub:jonas"]);
  other = await api.mira.group("Harbour masters", ["sub:jonas"]);
  const { seq } = await api.mira.send(conv, "Who is on duty?");
  await api.jonas.send(conv, "I am", { thread: seq });
  mira = await ClientPage.open(await browser.context({ size: PHONE }), server, "mira");
  page = mira.page;
});

after(() => finish(browser, server));

/** What fills the screen. */
const SCREENS = { list: "conversation-list", conversation: "composer", thread: "thread-pane", find: "find-panel" };
const screen = async (name) => {
  await mira.at(SCREENS[name]).waitFor();
  for (const [other, testid] of Object.entries(SCREENS)) if (other !== name) assert.equal(await mira.at(testid).isVisible(), false, `${other} beside ${name}`);
};
const openThread = async () => {
  await mira.at("thread-line").click();
  await screen("thread");
};

test("from a thread to its conversation, and from there to the list", async () => {
  await mira.show(conv);
  await openThread();
  await page.goBack();
  await screen("conversation");
  await page.goBack();
  await screen("list");
  assert.equal(new URL(page.url()).searchParams.get("c"), null);
});

test("from a search, and from the list of threads, too", async () => {
  await mira.show(conv);
  await mira.at("find").click();
  await screen("find");
  await page.goBack();
  await screen("conversation");
  await mira.at("threads-open").click();
  await screen("thread");
  await page.goBack();
  await screen("conversation");
  await page.goBack();
  await screen("list");
});

test("what was closed by its own button needs no Back", async () => {
  await mira.show(conv);
  await openThread();
  await mira.at("thread-close").click();
  await screen("conversation");
  await mira.until(() => !history.state.covered);
  await page.goBack();
  await screen("list");
});

test("the list by its key from within a thread, and on from there", async () => {
  await mira.show(conv);
  await openThread();
  await page.keyboard.press("Control+k");
  await screen("list");
  await mira.until(() => !location.search.includes("c="));
  await mira.show(other);
  await screen("conversation");
  await page.goBack();
  await screen("list");
});

test("a conversation opened by its address: the thread goes first, and the list by its button", async () => {
  await mira.go(server, "mira", conv);
  await openThread();
  await page.goBack();
  await screen("conversation");
  await openThread();
  await page.keyboard.press("Control+k");
  await screen("list");
  await mira.until(() => !location.search.includes("c="));
  await page.reload();
  await screen("list");
});

test("a page that is loaded anew within a thread shows its conversation, and needs one Back to the list", async () => {
  await mira.show(conv);
  await openThread();
  await page.reload();
  await screen("conversation");
  await mira.until(() => !history.state.covered);
  await page.goBack();
  await screen("list");
});

test("where there is room for both, Back is as it was", async () => {
  await page.setViewportSize(WIDE);
  await mira.show(conv);
  await mira.at("thread-line").click();
  await mira.at("thread-pane").waitFor();
  await page.goBack();
  await mira.at("thread-pane").waitFor({ state: "detached" });
  assert.equal(await mira.at("conversation-pane").count(), 0);
  browser.check();
});
