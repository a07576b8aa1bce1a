/** Whether people are there: watched while somebody listens, over the socket of the inbox. */
import type { Quipu } from "./client.ts";
import { Listeners } from "./listeners.ts";
import type { Presence, PresenceAudience, PresenceSettings, Watched } from "./wire.ts";

export type { Presence, PresenceAudience, PresenceSettings, PresenceState } from "./wire.ts";

export interface PresencesOptions {
  /** A page that is hidden for this long says that its person is away; 5 minutes when absent. */
  awayAfterMs?: number;
  /** How often the list is said again: a watch lasts five minutes. */
  sayAgainMs?: number;
  /** Changes of the list are gathered for this long. */
  gatherMs?: number;
  /** Who is hidden is asked once more after this time: their account may not have heard of a new conversation yet. */
  askAgainMs?: number;
}

/** Somebody's presence, watched while there is a listener. */
export interface Observed {
  /** What is known of it; null while nothing is. Never changed in place. */
  readonly state: Presence | null;
  /** Adds a listener; the answer takes it away again. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** As many as one socket may watch; of more those who were asked for last. */
const MOST = 100;

interface Subject {
  readonly listeners: Listeners<void>;
  /** Of each listener the conversation that entitles to it. */
  readonly grounds: Map<object, string | undefined>;
  /** Conversations that did not. */
  readonly refused: Set<string | undefined>;
  asked: boolean;
}

/** Whom this client watches, and who watches their person: turning away is told by itself where there is a page. */
export class Presences {
  readonly #client: Quipu;
  readonly #options: Required<PresencesOptions>;
  readonly #subjects = new Map<string, Subject>();
  readonly #known = new Map<string, Presence>();
  readonly #undo: (() => void)[];
  /** The list as it was said on this connection. */
  #said: string | null = null;
  #saidAt = 0;
  #online = false;
  #away = false;
  /** The list has changed. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** It is to be said again as it is. */
  #again: ReturnType<typeof setTimeout> | undefined;
  #turning: ReturnType<typeof setTimeout> | undefined;

  constructor(client: Quipu, options: PresencesOptions = {}) {
    this.#client = client;
    this.#options = { awayAfterMs: 300_000, sayAgainMs: 180_000, gatherMs: 1_000, askAgainMs: 3_000, ...options };
    const again = setInterval(() => this.#say(true), this.#options.sayAgainMs);
    this.#undo = [
      () => clearInterval(again),
      client.inbox.subscribe((event) => {
        if (event.type === "change") this.#connection();
        else if (event.type === "presence") for (const presence of event.users) this.#learn(presence);
        else if (event.type === "error" && event.error.code === "rate_limited") this.#later(event.error.retryAfterMs ?? 5_000);
      }),
    ];
    if (typeof document !== "undefined") {
      const look = (): void => this.#look();
      document.addEventListener("visibilitychange", look);
      this.#undo.push(() => document.removeEventListener("visibilitychange", look));
      look();
    }
    this.#connection();
  }

  /** Somebody's presence. `conversation` is one that both are in: most show themselves only to those who share one. */
  of(user: string, conversation?: string): Observed {
    const known = this.#known;
    return {
      get state() {
        return known.get(user) ?? null;
      },
      subscribe: (listener) => this.#watch(user, conversation, listener),
    };
  }

  /** Who sees your own. */
  settings(): Promise<PresenceSettings> {
    return this.#client.request("GET", "/v1/me/presence");
  }

  setAudience(audience: PresenceAudience): Promise<PresenceSettings> {
    return this.#client.request("PATCH", "/v1/me/presence", { body: { audience } });
  }

  get away(): boolean {
    return this.#away;
  }

  /** The person has turned away from this device, or is back. While they are away nobody is watched. */
  setAway(on: boolean): void {
    if (this.#away === on) return;
    this.#away = on;
    if (!this.#online) return;
    this.#client.inbox.say({ t: "away", on });
    this.#say(true);
  }

  /** Ends all watching. */
  close(): void {
    for (const undo of this.#undo) undo();
    clearTimeout(this.#timer);
    clearTimeout(this.#again);
    clearTimeout(this.#turning);
    this.#subjects.clear();
    this.#say(false);
    this.#online = false;
  }

  #watch(user: string, conversation: string | undefined, listener: () => void): () => void {
    const subject = this.#subjects.get(user) ?? { listeners: new Listeners<void>(), grounds: new Map(), refused: new Set(), asked: false };
    // The last is the one who was asked for last.
    this.#subjects.delete(user);
    this.#subjects.set(user, subject);
    const ground = {};
    subject.grounds.set(ground, conversation);
    const deaf = subject.listeners.add(listener);
    this.#soon();
    return () => {
      deaf();
      subject.grounds.delete(ground);
      if (subject.grounds.size > 0 || this.#subjects.get(user) !== subject) return;
      this.#subjects.delete(user);
      this.#soon();
    };
  }

  #learn(presence: Presence): void {
    const { user } = presence;
    const held = this.#known.get(user);
    if (held && held.at > presence.at) return;
    this.#known.set(user, presence);
    const subject = this.#subjects.get(user);
    if (!subject) return;
    if (presence.state === "hidden") {
      const before = ground(subject);
      subject.refused.add(before);
      if (ground(subject) !== before) this.#soon();
      else if (!subject.asked) {
        subject.asked = true;
        this.#later(this.#options.askAgainMs);
      }
    } else subject.refused.clear();
    subject.listeners.emit();
  }

  #connection(): void {
    const online = this.#client.inbox.state.connection === "online";
    if (online === this.#online) return;
    this.#online = online;
    this.#said = null;
    if (online) {
      if (this.#away) this.#client.inbox.say({ t: "away", on: true });
      this.#say(false);
      return;
    }
    // Nothing is known of anybody by a connection that is gone.
    const known = [...this.#known.keys()];
    this.#known.clear();
    for (const user of known) this.#subjects.get(user)?.listeners.emit();
  }

  /** Says the list before long, where it has changed: at once when nothing was said for a while. */
  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#say(false), Math.max(0, this.#saidAt + this.#options.gatherMs - Date.now()));
  }

  /** Says it once more later. */
  #later(wait: number): void {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#say(true), wait);
  }

  #say(always: boolean): void {
    if (!this.#online) return;
    const users: Watched[] = this.#away
      ? []
      : [...this.#subjects].slice(-MOST).map(([user, subject]) => {
          const conv = ground(subject);
          return conv === undefined ? { user } : { user, conv };
        });
    const list = JSON.stringify(users);
    const unchanged = list === (this.#said ?? "[]");
    if (unchanged && !(always && users.length > 0)) return;
    if (!this.#client.inbox.say({ t: "watch", users })) return;
    this.#said = list;
    this.#saidAt = Date.now();
    const listed = new Set(users.map(({ user }) => user));
    // While the person is away what was known stays on the page; it is told anew when they are back.
    if (this.#away) return;
    for (const user of [...this.#known.keys()]) {
      if (listed.has(user)) continue;
      this.#known.delete(user);
      this.#subjects.get(user)?.listeners.emit();
    }
  }

  #look(): void {
    clearTimeout(this.#turning);
    if (document.visibilityState === "visible") this.setAway(false);
    else this.#turning = setTimeout(() => this.setAway(true), this.#options.awayAfterMs);
  }
}

/** The conversation to name: one that was not refused, if there is one. */
function ground({ grounds, refused }: Subject): string | undefined {
  const all = [...grounds.values()];
  return all.find((each) => each !== undefined && !refused.has(each)) ?? all[0];
}
