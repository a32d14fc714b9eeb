// One attempt: from a permit to exactly one settlement, whatever happens in between.
import { TimeoutError } from "./errors.js";
import type { Facade } from "./facade.js";
import { factsOfError, factsOfValue } from "./facts.js";
import type { Waiting } from "./timers.js";
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

/** What an attempt needs to know. */
export interface AttemptOptions<T> {
  readonly service: string;
  readonly attempt: number;
  readonly permit: number;
  readonly probe: boolean;
  readonly timeoutMs: number | undefined;
  /** Names the timeout: the service's, or the rest of a deadline. */
  readonly phase: "total" | "deadline";
  readonly idempotent: boolean | undefined;
  readonly signal: AbortSignal | undefined;
  readonly classify: Classify<T> | undefined;
}

/** A permit in use. */
export class Attempt<T> implements Call {
  #controller: AbortController | undefined;
  #abortedBy: unknown;
  #reported: Facts | undefined;
  #over = false;
  readonly #o: AttemptOptions<T>;
  readonly #facade: Facade;
  constructor(facade: Facade, options: AttemptOptions<T>) {
    this.#facade = facade;
    this.#o = options;
  }

  get service(): string { return this.#o.service; }
  get attempt(): number { return this.#o.attempt; }
  get permit(): number { return this.#o.permit; }
  get probe(): boolean { return this.#o.probe; }
  get timeoutMs(): number | undefined { return this.#o.timeoutMs; }
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#abortedBy !== undefined) this.#controller.abort(this.#abortedBy);
    }
    return this.#controller.signal;
  }
  report(facts: Facts): void { this.#reported = { ...this.#reported, ...facts }; }

  /** Runs `fn` to its first ending. Never rejects. */
  run(fn: (call: Call) => T | PromiseLike<T>, startMs: number): Promise<Ended<T>> {
    return new Promise((resolve) => {
      const { signal, timeoutMs } = this.#o;
      let timer: Waiting | undefined;
      const end = (ended: Ended<T>): void => {
        timer?.clear();
        signal?.removeEventListener("abort", cancel);
        resolve(ended);
      };
      const cancel = (): void => {
        if (this.#over) return;
        const error: unknown = signal?.reason ?? new DOMException("the caller gave up", "AbortError");
        end({ kind: "cancelled", error, settled: this.#settle({ cancelled: true }) });
        this.#abort(error);
      };
      if (timeoutMs !== undefined) {
        timer = this.#facade.timers.afterAt(startMs, timeoutMs, () => {
          if (this.#over) return;
          const error = new TimeoutError(this.#o.service, timeoutMs, this.#o.phase);
          end({ kind: "timeout", error, settled: this.#settle({ timedOut: true, exception: "TimeoutError" }) });
          this.#abort(error);
        });
      }
      signal?.addEventListener("abort", cancel, { once: true });
      const value = (v: T): void => { if (!this.#over) end(this.#value(v)); };
      const thrown = (error: unknown): void => { if (!this.#over) end(this.#thrown(error)); };
      try {
        const out = fn(this);
        if (isThenable(out)) out.then(value, thrown); else value(out);
      } catch (error) { thrown(error); }
    });
  }

  #value(value: T): Ended<T> {
    let said: Facts | Outcome | undefined;
    if (this.#o.classify) {
      try { said = this.#o.classify({ value }); } catch (error) {
        return { kind: "failed", error, settled: this.#settle(factsOfValue(value, this.#facade.clock.now()) ?? SUCCESS) };
      }
    }
    const facts = said === undefined ? (factsOfValue(value, this.#facade.clock.now()) ?? SUCCESS) : asFacts(said);
    return { kind: "value", value, settled: this.#settle(facts) };
  }

  #thrown(error: unknown): Ended<T> {
    const facts = factsOfError(error, this.#facade.clock.now());
    if (this.#o.classify) {
      try {
        const said = this.#o.classify({ error });
        if (said !== undefined) return { kind: "failed", error, settled: this.#settle(asFacts(said)) };
      } catch (second) {
        return { kind: "failed", error: second, settled: this.#settle(facts) };
      }
    }
    return { kind: "failed", error, settled: this.#settle(facts) };
  }

  /** Exactly once: the first ending counts, later ones find the attempt over. */
  #settle(facts: Facts | number): Settled | 1 {
    this.#over = true;
    const all = this.#reported ? { ...(typeof facts === "number" ? SUCCEEDED : facts), ...this.#reported } : facts;
    try {
      return this.#facade.settleQuietly(this.#o.permit, all, this.#facade.now(), this.#o.idempotent);
    } catch (error) {
      // facts that the core does not take (a classifier's slip): the permit still goes back
      console.error(`brownout: the facts of a call to \`${this.#o.service}\` were refused`, error);
      return this.#facade.settleQuietly(this.#o.permit, typeof facts === "number" ? facts : { exception: "BadFacts" }, this.#facade.now());
    }
  }

  #abort(reason: unknown): void {
    this.#abortedBy = reason;
    this.#controller?.abort(reason);
  }
}

const SUCCEEDED: Facts = { outcome: "success" };

function asFacts(said: Facts | Outcome): Facts { return typeof said === "string" ? { outcome: said } : said; }

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
