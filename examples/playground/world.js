// The simulated world: tenants call, upstreams answer or fail as the sliders say, the real engine decides. Everything follows from
// the policy, the seed and the moves that were made, in simulated time; no clock and no chance of the machine takes part.
import { Brownout } from "brownout";
import { FakeClock } from "brownout/testing";

/** One step of simulated time. Moves take effect at its begin. */
export const STEP_MS = 100;
/** Slices of a second are what the timeline shows. */
export const SLICE_MS = 1000;
const START_MS = 1_767_225_600_000;

/** What the sliders stand at before anybody moves them. */
export const AT_FIRST = { rate: 20, failing: 0, latency: 120, slow: 0, tenants: 12, noisy: 0, where: "" };

/** A small generator of its own (Mulberry32): the same numbers in every browser. */
function numbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export class World {
  #draw;
  #clock = new FakeClock(START_MS);
  #bo;
  #running = [];
  #order = 0;
  /** Milliseconds since the beginning. */
  now = 0;
  sliders = { ...AT_FIRST };
  /** By service: one row a second. */
  rows = new Map();
  /** What the engine reported, oldest first: `{ at, text, kind, service? }`. */
  story = [];
  features = new Map();
  /** The breaker of each whole service, once it has moved. */
  breakers = new Map();

  /** Throws `BrownoutError` with every fault of the policy. */
  constructor(policyJson, seed) {
    this.#draw = numbers(seed);
    this.#bo = new Brownout({ policy: policyJson, seed, clock: this.#clock });
    this.#bo.on("*", (effect) => this.#tell(effect));
    this.#names();
  }

  get services() { return this.names.services.map((s) => s.name); }
  /** What a person would be told; empty when nothing is limited. */
  get banner() {
    const names = [...this.features].map(([name, f]) => (f.fallback ? `${name} (${f.fallback})` : name));
    return names.length === 0 ? "" : `Some features are temporarily limited: ${names.join(", ")}`;
  }

  /** Another policy for the same world. Throws and changes nothing when it has faults. */
  reload(policyJson) {
    this.#bo.reload(policyJson);
    this.#names();
    this.#note("reload", "a new policy was loaded");
  }

  /** Lets one step pass. */
  step() {
    const end = this.now + STEP_MS;
    for (const service of this.services) this.#arrivals(service, end);
    this.#finish(end);
    this.#to(end);
    this.#bo.handle({ verb: "advance" });
    if (end % SLICE_MS === 0) for (const service of this.services) this.#row(service, end - 1).phase = this.#phase(service);
    this.now = end;
  }

  /** How each limit stands, with the numbers that a caller's headers would carry. */
  limits(service) {
    const headers = this.#bo.handle({ verb: "headers", service, keys: this.#keys(0) })?.decision?.headers ?? {};
    return Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  }

  /** A number for everything that has happened. */
  digest() {
    let hash = 0x811c9dc5;
    const text = JSON.stringify([[...this.rows], this.story]);
    for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
    return hash.toString(16).padStart(8, "0");
  }

  #names() { this.names = this.#bo.facade.names; }

  #keys(n) {
    const keys = {};
    for (const name of this.names.keys) keys[name] = `${name}-${n + 1}`;
    return keys;
  }

  #arrivals(service, end) {
    const { rate, tenants, noisy } = this.sliders;
    const expected = (rate * STEP_MS) / 1000;
    const count = Math.floor(expected) + (this.#draw() < expected % 1 ? 1 : 0);
    for (let i = 0; i < count; i += 1) {
      const at = this.now + Math.floor(((i + this.#draw()) / count) * STEP_MS);
      this.#finish(at);
      this.#to(Math.min(at, end - 1));
      const tenant = this.#draw() * 100 < noisy ? 0 : Math.floor(this.#draw() * tenants);
      this.#call(service, tenant, at);
    }
  }

  #call(service, tenant, at) {
    const { decision } = this.#bo.handle({ verb: "admit", service, keys: this.#keys(tenant) }) ?? {};
    const row = this.#row(service);
    // both are drawn for every call, so that a refusal shifts nothing
    const [fate, stretch] = [this.#draw() * 100, this.#draw()];
    if (decision?.result !== "granted") {
      row.refused += 1;
      row.why = decision?.code ?? row.why;
      return;
    }
    const { failing, latency, slow, where } = this.sliders;
    const hit = where === "" || where === service;
    const drags = hit && stretch * 100 < slow;
    const takes = Math.max(1, Math.round(latency * (0.5 + stretch) * (drags ? 40 : 1)));
    const timeout = decision.timeout_ms ?? Number.POSITIVE_INFINITY;
    const outcome = takes > timeout ? "timeout" : hit && fate < failing ? "failure" : "success";
    this.#running.push({ at: at + Math.min(takes, timeout), order: this.#order++, permit: decision.permit, service, outcome });
    this.#running.sort((a, b) => a.at - b.at || a.order - b.order);
  }

  #finish(until) {
    while (this.#running.length > 0 && this.#running[0].at <= until) {
      const call = this.#running.shift();
      this.#to(call.at);
      this.#bo.handle({ verb: "settle", permit: call.permit, outcome: call.outcome });
      const row = this.#row(call.service, call.at);
      if (call.outcome === "success") row.ok += 1; else row.failed += 1;
    }
  }

  #to(at) { if (START_MS + at > this.#clock.now()) this.#clock.jump(START_MS + at); }

  #row(service, at = this.#clock.now() - START_MS) {
    if (!this.rows.has(service)) this.rows.set(service, []);
    const rows = this.rows.get(service);
    const n = Math.floor(at / SLICE_MS);
    while (rows.length <= n) rows.push({ ok: 0, failed: 0, refused: 0, why: "", phase: this.#phase(service) });
    return rows[n];
  }

  #phase(service) { return this.breakers.get(service) ?? "closed"; }

  #note(kind, text, service) { this.story.push({ at: this.#clock.now() - START_MS, kind, text, ...(service ? { service } : {}) }); }

  #tell(e) {
    const back = e.retry_at_ms === undefined ? "" : `, tried again at ${((e.retry_at_ms - START_MS) / 1000).toFixed(1)} s`;
    if (e.effect === "breaker_changed") {
      if (e.key === undefined) this.breakers.set(e.service, e.to);
      this.#note(e.to, `${e.service}${e.key === undefined ? "" : ` (${e.key})`}: breaker ${e.from} → ${e.to}, ${e.because}${back}`, e.service);
    } else if (e.effect === "feature_changed") {
      if (e.to === "healthy") this.features.delete(e.feature); else this.features.set(e.feature, { to: e.to, fallback: e.fallback });
      this.#note(e.to, `${e.feature} is ${e.to}${e.fallback && e.to !== "healthy" ? `: ${e.fallback}` : ""}`);
    } else if (e.effect === "overall_changed") this.#note(e.to, `the whole is ${e.to}`);
    else if (e.effect === "throttle_held" || e.effect === "limit_blocked") this.#note("held", `${e.service}: ${e.effect.replace("_", " ")}`, e.service);
  }
}
