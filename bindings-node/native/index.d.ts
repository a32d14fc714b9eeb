/** A plain grant or settlement is a number; anything else is the value and the 16 numbers after it. */
export type Answer = number | number[];

/** One engine. Instants and durations are milliseconds; handles and permits are integers below 2^53. */
export class Engine {
  /** An engine from a policy document. Throws an `Error` whose message is `{"errors":[…]}`. */
  static open(policyJson: string, seed: bigint, atMs: number): Engine;
  /** An engine from a snapshot and the policy that it was taken under. Throws like `open`. */
  static restore(policyJson: string, snapshot: Uint8Array, atMs: number): Engine;
  /** The engine that another thread of this process shares under this number. */
  static attach(shared: number): Engine;
  /** The number under which other threads attach. */
  share(): number;
  names(): string;
  key(name: string, atMs: number): number;
  admit(service: number, k0: number, k1: number, k2: number, k3: number, weight: number, atMs: number): Answer;
  settle(permit: number, outcome: number, durationMs: number, atMs: number): Answer;
  advance(atMs: number): Answer;
  /** The whole output of this object's last numeric call; after a plain one, of the engine's last call. */
  drain(): string;
  handle(inputJson: string, atMs: number): string;
  snapshot(): Buffer;
}
/** Pure functions, text to text. */
export function call(op: string, payload: string): string;
/** The version of the core. */
export function version(): string;
