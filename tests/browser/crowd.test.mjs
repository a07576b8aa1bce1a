// A group of more than 256: who has read a message is a number, asked when one wants to know.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser } from "./browser.mjs";
import { ClientPage } from "./client-page.mjs";

const OTHERS = 260;
let server, browser, mira, conv, people;

before(async () => {
  server = await startServer({ development: true, assets: true, vars: FAST });
  browser = await openBrowser();
  const api = await Person.of(server, "mira", { name: "Mira" });
  people = Array.from({ length: OTHERS }, (_, index) => new Person(server, `neighbour-${index}`));
  const refs = people.map(({ sub }) => `sub:${sub}`);
  conv = await api.group("The whole street", refs.slice(0, 100));
  const line = api.line(conv, { hello: { after: 0 } });
  await line.at(102);
  for (const part of [refs.slice(100, 200), refs.slice(200)]) {
    await line.commands(part.map((user) => ({ key: randomUUID(), command: { type: "member.add", user } })));
  }
  await line.close();
  mira = await ClientPage.open(await browser.context(), server, "mira", conv);
});

after(() => finish(browser, server));

test("whom one added at a time stand in one line, the first by name", async () => {
  await mira.at("system-event").filter({ hasText: /You added .*neighbour.* others$/u }).waitFor();
  assert.ok((await mira.at("system-event").count()) <= 2);
});

test("a message says that it was sent, and its menu how many have received and read it", async () => {
  await mira.send("The street is closed on Saturday.");
  const row = mira.message("The street is closed on Saturday.");
  const progress = row.getByTestId("progress");
  await progress.and(mira.page.locator("[data-state=sent]")).waitFor();
  const seq = Number(await row.getAttribute("data-seq"));
  await Promise.all(people.slice(0, 90).map((person) => person.ok("PUT", `/v1/conversations/${conv}/delivered`, { body: { seq } })));
  await Promise.all(people.slice(0, 40).map((person) => person.ok("PUT", `/v1/conversations/${conv}/read`, { body: { seq } })));
  await mira.choose("The street is closed on Saturday.", "readers");
  const counts = mira.at("reader-counts");
  await counts.waitFor();
  assert.deepEqual(await counts.locator("dd").allTextContents(), ["40", "50", `${OTHERS - 90}`]);
  await lookAt(mira.page, "readers-of-a-crowd");
  await mira.page.keyboard.press("Escape");
  assert.equal(await progress.getAttribute("data-state"), "sent");
  browser.check();
});
