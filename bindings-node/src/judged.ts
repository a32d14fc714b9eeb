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
  /** The latest of them: what fails, most often fails as the time before. */
  #service = "";
  #facts: Facts = {};
  #outcome = -1;

  /** The outcome of such facts; -1 where it is not known. */
  outcome(service: string, f: Facts): number {
    const last = this.#facts;
    if (f.exception === last.exception && f.status === last.status && f.error === last.error && f.timedOut === last.timedOut && f.cancelled === last.cancelled && service === this.#service && plain(f)) return this.#outcome;
    const kind = kindOf(service, f);
    const outcome = kind === undefined ? undefined : this.#known.get(kind);
    if (outcome === undefined) return -1;
    this.#keep(service, f, outcome);
    return outcome;
  }
  learn(service: string, f: Facts, outcome: number, because: string | undefined): void {
    const kind = kindOf(service, f);
    if (kind === undefined || outcome < 0 || !SURE.has(because)) return;
    if (this.#known.size >= KINDS) this.#known.clear();
    this.#known.set(kind, outcome);
  }
  clear(): void {
    this.#known.clear();
    this.#keep("", {}, -1);
  }

  #keep(service: string, facts: Facts, outcome: number): void {
    this.#service = service;
    this.#facts = facts;
    this.#outcome = outcome;
  }
}

/** Do they say no more than their kind? */
function plain(f: Facts): boolean { return f.outcome === undefined && f.sent === undefined && f.retryAfterMs === undefined && f.amounts === undefined; }

/** One text for equal facts; none for facts that say more than their kind. */
function kindOf(service: string, f: Facts): string | undefined {
  return plain(f) ? `${service}\n${f.status ?? ""}\n${f.timedOut ?? ""}\n${f.cancelled ?? ""}\n${f.error ?? ""}\n${f.exception ?? ""}` : undefined;
}
