// The shapes that cross from the host layer to a person's code. Wire JSON stays snake_case, TypeScript is camelCase.
import type { Admit, Failing, Gate, NoRetry, Outcome, RefusalCode, Scope, ServiceInfo, Effect as WireEffect } from "./wire.gen.js";

// As on the wire: the next deadline, and the name tables of one policy epoch.
export type { Names, Next, Outcome, ServiceInfo } from "./wire.gen.js";

/** The host lost the engine, which will be rebuilt from its last snapshot. */
export interface EngineLost {
  readonly effect: "engine_lost";
  readonly cause: string;
  /** How often this has happened. */
  readonly losses: number;
  readonly at_ms: number;
}

/** Something that happened, as on the wire; `effect` names the kind. */
export type Effect = WireEffect | EngineLost;

/** Named keys of a call: `{ tenant: "org_1", user: "u_7" }`. */
export type Keys = Readonly<Record<string, string>>;

/** Why a call may not proceed. Frozen. */
export interface Refusal {
  readonly gate: Gate;
  /** `engine_lost` where the engine is away and the policy refuses its calls. */
  readonly code: RefusalCode | "engine_lost";
  /** Does it stand for this key alone, or for everybody? */
  readonly scope: Scope;
  /** The rule's name, such as the limit's. */
  readonly rule?: string;
  /** Epoch milliseconds of the first instant at which the same question can pass; absent when waiting does not help. */
  readonly retryAtMs?: number;
  /** The same, from now. */
  readonly retryAfterMs?: number;
  /** Will exactly that instant answer yes if nothing else happens? */
  readonly exact: boolean;
  /** Name of what the policy shows instead. */
  readonly fallback?: string;
  /** Size and rest of the limit that refuses. */
  readonly limit?: number;
  readonly remaining?: number;
  /** Every gate that refuses, when there is more than one. */
  readonly failing?: readonly RefusedBy[];
}

/** One of several refusing gates. */
export interface RefusedBy {
  readonly gate: Gate;
  readonly code: RefusalCode;
  readonly scope: Scope;
  readonly rule?: string;
  readonly retryAtMs?: number;
  readonly limit?: number;
  readonly remaining?: number;
}

/** A yes. Frozen. */
export interface Grant {
  /** Settle it exactly once. 0 when the engine is away and the call goes ungoverned. */
  readonly permit: number;
  /** Abort after so many milliseconds; absent when the service has no timeout. */
  readonly timeoutMs?: number;
  /** This call tests whether the service is back. */
  readonly probe: boolean;
  /** What gates in shadow would have said. */
  readonly wouldRefuse?: readonly Failing[];
}

/** Whether and when to try again. */
export interface Retry {
  readonly atMs: number;
  readonly afterMs: number;
  /** The number of the next attempt; the first call is 0. */
  readonly attempt: number;
}

/** What became of a settled call. */
export interface Settled {
  readonly counted: boolean;
  readonly outcome: Outcome;
  /** Why it was not counted. */
  readonly because?: string;
  readonly retry?: Retry;
  /** Why there is no other try. */
  readonly noRetry?: NoRetry;
}

/** What happened to one attempt, as the host saw it; the core makes an outcome of it by the policy's table. */
export interface Facts {
  /** HTTP status. */
  status?: number;
  /** Error code such as `ECONNRESET`. */
  error?: string;
  /** Class name of the exception. */
  exception?: string;
  /** The host's own timer ended it. */
  timedOut?: boolean;
  /** The caller gave up. */
  cancelled?: boolean;
  /** Did the request leave this process? Left out when that cannot be known. */
  sent?: boolean;
  /** What the upstream asked for. */
  retryAfterMs?: number;
  /** Actual units used, by unit name. */
  amounts?: Readonly<Record<string, number>>;
  /** Set when the host knows the outcome better than any table. */
  outcome?: Outcome;
}

/** A service of one policy epoch. */
export interface Service {
  readonly handle: number;
  readonly epoch: number;
  readonly info: ServiceInfo;
}

/** What an admit says beyond its numbers. */
export type AdmitInput = Omit<Admit, "verb">;
