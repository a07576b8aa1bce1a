import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { t } from "../text/strings.ts";
import { Mark } from "./Icon.tsx";

/** Shown while the client starts, and where it cannot. */
export function Waiting({ problem, hint, onRetry }: { problem?: string; hint?: string; onRetry?: () => void }) {
  return (
    <main class="start" data-testid="starting">
      <Mark />
      <h1>{t.appName}</h1>
      <p role="status">{problem ?? t.loading}</p>
      {hint && <p class="quiet">{hint}</p>}
      {onRetry && (
        <button type="button" class="button button-primary" onClick={onRetry}>
          {t.retry}
        </button>
      )}
    </main>
  );
}

/** Sign-in by a token that the team's own server made. */
export function SignIn({ problem, onToken }: { problem?: string | undefined; onToken: (token: string) => void }) {
  const token = useSignal("");
  const id = useId();
  return (
    <main class="start">
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
        {problem && (
          <p class="form-error" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" class="button button-primary" data-testid="sign-in">
          {t.signIn}
        </button>
      </form>
    </main>
  );
}
