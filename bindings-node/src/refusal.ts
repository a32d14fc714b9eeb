// What a refused call is told: which gate, why, in numbers, when to try again, and what to show instead.
import type { Refusal } from "./types.js";

/** Thrown by `runOrThrow`, never by `run`. Carries no stack: a refusal is an answer, and it is made often. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly service: string;
  readonly refusal: Refusal;
  constructor(service: string, refusal: Refusal) {
    const limit = Error.stackTraceLimit;
    try { Error.stackTraceLimit = 0; } catch { /* frozen intrinsics */ }
    super(`\`${service}\` is refused: ${refusal.code}`);
    try { Error.stackTraceLimit = limit; } catch { /* frozen intrinsics */ }
    this.service = service;
    this.refusal = refusal;
  }
  /** Stable word such as `circuit_open`. */
  get code(): string { return this.refusal.code; }
  /** Milliseconds until another try can pass, if the engine knows. */
  get retryAfterMs(): number | undefined { return this.refusal.retryAfterMs; }
}

/** Seconds for a `Retry-After` header: rounded up, at least 1; `null` when no wait helps. */
export function retryAfterSeconds(refusal: Refusal): number | null {
  if (refusal.retryAfterMs === undefined) return null;
  return Math.max(1, Math.ceil(refusal.retryAfterMs / 1000));
}
