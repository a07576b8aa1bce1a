import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { DemoPerson } from "../state/session.ts";
import { t } from "../text/strings.ts";
import { Mark } from "./Icon.tsx";
import { SettingsButton } from "./Settings.tsx";

/** Shown while the client starts, and, with `onRetry`, where it cannot because there is no server. */
export function Waiting({ onRetry }: { onRetry?: () => void }) {
  return (
    <main class="start" data-testid="starting">
      {onRetry && <SettingsButton />}
      <Mark />
      <h1>{t.appName}</h1>
      <p role="status">{onRetry ? t.serverUnreachable : t.loading}</p>
      {onRetry && <p class="quiet">{t.serverUnreachableHint}</p>}
      {onRetry && (
        <button type="button" class="button button-primary" onClick={onRetry}>
          {t.retry}
        </button>
      )}
    </main>
  );
}

/** Sign-in by a token that the team's own server made; `refused` is the one before, and `invited` is who came by an invite link. */
export function SignIn({ refused, invited, onToken }: { refused: boolean; invited: boolean; onToken: (token: string) => void }) {
  const token = useSignal("");
  const id = useId();
  return (
    <main class="start">
      <SettingsButton />
      <Mark />
      <h1>{t.appName}</h1>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (token.value.trim() !== "") onToken(token.value.trim());
        }}
      >
        {invited && <p data-testid="sign-in-invited">{t.invites.signInFirst}</p>}
        <p class="quiet">{t.signInIntro}</p>
        <div class="field">
          <label for={id}>{t.token}</label>
          <textarea id={id} rows={4} autocomplete="off" spellcheck={false} value={token.value} onInput={(event) => (token.value = event.currentTarget.value)} data-testid="token" />
        </div>
        {refused && (
          <p class="form-error" role="alert">
            {t.tokenRefused}
          </p>
        )}
        <button type="submit" class="button button-primary" data-testid="sign-in">
          {t.signIn}
        </button>
      </form>
    </main>
  );
}

/** On a development server: who of the seeded world follows an invite link. */
export function WhoJoins({ people, token, onCancel }: { people: readonly DemoPerson[]; token: string; onCancel: () => void }) {
  return (
    <main class="start" data-testid="who-joins">
      <SettingsButton />
      <Mark />
      <h1>{t.invites.invitation}</h1>
      <p class="quiet">{t.invites.whoJoins}</p>
      <ul class="who-joins" role="list">
        {people.map(({ subject, name }) => (
          <li key={subject}>
            <a class="chip chip-link" href={`/?${new URLSearchParams({ as: subject })}#/join/${token}`} data-testid="who" data-subject={subject}>
              <bdi>{name}</bdi>
            </a>
          </li>
        ))}
      </ul>
      <button type="button" class="button" onClick={onCancel}>
        {t.invites.notNow}
      </button>
    </main>
  );
}
