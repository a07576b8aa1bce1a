// `npm run bench`: the built product and a plain Durable Object, in the same run, under the same generator. See bench/README.md.
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

import { build } from "../scripts/build.mjs";
import { setup } from "../scripts/setup.mjs";
import * as generator from "./runner/generator.mjs";
import { describe, hostClass, processorSeconds, watch } from "./runner/machine.mjs";
import { MEASURES, SPANS } from "./runner/measures.mjs";
import { profileIsolate, profileProcess } from "./runner/profile.mjs";
import { writeReport } from "./runner/report.mjs";
import { rowsPerMessage } from "./runner/rows.mjs";
import { missing, peer, product, residentBytes, sizes, start } from "./runner/servers.mjs";

const ROOT = path.resolve(import.meta.dirname, "..");
const SLOWER_US = 2_000;
const FALLBACK_DATE = "2026-11-01";

const options = read({
  allowNegative: true,
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    rounds: { type: "string" },
    target: { type: "string" },
    profile: { type: "boolean" },
    "simulated-sync": { type: "string" },
    priority: { type: "string", default: "0" },
    output: { type: "string", default: path.join(ROOT, "bench/results") },
    help: { type: "boolean", default: false },
  },
});

if (options.help) {
  console.log(`npm run bench -- [--quick] [--only ${MEASURES.map(({ id }) => id).join(",")}] [--rounds 3] [--target product|peer] [--profile|--no-profile] [--priority 10] [--simulated-sync 150] [--output directory]`);
  process.exit(0);
}
const SERVER = { core: 0, nice: -(Number(options.priority) || 0) };
const GENERATOR = { core: 1, nice: SERVER.nice };
const SIMULATED_US = Number(options["simulated-sync"] ?? 0);
const DISK = options["simulated-sync"] ? "/dev/shm" : tmpdir();
const rounds = Number(options.rounds ?? (options.quick ? 1 : 3));
if (!(rounds >= 1)) stop("--rounds takes a number from 1");
const wanted = options.only?.split(",");
const measures = MEASURES.filter(({ id }) => !wanted || wanted.includes(id));
if (!measures.length) stop(`--only takes some of: ${MEASURES.map(({ id }) => id).join(", ")}`);
const mend = Number(process.versions.node.split(".")[0]) < 22 ? "run it as `npm run bench`, which brings Node 22" : missing();
if (mend) stop(mend);

// What was built before the last change would be measured without a word.
if (options.target !== "peer") {
  await setup();
  await build(["gateway"]);
}
const built = await product();
const servers = [built, peer(built?.compatibilityDate ?? FALLBACK_DATE)].filter((server) => server && (!options.target || server.name === options.target));
if (!servers.length) stop("--target takes product or peer");
generator.build();
if (SERVER.nice) raise(SERVER.nice);
const library = generator.buildShim();
// Empty where the disk is left as it is.
const delayed = (microseconds) => (microseconds ? { LD_PRELOAD: library, SLOW_SYNC_US: String(microseconds) } : {});
const usual = { ...SERVER, disk: DISK, env: delayed(SIMULATED_US), log: true };
const span = options.quick ? SPANS.quick : SPANS.full;

const began = new Date();
const results = { runs: [], startUp: {}, sync: [], rows: {}, profiles: [], violations: [] };
await measureDisk();
for (const measure of measures) {
  for (let round = 1; round <= (measure.once ? 1 : rounds); round += 1) {
    for (const server of servers) await measureOnce(measure, server, round);
  }
}
await measureDisk();
if (options.profile ?? !wanted) {
  for (const measure of MEASURES.filter((each) => each.profile && (!wanted || wanted.includes(each.id)))) {
    for (const server of servers) results.profiles.push({ title: measure.title, server: server.name, ...(await profile(measure, server)) });
  }
}

const machine = describe(DISK);
const partial = options.quick || SIMULATED_US || wanted || options.target || rounds < 3;
const name = `${began.toISOString().slice(0, 10)}-${hostClass(machine)}${partial ? "-partial" : ""}`;
const report = {
  began: began.toISOString(),
  machine,
  nice: SERVER.nice,
  rounds,
  span,
  slowerSyncUs: SLOWER_US,
  simulatedSyncUs: SIMULATED_US || undefined,
  servers: servers.map((server) => ({ name: server.name, compatibilityDate: server.compatibilityDate, sizes: sizes(server) })),
  ...results,
};
const file = writeReport(options.output, name, report, measures);
console.log(`\nWritten to ${path.relative(process.cwd(), file)}`);
if (results.violations.length) {
  console.error(`\nThe check of the receivers FAILED:\n${results.violations.join("\n")}`);
  process.exitCode = 1;
}

async function measureOnce(measure, server, round) {
  const label = `${measure.id} ${server.name} ${round}/${measure.once ? 1 : rounds}`;
  const end = watch();
  let [running, run] = [];
  try {
    running = await start(server, measure.slowSync ? { ...usual, env: delayed(SIMULATED_US + SLOWER_US) } : usual);
    (results.startUp[server.name] ??= []).push(running.startUpMs);
    run = await (measure.kind === "cold" ? cold : measure.kind === "idle" ? idle : plain)(measure, server, running);
    const own = run.ownSeconds ?? processorSeconds(running.pid) + run.generator_seconds;
    const { others, stolen } = end(own);
    results.runs.push({ id: measure.id, server: server.name, round, others, stolen, ...run });
    results.violations.push(...run.violations.map((text) => `${label}: ${text}`));
    const also = measure.also ? `, ${measure.also.title} ${measure.format(measure.also.value(run))}` : "";
    console.log(`${label}: ${measure.format(measure.value(run))} ${measure.unit}${also}${run.violations.length ? `  VIOLATIONS ${run.violations.length}` : ""}${others > 0.15 ? `  (others used ${others.toFixed(2)} cores)` : ""}`);
  } catch (error) {
    results.violations.push(`${label}: not finished: ${error.message}`);
    console.error(`${label}: not finished: ${error.message}`);
  } finally {
    await running?.stop({ keep: measure.rows });
    if (running && measure.rows) {
      if (run) (results.rows[server.name] = await rowsPerMessage(running.directory, run.messages));
      rmSync(running.directory, { recursive: true, force: true });
    }
  }
}

function common(server, running) {
  return ["--target", server.name, "--address", running.address, "--server-pid", running.pid];
}

function plain(measure, server, running) {
  const [command, ...rest] = measure.args;
  const { warmUp, seconds } = measure.long ? span.long : span.usual;
  return generator.run([command, ...common(server, running), ...rest, "--warm-up", warmUp, "--seconds", seconds], GENERATOR);
}

/** Conversations are made, the server is stopped and started on the same files, and each is read from for the first time. */
async function cold(measure, server, running) {
  const state = path.join(running.directory, "cold.json");
  const made = await generator.run(["prepare", ...common(server, running), "--state", state], GENERATOR);
  await running.stop({ keep: true });
  const again = await start(server, { ...usual, directory: running.directory });
  try {
    const run = await generator.run(["cold", ...common(server, again), "--state", state], GENERATOR);
    return { ...run, violations: [...made.violations, ...run.violations], ownSeconds: Number.NaN };
  } finally {
    await again.stop();
  }
}

/** The conversation is made first, so that only the sockets are counted. */
async function idle(measure, server, running) {
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  let [before, open, later] = [0, 0, 0];
  const run = await generator.run(["idle", ...common(server, running), "--members", 1000], {
    ...GENERATOR,
    onLine: async (line, input) => {
      if (line === "created") {
        await pause(span.settle * 1_000);
        before = residentBytes(running.pid);
        input.write("\n");
      } else if (line === "ready") {
        await pause(3_000);
        open = residentBytes(running.pid);
        // By then an idle object has left memory, and its sockets stay.
        await pause(span.settle * 1_000);
        later = residentBytes(running.pid);
        input.end();
      }
    },
  });
  return { ...run, before, bytes: open - before, asleepBytes: later - before };
}

/** The load once under the inspector, and once more under perf, for each slows the other. */
async function profile(measure, server) {
  console.log(`profile ${measure.id} ${server.name}`);
  const [command, ...rest] = measure.args;
  const load = (running, seconds) => generator.run([command, ...common(server, running), ...rest, "--warm-up", 1, "--seconds", seconds], GENERATOR);
  const name = `${measure.id}-${server.name}`;
  const result = {};
  let running = await start(server, { ...usual, inspector: true });
  try {
    result.functions = await profileIsolate(running.inspectorPort, () => load(running, 4), path.join(generator.CACHE, `${name}.cpuprofile`));
  } catch (error) {
    console.error(`  no profile of the isolate: ${error.message}`);
  } finally {
    await running.stop();
  }
  running = await start(server, usual);
  try {
    const work = load(running, 6);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    result.process = await profileProcess(running.pid, 3, generator.CACHE, name);
    const run = await work;
    result.value = `${measure.format(measure.value(run))} ${measure.unit}`;
  } catch (error) {
    console.error(`  no profile of the process: ${error.message}`);
  } finally {
    await running.stop();
  }
  return result;
}

async function measureDisk() {
  const directory = path.join(DISK, `quipu-bench-disk-${process.pid}`);
  mkdirSync(directory, { recursive: true });
  try {
    const sync = async (more) => (await generator.run(["disk", "--directory", directory], { ...GENERATOR, env: delayed(more) })).sync;
    const times = { healthy: await sync(SIMULATED_US), slow: await sync(SIMULATED_US + SLOWER_US) };
    results.sync.push(times);
    console.log(`disk: a sync takes ${times.healthy.p50_us} µs (p99 ${times.healthy.p99_us}); slowed ${times.slow.p50_us} µs`);
  } finally {
    if (existsSync(directory)) rmSync(directory, { recursive: true });
  }
}

/** Priority within a session means nothing where the kernel shares the processor out by session: raise the session too. */
function raise(nice) {
  if (existsSync("/proc/self/autogroup")) writeFileSync("/proc/self/autogroup", String(nice));
}

function read(config) {
  try {
    return parseArgs(config).values;
  } catch (error) {
    return stop(`${error.message} (--help shows the options)`);
  }
}

function stop(text) {
  console.error(`bench: ${text}`);
  process.exit(1);
}
