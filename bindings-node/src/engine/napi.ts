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
  share(): number;
}
/** What `require("brownout-native")` gives. */
export interface Native {
  Engine: {
    open(policyJson: string, seed: bigint, atMs: number): NativeEngine;
    restore(policyJson: string, snapshot: Uint8Array, atMs: number): NativeEngine;
    attach(shared: number): NativeEngine;
  };
  call(op: string, payload: string): string;
  version(): string;
}

/** An engine of the addon. `share()` gives the number by which another thread of this process attaches to it. */
export class NapiEngine implements RawEngine {
  readonly scratch = new Float64Array(16);
  readonly #raw: NativeEngine;
  constructor(raw: NativeEngine) { this.#raw = raw; }

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
  share(): number { return this.#raw.share(); }
}

/** A loader over the addon, which the caller has loaded. */
export function napiLoader(native: Native): EngineLoader {
  return {
    kind: "napi",
    create: (policyJson, seed, atMs) => new NapiEngine(native.Engine.open(policyJson, seed, atMs)),
    restore: (policyJson, snapshot, atMs) => new NapiEngine(native.Engine.restore(policyJson, snapshot, atMs)),
    call: (op, payload) => native.call(op, payload),
    discard() {},
  };
}
