import { signal } from "@preact/signals";
import type { ConversationState, InboxEntry, Member, Message } from "@quipu/client";
import { safePicture } from "../text/linkify.ts";
import { EVERYONE, type Mentioned } from "../text/mentions.ts";
import { t } from "../text/strings.ts";

/** How somebody is shown. */
export interface Person {
  user: string;
  name: string;
  picture?: string | undefined;
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
  /** Grows when a name or picture changes: read it to be rendered again. */
  readonly version = signal(0);

  /** `known`: names by the team's own ids, for people who have not said their name to the server yet. */
  constructor(known: readonly { subject: string; name: string }[]) {
    this.bySubject = new Map(known.map(({ subject, name }) => [subject, name]));
  }

  learn(user: string, name: string | null | undefined, picture?: string | null): void {
    if (!name) return;
    const before = this.known.get(user);
    const shown = safePicture(picture) ?? before?.picture;
    if (before?.name === name && before.picture === shown) return;
    this.known.set(user, { user, name, picture: shown });
    const earlier = this.called.get(user) ?? [];
    this.called.set(user, [...earlier.filter((other) => other !== name), name]);
    this.version.value += 1;
  }

  learnMembers(state: ConversationState): void {
    this.learnPage([...state.members.values()]);
  }

  learnEntries(entries: readonly InboxEntry[]): void {
    for (const entry of entries) {
      const { peer, last } = entry;
      if (peer) this.learn(peer.user, peer.name ?? this.fallback(peer.user, peer.subject), peer.picture);
      if (last) this.learn(last.actor, last.actor_name);
    }
  }

  /** Whether there is anything to call somebody by. */
  knows(user: string): boolean {
    return this.known.has(user);
  }

  /** Members as a page of them lists them. */
  learnPage(members: readonly Member[]): void {
    for (const member of members) this.learn(member.user, member.profile.name ?? this.fallback(member.user, member.subject), member.profile.picture);
  }

  private fallback(user: string, subject: string | null | undefined): string | undefined {
    return this.known.get(user)?.name ?? (subject ? (this.bySubject.get(subject) ?? subject) : undefined);
  }

  get(user: string | null | undefined): Person {
    void this.version.value;
    return (user ? this.known.get(user) : undefined) ?? { user: user ?? "", name: t.unknownPerson };
  }

  name(user: string | null | undefined): string {
    return this.get(user).name;
  }

  /** Those a message mentions, with every name they may stand under in its text. */
  mentioned({ mentions, mentionsEveryone }: Pick<Message, "mentions" | "mentionsEveryone">): Mentioned[] {
    void this.version.value;
    const users = mentions.map((user) => ({ user, names: this.called.get(user) ?? [] }));
    return mentionsEveryone ? [...users, { user: EVERYONE, names: [EVERYONE] }] : users;
  }
}
