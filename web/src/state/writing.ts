import type { ConversationState } from "@quipu/client";
import { allows } from "./permissions.ts";

/** The end of a mute that lasts until it is lifted. */
export const FOREVER_MS = Number.MAX_SAFE_INTEGER;

/** Why somebody cannot write now, and until when where that is known (server's clock, Unix milliseconds). */
export type Obstacle = { readonly why: "post" | "frozen" } | { readonly why: "slow" | "muted"; readonly until: number };

/** Whether a freeze keeps you from writing, editing, reacting and pinning. */
export function isFrozen({ you, settings }: Pick<ConversationState, "you" | "settings">): boolean {
  return settings.frozen && !allows(you?.role ?? "guest", "moderate");
}

/** Until when you are muted; null when you are not, or it is over at this time by the server's clock. */
export function mutedUntil({ you }: Pick<ConversationState, "you">, now: number): number | null {
  const until = you?.mutedUntil ?? null;
  return until !== null && until > now ? until : null;
}

/** What keeps you from sending a message, or a reply in a thread, at this time by the server's clock; the server has the last word. */
export function obstacle(state: Pick<ConversationState, "you" | "kind" | "settings">, now: number, inThread = false): Obstacle | null {
  const { you, kind, settings } = state;
  if (!you || kind !== "group") return null;
  if (!allows(you.role, inThread ? "reply" : "write", settings)) return { why: "post" };
  if (isFrozen(state)) return { why: "frozen" };
  const muted = mutedUntil(state, now);
  if (muted !== null) return { why: "muted", until: muted };
  if (you.nextAt !== null && you.nextAt > now) return { why: "slow", until: you.nextAt };
  return null;
}
