/** Where a person is signed in, and signing in another device by a link. */
import type { Quipu } from "./client.ts";
import { fromResponse, QuipuError } from "./errors.ts";
import type { Device, DeviceLink, DeviceSession, DevicesPage, PatchDevice } from "./wire.ts";

export type { Device, DeviceLink, DeviceSession } from "./wire.ts";

/** What is needed of a client. */
type Asking = Pick<Quipu, "request" | "inbox">;

/** The person's devices. */
export class Devices {
  readonly #client: Asking;

  constructor(client: Asking) {
    this.#client = client;
  }

  /** The one active last comes first. */
  async list(): Promise<Device[]> {
    return (await this.#client.request<DevicesPage>("GET", "/v1/devices")).devices;
  }

  /** Calls a device something else: 1 to 64 characters. */
  rename(id: string, name: string): Promise<Device> {
    const body: PatchDevice = { name };
    return this.#client.request("PATCH", path(id), { body });
  }

  /** Signs a device out: its sockets close, its tokens are refused from now on. */
  revoke(id: string): Promise<void> {
    return this.#client.request("DELETE", path(id));
  }

  /** A link that signs one other device in, within two minutes. Whoever has it is you: show it to nobody. */
  link(): Promise<DeviceLink> {
    return this.#client.request("POST", "/v1/devices/links");
  }

  /** Calls back when the list changed; the answer ends that. */
  onChange(listener: () => void): () => void {
    return this.#client.inbox.subscribe((event) => {
      if (event.type === "frame" && event.frame.t === "devices") listener();
    });
  }
}

export interface SignInOptions {
  fetch?: typeof fetch;
}

/** Signs this device in by a link. A link works once: where the answer is lost, make another. */
export function signInByLink(url: string, link: string, options: SignInOptions = {}): Promise<DeviceSession> {
  return post(url, "/v1/devices/sessions", options, { "content-type": "application/json" }, JSON.stringify({ link }));
}

export interface DeviceTokenOptions extends SignInOptions {
  /** Keeps a renewed session, where the next start finds it. */
  keep?: (session: DeviceSession) => void;
}

/** Half of a token's two weeks: it is renewed when less is left. */
const RENEW_BELOW_S = 7 * 86_400;

/** The `token` option of a client on a device that was signed in by a link: hands its token out, and renews it in time. */
export function deviceTokens(url: string, session: DeviceSession, options: DeviceTokenOptions = {}): () => Promise<string> {
  let held = session;
  // A session that is about to end cannot be made longer: it is not asked for with every token.
  let asked = 0;
  return async () => {
    const left = held.expires_at - Date.now() / 1000;
    if (left > RENEW_BELOW_S || (left > 3_600 && Date.now() - asked < 3_600_000)) return held.token;
    try {
      held = await post(url, "/v1/devices/sessions/renew", options, { authorization: `Bearer ${held.token}` });
      asked = Date.now();
      options.keep?.(held);
    } catch (thrown) {
      // What still works is used until it does not.
      if (thrown instanceof QuipuError && !thrown.retry) throw thrown;
      if (left <= 0) throw thrown;
    }
    return held.token;
  };
}

async function post(url: string, at: string, { fetch: asks = fetch }: SignInOptions, headers: Record<string, string>, body?: string): Promise<DeviceSession> {
  let response: Response;
  try {
    response = await asks(url.replace(/\/+$/, "") + at, { method: "POST", headers, ...(body !== undefined && { body }) });
  } catch (cause) {
    throw new QuipuError("network", "The server could not be reached.", { retry: true, cause });
  }
  if (!response.ok) throw await fromResponse(response);
  return (await response.json()) as DeviceSession;
}

const path = (id: string): string => `/v1/devices/${encodeURIComponent(id)}`;
