// The ordinary call: no signal, no classifier, no fallback, no deadline. One question in numbers, one attempt, one settlement,
// and as few objects as that takes. Whatever asks for a second attempt goes on in `drive.ts`.
import { Attempt, type Call, type Ended, type Manner } from "./attempt.js";
import { attempts, endedOf, resume, type FirstRound, type Question } from "./drive.js";
import type { Facade, Service } from "./facade.js";
import type { CallOptions } from "./guard.js";
import { refused, resultOf, resultOfEnd, type Result } from "./result.js";
import type { Settled } from "./types.js";

type Fn = (call: Call) => unknown;
type Keys = readonly (string | undefined)[];

/** Do the options ask for nothing but what a plan can do? */
export function isPlain(o: CallOptions & { fallback?: unknown; classify?: unknown }): boolean {
  return o.keys === undefined && o.deadlineMs === undefined && o.amounts === undefined && o.signal === undefined && o.fallback === undefined && o.classify === undefined;
}

/** What plain calls of one guard have in common. It is told of their first endings. */
export class Plan implements Manner<unknown> {
  readonly facade: Facade;
  readonly service: string;
  readonly idempotent: boolean | undefined;
  readonly signal = undefined;
  readonly classify = undefined;
  readonly #weight: number;
  readonly #timeoutMs: number | undefined;
  #at: Service;
  constructor(facade: Facade, service: Service, o: CallOptions) {
    this.facade = facade;
    this.service = service.info.name;
    this.idempotent = o.idempotent;
    this.#weight = o.weight ?? 1;
    this.#timeoutMs = o.timeoutMs;
    this.#at = service;
  }

  /** Asks, runs and settles. Throws `BrownoutError` for a question that the core does not take, before anything was run. */
  run(service: Service, keys: Keys, fn: Fn): Promise<Result<unknown>> {
    this.#at = service;
    const { facade } = this;
    const at = facade.now();
    const answer = facade.admit(service, keys, this.#weight, at);
    let permit: number;
    let probe = false;
    let timeoutMs = this.#timeoutMs;
    if (typeof answer === "number") permit = answer;
    else if ("refusal" in answer) {
      const { refusal, retry } = answer;
      if (retry === undefined) return Promise.resolve(refused(refusal, service.info.fallback, 0));
      return this.goOn(keys, fn, { sinceMs: at, retry, last: undefined });
    } else {
      permit = answer.permit;
      probe = answer.probe;
      timeoutMs ??= answer.timeoutMs;
    }
    const promise = new Promise(hand) as Promise<Result<unknown> | Stray>;
    const resolve = handed;
    handed = nobody;
    new Attempt<unknown>(this, permit, probe, 0, timeoutMs ?? service.info.timeout_ms ?? undefined, "total", at, fn, resolve, keys).start();
    return this.#strays ? promise.then(back) : (promise as Promise<Result<unknown>>);
  }

  /**
   * May another attempt follow a timeout? A timeout comes in the context of whoever set the host's timer, and the next attempt has to
   * begin in that of the caller. Only what is idempotent is tried again after one.
   */
  get #strays(): boolean { return this.idempotent === true; }

  ended(attempt: Attempt<unknown>, kind: Ended<unknown>["kind"], payload: unknown, settled: Settled | 1): void {
    if (settled !== 1 && settled.retry !== undefined) {
      const round = { sinceMs: attempt.startMs, retry: settled.retry, last: endedOf(kind, payload, settled) };
      attempt.resolve(kind === "timeout" && this.#strays ? new Stray(this, attempt, round) : this.goOn(attempt.keys, attempt.fn, round));
    } else attempt.resolve(resultOfEnd(kind, payload, settled, this.#at.info.fallback, 1));
    // One that stays: were none alive, a full collection would drop their hidden class, and with it the code compiled for it.
    this.facade.specimen ??= new Attempt<unknown>(this, attempt.permit, false, 0, attempt.timeoutMs, "total", attempt.startMs, nobody, nobody, []);
  }

  /** The attempts after the first. */
  async goOn(keys: Keys, fn: Fn, first: FirstRound<unknown>): Promise<Result<unknown>> {
    const { facade, service, idempotent } = this;
    const at = this.#at;
    const q: Question = { service: at, keys, named: undefined, weight: this.#weight, amounts: undefined, idempotent, deadlineMs: undefined, signal: undefined };
    return resultOf(await resume(facade, q, attempts({ facade, service, idempotent, signal: undefined, classify: undefined }, fn), this.#timeoutMs, first), at.info);
  }
}

/** A call that was timed out and is to be made again, on its way back into its caller's context. */
class Stray {
  constructor(readonly plan: Plan, readonly attempt: Attempt<unknown>, readonly round: FirstRound<unknown>) {}
}
function back(told: Result<unknown> | Stray): Result<unknown> | Promise<Result<unknown>> {
  return told instanceof Stray ? told.plan.goOn(told.attempt.keys, told.attempt.fn, told.round) : told;
}

/** What a promise's executor was given: an executor of its own for each promise would be one more object per call. */
let handed: (told: unknown) => void = nobody;
function hand(resolve: (told: unknown) => void): void { handed = resolve; }
function nobody(): void { /* stands for no promise */ }
