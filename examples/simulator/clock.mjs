// One simulated time line for the simulator and every host.
//
// Running: simulated time passes `speed` times as fast as real time, from a common origin, so a process that was told
// the origin needs no further message. Stepped: time stands still until somebody sets it, so a run repeats to the bit.

export class ScaledClock {
  #originSim;
  #originReal;
  #stepped;

  /** startMs: simulated epoch milliseconds at realMs; speed: simulated seconds per real second. */
  constructor({ startMs = Date.now(), realMs = Date.now(), speed = 1, stepped = false } = {}) {
    if (!(speed > 0) || !Number.isFinite(speed)) throw new RangeError("speed must be a number above 0");
    this.speed = speed;
    this.#originSim = startMs;
    this.#originReal = realMs;
    this.#stepped = stepped;
  }

  /** The clock that another process described with `describe()`. */
  static follow({ now_ms, real_ms, speed, stepped }) {
    return new ScaledClock({ startMs: now_ms, realMs: real_ms, speed, stepped });
  }

  get stepped() {
    return this.#stepped;
  }

  now = () =>
    this.#stepped ? this.#originSim : this.#originSim + (Date.now() - this.#originReal) * this.speed;

  /** Moves a stepped clock forward to `ms`; an earlier instant changes nothing. */
  set(ms) {
    if (!this.#stepped) throw new Error("only a stepped clock can be set");
    if (!Number.isFinite(ms)) throw new RangeError("an instant must be a number of milliseconds");
    this.#originSim = Math.max(this.#originSim, ms);
  }

  /** Real milliseconds for a simulated span. */
  real = (simMs) => simMs / this.speed;

  /** Calls `fn` after a simulated span; returns what cancels it. */
  after(simMs, fn) {
    const timer = setTimeout(fn, Math.min(this.real(simMs), 2 ** 31 - 1));
    return () => clearTimeout(timer);
  }

  describe() {
    return { now_ms: this.now(), real_ms: Date.now(), speed: this.speed, stepped: this.#stepped };
  }
}
