// Every line of the table of costs, counted by the runtime: docs/operations/costs.md says what is so, or this fails.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as channels from "../costs/channels.mjs";
import * as groups from "../costs/groups.mjs";
import * as messages from "../costs/messages.mjs";
import * as people from "../costs/people.mjs";
import * as polls from "../costs/polls.mjs";
import * as previews from "../costs/previews.mjs";
import * as search from "../costs/search.mjs";
import * as spaces from "../costs/spaces.mjs";
import { FAST } from "../harness/client.mjs";
import { costOf, costsTable, measure } from "../harness/costs.mjs";
import { startServer } from "../harness/server.mjs";

let server, pages, table;
const measured = new Set();

before(async () => {
  table = await costsTable();
  pages = await previews.pages();
  server = await startServer({ counting: true, directory: true, localNetwork: true, vars: { ...FAST, DEV_MODE: "1", DEV_PREVIEWS_LOOPBACK: "1" } });
});
after(async () => {
  await server?.stop();
  pages?.close();
});

/** What the table says that acts cost, in the shape of what is counted. */
function expected(action, beside) {
  const { log, outbox, accounts } = costOf(table, action);
  if (beside === undefined) return { log, outbox, accounts };
  const base = costOf(table, beside);
  return { log: log + base.log, outbox: outbox + base.outbox, accounts: accounts + base.accounts };
}

/** Tries acts together, and holds them against the table. */
async function holds({ default: acts, beside = {} }) {
  const counted = await measure(server, acts);
  const is = Object.fromEntries([...counted].map(([action, { log, outbox, accounts }]) => [action, { log, outbox, accounts }]));
  if (process.env.QUIPU_SHOW_COSTS) console.table(Object.fromEntries(counted));
  for (const action of counted.keys()) measured.add(action);
  assert.deepEqual(is, Object.fromEntries(Object.keys(is).map((action) => [action, expected(action, beside[action])])));
}

test("messages", () => holds(messages));
test("polls", () => holds(polls));
test("conversations, their members and moderators", () => holds(groups));
test("what people lay down for themselves, presence and devices", () => holds(people));
test("searches", () => holds(search));
test("spaces", () => holds(spaces));
test("link previews", () => holds({ default: previews.acts(pages), beside: previews.beside }));

test("public channels, with the rows of their directory", async () => {
  // The first makes the directory's own tables.
  await measure(server, { first: Object.values(channels.default)[0] });
  for (const [action, act] of Object.entries(channels.default)) {
    const asked = async (world) => {
      const done = await act(world);
      return async () => {
        await server.directory({ counted: true });
        return done();
      };
    };
    await holds({ default: { [action]: asked }, beside: channels.beside });
    const [, rows = "0"] = / and (\d) rows? in the directory$/.exec(action) ?? [];
    assert.equal((await server.directory({ counted: true })).written, Number(rows), action);
  }
});

test("no line of the table is measured by nothing", () => {
  assert.deepEqual([...table.keys()].filter((action) => !measured.has(action)), []);
});
