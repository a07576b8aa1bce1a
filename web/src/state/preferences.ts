import { effect, type Signal, signal } from "@preact/signals";
import { bestLanguage, changeLanguage, direction, LANGUAGES, type Language, language } from "../text/strings.ts";

/** A choice that this browser keeps, and that changes in every tab and pane at once. */
export class Preference<Choice extends string> {
  private readonly held: Signal<Choice>;

  /** The first of the choices holds until another is made; it is the one that is not written down. */
  constructor(
    private readonly key: string,
    readonly choices: readonly [Choice, ...Choice[]],
  ) {
    this.held = signal(this.stored());
  }

  get value(): Choice {
    return this.held.value;
  }

  choose(choice: Choice): void {
    this.held.value = choice;
    try {
      if (choice === this.choices[0]) localStorage.removeItem(this.key);
      else localStorage.setItem(this.key, choice);
    } catch {
      // A browser that keeps nothing still does as it is told.
    }
  }

  /** From now on follows what other tabs and panes choose. */
  follow(): void {
    addEventListener("storage", (event) => {
      // Without a key all of the storage was cleared.
      if (event.key === this.key || event.key === null) this.held.value = this.stored();
    });
  }

  private stored(): Choice {
    try {
      const kept = localStorage.getItem(this.key);
      return this.choices.find((choice) => choice === kept) ?? this.choices[0];
    } catch {
      return this.choices[0];
    }
  }
}

/** `auto` follows the system. */
export const theme = new Preference("quipu.theme", ["auto", "light", "dark"]);

/** `auto` follows the browser's languages. */
export const languageChoice = new Preference<Language | "auto">("quipu.language", ["auto", ...LANGUAGES]);

/** Whether pictures and other media of messages are left on the server. A browser that is asked to save data itself is believed. */
export const dataSaver = new Preference("quipu.data-saver", browserSavesData() ? ["on", "off"] : ["off", "on"]);

/** Whether the language chosen could not be loaded. */
export const languageFailed = signal(false);

/** The language that `auto` stands for. */
export function languageOfBrowser(): Language {
  return bestLanguage(navigator.languages);
}

/** Some browsers tell when the person has asked them to save data. */
function browserSavesData(): boolean {
  return (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true;
}

/** Applies what was chosen, now and whenever it changes; resolves when the page can be drawn in the right language. */
export async function startPreferences(): Promise<void> {
  for (const preference of [theme, languageChoice, dataSaver]) preference.follow();
  const root = document.documentElement;
  effect(() => {
    if (theme.value === "auto") delete root.dataset["theme"];
    else root.dataset["theme"] = theme.value;
  });
  effect(() => {
    root.lang = language.value;
    root.dir = direction(language.value);
  });
  let loading = Promise.resolve();
  const load = (): void => {
    const choice = languageChoice.value;
    loading = changeLanguage(choice === "auto" ? languageOfBrowser() : choice, navigator.languages).then(
      () => void (languageFailed.value = false),
      () => void (languageFailed.value = true),
    );
  };
  effect(load);
  addEventListener("languagechange", load);
  await loading;
}
