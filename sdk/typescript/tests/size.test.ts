import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** What an application that uses everything downloads, dependencies included. */
async function size(entry: string): Promise<number> {
  const path = fileURLToPath(new URL(`../dist/${entry}`, import.meta.url));
  const { outputFiles } = await build({ entryPoints: [path], bundle: true, minify: true, format: "esm", target: "es2023", write: false });
  return gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length;
}

test("the client is small", async (t) => {
  const core = await size("index.js");
  t.diagnostic(`@quipu/client: ${core} bytes gzipped`);
  assert.ok(core > 5_000, "the bundle has the client in it");
  assert.ok(core <= 20_000, `${core} bytes are more than 20 kB`);
});

test("invite links are a small part of their own, which brings none of the client along", async (t) => {
  const invites = await size("invites.js");
  t.diagnostic(`@quipu/client/invites: ${invites} bytes gzipped`);
  assert.ok(invites > 200 && invites <= 1_000, `${invites} bytes`);
});

test("adding many members is the smallest", async (t) => {
  const members = await size("members.js");
  t.diagnostic(`@quipu/client/members: ${members} bytes gzipped`);
  assert.ok(members > 50 && members <= 300, `${members} bytes`);
});

test("public channels are smaller still", async (t) => {
  const channels = await size("channels.js");
  t.diagnostic(`@quipu/client/channels: ${channels} bytes gzipped`);
  assert.ok(channels > 100 && channels <= 500, `${channels} bytes`);
});

test("so is the directory of people", async (t) => {
  const directory = await size("directory.js");
  t.diagnostic(`@quipu/client/directory: ${directory} bytes gzipped`);
  assert.ok(directory > 100 && directory <= 500, `${directory} bytes`);
});

test("so are spaces", async (t) => {
  const spaces = await size("spaces.js");
  t.diagnostic(`@quipu/client/spaces: ${spaces} bytes gzipped`);
  assert.ok(spaces > 200 && spaces <= 700, `${spaces} bytes`);
});

test("devices bring none of the client along", async (t) => {
  const devices = await size("devices.js");
  t.diagnostic(`@quipu/client/devices: ${devices} bytes gzipped`);
  assert.ok(devices > 300 && devices <= 1_500, `${devices} bytes`);
});

test("threads bring none of the client along", async (t) => {
  const threads = await size("threads.js");
  t.diagnostic(`@quipu/client/threads: ${threads} bytes gzipped`);
  assert.ok(threads > 500 && threads <= 3_000, `${threads} bytes`);
});

test("moderation is small, and brings none of the client along", async (t) => {
  const moderation = await size("moderation.js");
  t.diagnostic(`@quipu/client/moderation: ${moderation} bytes gzipped`);
  assert.ok(moderation > 200 && moderation <= 2_000, `${moderation} bytes`);
});

test("the checks are smaller, and bring none of the client along", async (t) => {
  const verify = await size("verify.js");
  t.diagnostic(`@quipu/client/verify: ${verify} bytes gzipped`);
  assert.ok(verify > 500 && verify <= 4_000, `${verify} bytes`);
});

test("saved messages bring none of the client along", async (t) => {
  const saved = await size("saved.js");
  t.diagnostic(`@quipu/client/saved: ${saved} bytes gzipped`);
  assert.ok(saved > 500 && saved <= 3_000, `${saved} bytes`);
});

test("blocks and contacts bring none of the client along", async (t) => {
  const people = await size("people.js");
  t.diagnostic(`@quipu/client/people: ${people} bytes gzipped`);
  assert.ok(people > 500 && people <= 2_000, `${people} bytes`);
});

test("so are polls", async (t) => {
  const polls = await size("polls.js");
  t.diagnostic(`@quipu/client/polls: ${polls} bytes gzipped`);
  assert.ok(polls > 500 && polls <= 2_500, `${polls} bytes`);
});

test("so is presence", async (t) => {
  const presence = await size("presence.js");
  t.diagnostic(`@quipu/client/presence: ${presence} bytes gzipped`);
  assert.ok(presence > 500 && presence <= 3_000, `${presence} bytes`);
});
