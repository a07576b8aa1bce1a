// The directory of people: found by name where they chose to be, hidden from whom they block, told to a database that nothing waits for.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FAST, Person } from "../harness/client.mjs";
import { startServer } from "../harness/server.mjs";

const PATIENCE_MS = 60_000;
let server;
before(async () => {
  server = await startServer({ directory: true, counting: true, vars: FAST });
});
after(() => server?.stop());

let made = 0;
/** Somebody whom nobody else in these tests knows, with a name. */
function person(name, on = server, more = {}) {
  made += 1;
  return Person.of(on, `person-${made}`, { name, ...more });
}
const choose = (who, listed) => who.ok("PATCH", "/v1/me/directory", { body: { listed } });
const address = (q, more = "") => `/v1/people?q=${encodeURIComponent(q)}${more}`;
/** A page; waits as it is told to where that is asked too often. */
async function ask(who, q, more) {
  for (;;) {
    const { status, body } = await who.call("GET", address(q, more));
    if (status === 200) return body;
    assert.equal(body.code, "rate_limited", JSON.stringify(body));
    await new Promise((resolve) => setTimeout(resolve, body.retry_after_ms));
  }
}
const found = async (who, q) => (await ask(who, q)).people.map(({ user }) => user);
/** Asks until what the directory says is so: accounts tell it in their own time. */
async function until(get, holds) {
  for (const deadline = Date.now() + PATIENCE_MS; ; ) {
    const got = await get();
    if (holds(got)) return got;
    assert.ok(Date.now() < deadline, JSON.stringify(got));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
const finds = (who, q, whom) => until(() => found(who, q), (users) => users.includes(whom.id));
const findsNot = (who, q, whom) => until(() => found(who, q), (users) => !users.includes(whom.id));
const rows = (on, sql) => on.directory({ sql });
const rowOf = async (who, on = server) => (await rows(on, `SELECT * FROM people WHERE id = '${who.id}'`))[0];
const untilRow = (who, holds, on = server) => until(() => rowOf(who, on).catch(() => undefined), holds);

test("who chose to be found is, by the beginning of any word of their name, and leaves when they say so", async () => {
  const picture = "https://example.org/ana.png";
  const [ana, ben] = [await person("Ana García-Łoś", server, { picture }), await person("Ben")];
  assert.deepEqual(await ana.ok("GET", "/v1/me/directory"), { available: true, listed: false });
  assert.deepEqual(await found(ben, "ana"), []);
  assert.deepEqual(await choose(ana, true), { available: true, listed: true });
  await finds(ben, "ana", ana);
  for (const q of ["ANA", "garcia", "gar", "García Ł", "ana garcía", "los", "Łoś a"]) {
    assert.deepEqual((await ask(ben, q)).people, [{ user: ana.id, name: "Ana García-Łoś", picture }], q);
  }
  for (const q of ["na", "arcia", "ana ben", "%", "_"]) assert.deepEqual(await found(ben, q), [], q);
  assert.deepEqual(await found(ana, "ana"), [], "nobody finds themselves");
  assert.deepEqual(await choose(ana, false), { available: true, listed: false });
  await findsNot(ben, "ana", ana);
  const gone = await rowOf(ana);
  assert.deepEqual([gone.name, gone.picture, gone.keys, gone.hidden_from], [null, null, "[]", ""], "nothing of them stays");
  assert.deepEqual(await rows(server, `SELECT * FROM people_keys WHERE id = '${ana.id}'`), []);
  // The same again, and back.
  await choose(ana, false);
  await choose(ana, true);
  await finds(ben, "ana", ana);
  // Whoever is found can be written to by their id.
  assert.match(await ben.direct(ana.id), /^dg/);
});

test("a new name and picture are told, and the old name finds nobody", async () => {
  const [vera, ben] = [await person("Vera Oldname"), await person("Ben")];
  await choose(vera, true);
  await finds(ben, "oldname", vera);
  await vera.ok("PATCH", "/v1/me/profile", { body: { name: "Vera Newname", picture: "https://example.org/v.png" } });
  await finds(ben, "newname", vera);
  assert.deepEqual((await ask(ben, "vera n")).people, [{ user: vera.id, name: "Vera Newname", picture: "https://example.org/v.png" }]);
  assert.deepEqual(await found(ben, "oldname"), []);
  // The token's name counts where nothing was set; that of another token is taken when it is seen.
  await vera.ok("PATCH", "/v1/me/profile", { body: { name: "" } });
  await finds(ben, "oldname", vera);
});

test("two words of a name are enough, whatever stands between them, and each person comes once", async () => {
  const [juana, ben] = [await person("Juana Inés Beltrán"), await person("Ben")];
  await choose(juana, true);
  await finds(ben, "juana beltran", juana);
  for (const q of ["Beltrán Juana", "ines juana", "juana ines b", "inés beltran"]) assert.deepEqual(await found(ben, q), [juana.id], q);
  assert.deepEqual(await found(ben, "juana gomez"), []);
  await choose(juana, false);
});

test("whoever is blocked does not find who blocks them; all others do", async () => {
  const [zoe, ben, cleo] = [await person("Zoe Hides"), await person("Ben"), await person("Cleo")];
  await zoe.ok("PUT", `/v1/blocks/${ben.id}`);
  await choose(zoe, true);
  await finds(cleo, "zoe", zoe);
  assert.deepEqual(await found(ben, "zoe"), []);
  await zoe.ok("DELETE", `/v1/blocks/${ben.id}`);
  await finds(ben, "zoe", zoe);
  await zoe.ok("PUT", `/v1/blocks/${ben.id}`);
  await zoe.ok("PUT", `/v1/blocks/${cleo.id}`);
  await findsNot(ben, "zoe", zoe);
  await findsNot(cleo, "zoe", zoe);
  // Who blocks is not kept from finding.
  await choose(ben, true);
  await finds(zoe, "ben", ben);
  // Out of the directory it says of nobody whom they block.
  await choose(zoe, false);
  await untilRow(zoe, ({ name }) => name === null);
  assert.equal((await rowOf(zoe)).hidden_from, "");
});

test("pages go on, whole and in order, each person once; what cannot be asked is refused", async () => {
  const ben = await person("Ben");
  const names = ["Quin Äder", "Quin Adler", "Quinn Quintus", "Rex Quinbus", "Quin 日本", "Quin Zz"];
  const all = await Promise.all(names.map((name) => person(name)));
  await Promise.all(all.map((who) => choose(who, true)));
  await until(() => found(ben, "quin"), (users) => users.length === names.length);
  const seen = [];
  for (let next, first = true; first || next; first = false) {
    const page = await ask(ben, "quin", `&limit=2${next ? `&cursor=${next}` : ""}`);
    assert.ok(page.people.length <= 2);
    seen.push(...page.people);
    next = page.next;
  }
  assert.deepEqual(seen.map(({ name }) => name), ["Quin Äder", "Quin Adler", "Quin Zz", "Quin 日本", "Rex Quinbus", "Quinn Quintus"]);
  for (const more of ["&cursor=x", "&cursor=", "&limit=0", "&limit=51", `&cursor=${Buffer.from(`gg${"0".repeat(26)}quin`).toString("base64url")}`]) {
    await ben.refused("invalid_value", "GET", address("quin", more));
  }
  await ben.refused("invalid_value", "GET", "/v1/people");
  await ben.refused("invalid_value", "GET", address(" \t"));
  await ben.refused("too_large", "GET", address("x".repeat(257)));
  await ben.refused("invalid_value", "PATCH", "/v1/me/directory", { body: {} });
  await ben.refused("invalid_request", "PATCH", "/v1/me/directory", { body: { listed: "yes" } });
  await ben.refused("method_not_allowed", "POST", "/v1/people", { body: {} });
  for (const path of [address("quin"), "/v1/me/directory"]) assert.equal((await fetch(server.url + path)).status, 401);
});

test("another app of the same deployment finds nobody of this one's", async () => {
  const [only, ben] = [await person("Only Here"), await person("Ben")];
  await choose(only, true);
  await finds(ben, "only", only);
  for (const table of ["people", "people_keys"]) await rows(server, `UPDATE ${table} SET app = 'other' WHERE id = '${only.id}'`);
  assert.deepEqual(await found(ben, "only"), []);
});

test("somebody without a name is found once they have one", async () => {
  const [nameless, ben] = [await person(undefined), await person("Ben")];
  await choose(nameless, true);
  await nameless.ok("PATCH", "/v1/me/profile", { body: { name: "Named Late" } });
  await finds(ben, "late", nameless);
});

test("who asks too often waits, and nobody else does", async () => {
  const [eager, ben] = [await person("Eager"), await person("Ben")];
  let problem;
  for (let asked = 0; asked < 200 && !problem; asked++) {
    const { status, body } = await eager.call("GET", address("x"));
    if (status !== 200) problem = body;
  }
  assert.equal(problem?.code, "rate_limited");
  assert.ok(problem.retry && problem.retry_after_ms > 0);
  assert.equal((await ben.call("GET", address("x"))).status, 200);
  // What is refused for what it says costs nothing of it.
  for (let asked = 0; asked < 100; asked++) await ben.refused("invalid_value", "GET", address(""));
  assert.equal((await ben.call("GET", address("x"))).status, 200);
});

test("killed between a choice and its telling, and with the database down, what is so is told in the end", async () => {
  const own = await startServer({ directory: true, vars: FAST });
  try {
    const [ann, ben] = [await person("Ann Through", own), await person("Ben", own)];
    await own.directory({ down: true });
    await choose(ann, true);
    const problem = await ben.refused("directory_unavailable", "GET", address("ann"));
    assert.ok(problem.retry && problem.retry_after_ms > 0);
    await own.kill();
    await own.restart();
    await own.directory({ down: false });
    // Nobody touches the account: its alarm does.
    await finds(ben, "ann", ann);
    await choose(ann, false);
    await own.kill();
    await own.restart();
    await findsNot(ben, "ann", ann);
    await untilRow(ann, ({ name }) => name === null, own);
    // Out while the database does not answer: told when it does.
    await choose(ann, true);
    await finds(ben, "ann", ann);
    await own.directory({ down: true });
    await choose(ann, false);
    await own.directory({ down: false });
    await findsNot(ben, "ann", ann);
  } finally {
    await own.stop();
  }
});

test("where the deployment lists people, newcomers are found once they open their inbox, who does not want to be is not, and a change of mind holds at once", async () => {
  const own = await startServer({ directory: true, vars: { ...FAST, PEOPLE_DIRECTORY: "listed" } });
  let later;
  try {
    const [nina, olga, paul, ben] = [await person("Nina New", own), await person("Olga New", own), await person("Paul New", own), await person("Ben", own)];
    assert.deepEqual(await nina.ok("GET", "/v1/me/directory"), { available: true, listed: true });
    assert.deepEqual(await found(ben, "new"), [], "a token alone makes no account");
    await choose(olga, false);
    await choose(paul, true);
    for (const who of [nina, olga]) {
      const inbox = who.inbox();
      await inbox.opened;
      await inbox.close();
    }
    await finds(ben, "nina", nina);
    assert.deepEqual(new Set(await found(ben, "new")), new Set([nina.id, paul.id]));
    await own.kill();
    later = await startServer({ directory: true, vars: { ...FAST, PEOPLE_DIRECTORY: "unlisted" }, dataDir: own.dataDir, port: own.port });
    assert.deepEqual(await found(ben, "new"), [paul.id], "who chose nothing is found no longer");
    const inbox = nina.inbox();
    await inbox.opened;
    await untilRow(nina, ({ name }) => name === null, later);
    await inbox.close();
  } finally {
    await later?.stop();
    await own.stop();
  }
});

test("without a database the product works, and says that there is no directory", async () => {
  const bare = await startServer({ vars: { ...FAST, PEOPLE_DIRECTORY: "listed" } });
  try {
    const owner = await person("Owner", bare);
    assert.deepEqual(await owner.ok("GET", "/v1/me/directory"), { available: false, listed: false });
    for (const [method, path, more] of [["GET", address("owner")], ["PATCH", "/v1/me/directory", { body: { listed: true } }]]) {
      assert.equal((await owner.refused("directory_unavailable", method, path, more)).retry, false);
    }
    await owner.ok("PATCH", "/v1/me/profile", { body: { name: "Owner Two" } });
  } finally {
    await bare.stop();
  }
});

test("a default that nobody knows is told by health", async () => {
  const wrong = await startServer({ vars: { PEOPLE_DIRECTORY: "maybe" } });
  try {
    const { problems } = await (await fetch(`${wrong.url}/v1/health`)).json();
    assert.deepEqual(problems, ["PEOPLE_DIRECTORY must be `listed` or `unlisted`."]);
  } finally {
    await wrong.stop();
  }
});

/** What an action costs: rows written, and alarms, in accounts and in the database, until nothing more is written. */
async function cost(act) {
  await server.counted();
  await server.directory({ counted: true });
  await act();
  const sum = { account: 0, alarms: 0, database: 0 };
  for (let quiet = 0; quiet < 3; ) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const [{ Account = { written: 0, alarms: 0 } }, database] = [await server.counted(), await server.directory({ counted: true })];
    sum.account += Account.written;
    sum.alarms += Account.alarms;
    sum.database += database.written;
    quiet = Account.written + database.written > 0 ? 0 : quiet + 1;
  }
  return sum;
}

test("rows: a telling writes a few, an inbox that is opened and a search none", async () => {
  const [dot, ben, cleo] = [await person("Dot Rows"), await person("Ben"), await person("Cleo")];
  const open = async () => {
    const inbox = dot.inbox();
    await inbox.opened;
    await inbox.close();
  };
  // The tables are there, and both accounts.
  await choose(cleo, true);
  await finds(ben, "cleo", cleo);
  await dot.ok("PATCH", "/v1/me/profile", { body: { bio: "Here" } });
  await open();
  await cost(() => undefined);
  const costs = {
    choosing: await cost(() => choose(dot, true)),
    blocking: await cost(() => dot.ok("PUT", `/v1/blocks/${ben.id}`)),
    opening: await cost(open),
    searching: await cost(() => finds(cleo, "dot", dot)),
    renaming: await cost(async () => {
      await dot.ok("PATCH", "/v1/me/profile", { body: { name: "Dot Other" } });
      await finds(cleo, "other", dot);
    }),
    leaving: await cost(() => choose(dot, false)),
  };
  console.table(costs);
  // The choice, that it is being told, that it was; the entry and a key for each word.
  assert.deepEqual([costs.choosing.account, costs.choosing.database], [3, 3]);
  assert.equal(costs.blocking.database, 1);
  assert.equal(costs.opening.database + costs.searching.database + costs.searching.account, 0);
  assert.deepEqual([costs.leaving.account, costs.leaving.database], [3, 3]);
});
