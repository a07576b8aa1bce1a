import type { Outbox } from "./outbox.ts";

export interface TurnOwner {
  /** Whether there is something to send, and a connection to send it on. */
  wanted(): boolean;
  /** Runs first: other tabs may have written meanwhile. */
  begin(): Promise<void>;
  /** The turn began or ended. */
  changed(): void;
}

/** One tab at a time sends a conversation's commands, so that the order on the wire is the order of the queue. */
export class Turn {
  readonly #outbox: Outbox;
  readonly #conversation: string;
  readonly #owner: TurnOwner;
  #state: "none" | "asked" | "held" = "none";
  #end: (() => void) | null = null;
  /** The browser refused the lock: equal keys still make duplicates harmless. */
  #lockless = false;

  constructor(outbox: Outbox, conversation: string, owner: TurnOwner) {
    this.#outbox = outbox;
    this.#conversation = conversation;
    this.#owner = owner;
  }

  /** Whether it is this tab's turn. Asks for it otherwise. */
  mine(): boolean {
    const locks = this.#lockless ? null : this.#outbox.locks;
    if (!locks || this.#state === "held") return true;
    if (this.#state === "none") {
      this.#state = "asked";
      void this.#take(locks);
    }
    return false;
  }

  /** Nothing left to send, or nothing to send it on: another tab may. */
  end(): void {
    this.#end?.();
  }

  async #take(locks: NonNullable<Outbox["locks"]>): Promise<void> {
    try {
      await this.#outbox.exclusively(locks, this.#conversation, async () => {
        if (!this.#owner.wanted()) return;
        const ended = new Promise<void>((resolve) => {
          this.#end = resolve;
        });
        await this.#owner.begin();
        this.#state = "held";
        this.#owner.changed();
        await ended;
      });
    } catch {
      this.#lockless = true;
    }
    this.#state = "none";
    this.#end = null;
    this.#owner.changed();
  }
}
