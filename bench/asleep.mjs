// `node bench/asleep.mjs`: a thousand idle sockets of stock clients, each sending its keep-alive, for ten minutes: which handlers are called, what is
// written. Builds what changed. Nothing here takes time that matters, so the machine need not be quiet.
import { globSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

import { build } from "../scripts/build.mjs";
import { setup } from "../scripts/setup.mjs";
import { mint } from "../tests/harness/client.mjs";
import { counting } from "./runner/counting.mjs";
import { product, SECRETS, start } from "./runner/servers.mjs";

const { values } = parseArgs({ options: { clients: { type: "string", default: "500" }, seconds: { type: "string", default: "600" }, settle: { type: "string", default: "75" } } });
const [clients, seconds, settle] = [values.clients, values.seconds, values.settle].map(Number);
if (!(clients >= 2 && seconds >= 1 && settle >= 0)) {
  console.error("--clients takes a number from 2, --seconds one from 1, --settle one from 0");
  process.exit(1);
}
const MEMBERS = 50;
const OPENING = 50;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

await setup();
await build(["gateway", "sdk"]);
const { Quipu } = await import("../sdk/typescript/dist/index.js");
const built = await product();
const server = await start(counting(built), { core: 0 });
const url = `http://${server.address}`;
const people = [];
try {
  const subjects = Array.from({ length: clients }, (_, index) => `person-${index}`);
  const now = Math.floor(Date.now() / 1_000);
  const token = (sub) => mint({ sub, device: `laptop-of-${sub}`, iss: SECRETS.AUTH_ISSUER, aud: SECRETS.AUTH_AUDIENCE, iat: now, exp: now + 7_200 }, { secret: SECRETS.AUTH_HS256_SECRET });
  for (let from = 0; from < clients; from += MEMBERS) {
    const [owner, ...others] = subjects.slice(from, from + MEMBERS);
    const first = new Quipu({ url, token: () => token(owner) });
    const made = await first.createConversation({ kind: "group", name: `Group ${from / MEMBERS + 1}`, members: others.map((sub) => `sub:${sub}`) });
    people.push({ quipu: first, conversation: made });
    for (const sub of others) {
      const quipu = new Quipu({ url, token: () => token(sub) });
      people.push({ quipu, conversation: quipu.conversation(made.id) });
    }
  }
  for (let from = 0; from < people.length; from += OPENING) {
    await Promise.all(people.slice(from, from + OPENING).map(open));
  }
  console.log(`${people.length * 2} sockets are open; ${settle} s for news and cursors to settle`);
  await pause(settle * 1_000);
  const before = { calls: await calls(), files: files() };
  await pause(seconds * 1_000);
  const after = { calls: await calls(), files: files() };
  const closed = people.filter(({ quipu, conversation }) => conversation.state.connection !== "online" || quipu.inbox.state.connection !== "online").length;
  const written = [...after.files].filter(([name, state]) => before.files.get(name) !== state).map(([name]) => name);
  const names = Object.keys(after.calls);
  const [{ model }] = os.cpus();
  console.log(`\n${people.length * 2} idle sockets of ${people.length} clients for ${seconds} s (${os.cpus().length} × ${model.trim()})\n`);
  console.log("| | before | in this time |\n|---|--:|--:|");
  for (const name of names) console.log(`| calls of ${name} | ${before.calls[name]} | ${after.calls[name] - before.calls[name]} |`);
  console.log(`| database files written to | | ${written.length} of ${after.files.size} |`);
  console.log(`| clients that lost a socket | | ${closed} |`);
} finally {
  await Promise.all(people.map(({ quipu }) => quipu.close().catch(() => undefined)));
  await server.stop();
}

/** Resolves when both sockets of a client have caught up. */
function open({ quipu, conversation }) {
  quipu.inbox.open();
  conversation.open();
  return Promise.all([quipu.inbox.ready(), conversation.ready()]);
}

async function calls() {
  return (await fetch(`${url}/bench/calls`, { headers: { host: "localhost" } })).json();
}

/** Size and time of last writing of every database, with its journal. */
function files() {
  return new Map(globSync(path.join(server.directory, "data/**/*.sqlite*")).map((name) => [name, [statSync(name).size, statSync(name).mtimeMs].join()]));
}
