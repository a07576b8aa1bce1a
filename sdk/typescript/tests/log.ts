/** A small, faithful server for the tests: the log of one conversation, with keys, commitments, cells and the rules a client can meet. */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { Cell, Command, Content, ConversationResource, Envelope, Event, Item, KeyedCommand, Member, NewContent, Receipt, Rejected, Role, Thread, ThreadPage, ThreadPlace } from "../src/index.ts";

export const LIMITS = {
  text_bytes: 8192,
  frame_bytes: 262_144,
  commands_per_frame: 100,
  ack_every_events: 64,
  ack_every_bytes: 262_144,
  ping_every_ms: 20_000,
  typing_every_ms: 3000,
  typing_clear_ms: 6000,
};

/** Sorted members: written again here, so that the SDK's own canonical form is tested against another. */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, part]) => part !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, part]) => `${JSON.stringify(name)}:${canonicalText(part)}`).join(",")}}`;
}

export function hash(...parts: (Buffer | string)[]): Buffer {
  const digest = createHash("sha256");
  for (const part of parts) digest.update(part);
  return digest.digest();
}

/** Merkle tree hash and audit path, straight from the definitions of RFC 6962, section 2.1. */
export function treeHash(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return hash();
  if (leaves.length === 1) return leaves[0] as Buffer;
  const split = largestPowerBelow(leaves.length);
  return hash(Buffer.from([1]), treeHash(leaves.slice(0, split)), treeHash(leaves.slice(split)));
}
export function auditPath(index: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length <= 1) return [];
  const split = largestPowerBelow(leaves.length);
  return index < split
    ? [...auditPath(index, leaves.slice(0, split)), treeHash(leaves.slice(split))]
    : [...auditPath(index - split, leaves.slice(split)), treeHash(leaves.slice(0, split))];
}
function largestPowerBelow(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}
export function leafOf(envelope: Envelope): Buffer {
  return hash(Buffer.from([0]), canonicalText(envelope));
}

export type Answer = { ack: { key: string; seq: number } } | { rejection: Rejected };
class Refused extends Error {
  readonly code: Rejected["code"];
  constructor(code: Rejected["code"]) {
    super(code);
    this.code = code;
  }
}

/** One conversation. */
export class ConversationLog {
  readonly id: string;
  readonly kind: "direct" | "group";
  epoch = "0000000000001";
  events: Event[] = [];
  readonly members = new Map<string, Member>();
  info: { name?: string; topic?: string; avatar?: string; v: number } = { v: 1 };
  cells: { version: number; cell: Cell }[] = [];
  cellsVersion = 0;
  pins: number[] = [];
  /** What other conversations say, by `id/seq`. */
  readonly elsewhere = new Map<string, string>();
  hidden: { user: string; seq: number; version: number }[] = [];
  /** Places in threads, by user and root. */
  readonly places = new Map<string, ThreadPlace>();
  n = 0;
  clock = 1_790_000_000_000;
  readonly #keys = new Map<string, { body: string; seq: number }>();

  constructor(id: string, creator: string, subject: string) {
    this.id = id;
    this.kind = id.startsWith("d") ? "direct" : "group";
    this.append(creator, randomUUID(), "conversation.created", { params: { kind: this.kind, history: "all", encryption: "none" } });
    this.join(creator, creator, subject, "owner");
  }

  get head(): number {
    return this.events.length;
  }

  append(actor: string, key: string, type: string, rest: { params?: Envelope["params"]; ref?: number; content?: Content; thread?: number } = {}): number {
    if (type === "message.created" && rest.thread === undefined) this.n += 1;
    // What is about a reply stands in its thread.
    const thread = rest.thread ?? (type === "message.created" || rest.ref === undefined ? undefined : this.events[rest.ref - 1]?.envelope.thread);
    const salt = rest.content ? randomBytes(16) : null;
    const envelope: Envelope = {
      actor,
      at: ++this.clock,
      ...(rest.content && salt && { commitment: hash(salt, canonicalText(rest.content)).toString("base64url") }),
      conv: this.id,
      epoch: this.epoch,
      key,
      n: this.n,
      ...(rest.params && { params: rest.params }),
      ...(rest.ref !== undefined && { ref: rest.ref }),
      seq: this.head + 1,
      ...(thread !== undefined && { thread }),
      ...(thread !== undefined && type === "message.created" && { thread_n: this.replies(thread).length + 1 }),
      type,
      v: 1,
    };
    this.events.push({ envelope, content: rest.content ?? null, salt: salt?.toString("base64url") ?? null });
    return envelope.seq;
  }

  join(actor: string, user: string, subject: string, role: Role = "member", key: string = randomUUID()): number {
    const seq = this.append(actor, key, "member.joined", { params: { user, role }, content: { kind: "member", subject, v: 1 } });
    this.members.set(user, { user, role, joined: seq, subject, profile: { user, name: subject }, receipt: { user, delivered: seq, read: seq, read_n: this.n } });
    return seq;
  }

  /** What came of looking at a message's link. */
  preview(seq: number, url: string, title: string): number {
    const { actor } = (this.events[seq - 1] as Event).envelope;
    return this.append(actor, crypto.randomUUID(), "message.previewed", { ref: seq, params: { version: 1 }, content: { kind: "preview", title, url, v: 1 } });
  }

  /** Events as one member gets them: without what they deleted for themselves. */
  seenBy(user: string, events: readonly Item[]): Item[] {
    const hidden = new Set(this.hidden.filter((each) => each.user === user).map(({ seq }) => seq));
    return events.map((item) => {
      if ("withheld" in item) return item;
      const { seq, type, ref = 0 } = item.envelope;
      return hidden.has(/edited|preview/.test(type) ? ref : seq) ? { withheld: { from: seq, to: seq }, hidden: true } : item;
    });
  }

  cell(cell: Cell): Cell {
    this.cellsVersion += 1;
    this.cells = this.cells.filter((held) => held.cell.kind !== cell.kind || held.cell.user !== cell.user);
    this.cells.push({ version: this.cellsVersion, cell });
    return cell;
  }

  /** Advances cursors, which only grow. Null when nothing did. */
  advance(user: string, cursors: { delivered?: number; read?: number }): Cell | null {
    const member = this.members.get(user);
    if (!member) return null;
    const read = Math.min(this.head, Math.max(member.receipt.read, cursors.read ?? 0));
    const delivered = Math.min(this.head, Math.max(member.receipt.delivered, cursors.delivered ?? 0, read));
    if (read === member.receipt.read && delivered === member.receipt.delivered) return null;
    const receipt: Receipt = { user, delivered, read, read_n: this.events[read - 1]?.envelope.n ?? 0 };
    this.members.set(user, { ...member, receipt });
    return this.cell({ kind: "receipt", ...receipt });
  }

  /** Decides one command; the same key with the same body has the same answer for ever. */
  decide(actor: string, { key, command }: KeyedCommand): Answer {
    const place = `${actor}/${key}`;
    const body = canonicalText(command);
    const held = this.#keys.get(place);
    if (held) return held.body === body ? { ack: { key, seq: held.seq } } : refuse(key, "key_reused");
    if (!this.members.has(actor)) return refuse(key, "not_a_member");
    try {
      const seq = this.#perform(actor, key, command);
      this.#keys.set(place, { body, seq });
      return { ack: { key, seq } };
    } catch (error) {
      if (error instanceof Refused) return refuse(key, error.code);
      throw error;
    }
  }

  #perform(actor: string, key: string, command: Command): number {
    switch (command.type) {
      case "message.send": {
        const { reply_to: reply, thread } = command;
        if (thread !== undefined) this.#root(thread);
        return this.append(actor, key, "message.created", { content: stored(command.content), ...(thread !== undefined && { thread }), ...(reply && { ref: reply.seq, params: { quoted_version: reply.version ?? 1 } }) });
      }
      case "message.forward": {
        const text = this.elsewhere.get(`${command.from}/${command.seq}`);
        if (text === undefined) throw new Refused("source_not_found");
        return this.append(actor, key, "message.created", { content: { kind: "text", text, v: 1 }, params: { forwarded: true } });
      }
      case "message.edit": {
        this.#message(command.seq);
        const version = 2 + this.events.filter(({ envelope }) => envelope.type === "message.edited" && envelope.ref === command.seq).length;
        if (command.expect_version !== undefined && command.expect_version !== version - 1) throw new Refused("version_conflict");
        return this.append(actor, key, "message.edited", { ref: command.seq, params: { version }, content: stored(command.content) });
      }
      case "message.delete": {
        this.#message(command.seq);
        for (const event of this.events) {
          const { envelope } = event;
          const part = ["message.edited", "reaction.added", "message.previewed"].includes(envelope.type);
          if (envelope.seq === command.seq || (part && envelope.ref === command.seq)) Object.assign(event, { content: null, salt: null });
        }
        this.pins = this.pins.filter((seq) => seq !== command.seq);
        return this.append(actor, key, "message.deleted", { ref: command.seq });
      }
      case "message.remove_preview": {
        for (const event of this.events) if (event.envelope.type === "message.previewed" && event.envelope.ref === command.seq) Object.assign(event, { content: null, salt: null });
        return this.append(actor, key, "message.preview_removed", { ref: command.seq });
      }
      case "message.pin":
      case "message.unpin": {
        this.#message(command.seq);
        const on = command.type === "message.pin";
        if (this.pins.includes(command.seq) === on) throw new Refused(on ? "already_pinned" : "not_pinned");
        this.pins = on ? [...this.pins, command.seq] : this.pins.filter((seq) => seq !== command.seq);
        return this.append(actor, key, on ? "message.pinned" : "message.unpinned", { ref: command.seq });
      }
      case "message.react": {
        this.#message(command.seq);
        if (this.#reaction(actor, command.seq, command.emoji)) throw new Refused("already_reacted");
        return this.append(actor, key, "reaction.added", { ref: command.seq, content: { kind: "reaction", emoji: command.emoji, v: 1 } });
      }
      case "message.unreact": {
        this.#message(command.seq);
        const held = this.#reaction(actor, command.seq, command.emoji);
        if (!held) throw new Refused("reaction_not_found");
        Object.assign(held, { content: null, salt: null });
        return this.append(actor, key, "reaction.removed", { ref: command.seq, params: { reaction: held.envelope.seq } });
      }
      case "member.add": {
        const user = command.user.startsWith("sub:") ? userId(command.user.slice(4)) : command.user;
        if (this.members.has(user)) throw new Refused("already_member");
        return this.join(actor, user, command.user.replace(/^sub:/, ""), command.role ?? "member", key);
      }
      case "member.remove":
        if (!this.members.delete(command.user)) throw new Refused("member_not_found");
        return this.append(actor, key, "member.removed", { params: { user: command.user } });
      case "member.leave":
        this.members.delete(actor);
        return this.append(actor, key, "member.left", { params: { user: actor } });
      case "member.set_role": {
        const member = this.members.get(command.user);
        if (!member) throw new Refused("member_not_found");
        this.members.set(command.user, { ...member, role: command.role });
        return this.append(actor, key, "member.role_changed", { params: { user: command.user, role: command.role } });
      }
      case "conversation.update": {
        const { type: _, ...changed } = command;
        this.info = Object.fromEntries(Object.entries({ ...this.info, ...changed }).filter(([, text]) => text !== "")) as typeof this.info;
        return this.append(actor, key, "conversation.updated", { content: { kind: "info", ...changed, v: 1 } });
      }
      default:
        throw new Refused("invalid_request");
    }
  }

  #reaction(actor: string, seq: number, emoji: string): Event | undefined {
    return this.events.find(({ envelope, content }) => envelope.ref === seq && envelope.actor === actor && content?.kind === "reaction" && content.emoji === emoji);
  }

  /** Replies of a thread, those deleted included. */
  replies(root: number): Event[] {
    return this.events.filter(({ envelope }) => envelope.type === "message.created" && envelope.thread === root);
  }

  #root(seq: number): void {
    this.#message(seq);
    if (this.events[seq - 1]?.envelope.thread !== undefined) throw new Refused("thread_nested");
  }

  /** How a thread stands, to one who follows it or not. */
  thread(root: number, user: string): Thread {
    const replies = this.replies(root);
    const deleted = this.events.filter(({ envelope }) => envelope.type === "message.deleted" && envelope.thread === root).length;
    const authors = [...new Set(replies.map(({ envelope }) => envelope.actor).reverse())];
    const last = replies.at(-1)?.envelope;
    const place = this.places.get(`${user}/${root}`);
    return { root, n: replies.length, count: replies.length - deleted, last: last?.seq ?? 0, last_at: last?.at ?? 0, participants: authors.slice(0, 3), ...(place?.following && { following: true, read_n: place.read_n }) };
  }

  /** A page of a thread, the last replies before a seq, with all that changed them. */
  threadPage(root: number, user: string, before: number, limit: number): ThreadPage {
    const all = this.replies(root).filter(({ envelope }) => envelope.seq < before);
    const events = all.slice(-limit);
    const shown = new Set([root, ...events.map(({ envelope }) => envelope.seq)]);
    const changes = this.events.filter(({ envelope }) => /^(message\.(edited|deleted)|reaction\.added)$/.test(envelope.type) && shown.has(envelope.ref ?? 0));
    return { epoch: this.epoch, head: this.head, thread: this.thread(root, user), root: this.events[root - 1] as Event, events, changes, more: all.length > events.length };
  }

  /** Moves a place; the cell to tell its owner. */
  place(user: string, root: number, change: { following?: boolean; seq?: number }): Cell & { kind: "thread" } {
    const held = this.places.get(`${user}/${root}`) ?? { user, root, following: false, read: 0, read_n: 0 };
    const seq = change.seq ?? (change.following && !held.following ? this.head : 0);
    const read = this.replies(root).filter(({ envelope }) => envelope.seq <= seq).length;
    const following = change.following ?? held.following;
    const next = following ? { ...held, following, read: Math.max(held.read, seq), read_n: Math.max(held.read_n, read) } : { ...held, following };
    this.places.set(`${user}/${root}`, next);
    this.cellsVersion += 1;
    return { kind: "thread", ...next };
  }

  #message(seq: number): void {
    if (this.events[seq - 1]?.envelope.type !== "message.created") throw new Refused("message_not_found");
    if (this.events.some(({ envelope }) => envelope.type === "message.deleted" && envelope.ref === seq)) throw new Refused("message_deleted");
  }

  describe(user: string): ConversationResource {
    const member = this.members.get(user) as Member;
    const gone = this.hidden.filter((each) => each.user === user && each.seq > member.receipt.read);
    return {
      id: this.id,
      kind: this.kind,
      encryption: "none",
      history: "all",
      epoch: this.epoch,
      seq: this.head,
      n: this.n,
      at: this.events.at(-1)?.envelope.at ?? 0,
      root: treeHash(this.events.map(({ envelope }) => leafOf(envelope))).toString("base64url"),
      info: this.info,
      member_count: this.members.size,
      you: { user, role: member.role, receipt: member.receipt, unread: this.n - member.receipt.read_n - gone.length },
      cells_version: this.cellsVersion,
      ...(this.pins.length > 0 && { pins: this.pins }),
    };
  }

  /** A page of items, ascending, with the newest later edits of its messages. */
  page(range: { before?: number; after?: number; limit: number }): { events: Item[]; edits: Event[] } {
    const to = range.after !== undefined ? Math.min(this.head, range.after + range.limit) : Math.min(this.head, (range.before ?? this.head + 1) - 1);
    const from = range.after !== undefined ? range.after + 1 : Math.max(1, to - range.limit + 1);
    const edits = new Map<number, Event>();
    for (const event of this.events.slice(to)) {
      const { type, ref = 0 } = event.envelope;
      if (type === "message.edited" && ref >= from && ref <= to) edits.set(ref, event);
      if (type.startsWith("message.preview") && ref >= from && ref <= to) edits.set(-ref, event);
    }
    return { events: this.events.slice(from - 1, to), edits: [...edits.values()] };
  }
}

function refuse(key: string, code: Rejected["code"]): Answer {
  return { rejection: { key, code, message: `Refused: ${code}.`, retry: false } };
}

function stored(content: NewContent): Content {
  if (content.kind !== "text") return { ...content, v: 1 };
  const { kind, text, mentions, mention_everyone, mention_roles } = content;
  if (text.trim() === "") throw new Refused("invalid_value");
  return { kind, ...(mention_everyone && { mention_everyone }), ...(mention_roles && { mention_roles }), ...(mentions && mentions.length > 0 && { mentions }), text, v: 1 };
}

/** The id of the user with this subject. */
export function userId(subject: string): string {
  return `ug${hash(subject).toString("hex").slice(0, 26)}`;
}
