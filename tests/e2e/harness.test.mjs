/** What every other test here leans on: the server starts, dies, comes back and sleeps as its name says. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { startServer } from "../harness/server.mjs";

let server;
let token;
let conversation;

async function call(method, path, { body, key, as = token } = {}) {
  const headers = { ...(as && { authorization: `Bearer ${as}` }), ...(key && { "idempotency-key": key }) };
  if (body) headers["content-type"] = "application/json";
  const response = await fetch(server.url + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, body: text && JSON.parse(text) };
}

const demoToken = async (subject) => (await call("POST", "/v1/dev/tokens", { as: null, body: { subject, name: subject } })).body.token;

const send = (text, key = crypto.randomUUID()) => call("POST", `/v1/conversations/${conversation}/messages`, { key, body: { content: { kind: "text", text } } });

/** A socket whose frames are read one by one, in order, waiting where there is none yet. */
async function openSocket() {
  const socket = new WebSocket(`${server.wsUrl}/v1/conversations/${conversation}/socket`, ["quipu.v1", `bearer.${token}`]);
  const frames = [];
  let wake = () => {};
  socket.addEventListener("message", ({ data }) => {
    frames.push(JSON.parse(data));
    wake();
  });
  await once(socket, "open");
  const until = async (wanted) => {
    for (;;) {
      while (frames.length > 0) {
        const frame = frames.shift();
        if (wanted(frame)) return frame;
      }
      await new Promise((resolve) => {
        wake = resolve;
      });
    }
  };
  return { socket, until };
}

const holds = (text) => (frame) => frame.t === "events" && JSON.stringify(frame).includes(text);

before(async () => {
  server = await startServer({ development: true });
  token = await demoToken("ana");
  const made = await call("POST", "/v1/conversations", { key: crypto.randomUUID(), body: { kind: "direct", members: ["sub:ben"] } });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  conversation = made.body.id ?? made.body.conv;
});

after(() => server?.stop());

test("a killed server comes back on the same port with what it acknowledged", async () => {
  const key = crypto.randomUUID();
  const sent = await send("before the crash", key);
  assert.ok(sent.body.seq > 0, JSON.stringify(sent));
  const { pid, port } = server;
  await server.kill();
  assert.equal(server.pid, null);
  await assert.rejects(fetch(`${server.url}/v1/health`));
  await server.restart();
  assert.notEqual(server.pid, pid);
  assert.equal(server.port, port);
  assert.deepEqual((await send("before the crash", key)).body, sent.body);
});

test("a hibernated object keeps its sockets", async () => {
  const { socket, until } = await openSocket();
  socket.send(JSON.stringify({ t: "hello", after: 0 }));
  await until(({ t }) => t === "welcome");
  await send("awake");
  await until(holds("awake"));
  await server.hibernate("CONVERSATION", { name: `main/conversation/${conversation}` });
  await send("after the hibernation");
  await until(holds("after the hibernation"));
  assert.equal(socket.readyState, WebSocket.OPEN);
  socket.close();
});

test("an evicted object drops its sockets", async () => {
  const { socket } = await openSocket();
  const closed = once(socket, "close");
  await server.evict("CONVERSATION", { name: `main/conversation/${conversation}` });
  await closed;
  assert.equal((await send("after the eviction")).status < 300, true);
});

test("the sleep of the demo page hibernates the object for a member alone", async () => {
  const { socket, until } = await openSocket();
  socket.send(JSON.stringify({ t: "hello", after: 0 }));
  await until(({ t }) => t === "welcome");
  const stranger = await demoToken("cleo");
  const path = `/v1/dev/conversations/${conversation}/sleep`;
  assert.ok((await call("POST", path, { as: stranger })).status >= 400);
  assert.ok((await call("POST", path)).status < 300);
  await send("after the sleep");
  await until(holds("after the sleep"));
  socket.close();
});

test("what is deployed has no development route", async () => {
  const config = await readFile(new URL("../../wrangler.toml", import.meta.url), "utf8");
  assert.doesNotMatch(config, /DEV_MODE/);
  const deployed = await startServer();
  after(() => deployed.stop());
  for (const path of ["/v1/dev/tokens", "/v1/dev/seed", `/v1/dev/conversations/${conversation}/sleep`]) {
    const response = await fetch(deployed.url + path, { method: "POST", headers: { "content-type": "application/json" }, body: '{"subject":"ana"}' });
    assert.equal(response.status, 404, path);
  }
});
