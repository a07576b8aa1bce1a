/**
 * Makes schema/generated/ from the Rust types: JSON Schema, OpenAPI, TypeScript.
 *   npm run generate            node scripts/generate.mjs --check
 * With --check nothing is written: a file that differs from what the types say now is named, and the script fails.
 */
import { mkdir, mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Mend, isMain, main, run } from "./progress.mjs";
import { setup } from "./setup.mjs";
import { NODE_22, ROOT, inRoot, toolEnvironment } from "./toolchain.mjs";

const CHECKED_IN = inRoot("schema", "generated");

/** Writes every generated file into `directory`. */
export async function generate(directory = CHECKED_IN) {
  const options = { cwd: ROOT, env: toolEnvironment() };
  await mkdir(directory, { recursive: true });
  await run("cargo", ["run", "--quiet", "-p", "quipu-schema", "--features", "generate", "--bin", "generate", "--", directory], options);
  await run(NODE_22, [inRoot("scripts", "generate-types.mjs"), join(directory, "schema.json"), join(directory, "types.ts")], options);
}

/** Fails when a checked-in file is not what the types make now, is missing, or is made by nothing. */
export async function checkGenerated() {
  const fresh = await mkdtemp(join(tmpdir(), "quipu-generated-"));
  try {
    await generate(fresh);
    const names = new Set([...(await readdir(fresh)), ...(await readdir(CHECKED_IN).catch(() => []))]);
    if (names.size === 0) throw new Mend("The generator wrote no file.");
    const read = (directory, name) => readFile(join(directory, name), "utf8").catch(() => null);
    const drifted = [];
    for (const name of [...names].sort()) {
      if ((await read(fresh, name)) !== (await read(CHECKED_IN, name))) drifted.push(`schema/generated/${name}`);
    }
    if (drifted.length > 0) throw new Mend(`Not what the types in schema/ say: ${drifted.join(", ")}.\nRun npm run generate, look at the difference, and commit it.`);
    console.log(`  ${names.size} generated files are current.`);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

if (isMain(import.meta.url)) {
  await main(async () => {
    await setup();
    await (process.argv.includes("--check") ? checkGenerated() : generate());
  });
}
