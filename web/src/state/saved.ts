import { effect, signal } from "@preact/signals";
import type { Quipu } from "@quipu/client";
import { type Saved, type SavedList, SavedMessages } from "@quipu/client/saved";

/** What is saved, as the page shows it. */
export class SavedModel {
  /** Whether the list stands in the place of the conversations. */
  readonly shown = signal(false);
  readonly list = signal<SavedList>({ saved: [], ready: false, hasMore: false, count: 0, error: null });
  private readonly messages: SavedMessages;
  /** Grows with each change: what was looked up is looked up again. */
  private readonly changes = signal(0);

  /** `seen` hears where those come from that are to be shown. */
  constructor(client: Quipu, seen: (said: { conversation: string; author: string | null }[]) => Promise<void>) {
    this.messages = new SavedMessages(client);
    let met: readonly Saved[] = [];
    this.messages.subscribe(() => {
      this.changes.value += 1;
      const { state } = this.messages;
      this.list.value = state;
      if (state.saved === met) return;
      met = state.saved;
      void seen(met.map(({ conversation, message }) => ({ conversation, author: message?.author ?? null })));
    });
    // What was saved may have been edited or deleted since the last look.
    effect(() => {
      if (this.shown.value) void this.messages.load();
    });
  }

  has(conversation: string, seq: number): boolean {
    void this.changes.value;
    return this.messages.has(conversation, seq);
  }

  set(conversation: string, seq: number, saved: boolean): Promise<void> {
    return this.messages.set(conversation, seq, saved);
  }

  /** Goes on to what was saved earlier, or tries again after a failure. */
  loadMore(): void {
    void (this.list.peek().error ? this.messages.load() : this.messages.loadMore());
  }
}
