// One host timer for everything that waits: call timeouts, pauses between attempts, the engine's next instant.
//
// Entries of equal length stand in one first-in-first-out list, so setting and clearing one is O(1) and touches no host
// timer: a call that ends in time costs two pointer swaps. The host timer may fire early and finds nothing; it is never late.
import type { Clock } from "./clock.js";

/** One waiting entry. */
export interface Waiting {
  /** Stops it; harmless when it has already run. */
  clear(): void;
}

class Entry implements Waiting {
  prev: Entry | null = null;
  next: Entry | null = null;
  waits = true;
  queued = true;
  constructor(readonly lane: Lane, readonly queue: TimerQueue, public dueMs: number, readonly fn: () => void, readonly holds: boolean) {}
  clear(): void {
    if (this.waits) { this.waits = false; this.queue.remove(this); }
  }
}

class Lane {
  head: Entry | null = null;
  tail: Entry | null = null;
  constructor(readonly lengthMs: number) {}
}

/** Lanes that stay around empty; more distinct lengths than this are dropped when they run empty. */
const KEPT_LANES = 64;

/** The shared queue of one clock. */
export class TimerQueue {
  readonly #lanes = new Map<number, Lane>();
  #timer: unknown = null;
  #timerDue = Number.POSITIVE_INFINITY;
  #holding = 0;
  #live = 0;
  constructor(readonly clock: Clock) {}

  /** How many entries wait. */
  get size(): number { return this.#live; }

  /** Runs `fn` after `delayMs`. `holds` keeps the process alive until then; leave it off for what may be dropped at exit. */
  after(delayMs: number, fn: () => void, holds = true): Waiting {
    return this.afterAt(this.clock.now(), delayMs, fn, holds);
  }

  /** The same for a caller that has just read the clock. */
  afterAt(nowMs: number, delayMs: number, fn: () => void, holds = true): Waiting {
    const length = delayMs > 0 ? delayMs : 0;
    let lane = this.#lanes.get(length);
    if (!lane) this.#lanes.set(length, (lane = new Lane(length)));
    const tail = lane.tail;
    const due = nowMs + length;
    const entry = new Entry(lane, this, due, fn, holds);
    entry.prev = tail;
    if (tail) tail.next = entry; else lane.head = entry;
    lane.tail = entry;
    this.#live += 1;
    if (holds && this.#holding++ === 0 && this.#timer !== null) this.clock.hold?.(this.#timer, true);
    if (due < this.#timerDue) this.#arm(nowMs, due);
    return entry;
  }

  /** @internal */
  remove(entry: Entry): void {
    if (!entry.queued) return;
    entry.queued = false;
    const lane = entry.lane;
    if (entry.prev) entry.prev.next = entry.next; else lane.head = entry.next;
    if (entry.next) entry.next.prev = entry.prev; else lane.tail = entry.prev;
    entry.prev = entry.next = null;
    this.#live -= 1;
    if (lane.head === null && this.#lanes.size > KEPT_LANES) this.#lanes.delete(lane.lengthMs);
    if (entry.holds && --this.#holding === 0 && this.#timer !== null) this.clock.hold?.(this.#timer, false);
  }

  #arm(nowMs: number, due: number): void {
    if (this.#timer !== null) this.clock.clearTimer(this.#timer);
    this.#timerDue = due;
    this.#timer = this.clock.setTimer(() => this.#fire(), Math.max(0, due - nowMs));
    if (this.#holding > 0) this.clock.hold?.(this.#timer, true);
  }

  #fire(): void {
    this.#timer = null;
    this.#timerDue = Number.POSITIVE_INFINITY;
    const now = this.clock.now();
    const due: Entry[] = []; // they stay clearable until their turn: one entry may clear another
    for (const lane of this.#lanes.values()) {
      for (let e = lane.head; e !== null && e.dueMs <= now; e = lane.head) { this.remove(e); due.push(e); }
    }
    due.sort((a, b) => a.dueMs - b.dueMs);
    for (const e of due) {
      if (!e.waits) continue;
      e.waits = false;
      try { e.fn(); } catch (error) { reportLater(error); }
    }
    this.#rearm();
  }

  /** The clock was re-based by `byMs`: what is left to wait stays the same. */
  shift(byMs: number): void {
    for (const lane of this.#lanes.values()) for (let e = lane.head; e !== null; e = e.next) e.dueMs += byMs;
    this.#timerDue = Number.POSITIVE_INFINITY;
    this.#rearm();
  }

  #rearm(): void {
    let earliest = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes.values()) if (lane.head && lane.head.dueMs < earliest) earliest = lane.head.dueMs;
    if (earliest < this.#timerDue) this.#arm(this.clock.now(), earliest);
  }
}

function reportLater(error: unknown): void {
  console.error("brownout: a timer callback threw", error);
}
