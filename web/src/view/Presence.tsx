import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId } from "preact/hooks";
import type { Presence, PresenceAudience } from "@quipu/client/presence";
import { type App, sentence } from "../state/app.ts";
import { clock, dayName, dayNumber } from "../text/dates.ts";
import { t } from "../text/strings.ts";
import { FormError } from "./FormError.tsx";

/** What presence is called; null where there is nothing to say. */
export function presenceText(presence: Presence | null, now = Date.now()): string | null {
  if (presence === null || presence.state === "hidden") return null;
  const { online, away, offline, seenToday, seenYesterday, seenOn } = t.presence;
  if (presence.state === "online") return online;
  if (presence.state === "away") return away;
  const { last_seen: seen } = presence;
  if (seen == null) return offline;
  const age = dayNumber(now) - dayNumber(seen);
  if (age <= 0) return seenToday(clock(seen));
  return age === 1 ? seenYesterday(clock(seen)) : seenOn(dayName(seen, now));
}

/** An avatar with a mark of who is there: a disc for online, a ring for away. Words stand beside it. */
export function Present({ presence, children }: { presence: Presence | null; children: ComponentChildren }) {
  const shown = presence?.state === "online" || presence?.state === "away" ? presence.state : undefined;
  return (
    <span class="present">
      {children}
      {shown && <span class={`presence-mark presence-${shown}`} aria-hidden="true" data-testid="presence-mark" data-presence={shown} />}
    </span>
  );
}

/** Who sees the person's own presence. */
export function PresenceSetting({ app }: { app: App }) {
  const id = useId();
  const audience = useSignal<PresenceAudience | null>(null);
  const failure = useSignal("");
  const wait = (settings: Promise<{ audience: PresenceAudience }>): void => {
    failure.value = "";
    settings.then(
      (now) => (audience.value = now.audience),
      (error: unknown) => (failure.value = sentence(error)),
    );
  };
  useEffect(() => wait(app.presences.settings()), [app]);
  const choices: PresenceAudience[] = ["everyone", "shared", "contacts", "nobody"];
  return (
    <div class="field">
      <label for={id}>{t.presence.audience}</label>
      <select
        id={id}
        value={audience.value ?? ""}
        disabled={audience.value === null}
        aria-describedby={`${id}-hint`}
        onChange={(event) => wait(app.presences.setAudience(event.currentTarget.value as PresenceAudience))}
        data-testid="setting-presence"
      >
        {audience.value === null && <option value="">{t.loading}</option>}
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {t.presence.audiences[choice]}
          </option>
        ))}
      </select>
      <span class="field-hint" id={`${id}-hint`}>
        {t.presence.audienceHint}
      </span>
      <FormError text={failure.value} />
    </div>
  );
}
