//! Every default in one table, with its unit, why it is so, and what others take.
use alloc::string::String;
use core::fmt::Write;

/// One default.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DefaultRow {
    /// What it belongs to: `document`, `service`, `breaker`, `limit`, …
    pub of: &'static str,
    /// The field.
    pub field: &'static str,
    /// The value, as a document would say it; `none` where there is none.
    pub value: &'static str,
    /// Its unit or form.
    pub unit: &'static str,
    /// Why it is so.
    pub why: &'static str,
    /// What other libraries take.
    pub others: &'static str,
}

const fn row(
    of: &'static str,
    field: &'static str,
    value: &'static str,
    unit: &'static str,
    why: &'static str,
    others: &'static str,
) -> DefaultRow {
    DefaultRow { of, field, value, unit, why, others }
}

static ROWS: &[DefaultRow] = &[
    row("document", "mode", "enforce", "word", "a policy is written to be kept", ""),
    row("document", "zone", "Z", "offset", "days begin where the document says; UTC is the only neutral place", ""),
    row(
        "document",
        "keys.cap",
        "100000",
        "keys",
        "about as many callers as one process meets in a day; bounds memory",
        "",
    ),
    row(
        "document",
        "keys.forget",
        "24h",
        "duration",
        "a streak older than a day says nothing about today; at least the longest window",
        "",
    ),
    row(
        "document",
        "permits",
        "65536",
        "live permits",
        "ten times what one process keeps in flight; bounds memory",
        "unbounded",
    ),
    row("document", "on_engine_failure", "allow", "word", "a guard that breaks must not break what it guards", ""),
    row(
        "service",
        "timeout",
        "30s",
        "duration",
        "what most clients and proxies wait",
        "opossum 10 s, axios none, requests none, Envoy 15 s",
    ),
    row("service", "impact", "medium", "word", "neither hides an outage nor calls everybody", ""),
    row(
        "service",
        "breaker",
        "failure_rate 0.5",
        "table",
        "every upstream fails some day",
        "opossum 0.5, resilience4j 0.5, Polly 0.1",
    ),
    row("service", "limits", "none", "list", "a limit is the upstream's to name", ""),
    row(
        "service",
        "retry",
        "none",
        "table",
        "a retry nobody asked for doubles an outage",
        "axios-retry 3, got 2, urllib3 3",
    ),
    row("service", "deadline", "none", "duration", "the timeout bounds a single attempt already", ""),
    row(
        "service",
        "lease",
        "2 × timeout",
        "duration",
        "a caller that died gives its place back; 60s without a timeout",
        "",
    ),
    row(
        "breaker",
        "window",
        "60s",
        "duration",
        "long enough for slow traffic, short enough to forget",
        "Polly 30 s, opossum 10 s, resilience4j 100 calls",
    ),
    row(
        "breaker",
        "window.buckets",
        "10",
        "buckets",
        "an entry stays at most a tenth of the window too long",
        "opossum 10",
    ),
    row(
        "breaker",
        "min_calls",
        "20",
        "calls",
        "below it a rate is noise; capped at a window of calls",
        "Polly 100, resilience4j 100, Hystrix 20, opossum 0",
    ),
    row(
        "breaker",
        "open.base",
        "30s",
        "duration",
        "one restart of a usual service",
        "opossum 30 s, resilience4j 60 s, Polly 5 s, Envoy 30 s",
    ),
    row(
        "breaker",
        "open.growth",
        "2",
        "factor",
        "a long outage is asked less and less",
        "Envoy linear, others constant",
    ),
    row(
        "breaker",
        "open.max",
        "10m",
        "duration",
        "a recovery is seen within ten minutes; raised to base if base is longer",
        "Envoy 300 s",
    ),
    row("breaker", "open.jitter", "0.1", "share", "a fleet does not come back at one instant", "Envoy 0, others none"),
    row(
        "breaker",
        "half_open.probes",
        "3",
        "calls",
        "one lucky answer does not close it",
        "resilience4j 10, opossum 1, Polly 1",
    ),
    row(
        "breaker",
        "half_open.concurrent",
        "1",
        "calls",
        "a sick upstream gets one call at a time",
        "resilience4j 10, opossum 1",
    ),
    row("breaker", "half_open.max_wait", "2m", "duration", "indecision ends", "resilience4j 0 (for ever)"),
    row(
        "breaker",
        "half_open.lease",
        "the timeout",
        "duration",
        "a probe that never answers gives its place back; 60s without a timeout",
        "none",
    ),
    row("breaker", "ramp", "none", "duration", "few upstreams need it, and it refuses calls", ""),
    row("breaker", "slow", "none", "table", "slow is the upstream's to name", "resilience4j 60 s at 1.0"),
    row("breaker", "rollup.min_tenants", "20", "tenants", "two broken tenants among five are no outage", ""),
    row(
        "limit",
        "algorithm",
        "token_bucket",
        "word",
        "smooth, exact, and the smallest state",
        "Envoy, governor, redis-cell: bucket",
    ),
    row("limit", "burst", "the limit", "units", "one period's worth at once", "governor the same"),
    row(
        "limit",
        "buckets",
        "60",
        "sub-buckets",
        "under-admits by at most a sixtieth of the period",
        "express-rate-limit 1",
    ),
    row(
        "limit",
        "align",
        "clock",
        "word",
        "callers can tell when a window ends",
        "Envoy clock, rate-limiter-flexible first hit",
    ),
    row("limit", "unit", "calls", "name", "what most upstreams count", ""),
    row("limit", "on_refuse", "keep", "word", "a refusal uses nothing of the upstream's", "Kong counts refusals"),
    row("limit", "scope", "process", "word", "needs no store", ""),
    row("limit", "penalty", "none", "table", "a block is a choice", ""),
    row("penalty", "growth", "2", "factor", "each block teaches more than the last", ""),
    row(
        "penalty",
        "max",
        "1h",
        "duration",
        "nobody is locked out for a day by a loop; raised to block if block is longer",
        "",
    ),
    row("penalty", "forget", "1d", "duration", "tomorrow is another day", ""),
    row("throttle", "base", "5s", "duration", "the upstream said wait but not how long", ""),
    row("throttle", "growth", "2", "factor", "it said so again", ""),
    row("throttle", "max", "5m", "duration", "as long as most quotas last; raised to base if base is longer", ""),
    row("retry", "attempts", "3", "attempts", "in all, the first included", "axios-retry 4, resilience4j 3, got 3"),
    row(
        "retry",
        "on",
        "failure, timeout, throttled",
        "words",
        "a refusal of our own would wait for an open breaker",
        "",
    ),
    row("retry", "backoff.base", "1s", "duration", "one hiccup of a usual service", "AWS SDK 100 ms, got 1 s"),
    row("retry", "backoff.growth", "2", "factor", "as nearly everybody", "AWS SDK 2, got 2"),
    row(
        "retry",
        "backoff.max",
        "30s",
        "duration",
        "nobody waits longer for one answer; raised to base if base is longer",
        "AWS SDK 20 s",
    ),
    row("retry", "backoff.jitter", "full", "word", "spreads a crowd best", "AWS SDK full"),
    row(
        "retry",
        "budget.share",
        "0.2",
        "share of calls",
        "retries stay a fifth of the load, whatever fails",
        "Finagle 0.2, Linkerd 0.2",
    ),
    row(
        "retry",
        "budget.min_per_s",
        "3",
        "retries a second",
        "quiet services may try again too",
        "Finagle 10, Linkerd 10",
    ),
    row("status", "improve_after", "30s", "duration", "worse shows at once, better must last", ""),
    row("probe", "failures", "3", "results", "one lost packet is no outage", "Kubernetes 3"),
    row("probe", "successes", "1", "results", "an answer is an answer", "Kubernetes 1"),
    row("probe", "stale", "90s", "duration", "three polls of 30 s", ""),
];

/// Every default of the document.
pub fn defaults() -> &'static [DefaultRow] {
    ROWS
}

/// The table as Markdown.
pub fn defaults_markdown() -> String {
    let mut out = String::from(
        "# Defaults\n\nEvery value that a policy document may leave out. Generated from the core; a test holds it to the code.\n\n\
         | of | field | default | unit | why | others |\n|---|---|---|---|---|---|\n",
    );
    for r in ROWS {
        let _ = writeln!(out, "| {} | `{}` | {} | {} | {} | {} |", r.of, r.field, r.value, r.unit, r.why, r.others);
    }
    out
}
