// The inbox as a list: its parts are asked of the server, and its totals are those of all entries, on every device.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { totalsOf } from "../harness/line.mjs";
import { startServer } from "../harness/server.mjs";

let server, alice, bob;
before(async () => {
  server = await startServer({ vars: FAST });
  [alice, bob] = await Promise.all(["alice", "bob"].map((sub) => Person.of(server, sub)));
});
after(() => server?.stop());

const HOUR = 3_600_000;
const lay = (conv, body) => bob.ok("PATCH", `/v1/inbox/${conv}`, { body });
const inSight = ({ archived, hidden }) => !archived && !hidden;
const PARTS = {
  "": inSight,
  unread: (entry) => inSight(entry) && (entry.unread > 0 || entry.threads > 0 || entry.marked_unread),
  mentions: (entry) => inSight(entry) && entry.mentions > 0,
  direct: (entry) => inSight(entry) && entry.kind === "direct",
  groups: (entry) => inSight(entry) && entry.kind === "group",
  archived: ({ archived }) => archived,
  hidden: ({ hidden }) => hidden,
};

/** Totals without the time to ask again. */
const plain = ({ until: _, ...totals }) => ({ archived: 0, hidden: 0, ...totals });

async function part(filter, limit) {
  const [pages, where] = [[], `/v1/inbox?limit=${limit}${filter && `&filter=${filter}`}`];
  do pages.push(await bob.ok("GET", where + (pages.length > 0 ? `&cursor=${pages.at(-1).next}` : "")));
  while (pages.at(-1).next);
  return pages;
}

/** Every part, in pages of every size, is what the feed says it is; so are the totals. */
async function check(inbox) {
  const entries = [...inbox.entries.values()].filter(({ member }) => member);
  for (const [filter, has] of Object.entries(PARTS)) {
    const expected = entries.filter(has).sort((a, b) => Number(b.pinned ?? false) - Number(a.pinned ?? false) || b.at - a.at || (a.id > b.id ? -1 : 1));
    const pinned = expected.filter((entry) => entry.pinned).length;
    for (const limit of [1, 3, 100]) {
      const pages = await part(filter, limit);
      assert.deepEqual(pages.flatMap((page) => page.entries), expected, `${filter} by ${limit}`);
      assert.equal(pages[0].entries.length, Math.min(pinned + limit, expected.length), "pinned ones come whole with the first page");
      for (const page of pages) assert.deepEqual([plain(page.totals), page.version], [totalsOf(entries), inbox.version]);
    }
  }
  return totalsOf(entries);
}

test("parts of the list over HTTP are those of the feed, and totals the same in pages, changes, frames and after a restart", async () => {
  const inbox = bob.inbox();
  const convs = [await bob.direct("sub:alice")];
  for (let count = 1; count < 10; count++) convs.push(await alice.group(`Group ${count}`, ["sub:bob"]));
  for (const [at, conv] of convs.entries()) if (at % 2 === 0) for (let count = 0; count <= at; count++) await alice.send(conv, `line ${count}`, count === 1 ? { mentions: [bob.id] } : {});
  for (const [at, conv] of convs.entries()) await inbox.entry(conv, ({ unread, mentions = 0 }) => unread === (at % 2 === 0 ? at + 1 : 0) && mentions === (at > 1 && at % 2 === 0 ? 1 : 0), "everything said");
  assert.deepEqual(await check(inbox), { conversations: 5, unread: 25, mentions: 4, archived: 0, hidden: 0 });
  await lay(convs[8], { pinned: true });
  await lay(convs[1], { pinned: true });
  await lay(convs[2], { muted_until: Date.now() + HOUR });
  await lay(convs[4], { archived: true });
  await lay(convs[6], { hidden: true });
  await lay(convs[3], { marked_unread: true });
  await lay(convs[5], { archived: true, marked_unread: true });
  await inbox.entry(convs[5], ({ archived }) => archived, "the last word");
  // What waits: the direct one, the first pinned one, and the marked one.
  const expected = { conversations: 3, unread: 10, mentions: 1, archived: 2, hidden: 1 };
  assert.deepEqual(await check(inbox), expected);
  const other = bob.inbox({ hello: {} });
  await other.until(() => other.welcome);
  assert.deepEqual([plain(other.welcome.totals), other.welcome.version], [expected, inbox.version]);
  const { totals, version } = await bob.ok("GET", `/v1/inbox/changes?after=${inbox.version}`);
  assert.deepEqual([plain(totals), version], [expected, inbox.version]);
  assert.equal((await bob.ok("GET", "/v1/inbox/changes?after=0&limit=1")).totals, undefined, "where more changes are due there are no totals");
  const { seq } = await alice.send(convs[6], "come back");
  for (const line of [inbox, other]) await line.entry(convs[6], ({ head_seq }) => head_seq === seq, "what was hidden");
  assert.deepEqual(plain(other.totals), { ...expected, conversations: 4, unread: 18, mentions: 2, hidden: 0 });
  assert.deepEqual(other.totals, inbox.totals);
  await Promise.all([inbox.close(), other.close()]);
  await server.restart();
  const again = bob.inbox();
  await again.until(() => again.version === inbox.version, "all changes");
  await check(again);
  assert.deepEqual(again.totals, inbox.totals);
  await again.close();
});

test("when a mute ends, what waits counts again without a change of the feed", async () => {
  const inbox = bob.inbox();
  const conv = await alice.group("Muted for a moment", ["sub:bob"]);
  const { seq } = await alice.send(conv, "psst");
  await inbox.entry(conv, ({ head_seq }) => head_seq === seq, "the message");
  const before = inbox.totals.unread;
  const until = Date.now() + 1_500;
  await lay(conv, { muted_until: until });
  await inbox.entry(conv, ({ muted_until }) => muted_until === until, "the mute");
  assert.deepEqual([inbox.totals.unread, inbox.totals.until], [before - 1, until]);
  const { version } = inbox;
  for (;;) {
    const { totals } = await bob.ok("GET", `/v1/inbox/changes?after=${version}`);
    if (totals.unread === before) break;
    assert.equal(totals.unread, before - 1);
    assert.ok(Date.now() < until + 10_000, "the mute has ended");
  }
  assert.equal(inbox.version, version);
  await inbox.close();
});

test("of an inbox without conversations every part is empty", async () => {
  const carol = await Person.of(server, "carol");
  for (const filter of Object.keys(PARTS).slice(1)) {
    const page = await carol.ok("GET", `/v1/inbox?filter=${filter}`);
    assert.deepEqual(page, { version: 0, entries: [], unread: 0, totals: { conversations: 0, unread: 0, mentions: 0 } });
  }
  const line = carol.inbox();
  await line.until(() => line.welcome);
  assert.deepEqual(line.welcome.totals, { conversations: 0, unread: 0, mentions: 0 });
  await line.close();
});
