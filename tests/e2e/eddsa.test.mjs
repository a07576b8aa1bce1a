// A deployment that holds nothing but the public key: tokens signed by the private one open everything, all others nothing.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { after, before, test } from "node:test";
import { exchange, FAST, mint, Person } from "../harness/client.mjs";
import { RawSocket } from "../harness/raw.mjs";
import { startServer } from "../harness/server.mjs";

const pair = generateKeyPairSync("ed25519");
const other = generateKeyPairSync("ed25519");
const previous = generateKeyPairSync("ed25519");
const { privateKey } = pair;
const pem = pair.publicKey.export({ type: "spki", format: "pem" });
const der = pair.publicKey.export({ type: "spki", format: "der" });
const jwk = pair.publicKey.export({ format: "jwk" });
let server, both;

before(async () => {
  const keys = { AUTH_ED25519_PUBLIC_KEY: pem, AUTH_ED25519_PUBLIC_KEY_PREVIOUS: previous.publicKey.export({ format: "jwk" }).x };
  [server, both] = await Promise.all([
    startServer({ vars: { ...FAST, ...keys, AUTH_HS256_SECRET: null } }),
    startServer({ vars: { ...FAST, AUTH_ED25519_PUBLIC_KEY: JSON.stringify(jwk) } }),
  ]);
});
after(() => Promise.all([server?.stop(), both?.stop()]));

/** What a server says to a token, over HTTP and at the upgrade of a socket. */
async function judged(at, token) {
  const { status, body } = await exchange(`${at.url}/v1/me`, { token });
  const raw = await RawSocket.open(at.port, "/v1/inbox/socket", { "Sec-WebSocket-Protocol": `quipu.v1, bearer.${token}` });
  raw.destroy();
  assert.equal(raw.status, status === 200 ? 101 : status, "the socket agrees");
  return status === 200 ? "accepted" : body.code;
}

test("signed by the private key, over HTTP and sockets", async () => {
  const [ana, ben] = await Promise.all(["ana", "ben"].map((sub) => Person.of(server, sub, {}, { privateKey })));
  const conv = await ana.direct("sub:ben");
  const line = ben.line(conv);
  await line.at(3);
  const { seq } = await ana.send(conv, "signed");
  await line.at(seq);
  assert.deepEqual(line.log.texts(), ["signed"]);
  const exp = Math.floor(Date.now() / 1000) + 7200;
  line.say({ t: "refresh", token: mint({ sub: "ben", exp }, { privateKey }) });
  await line.until(() => line.refreshed.length === 1);
  line.say({ t: "refresh", token: mint({ sub: "ben" }, { privateKey: other.privateKey }) });
  await line.until(() => line.errors.length === 1);
  assert.equal(line.errors[0].code, "token_signature");
  const inbox = ben.inbox();
  await inbox.entry(conv, ({ last }) => last?.preview === "signed");
  await Promise.all([line.close(), inbox.close()]);
});

test("both names of the algorithm, and the key before while it is rotated", async () => {
  assert.equal(await judged(server, mint({ sub: "ana" }, { privateKey, header: { alg: "Ed25519" } })), "accepted");
  assert.equal(await judged(server, mint({ sub: "ana" }, { privateKey: previous.privateKey })), "accepted");
  assert.equal(await judged(both, mint({ sub: "ana" }, { privateKey: previous.privateKey })), "token_signature");
});

test("an HS256 token whose secret is the public key is refused, in every form the key has", async () => {
  const forms = [pem, pem.trim(), der, der.subarray(-32), Buffer.from(jwk.x), JSON.stringify(jwk)];
  for (const secret of forms) {
    assert.equal(await judged(server, mint({ sub: "ana" }, { secret })), "token_algorithm");
    assert.equal(await judged(both, mint({ sub: "ana" }, { secret })), "token_signature");
  }
  assert.equal(await judged(both, mint({ sub: "ana" })), "accepted", "the real secret is");
  assert.equal(await judged(both, mint({ sub: "ana" }, { privateKey })), "accepted");
});

test("wrong key, issuer, audience, times, or a changed claim", async () => {
  const now = Math.floor(Date.now() / 1000);
  const good = mint({ sub: "ana" }, { privateKey }).split(".");
  const elsewhere = mint({ sub: "ben" }, { privateKey }).split(".");
  const table = [
    ["token_signature", mint({ sub: "ana" }, { privateKey: other.privateKey })],
    ["token_signature", [good[0], elsewhere[1], good[2]].join(".")],
    ["token_algorithm", mint({ sub: "ana" }, { privateKey, header: { alg: "none" } })],
    ["token_algorithm", mint({ sub: "ana" }, { privateKey, header: { alg: "ES256" } })],
    ["token_issuer", mint({ sub: "ana", iss: "somebody" }, { privateKey })],
    ["token_audience", mint({ sub: "ana", aud: "somebody" }, { privateKey })],
    ["token_expired", mint({ sub: "ana", exp: now - 3600 }, { privateKey })],
    ["token_not_yet_valid", mint({ sub: "ana", nbf: now + 3600 }, { privateKey })],
    ["token_malformed", mint({ sub: "ana", exp: now + 90_000 }, { privateKey })],
  ];
  for (const [code, token] of table) assert.equal(await judged(server, token), code, token);
});
