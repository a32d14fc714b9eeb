// What a binding hands to the host layer: one engine as plain numbers and text, and the module that makes engines.
//
// `engine/{node,inline,edge,workerd}.ts` each export `const loader: EngineLoader`; the entries `node.ts`, `inline.ts`,
// `edge.ts` and `workerd.ts` put one of them behind everything else. napi and wasm offer the same interface.

/** One engine. Instants and durations are milliseconds; handles and permits are integers below 2^53. */
export interface RawEngine {
  /** The name tables of the current policy epoch, as JSON. */
  names(): string;
  /** The handle of a key; throws like `EngineLoader.create` when the name cannot be a key. */
  key(name: string, atMs: number): number;
  /** Above 0: the permit. 0: refused (numbers in `scratch`). -1: an error (text in `drain()`). Absent keys are 0. */
  admit(service: number, k0: number, k1: number, k2: number, k3: number, weight: number, atMs: number): number;
  /** 1 counted, 0 not counted, -1 an error. `durationMs` NaN means now − granted. */
  settle(permit: number, outcome: number, durationMs: number, atMs: number): number;
  /** Runs every deadline due up to `atMs`. */
  advance(atMs: number): number;
  /** The whole output of the last numeric call, as JSON. */
  drain(): string;
  /** Any verb as JSON; errors come back as `{"error":{…}}` or `{"errors":[…]}`. */
  handle(inputJson: string, atMs: number): string;
  /** Canonical bytes of all state. */
  snapshot(): Uint8Array;
  /** The next part of a snapshot that is taken in parts; empty after the last. `first` begins a new one. */
  part(first: boolean): Uint8Array;
  /** The 16 numbers of the last numeric call; read it anew after each call, wasm memory may move. */
  readonly scratch: Float64Array;
  /** It was there already: another thread of this process made it, and shares it. */
  readonly joined?: boolean;
  /** Gives the memory back; the engine must not be used afterwards. */
  free?(): void;
}

/**
 * Makes engines. `create` and `restore` throw an `Error` (or a string) whose text is `{"errors":[{code,path,message,help}…]}`
 * when the policy or the bytes are refused; anything else thrown is a trap.
 */
export interface EngineLoader {
  /** What runs the engine. */
  readonly kind: "wasm" | "napi";
  create(policyJson: string, seed: bigint, atMs: number): RawEngine;
  restore(policyJson: string, snapshot: Uint8Array, atMs: number): RawEngine;
  /** `wire::call`: pure functions as text to text. */
  call(op: string, payload: string): string;
  /** After a trap: forget the wasm instance, so that the next `create` or `restore` makes a new one. */
  discard(): void;
}

/** Positions in `scratch`. */
export const SLOT = {
  flags: 0, nextMs: 1, code: 2, gate: 3, rule: 4, scope: 5, retryAtMs: 6, retryAfterMs: 7,
  exact: 8, timeoutMs: 9, attempt: 10, outcome: 11, limit: 12, remaining: 13,
} as const;

/** Bits of `scratch[0]`. */
export const FLAG = { effects: 1, rearm: 2, wouldRefuse: 4, retry: 8, probe: 16, details: 32 } as const;
