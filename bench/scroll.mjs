// `node bench/scroll.mjs`: frames of the web client while a long conversation is scrolled, every message of it loaded. Builds what changed; needs Chromium.
import os from "node:os";
import { parseArgs } from "node:util";
import { build } from "../scripts/build.mjs";
import { setup } from "../scripts/setup.mjs";
import { openBrowser, WIDE } from "../tests/browser/browser.mjs";
import { ClientPage } from "../tests/browser/client-page.mjs";
import { fill } from "../tests/harness/bulk.mjs";
import { FAST, Person } from "../tests/harness/client.mjs";
import { startServer } from "../tests/harness/server.mjs";

const { values } = parseArgs({ options: { messages: { type: "string", default: "100000" }, frames: { type: "string", default: "600" } } });
const messages = Number(values.messages);
const frames = Number(values.frames);
if (!(messages >= 100 && frames >= 20)) {
  console.error("--messages takes a number from 100, --frames one from 20");
  process.exit(1);
}
const LOADING_MS = 600_000;
await setup();
await build();

/** Runs in the page: scrolls as `how` says, a step in each frame; the times between frames and what the list held. */
async function scroll({ how, count }) {
  const list = document.querySelector("[data-testid=messages]");
  const frame = () => new Promise(requestAnimationFrame);
  const times = [];
  let elements = 0;
  let direction = 1;
  let last = await frame();
  for (let step = 0; step < count; step++) {
    const end = list.scrollHeight - list.clientHeight;
    // A wheel turned hard, one way and back; or the scroll bar, dragged about.
    if (how === "wheel") list.scrollTop += 240 * direction;
    else list.scrollTop = end * (0.5 + 0.5 * Math.sin(step / 9));
    if (list.scrollTop <= 0 || list.scrollTop >= end || step % 200 === 199) direction = -direction;
    const now = await frame();
    times.push(now - last);
    last = now;
    elements = Math.max(elements, list.querySelectorAll("*").length);
  }
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  return { p50: at(0.5), p95: at(0.95), most: times.at(-1), elements };
}

const server = await startServer({ development: true, assets: true, vars: FAST });
const browser = await openBrowser();
try {
  const people = [await Person.of(server, "mira", { name: "Mira" }), await Person.of(server, "jonas", { name: "Jonas" })];
  const conv = await people[0].group("Scrolled", ["sub:jonas"]);
  const { seq } = await people[1].send(conv, "The first");
  await fill(conv, people, messages - 2);
  await people[1].send(conv, "The last", { reply_to: { seq, version: 1 } });
  const client = await ClientPage.open(await browser.context({ size: WIDE, reducedMotion: "no-preference" }), server, "mira", conv);
  const began = performance.now();
  await client.at("quote").click();
  await client.message("The first").waitFor({ timeout: LOADING_MS });
  const loaded = (performance.now() - began) / 1000;
  const [{ model }] = os.cpus();
  console.log(`${messages.toLocaleString("en")} messages, all loaded (in ${loaded.toFixed(1)} s), list of ${WIDE.width} × ${WIDE.height} px; ${os.cpus().length} × ${model.trim()}, load ${os.loadavg()[0].toFixed(1)}\n`);
  console.log("| scroll | frames | p50 frame | p95 frame | longest frame | elements in the list, at most |\n|---|--:|--:|--:|--:|--:|");
  for (const how of ["wheel", "scroll bar"]) {
    const { p50, p95, most, elements } = await client.root.evaluate(scroll, { how, count: frames });
    console.log(`| ${how} | ${frames} | ${[p50, p95, most].map((ms) => `${ms.toFixed(1)} ms`).join(" | ")} | ${elements} |`);
  }
} finally {
  await browser.close();
  await server.stop();
}
