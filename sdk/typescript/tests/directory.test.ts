import assert from "node:assert/strict";
import { test } from "node:test";
import { directorySettings, findPeople, setListed } from "../src/directory.ts";
import { Quipu, QuipuError } from "../src/index.ts";

const token = `e30.${btoa(JSON.stringify({ sub: "ada", exp: Math.floor(Date.now() / 1000) + 3600 }))}.x`;

/** A client whose server answers so, one after the other; what it was asked, with the body. */
function answering(...answers: unknown[]): { asked: [string, string | undefined][]; client: Quipu } {
  const asked: [string, string | undefined][] = [];
  const answer: typeof fetch = (input, init) => {
    const { pathname, search } = new URL(String(input));
    asked.push([`${init?.method} ${pathname}${search}`, init?.body as string | undefined]);
    const next = answers.shift();
    return Promise.resolve(next instanceof Response ? next : Response.json(next));
  };
  return { asked, client: new Quipu({ url: "https://chat.example", token: () => token, fetch: answer, timing: { backoffBaseMs: 1 } }) };
}

test("people are asked by what a word of their names begins with, page by page", async () => {
  const page = { people: [{ user: `ug${"0".repeat(26)}`, name: "Ana García" }], next: "abc" };
  const { asked, client } = answering(page, { people: [] });
  assert.deepEqual(await findPeople(client, { q: "gar & a", limit: 1 }), page);
  assert.deepEqual(await findPeople(client, { q: "gar", cursor: "abc" }), { people: [] });
  assert.deepEqual(asked, [
    ["GET /v1/people?q=gar+%26+a&limit=1", undefined],
    ["GET /v1/people?q=gar&cursor=abc", undefined],
  ]);
  await client.close();
});

test("who asks learns whether there is a directory, and chooses to be in it", async () => {
  const { asked, client } = answering({ available: true, listed: false }, { available: true, listed: true });
  assert.deepEqual(await directorySettings(client), { available: true, listed: false });
  assert.deepEqual(await setListed(client, true), { available: true, listed: true });
  assert.deepEqual(asked, [
    ["GET /v1/me/directory", undefined],
    ["PATCH /v1/me/directory", '{"listed":true}'],
  ]);
  await client.close();
});

test("a deployment without a directory is asked once", async () => {
  const problem = { type: "urn:quipu:problem:directory_unavailable", title: "t", status: 503, detail: "This deployment has no directory.", code: "directory_unavailable", retry: false };
  const { asked, client } = answering(new Response(JSON.stringify(problem), { status: 503, headers: { "content-type": "application/problem+json" } }));
  await assert.rejects(findPeople(client, { q: "ana" }), (error) => error instanceof QuipuError && error.code === "directory_unavailable");
  assert.equal(asked.length, 1);
  await client.close();
});
