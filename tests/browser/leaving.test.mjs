// A page is left the moment Enter is pressed: the text is never lost and never there twice.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, openBrowser } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

const ROUNDS = 25;

let server, browser, context, api, conv;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  // The network is cut, and pages end while they connect.
  browser.expectBrokenConnections();
  context = await browser.context();
  api = await Person.of(server, "mira", { name: "Mira" });
  await Person.of(server, "jonas", { name: "Jonas" });
  conv = await api.group("Leaving", ["sub:jonas"]);
});

after(() => finish(browser, server));

/** Ways to press Enter and be gone, the quickest last. */
const EXITS = [
  async (client) => {
    await client.composer.press("Enter");
    await client.page.close();
  },
  async (client) => {
    const pressed = client.composer.press("Enter").catch(() => undefined);
    await client.page.close();
    await pressed;
  },
  // Within the same task: nothing that the page has to wait for can come in between.
  async (client) => {
    await client.root.evaluate(() => {
      document.querySelector("[data-testid=composer]").form.requestSubmit();
      location.replace("about:blank");
    });
    await client.page.waitForURL("about:blank");
    await client.page.close();
  },
];

async function timesInLog(text) {
  const { entries } = await api.export(conv);
  return entries.filter(({ event }) => event?.content?.text === text).length;
}

for (const online of [true, false]) {
  test(`${ROUNDS} pages are left at once after Enter, ${online ? "online" : "offline"}: each text is there once`, async () => {
    const texts = [];
    let client = await ClientPage.open(context, server, "mira", conv);
    for (let round = 0; round < ROUNDS; round++) {
      const text = `${online ? "Online" : "Offline"}, and gone at once ${round}`;
      await client.composer.fill(text);
      if (!online) {
        await context.setOffline(true);
        await client.connection("offline");
      }
      await EXITS[round % EXITS.length](client);
      await context.setOffline(false);
      texts.push(text);

      // Whoever comes back has it: in the list of messages, or still in the composer.
      client = await ClientPage.open(context, server, "mira", conv);
      const written = await client.composer.inputValue();
      if (written === text) await client.composer.press("Enter");
      else assert.equal(written, "", "nothing else stands in the composer");
      await client.progress(text, "sent", "delivered", "read");
    }
    await client.page.close();
    for (const text of texts) assert.equal(await timesInLog(text), 1, `“${text}” is in the log once`);
  });
}

test("a draft is one for all tabs: what is sent in one is gone from the other, and what differs is left alone", async () => {
  const one = await ClientPage.open(context, server, "mira", conv);
  await one.composer.fill("Begun in one tab");
  const two = await ClientPage.open(context, server, "mira", conv);
  assert.equal(await two.composer.inputValue(), "Begun in one tab");
  await two.composer.fill("Begun in one tab, ended in another");
  await one.until(() => document.querySelector("[data-testid=composer]").value === "Begun in one tab, ended in another");
  await two.composer.press("Enter");
  await two.message("Begun in one tab, ended in another").waitFor();
  await one.until(() => document.querySelector("[data-testid=composer]").value === "");

  // A tab that has gone its own way keeps to it, whatever the others do with theirs.
  await one.composer.fill("Mine");
  await one.root.evaluate(() => {
    const key = Object.keys(localStorage).find((name) => name.startsWith("quipu.draft."));
    const draft = (text) => JSON.stringify({ text, mentions: [] });
    dispatchEvent(new StorageEvent("storage", { key, storageArea: localStorage, oldValue: draft("Theirs"), newValue: null }));
    dispatchEvent(new StorageEvent("storage", { key, storageArea: localStorage, oldValue: draft("Theirs"), newValue: draft("Theirs, longer") }));
  });
  assert.equal(await one.composer.inputValue(), "Mine");
  await one.composer.fill("");
  await one.page.close();
  await two.page.close();
});
