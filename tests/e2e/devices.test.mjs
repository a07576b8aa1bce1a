// Devices: listed from tokens, named, signed out at once and for good, and signed in by a link once.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { exchange, mint, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

let server;
before(async () => {
  server = await startServer();
});
after(() => server?.stop());

const on = (sub, device, agent = "curl/8.5.0") => {
  const person = new Person(server, sub, device === undefined ? {} : { device });
  const call = person.call.bind(person);
  person.call = (method, path, more = {}) => call(method, path, { ...more, headers: { "user-agent": agent, ...more.headers } });
  return person;
};
const devices = async (person) => (await person.ok("GET", "/v1/devices")).devices;
const ids = (list) => list.map(({ id }) => id).sort();

/** A device signed in by a link, as a person. */
async function signIn(link, agent = "Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0") {
  const { status, body } = await exchange(`${server.url}/v1/devices/sessions`, { method: "POST", body: { link }, headers: { "user-agent": agent } });
  assert.equal(status, 201, JSON.stringify(body));
  const person = new Person(server, "nobody");
  return Object.assign(person, { token: body.token, id: body.user, device: body.device, session: body });
}
const refusedLink = async (link, code = "device_link_invalid") => {
  const { body } = await exchange(`${server.url}/v1/devices/sessions`, { method: "POST", body: { link } });
  assert.equal(body.code, code);
};

test("a device is listed from its first request on, and named", async () => {
  const phone = on("list", "phone");
  await phone.ok("GET", "/v1/me");
  const desk = on("list", "desk", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0");
  const list = await devices(desk);
  assert.deepEqual(ids(list), ["desk", "phone"]);
  const [of] = list.filter(({ id }) => id === "desk");
  assert.equal(of.name, "Firefox · Linux");
  assert.equal(of.current, true);
  assert.equal(of.signed_in_until, undefined);
  const inbox = phone.inbox();
  await inbox.until(() => inbox.welcome, "welcome");
  const named = await desk.ok("PATCH", "/v1/devices/phone", { body: { name: "  My phone " } });
  assert.deepEqual([named.name, named.connected, named.current ?? false], ["My phone", true, false]);
  await inbox.until(() => inbox.frames.some(({ t }) => t === "devices"), "word of it");
  for (const name of ["", " ", "a\nb", "x".repeat(65)]) assert.ok((await desk.call("PATCH", "/v1/devices/phone", { body: { name } })).status >= 400);
  await desk.refused("device_not_found", "PATCH", "/v1/devices/tablet", { body: { name: "x" } });
  await desk.refused("device_not_found", "DELETE", "/v1/devices/a%20b");
  // A token that names no device sees the list, and is on it nowhere.
  assert.ok((await devices(on("list"))).every(({ current }) => !current));
  await inbox.close();
});

test("a device that is signed out is cut off everywhere at once, and does not come back", async () => {
  const phone = on("lost", "phone");
  const desk = on("lost", "desk");
  const mate = await Person.of(server, "lost-mate");
  const [one, two] = [await desk.group("One", ["sub:lost-mate"]), await desk.group("Two", ["sub:lost-mate"])];
  const lines = [phone.inbox(), phone.line(one), phone.line(two)];
  const kept = [desk.inbox(), desk.line(one)];
  for (const line of [...lines, ...kept]) await line.until(() => line.welcome, "welcome");
  const { ticket } = await phone.ok("POST", "/v1/tickets");
  const { link } = await phone.ok("POST", "/v1/devices/links");
  assert.equal((await desk.call("DELETE", "/v1/devices/phone")).status, 204);
  for (const line of lines) assert.deepEqual((({ code, reason }) => [code, reason])(await line.closed), [4204, "device_revoked"]);
  for (const [method, path, body] of [
    ["GET", "/v1/me"],
    ["GET", "/v1/inbox"],
    ["GET", `/v1/conversations/${one}/events`],
    ["POST", `/v1/conversations/${one}/messages`, { content: { kind: "text", text: "still here" } }],
    ["GET", `/v1/conversations/${one}/export`],
    ["GET", "/v1/search?q=x"],
    ["POST", "/v1/tickets"],
    ["POST", "/v1/devices/links"],
    ["GET", "/v1/devices"],
    ["DELETE", "/v1/devices/desk"],
    ["PATCH", "/v1/me/profile", { bio: "x" }],
    ["POST", "/v1/conversations", { kind: "group", name: "x", members: [] }],
  ]) {
    await phone.refused("device_revoked", method, path, { body });
  }
  // Another token of the same device, and what it had made before.
  await on("lost", "phone").refused("device_revoked", "GET", "/v1/me");
  await refusedLink(link);
  for (const again of [phone.inbox(), phone.line(one)]) assert.equal((await again.closed).code, 4204);
  const byTicket = new WebSocket(`${server.url.replace("http", "ws")}/v1/inbox/socket?ticket=${ticket}`, ["quipu.v1"]);
  assert.equal(await new Promise((resolve) => byTicket.addEventListener("close", ({ code }) => resolve(code))), 4204);
  // Who stays is not disturbed.
  await mate.send(one, "go on");
  await kept[1].until(() => kept[1].log.texts().includes("go on"), "the message");
  assert.deepEqual(ids(await devices(desk)), ["desk"]);
  assert.equal((await desk.call("DELETE", "/v1/devices/phone")).status, 204, "again");
  // The same id of another user is another device.
  await on("lost-other", "phone").ok("GET", "/v1/me");
  for (const line of kept) await line.close();
});

test("a token cannot be of a device that nobody could name, and a socket keeps its device", async () => {
  for (const device of ["", "a b", "..", "x".repeat(65), 7, ["phone"]]) {
    await on("odd", device).refused("token_malformed", "GET", "/v1/me");
  }
  const phone = on("keeps", "phone");
  const conv = await phone.group("Keeps", []);
  for (const line of [phone.inbox(), phone.line(conv)]) {
    await line.until(() => line.welcome, "welcome");
    for (const claims of [{ device: "desk" }, {}]) {
      const before = line.errors.length;
      line.say({ t: "refresh", token: mint({ sub: "keeps", ...claims }) });
      await line.until(() => line.errors.length > before, "a refusal");
      assert.equal(line.errors.at(-1).code, "token_other_device");
    }
    line.say({ t: "refresh", token: mint({ sub: "keeps", device: "phone", exp: Math.floor(Date.now() / 1000) + 1800 }) });
    await line.until(() => line.frames.some(({ t }) => t === "refreshed"), "refreshed");
    await line.close();
  }
});

test("a link signs one device in, once; it is caught up, and can be signed out", async () => {
  const desk = on("link", "desk");
  const conv = await desk.group("Before", []);
  for (let number = 0; number < 5; number++) await desk.send(conv, `before ${number}`);
  const inbox = desk.inbox();
  await inbox.until(() => inbox.welcome, "welcome");
  const { link, expires_at_ms } = await desk.ok("POST", "/v1/devices/links");
  assert.ok(expires_at_ms > Date.now() + 110_000 && expires_at_ms <= Date.now() + 120_000 + 5_000);
  const tablet = await signIn(link);
  await inbox.until(() => inbox.frames.some(({ t }) => t === "devices"), "word of the new device");
  await refusedLink(link);
  const me = await tablet.ok("GET", "/v1/me");
  assert.deepEqual([me.user, me.subject], [(await desk.ok("GET", "/v1/me")).user, "link"]);
  const line = tablet.line(conv);
  await line.until(() => line.log.texts().includes("before 4"), "what was said before");
  const [own] = (await devices(tablet)).filter(({ current }) => current);
  assert.equal(own.name, "Firefox · Android");
  assert.ok(own.signed_in_until > Date.now() + 29 * 86_400_000);
  const renewed = await tablet.ok("POST", "/v1/devices/sessions/renew");
  assert.deepEqual([renewed.device, renewed.user], [tablet.device, me.user]);
  await desk.refused("device_links_off", "POST", "/v1/devices/sessions/renew");
  await desk.call("DELETE", `/v1/devices/${tablet.device}`);
  assert.equal((await line.closed).code, 4204);
  for (const token of [tablet.token, renewed.token]) {
    await Object.assign(tablet, { token }).refused("device_revoked", "POST", "/v1/devices/sessions/renew");
    await tablet.refused("device_revoked", "GET", "/v1/me");
  }
  await inbox.close();
});

test("links that are forged, of another purpose, or too many sign nobody in", async () => {
  const ana = on("forge", "desk");
  const { link } = await ana.ok("POST", "/v1/devices/links");
  const { ticket } = await ana.ok("POST", "/v1/tickets");
  const [user, secret, mac] = link.split(".");
  const other = (await Person.of(server, "forge-other")).id;
  for (const bad of ["", "x", link.slice(0, -1), `${link}A`, `${other}.${secret}.${mac}`, ticket, [user, mac, secret].join("."), "x".repeat(5000)]) await refusedLink(bad);
  // A link is no ticket, and a session's token none of the team's.
  const socket = new WebSocket(`${server.url.replace("http", "ws")}/v1/inbox/socket?ticket=${link}`, ["quipu.v1"]);
  await new Promise((resolve) => socket.addEventListener("error", resolve));
  const tablet = await signIn(link);
  for (const token of [tablet.token.slice("device~".length), `device~${mint({ sub: "forge", device: "desk" })}`, `${tablet.token}A`]) {
    const { status } = await exchange(`${server.url}/v1/me`, { token });
    assert.equal(status, 401, token.slice(0, 20));
  }
  let refused;
  for (let number = 0; number < 12 && !refused; number++) {
    const { status, body } = await ana.call("POST", "/v1/devices/links");
    if (status === 429) refused = body;
  }
  assert.equal(refused?.code, "rate_limited");
});

test("a device that is signed out while all that knew its sockets is out of memory is cut off all the same, and heard no more", async () => {
  const [phone, desk] = [on("asleep", "phone"), on("asleep", "desk")];
  desk.id = (await desk.ok("GET", "/v1/me")).user;
  const conv = await desk.group("Asleep", ["sub:asleep-mate"]);
  const [inbox, line, kept] = [phone.inbox(), phone.line(conv), desk.line(conv)];
  for (const each of [inbox, line, kept]) await each.until(() => each.welcome, "welcome");
  const sleep = async () => {
    await server.hibernate(...desk.conversationObject(conv));
    await server.hibernate(...desk.accountObject);
  };
  await sleep();
  await desk.ok("DELETE", "/v1/devices/phone");
  for (const each of [inbox, line]) assert.equal((await each.closed).code, 4204);
  await sleep();
  const before = (await desk.conversation(conv)).seq;
  assert.equal(await kept.send("still here"), before + 1);
  await phone.refused("device_revoked", "POST", `/v1/conversations/${conv}/messages`, { body: { content: { kind: "text", text: "me too" } } });
  assert.deepEqual(ids(await devices(desk)), ["desk"]);
  await kept.close();
});

test("a link that is too old signs nobody in, and a session that is over is not renewed", async () => {
  const own = await startServer({ faults: true, vars: { DEVICE_SESSION_DAYS: "1" } });
  try {
    const desk = new Person(own, "late", { device: "desk" });
    const use = async ({ link }) => exchange(`${own.url}/v1/devices/sessions`, { method: "POST", body: { link } });
    const [early, late] = [await desk.ok("POST", "/v1/devices/links"), await desk.ok("POST", "/v1/devices/links")];
    await own.fault({ ahead: 119_000 });
    const { status, body: session } = await use(early);
    assert.equal(status, 201, "just in time");
    const ends = Date.now() + 119_000 + 86_400_000;
    await own.fault({ ahead: 121_000 });
    assert.equal((await use(late)).body.code, "device_link_invalid");
    // Renewed in time again and again, it ends all the same.
    const tablet = new Person(own, "nobody");
    let [{ token, expires_at: at }, before] = [session, 0];
    for (let renewals = 0; at > before && renewals < 100; renewals++) {
      tablet.token = token;
      before = at;
      await own.fault({ ahead: at * 1000 - Date.now() - 30_000 });
      ({ token, expires_at: at } = await tablet.ok("POST", "/v1/devices/sessions/renew"));
    }
    assert.ok(Math.abs(at * 1000 - ends) < 30_000, "a day after it was signed in");
    await own.fault({ ahead: ends - Date.now() + 60_000 });
    for (const [method, path] of [["GET", "/v1/me"], ["POST", "/v1/devices/sessions/renew"]]) await tablet.refused("token_expired", method, path);
  } finally {
    await own.stop();
  }
});

test("links and sessions of one app are worth nothing in another, whatever else the two share", async () => {
  const other = await startServer({ vars: { APP_ID: "other" } });
  try {
    const desk = on("apps", "desk");
    const { link } = await desk.ok("POST", "/v1/devices/links");
    const { body } = await exchange(`${other.url}/v1/devices/sessions`, { method: "POST", body: { link } });
    assert.equal(body.code, "device_link_invalid");
    const tablet = await signIn(link);
    const abroad = await exchange(`${other.url}/v1/me`, { token: tablet.token });
    assert.equal(abroad.status, 401, JSON.stringify(abroad.body));
    await tablet.ok("GET", "/v1/me");
    // The team's own tokens are good in both: the same device there is another one.
    await desk.ok("DELETE", `/v1/devices/${tablet.device}`);
    const there = new Person(other, "apps", { device: tablet.device });
    await there.ok("GET", "/v1/me");
    assert.deepEqual(ids((await there.ok("GET", "/v1/devices")).devices), [tablet.device]);
  } finally {
    await other.stop();
  }
});

test("who is signed out stays so when the process is killed", async () => {
  const vars = {};
  const own = await startServer({ vars });
  try {
    const person = (device) => new Person(own, "kill", { device });
    const [phone, desk] = [person("phone"), person("desk")];
    const conv = await desk.group("Kill", []);
    const line = phone.line(conv);
    await line.until(() => line.welcome, "welcome");
    await desk.ok("DELETE", "/v1/devices/phone");
    await own.kill();
    await own.restart();
    await phone.refused("device_revoked", "GET", `/v1/conversations/${conv}`);
    assert.deepEqual(ids(await devices(desk)), ["desk"]);
  } finally {
    await own.stop();
  }
});

test("where links are turned off there are none", async () => {
  const own = await startServer({ vars: { DEVICE_SESSION_DAYS: "0" } });
  try {
    const ana = new Person(own, "off");
    await ana.refused("device_links_off", "POST", "/v1/devices/links");
    const { body } = await exchange(`${own.url}/v1/devices/sessions`, { method: "POST", body: { link: "x" } });
    assert.equal(body.code, "device_links_off");
  } finally {
    await own.stop();
  }
});
