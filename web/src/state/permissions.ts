import type { Role } from "@quipu/client";

/** What not every role may do; the server's table, so that the client offers only what will be granted. */
export type Action = "write" | "react" | "pin" | "add" | "remove" | "changeRole" | "appoint" | "update" | "deleteOthers";

const ORDER: readonly Role[] = ["guest", "member", "admin", "owner"];

const TABLE: Record<Action, readonly [guest: boolean, member: boolean, admin: boolean, owner: boolean]> = {
  write: [true, true, true, true],
  react: [true, true, true, true],
  pin: [false, true, true, true],
  add: [false, true, true, true],
  remove: [false, false, true, true],
  changeRole: [false, false, true, true],
  appoint: [false, false, false, true],
  update: [false, false, true, true],
  deleteOthers: [false, false, true, true],
};

function rank(role: Role): number {
  return ORDER.indexOf(role);
}

/** Whether a role may do it. */
export function allows(role: Role, action: Action): boolean {
  return TABLE[action][rank(role)] ?? false;
}

/** What giving or taking a role is. */
function granting(role: Role): Action {
  return rank(role) >= rank("admin") ? "appoint" : "changeRole";
}

/** Whether somebody of role `mine` may remove a member of role `theirs`: a lower one, and for owners anybody. */
export function mayRemove(mine: Role, theirs: Role): boolean {
  return allows(mine, "remove") && (rank(theirs) < rank(mine) || mine === "owner");
}

/** The roles that `mine` may give to a new member, lowest first. */
export function addableRoles(mine: Role): Role[] {
  return allows(mine, "add") ? ORDER.filter((role) => granting(role) === "changeRole" || allows(mine, "appoint")) : [];
}

/**
 * The roles a member of role `theirs` may be given by somebody of role `mine`, with the present one. Stepping down
 * oneself needs no right over one's own role.
 */
export function grantableRoles(mine: Role, theirs: Role, self = false): Role[] {
  if (!self && !allows(mine, granting(theirs))) return [theirs];
  return ORDER.filter((role) => role === theirs || allows(mine, granting(role)));
}
