// `brownout/testing`: an engine whose time a test moves by hand, and what a test asks of it. Works with any test runner.
import type { Clock } from "./clock.js";
import { Brownout, type BrownoutOptions, type PolicyInput } from "./index.js";

interface Timer { readonly at: number; readonly order: number; readonly fn: () => void }

/** A clock with timers of its own. `await clock.advance(ms)` runs everything that falls due on the way, in order. */
export class FakeClock implements Clock {
  #now: number;
  #order = 0;
  readonly #timers = new Set<Timer>();
  constructor(startMs = 0) { this.#now = startMs; }

  now(): number { return this.#now; }
  setTimer(fn: () => void, delayMs: number): unknown {
    const timer: Timer = { at: this.#now + Math.max(0, delayMs), order: this.#order++, fn };
    this.#timers.add(timer);
    return timer;
  }
  clearTimer(timer: unknown): void { this.#timers.delete(timer as Timer); }

  /** How many timers wait. */
  get pending(): number { return this.#timers.size; }
  /** When the first of them is due. */
  get nextMs(): number | undefined { return this.#first()?.at; }

  /** Sets the clock without running anything, also backwards: what a wrong wall clock does. */
  jump(toMs: number): void { this.#now = toMs; }

  /** Moves on by `ms`, running timers at their instants and letting promises settle after each. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let timer = this.#first(); timer && timer.at <= end; timer = this.#first()) {
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.at);
      timer.fn();
      await settle();
    }
    this.#now = end;
    await settle();
  }

  #first(): Timer | undefined {
    let first: Timer | undefined;
    for (const t of this.#timers) if (!first || t.at < first.at || (t.at === first.at && t.order < first.order)) first = t;
    return first;
  }
}

/** What a test puts a breaker into: `open` refuses every call, `closed` begins anew, `disabled` lets all pass, `normal` ends it. */
export type Forced = "open" | "closed" | "disabled" | "normal";
const ORDERS: Readonly<Record<Forced, string>> = { open: "force_open", closed: "force_close", disabled: "disable", normal: "reset" };

/** What a refusal must be; what is left out may be anything. */
export interface Wanted { code?: string; gate?: string; rule?: string; scope?: "service" | "tenant" }

/** What was expected of an engine, and what it said. */
export class ExpectationError extends Error {
  override readonly name = "AssertionError";
  constructor(readonly expected: unknown, readonly actual: unknown, message: string) { super(message); }
}

/** A refusal in its answer to any way of asking: a `Result` of a guard, a `Refused` of `admit`, or the reason alone. */
function reasonOf(answer: unknown): Record<string, unknown> | null {
  if (typeof answer !== "object" || answer === null) return null;
  const { refusal, gate, code } = answer as Record<string, unknown>;
  if (typeof refusal === "object" && refusal !== null) return refusal as Record<string, unknown>;
  return typeof gate === "string" && typeof code === "string" ? (answer as Record<string, unknown>) : null;
}

/** Throws unless `answer` (a `Result`, the promise of one, or what `admit` said) is a refusal as wanted. Gives the refusal. */
export async function expectRefused(answer: unknown, want: Wanted = {}): Promise<Record<string, unknown>> {
  const found: unknown = await answer;
  return compared(reasonOf(found), want, "the call");
}

function compared(reason: Record<string, unknown> | null, want: Wanted, who: string): Record<string, unknown> {
  if (reason === null) throw new ExpectationError(want, null, `expected ${who} to be refused${said(want)}, and it was not`);
  const differs = Object.entries(want).filter(([key, value]) => value !== undefined && reason[key] !== value);
  if (differs.length > 0) throw new ExpectationError(want, reason, `expected ${who} to be refused${said(want)}, and it was${said(reason)}`);
  return reason;
}
function said(reason: object): string {
  const { code, gate, rule, scope } = reason as Record<string, unknown>;
  const words = Object.entries({ code, gate, rule, scope }).filter(([, value]) => value !== undefined).map(([key, value]) => `${key} ${String(value)}`);
  return words.length > 0 ? ` (${words.join(", ")})` : "";
}

/** An engine outside the registry, whose time stands still until the test moves it, with the same draws in every run. */
export class TestBrownout extends Brownout {
  readonly clock: FakeClock;
  constructor(policy: PolicyInput, options: Omit<BrownoutOptions, "policy" | "clock"> & { startMs?: number } = {}) {
    const { startMs, ...rest } = options;
    const clock = new FakeClock(startMs ?? START_MS);
    super({ seed: 1, ...rest, policy, clock });
    this.clock = clock;
  }

  /** Puts the breaker of a service, or of one of its keys, into a state until `normal`. */
  force(service: string, state: Forced, keys: Readonly<Record<string, string>> = {}): void {
    this.command(ORDERS[state], { service, ...(Object.keys(keys).length > 0 ? { keys } : {}) });
  }

  /** Lets time pass: everything that falls due on the way runs at its instant. */
  async pass(ms: number): Promise<void> { await this.clock.advance(ms); }

  /** Throws unless a call of now would be refused as wanted. Takes and counts nothing. */
  expectRefused(service: string, want: Wanted = {}, keys: Readonly<Record<string, string>> = {}): Record<string, unknown> {
    return compared(reasonOf(this.#asked(service, keys)), want, `a call of \`${service}\``);
  }

  /** Throws unless a call of now would be granted. Takes and counts nothing. */
  expectGranted(service: string, keys: Readonly<Record<string, string>> = {}): void {
    const reason = reasonOf(this.#asked(service, keys));
    if (reason !== null) throw new ExpectationError(null, reason, `expected a call of \`${service}\` to be granted, and it was refused${said(reason)}`);
  }

  #asked(service: string, keys: Readonly<Record<string, string>>): unknown { return this.explain(service, keys); }
}

/** Where a test's time begins unless it says otherwise: some instant, far from both ends. */
const START_MS = 1_700_000_000_000;

/** Lets pending promises run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
}
