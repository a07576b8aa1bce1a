/** Letters that Unicode does not take apart, as people type them who lack the key. */
const PLAIN: Record<string, string> = { ł: "l", ø: "o", đ: "d", æ: "ae", œ: "oe" };

/** A name as it is compared: without case or accents. */
export function fold(text: string): string {
  const bare = text.normalize("NFKD").replace(/\p{M}/gu, "");
  // Upper case first makes ß and SS, ı and I alike.
  return bare.toUpperCase().toLowerCase().replace(/[łøđæœ]/gu, (letter) => PLAIN[letter] ?? letter);
}
