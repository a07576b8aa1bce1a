// An export lasts as long as its reader may read: then it ends in an error and is recognised as incomplete.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { get } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { offlineTool } from "../harness/cli.mjs";
import { FAST, message, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

/** More than sockets hold on their way, so that a reader who stops reading stops the export. */
const MESSAGES = 2_000;
let server, quipu, alice, conv;

before(async () => {
  quipu = await offlineTool();
  server = await startServer({ vars: FAST });
  alice = await Person.of(server, "alice");
  conv = await alice.group("Long", ["sub:bob", "sub:brief"], { history: "all" });
  const line = alice.line(conv, { hello: { after: 0 } });
  await line.at(4);
  for (let sent = 0; sent < MESSAGES; sent += 25) {
    const answers = await line.commands(Array.from({ length: 25 }, (_, index) => ({ key: randomUUID(), command: message(`${sent + index} ${"x".repeat(8_000)}`) })));
    assert.ok(answers.every(({ seq }) => seq), JSON.stringify(answers[0]));
  }
  await line.close();
});
after(() => server?.stop());

/** Begins an export and stops reading after its first part. */
function begin(person) {
  return new Promise((resolve, reject) => {
    const request = get(`${server.url}/v1/conversations/${conv}/export`, { agent: false, headers: { authorization: `Bearer ${person.token}` } }, (response) => {
      const parts = [];
      response.setEncoding("utf8").on("error", () => {});
      if (response.statusCode !== 200) {
        response.on("data", (part) => parts.push(part)).on("end", () => resolve({ status: response.statusCode, body: JSON.parse(parts.join("")) }));
        return;
      }
      const rest = () =>
        new Promise((done) => {
          response.on("close", () => done({ text: parts.join(""), complete: response.complete }));
          response.resume();
        });
      response.on("data", (part) => parts.push(part)).once("data", () => {
        response.pause();
        resolve({ status: 200, rest, drop: () => request.destroy() });
      });
    });
    request.on("error", reject);
  });
}

/** What came of an export is known for incomplete by its transfer, and by the offline tool. */
async function incomplete({ text, complete }, name) {
  assert.equal(complete, false, "the transfer ends in an error");
  const { size } = JSON.parse(text.slice(0, text.indexOf("\n")));
  assert.ok(text.split("\n").length - 1 < size, "it was cut");
  const file = join(server.dataDir, name);
  await writeFile(file, text);
  const result = await quipu("verify", file);
  assert.equal(result.status, 1);
  assert.match(result.stdout, /incomplete/);
}

test("who is removed while exporting gets no more", async () => {
  const bob = new Person(server, "bob");
  const begun = await begin(bob);
  await alice.ok("DELETE", `/v1/conversations/${conv}/members/sub:bob`);
  await incomplete(await begun.rest(), "removed.ndjson");
  await bob.refused("not_a_member", "GET", `/v1/conversations/${conv}/export`);
});

test("an export ends with its token", async () => {
  const exp = Math.floor(Date.now() / 1000) + 2;
  const begun = await begin(new Person(server, "brief", { exp }));
  // Time itself is the event here.
  await new Promise((resolve) => setTimeout(resolve, exp * 1000 + 100 - Date.now()));
  await incomplete(await begun.rest(), "expired.ndjson");
});

test("one that may be read to its end is whole, however slowly it is read", async () => {
  const begun = await begin(alice);
  await alice.send(conv, "meanwhile");
  const { text, complete } = await begun.rest();
  assert.equal(complete, true);
  const file = join(server.dataDir, "whole.ndjson");
  await writeFile(file, text);
  const result = await quipu("verify", file);
  assert.equal(result.status, 0, result.stdout);
});

test("four at once, and a place is free again when its reader goes", async () => {
  const readers = await Promise.all(Array.from({ length: 4 }, () => begin(alice)));
  const fifth = await begin(alice);
  assert.deepEqual([fifth.status, fifth.body.code], [503, "overloaded"]);
  assert.ok(fifth.body.retry_after_ms > 0);
  const [gone, ...others] = readers;
  assert.equal((await gone.rest()).complete, true);
  const next = await begin(alice);
  assert.equal(next.status, 200);
  for (const reader of [...others, next]) assert.equal((await reader.rest()).complete, true);
});
