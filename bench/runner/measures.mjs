// What is measured, and what is aimed at. A ratio is product to peer.

const rate = { better: "higher", unit: "/s", format: (value) => Math.round(value).toLocaleString("en") };
const time = { better: "lower", unit: "ms", format: (value) => (value / 1000).toFixed(value < 1000 ? 3 : 2) };

const inFlight = (members, count, more = []) => ["in-flight", "--members", members, "--in-flight", count, ...more];

/**
 * Each is run on a fresh server. `aim` is for the ratio unless `absolute` says it is for the product's own value (µs). `long` takes the
 * longer spans, `once` one round only; `profile` says that a profile is taken of it, `rows` that rows are counted afterwards.
 */
export const MEASURES = [
  { id: "acks", title: "Durable acks, 2 members, 100 in flight", args: inFlight(2, 100), value: (run) => run.acks_per_s, ...rate, aim: { atLeast: 8 }, rows: true, profile: true },
  {
    id: "acks-slow-sync",
    title: "The same, each sync 2 ms slower",
    args: inFlight(2, 100),
    value: (run) => run.acks_per_s,
    ...rate,
    aim: { atLeast: 25 },
    slowSync: true,
  },
  { id: "acks-one-a-frame", title: "Durable acks, 2 members, 100 in flight, one command a frame", args: inFlight(2, 100, ["--commands-per-frame", 1]), value: (run) => run.acks_per_s, ...rate },
  { id: "deliveries", title: "Deliveries, 200 members, 100 in flight", args: inFlight(200, 100), value: (run) => run.deliveries_per_s, ...rate, aim: { atLeast: 15 }, profile: true },
  { id: "deliveries-many-senders", title: "Deliveries, 200 members, 100 senders with one in flight each", args: inFlight(200, 100, ["--senders", 100]), value: (run) => run.deliveries_per_s, ...rate },
  { id: "lone", title: "Ack, 2 members, one in flight: p50", args: inFlight(2, 1), value: (run) => run.ack.p50_us, ...time, aim: { atMost: 1.1 }, profile: true, also: { title: "p99", value: (run) => run.ack.p99_us } },
  {
    id: "room",
    title: "Own ack, 1,000 members, 10 messages/s: p50",
    args: ["paced", "--members", 1000, "--rate", 10],
    value: (run) => run.ack.p50_us,
    ...time,
    aim: { atMost: 5_000, absolute: true },
    also: { title: "p99", value: (run) => run.ack.p99_us },
    long: true,
  },
  { id: "history", title: "History page of 100: p50", args: ["history"], value: (run) => run.page.p50_us, ...time, aim: { atMost: 1 }, also: { title: "p99", value: (run) => run.page.p99_us }, profile: true },
  { id: "cold", title: "First page of 50 from an object not in memory: p50", kind: "cold", value: (run) => run.cold.p50_us, ...time, also: { title: "the same, in memory", value: (run) => run.warm.p50_us } },
  {
    id: "idle",
    title: "Memory for 1,000 idle sockets",
    kind: "idle",
    value: (run) => run.bytes,
    better: "lower",
    unit: "MiB",
    format: (value) => (value / 2 ** 20).toFixed(1),
    once: true,
  },
];

/**
 * Seconds of warm-up and of measuring. The warm-up is long enough for what creating a conversation causes (an inbox entry for each
 * member) to be over, `long` for that of a thousand members.
 */
export const SPANS = {
  full: { usual: { warmUp: 2, seconds: 5 }, long: { warmUp: 10, seconds: 15 }, settle: 14 },
  quick: { usual: { warmUp: 0.5, seconds: 2 }, long: { warmUp: 2, seconds: 4 }, settle: 2 },
};

/** Whether an aim is met. */
export function isMet({ atLeast, atMost, absolute }, ratio, own) {
  const value = absolute ? own : ratio;
  return atLeast === undefined ? value <= atMost : value >= atLeast;
}

/** The middle one. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
