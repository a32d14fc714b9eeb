// What the core made of facts before. It answers equal facts alike for as long as a policy stands, so that a failure of a known kind
// is settled in numbers: a service that is down fails in one way, ten thousand times.
import type { Facts } from "./types.js";

/** How many kinds are remembered; then it begins anew. */
const KINDS = 512;
/** What else an answer may say without the outcome being less sure. */
const SURE = new Set<string | undefined>([undefined, "shadow", "stale_generation"]);

/** Bounded map from service and facts to the number of an outcome. */
export class Judged {
  readonly #known = new Map<string, number>();

  /** One text for equal facts; none for facts that say more than their kind. */
  kind(service: string, f: Facts): string | undefined {
    if (f.outcome !== undefined || f.sent !== undefined || f.retryAfterMs !== undefined || f.amounts !== undefined) return undefined;
    return `${service}\n${f.status ?? ""}\n${f.timedOut ?? ""}\n${f.cancelled ?? ""}\n${f.error ?? ""}\n${f.exception ?? ""}`;
  }
  outcome(kind: string): number | undefined { return this.#known.get(kind); }
  learn(kind: string, outcome: number, because: string | undefined): void {
    if (outcome < 0 || !SURE.has(because)) return;
    if (this.#known.size >= KINDS) this.#known.clear();
    this.#known.set(kind, outcome);
  }
  clear(): void { this.#known.clear(); }
}
