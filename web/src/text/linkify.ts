/** A piece of a message: plain text, or an address the reader may open. */
export type Piece = { kind: "text"; text: string } | { kind: "link"; text: string; href: string };

const CANDIDATE = /\bhttps?:\/\/[^\s<>"'`{}|\\^\u0000-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/giu;
const TRAILING = /[.,;:!?…。，、！？)\]'"»”’]$/u;

/**
 * Splits text into plain pieces and http(s) links. Nothing else becomes a link: no `javascript:`, no bare
 * domain, nothing with a user name before the host (which is how a link pretends to lead elsewhere).
 * Joining the pieces' texts gives the text back, unchanged.
 */
export function linkify(text: string): Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const candidate = trimTrailing(match[0]);
    const href = safeHref(candidate);
    if (href === undefined) continue;
    if (match.index > done) pieces.push({ kind: "text", text: text.slice(done, match.index) });
    pieces.push({ kind: "link", text: candidate, href });
    done = match.index + candidate.length;
  }
  if (done < text.length) pieces.push({ kind: "text", text: text.slice(done) });
  return pieces;
}

/** Leaves out punctuation that ends the sentence rather than the address, but keeps balanced brackets. */
function trimTrailing(candidate: string): string {
  let end = candidate;
  while (TRAILING.test(end)) {
    if (end.endsWith(")") && count(end, "(") >= count(end, ")")) break;
    if (end.endsWith("]") && count(end, "[") >= count(end, "]")) break;
    end = end.slice(0, -1);
  }
  return end;
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

/** The address if a browser may follow it: http or https, with a host, without credentials. */
export function safeHref(candidate: string): string | undefined {
  let url: URL;
  try {
    url = new URL(candidate);
  } catch {
    return undefined;
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return undefined;
  if (url.username !== "" || url.password !== "" || url.hostname === "") return undefined;
  return url.href;
}

/** The address of a picture if it may be shown: https only, as the content security policy says. */
export function safePicture(candidate: string | null | undefined): string | undefined {
  if (!candidate) return undefined;
  const href = safeHref(candidate);
  return href?.startsWith("https:") ? href : undefined;
}
