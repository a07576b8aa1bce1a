/** One whole emoji, joiners, flags, keycaps and skin tones included. */
const EMOJI =
  /^(?:\p{RI}\p{RI}|[0-9#*]\ufe0f?\u20e3|(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f?)\p{EMod}?(?:[\u{e0020}-\u{e007e}]+\u{e007f})?(?:\u200d(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f?)\p{EMod}?)*)$/u;

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** How many emoji a text consists of, or 0 if it holds anything else or more than six: these are shown larger. */
export function emojiCount(text: string): number {
  const trimmed = text.trim();
  if (trimmed === "" || trimmed.length > 120) return 0;
  let count = 0;
  for (const { segment } of segmenter.segment(trimmed)) {
    if (/^\s$/u.test(segment)) continue;
    if (!EMOJI.test(segment)) return 0;
    count += 1;
    if (count > 6) return 0;
  }
  return count;
}

/** What people react with most: the first few stand in the menu of a message, all of them in the dialog. */
export const REACTIONS: readonly string[] = [
  ...["👍", "❤️", "😂", "😮", "😢", "🙏"],
  ...["👎", "🎉", "🔥", "👏", "💯", "✅", "👀", "🤔", "😍", "😊", "😅", "🙈", "😡", "😭", "🤝", "💪", "🚀", "⭐", "💡", "☕", "🍰", "🌹", "🐙", "❓"],
];
/** Of those, how many stand in the menu. */
export const QUICK = 6;

const INVISIBLE = /[\p{Cc}\p{Z}\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb]/u;

/** The one visible character that a text consists of, as the server takes it for a reaction; null where it is anything else. */
export function oneCharacter(text: string): string | null {
  const trimmed = text.trim();
  const [first, ...more] = segmenter.segment(trimmed);
  if (first === undefined || more.length > 0 || INVISIBLE.test(trimmed)) return null;
  // What only continues the character before it does not stand by itself.
  if ([...segmenter.segment(`a${trimmed}`)].length !== 2) return null;
  return new TextEncoder().encode(trimmed).length <= 64 ? trimmed : null;
}

/** What an avatar shows: the first letters of the first and last word, or an emoji where there are no words. */
export function initials(name: string): string {
  const parts = name.trim().split(/[\s·_.@-]+/u);
  const letters = parts.filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const words = letters.length > 0 ? letters : parts.filter((word) => /^\p{Extended_Pictographic}/u.test(word)).slice(0, 1);
  const first = words[0];
  if (first === undefined) return "?";
  const last = words.length > 1 ? words[words.length - 1] : undefined;
  return (grapheme(first) + (last === undefined ? "" : grapheme(last))).toLocaleUpperCase();
}

function grapheme(word: string): string {
  for (const { segment } of segmenter.segment(word)) return segment;
  return "";
}

/** One of twelve dyes, always the same for the same id. */
export function dye(id: string): number {
  let hash = 2166136261;
  for (let i = 0; i < id.length; i += 1) hash = Math.imul(hash ^ id.charCodeAt(i), 16777619);
  return ((hash >>> 0) % 12) + 1;
}
