import type { StoredCommand } from "./storage.ts";

/** A command on its way into the outbox. */
export interface Noted {
  readonly command: Omit<StoredCommand, "order">;
  /** The failed command whose place it takes. */
  readonly replaces?: string;
}

/**
 * What was asked for and is not in the outbox yet. A database answers milliseconds later, and a page may be left before: so each command is
 * noted here first, in a call that returns when it is done.
 */
export interface Journal {
  note(noted: Noted): void;
  remove(keys: readonly string[]): void;
  /** What this page, others that are open, and earlier ones noted, in order. */
  all(): Noted[];
}

/** A journal in the browser's `localStorage`: one item per command, since tabs cannot take turns at a common one. Without it nothing is noted. */
export function localJournal(name: string): Journal {
  const prefix = `${name} noted `;
  /** Noted here: of others nothing has to be removed. */
  const held = new Set<string>();
  let count = 0;
  return {
    note(noted) {
      attempt(() => {
        count += 1;
        localStorage.setItem(prefix + noted.command.key, JSON.stringify({ ...noted, count }));
        held.add(noted.command.key);
      });
    },
    remove(keys) {
      for (const key of keys) if (held.delete(key)) attempt(() => localStorage.removeItem(prefix + key));
    },
    all() {
      const found: (Noted & { count: number })[] = [];
      attempt(() => {
        for (const item of Object.keys(localStorage).filter((each) => each.startsWith(prefix))) {
          const noted = read(localStorage.getItem(item));
          if (!noted) continue;
          held.add(noted.command.key);
          found.push(noted);
        }
      });
      return found.sort((a, b) => a.command.createdAt - b.command.createdAt || a.count - b.count).map(({ count: _, ...noted }) => noted);
    },
  };
}

function read(item: string | null): (Noted & { count: number }) | null {
  try {
    return JSON.parse(item ?? "null") as (Noted & { count: number }) | null;
  } catch {
    return null;
  }
}

/** Where storage is forbidden or full, the outbox does without a journal. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // As said.
  }
}
