// What an upstream does at an instant: a schedule of phases, or a switch thrown by hand.
//
// A scenario is data: { name, seed, upstreams: { afip: [{ from: "2m", mode: "error", status: 503 }, …] } }. Each answer
// depends on (seed, upstream, request number) alone, and each caller's requests are numbered apart, so two hosts that
// send the same requests meet the same fates.

export const UPSTREAMS = ["afip", "mercadopago", "whatsapp", "openai", "database", "redis"];

export const MODES = ["healthy", "slow", "error", "throttled", "unauthorised", "hang", "reset"];

/** Latency in simulated milliseconds, drawn evenly between the two, when an upstream is well. */
const LATENCY = {
  afip: [900, 2400],
  mercadopago: [250, 700],
  whatsapp: [120, 400],
  openai: [800, 2600],
  database: [2, 9],
  redis: [1, 4],
};

const DEFAULTS = {
  healthy: {},
  slow: { latency_ms: [12_000, 18_000] },
  error: { status: 503 },
  throttled: { retry_after_s: 30 },
  unauthorised: {},
  hang: {},
  reset: {},
};

/** A number in [0, 1) that depends on its arguments alone (FNV-1a, then the murmur3 finaliser). */
export function draw(...parts) {
  let h = 0x811c9dc5;
  for (const char of parts.join("\u0000")) h = Math.imul(h ^ char.codePointAt(0), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** "90s", "1m30s", "2h" or a number of milliseconds. */
export function spanMs(text) {
  if (typeof text === "number") return text;
  const parts = [...String(text).matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map((p) => p[0]).join("") !== text) throw new Error(`not a span: \`${text}\``);
  return parts.reduce((sum, [, n, unit]) => sum + Number(n) * UNIT_MS[unit], 0);
}

/** Checks a phase or a switch and fills in what its mode needs. */
export function phase(input, where) {
  const mode = input.mode;
  if (!MODES.includes(mode)) throw new Error(`${where}: mode \`${mode}\` is none of ${MODES.join(", ")}`);
  const rate = input.rate ?? 1;
  if (!(rate > 0 && rate <= 1)) throw new Error(`${where}: rate must be above 0 and at most 1`);
  return { ...DEFAULTS[mode], ...input, mode, rate, fromMs: spanMs(input.from ?? 0) };
}

export function readScenario(input) {
  const upstreams = {};
  for (const [name, phases] of Object.entries(input.upstreams ?? {})) {
    if (!UPSTREAMS.includes(name)) throw new Error(`upstreams.${name}: none of ${UPSTREAMS.join(", ")}`);
    upstreams[name] = phases
      .map((p, i) => phase(p, `upstreams.${name}[${i}]`))
      .sort((a, b) => a.fromMs - b.fromMs);
  }
  return { name: input.name ?? "unnamed", seed: input.seed ?? 1, upstreams };
}

/** The phase that the schedule names at `sinceStartMs`; healthy before the first one. */
export function scheduled(scenario, upstream, sinceStartMs) {
  const due = (scenario.upstreams[upstream] ?? []).filter((p) => p.fromMs <= sinceStartMs);
  return due.at(-1) ?? phase({ mode: "healthy" }, upstream);
}

/** What one request meets: { mode, tookMs, … }. `only` limits a phase to some tenants, `rate` to a share of requests. */
export function fate({ scenario, upstream, number, tenant, now }) {
  const spared =
    (now.only && !now.only.includes(tenant)) || draw(scenario.seed, upstream, number, "rate") >= now.rate;
  const met = spared ? phase({ mode: "healthy" }, upstream) : now;
  const [low, high] = met.latency_ms ?? LATENCY[upstream];
  const tookMs = Math.round(low + (high - low) * draw(scenario.seed, upstream, number, "latency"));
  return { ...met, tookMs };
}
