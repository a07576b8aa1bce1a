import type { Audience, ConversationSettings, Role } from "@quipu/client";

/** What not every role may do; the server's table, so that the client offers only what will be granted. */
export type Action = "write" | "reply" | "react" | "pin" | "add" | "invite" | "remove" | "changeRole" | "appointModerator" | "appoint" | "update" | "deleteOthers" | "moderate" | "settings" | "mentionMany" | "mentionCrowd";

/** The settings that move a row of the table. */
export type Moving = Pick<ConversationSettings, "post" | "add" | "invite"> & Partial<Pick<ConversationSettings, "mention" | "pin" | "react" | "thread">>;

const ORDER: readonly Role[] = ["guest", "member", "moderator", "admin", "owner"];

const TABLE: Record<Action, readonly [guest: boolean, member: boolean, moderator: boolean, admin: boolean, owner: boolean]> = {
  write: [true, true, true, true, true],
  reply: [true, true, true, true, true],
  react: [true, true, true, true, true],
  pin: [false, true, true, true, true],
  add: [false, true, true, true, true],
  invite: [false, false, false, true, true],
  remove: [false, false, true, true, true],
  changeRole: [false, false, false, true, true],
  appointModerator: [false, false, false, true, true],
  appoint: [false, false, false, false, true],
  update: [false, false, false, true, true],
  deleteOthers: [false, false, true, true, true],
  moderate: [false, false, true, true, true],
  settings: [false, false, false, true, true],
  mentionMany: [false, true, true, true, true],
  mentionCrowd: [false, false, true, true, true],
};

const LEAST: Record<Audience, Role> = { everyone: "guest", members: "member", moderators: "moderator", admins: "admin" };

/** The place of a role among all, lowest first. */
export function rank(role: Role): number {
  return ORDER.indexOf(role);
}

/** What of the settings moves an action. In a crowd the table holds as well. */
function audience(action: Action, settings: Moving): Audience | undefined {
  switch (action) {
    case "write":
      return settings.post;
    case "reply":
      return settings.thread ?? settings.post;
    case "add":
    case "invite":
    case "pin":
    case "react":
      return settings[action];
    case "mentionMany":
    case "mentionCrowd":
      return settings.mention;
    default:
      return undefined;
  }
}

/** Whether a role may do it, under these settings or those of a new conversation. */
export function allows(role: Role, action: Action, settings?: Moving): boolean {
  const moved = settings && audience(action, settings);
  const listed = TABLE[action][rank(role)] ?? false;
  if (moved === undefined) return listed;
  return rank(role) >= rank(LEAST[moved]) && (action !== "mentionCrowd" || listed);
}

/** What giving or taking a role is. */
function granting(role: Role): Action {
  if (role === "moderator") return "appointModerator";
  return rank(role) >= rank("admin") ? "appoint" : "changeRole";
}

/** Whether somebody of role `mine` may remove a member of role `theirs`: a lower one, and for owners anybody. */
export function mayRemove(mine: Role, theirs: Role): boolean {
  return allows(mine, "remove") && (rank(theirs) < rank(mine) || mine === "owner");
}

/** Whether somebody of role `mine` may mute and ban a member of role `theirs`: a lower one. */
export function mayModerate(mine: Role, theirs: Role): boolean {
  return allows(mine, "moderate") && rank(theirs) < rank(mine);
}

/** Whether they may let them write again: owners anybody but themselves. */
export function mayUnmute(mine: Role, theirs: Role): boolean {
  return mayModerate(mine, theirs) || mine === "owner";
}

/** The roles that `mine` may give to a new member, lowest first: the ordinary ones, and those it may appoint. */
export function addableRoles(mine: Role, settings?: Moving): Role[] {
  return allows(mine, "add", settings) ? ORDER.filter((role) => granting(role) === "changeRole" || allows(mine, granting(role))) : [];
}

/** The roles a member of role `theirs` may be given by somebody of role `mine`, with the present one. Stepping down oneself needs no right. */
export function grantableRoles(mine: Role, theirs: Role, self = false): Role[] {
  if (!self && !allows(mine, granting(theirs))) return [theirs];
  return ORDER.filter((role) => role === theirs || allows(mine, granting(role)) || (self && rank(role) < rank(theirs)));
}
