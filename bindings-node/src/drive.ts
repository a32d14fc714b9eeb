// All attempts of one call: ask, run, settle, and again when the engine says so. The engine decides, this loop sleeps.
import type { Facade, Service } from "./facade.js";
import type { Refused as Unasked } from "./read.js";
import { Attempt, type Call, type Ended, type Manner, type Terms } from "./attempt.js";
import type { Grant, Refusal, Retry } from "./types.js";

/** One question, ready to be put. */
export interface Question {
  readonly service: Service;
  /** In the order of `names.keys`. */
  readonly keys: readonly (string | undefined)[];
  /** All named keys, when some of them are not in `names.keys`. */
  readonly named: Readonly<Record<string, string>> | undefined;
  readonly weight: number;
  readonly amounts: Readonly<Record<string, number>> | undefined;
  readonly idempotent: boolean | undefined;
  /** Host's own bound over all attempts. */
  readonly deadlineMs: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A granted attempt. */
export interface Turn extends Terms {
  readonly permit: number;
  readonly atMs: number;
}

/** How the whole call ended. */
export type Driven<T> =
  | { readonly ended: Ended<T>; readonly attempts: number }
  | { readonly refusal: Refusal; readonly last: Ended<T> | undefined; readonly attempts: number }
  | { readonly cancelled: unknown; readonly attempts: number };

/** Makes one attempt. Never rejects. */
export type Once<T> = (turn: Turn) => Promise<Ended<T>>;

/** Makes attempts of one function. */
export function attempts<T>(manner: Manner<T> & { readonly conclude?: never }, fn: (call: Call) => T | PromiseLike<T>): Once<T> {
  return async (turn) => {
    const attempt = new Attempt<T>(manner, turn.permit, turn, undefined);
    const landing = attempt.start(fn, turn.atMs);
    if (landing !== null) attempt.land(await landing);
    return endedOf(attempt);
  };
}

/** The ending of an attempt that is over. */
export function endedOf<T>(attempt: Attempt<T>): Ended<T> {
  const { kind, payload, settled } = attempt;
  return kind === "value" ? { kind, value: payload as T, settled } : { kind: kind ?? "failed", error: payload, settled };
}

/** Puts the question until it is answered for good. Rejects only with `BrownoutError`, for a question that the core does not take. */
export function drive<T>(facade: Facade, q: Question, once: Once<T>, timeoutMs?: number): Promise<Driven<T>> {
  return rounds(facade, q, once, timeoutMs, undefined);
}

/** What came of a first round, and the advice to go on. */
export interface FirstRound<T> {
  readonly sinceMs: number;
  readonly retry: Retry;
  /** The attempt, unless it was refused. */
  readonly last: Ended<T> | undefined;
}

/** Goes on after a first round that ended with the advice to try again. */
export function resume<T>(facade: Facade, q: Question, once: Once<T>, timeoutMs: number | undefined, first: FirstRound<T>): Promise<Driven<T>> {
  return rounds(facade, q, once, timeoutMs, first);
}

async function rounds<T>(facade: Facade, q: Question, once: Once<T>, timeoutMs: number | undefined, first: FirstRound<T> | undefined): Promise<Driven<T>> {
  let at = first === undefined ? facade.now() : first.sinceMs;
  const since = at;
  let attempt = 0;
  let last = first?.last;
  let made = last === undefined ? 0 : 1;
  let retry = first?.retry;
  for (;;) {
    if (retry !== undefined) {
      if (!(await pause(facade, retry.atMs - facade.clock.now(), q.signal))) return { cancelled: q.signal?.reason, attempts: made };
      attempt = retry.attempt;
      at = facade.now();
    }
    if (q.signal?.aborted) return { cancelled: q.signal.reason, attempts: made };
    const answer = ask(facade, q, attempt, since, at);
    if (typeof answer !== "number" && "refusal" in answer) {
      retry = answer.retry;
      if (!retry || !within(q, since, retry)) return { refusal: answer.refusal, last, attempts: made };
    } else {
      made += 1;
      last = await once(turnOf(q, answer, attempt, since, at, timeoutMs));
      const settled = last.settled;
      retry = settled === 1 ? undefined : settled.retry;
      if (!retry || last.kind === "cancelled" || !within(q, since, retry)) return { ended: last, attempts: made };
    }
  }
}

function ask(facade: Facade, q: Question, attempt: number, since: number, at: number): number | Grant | Unasked {
  if (attempt === 0 && q.amounts === undefined && q.named === undefined) return facade.admit(q.service, q.keys, q.weight, at);
  const keys = q.named ?? Object.fromEntries(facade.names.keys.flatMap((name, i) => (q.keys[i] === undefined ? [] : [[name, q.keys[i]]])));
  return facade.ask({
    service: q.service.info.name, keys, weight: q.weight,
    ...(q.amounts === undefined ? {} : { amounts: q.amounts }),
    ...(attempt === 0 ? {} : { attempt, since_ms: since }),
    ...(q.idempotent === undefined ? {} : { idempotent: q.idempotent }),
  }, at);
}

function turnOf(q: Question, answer: number | Grant, attempt: number, since: number, at: number, own: number | undefined): Turn {
  const grant = typeof answer === "number" ? undefined : answer;
  const limit = own ?? grant?.timeoutMs ?? q.service.info.timeout_ms ?? undefined;
  const rest = q.deadlineMs === undefined ? undefined : Math.max(0, since + q.deadlineMs - at);
  const byDeadline = rest !== undefined && (limit === undefined || rest < limit);
  return {
    permit: grant ? grant.permit : (answer as number), probe: grant?.probe ?? false, attempt,
    timeoutMs: byDeadline ? rest : limit, phase: byDeadline ? "deadline" : "total", atMs: at,
  };
}

function within(q: Question, since: number, retry: Retry): boolean {
  return q.deadlineMs === undefined || retry.atMs < since + q.deadlineMs;
}

/** Waits on the engine's clock; false when the caller gave up. */
function pause(facade: Facade, delayMs: number, signal: AbortSignal | undefined): Promise<boolean> {
  if (signal?.aborted) return Promise.resolve(false);
  if (delayMs <= 0) return Promise.resolve(true);
  return new Promise((resolve) => {
    const timer = facade.timers.after(delayMs, () => { signal?.removeEventListener("abort", stop); resolve(true); });
    const stop = (): void => { timer.clear(); resolve(false); };
    signal?.addEventListener("abort", stop, { once: true });
  });
}
