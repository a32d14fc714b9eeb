// Times loops against each other in one process: floor and case in turn, repetition by repetition, by the CPU time of the
// whole process (collector and compiler threads count, what other processes take does not).

/** Calls between two turns of the event loop, so that timers fire: the same in floor and case. */
const TURN = 1000;
const turn = () => new Promise((done) => setImmediate(done));

/**
 * A loop over `expression`, compiled apart, so that no two cases share a call site. `vars` are its names, `i` counts.
 * `sync` takes the value, `async` awaits it, `reject` awaits it and catches.
 */
export function loop(kind, vars, expression) {
  const body = {
    sync: `let s = 0; for (let i = 0; i < n; i++) if ((${expression}) === undefined) s++; return s;`,
    async: `for (let i = 0; i < n;) { const end = Math.min(n, i + ${TURN}); for (; i < end; i++) await ${expression}; await turn(); }`,
    reject: `for (let i = 0; i < n;) { const end = Math.min(n, i + ${TURN}); for (; i < end; i++) try { await ${expression}; } catch {} await turn(); }`,
  }[kind];
  return new Function("turn", ...Object.keys(vars), `return ${kind === "sync" ? "" : "async "}function (n) { ${body} }`)(turn, ...Object.values(vars));
}

/** What each case costs without the thing that is measured. */
export const FLOORS = {
  sync: () => loop("sync", { f: () => 1 }, "f()"),
  async: () => loop("async", { f: async () => 1 }, "f()"),
  reject: () => { const error = new Error("x"); return loop("reject", { f: async () => { throw error; } }, "f()"); },
};

async function cpuNs(run, n) {
  const before = process.cpuUsage();
  await run(n);
  const spent = process.cpuUsage(before);
  return ((spent.user + spent.system) * 1000) / n;
}

async function calibrate(run, targetMs) {
  for (let n = TURN; ; n *= 2) {
    const ns = await cpuNs(run, n);
    if (ns * n > 30e6) return Math.max(TURN, Math.ceil((targetMs * 1e6) / ns / TURN) * TURN);
  }
}

export function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/**
 * Runs cases `{ name, floor(n), run(n), close?() }` interleaved: repetition by repetition, each case after its own floor.
 * Gives `{ name, ns, floorNs, overNs, min, max }` each, medians in nanoseconds of CPU per call; `overNs` is what a call costs beyond the floor.
 */
export async function compare(cases, { reps = 7, targetMs = 150 } = {}) {
  const rows = [];
  for (const one of cases) {
    const sizes = [await calibrate(one.floor, targetMs), await calibrate(one.run, targetMs)];
    await one.floor(sizes[0]);
    await one.run(sizes[1]);
    rows.push({ one, sizes, floor: [], run: [] });
  }
  for (let rep = 0; rep < reps; rep++) {
    for (const row of rows) {
      row.floor.push(await cpuNs(row.one.floor, row.sizes[0]));
      row.run.push(await cpuNs(row.one.run, row.sizes[1]));
    }
  }
  for (const { one } of rows) one.close?.();
  return rows.map(({ one, floor, run }) => {
    const over = run.map((ns, i) => ns - floor[i]);
    return { name: one.name, ns: median(run), floorNs: median(floor), overNs: median(over), min: Math.min(...over), max: Math.max(...over) };
  });
}
