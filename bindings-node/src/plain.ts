// The ordinary call: no signal, no classifier, no fallback, no deadline. One question in numbers, one attempt, one settlement,
// and as few objects as that takes. Whatever asks for a second attempt goes on in `drive.ts`.
import { Attempt, type Call, type Manner, type Terms } from "./attempt.js";
import { attempts, endedOf, resume, type FirstRound, type Question } from "./drive.js";
import type { Facade, Service } from "./facade.js";
import type { CallOptions } from "./guard.js";
import type { Refused } from "./read.js";
import { refused, resultOf, resultOfEnd, type Result } from "./result.js";
import type { Grant } from "./types.js";

type Fn = (call: Call) => unknown;
type Keys = readonly (string | undefined)[];

/** Do the options ask for nothing but what a plan can do? */
export function isPlain(o: CallOptions & { fallback?: unknown; classify?: unknown }): boolean {
  return o.keys === undefined && o.deadlineMs === undefined && o.amounts === undefined && o.signal === undefined && o.fallback === undefined && o.classify === undefined;
}

/** What plain calls of one guard have in common. */
export class Plan implements Manner<unknown> {
  readonly facade: Facade;
  readonly service: string;
  readonly idempotent: boolean | undefined;
  readonly signal = undefined;
  readonly classify = undefined;
  readonly #weight: number;
  readonly #timeoutMs: number | undefined;
  /** What attempts of this service begin with, where the grant says nothing else. */
  #service: Service;
  #terms: Terms;
  constructor(facade: Facade, service: Service, o: CallOptions) {
    this.facade = facade;
    this.service = service.info.name;
    this.idempotent = o.idempotent;
    this.#weight = o.weight ?? 1;
    this.#timeoutMs = o.timeoutMs;
    // One that stays: were none alive, a full collection would drop their hidden class, and with it the code compiled for it.
    facade.specimen ??= new Attempt<unknown>(this, 0, NO_TERMS);
    this.#service = service;
    this.#terms = this.#termsOf(service, false, undefined);
  }

  /** Asks, runs and settles. Throws `BrownoutError` for a question that the core does not take, before anything was run. */
  run(service: Service, keys: Keys, fn: Fn): Promise<Result<unknown>> {
    const { facade } = this;
    const at = facade.now();
    const answer = facade.admit(service, keys, this.#weight, at);
    if (typeof answer !== "number") return this.#told(answer, service, keys, fn, at);
    if (service !== this.#service) this.#learn(service);
    return this.#go(answer, this.#terms, service, keys, fn, at);
  }

  #learn(service: Service): void {
    this.#service = service;
    this.#terms = this.#termsOf(service, false, undefined);
  }

  #termsOf(service: Service, probe: boolean, granted: number | undefined): Terms {
    return { probe, attempt: 0, timeoutMs: this.#timeoutMs ?? granted ?? service.info.timeout_ms ?? undefined, phase: "total" };
  }

  /** The answer was more than a plain yes. */
  #told(answer: Grant | Refused, service: Service, keys: Keys, fn: Fn, at: number): Promise<Result<unknown>> {
    if (!("refusal" in answer)) return this.#go(answer.permit, this.#termsOf(service, answer.probe, answer.timeoutMs), service, keys, fn, at);
    const { refusal, retry } = answer;
    if (retry !== undefined) return this.#goOn(service, keys, fn, { sinceMs: at, retry, last: undefined });
    const said = refused(refusal, service.info.fallback, 0);
    said.ok satisfies false; // an object that was looked at is known to be no thenable: without, the promise would search it for a `then`
    return Promise.resolve(said);
  }

  #go(permit: number, terms: Terms, service: Service, keys: Keys, fn: Fn, at: number): Promise<Result<unknown>> {
    const attempt = new Attempt<unknown>(this, permit, terms);
    return this.#land(attempt, attempt.start(fn, at), service, keys, fn, at);
  }

  /**
   * The rest of the call. One function awaits all of it, so that it goes on in the context of its caller, also after a timeout, which
   * comes in that of whoever set the host's timer.
   */
  async #land(attempt: Attempt<unknown>, landing: Promise<unknown> | null, service: Service, keys: Keys, fn: Fn, at: number): Promise<Result<unknown>> {
    if (landing !== null) attempt.land(await landing);
    if (attempt.settled === 1 && attempt.kind === "value") {
      const value = attempt.payload;
      attempt.payload = undefined; // nobody holds the value longer than its caller
      return { ok: true, value, degraded: false, outcome: "success", attempts: 1 };
    }
    return this.#ended(attempt, service, keys, fn, at);
  }

  #ended(attempt: Attempt<unknown>, service: Service, keys: Keys, fn: Fn, at: number): Result<unknown> | Promise<Result<unknown>> {
    const { settled } = attempt;
    const ended = endedOf(attempt);
    if (settled !== 1 && settled.retry !== undefined) return this.#goOn(service, keys, fn, { sinceMs: at, retry: settled.retry, last: ended });
    return resultOfEnd(ended, service.info.fallback, 1);
  }

  /** The attempts after the first. */
  async #goOn(at: Service, keys: Keys, fn: Fn, first: FirstRound<unknown>): Promise<Result<unknown>> {
    const { facade, idempotent } = this;
    const q: Question = { service: at, keys, named: undefined, weight: this.#weight, amounts: undefined, idempotent, deadlineMs: undefined, signal: undefined };
    return resultOf(await resume(facade, q, attempts(this, fn), this.#timeoutMs, first), at.info);
  }
}

const NO_TERMS: Terms = { probe: false, attempt: 0, timeoutMs: undefined, phase: "total" };
