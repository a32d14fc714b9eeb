// One engine per name and process, whatever a bundler does: Next.js gives routes, pages, instrumentation and proxy separate
// copies of every module, but they share `globalThis`.

import { shared } from "./series.js";

const KEY = shared("named");

/** The named engines of this process. */
export function named<T>(): Map<string, T> {
  const home = globalThis as unknown as Record<symbol, Map<string, T> | undefined>;
  return (home[KEY] ??= new Map());
}
