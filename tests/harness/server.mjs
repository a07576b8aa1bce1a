/**
 * Runs the built product in a real workerd: one process, SQLite on disk, ready in well under a second.
 *
 *   const server = await startServer();
 *   await server.hibernate("CONVERSATION", { name });  // its memory is gone, its sockets are open
 *   await server.kill();                               // SIGKILL
 *   await server.restart();                            // the same data on the same port
 *   await server.stop();
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { readProduct, workerdConfig } from "./config.mjs";

/** The program itself, so that a signal to the process reaches workerd and not a launcher. */
const WORKERD = createRequire(import.meta.url)("workerd").default;
const LOG_LINES = 200;

/** Secrets of the tests; wrangler.toml holds none. */
export const TEST_SECRETS = {
  ID_KEY: "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
  AUTH_HS256_SECRET: "a secret of the tests alone, long enough for HS256",
};

// A test that fails or is interrupted must not leave servers behind.
const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** One server and its data. Made by {@link startServer}. */
class Server {
  #options;
  #child = null;
  #exited = null;
  #controlUrl = null;
  #configPath;
  #temporary;
  #lines = [];

  /** The port of the product; the same after every restart. */
  port;
  /** Where the data is: SQLite files below `objects/`. */
  dataDir;

  constructor(options, configPath, temporary) {
    this.#options = options;
    this.#configPath = configPath;
    this.#temporary = temporary;
    this.dataDir = options.dataDir;
    this.port = options.port;
  }

  /** `http://127.0.0.1:PORT` */
  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** `ws://127.0.0.1:PORT` */
  get wsUrl() {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** The process id of workerd, or null while it is down. */
  get pid() {
    return this.#child?.pid ?? null;
  }

  /** The last lines that the server wrote, of all its runs. */
  get log() {
    return this.#lines.join("\n");
  }

  /** Starts the process and resolves when both sockets listen. */
  async start() {
    if (this.#child) throw new Error("The server is already running.");
    const [program, ...args] = [
      ...this.#options.command,
      ...[WORKERD, "serve", "--experimental", "--import-path=/", "--control-fd=3"],
      ...[`--socket-addr=http=127.0.0.1:${this.port}`, this.#configPath],
    ];
    const env = { ...process.env, ...this.#options.env };
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe", "pipe"], env });
    this.#child = child;
    running.add(child);
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", (line) => this.#hear(line));
    this.#exited = new Promise((resolve) => {
      const ended = () => {
        running.delete(child);
        if (this.#child === child) this.#child = null;
        resolve();
      };
      child.once("exit", ended);
      child.once("error", (error) => {
        this.#hear(error.message);
        ended();
      });
    });
    const ports = await Promise.race([this.#listening(child), this.#exited.then(() => null)]);
    if (!ports) throw new Error(`workerd ended before it listened:\n${this.log}`);
    this.port = ports.get("http");
    this.#controlUrl = `http://127.0.0.1:${ports.get("control")}/`;
    return this;
  }

  /** Kills the process at once, as a crash or a power cut would, and resolves when it is gone. */
  async kill(signal = "SIGKILL") {
    const exited = this.#exited;
    this.#child?.kill(signal);
    await exited;
  }

  /** Starts again on the same data and port; kills the process first if it still runs. */
  async restart() {
    await this.kill();
    return this.start();
  }

  /** Ends the process and removes the data, unless the caller named its directory. */
  async stop() {
    await this.kill("SIGKILL");
    if (this.#temporary) await rm(this.dataDir, { recursive: true, force: true });
  }

  [Symbol.asyncDispose]() {
    return this.stop();
  }

  /**
   * Takes an object out of memory while its sockets stay open: what the platform does to an idle one.
   * @param {string} object the binding: "CONVERSATION" or "ACCOUNT"
   * @param {{ name: string } | { id: string }} which the object's name, or its id in hexadecimal
   */
  hibernate(object, which) {
    return this.#evict({ object, ...which, sockets: "hibernate" });
  }

  /** Takes an object out of memory and drops its sockets: what a deployment does to every object. */
  evict(object, which) {
    return this.#evict({ object, ...which, sockets: "close" });
  }

  async #evict(request) {
    const response = await fetch(this.#controlUrl, { method: "POST", body: JSON.stringify(request) });
    if (!response.ok) throw new Error(`The object was not evicted: ${await response.text()}\n${this.log}`);
  }

  /** The database of the directory: `{ down: true }` makes it refuse everything, `{ sql }` asks it, `{ counted: true }` says what was written and read. */
  async directory(asked) {
    const response = await fetch(`${this.#controlUrl}directory`, { method: "POST", body: JSON.stringify(asked) });
    if (!response.ok) throw new Error(`The directory did not answer: ${await response.text()}\n${this.log}`);
    return (await response.json())?.results;
  }

  /** What was written, read and armed since it was last asked, by class of object. */
  async counted() {
    return (await fetch(`${this.url}/counted`)).json();
  }

  /** What each of these objects wrote, read and armed since the same was last asked of it. */
  async countedOf(objects) {
    return (await fetch(`${this.url}/counted`, { method: "POST", body: JSON.stringify(objects) })).json();
  }

  /** Puts the clock on, or keeps calls from conversations: see faults-entry.mjs. */
  async fault(asked) {
    const response = await fetch(`${this.url}/faults`, { method: "POST", body: JSON.stringify(asked) });
    if (!response.ok) throw new Error(`The server takes no faults: ${response.status}`);
  }

  #hear(line) {
    this.#lines.push(line);
    if (this.#lines.length > LOG_LINES) this.#lines.shift();
    if (this.#options.verbose) console.error(`[workerd] ${line}`);
  }

  /** Reads the control pipe, on which workerd names each port as it opens it. */
  async #listening(child) {
    const ports = new Map();
    for await (const line of createInterface({ input: child.stdio[3] })) {
      const { event, socket, port } = JSON.parse(line);
      if (event === "listen") ports.set(socket, port);
      if (ports.has("http") && ports.has("control")) return ports;
    }
    await once(child, "exit");
    return null;
  }
}

/**
 * Starts the built product.
 * @param {object} [options]
 * @param {Record<string, unknown>} [options.vars] variables and secrets over those of wrangler.toml and TEST_SECRETS; null removes one
 * @param {string} [options.dataDir] where to keep the data; by default a new directory that `stop` removes
 * @param {number} [options.port] by default a free one
 * @param {boolean} [options.assets] serve web/dist as a deployment does (default: false)
 * @param {boolean} [options.localNetwork] let it reach private addresses, as wrangler's development server does (default: false)
 * @param {boolean} [options.development] run what `npm start` runs: DEV_MODE, and a sleep that really hibernates (default: false)
 * @param {boolean} [options.directory] with a database for the directory of people and public channels (default: false)
 * @param {boolean} [options.counting] count rows written and read, for `server.counted()` (default: false)
 * @param {boolean} [options.faults] let `server.fault()` put the clock on and keep calls from conversations (default: false)
 * @param {string[]} [options.command] a program to run workerd by, such as ["taskset", "-c", "0"]
 * @param {Record<string, string>} [options.env] environment of the process
 * @param {boolean} [options.verbose] print what workerd writes, as it writes it
 * @param {string} [options.root] the project to run; by default this one
 */
export async function startServer({ vars = {}, dataDir, port = 0, assets = false, development = false, localNetwork = false, directory: database = false, counting = false, faults = false, command = [], env = {}, verbose = false, root } = {}) {
  const product = readProduct(root);
  for (const file of [product.main, ...(assets ? [join(product.assets.directory, "index.html")] : [])]) {
    await access(file).catch(() => {
      throw new Error(`${file} is not there. Run: npm run build`);
    });
  }
  const directory = dataDir ?? (await mkdtemp(join(tmpdir(), "quipu-data-")));
  const objectsDirectory = join(directory, "objects");
  await mkdir(objectsDirectory, { recursive: true });
  const all = { ...product.vars, ...TEST_SECRETS, ...(development ? { DEV_MODE: "1" } : {}), ...vars };
  const bound = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null && value !== undefined));
  const configPath = join(directory, "workerd.capnp");
  await writeFile(configPath, workerdConfig(product, { vars: bound, objectsDirectory, assets, development, localNetwork, directory: database, counting, faults }), { mode: 0o600 });
  return new Server({ dataDir: directory, port, command, env, verbose }, configPath, dataDir === undefined).start();
}
