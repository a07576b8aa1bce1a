/**
 * Deploys to the Cloudflare account that wrangler is logged in to, and creates what is missing there.
 *   npm run deploy                     AUTH_HS256_SECRET=… npm run deploy
 * What exists is left alone, so a second run changes nothing. Arguments go on to `wrangler deploy`.
 */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "./build.mjs";
import { Mend, main, run, step } from "./progress.mjs";
import { setup } from "./setup.mjs";
import { NODE_22, ROOT, WRANGLER, inRoot, toolEnvironment } from "./toolchain.mjs";

const DEVELOPMENT = "DEV_MODE";
const AUTH_KEYS = ["AUTH_HS256_SECRET", "AUTH_ED25519_PUBLIC_KEY"];
const KEY_COPY = inRoot(".quipu", "id-key");
/** What wrangler says of a script that was never deployed. */
const NEVER_DEPLOYED = /Worker "[^"]+" not found\./;

const WRANGLER_ARGS = ["--no-warnings", WRANGLER];
const CONFIG = ["--config", "wrangler.toml"];

function wrangler(...args) {
  const { status, stdout, stderr } = spawnSync(NODE_22, [...WRANGLER_ARGS, ...args], { cwd: ROOT, env: toolEnvironment(), encoding: "utf8" });
  return { ok: status === 0, stdout, said: `${stdout}\n${stderr}`.trim() };
}

/** The variable opens demo tokens and the development routes: whoever could set it would be any user. */
async function refuseDevelopment(passedOn) {
  const config = (await readFile(inRoot("wrangler.toml"), "utf8")).replace(/^\s*#.*$/gm, "");
  if (config.includes(DEVELOPMENT)) throw new Mend(`wrangler.toml names ${DEVELOPMENT}, which must not exist in a deployment. Remove it; npm start sets it by itself.`);
  if (passedOn.some((argument) => argument.includes(DEVELOPMENT))) throw new Mend(`${DEVELOPMENT} must not be passed to a deployment.`);
  if (passedOn.some((argument) => argument === "--keep-vars")) throw new Mend("--keep-vars would keep variables that stand in no file. Put them into wrangler.toml.");
}

function checkLogIn() {
  const { ok, said } = wrangler("whoami");
  if (!ok || /not authenticated|not logged in/i.test(said)) {
    throw new Mend(`wrangler is not logged in to Cloudflare. Run: npx wrangler login\nOr set CLOUDFLARE_API_TOKEN to a token made from the template "Edit Cloudflare Workers".`);
  }
}

/** The names of the secrets that the deployment has; none before the first one. Any doubt ends the run: a key that exists must never be made again. */
function secretNames() {
  const { ok, stdout, said } = wrangler("secret", "list", ...CONFIG, "--format", "json");
  if (ok) return JSON.parse(stdout.slice(stdout.indexOf("["))).map(({ name }) => name);
  if (NEVER_DEPLOYED.test(said)) return [];
  throw new Mend(`The deployment's secrets could not be listed, so nothing was changed:\n${said}`);
}

/** What the first deployment needs and later ones already have. */
async function missingSecrets(present) {
  const secrets = {};
  for (const name of AUTH_KEYS) if (process.env[name] && !present.includes(name)) secrets[name] = process.env[name];
  if (![...present, ...Object.keys(secrets)].some((name) => AUTH_KEYS.includes(name))) {
    throw new Mend(
      "The deployment has no key to check users' tokens with. Give it one, once, in the environment of this command:\n" +
        "  AUTH_HS256_SECRET=…        the secret your server signs tokens with (at least 32 bytes), or\n" +
        "  AUTH_ED25519_PUBLIC_KEY=…  the public key of the Ed25519 key it signs with.\nThen: npm run deploy. To change one later: npx wrangler secret put NAME",
    );
  }
  if (!present.includes("ID_KEY")) {
    const kept = await readFile(KEY_COPY, "utf8").catch(() => null);
    secrets.ID_KEY = process.env.ID_KEY || kept?.trim() || randomBytes(32).toString("hex");
    await mkdir(inRoot(".quipu"), { recursive: true });
    await writeFile(KEY_COPY, `${secrets.ID_KEY}\n`, { mode: 0o600 });
    console.log("  ID_KEY is new. Every user's id depends on it, it never changes, and Cloudflare does not show it again:\n  put the copy in .quipu/id-key where your team keeps its secrets, then delete that file.");
  }
  return secrets;
}

async function deploy(secrets, passedOn) {
  const names = Object.keys(secrets);
  console.log(names.length > 0 ? `  Adds the secrets ${names.join(", ")}` : "  Every secret is there; none is changed.");
  const directory = await mkdtemp(join(tmpdir(), "quipu-deploy-"));
  try {
    const file = join(directory, "secrets.json");
    await writeFile(file, JSON.stringify(secrets), { mode: 0o600 });
    const withSecrets = names.length > 0 ? ["--secrets-file", file] : [];
    await run(NODE_22, [...WRANGLER_ARGS, "deploy", ...CONFIG, ...withSecrets, ...passedOn], { cwd: ROOT, env: toolEnvironment() });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

await main(async () => {
  const passedOn = process.argv.slice(2);
  await refuseDevelopment(passedOn);
  await setup();
  await step("Log-in", async () => checkLogIn());
  const present = secretNames();
  if (present.includes(DEVELOPMENT)) throw new Mend(`The deployment has a secret ${DEVELOPMENT}. Remove it first: npx wrangler secret delete ${DEVELOPMENT}`);
  const secrets = await missingSecrets(present);
  await build();
  await step("Deployment", () => deploy(secrets, passedOn));
});
