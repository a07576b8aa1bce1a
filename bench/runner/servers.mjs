// The two servers: bare workerd, SQLite Durable Objects on a local disk, each pinned to one core.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import http from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";

const ROOT = path.resolve(import.meta.dirname, "../..");
const WORKERD = path.join(ROOT, "node_modules/@cloudflare", `workerd-${process.platform}-${process.arch === "arm64" ? "arm64" : "64"}`, "bin/workerd");
const STARTS_WITHIN_MS = 30_000;

/** What the product's tokens and ids are made with here. Known to everybody, and good for nothing but a server on this machine. */
export const SECRETS = {
  APP_ID: "bench",
  AUTH_ISSUER: "https://bench.example",
  AUTH_AUDIENCE: "quipu",
  AUTH_HS256_SECRET: "only-for-measuring-on-this-machine-0001",
  ID_KEY: "only-for-measuring-on-this-machine-0002",
};
const VARIABLES = { ...SECRETS, RATE_USER_PER_S: "1000000", RATE_CONVERSATION_PER_S: "1000000" };

/** The plain Durable Object. */
export function peer(compatibilityDate) {
  return {
    name: "peer",
    health: "/health",
    modules: [{ name: "worker.js", bytes: readFileSync(path.join(ROOT, "bench/peer/worker.js")) }],
    objects: [{ binding: "ROOM", className: "Room" }],
    variables: {},
    compatibilityDate,
    compatibilityFlags: [],
  };
}

/** The product as it was built, or undefined where it was not. */
export async function product() {
  const config = ["workers/gateway", "."].flatMap((folder) => ["jsonc", "json", "toml"].map((kind) => path.join(ROOT, folder, `wrangler.${kind}`))).find(existsSync);
  if (!config) return undefined;
  const { unstable_readConfig } = await import("wrangler");
  const read = unstable_readConfig({ config }, { hideWarnings: true });
  if (!read.main || !existsSync(read.main)) return undefined;
  const folder = path.dirname(read.main);
  const files = readdirSync(folder, { recursive: true })
    .filter((name) => /\.(m?js|wasm)$/.test(name) && !/(^|\/)\./.test(name) && path.join(folder, name) !== read.main);
  // Read now, so that a build during the run changes nothing.
  const modules = [path.basename(read.main), ...files].map((name) => ({ name, bytes: readFileSync(path.join(folder, name)) }));
  return {
    name: "product",
    health: "/v1/health",
    modules,
    objects: read.durable_objects.bindings.map(({ name, class_name }) => ({ binding: name, className: class_name })),
    variables: VARIABLES,
    compatibilityDate: read.compatibility_date,
    compatibilityFlags: read.compatibility_flags ?? [],
  };
}

/** Bytes of the WebAssembly, and of everything that is deployed, as they are and gzipped. */
export function sizes(server) {
  const size = (modules) => {
    const sum = (size) => modules.reduce((whole, { bytes }) => whole + size(bytes), 0);
    return { raw: sum((bytes) => bytes.length), gzip: sum((bytes) => gzipSync(bytes, { level: 9 }).length) };
  };
  return { wasm: size(server.modules.filter(({ name }) => name.endsWith(".wasm"))), all: size(server.modules) };
}

/** Starts a server on an empty directory of `disk`, or on `directory`. */
export async function start(server, { core, nice = 0, env = {}, inspector, disk = tmpdir(), directory, log }) {
  const own = !directory;
  directory ??= mkdtempSync(path.join(disk, `quipu-bench-${server.name}-`));
  mkdirSync(path.join(directory, "data"), { recursive: true });
  const port = await freePort();
  const inspectorPort = inspector ? await freePort() : undefined;
  const config = path.join(directory, "config.capnp");
  writeFileSync(config, capnp(server, directory, port));
  const inspect = inspectorPort ? [`-i127.0.0.1:${inspectorPort}`] : [];
  const began = performance.now();
  // taskset becomes nice, and nice the server: the process id stays.
  const child = spawn("taskset", ["-c", String(core), "nice", "-n", String(nice), WORKERD, "serve", ...inspect, config], { env: { PATH: process.env.PATH, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output = (output + text).slice(-8_192)));
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const running = { port, inspectorPort, pid: child.pid, address: `127.0.0.1:${port}`, directory, startUpMs: 0, output: () => output, stop };
  const killAtExit = () => child.kill("SIGKILL");
  process.once("exit", killAtExit);
  try {
    running.startUpMs = await healthy(port, server.health, child, () => output, began);
  } catch (error) {
    await stop();
    throw error;
  }
  return running;

  async function stop({ keep = false } = {}) {
    const force = setTimeout(() => child.kill("SIGKILL"), 5_000);
    child.kill("SIGTERM");
    if (child.exitCode === null && child.signalCode === null) await exited;
    clearTimeout(force);
    process.off("exit", killAtExit);
    if (log && output.trim()) console.error(`  ${server.name} said: ${output.trim().slice(-2_000)}`);
    if (own && !keep) rmSync(directory, { recursive: true, force: true });
  }
}

function capnp(server, directory, port) {
  const modules = server.modules.map(({ name, bytes }) => {
    const copy = `modules/${name}`;
    mkdirSync(path.dirname(path.join(directory, copy)), { recursive: true });
    writeFileSync(path.join(directory, copy), bytes);
    return `(name = ${JSON.stringify(name)}, ${name.endsWith(".wasm") ? "wasm" : "esModule"} = embed ${JSON.stringify(copy)})`;
  });
  const namespaces = server.objects.map(({ className }) => `(className = "${className}", uniqueKey = "${className}", enableSql = true)`);
  const bindings = [
    ...server.objects.map(({ binding, className }) => `(name = "${binding}", durableObjectNamespace = "${className}")`),
    ...Object.entries(server.variables).map(([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`),
  ];
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "disk", disk = (path = ${JSON.stringify(path.join(directory, "data"))}, writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);
const main :Workerd.Worker = (
  modules = [${modules.join(", ")}],
  compatibilityDate = "${server.compatibilityDate}",
  compatibilityFlags = [${server.compatibilityFlags.map((flag) => `"${flag}"`).join(", ")}],
  durableObjectNamespaces = [${namespaces.join(", ")}],
  durableObjectStorage = (localDisk = "disk"),
  bindings = [${bindings.join(", ")}]
);
`;
}

/** Waits for the first good answer; the result is the time since the process was started. */
async function healthy(port, url, child, output, began) {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`workerd ended with ${child.exitCode}:\n${output()}`);
    const answer = await ask(port, url).catch(() => undefined);
    if (answer?.status === 200) return performance.now() - began;
    if (performance.now() - began > STARTS_WITHIN_MS) throw new Error(`workerd does not answer ${url} (${JSON.stringify(answer)}):\n${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function ask(port, url) {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: "127.0.0.1", port, path: url, headers: { host: "localhost" }, agent: false, timeout: 5_000 }, (response) => {
      let body = "";
      response.on("data", (chunk) => (body += chunk)).on("end", () => resolve({ status: response.statusCode, body }));
    });
    request.on("error", reject).on("timeout", () => request.destroy(new Error("no answer")));
  });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Resident memory of a process in bytes. */
export function residentBytes(pid) {
  const line = readFileSync(`/proc/${pid}/status`, "utf8").match(/^VmRSS:\s+(\d+) kB$/m);
  return Number(line?.[1] ?? 0) * 1024;
}

/** Whether what a comparison needs is there; the answer names the mend. */
export function missing() {
  if (process.platform !== "linux") return "the comparison needs Linux (taskset, /proc, LD_PRELOAD)";
  if (!existsSync(WORKERD) || !statSync(WORKERD).isFile()) return "workerd is not installed: run npm ci";
  return undefined;
}
