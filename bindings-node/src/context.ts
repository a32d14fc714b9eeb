// The keys of the calls made in this context: whose tenant, whose user.
//
// AsyncLocalStorage where there is one (Node, Next.js on node and edge, Workers with `nodejs_als`), shared by all copies
// of this module. In a browser a plain stack: the keys hold while `fn` runs synchronously, up to its first await.
import { fault } from "./errors.js";
import { shared } from "./series.js";
import type { Keys } from "./types.js";

/** A key as a person may write it. */
export type KeyValue = string | number | bigint | null | undefined;
/** Named keys as a person may write them; `null` takes an outer key away. */
export type KeyValues = Readonly<Record<string, KeyValue>>;

interface Storage {
  getStore(): Keys | undefined;
  run<R>(keys: Keys, fn: () => R): R;
}

class Stack implements Storage {
  #now: Keys | undefined;
  getStore(): Keys | undefined { return this.#now; }
  run<R>(keys: Keys, fn: () => R): R {
    const outer = this.#now;
    this.#now = keys;
    try { return fn(); } finally { this.#now = outer; }
  }
}

const KEY = shared("context");
type Ctor = new () => Storage;

function storage(): Storage {
  const home = globalThis as unknown as Record<symbol, Storage | undefined>;
  return (home[KEY] ??= make());
}

function make(): Storage {
  const known = found();
  return known === undefined ? new Stack() : new known();
}

/** The host's own, if it has one. */
function found(): Ctor | undefined {
  const known = (globalThis as { AsyncLocalStorage?: Ctor }).AsyncLocalStorage;
  if (known) return known;
  const host = (globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } }).process;
  try {
    return (host?.getBuiltinModule?.("node:async_hooks") as { AsyncLocalStorage?: Ctor } | undefined)?.AsyncLocalStorage;
  } catch { return undefined; /* not on this host */ }
}

/**
 * Does a promise carry the context in which it was made into the job that a thenable begins in, as with Node's `async_hooks`? Where
 * contexts are kept by the engine instead (Node 24), or nobody knows, the answer is no.
 */
export function travels(): boolean { return typeof (found()?.prototype as { _propagate?: unknown } | undefined)?._propagate === "function"; }

const home = storage();

/** The keys bound here. */
export function boundKeys(): Keys | undefined { return home.getStore(); }

/** Runs `fn` with these keys added to the outer ones. */
export function withKeys<R>(keys: KeyValues, fn: () => R): R {
  const all: Record<string, string> = { ...home.getStore() };
  for (const [name, value] of Object.entries(keys)) {
    const text = keyText(name, value);
    if (text === undefined) delete all[name]; else all[name] = text;
  }
  return home.run(Object.freeze(all), fn);
}

/** A key as text; nothing for `null` and `undefined`. Throws `wrong_type`. */
export function keyText(name: string, value: KeyValue): string | undefined {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return undefined;
  if (typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value))) return String(value);
  throw fault("wrong_type", `keys.${name}`, "a key is text or an integer", "pass the key as text");
}
