// Time as the engine wants it: wall-anchored and monotonic, so that a step of the wall clock moves no deadline by surprise.

/** Reads time and keeps timers. Tests and scaled demos bring their own. */
export interface Clock {
  /** Milliseconds since the epoch, fractions allowed. */
  now(): number;
  /** How often the clock was set anew since it was made; the engine is re-based when this grows and time went back. */
  readonly steps?: number;
  /** Timers end with the request that set them: no call may lean on the timer of another, and nothing runs between requests. */
  readonly perCall?: boolean;
  /** Runs `fn` once, about `delayMs` of this clock's milliseconds from now. Never keeps the process alive unless `hold` says so. */
  setTimer(fn: () => void, delayMs: number): unknown;
  clearTimer(timer: unknown): void;
  /** Lets a running timer keep the process alive, or no longer. Optional. */
  hold?(timer: unknown, on: boolean): void;
}

const FAR_MS = 1000;
const LONG_MS = 5000;
const LOOK_EVERY_MS = 1000;
/** Longest delay that `setTimeout` takes. */
const MAX_DELAY_MS = 2_147_483_647;

/**
 * The process's clock: `performance.now()` on an anchor. When the wall clock stays more than 1 s away for 5 s (a suspended
 * laptop, a stepped NTP), the anchor follows it; a step back then reaches the engine as an order `rebase`.
 */
export class WallClock implements Clock {
  #anchor: number;
  #lookedAt: number;
  #awaySince = -1;
  steps = 0;
  readonly #mono: () => number;
  readonly #wall: () => number;

  constructor(mono: () => number = monotonic(), wall: () => number = () => Date.now()) {
    this.#mono = mono;
    this.#wall = wall;
    this.#lookedAt = mono();
    this.#anchor = wall() - this.#lookedAt;
  }

  now(): number {
    const mono = this.#mono();
    if (mono - this.#lookedAt >= LOOK_EVERY_MS) this.#look(mono);
    return this.#anchor + mono;
  }

  #look(mono: number): void {
    this.#lookedAt = mono;
    const drift = this.#wall() - (this.#anchor + mono);
    if (Math.abs(drift) <= FAR_MS) this.#awaySince = -1;
    else if (this.#awaySince < 0) this.#awaySince = mono;
    else if (mono - this.#awaySince >= LONG_MS) {
      this.#anchor += drift;
      this.steps += 1;
      this.#awaySince = -1;
    }
  }

  setTimer(fn: () => void, delayMs: number): unknown {
    const timer: unknown = setTimeout(fn, Math.min(Math.max(0, Math.ceil(delayMs)), MAX_DELAY_MS));
    (timer as { unref?: () => void }).unref?.();
    return timer;
  }
  clearTimer(timer: unknown): void { clearTimeout(timer as never); }
  hold(timer: unknown, on: boolean): void {
    const t = timer as { ref?: () => void; unref?: () => void };
    if (on) t.ref?.(); else t.unref?.();
  }
}

/** Runs `speed` times as fast as `base`, from the instant at which it is made. For demos: the policy stays as it is. */
export class ScaledClock implements Clock {
  readonly #start: number;
  readonly #from: number;
  constructor(readonly speed: number, readonly base: Clock = new WallClock(), from?: number) {
    this.#start = base.now();
    this.#from = from ?? this.#start;
  }
  get steps(): number { return this.base.steps ?? 0; }
  get perCall(): boolean { return this.base.perCall === true; }
  now(): number { return this.#from + (this.base.now() - this.#start) * this.speed; }
  setTimer(fn: () => void, delayMs: number): unknown { return this.base.setTimer(fn, delayMs / this.speed); }
  clearTimer(timer: unknown): void { this.base.clearTimer(timer); }
  hold(timer: unknown, on: boolean): void { this.base.hold?.(timer, on); }
}

/** The global `performance` is a getter in Node, and is asked once. */
function monotonic(): () => number {
  const host = performance;
  return () => host.now();
}

/**
 * Watches whether the engine's own clock stands ahead of the host's: one wrong future instant (a snapshot from a machine
 * with a wrong clock) would pin it there. True once the host has stayed more than 1 s behind for 5 s.
 */
export class BehindWatch {
  /** The latest instant that the engine is known to stand at. */
  last = Number.NEGATIVE_INFINITY;
  #since = Number.NaN;
  /** Nothing is behind: an instant that is not before `last` may be put there without more ado. */
  calm = true;
  /** The engine says that it stands at `at` (effect `clock_behind`). */
  engineAt(at: number): void { if (at > this.last) this.last = at; }
  /** Takes the instant that is about to be fed. */
  feed(at: number): boolean {
    const over = this.#behind(at);
    this.calm = Number.isNaN(this.#since);
    return over;
  }
  #behind(at: number): boolean {
    if (at >= this.last) { this.last = at; this.#since = Number.NaN; return false; }
    if (this.last - at <= FAR_MS) { this.#since = Number.NaN; return false; }
    if (Number.isNaN(this.#since)) { this.#since = at; return false; }
    // a further step back starts the count again
    if (at < this.#since) { this.#since = at; return false; }
    return at - this.#since >= LONG_MS;
  }
  /** The re-base was ordered. */
  rebased(at: number): void { this.last = at; this.#since = Number.NaN; this.calm = true; }
}
