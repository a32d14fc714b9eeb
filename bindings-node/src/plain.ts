// The ordinary call: no signal, no classifier, no fallback, no deadline. One question in numbers, one attempt, one settlement,
// and as few objects as that takes. Whatever asks for a second attempt goes on in `drive.ts`.
import { Attempt, type Call, type Manner, type Terms } from "./attempt.js";
import { travels } from "./context.js";
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
  readonly conclude: Manner<unknown>["conclude"];
  readonly #weight: number;
  readonly #timeoutMs: number | undefined;
  /** What attempts of this service begin with, where the grant says nothing else. */
  #service: Service;
  #terms: Terms;
  /** A refusal that stays, for the same reason as the specimen. */
  sample: unknown = undefined;
  constructor(facade: Facade, service: Service, o: CallOptions) {
    this.facade = facade;
    this.service = service.info.name;
    this.idempotent = o.idempotent;
    this.#weight = o.weight ?? 1;
    this.#timeoutMs = o.timeoutMs;
    // One that stays: were none alive, a full collection would drop their hidden class, and with it the code compiled for it.
    facade.specimen ??= new Attempt<unknown>(this, 0, NO_TERMS, new Trip(this, service, [], nothing, 0));
    this.conclude = this.idempotent === true && !TRAVELS ? undefined : conclude;
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
    if (retry !== undefined) return this.goOn(service, keys, fn, { sinceMs: at, retry, last: undefined });
    const said = refused(refusal, service.info.fallback, 0);
    said.ok satisfies false; // an object that was looked at is known to be no thenable: without, the promise would search it for a `then`
    this.sample ??= said;
    return Promise.resolve(said);
  }

  #go(permit: number, terms: Terms, service: Service, keys: Keys, fn: Fn, at: number): Promise<Result<unknown>> {
    const attempt = new Attempt<unknown>(this, permit, terms, new Trip(this, service, keys, fn, at));
    const promise = attempt.start(fn, at) as Promise<Result<unknown>> | null;
    if (promise === null) return Promise.resolve(conclude(attempt));
    return this.conclude === undefined ? landed(attempt, promise) : promise;
  }

  /** The attempts after the first. */
  async goOn(at: Service, keys: Keys, fn: Fn, first: FirstRound<unknown>): Promise<Result<unknown>> {
    const { facade, service, idempotent } = this;
    const q: Question = { service: at, keys, named: undefined, weight: this.#weight, amounts: undefined, idempotent, deadlineMs: undefined, signal: undefined };
    return resultOf(await resume(facade, q, attempts({ facade, service, idempotent, signal: undefined, classify: undefined }, fn), this.#timeoutMs, first), at.info);
  }
}

const NO_TERMS: Terms = { probe: false, attempt: 0, timeoutMs: undefined, phase: "total" };

/** What the attempts after the first need to know. */
class Trip {
  constructor(readonly plan: Plan, readonly service: Service, readonly keys: Keys, readonly fn: Fn, readonly at: number) {}
}

/**
 * May be made again after a timeout, which comes in the context of whoever set the host's timer. A promise that is resolved with a
 * thenable asks it for its end in a context of the promise's own, which is that of the caller, where contexts travel with promises.
 */
class Again implements PromiseLike<Result<unknown>> {
  constructor(readonly trip: Trip, readonly first: FirstRound<unknown>) {}
  then<A, B>(resolve?: ((result: Result<unknown>) => A | PromiseLike<A>) | null, reject?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<A | B> {
    const { plan, service, keys, fn } = this.trip;
    return plan.goOn(service, keys, fn, this.first).then(resolve, reject);
  }
}

/** Do contexts travel with promises? Elsewhere what awaits has to begin in the context of the caller. */
const TRAVELS = travels();

/** What a call is told whose first attempt is over. */
function conclude(attempt: Attempt<unknown>): Result<unknown> | PromiseLike<Result<unknown>> {
  const { settled } = attempt;
  if (settled === 1 && attempt.kind === "value") {
    const value = attempt.payload;
    attempt.payload = undefined; // nobody holds the value longer than its caller
    return { ok: true, value, degraded: false, outcome: "success", attempts: 1 };
  }
  const trip = attempt.about as Trip;
  const { plan, service, keys, fn, at } = trip;
  const ended = endedOf(attempt);
  if (settled === 1 || settled.retry === undefined) return resultOfEnd(ended, service.info.fallback, 1);
  const first = { sinceMs: at, retry: settled.retry, last: ended };
  return attempt.kind === "timeout" && TRAVELS ? new Again(trip, first) : plan.goOn(service, keys, fn, first);
}

/** The rest of the call in one function, which goes on in the context of its caller. */
async function landed(attempt: Attempt<unknown>, landing: Promise<unknown>): Promise<Result<unknown>> {
  attempt.land(await landing);
  return conclude(attempt);
}

function nothing(): void { /* is never run */ }
