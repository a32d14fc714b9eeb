// The native addon (`brownout-native`, optional): for one engine shared by worker threads. Slower per call than wasm.
import type { EngineLoader, RawEngine } from "../raw.js";

/** A plain grant or settlement is a number; anything else is the value and the 16 numbers after it. */
type Answer = number | number[];
interface NativeEngine {
  names(): string;
  key(name: string, atMs: number): number;
  admit(service: number, k0: number, k1: number, k2: number, k3: number, weight: number, atMs: number): Answer;
  settle(permit: number, outcome: number, durationMs: number, atMs: number): Answer;
  advance(atMs: number): Answer;
  drain(): string;
  handle(inputJson: string, atMs: number): string;
  snapshot(): Uint8Array;
  part(first: boolean): Uint8Array;
  joined(): boolean;
}
/** What `require("brownout-native")` gives. */
export interface Native {
  Engine: {
    open(policyJson: string, seed: bigint, atMs: number, shared?: string): NativeEngine;
    restore(policyJson: string, snapshot: Uint8Array, atMs: number, shared?: string): NativeEngine;
  };
  call(op: string, payload: string): string;
  callAsync(op: string, payload: string): Promise<string>;
  version(): string;
}

/** An engine of the addon. */
export class NapiEngine implements RawEngine {
  readonly scratch = new Float64Array(16);
  /** Another thread made it, and shares it. */
  readonly joined: boolean;
  readonly #raw: NativeEngine;
  readonly #shared: boolean;
  constructor(raw: NativeEngine, shared = false) {
    this.#raw = raw;
    this.#shared = shared;
    this.joined = raw.joined();
  }

  #take(answer: Answer): number {
    if (typeof answer === "number") {
      this.scratch[0] = 0;
      return answer;
    }
    for (let i = 0; i < 16; i++) this.scratch[i] = answer[i + 1] ?? -1;
    return answer[0] ?? -1;
  }
  names(): string { return this.#raw.names(); }
  key(name: string, atMs: number): number { return this.#raw.key(name, atMs); }
  admit(service: number, k0: number, k1: number, k2: number, k3: number, weight: number, atMs: number): number {
    return this.#take(this.#raw.admit(service, k0, k1, k2, k3, weight, atMs));
  }
  settle(permit: number, outcome: number, durationMs: number, atMs: number): number {
    return this.#take(this.#raw.settle(permit, outcome, durationMs, atMs));
  }
  advance(atMs: number): number { return this.#take(this.#raw.advance(atMs)); }
  drain(): string { return this.#raw.drain(); }
  handle(inputJson: string, atMs: number): string { return this.#raw.handle(inputJson, atMs); }
  snapshot(): Uint8Array { return this.#raw.snapshot(); }
  /** An engine keeps one row of parts: threads that share it would take each other's, so each takes all at once. */
  part(first: boolean): Uint8Array {
    if (!this.#shared) return this.#raw.part(first);
    return first ? this.#raw.snapshot() : new Uint8Array();
  }
}

/** A loader over the addon, which the caller has loaded. With a name, all threads of this process share one engine under it. */
export function napiLoader(native: Native, shared?: string): EngineLoader {
  /** A shared engine may run another policy than the one asked for: the same name with another policy is a reload. */
  const under = (engine: NapiEngine, policyJson: string, atMs: number): NapiEngine => {
    if (!engine.joined) return engine;
    const asked = JSON.parse(native.call("policy_check", policyJson)) as { hash?: string };
    const runs = JSON.parse(engine.names()) as { policy_hash: string };
    if (asked.hash === runs.policy_hash) return engine;
    const answer = engine.handle(`{"verb":"reload","policy":${policyJson}}`, atMs);
    if (/^\{"errors?":/.test(answer)) throw new Error(answer);
    return engine;
  };
  return {
    kind: "napi",
    create: (policyJson, seed, atMs) => under(new NapiEngine(native.Engine.open(policyJson, seed, atMs, shared), shared !== undefined), policyJson, atMs),
    restore: (policyJson, snapshot, atMs) => under(new NapiEngine(native.Engine.restore(policyJson, snapshot, atMs, shared), shared !== undefined), policyJson, atMs),
    call: (op, payload) => native.call(op, payload),
    discard() {},
  };
}
