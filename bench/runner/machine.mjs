// On what it was measured, and who else was at work there.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import os from "node:os";

/** Processor, cores, memory, file system. */
export function describe(directory) {
  const cpu = os.cpus();
  const model = cpu[0]?.model.replace(/\s+/g, " ").trim() || "unknown";
  const fileSystem = execFileSync("df", ["--output=fstype", directory], { encoding: "utf8" }).trim().split("\n").at(-1);
  return { model, cores: cpu.length, memoryGiB: Math.round(os.totalmem() / 2 ** 30), kernel: `${os.type()} ${os.release().split("-")[0]}`, fileSystem };
}

/** A short name for machines like this one. */
export function hostClass({ model, cores }) {
  return `${cores}-core-${model}`.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/-+$/, "");
}

/** Busy seconds of all cores so far, and the same of one process with its ended children. */
function busySeconds() {
  const [user, nice, system, , , irq, softirq, steal] = readFileSync("/proc/stat", "utf8").split("\n", 1)[0].trim().split(/\s+/).slice(1).map(Number);
  return { busy: (user + nice + system + irq + softirq) / 100, steal: steal / 100 };
}

/** Watches the machine while a measure runs: `end(ownSeconds)` answers the cores that others used and that were stolen, on average. */
export function watch() {
  const before = { ...busySeconds(), at: performance.now() };
  return function end(ownSeconds) {
    const after = busySeconds();
    const seconds = (performance.now() - before.at) / 1000;
    return { others: Math.max(0, (after.busy - before.busy - ownSeconds) / seconds), stolen: (after.steal - before.steal) / seconds };
  };
}

/** Processor seconds a live process has used. */
export function processorSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
