// What `run` returns: a value in every ending, so that a refusal is handled where the call stands, not three frames up.
import type { Ended } from "./attempt.js";
import type { Driven } from "./drive.js";
import type { Outcome, Refusal, ServiceInfo } from "./types.js";

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

/** @internal How a whole call went, as its caller is told. */
export function resultOf<T>(driven: Driven<T>, service: ServiceInfo): Result<T> {
  const { attempts } = driven;
  if ("cancelled" in driven) return failure("cancelled", driven.cancelled, "neutral", service.fallback, attempts);
  const ended = "ended" in driven ? driven.ended : driven.last;
  if (ended === undefined) return refused((driven as { refusal: Refusal }).refusal, service.fallback, attempts);
  // where a later attempt was refused, what the earlier one ended with says more than the refusal
  const fallback = ("refusal" in driven ? driven.refusal.fallback : undefined) ?? service.fallback;
  return resultOfEnd(ended, fallback, attempts);
}

/** @internal How one attempt ended, where it was the last. */
export function resultOfEnd<T>(ended: Ended<T>, fallback: string | null | undefined, attempts: number): Result<T> {
  const outcome = ended.settled === 1 ? "success" : ended.settled.outcome;
  if (ended.kind === "value") return { ok: true, value: ended.value, degraded: false, outcome, attempts };
  return failure(ended.kind, ended.error, outcome, fallback, attempts);
}

function failure(reason: Failed["reason"], error: unknown, outcome: Outcome, fallback: string | null | undefined, attempts: number): Failed {
  return fallback ? { ok: false, reason, error, outcome, attempts, fallback } : { ok: false, reason, error, outcome, attempts };
}

/** @internal */
export function refused(refusal: Refusal, fallback: string | null | undefined, attempts: number): Refused {
  const instead = refusal.fallback ?? fallback;
  return instead ? { ok: false, reason: "refused", refusal, attempts, fallback: instead } : { ok: false, reason: "refused", refusal, attempts };
}
