import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import { type App, sentence } from "../state/app.ts";
import { t } from "../text/strings.ts";
import { FormError } from "./FormError.tsx";

/** Whether others find the person by name. Shown where there is a directory. */
export function ListedSetting({ app }: { app: App }) {
  const id = useId();
  const failure = useSignal("");
  const busy = useSignal(false);
  const { directory } = app;
  const wait = (asked: Promise<void>): void => {
    failure.value = "";
    asked.catch((error: unknown) => (failure.value = sentence(error))).finally(() => (busy.value = false));
  };
  useEffect(() => wait(directory.load()), [directory]);
  const listed = directory.settings.value?.listed ?? false;
  if (!directory.available) return null;
  return (
    <>
      <label class="switch-line">
        <span>
          <b>{t.directory.setting}</b>
          <span class="field-hint" id={`${id}-hint`}>
            {t.directory.settingHint}
          </span>
        </span>
        <input
          type="checkbox"
          role="switch"
          aria-label={t.directory.setting}
          aria-describedby={`${id}-hint`}
          checked={listed}
          aria-disabled={busy.value}
          onClick={(event) => {
            // It shows what the server says.
            event.preventDefault();
            if (busy.peek()) return;
            busy.value = true;
            wait(directory.setListed(!listed));
          }}
          data-testid="setting-listed"
        />
      </label>
      <FormError text={failure.value} />
    </>
  );
}
