// The shapes that cross from the host layer to a person's code. Wire JSON stays snake_case, TypeScript is camelCase.

/** The six outcomes, in the order of their numbers on the numeric path. */
export type Outcome = "success" | "failure" | "timeout" | "throttled" | "tenant_fault" | "neutral";

/** Named keys of a call: `{ tenant: "org_1", user: "u_7" }`. */
export type Keys = Readonly<Record<string, string>>;

/** Why a call may not proceed. Frozen. */
export interface Refusal {
  /** `breaker`, `limit`, `throttle` or `engine`. */
  readonly gate: string;
  /** Stable word such as `circuit_open`, `limited`, `impossible`. */
  readonly code: string;
  /** Does it stand for this key alone, or for everybody? */
  readonly scope: "tenant" | "service";
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
  readonly gate: string;
  readonly code: string;
  readonly scope: "tenant" | "service";
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
  readonly wouldRefuse?: readonly unknown[];
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
  readonly noRetry?: string;
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

/** Something that happened; `effect` names the kind, the other fields are as on the wire. */
export interface Effect {
  readonly effect: string;
  readonly [field: string]: unknown;
}

/** The earliest instant at which anything could change, and why. */
export interface Next {
  readonly at_ms: number;
  readonly why: string;
}

/** One service as the policy describes it. */
export interface ServiceInfo {
  readonly name: string;
  /** What `admit` takes; of this policy epoch alone. */
  readonly handle: number;
  readonly limits?: readonly string[];
  readonly timeout_ms?: number | null;
  readonly first_byte_ms?: number | null;
  readonly idle_ms?: number | null;
  readonly fallback?: string | null;
  readonly deadline_ms?: number | null;
  /** Does the policy let it be tried again? */
  readonly retries?: boolean;
  /** What becomes of a call while the engine itself is away. */
  readonly on_engine_failure?: "allow" | "refuse";
}

/** A service of one policy epoch. */
export interface Service {
  readonly handle: number;
  readonly epoch: number;
  readonly info: ServiceInfo;
}

/** What an admit says beyond its numbers. */
export interface AdmitInput {
  service: string;
  keys?: Readonly<Record<string, string>>;
  weight?: number;
  amounts?: Readonly<Record<string, number>>;
  attempt?: number;
  since_ms?: number;
  idempotent?: boolean;
}

/** The name tables of one policy epoch. */
export interface Names {
  /** The policy's own name; may be empty. */
  readonly policy: string;
  /** Equal for documents that say the same, in whichever syntax. */
  readonly policy_hash: string;
  readonly epoch: number;
  readonly services: readonly ServiceInfo[];
  readonly features: readonly string[];
  readonly keys: readonly string[];
  readonly units?: readonly string[];
  readonly outcomes: readonly Outcome[];
  readonly gates: readonly string[];
  readonly refusals: readonly string[];
}
