import { signal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { App } from "../state/app.ts";
import { dataSaver, languageChoice, languageFailed, languageOfBrowser, theme } from "../state/preferences.ts";
import { autonym } from "../text/locale.ts";
import { LANGUAGES, type Language, t } from "../text/strings.ts";
import { DevicesSection } from "./Devices.tsx";
import { Dialog } from "./Dialog.tsx";
import { Icon } from "./Icon.tsx";
import { ListedSetting } from "./ListedSetting.tsx";
import { PresenceSetting } from "./Presence.tsx";
import { BlockedList, ReachSetting } from "./Relations.tsx";

/** Whose settings are shown, beside those of the browser. */
const shown = signal<{ app?: App | undefined } | null>(null);

export function SettingsButton({ app }: { app?: App }) {
  return (
    <button type="button" class="icon-button" aria-label={t.settings} title={t.settings} aria-haspopup="dialog" onClick={() => (shown.value = { app })} data-testid="settings">
      <Icon name="settings" />
    </button>
  );
}

/** What the person chooses for this browser, and where they are signed in for themselves. Each choice takes effect at once, under the dialog too. */
export function SettingsDialog() {
  const id = useId();
  if (!shown.value) return null;
  const { app } = shown.value;
  const themes = { auto: t.themeAuto, light: t.themeLight, dark: t.themeDark };
  return (
    <Dialog title={t.settings} onClose={() => (shown.value = null)} testid="settings-dialog" small steady={app !== undefined}>
      <div class="field">
        <label for={`${id}-language`}>{t.settingLanguage}</label>
        <select
          id={`${id}-language`}
          value={languageChoice.value}
          onChange={(event) => languageChoice.choose(event.currentTarget.value as Language | "auto")}
          data-testid="setting-language"
        >
          <option value="auto">{t.languageOfBrowser(autonym(languageOfBrowser()))}</option>
          {LANGUAGES.map((language) => (
            <option key={language} value={language} lang={language}>
              {autonym(language)}
            </option>
          ))}
        </select>
        {languageFailed.value && (
          <p class="form-error" role="alert">
            {t.languageFailed}
          </p>
        )}
      </div>
      <fieldset class="setting">
        <legend>{t.settingTheme}</legend>
        <div class="segments">
          {theme.choices.map((choice) => (
            <label key={choice}>
              <input type="radio" name={`${id}-theme`} value={choice} checked={theme.value === choice} onChange={() => theme.choose(choice)} data-testid={`theme-${choice}`} />
              <span>{themes[choice]}</span>
            </label>
          ))}
        </div>
      </fieldset>
      <label class="switch-line">
        <span>
          <b>{t.dataSaver}</b>
          <span class="field-hint" id={`${id}-saver`}>
            {t.dataSaverHint}
          </span>
        </span>
        <input
          type="checkbox"
          role="switch"
          aria-label={t.dataSaver}
          aria-describedby={`${id}-saver`}
          checked={dataSaver.value === "on"}
          onChange={(event) => dataSaver.choose(event.currentTarget.checked ? "on" : "off")}
          data-testid="setting-data-saver"
        />
      </label>
      {app && <PresenceSetting app={app} />}
      {app && <ReachSetting app={app} />}
      {app && <ListedSetting app={app} />}
      {app && <BlockedList app={app} />}
      {app && <DevicesSection app={app} />}
    </Dialog>
  );
}
