import assert from "node:assert/strict";
import { test } from "node:test";
import { Quipu, QuipuError, type SearchPage } from "../src/index.ts";

const conversation = `gg${"0".repeat(26)}`;
const token = `e30.${btoa(JSON.stringify({ sub: "ada", exp: Math.floor(Date.now() / 1000) + 3600 }))}.x`;
const hit = { message: { envelope: { seq: 4 } }, marks: [{ from: 0, to: 3 }] } as unknown as SearchPage["hits"][number];

/** A client whose server answers with these pages, one after the other; what it was asked. */
function searching(answers: (SearchPage | Response)[], path = `/v1/conversations/${conversation}/search`): { asked: URLSearchParams[]; client: Quipu } {
  const asked: URLSearchParams[] = [];
  const answer: typeof fetch = (input) => {
    const url = new URL(String(input));
    assert.equal(url.pathname, path);
    asked.push(url.searchParams);
    const next = answers.shift();
    return Promise.resolve(next instanceof Response ? next : Response.json(next));
  };
  return { asked, client: new Quipu({ url: "https://chat.example", token: () => token, fetch: answer }) };
}

test("a search passes over pages without a hit, and keeps the people of the first", async () => {
  const people = [{ user: "u" }] as unknown as SearchPage["people"];
  const { asked, client } = searching([{ hits: [], people, next: "9.e" }, { hits: [], next: "5.e" }, { hits: [hit], next: "4.e" }] as SearchPage[]);
  const page = await client.conversation(conversation).search("tea", { limit: 5 });
  assert.deepEqual(page, { hits: [hit], people, next: "4.e" });
  assert.deepEqual(asked.map((query) => query.get("cursor")), [null, "9.e", "5.e"]);
  for (const query of asked) assert.deepEqual([query.get("q"), query.get("limit"), query.get("utc_offset")], ["tea", "5", String(-new Date().getTimezoneOffset())]);
  await client.close();
});

test("a search ends where there is nothing more, and a bad query says why", async () => {
  const problem = { type: "urn:quipu:problem:invalid_value", title: "t", status: 422, detail: "A quotation mark is not closed.", code: "invalid_value", retry: false };
  const refused = new Response(JSON.stringify(problem), { status: 422, headers: { "content-type": "application/problem+json" } });
  const { asked, client } = searching([{ hits: [] }, refused]);
  const handle = client.conversation(conversation);
  assert.deepEqual(await handle.search("tea", { cursor: "7.e" }), { hits: [] });
  assert.equal(asked[0]?.get("cursor"), "7.e");
  await assert.rejects(handle.search('"tea'), (error) => error instanceof QuipuError && error.code === "invalid_value" && error.message.includes("quotation"));
  await client.close();
});

test("a search over all conversations goes the same way", async () => {
  const people = [{ user: "u" }] as unknown as SearchPage["people"];
  const { asked, client } = searching([{ hits: [], people, next: "a_b_c_d" }, { hits: [hit] }] as SearchPage[], "/v1/search");
  assert.deepEqual(await client.search("tea in:club"), { hits: [hit], people });
  assert.deepEqual(asked.map((query) => [query.get("q"), query.get("cursor")]), [["tea in:club", null], ["tea in:club", "a_b_c_d"]]);
  await client.close();
});
