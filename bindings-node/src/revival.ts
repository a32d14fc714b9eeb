// After a trap the wasm instance is not to be trusted: it is dropped with every engine inside it, and each engine is
// rebuilt from its last snapshot when it is next needed. Every copy of this module has an instance of its own.
import type { EngineLoader } from "./raw.js";

interface Droppable { drop(cause: string): void }
interface Seat { readonly engine: Droppable; readonly loader: EngineLoader }

const seats = new Set<Seat>();
/** The wait after the second trap in a row; it doubles from there. */
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
/** An engine that has run this long has recovered. */
const CALM_MS = 60_000;

/** When one engine may be rebuilt: at once after a first trap, then with growing waits. */
export class Revival {
  readonly #seat: Seat;
  #lastTrap = Number.NEGATIVE_INFINITY;
  #notBefore = Number.NEGATIVE_INFINITY;
  #inRow = 0;
  constructor(engine: Droppable, loader: EngineLoader) { this.#seat = { engine, loader }; }

  enlist(): void { seats.add(this.#seat); }
  leave(): void { seats.delete(this.#seat); }

  /** How long a rebuild still waits after the latest trap. */
  get waitMs(): number { return this.#inRow <= 1 ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.#inRow - 2)); }
  due(at: number): boolean { return at >= this.#notBefore || at < this.#lastTrap; }

  /** Drops every engine of the same instance: each has lost what came after its last snapshot. */
  trapped(at: number, message: string): void {
    this.#inRow = at - Math.max(this.#lastTrap, this.#notBefore) > CALM_MS ? 1 : this.#inRow + 1;
    this.#lastTrap = at;
    this.#notBefore = at + this.waitMs;
    const { loader } = this.#seat;
    const cause = loader.kind === "wasm" ? `trap: ${message}` : "panic";
    try { loader.discard(); } catch { /* the next create says what is wrong */ }
    if (loader.kind === "wasm") for (const seat of seats) if (seat.loader === loader && seat !== this.#seat) seat.engine.drop(cause);
    this.#seat.engine.drop(cause);
  }
}
