/**
 * Where everything is and which version of each tool the project is pinned to.
 * Runs on Node 20 before anything is installed: only Node's own modules may be imported here.
 */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the clone. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");

/** A path inside the clone. */
export const inRoot = (...parts) => join(ROOT, ...parts);

/** Tools that cargo builds once per machine, outside the clone and keyed by version. */
export const CARGO_TOOLS = [
  // The published lock file of worker-build is good; that of wasm-bindgen-cli names a withdrawn crate.
  { crate: "worker-build", version: "0.8.7", binary: "worker-build", options: ["--locked"] },
  // Its only feature is the TLS of another program in the same crate, and takes long to compile.
  { crate: "wasm-bindgen-cli", version: "0.2.130", binary: "wasm-bindgen", options: ["--no-default-features"], directory: "wasm-bindgen-0.2.130" },
];

export const WASM_TARGET = "wasm32-unknown-unknown";

/** The directory of the tools: `$QUIPU_CACHE`, else the user's cache directory. */
export const CACHE = process.env.QUIPU_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "quipu");

/** Where cargo installs a tool, and the program itself. */
export const cargoToolRoot = (tool) => join(CACHE, tool.directory ?? `${tool.crate}-${tool.version}`);
export const cargoToolBinary = (tool) => join(cargoToolRoot(tool), "bin", tool.binary);

const [workerBuild, wasmBindgen] = CARGO_TOOLS;
export const WORKER_BUILD = cargoToolBinary(workerBuild);

/** Node 22 from the npm package `node`: wrangler refuses the Node 20 that many systems have. */
export const NODE_22 = inRoot("node_modules", "node", "bin", "node");
export const NPM_BIN = inRoot("node_modules", ".bin");
/** Wrangler's own launcher starts a second process; its command line is the same without. */
export const WRANGLER = inRoot("node_modules", "wrangler", "wrangler-dist", "cli.js");

/** What worker-build leaves: one module and the wasm it imports. */
export const GATEWAY = inRoot("workers", "gateway");
export const GATEWAY_BUILD = inRoot("workers", "gateway", "build");

/** The pinned Rust toolchain. */
export function rustChannel() {
  const text = readFileSync(inRoot("rust-toolchain.toml"), "utf8");
  const channel = /^channel\s*=\s*"([^"]+)"/m.exec(text)?.[1];
  if (!channel) throw new Error("rust-toolchain.toml names no channel");
  return channel;
}

/** PATH with the project's own tools first, so that `node` is Node 22 everywhere below. */
export function toolPath() {
  return [NPM_BIN, process.env.PATH].filter(Boolean).join(delimiter);
}

/**
 * The environment of every tool the scripts start. Each `*_BIN` keeps worker-build from downloading that program;
 * the rest keeps wrangler and npm from calling out.
 */
export function toolEnvironment(extra = {}) {
  return {
    ...process.env,
    PATH: toolPath(),
    WASM_BINDGEN_BIN: cargoToolBinary(wasmBindgen),
    WASM_OPT_BIN: join(NPM_BIN, "wasm-opt"),
    ESBUILD_BIN: join(NPM_BIN, "esbuild"),
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_HIDE_BANNER: "true",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    ...extra,
  };
}
