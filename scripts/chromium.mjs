/**
 * Finds the Chromium of the browser tests, or installs Debian's, with fonts for what it has none for.
 *   CHROMIUM_BIN=/path/to/chrome npm test -- browser
 */
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Mend, runQuietly, step } from "./progress.mjs";

const FONTS = ["fonts-noto-cjk", "fonts-noto-color-emoji"];
const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function findChromium() {
  const named = process.env.CHROMIUM_BIN;
  if (named) {
    if (!isExecutable(named)) throw new Mend(`CHROMIUM_BIN names ${named}, which cannot be run.`);
    return named;
  }
  const candidates = (process.env.PATH ?? "").split(delimiter).flatMap((directory) => NAMES.map((name) => join(directory, name)));
  return candidates.find(isExecutable) ?? null;
}

/** The path of a Chromium. Where none is found, installs it as root on Debian, and elsewhere says how. */
export async function ensureChromium() {
  const found = findChromium();
  if (found) return found;
  if (!existsSync("/etc/debian_version") || process.getuid?.() !== 0) {
    const command = existsSync("/etc/debian_version") ? "sudo apt-get update && sudo apt-get install -y chromium" : "the package manager's chromium package";
    throw new Mend(`The browser tests need Chromium. Install it (${command}), or set CHROMIUM_BIN to the path of a Chromium or Chrome.`);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const install = (...names) => runQuietly("apt-get", ["install", "-y", "--no-install-recommends", ...names], { env, label: `apt-get install ${names.join(" ")}` });
  await step("Chromium (Debian package)", async () => {
    await runQuietly("apt-get", ["update"], { env, label: "apt-get update" });
    await install("chromium");
  });
  // Only for whoever looks at the screenshots: no test depends on what a letter looks like.
  await step("Fonts for Chinese, Japanese, Korean and emoji (Debian packages)", () => install(...FONTS)).catch(() => {
    console.log(`  Without ${FONTS.join(" and ")} they are boxes in screenshots; the tests are the same.`);
  });
  const installed = findChromium();
  if (!installed) throw new Mend("apt-get installed chromium, but there is none on the PATH. Set CHROMIUM_BIN to its path.");
  return installed;
}
