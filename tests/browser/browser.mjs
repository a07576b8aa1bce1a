/**
 * Real Chromium for tests, and what every page in it must keep to: no error on the console, no breach of the content
 * security policy, no dialog, no sideways scroll.
 *
 *   const browser = await openBrowser();
 *   const desk = await browser.context();
 *   const page = await desk.newPage();
 *   await finish(browser, server);  // fails the test if a page misbehaved
 */
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import axeCore from "axe-core";
import { chromium } from "playwright-core";

export const WIDE = { width: 1280, height: 800 };
export const PHONE = { width: 360, height: 740 };
const THEMES = ["light", "dark"];

/** Only a test that fails waits this long. */
export const PATIENCE_MS = 30_000;

const OUTPUT = fileURLToPath(new URL("../output/browser", import.meta.url));

/** What Chromium itself writes when a connection fails; no page can prevent it. */
const OF_THE_NETWORK = /^(WebSocket connection to 'ws:\/\/127\.0\.0\.1|Failed to load resource: net::ERR_)/;

/** Runs in every page before its own code: a breach of the policy is told even where nobody looks. */
function tellBreaches() {
  document.addEventListener("securitypolicyviolation", (event) => {
    console.error(`Policy breached: ${event.violatedDirective} ${event.blockedURI}`);
  });
}

/** One Chromium. Made by {@link openBrowser}. */
class Browser {
  #chromium;
  #faults = [];
  #expected = [];

  constructor(running) {
    this.#chromium = running;
  }

  /** A browser profile of its own: storage, cookies, network. */
  async context({ size = WIDE, theme = "light", ...more } = {}) {
    const context = await this.#chromium.newContext({ viewport: size, colorScheme: theme, reducedMotion: "reduce", locale: "en-GB", timezoneId: "UTC", ...more });
    context.setDefaultTimeout(PATIENCE_MS);
    await context.addInitScript(tellBreaches);
    context.on("console", (message) => {
      if (message.type() !== "error") return;
      if (this.#expected.some((pattern) => pattern.test(message.text()))) return;
      this.#faults.push(`console: ${message.text()} (${message.location().url})`);
    });
    context.on("weberror", (error) => this.#faults.push(`uncaught: ${error.error().stack}`));
    context.on("dialog", (dialog) => {
      this.#faults.push(`a dialog opened: ${dialog.message()}`);
      void dialog.dismiss();
    });
    return context;
  }

  /** From now on Chromium may say that a connection failed: the test breaks connections. */
  expectBrokenConnections() {
    this.#expected.push(OF_THE_NETWORK);
  }

  /** From now on Chromium may say that a request was answered with this status: the test asks for what is refused. */
  expectStatus(status) {
    this.#expected.push(new RegExp(`^Failed to load resource: the server responded with a status of ${status} `));
  }

  /** Throws what the pages did wrong so far. */
  check() {
    assert.deepEqual(this.#faults.splice(0), [], "no page does anything wrong");
  }

  async close() {
    await this.#chromium.close();
    this.check();
  }
}

export async function openBrowser() {
  const running = await chromium.launch({
    executablePath: process.env.CHROMIUM_BIN || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  return new Browser(running);
}

/** What every test file does last, whatever has failed before. */
export async function finish(browser, server) {
  try {
    await browser?.close();
  } finally {
    await server?.stop();
  }
}

/** Resolves when everything has been laid out and painted, and every transition has ended. */
export async function settled(page) {
  for (const frame of page.frames()) {
    await frame.evaluate(async () => {
      const painted = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      await painted();
      const ending = document.getAnimations().filter((animation) => animation.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY);
      await Promise.allSettled(ending.map((animation) => animation.finished));
      await painted();
    });
  }
}

/** Nothing is wider than the window: neither the page nor a frame in it scrolls sideways. */
export async function noSidewaysScroll(page, what) {
  for (const frame of page.frames()) {
    const { width, scroll, wide } = await frame.evaluate(() => {
      const { scrollWidth, clientWidth } = document.scrollingElement;
      const outside = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > clientWidth + 1);
      return { width: clientWidth, scroll: scrollWidth, wide: outside.slice(-3).map((element) => element.outerHTML.slice(0, 160)) };
    });
    assert.ok(scroll <= width, `${what}: ${scroll} px wide in a window of ${width}: ${wide.join("\n")}`);
  }
}

export async function shot(page, name) {
  await mkdir(OUTPUT, { recursive: true });
  await page.screenshot({ path: join(OUTPUT, `${name}.png`), animations: "disabled" });
}

/**
 * Looks at what is on the page in each theme and size: no sideways scroll, a screenshot, and if asked no violation of
 * the rules of accessibility.
 */
export async function lookAt(page, name, { sizes = [WIDE, PHONE], axe = true } = {}) {
  const before = page.viewportSize();
  for (const size of sizes) {
    await page.setViewportSize(size);
    for (const theme of THEMES) {
      await page.emulateMedia({ colorScheme: theme });
      await settled(page);
      const what = `${name}-${size.width}-${theme}`;
      await shot(page, what);
      await noSidewaysScroll(page, what);
      if (axe) await accessible(page, what);
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  if (before) await page.setViewportSize(before);
}

/** Puts axe into what has not had it since it was loaded: that takes longer than most of what axe then looks at. */
async function bringAxe(page) {
  for (const frame of page.frames()) {
    if (!(await frame.evaluate(() => "axe" in window))) await frame.evaluate(axeCore.source);
  }
}

/** Fails where axe finds something; the ids of the rules that had something to look at and found nothing amiss. */
export async function accessible(page, what, options = {}) {
  await bringAxe(page);
  // What lies under a dialog or a menu has been looked at without it, and a long history takes axe seconds.
  const covered = (await page.locator("dialog[open], [role=menu]").count()) > 0;
  const within = { include: ["html"], exclude: covered ? ["[data-testid=messages]"] : [] };
  const { violations, passes } = await page.evaluate(([part, asked]) => window.axe.run(part, asked), [within, { ...options, resultTypes: ["violations"] }]);
  assert.ok(passes.length > 0, `${what}: axe looked at nothing`);
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map(({ html, failureSummary }) => `  ${html}\n  ${failureSummary}`).join("\n")}`);
  assert.deepEqual(told, [], `${what}: axe finds nothing`);
  return passes.map(({ id }) => id);
}
