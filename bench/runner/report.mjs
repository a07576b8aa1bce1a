// One table in Markdown, and everything that was measured as JSON beside it.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { isMet, median } from "./measures.mjs";

const KILO = 1024;

/** Writes both files and prints the table; the answer is the Markdown file. */
export function writeReport(directory, name, report, measures) {
  mkdirSync(directory, { recursive: true });
  const rows = measures.map((measure) => summarise(measure, report.runs));
  const table = tableOf(rows);
  const file = path.join(directory, `${name}.md`);
  const text = [`# Benchmark of ${report.began.slice(0, 10)}`, intro(report), table, checks(report), "## Beside", besides(report), "## Where a message's time goes", profiles(report.profiles)].filter(Boolean).join("\n\n");
  writeFileSync(file, `${text}\n`);
  writeFileSync(path.join(directory, `${name}.json`), `${JSON.stringify({ ...report, rows }, undefined, 1)}\n`);
  console.log(`\n${table}`);
  return file;
}

function summarise(measure, runs) {
  const of = (server, value) => {
    const own = runs.filter((run) => run.id === measure.id && run.server === server).map(value);
    return own.length ? median(own) : undefined;
  };
  const line = (title, value, aim) => {
    const [product, peer] = [of("product", value), of("peer", value)];
    const ratio = product !== undefined && peer ? product / peer : undefined;
    const met = aim && product !== undefined && (aim.absolute || ratio !== undefined) ? isMet(aim, ratio, product) : undefined;
    return { title, unit: measure.unit, product, peer, ratio, aim, met, show: measure.format };
  };
  const first = line(measure.title, measure.value, measure.aim);
  return measure.also ? [first, line(`… ${measure.also.title}`, measure.also.value)] : [first];
}

function tableOf(rows) {
  const lines = rows.flat().map(({ title, unit, product, peer, ratio, aim, met, show }) => {
    const cell = (value) => (value === undefined ? "–" : `${show(value)} ${unit}`);
    const sign = aim && (aim.atLeast === undefined ? "≤" : "≥");
    const goal = aim ? (aim.absolute ? `${sign} ${show(aim.atMost)} ${unit}` : `${sign} ${aim.atLeast ?? aim.atMost}×`) : "";
    return `| ${title} | ${cell(product)} | ${cell(peer)} | ${ratio === undefined ? "–" : `${ratio.toFixed(2)}×`} | ${goal} | ${met === undefined ? "" : met ? "yes" : "**no**"} |`;
  });
  return ["| | product | plain object | ratio | aim | met |", "|---|--:|--:|--:|--:|---|", ...lines].join("\n");
}

function intro({ machine, rounds, span, servers, sync, runs, simulatedSyncUs }) {
  const others = runs.map((run) => run.others).filter(Number.isFinite);
  const busiest = Math.max(0, ...others);
  const times = sync.map(({ healthy }) => `${healthy.p50_us} µs (p99 ${healthy.p99_us})`).join(" before, ");
  return [
    ...(simulatedSyncUs ? [`**Not a measurement of a disk:** the files were in memory and each sync was made to take ${simulatedSyncUs} µs.`] : []),
    `${machine.model}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.kernel}, ${machine.fileSystem}. Server (workerd, compatibility date ${servers[0].compatibilityDate}) on one core, generator on the other.`,
    `Medians of ${rounds}, product and plain object in turn, each run on a fresh server and an empty disk: ${span.usual.warmUp} s of warm-up, ${span.usual.seconds} s measured (at 10 messages/s ${span.long.warmUp} s and ${span.long.seconds} s). Messages of 200 bytes.`,
    `A sync of the disk took ${times} after; the slowed one ${sync.at(-1)?.slow.p50_us} µs. Other processes used ${busiest.toFixed(2)} cores in the worst run, ${(others.length ? median(others) : 0).toFixed(2)} in the middle one${busiest > 0.3 ? ": **the machine was not quiet, so read the ratios with care**" : ""}.`,
  ].join("\n\n");
}

function checks({ violations, runs }) {
  if (violations.length) return `**The check of the receivers failed:**\n\n${violations.map((text) => `- ${text}`).join("\n")}`;
  const busiest = Math.max(0, ...runs.map((run) => run.usage?.generator_core ?? 0));
  return `Every receiver was checked in every run: nothing lost, repeated or reordered, every text as sent. The generator was busy for at most ${Math.round(busiest * 100)} % of its core.`;
}

function besides({ servers, startUp, rows, runs, span }) {
  const lines = [];
  for (const { name, sizes } of servers) {
    const mine = (id) => runs.filter((run) => run.id === id && run.server === name);
    const label = name === "product" ? "product" : "plain object";
    if (startUp[name]?.length) lines.push(`| Start to first answer, ${label} | ${median(startUp[name]).toFixed(0)} ms |`);
    const cold = mine("cold").map((run) => run.first_us);
    if (cold.length) lines.push(`| First page after a restart, ${label} | ${(median(cold) / 1000).toFixed(1)} ms |`);
    for (const [object, tables] of Object.entries(rows[name] ?? {})) {
      lines.push(`| Rows and index entries left per message, ${label}, ${object} | ${Object.entries(tables).map(([table, count]) => `${table} ${count.toFixed(2)}`).join(", ")} |`);
    }
    for (const [id, what] of [["acks", "100 in flight"], ["lone", "one in flight"]]) {
      const bytes = mine(id).map((run) => run.usage?.disk_bytes_per_message).filter((value) => value !== null && value !== undefined);
      if (bytes.length) lines.push(`| Bytes to disk per message, ${what}, ${label} | ${Math.round(median(bytes)).toLocaleString("en")} |`);
    }
    for (const [id, what] of [["acks", "2 members"], ["deliveries", "200 members"]]) {
      if (mine(id).length) lines.push(`| Messages in a frame, ${what}, ${label} | ${median(mine(id).map((run) => run.messages_per_frame)).toFixed(1)} |`);
      const server = mine(id).filter((run) => run.usage);
      if (server.length) lines.push(`| Server core, user + kernel, ${what}, ${label} | ${median(server.map((run) => run.usage.server_core_user)).toFixed(2)} + ${median(server.map((run) => run.usage.server_core_kernel)).toFixed(2)} |`);
    }
    const idle = mine("idle")[0];
    if (idle) lines.push(`| 1,000 idle sockets ${span.settle} s later, ${label} | ${(idle.asleepBytes / KILO / KILO).toFixed(1)} MiB |`);
    const kib = ({ raw, gzip }) => `${(raw / KILO).toFixed(0)} KiB, ${(gzip / KILO).toFixed(0)} KiB gzipped`;
    if (sizes.wasm.raw) lines.push(`| WebAssembly, ${label} | ${kib(sizes.wasm)} |`);
    lines.push(`| All that is deployed, ${label} | ${kib(sizes.all)} |`);
  }
  return ["| | |", "|---|---|", ...lines].join("\n");
}

function profiles(profiles) {
  const percent = (share) => `${(share * 100).toFixed(1)} %`;
  const list = (head, entries) => [`| ${head} | share |`, "|---|--:|", ...entries.map(({ name, share }) => `| ${name.replaceAll("|", "\\|")} | ${percent(share)} |`)].join("\n");
  const code = (entries) => entries.filter(({ share }) => share >= 0.004).map(({ name, share }) => ({ name: `\`${name.slice(0, 110)}\``, share }));
  const parts = profiles.flatMap(({ title, server, functions, process: whole, value }) => {
    const part = [`### ${title} — ${server === "product" ? "product" : "plain object"}`];
    if (whole) {
      part.push(`The whole process by perf, ${whole.samples} samples${value ? `, at ${value}` : ""}:`, list("what", whole.classes), list("hottest symbols", code(whole.symbols.slice(0, 15))));
    }
    if (functions) {
      part.push("Inside the isolate by V8's sampling profiler, self time (`(program)` is native code and the kernel):", list("function", code(functions.slice(0, 20))));
      if (functions.some(({ name }) => /wasm-function\[\d+\]/.test(name))) part.push("The WebAssembly has no name section, so its functions are shown by number.");
    }
    return part;
  });
  return parts.length ? parts.join("\n\n") : "Not profiled in this run.";
}
