// `node --expose-gc run.mjs CASE [--quick]`: one case in a process of its own. Without a case: their names, in the order in
// which they are to be run.
import { readFileSync } from "node:fs";
import { OURS, brownoutTenants } from "./ours.mjs";
import { RIVALS, opossumTenants } from "./rivals.mjs";
import { idle, latency, tell, time } from "./timing.mjs";

const [wanted] = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
const quick = process.argv.includes("--quick");
const how = quick ? { turns: 1, targetMs: 10, calls: 2_000 } : { turns: 5, targetMs: 120, calls: 40_000 };
const TENANTS = quick ? 10_000 : 100_000;

const makers = { ...OURS, ...RIVALS };
const LATENCY = ["guardRun", "opossumFire", "cockatielWrap"];
const names = [...Object.keys(makers), ...LATENCY.map((name) => `latency:${name}`), "idle:nothing", "idle:brownout", "idle:opossum"];

/** The same order in every run, and none that a cache foresees. */
function shuffled(n) {
  const all = Array.from({ length: n }, (_, i) => `tenant-${String(i).padStart(9, "0")}`);
  let seed = 12345;
  for (let i = n - 1; i > 0; i--) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    const j = seed % (i + 1);
    [all[i], all[j]] = [all[j], all[i]];
  }
  return all;
}

if (wanted === undefined) {
  tell("node.cases", "count", [names.length]);
  console.log(JSON.stringify({ fact: "Node", value: process.versions.node }));
  const lock = JSON.parse(readFileSync(new URL("package-lock.json", import.meta.url), "utf8"));
  for (const rival of ["opossum", "cockatiel", "rate-limiter-flexible"]) console.log(JSON.stringify({ fact: rival, value: lock.packages[`node_modules/${rival}`].version }));
  console.log(`cases ${names.join(" ")}`);
} else {
  const [kind, rest] = wanted.includes(":") ? wanted.split(":") : ["time", wanted];
  if (kind === "idle") {
    const make = { nothing: async () => undefined, brownout: brownoutTenants, opossum: opossumTenants }[rest];
    globalThis.kept = await idle(rest, make, shuffled(TENANTS), quick ? 300 : 3_000);
  } else {
    const one = await makers[rest](shuffled(TENANTS));
    await (kind === "latency" ? latency(rest, one, how) : time(rest, one, how));
    one.close?.();
  }
}
process.exit(0);
