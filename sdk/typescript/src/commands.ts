import type { Command, NewContent, ReplyTo, Role, UserRef } from "./wire.ts";

/** Whom a text addresses: members, every member, the members of roles. */
export interface Mentions {
  mentions?: UserRef[];
  mentionEveryone?: boolean;
  mentionRoles?: Role[];
}

/** A message to reply to: its seq, with the version held, or another version of it. */
export type ReplyTarget = number | { readonly seq: number; readonly version?: number };

export function send(content: string | NewContent, mentions: Mentions, replyTo: ReplyTo | undefined, thread: number | undefined): Command {
  return { type: "message.send", content: newContent(content, mentions), ...(replyTo && { reply_to: replyTo }), ...(thread !== undefined && { thread }) };
}

export function edit(seq: number, content: string | NewContent, options: Mentions & { expectVersion?: number }): Command {
  const { expectVersion } = options;
  return { type: "message.edit", seq, content: newContent(content, options), ...(expectVersion !== undefined && { expect_version: expectVersion }) };
}

export function setRole(user: UserRef, role: Role): Command {
  return { type: "member.set_role", user, role };
}

/** A reply names the version its author saw: the one held, unless they say. */
export function replyTo(target: ReplyTarget | undefined, versionOf: (seq: number) => number): ReplyTo | undefined {
  if (target === undefined) return undefined;
  const { seq, version } = typeof target === "number" ? { seq: target, version: undefined } : target;
  return { seq, version: version ?? versionOf(seq) };
}

function newContent(content: string | NewContent, { mentions, mentionEveryone, mentionRoles }: Mentions): NewContent {
  if (typeof content !== "string") return content;
  return {
    kind: "text",
    text: content,
    ...(mentions?.length && { mentions }),
    ...(mentionEveryone && { mention_everyone: true }),
    ...(mentionRoles?.length && { mention_roles: mentionRoles }),
  };
}
