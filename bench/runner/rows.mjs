// What a message leaves in the databases: rows and index entries, counted in the files after the server has stopped.
import { readdirSync } from "node:fs";
import path from "node:path";

/** Rows for each class of objects, divided by the messages sent, by table; an entry of an index counts as a row, as it does on the bill. */
export async function rowsPerMessage(directory, messages) {
  const { DatabaseSync } = await import("node:sqlite");
  const result = {};
  for (const className of readdirSync(path.join(directory, "data"))) {
    const folder = path.join(directory, "data", className);
    const tables = {};
    for (const file of readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name))) {
      const database = new DatabaseSync(path.join(folder, file));
      for (const { name, sql } of database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'").all()) {
        if (/^CREATE VIRTUAL/i.test(sql)) continue;
        const { count } = database.prepare(`SELECT count(*) AS count FROM "${name}"`).get();
        // The primary key of a table without row ids is the table itself.
        const indexes = database.prepare(`PRAGMA index_list("${name}")`).all().filter(({ origin }) => !(origin === "pk" && /WITHOUT\s+ROWID/i.test(sql)));
        tables[name] = (tables[name] ?? 0) + count * (1 + indexes.length);
      }
      database.close();
    }
    const kept = Object.entries(tables).map(([name, count]) => [name, count / messages]).filter(([, share]) => share >= 0.001);
    if (kept.length) result[className] = Object.fromEntries(kept);
  }
  return result;
}
