// One simulated time line for the simulator and every host.
//
// Running: simulated time passes `speed` times as fast as real time from a common origin, so a process that was told
// the origin needs no further message. Stepped: time stands still until somebody moves it, so a run repeats to the bit.

const MAX_DELAY_MS = 2 ** 31 - 1;

function checkSpeed(speed) {
  if (!(speed > 0) || !Number.isFinite(speed)) throw new RangeError("speed must be a number above 0");
  return speed;
}

/** Runs `speed` times as fast as real time. Fits the `clock` option of the npm package `brownout`. */
export class RunningClock {
  stepped = false;
  #originSim;
  #originReal;

  /** startMs: simulated epoch milliseconds at the real instant realMs. */
  constructor({ startMs = Date.now(), realMs = Date.now(), speed = 1 } = {}) {
    this.speed = checkSpeed(speed);
    this.#originSim = startMs;
    this.#originReal = realMs;
  }

  now() {
    return this.#originSim + (Date.now() - this.#originReal) * this.speed;
  }

  /** Real milliseconds for a simulated span. */
  real(simMs) {
    return Math.min(Math.max(0, Math.ceil(simMs / this.speed)), MAX_DELAY_MS);
  }

  setTimer(fn, simMs) {
    const timer = setTimeout(fn, this.real(simMs));
    timer.unref();
    return timer;
  }

  clearTimer(timer) {
    clearTimeout(timer);
  }

  hold(timer, on) {
    if (on) timer.ref();
    else timer.unref();
  }

  describe() {
    return { now_ms: this.now(), real_ms: Date.now(), speed: this.speed, stepped: false };
  }
}

/** Stands still until `set`; its timers run when it is moved past them, each at its own instant. */
export class SteppedClock {
  stepped = true;
  #now;
  #timers = new Set();
  #order = 0;

  /** speed is used only by who must wait in real time, such as for an upstream that never answers. */
  constructor({ startMs, speed = 1 }) {
    this.speed = checkSpeed(speed);
    this.#now = startMs;
  }

  now() {
    return this.#now;
  }

  real(simMs) {
    return Math.ceil(simMs / this.speed);
  }

  setTimer(fn, simMs) {
    const timer = { fn, dueMs: this.#now + Math.max(0, simMs), order: this.#order++ };
    this.#timers.add(timer);
    return timer;
  }

  clearTimer(timer) {
    this.#timers.delete(timer);
  }

  /** Moves forward to `ms`, running the timers on the way; an earlier instant changes nothing. */
  set(ms) {
    if (!Number.isFinite(ms)) throw new RangeError("an instant must be a number of milliseconds");
    for (let due = this.#first(ms); due; due = this.#first(ms)) {
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.dueMs);
      due.fn();
    }
    this.#now = Math.max(this.#now, ms);
  }

  /** Moves to the earliest timer and runs it; false when there is none. */
  stepToNext() {
    const next = this.#first(Number.POSITIVE_INFINITY);
    if (next) this.set(next.dueMs);
    return next !== undefined;
  }

  #first(limit) {
    return [...this.#timers]
      .filter((t) => t.dueMs <= limit)
      .sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0];
  }

  describe() {
    return { now_ms: this.#now, real_ms: Date.now(), speed: this.speed, stepped: true };
  }
}

/** The clock that another process described with `describe()`. */
export function follow({ now_ms, real_ms, speed, stepped }) {
  return stepped
    ? new SteppedClock({ startMs: now_ms, speed })
    : new RunningClock({ startMs: now_ms, realMs: real_ms, speed });
}
