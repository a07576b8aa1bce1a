/**
 * The product's own script, with its statements counted as the runtime counts them: rows written and read, and alarms set, by class of object.
 * `GET /counted` says what was counted since it was last asked.
 */
import Gateway, * as product from "../workers/gateway/build/index.js";

let cursors = [];
let alarms = {};
const watched = new WeakSet();

/** Counts what an object's storage is asked. The platform's methods stand on prototypes that all objects share. */
function watch(of, { storage }) {
  const sql = storage.sql;
  const prototypes = { sql: Object.getPrototypeOf(sql), storage: Object.getPrototypeOf(storage) };
  names.set(sql, of).set(storage, of);
  if (watched.has(prototypes.sql)) return;
  watched.add(prototypes.sql);
  const { exec } = prototypes.sql;
  prototypes.sql.exec = function (...statement) {
    const cursor = exec.apply(this, statement);
    cursors.push([names.get(this), cursor]);
    return cursor;
  };
  const { setAlarm } = prototypes.storage;
  prototypes.storage.setAlarm = function (...when) {
    const name = names.get(this);
    alarms[name] = (alarms[name] ?? 0) + 1;
    return setAlarm.apply(this, when);
  };
}

const names = new WeakMap();

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
    const sums = {};
    for (const [name, { rowsWritten, rowsRead }] of cursors) {
      const sum = (sums[name] ??= { written: 0, read: 0, statements: 0, alarms: 0 });
      sum.written += rowsWritten;
      sum.read += rowsRead;
      sum.statements += 1;
    }
    for (const [name, count] of Object.entries(alarms)) (sums[name] ??= { written: 0, read: 0, statements: 0, alarms: 0 }).alarms = count;
    [cursors, alarms] = [[], {}];
    return Response.json(sums);
  }
}
