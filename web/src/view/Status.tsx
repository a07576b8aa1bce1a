import type { Status } from "@quipu/client";
import type { App } from "../state/app.ts";
import { timeOf } from "../text/dates.ts";
import { t } from "../text/strings.ts";

/** A status in one line: what a title, or a screen reader, says of it. */
export function statusWords({ emoji, text, until }: Status): string {
  const words = [emoji, text].filter(Boolean).join(" ");
  return until ? t.profile.statusUntil(words, timeOf(until)) : words;
}

/** The emoji of somebody's status beside their name; the whole of it is its title. A status of words alone is shown by a sign. */
export function StatusMark({ app, user }: { app: App; user: string | null | undefined }) {
  const status = app.people.status(user);
  if (!status) return null;
  const words = statusWords(status);
  return (
    <span class="status-mark" title={words} data-testid="status-mark">
      <span aria-hidden="true">{status.emoji ?? "💬"}</span>
      <span class="sr">({words})</span>
    </span>
  );
}

/** Somebody's status in full. */
export function StatusLine({ status }: { status: Status }) {
  return (
    <p class="status-line" data-testid="status">
      {status.emoji && <span>{status.emoji} </span>}
      {status.text && <bdi>{status.text}</bdi>}
      {status.until && <span class="quiet"> · {t.profile.statusEnds(timeOf(status.until))}</span>}
    </p>
  );
}
