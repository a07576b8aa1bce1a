import type { ConversationState } from "@quipu/client";
import { allows } from "./permissions.ts";

/** Why somebody cannot write now, and until when where that is known (server's clock, Unix milliseconds). */
export type Obstacle = { readonly why: "post" | "frozen" } | { readonly why: "slow"; readonly until: number };

/** Whether a freeze keeps you from writing, editing, reacting and pinning. */
export function isFrozen({ you, settings }: Pick<ConversationState, "you" | "settings">): boolean {
  return settings.frozen && !allows(you?.role ?? "guest", "moderate");
}

/** What keeps you from sending a message at this time by the server's clock; the server has the last word. */
export function obstacle(state: Pick<ConversationState, "you" | "kind" | "settings">, now: number): Obstacle | null {
  const { you, kind, settings } = state;
  if (!you || kind !== "group") return null;
  if (!allows(you.role, "write", settings)) return { why: "post" };
  if (isFrozen(state)) return { why: "frozen" };
  if (you.nextAt !== null && you.nextAt > now) return { why: "slow", until: you.nextAt };
  return null;
}
