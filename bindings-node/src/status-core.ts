// The status client of the core: as wasm where a page may run it, else the same rules in JavaScript.
import { PlainStatus } from "./status-plain.js";

/** What the `status` build offers. Times are milliseconds since the epoch. */
export interface RawStatus {
  /** An answer came: true when what the page shows has changed. Throws on text that is no status; it then counts as missed. */
  feed(blob: string, atMs: number): boolean;
  missed(atMs: number): void;
  /** The server asks for polls at least so far apart; below 0 ends it. */
  hint(waitMs: number, atMs: number): void;
  nextPollMs(): number;
  /** When the last answer stops being believed; -1 before the first. */
  staleAtMs(): number;
  /** Everything for a page, as JSON. */
  view(lang: string, atMs: number): string;
}

let opened: ((seed: number, atMs: number) => RawStatus) | undefined;

/** @internal Set by the build that carries the wasm. */
export function useStatus(open: (seed: number, atMs: number) => RawStatus): void { opened = open; }

/** A status client; the plain one where a content security policy forbids wasm. */
export function openStatus(seed: number, atMs: number): RawStatus {
  if (opened) {
    try { return opened(seed, atMs); } catch { opened = undefined; }
  }
  return new PlainStatus(seed, atMs);
}
