// A long list: its parts are found on the server, and what waits in all of it is told, loaded or not.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

let server, browser, mira, api, old, away;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  // The world of the demonstration is made before anything is said in it.
  const first = await ClientPage.open(await browser.context(), server, "mira");
  await first.at("conversation").nth(5).waitFor();
  await first.page.context().close();
  api = {};
  for (const subject of ["mira", "jonas"]) api[subject] = await Person.of(server, subject, { name: subject[0].toUpperCase() + subject.slice(1) });
  const inbox = api.mira.inbox();
  const said = async (name, more) => {
    const conv = await api.jonas.group(name, ["sub:mira"]);
    const { seq } = await api.jonas.send(conv, "Have you seen this?", more);
    await inbox.entry(conv, ({ head_seq }) => head_seq === seq, name);
    return conv;
  };
  old = await said("Long ago", { mentions: [api.mira.id] });
  away = await said("Put away long ago");
  await api.mira.ok("PATCH", `/v1/inbox/${away}`, { body: { archived: true } });
  const later = [];
  for (let count = 0; count < 55; count++) later.push(await api.jonas.group(`Later ${count}`, ["sub:mira"]));
  for (const conv of later) await inbox.entry(conv, () => true, "a later group");
  await inbox.close();
  mira = await ClientPage.open(await browser.context(), server, "mira");
  await mira.at("conversation").nth(49).waitFor();
});

after(() => finish(browser, server));

/** What the server counts. */
const totals = async () => (await api.mira.ok("GET", "/v1/inbox?limit=1")).totals;
/** The number beside a part's name. */
const beside = (view, count) => mira.until(([id, wanted]) => (document.querySelector(`[data-testid=view-${id}] .view-count`)?.textContent ?? "0") === wanted, [view, String(count)]);

test("what is far down the list is found in its part, and the way down leaves nothing out", async () => {
  assert.equal(await mira.at("conversation").count(), 50);
  await mira.at("view-mentions").click();
  await mira.entry(old).getByTestId("mentions").waitFor();
  await lookAt(mira.page, "inbox-part");
  await mira.at("view-archived").click();
  await mira.entry(away).waitFor();
  assert.equal(await mira.at("conversation").count(), 1);
  await mira.at("view-all").click();
  await mira.entry(old).waitFor({ state: "detached" });
  await mira.until((id) => {
    const list = document.querySelector("[data-testid=conversation-list]");
    list.scrollTop = list.scrollHeight;
    return document.querySelector(`[data-testid=conversation][data-id="${id}"]`) !== null;
  }, old);
  const { entries } = await api.mira.ok("GET", "/v1/inbox?limit=100");
  await mira.until((count) => document.querySelectorAll("[data-testid=conversation]").length === count, entries.length);
  const shown = await mira.root.evaluate(() => [...document.querySelectorAll("[data-testid=conversation]")].map(({ dataset }) => dataset.id));
  assert.deepEqual(shown, entries.map(({ id }) => id));
});

test("the page's title and the names of the parts say what waits, also of what is not loaded", async () => {
  const other = await ClientPage.open(await browser.context(), server, "mira");
  const told = async () => {
    const { conversations, unread, mentions, archived = 0 } = await totals();
    for (const [view, count] of [["unread", conversations], ["mentions", mentions], ["archived", archived]]) await beside(view, count);
    for (const side of [mira, other]) await side.until((count) => document.title.startsWith(`(${count}) `), unread);
    return { conversations, unread, mentions, archived };
  };
  const before = await told();
  assert.ok(before.unread > 0 && before.mentions > 0);
  await api.mira.ok("PATCH", `/v1/inbox/${old}`, { body: { muted_until: Date.now() + 3_600_000 } });
  assert.deepEqual(await told(), { conversations: before.conversations - 1, unread: before.unread - 1, mentions: before.mentions - 1, archived: 1 });
  await api.mira.ok("PATCH", `/v1/inbox/${away}`, { body: { archived: false } });
  assert.deepEqual(await told(), { conversations: before.conversations, unread: before.unread, mentions: before.mentions - 1, archived: 0 });
  await mira.at("view-archived").waitFor({ state: "detached" });
  await other.page.context().close();
});

test("reading in the list of what is unread makes room for what comes after", async () => {
  await mira.at("view-unread").click();
  await mira.entry(away).click();
  await mira.caughtUp();
  await mira.entry(away).waitFor({ state: "detached" });
  const { entries } = await api.mira.ok("GET", "/v1/inbox?filter=unread&limit=100");
  await mira.until((count) => document.querySelectorAll("[data-testid=conversation]").length === count, entries.filter(({ id }) => id !== away).length);
});
