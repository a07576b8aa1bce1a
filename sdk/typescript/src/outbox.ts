import { QuipuError, toQuipuError } from "./errors.ts";
import type { Journal, Noted } from "./journal.ts";
import { deferred } from "./listeners.ts";
import { memoryStorage, type OutboxStorage, type OutboxStore, type StoredCommand, type StoredError } from "./storage.ts";

/** What the tabs of one person tell each other about their common outbox. */
export type Notice = { conversation: string } & ({ kind: "settled"; key: string; seq: number } | { kind: "failed"; key: string; error: StoredError } | { kind: "gone"; key: string });

interface Adding {
  command: Omit<StoredCommand, "order">;
  done: (order: number) => void;
  failed: (error: unknown) => void;
}

interface LocksLike {
  request(name: string, work: () => Promise<void>): Promise<unknown>;
}

/** The durable queue of one person's commands for one server: writes in call order, many in one transaction, tabs in step. */
export class Outbox {
  /** Called when the storage fails: commands are then kept in memory alone. */
  onError: (error: QuipuError) => void = () => undefined;
  onNotice: (notice: Notice) => void = () => undefined;
  readonly #open: () => Promise<OutboxStore>;
  #store: Promise<OutboxStore> | null = null;
  #journal: Journal | null = null;
  #channel: BroadcastChannel | null = null;
  #adding: Adding[] = [];
  /** Every write after the one before: the order of the calls is the order of the queue. */
  #chain: Promise<unknown> = Promise.resolve();
  #name = "";
  #shared = false;
  #closed = false;

  constructor(storage: OutboxStorage, name: () => Promise<string>) {
    this.#open = async () => {
      this.#name = await name();
      this.#journal ??= storage.journal?.(this.#name) ?? null;
      const store = await storage.open(this.#name).catch((thrown: unknown) => {
        this.onError(toQuipuError(thrown, "storage", "This browser keeps nothing: what is not sent yet is lost when the page closes.", false));
        return memoryStorage().open(this.#name);
      });
      if (this.#closed) store.close();
      this.#shared = store.shared;
      if (store.shared && !this.#closed && typeof BroadcastChannel === "function") {
        this.#channel = new BroadcastChannel(this.#name);
        this.#channel.onmessage = (event) => this.onNotice(event.data as Notice);
      }
      await this.#recover(store).catch((thrown: unknown) => this.onError(toQuipuError(thrown, "storage", "The outbox could not be written.", true)));
      return store;
    };
  }

  /** Notes a command in the same call, where there is a journal and the outbox has its name: `add` or `replace` may come too late. */
  note(noted: Noted): void {
    this.#journal?.note(noted);
  }

  /** Takes in what a page noted and had no time to store. Its key is the one it may have been sent under by now, so that it cannot come twice. */
  async #recover(store: OutboxStore): Promise<void> {
    const left = this.#journal?.all() ?? [];
    if (left.length === 0) return;
    const held = new Set((await store.all()).map(({ key }) => key));
    for (const { command, replaces } of left) {
      if (held.has(command.key)) continue;
      if (replaces === undefined) await store.add([command]);
      else await store.replace(replaces, command);
    }
    this.#stored(store, left.map(({ command }) => command.key));
  }

  /** Durable by now. A store that survives nothing leaves them in the journal until they are answered. */
  #stored(store: OutboxStore, keys: readonly string[]): void {
    if (store.shared) this.#journal?.remove(keys);
  }

  /** Opens it, again if opening failed before (no token yet, say). */
  #ready(): Promise<OutboxStore> {
    this.#store ??= this.#open().catch((error: unknown) => {
      this.#store = null;
      throw error;
    });
    return this.#store;
  }

  async all(conversation?: string): Promise<StoredCommand[]> {
    const store = await this.#ready();
    await this.#chain;
    const commands = await store.all(conversation);
    return commands.sort((a, b) => a.order - b.order);
  }

  /** Resolves with the command's place when it is durable. Commands added while a write runs go into the next one together. */
  add(command: Omit<StoredCommand, "order">): Promise<number> {
    const { promise, resolve, reject } = deferred<number>();
    this.#adding.push({ command, done: resolve, failed: reject });
    if (this.#adding.length === 1) {
      let batch: Adding[] = [];
      this.#write(async (store) => {
        batch = this.#adding;
        this.#adding = [];
        const orders = await store.add(batch.map((each) => each.command));
        this.#stored(store, batch.map((each) => each.command.key));
        batch.forEach((each, index) => each.done(orders[index] ?? 0));
      }).catch((error: unknown) => {
        // The outbox may not even be open, for want of a token.
        if (batch.length === 0) batch = this.#adding.splice(0);
        for (const each of batch) each.failed(error);
      });
    }
    return promise;
  }

  fail(key: string, error: StoredError): Promise<void> {
    this.#journal?.remove([key]);
    return this.#write((store) => store.fail(key, error));
  }

  remove(keys: readonly string[]): Promise<void> {
    this.#journal?.remove(keys);
    return keys.length === 0 ? Promise.resolve() : this.#write((store) => store.remove(keys));
  }

  /** Resolves with the new command's place. */
  async replace(key: string, command: Omit<StoredCommand, "order">): Promise<number> {
    let order = 0;
    await this.#write(async (store) => {
      order = await store.replace(key, command);
      this.#stored(store, [command.key]);
    });
    return order;
  }

  announce(notice: Notice): void {
    this.#channel?.postMessage(notice);
  }

  /** Whether turns have to be taken with other tabs; known once the store is open. */
  get locks(): LocksLike | null {
    const locks = (globalThis.navigator as { locks?: LocksLike } | undefined)?.locks;
    return this.#shared && locks ? locks : null;
  }

  /** Runs while no other tab sends this conversation's commands. */
  exclusively(locks: LocksLike, conversation: string, work: () => Promise<void>): Promise<unknown> {
    return locks.request(`${this.#name}/${conversation}`, work);
  }

  /** Ends after the writes asked for so far. */
  async close(): Promise<void> {
    this.#closed = true;
    if (!this.#store) return;
    const store = await this.#store.catch(() => null);
    await this.#chain;
    this.#channel?.close();
    store?.close();
  }

  #write(work: (store: OutboxStore) => Promise<unknown>): Promise<void> {
    const result = this.#chain.then(async () => {
      await work(await this.#ready());
    });
    this.#chain = result.catch((thrown: unknown) => {
      if (!this.#closed) this.onError(toQuipuError(thrown, "storage", "The outbox could not be written.", true));
    });
    result.catch(() => undefined);
    return result;
  }
}
