// The rest of the page in other languages: what moderators see, people and devices, channels, saved messages, threads, link previews.
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, openBrowser, WIDE } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";
import { LANGUAGES, Speech } from "./speech.mjs";

let server, browser, pages, api;

before(async () => {
  pages = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Tide tables of the northern harbours</title>"));
  await new Promise((done) => pages.listen(0, "127.0.0.1", done));
  server = await startServer({ development: true, assets: true, directory: true, localNetwork: true, vars: { ...FAST, DEV_PREVIEWS_LOOPBACK: "1" } });
  browser = await openBrowser();
  api = {};
  for (const subject of ["mira", "jonas", "layla", "zora"]) api[subject] = await Person.of(server, subject, { name: subject[0].toUpperCase() + subject.slice(1) });
});

after(async () => {
  await finish(browser, server);
  pages?.closeAllConnections();
  pages?.close();
});

for (const language of LANGUAGES) {
  const speech = new Speech(language);
  const { locale, tongue } = speech;
  let context, mira, conv, root;
  const screen = (name, looks = null) => speech.screen(name, mira.page, looks);
  const path = (rest = "") => `/v1/conversations/${conv}${rest}`;
  const close = () => mira.at("dialog-close").click();

  test(`${tongue}: what moderators see`, async () => {
    await speech.learn();
    conv = await api.mira.group("Bread club", ["sub:jonas", "sub:layla", "sub:zora"], { topic: "Saturday, at the oven" });
    const rude = await api.jonas.send(conv, "Your bread is stale");
    root = (await api.jonas.send(conv, "Who brings flour?")).seq;
    await api.layla.ok("POST", path(`/messages/${rude.seq}/report`), { body: { reason: "harassment", note: "He says this every day." } });
    await api.layla.ok("POST", path(`/messages/${root}/report`), { body: { reason: "spam" } });
    await api.mira.ok("POST", path("/bans"), { body: { user: api.zora.id } });
    await api.mira.ok("POST", path(`/members/${api.layla.id}/mute`), { body: { for_s: 3_600 } });
    await api.mira.ok("PUT", path("/words"), { body: { words: ["stale"], action: "report" } });
    await api.mira.ok("POST", path("/invites"), { body: { max_uses: 5, expires_in_s: 86_400 } });
    for (const body of [{ slow_mode_s: 30 }, { post: "members" }, { add: "admins" }, { invite: "everyone" }, { frozen: true }, { frozen: false }, { visibility: "public" }, { slow_mode_s: 0 }]) {
      await api.mira.ok("PATCH", path("/settings"), { body });
    }
    context = await browser.context({ locale });
    mira = await ClientPage.open(context, server, "mira", conv);
    await screen("moderated", {});
    await mira.at("details").click();
    await mira.at("ban").waitFor();
    await mira.at("conversation-settings").scrollIntoViewIfNeeded();
    await screen("settings-of-group", {});
    await mira.at("bans").scrollIntoViewIfNeeded();
    await screen("bans", { axe: false });
    await mira.at("words-text").scrollIntoViewIfNeeded();
    await screen("words", { axe: false });
    await mira.root.locator(`[data-testid=member][data-user="${api.layla.id}"]`).getByTestId("member-actions").click();
    await mira.at("member-actions-panel").scrollIntoViewIfNeeded();
    await screen("member-actions", { axe: false });
    await mira.at("ban-member").click();
    await mira.at("confirm-ban").waitFor();
    await screen("ban", { axe: false });
    await close();
    await mira.at("reports").click();
    await mira.at("report").nth(1).waitFor();
    await screen("reports", {});
    await api.mira.ok("POST", path("/reports/1/resolve"), { body: { action: "dismissed", note: "They have made peace." } });
    await mira.at("reports-resolved").check();
    await mira.at("resolution").waitFor();
    await screen("reports-resolved", { axe: false });
    await close();
    await mira.choose("Your bread is stale", "report");
    await mira.at("report-dialog").waitFor();
    await screen("report", {});
    await close();
  });

  test(`${tongue}: threads, saved messages and link previews`, async () => {
    await api.jonas.send(conv, "I do", { thread: root });
    await mira.at("thread-line").first().click();
    await mira.at("thread-pane").waitFor();
    await screen("thread", {});
    await mira.at("thread-close").click();
    await mira.at("threads-open").click();
    await screen("threads", { axe: false });
    await mira.at("thread-close").click();
    await mira.choose("Your bread is stale", "save");
    await api.mira.send(conv, `See http://127.0.0.1:${pages.address().port}/tides`);
    await mira.at("preview").first().waitFor();
    await screen("preview", {});
    await mira.at("view-saved").click();
    await mira.at("saved-row").first().waitFor();
    await screen("saved", {});
    await mira.at("view-all").click();
  });

  test(`${tongue}: people, devices and channels`, async () => {
    const direct = await api.mira.direct("sub:zora");
    await api.zora.send(direct, "Are you there?");
    await api.mira.ok("PUT", `/v1/contacts/${api.jonas.id}`);
    await mira.entry(direct).waitFor();
    await mira.show(direct);
    await mira.at("peer-profile").click();
    await mira.at("block").click();
    await mira.at("block-question").waitFor();
    await screen("block", {});
    await close();
    await api.mira.ok("PUT", `/v1/blocks/${api.zora.id}`);
    await mira.at("cannot-write").waitFor();
    await screen("blocked", {});
    await mira.at("settings").click();
    await mira.at("blocked-people").getByTestId("unblock").scrollIntoViewIfNeeded();
    await screen("people", {});
    await mira.at("device-link").click();
    await mira.at("device-qr").waitFor();
    await mira.at("device-link-card").scrollIntoViewIfNeeded();
    await screen("devices", {});
    await close();
    await api.mira.ok("DELETE", `/v1/blocks/${api.zora.id}`);
    await mira.at("own-profile").click();
    await mira.at("my-profile-dialog").waitFor();
    await screen("my-profile", {});
    await close();
    await mira.at("new-conversation").click();
    await mira.at("browse-channels").click();
    await mira.at("channel").first().waitFor();
    await screen("channels", {});
    await mira.at("channels-search").fill("nothing is called this");
    await mira.at("channel").first().waitFor({ state: "detached" });
    await screen("channels-none", { sizes: [WIDE], axe: false });
    await close();
    await context.close();
  });
}
