import assert from "node:assert/strict";
import { test } from "node:test";
import { Quipu } from "../src/index.ts";
import { addMembers } from "../src/members.ts";

test("several members are added by one request, under one key however often it is tried", async () => {
  const token = `e30.${btoa(JSON.stringify({ sub: "ada", exp: Math.floor(Date.now() / 1000) + 3600 }))}.x`;
  const asked: [string, unknown, string | null][] = [];
  const results = [{ user: "sub:ben", seq: 7 }, { user: "sub:cleo", code: "banned", message: "They are banned." }];
  const answers = [new Error("cut"), { results }, { results }];
  const client = new Quipu({
    url: "https://chat.example",
    token: () => token,
    timing: { backoffBaseMs: 1 },
    fetch: (input, init) => {
      asked.push([`${init?.method} ${new URL(String(input)).pathname}`, JSON.parse(String(init?.body)), new Headers(init?.headers).get("idempotency-key")]);
      const next = answers.shift();
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(Response.json(next, { status: 201 }));
    },
  });
  assert.deepEqual(await addMembers(client, "gg1", ["sub:ben", "sub:cleo"]), results);
  const key = crypto.randomUUID();
  await addMembers(client, "gg1", ["sub:ben"], { role: "guest", key });
  assert.deepEqual(asked.map(([what, body]) => [what, body]), [
    ["POST /v1/conversations/gg1/members", { users: ["sub:ben", "sub:cleo"], role: "member" }],
    ["POST /v1/conversations/gg1/members", { users: ["sub:ben", "sub:cleo"], role: "member" }],
    ["POST /v1/conversations/gg1/members", { users: ["sub:ben"], role: "guest" }],
  ]);
  assert.ok(asked[0]?.[2] && asked[0][2] === asked[1]?.[2] && asked[2]?.[2] === key);
  await client.close();
});
