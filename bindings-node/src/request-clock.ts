// Time at the edge, where an isolate lives from request to request.
import type { Clock } from "./clock.js";

/**
 * The clock of edge runtimes. Time stands still between requests, a timer ends with the request that set it, and neither timers nor
 * the right time are to be had while modules are loaded. So each call keeps a timer of its own, nothing runs in the background, and
 * an engine made at time 0 begins anew at the first instant that is one.
 */
export class RequestClock implements Clock {
  readonly perCall = true;
  steps = 0;
  #began: boolean;
  readonly #wall: () => number;
  constructor(wall: () => number = () => Date.now()) {
    this.#wall = wall;
    this.#began = wall() > 0;
  }

  now(): number {
    const at = this.#wall();
    if (!this.#began && at > 0) {
      this.#began = true;
      this.steps = 1;
    }
    return at;
  }
  setTimer(fn: () => void, delayMs: number): unknown { return setTimeout(fn, Math.max(0, Math.ceil(delayMs))); }
  clearTimer(timer: unknown): void { clearTimeout(timer as never); }
}
