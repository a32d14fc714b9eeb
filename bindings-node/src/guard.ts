// `bo.guard("afip", { key }).run(fn)`: the whole of a protected call in one place.
import type { Call, Classify } from "./attempt.js";
import { boundKeys, keyText, type KeyValue, type KeyValues } from "./context.js";
import { attempts, drive, type Question } from "./drive.js";
import type { Facade, Service } from "./facade.js";
import { isPlain, Plan } from "./plain.js";
import { RefusedError } from "./refusal.js";
import { resultOf, type Failed, type Refused, type Result } from "./result.js";

/** What distinguishes a call. Everything that is left out is the policy's to say. */
export interface CallOptions {
  /** The tenant, where the policy splits by tenant; ignored where it does not. */
  key?: KeyValue;
  /** Keys by name; a name that the policy does not know is an error. They go before those of `bo.with`. */
  keys?: KeyValues;
  /** May the call be made twice? Only then is it tried again after a timeout or a lost connection. */
  idempotent?: boolean;
  /** Milliseconds over all attempts and pauses. */
  deadlineMs?: number;
  /** Milliseconds of one attempt, instead of the service's own timeout. */
  timeoutMs?: number;
  /** Units that each limit of unit `calls` counts; 0 asks without taking. */
  weight?: number;
  /** Estimated amounts by unit, such as `{ tokens: 1200 }`. */
  amounts?: Readonly<Record<string, number>>;
  /** The caller gives up. */
  signal?: AbortSignal;
}

/** The same for a guarded function. */
export interface GuardOptions<T = unknown> extends CallOptions {
  /** What to answer when the call was refused, failed or took too long. Not asked after a cancellation. */
  fallback?: (why: Refused | Failed) => T | PromiseLike<T>;
  /** Says what an ending was; returning nothing leaves it to the policy's table. */
  classify?: Classify<T>;
}

const NO_KEYS: Readonly<Record<string, string>> = Object.freeze({});
const NOBODY: readonly undefined[] = Object.freeze([undefined]);

/** A service with the options of its calls. Cheap to make, free to keep. */
export class Guard<D = unknown> {
  #service: Service;
  readonly #facade: Facade;
  readonly #options: GuardOptions<D>;
  /** How plain calls go; `null` when the options ask for more. */
  readonly #plan: Plan | null;
  /** The keys of a plain call where the context has none. */
  #own: readonly (string | undefined)[] | undefined = undefined;
  constructor(facade: Facade, service: string, options: GuardOptions<D> = NO_OPTIONS) {
    this.#facade = facade;
    this.#service = facade.service(service);
    this.#options = options;
    this.#plan = isPlain(options) ? new Plan(facade, this.#service, options) : null;
  }

  /** The service's name. */
  get name(): string { return this.#service.info.name; }

  /**
   * Runs `fn` if the service may be called. Resolves to a value in every ending; rejects only with `BrownoutError`, when the
   * question itself is wrong (an unknown key, a weight that is no number).
   */
  run<T>(fn: (call: Call) => T | PromiseLike<T>, more?: GuardOptions<T>): Promise<Result<T>> {
    const plan = this.#plan;
    if (plan === null || (more !== undefined && !onlyKey(more))) return this.#elaborate(fn, more);
    try {
      return plan.run(this.#current(), this.#keys(more), fn) as Promise<Result<T>>;
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  #keys(more: CallOptions | undefined): readonly (string | undefined)[] {
    if (more !== undefined && "key" in more) return keysOf(this.#facade, NO_KEYS, more.key);
    if (boundKeys() !== undefined) return keysOf(this.#facade, NO_KEYS, this.#options.key);
    return (this.#own ??= keysOf(this.#facade, NO_KEYS, this.#options.key));
  }

  /** Every option is heeded. */
  async #elaborate<T>(fn: (call: Call) => T | PromiseLike<T>, more: GuardOptions<T> | undefined): Promise<Result<T>> {
    const o = (more === undefined ? this.#options : { ...this.#options, ...more }) as GuardOptions<T>;
    const facade = this.#facade;
    const q = question(facade, this.#current(), o);
    const once = attempts({ facade, service: q.service.info.name, idempotent: o.idempotent, signal: o.signal, classify: o.classify }, fn);
    const driven = await drive<T>(facade, q, once, o.timeoutMs);
    const result = resultOf(driven, q.service.info);
    if (result.ok || o.fallback === undefined || result.reason === "cancelled") return result;
    return degrade(o.fallback, result);
  }

  /** The value, or an exception: `RefusedError`, `TimeoutError`, the function's own error, or the abort reason. */
  async runOrThrow<T>(fn: (call: Call) => T | PromiseLike<T>, more?: GuardOptions<T>): Promise<T> {
    const result = await this.run(fn, more);
    if (result.ok) return result.value;
    if (result.reason === "refused") throw new RefusedError(this.name, result.refusal);
    throw result.error;
  }

  /** May a call proceed just now? Takes nothing. */
  peek(more?: CallOptions): boolean {
    const q = question(this.#facade, this.#current(), { ...(this.#options as CallOptions), ...more, weight: 0 });
    const at = this.#facade.now();
    const answer = q.named === undefined
      ? this.#facade.admit(q.service, q.keys, 0, at)
      : this.#facade.ask({ service: q.service.info.name, keys: q.named, weight: 0 }, at);
    return typeof answer === "number" || !("refusal" in answer);
  }

  #current(): Service {
    if (this.#service.epoch !== this.#facade.epoch) this.#service = this.#facade.service(this.#service.info.name);
    return this.#service;
  }
}

const NO_OPTIONS = Object.freeze({});

/** May these options leave everything but the key to the guard's? */
function onlyKey(options: object): boolean {
  for (const name in options) if (name !== "key") return false;
  return true;
}

/** The options of a call as the question that the engine takes. */
export function question(facade: Facade, service: Service, o: CallOptions): Question {
  const names = facade.names.keys;
  const given: Record<string, string> = {};
  let strange = false;
  for (const name in o.keys) {
    const text = keyText(name, o.keys[name]);
    if (text === undefined) continue;
    given[name] = text;
    if (!names.includes(name)) strange = true;
  }
  const keys = keysOf(facade, given, o.key);
  if (strange) names.forEach((name, i) => { const text = keys[i]; if (text !== undefined) given[name] = text; });
  return {
    service, keys, named: strange ? given : undefined, weight: o.weight ?? 1, amounts: o.amounts,
    idempotent: o.idempotent, deadlineMs: o.deadlineMs, signal: o.signal,
  };
}

/** The keys of a call in the order of the policy's: those given, then the tenant's, then those bound to the context. */
function keysOf(facade: Facade, given: Readonly<Record<string, string>>, key: KeyValue): readonly (string | undefined)[] {
  const { keys: names } = facade.names;
  const bound = boundKeys();
  const tenant = keyText("tenant", key);
  if (bound === undefined && given === NO_KEYS && names[0] === "tenant") return tenant === undefined ? NOBODY : [tenant];
  return names.map((name) => given[name] ?? (name === "tenant" ? tenant : undefined) ?? bound?.[name]);
}

async function degrade<T>(fallback: (why: Refused | Failed) => T | PromiseLike<T>, why: Refused | Failed): Promise<Result<T>> {
  try {
    return { ok: true, value: await fallback(why), degraded: true, why, attempts: why.attempts };
  } catch (error) {
    return {
      ok: false, reason: "failed", error, outcome: why.reason === "refused" ? "neutral" : why.outcome, attempts: why.attempts,
      ...(why.fallback === undefined ? {} : { fallback: why.fallback }),
    };
  }
}
