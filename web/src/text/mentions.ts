import type { Role } from "@quipu/client";
import { fold } from "./fold.ts";
import { linkify, type Piece } from "./linkify.ts";
import { locale } from "./locale.ts";

/** Somebody named in a text: `@` stands at `at`, their name follows. */
export interface Mention {
  readonly user: string;
  readonly name: string;
  readonly at: number;
}

/** Somebody a message mentions, and the names they may stand under in it. */
export interface Mentioned {
  readonly user: string;
  readonly names: readonly string[];
}

/** Who stands for every member: written the same in every language, so that every reader's client finds it. */
export const EVERYONE = "everyone";
/** What a role is mentioned by, in every language alike for the same reason. */
export const ROLES: Readonly<Record<Role, string>> = { owner: "owners", admin: "admins", moderator: "moderators", member: "members", guest: "guests" };
const ROLE = "role:";

/** Who stands for all of a role. */
export function ofRole(role: Role): string {
  return `${ROLE}${role}`;
}

/** Whom a text addresses, as it is sent: people, everybody, roles. */
export function addressed(users: readonly string[]): { mentions: string[]; mentionEveryone: boolean; mentionRoles: Role[] } {
  const roles = (Object.keys(ROLES) as Role[]).filter((role) => users.includes(ofRole(role)));
  return { mentions: users.filter((user) => user !== EVERYONE && !user.startsWith(ROLE)), mentionEveryone: users.includes(EVERYONE), mentionRoles: roles };
}

/** What is being typed after an `@`: `text` stands between it and the caret at `end`. */
export interface Query {
  readonly at: number;
  readonly end: number;
  readonly text: string;
}

/** Also the wide form that East Asian keyboards write. */
const SIGN = /^[@＠]/u;
/** No name that somebody looks for is longer. */
const LONGEST_QUERY = 60;
/** A letter of a script that parts its words by spaces: `@` after one is an address, and a name before one goes on. */
const WORD = /(?![\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}])[\p{L}\p{N}_]/u;
/** What belongs to the character before it. */
const JOINED = /[\p{M}\p{EMod}\u200d]/u;

/** A name as it is written into a text: on one line, and without characters that reorder what stands around it. */
export function mentionName(name: string): string {
  return name.replace(/[\s\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, " ").trim();
}

/** What is being looked for at the caret, unless that is a mention already. */
export function queryAt(text: string, caret: number, mentions: readonly Mention[]): Query | null {
  for (let at = caret - 1; at >= 0 && caret - at <= LONGEST_QUERY + 1; at -= 1) {
    const character = text.charAt(at);
    if (character === "\n") return null;
    if (!SIGN.test(character) || !beginsAt(text, at)) continue;
    const query = text.slice(at + 1, caret);
    if (query !== query.trim() || standing(text, mentions).some((mention) => mention.at === at)) return null;
    return { at, end: caret, text: query };
  }
  return null;
}

/** Those whose name, or a later word of it, begins with what was typed: the former first, each in order of the alphabet. */
export function choices<T extends { readonly name: string }>(people: readonly T[], query: string): T[] {
  const wanted = fold(query).replace(/\s+/gu, " ");
  const ranked = people.flatMap((person) => {
    const rank = rankOf(fold(person.name), wanted);
    return rank === undefined ? [] : [{ person, rank }];
  });
  const order = new Intl.Collator(locale.value);
  return ranked.sort((a, b) => a.rank - b.rank || order.compare(a.person.name, b.person.name)).map(({ person }) => person);
}

function rankOf(name: string, wanted: string): number | undefined {
  if (name.startsWith(wanted)) return 0;
  for (const { index } of name.matchAll(/(?<![\p{L}\p{N}])[\p{L}\p{N}]/gu)) if (name.startsWith(wanted, index)) return 1;
  return undefined;
}

/** What takes the place of a query when a person is chosen, and where the caret stands then: a space is added where nothing parts the name from what follows. */
export function insertion(text: string, query: Query, name: string): { insert: string; caret: number } {
  const next = text.charAt(query.end);
  const parted = /[\p{P} ]/u.test(next);
  return { insert: `@${name}${parted ? "" : " "}`, caret: query.at + 1 + name.length + (parted && next !== " " ? 0 : 1) };
}

/** The mentions of a text with one more, just taken. */
export function withMention(mentions: readonly Mention[], taken: Mention, text: string): Mention[] {
  const there = new Set(standing(text, mentions));
  // Mentions that were removed wait to come back by undo; not to the place or under the name of this one.
  return [...mentions.filter((other) => other.at !== taken.at && (there.has(other) || other.name !== taken.name)), taken];
}

/**
 * The mentions after an edit that turned `before` into `after` and left the caret at `caret`. Those whose text was
 * touched are kept too, at the place where it was: they count again when it stands there again, or is pasted back.
 */
export function rebase(before: string, after: string, caret: number, mentions: readonly Mention[]): Mention[] {
  if (mentions.length === 0 || before === after) return [...mentions];
  const { from, to, grown } = change(before, after, caret);
  const moved = mentions.map((mention) => {
    if (mention.at < from) return mention;
    return { ...mention, at: mention.at >= to ? mention.at + grown : from };
  });
  const there = standing(after, moved);
  const used = new Set(there.map(({ at }) => at));
  return moved.map((mention) => {
    if (there.includes(mention)) return mention;
    for (let at = after.indexOf("@", from); at >= 0 && at < to + grown; at = after.indexOf("@", at + 1)) {
      if (used.has(at) || !namedAt(after, at, mention.name)) continue;
      used.add(at);
      return { ...mention, at };
    }
    return mention;
  });
}

/** The stretch of `before`, from `from` to `to`, that was replaced, and by how much longer a text. */
function change(before: string, after: string, caret: number): { from: number; to: number; grown: number } {
  // What was typed or pasted ends at the caret; only what no person typed has to be guessed.
  const rest = after.slice(caret);
  const kept = before.endsWith(rest) ? rest.length : commonEnd(before, after);
  const most = Math.min(before.length, after.length) - kept;
  let from = 0;
  while (from < most && before[from] === after[from]) from += 1;
  return { from, to: before.length - kept, grown: after.length - before.length };
}

function commonEnd(a: string, b: string): number {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a.at(-1 - length) === b.at(-1 - length)) length += 1;
  return length;
}

/** The mentions whose text stands where they say, in its order. */
export function standing(text: string, mentions: readonly Mention[]): Mention[] {
  const byPlace = new Map<number, Mention>();
  for (const mention of mentions) {
    if (!namedAt(text, mention.at, mention.name)) continue;
    const other = byPlace.get(mention.at);
    if (!other || other.name.length <= mention.name.length) byPlace.set(mention.at, mention);
  }
  return [...byPlace.values()].sort((a, b) => a.at - b.at);
}

/** Where the mentioned are named in a text. Of two names that fit, the longer one is meant. */
export function findMentions(text: string, mentioned: readonly Mentioned[]): Mention[] {
  const candidates = mentioned
    .flatMap(({ user, names }) => [...new Set(names.flatMap(forms))].map((name) => ({ user, name })))
    .sort((a, b) => b.name.length - a.name.length);
  const found: Mention[] = [];
  if (candidates.length === 0) return found;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    const fitting = candidates.filter(({ name }) => namedAt(text, at, name));
    const [first] = fitting;
    if (!first) continue;
    // Of people with the same name each is given one place before any is given two.
    const next = fitting.find(({ user, name }) => name === first.name && !found.some((other) => other.user === user)) ?? first;
    found.push({ ...next, at });
    at += next.name.length;
  }
  return found;
}

/** A name as this and other programs may write it. */
function forms(name: string): string[] {
  return [name, mentionName(name)].flatMap((form) => [form, form.normalize("NFC"), form.normalize("NFD")]).filter((form) => form !== "");
}

/** Splits a message for display. Joining the pieces' texts gives the text back, unchanged. */
export function splitMessage(text: string, mentioned: readonly Mentioned[]): (Piece | { kind: "mention"; text: string; user: string })[] {
  const mentions = findMentions(text, mentioned);
  let start = 0;
  return linkify(text).flatMap((piece) => {
    const from = start;
    const to = from + piece.text.length;
    start = to;
    if (piece.kind === "link") return [piece];
    const pieces: ReturnType<typeof splitMessage> = [];
    let done = from;
    for (const { at, name, user } of mentions) {
      const end = at + 1 + name.length;
      // A name never spreads over an address.
      if (at < done || end > to) continue;
      if (at > done) pieces.push({ kind: "text", text: text.slice(done, at) });
      pieces.push({ kind: "mention", text: text.slice(at, end), user });
      done = end;
    }
    if (done < to) pieces.push({ kind: "text", text: text.slice(done, to) });
    return pieces;
  });
}

function beginsAt(text: string, at: number): boolean {
  const [, before = ""] = /(.)\p{M}*$/su.exec(text.slice(Math.max(0, at - 12), at)) ?? [];
  return !WORD.test(before);
}

/** Whether `@` and exactly this name stand there, as words of their own. */
function namedAt(text: string, at: number, name: string): boolean {
  if (text[at] !== "@" || !text.startsWith(name, at + 1) || !beginsAt(text, at)) return false;
  const next = text.codePointAt(at + 1 + name.length);
  if (next === undefined) return true;
  const character = String.fromCodePoint(next);
  return !WORD.test(character) && !JOINED.test(character);
}
