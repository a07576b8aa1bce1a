import { batch, computed, effect, signal } from "@preact/signals";
import { type InboxEntry, type InboxState, type InboxView, type MembersPage, type Message, type PatchInbox, QuipuError, type SearchAllPage } from "@quipu/client";
import { Presences } from "@quipu/client/presence";
import { fold } from "../text/fold.ts";
import { number } from "../text/locale.ts";
import { t } from "../text/strings.ts";
import { Cover } from "./cover.ts";
import { DirectoryModel } from "./directory.ts";
import { FindAll } from "./find-all.ts";
import { pendingInvite, takeInvite } from "./invite.ts";
import { ConversationModel } from "./model.ts";
import { People } from "./people.ts";
import { Profiles } from "./profiles.ts";
import { Relations } from "./relations.ts";
import { SavedModel } from "./saved.ts";
import type { Session } from "./session.ts";
import { offered } from "./views.ts";

/** What a dialog is open for. */
export type DialogSpec =
  | { kind: "new" }
  | { kind: "join"; token: string }
  | { kind: "channels" }
  /** A channel that is to be in a space. */
  | { kind: "new-channel"; space: string }
  | { kind: "details" }
  | { kind: "profile"; user: string }
  | { kind: "my-profile" }
  | { kind: "versions"; message: Message }
  | { kind: "readers"; message: Message }
  | { kind: "react"; message: Message }
  | { kind: "pins" }
  /** `thread`: the one that the poll is written in. */
  | { kind: "poll"; thread: number | undefined }
  | { kind: "votes"; message: Message }
  | { kind: "report"; message: Message }
  | { kind: "reports" }
  | { kind: "forward"; message: Message }
  /** `forAll`: whether the person may erase it for everybody, too. */
  | { kind: "delete"; message: Message; forAll: boolean };

/** A message menu and where it hangs. */
export interface MenuSpec {
  readonly message: Message;
  readonly anchor: HTMLElement;
  readonly point?: { readonly x: number; readonly y: number };
}

/** The menu of a conversation in the list, and where it hangs. */
export interface EntryMenuSpec {
  readonly id: string;
  readonly anchor: HTMLElement;
  readonly point?: { readonly x: number; readonly y: number };
}

/** One signed-in client: its list, the conversation that is open, and what lies over them. */
export class App {
  readonly people: People;
  readonly profiles: Profiles;
  readonly presences: Presences;
  /** Whom the person blocks and keeps as contacts. */
  readonly relations: Relations;
  /** Who is found by name, and whether the person is. */
  readonly directory: DirectoryModel;
  /** The messages that the person has saved. */
  readonly saved: SavedModel;
  readonly inbox;
  readonly current = signal<ConversationModel | null>(null);
  readonly query = signal("");
  /** What is looked for in the list is looked for among people and messages, too. */
  readonly findAll;
  /** People found there with whom no conversation of two is listed. */
  readonly strangers;
  readonly dialog = signal<DialogSpec | null>(null);
  readonly menu = signal<MenuSpec | null>(null);
  readonly entryMenu = signal<EntryMenuSpec | null>(null);
  /** Which conversations the list shows. */
  readonly view = signal<InboxView>("all");
  /** A passing word at the foot of the page. */
  readonly notice = signal<string | null>(null);
  /** Read out by a screen reader; not seen. */
  readonly spoken = signal("");
  /** Whether the page is before the person's eyes. */
  readonly watching = signal(true);
  /** The part of the list that is chosen, as far as it is loaded. */
  readonly list;
  readonly entries;
  /** Parts of the list that are offered. */
  readonly views;
  /** Now, as far as the end of a mute tells. */
  private readonly now = signal(Date.now());
  private muteTimer: ReturnType<typeof setTimeout> | undefined;

  private readonly cover: Cover;
  private readonly models = new Map<string, ConversationModel>();
  /** Conversations whose members were asked for, for the sake of a name. */
  private readonly asked = new Set<string>();
  private noticeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly session: Session) {
    const { inbox } = session.client;
    this.people = new People(session.people);
    this.presences = new Presences(session.client);
    this.relations = new Relations(session.client);
    this.directory = new DirectoryModel(session.client);
    this.saved = new SavedModel(session.client, (saved) => this.meetThose(saved));
    this.inbox = signal<InboxState>(inbox.state);
    this.people.learn(session.user, session.name);
    this.profiles = new Profiles(session.client, this.people);
    this.entries = computed(() => this.filtered());
    this.list = computed(() => {
      // It reads the same entries as the state.
      void this.inbox.value;
      return inbox.list(this.view.value);
    });
    this.views = computed(() => offered(this.view.value, this.inbox.value.totals));
    this.findAll = new FindAll(session.client, this.query, (page) => this.meet(page));
    this.strangers = computed(() => this.findAll.people.value.filter(({ user }) => !this.entries.value.some(({ peer }) => peer?.user === user)));
    inbox.subscribe((event) => {
      if (event.type === "change") this.followInbox();
    });
    inbox.open();
    this.followInbox();
    const look = (): void => {
      this.watching.value = document.visibilityState === "visible" && (session.pane || document.hasFocus());
    };
    for (const type of ["focus", "blur"]) addEventListener(type, look);
    document.addEventListener("visibilitychange", look);
    look();
    effect(() => {
      const { unread } = this.inbox.value.totals;
      document.title = (unread > 0 ? `(${number(unread)}) ` : "") + (session.pane ? session.name : t.appName);
      // Shown on the icon of a page that was installed; elsewhere refused.
      if (!session.pane) navigator.setAppBadge?.(unread).catch(() => undefined);
    });
    effect(() => {
      const { ready, connection } = this.inbox.value;
      if (ready && connection === "online" && !this.list.value.ready) this.loadMore();
    });
    this.cover = new Cover(
      computed(() => !session.pane && this.current.value?.covered.value === true),
      () => this.current.peek()?.uncover(),
    );
    addEventListener("popstate", () => {
      if (!this.cover.stepped()) this.fromAddress();
    });
    this.fromAddress();
    if (!session.pane) {
      addEventListener("hashchange", () => this.followInvite());
      this.followInvite();
    }
  }

  /** Asks about an invite link that was opened. */
  private followInvite(): void {
    takeInvite();
    const token = pendingInvite();
    if (token !== undefined) this.dialog.value = { kind: "join", token };
  }

  private followInbox(): void {
    const { state } = this.session.client.inbox;
    batch(() => {
      this.people.learnEntries(state.entries);
      this.inbox.value = state;
      this.followMutes();
    });
    for (const { id, last, member } of state.entries) if (member && last && !this.people.knows(last.actor)) void this.askNames(id);
  }

  /** The list names who spoke last only once they have said their name here; the members are listed with the team's own ids too. Asked once. */
  private async askNames(id: string): Promise<void> {
    if (this.asked.has(id)) return;
    this.asked.add(id);
    try {
      const { members } = await this.session.client.request<MembersPage>("GET", `/v1/conversations/${id}/members`, { query: { limit: 100 } });
      this.people.learnPage(members);
    } catch {
      // Nobody is waiting for it; the next change of the list asks again.
      this.asked.delete(id);
    }
  }

  /** Shows the end of a mute when it comes. */
  private followMutes(): void {
    clearTimeout(this.muteTimer);
    const now = Date.now();
    this.now.value = now;
    const next = Math.min(...this.inbox.peek().entries.map(({ muted_until: until = 0 }) => (until > now ? until : Number.POSITIVE_INFINITY)));
    // A timer counts in 31 bits; what lies beyond a day is looked at again then.
    if (next < Number.POSITIVE_INFINITY) this.muteTimer = setTimeout(() => this.followMutes(), Math.min(next - now + 1, 86_400_000));
  }

  isMuted(entry: InboxEntry): boolean {
    return (entry.muted_until ?? 0) > this.now.value;
  }

  /** Lays something down about a conversation in the list. */
  lay(id: string, patch: PatchInbox, word?: string): void {
    // Whoever marks what they are looking at turns away from it.
    if (patch.marked_unread && this.current.peek()?.id === id) this.hide();
    this.session.client.inbox.set(id, patch).then(
      () => word !== undefined && this.say(word),
      (error: unknown) => this.say(sentence(error)),
    );
  }

  /** Everything in it counts as read. */
  markRead({ id, head_seq, unread, marked_unread }: InboxEntry): void {
    const { client } = this.session;
    const read = unread > 0 ? client.request("PUT", `/v1/conversations/${id}/read`, { body: { seq: head_seq } }) : Promise.resolve();
    const clear = marked_unread ? client.inbox.set(id, { marked_unread: false }) : Promise.resolve();
    Promise.all([read, clear]).catch((error: unknown) => this.say(sentence(error)));
  }

  /** The name a conversation goes by in the list. */
  titleOf(entry: InboxEntry): string {
    if (entry.kind === "direct") return entry.peer ? this.people.name(entry.peer.user) : t.unknownPerson;
    return entry.name || (entry.kind === "space" ? t.spaces.untitled : t.untitledGroup);
  }

  /** The name of an open conversation, known from its state or, before that comes, from the list. */
  title(model: ConversationModel): string {
    const state = model.state.value;
    const peer = model.peer();
    if (peer) return this.people.name(peer);
    const entry = this.inbox.value.entries.find((candidate) => candidate.id === model.id);
    if (state.ready && state.kind !== "direct") return state.info.name || (state.kind === "space" ? t.spaces.untitled : t.untitledGroup);
    return entry ? this.titleOf(entry) : t.untitledGroup;
  }

  private filtered(): readonly InboxEntry[] {
    const query = fold(this.query.value.trim());
    if (query === "") return this.list.value.entries;
    // Whoever searches finds what is put away, too.
    return this.inbox.value.entries.filter((entry) => fold(this.titleOf(entry)).includes(query));
  }

  /** Loads the next page of the part of the list that is chosen. */
  loadMore(): void {
    this.session.client.inbox.loadMore(this.view.peek()).catch((error: unknown) => {
      // What passes is tried again when the connection is back, or when one scrolls.
      if (!(error instanceof QuipuError && error.retry)) this.say(sentence(error));
    });
  }

  /** Learns the names of what a search found. */
  private async meet({ hits, people = [] }: SearchAllPage): Promise<void> {
    for (const person of people) this.people.learnProfile(person, person.subject);
    await this.meetThose(hits.map(({ message: { envelope } }) => ({ conversation: envelope.conv, author: envelope.actor })));
  }

  /** Learns the names of conversations, and of who says something there. */
  private async meetThose(said: readonly { readonly conversation: string; readonly author: string | null }[]): Promise<void> {
    const { inbox } = this.session.client;
    // What is found far down the list, or was put away, has not been loaded yet.
    try {
      for (const view of ["all", "archived", "hidden"] as const) {
        while (said.some(({ conversation }) => !inbox.entry(conversation)) && (await inbox.loadMore(view, 100)).more);
      }
    } catch {
      // They are shown without a name.
    }
    for (const { conversation, author } of said) if (author !== null && !this.people.knows(author)) void this.askNames(conversation);
  }

  /** The name of a conversation in the list. */
  titleById(id: string): string {
    const entry = this.inbox.value.entries.find((candidate) => candidate.id === id);
    return entry ? this.titleOf(entry) : t.untitledGroup;
  }

  /** Opens a conversation at a message. */
  async showMessage(id: string, seq: number): Promise<void> {
    this.show(id);
    await this.current.peek()?.jump(seq);
  }

  /** Opens the conversation of two with somebody. */
  async showPerson(user: string): Promise<void> {
    try {
      const { id } = await this.session.client.direct(user);
      this.query.value = "";
      this.show(id);
    } catch (error) {
      this.say(sentence(error));
    }
  }

  /** Opens a conversation and says so in the address. */
  show(id: string): void {
    if (this.current.peek()?.id === id) return;
    const address = new URL(location.href);
    address.searchParams.set("c", id);
    const fromList = this.current.peek() === null;
    if (this.session.pane || !fromList) history.replaceState(Cover.state, "", address);
    else history.pushState({ fromList: true }, "", address);
    this.switchTo(id);
  }

  /** Closes the open conversation, back to the list. */
  hide(): void {
    const id = this.current.peek()?.id;
    if (id === undefined) return;
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`button.entry[data-id="${id}"]`)?.focus());
    const close = (): void => this.switchTo(null);
    if (!this.cover.leave(close, forget)) {
      forget();
      close();
    }
  }

  private fromAddress(): void {
    this.switchTo(new URLSearchParams(location.search).get("c"));
  }

  private switchTo(id: string | null): void {
    const before = this.current.peek();
    if ((before?.id ?? null) === id) return;
    batch(() => {
      this.menu.value = null;
      this.entryMenu.value = null;
      this.dialog.value = null;
      before?.close();
      if (id === null) {
        this.current.value = null;
        return;
      }
      const model = this.models.get(id) ?? new ConversationModel(this.session.client.conversation(id), this.people, this.session.user, (error) => this.say(storedSentence(error)));
      this.models.set(id, model);
      const entry = this.session.client.inbox.entry(id);
      model.readAtOpen.value = entry && entry.unread > 0 ? entry.read_n : null;
      model.open();
      this.current.value = model;
    });
  }

  /** Shows a passing word. */
  say(text: string): void {
    clearTimeout(this.noticeTimer);
    this.notice.value = text;
    this.noticeTimer = setTimeout(() => (this.notice.value = null), 5000);
  }
}

/** The address names no conversation any more. */
function forget(): void {
  const address = new URL(location.href);
  if (!address.searchParams.has("c")) return;
  address.searchParams.delete("c");
  history.replaceState(null, "", address);
}

/** What to tell the person about a failure. */
export function sentence(error: unknown): string {
  return error instanceof QuipuError ? storedSentence(error) : t.failedPlain;
}

/** The same for an error kept as code and message. */
export function storedSentence(error: { code: string; message: string } | null | undefined): string {
  if (!error) return t.failedPlain;
  const { errors } = t;
  return Object.hasOwn(errors, error.code) ? errors[error.code as keyof typeof errors] : t.failedOtherwise(error.code, error.message);
}
