// What happened, for people: a bounded timeline, and what the traffic came to in each of the two columns.

const KEPT_ENTRIES = 20_000;
const KEPT_CALLS = 240;

export class Timeline {
  #entries = [];
  #seq = 0;

  add(entry) {
    this.#seq += 1;
    this.#entries.push({ seq: this.#seq, ...entry });
    if (this.#entries.length > KEPT_ENTRIES) this.#entries.splice(0, KEPT_ENTRIES / 10);
  }

  /** Entries after a sequence number, oldest first; at most the `limit` latest. */
  list({ after = 0, kinds, limit = 500 } = {}) {
    const wanted = this.#entries.filter((e) => e.seq > after && (!kinds || kinds.includes(e.kind)));
    return wanted.slice(-limit);
  }
}

class Column {
  calls = 0;
  reached = 0;
  ok = 0;
  failed = 0;
  fallback = 0;
  waited_ms = 0;
  /** Waiting that ended in a failure. */
  wasted_ms = 0;
  recent = [];

  add({ service, outcome, waitedMs, reached }) {
    this.calls += 1;
    this.reached += reached ? 1 : 0;
    this[outcome] += 1;
    this.waited_ms += waitedMs;
    if (outcome === "failed") this.wasted_ms += waitedMs;
    this.recent.push({ service, outcome, waited_ms: Math.round(waitedMs) });
    if (this.recent.length > KEPT_CALLS) this.recent.shift();
  }
}

export class Traffic {
  without = new Column();
  with = new Column();
}
