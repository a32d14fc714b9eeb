// `brownout/testing`: a clock that stands still until a test moves it.
import type { Clock } from "./clock.js";

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

/** Lets pending promises run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
}
