// The ordinary call: no signal, no classifier, no fallback, no deadline. One question in numbers, one attempt, one settlement,
// and as few objects as that takes. Whatever asks for a second attempt goes on in `drive.ts`.
import { Attempt, type Call, type Ended, type Manner, type Sink } from "./attempt.js";
import { attempts, resume, type FirstRound, type Question } from "./drive.js";
import type { Facade, Service } from "./facade.js";
import type { GuardOptions } from "./guard.js";
import { refused, resultOf, resultOfEnd, type Result } from "./result.js";
import type { Settled } from "./types.js";

type Fn<T> = (call: Call) => T | PromiseLike<T>;

/** What plain calls of one guard have in common. */
export interface Plan extends Manner<never> {
  readonly weight: number;
  readonly timeoutMs: number | undefined;
}

/** The plan of a guard whose options ask for nothing more, else `null`. */
export function planOf<T>(service: string, o: GuardOptions<T>): Plan | null {
  if (o.keys !== undefined || o.deadlineMs !== undefined || o.amounts !== undefined || o.signal !== undefined || o.fallback !== undefined || o.classify !== undefined) return null;
  return { service, idempotent: o.idempotent, signal: undefined, classify: undefined, weight: o.weight ?? 1, timeoutMs: o.timeoutMs };
}

/** Asks, runs and settles. Throws `BrownoutError` for a question that the core does not take, before anything was run. */
export function runPlain<T>(facade: Facade, service: Service, plan: Plan, keys: readonly (string | undefined)[], fn: Fn<T>): Promise<Result<T>> {
  const at = facade.now();
  const answer = facade.admit(service, keys, plan.weight, at);
  let permit: number;
  let probe = false;
  let timeoutMs = plan.timeoutMs;
  if (typeof answer === "number") permit = answer;
  else if ("refusal" in answer) {
    const { refusal, retry } = answer;
    if (retry === undefined) return Promise.resolve(refused(refusal, service.info.fallback, 0));
    return onwards(facade, service, plan, keys, fn, { sinceMs: at, retry, last: undefined });
  } else {
    permit = answer.permit;
    probe = answer.probe;
    timeoutMs ??= answer.timeoutMs;
  }
  const promise = new Promise(hand) as Promise<Result<T> | First<T>>;
  const resolve = handed;
  handed = nobody;
  const first = new First<T>(facade, service, plan, keys, fn, at, resolve);
  new Attempt<T>(facade, plan as Manner<T>, first, permit, probe, 0, timeoutMs ?? service.info.timeout_ms ?? undefined, "total").start(fn, at);
  return strays(plan, service) ? promise.then(goOn<T>) : (promise as Promise<Result<T>>);
}

/**
 * May another attempt follow a timeout? A timeout comes in the context of whoever set the host's timer; the next attempt has to
 * begin in that of the caller. Only what is idempotent is tried again after one.
 */
function strays(plan: Plan, service: Service): boolean { return plan.idempotent === true && service.info.retries === true; }

async function onwards<T>(facade: Facade, service: Service, plan: Plan, keys: readonly (string | undefined)[], fn: Fn<T>, first: FirstRound<T>): Promise<Result<T>> {
  const q: Question = { service, keys, named: undefined, weight: plan.weight, amounts: undefined, idempotent: plan.idempotent, deadlineMs: undefined, signal: undefined };
  const driven = await resume(facade, q, attempts(facade, plan as Manner<T>, fn), plan.timeoutMs, first);
  return resultOf(driven, service.info);
}

/** What a promise's executor was given: an executor of its own for each promise would be one more object per call. */
let handed: (result: unknown) => void = nobody;
function hand(resolve: (result: unknown) => void): void { handed = resolve; }
function nobody(): void { /* stands for no promise */ }

/** What becomes of the first attempt of a plain call. */
class First<T> implements Sink {
  readonly #facade: Facade;
  readonly #service: Service;
  readonly #plan: Plan;
  readonly #keys: readonly (string | undefined)[];
  readonly #fn: Fn<T>;
  readonly #sinceMs: number;
  readonly #resolve: (result: Result<T> | First<T> | PromiseLike<Result<T>>) => void;
  #round: FirstRound<T> | undefined = undefined;
  constructor(facade: Facade, service: Service, plan: Plan, keys: readonly (string | undefined)[], fn: Fn<T>, sinceMs: number, resolve: (result: unknown) => void) {
    this.#facade = facade;
    this.#service = service;
    this.#plan = plan;
    this.#keys = keys;
    this.#fn = fn;
    this.#sinceMs = sinceMs;
    this.#resolve = resolve;
  }

  ended(kind: Ended<T>["kind"], payload: unknown, settled: Settled | 1): void {
    if (settled !== 1 && settled.retry !== undefined) {
      this.#round = { sinceMs: this.#sinceMs, retry: settled.retry, last: kind === "value" ? { kind, value: payload as T, settled } : { kind, error: payload, settled } };
      this.#resolve(kind === "timeout" && strays(this.#plan, this.#service) ? this : this.onwards());
    } else this.#resolve(resultOfEnd<T>(kind, payload, settled, this.#service.info.fallback, 1));
  }

  /** The attempts after the first. */
  onwards(): Promise<Result<T>> { return onwards(this.#facade, this.#service, this.#plan, this.#keys, this.#fn, this.#round as FirstRound<T>); }
}

/** Runs in the context of the caller. */
function goOn<T>(result: Result<T> | First<T>): Result<T> | Promise<Result<T>> { return result instanceof First ? result.onwards() : result; }
