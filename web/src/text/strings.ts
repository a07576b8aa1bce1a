import { batch, signal } from "@preact/signals";
import { en, type Strings } from "./languages/en.ts";
import { locale } from "./locale.ts";

/**
 * The languages there are, each in a file of its own; all but the first are loaded when they are wanted. To add one:
 * its file, a line here, and the compiler asks for the rest.
 */
const catalogues = {
  en: () => Promise.resolve(en),
  de: () => import("./languages/de.ts").then(({ de }) => de),
  ar: () => import("./languages/ar.ts").then(({ ar }) => ar),
} satisfies Record<string, () => Promise<Strings>>;

export type Language = keyof typeof catalogues;

export const LANGUAGES = Object.keys(catalogues) as readonly Language[];

/** Written from the right. */
const FROM_THE_RIGHT: readonly Language[] = ["ar"];

const strings = signal<Strings>(en);

/** The language in use. */
export const language = signal<Language>("en");

/** Which way it is written. */
export function direction(of: Language): "ltr" | "rtl" {
  return FROM_THE_RIGHT.includes(of) ? "rtl" : "ltr";
}

/** The strings of the language in use. What is rendered with them is rendered again when the language changes. */
export const t: Strings = new Proxy(en, { get: (_, key) => strings.value[key as keyof Strings] });

/** The first of a person's languages, as BCP 47 tags in their order, that there is; else English. */
export function bestLanguage(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    const found = LANGUAGES.find((candidate) => isOf(tag, candidate));
    if (found) return found;
  }
  return "en";
}

let wanted = 0;

/**
 * Changes the language, once its strings are there; what was asked for last holds. Numbers and dates are written as in
 * the region that `preferred` names for the language. Rejects when the strings cannot be loaded; then all stays as it is.
 */
export async function changeLanguage(to: Language, preferred: readonly string[]): Promise<void> {
  wanted += 1;
  const mine = wanted;
  const loaded = await catalogues[to]();
  if (mine !== wanted) return;
  batch(() => {
    language.value = to;
    strings.value = loaded;
    locale.value = preferred.find((tag) => isOf(tag, to) && Intl.NumberFormat.supportedLocalesOf(tag).length > 0) ?? to;
  });
}

function isOf(tag: string, candidate: string): boolean {
  const [primary = ""] = tag.toLowerCase().split(/[-_]/u);
  return primary === candidate;
}
