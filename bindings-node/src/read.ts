// The core's output, from numbers or from JSON, to the small frozen objects that people see.
import { FLAG, SLOT } from "./raw.js";
import type { Grant, Names, Refusal, RefusedBy, Retry, ServiceInfo, Settled } from "./types.js";
import type { Answer, Decision, RetryAdvice } from "./wire.gen.js";

/** One `Output` of the core as JSON, its decision as any of the answers. */
export type WireOutput = Omit<Answer, "decision"> & { decision: WireDecision };

type Fields<T> = T extends unknown ? keyof T : never;
type Values<T, K> = T extends unknown ? (K extends keyof T ? T[K] : never) : never;
/** The decision of an `Output`: what every answer has, and what only some have. */
export type WireDecision = { result: Decision["result"] } & { [K in Exclude<Fields<Decision>, "result">]?: NonNullable<Values<Decision, K>> };

/** A refusal with, on request, the advice to try again. */
export interface Refused { readonly refusal: Refusal; readonly retry?: Retry }

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The refusal that stands in the scratch numbers. */
export function refusalOfScratch(n: Float64Array, names: Names, info: ServiceInfo): Refused {
  const gate = names.gates[n[SLOT.gate] ?? 0] ?? "engine";
  const r: Mutable<Refusal> = {
    gate,
    code: names.refusals[n[SLOT.code] ?? 0] ?? "engine_lost",
    scope: n[SLOT.scope] === 1 ? "tenant" : "service",
    exact: n[SLOT.exact] === 1,
  };
  const retryAtMs = n[SLOT.retryAtMs] ?? -1;
  const retryAfterMs = n[SLOT.retryAfterMs] ?? -1;
  const at = n[SLOT.rule] ?? -1; // -1 is no index: asking for it would be a search by name
  const rule = gate === "limit" && at >= 0 ? info.limits?.[at] : undefined;
  if (rule !== undefined) r.rule = rule;
  if (retryAtMs >= 0) r.retryAtMs = retryAtMs;
  if (retryAfterMs >= 0) r.retryAfterMs = retryAfterMs;
  if (info.fallback) r.fallback = info.fallback;
  if (gate === "limit") { r.limit = n[SLOT.limit] ?? -1; r.remaining = n[SLOT.remaining] ?? -1; }
  const refusal = Object.freeze(r);
  const retry = retryOfScratch(n);
  return retry === undefined ? { refusal } : { refusal, retry };
}

/** The grant that stands in the scratch numbers. */
export function grantOfScratch(n: Float64Array, permit: number): Grant {
  const probe = ((n[SLOT.flags] ?? 0) & FLAG.probe) !== 0;
  const timeoutMs = n[SLOT.timeoutMs] ?? -1;
  return Object.freeze(timeoutMs >= 0 ? { permit, probe, timeoutMs } : { permit, probe });
}

/** What became of a settled call, after the scratch numbers. */
export function settledOfScratch(n: Float64Array, counted: boolean, asked: number, names: Names): Settled {
  const outcome = names.outcomes[n[SLOT.outcome] ?? asked] ?? names.outcomes[asked] ?? "neutral";
  const retry = retryOfScratch(n);
  return retry === undefined ? { counted, outcome } : { counted, outcome, retry };
}

/** The same where the number alone said that it counted. */
export function plainly(settled: Settled | 1, outcome: Settled["outcome"] | undefined): Settled {
  return settled === 1 ? { counted: true, outcome: outcome ?? "neutral" } : settled;
}

function retryOfScratch(n: Float64Array): Retry | undefined {
  if (!((n[SLOT.flags] ?? 0) & FLAG.retry)) return undefined;
  return { atMs: n[SLOT.retryAtMs] ?? 0, afterMs: n[SLOT.retryAfterMs] ?? 0, attempt: n[SLOT.attempt] ?? 1 };
}

/** The refusal of a JSON decision. */
export function refusalOf(d: WireDecision): Refused {
  const r: Mutable<Refusal> = { gate: d.gate ?? "engine", code: d.code ?? "engine_lost", scope: d.scope ?? "service", exact: d.exact ?? false };
  if (d.rule !== undefined) r.rule = d.rule;
  if (d.retry_at_ms !== undefined) r.retryAtMs = d.retry_at_ms;
  if (d.retry_after_ms !== undefined) r.retryAfterMs = d.retry_after_ms;
  if (d.fallback !== undefined) r.fallback = d.fallback;
  const own = d.failing?.find((f) => f.gate === d.gate && f.code === d.code && f.rule === d.rule);
  if (own?.limit !== undefined) r.limit = own.limit;
  if (own?.remaining !== undefined) r.remaining = own.remaining;
  if (d.failing && d.failing.length > 1) {
    r.failing = Object.freeze(d.failing.map((f) => {
      const by: Mutable<RefusedBy> = { gate: f.gate, code: f.code, scope: f.scope };
      if (f.rule !== undefined) by.rule = f.rule;
      if (f.retry_at_ms !== undefined) by.retryAtMs = f.retry_at_ms;
      if (f.limit !== undefined) by.limit = f.limit;
      if (f.remaining !== undefined) by.remaining = f.remaining;
      return Object.freeze(by);
    }));
  }
  const refusal = Object.freeze(r);
  return d.retry ? { refusal, retry: retryOf(d.retry) } : { refusal };
}

/** The advice of a JSON decision. */
export function retryOf(r: RetryAdvice): Retry {
  return Object.freeze({ atMs: r.at_ms, afterMs: r.after_ms, attempt: r.attempt });
}

/** What became of a settled call. */
export function settledOf(d: WireDecision): Settled {
  const s: Mutable<Settled> = { counted: d.counted ?? false, outcome: d.outcome ?? "neutral" };
  if (d.because !== undefined) s.because = d.because;
  if (d.retry) s.retry = retryOf(d.retry);
  if (d.no_retry !== undefined) s.noRetry = d.no_retry;
  return Object.freeze(s);
}

/** A grant of a JSON decision. */
export function grantOf(d: WireDecision): Grant {
  const g: Mutable<Grant> = { permit: d.permit ?? 0, probe: d.probe ?? false };
  if (typeof d.timeout_ms === "number") g.timeoutMs = d.timeout_ms;
  if (d.would_refuse) g.wouldRefuse = d.would_refuse;
  return Object.freeze(g);
}

/** Does the last numeric call say more than its number? */
export function needsDrain(flags: number): boolean {
  return (flags & (FLAG.effects | FLAG.details | FLAG.wouldRefuse)) !== 0;
}
