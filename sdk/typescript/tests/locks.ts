/** The Web Locks API, which Node 22 lacks: exclusive locks by name, granted in the order they were asked for. */
const tails = new Map<string, Promise<unknown>>();

export const locks = {
  async request<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = tails.get(name) ?? Promise.resolve();
    const mine = before.then(work);
    const tail = mine.catch(() => undefined);
    tails.set(name, tail);
    return mine;
  },
};

/** Gives this process's `navigator` locks, like a browser's. */
export function installLocks(): void {
  Object.defineProperty(globalThis.navigator, "locks", { value: locks, configurable: true });
}

/** `localStorage` as browsers have it: what is written is there at once, and its items are its own properties. */
export function installLocalStorage(): void {
  class Items {
    [item: string]: unknown;
    getItem(item: string): string | null {
      return Object.hasOwn(this, item) ? (this[item] as string) : null;
    }
    setItem(item: string, value: string): void {
      this[item] = value;
    }
    removeItem(item: string): void {
      delete this[item];
    }
  }
  Object.defineProperty(globalThis, "localStorage", { value: new Items(), configurable: true });
}
