import { type Journal, localJournal } from "./journal.ts";
import type { Command } from "./wire.ts";

/** Why a command failed for good. */
export interface StoredError {
  code: string;
  message: string;
}

/** A command as the outbox keeps it. */
export interface StoredCommand {
  /** Its place in the queue: only grows. */
  order: number;
  key: string;
  conversation: string;
  command: Command;
  /** Local Unix milliseconds. */
  createdAt: number;
  status: "waiting" | "failed";
  error?: StoredError;
}

/** Where outboxes live. Bring your own for a platform that has neither IndexedDB nor a need to survive. */
export interface OutboxStorage {
  /** `name` names one server and one person: what one person left must never be sent as another. */
  open(name: string): Promise<OutboxStore>;
  /** Where commands are noted until `add` has stored them; without one, leaving the page in between loses them. */
  journal?(name: string): Journal;
}

/** The commands of one person for one server, in order. */
export interface OutboxStore {
  /** Whether other tabs may see the same store. */
  readonly shared: boolean;
  /** All of them, or those of one conversation, in order. */
  all(conversation?: string): Promise<StoredCommand[]>;
  /** Resolves with their places when they are durable. A key that is held already keeps its place. */
  add(commands: readonly Omit<StoredCommand, "order">[]): Promise<number[]>;
  fail(key: string, error: StoredError): Promise<void>;
  remove(keys: readonly string[]): Promise<void>;
  /** In one step: gone under the old key, last in the queue as the new command; where that is held already, it keeps its place. */
  replace(key: string, command: Omit<StoredCommand, "order">): Promise<number>;
  close(): void;
}

/** Survives nothing: for Node, and where a browser forbids storage. */
export function memoryStorage(): OutboxStorage {
  const stores = new Map<string, OutboxStore>();
  return {
    async open(name) {
      const held = stores.get(name) ?? memoryStore();
      stores.set(name, held);
      return held;
    },
  };
}

function memoryStore(): OutboxStore {
  const commands = new Map<string, StoredCommand>();
  let order = 0;
  const put = (command: Omit<StoredCommand, "order">): number => {
    const held = commands.get(command.key);
    if (held) return held.order;
    order += 1;
    commands.set(command.key, { ...structuredClone(command), order });
    return order;
  };
  return {
    shared: false,
    all: async (conversation) => structuredClone([...commands.values()].filter((each) => conversation === undefined || each.conversation === conversation)),
    add: async (added) => added.map(put),
    async fail(key, error) {
      const held = commands.get(key);
      if (held) Object.assign(held, { status: "failed", error });
    },
    async remove(keys) {
      for (const key of keys) commands.delete(key);
    },
    async replace(key, command) {
      commands.delete(key);
      return put(command);
    },
    close: () => undefined,
  };
}

const COMMANDS = "commands";

/** Survives reloads and crashes of the tab, and is shared by the tabs of an origin. */
export function indexedDbStorage(): OutboxStorage {
  return {
    journal: localJournal,
    async open(name) {
      const opening = indexedDB.open(name, 1);
      opening.onupgradeneeded = () => {
        const commands = opening.result.createObjectStore(COMMANDS, { keyPath: "order", autoIncrement: true });
        commands.createIndex("key", "key", { unique: true });
        commands.createIndex("conversation", "conversation");
      };
      const database = await answer(opening);
      // A later version of the page must not wait for this one.
      database.onversionchange = () => database.close();
      return indexedDbStore(database);
    },
  };
}

function indexedDbStore(database: IDBDatabase): OutboxStore {
  const reading = (): IDBObjectStore => database.transaction(COMMANDS).objectStore(COMMANDS);
  /** Resolves when what `work` wrote is committed. */
  const writing = async <T>(durability: IDBTransactionDurability, work: (commands: IDBObjectStore) => Promise<T>): Promise<T> => {
    const transaction = database.transaction(COMMANDS, "readwrite", { durability });
    const [result] = await Promise.all([work(transaction.objectStore(COMMANDS)), committed(transaction)]);
    return result;
  };
  const placeOf = (commands: IDBObjectStore, key: string): Promise<number | undefined> => answer(commands.index("key").getKey(key) as IDBRequest<number | undefined>);
  /** Another tab may have found it in the journal. */
  const put = async (commands: IDBObjectStore, command: Omit<StoredCommand, "order">): Promise<number> =>
    (await placeOf(commands, command.key)) ?? answer(commands.add(command) as IDBRequest<number>);
  return {
    shared: true,
    all: (conversation) => answer<StoredCommand[]>(conversation === undefined ? reading().getAll() : reading().index("conversation").getAll(conversation)),
    // One transaction for all: requests run in the order they are made, so the places ascend.
    add: (added) => writing("strict", (commands) => Promise.all(added.map((each) => put(commands, each)))),
    fail: (key, error) =>
      writing("default", async (commands) => {
        const held = await answer<StoredCommand | undefined>(commands.index("key").get(key));
        if (held) commands.put({ ...held, status: "failed", error });
      }),
    remove: (keys) =>
      writing("default", async (commands) => {
        for (const key of keys) {
          const order = await placeOf(commands, key);
          if (order !== undefined) commands.delete(order);
        }
      }),
    replace: (key, command) =>
      writing("strict", async (commands) => {
        const held = await placeOf(commands, key);
        if (held !== undefined) commands.delete(held);
        return put(commands, command);
      }),
    close: () => database.close(),
  };
}

/** What a request answers. A transaction lives on while the next request is made as soon as the one before is answered. */
function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}
