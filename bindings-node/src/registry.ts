// One engine per name and process, whatever a bundler does: Next.js gives routes, pages, instrumentation and proxy separate
// copies of every module, but they share `globalThis`.
import { shared } from "./series.js";

const KEY = shared("named");
const TALLY = shared("tally");

/** What this process has of engines, named or not: how many are open, and how often one was rebuilt. */
export function tally(): { engines: number; rebuilds: number } {
  const home = globalThis as unknown as Record<symbol, { engines: number; rebuilds: number } | undefined>;
  return (home[TALLY] ??= { engines: 0, rebuilds: 0 });
}

/** The named engines of this process. */
export function named<T>(): Map<string, T> {
  const home = globalThis as unknown as Record<symbol, Map<string, T> | undefined>;
  return (home[KEY] ??= new Map());
}
