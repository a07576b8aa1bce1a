// The load generator: built once, then started for each measure on the other core.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import path from "node:path";

import { SECRETS } from "./servers.mjs";

const FOLDER = path.resolve(import.meta.dirname, "../generator");
const TARGET = process.env.CARGO_TARGET_DIR ?? path.join(FOLDER, "target");
/** What a run makes besides its report. */
export const CACHE = path.join(TARGET, "bench");
const BINARY = path.join(TARGET, "release/quipu-bench");
const LONGEST_MS = 180_000;

/** Builds it, if cargo finds that needed. */
export function build() {
  execFileSync("cargo", ["build", "--release", "--locked", "--manifest-path", path.join(FOLDER, "Cargo.toml"), "--target-dir", TARGET], { stdio: "inherit" });
}

/** Builds the library that makes each sync slower. */
export function buildShim() {
  mkdirSync(CACHE, { recursive: true });
  const source = path.resolve(import.meta.dirname, "../shim/slow-sync.c");
  const library = path.join(CACHE, "slow-sync.so");
  if (!existsSync(library) || statSync(library).mtimeMs < statSync(source).mtimeMs) {
    execFileSync(process.env.CC ?? "cc", ["-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], { stdio: "inherit" });
  }
  return library;
}

/**
 * Runs one measure. `onLine(line, input)` gets what it prints before its result. The answer is its result; `violations` says what the
 * check of the receivers found, and a run that could not be finished is an error.
 */
export function run(args, { core, nice = 0, env = {}, onLine } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn("taskset", ["-c", String(core), "nice", "-n", String(nice), BINARY, ...args.map(String)], { env: { PATH: process.env.PATH, ...SECRETS, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    const kill = () => child.kill("SIGKILL");
    const late = setTimeout(kill, LONGEST_MS);
    process.once("exit", kill);
    let [rest, said, result] = ["", "", undefined];
    child.stdout.on("data", (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      for (const line of lines) line.startsWith("{") ? (result = JSON.parse(line)) : onLine?.(line, child.stdin);
    });
    child.stderr.on("data", (text) => (said += text));
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(late);
      process.off("exit", kill);
      result ? resolve(result) : reject(new Error(said.trim() || `the generator ended with ${code}`));
    });
    if (!onLine) child.stdin.end();
  });
}
