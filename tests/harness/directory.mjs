/**
 * A D1 database for a bare workerd, which has the client of one and no server: its protocol over the SQLite of one object.
 * `POST /harness` with `{ "down": true }` makes it refuse everything, `{ "sql": … }` asks it directly, `{ "written": true }` how many rows the
 * product wrote since it was last asked.
 */
import { DurableObject } from "cloudflare:workers";

export class Database extends DurableObject {
  #sql = this.ctx.storage.sql;
  #written = 0;

  async fetch(request) {
    const asked = await request.json();
    if (new URL(request.url).pathname === "/harness") {
      if (asked.written) {
        const written = this.#written;
        this.#written = 0;
        return Response.json({ results: written });
      }
      if (asked.down !== undefined) await this.ctx.storage.put("down", asked.down);
      return Response.json(asked.sql === undefined ? null : this.#run({ sql: asked.sql }, "ARRAY_OF_OBJECTS"));
    }
    if (await this.ctx.storage.get("down")) return Response.json({ success: false, error: "the database is down" }, { status: 500 });
    const format = new URL(request.url).searchParams.get("resultsFormat");
    try {
      const queries = Array.isArray(asked) ? asked : [asked];
      return Response.json(this.ctx.storage.transactionSync(() => queries.map((query) => this.#run(query, format))));
    } catch (error) {
      return Response.json({ success: false, error: error.message }, { status: 500 });
    }
  }

  #run({ sql, params }, format) {
    const cursor = this.#sql.exec(sql, ...(params ?? []));
    const rows = [...cursor.raw()];
    this.#written += cursor.rowsWritten;
    const objects = () => rows.map((row) => Object.fromEntries(cursor.columnNames.map((name, index) => [name, row[index]])));
    const results = format === "ROWS_AND_COLUMNS" ? { columns: cursor.columnNames, rows } : objects();
    const meta = { served_by: "tests", duration: 0, changes: 0, last_row_id: 0, changed_db: cursor.rowsWritten > 0, size_after: this.#sql.databaseSize };
    return { success: true, results, meta: { ...meta, rows_read: cursor.rowsRead, rows_written: cursor.rowsWritten } };
  }
}

export default {
  fetch: (request, env) => env.DATABASE.get(env.DATABASE.idFromName("directory")).fetch(request),
};
