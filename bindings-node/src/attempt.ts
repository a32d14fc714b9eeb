// One attempt: from a permit to exactly one settlement, whatever happens in between.
import { TimeoutError } from "./errors.js";
import type { Facade } from "./facade.js";
import { factsOfError, factsOfValue, mayTell } from "./facts.js";
import type { Entry } from "./timers.js";
import type { Facts, Outcome, Settled } from "./types.js";

/** What the guarded function is given. */
export interface Call {
  readonly service: string;
  /** 0 for the first try. */
  readonly attempt: number;
  /** Aborts on timeout and when the caller gives up. Made on first use. */
  readonly signal: AbortSignal;
  /** The engine's number for this call; 0 when it goes ungoverned. */
  readonly permit: number;
  /** This call tests whether the service is back. */
  readonly probe: boolean;
  readonly timeoutMs: number | undefined;
  /** Adds facts that only the function knows, such as the units it really used. */
  report(facts: Facts): void;
}

/** How a function ended, for a classifier. */
export type End<T> = { readonly value: T } | { readonly error: unknown };
/** Says what an ending was; nothing leaves it to the policy's table. */
export type Classify<T> = (end: End<T>) => Facts | Outcome | undefined;

/** How an attempt ended and what the engine made of it. */
export type Ended<T> =
  | { readonly kind: "value"; readonly value: T; readonly settled: Settled | 1 }
  | { readonly kind: "failed" | "timeout" | "cancelled"; readonly error: unknown; readonly settled: Settled | 1 };

/** The number of `success` on the numeric path. */
const SUCCESS = 0;

/** What the attempts of one call have in common. */
export interface Manner<T> {
  readonly facade: Facade;
  readonly service: string;
  readonly idempotent: boolean | undefined;
  readonly signal: AbortSignal | undefined;
  readonly classify: Classify<T> | undefined;
  /**
   * What the promise of a whole call is resolved with once its attempt is over. Where it is missing, the promise stands for the
   * function alone, and whoever awaits it lands the attempt.
   */
  readonly conclude?: ((attempt: Attempt<T>) => unknown) | undefined;
}

/** What stands before an attempt begins. */
export interface Terms {
  readonly probe: boolean;
  readonly attempt: number;
  readonly timeoutMs: number | undefined;
  /** Names the timeout: the service's, or the rest of a deadline. */
  readonly phase: "total" | "deadline";
}

/** What few calls need. */
class Extra {
  controller: AbortController | undefined = undefined;
  abortedBy: unknown = undefined;
  reported: Facts | undefined = undefined;
  cancel: (() => void) | undefined = undefined;
}

/**
 * A permit in use. It is its own entry in the queue of timeouts.
 *
 * `const landing = attempt.start(fn, at); if (landing !== null) attempt.land(await landing);` is the whole of it; then it is over.
 * For a manner that concludes, `start` gives the promise of the conclusion, or null where all is over already.
 */
export class Attempt<T> implements Call, Entry {
  /** @internal */
  place: Entry["place"] = 0;
  /** @internal */
  stay: Entry["stay"] = null;
  /** @internal How it ended; null while it runs. */
  kind: Ended<T>["kind"] | null = null;
  /** @internal The value or the error. */
  payload: unknown = undefined;
  /** @internal What the engine made of it. */
  settled: Settled | 1 = 1;
  readonly #manner: Manner<T>;
  readonly #permit: number;
  readonly #terms: Terms;
  #extra: Extra | null = null;
  /** The function's promise was rejected; `payload` says with what. */
  #rejected = false;
  /** Ends the wait for the function. */
  #wake: ((nothing: T) => void) | null = null;
  /** `about` is for who concludes. */
  constructor(manner: Manner<T>, permit: number, terms: Terms, readonly about: unknown) {
    this.#manner = manner;
    this.#permit = permit;
    this.#terms = terms;
  }

  get service(): string { return this.#manner.service; }
  get attempt(): number { return this.#terms.attempt; }
  get permit(): number { return this.#permit; }
  get probe(): boolean { return this.#terms.probe; }
  get timeoutMs(): number | undefined { return this.#terms.timeoutMs; }
  get signal(): AbortSignal {
    const extra = this.#more();
    if (!extra.controller) {
      extra.controller = new AbortController();
      if (extra.abortedBy !== undefined) extra.controller.abort(extra.abortedBy);
    }
    return extra.controller.signal;
  }
  report(facts: Facts): void {
    const extra = this.#more();
    extra.reported = { ...extra.reported, ...facts };
  }
  #more(): Extra { return (this.#extra ??= new Extra()); }

  /** @internal Runs `fn`, at the instant of the admit. What to await, if anything: it settles when the call is over. */
  start(fn: (call: Call) => T | PromiseLike<T>, startMs: number): Promise<T> | null {
    const { facade, signal, conclude } = this.#manner;
    const { timeoutMs } = this.#terms;
    if (timeoutMs !== undefined) facade.timers.enter(this, startMs, timeoutMs, true);
    if (signal !== undefined) signal.addEventListener("abort", (this.#more().cancel = () => this.#cancelled(signal)), { once: true });
    let out: T | PromiseLike<T>;
    try {
      out = fn(this);
      if (isThenable(out)) {
        const own = out instanceof Promise ? out : Promise.resolve(out);
        return conclude === undefined ? this.#until(own) : this.#concluded(own);
      }
    } catch (error) {
      this.#thrown(error);
      return null;
    }
    this.land(out);
    return null;
  }

  /** @internal What was awaited is here. */
  land(value: T): void {
    const manner = this.#manner;
    if (this.kind !== null || this.#rejected || this.#extra !== null || manner.classify !== undefined || mayTell(value)) return this.#landed(value);
    const { facade } = manner;
    this.kind = "value";
    this.payload = value;
    this.#wake = null;
    facade.timers.leave(this);
    this.settled = facade.settleQuietly(this.#permit, SUCCESS, facade.now(), manner.service);
  }

  /** The same for what has more to say. */
  #landed(value: T): void {
    if (this.#rejected) this.#thrown(this.payload); else this.#value(value);
  }

  /** The function's own end, or an earlier one. */
  #until(out: Promise<T>): Promise<T> | null {
    if (this.kind !== null) { // the caller gave up while `fn` ran
      out.then(undefined, ignore);
      return null;
    }
    let wake!: (value: T) => void; // it never rejects: an exception thrown into whoever awaits is slow
    const landing = new Promise<T>((resolve) => { wake = resolve; });
    this.#wake = wake;
    out.then(wake, (error: unknown) => {
      if (this.kind !== null) return;
      this.#rejected = true;
      this.payload = error;
      wake(undefined as T);
    });
    return landing;
  }

  /** The conclusion, made where the function's end is heard: one promise and one turn less than to await it. */
  #concluded(out: Promise<T>): Promise<T> | null {
    if (this.kind !== null) {
      out.then(undefined, ignore);
      return null;
    }
    let wake!: (told: T) => void;
    const told = new Promise<T>((resolve) => { wake = resolve; });
    this.#wake = wake;
    out.then((value) => { this.#hear(value, false, wake); }, (error: unknown) => { this.#hear(error, true, wake); });
    return told;
  }

  #hear(payload: unknown, rejected: boolean, wake: (told: T) => void): void {
    if (this.kind !== null) return;
    try {
      if (rejected) this.#thrown(payload); else this.land(payload as T);
      wake(this.#conclusion());
    } catch (error) { wake(Promise.reject(error as Error) as T); }
  }

  #conclusion(): T { return this.#manner.conclude?.(this) as T; }

  /** @internal The call took too long. */
  expire(): void {
    if (this.kind === null) this.#cut("timeout", new TimeoutError(this.#manner.service, this.#terms.timeoutMs ?? 0, this.#terms.phase), TIMED_OUT);
  }

  #cancelled(signal: AbortSignal): void {
    if (this.kind === null) this.#cut("cancelled", (signal.reason as unknown) ?? new DOMException("the caller gave up", "AbortError"), { cancelled: true });
  }

  /** Over before the function is. */
  #cut(kind: "timeout" | "cancelled", error: unknown, facts: Facts): void {
    this.#end(kind, error, facts);
    const extra = this.#more();
    extra.abortedBy = error;
    extra.controller?.abort(error);
    this.#wake?.(this.#conclusion());
  }

  #value(value: T): void {
    if (this.kind !== null) return;
    const { classify } = this.#manner;
    let said: Facts | Outcome | undefined;
    if (classify !== undefined) {
      try { said = classify({ value }); } catch (error) {
        this.#end("failed", error, this.#factsOf(value));
        return;
      }
    }
    this.#end("value", value, said === undefined ? this.#factsOf(value) : asFacts(said));
  }

  #factsOf(value: T): Facts | number { return (mayTell(value) ? factsOfValue(value, this.#manner.facade.clock) : undefined) ?? SUCCESS; }

  #thrown(error: unknown): void {
    if (this.kind !== null) return;
    const facts = factsOfError(error, this.#manner.facade.clock);
    const { classify } = this.#manner;
    let said: Facts | Outcome | undefined;
    if (classify !== undefined) {
      try { said = classify({ error }); } catch (second) {
        this.#end("failed", second, facts);
        return;
      }
    }
    this.#end("failed", error, said === undefined ? facts : asFacts(said));
  }

  /** Exactly once: the first ending counts, later ones find the attempt over. */
  #end(kind: Ended<T>["kind"], payload: unknown, facts: Facts | number): void {
    this.kind = kind;
    this.payload = payload;
    this.#manner.facade.timers.leave(this);
    this.settled = this.#settle(facts);
  }

  #settle(facts: Facts | number): Settled | 1 {
    const { facade, service, idempotent, signal } = this.#manner;
    const extra = this.#extra;
    if (extra !== null && extra.cancel !== undefined) signal?.removeEventListener("abort", extra.cancel);
    const all = extra?.reported === undefined ? facts : { ...(typeof facts === "number" ? SUCCEEDED : facts), ...extra.reported };
    try {
      return facade.settleQuietly(this.#permit, all, facade.now(), service, idempotent);
    } catch (error) {
      // facts that the core does not take (a classifier's slip): the permit still goes back
      console.error(`brownout: the facts of a call to \`${service}\` were refused`, error);
      return facade.settleQuietly(this.#permit, typeof facts === "number" ? facts : { exception: "BadFacts" }, facade.now(), service);
    }
  }
}

const TIMED_OUT: Facts = { timedOut: true, exception: "TimeoutError" };
const SUCCEEDED: Facts = { outcome: "success" };

function asFacts(said: Facts | Outcome): Facts { return typeof said === "string" ? { outcome: said } : said; }

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

function ignore(): void { /* nobody waits for it any more */ }
