/** Where an invite link waits until its holder has signed in: for this tab, across the team's own sign-in page. */
const KEY = "quipu.invite";
const ADDRESS = /^#\/join\/([\w-]{1,100})$/u;

/** Where there is no storage it lives as long as the page. */
let held: string | undefined;

/** The address that a link is passed on as. A browser sends what follows `#` to no server. */
export function inviteLink(token: string): string {
  return `${location.origin}/#/join/${token}`;
}

/** Takes an invite link out of the address, where it would stay in the history for others to see, and keeps it. */
export function takeInvite(): void {
  const token = ADDRESS.exec(location.hash)?.[1];
  if (token === undefined) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  held = token;
  try {
    sessionStorage.setItem(KEY, token);
  } catch {
    // Kept in memory.
  }
}

/** The token of an invite link that was opened and neither used nor put aside. */
export function pendingInvite(): string | undefined {
  try {
    return sessionStorage.getItem(KEY) ?? held;
  } catch {
    return held;
  }
}

export function forgetInvite(): void {
  held = undefined;
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing was kept.
  }
}
