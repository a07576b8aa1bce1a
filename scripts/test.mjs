/**
 * Every test there is, cheapest first; the first failure ends the run.
 *   npm test                    npm test -- host e2e
 * Parts: host (formatting, lints, boundaries, generated files, Rust tests), sdk, web, deploy, e2e, browser.
 */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "./build.mjs";
import { checkBoundaries } from "./check-boundaries.mjs";
import { ensureChromium } from "./chromium.mjs";
import { checkGenerated } from "./generate.mjs";
import { checkLinks } from "./check-links.mjs";
import { Mend, elapsed, main, run, step } from "./progress.mjs";
import { setup } from "./setup.mjs";
import { NODE_22, ROOT, WRANGLER, inRoot, toolEnvironment } from "./toolchain.mjs";

const options = (extra) => ({ cwd: ROOT, env: toolEnvironment(extra) });
const cargo = (...args) => run("cargo", args, options());
const npm = (...args) => run("npm", args, options());

/** Each file starts servers of its own, so files run one after another on a small machine. */
async function nodeTests(directory, env) {
  const names = (await readdir(inRoot(directory)).catch(() => [])).filter((name) => name.endsWith(".test.mjs")).sort();
  // The runner is content with no file; tests that moved are not tests that passed.
  if (names.length === 0) throw new Mend(`There is no test in ${directory}.`);
  const files = names.map((name) => `${directory}/${name}`);
  await run(NODE_22, ["--test", "--test-reporter=spec", "--test-concurrency=1", "--test-timeout=900000", ...files], options(env));
}

async function dryRun() {
  const output = await mkdtemp(join(tmpdir(), "quipu-dry-run-"));
  try {
    await run(NODE_22, ["--no-warnings", WRANGLER, "deploy", "--dry-run", "--config", "wrangler.toml", "--outdir", output], options());
  } finally {
    await rm(output, { recursive: true, force: true });
  }
}

const STEPS = [
  ["host", "Rust: formatting", () => cargo("fmt", "--all", "--check")],
  ["host", "Rust: lints", () => cargo("clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings")],
  ["host", "Boundaries of the crates", checkBoundaries],
  ["host", "Generated files", checkGenerated],
  ["host", "Links in the documentation", checkLinks],
  ["host", "Rust: tests", () => cargo("test", "--workspace", "--quiet")],
  ["sdk", "Client library: types, tests, size", () => npm("test", "-w", "@quipu/client")],
  ["build", "Build", () => build()],
  ["web", "Web client: types, tests", () => npm("test", "-w", "@quipu/web", "--if-present")],
  ["deploy", "wrangler deploy --dry-run", dryRun],
  ["e2e", "End to end", () => nodeTests("tests/e2e")],
  ["browser", "Browser", async () => nodeTests("tests/browser", { CHROMIUM_BIN: await ensureChromium() })],
];
const PARTS = [...new Set(STEPS.map(([part]) => part))];
const NEED_BUILD = ["web", "deploy", "e2e", "browser"];

await main(async () => {
  const start = performance.now();
  const wanted = process.argv.slice(2);
  const unknown = wanted.find((part) => !PARTS.includes(part));
  if (unknown) throw new Mend(`There is no part "${unknown}". Parts: ${PARTS.join(", ")}.`);
  const parts = wanted.length === 0 ? PARTS : wanted.some((part) => NEED_BUILD.includes(part)) ? [...wanted, "build"] : wanted;
  const steps = STEPS.filter(([part]) => parts.includes(part));
  await setup();
  for (const [index, [, title, work]] of steps.entries()) {
    console.log("");
    await step(`${index + 1}/${steps.length} ${title}`, work);
  }
  console.log(`\n✓ Everything passed (${elapsed(start)})`);
});
