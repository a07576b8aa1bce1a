/** Calls back at the first of these times that still lies ahead; what lies beyond a day is looked at again then, because a timer counts in 31 bits. */
export function nextMoment(times: readonly (number | null | undefined)[], then: () => void): ReturnType<typeof setTimeout> | undefined {
  const now = Date.now();
  const next = Math.min(...times.map((time) => (time && time > now ? time : Number.POSITIVE_INFINITY)));
  return next < Number.POSITIVE_INFINITY ? setTimeout(then, Math.min(next - now + 1, 86_400_000)) : undefined;
}
