import assert from "node:assert/strict";
import { test } from "node:test";
import { Quipu, QuipuError } from "../src/index.ts";
import { Invites, joinByInvite, previewInvite } from "../src/invites.ts";

const conversation = `gg${"0".repeat(26)}`;
const secret = `${conversation}${"1".repeat(26)}`;
const token = `e30.${btoa(JSON.stringify({ sub: "ada", exp: Math.floor(Date.now() / 1000) + 3600 }))}.x`;
const invite = { id: 3, token: secret, role: "guest", created_by: "u", created_at: 1, uses: 0 };

interface Asked {
  what: string;
  body: unknown;
  key: string | null;
}

/** A client whose server answers so, one after the other; what it was asked. */
function answering(...answers: unknown[]): { asked: Asked[]; client: Quipu } {
  const asked: Asked[] = [];
  const answer: typeof fetch = (input, init) => {
    const { pathname } = new URL(String(input));
    const body = init?.body === undefined ? undefined : (JSON.parse(String(init.body)) as unknown);
    asked.push({ what: `${init?.method} ${pathname}`, body, key: new Headers(init?.headers).get("idempotency-key") });
    const next = answers.shift();
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next instanceof Response ? next : Response.json(next));
  };
  return { asked, client: new Quipu({ url: "https://chat.example", token: () => token, fetch: answer, timing: { backoffBaseMs: 1 } }) };
}

test("links are made with what is asked and nothing else, listed and revoked", async () => {
  const { asked, client } = answering(invite, invite, { invites: [invite] }, new Response(null, { status: 204 }));
  const links = new Invites(client, conversation);
  assert.deepEqual(await links.create(), invite);
  await links.create({ role: "guest", expiresInS: 60, maxUses: 5 }, { key: "00000000-0000-4000-8000-000000000000" });
  assert.deepEqual(await links.list(), [invite]);
  assert.equal(await links.revoke(3), undefined);
  const path = `/v1/conversations/${conversation}/invites`;
  assert.deepEqual(
    asked.map(({ what, body }) => [what, body]),
    [
      [`POST ${path}`, { role: "member" }],
      [`POST ${path}`, { role: "guest", expires_in_s: 60, max_uses: 5 }],
      [`GET ${path}`, undefined],
      [`DELETE ${path}/3`, undefined],
    ],
  );
  assert.equal(asked[1]?.key, "00000000-0000-4000-8000-000000000000");
  await client.close();
});

test("joining is repeated under the same key when the network fails, and a secret stands in no address", async () => {
  const joined = { conversation, seq: 7 };
  const preview = { conversation, info: { v: 1 }, member_count: 2, role: "member" };
  const { asked, client } = answering(preview, new TypeError("no network"), joined);
  assert.deepEqual(await previewInvite(client, secret), preview);
  assert.deepEqual(await joinByInvite(client, secret), joined);
  const [, first, second] = asked;
  assert.equal(first?.what, "POST /v1/invites/join");
  assert.deepEqual(first, second);
  assert.match(first?.key ?? "", /^[0-9a-f-]{36}$/u);
  assert.ok(asked.every(({ what, body }) => !what.includes(secret) && (body as { token: string }).token === secret));
  await client.close();
});

test("a link that does not work says why", async () => {
  const problem = { type: "urn:quipu:problem:invite_expired", title: "t", status: 410, detail: "The invite link has expired.", code: "invite_expired", retry: false };
  const { client } = answering(new Response(JSON.stringify(problem), { status: 410, headers: { "content-type": "application/problem+json" } }));
  await assert.rejects(joinByInvite(client, secret), (error) => error instanceof QuipuError && error.code === "invite_expired");
  await client.close();
});
