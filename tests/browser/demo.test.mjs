// The page a newcomer sees: two people side by side, everything broken on purpose, and a strip that stays good.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";
import { finish, lookAt, openBrowser, PATIENCE_MS, PHONE, WIDE } from "./browser.mjs";
import { agree, ClientPage } from "./client-page.mjs";

let server, browser, page, left, right, conv;
const said = [];

before(async () => {
  server = await startServer({ development: true, assets: true });
  browser = await openBrowser();
  // The page cuts its own sockets; Chromium reports those that were still opening.
  browser.expectBrokenConnections();
  page = await (await browser.context()).newPage();
  await page.goto(server.url);
});

after(() => finish(browser, server));

async function side(name) {
  const frame = await (await page.getByTestId(`pane-${name}`).locator("iframe").elementHandle()).contentFrame();
  const client = new ClientPage(frame);
  await client.caughtUp();
  return client;
}

/** Runs in the page: keeps every verdict that was ever bad, however short. */
function keepBadVerdicts() {
  window.badVerdicts = [];
  const look = () => {
    for (const check of document.querySelectorAll("[data-verdict=bad]")) window.badVerdicts.push(`${check.dataset.testid}: ${check.dataset.value}`);
  };
  new MutationObserver(look).observe(document.querySelector("[data-testid=demo-checks]"), { subtree: true, attributes: true, childList: true });
  look();
}

/** Runs in the page: whether all is good and the proof covers this many events. */
function provedAll(head) {
  const size = Number(/([\d,]+) events?/.exec(document.querySelector("[data-testid=check-proof]")?.textContent)?.[1].replaceAll(",", ""));
  return document.querySelector("[data-testid=demo-checks]")?.dataset.good === "true" && size === head;
}

/** Both sides hold all that was said, and the strip says so of the newest event. */
async function good(...texts) {
  said.push(...texts);
  await agree([left, right], said);
  const mira = await Person.of(server, "mira");
  const { seq } = await mira.conversation(conv);
  await page.waitForFunction(provedAll, seq, { timeout: PATIENCE_MS });
  for (const [name, value] of [["lost", "0"], ["repeated", "0"], ["order", "equal"], ["proof", "valid"]]) {
    const check = page.getByTestId(`check-${name}`);
    assert.equal(await check.getAttribute("data-verdict"), "good");
    assert.match(await check.getAttribute("data-value"), new RegExp(`^${value}$`));
  }
  assert.deepEqual(await page.evaluate(() => window.badVerdicts), [], "no verdict was bad at any moment");
  browser.check();
}

test("two people of the seeded world sit side by side in one conversation, and the strip is good", async () => {
  left = await side("left");
  right = await side("right");
  conv = await left.at("conversation-pane").getAttribute("data-id");
  assert.equal(await right.at("conversation-pane").getAttribute("data-id"), conv);
  assert.notEqual(await left.at("client").getAttribute("data-subject"), await right.at("client").getAttribute("data-subject"));
  await page.evaluate(keepBadVerdicts);
  await left.send("Hello from the left");
  await right.send("Hello from the right");
  await good("Hello from the left", "Hello from the right");
  await lookAt(page, "demo", { axe: false });
});

test("no hint hides who sits in a pane, nor runs out of the screen", async () => {
  const before = page.viewportSize();
  for (const size of [WIDE, PHONE]) {
    await page.setViewportSize(size);
    const hints = await page.locator(".tipped").all();
    assert.ok(hints.length >= 9, "the strip has its hints");
    for (const hint of hints) {
      await hint.hover();
      const tip = hint.getByRole("tooltip");
      await tip.waitFor();
      const box = await tip.boundingBox();
      const told = await tip.textContent();
      assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= size.width, `“${told}” is on the screen: ${JSON.stringify(box)}`);
      for (const name of ["left", "right"]) {
        const picker = await page.getByTestId(`demo-person-${name}`).boundingBox();
        const apart = box.x + box.width <= picker.x || picker.x + picker.width <= box.x || box.y + box.height <= picker.y || picker.y + picker.height <= box.y;
        assert.ok(apart, `“${told}” leaves the ${name} picker free at ${size.width}`);
      }
    }
  }
  await page.mouse.move(0, 0);
  await page.setViewportSize(before);
});

test("one side's network is cut, both type, and after the mend both hold everything once", async () => {
  await page.getByTestId("demo-cut-left").click();
  await left.connection("offline");
  await left.send("Written in the dark 1");
  await left.send("Written in the dark 2");
  await right.send("Written in the light");
  await left.progress("Written in the dark 2", "waiting");
  await right.progress("Written in the light", "sent");
  assert.equal(await right.message("Written in the dark 1").count(), 0);
  assert.equal(await left.message("Written in the light").count(), 0);
  await lookAt(page, "demo-cut", { axe: false });
  await page.getByTestId("demo-cut-left").click();
  await left.connection("online");
  await good("Written in the dark 1", "Written in the dark 2", "Written in the light");
});

test("the last message sent twice more is answered with itself", async () => {
  const { seq } = await (await Person.of(server, "mira")).conversation(conv);
  await page.getByTestId("demo-resend").click();
  await page.getByTestId("demo-word").filter({ hasText: "both times" }).waitFor();
  await good();
  assert.equal((await (await Person.of(server, "mira")).conversation(conv)).seq, seq, "the log did not grow");
  await left.send("After the repeats");
  await good("After the repeats");
});

test("the object sleeps and wakes with the next message", async () => {
  await page.getByTestId("demo-sleep").click();
  await page.getByTestId("demo-word").filter({ hasText: "sleeps" }).waitFor();
  await right.send("Wake up");
  await left.send("Good morning");
  await good("Wake up", "Good morning");
});

test("the object's memory is killed while messages are under way", async () => {
  // One page has one keyboard, so the two take turns; nobody waits for the server.
  await left.send("Just before the crash");
  await page.getByTestId("demo-kill").click();
  await right.send("In the crash");
  await left.send("In the crash too");
  await page.getByTestId("demo-word").filter({ hasText: "was reset" }).waitFor();
  await right.send("After the crash");
  await good("Just before the crash", "In the crash", "In the crash too", "After the crash");
});

test("another person is chosen, and the strip is good for the new pair", async () => {
  await page.getByTestId("demo-person-right").selectOption("layla");
  right = await side("right");
  await right.until(() => document.querySelector("[data-testid=client]")?.dataset.subject === "layla");
  await left.until((before) => ![null, before].includes(document.querySelector("[data-testid=conversation-pane]")?.dataset.id ?? null), conv);
  conv = await left.at("conversation-pane").getAttribute("data-id");
  said.length = 0;
  await right.send("مرحبا ميرا");
  await good("مرحبا ميرا");
});
