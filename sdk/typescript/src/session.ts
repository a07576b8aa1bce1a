import { QuipuError, toQuipuError } from "./errors.ts";
import { renewIn, type Timing } from "./timing.ts";

interface Claims {
  iss?: unknown;
  sub?: unknown;
  exp?: unknown;
}

/** Keeps the token of one person: asks for it once, hands it out until it is near its expiry, and never changes the person. */
export class Session {
  /** The server's clock minus ours, in milliseconds; known after the first welcome. */
  offsetMs = 0;
  readonly #provider: () => string | Promise<string>;
  readonly #timing: Timing;
  #held: { token: string; renewAt: number } | null = null;
  #asking: Promise<string> | null = null;
  #person: string | null = null;

  constructor(provider: () => string | Promise<string>, timing: Timing) {
    this.#provider = provider;
    this.#timing = timing;
  }

  /** A token that is good for a while. Concurrent callers share one question to the application. */
  token(): Promise<string> {
    if (this.#held && this.serverNow() < this.#held.renewAt) return Promise.resolve(this.#held.token);
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** Forgets a token the server no longer takes, or that is about to expire. */
  forget(token: string | null): void {
    if (this.#held && (token === null || this.#held.token === token)) this.#held = null;
  }

  /** Who the token names, as `iss|sub`; null when it cannot be read here. Nothing is decided by it: the server verifies. */
  async person(): Promise<string | null> {
    await this.token();
    return this.#person;
  }

  serverNow(): number {
    return Date.now() + this.offsetMs;
  }

  async #ask(): Promise<string> {
    let token: unknown;
    try {
      token = await this.#provider();
    } catch (thrown) {
      throw toQuipuError(thrown, "token_unavailable", "The application could not provide a token.");
    }
    if (typeof token !== "string" || token === "") {
      throw new QuipuError("token_unavailable", "The application provided no token.", { retry: true });
    }
    const claims = readClaims(token);
    const person = typeof claims?.sub === "string" ? `${typeof claims.iss === "string" ? claims.iss : ""}|${claims.sub}` : null;
    // The outbox and everything held belong to the first person: another one needs another client.
    if (this.#person !== null && person !== this.#person) {
      throw new QuipuError("token_other_user", "The token names another person. Make a new client for them.");
    }
    this.#person = person;
    const now = this.serverNow();
    const renewAt = typeof claims?.exp === "number" ? now + renewIn(this.#timing, claims.exp * 1000 - now) : Number.POSITIVE_INFINITY;
    this.#held = { token, renewAt };
    return token;
  }
}

function readClaims(token: string): Claims | null {
  try {
    const payload = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === "object" && claims !== null ? claims : null;
  } catch {
    return null;
  }
}
