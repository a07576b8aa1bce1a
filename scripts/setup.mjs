/**
 * Makes a fresh clone ready: Rust toolchain, the two tools that cargo builds, the npm packages. Looks first and does
 * only what is missing, so a second run takes a second. Runs on Node 20 with nothing installed.
 *   node scripts/setup.mjs
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Mend, elapsed, isMain, main, runQuietly, step, together } from "./progress.mjs";
import { CACHE, CARGO_TOOLS, NODE_22, ROOT, WASM_TARGET, cargoToolBinary, cargoToolRoot, inRoot, rustChannel } from "./toolchain.mjs";

const OLDEST_NODE = 20;
/** Older ones read package-lock.json differently and refuse it. */
const OLDEST_NPM = 10;

/** The standard output of a program, or null when it is missing or fails. */
function ask(program, ...args) {
  const { status, stdout } = spawnSync(program, args, { cwd: ROOT, encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}

const major = (version) => Number(/\d+/.exec(version ?? "")?.[0] ?? 0);

/** Whatever setup cannot install by itself, each with its mend; all that is missing is told at once. */
function checkMachine() {
  const missing = [];
  if (major(process.versions.node) < OLDEST_NODE) {
    missing.push(`Node ${process.versions.node} is too old. Install Node ${OLDEST_NODE} or newer: https://nodejs.org/en/download`);
  }
  const npm = ask("npm", "--version");
  if (npm === null) missing.push("npm is missing. It comes with Node; some distributions have it as a package of its own: apt-get install npm");
  else if (major(npm) < OLDEST_NPM) missing.push(`npm ${npm} is too old. Run: npm install --global npm@11`);
  if (ask("rustup", "--version") === null && ask("cargo", "--version") === null) {
    missing.push("Rust is missing. Install rustup: https://rustup.rs (then open a new shell, so that cargo is on the PATH)");
  }
  if (!["cc", "gcc", "clang", process.env.CC].some((compiler) => compiler && ask(compiler, "--version") !== null)) {
    missing.push("A C compiler is missing. Debian: apt-get install build-essential; Fedora: dnf install gcc; macOS: xcode-select --install");
  }
  if (missing.length > 0) throw new Mend(`Setup needs what it cannot install itself:\n${missing.map((line) => `  - ${line}`).join("\n")}`);
}

/** True when the pinned compiler runs here and can compile for the target. */
function rustIsReady() {
  const libraries = ask("rustc", "--print", "target-libdir", "--target", WASM_TARGET);
  return libraries !== null && existsSync(libraries) && ["fmt", "clippy"].every((tool) => ask("cargo", tool, "--version") !== null);
}

async function installRust(signal) {
  if (rustIsReady()) return;
  const channel = rustChannel();
  const command = ["toolchain", "install", channel, "--profile", "minimal", "--component", "rustfmt,clippy", "--target", WASM_TARGET];
  if (ask("rustup", "--version") === null) {
    throw new Mend(
      `The Rust on this machine lacks the target ${WASM_TARGET}, rustfmt or clippy, and there is no rustup to add them.\n` +
        `Install rustup (https://rustup.rs), then run: rustup ${command.join(" ")}`,
    );
  }
  await step(`Rust ${channel} with ${WASM_TARGET}`, () => runQuietly("rustup", command, { cwd: ROOT, signal, label: "rustup" }));
  if (!rustIsReady()) throw new Mend(`rustup reported success, but rustc still cannot compile for ${WASM_TARGET}. Run: rustup ${command.join(" ")}`);
}

/**
 * Builds the tools without optimisation: they run for a few seconds per build, and optimising them takes minutes.
 * One target directory for all, so that what they have in common is compiled once; it goes when they are done.
 */
async function installCargoTools(signal) {
  const missing = CARGO_TOOLS.filter((tool) => !existsSync(cargoToolBinary(tool)));
  if (missing.length === 0) return;
  const targetDirectory = join(CACHE, "build");
  await mkdir(CACHE, { recursive: true });
  for (const tool of missing) {
    const args = ["install", tool.crate, "--version", tool.version, "--debug", "--root", cargoToolRoot(tool), "--target-dir", targetDirectory];
    args.push("--bin", tool.binary, ...tool.options);
    const env = { ...process.env, CARGO_PROFILE_DEV_DEBUG: "0", CARGO_INCREMENTAL: "0" };
    await step(`${tool.crate} ${tool.version} (once per machine)`, () => runQuietly("cargo", args, { cwd: ROOT, env, signal, label: tool.crate }));
  }
  await rm(targetDirectory, { recursive: true, force: true });
}

const readJson = async (...path) => JSON.parse(await readFile(inRoot(...path), "utf8"));

/** Fails when a package.json asks for what the lock file does not hold: the versions would differ between machines. */
async function checkLock(locked) {
  const workspaces = Object.keys(locked).filter((path) => !path.includes("node_modules"));
  for (const path of workspaces) {
    const wanted = await readJson(path, "package.json");
    for (const field of ["dependencies", "devDependencies"]) {
      const sorted = (map) => JSON.stringify(Object.entries(map ?? {}).sort());
      if (sorted(wanted[field]) === sorted(locked[path][field])) continue;
      throw new Mend(`package-lock.json does not match ${field} of ${join(path, "package.json")}. Run npm install and commit package-lock.json.`);
    }
  }
}

/** True when node_modules holds what the lock file says; npm leaves a lock file of what it installed. */
async function packagesAreCurrent(locked) {
  if (!existsSync(NODE_22)) return false;
  const present = await readJson("node_modules", ".package-lock.json").then(({ packages }) => packages, () => ({}));
  return Object.entries(locked).every(([path, { version, integrity, link, optional }]) => {
    if (!path.includes("node_modules/") || link) return true;
    const found = present[path];
    // Programs for other systems are optional and were left out.
    return found ? found.version === version && found.integrity === integrity : optional === true;
  });
}

/**
 * `npm ci` refuses a lock file without every optional program of every system, and those of some systems may not be
 * published yet, or not mirrored. This keeps to the lock file, which was checked above, and does not write it.
 */
async function installPackages(signal) {
  const { packages } = await readJson("package-lock.json");
  await checkLock(packages);
  if (await packagesAreCurrent(packages)) return;
  const args = ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  await step("npm packages", () => runQuietly("npm", args, { cwd: ROOT, signal, label: "npm install" }));
}

/** Everything above; npm waits for the network while cargo compiles, so they run side by side, and fail together. */
export async function setup() {
  const start = performance.now();
  checkMachine();
  await together(installPackages, async (signal) => {
    await installRust(signal);
    await installCargoTools(signal);
  });
  console.log(`✓ Setup is complete (${elapsed(start)})`);
}

if (isMain(import.meta.url)) await main(setup);
