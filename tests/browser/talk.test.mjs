// Two people in two browsers: they talk, lose the network, reload, lose the server, and both hold the same conversation.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser } from "./browser.mjs";
import { agree, ClientPage } from "./client-page.mjs";

let server, browser, contexts, mira, jonas, conv, api;
const said = [];

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  // The network is cut and the server killed: what Chromium says about that is no fault of the page.
  browser.expectBrokenConnections();
  api = { mira: await Person.of(server, "mira", { name: "Mira" }), jonas: await Person.of(server, "jonas", { name: "Jonas" }) };
  contexts = { mira: await browser.context(), jonas: await browser.context() };
  conv = await api.mira.direct("sub:jonas");
  // The first page makes the seeded world, in which these two have talked before.
  mira = await ClientPage.open(contexts.mira, server, "mira");
  jonas = await ClientPage.open(contexts.jonas, server, "jonas");
});

after(() => finish(browser, server));

/** The contents in the log, as somebody may read them, by number. */
async function stored(person, id) {
  const { entries } = await person.export(id);
  return new Map(entries.map(({ event }, index) => [index + 1, event?.content]));
}

/** Both pages, and the log itself, hold each of these once, in one order. */
async function allAgree(...texts) {
  said.push(...texts);
  const shown = await agree([mira, jonas], said);
  const log = await stored(api.mira, conv);
  for (const text of texts) {
    const { seq, version } = shown.find((message) => message.text === text);
    if (version === 1) assert.equal(log.get(seq).text, text);
    assert.equal([...log.values()].filter((content) => content?.text === text).length, 1, `“${text}” is in the log once`);
  }
  browser.check();
}

test("they talk: each message arrives, and its mark goes from sent to read", async () => {
  await mira.show(conv);
  await mira.send("Are you there?");
  await mira.progress("Are you there?", "sent", "delivered");
  // His list shows it before he opens the conversation.
  await jonas.entry(conv).getByTestId("unread").waitFor();
  await jonas.entry(conv).filter({ hasText: "Are you there?" }).waitFor();
  await jonas.show(conv);
  await jonas.message("Are you there?").waitFor();
  await mira.progress("Are you there?", "read");
  await jonas.entry(conv).getByTestId("unread").waitFor({ state: "detached" });
  await jonas.send("Always.");
  await jonas.progress("Always.", "read");
  await allAgree("Are you there?", "Always.");
});

test("typing is shown while somebody types, and goes when the message comes", async () => {
  await mira.composer.pressSequentially("Let me thi");
  await jonas.at("typing").filter({ hasText: "Mira" }).waitFor();
  await lookAt(jonas.page, "conversation-typing", { axe: false });
  await mira.composer.pressSequentially("nk");
  await mira.composer.press("Enter");
  await jonas.message("Let me think").waitFor();
  await jonas.until(() => document.querySelector("[data-testid=typing]").textContent === "");
  await allAgree("Let me think");
});

test("one goes offline, types, reloads when back, and everything arrives once", async () => {
  await contexts.jonas.setOffline(true);
  await jonas.connection("offline");
  await jonas.send("Written offline 1");
  await jonas.send("Written offline 2");
  await mira.send("Written meanwhile");
  await mira.progress("Written meanwhile", "sent", "delivered");
  await jonas.progress("Written offline 2", "waiting");
  assert.equal(await mira.message("Written offline 1").count(), 0);
  await lookAt(jonas.page, "conversation-offline", { axe: false });
  await jonas.kept("Written offline 1", "Written offline 2");
  // The page goes away with the messages still waiting, and a new one finds them in the browser's storage.
  await jonas.page.goto("about:blank");
  await contexts.jonas.setOffline(false);
  await jonas.go(server, "jonas", conv);
  await allAgree("Written offline 1", "Written offline 2", "Written meanwhile");
});

test("a message written offline in a conversation that is not opened again still goes out", async () => {
  const other = await api.jonas.group("Left alone", ["sub:mira"]);
  await jonas.go(server, "jonas", other);
  await contexts.jonas.setOffline(true);
  await jonas.connection("offline");
  await jonas.send("Sent from elsewhere");
  await jonas.kept("Sent from elsewhere");
  await jonas.page.goto("about:blank");
  await contexts.jonas.setOffline(false);
  await jonas.go(server, "jonas", conv);
  await mira.entry(other).filter({ hasText: "Sent from elsewhere" }).waitFor();
  const log = await stored(api.mira, other);
  assert.equal([...log.values()].filter((content) => content?.text === "Sent from elsewhere").length, 1);
});

test("the server is killed and restarted three times while both type", async () => {
  const texts = [];
  for (let round = 1; round <= 3; round++) {
    const write = async (who, name) => {
      for (let line = 1; line <= 4; line++) {
        texts.push(`${name} in round ${round}, line ${line}`);
        await who.send(texts.at(-1));
      }
    };
    const writing = Promise.all([write(mira, "Mira"), write(jonas, "Jonas")]);
    // Some of it is stored by now, some is under way, and the rest is still to be typed.
    await mira.progress(`Mira in round ${round}, line 1`, "sent", "delivered", "read");
    await server.kill();
    await writing;
    texts.push(`Mira in the dark of round ${round}`, `Jonas in the dark of round ${round}`);
    await Promise.all([mira.send(texts.at(-2)), jonas.send(texts.at(-1))]);
    await Promise.all([mira.at("try-now").waitFor(), jonas.at("try-now").waitFor()]);
    if (round === 1) await lookAt(mira.page, "conversation-server-gone", { axe: false });
    await server.start();
    // Nobody has to wait for the back-off; where it has just ended, the button has gone.
    for (const who of [mira, jonas]) await who.root.evaluate(() => document.querySelector("[data-testid=try-now]")?.click());
    await Promise.all([mira.connection("online"), jonas.connection("online")]);
  }
  await allAgree(...texts);
});

test("an edit, a deletion and a reply are seen alike by both", async () => {
  await mira.send("A mistakke");
  await mira.seq("A mistakke");
  await mira.choose("A mistakke", "edit");
  await mira.send("A mistake, mended");
  await jonas.message("A mistake, mended").getByTestId("edited").waitFor();

  await jonas.send("To be forgotten");
  const gone = await jonas.seq("To be forgotten");
  await jonas.choose("To be forgotten", "delete");
  await jonas.at("confirm-delete").click();
  const place = mira.root.locator(`[data-testid=message][data-seq="${gone}"]`);
  await place.getByTestId("deleted").waitFor();
  assert.equal(await mira.message("To be forgotten").count(), 0);

  await jonas.choose("A mistake, mended", "reply");
  await jonas.send("No harm done");
  const quote = mira.message("No harm done").getByTestId("quote");
  await quote.filter({ hasText: "A mistake, mended" }).waitFor();
  assert.equal(Number(await quote.getAttribute("data-seq")), await mira.seq("A mistake, mended"));
  assert.equal(await quote.getAttribute("data-version"), "2");

  // A quote shows what is said now and that it is newer; when that is deleted it keeps nothing of it.
  await mira.choose("A mistake, mended", "edit");
  await mira.send("A mistake, mended twice");
  for (const page of [mira, jonas]) await page.message("No harm done").getByTestId("quote").filter({ hasText: "A mistake, mended twice" }).filter({ hasText: "edited" }).waitFor();
  await mira.send("Said in passing");
  await jonas.message("Said in passing").waitFor();
  await jonas.choose("Said in passing", "reply");
  await jonas.send("In passing?");
  await mira.choose("Said in passing", "delete");
  await mira.at("confirm-delete").click();
  for (const page of [mira, jonas]) {
    await page.message("In passing?").getByTestId("quote").locator("i").waitFor();
    assert.ok(!(await page.message("In passing?").getByTestId("quote").textContent()).includes("Said in passing"));
  }

  await mira.at("edited").last().click();
  await mira.at("version").nth(1).waitFor();
  assert.deepEqual(await mira.at("versions-dialog").getByTestId("message-text").allTextContents(), ["A mistakke", "A mistake, mended", "A mistake, mended twice"]);
  await mira.at("dialog-close").click();
  await allAgree("A mistake, mended twice", "No harm done");
  assert.equal((await stored(api.mira, conv)).get(gone), null, "the log keeps its place and not its content");
  const { text } = await api.mira.export(conv);
  assert.ok(!text.includes("To be forgotten"));
});

test("somebody who has never said their name stands in the list under what the team calls them", async () => {
  const nameless = await Person.of(server, "nameless-7");
  const group = await nameless.group("Nameless", ["sub:mira"]);
  await nameless.send(group, "Who am I?");
  await mira.entry(group).filter({ hasText: "nameless-7: Who am I?" }).waitFor();
});

test("a group is made, its members added, raised and removed; removal ends access at once", async () => {
  await mira.at("new-conversation").click();
  await mira.at("kind-group").check();
  await mira.root.locator("[data-testid=suggestion][data-subject=jonas]").click();
  await mira.at("new-name").fill("Harvest 🌾");
  await mira.at("history-from_join").check();
  await mira.at("start").click();
  await mira.at("conversation-title").filter({ hasText: "Harvest 🌾" }).waitFor();
  await mira.caughtUp();
  const group = await mira.at("conversation-pane").getAttribute("data-id");
  await mira.send("Who brings the ladder?");

  await jonas.show(group);
  await jonas.message("Who brings the ladder?").waitFor();
  await jonas.at("details").click();
  assert.equal(await jonas.at("remove-member").count(), 0, "a member cannot remove anybody");
  assert.equal(await jonas.at("details-save").count(), 0, "nor change the name");
  await jonas.at("dialog-close").click();

  const person = (subject) => mira.root.locator(`[data-testid=member][data-subject=${subject}]`);
  await mira.at("details").click();
  await mira.at("add-person").fill("layla");
  await mira.at("add-member").click();
  await person("layla").waitFor();
  await person("jonas").getByTestId("role").selectOption("admin");
  await lookAt(mira.page, "dialog-role");
  await person("jonas").getByTestId("confirm-role").click();
  await jonas.at("system-event").filter({ hasText: "an admin" }).waitFor();
  await mira.at("details-topic").fill("Saturday at nine");
  await mira.at("details-save").click();
  await jonas.at("conversation-pane").filter({ hasText: "Saturday at nine" }).waitFor();
  await mira.at("dialog-close").click();

  // Somebody who joined later does not see what was said before.
  const layla = await Person.of(server, "layla");
  const before = await layla.events(group);
  assert.ok(before.events.some(({ withheld }) => withheld), "what came before is withheld");
  assert.ok(!JSON.stringify(before).includes("ladder"));

  await jonas.message("Who brings the ladder?").waitFor();
  await mira.at("details").click();
  await person("jonas").getByTestId("remove-member").click();
  await mira.at("confirm-remove").click();
  await jonas.at("cannot-write").waitFor();
  assert.equal(await jonas.at("composer").count(), 0);
  await jonas.at("conversation-members").waitFor({ state: "detached" });
  await mira.at("conversation-members").filter({ hasText: /^2 members$/ }).waitFor();
  await mira.at("dialog-close").click();
  await mira.send("Not for Jonas");
  await mira.progress("Not for Jonas", "sent", "delivered");
  assert.equal(await jonas.message("Not for Jonas").count(), 0);
  await api.jonas.refused("not_a_member", "GET", `/v1/conversations/${group}/events`);
  // It leaves his list; nothing that is said afterwards reaches him there either.
  await jonas.entry(group).waitFor({ state: "detached" });
  await lookAt(jonas.page, "conversation-removed", { axe: false });
  await jonas.page.reload();
  await jonas.at("cannot-write").waitFor();
  assert.equal(await jonas.at("message").count(), 0, "a new page shows nothing of it");
  assert.ok(!(await jonas.page.content()).includes("Not for Jonas"));
  browser.check();
});
