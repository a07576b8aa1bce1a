import assert from "node:assert/strict";
import { test } from "node:test";
import { addableRoles, allows, grantableRoles, mayRemove } from "./permissions.ts";

test("owners may do all, guests may only write and react", () => {
  for (const action of ["write", "react", "pin", "add", "remove", "changeRole", "appoint", "update", "deleteOthers"] as const) {
    assert.equal(allows("owner", action), true, action);
    assert.equal(allows("guest", action), action === "write" || action === "react", action);
  }
});

test("who may add members gives them an ordinary role; owners any", () => {
  assert.deepEqual(addableRoles("guest"), []);
  assert.deepEqual(addableRoles("member"), ["guest", "member"]);
  assert.deepEqual(addableRoles("admin"), ["guest", "member"]);
  assert.deepEqual(addableRoles("owner"), ["guest", "member", "admin", "owner"]);
});

test("only those of a lower role can be removed, but owners remove anybody", () => {
  assert.equal(mayRemove("admin", "member"), true);
  assert.equal(mayRemove("admin", "admin"), false);
  assert.equal(mayRemove("member", "guest"), false);
  assert.equal(mayRemove("owner", "owner"), true);
});

test("only owners appoint and depose admins and owners", () => {
  assert.deepEqual(grantableRoles("admin", "member"), ["guest", "member"]);
  assert.deepEqual(grantableRoles("admin", "admin"), ["admin"]);
  assert.deepEqual(grantableRoles("owner", "admin"), ["guest", "member", "admin", "owner"]);
  assert.deepEqual(grantableRoles("member", "guest"), ["guest"]);
  // Stepping down.
  assert.deepEqual(grantableRoles("admin", "admin", true), ["guest", "member", "admin"]);
});
