//! What endpoints answer: the native health report, and a refusal as problem details.
use crate::base::json::Json;
use crate::call::OUTCOMES;
use crate::engine::{GATES, REFUSALS};
use crate::gate::limit::policy::MAX_LIMIT;
use crate::schema::Page;
use crate::schema::output::{EXACT, cause, ms};
use crate::schema::shape::{
    Field, any, boolean, count, document, field, list, map, must, n, number, obj, of, s, table, text, titled, with,
    word,
};
use crate::status::Status;
use crate::status::cause::Condition;
use crate::status::policy::Impact;
use alloc::vec;
use alloc::vec::Vec;

fn plain(title: &str, fields: Vec<Field>) -> Json {
    table(title, &Page::default(), "", "", fields)
}
fn whole() -> Json {
    count(0, EXACT)
}
fn share() -> Json {
    obj([("type", s("number")), ("minimum", n(0)), ("maximum", n(100))])
}

/// The schema of `report` with the view `health` in the native dialect, as JSON.
pub fn health() -> Json {
    let detail = "with `detail` alone";
    let root = vec![
        must("status", of("status")).note("the whole"),
        must("timestamp", of("time")).note("when this was read"),
        must("name", text()).note("the name of the policy; may be empty"),
        must("uptime_seconds", ms()).note("how long the engine runs"),
        must("since", of("time")).note("since when the whole is as it is"),
        must("decided_by", list(text())).note("the services and features that make it so"),
        must("notes", list(text())).note("what else is not as usual"),
        must("breakers", map(of("breaker"))).note("by service"),
        must("services", map(of("service"))).note("by name"),
        must("features", map(of("feature"))).note("by name"),
        must("incidents", list(of("incident"))).note("those that stand"),
        must("latency", map(of("latency"))).note("by service that was called"),
        must("recovery", map(of("recovery"))).note("by service that is away"),
        field("engine", engine()).note("how often the engine was rebuilt, if it ever was"),
        field("traffic", map(of("traffic"))).note(detail),
        field("limits", list(of("use"))).note(detail),
        field("gauges", map(number())).note(detail),
        field("permits", of("load")).note(detail),
        field("keys", of("load")).note(detail),
        must("blob", text()).note("the same for browsers, in one text"),
    ];
    let root = with(plain("HealthReport", root), "description", s("The native health report."));
    let load =
        vec![must("used", whole()).note("how many there are"), must("max", whole()).note("how many there may be")];
    let time = obj([("title", s("Time")), ("type", s("string")), ("format", s("date-time"))]);
    let label = any([text(), map(text())]);
    let mut defs = vec![
        ("status", titled("Status", word(Status::WORDS.map(|(w, _)| w)))),
        ("breaker_state", titled("BreakerCondition", word(Condition::WORDS.map(|(w, _)| w)))),
        ("time", with(time, "description", s("an instant as UTC with milliseconds"))),
        ("label", titled("Label", label)),
        ("cause", cause()),
        ("load", plain("Load", load)),
    ];
    defs.extend(parts());
    defs.extend(details());
    document(root, defs)
}

/// The schema of a refusal as the hosts answer it over HTTP (RFC 9457).
pub fn problem() -> Json {
    let root = vec![
        must("type", text()).note("`about:blank`: the status says it all"),
        must("title", text()).note("the name of the status"),
        must("status", count(400, 599))
            .note("429 where the caller asked for too much, 503 where a service is held back, 504 after a timeout"),
        must("detail", text()).note("what happened, in one sentence"),
        must("service", text()).note("which service"),
        must("code", word(REFUSALS.into_iter().chain(["engine_lost", "timeout"]))).note("why it was refused"),
        field("gate", word(GATES)).note("which gate refused"),
        field("scope", word(["tenant", "service"])).note("does it stand for this key, or for everybody?"),
        field("rule", text()).note("the name of the limit"),
        field("fallback", text()).note("what the policy offers instead"),
        field("retry_at_ms", ms()).note("when another try can pass, in milliseconds since the epoch"),
    ];
    let root = with(plain("Problem", root), "description", s("A call that was not made, as problem details."));
    document(root, vec![])
}

fn engine() -> Json {
    let fields = vec![
        must("rebuilds", whole()).note("how often"),
        must("rebuilt_at", of("time")).note("the last time"),
        must("cause", text()).note("why, in the host's words"),
    ];
    plain("EngineHealth", fields)
}

fn parts() -> Vec<(&'static str, Json)> {
    let since = || must("since", of("time")).note("since when it is so");
    let because = || must("because", list(of("cause"))).note("what was found, and where");
    let affected = || field("tenants", of("tenants")).note("where tenants are split: how many are affected");
    let maintenance = || field("maintenance", of("maintenance")).note("where a person said so");
    let fallback = || field("fallback", text()).note("what users get instead");
    let title = || must("title", of("label")).note("what people call it; by language where there are several");
    let breaker = vec![
        must("state", of("breaker_state")).note("of the service's own breaker"),
        since(),
        field("retry_at", of("time")).note("when it is tried again"),
        must("calls", whole()).note("in the window"),
        must("failures", whole()).note("in the window"),
        must("slow", whole()).note("in the window"),
        must("attempts", whole()).note("waits in a row"),
        must("generation", whole()).note("how often it moved"),
        affected(),
    ];
    let service = vec![
        must("status", of("status")).note("as users see it"),
        title(),
        must("impact", word(Impact::WORDS.map(|(w, _)| w))).note("how much it matters to the whole"),
        since(),
        fallback(),
        because(),
        field("breaker", of("breaker_state")).note("of its breaker, where it has one"),
        maintenance(),
        affected(),
        field("probe", probe()).note("the last probe; with `detail` alone"),
    ];
    let feature = vec![
        must("status", of("status")).note("as users see it"),
        title(),
        must("critical", boolean()).note("does it count as critical for the whole?"),
        since(),
        fallback(),
        because(),
        maintenance(),
    ];
    let incident = vec![
        must("id", whole()).note("its number"),
        must("service", text()).note("where"),
        since(),
        must("duration_seconds", ms()).note("how long it lasts"),
        must("worst", of("status")).note("the worst that it came to"),
        because(),
    ];
    let latency = vec![
        must("calls", whole()).note("how many were timed"),
        field("p50_ms", ms()).note("half of them were faster"),
        field("p95_ms", ms()).note("95 % of them were faster"),
        field("p99_ms", ms()).note("99 % of them were faster"),
    ];
    let estimate = vec![
        must("from", of("time")).note("the earlier end"),
        must("until", of("time")).note("the later end"),
        must("incidents", whole()).note("how many past incidents it rests on"),
    ];
    let recovery = vec![
        field("next_attempt_at", of("time")).note("when the next call is let through"),
        field("estimate", plain("RecoveryEstimate", estimate)).note("when it may be well again, after past incidents"),
    ];
    let tenants =
        vec![must("affected", whole()).note("so many are open"), must("seen", whole()).note("of so many seen")];
    let order =
        vec![field("until", of("time")).note("its expiry"), field("message", text()).note("what the person said")];
    vec![
        ("breaker", plain("BreakerHealth", breaker)),
        ("service", plain("ServiceHealth", service)),
        ("feature", plain("FeatureHealth", feature)),
        ("incident", plain("Incident", incident)),
        ("latency", plain("Latency", latency)),
        ("recovery", plain("Recovery", recovery)),
        ("tenants", plain("Tenants", tenants)),
        ("maintenance", plain("Maintenance", order)),
    ]
}

fn probe() -> Json {
    let memory = vec![
        must("used_bytes", whole()).note("bytes in use"),
        must("total_bytes", whole()).note("bytes in all"),
        must("percent", share()).note("the one of the other"),
    ];
    let fields = vec![
        must("ok", boolean()).note("did it answer?"),
        must("at", of("time")).note("when"),
        field("latency_ms", ms()).note("how long it took"),
        field("memory", plain("MemoryReading", memory)).note("what it said of its memory"),
        field("message", text()).note("what it said"),
    ];
    plain("ProbeReading", fields)
}

fn details() -> Vec<(&'static str, Json)> {
    let outcomes = OUTCOMES.into_iter().map(|key| field(key, whole()).note("calls that ended so")).collect();
    let traffic = vec![
        must("granted", whole()).note("calls let through"),
        must("outcomes", plain("OutcomeCounts", outcomes)).note("by outcome"),
        must("refusals", map(whole())).note("by refusal"),
        must("would_refuse", map(whole())).note("by refusal, of rules in shadow"),
        must("retries", whole()).note("attempts after the first"),
        must("expired", whole()).note("permits that nobody settled"),
    ];
    let used = vec![
        must("service", text()).note("whose"),
        must("limit", text()).note("its name"),
        must("unit", text()).note("what it counts"),
        must("size", count(0, MAX_LIMIT)).note("units in all"),
        must("used", whole()).note("units in use"),
        must("remaining", whole()).note("units left"),
    ];
    vec![("traffic", plain("Traffic", traffic)), ("use", plain("LimitUse", used))]
}
