import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
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

/** Sign-in by a token that the team's own server made; `refused` is the one before. */
export function SignIn({ refused, onToken }: { refused: boolean; onToken: (token: string) => void }) {
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
