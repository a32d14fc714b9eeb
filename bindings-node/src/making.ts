// How a facade is made, and what it takes where nothing is said.
import type { Clock } from "./clock.js";
import type { EngineLoader } from "./raw.js";
import type { RecordSink } from "./tape.js";

/** How a facade is made. */
export interface FacadeOptions {
  loader: EngineLoader;
  policyJson: string;
  seed: bigint;
  clock: Clock;
  /** Bytes of an earlier `snapshot()` of the same policy. */
  snapshot?: Uint8Array;
  /** How many key handles are remembered. */
  keyCache?: number;
  /** How often a changed engine is snapshotted in memory. */
  snapshotEveryMs?: number;
  onSnapshot?: (bytes: Uint8Array) => void;
  /** Gets every input from the first on. */
  record?: RecordSink;
}

/** How many key handles are remembered unless the options say otherwise: a bound of memory (some 20 MB), not a rule. */
export const KEY_CACHE = 262_144;
/** The rest between two parts of a snapshot. */
export const PART_EVERY_MS = 1;
/** How often a changed engine is snapshotted unless the options say otherwise. */
export const SNAPSHOT_EVERY_MS = 30_000;
