// The page in other languages: chosen by the browser, changed without a reload, whole, and mirrored where it has to be.
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, openBrowser, WIDE } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";
import { LANGUAGES, Speech } from "./speech.mjs";

let server, browser, api;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  api = {};
  for (const subject of ["mira", "jonas", "layla"]) api[subject] = await Person.of(server, subject, { name: subject[0].toUpperCase() + subject.slice(1) });
});

after(() => finish(browser, server));

for (const language of LANGUAGES) {
  const speech = new Speech(language);
  const { locale, tongue } = speech;
  let context, mira, conv;
  const screen = (name, page = mira.page, looks = null) => speech.screen(name, page, looks);

  test(`${tongue}: the tour says nothing in another language`, async () => {
    await speech.learn();
    context = await browser.context({ locale });
    await context.route("https://pictures.example/**", (route) => route.fulfill({ contentType: "image/svg+xml", body: '<svg xmlns="http://www.w3.org/2000/svg"/>' }));
    mira = await ClientPage.open(context, server, "mira");
    await mira.at("conversation").nth(10).waitFor();
    await screen("list", mira.page, {});
    await mira.at("search").fill("nothing is called this");
    await mira.until(() => document.querySelectorAll("[data-testid=conversation]").length === 0);
    await screen("list-empty");
    await mira.at("search").fill("");

    const entry = mira.root.locator("li:has(> [data-testid=conversation]:not([data-muted]))").first();
    await entry.hover();
    await entry.getByTestId("entry-menu").click();
    await mira.at("menu-mute").waitFor();
    await screen("entry-menu", mira.page, { axe: false, sizes: [WIDE] });
    await mira.at("menu-mute").click();
    await screen("entry-mute");
    await mira.at("menu-mute-always").click();
    await mira.at("entry-muted").first().waitFor();
    await mira.at("view-unread").click();
    await screen("view-unread");
    await mira.at("view-all").click();

    await mira.at("new-conversation").click();
    await mira.at("start").click();
    await mira.at("form-error").waitFor();
    await screen("new-direct", mira.page, { axe: false });
    await mira.at("kind-group").check();
    await screen("new-group", mira.page, {});
    await mira.at("dialog-close").click();
  });

  test(`${tongue}: every kind of message and event`, async () => {
    conv = await api.mira.group("Screens", ["sub:jonas", "sub:layla"], { topic: "All there is to see", history: "from_join" });
    const { seq } = await api.jonas.send(conv, "A question");
    await api.mira.send(conv, "An answer", { reply_to: { seq, version: 1 } });
    const edited = await api.mira.send(conv, "First words");
    await api.mira.edit(conv, edited.seq, "Better words");
    const gone = await api.layla.send(conv, "Gone soon");
    await api.layla.remove(conv, gone.seq);
    for (const body of [{ name: "" }, { name: "Named" }, { topic: "Set" }, { topic: "" }, { avatar: "https://pictures.example/a.svg" }, { avatar: "", name: "Screens" }]) {
      await api.mira.ok("PATCH", `/v1/conversations/${conv}`, { body });
    }
    const role = (person, user, given) => person.ok("PATCH", `/v1/conversations/${conv}/members/${user}`, { body: { role: given } });
    await role(api.mira, api.jonas.id, "owner");
    await role(api.jonas, api.mira.id, "admin");
    await role(api.jonas, api.mira.id, "owner");
    await api.mira.ok("DELETE", `/v1/conversations/${conv}/members/${api.layla.id}`);
    await api.mira.add(conv, "sub:layla");
    await api.layla.ok("DELETE", `/v1/conversations/${conv}/members/${api.layla.id}`);
    await api.jonas.add(conv, "sub:layla", "guest");
    await api.layla.send(conv, "Back again");
    await mira.show(conv);
    await mira.message("Back again").waitFor();
    await screen("conversation", mira.page, {});

    await mira.at("edited").last().click();
    await mira.at("version").nth(1).waitFor();
    await screen("versions");
    await mira.at("dialog-close").click();
    await mira.send("Who has read this?");
    await mira.progress("Who has read this?", "sent", "delivered", "read");
    await mira.choose("Who has read this?", "readers");
    await mira.at("readers-dialog").waitFor();
    await screen("readers");
    await mira.at("dialog-close").click();
    await mira.message("Who has read this?").hover();
    await mira.message("Who has read this?").getByTestId("message-menu").click();
    await screen("menu", mira.page, { axe: false, sizes: [WIDE] });
    await mira.at("menu-delete").click();
    await mira.at("delete-dialog").waitFor();
    await screen("delete");
    await mira.page.keyboard.press("Escape");
    await mira.choose("Back again", "forward");
    await mira.at("forward-target").first().waitFor();
    await screen("forward", mira.page, { axe: false });
    await mira.at("forward-target").first().click();
    await screen("forward-chosen");
    await mira.at("dialog-close").click();
    await mira.choose("Back again", "pin");
    await mira.at("pins-all").click();
    await mira.at("pin-item").waitFor();
    await screen("pins", mira.page, { axe: false });
    await mira.at("dialog-close").click();
    await mira.choose("Back again", "react");
    await mira.at("react-dialog").waitFor();
    await screen("react", mira.page, { axe: false });
    await mira.at("emoji").first().click();
    await mira.at("add-reaction").waitFor();
    await screen("reacted");
    await mira.choose("Back again", "reply");
    await mira.composer.fill("x".repeat(8100));
    await screen("replying", mira.page, { axe: false });
    await mira.composer.fill("x".repeat(8200));
    await screen("too-long");
    await mira.composer.fill("");
    await mira.composer.press("Escape");
    await mira.at("details").click();
    await mira.at("remove-member").first().click();
    await mira.at("leave").click();
    await mira.at("confirm-leave").waitFor();
    await screen("details", mira.page, {});
    await mira.at("dialog-close").click();
    const long = (await api.mira.ok("GET", "/v1/inbox")).entries.find(({ name }) => name?.startsWith("Old Ferry House")).id;
    await mira.show(long);
    await screen("long", mira.page, { axe: false });
    await mira.at("find").click();
    await screen("find");
    await mira.at("find-more").click();
    await mira.at("find-text").fill("ferry");
    await mira.at("find-hit").first().waitFor();
    await screen("find-hits", mira.page, {});
    await mira.at("find-text").fill("nothing says this");
    await mira.until(() => document.querySelectorAll("[data-testid=find-hit]").length === 0);
    await screen("find-none");
    await mira.at("find-from").fill("Jonas");
    await mira.at("find-reset").waitFor();
    await screen("find-filtered");
    browser.expectStatus(422);
    await mira.at("find-text").fill("has:cheese");
    await mira.root.locator("[data-testid=find-status][data-status=failed]").waitFor();
    await screen("find-refused");
    await mira.at("find-close").click();
  });

  test(`${tongue}: settings, the demonstration page, signing in, and no server`, async () => {
    await mira.at("settings").click();
    await mira.at("settings-dialog").waitFor();
    await screen("settings", mira.page, {});
    await mira.at("dialog-close").click();
    const page = await context.newPage();
    await page.goto(server.url);
    await page.locator("[data-testid=demo-checks][data-good=true]").waitFor();
    await screen("demo", page, {});
    for (const button of ["demo-resend", "demo-sleep", "demo-kill", "demo-cut-left"]) {
      const word = await page.getByTestId("demo-word").textContent();
      await page.getByTestId(button).click();
      if (button !== "demo-cut-left") await page.waitForFunction((before) => !["", before].includes(document.querySelector("[data-testid=demo-word]").textContent), word);
      await screen(button, page);
    }
    await page.close();

    const other = await browser.context({ locale });
    const start = await other.newPage();
    browser.expectStatus(401);
    await start.goto(`${server.url}/?#token=not.a.token`);
    await start.getByTestId("sign-in").waitFor();
    await screen("sign-in", start, { axe: false });
    browser.expectBrokenConnections();
    await other.route("**/v1/health", (route) => route.abort());
    await start.reload();
    await start.getByTestId("starting").locator(".button-primary").waitFor();
    await screen("unreachable", start);
    await other.close();
    await context.close();
  });
}
