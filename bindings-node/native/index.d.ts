/** A plain grant or settlement is a number; anything else is the value and the 16 numbers after it. */
export type Answer = number | number[];

/**
 * One engine. Instants and durations are milliseconds; handles and permits are integers below 2^53. Every method throws an
 * `Error` whose message is `{"errors":[…]}`; after a stop inside a call, which ends no process, all of them do, with the code
 * `engine_lost`.
 */
export class Engine {
  private constructor();
  /** An engine from a policy document. With a name, the engine that threads of this process share under it, if there is one. */
  static open(policyJson: string, seed: bigint, atMs: number, shared?: string): Engine;
  /** An engine from a snapshot and the policy that it was taken under. Shares like `open`. */
  static restore(policyJson: string, snapshot: Uint8Array, atMs: number, shared?: string): Engine;
  /** Was it there already, made by another thread? */
  joined(): boolean;
  names(): string;
  key(name: string, atMs: number): number;
  admit(service: number, k0: number, k1: number, k2: number, k3: number, weight: number, atMs: number): Answer;
  settle(permit: number, outcome: number, durationMs: number, atMs: number): Answer;
  advance(atMs: number): Answer;
  /** The whole output of this object's last numeric call; after a plain one, of the engine's last call. */
  drain(): string;
  handle(inputJson: string, atMs: number): string;
  snapshot(): Buffer;
  /** The next part of a snapshot that is taken in parts; empty after the last. `first` begins a new one. */
  part(first: boolean): Buffer;
}
/** Pure functions, text to text. */
export function call(op: string, payload: string): string;
/** The same on a thread of Node's pool, for work that takes long. */
export function callAsync(op: string, payload: string): Promise<string>;
/** The version of the core. */
export function version(): string;
