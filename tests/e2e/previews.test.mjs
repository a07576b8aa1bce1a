// Link previews: looked at by the server, once, within bounds, from nowhere private; they go with their message.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

let server, pages, base, alice, bob, carol;
/** Paths asked for, in order. */
const asked = [];
/** What a path answers: a function of the response, or a page's HTML. */
const answers = new Map();

before(async () => {
  pages = createServer((request, response) => {
    asked.push(request.url);
    const answer = answers.get(request.url) ?? ((to) => to.writeHead(404, { "content-type": "text/html" }).end("<title>nothing here</title>"));
    if (typeof answer === "function") answer(response, request);
    else response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(answer);
  });
  await new Promise((done) => pages.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${pages.address().port}`;
  server = await startServer({ development: true, localNetwork: true, vars: { ...FAST, DEV_PREVIEWS_LOOPBACK: "1" } });
  [alice, bob, carol] = await Promise.all(["alice", "bob", "carol"].map((sub) => Person.of(server, sub)));
});
after(async () => {
  await server?.stop();
  pages?.closeAllConnections();
  pages?.close();
});

const page = (title, more = "") => `<!doctype html><title>${title}</title>${more}`;
let made = 0;
/** A page of its own address. */
function serve(answer) {
  made += 1;
  answers.set(`/${made}`, answer);
  return `${base}/${made}`;
}
const times = (url) => asked.filter((path) => base + path === url).length;
/** The previews in a log, by message, the newest of each. */
const previews = async (person, conv) => {
  const { events } = await person.events(conv, "?after=0&limit=200");
  return new Map(events.filter(({ envelope }) => envelope?.type === "message.previewed").map(({ envelope, content }) => [envelope.ref, content]));
};
/** Sends a text and waits until the conversation has nothing more to look at: a second message, whose page is looked at after the first. */
async function settled(person, conv, text, more) {
  const { seq } = await person.send(conv, text, more);
  await marker(person, conv);
  return seq;
}
async function marker(person, conv) {
  const line = person.line(conv);
  await line.until(() => line.welcome);
  const { seq } = await person.send(conv, serve(page("marker")));
  await line.until(() => [...line.log.items.values()].some(({ envelope }) => envelope?.type === "message.previewed" && envelope.ref === seq));
  await line.close();
}

test("a page says what it is, once, to everybody; the event is its author's and in the log for good", async () => {
  const conv = await alice.group("Links", ["sub:bob"]);
  const url = serve(page("Plain", `<meta property="og:title" content="Fish &amp; chips"><meta property="og:description" content="A recipe"><meta property="og:image" content="https://pictures.ch/i.png"><meta property="og:site_name" content="Harbour">`));
  const line = bob.line(conv);
  await line.until(() => line.welcome);
  const { seq } = await alice.send(conv, `Look: ${url}, and ${serve(page("second"))}`);
  const held = await line.until(() => [...line.log.items.values()].find(({ envelope }) => envelope?.type === "message.previewed"));
  assert.deepEqual(held.content, { kind: "preview", title: "Fish & chips", description: "A recipe", image: "https://pictures.ch/i.png", site: "Harbour", url, v: 1 });
  const { actor, ref, params, n } = held.envelope;
  assert.deepEqual([actor, ref, params, n], [alice.id, seq, { version: 1 }, 1]);
  assert.deepEqual([times(url), asked.filter((path) => path === `/${made}`).length], [1, 0], "the first link, once");
  const entry = bob.inbox();
  const { last, unread } = await entry.entry(conv, ({ head_seq }) => head_seq === held.envelope.seq);
  assert.deepEqual([last.seq, unread], [seq, 1], "it is no line of the inbox and counts as nothing");
  assert.equal((await alice.events(conv, `?after=${seq - 1}&limit=1`)).edits[0].envelope.type, "message.previewed", "with a page that ends before it");
  await alice.export(conv);
  await Promise.all([line, entry].map((each) => each.close()));
});

test("an edit that changes the link replaces the preview, one that does not asks nobody; a deletion erases it", async () => {
  const conv = await alice.group("Edits", ["sub:bob"]);
  const [one, two] = [serve(page("one")), serve(page("two"))];
  const seq = await settled(alice, conv, `see ${one}`);
  assert.equal((await previews(bob, conv)).get(seq).title, "one");
  await alice.edit(conv, seq, `do see ${one}`);
  await marker(alice, conv);
  assert.equal(times(one), 1, "the link is the same");
  await alice.edit(conv, seq, `rather ${two}`);
  await marker(alice, conv);
  assert.equal((await previews(bob, conv)).get(seq).title, "two");
  await alice.edit(conv, seq, "no link");
  await alice.remove(conv, seq);
  const { events } = await bob.events(conv, "?after=0&limit=200");
  const about = events.filter(({ envelope }) => envelope.ref === seq && envelope.type === "message.previewed");
  assert.deepEqual(about.map(({ content, salt }) => [content, salt]), [[null, null], [null, null]]);
  await alice.export(conv);
});

test("its author takes it away, for good; others may not, moderators may", async () => {
  const conv = await alice.group("Away", ["sub:bob", "sub:carol"]);
  const seq = await settled(bob, conv, serve(page("his")));
  const path = `/v1/conversations/${conv}/messages/${seq}/preview`;
  await carol.refused("permission_denied", "DELETE", path);
  const key = "01890a5d-ac96-774b-bcce-b302099a8057";
  const ack = await bob.ok("DELETE", path, { key });
  assert.deepEqual(await bob.ok("DELETE", path, { key }), ack, "the same key, the same answer");
  await bob.refused("preview_not_found", "DELETE", path);
  assert.equal((await previews(alice, conv)).get(seq), null, "what it said is erased");
  await bob.edit(conv, seq, `${serve(page("another"))} then`);
  await marker(bob, conv);
  assert.equal((await previews(alice, conv)).get(seq), null, "there will be none");
  const other = await settled(carol, conv, serve(page("hers")));
  await alice.ok("DELETE", `/v1/conversations/${conv}/messages/${other}/preview`);
  await alice.refused("message_not_found", "DELETE", `/v1/conversations/${conv}/messages/999/preview`);
  await alice.export(conv);
});

test("nothing private, slow, huge or of another kind is shown; encrypted messages are never looked at", { timeout: 120_000 }, async () => {
  const conv = await alice.group("Attacks", ["sub:bob"]);
  const html = { "content-type": "text/html" };
  const to = (location) => (response) => response.writeHead(302, { location }).end();
  const target = serve(page("reached"));
  const nothing = {
    "http://10.0.0.1/": "a private number",
    "http://localhost:1/": "a name of this machine",
    [serve(to("http://localhost:1/"))]: "a redirect to a name of this machine",
    [serve(to("http://169.254.169.254/latest/meta-data/"))]: "a redirect to the cloud's secrets",
    [serve(to("file:///etc/passwd"))]: "a redirect to a file",
    [serve(to(`/${made + 5}`))]: "a redirect to nothing",
    [serve((response) => response.writeHead(200, { "content-type": "application/json" }).end('{"title":"no"}'))]: "JSON",
    [serve((response) => response.writeHead(200).end(page("no type")))]: "no type",
    [serve((response) => response.writeHead(500, html).end(page("broken")))]: "a failure",
    [serve((response) => response.writeHead(200, html).end("no title"))]: "a page that says nothing",
    [serve((response) => response.socket.destroy())]: "a broken connection",
    [serve((response) => response.writeHead(200, html).write("<title>slow"))]: "a page that never ends",
  };
  const before = asked.length;
  const seqs = [];
  for (const url of Object.keys(nothing)) seqs.push((await alice.send(conv, `see ${url}`)).seq);
  await marker(alice, conv);
  const shown = await previews(alice, conv);
  for (const [index, why] of Object.values(nothing).entries()) assert.equal(shown.get(seqs[index]), undefined, why);
  assert.ok(asked.length > before);
  const chain = (length) => (length === 0 ? target : serve(to(chain(length - 1))));
  const three = await settled(alice, conv, chain(3));
  assert.equal((await previews(alice, conv)).get(three)?.title, "reached", "three redirects are followed");
  const four = await settled(alice, conv, chain(4));
  assert.equal((await previews(alice, conv)).get(four), undefined, "and not four");
  const huge = serve((response) => {
    response.writeHead(200, html).write(page("huge"));
    const more = () => {
      while (!response.destroyed && response.write("x".repeat(65_536)));
    };
    response.on("drain", more);
    more();
  });
  const far = await settled(alice, conv, huge);
  assert.equal((await previews(alice, conv)).get(far)?.title, "huge", "of a huge page the start is read");
  const latin = serve((response) => response.writeHead(200, { "content-type": "text/html; charset=iso-8859-1" }).end(Buffer.from("<title>caf\u00e9</title>", "latin1")));
  const later = await settled(alice, conv, latin);
  assert.equal((await previews(alice, conv)).get(later).title, "caf\u00e9");
  const secret = await alice.group("Secret", ["sub:bob"], { encryption: "mls" });
  const url = serve(page("secret"));
  await alice.ok("POST", `/v1/conversations/${secret}/messages`, { body: { content: { kind: "ciphertext", scheme: "mls", data: Buffer.from(url).toString("base64") } } });
  await marker(alice, conv);
  assert.equal(times(url), 0);
});

test("replies in threads and forwarded messages have one, and who deleted a message for themselves sees none of it", async () => {
  const conv = await alice.group("Threads", ["sub:bob"]);
  const { seq: root } = await alice.send(conv, "root");
  const reply = await settled(alice, conv, serve(page("reply")), { thread: root });
  const { changes } = await bob.ok("GET", `/v1/conversations/${conv}/messages?thread=${root}`);
  assert.deepEqual(changes.map(({ envelope, content }) => [envelope.ref, envelope.thread, content.title]), [[reply, root, "reply"]]);
  const other = await bob.group("Elsewhere", ["sub:alice"]);
  const url = serve(page("copied"));
  const { seq: source } = await alice.send(conv, url);
  const { seq: copy } = await bob.ok("POST", `/v1/conversations/${other}/forwards`, { body: { from: conv, seq: source } });
  await marker(bob, other);
  assert.equal((await previews(alice, other)).get(copy).title, "copied");
  await bob.ok("PUT", `/v1/conversations/${other}/messages/${copy}/hidden`, { key: null });
  assert.equal((await previews(bob, other)).has(copy), false);
  assert.equal((await previews(alice, other)).get(copy).title, "copied");
});

test("what is deleted or edited while its page is on the way has no preview of what it was", async () => {
  const conv = await alice.group("Races", ["sub:bob"]);
  let release;
  const waits = new Promise((resolve) => (release = resolve));
  let reached;
  const reaching = new Promise((resolve) => (reached = resolve));
  const slow = serve(async (response) => {
    reached();
    await waits;
    response.writeHead(200, { "content-type": "text/html" }).end(page("too late"));
  });
  const { seq: gone } = await alice.send(conv, slow);
  await reaching;
  const { seq: edited } = await alice.send(conv, `${slow}?2`);
  await alice.remove(conv, gone);
  await alice.edit(conv, edited, serve(page("in time")));
  release();
  await marker(alice, conv);
  const shown = await previews(alice, conv);
  assert.deepEqual([shown.get(gone), shown.get(edited)?.title], [undefined, "in time"]);
});

test("a crash between message and preview repeats the look; an object that slept goes on", { timeout: 120_000 }, async () => {
  const conv = await alice.group("Crashes", ["sub:bob"]);
  let hangs = true;
  const url = serve((response) => {
    if (hangs) return;
    response.writeHead(200, { "content-type": "text/html" }).end(page("after all"));
  });
  const { seq } = await alice.send(conv, url);
  while (times(url) === 0) await new Promise((done) => setImmediate(done));
  await server.kill();
  hangs = false;
  await server.restart();
  await marker(alice, conv);
  assert.equal((await previews(bob, conv)).get(seq).title, "after all");
  assert.equal(times(url), 2);
});
