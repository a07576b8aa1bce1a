// Previews of links: the card under a message, its picture only where data is not saved, and the way to take it away.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

const PIXEL = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

let server, browser, pages, context, mira, jonas, api, conv, url, asked;

before(async () => {
  pages = createServer((_, response) =>
    response
      .writeHead(200, { "content-type": "text/html" })
      .end(
        `<!doctype html><title>x</title><meta property="og:title" content="Tide tables of the northern harbours, with moon and wind"><meta property="og:description" content="High and low water for every harbour between the dyke and the lighthouse, computed a year ahead and corrected every morning."><meta property="og:site_name" content="Harbour office"><meta property="og:image" content="https://pictures.ch/tide.png">`,
      ),
  );
  await new Promise((done) => pages.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${pages.address().port}/tides`;
  server = await startServer({ development: true, assets: true, localNetwork: true, vars: { ...FAST, DEV_PREVIEWS_LOOPBACK: "1" } });
  browser = await openBrowser();
  api = { mira: await Person.of(server, "mira", { name: "Mira" }), jonas: await Person.of(server, "jonas", { name: "Jonas" }) };
  conv = await api.mira.group("Tides", ["sub:jonas"]);
  await api.jonas.send(conv, `Look here: ${url}`);
  await api.mira.send(conv, "When is high water?");
  await api.mira.send(conv, `${url} says at seven`);
  asked = [];
  context = await withPictures();
  mira = await ClientPage.open(context, server, "mira", conv);
  jonas = await ClientPage.open(await withPictures(), server, "jonas", conv);
});

after(async () => {
  await finish(browser, server);
  pages?.closeAllConnections();
  pages?.close();
});

/** A context that has the pictures of the pages, and notes who asks for them. */
async function withPictures(options) {
  const made = await browser.context(options);
  await made.route("https://pictures.ch/**", (route) => {
    asked.push(route.request().headers().referer);
    return route.fulfill({ contentType: "image/png", body: PIXEL });
  });
  return made;
}

const cards = (client, count) => client.until((wanted) => document.querySelectorAll("[data-testid=preview]").length === wanted, count);

test("a card says what the page is, and leads there; its picture comes without a referrer", async () => {
  await cards(mira, 2);
  const card = mira.at("preview").first();
  assert.equal(await card.locator(".link-preview-title").textContent(), "Tide tables of the northern harbours, with moon and wind");
  assert.deepEqual(await card.locator("a").evaluate((link) => [link.href, link.target, link.rel]), [url, "_blank", "noopener noreferrer nofollow"]);
  await mira.at("preview-picture").first().waitFor();
  await mira.until(() => document.querySelector("[data-testid=preview-picture]").complete);
  assert.ok(asked.length > 0 && asked.every((referer) => referer === undefined), "no referrer");
  await lookAt(mira.page, "previews");
  browser.check();
});

test("with data saved no picture is loaded; in Arabic the card is mirrored", async () => {
  const saving = await withPictures({ locale: "ar" });
  const page = await ClientPage.open(saving, server, "mira", conv);
  await page.page.evaluate(() => localStorage.setItem("quipu.data-saver", "on"));
  await page.page.reload();
  await page.caughtUp();
  await cards(page, 2);
  assert.equal(await page.at("preview-picture").count(), 0);
  await lookAt(page.page, "previews-ar");
  browser.check();
});

test("its author takes it away by keyboard, an owner anybody's; it goes from all windows", async () => {
  await cards(jonas, 2);
  assert.equal(await jonas.at("preview-out").count(), 1, "one's own only");
  await jonas.at("preview-out").focus();
  await jonas.page.keyboard.press("Enter");
  for (const client of [mira, jonas]) await cards(client, 1);
  await mira.at("preview-out").click();
  for (const client of [mira, jonas]) await cards(client, 0);
  browser.check();
});
