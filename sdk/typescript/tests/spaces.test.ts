import assert from "node:assert/strict";
import { test } from "node:test";
import { Quipu, QuipuError } from "../src/index.ts";
import { addSpaceChannel, createSpaceChannel, listSpaceChannels, removeSpaceChannel } from "../src/spaces.ts";

const space = `sg${"0".repeat(26)}`;
const channel = `gg${"0".repeat(26)}`;
const token = `e30.${btoa(JSON.stringify({ sub: "ada", exp: Math.floor(Date.now() / 1000) + 3600 }))}.x`;

/** A client whose server answers so, one after the other; what it was asked, with key and body. */
function answering(...answers: unknown[]): { asked: [string, string | null, unknown][]; client: Quipu } {
  const asked: [string, string | null, unknown][] = [];
  const answer: typeof fetch = (input, init) => {
    const { pathname, search } = new URL(String(input));
    asked.push([`${init?.method} ${pathname}${search}`, new Headers(init?.headers).get("idempotency-key"), init?.body ? JSON.parse(String(init.body)) : null]);
    const next = answers.shift();
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next instanceof Response ? next : Response.json(next));
  };
  return { asked, client: new Quipu({ url: "https://chat.example", token: () => token, fetch: answer, timing: { backoffBaseMs: 1 } }) };
}

test("channels of a space are listed page by page", async () => {
  const page = { channels: [{ id: channel, open: true, name: "Quay", member_count: 3 }], next: 7 };
  const { asked, client } = answering(page, { channels: [] });
  assert.deepEqual(await listSpaceChannels(client, space, { limit: 1 }), page);
  assert.deepEqual(await listSpaceChannels(client, space, { cursor: 7 }), { channels: [] });
  assert.deepEqual(asked.map(([line]) => line), [`GET /v1/spaces/${space}/channels?limit=1`, `GET /v1/spaces/${space}/channels?cursor=7`]);
  await client.close();
});

test("a channel is made and placed once, whatever the network does", async () => {
  const keys = ["01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a8058"];
  const { asked, client } = answering(new TypeError("no network"), { id: channel }, new TypeError("no network"), { key: keys[1], seq: 3 });
  assert.equal(await createSpaceChannel(client, space, { name: "Quay", open: false }, { keys }), channel);
  const made = { kind: "group", members: [], name: "Quay" };
  const place = `PUT /v1/spaces/${space}/channels/${channel}`;
  assert.deepEqual(asked, [
    ["POST /v1/conversations", keys[0], made],
    ["POST /v1/conversations", keys[0], made],
    [place, keys[1], { open: false }],
    [place, keys[1], { open: false }],
  ]);
  await client.close();
});

test("a group enters open and is taken out; refusals keep their code", async () => {
  const problem = { type: "urn:quipu:problem:not_in_space", title: "t", status: 409, detail: "2 of the members are not in the space.", code: "not_in_space", retry: false };
  const { asked, client } = answering({ seq: 4 }, { seq: 5 }, new Response(JSON.stringify(problem), { status: 409, headers: { "content-type": "application/problem+json" } }));
  assert.equal((await addSpaceChannel(client, space, channel)).seq, 4);
  assert.equal((await removeSpaceChannel(client, space, channel)).seq, 5);
  await assert.rejects(addSpaceChannel(client, space, channel), (error) => error instanceof QuipuError && error.code === "not_in_space");
  assert.deepEqual(asked.map(([line, , body]) => [line.split(" ")[0], body]), [["PUT", { open: true }], ["DELETE", null], ["PUT", { open: true }]]);
  await client.close();
});
