import assert from "node:assert/strict";
import { test } from "node:test";
import { addableRoles, allows, grantableRoles, type Moving, mayRemove } from "./permissions.ts";

const ACTIONS = ["write", "react", "pin", "add", "remove", "changeRole", "appointModerator", "appoint", "update", "deleteOthers", "moderate", "settings"] as const;

test("owners may do all, guests may only write and react", () => {
  for (const action of ACTIONS) {
    assert.equal(allows("owner", action), true, action);
    assert.equal(allows("guest", action), action === "write" || action === "react", action);
  }
});

test("moderators keep the peace, and neither appoint nor change settings", () => {
  const theirs = ACTIONS.filter((action) => allows("moderator", action));
  assert.deepEqual(theirs, ["write", "react", "pin", "add", "remove", "deleteOthers", "moderate"]);
});

test("settings move who writes, who adds and who makes invite links, and nothing else", () => {
  const broadcast = { post: "admins", add: "everyone", invite: "members" } as const;
  assert.deepEqual(["guest", "moderator", "admin"].map((role) => allows(role as "guest", "write", broadcast)), [false, false, true]);
  assert.equal(allows("guest", "add", broadcast), true);
  assert.deepEqual(["guest", "member"].map((role) => allows(role as "guest", "invite", broadcast)), [false, true]);
  assert.equal(allows("moderator", "invite"), false);
  assert.equal(allows("guest", "deleteOthers", broadcast), false);
});

test("every row that a setting moves has one, threads follow who writes, and in a crowd members never mention all", () => {
  const roles = ["guest", "member", "moderator", "admin", "owner"] as const;
  const least = (action: Parameters<typeof allows>[1], settings: Moving) => roles.find((role) => allows(role, action, settings));
  const open = { post: "everyone", add: "members", invite: "admins" } as const;
  for (const [action, setting] of [["react", "react"], ["pin", "pin"], ["mentionMany", "mention"], ["reply", "thread"]] as const) {
    assert.equal(least(action, { ...open, [setting]: "admins" }), "admin", action);
    assert.equal(least(action, { ...open, [setting]: "everyone" }), "guest", action);
  }
  assert.equal(least("reply", { ...open, post: "admins" }), "admin");
  assert.equal(least("reply", { ...open, post: "admins", thread: "members" }), "member");
  assert.deepEqual([least("mentionCrowd", { ...open, mention: "everyone" }), least("mentionCrowd", { ...open, mention: "admins" })], ["moderator", "admin"]);
  assert.deepEqual([least("pin", open), least("react", open), least("mentionMany", open)], ["member", "guest", "member"]);
});

test("who may add members gives them an ordinary role; admins moderators, too, and owners any", () => {
  assert.deepEqual(addableRoles("guest"), []);
  assert.deepEqual(addableRoles("member"), ["guest", "member"]);
  assert.deepEqual(addableRoles("moderator"), ["guest", "member"]);
  assert.deepEqual(addableRoles("admin"), ["guest", "member", "moderator"]);
  assert.deepEqual(addableRoles("owner"), ["guest", "member", "moderator", "admin", "owner"]);
  assert.deepEqual(addableRoles("member", { post: "everyone", add: "admins", invite: "admins" }), []);
});

test("only those of a lower role can be removed, but owners remove anybody", () => {
  assert.equal(mayRemove("admin", "moderator"), true);
  assert.equal(mayRemove("admin", "admin"), false);
  assert.equal(mayRemove("moderator", "member"), true);
  assert.equal(mayRemove("moderator", "moderator"), false);
  assert.equal(mayRemove("member", "guest"), false);
  assert.equal(mayRemove("owner", "owner"), true);
});

test("only owners appoint and depose admins and owners", () => {
  assert.deepEqual(grantableRoles("admin", "member"), ["guest", "member", "moderator"]);
  assert.deepEqual(grantableRoles("admin", "admin"), ["admin"]);
  assert.deepEqual(grantableRoles("owner", "admin"), ["guest", "member", "moderator", "admin", "owner"]);
  assert.deepEqual(grantableRoles("moderator", "guest"), ["guest"]);
  // Stepping down.
  assert.deepEqual(grantableRoles("admin", "admin", true), ["guest", "member", "moderator", "admin"]);
  assert.deepEqual(grantableRoles("moderator", "moderator", true), ["guest", "member", "moderator"]);
  assert.deepEqual(grantableRoles("member", "member", true), ["guest", "member"]);
});
