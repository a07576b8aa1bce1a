import { batch, computed, signal } from "@preact/signals";
import type { Conversation } from "@quipu/client";
import { type Followed, type Thread, Threads, type ThreadView } from "@quipu/client/threads";
import { draftKey } from "./draft.ts";
import type { People } from "./people.ts";
import { editable, Writer } from "./writer.ts";

/** How many replies one load asks for. */
const PAGE = 50;

/** Where there is no room for both and a thread covers its conversation, as styles/threads.css says. */
const NARROW = "(max-width: 1100px)";

/** What stands beside the conversation: one thread, or the list of those one follows. */
export type Beside = { readonly kind: "thread"; readonly root: number } | { readonly kind: "list" };

/** The threads of one conversation as the client shows them. */
export class ThreadsModel {
  readonly beside = signal<Beside | null>(null);
  /** Threads of messages that are held, by those. */
  readonly all;
  /** A reply to scroll to and mark, by seq. */
  readonly target = signal<number | null>(null);
  /** Replies read when the thread was opened: where its line "New" stands. */
  readonly readAtOpen = signal<number | null>(null);
  readonly loading = signal(false);
  readonly loadFailed = signal(false);
  /** Threads one follows, as they were listed last; null before that. */
  readonly followed = signal<readonly Followed[] | null>(null);
  private more: number | null = null;
  private readonly threads;
  /** Goes up when a thread has changed. */
  private readonly version = signal(0);
  private readonly writers = new Map<number, Writer>();
  private stopKeeping: (() => void) | undefined;
  /** What had the focus before the pane was opened. */
  private before: Element | null = null;

  constructor(
    private readonly conversation: Conversation,
    private readonly people: People,
    private readonly me: string,
    private readonly failed: (error: unknown) => void,
  ) {
    this.threads = new Threads(conversation);
    this.threads.subscribe(() => (this.version.value += 1));
    this.all = computed<ReadonlyMap<number, Thread>>(() => {
      void this.version.value;
      return this.threads.all();
    });
  }

  /** How a thread stands and what it says; followed by what reads it. */
  view(root: number): ThreadView {
    void this.version.value;
    return this.threads.view(root);
  }

  /** What is being written in a thread. */
  writer(root: number): Writer {
    const held = this.writers.get(root);
    if (held) return held;
    const writer = new Writer({
      conversation: this.conversation,
      people: this.people,
      key: `${draftKey(this.me, this.conversation.id)}.${root}`,
      thread: root,
      lastOwn: () => this.threads.view(root).replies.findLast(editable),
      sent: () => (this.readAtOpen.value = null),
    });
    this.writers.set(root, writer);
    return writer;
  }

  /** Opens a thread, at one of its replies where one is given. */
  open(root: number, reply?: number): void {
    this.remember();
    batch(() => {
      this.leave();
      const { following, readN, unread } = this.threads.of(root);
      this.readAtOpen.value = following && unread > 0 ? readN : null;
      this.beside.value = { kind: "thread", root };
      this.target.value = reply ?? null;
      this.stopKeeping = this.writer(root).keep();
    });
    void this.reach(root, reply);
  }

  /** Loads the thread, as far back as the reply that is looked for. */
  private async reach(root: number, reply: number | undefined): Promise<void> {
    const missing = (): boolean => reply !== undefined && !this.threads.view(root).replies.some(({ seq }) => seq === reply);
    if (this.threads.view(root).hasMore && (await this.load(root))) while (missing() && (await this.load(root)));
  }

  /** Opens the list of threads one follows. */
  openList(): void {
    this.remember();
    batch(() => {
      this.leave();
      this.beside.value = { kind: "list" };
      this.followed.value = null;
    });
    void this.loadFollowed();
  }

  /** Closes what stands beside the conversation; the focus goes back to where it was. */
  close(refocus = true): void {
    this.leave();
    this.beside.value = null;
    const { before } = this;
    this.before = null;
    if (!refocus) return;
    requestAnimationFrame(() => {
      const to = before instanceof HTMLElement && before.isConnected ? before : document.getElementById("composer");
      to?.focus({ preventScroll: true });
    });
  }

  /** Gives the conversation its place back, where a thread covers it. */
  uncover(): void {
    if (matchMedia(NARROW).matches) this.close(false);
  }

  private remember(): void {
    if (this.beside.peek() === null) this.before = document.activeElement?.closest("[data-testid=message]") ?? document.activeElement;
  }

  private leave(): void {
    this.stopKeeping?.();
    this.stopKeeping = undefined;
    this.loadFailed.value = false;
  }

  /** Loads older replies; resolves to whether there are more. */
  async load(root: number): Promise<boolean> {
    return this.trying(async () => (await this.threads.load(root, PAGE)).more);
  }

  get hasMoreFollowed(): boolean {
    return this.more !== null;
  }

  async loadFollowed(): Promise<void> {
    const held = this.followed.peek();
    await this.trying(async () => {
      const { threads, next } = await this.threads.list(held && this.more !== null ? { before: this.more } : {});
      this.more = next;
      this.followed.value = [...(held ?? []), ...threads];
      return false;
    });
  }

  private async trying(work: () => Promise<boolean>): Promise<boolean> {
    if (this.loading.peek()) return false;
    this.loading.value = true;
    this.loadFailed.value = false;
    try {
      return await work();
    } catch {
      this.loadFailed.value = true;
      return false;
    } finally {
      this.loading.value = false;
    }
  }

  follow(root: number, following: boolean): void {
    this.threads.follow(root, following).catch(this.failed);
  }

  /** The person has seen the thread to its end. */
  markRead(root: number): void {
    this.threads.markRead(root);
  }
}
