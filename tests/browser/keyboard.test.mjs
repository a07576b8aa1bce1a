// The whole tour by keyboard alone: nothing here moves a pointer, and wherever the focus goes it can be seen.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, openBrowser, settled, shot } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

let server, browser, mira, page, conv;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  mira = await ClientPage.open(await browser.context(), server, "mira");
  page = mira.page;
  conv = await (await Person.of(server, "mira")).direct("sub:elif");
});

after(() => finish(browser, server));

/** Runs in the page: what has the focus, and whether a person can see that it does. */
function focusNow() {
  const element = document.activeElement;
  if (!element || element === document.body || element.tagName === "IFRAME") return { testid: null, seen: true, on: element?.tagName };
  const ringed = (candidate) => {
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(candidate);
    return outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 1 && outlineColor !== "rgba(0, 0, 0, 0)";
  };
  // A field may be ringed together with what stands around it, and a hidden radio button by its label.
  const around = [element, element.closest(".search"), element.closest("label")?.querySelector("span")];
  const box = element.closest("label")?.getBoundingClientRect() ?? element.getBoundingClientRect();
  const inside = box.width > 0 && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  return {
    testid: element.dataset.testid ?? null,
    subject: element.dataset.subject ?? null,
    seen: inside && around.some((candidate) => candidate && ringed(candidate)),
    on: element.outerHTML.slice(0, 200),
  };
}

async function press(...keys) {
  for (const key of keys) await page.keyboard.press(key);
}

/** The focus is on this and can be seen. */
async function focusOn(testid) {
  await page.waitForFunction((wanted) => document.activeElement?.dataset.testid === wanted, testid);
  await settled(page);
  const { seen, on } = await page.evaluate(focusNow);
  assert.ok(seen, `the focus can be seen on ${on}`);
}

/** Presses Tab until the focus is there, and checks every stop on the way. */
async function tabTo(testid, { back = false } = {}) {
  for (let stops = 0; stops < 60; stops++) {
    await press(back ? "Shift+Tab" : "Tab");
    const { testid: now, seen, on } = await page.evaluate(focusNow);
    assert.ok(seen, `the focus can be seen on ${on}`);
    if (now === testid) return;
  }
  assert.fail(`Tab does not come to ${testid}`);
}

test("a conversation is found and opened", async () => {
  await press("Control+k");
  await focusOn("search");
  await page.keyboard.type("elif");
  await mira.until(() => document.querySelectorAll("[data-testid=conversation]").length === 1);
  await press("ArrowDown");
  await focusOn("conversation");
  await shot(page, "keyboard-list");
  await press("Enter");
  await mira.caughtUp();
  assert.equal(await mira.at("conversation-pane").getAttribute("data-id"), conv);
  await focusOn("composer");
});

test("a message is sent, mended by ArrowUp, and an edit given up by Escape", async () => {
  await page.keyboard.type("Sent by key");
  await press("Enter");
  await mira.seq("Sent by key");
  await press("ArrowUp");
  await mira.at("composer-context").waitFor();
  await page.keyboard.type("s");
  await press("Enter");
  await mira.message("Sent by keys").and(page.locator("[data-version='2'][data-status=sent]")).waitFor();
  await press("ArrowUp");
  await mira.at("composer-context").waitFor();
  await press("Escape");
  await mira.at("composer-context").waitFor({ state: "detached" });
  assert.equal(await mira.composer.inputValue(), "");
  await focusOn("composer");
});

test("Shift+Enter starts a new line", async () => {
  await page.keyboard.type("first line");
  await press("Shift+Enter");
  await page.keyboard.type("second line");
  await press("Enter");
  await mira.seq("first line\nsecond line");
});

test("a message is answered through its menu", async () => {
  await tabTo("message", { back: true });
  await press("ArrowUp");
  await focusOn("message");
  assert.equal(await page.evaluate(() => document.activeElement.querySelector("[data-testid=message-text]").textContent), "Sent by keys");
  await press("Enter");
  await focusOn("menu-reply");
  await press("ArrowDown");
  await focusOn("menu-thread");
  await press("ArrowDown", "ArrowDown");
  await focusOn("menu-edit");
  await press("Home");
  await focusOn("menu-reply");
  await shot(page, "keyboard-menu");
  await press("Escape");
  await focusOn("message");
  await press("Enter");
  await focusOn("menu-reply");
  await press("Enter");
  await focusOn("composer");
  await page.keyboard.type("Answered by key");
  await press("Enter");
  await mira.seq("Answered by key");
  await mira.message("Answered by key").getByTestId("quote").filter({ hasText: "Sent by keys" }).waitFor();
});

test("a message is deleted after a question, which Escape answers with no", async () => {
  const seq = await mira.seq("Answered by key");
  const remove = async () => {
    await press("Enter", "End");
    await focusOn("menu-delete");
    await press("Enter");
    await mira.at("delete-dialog").waitFor();
  };
  await tabTo("message", { back: true });
  await press("End");
  await remove();
  await press("Escape");
  await mira.at("delete-dialog").waitFor({ state: "detached" });
  await focusOn("message");
  await remove();
  await tabTo("confirm-delete");
  await press("Enter");
  await page.locator(`[data-testid=message][data-seq="${seq}"]`).getByTestId("deleted").waitFor();
  await focusOn("message");
});

test("the arrows lead through history, and the message they are on stays in view", async () => {
  await press("End");
  for (let step = 0; step < 30; step++) {
    await press("ArrowUp");
    await focusOn("message");
  }
  const seq = await page.evaluate(() => document.activeElement.dataset.seq);
  await (await Person.of(server, "elif")).send(conv, "Meanwhile, below");
  await mira.at("new-messages").waitFor();
  await focusOn("message");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.seq), seq);
  await press("Escape");
  await focusOn("composer");
});

test("the conversation's details open, and Escape closes them and gives the focus back", async () => {
  await tabTo("details", { back: true });
  await press("Enter");
  await mira.at("details-dialog").waitFor();
  await focusOn("dialog-close");
  await press("Escape");
  await mira.at("details-dialog").waitFor({ state: "detached" });
  await focusOn("details");
});

test("Escape leads back to the list, where the arrows go on", async () => {
  await press("Escape");
  await mira.at("conversation-pane").waitFor({ state: "detached" });
  await focusOn("conversation");
  await press("ArrowUp");
  await focusOn("search");
  await press("Escape");
  await mira.until(() => document.querySelectorAll("[data-testid=conversation]").length > 5);
  await press("ArrowDown", "ArrowDown");
  await focusOn("conversation");
});

test("a group is made", async () => {
  await tabTo("new-conversation", { back: true });
  await press("Enter");
  await focusOn("new-people");
  await tabTo("kind-direct", { back: true });
  await press("ArrowRight");
  await focusOn("kind-group");
  await tabTo("new-people");
  await page.keyboard.type("jonas");
  await tabTo("suggestion");
  await press("Tab", "Space");
  await mira.until(() => document.querySelector("[data-testid=new-people]").value === "jonas, layla");
  await tabTo("new-name");
  await page.keyboard.type("By keyboard");
  await tabTo("history-all");
  await press("ArrowDown");
  await focusOn("history-from_join");
  await tabTo("start");
  await shot(page, "keyboard-new-group");
  await press("Enter");
  await mira.at("conversation-title").filter({ hasText: "By keyboard" }).waitFor();
  await mira.caughtUp();
  await focusOn("composer");
  const { you, member_count, history } = await (await Person.of(server, "mira")).conversation(await mira.at("conversation-pane").getAttribute("data-id"));
  assert.deepEqual([you.role, member_count, history], ["owner", 3, "from_join"]);
});

test("a role is changed and a member removed", async () => {
  await tabTo("details", { back: true });
  await press("Enter");
  await mira.at("details-dialog").waitFor();
  // Her own first: the only owner cannot step down, and is told why. The arrows pass over roles and change none.
  await tabTo("role");
  await press("ArrowUp", "ArrowUp");
  await mira.at("confirm-role").waitFor();
  await tabTo("confirm-role");
  await press("Enter");
  await mira.at("form-error").waitFor();
  await focusOn("role");
  await tabTo("role");
  await press("ArrowUp");
  await tabTo("cancel-role");
  await press("Enter");
  await focusOn("role");
  assert.equal(await mira.at("confirm-role").count(), 0);
  await press("ArrowDown", "ArrowUp", "ArrowUp");
  await tabTo("confirm-role");
  await press("Enter");
  await mira.at("system-event").filter({ hasText: "a guest" }).waitFor({ state: "attached" });
  await focusOn("role");
  const group = await mira.at("conversation-pane").getAttribute("data-id");
  const { events } = await (await Person.of(server, "mira")).events(group);
  assert.equal(events.filter(({ envelope }) => envelope.type === "member.role_changed").length, 1, "only what was confirmed");
  await tabTo("remove-member");
  await press("Enter");
  await focusOn("confirm-remove");
  await press("Tab", "Enter");
  await focusOn("remove-member");
  await press("Enter");
  await focusOn("confirm-remove");
  await press("Enter");
  await mira.at("system-event").filter({ hasText: "removed" }).waitFor({ state: "attached" });
  await mira.until(() => document.querySelectorAll("[data-testid=member]").length === 2);
  await focusOn("dialog-close");
  await press("Escape");
  await focusOn("details");
});

test("the demonstration page is worked by keyboard too", async () => {
  const demo = await (await browser.context()).newPage();
  page = demo;
  await demo.goto(server.url);
  await demo.locator("[data-testid=demo-checks][data-good=true]").waitFor();
  await tabTo("check-lost");
  await tabTo("demo-sleep");
  await press("Enter");
  await demo.getByTestId("demo-word").filter({ hasText: "sleeps" }).waitFor();
  await demo.locator("[data-testid=demo-checks][data-good=true]").waitFor();
  browser.check();
});
