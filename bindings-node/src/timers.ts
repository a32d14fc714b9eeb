// One host timer for everything that waits: call timeouts, pauses between attempts, snapshots.
//
// Entries of equal length stand in one first-in-first-out list, so entering and leaving is O(1) and touches no host timer. Before
// that they wait in a porch, from which the quick ones leave again before anybody looks: such a call makes nothing here. The host timer may fire early and finds nothing; it is never late.
import type { Clock } from "./clock.js";

/** One waiting entry. */
export interface Waiting {
  /** Stops it; harmless when it has already run. */
  clear(): void;
}

/** Where an entry is. */
export type Place = 0 | 1 | 2 | 3 | 4 | 5;
const OUT = 0;
const QUEUED = 1;
/** Queued, and the process stays alive for it. */
const HELD = 2;
/** Taken from its list, and about to run unless it is cleared first. */
const DUE = 3;
/** In the porch, and to be queued; the second keeps the process alive. */
const CAME = 4;
const CAME_HELD = 5;

/** Something that can wait, once. */
export interface Entry {
  /** @internal 0 at first. */
  place: Place;
  /** @internal Null at first. */
  stay: Stay | null;
  /** @internal Its time has come. */
  expire(): void;
}

class Task implements Entry, Waiting {
  place: Place = OUT;
  stay: Stay | null = null;
  readonly #queue: TimerQueue;
  readonly #fn: () => void;
  constructor(queue: TimerQueue, fn: () => void) {
    this.#queue = queue;
    this.#fn = fn;
  }
  expire(): void { this.#fn(); }
  clear(): void { this.#queue.leave(this); }
}

/** @internal A place in a queue. */
export class Stay {
  prev: Stay | null = null;
  next: Stay | null = null;
  constructor(readonly entry: Entry, readonly lane: Lane, public dueMs: number) {}
}

class Lane {
  head: Stay | null = null;
  tail: Stay | null = null;
  constructor(readonly lengthMs: number) {}
}

/** How many entries the porch holds before those that are still there are queued. */
const PORCH = 32;

/** Runs something at the end of this turn of the event loop; at once where the host has no such thing. */
const soon: (fn: () => void) => void = typeof setImmediate === "function" ? setImmediate : (fn) => { fn(); };

/** Lanes that stay around empty; more distinct lengths than this are dropped when they run empty. */
const KEPT_LANES = 64;

/** The shared queue of one clock. */
export class TimerQueue {
  readonly #lanes = new Map<number, Lane>();
  /** The lane that was used last: most calls have the same timeout. */
  #latest: Lane | null = null;
  #timer: unknown = null;
  #timerDue = Number.POSITIVE_INFINITY;
  /** How many entries keep the process alive. */
  #holding = 0;
  /** Does the host timer? It is let go at the end of the turn in which the last of them left: most often the next one is there by then. */
  #held = false;
  #letting = false;
  /** How many entries are queued. */
  #queued = 0;
  /** Entries that came since the last look, with when they are due and how long they wait. */
  readonly #porch: (Entry | null)[] = new Array<Entry | null>(PORCH).fill(null);
  readonly #dues = new Float64Array(PORCH);
  readonly #lengths = new Float64Array(PORCH);
  #came = 0;
  /** Where timers end with the request that set them, each entry has a host timer of its own. */
  readonly #own: WeakMap<Entry, unknown> | null;
  constructor(readonly clock: Clock) { this.#own = clock.perCall ? new WeakMap() : null; }

  /** How many entries wait. */
  get size(): number { return this.#queued + this.#porch.slice(0, this.#came).filter((entry) => entry?.place !== OUT).length; }

  /** Runs `fn` after `delayMs`. `holds` keeps the process alive until then; leave it off for what may be dropped at exit. */
  after(delayMs: number, fn: () => void, holds = true): Waiting {
    const task = new Task(this, fn);
    this.enter(task, this.clock.now(), delayMs, holds);
    return task;
  }

  /** Lets an entry that waits nowhere wait for `delayMs` from `nowMs`, which the caller has just read from the clock. */
  enter(entry: Entry, nowMs: number, delayMs: number, holds: boolean): void {
    const length = delayMs > 0 ? delayMs : 0;
    if (this.#own !== null) return this.#alone(this.#own, entry, length);
    if (this.#came === PORCH) this.#empty();
    const at = this.#came++;
    const due = nowMs + length;
    this.#porch[at] = entry;
    this.#dues[at] = due;
    this.#lengths[at] = length;
    entry.place = CAME;
    if (holds) {
      entry.place = CAME_HELD;
      this.#holding += 1;
    }
    if (due < this.#timerDue || (holds && !this.#held)) this.#set(nowMs, due);
  }

  #set(nowMs: number, due: number): void {
    if (due < this.#timerDue) this.#arm(nowMs, due);
    else this.#hold(true);
  }

  /** Stops an entry; harmless when it does not wait. */
  leave(entry: Entry): void {
    const { place } = entry;
    if (place === OUT) return;
    entry.place = OUT;
    const last = this.#came - 1;
    if (last >= 0 && this.#porch[last] === entry) {
      this.#porch[last] = null;
      this.#came = last;
    }
    if (place !== CAME_HELD) this.#leaveFrom(entry, place);
    else if (--this.#holding === 0 && !this.#letting) this.#letGoSoon();
  }

  #leaveFrom(entry: Entry, place: Place): void {
    if (this.#own !== null) this.clock.clearTimer(this.#own.get(entry));
    else if (entry.stay !== null) this.#unlink(entry.stay, place === HELD);
  }

  /** Queues who is still in the porch, and forgets who was. */
  #empty(): void {
    const came = this.#came;
    this.#came = 0;
    for (let i = 0; i < came; i += 1) {
      const entry = this.#porch[i];
      if (entry === null || entry === undefined) continue;
      this.#porch[i] = null;
      if (entry.place === OUT) continue;
      entry.place = entry.place === CAME ? QUEUED : HELD;
      entry.stay = this.#queue(entry, this.#lengths[i] as number, this.#dues[i] as number);
    }
  }

  #queue(entry: Entry, length: number, dueMs: number): Stay {
    const latest = this.#latest;
    const lane = latest !== null && latest.lengthMs === length ? latest : this.#lane(length);
    const tail = lane.tail;
    const stay = new Stay(entry, lane, dueMs);
    stay.prev = tail;
    if (tail === null) lane.head = stay; else tail.next = stay;
    lane.tail = stay;
    this.#queued += 1;
    return stay;
  }

  #alone(own: WeakMap<Entry, unknown>, entry: Entry, length: number): void {
    entry.place = QUEUED;
    own.set(entry, this.clock.setTimer(() => {
      entry.place = OUT;
      try { entry.expire(); } catch (error) { reportLater(error); }
    }, length));
  }

  #lane(length: number): Lane {
    let lane = this.#lanes.get(length);
    if (!lane) this.#lanes.set(length, (lane = new Lane(length)));
    this.#latest = lane;
    return lane;
  }

  #unlink(stay: Stay, held: boolean): void {
    const { entry, lane, prev, next } = stay;
    if (prev === null) lane.head = next; else prev.next = next;
    if (next === null) lane.tail = prev; else next.prev = prev;
    entry.stay = null;
    if (lane.head === null && this.#lanes.size > KEPT_LANES) {
      this.#lanes.delete(lane.lengthMs);
      if (this.#latest === lane) this.#latest = null;
    }
    this.#queued -= 1;
    if (held && --this.#holding === 0 && !this.#letting) this.#letGoSoon();
  }

  #letGoSoon(): void {
    if (!this.#held) return;
    this.#letting = true;
    soon(this.#letGo);
  }

  readonly #letGo = (): void => {
    this.#letting = false;
    if (this.#holding === 0 && this.#held) this.#hold(false);
  };

  #hold(on: boolean): void {
    if (this.#timer === null) return;
    this.#held = on;
    this.clock.hold?.(this.#timer, on);
  }

  #arm(nowMs: number, due: number): void {
    if (this.#timer !== null) this.clock.clearTimer(this.#timer);
    this.#timerDue = due;
    this.#timer = this.clock.setTimer(() => this.#fire(), Math.max(0, due - nowMs));
    this.#held = false;
    if (this.#holding > 0) this.#hold(true);
  }

  #fire(): void {
    this.#timer = null;
    this.#held = false;
    this.#timerDue = Number.POSITIVE_INFINITY;
    const now = this.clock.now();
    this.#empty();
    const due: Stay[] = []; // they stay clearable until their turn: one entry may clear another
    for (const lane of this.#lanes.values()) {
      for (let e = lane.head; e !== null && e.dueMs <= now; e = lane.head) { this.#unlink(e, e.entry.place === HELD); e.entry.place = DUE; due.push(e); }
    }
    due.sort((a, b) => a.dueMs - b.dueMs);
    for (const { entry } of due) {
      if (entry.place !== DUE) continue;
      entry.place = OUT;
      try { entry.expire(); } catch (error) { reportLater(error); }
    }
    this.#rearm();
  }

  /** The clock was re-based by `byMs`: what is left to wait stays the same. */
  shift(byMs: number): void {
    this.#empty();
    for (const lane of this.#lanes.values()) for (let e = lane.head; e !== null; e = e.next) e.dueMs += byMs;
    this.#timerDue = Number.POSITIVE_INFINITY;
    this.#rearm();
  }

  /** What stands in the porch has set the timer when it came. */
  #rearm(): void {
    let earliest = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes.values()) if (lane.head && lane.head.dueMs < earliest) earliest = lane.head.dueMs;
    if (earliest < this.#timerDue) this.#arm(this.clock.now(), earliest);
  }
}

function reportLater(error: unknown): void {
  console.error("brownout: a timer callback threw", error);
}
