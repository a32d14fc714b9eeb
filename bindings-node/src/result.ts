// What `run` returns: a value in every ending, so that a refusal is handled where the call stands, not three frames up.
import type { Outcome, Refusal } from "./types.js";

/** The function's own value. `outcome` is what the engine made of it: a returned 503 response is a value and a failure. */
export interface Ok<T> {
  readonly ok: true;
  readonly value: T;
  readonly degraded: false;
  readonly outcome: Outcome;
  /** How many attempts were made. */
  readonly attempts: number;
}

/** The value of the `fallback` function, and why it was asked. The page has something to show: `ok` is true. */
export interface Degraded<T> {
  readonly ok: true;
  readonly value: T;
  readonly degraded: true;
  readonly why: Refused | Failed;
  readonly attempts: number;
}

/** The call was not made. */
export interface Refused {
  readonly ok: false;
  readonly reason: "refused";
  readonly refusal: Refusal;
  /** The policy's word for what to show instead, such as `queue`. */
  readonly fallback?: string;
  readonly attempts: number;
}

/** The call was made and did not end well. */
export interface Failed {
  readonly ok: false;
  readonly reason: "failed" | "timeout" | "cancelled";
  readonly error: unknown;
  readonly outcome: Outcome;
  readonly fallback?: string;
  readonly attempts: number;
}

/** Every ending of `run`. */
export type Result<T> = Ok<T> | Degraded<T> | Refused | Failed;
