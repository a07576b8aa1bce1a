import { fromResponse, isTokenError, QuipuError, toQuipuError } from "./errors.ts";
import type { Session } from "./session.ts";
import { jitter, type Timing } from "./timing.ts";

export interface RequestOptions {
  /** Sent as JSON. */
  body?: unknown;
  query?: Record<string, string | number | undefined>;
  /** The `Idempotency-Key`. A write without one gets a random UUID, the same for every repetition. */
  key?: string;
  /** How often a GET or a keyed write is repeated on network failures and on problems that say `retry`; 2 when absent. */
  retries?: number;
  signal?: AbortSignal;
  /** How to read the answer; `json` when absent. */
  as?: "json" | "text" | "response";
}

/** Typed requests with the session's token; failures are `QuipuError`s. */
export class Http {
  readonly #base: string;
  readonly #session: Session;
  readonly #fetch: typeof fetch;
  readonly #timing: Timing;

  constructor(base: string, session: Session, fetcher: typeof fetch, timing: Timing) {
    this.#base = base;
    this.#session = session;
    this.#fetch = fetcher;
    this.#timing = timing;
  }

  async request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const key = options.key ?? (method === "GET" ? undefined : crypto.randomUUID());
    const retries = options.retries ?? 2;
    let freshToken = false;
    for (let attempt = 0; ; attempt += 1) {
      const token = await this.#session.token();
      try {
        return await this.#once<T>(method, path, token, key, options);
      } catch (thrown) {
        const error = toQuipuError(thrown, "network", "The server could not be reached.");
        if (options.signal?.aborted) throw thrown;
        if (isTokenError(error) && !freshToken) {
          freshToken = true;
          this.#session.forget(token);
        } else if (!error.retry || attempt >= retries) {
          throw error;
        } else {
          await pause(error.retryAfterMs ?? jitter(this.#timing, attempt), options.signal);
        }
      }
    }
  }

  async #once<T>(method: string, path: string, token: string, key: string | undefined, options: RequestOptions): Promise<T> {
    const url = new URL(this.#base + path);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (key !== undefined) headers["idempotency-key"] = key;
    if (options.body !== undefined) headers["content-type"] = "application/json";
    const timeout = AbortSignal.timeout(this.#timing.requestWithinMs);
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
    const init: RequestInit = { method, headers, signal };
    if (options.body !== undefined) init.body = JSON.stringify(options.body);
    let response: Response;
    try {
      response = await this.#fetch(url, init);
      if (!response.ok) throw await fromResponse(response);
      if (options.as === "response") return response as T;
      if (options.as === "text") return (await response.text()) as T;
      if (response.status === 204) return undefined as T;
      const text = await response.text();
      try {
        return JSON.parse(text) as T;
      } catch (cause) {
        throw new QuipuError("bad_answer", "The server's answer is not JSON.", { status: response.status, cause });
      }
    } catch (thrown) {
      if (timeout.aborted && !(thrown instanceof QuipuError)) throw new QuipuError("timeout", "The server did not answer in time.", { retry: true, cause: thrown });
      throw thrown;
    }
  }
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", end);
      resolve();
    }, ms);
    signal?.addEventListener("abort", end, { once: true });
  });
}
