import { computed, signal } from "@preact/signals";

/**
 * How numbers, plurals and lists are written in the language in use. Everything here follows `locale`, so what is
 * rendered with it is rendered again when that changes.
 */

/** The locale in use, as a BCP 47 tag: the language, and the region where the browser names one for it. */
export const locale = signal("en");

const numbers = computed(() => new Intl.NumberFormat(locale.value));
const rules = computed(() => new Intl.PluralRules(locale.value));
const lists = computed(() => new Intl.ListFormat(locale.value, { style: "long", type: "conjunction" }));
const languages = new Map<string, string>();

/** A phrase for each plural category that the language has; `#` stands for the number. */
export type Forms = { readonly other: string } & { readonly [category in Exclude<Intl.LDMLPluralRule, "other">]?: string };

export function number(n: number): string {
  return numbers.value.format(n);
}

/** The phrase for this many things. */
export function plural(n: number, forms: Forms): string {
  return (forms[rules.value.select(n)] ?? forms.other).replace("#", number(n));
}

/** Ana, Bo and Chi. */
export function list(items: readonly string[]): string {
  return lists.value.format(items);
}

/** A name inside a sentence: whichever way it reads, it does not turn round what stands beside it. */
export function isolate(name: string): string {
  return `\u2068${name}\u2069`;
}

/** What a language calls itself. */
export function autonym(language: string): string {
  const known = languages.get(language);
  if (known !== undefined) return known;
  const named = new Intl.DisplayNames(language, { type: "language" }).of(language) ?? language;
  // Some languages write their own name small; as an item of a list it begins large.
  const name = named.charAt(0).toLocaleUpperCase(language) + named.slice(1);
  languages.set(language, name);
  return name;
}
