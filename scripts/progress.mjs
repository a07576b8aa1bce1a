/**
 * Says what is being done and for how long. Long silent tools are heard from every few seconds; their full output
 * is kept and shown only when they fail. Runs on Node 20 before anything is installed.
 */
import { spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

const QUIET_SECONDS = 20;
const TAIL_LINES = 40;

/** A failure whose message already says what happened and how to mend it: shown without a stack. */
export class Mend extends Error {}

/** Seconds since `start` (of `performance.now()`), as people read them. */
export function elapsed(start) {
  const seconds = (performance.now() - start) / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
}

/** Runs `work` under a heading and prints how long it took. */
export async function step(title, work) {
  const start = performance.now();
  console.log(`▸ ${title}`);
  try {
    const result = await work();
    console.log(`✓ ${title} (${elapsed(start)})`);
    return result;
  } catch (error) {
    console.log(`✗ ${title} (${elapsed(start)})`);
    throw error;
  }
}

/** Runs a program with the terminal's own output; rejects when it fails. */
export function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"], ...options });
    child.once("error", (error) => reject(new Mend(`${program} could not be started: ${error.message}`)));
    child.once("exit", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Mend(`${[program, ...args].join(" ")} ended with ${signal ?? `status ${code}`}.`));
    });
  });
}

/**
 * Runs a program quietly: its last line is repeated now and then as a sign of life, and everything it said is shown
 * when it fails. Answers its standard output.
 */
export function runQuietly(program, args, { label = program, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    const lines = [];
    let out = "";
    const hear = (chunk) => {
      // Messages for machines, such as cargo's, tell a reader nothing.
      for (const line of chunk.split(/[\r\n]+/)) if (line.trim() && !line.startsWith("{")) lines.push(line);
      lines.splice(0, Math.max(0, lines.length - TAIL_LINES));
    };
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      out += chunk;
      hear(chunk);
    });
    child.stderr.setEncoding("utf8").on("data", hear);
    const timer = setInterval(() => {
      console.log(`  … ${label}: ${lines.at(-1)?.trim().slice(0, 100) ?? "started"} (${elapsed(start)})`);
    }, QUIET_SECONDS * 1000);
    child.once("error", (error) => {
      clearInterval(timer);
      reject(error);
    });
    child.once("close", (code, signal) => {
      clearInterval(timer);
      if (code === 0) return resolve(out);
      reject(new Mend(`${lines.join("\n")}\n\n${label} ended with ${signal ?? `status ${code}`}.`));
    });
  });
}

/** Runs all at once and waits for all. The first failure stops the programs of the others and is the one thrown. */
export async function together(...works) {
  const controller = new AbortController();
  let first;
  await Promise.allSettled(
    works.map((work) =>
      work(controller.signal).catch((error) => {
        first ??= error;
        controller.abort();
      }),
    ),
  );
  if (first) throw first;
}

/** True when the module with this `import.meta.url` is the script that node was asked to run. */
export function isMain(url) {
  return process.argv[1] !== undefined && realpathSync(process.argv[1]) === realpathSync(fileURLToPath(url));
}

/** Runs a script's main function; a `Mend` is printed as it is, any other error with its stack. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    console.error(`\n${error instanceof Mend ? error.message : error.stack}`);
    process.exitCode = 1;
  }
}
