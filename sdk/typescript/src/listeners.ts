/** A set of listeners, each shielded from the others' exceptions. */
export class Listeners<Event> {
  readonly #listeners = new Set<(event: Event) => void>();

  /** Adds a listener; the answer takes it away again. */
  readonly add = (listener: (event: Event) => void): (() => void) => {
    // Wrapped, so that a function added twice is called twice and taken away once.
    const own = (event: Event): void => listener(event);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  };

  emit(event: Event): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        // A listener's mistake belongs on the page's error handler, not into the protocol.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

/** A promise with its ends; a rejection nobody listens to is not an unhandled one. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

export function deferred<T>(): Deferred<T> {
  const parts = {} as { resolve: (value: T) => void; reject: (error: unknown) => void };
  const promise = new Promise<T>((resolve, reject) => Object.assign(parts, { resolve, reject }));
  promise.catch(() => undefined);
  return { promise, resolve: (value) => parts.resolve(value), reject: (error) => parts.reject(error) };
}
