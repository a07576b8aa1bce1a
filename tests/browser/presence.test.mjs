// Who is there, as the page shows it: by form and word, not by colour alone; and who sees the person of the page.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser, WIDE } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

let server, browser, mira, api, convs;
const lines = {};

/** Somebody of the world is there, by an inbox of their own. */
async function comes(subject) {
  const line = api[subject].inbox();
  await line.until(() => line.welcome, "welcome");
  const alive = setInterval(() => line.end === null && line.say("ping"), 10_000);
  line.closed.then(() => clearInterval(alive));
  lines[subject] = line;
  return line;
}

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  mira = await ClientPage.open(await browser.context(), server, "mira");
  api = {};
  for (const subject of ["mira", "jonas", "elif", "aarav"]) api[subject] = await Person.of(server, subject, { name: subject[0].toUpperCase() + subject.slice(1) });
  const { entries } = await api.mira.ok("GET", "/v1/inbox?limit=100");
  convs = Object.fromEntries(entries.filter(({ peer }) => peer).map(({ id, peer }) => [peer.subject, id]));
  convs.group = entries.find(({ kind, name }) => kind === "group" && name).id;
});

after(async () => {
  await Promise.all(Object.values(lines).map(async (line) => (await line.close(), line.closed)));
  await finish(browser, server);
});

const mark = (subject, state) => mira.entry(convs[subject]).locator(`[data-testid=presence-mark][data-presence=${state}]`);

test("a direct conversation shows who is there and who is away, in the list and above the messages", async () => {
  const [, elif] = await Promise.all([comes("jonas"), comes("elif")]);
  await mark("jonas", "online").waitFor();
  assert.equal(await mira.entry(convs.jonas).locator(".sr", { hasText: "Online" }).count(), 1, "in words too");
  elif.say({ t: "away", on: true });
  await mark("elif", "away").waitFor();
  await mira.show(convs.jonas);
  const above = mira.at("conversation-presence");
  await above.filter({ hasText: "Online" }).waitFor();
  await lookAt(mira.page, "presence");
  await lines.jonas.close();
  await above.filter({ hasText: /^Last seen today at / }).waitFor();
  await mark("jonas", "online").waitFor({ state: "detached" });
});

test("the members of a group are listed with their presence", async () => {
  const group = await api.mira.group("Presence", ["sub:jonas", "sub:elif", "sub:aarav"]);
  await comes("jonas");
  await mira.entry(group).waitFor();
  await mira.show(group);
  await mira.at("details").click();
  const of = (subject) => mira.root.locator(`[data-testid=member][data-subject=${subject}] [data-testid=member-presence]`);
  await of("jonas").filter({ hasText: "Online" }).waitFor();
  await of("elif").filter({ hasText: "Away" }).waitFor();
  await of("aarav").filter({ hasText: "Offline" }).waitFor();
  assert.equal(await of("mira").count(), 0, "nobody has to be told that they are there");
  await lookAt(mira.page, "presence-members");
  await mira.page.keyboard.press("Escape");
});

test("others see the person of the page, until that person says otherwise", async () => {
  const { jonas } = lines;
  jonas.say({ t: "watch", users: [{ user: api.mira.id, conv: convs.jonas }] });
  const state = (wanted) => jonas.until(() => jonas.presences.get(api.mira.id)?.state === wanted, `mira is ${wanted}`);
  await state("online");
  await mira.at("settings").click();
  const setting = mira.at("setting-presence");
  await mira.until(() => document.querySelector("[data-testid=setting-presence]")?.value === "shared");
  await lookAt(mira.page, "presence-setting");
  await setting.selectOption("nobody");
  await state("hidden");
  await mira.page.reload();
  await mira.at("settings").click();
  await mira.until(() => document.querySelector("[data-testid=setting-presence]")?.value === "nobody");
  // The choice is shown at once; what others are told follows from the server's answer.
  const stored = mira.page.waitForResponse((response) => response.request().method() === "PATCH" && response.url().endsWith("/v1/me/presence"));
  await setting.selectOption("everyone");
  assert.equal((await stored).status(), 200);
  jonas.say({ t: "watch", users: [{ user: api.mira.id }] });
  await state("online");
  await mira.page.close();
  await state("offline");
});

test("in German and from the right", async () => {
  for (const [locale, word] of [["de-DE", "Online"], ["ar-EG", "متصل الآن"]]) {
    const context = await browser.context({ locale });
    const page = await ClientPage.open(context, server, "mira", convs.jonas);
    await page.at("conversation-presence").filter({ hasText: word }).waitFor();
    await lookAt(page.page, `presence-${locale}`, { sizes: [WIDE], axe: false });
    await context.close();
  }
});
