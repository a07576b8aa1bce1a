/** The session of a browser that was signed in by a link, and the link that was opened and not used yet. */
import type { DeviceSession } from "@quipu/client/devices";

const SESSION_KEY = "quipu.device";
const DEMO_KEY = "quipu.demo-device.";
const ADDRESS = /^#\/device\/([\w.-]{1,200})$/u;

/** Held in memory only: who reloads the page opens the link again. */
let pending: string | undefined;

/** The address that a link is passed on as. A browser sends what follows `#` to no server. */
export function deviceLinkAddress(link: string): string {
  return `${location.origin}/#/device/${link}`;
}

/** Takes a link out of the address, where it would stay in the history. */
export function takeDeviceLink(): void {
  const link = ADDRESS.exec(location.hash)?.[1];
  if (link === undefined) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  pending = link;
}

/** Whether the address is one. */
export function isDeviceLink(): boolean {
  return ADDRESS.test(location.hash);
}

export function pendingDeviceLink(): string | undefined {
  return pending;
}

export function forgetDeviceLink(): void {
  pending = undefined;
}

/** The session of this browser, where there is one. */
export function keptSession(): DeviceSession | undefined {
  try {
    const kept = JSON.parse(localStorage.getItem(SESSION_KEY) ?? "null") as DeviceSession | null;
    return kept ?? undefined;
  } catch {
    return undefined;
  }
}

export function keepSession(session: DeviceSession): void {
  try {
    localStorage.setItem(SESSION_KEY, JSON.stringify(session));
  } catch {
    // Without storage it lives as long as the page.
  }
}

export function forgetSession(): void {
  try {
    localStorage.removeItem(SESSION_KEY);
  } catch {
    // Nothing was kept.
  }
}

/** What tokens of the seeded world call this browser. */
export function demoDevice(subject: string): string {
  const fresh = `demo-${crypto.randomUUID()}`;
  try {
    const kept = localStorage.getItem(DEMO_KEY + subject);
    if (kept !== null) return kept;
    localStorage.setItem(DEMO_KEY + subject, fresh);
  } catch {
    // Another one with each page.
  }
  return fresh;
}

/** After it was signed out the browser comes back as another device. */
export function forgetDemoDevice(subject: string): void {
  try {
    localStorage.removeItem(DEMO_KEY + subject);
  } catch {
    // Nothing was kept.
  }
}
