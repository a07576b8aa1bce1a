import type { Entry } from "./entry.ts";
import { firstOf, hiddenAt, isWithheld, Log } from "./log.ts";
import { Messages } from "./messages.ts";
import { Roster } from "./roster.ts";
import type { Audit, ConversationState, Part } from "./state.ts";
import { Timeline } from "./timeline.ts";
import type { ConversationResource, Event, EventsPage, Item, Limits, Welcome } from "./wire.ts";

const KNOWN = /^(conversation\.(created|updated|settings_changed)|member\.(joined|left|removed|role_changed|(un)?(banned|muted))|message\.(created|edited|deleted|pinned|unpinned|previewed|preview_removed)|reaction\.(added|removed)|poll\.closed)$/;

/** Where a page of history was asked for: it fits only if nothing moved since. */
export interface Place {
  readonly placed: boolean;
  readonly after: number;
}

/** All that is held of a conversation, and what it folds into. Knows nothing of connections. */
export class Held {
  readonly log = new Log();
  readonly messages = new Messages();
  readonly roster = new Roster();
  resource: ConversationResource | null = null;
  limits: Limits | null = null;
  /** Messages you deleted for yourself, as far as you were told; a change makes a new set. */
  hidden: ReadonlySet<number> = new Set();
  readonly #timeline = new Timeline();
  readonly #unknown: Record<string, number> = {};
  #lines: Pick<ConversationState, "messages" | "replies" | "timeline"> | null = null;

  describe(resource: ConversationResource, members?: Welcome["members"]): void {
    this.resource = resource;
    this.roster.describe(resource, members);
  }

  /** Forgets everything: the next welcome starts over. */
  reset(): void {
    this.log.clear();
    this.messages.clear();
    this.roster.clear();
    this.resource = null;
    this.hidden = new Set();
    this.#lines = null;
  }

  /** You deleted these messages for yourself: what is held of them goes. */
  hide(messages: readonly number[], version: number): void {
    this.hidden = new Set([...this.hidden, ...messages]);
    for (const seq of messages) {
      if (this.messages.bySeq.get(seq)?.thread === null) this.roster.hide(seq, version);
      this.messages.drop(seq);
    }
    this.log.hide(this.#isHidden);
  }

  /** An item as it is to be held: it may have been on its way while its message was deleted. */
  masked(item: Item): Item {
    return this.#isHidden(item) ? hiddenAt(firstOf(item)) : item;
  }

  readonly #isHidden = (item: Item): boolean => {
    if (isWithheld(item)) return false;
    const { seq, type, ref = 0 } = item.envelope;
    return this.hidden.has(/edited|preview/.test(type) ? ref : seq);
  };

  /** Folds in a new event at the end of the log. */
  take(event: Event): Part[] {
    const { type, ref, params } = event.envelope;
    if (type === "message.deleted" && ref !== undefined) this.log.erase(ref);
    if (type === "message.preview_removed" && ref !== undefined) this.log.erase(ref, /previewed/);
    if (type === "reaction.removed" && params?.reaction !== undefined) this.log.eraseOne(params.reaction);
    if (!KNOWN.test(type)) this.#unknown[type] = (this.#unknown[type] ?? 0) + 1;
    this.messages.apply(event, this.roster.user);
    return this.roster.apply(event);
  }

  /** Adds a page of older history. Null when the log moved meanwhile, false when the page does not fit. */
  takePage(page: EventsPage, from: Place): boolean | null {
    const { log } = this;
    if (this.resource?.epoch !== page.epoch || log.after !== from.after || log.placed !== from.placed) return null;
    if (!log.placed) log.place(page.head);
    const events = page.events.map((item) => this.masked(item));
    if (events.length > 0 && !log.prepend(events)) return false;
    for (const item of events) if (!isWithheld(item)) this.messages.apply(item, this.roster.user);
    for (const edit of page.edits) if (!this.#isHidden(edit)) this.messages.apply(edit, this.roster.user);
    return true;
  }

  /** The lines to show have to be put together anew. */
  touch(): void {
    this.#lines = null;
  }

  audit(reconnects: number): Audit {
    const { received, repeated, holes, first, last } = this.log;
    return { received, repeated, holes, lost: this.log.lost(), reconnects, from: first, to: last, digest: this.log.digest(first, last), unknown: { ...this.#unknown } };
  }

  state(rest: Pick<ConversationState, "id" | "connection" | "retryAt" | "error" | "typing">, entries: readonly Entry[]): ConversationState {
    const { first, last, after, placed } = this.log;
    const { head, info, settings, you, members, memberCount, pins, places, reports, user } = this.roster;
    this.#lines ??= this.#timeline.build(this.log, this.messages, entries, user);
    return {
      ...rest,
      ready: this.resource !== null,
      caughtUp: rest.connection === "online" && placed && last >= head.seq,
      kind: this.resource?.kind ?? null,
      encryption: this.resource?.encryption ?? null,
      history: this.resource?.history ?? null,
      epoch: this.resource?.epoch ?? null,
      head,
      info,
      settings,
      you,
      members,
      memberCount,
      pins: pins.some((seq) => this.hidden.has(seq)) ? pins.filter((seq) => !this.hidden.has(seq)) : pins,
      hidden: this.hidden,
      places,
      reports,
      ...this.#lines,
      first,
      last,
      gaps: placed && after > 0 ? [{ from: 1, to: after }] : [],
      hasMore: placed ? after > 0 : head.seq > 0,
      outbox: entries.filter((entry) => entry.seq === null).map((entry) => entry.view),
      limits: this.limits,
    };
  }
}
