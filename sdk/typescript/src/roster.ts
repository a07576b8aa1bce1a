import type { Cells, ConversationResource, Event, Member, Receipt, Role, Settings as WireSettings, ThreadPlace } from "./wire.ts";

/** What the conversation lets its members do. */
export type Settings = Readonly<Required<Omit<WireSettings, "thread">> & Pick<WireSettings, "thread">>;

const NEW: Settings = { add: "members", frozen: false, invite: "admins", mention: "members", pin: "members", post: "everyone", react: "everyone", slow_mode_s: 0, visibility: "private" };

/** Your own place in the conversation. */
export interface You {
  readonly user: string;
  readonly role: Role;
  readonly receipt: Receipt;
  readonly unread: number;
  /** In slow mode: when you may send again, Unix milliseconds by the server's clock. */
  readonly nextAt: number | null;
  /** Until when you are muted, Unix milliseconds by the server's clock; 2^53 − 1: until it is lifted. It may be over. */
  readonly mutedUntil: number | null;
}

/** Who is here, how they present themselves, how far they have read, what the conversation is called, and what is pinned. */
export class Roster {
  info: { name?: string; topic?: string; avatar?: string } = {};
  settings = NEW;
  head = { seq: 0, n: 0, at: 0 };
  memberCount = 0;
  /** Pinned messages; a change makes a new array. */
  pins: readonly number[] = [];
  /** Your places in threads; a change makes a new map. */
  places: ReadonlyMap<number, ThreadPlace> = new Map();
  /** Open reports, where you moderate. */
  reports = 0;
  /** The newest cell version held: part of the cursor. */
  cells: number | null = null;
  /** Whether every member is in `members`. */
  complete = false;
  #you: (Omit<You, "unread" | "nextAt"> & { spokeAt: number | null }) | null = null;
  /** Behind your cursor of then, by the server's count as of a cell version … */
  #hiddenAsOf = { read: 0, count: 0, cells: 0 };
  /** … and since. */
  readonly #hidden = new Set<number>();
  readonly #members = new Map<string, Member>();
  #copy: ReadonlyMap<string, Member> | null = null;
  /** Up to here your role, the info, the pins and the count include what events did … */
  #asOf = 0;
  /** … and up to here the list of members does. */
  #membersAsOf = 0;
  /** Departures and roles by event, so that a page of members read earlier cannot undo them. */
  readonly #departed = new Map<string, number>();
  readonly #roles = new Map<string, { seq: number; role: Role }>();
  /** Until when, by those who were muted by an event or have gone. */
  readonly #mutes = new Map<string, number | undefined>();

  clear(): void {
    this.#members.clear();
    this.#departed.clear();
    this.#roles.clear();
    this.#mutes.clear();
    this.#copy = null;
    this.#asOf = 0;
    this.#membersAsOf = 0;
    this.cells = null;
    this.complete = false;
    this.info = {};
    this.pins = [];
    this.places = new Map();
    this.settings = NEW;
    this.head = { seq: 0, n: 0, at: 0 };
  }

  get members(): ReadonlyMap<string, Member> {
    this.#copy ??= new Map(this.#members);
    return this.#copy;
  }

  get you(): You | null {
    if (!this.#you) return null;
    const { spokeAt, ...you } = this.#you;
    const nextAt = spokeAt !== null && this.#slow ? spokeAt + this.settings.slow_mode_s * 1000 : null;
    return { ...you, unread: Math.max(0, this.head.n - you.receipt.read_n - this.#gone(you.receipt.read)), nextAt };
  }

  /** How many messages behind your cursor you deleted for yourself: of these nothing is unread. */
  #gone(read: number): number {
    const { read: told, count } = this.#hiddenAsOf;
    return (read > told ? 0 : count) + [...this.#hidden].filter((seq) => seq > read).length;
  }

  /** You deleted a message of the conversation itself for yourself, under this cell version. */
  hide(seq: number, version: number): void {
    if (version > this.#hiddenAsOf.cells) this.#hidden.add(seq);
  }

  /** Whether slow mode counts what you send. */
  get #slow(): boolean {
    return this.settings.slow_mode_s > 0 && (this.#you?.role === "member" || this.#you?.role === "guest");
  }

  get user(): string | null {
    return this.#you?.user ?? null;
  }

  /** Takes the conversation as the server describes it. An answer may have been on its way while events came in: it must not undo them. */
  describe(resource: ConversationResource, members?: readonly Member[]): void {
    const receipt = this.#you ? later(this.#you.receipt, resource.you.receipt) : resource.you.receipt;
    if (this.#you && resource.seq < this.head.seq) {
      this.#you = { ...this.#you, receipt };
      return;
    }
    const { name, topic, avatar } = resource.info;
    this.info = { ...(name && { name }), ...(topic && { topic }), ...(avatar && { avatar }) };
    this.head = { seq: resource.seq, n: resource.n, at: resource.at };
    this.memberCount = resource.member_count;
    this.pins = resource.pins ?? [];
    this.reports = resource.reports ?? 0;
    this.settings = { ...NEW, ...resource.settings };
    this.#you = { user: resource.you.user, role: resource.you.role, receipt, spokeAt: resource.you.spoke_at ?? null, mutedUntil: resource.you.muted_until ?? null };
    const { read, read_n } = resource.you.receipt;
    this.#hiddenAsOf = { read, count: Math.max(0, resource.n - read_n - resource.you.unread), cells: resource.cells_version };
    this.#hidden.clear();
    this.#asOf = Math.max(this.#asOf, resource.seq);
    if (!members) return;
    this.#membersAsOf = resource.seq;
    this.#members.clear();
    for (const member of members) this.#members.set(member.user, member);
    this.#copy = null;
    this.complete = true;
  }

  /** Takes a page of a member list too long for the welcome. */
  page(members: readonly Member[], last: boolean): void {
    for (const member of members) {
      if ((this.#departed.get(member.user) ?? 0) >= member.joined) continue;
      const held = this.#members.get(member.user);
      const changed = this.#roles.get(member.user);
      this.#members.set(member.user, {
        ...(this.#mutes.has(member.user) ? muted(member, this.#mutes.get(member.user)) : member),
        ...(changed && changed.seq > member.joined && { role: changed.role }),
        ...(held && { joined: Math.max(held.joined, member.joined), receipt: later(held.receipt, member.receipt) }),
      });
    }
    this.#copy = null;
    this.complete ||= last;
  }

  /** Takes an event in. Answers which parts changed. */
  apply(event: Event): ("members" | "info" | "head" | "receipts")[] {
    const { seq, n, at, type, actor } = event.envelope;
    const changed: ("members" | "info" | "head" | "receipts")[] = [];
    if (seq > this.head.seq) {
      this.head = { seq, n, at };
      changed.push("head");
    }
    // Sending advances the sender's own cursor, but for replies in threads.
    if (type === "message.created" && event.envelope.thread === undefined && this.#advance(actor, { read: seq, read_n: n, delivered: seq })) changed.push("receipts");
    const counted = seq <= this.#asOf;
    if (type === "message.created" && !counted && this.#slow && this.#you?.user === actor) {
      this.#you = { ...this.#you, spokeAt: at };
      changed.push("info");
    }
    const settings = event.envelope.params?.settings;
    if (settings && !counted) {
      this.settings = { ...this.settings, ...settings };
      changed.push("info");
    }
    if (type === "conversation.updated" && !counted && this.#rename(event)) changed.push("info");
    if (!counted && this.#pin(event)) changed.push("info");
    if (this.#applyMember(event, counted)) changed.push("members");
    if (changed.includes("members")) this.#copy = null;
    return changed;
  }

  #pin({ envelope: { type, ref } }: Event): boolean {
    if (ref === undefined) return false;
    const pinned = this.pins.includes(ref);
    if (type === "message.pinned" && !pinned) this.pins = [...this.pins, ref];
    else if (pinned && (type === "message.unpinned" || type === "message.deleted")) this.pins = this.pins.filter((seq) => seq !== ref);
    else return false;
    return true;
  }

  #rename({ content }: Event): boolean {
    if (content?.kind !== "info") return false;
    const next = { ...this.info };
    for (const field of ["name", "topic", "avatar"] as const) {
      const text = content[field];
      if (text === "") delete next[field];
      else if (text !== undefined) next[field] = text;
    }
    this.info = next;
    return true;
  }

  #applyMember({ envelope, content }: Event, counted: boolean): boolean {
    const { seq, type, actor, params } = envelope;
    const listed = seq <= this.#membersAsOf;
    const user = params?.user ?? actor;
    const role = params?.role ?? "member";
    switch (type) {
      case "member.joined": {
        if (!counted) this.memberCount += 1;
        if (listed) return !counted;
        const subject = content?.kind === "member" ? content.subject : undefined;
        const held = this.#members.get(user);
        const receipt = held?.receipt ?? { user, delivered: 0, read: 0, read_n: 0 };
        this.#members.set(user, muted({ user, role, joined: seq, ...(subject !== undefined && { subject }), profile: held?.profile ?? { user }, receipt }, this.#mutes.get(user)));
        return true;
      }
      case "member.left":
      case "member.removed":
      case "member.banned":
        // Whoever is banned may be no member.
        if (type === "member.banned" && !params?.role) return false;
        if (!counted) this.memberCount = Math.max(0, this.memberCount - 1);
        if (listed) return !counted;
        this.#departed.set(user, seq);
        // A mute outlasts leaving and coming back.
        if (!this.#mutes.has(user)) this.#mutes.set(user, this.#members.get(user)?.muted_until);
        this.#members.delete(user);
        return true;
      case "member.role_changed": {
        if (!counted && this.#you?.user === user) this.#you = { ...this.#you, role };
        if (listed) return !counted;
        this.#roles.set(user, { seq, role });
        const member = this.#members.get(user);
        if (member) this.#members.set(user, { ...member, role });
        return true;
      }
      case "member.muted":
      case "member.unmuted": {
        const until = params?.until;
        if (!counted && this.#you?.user === user) this.#you = { ...this.#you, mutedUntil: until ?? null };
        if (listed) return !counted;
        this.#mutes.set(user, until);
        const member = this.#members.get(user);
        if (member) this.#members.set(user, muted(member, until));
        return true;
      }
      default:
        return false;
    }
  }

  /** Takes cells in: last value wins, except that receipts only grow. */
  applyCells(frame: Cells): ("members" | "receipts" | "places")[] {
    const changed = new Set<"members" | "receipts" | "places">();
    this.cells = Math.max(this.cells ?? 0, frame.version);
    for (const cell of frame.cells) {
      if (cell.kind === "receipt") {
        const { kind: _, user, ...receipt } = cell;
        if (this.#advance(user, receipt)) changed.add("receipts");
      } else if (cell.kind === "profile") {
        const { kind: _, ...profile } = cell;
        const member = this.#members.get(profile.user);
        if (!member) continue;
        this.#members.set(member.user, { ...member, profile });
        this.#copy = null;
        changed.add("members");
      } else if (cell.kind === "thread") {
        const { kind: _, ...place } = cell;
        this.places = new Map(this.places).set(place.root, place);
        changed.add("places");
      }
    }
    return [...changed];
  }

  /** You have read up to this event. */
  read(seq: number, n: number | null): boolean {
    return this.#you !== null && this.#advance(this.#you.user, { read: seq, read_n: n ?? this.#you.receipt.read_n, delivered: 0 });
  }

  #advance(user: string, receipt: Omit<Receipt, "user">): boolean {
    let grew = false;
    const member = this.#members.get(user);
    if (member) {
      const next = later(member.receipt, receipt);
      if (next !== member.receipt) {
        this.#members.set(user, { ...member, receipt: next });
        this.#copy = null;
        grew = true;
      }
    }
    if (this.#you?.user === user) {
      const next = later(this.#you.receipt, receipt);
      if (next !== this.#you.receipt) {
        this.#you = { ...this.#you, receipt: next };
        grew = true;
      }
    }
    return grew;
  }
}

function muted({ muted_until: _, ...member }: Member, until: number | undefined): Member {
  return { ...member, ...(until !== undefined && { muted_until: until }) };
}

/** The further of two receipts; the first itself when the other is not ahead. */
function later(held: Receipt, other: Omit<Receipt, "user">): Receipt {
  if (other.delivered <= held.delivered && other.read <= held.read && other.read_n <= held.read_n) return held;
  return {
    user: held.user,
    delivered: Math.max(held.delivered, other.delivered),
    read: Math.max(held.read, other.read),
    read_n: Math.max(held.read_n, other.read_n),
  };
}
