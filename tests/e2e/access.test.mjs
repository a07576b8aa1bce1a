// Who may not: each is answered with its stable code, leaves nothing in the log, and disturbs nobody else.
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { exchange, FAST, mint, Person } from "../harness/client.mjs";
import { peace, undisturbed } from "../harness/peace.mjs";
import { RawSocket } from "../harness/raw.mjs";
import { startServer, TEST_SECRETS } from "../harness/server.mjs";

const ALLOWED = "https://app.example.org";
let server, alice, bob, mallory, conv, bystander, standing;
const path = (rest = "") => `/v1/conversations/${conv}${rest}`;
const text = (text) => ({ content: { kind: "text", text } });

before(async () => {
  server = await startServer({ vars: { ...FAST, ALLOWED_ORIGINS: ALLOWED } });
  [alice, bob, mallory] = await Promise.all(["alice", "bob", "mallory"].map((sub) => Person.of(server, sub)));
});
after(() => server?.stop());

// Around every test: a bystander's socket, and the log as it stood.
beforeEach(async () => ({ conv, bystander, standing } = await peace(alice, bob)));
afterEach(() => undisturbed(alice, { conv, bystander, standing }));

test("somebody who is no member, over HTTP and socket", async () => {
  for (const [method, where, body] of [["GET", path()], ["GET", path("/events")], ["GET", path("/export")], ["GET", path("/members")], ["GET", path("/events/4/proof")], ["GET", path("/messages/4/versions")], ["POST", path("/messages"), text("x")], ["POST", path("/typing"), { on: true }], ["PUT", path("/read"), { seq: 4 }]]) {
    assert.equal((await mallory.refused("not_a_member", method, where, { body })).status, 403);
  }
  const line = mallory.line(conv);
  assert.equal((await line.closed).code, 4200);
  assert.deepEqual(line.frames, []);
  const nowhere = mallory.line("gg00000000000000000000000000");
  assert.equal((await nowhere.closed).code, 4201);
});

test("tokens: missing, malformed, expired, early, forged, of another algorithm, audience or issuer", async () => {
  const now = Math.floor(Date.now() / 1000);
  const claims = { sub: "alice" };
  const good = mint(claims).split(".");
  const none = (alg) => mint(claims, { header: { alg, typ: "JWT" } }).split(".").slice(0, 2).join(".");
  const table = [
    ["token_missing", undefined],
    ["token_malformed", "nonsense"],
    ["token_malformed", "a.b.c"],
    ["token_expired", mint({ ...claims, exp: now - 3600 })],
    ["token_not_yet_valid", mint({ ...claims, nbf: now + 3600 })],
    ["token_signature", mint(claims, { secret: "another secret, long enough for HS256 as well" })],
    ["token_signature", [good[0], Buffer.from(JSON.stringify({ iss: "quipu", aud: "quipu", sub: "bob", exp: now + 60 })).toString("base64url"), good[2]].join(".")],
    ["token_algorithm", `${none("none")}.`],
    ["token_algorithm", `${none("none")}.${good[2]}`],
    ["token_algorithm", mint(claims, { header: { alg: "HS512", typ: "JWT" } })],
    ["token_algorithm", mint(claims, { header: { alg: "EdDSA", typ: "JWT" } })],
    ["token_issuer", mint({ ...claims, iss: "somebody" })],
    ["token_audience", mint({ ...claims, aud: "somebody" })],
    ["token_subject", mint({ sub: "" })],
    ["token_subject", mint({ sub: "x".repeat(256) })],
  ];
  for (const [code, token] of table) {
    const { status, body, headers } = await exchange(server.url + path(), { token });
    assert.deepEqual([status, body.code], [401, code], token);
    assert.ok(headers.get("www-authenticate"), "RFC 9110, 11.6.1");
    assert.ok(!token || !JSON.stringify(body).includes(token), "a token is never quoted back");
    if (!token) continue;
    const raw = await RawSocket.open(server.port, path("/socket"), { "Sec-WebSocket-Protocol": `quipu.v1, bearer.${token}` });
    assert.equal(raw.status, 401, code);
    raw.destroy();
  }
  const wrong = await RawSocket.open(server.port, path("/socket"), { "Sec-WebSocket-Protocol": `chat, bearer.${alice.token}` });
  assert.equal(wrong.status, 400);
  wrong.destroy();
});

test("a refresh must be the same user's; an expired token ends the socket", async () => {
  const line = alice.line(conv);
  await line.at(4);
  line.say({ t: "refresh", token: mallory.token });
  await line.until(() => line.errors.length === 1);
  line.say({ t: "refresh", token: mint({ sub: "alice", exp: Math.floor(Date.now() / 1000) - 600 }) });
  await line.until(() => line.errors.length === 2);
  assert.deepEqual(line.errors.map(({ code }) => code), ["token_other_user", "token_expired"]);
  const exp = Math.floor(Date.now() / 1000) + 7200;
  line.say({ t: "refresh", token: mint({ sub: "alice", exp }) });
  await line.until(() => line.refreshed.length === 1);
  assert.equal(line.refreshed[0].expires_at, exp);
  await line.close();
  // On a busy machine a token may expire before its socket is greeted: then one that lasts twice as long is tried.
  const greeted = async (life) => {
    const short = new Person(server, "alice", { exp: Math.floor(Date.now() / 1000) + life }).line(conv);
    return short.at(4).then(() => short, (error) => (error.code === 4100 && life < 60 ? greeted(2 * life) : Promise.reject(error)));
  };
  assert.equal((await (await greeted(2)).closed).code, 4100, "by the alarm, without a word from either side");
});

test("tickets open one socket, once", async () => {
  const { ticket, expires_at_ms } = await alice.ok("POST", "/v1/tickets");
  assert.ok(expires_at_ms > Date.now() - 60_000);
  const open = (ticket, where = path("/socket")) => RawSocket.open(server.port, `${where}?ticket=${ticket}`, { "Sec-WebSocket-Protocol": "quipu.v1" });
  const first = await open(ticket);
  assert.equal(first.status, 101);
  first.say({ t: "hello" });
  const welcome = await first.until(() => first.texts.find(({ t }) => t === "welcome"));
  assert.equal(welcome.conversation.you.user, alice.id);
  const inboxTicket = (await alice.ok("POST", "/v1/tickets")).ticket;
  const [user, secret, mac] = (await alice.ok("POST", "/v1/tickets")).ticket.split(".");
  for (const [bad, status] of [[ticket, 401], ["", 401], ["x", 401], [`${mallory.id}.${secret}`, 401], [`${mallory.id}.${secret}.${mac}`, 401], [`${user}.${"A".repeat(43)}.${mac}`, 401], [`${user}.${secret}`, 401], [`${user}.${secret.slice(1)}.${mac}`, 401], [`${user}.${secret}.${"A".repeat(43)}`, 401]]) {
    const raw = await open(bad);
    assert.equal(raw.status, status, bad);
    raw.destroy();
  }
  const inbox = await open(inboxTicket, "/v1/inbox/socket");
  assert.equal(inbox.status, 101);
  for (const raw of [first, inbox]) raw.destroy();
  await alice.refused("token_missing", "GET", `/v1/me?ticket=${(await alice.ok("POST", "/v1/tickets")).ticket}`, { headers: { authorization: null } });
  // A ticket lasts no longer than the token it was made with.
  const brief = new Person(server, "alice", { exp: Math.floor(Date.now() / 1000) + 1 });
  const short = (await brief.ok("POST", "/v1/tickets")).ticket;
  const { exp } = JSON.parse(Buffer.from(brief.token.split(".")[1], "base64url"));
  // Time itself is the event here.
  await new Promise((resolve) => setTimeout(resolve, exp * 1000 + 100 - Date.now()));
  const late = await open(short);
  assert.equal(late.status, 401);
  late.destroy();
});

test("a forged ticket wakes no account", async () => {
  // What wakes has a file of its own.
  const files = async () => (await readdir(join(server.dataDir, "objects"), { recursive: true })).filter((name) => name.endsWith(".sqlite")).length;
  const woken = await Person.of(server, "somebody who never came");
  const before = await files();
  const secret = Buffer.alloc(32, 7).toString("base64url");
  for (const where of [path("/socket"), "/v1/inbox/socket"]) {
    for (const forged of [`${woken.id}.${secret}`, `${woken.id}.${secret}.${secret}`]) {
      const raw = await RawSocket.open(server.port, `${where}?ticket=${forged}`, { "Sec-WebSocket-Protocol": "quipu.v1" });
      assert.equal(raw.status, 401);
      raw.destroy();
    }
  }
  assert.equal(await files(), before);
  await woken.ok("GET", "/v1/inbox");
  assert.equal(await files(), before + 1, "one that was woken is seen by this test");
});

/** A request with headers that `fetch` does not let one set. */
function plain(method, where, headers) {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port: server.port, method, path: where, headers }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (part) => (body += part)).on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: body && JSON.parse(body) }));
    });
    asked.on("error", reject).end();
  });
}

test("plain http from elsewhere is refused, before any token is looked at", async () => {
  for (const host of ["chat.example.org", "127.0.0.1.example.org", "localhost.example.org"]) {
    const { status, body } = await plain("GET", "/v1/me", { host, authorization: `Bearer ${alice.token}` });
    assert.deepEqual([status, body.code], [403, "https_required"], host);
  }
  const raw = await RawSocket.open(server.port, path("/socket"), { Host: "chat.example.org", "Sec-WebSocket-Protocol": alice.protocols.join(", ") });
  assert.equal(raw.status, 403);
  raw.destroy();
});

test("web origins: the deployment's own and those allowed; others refused", async () => {
  const authorization = `Bearer ${alice.token}`;
  const foreign = await plain("GET", path(), { authorization, origin: "https://evil.example.org" });
  assert.deepEqual([foreign.status, foreign.body.code, foreign.headers["access-control-allow-origin"]], [403, "origin_not_allowed", undefined]);
  for (const origin of ["null", `${ALLOWED}.evil.example.org`, ALLOWED.replace("https", "http"), `${ALLOWED}:8443`]) assert.equal((await plain("GET", path(), { authorization, origin })).status, 403, origin);
  const own = await plain("GET", path(), { authorization, origin: server.url });
  assert.deepEqual([own.status, own.headers["access-control-allow-origin"]], [200, undefined]);
  const allowed = await plain("GET", path(), { authorization, origin: ALLOWED });
  assert.deepEqual([allowed.status, allowed.headers["access-control-allow-origin"]], [200, ALLOWED]);
  assert.match(allowed.headers.vary, /origin/i);
  const missing = await plain("GET", path(), { origin: ALLOWED });
  assert.deepEqual([missing.status, missing.headers["access-control-allow-origin"]], [401, ALLOWED], "an error can be read too");
  const preflight = await plain("OPTIONS", path("/messages"), { origin: ALLOWED, "access-control-request-method": "POST", "access-control-request-headers": "authorization, content-type, idempotency-key" });
  assert.ok(preflight.status === 200 || preflight.status === 204);
  assert.equal(preflight.headers["access-control-allow-origin"], ALLOWED);
  assert.match(preflight.headers["access-control-allow-methods"], /POST.*PUT.*PATCH.*DELETE/);
  assert.match(preflight.headers["access-control-allow-headers"], /authorization.*content-type.*idempotency-key/);
  const refused = await plain("OPTIONS", path("/messages"), { origin: "https://evil.example.org", "access-control-request-method": "POST" });
  assert.deepEqual([refused.status, refused.headers["access-control-allow-origin"]], [403, undefined]);
  const raw = await RawSocket.open(server.port, path("/socket"), { Origin: "https://evil.example.org", "Sec-WebSocket-Protocol": alice.protocols.join(", ") });
  assert.equal(raw.status, 403);
  raw.destroy();
});

test("headers that only the gateway may write are ignored from outside", async () => {
  const identity = { app: "main", user: alice.id, subject: "alice", name: null, picture: null, expires_at: 4_000_000_000 };
  const forged = JSON.stringify({ conv, identity, op: { op: "get" } });
  const headers = { "quipu-call": forged, "x-quipu-call": forged };
  assert.equal((await exchange(server.url + path(), { headers })).body.code, "token_missing");
  await mallory.refused("not_a_member", "GET", path(), { headers });
  assert.equal((await bob.ok("GET", path(), { headers })).you.user, bob.id);
  const raw = await RawSocket.open(server.port, path("/socket"), { ...headers, "quipu-call": JSON.stringify({ conv, identity, op: { op: "socket" } }), "Sec-WebSocket-Protocol": mallory.protocols.join(", ") });
  await raw.until(() => raw.closeCode);
  assert.equal(raw.closeCode, 4200);
  raw.destroy();
});

test("development paths do not exist without DEV_MODE, nor from elsewhere with it", async () => {
  const table = [["/v1/dev/tokens", { subject: "alice" }], ["/v1/dev/seed"], [`/v1/dev/conversations/${conv}/sleep`], [`/v1/dev/conversations/${conv}/kill`]];
  for (const [where, body] of table) assert.equal((await alice.refused("route_not_found", "POST", where, { body })).status, 404);
  assert.equal((await exchange(`${server.url}/v1/health`)).body.development, false);
  assert.equal(TEST_SECRETS.DEV_MODE, undefined);
});
