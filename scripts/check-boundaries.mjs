/**
 * Fails when a pure crate can reach the platform, a clock or an executor, whatever the crate in between.
 *   node scripts/check-boundaries.mjs
 */
import { Mend, isMain, main, runQuietly } from "./progress.mjs";
import { ROOT } from "./toolchain.mjs";

const PURE = ["quipu-schema", "quipu-core", "quipu-store", "quipu-previews"];
const FORBIDDEN = ["worker", "worker-sys", "js-sys", "web-sys", "wasm-bindgen", "wasm-bindgen-futures", "tokio", "chrono"];
/** Dependencies of the project's own crates point one way; each names those it may reach. */
const MAY_REACH = {
  "quipu-schema": [],
  "quipu-core": ["quipu-schema"],
  "quipu-store": ["quipu-core", "quipu-schema"],
  "quipu-previews": ["quipu-schema"],
};

/** The names of all crates that `crate` needs on `target`, itself first. */
async function dependencies(crate, target) {
  const args = ["tree", "-p", crate, "-e", "normal", "--prefix", "none", "--format", "{p}", "--target", target];
  const tree = await runQuietly("cargo", args, { cwd: ROOT, label: "cargo tree" });
  return [...new Set(tree.split("\n").filter(Boolean).map((line) => line.split(" ")[0]))];
}

export async function checkBoundaries() {
  const broken = [];
  for (const crate of PURE) {
    // Every target at once, so that a dependency of the wasm build alone is seen on any machine.
    const [self, ...reached] = await dependencies(crate, "all");
    if (self !== crate) throw new Mend(`cargo tree answered for ${self} when asked for ${crate}.`);
    const own = reached.filter((name) => name.startsWith("quipu-") && !MAY_REACH[crate].includes(name));
    const bad = [...reached.filter((name) => FORBIDDEN.includes(name)), ...own];
    for (const name of bad) broken.push(`${crate} reaches ${name}. See how: cargo tree -p ${crate} -e normal --target all -i ${name}`);
    console.log(`  ${crate}: ${reached.length} crates, ${bad.length} of them forbidden`);
  }
  if (broken.length > 0) throw new Mend(broken.join("\n"));
}

if (isMain(import.meta.url)) await main(checkBoundaries);
