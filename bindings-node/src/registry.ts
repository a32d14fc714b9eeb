// One engine per name and process, whatever a bundler does: Next.js gives routes, pages, instrumentation and proxy separate
// copies of every module, but they share `globalThis`.

const KEY = Symbol.for("brownout@0/named");

/** The named engines of this process. */
export function named<T>(): Map<string, T> {
  const home = globalThis as unknown as Record<symbol, Map<string, T> | undefined>;
  return (home[KEY] ??= new Map());
}
