/**
 * One person's client in a browser, by what they see and do. It works on a page and on a frame of the demonstration
 * page alike. Every wait is for something that the page shows.
 */
import assert from "node:assert/strict";
import { PATIENCE_MS } from "./browser.mjs";

/**
 * Runs in the page: the newest messages in their order, scrolling up from the foot as a person would, because only those
 * near the screen are drawn. It goes as far as it takes to find each of `texts` and `count` messages numbered above
 * `after`, and back to the foot; null where they are not all there, or not all stored.
 */
export async function readMessages({ texts = [], after = Number.POSITIVE_INFINITY, count = 0 }) {
  const list = document.querySelector("[data-testid=messages]");
  if (!list) return null;
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const found = [];
  const known = new Set();
  const complete = () => texts.every((text) => found.some((message) => message.text === text)) && found.filter(({ seq }) => seq === null || seq > after).length >= count;
  list.scrollTop = list.scrollHeight;
  for (;;) {
    await frame();
    await frame();
    const rows = [...list.querySelectorAll("[data-testid=message]")];
    const fresh = rows.filter((row) => !known.has(row.dataset.id));
    // One below those that were read came meanwhile: all is to be read again.
    const read = rows.findIndex((row) => known.has(row.dataset.id));
    if (read >= 0 && rows.slice(read).some((row) => fresh.includes(row))) return null;
    for (const row of fresh) known.add(row.dataset.id);
    found.unshift(
      ...fresh.map((row) => ({
        seq: row.dataset.seq === undefined ? null : Number(row.dataset.seq),
        status: row.dataset.status,
        mine: row.dataset.mine === "true",
        version: Number(row.dataset.version),
        text: row.querySelector("[data-testid=message-text]")?.textContent ?? null,
      })),
    );
    if (complete() || list.scrollTop === 0) break;
    list.scrollTop -= list.clientHeight / 2;
  }
  list.scrollTop = list.scrollHeight;
  await frame();
  return complete() && found.every(({ status }) => status === "sent") ? found : null;
}

/** Runs in the page: see {@link ClientPage.scrollTo}. */
async function scrollUpTo(text) {
  const list = document.querySelector("[data-testid=messages]");
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  list.scrollTop = list.scrollHeight;
  for (;;) {
    await frame();
    await frame();
    const found = [...list.querySelectorAll("[data-testid=message-text]")].find((element) => element.textContent === text);
    if (found) return found.scrollIntoView({ block: "center" });
    if (list.scrollTop === 0) throw new Error(`no message says ${JSON.stringify(text)}`);
    list.scrollTop -= list.clientHeight / 2;
  }
}

/** Runs in the page: whether the browser's storage holds a command with each of these texts. */
async function keptInBrowser(texts) {
  const done = (request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));
  const kept = [];
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name));
    if (database.objectStoreNames.contains("commands")) kept.push(...(await done(database.transaction("commands").objectStore("commands").getAll())));
    database.close();
  }
  return texts.every((text) => kept.some(({ command }) => command.content?.text === text));
}

export class ClientPage {
  /** @param {import("playwright-core").Page | import("playwright-core").Frame} root */
  constructor(root) {
    this.root = root;
    this.page = typeof root.page === "function" ? root.page() : root;
  }

  /** Opens the client of somebody of the seeded world, in a conversation if one is named. */
  static async open(context, server, subject, conv) {
    const client = new ClientPage(await context.newPage());
    await client.go(server, subject, conv);
    return client;
  }

  async go(server, subject, conv) {
    await this.page.goto(`${server.url}/?${new URLSearchParams({ as: subject, ...(conv && { c: conv }) })}`);
    await (conv ? this.caughtUp() : this.at("conversation").first().waitFor());
  }

  /** Whatever carries this test id. */
  at(testid) {
    return this.root.getByTestId(testid);
  }

  /** Waits until the page itself says that this holds. */
  until(holds, argument) {
    return this.root.waitForFunction(holds, argument, { timeout: PATIENCE_MS });
  }

  get composer() {
    return this.at("composer");
  }

  entry(id) {
    return this.root.locator(`[data-testid=conversation][data-id="${id}"]`);
  }

  /** Opens a conversation from the list. */
  async show(id) {
    await this.entry(id).click();
    await this.caughtUp();
  }

  /** The open conversation has all there is. */
  async caughtUp() {
    await this.root.locator("[data-testid=messages][data-caught-up=true]").waitFor();
  }

  /** The connection as the client tells it: online, offline, … */
  async connection(state) {
    await this.root.locator(`[data-testid=connection][data-state=${state}]`).waitFor({ state: "attached" });
  }

  /** The message with exactly this text. */
  message(text) {
    const exactly = this.at("message-text").filter({ hasText: new RegExp(`^${text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")}$`) });
    return this.at("message").filter({ has: exactly });
  }

  /** Writes into the composer and presses Enter. */
  async send(text) {
    await this.composer.fill(text);
    await this.composer.press("Enter");
    await this.message(text).waitFor();
  }

  /** Waits until a message has come so far: waiting, sent, delivered, read or failed. */
  async progress(text, ...states) {
    const marks = states.map((state) => `[data-testid=progress][data-state=${state}]`).join(",");
    await this.message(text).locator(marks).waitFor();
  }

  /** Waits until messages that wait for the network would survive the page: a moment after they are shown. */
  kept(...texts) {
    return this.until(keptInBrowser, texts);
  }

  /** The number of a message once the server has stored it. */
  async seq(text) {
    const stored = this.message(text).and(this.root.locator("[data-seq][data-status=sent]"));
    return Number(await stored.getAttribute("data-seq"));
  }

  /** The newest messages, once those asked for are there and all are stored: see {@link readMessages}. */
  async read(wanted) {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const messages = await this.root.evaluate(readMessages, wanted);
      if (messages) return messages;
      assert.ok(Date.now() < deadline, `not all of this is there and stored: ${JSON.stringify(wanted)}`);
    }
  }

  /** Scrolls up from the foot until the message with this text is on the screen. */
  async scrollTo(text) {
    await this.root.evaluate(scrollUpTo, text);
    return this.message(text);
  }

  /** Opens the menu of a message and chooses from it. */
  async choose(text, item) {
    const message = this.message(text);
    await message.hover();
    await message.getByTestId("message-menu").click();
    await this.at(`menu-${item}`).click();
  }
}

/**
 * Waits until every side shows each text as stored, then checks what was promised: each once, all sides the same
 * messages under the same numbers in the same order.
 * @param {ClientPage[]} sides
 * @param {string[]} texts
 */
export async function agree(sides, texts) {
  const seen = await Promise.all(sides.map((side) => side.read({ texts })));
  for (const messages of seen) {
    const seqs = messages.map(({ seq }) => seq);
    assert.deepEqual(seqs, [...new Set(seqs)].sort((a, b) => a - b), "numbers grow and none comes twice");
    const shown = messages.map(({ text }) => text);
    for (const text of texts) assert.equal(shown.filter((other) => other === text).length, 1, `“${text}” is there once`);
  }
  const plain = (messages) => messages.map(({ seq, version, text }) => ({ seq, version, text }));
  const from = Math.max(...seen.map(([first]) => first?.seq ?? 0));
  const [first, ...others] = seen.map((messages) => plain(messages).filter(({ seq }) => seq >= from));
  for (const other of others) assert.deepEqual(other, first, "all sides show the same messages in the same order");
  return first;
}
