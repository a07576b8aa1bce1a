/**
 * Serves the product on this machine, from a fresh clone: set-up, build, real workerd, a seeded world.
 *   npm start                     PORT=9000 npm start                npm start -- --log-level=info
 * Arguments go on to `wrangler dev`. State stays in .wrangler/; delete that directory to begin anew.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { build } from "./build.mjs";
import { Mend, elapsed, main, step } from "./progress.mjs";
import { setup } from "./setup.mjs";
import { NODE_22, ROOT, WRANGLER, inRoot, toolEnvironment } from "./toolchain.mjs";

const HOST = "127.0.0.1";
const PORT = Number(process.env.PORT || 8787);
const BASE = `http://${HOST}:${PORT}`;
const ANSWER_SECONDS = 60;
const SECRETS = ["ID_KEY", "AUTH_HS256_SECRET"];

/** This machine's own random secrets: made once, kept in a file that git ignores. */
async function localSecrets() {
  const path = inRoot(".dev.vars");
  const text = await readFile(path, "utf8").catch(() => "");
  const secrets = Object.fromEntries([...text.matchAll(/^([A-Z0-9_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
  const missing = SECRETS.filter((name) => !secrets[name]);
  if (missing.length > 0) {
    for (const name of missing) secrets[name] = randomBytes(32).toString("hex");
    const before = text && !text.endsWith("\n") ? `${text}\n` : text;
    await writeFile(path, before + missing.map((name) => `${name}=${secrets[name]}\n`).join(""));
    await chmod(path, 0o600);
  }
  return secrets;
}

function refuseTakenPort() {
  return new Promise((resolve, reject) => {
    const socket = connect(PORT, HOST);
    socket.once("error", () => resolve());
    socket.once("connect", () => {
      socket.destroy();
      reject(new Mend(`Port ${PORT} is in use. Stop what listens there (perhaps another npm start), or run: PORT=${PORT + 1} npm start`));
    });
  });
}

/** The development variable is an argument of the local server only: no file that a deployment reads has it. */
function startWrangler(secrets) {
  const args = [
    ...["--no-warnings", WRANGLER, "dev", "scripts/dev-entry.mjs", "--config", "wrangler.toml"],
    ...["--ip", HOST, "--port", String(PORT), "--compatibility-flags", "unsafe_module", "--show-interactive-dev-session=false"],
    // The people of a demo are there to be found. wrangler hands on only those secrets of .dev.vars that wrangler.toml requires; the last is optional.
    ...["--var", "DEV_MODE:1", "PEOPLE_DIRECTORY:listed", `AUTH_HS256_SECRET:${secrets.AUTH_HS256_SECRET}`],
    ...(process.argv.some((argument) => argument.startsWith("--log-level")) ? [] : ["--log-level", "warn"]),
    ...process.argv.slice(2),
  ];
  return spawn(NODE_22, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"], env: toolEnvironment({ WRANGLER_LOG_PATH: inRoot(".wrangler", "logs") }) });
}

async function answers() {
  try {
    const response = await fetch(`${BASE}/v1/health`, { signal: AbortSignal.timeout(5_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

async function untilHealthy(ended) {
  const deadline = performance.now() + ANSWER_SECONDS * 1000;
  while (!(await answers())) {
    if (ended()) throw new Mend("The server ended before it answered; its reason stands above.");
    if (performance.now() > deadline) throw new Mend(`${BASE}/v1/health did not answer within ${ANSWER_SECONDS} s. Run again with: npm start -- --log-level=debug`);
    await delay(100);
  }
}

/** Asks for the demo world; the server makes it once and answers the same afterwards. */
async function seed() {
  const start = performance.now();
  const timer = setInterval(() => console.log(`  … seeding (${elapsed(start)})`), 5_000);
  try {
    const response = await fetch(`${BASE}/v1/dev/seed`, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
    const text = await response.text();
    if (!response.ok) throw new Mend(`POST /v1/dev/seed answered ${response.status}: ${text.slice(0, 500)}`);
  } finally {
    clearInterval(timer);
  }
}

await main(async () => {
  const start = performance.now();
  await setup();
  await build();
  await refuseTakenPort();
  const server = startWrangler(await localSecrets());
  const exit = new Promise((resolve) => server.once("exit", (code, signal) => resolve(code ?? (signal === "SIGINT" || signal === "SIGTERM" ? 0 : 1))));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => server.kill(signal === "SIGHUP" ? "SIGTERM" : signal));
  try {
    await step("Server", () => untilHealthy(() => server.exitCode !== null || server.signalCode !== null));
    await step("Demo world", seed);
  } catch (error) {
    server.kill();
    await exit;
    throw error;
  }
  console.log(`\n  Quipu is ready after ${elapsed(start)}:  http://localhost:${PORT}\n  Stop it with Ctrl-C; what was said is kept in .wrangler/.\n`);
  process.exitCode = await exit;
});
