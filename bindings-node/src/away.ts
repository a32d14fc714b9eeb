// What callers are told while the engine is away: the policy of each service decides, and hosts know it beforehand.
import { BrownoutError, fault } from "./errors.js";
import type { Refused } from "./read.js";
import type { Grant, ServiceInfo, Settled } from "./types.js";

/** A call that goes ungoverned. */
export const UNGOVERNED: Grant = Object.freeze({ permit: 0, probe: false });

/** A settlement that nobody took in. */
export const UNSETTLED: Settled = Object.freeze({ counted: false, outcome: "neutral", because: "engine_lost" });

/** May the call go through ungoverned, or is it refused? */
export function away(service: ServiceInfo | undefined): Grant | Refused {
  if (service?.on_engine_failure !== "refuse") return UNGOVERNED;
  return { refusal: Object.freeze({ gate: "engine", code: "engine_lost", scope: "service", exact: false, ...(service.fallback ? { fallback: service.fallback } : {}) }) };
}

/** A question by hand gets this. */
export function lost(): BrownoutError {
  return fault("engine_lost", "", "the engine is away: it stopped inside a call and is rebuilt after a rest, or it was closed", "try again");
}

const FORGIVEN = new Set(["unknown_permit", "engine_lost"]);

/** What a guard is told of a permit that the engine no longer knows; any other error is thrown on. */
export function forgiven(error: unknown): Settled {
  if (error instanceof BrownoutError && FORGIVEN.has(error.code)) return { counted: false, outcome: "neutral", because: error.code };
  throw error;
}
