/** What somebody looks for among messages. */
export interface Wanted {
  /** Words as they were typed, in the server's language of queries. */
  readonly text: string;
  /** Name of who wrote it, or its beginning; the same of who is mentioned. */
  readonly from: string;
  readonly mentions: string;
  readonly mine: boolean;
  readonly toMe: boolean;
  readonly link: boolean;
  readonly mention: boolean;
  /** Days as `2026-11-24`; both count. */
  readonly since: string;
  readonly until: string;
}

export const ANYTHING: Wanted = { text: "", from: "", mentions: "", mine: false, toMe: false, link: false, mention: false, since: "", until: "" };

/** How many filters are set besides the words. */
export function filterCount({ text: _, ...filters }: Wanted): number {
  return Object.values(filters).filter((value) => (typeof value === "string" ? value.trim() !== "" : value)).length;
}

/** The query for it; empty where there is nothing to look for. */
export function queryOf(wanted: Wanted): string {
  const { from, mentions, mine, toMe, link, mention, since, until } = wanted;
  const parts = [asTyped(wanted.text)];
  if (mine) parts.push("from:me");
  if (from.trim() !== "") parts.push(`from:${quoted(from)}`);
  if (toMe) parts.push("mentions:me");
  if (mentions.trim() !== "") parts.push(`mentions:${quoted(mentions)}`);
  if (link) parts.push("has:link");
  if (mention) parts.push("has:mention");
  if (since !== "") parts.push(`after:${since}`);
  if (until !== "") parts.push(`before:${dayAfter(until)}`);
  return parts.filter((part) => part !== "").join(" ");
}

const QUOTE = /["\u201c\u201d\u201e]/u;
const FILTER = /^(?:from|in|before|after|has|mentions):/iu;

/** A text that is still being written, as a query: what was begun last may go on, and a quotation that is open is closed. */
export function asTyped(text: string): string {
  let begun = 0;
  let quote = -1;
  let plain = true;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    plain = character !== "\\";
    if (!plain) {
      // A backslash at the end has nothing to escape yet.
      if (at === text.length - 1) return asTyped(text.slice(0, at));
      at += 1;
    } else if (QUOTE.test(character)) quote = quote < 0 ? at : -1;
    else if (quote < 0 && /\s/u.test(character)) begun = at + 1;
  }
  const last = text.slice(begun);
  const filter = FILTER.test(last);
  const goesOn = plain && !filter && /[\p{L}\p{N}\p{M}]$/u.test(text) ? "*" : "";
  if (quote >= 0) return text.slice(quote + 1).trim() === "" ? text.slice(0, filter ? begun : quote).trim() : `${text}"${goesOn}`.trim();
  return (last.endsWith(":") && filter ? text.slice(0, begun) : text + goesOn).trim();
}

function quoted(name: string): string {
  return `"${name.trim().replace(/["\\\u201c\u201d\u201e]/gu, "\\$&")}"`;
}

function dayAfter(day: string): string {
  const next = new Date(`${day}T00:00:00Z`);
  next.setUTCDate(next.getUTCDate() + 1);
  return Number.isNaN(next.getTime()) ? day : next.toISOString().slice(0, -14);
}

/** A piece of a message that was found; the marked ones are what was looked for. */
export interface FoundPiece {
  readonly text: string;
  readonly marked: boolean;
}

const CHARACTERS = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** So many characters are shown before the first mark, and so many at all. */
const BEFORE = 48;
const MOST = 320;

/** A message around the first mark. Marks are in UTF-16 units, ascending, and do not touch. */
export function excerpt(text: string, marks: readonly { readonly from: number; readonly to: number }[]): FoundPiece[] {
  const first = marks[0]?.from ?? 0;
  const from = first > BEFORE + 16 ? cutAt(text, first - BEFORE, first) : 0;
  const to = text.length > from + MOST ? cutAt(text, from + MOST, text.length) : text.length;
  const pieces: FoundPiece[] = [];
  let done = from;
  const add = (end: number, marked: boolean): void => {
    if (end > done) pieces.push({ text: text.slice(done, end), marked });
    done = Math.max(done, end);
  };
  for (const mark of marks) {
    if (mark.to > to) break;
    add(mark.from, false);
    add(mark.to, true);
  }
  add(to, false);
  if (from > 0) pieces.unshift({ text: "…", marked: false });
  if (to < text.length) pieces.push({ text: "…", marked: false });
  return pieces;
}

/** The next place where a text may be cut: after a space if one is near, never inside a character. */
function cutAt(text: string, at: number, before: number): number {
  const space = text.slice(at, Math.min(at + 16, before)).search(/\s/u);
  if (space >= 0) return at + space + 1;
  const character = CHARACTERS.segment(text).containing(at);
  return character && character.index < at ? character.index + character.segment.length : at;
}
