import type { Command, NewContent, ReplyTo, Role, UserRef } from "./wire.ts";

/** A message to reply to: its seq, with the version held, or another version of it. */
export type ReplyTarget = number | { readonly seq: number; readonly version?: number };

export function send(content: string | NewContent, mentions: UserRef[] | undefined, replyTo: ReplyTo | undefined): Command {
  return { type: "message.send", content: newContent(content, mentions), ...(replyTo && { reply_to: replyTo }) };
}

export function edit(seq: number, content: string | NewContent, options: { mentions?: UserRef[]; expectVersion?: number }): Command {
  const { mentions, expectVersion } = options;
  return { type: "message.edit", seq, content: newContent(content, mentions), ...(expectVersion !== undefined && { expect_version: expectVersion }) };
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

function newContent(content: string | NewContent, mentions: UserRef[] | undefined): NewContent {
  if (typeof content !== "string") return content;
  return { kind: "text", text: content, ...(mentions && mentions.length > 0 && { mentions }) };
}
