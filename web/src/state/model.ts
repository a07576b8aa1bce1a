import { batch, computed, effect, signal, untracked } from "@preact/signals";
import { type Conversation, type ConversationState, type Message, type OutboxEntry, QuipuError, type Role } from "@quipu/client";
import { said } from "../text/said.ts";
import { t } from "../text/strings.ts";
import { draftKey } from "./draft.ts";
import { Find } from "./find.ts";
import type { People } from "./people.ts";
import { allows } from "./permissions.ts";
import { Receipts } from "./receipts.ts";
import { buildRows } from "./rows.ts";
import { ThreadsModel } from "./threads.ts";
import { PollsModel } from "./polls.ts";
import { editable, Writer } from "./writer.ts";
import { isFrozen, mutedUntil } from "./writing.ts";

/** In a conversation of more members only admins and owners mention everybody. */
const CROWD = 256;

/** How many events one load of older history asks for. */
const PAGE = 100;

/** How many events are loaded before a message that is gone to, so that something stands above it. */
const ABOVE = 40;

/** Refusals that say no more than that somebody, or another device, was quicker. */
const AS_WISHED: ReadonlySet<string> = new Set(["already_reacted", "reaction_not_found", "already_pinned", "not_pinned", "already_voted", "vote_not_found"]);

/** Why something failed, where that is known. */
type Trouble = Pick<QuipuError, "code" | "message"> | OutboxEntry["error"];

/** What is shown of a pinned message. */
export interface PinnedText {
  readonly author: string | null;
  readonly text: string | null;
  readonly at: number;
}

/** One conversation as the client shows it: the SDK's handle, and what the person is doing in it. */
export class ConversationModel {
  readonly state;
  readonly timeline;
  readonly members;
  readonly rows;
  readonly receipts;
  /** Pinned messages, and whether the person may change that. */
  readonly pins;
  readonly mayPin;
  /** Pinned messages that are not loaded, as they were read for the list of pins. */
  private readonly fetched = signal<ReadonlyMap<number, PinnedText>>(new Map());
  private readonly fetching = new Set<number>();
  /** Whether the person may react to messages here. */
  readonly mayReact;

  /** Until when the person is muted here, by the server's clock; null when they are not, or no longer. */
  readonly muted = signal<number | null>(null);
  private muteTimer: ReturnType<typeof setTimeout> | undefined;

  /** What is being written in the conversation itself. */
  readonly writer: Writer;
  readonly threads: ThreadsModel;
  readonly polls: PollsModel;

  readonly loadingOlder = signal(false);
  readonly loadFailed = signal(false);
  /** The search in this conversation. */
  readonly find;
  /** Whether a search or a thread stands beside the conversation. */
  readonly covered;
  /** Whether history is being loaded back to a message that was asked for. */
  readonly going = signal(false);
  /** Counts the wishes to go somewhere: the last one holds. */
  private wishes = 0;
  /** A message to scroll to and mark, by seq. */
  readonly target = signal<number | null>(null);
  /** Messages read when the conversation was opened: where the line "New" stands. */
  readonly readAtOpen = signal<number | null>(null);

  private readonly stops: (() => void)[] = [];

  constructor(
    readonly conversation: Conversation,
    readonly people: People,
    readonly me: string,
    /** Told why something that was tried in passing failed. */
    private readonly troubled: (error: Trouble) => void = () => {},
  ) {
    this.state = signal<ConversationState>(conversation.state);
    this.timeline = computed(() => this.state.value.timeline);
    this.members = computed(() => this.state.value.members);
    const more = computed(() => this.state.value.hasMore);
    this.rows = computed(() => buildRows(this.timeline.value, this.readAtOpen.value, !more.value, me));
    this.pins = computed(() => this.state.value.pins);
    this.mayPin = computed(() => {
      const { connection, you } = this.state.value;
      return connection !== "stopped" && allows(you?.role ?? "guest", "pin", this.state.value.settings) && !isFrozen(this.state.value) && this.muted.value === null;
    });
    this.mayReact = computed(() => {
      const { connection, encryption, you } = this.state.value;
      return connection !== "stopped" && encryption === "none" && allows(you?.role ?? "guest", "react", this.state.value.settings) && !isFrozen(this.state.value) && this.muted.value === null;
    });
    this.receipts = computed(() => new Receipts(this.members.value, me));
    this.find = new Find(conversation);
    this.writer = new Writer({
      conversation,
      people,
      key: draftKey(me, conversation.id),
      lastOwn: () => this.state.peek().messages.findLast(editable),
      sent: () => (this.readAtOpen.value = null),
    });
    this.threads = new ThreadsModel(conversation, people, me, (error) => this.troubled(error instanceof QuipuError ? error : null));
    this.polls = new PollsModel(conversation, (error) => AS_WISHED.has(error?.code ?? "") || this.troubled(error));
    this.covered = computed(() => this.find.open.value || this.threads.beside.value !== null);
    // There is room beside the conversation for one of them.
    effect(() => {
      if (this.find.open.value) untracked(() => this.threads.close(false));
    });
    effect(() => {
      if (this.threads.beside.value) this.find.open.value = false;
    });
  }

  get id(): string {
    return this.conversation.id;
  }

  /** Connects, and follows the SDK's state until `close`. */
  open(): void {
    const follow = (): void => {
      const { state } = this.conversation;
      batch(() => {
        this.people.learnMembers(state);
        this.state.value = state;
        this.followMute();
      });
      this.dropFailed(state);
    };
    this.stops.push(this.conversation.subscribe((event) => event.type === "change" && follow()));
    this.stops.push(this.writer.keep());
    follow();
    this.conversation.open();
  }

  /** Sees a mute end when its time has come. */
  private followMute(): void {
    clearTimeout(this.muteTimer);
    const now = this.conversation.serverNow();
    const until = mutedUntil(this.state.peek(), now);
    this.muted.value = until;
    // A timer counts in 31 bits; what lies beyond a day is looked at again then.
    if (until !== null) this.muteTimer = setTimeout(() => this.followMute(), Math.min(until - now + 1, 86_400_000));
  }

  close(): void {
    for (const stop of this.stops.splice(0)) stop();
    clearTimeout(this.muteTimer);
    this.readAtOpen.value = null;
    this.target.value = null;
    this.find.open.value = false;
    this.wishes += 1;
    this.going.value = false;
    this.threads.close(false);
    this.conversation.typing(false);
    this.conversation.close();
  }

  /** Closes what stands beside the conversation. */
  uncover(): void {
    this.find.open.value = false;
    this.threads.close();
  }

  /** Reacts with an emoji, or takes that back. */
  toggleReaction(message: Message, emoji: string): void {
    if (message.seq === null || message.deleted !== null || !this.mayReact.peek()) return;
    const mine = message.reactions.some((reaction) => reaction.emoji === emoji && reaction.mine);
    if (mine) this.conversation.unreact(message.seq, emoji);
    else this.conversation.react(message.seq, emoji);
  }

  /** Pins a message for everybody, or takes its pin away. */
  togglePin(seq: number): void {
    if (!this.mayPin.peek()) return;
    if (this.pins.peek().includes(seq)) this.conversation.unpin(seq);
    else this.conversation.pin(seq);
  }

  /** Deletes a message for the person alone, on all their devices. */
  async hide(seq: number): Promise<void> {
    await this.conversation.hide(seq);
    if (this.writer.replyTo.peek()?.seq === seq) this.writer.replyTo.value = null;
    if (this.writer.editing.peek()?.seq === seq) this.writer.cancelEdit();
    // Its row is gone, and the focus with it.
    requestAnimationFrame(() => document.activeElement === document.body && document.getElementById("composer")?.focus());
  }

  /** What a pinned message says; null while that is not known. What is not loaded is read for itself. */
  pinned(seq: number): PinnedText | null {
    void this.timeline.value;
    const held = this.bySeq(seq);
    if (held) return { author: held.author, text: said(held), at: held.at };
    const known = this.fetched.value.get(seq);
    if (!known && !this.fetching.has(seq)) void this.fetch(seq);
    return known ?? null;
  }

  private async fetch(seq: number): Promise<void> {
    this.fetching.add(seq);
    try {
      const versions = await this.conversation.versions(seq);
      const [first, newest] = [versions[0], versions.at(-1)];
      if (!first || !newest) return;
      const { content } = newest;
      const text = said({ text: content?.kind === "text" ? content.text : null, content: content ?? null });
      this.fetched.value = new Map(this.fetched.peek()).set(seq, { author: first.envelope.actor, text, at: first.envelope.at });
    } catch {
      // Shown without its text; the next look tries again.
      this.fetching.delete(seq);
    }
  }

  /** A reaction, pin or copy that was refused is not worth asking about: it goes, with a word where that is not as wished anyway. */
  private dropFailed(state: ConversationState): void {
    for (const { key, command, status, error } of state.outbox) {
      if (status !== "failed" || !/^message\.((un)?(react|pin)|forward)$/u.test(command.type)) continue;
      void this.conversation.discard(key);
      if (!AS_WISHED.has(error?.code ?? "")) this.troubled(error);
    }
  }

  /** Loads a page of older history; resolves to whether anything came. */
  async loadOlder(limit = PAGE): Promise<boolean> {
    if (this.loadingOlder.peek() || !this.state.peek().hasMore) return false;
    this.loadingOlder.value = true;
    this.loadFailed.value = false;
    try {
      return (await this.conversation.loadBefore(limit)).loaded > 0;
    } catch {
      this.loadFailed.value = true;
      return false;
    } finally {
      this.loadingOlder.value = false;
    }
  }

  /** Goes to a message, loading as much history as that takes. */
  async jump(seq: number): Promise<void> {
    if (this.state.peek().hidden.has(seq)) return;
    this.wishes += 1;
    const wish = this.wishes;
    try {
      if (!this.state.peek().ready) await this.conversation.ready();
      if (this.state.peek().first > seq) {
        this.going.value = true;
        await this.conversation.loadBack(seq - ABOVE);
      }
      if (wish !== this.wishes) return;
      const message = this.bySeq(seq);
      if (!message) this.troubled({ code: "message_not_found", message: "" });
      else if (message.thread !== null) this.threads.open(message.thread, seq);
      else {
        this.threads.uncover();
        this.target.value = seq;
      }
    } catch (error) {
      if (wish === this.wishes) this.troubled(error instanceof QuipuError ? error : null);
    } finally {
      if (wish === this.wishes) this.going.value = false;
    }
  }

  /** The message with this number, if it is held. */
  bySeq(seq: number): Message | undefined {
    const { messages } = this.state.peek();
    let low = 0;
    let high = messages.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const message = messages[middle];
      if (!message) return undefined;
      // Unsent messages stand last and have no number yet.
      const at = message.seq ?? Number.MAX_SAFE_INTEGER;
      if (at === seq) return message;
      if (at < seq) low = middle + 1;
      else high = middle - 1;
    }
    // A reply, or what was loaded with a thread.
    return this.conversation.message(seq) ?? undefined;
  }

  /** The other end of a 1:1. */
  peer(): string | undefined {
    if (this.state.value.kind !== "direct") return undefined;
    for (const user of this.members.value.keys()) if (user !== this.me) return user;
    return undefined;
  }

  /** Whether a message of somebody else addresses the person, by name, by role or with everybody. */
  addressesMe({ mine, mentions, mentionsEveryone, mentionsRoles }: Message): boolean {
    const role = this.state.value.you?.role;
    return !mine && (mentionsEveryone || mentions.includes(this.me) || (role !== undefined && mentionsRoles.includes(role)));
  }

  /** Whether there are too many to be told what each has received and read. */
  isCrowd(): boolean {
    return this.state.value.memberCount > CROWD;
  }

  /** Whether the person may mention everybody at once. In a conversation of two that says nothing. */
  mayMentionEveryone(): boolean {
    const { kind, settings, you } = this.state.value;
    return kind === "group" && you != null && allows(you.role, this.isCrowd() ? "mentionCrowd" : "mentionMany", settings);
  }

  /** Roles that can be mentioned: those above and below plain members that somebody else has, with how many. */
  mentionableRoles(): [Role, number][] {
    if (!this.mayMentionEveryone()) return [];
    const others = [...this.members.value.values()].filter(({ user }) => user !== this.me);
    const counted = (["owner", "admin", "moderator", "guest"] as const).map((role): [Role, number] => [role, others.filter((member) => member.role === role).length]);
    return counted.filter(([, count]) => count > 0);
  }

  /** How a name is written where somebody is told about themselves. */
  nameOf(user: string | null | undefined): string {
    return user === this.me ? t.yourself : this.people.name(user);
  }
}
