// Effects to listeners. A listener runs after the call that caused the effect, one effect at a time, and cannot break it.
import type { Effect } from "./types.js";

/** Takes one effect. */
export type Listener = (effect: Effect) => void;

/** Who listens to what. */
export class Listeners {
  readonly #byKind = new Map<string, Set<Listener>>();
  readonly #line: Effect[] = [];
  #running = false;
  /** Effects that found nobody stay cheap. */
  get size(): number { return this.#byKind.size; }

  /** `kind` is an effect's name such as `breaker_changed`, or `*`. Returns what ends it. */
  on(kind: string, listener: Listener): () => void {
    let set = this.#byKind.get(kind);
    if (!set) this.#byKind.set(kind, (set = new Set()));
    set.add(listener);
    return () => {
      set.delete(listener);
      if (set.size === 0 && this.#byKind.get(kind) === set) this.#byKind.delete(kind);
    };
  }

  /** In order; effects caused by a listener's own calls wait for their turn. */
  emit(effects: readonly Effect[]): void {
    if (this.#byKind.size === 0) return;
    this.#line.push(...effects);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let effect = this.#line.shift(); effect !== undefined; effect = this.#line.shift()) {
        for (const kind of [effect.effect, "*"]) {
          for (const listener of [...(this.#byKind.get(kind) ?? [])]) {
            try { listener(effect); } catch (error) { console.error(`brownout: a listener of \`${kind}\` threw`, error); }
          }
        }
      }
    } finally { this.#running = false; }
  }
}
