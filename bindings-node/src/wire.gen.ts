// Made from schema/input.schema.json, schema/output.schema.json, schema/names.schema.json by `cargo xtask types`: change the core, not this file.
/**
 * One question, fact or order.
 */
export type Input = Admit | Settle | Observe | Command | Advance | AskReport | AskHeaders | AskExplain | Reload | TakeSnapshot;
export type Settle = SettleOutcome | SettleFacts;
export type Outcome = "success" | "failure" | "timeout" | "throttled" | "tenant_fault" | "neutral";
export type Observe = ObserveProbe | ObserveGauge;
export type Command =
  | TimedOrder
  | BreakerOrder
  | ServiceMode
  | DocumentMode
  | ServiceMaintenance
  | FeatureMaintenance
  | EndMaintenance
  | Refund
  | Rebase
  | Rebuilt;

export interface Admit {
  /**
   * what is asked
   */
  verb: "admit";
  /**
   * a service of the policy
   */
  service: string;
  /**
   * whose call it is: key names as the policy's `per` declares them; each 1 to 256 bytes
   */
  keys?: {
    [k: string]: string;
  };
  /**
   * how many calls it counts for in limits; 0 is a peek: it writes nothing
   */
  weight?: number;
  /**
   * how much of other units, such as `{"tokens": 1200}`
   */
  amounts?: {
    [k: string]: number;
  };
  /**
   * 0 for the first attempt of a call, then what `retry` advised
   */
  attempt?: number;
  /**
   * when the first attempt was asked for; the deadline counts from there
   */
  since_ms?: number;
  /**
   * may it be done twice?
   */
  idempotent?: boolean;
}
export interface SettleOutcome {
  /**
   * what is asked
   */
  verb: "settle";
  /**
   * from the grant; each is settled once
   */
  permit: number;
  /**
   * how the call ended
   */
  outcome: Outcome;
  /**
   * how long it took
   */
  duration_ms?: number;
  /**
   * the upstream's Retry-After
   */
  retry_after_ms?: number;
  /**
   * what it really used: less is refunded, more is debited; `calls` is the weight
   */
  amounts?: {
    [k: string]: number;
  };
  /**
   * was it safe to repeat after all?
   */
  idempotent?: boolean;
}
export interface SettleFacts {
  /**
   * what is asked
   */
  verb: "settle";
  /**
   * from the grant; each is settled once
   */
  permit: number;
  /**
   * what the host saw; classified by the service's `outcomes` table: `status` (100 to 999), `error` (such as `ECONNRESET`), `exception` (its class), `timed_out`, `cancelled`, `sent` (did anything reach the upstream?)
   */
  facts: Facts;
  /**
   * how long it took
   */
  duration_ms?: number;
  /**
   * the upstream's Retry-After
   */
  retry_after_ms?: number;
  /**
   * what it really used: less is refunded, more is debited; `calls` is the weight
   */
  amounts?: {
    [k: string]: number;
  };
  /**
   * was it safe to repeat after all?
   */
  idempotent?: boolean;
}
export interface Facts {
  /**
   * the HTTP status
   */
  status?: number;
  /**
   * the code of a network error, such as `ECONNRESET`
   */
  error?: string;
  /**
   * the class of an exception, such as `ReadTimeout`
   */
  exception?: string;
  /**
   * the host's own timeout ended the call
   */
  timed_out?: boolean;
  /**
   * the caller gave up
   */
  cancelled?: boolean;
  /**
   * did anything reach the upstream? left out where that cannot be known
   */
  sent?: boolean;
}
export interface ObserveProbe {
  /**
   * what is asked
   */
  verb: "observe";
  /**
   * which service was probed
   */
  service: string;
  /**
   * did it answer?
   */
  ok: boolean;
  /**
   * how long it took
   */
  latency_ms?: number;
  memory?: Memory;
  /**
   * for detailed reports; 80 characters are kept
   */
  message?: string;
}
/**
 * `used_bytes` and `total_bytes`, both required
 */
export interface Memory {
  /**
   * bytes in use
   */
  used_bytes: number;
  /**
   * bytes in all
   */
  total_bytes: number;
}
export interface ObserveGauge {
  /**
   * what is asked
   */
  verb: "observe";
  /**
   * instead of `service`: the name of a number; 256 of them at most
   */
  gauge: string;
  /**
   * its value
   */
  value: number;
}
export interface TimedOrder {
  /**
   * what is asked
   */
  verb: "command";
  /**
   * what is to be done
   */
  order: "force_open" | "disable";
  /**
   * a service of the policy
   */
  service: string;
  /**
   * whose: key names as the policy's `per` declares them; each 1 to 256 bytes
   */
  keys?: {
    [k: string]: string;
  };
  /**
   * for how long; until it is taken back without it
   */
  for_ms?: number;
}
export interface BreakerOrder {
  /**
   * what is asked
   */
  verb: "command";
  /**
   * what is to be done
   */
  order: "force_close" | "reset";
  /**
   * a service of the policy
   */
  service: string;
  /**
   * whose: key names as the policy's `per` declares them; each 1 to 256 bytes
   */
  keys?: {
    [k: string]: string;
  };
}
export interface ServiceMode {
  /**
   * what is asked
   */
  verb: "command";
  /**
   * what is to be done
   */
  order: "mode";
  /**
   * `policy` goes back to the document
   */
  mode: "enforce" | "shadow" | "off" | "policy";
  /**
   * a service of the policy
   */
  service: string;
  /**
   * `breaker`, or the name of a limit
   */
  gate?: string;
}
export interface DocumentMode {
  /**
   * what is asked
   */
  verb: "command";
  /**
   * what is to be done
   */
  order: "mode";
  /**
   * `policy` goes back to the document
   */
  mode: "enforce" | "shadow" | "off" | "policy";
}
export interface ServiceMaintenance {
  /**
   * what is asked
   */
  verb: "command";
  /**
   * what is to be done
   */
  order: "maintenance";
  /**
   * a service of the policy
   */
  service: string;
  /**
   * what to show, whatever is measured
   */
  status: "healthy" | "degraded" | "offline";
  /**
   * for how long; until it is taken back without it
   */
  for_ms?: number;
  /**
   * what to tell people; 80 characters are kept
   */
  message?: string;
}
export interface FeatureMaintenance {
  /**
   * what is asked
   */
  verb: "command";
  /**
   * what is to be done
   */
  order: "maintenance";
  /**
   * a feature of the policy
   */
  feature: string;
  /**
   * what to show, whatever is measured
   */
  status: "healthy" | "degraded" | "offline";
  /**
   * for how long; until it is taken back without it
   */
  for_ms?: number;
  /**
   * what to tell people; 80 characters are kept
   */
  message?: string;
}
export interface EndMaintenance {
  /**
   * what is asked
   */
  verb: "command";
  /**
   * what is to be done
   */
  order: "clear_maintenance";
  /**
   * whose
   */
  service?: string;
  /**
   * or whose
   */
  feature?: string;
}
export interface Refund {
  /**
   * what is asked
   */
  verb: "command";
  /**
   * what is to be done
   */
  order: "refund";
  /**
   * a service of the policy
   */
  service: string;
  /**
   * the name of the limit
   */
  limit: string;
  /**
   * how many to give back
   */
  units: number;
  /**
   * whose: key names as the policy's `per` declares them; each 1 to 256 bytes
   */
  keys?: {
    [k: string]: string;
  };
  /**
   * those that this permit took; the oldest without it
   */
  permit?: number;
}
export interface Rebase {
  /**
   * what is asked
   */
  verb: "command";
  /**
   * what is to be done
   */
  order: "rebase";
  /**
   * the right time; the input's own by default
   */
  to_ms?: number;
}
export interface Rebuilt {
  /**
   * what is asked
   */
  verb: "command";
  /**
   * what is to be done
   */
  order: "rebuilt";
  /**
   * how often the engine was lost since the state that it was rebuilt from; 1 by default
   */
  losses?: number;
  /**
   * why it was lost; 80 characters are kept
   */
  cause?: string;
}
export interface Advance {
  /**
   * what is asked
   */
  verb: "advance";
}
export interface AskReport {
  /**
   * what is asked
   */
  verb: "report";
  /**
   * `health` looks at features, `ready` at this process, `live` at nothing
   */
  view?: "health" | "live" | "ready";
  /**
   * whose dialect
   */
  profile?: "native" | "campotech" | "vetmed" | "togetheros" | "ietf";
  /**
   * which form; another word is taken as `json`
   */
  format?: string;
  /**
   * how much of it
   */
  detail?: "basic" | "detailed";
  /**
   * true for the public: status and time only
   */
  production?: boolean;
  /**
   * whose view; the system's for a key that nobody knows
   */
  keys?: {
    [k: string]: string;
  };
  /**
   * the language of titles in text reports
   */
  lang?: string;
}
export interface AskHeaders {
  /**
   * what is asked
   */
  verb: "headers";
  /**
   * a service of the policy
   */
  service: string;
  /**
   * whose: key names as the policy's `per` declares them; each 1 to 256 bytes
   */
  keys?: {
    [k: string]: string;
  };
  /**
   * what the refusal said, where the call was refused
   */
  retry_at_ms?: number;
}
export interface AskExplain {
  /**
   * what is asked
   */
  verb: "explain";
  /**
   * a service of the policy
   */
  service: string;
  /**
   * whose: key names as the policy's `per` declares them; each 1 to 256 bytes
   */
  keys?: {
    [k: string]: string;
  };
  /**
   * how many calls it would count for in limits
   */
  weight?: number;
  /**
   * how much of other units it would ask for
   */
  amounts?: {
    [k: string]: number;
  };
}
export interface Reload {
  /**
   * what is asked
   */
  verb: "reload";
  /**
   * the new document, as an object or as text
   */
  policy: string | {};
}
export interface TakeSnapshot {
  /**
   * what is asked
   */
  verb: "snapshot";
}
/**
 * What an engine answers to one input.
 */
export type Output = Answer | Mistake | Mistakes;
export type Decision = Granted | Refused | Settled | HeaderFields | Report | Snapshot | Done | Explained;
export type Gate = "breaker" | "throttle" | "limit" | "engine";
export type RefusalCode =
  | "circuit_open"
  | "half_open_full"
  | "forced_open"
  | "ramp"
  | "upstream_throttled"
  | "limited"
  | "blocked"
  | "impossible"
  | "keys_exhausted"
  | "permits_exhausted"
  | "deadline_passed";
export type Scope = "tenant" | "service";
export type NoRetry = "off" | "attempts" | "deadline" | "not_idempotent" | "budget" | "outcome";
export type GateReading = BreakerReading | ThrottleReading | LimitReading;
export type BreakerState = "closed" | "open" | "half_open" | "forced_open" | "disabled";
export type Effect =
  | BreakerChanged
  | ThrottleHeld
  | PermitExpired
  | LimitBlocked
  | ServiceChanged
  | FeatureChanged
  | OverallChanged
  | IncidentOpened
  | IncidentClosed
  | ServiceMaintenanceEnded
  | FeatureMaintenanceEnded
  | ClockBehind
  | EngineRebuilt;
export type Status = "healthy" | "unknown" | "degraded" | "offline";
export type Cause = ServiceCause | FeatureCause;

export interface Answer {
  /**
   * the answer itself
   */
  decision: Decision;
  /**
   * what happened, in order, by this input and by the deadlines before it
   */
  effects: Effect[];
  /**
   * when to advance, at the latest
   */
  next: Next | null;
}
export interface Granted {
  /**
   * which answer this is
   */
  result: "granted";
  /**
   * to be settled once; missing for a peek
   */
  permit?: number;
  /**
   * how long the call may take; missing without a timeout
   */
  timeout_ms?: number;
  /**
   * true for a probe of a half-open breaker
   */
  probe?: boolean;
  /**
   * rules in shadow that would have refused
   */
  would_refuse?: Failing[];
}
export interface Failing {
  /**
   * which gate refuses
   */
  gate: Gate;
  /**
   * why it refuses
   */
  code: RefusalCode;
  /**
   * does it refuse this key, or everybody?
   */
  scope: Scope;
  /**
   * the name of the limit
   */
  rule?: string;
  /**
   * when it says yes if nothing else happens; missing where waiting does not help
   */
  retry_at_ms?: number;
  /**
   * the size of the limit
   */
  limit?: number;
  /**
   * what is left of it
   */
  remaining?: number;
}
export interface Refused {
  /**
   * which answer this is
   */
  result: "refused";
  /**
   * which gate refuses
   */
  gate: Gate;
  /**
   * why it refuses
   */
  code: RefusalCode;
  /**
   * does it refuse this key, or everybody?
   */
  scope: Scope;
  /**
   * the name of the limit
   */
  rule?: string;
  /**
   * when all failing rules say yes if nothing else happens; missing if waiting helps nobody
   */
  retry_at_ms?: number;
  /**
   * the same, from now
   */
  retry_after_ms?: number;
  /**
   * is that instant exact?
   */
  exact: boolean;
  /**
   * what the policy offers instead
   */
  fallback?: string;
  /**
   * every failing rule
   */
  failing?: Failing[];
  /**
   * rules in shadow that would have refused
   */
  would_refuse?: Failing[];
  /**
   * when to try again, and as which attempt
   */
  retry?: RetryAdvice;
  /**
   * why there is no other attempt
   */
  no_retry?: NoRetry;
}
export interface RetryAdvice {
  /**
   * when to try again
   */
  at_ms: number;
  /**
   * the same, from now
   */
  after_ms: number;
  /**
   * the number of that attempt; the first call is 0
   */
  attempt: number;
}
export interface Settled {
  /**
   * which answer this is
   */
  result: "settled";
  /**
   * did the outcome count?
   */
  counted: boolean;
  /**
   * what the facts meant
   */
  outcome: Outcome;
  /**
   * why it did not count
   */
  because?: "lease_expired" | "stale_generation" | "shadow";
  /**
   * when to try again, and as which attempt
   */
  retry?: RetryAdvice;
  /**
   * why there is no other attempt
   */
  no_retry?: NoRetry;
}
export interface HeaderFields {
  /**
   * which answer this is
   */
  result: "headers";
  /**
   * header fields of an HTTP answer
   */
  headers: {
    [k: string]: string;
  };
}
export interface Report {
  /**
   * which answer this is
   */
  result: "report";
  /**
   * the HTTP status
   */
  status: number;
  /**
   * the media type of the body
   */
  content_type: string;
  /**
   * the report itself
   */
  body: string;
}
export interface Snapshot {
  /**
   * which answer this is
   */
  result: "snapshot";
  /**
   * all state, as base64 text
   */
  bytes: string;
}
export interface Done {
  /**
   * which answer this is
   */
  result: "done";
}
export interface Explained {
  /**
   * which answer this is
   */
  result: "explained";
  /**
   * of which service
   */
  service: string;
  /**
   * when
   */
  at_ms: number;
  /**
   * what a call of now would be told
   */
  verdict: "granted" | "refused";
  /**
   * which gate refuses
   */
  gate?: Gate;
  /**
   * why it refuses
   */
  code?: RefusalCode;
  /**
   * does it refuse this key, or everybody?
   */
  scope?: Scope;
  /**
   * the name of the limit
   */
  rule?: string;
  /**
   * when all failing rules say yes if nothing else happens
   */
  retry_at_ms?: number;
  /**
   * is that instant exact?
   */
  exact?: boolean;
  /**
   * what the policy offers instead
   */
  fallback?: string;
  /**
   * what every gate looks at
   */
  gates: GateReading[];
}
export interface BreakerReading {
  /**
   * which gate
   */
  gate: "breaker";
  /**
   * is it the key's, or everybody's?
   */
  scope: Scope;
  /**
   * does it refuse for this caller?
   */
  mode: "enforce" | "shadow" | "off";
  /**
   * does it say yes?
   */
  passes: boolean;
  /**
   * why not
   */
  code?: RefusalCode;
  /**
   * when it says yes if nothing else happens
   */
  retry_at_ms?: number;
  /**
   * true for the breaker above the keyed ones
   */
  rollup?: boolean;
  /**
   * where it stands; missing for a key that it never met
   */
  phase?: BreakerState;
  /**
   * since when
   */
  since_ms?: number;
  /**
   * when an open breaker is tried again
   */
  reopens_at_ms?: number;
  /**
   * true while it admits a growing share
   */
  ramping?: boolean;
  /**
   * opens without a lasting recovery
   */
  attempt?: number;
  /**
   * calls in the window
   */
  calls?: number;
  /**
   * failures in the window
   */
  failures?: number;
  /**
   * slow calls in the window
   */
  slow?: number;
  /**
   * failures in a row
   */
  streak?: number;
  /**
   * how far the window looks back
   */
  window_ms?: number;
  /**
   * or how many calls it holds
   */
  window_calls?: number;
  /**
   * calls from which a rate counts
   */
  min_calls?: number;
  /**
   * what opens it
   */
  rules?: TripRule[];
}
export interface TripRule {
  /**
   * which rule opens the breaker
   */
  rule: string;
  /**
   * its number of now
   */
  value: number;
  /**
   * the number at which it opens
   */
  trips_at: number;
  /**
   * are there calls enough for it to count?
   */
  counts?: boolean;
}
export interface ThrottleReading {
  /**
   * which gate
   */
  gate: "throttle";
  /**
   * is it the key's, or everybody's?
   */
  scope: Scope;
  /**
   * does it refuse for this caller?
   */
  mode: "enforce" | "shadow" | "off";
  /**
   * does it say yes?
   */
  passes: boolean;
  /**
   * why not
   */
  code?: RefusalCode;
  /**
   * when it says yes if nothing else happens
   */
  retry_at_ms?: number;
  /**
   * until when calls are held back
   */
  held_until_ms?: number;
  /**
   * how often in a row the upstream said wait
   */
  streak: number;
}
export interface LimitReading {
  /**
   * which gate
   */
  gate: "limit";
  /**
   * is it the key's, or everybody's?
   */
  scope: Scope;
  /**
   * does it refuse for this caller?
   */
  mode: "enforce" | "shadow" | "off";
  /**
   * does it say yes?
   */
  passes: boolean;
  /**
   * why not
   */
  code?: RefusalCode;
  /**
   * when it says yes if nothing else happens
   */
  retry_at_ms?: number;
  /**
   * the name of the limit
   */
  rule: string;
  /**
   * how it counts
   */
  algorithm: string;
  /**
   * true for a caller that is neither refused nor counted
   */
  exempt?: boolean;
  /**
   * what it counts
   */
  unit: string;
  /**
   * what the call asks for
   */
  units: number;
  /**
   * the size of the limit
   */
  limit: number;
  /**
   * units in use
   */
  used: number;
  /**
   * units that would pass
   */
  remaining: number;
  /**
   * when one more unit is free
   */
  next_unit_at_ms?: number;
  /**
   * when none is in use any more
   */
  full_at_ms?: number;
  /**
   * the end of the block that stands
   */
  blocked_until_ms?: number;
}
export interface BreakerChanged {
  /**
   * what happened
   */
  effect: "breaker_changed";
  /**
   * whose
   */
  service: string;
  /**
   * of which key; missing where the whole service is meant
   */
  key?: string;
  /**
   * true for the breaker above the keyed ones
   */
  rollup?: boolean;
  /**
   * what it was
   */
  from: BreakerState;
  /**
   * what it is now
   */
  to: BreakerState;
  /**
   * why it moved
   */
  because:
    | "consecutive_failures"
    | "failures"
    | "failure_rate"
    | "slow_rate"
    | "open_wait_over"
    | "probes_passed"
    | "probes_failed"
    | "max_wait"
    | "ramp_end"
    | "order"
    | "order_expired"
    | "tenants_open"
    | "pooled";
  /**
   * when an open breaker is tried again
   */
  retry_at_ms?: number;
  /**
   * how many waits came before this one
   */
  attempt: number;
  /**
   * when it happened
   */
  at_ms: number;
}
export interface ThrottleHeld {
  /**
   * what happened
   */
  effect: "throttle_held";
  /**
   * whose
   */
  service: string;
  /**
   * of which key; missing where the whole service is meant
   */
  key?: string;
  /**
   * until when
   */
  until_ms: number;
  /**
   * when it happened
   */
  at_ms: number;
}
export interface PermitExpired {
  /**
   * what happened
   */
  effect: "permit_expired";
  /**
   * whose lease ran out
   */
  permit: number;
  /**
   * whose
   */
  service: string;
  /**
   * when it happened
   */
  at_ms: number;
}
export interface LimitBlocked {
  /**
   * what happened
   */
  effect: "limit_blocked";
  /**
   * whose
   */
  service: string;
  /**
   * the name of the limit
   */
  limit: string;
  /**
   * of which key; missing where the whole service is meant
   */
  key?: string;
  /**
   * until when
   */
  until_ms: number;
  /**
   * when it happened
   */
  at_ms: number;
}
export interface ServiceChanged {
  /**
   * what happened
   */
  effect: "service_changed";
  /**
   * whose
   */
  service: string;
  /**
   * what it was
   */
  from: Status;
  /**
   * what it is now
   */
  to: Status;
  /**
   * what was found, and where
   */
  because: Cause[];
  /**
   * since when it is so
   */
  since_ms: number;
  /**
   * when it happened
   */
  at_ms: number;
}
export interface ServiceCause {
  /**
   * the service where it was found
   */
  service: string;
  /**
   * what was found there
   */
  condition:
    | "open"
    | "forced_open"
    | "half_open"
    | "half_open_idle"
    | "throttled"
    | "probe_failed"
    | "latency"
    | "memory"
    | "stale"
    | "maintenance"
    | "recovering"
    | "recovered";
}
export interface FeatureCause {
  /**
   * the feature where it was found
   */
  feature: string;
  /**
   * what was found there
   */
  condition:
    | "open"
    | "forced_open"
    | "half_open"
    | "half_open_idle"
    | "throttled"
    | "probe_failed"
    | "latency"
    | "memory"
    | "stale"
    | "maintenance"
    | "recovering"
    | "recovered";
}
export interface FeatureChanged {
  /**
   * what happened
   */
  effect: "feature_changed";
  /**
   * which
   */
  feature: string;
  /**
   * what it was
   */
  from: Status;
  /**
   * what it is now
   */
  to: Status;
  /**
   * what was found, and where
   */
  because: Cause[];
  /**
   * what users get instead
   */
  fallback?: string;
  /**
   * how urgent; missing for a recovery
   */
  severity?: "urgent" | "warning";
  /**
   * since when it is so
   */
  since_ms: number;
  /**
   * when it happened
   */
  at_ms: number;
}
export interface OverallChanged {
  /**
   * what happened
   */
  effect: "overall_changed";
  /**
   * what it was
   */
  from: Status;
  /**
   * what it is now
   */
  to: Status;
  /**
   * when it happened
   */
  at_ms: number;
}
export interface IncidentOpened {
  /**
   * what happened
   */
  effect: "incident_opened";
  /**
   * the number of the incident
   */
  id: number;
  /**
   * whose
   */
  service: string;
  /**
   * what was found, and where
   */
  because: Cause[];
  /**
   * when it happened
   */
  at_ms: number;
}
export interface IncidentClosed {
  /**
   * what happened
   */
  effect: "incident_closed";
  /**
   * the number of the incident
   */
  id: number;
  /**
   * whose
   */
  service: string;
  /**
   * how long it lasted
   */
  duration_ms: number;
  /**
   * when it happened
   */
  at_ms: number;
}
export interface ServiceMaintenanceEnded {
  /**
   * what happened
   */
  effect: "maintenance_ended";
  /**
   * whose maintenance expired
   */
  service: string;
  /**
   * when it happened
   */
  at_ms: number;
}
export interface FeatureMaintenanceEnded {
  /**
   * what happened
   */
  effect: "maintenance_ended";
  /**
   * whose maintenance expired
   */
  feature: string;
  /**
   * when it happened
   */
  at_ms: number;
}
export interface ClockBehind {
  /**
   * what happened
   */
  effect: "clock_behind";
  /**
   * by how much
   */
  by_ms: number;
  /**
   * when it happened
   */
  at_ms: number;
}
export interface EngineRebuilt {
  /**
   * what happened
   */
  effect: "engine_rebuilt";
  /**
   * how often the engine was rebuilt in all
   */
  rebuilds: number;
  /**
   * why, in the host's words
   */
  cause: string;
  /**
   * when it happened
   */
  at_ms: number;
}
export interface Next {
  /**
   * the instant, in milliseconds since the epoch
   */
  at_ms: number;
  /**
   * what changes then by itself
   */
  why:
    | "reopen"
    | "probe_lease"
    | "max_wait"
    | "slow"
    | "lease"
    | "ramp"
    | "order"
    | "throttle_ends"
    | "probe_stale"
    | "maintenance_ends"
    | "status_improves";
}
export interface Mistake {
  /**
   * what is wrong with the input
   */
  error: WireFault;
}
export interface WireFault {
  /**
   * the stable name of what is wrong
   */
  code:
    | "json_syntax"
    | "json_too_deep"
    | "duplicate_key"
    | "unknown_field"
    | "missing_field"
    | "wrong_type"
    | "bad_duration"
    | "bad_money"
    | "number_not_finite"
    | "number_out_of_range"
    | "unknown_name"
    | "duplicate_name"
    | "bad_name"
    | "dependency_cycle"
    | "breaker_never_trips"
    | "window_missing"
    | "slow_over_timeout"
    | "conflict"
    | "too_many"
    | "unsupported_version"
    | "unknown_verb"
    | "unknown_service"
    | "unknown_feature"
    | "unknown_limit"
    | "unknown_permit"
    | "unknown_key"
    | "stale_handle"
    | "key_required"
    | "key_empty"
    | "key_too_long"
    | "bad_outcome"
    | "bad_order"
    | "bad_view"
    | "snapshot_corrupt"
    | "snapshot_version"
    | "snapshot_policy"
    | "bad_blob"
    | "limit_never_binds"
    | "burst_beyond_limit"
    | "fleet_without_store"
    | "deadline_below_timeout"
    | "retry_beyond_deadline"
    | "fallback_missing"
    | "title_missing"
    | "preset_unused"
    | "recording_syntax"
    | "recording_policy"
    | "engine_lost";
  /**
   * where, such as `services.afip.breaker.window`; empty for the whole
   */
  path: string;
  /**
   * what is wrong, in one sentence
   */
  message: string;
  /**
   * what to do about it
   */
  help: string;
}
export interface Mistakes {
  /**
   * all that is wrong with the document
   */
  errors: WireFault[];
}
/**
 * The names that stand behind an engine's numbers.
 */
export interface Names {
  /**
   * counts the policies of this engine
   */
  epoch: number;
  /**
   * the policy's own name; may be empty
   */
  policy: string;
  /**
   * equal for documents that say the same, in whichever syntax
   */
  policy_hash: string;
  /**
   * in the order of the document
   */
  services: ServiceInfo[];
  /**
   * in the order of the document
   */
  features: string[];
  /**
   * the names of a call's keys, by their places
   */
  keys: string[];
  /**
   * what limits count, by their places
   */
  units: string[];
  /**
   * the words of outcomes, by their numbers
   */
  outcomes: ("success" | "failure" | "timeout" | "throttled" | "tenant_fault" | "neutral")[];
  /**
   * the words of gates, by their numbers
   */
  gates: ("breaker" | "throttle" | "limit" | "engine")[];
  /**
   * the words of refusals, by their numbers
   */
  refusals: (
    | "circuit_open"
    | "half_open_full"
    | "forced_open"
    | "ramp"
    | "upstream_throttled"
    | "limited"
    | "blocked"
    | "impossible"
    | "keys_exhausted"
    | "permits_exhausted"
    | "deadline_passed"
  )[];
}
/**
 * This interface was referenced by `Names`'s JSON-Schema
 * via the `definition` "service".
 */
export interface ServiceInfo {
  /**
   * its name
   */
  name: string;
  /**
   * what the numeric calls take; of this epoch alone
   */
  handle: number;
  /**
   * the names of its limits, by their numbers
   */
  limits: string[];
  /**
   * how long one call may take
   */
  timeout_ms?: number;
  /**
   * until the first byte
   */
  first_byte_ms?: number;
  /**
   * between two bytes
   */
  idle_ms?: number;
  /**
   * bounds all attempts and waits of one call
   */
  deadline_ms?: number;
  /**
   * what users get instead
   */
  fallback?: string;
  /**
   * does the policy let a call be tried again?
   */
  retries: boolean;
  /**
   * what becomes of a call while the engine itself is away
   */
  on_engine_failure: "allow" | "refuse";
}
