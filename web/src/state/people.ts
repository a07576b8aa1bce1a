import { signal } from "@preact/signals";
import type { ConversationState, InboxEntry, Member, Message, Role, Status } from "@quipu/client";
import { safePicture } from "../text/linkify.ts";
import { EVERYONE, type Mentioned, ofRole, ROLES } from "../text/mentions.ts";
import { t } from "../text/strings.ts";
import { nextMoment } from "./moment.ts";

/** How somebody is shown. */
export interface Person {
  user: string;
  name: string;
  picture?: string | undefined;
  /** What they are doing, while it holds. */
  status?: Status | undefined;
  /** That of the profile in their account; 0 where what is known comes from their token. */
  version: number;
}

/** How the server says that somebody presents themselves. */
interface Presented {
  user: string;
  name?: string | null | undefined;
  picture?: string | null | undefined;
  status?: Status | null | undefined;
  version?: number | undefined;
}

/**
 * Everybody whose name this client has seen. Those who left a conversation are no longer among its members, but
 * their messages still need a name.
 */
export class People {
  private readonly known = new Map<string, Person>();
  /** Every name seen for somebody, the newest last: texts name people as they were called then. */
  private readonly called = new Map<string, string[]>();
  private readonly bySubject: ReadonlyMap<string, string>;
  private statusTimer: ReturnType<typeof setTimeout> | undefined;
  /** Grows when a name, picture or status changes: read it to be rendered again. */
  readonly version = signal(0);

  /** `known`: names by the team's own ids, for people who have not said their name to the server yet. */
  constructor(known: readonly { subject: string; name: string }[]) {
    this.bySubject = new Map(known.map(({ subject, name }) => [subject, name]));
  }

  /** A name that stands somewhere, of nobody knows which time: it does not replace what a profile says. */
  learn(user: string, name: string | null | undefined): void {
    if (name) this.learnProfile({ user, name });
  }

  /** What a profile says. An older one changes nothing; that of an account says also what is not there. */
  learnProfile({ user, name, picture, status, version = 0 }: Presented, subject?: string | null): void {
    const before = this.known.get(user);
    if (before && version < before.version) return;
    const shown = name ?? this.fallback(user, subject);
    if (!shown) return;
    const next: Person = { user, name: shown, picture: safePicture(picture) ?? (version === 0 ? before?.picture : undefined), status: status ?? undefined, version };
    if (before && before.name === next.name && before.picture === next.picture && before.version === version && sameStatus(before.status, next.status)) return;
    this.known.set(user, next);
    const earlier = this.called.get(user) ?? [];
    this.called.set(user, [...earlier.filter((other) => other !== shown), shown]);
    if (next.status?.until || before?.status?.until) this.followStatuses();
    this.version.value += 1;
  }

  learnMembers(state: ConversationState): void {
    this.learnPage([...state.members.values()]);
  }

  learnEntries(entries: readonly InboxEntry[]): void {
    for (const { peer, last } of entries) {
      if (peer) this.learnProfile(peer, peer.subject);
      if (last) this.learn(last.actor, last.actor_name);
    }
  }

  /** Whether there is anything to call somebody by. */
  knows(user: string): boolean {
    return this.known.has(user);
  }

  /** Members as a page of them lists them. */
  learnPage(members: readonly Member[]): void {
    for (const { profile, subject } of members) this.learnProfile(profile, subject);
  }

  private fallback(user: string, subject: string | null | undefined): string | undefined {
    return this.known.get(user)?.name ?? (subject ? (this.bySubject.get(subject) ?? subject) : undefined);
  }

  /** Shows the end of a status when it comes. */
  private followStatuses(): void {
    clearTimeout(this.statusTimer);
    this.statusTimer = nextMoment([...this.known.values()].map(({ status }) => status?.until), () => {
      this.version.value += 1;
      this.followStatuses();
    });
  }

  get(user: string | null | undefined): Person {
    void this.version.value;
    return (user ? this.known.get(user) : undefined) ?? { user: user ?? "", name: t.unknownPerson, version: 0 };
  }

  name(user: string | null | undefined): string {
    return this.get(user).name;
  }

  /** What somebody is doing, where they say so and it holds still. */
  status(user: string | null | undefined): Status | undefined {
    const { status } = this.get(user);
    return status && (!status.until || status.until > Date.now()) ? status : undefined;
  }

  /** Those a message mentions, with every name they may stand under in its text. */
  mentioned({ mentions, mentionsEveryone, mentionsRoles }: Addressed): Mentioned[] {
    void this.version.value;
    const users = mentions.map((user) => ({ user, names: this.called.get(user) ?? [] }));
    const roles = mentionsRoles.map((role) => ({ user: ofRole(role), names: [ROLES[role]] }));
    return [...users, ...roles, ...(mentionsEveryone ? [{ user: EVERYONE, names: [EVERYONE] }] : [])];
  }
}

/** Whom a message addresses. */
export type Addressed = Pick<Message, "mentions" | "mentionsEveryone" | "mentionsRoles">;

/** Whom a stored text addresses. */
export function addressedIn({ mentions = [], mention_everyone = false, mention_roles = [] }: { mentions?: string[]; mention_everyone?: boolean; mention_roles?: Role[] }): Addressed {
  return { mentions, mentionsEveryone: mention_everyone, mentionsRoles: mention_roles };
}

function sameStatus(one: Status | undefined, other: Status | undefined): boolean {
  return one?.emoji === other?.emoji && one?.text === other?.text && one?.until === other?.until;
}
