//! The policy document. The shapes stand in the order of the page that describes them.
use crate::base::json::Json;
use crate::call::OUTCOMES;
use crate::gate::limit::policy::{MAX_BUCKETS, MAX_LIMIT, MIN_BUCKETS};
use crate::gate::rule::{MODES, SCOPES};
use crate::policy::{breaker_presets, limit_presets};
use crate::schema::Page;
use crate::schema::shape::{
    Field, any, boolean, count, document, field, list, map, must, n, obj, of, only, s, table, text, texts, titled,
    with, within, word,
};
use crate::status::Status;
use crate::status::policy::{Impact, MAX_FEATURES, MAX_TITLES};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

const MILLION: u64 = 1_000_000;

/// The schema of a policy document; `page` is `docs/policy.md`.
pub fn policy(page: &Page) -> Json {
    let root = table(
        "Policy",
        page,
        "document",
        "",
        vec![
            field("$schema", text()),
            must("version", obj([("type", s("integer")), ("const", n(1))])),
            field("name", of("name")),
            field("zone", of("zone")),
            field("default_lang", of("name")),
            field("mode", of("mode")),
            field("enforce_share", of("share")),
            field("on_engine_failure", of("on_engine_failure")),
            field("permits", count(1, (1 << 20) - 2)),
            field("keys", keys(page)).note("how many keys an engine remembers, and for how long"),
            field("services", most(map(of("service")), 1024)),
            field("features", most(map(of("feature")), MAX_FEATURES as u64)),
            field("breakers", most(map(of("breaker")), 256)),
            field("limits", most(map(any([of("limit_preset"), list(of("limit"))])), 256)),
            field("status", status(page)),
        ],
    );
    let root = with(root, "description", s("What an engine enforces: services, features and the rules between them."));
    let root = with(root, "examples", Json::Arr(vec![example()]));
    let mut defs = values();
    defs.extend([
        ("zone", zone(page)),
        ("service", service(page)),
        ("breaker", breaker(page)),
        ("limit", limit(page, "Limit", must("name", of("name")))),
        ("limit_preset", limit(page, "LimitPreset", field("name", of("name")))),
        ("penalty", penalty(page)),
        ("outcome_rule", outcome_rule(page)),
        ("feature", feature(page)),
        ("needs", needs(page)),
    ]);
    document(root, defs)
}

fn example() -> Json {
    let breaker = obj([("consecutive_failures", n(3)), ("open", obj([("base", s("30s"))]))]);
    let payments = obj([("timeout", s("10s")), ("fallback", s("pay_on_delivery")), ("breaker", breaker)]);
    let checkout = obj([("critical", Json::Bool(true)), ("fallback", s("pay_on_delivery")), ("needs", s("payments"))]);
    obj([("version", n(1)), ("services", obj([("payments", payments)])), ("features", obj([("checkout", checkout)]))])
}

/// A table of names, with at most so many entries.
fn most(shape: Json, entries: u64) -> Json {
    let names = obj([("pattern", s(NAME))]);
    with(with(shape, "propertyNames", names), "maxProperties", n(entries))
}

pub(super) const NAME: &str = "^[A-Za-z0-9._:-]{1,64}$";
const SPAN: &str =
    "^\\s*([0-9]+w\\s*)?([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?([0-9]+ms\\s*)?([0-9]+us\\s*)?$";
const OFFSET: &str = "^(Z|UTC|[+-]((0[0-9]|1[0-7]):[0-5][0-9]|18:00))$";

fn span(lacks: &str) -> Json {
    obj([("type", s("string")), ("pattern", s(SPAN)), ("not", obj([("pattern", s(lacks))]))])
}

/// The values that stand everywhere.
fn values() -> Vec<(&'static str, Json)> {
    let named = |title: &str, shape: Json, about: &str| with(titled(title, shape), "description", s(about));
    let duration = "a length of time: units w d h m s ms us, largest first, each once, whole numbers; longer than zero";
    let examples = texts(["250ms", "30s", "1h30m", "2w"]);
    let name = obj([("type", s("string")), ("pattern", s(NAME))]);
    let share = obj([("type", s("number")), ("exclusiveMinimum", n(0)), ("maximum", n(1))]);
    let lacking = titled("Title", any([label(), with(map(label()), "maxProperties", n(MAX_TITLES as u64))]));
    vec![
        ("duration", with(named("Duration", span("^[^1-9]*$"), duration), "examples", examples)),
        ("name", named("Name", name, "1 to 64 letters, digits, dots, dashes, underscores and colons")),
        ("share", named("Share", share, "a share above 0 and up to 1")),
        ("factor", named("Factor", within(1, 100), "a factor from 1 to 100")),
        ("mode", titled("Mode", word(MODES.map(|(w, _)| w)))),
        ("on_engine_failure", titled("OnEngineFailure", word(["allow", "refuse"]))),
        ("status", titled("Status", word(Status::WORDS.map(|(w, _)| w)))),
        ("outcome", titled("Outcome", word(OUTCOMES))),
        ("title", lacking),
        ("per", titled("Per", any([of("name"), list(of("name"))]))),
        ("texts", titled("Texts", any([text(), list(text())]))),
    ]
}

fn label() -> Json {
    obj([("type", s("string")), ("minLength", n(1)), ("maxLength", n(200))])
}

/// The name of a preset: any, but the built-in ones are offered.
fn preset(built_in: Vec<String>) -> Json {
    with(text(), "examples", Json::Arr(built_in.into_iter().map(Json::Str).collect()))
}

fn off() -> Json {
    obj([("enum", Json::Arr(vec![s("off"), Json::Bool(false)]))])
}

fn keys(page: &Page) -> Json {
    let fields = vec![field("cap", count(1, 10 * MILLION)), field("forget", of("duration"))];
    table("KeysPolicy", page, "document", "keys.", fields)
}

fn status(page: &Page) -> Json {
    let fields = vec![field("improve_after", span("^[^0-9]*$"))];
    table("StatusPolicy", page, "status", "", fields)
}

fn zone(page: &Page) -> Json {
    let offset = || obj([("type", s("string")), ("pattern", s(OFFSET))]);
    let change = vec![must("at_ms", count(0, 1 << 43)), must("offset", offset())];
    let change = table("ZoneChange", page, "zone", "changes[].", change);
    let named = vec![
        must(
            "name",
            obj([("type", s("string")), ("minLength", n(1)), ("maxLength", n(64)), ("pattern", s("^[!-~]+$"))]),
        ),
        must("offset", offset()),
        field("changes", with(list(change), "maxItems", n(4096))),
    ];
    titled("Zone", any([offset(), table("NamedZone", page, "zone", "", named)]))
}

/// What every rule may say.
fn rule() -> Vec<Field> {
    vec![field("per", of("per")), field("mode", of("mode")), field("enforce_share", of("share"))]
}

fn service(page: &Page) -> Json {
    let timeout = ["total", "first_byte", "idle"].map(|key| field(key, of("duration")));
    let timeout = table("Timeout", page, "service", "timeout.", timeout.into());
    let limits = list(any([of("limit"), preset(limit_presets())]));
    let mut fields = vec![
        field("title", of("title")),
        field("impact", word(Impact::WORDS.map(|(w, _)| w))),
        field("fallback", of("name")),
        field("needs", of("needs")),
        field("timeout", any([of("duration"), timeout, off()])),
        field("deadline", of("duration")),
        field("lease", of("duration")),
        field("breaker", any([of("breaker"), preset(breaker_presets()), off()])),
        field("limits", any([limits, preset(limit_presets())])),
        field("throttle", throttle(page)),
        field("outcomes", with(list(of("outcome_rule")), "maxItems", n(64))),
        field("retry", any([retry(page), off()])),
        field("probe", probe(page)),
        field("on_engine_failure", of("on_engine_failure")),
    ];
    fields.extend(rule());
    table("Service", page, "service", "", fields)
}

fn breaker(page: &Page) -> Json {
    let part = |title: &str, prefix: &str, fields: Vec<Field>| table(title, page, "breaker", prefix, fields);
    let counted = || count(1, MILLION);
    let time = vec![must("span", of("duration")), field("buckets", count(1, 1000))];
    let window = any([
        of("duration"),
        part("TimeWindow", "window.", time),
        part("CallWindow", "window.", vec![must("calls", counted())]),
    ]);
    let slow = vec![must("over", of("duration")), must("rate", of("share"))];
    let open = vec![
        field("base", of("duration")),
        field("growth", of("factor")),
        field("max", of("duration")),
        field("jitter", within(0, 1)),
    ];
    let half_open = vec![
        field("probes", count(1, 10_000)),
        field("concurrent", count(1, 10_000)),
        field("max_wait", of("duration")),
        field("lease", of("duration")),
    ];
    let rollup =
        vec![field("tenants_open", of("share")), field("pooled", of("share")), field("min_tenants", counted())];
    let mut fields = vec![
        field("consecutive_failures", counted()),
        field("failures", counted()),
        field("failure_rate", of("share")),
        field("slow", part("SlowRule", "slow.", slow)),
        field("window", window),
        field("min_calls", counted()),
        field("open", part("OpenRule", "open.", open)),
        field("half_open", part("HalfOpenRule", "half_open.", half_open)),
        field("ramp", of("duration")),
        field("rollup", part("Rollup", "rollup.", rollup)),
    ];
    fields.extend(rule());
    part("Breaker", "", fields)
}

fn limit(page: &Page, title: &str, name: Field) -> Json {
    let key = || obj([("type", s("string")), ("minLength", n(1)), ("maxLength", n(256))]);
    let mut fields = vec![
        name,
        must("limit", count(1, MAX_LIMIT)),
        must("period", any([of("duration"), word(["1 month", "month"])])),
        field("algorithm", word(["token_bucket", "sliding_window", "fixed_window"])),
        field("burst", count(1, MAX_LIMIT)),
        field("buckets", count(MIN_BUCKETS, MAX_BUCKETS)),
        field("align", word(["clock", "first_hit"])),
        field("zone", of("zone")),
        field("unit", of("name")),
        field("exempt", any([key(), with(list(key()), "maxItems", n(1000))])),
        field("on_refuse", word(["keep", "count"])),
        field("penalty", of("penalty")),
        field("scope", word(SCOPES.map(|(w, _)| w))),
    ];
    fields.extend(rule());
    table(title, page, "limit", "", fields)
}

fn penalty(page: &Page) -> Json {
    let fields = vec![
        must("after", count(1, MILLION)),
        must("block", of("duration")),
        field("growth", of("factor")),
        field("max", of("duration")),
        field("forget", of("duration")),
    ];
    table("Penalty", page, "penalty", "", fields)
}

fn throttle(page: &Page) -> Json {
    let fields = vec![field("base", of("duration")), field("growth", of("factor")), field("max", of("duration"))];
    table("Throttle", page, "throttle", "", fields)
}

fn outcome_rule(page: &Page) -> Json {
    let status = || any([count(100, 599), obj([("type", s("string")), ("pattern", s("^[1-5]xx$"))])]);
    let fields = vec![
        field("status", any([status(), list(status())])),
        field("error", of("texts")),
        field("exception", of("texts")),
        field("timed_out", boolean()),
        field("cancelled", boolean()),
        must("as", of("outcome")),
    ];
    // one condition at least
    with(table("OutcomeRule", page, "outcomes", "", fields), "minProperties", n(2))
}

fn retry(page: &Page) -> Json {
    let on = || word(["failure", "timeout", "throttled", "refused"]);
    let backoff = vec![
        field("base", of("duration")),
        field("growth", of("factor")),
        field("max", of("duration")),
        field("jitter", word(["none", "equal", "full"])),
    ];
    let budget = vec![field("share", of("share")), field("min_per_s", count(0, MILLION))];
    let fields = vec![
        field("attempts", count(1, 100)),
        field("on", any([on(), list(on())])),
        field("backoff", table("Backoff", page, "retry", "backoff.", backoff)),
        field("budget", table("RetryBudget", page, "retry", "budget.", budget)),
    ];
    table("Retry", page, "retry", "", fields)
}

fn probe(page: &Page) -> Json {
    let latency = vec![field("degraded", of("duration")), field("offline", of("duration"))];
    let memory = vec![field("degraded", of("share")), field("offline", of("share"))];
    let fields = vec![
        field("failures", count(1, 1000)),
        field("successes", count(1, 1000)),
        field("stale", of("duration")),
        field("latency", table("ProbeLatency", page, "probe", "latency.", latency))
            .note("how long a probe may take before the service counts as worse"),
        field("memory", table("ProbeMemory", page, "probe", "memory.", memory))
            .note("how much of its memory may be used before the service counts as worse"),
    ];
    table("Probe", page, "probe", "", fields)
}

fn feature(page: &Page) -> Json {
    let fields = vec![
        field("title", of("title")),
        field("critical", boolean()),
        field("fallback", of("name")),
        field("needs", of("needs")),
    ];
    table("Feature", page, "feature", "", fields)
}

fn needs(page: &Page) -> Json {
    let states =
        ["open", "half_open", "throttled", "degraded", "offline", "unknown"].map(|key| field(key, of("status")));
    let mapping = table("Need", page, "needs", "", states.into());
    let group = || with(list(text()), "minItems", n(1));
    let groups = any([group(), with(list(group()), "minItems", n(1))]);
    let rules = obj([
        ("title", s("NeedsTable")),
        ("type", s("object")),
        ("properties", obj([("any_of", described(page, "needs", "any_of", groups))])),
        ("additionalProperties", any([mapping, only("default")])),
    ]);
    titled("Needs", any([text(), list(text()), rules]))
}

fn described(page: &Page, section: &str, field: &str, shape: Json) -> Json {
    match page.meaning(section, field) {
        Some(meaning) => with(shape, "description", s(meaning)),
        None => shape,
    }
}
