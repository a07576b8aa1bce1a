import { computed } from "@preact/signals";
import { locale } from "./locale.ts";
import { t } from "./strings.ts";

const format = (options: Intl.DateTimeFormatOptions) => computed(() => new Intl.DateTimeFormat(locale.value, options));
const time = format({ timeStyle: "short" });
const weekday = format({ weekday: "long" });
const shortWeekday = format({ weekday: "short" });
const day = format({ day: "numeric", month: "short" });
const longDay = format({ weekday: "long", day: "numeric", month: "long" });
const fullDay = format({ day: "numeric", month: "long", year: "numeric" });
const found = format({ dateStyle: "medium", timeStyle: "short" });
const dayAndTime = format({ day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
const full = format({ dateStyle: "full", timeStyle: "medium" });

/** A number that differs between local calendar days and grows by one from each to the next. */
export function dayNumber(at: number): number {
  const date = new Date(at);
  return Math.floor(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000);
}

/** 14:05 */
export function clock(at: number): string {
  return time.value.format(at);
}

/** Date and time in short: 24 Nov 2026, 14:05. */
export function foundTime(at: number): string {
  return found.value.format(at);
}

/** The time on this day, else the day with the time. */
export function timeOf(at: number, now = Date.now()): string {
  return dayNumber(at) === dayNumber(now) ? clock(at) : dayAndTime.value.format(at);
}

/** The whole date and time, for titles. */
export function exact(at: number): string {
  return full.value.format(at);
}

/** Today, Yesterday, Tuesday, Tuesday 4 March, or 4 March 2023: what a day separator says. */
export function dayName(at: number, now = Date.now()): string {
  const age = dayNumber(now) - dayNumber(at);
  if (age === 0) return t.today;
  if (age === 1) return t.yesterday;
  if (age > 1 && age < 7) return weekday.value.format(at);
  if (new Date(at).getFullYear() === new Date(now).getFullYear()) return longDay.value.format(at);
  return fullDay.value.format(at);
}

/** What the conversation list says: the time today, else the day in short. */
export function listTime(at: number, now = Date.now()): string {
  const age = dayNumber(now) - dayNumber(at);
  if (age <= 0) return time.value.format(at);
  if (age === 1) return t.yesterday;
  if (age < 7) return shortWeekday.value.format(at);
  return day.value.format(at);
}

/** A span of time in its largest unit, rounded up: 40 seconds, 5 minutes, 2 hours, 7 days. */
export function duration(seconds: number): string {
  if (seconds < 60) return t.seconds(seconds);
  if (seconds < 3_600) return t.minutes(Math.ceil(seconds / 60));
  return seconds < 172_800 ? t.hours(Math.ceil(seconds / 3_600)) : t.moderation.days(Math.ceil(seconds / 86_400));
}
