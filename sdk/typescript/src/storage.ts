import { type DBSchema, type IDBPDatabase, openDB } from "idb";
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

interface Schema extends DBSchema {
  commands: { key: number; value: StoredCommand; indexes: { key: string; conversation: string } };
}

/** Survives reloads and crashes of the tab, and is shared by the tabs of an origin. */
export function indexedDbStorage(): OutboxStorage {
  return {
    journal: localJournal,
    async open(name) {
      const database = await openDB<Schema>(name, 1, {
        upgrade(fresh) {
          const commands = fresh.createObjectStore("commands", { keyPath: "order", autoIncrement: true });
          commands.createIndex("key", "key", { unique: true });
          commands.createIndex("conversation", "conversation");
        },
        // A later version of the page must not wait for this one.
        blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
      });
      return indexedDbStore(database);
    },
  };
}

function indexedDbStore(database: IDBPDatabase<Schema>): OutboxStore {
  const writing = (durability: IDBTransactionDurability = "default") => {
    const transaction = database.transaction("commands", "readwrite", { durability });
    return { transaction, commands: transaction.objectStore("commands") };
  };
  return {
    shared: true,
    all: (conversation) => (conversation === undefined ? database.getAll("commands") : database.getAllFromIndex("commands", "conversation", conversation)),
    async add(added) {
      const { transaction, commands } = writing("strict");
      // One transaction for all: requests run in the order they are made, so the places ascend. Another tab may have found one in the journal.
      const place = async (each: Omit<StoredCommand, "order">): Promise<number> => (await commands.index("key").getKey(each.key)) ?? commands.add(each as StoredCommand);
      const orders = await Promise.all([...added.map(place), transaction.done.then(() => 0)]);
      return orders.slice(0, -1);
    },
    async fail(key, error) {
      const { transaction, commands } = writing();
      const held = await commands.index("key").get(key);
      if (held) await commands.put({ ...held, status: "failed", error });
      await transaction.done;
    },
    async remove(keys) {
      const { transaction, commands } = writing();
      for (const key of keys) {
        const order = await commands.index("key").getKey(key);
        if (order !== undefined) await commands.delete(order);
      }
      await transaction.done;
    },
    async replace(key, command) {
      const { transaction, commands } = writing("strict");
      const held = await commands.index("key").getKey(key);
      if (held !== undefined) await commands.delete(held);
      const order = (await commands.index("key").getKey(command.key)) ?? (await commands.add(command as StoredCommand));
      await transaction.done;
      return order;
    },
    close: () => database.close(),
  };
}
