import assert from "node:assert/strict";
import { test } from "node:test";
import { type DeviceSession, Devices, deviceTokens, signInByLink } from "../src/devices.ts";
import { QuipuError } from "../src/errors.ts";
import type { InboxEvent } from "../src/inbox.ts";

const DAY = 86_400;
const session = (token: string, days: number): DeviceSession => ({ token, user: "ug1", device: "d1", expires_at: Math.floor(Date.now() / 1000) + days * DAY });

/** A fetch that answers in turn, and what it was asked. */
function server(...answers: (DeviceSession | { status: number; code: string } | Error)[]): { asks: typeof fetch; asked: { url: string; init: RequestInit }[] } {
  const asked: { url: string; init: RequestInit }[] = [];
  const asks = (async (url: string, init: RequestInit) => {
    asked.push({ url, init });
    const answer = answers.shift();
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error("asked too often");
    if ("status" in answer) return Response.json({ ...answer, title: answer.code, detail: answer.code, retry: false }, { status: answer.status });
    return Response.json(answer, { status: 201 });
  }) as typeof fetch;
  return { asks, asked };
}

test("a link is traded in the body, without a token", async () => {
  const { asks, asked } = server(session("device~a", 14), { status: 410, code: "device_link_invalid" });
  assert.equal((await signInByLink("https://chat.example/", "u.s.m", { fetch: asks })).token, "device~a");
  assert.equal(asked[0]?.url, "https://chat.example/v1/devices/sessions");
  assert.deepEqual(JSON.parse(String(asked[0]?.init.body)), { link: "u.s.m" });
  assert.equal(new Headers(asked[0]?.init.headers).get("authorization"), null);
  await assert.rejects(signInByLink("https://chat.example", "u.s.m", { fetch: asks }), (error: QuipuError) => error.code === "device_link_invalid" && !error.retry);
});

test("a token is handed out as it is while it is young, and renewed once when it is not", async () => {
  const fresh = server();
  assert.equal(await deviceTokens("https://chat.example", session("young", 13), { fetch: fresh.asks })(), "young");
  assert.equal(fresh.asked.length, 0);

  const kept: string[] = [];
  const { asks, asked } = server(session("new", 14));
  const tokens = deviceTokens("https://chat.example", session("old", 6), { fetch: asks, keep: ({ token }) => kept.push(token) });
  assert.deepEqual([await tokens(), await tokens()], ["new", "new"]);
  assert.deepEqual(kept, ["new"]);
  assert.equal(new Headers(asked[0]?.init.headers).get("authorization"), "Bearer old");
});

test("a session that cannot be made longer is not asked for with every token", async () => {
  const { asks, asked } = server(session("last", 2));
  const tokens = deviceTokens("https://chat.example", session("old", 2), { fetch: asks });
  assert.deepEqual([await tokens(), await tokens(), await tokens()], ["last", "last", "last"]);
  assert.equal(asked.length, 1);
});

test("without the network what still works is used; a device that was signed out is told so", async () => {
  const offline = server(new Error("no network"), new Error("no network"));
  assert.equal(await deviceTokens("https://chat.example", session("old", 2), { fetch: offline.asks })(), "old");
  await assert.rejects(deviceTokens("https://chat.example", session("over", -1), { fetch: offline.asks })(), (error: QuipuError) => error.code === "network" && error.retry);
  const out = server({ status: 403, code: "device_revoked" });
  await assert.rejects(deviceTokens("https://chat.example", session("old", 2), { fetch: out.asks })(), (error: QuipuError) => error.code === "device_revoked" && !error.retry);
});

test("devices are asked for, named and signed out by their paths, and changes are told", async () => {
  const asked: unknown[][] = [];
  let listener: (event: InboxEvent) => void = () => undefined;
  const client = {
    request: async (...request: unknown[]) => {
      asked.push(request);
      return { devices: [] };
    },
    inbox: {
      subscribe: (given: typeof listener) => {
        listener = given;
        return () => (listener = () => undefined);
      },
    },
  };
  const devices = new Devices(client as unknown as ConstructorParameters<typeof Devices>[0]);
  assert.deepEqual(await devices.list(), []);
  await devices.rename("a~b", "Desk");
  await devices.revoke("a~b");
  await devices.link();
  assert.deepEqual(asked, [
    ["GET", "/v1/devices"],
    ["PATCH", "/v1/devices/a~b", { body: { name: "Desk" } }],
    ["DELETE", "/v1/devices/a~b"],
    ["POST", "/v1/devices/links"],
  ]);
  let told = 0;
  const deaf = devices.onChange(() => (told += 1));
  listener({ type: "frame", frame: { t: "devices" } });
  listener({ type: "change" });
  deaf();
  listener({ type: "frame", frame: { t: "devices" } });
  assert.equal(told, 1);
});
