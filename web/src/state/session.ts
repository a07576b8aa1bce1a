import { Quipu, QuipuError } from "@quipu/client";
import { type DeviceSession, deviceTokens } from "@quipu/client/devices";
import { demoDevice, forgetDemoDevice, forgetSession, keepSession } from "./device.ts";
import { forgetDrafts } from "./draft.ts";
import { Network } from "./network.ts";

/** Somebody the development server's seeded world holds. */
export interface DemoPerson {
  subject: string;
  name: string;
}

const PEOPLE_KEY = "quipu.demo-people";

/** Who is signed in, and their client. */
export interface Session {
  readonly client: Quipu;
  readonly network: Network;
  readonly user: string;
  readonly subject: string;
  readonly name: string;
  /** People to offer when starting a conversation; empty in production. */
  readonly people: readonly DemoPerson[];
  /** One of two panes of the demonstration page. */
  readonly pane: boolean;
  /** Signs in anew after this device was signed out. */
  readonly again?: () => void;
  /** Forgets the token; absent where there is none to forget. */
  readonly signOut?: () => void;
}

const TOKEN_KEY = "quipu.token";

/** What the server says about itself. */
export async function health(): Promise<{ development: boolean }> {
  const response = await fetch("/v1/health", { headers: { accept: "application/json" } });
  if (!response.ok && response.status !== 503) throw new Error(`health answered ${response.status}`);
  return (await response.json()) as { development: boolean };
}

/** Makes the seeded world if it is not there, and says who lives in it. Development servers only. */
export async function seed(): Promise<DemoPerson[]> {
  const response = await fetch("/v1/dev/seed", { method: "POST" });
  if (!response.ok) throw new Error(`seed answered ${response.status}`);
  const { people } = (await response.json()) as { people: DemoPerson[] };
  try {
    localStorage.setItem(PEOPLE_KEY, JSON.stringify(people.map(({ subject, name }) => ({ subject, name }))));
  } catch {
    // Without storage the next page asks again.
  }
  return people;
}

/** Who lives in the seeded world, as this browser heard last; asks the server where it has not heard yet. */
export async function demoPeople(): Promise<DemoPerson[]> {
  try {
    const known = JSON.parse(localStorage.getItem(PEOPLE_KEY) ?? "[]") as DemoPerson[];
    if (known.length > 0) return known;
  } catch {
    // Unreadable: ask.
  }
  return seed();
}

/** Signs in as anybody, with tokens that the development server gives to all who ask. */
export function developmentSession(person: { subject: string; name?: string }, people: readonly DemoPerson[], pane: boolean): Promise<Session> {
  const network = new Network();
  const device = demoDevice(person.subject);
  const token = async (): Promise<string> => {
    const response = await network.fetch("/v1/dev/tokens", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ subject: person.subject, name: person.name, device }),
    });
    if (!response.ok) throw new Error(`tokens answered ${response.status}`);
    return ((await response.json()) as { token: string }).token;
  };
  return start(network, token, people, pane, undefined, () => {
    forgetDemoDevice(person.subject);
    location.reload();
  });
}

/** Goes on as a device that was signed in by a link. */
export async function linkedSession(kept: DeviceSession): Promise<Session> {
  const network = new Network();
  const tokens = deviceTokens(location.origin, kept, { fetch: network.fetch, keep: keepSession });
  const end = (): void => {
    forgetSession();
    location.assign("/");
  };
  const session = await start(network, tokens, [], false, end, end);
  const { client } = session;
  const profile = await client.profile().catch(() => null);
  return {
    ...session,
    // Its token says no name.
    name: profile?.name ?? session.name,
    signOut: () => {
      // Where the server cannot be reached the device stays on the list, without anybody behind it.
      client
        .request("DELETE", `/v1/devices/${kept.device}`)
        .catch(() => undefined)
        .finally(() => session.signOut?.());
    },
  };
}

/** Signs in with a token that the team's own server made. */
export function tokenSession(token: string): Promise<Session> {
  return start(new Network(), () => token, [], false, () => {
    forgetToken();
    location.assign("/");
  });
}

async function start(
  network: Network,
  token: () => string | Promise<string>,
  people: readonly DemoPerson[],
  pane: boolean,
  signOut?: () => void,
  again?: () => void,
): Promise<Session> {
  const client = new Quipu({ url: location.origin, token, fetch: network.fetch, WebSocket: network.WebSocket });
  try {
    const me = await client.me();
    const base = { client, network, user: me.user, subject: me.subject, name: me.name ?? me.subject, people, pane, ...(again && { again }) };
    if (!signOut) return base;
    return {
      ...base,
      signOut: () => {
        forgetDrafts(me.user);
        signOut();
      },
    };
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** The token given in the address (`#token=…`, taken out of it at once) or kept for this tab. */
export function presentToken(): string | undefined {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given !== null) {
    history.replaceState(history.state, "", location.pathname + location.search);
    if (given !== "") keepToken(given);
  }
  try {
    return sessionStorage.getItem(TOKEN_KEY) ?? (given || undefined);
  } catch {
    return given || undefined;
  }
}

export function keepToken(token: string): void {
  try {
    sessionStorage.setItem(TOKEN_KEY, token);
  } catch {
    // Without storage the token lives as long as the page.
  }
}

export function forgetToken(): void {
  try {
    sessionStorage.removeItem(TOKEN_KEY);
  } catch {
    // Nothing was kept.
  }
}

/** Whether an error says that the token itself is not accepted. */
export function tokenRefused(error: unknown): boolean {
  return error instanceof QuipuError && (error.status === 401 || error.code === "device_revoked" || error.code.startsWith("token_"));
}
