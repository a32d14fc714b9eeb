// Made from schema/policy.schema.json by `cargo xtask types`: change the core, not this file.
/**
 * 1 to 64 letters, digits, dots, dashes, underscores and colons
 *
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "name".
 */
export type Name = string;
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "zone".
 */
export type Zone = string | NamedZone;
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "mode".
 */
export type Mode = "enforce" | "shadow" | "off";
/**
 * a share above 0 and up to 1
 *
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "share".
 */
export type Share = number;
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "on_engine_failure".
 */
export type OnEngineFailure = "allow" | "refuse";
/**
 * a length of time: units w d h m s ms us, largest first, each once, whole numbers; longer than zero
 *
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "duration".
 */
export type Duration = string;
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "title".
 */
export type Title =
  | string
  | {
      [k: string]: string;
    };
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "needs".
 */
export type Needs = string | string[] | NeedsTable;
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "status".
 */
export type Status = "healthy" | "unknown" | "degraded" | "offline";
/**
 * a factor from 1 to 100
 *
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "factor".
 */
export type Factor = number;
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "per".
 */
export type Per = Name | Name[];
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "texts".
 */
export type Texts = string | string[];
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "outcome".
 */
export type Outcome = "success" | "failure" | "timeout" | "throttled" | "tenant_fault" | "neutral";

/**
 * What an engine enforces: services, features and the rules between them.
 */
export interface Policy {
  /**
   * where editors find the schema of this document, in JSON; see Editor completion
   */
  $schema?: string;
  /**
   * the version of this form
   */
  version: 1;
  /**
   * the name of the system, shown in reports
   */
  name?: Name;
  /**
   * where days begin, for limits on the calendar; see zone
   */
  zone?: Zone;
  /**
   * the language of a title when the wanted one is missing
   */
  default_lang?: Name;
  /**
   * of all rules; see Modes
   */
  mode?: Mode;
  /**
   * the share of keys for which the rules are enforced
   */
  enforce_share?: Share;
  /**
   * what hosts do with calls when the engine itself has failed
   */
  on_engine_failure?: OnEngineFailure;
  /**
   * at most so many calls in flight; then `permits_exhausted`
   */
  permits?: number;
  keys?: KeysPolicy;
  /**
   * one service per name
   */
  services?: {
    [k: string]: Service;
  };
  /**
   * one feature per name
   */
  features?: {
    [k: string]: Feature;
  };
  /**
   * named breakers; see Presets
   */
  breakers?: {
    [k: string]: Breaker;
  };
  /**
   * named limits; see Presets
   */
  limits?: {
    [k: string]: LimitPreset | Limit[];
  };
  status?: StatusPolicy;
}
export interface NamedZone {
  /**
   * such as `America/Santiago`
   */
  name: string;
  /**
   * the offset before the first change
   */
  offset: string;
  /**
   * in order of time
   *
   * @maxItems 4096
   */
  changes?: ZoneChange[];
}
export interface ZoneChange {
  /**
   * the instant of a change
   */
  at_ms: number;
  /**
   * the offset from then on
   */
  offset: string;
}
/**
 * how many keys an engine remembers, and for how long
 */
export interface KeysPolicy {
  /**
   * at most so many keys (tenants, users, …) in memory
   */
  cap?: number;
  /**
   * streaks, windows of calls and open attempts of a key lapse after this without a call; at least the longest window
   */
  forget?: Duration;
}
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "service".
 */
export interface Service {
  /**
   * what people call it; a table from language to text, 32 languages
   */
  title?: Title;
  /**
   * how much it matters to the whole: `low` never changes it, `critical` without a fallback takes it offline
   */
  impact?: "critical" | "high" | "medium" | "low";
  /**
   * what users get instead; given back with every refusal
   */
  fallback?: Name;
  /**
   * services and features that this one stands on
   */
  needs?: Needs;
  /**
   * how long one call may take
   */
  timeout?: Duration | Timeout | ("off" | false);
  /**
   * bounds all attempts and waits of one call
   */
  deadline?: Duration;
  /**
   * how long a permit is held when nobody settles it; 60 s without a timeout
   */
  lease?: Duration;
  /**
   * see breaker
   */
  breaker?: Breaker | string | ("off" | false);
  /**
   * see limit; an element is a table or the name of a preset
   */
  limits?: (Limit | string)[] | string;
  throttle?: Throttle;
  /**
   * see outcomes
   *
   * @maxItems 64
   */
  outcomes?: OutcomeRule[];
  /**
   * see retry
   */
  retry?: Retry | ("off" | false);
  probe?: Probe;
  /**
   * as there
   */
  on_engine_failure?: OnEngineFailure;
  /**
   * what splits the breaker, unless the breaker says otherwise: `"service"` for one for all, `"tenant"`, `["tenant", "user"]`
   */
  per?: Per;
  /**
   * of all rules of the service
   */
  mode?: Mode;
  /**
   * the share of keys for which they are enforced
   */
  enforce_share?: Share;
}
export interface NeedsTable {
  /**
   * alternatives: the best of a group counts, the worst across groups
   */
  any_of?: string[] | string[][];
  [k: string]: Need | "default" | string[] | string[][] | undefined;
}
export interface Need {
  /**
   * its breaker is open
   */
  open?: Status;
  /**
   * its breaker is half-open
   */
  half_open?: Status;
  /**
   * its upstream said wait
   */
  throttled?: Status;
  /**
   * it is degraded for another reason
   */
  degraded?: Status;
  /**
   * it is offline for another reason
   */
  offline?: Status;
  /**
   * nobody knows
   */
  unknown?: Status;
}
export interface Timeout {
  /**
   * as `timeout`, where more is said
   */
  total?: Duration;
  /**
   * until the first byte
   */
  first_byte?: Duration;
  /**
   * between two bytes
   */
  idle?: Duration;
}
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "breaker".
 */
export interface Breaker {
  /**
   * trips at so many failures in a row; any success ends the streak
   */
  consecutive_failures?: number;
  /**
   * trips at so many failures in the window, whatever `min_calls` says
   */
  failures?: number;
  /**
   * trips when this share of the window's calls failed, `>=`
   */
  failure_rate?: Share;
  slow?: SlowRule;
  /**
   * what `failures` and the rates are taken over
   */
  window?: Duration | TimeWindow | CallWindow;
  /**
   * calls in the window before a rate means anything; not above `window.calls`
   */
  min_calls?: number;
  open?: OpenRule;
  half_open?: HalfOpenRule;
  /**
   * after closing, a growing share is admitted for this long
   */
  ramp?: Duration;
  rollup?: Rollup;
  /**
   * what splits it
   */
  per?: Per;
  /**
   * see Modes
   */
  mode?: Mode;
  /**
   * the share of keys for which it is enforced
   */
  enforce_share?: Share;
}
/**
 * trips on a share of slow calls
 */
export interface SlowRule {
  /**
   * a call is slow when it took strictly longer, whatever its outcome; one in flight counts as soon as it crosses
   */
  over: Duration;
  /**
   * trips when this share of the window's calls was slow, `>=`
   */
  rate: Share;
}
export interface TimeWindow {
  /**
   * as `window`, where more is said
   */
  span: Duration;
  /**
   * parts of the span; an entry stays at most one part too long
   */
  buckets?: number;
}
export interface CallWindow {
  /**
   * instead of a span: the last so many calls
   */
  calls: number;
}
/**
 * the wait while open
 */
export interface OpenRule {
  /**
   * the first wait
   */
  base?: Duration;
  /**
   * each further wait is so many times longer; one step is forgotten for each `base` spent closed
   */
  growth?: Factor;
  /**
   * no wait is longer, not even one that the upstream asked for; raised to `base` if that is longer
   */
  max?: Duration;
  /**
   * the wait is drawn between itself and (1 + jitter) times itself
   */
  jitter?: number;
}
/**
 * how recovery is tried
 */
export interface HalfOpenRule {
  /**
   * calls let through in one round; judged by the breaker's rates, without `failure_rate` one failure reopens
   */
  probes?: number;
  /**
   * probes in flight at once
   */
  concurrent?: number;
  /**
   * a round without a verdict reopens after this, from its first probe
   */
  max_wait?: Duration;
  /**
   * a probe that has not settled by then gives its place back; 60 s without a timeout
   */
  lease?: Duration;
}
/**
 * a breaker of the service above the keyed ones
 */
export interface Rollup {
  /**
   * trips at this share of open breakers among the tenants seen in the window
   */
  tenants_open?: Share;
  /**
   * trips at this failure rate over the latest outcome of each tenant seen in the window
   */
  pooled?: Share;
  /**
   * neither means anything below so many tenants
   */
  min_tenants?: number;
}
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "limit".
 */
export interface Limit {
  /**
   * once per service; a preset may leave it out and lends its own
   */
  name: Name;
  /**
   * units in one period
   */
  limit: number;
  /**
   * `"1d"` and `"1w"` are calendar days and weeks in a window on the clock
   */
  period: Duration | ("1 month" | "month");
  /**
   * refills evenly; never above the limit in any window; never above it in one window
   */
  algorithm?: "token_bucket" | "sliding_window" | "fixed_window";
  /**
   * token bucket: units at once; burst + limit may pass in one period
   */
  burst?: number;
  /**
   * sliding window: parts of the period; a unit counts until the end of its part
   */
  buckets?: number;
  /**
   * fixed window: on the clock, or from the first granted call
   */
  align?: "clock" | "first_hit";
  /**
   * fixed window: where days, weeks and months begin
   */
  zone?: Zone;
  /**
   * what it counts; a call carries an amount per unit
   */
  unit?: Name;
  /**
   * keys that are neither refused nor counted
   */
  exempt?: string | string[];
  /**
   * does a refusal count too?
   */
  on_refuse?: "keep" | "count";
  /**
   * see penalty
   */
  penalty?: Penalty;
  /**
   * who shares the count; `fleet` counts per process too, and is a lint, until the host has a store
   */
  scope?: "process" | "fleet";
  /**
   * what splits it; not inherited, because a service split by tenant still has one quota at its upstream
   */
  per?: Per;
  /**
   * see Modes
   */
  mode?: Mode;
  /**
   * the share of keys for which it is enforced
   */
  enforce_share?: Share;
}
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "penalty".
 */
export interface Penalty {
  /**
   * refusals that begin a block; those during a block do not count
   */
  after: number;
  /**
   * the first block
   */
  block: Duration;
  /**
   * from one block to the next
   */
  growth?: Factor;
  /**
   * the longest block; raised to `block` if that is longer
   */
  max?: Duration;
  /**
   * refusals and blocks are forgotten so long after the last of them
   */
  forget?: Duration;
}
/**
 * see throttle
 */
export interface Throttle {
  /**
   * the first hold
   */
  base?: Duration;
  /**
   * each further one in a row is so many times longer
   */
  growth?: Factor;
  /**
   * no hold is longer, not even one that the upstream asked for; raised to `base` if that is longer
   */
  max?: Duration;
}
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "outcome_rule".
 */
export interface OutcomeRule {
  /**
   * the HTTP status
   */
  status?: (number | string) | (number | string)[];
  /**
   * the code of a network error, such as `ECONNRESET`
   */
  error?: Texts;
  /**
   * the class of an exception, such as `ReadTimeout`
   */
  exception?: Texts;
  /**
   * the host's own timeout ended the call
   */
  timed_out?: boolean;
  /**
   * the caller gave up
   */
  cancelled?: boolean;
  /**
   * what it counts as
   */
  as: Outcome;
}
export interface Retry {
  /**
   * in all, the first included
   */
  attempts?: number;
  /**
   * what is tried again
   */
  on?: ("failure" | "timeout" | "throttled" | "refused") | ("failure" | "timeout" | "throttled" | "refused")[];
  backoff?: Backoff;
  budget?: RetryBudget;
}
/**
 * the wait before the next attempt
 */
export interface Backoff {
  /**
   * the first wait
   */
  base?: Duration;
  /**
   * each further one is so many times longer
   */
  growth?: Factor;
  /**
   * no wait is longer, unless the upstream asks for it; raised to `base` if that is longer
   */
  max?: Duration;
  /**
   * the whole wait; half of it and a draw up to the other half; a draw up to the whole
   */
  jitter?: "none" | "equal" | "full";
}
/**
 * how many retries the service can bear, over the last ten seconds
 */
export interface RetryBudget {
  /**
   * retries per first attempt
   */
  share?: Share;
  /**
   * retries a second that are always allowed
   */
  min_per_s?: number;
}
/**
 * see probe
 */
export interface Probe {
  /**
   * so many in a row mean offline
   */
  failures?: number;
  /**
   * so many in a row end it
   */
  successes?: number;
  /**
   * a last result as old as this means unknown
   */
  stale?: Duration;
  latency?: ProbeLatency;
  memory?: ProbeMemory;
}
/**
 * how long a probe may take before the service counts as worse
 */
export interface ProbeLatency {
  /**
   * strictly longer is degraded
   */
  degraded?: Duration;
  /**
   * strictly longer is offline
   */
  offline?: Duration;
}
/**
 * how much of its memory may be used before the service counts as worse
 */
export interface ProbeMemory {
  /**
   * a strictly larger share of memory is degraded
   */
  degraded?: Share;
  /**
   * a strictly larger share is offline
   */
  offline?: Share;
}
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "feature".
 */
export interface Feature {
  /**
   * what people call it, by language
   */
  title?: Title;
  /**
   * does it count as critical for the whole, or as medium?
   */
  critical?: boolean;
  /**
   * what users get instead
   */
  fallback?: Name;
  /**
   * services and features that it stands on
   */
  needs?: Needs;
}
/**
 * This interface was referenced by `Policy`'s JSON-Schema
 * via the `definition` "limit_preset".
 */
export interface LimitPreset {
  /**
   * once per service; a preset may leave it out and lends its own
   */
  name?: Name;
  /**
   * units in one period
   */
  limit: number;
  /**
   * `"1d"` and `"1w"` are calendar days and weeks in a window on the clock
   */
  period: Duration | ("1 month" | "month");
  /**
   * refills evenly; never above the limit in any window; never above it in one window
   */
  algorithm?: "token_bucket" | "sliding_window" | "fixed_window";
  /**
   * token bucket: units at once; burst + limit may pass in one period
   */
  burst?: number;
  /**
   * sliding window: parts of the period; a unit counts until the end of its part
   */
  buckets?: number;
  /**
   * fixed window: on the clock, or from the first granted call
   */
  align?: "clock" | "first_hit";
  /**
   * fixed window: where days, weeks and months begin
   */
  zone?: Zone;
  /**
   * what it counts; a call carries an amount per unit
   */
  unit?: Name;
  /**
   * keys that are neither refused nor counted
   */
  exempt?: string | string[];
  /**
   * does a refusal count too?
   */
  on_refuse?: "keep" | "count";
  /**
   * see penalty
   */
  penalty?: Penalty;
  /**
   * who shares the count; `fleet` counts per process too, and is a lint, until the host has a store
   */
  scope?: "process" | "fleet";
  /**
   * what splits it; not inherited, because a service split by tenant still has one quota at its upstream
   */
  per?: Per;
  /**
   * see Modes
   */
  mode?: Mode;
  /**
   * the share of keys for which it is enforced
   */
  enforce_share?: Share;
}
/**
 * see status
 */
export interface StatusPolicy {
  /**
   * worse shows at once, better must last this long before it shows
   */
  improve_after?: string;
}
