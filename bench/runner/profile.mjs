// Where a message's time goes: V8's sampling profiler over the inspector, and Linux perf for what is outside V8.
import { execFile, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

const SAMPLE_US = 200;

/** Profiles the isolate while `work()` runs; the answer is the share of samples by function, largest first. */
export async function profileIsolate(inspectorPort, work, file) {
  const targets = await (await fetch(`http://127.0.0.1:${inspectorPort}/json/list`)).json();
  const session = await connect(targets[0].webSocketDebuggerUrl);
  await session.call("Profiler.enable");
  await session.call("Profiler.setSamplingInterval", { interval: SAMPLE_US });
  await session.call("Profiler.start");
  await work();
  const { profile } = await session.call("Profiler.stop");
  session.close();
  writeFileSync(file, JSON.stringify(profile));
  return selfTime(profile);
}

async function connect(url) {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve, { once: true });
    socket.addEventListener("error", () => reject(new Error(`cannot open the inspector at ${url}`)), { once: true });
  });
  const waiting = new Map();
  let last = 0;
  socket.addEventListener("message", ({ data }) => {
    const { id, result, error } = JSON.parse(data);
    const call = waiting.get(id);
    waiting.delete(id);
    error ? call?.reject(new Error(error.message)) : call?.resolve(result);
  });
  return {
    call: (method, params = {}) => new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject });
      socket.send(JSON.stringify({ id: last, method, params }));
    }),
    close: () => socket.close(),
  };
}

function selfTime({ nodes, samples, timeDeltas }) {
  const names = new Map(nodes.map(({ id, callFrame }) => {
    const where = callFrame.url.split("/").at(-1).replace(/^\w+\.wasm-.*/, "wasm");
    // Rust's names end with a hash that changes with every build.
    const name = callFrame.functionName.replace(/::h[0-9a-f]{16}$/, "").replace(/^(__wbg_\w+)_[0-9a-f]{16}$/, "$1");
    return [id, `${name || "(anonymous)"}${where ? ` (${where})` : ""}`];
  }));
  const byName = new Map();
  let whole = 0;
  samples.forEach((id, at) => {
    const name = names.get(id);
    if (name === "(idle)") return;
    byName.set(name, (byName.get(name) ?? 0) + timeDeltas[at]);
    whole += timeDeltas[at];
  });
  return [...byName].map(([name, us]) => ({ name, share: us / whole })).toSorted((a, b) => b.share - a.share);
}

const COMPILED = "compiled JavaScript and WebAssembly";

// First match wins; a sample is classed by the innermost frame that says what the work is for.
const CLASSES = [
  ["disk sync (kernel)", /fdatasync|fsync|jbd2|ext4_sync|blkdev|submit_bio/i],
  ["sending to and receiving from sockets (kernel)", /tcp_|inet_|sock_|__sys_send|__sys_recv|vfs_writev|do_writev|epoll|skb_|net_rx|ip_/i],
  ["file writes (kernel)", /ext4|vfs_write|pwrite|page_cache|filemap|do_fallocate|xfs|btrfs/i],
  ["SQLite", /sqlite3|workerd::Sqlite|^sqlite|pager|btree|Vdbe/i],
  ["garbage collection", /Scavenge|MarkCompact|v8::internal::(Heap|.*GC|.*Sweep|.*Marking)/i],
  ["JavaScript and WebAssembly", /^compiled JavaScript|wasm/i],
  ["V8 (strings, JSON, calls)", /v8::|Builtins_|simdutf/i],
  ["workerd and its event loop", /kj::|workerd::|capnp::/i],
];

/** Samples the whole process with perf while it is under load; undefined where perf is missing or not allowed. */
export async function profileProcess(pid, seconds, cache, name) {
  const data = path.join(cache, `${name}.perf`);
  if (spawnSync("perf", ["--version"]).status !== 0) return undefined;
  const run = promisify(execFile);
  try {
    await run("perf", ["record", "-F", "997", "-g", "-e", "cpu-clock", "-p", String(pid), "-o", data, "--", "sleep", String(seconds)]);
    const { stdout } = await run("perf", ["script", "-i", data, "-F", "ip,sym,dso"], { maxBuffer: 2 ** 30 });
    return classify(stdout);
  } catch (error) {
    console.error(`  perf: ${error.message.split("\n")[0]}`);
    return undefined;
  }
}

function classify(script) {
  const counts = new Map();
  const symbols = new Map();
  let whole = 0;
  for (const stack of script.split("\n\n")) {
    const frames = stack.split("\n").map((line) => line.trim().replace(/^[0-9a-f]+ /, "").replace(/\((\/[^()]*\/)([^/()]+)\)$/, "($2)").replace(/^\[unknown\] \(perf-\d+\.map\)$/, COMPILED)).filter(Boolean);
    if (!frames.length) continue;
    whole += 1;
    symbols.set(frames[0], (symbols.get(frames[0]) ?? 0) + 1);
    // The kernel's frames name the purpose several levels up; user code is named by its innermost known frame.
    const kernel = frames.filter((frame) => /\[kernel|\[guest|\]\)$/.test(frame) && /kernel/.test(frame));
    const looked = kernel.length ? [kernel.join("\n")] : frames;
    const found = looked.map((text) => CLASSES.find(([, pattern]) => pattern.test(text))?.[0]).find(Boolean) ?? "other";
    counts.set(found, (counts.get(found) ?? 0) + 1);
  }
  const shares = (map) => [...map].map(([name, count]) => ({ name, share: count / whole })).toSorted((a, b) => b.share - a.share);
  return { classes: shares(counts), symbols: shares(symbols).slice(0, 25), samples: whole };
}
