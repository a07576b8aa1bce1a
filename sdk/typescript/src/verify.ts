/** Checks that need no trust in the server: the order by its RFC 6962 Merkle tree, content by the commitments in it. */
import type { Envelope, Event, Proof } from "./wire.ts";

const text = new TextEncoder();

/** RFC 8785 text of an envelope or a content: members sorted, no white space. It is byte for byte what the server stored and hashed. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    // Numeric names would come first whatever the order of insertion; no format here has any.
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  });
}

/** The Merkle leaf of an event: SHA-256(0x00 ‖ envelope). */
export function leafHash(envelope: Envelope): Promise<Uint8Array> {
  return sha256(new Uint8Array([0]), text.encode(canonical(envelope)));
}

/** An RFC 6962 Merkle tree that grows at its end, holding one hash per level. */
export class MerkleTree {
  /** Roots of the complete subtrees, largest first. */
  readonly #subtrees: Uint8Array[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  async append(leaf: Uint8Array): Promise<void> {
    let hash = leaf;
    this.#size += 1;
    for (let size = this.#size; size % 2 === 0; size /= 2) hash = await node(this.#subtrees.pop() as Uint8Array, hash);
    this.#subtrees.push(hash);
  }

  /** The tree's root, base64url. */
  async root(): Promise<string> {
    const last = this.#subtrees.at(-1);
    if (!last) return toBase64url(await sha256());
    let root = last;
    for (const subtree of this.#subtrees.slice(0, -1).reverse()) root = await node(subtree, root);
    return toBase64url(root);
  }
}

/** The root over envelopes from seq 1 on, base64url: compare it with `ConversationResource.root` at the same seq. */
export async function merkleRoot(envelopes: Iterable<Envelope>): Promise<string> {
  const tree = new MerkleTree();
  for (const envelope of envelopes) await tree.append(await leafHash(envelope));
  return tree.root();
}

/** Whether an audit path leads from its leaf (and from this envelope, where given) to its root. Compare the root with one you trust. */
export async function verifyProof(proof: Proof, envelope?: Envelope): Promise<boolean> {
  const { seq, size, root, leaf, path } = proof;
  if (!Number.isSafeInteger(seq) || !Number.isSafeInteger(size) || seq < 1 || seq > size) return false;
  let hash = fromBase64url(leaf);
  if (hash?.length !== 32) return false;
  if (envelope && (envelope.seq !== seq || toBase64url(await leafHash(envelope)) !== leaf)) return false;
  let index = seq - 1;
  let last = size - 1;
  for (const step of path) {
    const sibling = fromBase64url(step);
    if (sibling?.length !== 32 || last === 0) return false;
    if (index % 2 === 1 || index === last) {
      hash = await node(sibling, hash);
      // At the right edge, levels without a sibling are skipped.
      while (index % 2 === 0 && index !== 0) {
        index = Math.floor(index / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = await node(hash, sibling);
    }
    index = Math.floor(index / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && toBase64url(hash) === root;
}

/** Whether the content is the one the envelope commits to. Without content there is nothing to check: it was erased, or never was. */
export async function verifyCommitment(event: Event): Promise<boolean> {
  const { envelope, content, salt } = event;
  if (content === null) return salt === null;
  const bytes = salt === null ? null : fromBase64url(salt);
  if (bytes?.length !== 16) return false;
  return toBase64url(await sha256(bytes, text.encode(canonical(content)))) === envelope.commitment;
}

/** What a check of an export found. */
export interface ExportReport {
  /** Order, root and every commitment hold. */
  ok: boolean;
  /** Leaves counted. */
  size: number;
  root: string;
  /** The root the export names in its header. */
  expectedRoot: string;
  events: number;
  /** Events whose reader may not see them: their leaves count, their content cannot be checked. */
  withheld: number;
  /** Events whose content is gone, while their commitment stands. */
  erased: number;
  /** The first hundred. */
  problems: string[];
}

type ExportLine =
  | { quipu_export: number; conversation: { id: string; epoch: string }; size: number; root: string }
  | Event
  | { withheld: { from: number; to: number }; leaves: string[] };

/** Checks an export (`GET …/export`): nothing missing, nothing changed, nothing reordered. */
export async function verifyExport(ndjson: string | AsyncIterable<string | Uint8Array>): Promise<ExportReport> {
  const report: ExportReport = { ok: false, size: 0, root: "", expectedRoot: "", events: 0, withheld: 0, erased: 0, problems: [] };
  const problem = (sentence: string): void => {
    if (report.problems.length < 100) report.problems.push(sentence);
  };
  const tree = new MerkleTree();
  let header: Extract<ExportLine, { quipu_export: number }> | null = null;
  let number = 0;
  for await (const line of lines(ndjson)) {
    number += 1;
    let part: ExportLine;
    try {
      part = JSON.parse(line) as ExportLine;
    } catch {
      problem(`Line ${number} is not JSON.`);
      continue;
    }
    if ("quipu_export" in part) {
      if (header || number !== 1) problem(`Line ${number} is a second header.`);
      header ??= part;
    } else if ("withheld" in part) {
      const { from, to } = part.withheld;
      if (from !== tree.size + 1) problem(`Line ${number}: seq ${tree.size + 1} expected, ${from} found.`);
      if (part.leaves.length !== to - from + 1) problem(`Line ${number}: the leaves do not fill the range.`);
      for (const leaf of part.leaves) {
        const hash = fromBase64url(leaf);
        if (hash?.length === 32) await tree.append(hash);
        else problem(`Line ${number}: a leaf is not a hash.`);
      }
      report.withheld += part.leaves.length;
    } else if (part.envelope) {
      const { envelope } = part;
      if (envelope.seq !== tree.size + 1) problem(`Line ${number}: seq ${tree.size + 1} expected, ${envelope.seq} found.`);
      if (header && (envelope.conv !== header.conversation.id || envelope.epoch !== header.conversation.epoch)) problem(`Event ${envelope.seq} belongs to another log.`);
      await tree.append(await leafHash(envelope));
      if (!(await verifyCommitment(part))) problem(`Event ${envelope.seq}: the content is not the one committed to.`);
      if (part.content === null && envelope.commitment !== undefined) report.erased += 1;
      report.events += 1;
    } else problem(`Line ${number} is none of an export's.`);
  }
  report.size = tree.size;
  report.root = await tree.root();
  report.expectedRoot = header?.root ?? "";
  if (!header) problem("The header is missing.");
  else {
    if (header.size !== tree.size) problem(`The header names ${header.size} events; there are ${tree.size}.`);
    if (header.root !== report.root) problem("The root is not the one the header names.");
  }
  report.ok = report.problems.length === 0;
  return report;
}

async function* lines(source: string | AsyncIterable<string | Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  const parts: AsyncIterable<string | Uint8Array> | string[] = typeof source === "string" ? [source] : source;
  for await (const part of parts) {
    rest += typeof part === "string" ? part : decoder.decode(part, { stream: true });
    const whole = rest.split("\n");
    rest = whole.pop() ?? "";
    for (const line of whole) if (line !== "") yield line;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}

function node(left: Uint8Array, right: Uint8Array): Promise<Uint8Array> {
  return sha256(new Uint8Array([1]), left, right);
}

async function sha256(...parts: Uint8Array[]): Promise<Uint8Array> {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

function toBase64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function fromBase64url(value: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(value.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
