// One HTTP call to an upstream, and how simulated time passes while it waits.

/** How long code without Brownout waits: the timeout that an HTTP client gets when nobody thinks about it much. */
export const NAIVE_TIMEOUT_MS = 30_000;

/** A stepped host that hears nothing for this long (simulated, so much shorter in real time) moves on to its next timer. */
const PATIENCE_MS = 30_000;

/** Real milliseconds that a ping may take: a busy machine is not a lost database. */
const PING_MS = 3000;

/** Real milliseconds between two looks at work on a stepped clock. */
const STEP_MS = 5;

export class Upstreams {
  #simulator;
  #clock;
  #caller;
  #open = 0;

  constructor({ simulator, clock, caller }) {
    this.#simulator = simulator;
    this.#clock = clock;
    this.#caller = caller;
  }

  /** One request as a guarded function sends it; resolves to the response. */
  guarded(call, { tenant, signal }) {
    return this.#send(call, { tenant, signal, caller: this.#caller }, this.fetch);
  }

  /** The same request through a `fetch` of Brownout's. */
  through(fetch, call, { tenant }) {
    return this.#send(call, { tenant, caller: this.#caller }, fetch);
  }

  /** A `fetch` on the host's own time line: on a stepped clock time moves on by as much as the upstream took. */
  fetch = async (input, init) => {
    if (!this.#clock.stepped) return fetch(input, init);
    const began = this.#clock.now();
    this.#open += 1;
    try {
      const response = await fetch(input, init);
      const body = await response.arrayBuffer();
      this.#clock.set(began + tookMs(response));
      return new Response(body, { status: response.status, headers: response.headers });
    } finally {
      this.#open -= 1;
    }
  };

  /**
   * Awaits work on a stepped clock, which nobody else moves meanwhile: whenever the work waits for a timer (a pause between
   * attempts, the timeout of a call that hears nothing), time moves on to it.
   */
  async settled(work) {
    if (!this.#clock.stepped) return work;
    let pending = true;
    const done = work.finally(() => {
      pending = false;
    });
    done.catch(() => {}); // the caller sees it below
    for (let quietMs = 0; pending; quietMs += STEP_MS) {
      await Promise.race([done.catch(() => {}), new Promise((resolve) => setTimeout(resolve, STEP_MS))]);
      const patient = this.#open > 0 && quietMs < this.#clock.real(PATIENCE_MS);
      if (pending && !patient) this.#clock.stepToNext();
    }
    return done;
  }

  /** The same call as code without Brownout makes it: { response, waitedMs }. Never moves a stepped clock. */
  async bare(call, { tenant }) {
    const began = this.#clock.now();
    const waited = (steppedMs) => (this.#clock.stepped ? steppedMs : this.#clock.now() - began);
    try {
      const signal = AbortSignal.timeout(this.#clock.real(NAIVE_TIMEOUT_MS));
      const response = await this.#send(call, { tenant, signal, caller: `${this.#caller}-bare` }, fetch);
      return { response, waitedMs: waited(tookMs(response)) };
    } catch (error) {
      return { error, waitedMs: waited(error.name === "TimeoutError" ? NAIVE_TIMEOUT_MS : 0) };
    }
  }

  #send(call, { tenant, signal, caller }, send) {
    return send(`${this.#simulator}${call.path}`, {
      method: "POST",
      ...(signal && { signal }),
      headers: {
        "content-type": "application/json",
        "x-caller": caller,
        "x-tenant": tenant,
        ...(this.#clock.stepped && { "x-sim-now": String(this.#clock.now()) }),
      },
      body: JSON.stringify(call.body),
    });
  }

  /** Is the database or the cache there? { ok, latencyMs } */
  async ping(name) {
    try {
      const response = await fetch(`${this.#simulator}/${name}/ping`, {
        headers: { "x-caller": this.#caller },
        signal: AbortSignal.timeout(PING_MS),
      });
      return { ok: response.ok, latencyMs: tookMs(response) };
    } catch {
      return { ok: false, latencyMs: PING_MS };
    }
  }
}

function tookMs(response) {
  return Number(response.headers.get("x-sim-took-ms") ?? 0);
}
