/**
 * The product's own script, with its statements counted as the runtime counts them: rows written and read, and alarms set.
 * `GET /counted` says what was counted since it was last asked, by class of object; `POST /counted` with `[{ object, name }]`, what these objects
 * did since the same was last asked of them: an object's binding and its name.
 */
import Gateway, * as product from "../workers/gateway/build/index.js";

const NOTHING = { written: 0, outbox: 0, read: 0, statements: 0, alarms: 0 };
/** What was counted and not asked for: by class, and by object's id. */
let [classes, objects] = [new Map(), new Map()];
/** Whose a storage is: class and id. */
const owners = new WeakMap();
const watched = new WeakSet();
let pending = [];

/** Of the outbox: where it stands, and the receipts, which most of its rounds write, with up to which event they were. */
const OUTBOX = { meta: ["outbox", "receipts_seq"], cells: ["receipt"] };
const isOutbox = (sql, [first]) => OUTBOX[/^INSERT INTO (meta|cells) /.exec(sql)?.[1]]?.includes(first) ?? false;

/** Counts what an object's storage is asked. The platform's methods stand on prototypes that all objects share. */
function watch(of, { storage, id }) {
  const sql = storage.sql;
  const prototypes = { sql: Object.getPrototypeOf(sql), storage: Object.getPrototypeOf(storage) };
  const owner = { of, id: id.toString() };
  owners.set(sql, owner).set(storage, owner);
  if (watched.has(prototypes.sql)) return;
  watched.add(prototypes.sql);
  const { exec } = prototypes.sql;
  prototypes.sql.exec = function (text, ...bound) {
    const cursor = exec.call(this, text, ...bound);
    pending.push({ owner: owners.get(this), cursor, outbox: isOutbox(text, bound) });
    return cursor;
  };
  const { setAlarm } = prototypes.storage;
  prototypes.storage.setAlarm = function (...when) {
    add(owners.get(this), { alarms: 1 });
    return setAlarm.apply(this, when);
  };
}

/** Adds to what its class and the object itself did. */
function add({ of, id }, counts) {
  for (const [sums, key] of [[classes, of], [objects, id]]) {
    const sum = sums.get(key) ?? { ...NOTHING };
    for (const [what, number] of Object.entries(counts)) sum[what] += number;
    sums.set(key, sum);
  }
}

/** Cursors know how much they did once they are read. */
function count() {
  for (const { owner, cursor, outbox } of pending) {
    const written = cursor.rowsWritten;
    add(owner, { written, outbox: outbox ? written : 0, read: cursor.rowsRead, statements: 1 });
  }
  pending = [];
}

const counted = (name) =>
  class extends product[name] {
    constructor(state, env) {
      watch(name, state);
      super(state, env);
    }
  };

export class Conversation extends counted("Conversation") {}
export class Account extends counted("Account") {}

export default class Counting extends Gateway {
  async fetch(request) {
    if (new URL(request.url).pathname !== "/counted") return super.fetch(request);
    count();
    if (request.method === "GET") {
      const sums = Object.fromEntries(classes);
      classes = new Map();
      return Response.json(sums);
    }
    const asked = await request.json();
    return Response.json(asked.map(({ object, name }) => {
      const id = this.env[object].idFromName(name).toString();
      const sum = objects.get(id) ?? NOTHING;
      objects.delete(id);
      return sum;
    }));
  }
}
