// Names of keys to the engine's handles: bounded, with the hot ones near.
//
// Two generations instead of a linked list: a hit costs one map look-up, and when the young half is full the old half is
// forgotten at once. A forgotten handle is only interned again; the engine keeps its own table.

/** Bounded map from key name to handle. */
export class KeyCache {
  #young = new Map<string, number>();
  #old = new Map<string, number>();
  readonly #half: number;
  constructor(capacity: number) { this.#half = Math.max(1, Math.floor(capacity / 2)); }

  /** The handle, or 0 when it is not here. */
  get(name: string): number {
    const young = this.#young.get(name);
    if (young !== undefined) return young;
    const old = this.#old.get(name);
    if (old === undefined) return 0;
    this.set(name, old);
    return old;
  }
  set(name: string, handle: number): void {
    if (this.#young.size >= this.#half) { this.#old = this.#young; this.#young = new Map(); }
    this.#young.set(name, handle);
  }
  delete(name: string): void { this.#young.delete(name); this.#old.delete(name); }
  clear(): void { this.#young.clear(); this.#old.clear(); }
  /** Never above the capacity. */
  get size(): number { return this.#young.size + this.#old.size; }
}
