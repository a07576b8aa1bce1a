// Settings in the page: a moderator freezes and slows down, members are told why they cannot write, and when they can again.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

let server, browser, api, mira, jonas;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  api = {};
  for (const subject of ["mira", "jonas", "layla"]) api[subject] = await Person.of(server, subject, { name: subject[0].toUpperCase() + subject.slice(1) });
  const conv = await api.layla.group("Market square", ["sub:jonas"]);
  await api.layla.add(conv, "sub:mira", "moderator");
  await api.jonas.send(conv, "Fresh bread!");
  [mira, jonas] = await Promise.all(["mira", "jonas"].map(async (subject) => ClientPage.open(await browser.context(), server, subject, conv)));
  api.conv = conv;
});

after(() => finish(browser, server));

test("a moderator freezes the conversation; members read why they cannot write, and can again", async () => {
  await jonas.composer.fill("half a sentence");
  await mira.at("details").click();
  await mira.at("conversation-settings").waitFor();
  assert.equal(await mira.at("conversation-settings").locator("select[data-testid=who-posts]").count(), 0, "who writes is for admins to say");
  await mira.at("frozen").click();
  await jonas.at("cannot-write").waitFor();
  await lookAt(jonas.page, "conversation-frozen");
  const message = jonas.message("Fresh bread!");
  await message.hover();
  await message.getByTestId("message-menu").click();
  await jonas.at("menu").waitFor();
  assert.equal(await jonas.at("menu-reply").count() + (await jonas.at("menu-edit").count()), 0);
  assert.equal(await jonas.at("menu-delete").count(), 1, "one's own words can be taken back");
  await jonas.page.keyboard.press("Escape");
  await lookAt(mira.page, "dialog-details-moderator");
  await mira.at("frozen").click();
  await jonas.composer.waitFor();
  assert.equal(await jonas.composer.inputValue(), "half a sentence", "what was being written is kept");
  await jonas.composer.fill("");
  await mira.at("dialog-close").click();
});

test("in slow mode the composer counts down, and sends when the time is over", async () => {
  await mira.at("details").click();
  await mira.at("slow-mode").selectOption("60");
  await jonas.until(() => [...document.querySelectorAll("[data-testid=system-event]")].at(-1)?.textContent.includes("1 minute"));
  await jonas.send("One loaf left");
  await jonas.at("slow-wait").waitFor();
  await jonas.composer.fill("None left");
  assert.ok(await jonas.at("send").isDisabled());
  await lookAt(jonas.page, "conversation-slow");
  await mira.at("slow-mode").selectOption("5");
  await mira.until(() => document.querySelector("[data-testid=slow-mode]").value === "5");
  await mira.at("dialog-close").click();
  await jonas.at("slow-wait").waitFor({ state: "detached" });
  await jonas.send("None left");
  await jonas.progress("None left", "sent", "delivered", "read");
  await mira.send("First");
  await mira.send("Second");
  assert.equal(await mira.at("slow-wait").count(), 0, "moderators wait for nothing");
});

test("an admin makes a broadcast channel of it", async () => {
  const layla = await ClientPage.open(await browser.context(), server, "layla", api.conv);
  await layla.at("details").click();
  await layla.at("who-posts").selectOption("admins");
  await mira.at("cannot-write").waitFor();
  await layla.until(() => document.querySelector("[data-testid=who-posts]").value === "admins");
  await lookAt(layla.page, "dialog-details-settings");
  await layla.at("who-posts").selectOption("everyone");
  await mira.composer.waitFor();
});

test("who may what is a table by role: in a broadcast channel with open threads one discusses what one cannot post", async () => {
  const layla = await ClientPage.open(await browser.context(), server, "layla", api.conv);
  await layla.at("details").click();
  await layla.at("who-posts").selectOption("admins");
  await jonas.at("cannot-write").waitFor();
  await layla.until(() => document.querySelector("[data-testid=who-replies]").value === "admins");
  await layla.at("who-replies").selectOption("everyone");
  await layla.until(() => document.querySelector("[data-testid=who-replies]").value === "everyone");
  await layla.at("who-reacts").selectOption("admins");
  await layla.until(() => document.querySelector("[data-testid=who-reacts]").value === "admins");
  await lookAt(layla.page, "dialog-details-roles");
  await jonas.until(() => [...document.querySelectorAll("[data-testid=system-event]")].at(-1)?.textContent.includes("who can react"));
  const message = jonas.message("Second");
  await message.hover();
  await message.getByTestId("message-menu").click();
  await jonas.at("menu").waitFor();
  assert.equal(await jonas.at("menu").locator(".menu-line").count(), 0, "no emoji to react with");
  assert.equal(await jonas.at("menu-reply").count(), 0);
  await jonas.at("menu-thread").click();
  await jonas.at("thread-composer").fill("Third?");
  await jonas.at("thread-composer").press("Enter");
  await jonas.at("thread-replies").getByTestId("message-text").filter({ hasText: "Third?" }).waitFor();
  await lookAt(jonas.page, "conversation-threads-only");
  await jonas.at("thread-close").click();
  for (const [row, audience] of [["who-posts", "everyone"], ["who-reacts", "everyone"]]) {
    await layla.at(row).selectOption(audience);
    await layla.until(([row, audience]) => document.querySelector(`[data-testid=${row}]`).value === audience, [row, audience]);
  }
  await jonas.composer.waitFor();
});

/** The row of somebody in the details. */
const row = (page, who) => page.root.locator(`[data-testid=member][data-user="${api[who].id}"]`);

test("a moderator mutes a member by keyboard; the member reads until when, and writes again when it is lifted", async () => {
  await jonas.composer.fill("but I");
  await mira.at("details").click();
  await row(mira, "jonas").getByTestId("member-actions").press("Enter");
  const panel = row(mira, "jonas").getByTestId("member-actions-panel");
  await panel.waitFor();
  await mira.until(() => document.activeElement?.matches("[data-testid=mute-for]"));
  assert.equal(await row(mira, "layla").getByTestId("member-actions").count(), 0, "nobody acts on somebody of a higher role");
  await lookAt(mira.page, "dialog-details-mute");
  await mira.at("mute-for").selectOption("600");
  await mira.at("mute-member").press("Enter");
  await panel.waitFor({ state: "detached" });
  await row(mira, "jonas").getByTestId("muted").waitFor();
  await mira.until((user) => document.activeElement?.closest("[data-testid=member]")?.dataset.user === user, api.jonas.id);
  await jonas.at("cannot-write").waitFor();
  await lookAt(jonas.page, "conversation-muted");
  await row(mira, "jonas").getByTestId("member-actions").click();
  await mira.at("unmute-member").click();
  await jonas.composer.waitFor();
  assert.equal(await jonas.composer.inputValue(), "but I", "what was being written is kept");
  await jonas.composer.fill("");
  await mira.at("dialog-close").click();
});

test("a mute that ends by itself gives the composer back without a reload", async () => {
  await api.mira.ok("POST", `/v1/conversations/${api.conv}/members/${api.jonas.id}/mute`, { body: { for_s: 2 } });
  await jonas.at("cannot-write").waitFor();
  await jonas.composer.waitFor();
  // The list follows, whatever stands below it.
  await jonas.until(() => {
    const list = document.querySelector("[data-testid=messages]");
    return list.scrollHeight - list.scrollTop - list.clientHeight < 1;
  });
  await jonas.send("Never mind");
});

test("a moderator bans a member, who is out at once; the ban is listed and lifted", async () => {
  await mira.at("details").click();
  await row(mira, "jonas").getByTestId("member-actions").click();
  await mira.at("ban-member").click();
  await mira.at("confirm-ban").waitFor();
  await lookAt(mira.page, "dialog-details-ban");
  await mira.at("confirm-ban").click();
  await jonas.at("cannot-write").waitFor();
  await mira.at("ban").waitFor();
  assert.equal(await row(mira, "jonas").count(), 0);
  await mira.at("ban").scrollIntoViewIfNeeded();
  await lookAt(mira.page, "dialog-details-bans");
  await mira.at("unban").click();
  await mira.at("bans").waitFor({ state: "detached" });
  await mira.at("dialog-close").click();
  await mira.until(() => [...document.querySelectorAll("[data-testid=system-event]")].some((line) => line.textContent.includes("You lifted the ban of")));
});
