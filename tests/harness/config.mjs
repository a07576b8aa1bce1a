/**
 * Writes the configuration of a bare workerd from wrangler.toml, so that tests run what a deployment runs:
 * the same module, classes, variables, compatibility date and static assets.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { unstable_readConfig } from "wrangler";

const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");
const DEVELOPMENT_ENTRY = "scripts/dev-entry.mjs";
/** Scripts of the tests around the product's, by option. */
const ENTRIES = ["counting", "faults"];

/** A text literal of the configuration language. */
const text = (value) => `"${String(value).replace(/[\\"]/g, "\\$&").replace(/[\0-\x1f\x7f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`)}"`;
const list = (items) => `[${items.join(", ")}]`;
const module = (name, kind, path) => `(name = ${text(name)}, ${kind} = embed ${text(path)})`;

/** What wrangler.toml says, with its paths made absolute. */
export function readProduct(root = ROOT) {
  const config = unstable_readConfig({ config: join(root, "wrangler.toml") }, { hideWarnings: true });
  return {
    root,
    main: config.main,
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags ?? [],
    vars: config.vars,
    objects: config.durable_objects.bindings.map(({ name, class_name }) => ({ binding: name, className: class_name })),
    databases: config.d1_databases.map(({ binding }) => binding),
    assets: config.assets && { ...config.assets, directory: join(root, "web", "dist") },
  };
}

/** Variables of strings are text, of anything else JSON: as wrangler binds them. */
function variable([name, value]) {
  return typeof value === "string" ? `(name = ${text(name)}, text = ${text(value)})` : `(name = ${text(name)}, json = ${text(JSON.stringify(value))})`;
}

function modules(product, options) {
  const built = (file) => `workers/gateway/build/${file}`;
  const parts = [
    module(built("index.js"), "esModule", product.main),
    module(built("index_bg.wasm"), "wasm", join(product.main, "..", "index_bg.wasm")),
  ];
  // The first module is the entry.
  if (options.development) parts.unshift(module(DEVELOPMENT_ENTRY, "esModule", join(product.root, DEVELOPMENT_ENTRY)));
  for (const entry of ENTRIES.filter((name) => options[name])) {
    parts.unshift(module(`tests/${entry}-entry.mjs`, "esModule", fileURLToPath(new URL(`${entry}-entry.mjs`, import.meta.url))));
  }
  return list(parts);
}

/** A database beside the product. */
function directoryWorker(product) {
  return `const directory :Workerd.Worker = (
  modules = [${module("directory.mjs", "esModule", fileURLToPath(new URL("directory.mjs", import.meta.url)))}],
  compatibilityDate = ${text(product.compatibilityDate)},
  bindings = [(name = "DATABASE", durableObjectNamespace = "Database")],
  durableObjectNamespaces = [(className = "Database", uniqueKey = "tests-directory", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),
);

`;
}

/**
 * The text of a workerd configuration with two sockets: `http`, the product, and `control`, which evicts objects.
 * @param {ReturnType<typeof readProduct>} product
 * @param {{ vars: Record<string, unknown>, objectsDirectory: string, assets: boolean, development: boolean, localNetwork: boolean, directory: boolean, counting: boolean, faults: boolean }} options
 */
export function workerdConfig(product, options) {
  const { vars, objectsDirectory, assets, development, localNetwork, directory } = options;
  const bindings = Object.entries(vars).map(variable);
  for (const { binding, className } of product.objects) bindings.push(`(name = ${text(binding)}, durableObjectNamespace = ${text(className)})`);
  // What wrangler's own development server lets a worker reach; a deployment reaches public addresses only.
  const services = [...(localNetwork ? [`(name = "internet", network = (allow = ["public", "private"]))`] : []), `(name = "product", worker = .product)`, `(name = "control", worker = .control)`, `(name = "objects", disk = (path = ${text(objectsDirectory)}, writable = true))`];
  if (directory) {
    services.push(`(name = "directory", worker = .directory)`);
    for (const binding of product.databases) {
      bindings.push(`(name = ${text(binding)}, wrapped = (moduleName = "cloudflare-internal:d1-api", innerBindings = [(name = "fetcher", service = "directory")]))`);
    }
  }
  if (assets) {
    const { directory, binding, run_worker_first, not_found_handling, html_handling } = product.assets;
    const settings = text(JSON.stringify({ run_worker_first, not_found_handling, html_handling }));
    services.push(`(name = "assets", assets = (path = ${text(directory)}, config = ${settings}, userWorker = "product"))`);
    if (binding) bindings.push(`(name = ${text(binding)}, service = (name = "assets", entrypoint = "AssetWorker"))`);
  }
  const namespaces = product.objects.map(({ className }) => `(className = ${text(className)}, uniqueKey = ${text(`quipu-${className}`)}, enableSql = true)`);
  const control = product.objects.map(({ binding, className }) => `(name = ${text(binding)}, durableObjectNamespace = (className = ${text(className)}, serviceName = "product"))`);
  if (directory) control.push(`(name = "directory", service = "directory")`);
  const flags = [...product.compatibilityFlags, ...(development ? ["unsafe_module"] : [])];
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = ${list(services)},
  sockets = [
    (name = "http", address = "127.0.0.1:0", http = (), service = ${text(assets ? "assets" : "product")}),
    (name = "control", address = "127.0.0.1:0", http = (), service = "control"),
  ],
);

const product :Workerd.Worker = (
  modules = ${modules(product, options)},
  compatibilityDate = ${text(product.compatibilityDate)},
  compatibilityFlags = ${list(flags.map(text))},
  bindings = ${list(bindings)},
  durableObjectNamespaces = ${list(namespaces)},
  durableObjectStorage = (localDisk = "objects"),
);

${directory ? directoryWorker(product) : ""}const control :Workerd.Worker = (
  modules = [${module("control.mjs", "esModule", fileURLToPath(new URL("control.mjs", import.meta.url)))}],
  compatibilityDate = ${text(product.compatibilityDate)},
  compatibilityFlags = ["unsafe_module"],
  bindings = ${list(control)},
);
`;
}
