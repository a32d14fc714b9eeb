// How a case is timed: by the processor time of the process, floor and case in turn, in a process of its own.

async function cpuNs(run, n) {
  const before = process.cpuUsage();
  await run(n);
  const spent = process.cpuUsage(before);
  return ((spent.user + spent.system) * 1000) / n;
}

/** Calls that fill a turn; what it takes to find out warms the case up. */
async function calibrate(run, targetMs, least) {
  for (let n = least; ; n *= 2) {
    const ns = await cpuNs(run, n);
    if (ns * n > targetMs * 0.4e6) return Math.max(least, Math.ceil((targetMs * 1e6) / ns / least) * least);
  }
}

export function tell(figure, unit, samples) { console.log(JSON.stringify({ figure, unit, samples })); }

/** What a call costs, and what it costs beyond its floor. */
export async function time(name, one, { turns, targetMs }) {
  const floors = await calibrate(one.floor, targetMs, 1000);
  const calls = await calibrate(one.run, targetMs, one.few ? 4 : 1000);
  await one.floor(floors);
  await one.run(calls);
  const all = [];
  const over = [];
  for (let turn = 0; turn < turns; turn++) {
    globalThis.gc?.();
    const floor = await cpuNs(one.floor, floors);
    globalThis.gc?.();
    const ns = await cpuNs(one.run, calls);
    all.push(ns);
    over.push(ns - floor);
  }
  tell(`node.${name}`, "ns", all);
  tell(`node.${name}.over`, "ns", over);
}

const turn = () => new Promise((done) => setImmediate(done));

/** Nanoseconds of single calls, sorted. */
async function singles(fn, n) {
  const spent = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    if (i % 1000 === 0) await turn();
    const from = process.hrtime.bigint();
    await fn();
    spent[i] = Number(process.hrtime.bigint() - from);
  }
  return spent.sort();
}
const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];

/** What the middle call and the hundredth-worst one wait longer than without: every call timed for itself. */
export async function latency(name, one, { turns, calls }) {
  const bare = async () => 1;
  await singles(bare, calls);
  await singles(one.fn, calls);
  const added = { p50: [], p99: [] };
  for (let turn = 0; turn < turns; turn++) {
    const floor = await singles(bare, calls);
    const with_ = await singles(one.fn, calls);
    added.p50.push(quantile(with_, 0.5) - quantile(floor, 0.5));
    added.p99.push(quantile(with_, 0.99) - quantile(floor, 0.99));
  }
  tell(`node.${name}.p50`, "ns", added.p50);
  tell(`node.${name}.p99`, "ns", added.p99);
}

/** Bytes that were added per tenant, and what the process does while nobody calls. */
export async function idle(name, make, names, ms) {
  const rss = () => { globalThis.gc?.(); return process.memoryUsage().rss; };
  const before = rss();
  const kept = await make(names);
  tell(`node.${name}.memory`, "B", [(rss() - before) / names.length]);
  const cpu = process.cpuUsage();
  const from = process.hrtime.bigint();
  await new Promise((done) => setTimeout(done, ms));
  const spent = process.cpuUsage(cpu);
  const wall = Number(process.hrtime.bigint() - from) / 1000;
  tell(`node.${name}.idle`, "% of a core", [((spent.user + spent.system) / wall) * 100]);
  return kept;
}
