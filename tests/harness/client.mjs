/**
 * People for tests: tokens made here with the tests' secret, plain HTTP, and sockets that check what they read.
 *
 *   const alice = await Person.of(server, "alice");
 *   const conv = await alice.group("Team", ["sub:bob"]);
 *   const { seq } = await alice.send(conv, "hello");
 *   const line = alice.line(conv);
 */
import assert from "node:assert/strict";
import { createHmac, randomUUID, sign } from "node:crypto";
import { InboxLine, Line } from "./line.mjs";
import { readExport } from "./proof.mjs";
import { TEST_SECRETS } from "./server.mjs";

export { Closed, InboxLine, Line, Log, message } from "./line.mjs";

/** Rates so high that they play no part. */
export const FAST = { RATE_USER_PER_S: "100000", RATE_CONVERSATION_PER_S: "100000" };

/** A token. Claims given replace the usual ones; `undefined` leaves one out. With a private key it is signed by that (EdDSA), else by the secret. */
export function mint(claims, { secret = TEST_SECRETS.AUTH_HS256_SECRET, privateKey, header = { alg: privateKey ? "EdDSA" : "HS256", typ: "JWT" } } = {}) {
  const now = Math.floor(Date.now() / 1000);
  const body = { iss: "quipu", aud: "quipu", iat: now, exp: now + 3600, ...claims };
  const text = [header, body].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const signature = privateKey ? sign(null, Buffer.from(text), privateKey) : createHmac("sha256", secret).update(text).digest();
  return `${text}.${signature.toString("base64url")}`;
}

/** One HTTP exchange; a problem keeps its shape, checked. */
export async function exchange(url, { method = "GET", token, body, key, headers = {} } = {}) {
  const all = { ...(token && { authorization: `Bearer ${token}` }), ...(key && { "idempotency-key": key }), ...headers };
  const isRaw = typeof body === "string" || body instanceof Uint8Array;
  if (body !== undefined && all["content-type"] === undefined) all["content-type"] = "application/json";
  for (const [name, value] of Object.entries(all)) if (value === null) delete all[name];
  const response = await fetch(url, { method, headers: all, redirect: "manual", body: body === undefined || isRaw ? body : JSON.stringify(body) });
  const text = await response.text();
  const kind = response.headers.get("content-type") ?? "";
  const parsed = /^application\/(problem\+)?json$/.test(kind.split(";")[0]) ? JSON.parse(text) : text;
  if (response.status >= 400) {
    assert.equal(kind, "application/problem+json", `${method} ${url}: ${response.status} ${text}`);
    assert.equal(parsed.status, response.status);
    assert.equal(parsed.type, `urn:quipu:problem:${parsed.code}`);
    assert.ok(parsed.title.length > 0 && parsed.detail.length > 0 && typeof parsed.retry === "boolean");
    if (parsed.retry_after_ms !== undefined) assert.equal(Number(response.headers.get("retry-after")), Math.ceil(parsed.retry_after_ms / 1000));
  }
  return { status: response.status, headers: response.headers, body: parsed, text };
}

/** Somebody with a token, minted with these claims and by this key. */
export class Person {
  constructor(server, sub, claims = {}, key = {}) {
    this.server = server;
    this.sub = sub;
    this.token = mint({ sub, ...claims }, key);
  }

  /** A person whose id is known. */
  static async of(server, sub, claims, key) {
    const person = new Person(server, sub, claims, key);
    person.id = (await person.ok("GET", "/v1/me")).user;
    return person;
  }

  /** Any exchange. Writes get a fresh key unless one is given; `key: null` sends none. */
  call(method, path, { key, ...more } = {}) {
    const keyed = key === undefined && method !== "GET" ? randomUUID() : key;
    return exchange(this.server.url + path, { method, token: this.token, key: keyed, ...more });
  }

  /** An exchange that must succeed: its body. */
  async ok(method, path, more) {
    const { status, body } = await this.call(method, path, more);
    assert.ok(status >= 200 && status < 300, `${method} ${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** An exchange that must be refused with this code: the problem. */
  async refused(code, method, path, more) {
    const { status, body } = await this.call(method, path, more);
    assert.equal(body.code, code, `${method} ${path}: ${status} ${JSON.stringify(body).slice(0, 400)}`);
    return body;
  }

  /** Makes a group; its id. */
  async group(name, members = [], more = {}) {
    return (await this.ok("POST", "/v1/conversations", { body: { kind: "group", name, members, ...more } })).id;
  }

  /** Opens the direct conversation with somebody; its id. */
  async direct(other) {
    return (await this.ok("POST", "/v1/conversations", { body: { kind: "direct", members: [other] } })).id;
  }

  /** Sends a text over HTTP; the ack. */
  send(conv, text, { key, mentions, ...more } = {}) {
    return this.ok("POST", `/v1/conversations/${conv}/messages`, { key, body: { content: { kind: "text", text, ...(mentions && { mentions }) }, ...more } });
  }

  edit(conv, seq, text, more = {}) {
    return this.ok("PATCH", `/v1/conversations/${conv}/messages/${seq}`, { body: { content: { kind: "text", text }, ...more } });
  }

  remove(conv, seq) {
    return this.ok("DELETE", `/v1/conversations/${conv}/messages/${seq}`);
  }

  add(conv, user, role) {
    return this.ok("POST", `/v1/conversations/${conv}/members`, { body: { user, ...(role && { role }) } });
  }

  conversation(conv) {
    return this.ok("GET", `/v1/conversations/${conv}`);
  }

  async members(conv) {
    return (await this.ok("GET", `/v1/conversations/${conv}/members?limit=100`)).members;
  }

  events(conv, query = "") {
    return this.ok("GET", `/v1/conversations/${conv}/events${query}`);
  }

  /** The whole export, its order and canonical form checked. */
  async export(conv) {
    const { text, status } = await this.call("GET", `/v1/conversations/${conv}/export`);
    assert.equal(status, 200, text);
    return { text, ...readExport(text) };
  }

  /** The subprotocols that carry this person's token. */
  get protocols() {
    return ["quipu.v1", `bearer.${this.token}`];
  }

  /** A socket of a conversation. */
  line(conv, options) {
    return new Line(`${this.server.wsUrl}/v1/conversations/${conv}/socket`, this.protocols, options);
  }

  /** A socket of the inbox. */
  inbox(options) {
    return new InboxLine(`${this.server.wsUrl}/v1/inbox/socket`, this.protocols, options);
  }

  /** How the tests name this conversation's object, and this person's account, to the server. */
  conversationObject(conv) {
    return ["CONVERSATION", { name: `main/conversation/${conv}` }];
  }

  get accountObject() {
    return ["ACCOUNT", { name: `main/account/${this.id}` }];
  }
}
