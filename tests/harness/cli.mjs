/** The command line tool, built from the same sources: what somebody holds who was given an export and trusts nobody. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Runs a program to its end; meanwhile this process goes on, so that idle connections are seen to close. */
async function spawned(program, args, options) {
  const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr, status] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    new Promise((resolve, reject) => child.once("error", reject).once("close", resolve)),
  ]);
  return { status, stdout, stderr };
}

/** Builds `quipu`; a function that runs it with arguments. */
export async function offlineTool() {
  const built = await spawned("cargo", ["build", "--quiet", "-p", "quipu-cli"], { cwd: ROOT });
  assert.equal(built.status, 0, built.stderr);
  const quipu = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "debug", "quipu");
  return (...args) => spawned(quipu, args);
}
