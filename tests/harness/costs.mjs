/**
 * What acts cost in rows, counted by the runtime, and the table of docs/operations/costs.md that says so.
 *
 * An act is `async (world) => act`: it makes what has to be there first, in a world of its own, and returns what is counted. Acts of
 * different worlds touch no object in common, so many are tried at once.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { Person } from "./client.mjs";

const DOCUMENT = new URL("../../docs/operations/costs.md", import.meta.url);
const SECTION = "## Rows written per action";
/** Longer than a round of the outbox waits, and than the next begins after it. */
const QUIET_MS = 1_600;
const LOOK_MS = 200;

/** What a cell says: `3 × 2 + 1` is 7, a dash nothing. */
function valueOf(cell) {
  const product = (text) => text.split("×").reduce((value, factor) => value * Number(factor.trim() || NaN), 1);
  const value = cell.replaceAll("*", "").replaceAll("–", "0").split("+").reduce((sum, term) => sum + product(term), 0);
  assert.ok(Number.isInteger(value) && value >= 0, `a cell that is no number of rows: ${cell}`);
  return value;
}

/** The table: by action, its words without footnotes, the rows of its four columns. */
export async function costsTable() {
  const [, after] = (await readFile(DOCUMENT, "utf8")).split(`${SECTION}\n`);
  const [section] = after.split("\n## ");
  const lines = section.split("\n").filter((line) => line.startsWith("|")).slice(2);
  const rows = lines.map((line) => {
    const [action, ...cells] = line.split("|").slice(1, -1).map((cell) => cell.trim());
    return [action.replace(/\s*[⁰¹²³⁴⁵⁶⁷⁸⁹]+/g, ""), cells];
  });
  assert.ok(rows.length > 0, "no table was found");
  assert.equal(new Set(rows.map(([action]) => action)).size, rows.length, "an action that is in the table twice");
  return new Map(rows.map(([action, cells]) => [action, cells]));
}

/** `{ log, outbox, accounts }` of an action that the table has. */
export function costOf(table, action) {
  const cells = table.get(action);
  assert.ok(cells, `the table of costs has no line for: ${action}`);
  assert.equal(cells.length, 4, `a line of the table of costs with ${cells.length} columns: ${action}`);
  const [log, outbox, accounts, all] = cells.map(valueOf);
  assert.equal(all, log + outbox + accounts, `the table of costs adds up: ${action}`);
  return { log, outbox, accounts };
}

/** People and conversations of one act, and nobody else's. */
export class World {
  static #made = 0;
  #name = `w${(World.#made += 1)}`;
  #people = [];
  #named = 0;
  #conversations = [];
  #afterwards = [];

  constructor(server) {
    this.server = server;
  }

  /** Somebody new, whose token has these claims. */
  async person(name = "somebody", claims = {}) {
    const person = await Person.of(this.server, `${this.#name}-${name}-${(this.#named += 1)}`, claims);
    this.#people.push(person);
    return person;
  }

  people(count) {
    return Promise.all(Array.from({ length: count }, () => this.person()));
  }

  /** Two people with a direct conversation, which is no part of what is counted. */
  async pair(claims = {}) {
    const [one, two] = [await this.person("one", claims), await this.person("two")];
    return { one, two, conv: this.keep(await one.direct(two.id)) };
  }

  /** A group of so many; the first is its owner. */
  async group(size, more = {}, members = undefined) {
    const people = members ?? (await this.people(size));
    const [owner, ...others] = people;
    return { people, owner, conv: this.keep(await owner.group("Costs", others.map(({ id }) => id), more)) };
  }

  /** A conversation that is counted too. */
  keep(conv) {
    this.#conversations.push(conv);
    return conv;
  }

  /** What is to be done when all was counted. */
  later(act) {
    this.#afterwards.push(act);
  }

  /** A socket that is closed when all was counted. */
  async open(line) {
    this.later(() => line.close());
    await line.until(() => line.welcome, "welcome");
    return line;
  }

  end() {
    return Promise.all(this.#afterwards.map((close) => close()));
  }

  /** What its objects did since it was last asked. */
  async counted() {
    const accounts = this.#people.map(({ accountObject: [object, { name }] }) => ({ object, name }));
    const conversations = this.#conversations.map((conv) => ({ object: "CONVERSATION", name: `main/conversation/${conv}` }));
    const counts = await this.server.countedOf([...accounts, ...conversations]);
    const sum = (list, what) => list.reduce((total, one) => total + one[what], 0);
    const [ofAccounts, ofConversations] = [counts.slice(0, accounts.length), counts.slice(accounts.length)];
    const outbox = sum(ofConversations, "outbox");
    return {
      log: sum(ofConversations, "written") - outbox,
      outbox,
      accounts: sum(ofAccounts, "written"),
      read: sum(counts, "read"),
      alarms: sum(counts, "alarms"),
    };
  }
}

/** Resolves when no object wrote anything for longer than what follows an act waits. */
export async function quiet(server) {
  for (let since = Date.now(); Date.now() - since < QUIET_MS; ) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const counted = Object.values(await server.counted());
    if (counted.some(({ written, alarms }) => written + alarms > 0)) since = Date.now();
  }
}

/**
 * Tries acts, each in a world of its own, and returns what each cost.
 * @param {Record<string, (world: World) => Promise<() => Promise<unknown>>>} acts
 */
export async function measure(server, acts) {
  const worlds = await Promise.all(Object.entries(acts).map(async ([action, prepare]) => {
    const world = new World(server);
    return { action, world, act: await prepare(world) };
  }));
  await quiet(server);
  for (const { world } of worlds) await world.counted();
  await Promise.all(worlds.map(({ act }) => act()));
  await quiet(server);
  const found = new Map();
  for (const { action, world } of worlds) {
    found.set(action, await world.counted());
    await world.end();
  }
  return found;
}
