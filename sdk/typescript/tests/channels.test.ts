import assert from "node:assert/strict";
import { test } from "node:test";
import { joinChannel, listChannels } from "../src/channels.ts";
import { Quipu, QuipuError } from "../src/index.ts";

const conversation = `gg${"0".repeat(26)}`;
const token = `e30.${btoa(JSON.stringify({ sub: "ada", exp: Math.floor(Date.now() / 1000) + 3600 }))}.x`;

/** A client whose server answers so, one after the other; what it was asked, with the key. */
function answering(...answers: unknown[]): { asked: [string, string | null][]; client: Quipu } {
  const asked: [string, string | null][] = [];
  const answer: typeof fetch = (input, init) => {
    const { pathname, search } = new URL(String(input));
    asked.push([`${init?.method} ${pathname}${search}`, new Headers(init?.headers).get("idempotency-key")]);
    const next = answers.shift();
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next instanceof Response ? next : Response.json(next));
  };
  return { asked, client: new Quipu({ url: "https://chat.example", token: () => token, fetch: answer, timing: { backoffBaseMs: 1 } }) };
}

test("channels are asked by what their names begin with, page by page", async () => {
  const page = { channels: [{ id: conversation, name: "Design & Co", member_count: 3 }], next: "abc" };
  const { asked, client } = answering(page, { channels: [] });
  assert.deepEqual(await listChannels(client, { q: "design &", limit: 1 }), page);
  assert.deepEqual(await listChannels(client, { cursor: "abc" }), { channels: [] });
  assert.deepEqual(asked, [
    ["GET /v1/channels?q=design+%26&limit=1", null],
    ["GET /v1/channels?cursor=abc", null],
  ]);
  await client.close();
});

test("joining is repeated under the same key when the network fails", async () => {
  const joined = { conversation, seq: 7 };
  const { asked, client } = answering(new TypeError("no network"), joined);
  assert.deepEqual(await joinChannel(client, conversation), joined);
  const [first, second] = asked;
  assert.equal(first?.[0], `POST /v1/conversations/${conversation}/join`);
  assert.deepEqual(first, second);
  assert.match(first?.[1] ?? "", /^[0-9a-f-]{36}$/u);
  await client.close();
});

test("a deployment without a directory is asked once", async () => {
  const problem = { type: "urn:quipu:problem:directory_unavailable", title: "t", status: 503, detail: "This deployment has no directory.", code: "directory_unavailable", retry: false };
  const { asked, client } = answering(new Response(JSON.stringify(problem), { status: 503, headers: { "content-type": "application/problem+json" } }));
  await assert.rejects(listChannels(client), (error) => error instanceof QuipuError && error.code === "directory_unavailable");
  assert.equal(asked.length, 1);
  await client.close();
});
