// The engine's next instant, as one host timer that never keeps the process alive. Where no timer outlives its request there is
// none: the next call looks.
import type { Clock } from "./clock.js";

/** Rings once at the earliest of the instants that it was set to. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #timer: unknown = null;
  #at = Number.POSITIVE_INFINITY;
  #over: boolean;
  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#over = clock.perCall === true;
    this.#ring = ring;
  }

  /** An instant below 0 is none; an earlier one that is already set stays, as ringing early is harmless. */
  set(atMs: number, nowMs: number): void {
    if (atMs < 0 || this.#over) return;
    if (this.#timer !== null) {
      if (this.#at <= atMs && this.#at > nowMs) return;
      this.#clock.clearTimer(this.#timer);
    }
    this.#at = atMs;
    this.#timer = this.#clock.setTimer(() => {
      this.#timer = null;
      this.#at = Number.POSITIVE_INFINITY;
      this.#ring();
    }, Math.max(0, atMs - nowMs));
  }

  /** Forgets its instant. */
  clear(): void {
    if (this.#timer !== null) this.#clock.clearTimer(this.#timer);
    this.#timer = null;
    this.#at = Number.POSITIVE_INFINITY;
  }

  /** Never rings again. */
  close(): void {
    this.clear();
    this.#over = true;
  }
}
