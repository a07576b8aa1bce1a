// What every SQL backend must pass, inside the runtime: the same checks that `cargo test -p quipu-store` runs over rusqlite.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startServer } from "../harness/server.mjs";

test("the store's suite passes in a Durable Object", { timeout: 120_000 }, async (t) => {
  const server = await startServer({ development: true });
  t.after(() => server.stop());
  const response = await fetch(`${server.url}/v1/dev/store-suite`, { method: "POST" });
  const passed = await response.json();
  assert.equal(response.status, 200, JSON.stringify(passed));
  // It ends at the first failure with another status; that it got from the log to the account is seen by what it passed.
  for (const check of ["migrations run once", "a key names one command for ever", "projections rebuilt are the projections kept", "pins are kept, go with their message, and are rebuilt", "the newest preview of a message comes with its page, to those who may see it", "tickets are used once, expire and are bounded"]) {
    assert.ok(passed.includes(check), `${check}\n${passed.join("\n")}`);
  }
});
