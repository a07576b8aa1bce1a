/** Link previews, of pages that answer when they are told to. */
import assert from "node:assert/strict";
import { createServer } from "node:http";

const PAGE = "<!doctype html><title>A page</title>";

/** Pages on this machine. */
export async function pages() {
  const held = new Map();
  const server = createServer(({ url }, response) => {
    if (held.get(url) === undefined) held.set(url, response);
    else held.get(url)(response);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  let made = 0;
  return {
    /** An address, and how to let it answer: what is there, or that nothing is. */
    page() {
      const path = `/${(made += 1)}`;
      const answer = (status) => {
        const give = (response) => response.writeHead(status, { "content-type": "text/html; charset=utf-8" }).end(status === 200 ? PAGE : "");
        held.get(path)?.writeHead && give(held.get(path));
        held.set(path, give);
      };
      return { url: `http://127.0.0.1:${server.address().port}${path}`, answer };
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const isPreviewed = ({ envelope }) => envelope?.type === "message.previewed";

/** Acts over these pages. */
export function acts({ page }) {
  /** A message whose preview everybody has. */
  async function previewed(world) {
    const { one, two, conv } = await world.pair();
    const { url, answer } = page();
    answer(200);
    const line = two.line(conv);
    await line.until(() => line.welcome);
    const { seq } = await one.send(conv, url);
    await line.until(() => [...line.log.items.values()].some(isPreviewed), "the preview");
    await line.close();
    await line.closed;
    return { one, conv, seq };
  }
  /** A message whose page has not answered yet. */
  async function waiting(world) {
    const { one, two, conv } = await world.pair();
    const { url, answer } = page();
    const line = await world.open(two.line(conv));
    await one.send(conv, url);
    return { line, answer };
  }
  return {
    "a message with a link, where previews are on": async (world) => {
      const { one, conv } = await world.pair();
      const { url, answer } = page();
      world.later(() => answer(200));
      return () => one.send(conv, url);
    },
    "its preview, a second later at most": async (world) => {
      const { line, answer } = await waiting(world);
      return async () => {
        answer(200);
        await line.until(() => [...line.log.items.values()].some(isPreviewed), "the preview");
      };
    },
    "the same, where there is none to show": async (world) => {
      const { answer } = await waiting(world);
      return () => answer(404);
    },
    "a preview taken away": async (world) => {
      const { one, conv, seq } = await previewed(world);
      return () => one.ok("DELETE", `/v1/conversations/${conv}/messages/${seq}/preview`);
    },
    "a deletion of a message with a preview, in addition": async (world) => {
      const { one, conv, seq } = await previewed(world);
      return () => one.remove(conv, seq);
    },
  };
}

/** Lines of the table that say what is written beside another. */
export const beside = { "a deletion of a message with a preview, in addition": "a deletion" };
