/**
 * What anybody can check with nothing but SHA-256: commitments, RFC 6962 roots and audit paths.
 * Written from the protocol's documents and independent of the product's own code, so that both can be compared.
 */
import { createHash } from "node:crypto";

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);
const node = (left, right) => sha256(NODE, left, right);

/** RFC 8785 text of a parsed value: members sorted, no white space. Enough for texts, integers, arrays and objects. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${members.join(",")}}`;
}

/** The hash of an event's leaf. */
export const leafOf = (envelope) => sha256(LEAF, canonical(envelope));

/** The commitment that an envelope must hold for this content and salt. */
export const commitmentOf = (content, salt) => sha256(Buffer.from(salt, "base64url"), canonical(content)).toString("base64url");

/** RFC 6962, 2.1: the tree hash of leaf hashes. */
export function rootOf(leaves) {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0];
  let half = 1;
  while (half * 2 < leaves.length) half *= 2;
  return node(rootOf(leaves.slice(0, half)), rootOf(leaves.slice(half)));
}

/** RFC 9162, 2.1.3.2: the root that an audit path leads to, or null where the path has another length than it must. */
export function rootByPath(leaf, index, size, path) {
  let [position, last, hash] = [index, size - 1, leaf];
  for (const text of path) {
    if (last === 0) return null;
    const sibling = Buffer.from(text, "base64url");
    if (position % 2 === 1 || position === last) {
      hash = node(sibling, hash);
      while (position % 2 === 0 && position !== 0) [position, last] = [Math.floor(position / 2), Math.floor(last / 2)];
    } else {
      hash = node(hash, sibling);
    }
    [position, last] = [Math.floor(position / 2), Math.floor(last / 2)];
  }
  return last === 0 ? hash : null;
}

/** Reads an export: its header, and one entry per seq with its leaf hash and, where visible, its event. */
export function readExport(text) {
  const lines = text.split("\n");
  if (lines.pop() !== "") throw new Error("An export ends with a line feed.");
  const header = JSON.parse(lines.shift());
  const entries = [];
  for (const line of lines) {
    const item = JSON.parse(line);
    const first = entries.length + 1;
    if (item.withheld) {
      const { from, to } = item.withheld;
      if (from !== first || item.leaves.length !== to - from + 1) throw new Error(`A withheld run does not fit: ${line.slice(0, 200)}`);
      for (const leaf of item.leaves) entries.push({ leaf: Buffer.from(leaf, "base64url"), event: null });
      continue;
    }
    if (item.envelope.seq !== first) throw new Error(`Line ${first} holds seq ${item.envelope.seq}.`);
    // The bytes as served: canonical text must reproduce them, or nobody could verify a parsed frame.
    if (!line.startsWith(`{"envelope":${canonical(item.envelope)},`)) throw new Error(`Not canonical: ${line.slice(0, 200)}`);
    if (item.content && !line.includes(`"content":${canonical(item.content)},"salt":`)) throw new Error(`Not canonical: ${line.slice(0, 400)}`);
    entries.push({ leaf: leafOf(item.envelope), event: item });
  }
  return { header, entries, root: rootOf(entries.map((entry) => entry.leaf)).toString("base64url") };
}
