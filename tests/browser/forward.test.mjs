// Forwarding in the browser: chosen by name, to several at once, marked where it arrives, and refused where it cannot be.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

let server, browser, context, mira, layla, source, targets, api;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  api = {};
  for (const subject of ["mira", "jonas", "layla"]) api[subject] = await Person.of(server, subject, { name: subject[0].toUpperCase() + subject.slice(1) });
  source = await api.mira.group("Timetable", ["sub:jonas"]);
  targets = [];
  for (const name of ["Reading one", "Reading two", "Reading three", "Reading four", "Reading five", "Reading six"]) targets.push(await api.mira.group(name, ["sub:layla"]));
  await api.jonas.send(source, "The last ferry leaves at 21:40.");
  context = await browser.context();
  mira = await ClientPage.open(context, server, "mira", source);
  layla = await ClientPage.open(await browser.context(), server, "layla", targets[0]);
});

after(() => finish(browser, server));

const target = (id) => mira.root.locator(`[data-testid=forward-target][data-id="${id}"] input`);

test("conversations are found by name, five at most, and each gets a copy that says it is one", async () => {
  await mira.choose("The last ferry leaves at 21:40.", "forward");
  await mira.at("forward-dialog").waitFor();
  assert.equal(await mira.at("forward-go").isDisabled(), true);
  await mira.at("forward-search").fill("READING");
  await mira.until(() => document.querySelectorAll("[data-testid=forward-target]").length === 6);
  for (const id of targets.slice(0, 5)) await target(id).check();
  assert.equal(await target(targets[5]).isDisabled(), true, "five at most");
  await mira.at("forward-count").filter({ hasText: "5 of 5 chosen" }).waitFor();
  await lookAt(mira.page, "dialog-forward");
  for (const id of targets.slice(2, 5)) await target(id).uncheck();
  await mira.at("forward-search").fill("nothing is called this");
  await mira.until(() => document.querySelectorAll("[data-testid=forward-target]").length === 2, "what is chosen stays in view");
  await mira.at("forward-go").click();
  await mira.at("notice").filter({ hasText: "Forwarded to 2 conversations" }).waitFor();
  const copy = layla.message("The last ferry leaves at 21:40.");
  await copy.getByTestId("forwarded").filter({ hasText: "Forwarded" }).waitFor();
  assert.ok(!(await copy.textContent()).includes("Jonas"), "whose words they were is not told");
  assert.equal(await mira.message("The last ferry leaves at 21:40.").getByTestId("forwarded").count(), 0, "the source has no mark");
  browser.check();
});

test("one's own copy cannot be edited, and is forwarded on by keyboard", async () => {
  await mira.show(targets[1]);
  const copy = mira.message("The last ferry leaves at 21:40.");
  await copy.getByTestId("forwarded").waitFor();
  await lookAt(mira.page, "conversation-forwarded");
  await copy.hover();
  await copy.getByTestId("message-menu").click();
  assert.equal(await mira.at("menu-edit").count(), 0);
  await mira.page.keyboard.press("Escape");
  await mira.composer.press("ArrowUp");
  assert.equal(await mira.composer.inputValue(), "", "nor by ArrowUp");
  await copy.focus();
  await mira.page.keyboard.press("Enter");
  await mira.at("menu").waitFor();
  while (!(await mira.page.evaluate(() => document.activeElement?.dataset.testid === "menu-forward"))) await mira.page.keyboard.press("ArrowDown");
  await mira.page.keyboard.press("Enter");
  await mira.until(() => document.activeElement?.dataset.testid === "forward-search");
  await mira.page.keyboard.type("reading three");
  await mira.until(() => document.querySelectorAll("[data-testid=forward-target]").length === 1);
  await mira.page.keyboard.press("Tab");
  await mira.page.keyboard.press("Space");
  await mira.at("forward-count").filter({ hasText: "1 of 5 chosen" }).waitFor();
  await mira.page.keyboard.press("Enter");
  await mira.at("notice").filter({ hasText: "Forwarded to 1 conversation" }).waitFor();
  await mira.show(targets[2]);
  await mira.message("The last ferry leaves at 21:40.").getByTestId("forwarded").waitFor();
  browser.check();
});

test("what was deleted meanwhile is refused in words, and leaves nothing behind", async () => {
  await mira.show(source);
  await api.jonas.send(source, "Soon gone");
  await mira.choose("Soon gone", "forward");
  await target(targets[3]).check();
  const seq = await mira.seq("Soon gone");
  await api.jonas.remove(source, seq);
  await mira.at("forward-go").click();
  await mira.at("notice").filter({ hasText: "Not forwarded to" }).filter({ hasText: "The message was deleted meanwhile." }).waitFor();
  await mira.show(targets[3]);
  assert.equal(await mira.at("send-failed").count(), 0);
  assert.equal((await api.layla.events(targets[3])).head, 3);
  browser.check();
});
