// What the tests share: the real engine under a loader that writes down every permit, and a clock that stands still.
import { Brownout, type BrownoutOptions } from "../src/node.js";
import { loader } from "../src/engine/node.js";
import type { EngineLoader, RawEngine } from "../src/raw.js";
import { FakeClock } from "../src/testing.js";

/** Noon of a day; no test depends on which. */
export const START = 1_750_000_000_000;

/** Every grant and every settlement that crossed into the engine. */
export class Ledger {
  readonly granted: number[] = [];
  readonly settled: number[] = [];
  /** Inputs that went over as JSON, parsed. */
  readonly inputs: Record<string, unknown>[] = [];
  /** Granted and not settled. */
  get open(): number[] { return this.granted.filter((p) => !this.settled.includes(p)); }
  /** Settled more than once. */
  get twice(): number[] { return this.settled.filter((p, i) => this.settled.indexOf(p) !== i); }
  /** The facts of the latest settlement by JSON. */
  get facts(): Record<string, unknown> | undefined { return this.inputs.filter((i) => i["verb"] === "settle").at(-1); }
}

/** The real loader, with a ledger, and a switch that makes the next call trap. */
export function watched(ledger = new Ledger()): { loader: EngineLoader; ledger: Ledger; trap: { next: number; discards: number } } {
  const trap = { next: 0, discards: 0 };
  const trip = (): void => {
    if (trap.next > 0) { trap.next -= 1; throw new WebAssembly.RuntimeError("unreachable"); }
  };
  const wrap = (raw: RawEngine): RawEngine => ({
    names: () => raw.names(),
    key: (name, at) => raw.key(name, at),
    admit(...input) {
      trip();
      const permit = raw.admit(...input);
      if (permit > 0) ledger.granted.push(permit);
      return permit;
    },
    settle(permit, ...rest) { trip(); ledger.settled.push(permit); return raw.settle(permit, ...rest); },
    advance: (at) => { trip(); return raw.advance(at); },
    drain: () => raw.drain(),
    handle(text, at) {
      trip();
      const input = JSON.parse(text) as Record<string, unknown>;
      ledger.inputs.push(input);
      if (input["verb"] === "settle") ledger.settled.push(input["permit"] as number);
      const out = raw.handle(text, at);
      const permit = (JSON.parse(out) as { decision?: { permit?: number } }).decision?.permit;
      if (input["verb"] === "admit" && permit !== undefined && permit > 0) ledger.granted.push(permit);
      return out;
    },
    snapshot: () => raw.snapshot(),
    part: (first) => raw.part(first),
    get scratch() { return raw.scratch; },
    free: () => raw.free?.(),
  });
  return {
    ledger, trap,
    loader: {
      kind: loader.kind,
      create: (...input) => wrap(loader.create(...input)),
      restore: (...input) => wrap(loader.restore(...input)),
      call: (op, payload) => loader.call(op, payload),
      discard: () => { trap.discards += 1; loader.discard(); },
    },
  };
}

/** A service that opens after three failures, for ten seconds exactly. */
export const POLICY = {
  version: 1,
  services: {
    up: { timeout: "5s", fallback: "queue", breaker: { consecutive_failures: 3, open: { base: "10s", jitter: 0 } } },
  },
};

/** An engine of its own, under a clock that stands still. */
export function bench(policy: object | string = POLICY, more: Partial<BrownoutOptions> = {}) {
  const w = watched();
  const clock = new FakeClock(START);
  const bo = new Brownout({ policy, seed: 7, clock, loader: w.loader, ...more });
  return { bo, clock, ...w };
}
