/**
 * Builds what changed: the wasm of the gateway, the client library, the web client.
 *   node scripts/build.mjs [gateway] [sdk] [web]
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { Mend, isMain, main, runQuietly, step, together } from "./progress.mjs";
import { setup } from "./setup.mjs";
import { GATEWAY, GATEWAY_BUILD, ROOT, WASM_TARGET, WORKER_BUILD, inRoot, toolEnvironment } from "./toolchain.mjs";

const NOT_SOURCES = new Set(["node_modules", "dist", "tests", "build", "target"]);

async function* filesBelow(path) {
  for (const entry of (await readdir(path, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (NOT_SOURCES.has(entry.name)) continue;
    const child = join(path, entry.name);
    if (entry.isDirectory()) yield* filesBelow(child);
    else if (entry.isFile()) yield child;
  }
}

async function hashOf(paths) {
  const hash = createHash("sha256");
  const add = async (file) => hash.update(`${relative(ROOT, file)}\0`).update(await readFile(file)).update("\0");
  for (const path of paths) {
    if (/\.json$/.test(path)) await add(path);
    else for await (const file of filesBelow(path)) await add(file);
  }
  return hash.digest("hex");
}

const readOrNull = (path) => readFile(path, "utf8").catch(() => null);

/** Runs `work` under a heading unless the stamp says that it was done for this hash and its result is still there. */
async function unlessStamped(title, { stamp, hash, result }, work) {
  if (existsSync(result) && (await readOrNull(stamp)) === hash) return;
  await step(title, work);
  if (!existsSync(result)) throw new Mend(`${title}: ${relative(ROOT, result)} was not made.`);
  await mkdir(dirname(stamp), { recursive: true });
  await writeFile(stamp, hash);
}

/** Lets cargo decide whether anything changed; binding generation, wasm-opt and bundling follow only a new wasm. */
async function buildGateway(signal) {
  // worker-build sets this one too; with another value cargo would compile everything again.
  const env = toolEnvironment({ WASM_BINDGEN_USE_JS_SYS: "1" });
  const compile = ["build", "--lib", "--release", "--target", WASM_TARGET, "--message-format", "json-render-diagnostics"];
  const messages = await runQuietly("cargo", compile, { cwd: GATEWAY, env, signal, label: "cargo build" });
  const artifacts = messages.split("\n").filter((line) => line.includes('"compiler-artifact"')).map((line) => JSON.parse(line));
  const wasm = artifacts.flatMap(({ filenames }) => filenames).filter((name) => name.endsWith(".wasm")).at(-1);
  if (!wasm) throw new Mend("cargo build of workers/gateway named no .wasm file. Is it still a cdylib?");
  const hash = createHash("sha256").update(await readFile(wasm)).digest("hex");
  const files = { stamp: join(GATEWAY_BUILD, ".wasm-sha256"), hash, result: join(GATEWAY_BUILD, "index.js") };
  await unlessStamped("Bindings and optimised wasm", files, () => runQuietly(WORKER_BUILD, ["--release"], { cwd: GATEWAY, env, signal, label: "worker-build" }));
}

/** Builds one npm workspace when a file it is made of has changed. */
async function buildWorkspace(name, directory, result, sources, signal) {
  const hash = await hashOf([inRoot("package-lock.json"), inRoot("schema", "generated"), ...sources]);
  const stamp = inRoot("node_modules", ".cache", "quipu", `${directory.replaceAll("/", "-")}.sha256`);
  await unlessStamped(`npm run build -w ${name}`, { stamp, hash, result: inRoot(directory, ...result) }, () =>
    runQuietly("npm", ["run", "build", "-w", name], { cwd: ROOT, env: toolEnvironment(), signal, label: name }),
  );
}

const sdk = inRoot("sdk", "typescript");
const buildSdk = (signal) => buildWorkspace("@quipu/client", "sdk/typescript", ["dist", "index.js"], [sdk], signal);
const buildWeb = (signal) => buildWorkspace("@quipu/web", "web", ["dist", "index.html"], [sdk, inRoot("web")], signal);

/** Builds the named parts, or all. The gateway compiles while the page is bundled. */
export async function build(parts = ["gateway", "sdk", "web"]) {
  const unknown = parts.find((part) => !["gateway", "sdk", "web"].includes(part));
  if (unknown) throw new Mend(`There is no part "${unknown}". Build gateway, sdk or web.`);
  await together(
    async (signal) => {
      if (parts.includes("gateway")) await step("Gateway (wasm)", () => buildGateway(signal));
    },
    async (signal) => {
      // The page is bundled from the built library.
      if (parts.includes("sdk") || parts.includes("web")) await buildSdk(signal);
      if (parts.includes("web")) await buildWeb(signal);
    },
  );
}

if (isMain(import.meta.url)) {
  await main(async () => {
    await setup();
    const parts = process.argv.slice(2);
    await build(parts.length > 0 ? parts : undefined);
  });
}
