import { t } from "./strings.ts";

const time = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long" });
const shortWeekday = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const longDay = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const fullDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/** A number that differs between local calendar days and grows by one from each to the next. */
export function dayNumber(at: number): number {
  const date = new Date(at);
  return Math.floor(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000);
}

/** 14:05 */
export function clock(at: number): string {
  return time.format(at);
}

/** The whole date and time, for titles. */
export function exact(at: number): string {
  return full.format(at);
}

/** Today, Yesterday, Tuesday, Tuesday 4 March, or 4 March 2023: what a day separator says. */
export function dayName(at: number, now = Date.now()): string {
  const age = dayNumber(now) - dayNumber(at);
  if (age === 0) return t.today;
  if (age === 1) return t.yesterday;
  if (age > 1 && age < 7) return weekday.format(at);
  if (new Date(at).getFullYear() === new Date(now).getFullYear()) return longDay.format(at);
  return fullDay.format(at);
}

/** What the conversation list says: the time today, else the day in short. */
export function listTime(at: number, now = Date.now()): string {
  const age = dayNumber(now) - dayNumber(at);
  if (age <= 0) return time.format(at);
  if (age === 1) return t.yesterday;
  if (age < 7) return shortWeekday.format(at);
  return day.format(at);
}
