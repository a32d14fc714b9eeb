//! What comes out of an engine: decisions, effects, errors, and the names that stand behind numbers.
use crate::base::error::Code;
use crate::base::json::Json;
use crate::call::{NoRetry, OUTCOMES};
use crate::engine::{GATES, REFUSALS, Uncounted};
use crate::gate::breaker::{Because, Phase};
use crate::schema::Page;
use crate::schema::shape::{
    Field, any, boolean, count, document, field, list, map, must, n, obj, of, only, s, table, text, titled, with, word,
};
use crate::status::Status;
use crate::status::cause::Kind;
use alloc::vec;
use alloc::vec::Vec;

/// The largest whole number that crosses exactly.
pub(super) const EXACT: u64 = (1 << 53) - 1;

/// What stands in `because` when a breaker moved.
const MOVES: [Because; 13] = [
    Because::ConsecutiveFailures,
    Because::Failures,
    Because::FailureRate,
    Because::SlowRate,
    Because::Reopen,
    Because::ProbesPassed,
    Because::ProbesFailed,
    Because::MaxWait,
    Because::RampEnd,
    Because::Order,
    Because::OrderExpired,
    Because::TenantsOpen,
    Because::Pooled,
];
const PHASES: [Phase; 5] = [Phase::Closed, Phase::Open, Phase::HalfOpen, Phase::ForcedOpen, Phase::Disabled];
const NO_RETRY: [NoRetry; 6] =
    [NoRetry::Off, NoRetry::Attempts, NoRetry::Deadline, NoRetry::NotIdempotent, NoRetry::Budget, NoRetry::Outcome];
const UNCOUNTED: [Uncounted; 3] = [Uncounted::LeaseExpired, Uncounted::StaleGeneration, Uncounted::Shadow];
/// Why something will change by itself.
const WHYS: [&str; 11] = [
    "reopen",
    "probe_lease",
    "max_wait",
    "slow",
    "lease",
    "ramp",
    "order",
    "throttle_ends",
    "probe_stale",
    "maintenance_ends",
    "status_improves",
];

/// A time or a length in milliseconds.
pub(super) fn ms() -> Json {
    obj([("type", s("number")), ("minimum", n(0))])
}
fn whole() -> Json {
    count(0, EXACT)
}
/// A table whose fields carry their own descriptions.
fn plain(title: &str, fields: Vec<Field>) -> Json {
    table(title, &Page::default(), "", "", fields)
}

/// The schema of an output.
pub fn output() -> Json {
    let root = titled("Output", any([of("answer"), of("mistake"), of("mistakes")]));
    let root = with(root, "description", s("What an engine answers to one input."));
    let answer = vec![
        must("decision", of("decision")).note("the answer itself"),
        must("effects", list(of("effect")))
            .note("what happened, in order, by this input and by the deadlines before it"),
        must("next", any([of("next"), obj([("type", s("null"))])])).note("when to advance, at the latest"),
    ];
    let next = vec![
        must("at_ms", ms()).note("the instant, in milliseconds since the epoch"),
        must("why", word(WHYS)).note("what changes then by itself"),
    ];
    let fault = vec![
        must("code", word(Code::ALL.iter().map(|c| c.slug()))).note("the stable name of what is wrong"),
        must("path", text()).note("where, such as `services.afip.breaker.window`; empty for the whole"),
        must("message", text()).note("what is wrong, in one sentence"),
        must("help", text()).note("what to do about it"),
    ];
    let mut defs = vec![
        ("answer", plain("Answer", answer)),
        ("mistake", plain("Mistake", vec![must("error", of("fault")).note("what is wrong with the input")])),
        (
            "mistakes",
            plain("Mistakes", vec![must("errors", list(of("fault"))).note("all that is wrong with the document")]),
        ),
        ("fault", plain("WireFault", fault)),
        ("next", plain("Next", next)),
        ("decision", titled("Decision", decisions())),
        ("failing", plain("Failing", failing())),
        ("reading", reading()),
        ("retry", plain("RetryAdvice", retry())),
        ("effect", titled("Effect", effects())),
    ];
    defs.extend(words());
    defs.push(("cause", cause()));
    document(root, defs)
}

/// Words that several shapes share.
fn words() -> Vec<(&'static str, Json)> {
    vec![
        ("gate", titled("Gate", word(GATES))),
        ("refusal", titled("RefusalCode", word(REFUSALS))),
        ("scope", titled("Scope", word(["tenant", "service"]))),
        ("outcome", titled("Outcome", word(OUTCOMES))),
        ("status", titled("Status", word(Status::WORDS.map(|(w, _)| w)))),
        ("phase", titled("BreakerState", word(PHASES.map(Phase::word)))),
        ("no_retry", titled("NoRetry", word(NO_RETRY.map(NoRetry::word)))),
    ]
}

pub(super) fn cause() -> Json {
    let condition = || must("condition", word(Kind::WORDS.map(|(w, _)| w))).note("what was found there");
    let of_service = vec![must("service", text()).note("the service where it was found"), condition()];
    let of_feature = vec![must("feature", text()).note("the feature where it was found"), condition()];
    titled("Cause", any([plain("ServiceCause", of_service), plain("FeatureCause", of_feature)]))
}

fn reason() -> Vec<Field> {
    vec![
        must("gate", of("gate")).note("which gate refuses"),
        must("code", of("refusal")).note("why it refuses"),
        must("scope", of("scope")).note("does it refuse this key, or everybody?"),
        field("rule", text()).note("the name of the limit"),
    ]
}
fn failing() -> Vec<Field> {
    let mut fields = reason();
    fields.extend([
        field("retry_at_ms", ms())
            .note("when it says yes if nothing else happens; missing where waiting does not help"),
        field("limit", whole()).note("the size of the limit"),
        field("remaining", whole()).note("what is left of it"),
    ]);
    fields
}
/// One gate of an explanation.
fn reading() -> Json {
    let gate = |title: &str, name: &'static str, fields: Vec<Field>| {
        let mut all = vec![
            must("gate", only(name)).note("which gate"),
            must("scope", of("scope")).note("is it the key's, or everybody's?"),
            must("mode", word(["enforce", "shadow", "off"])).note("does it refuse for this caller?"),
            must("passes", boolean()).note("does it say yes?"),
            field("code", of("refusal")).note("why not"),
            field("retry_at_ms", ms()).note("when it says yes if nothing else happens"),
        ];
        all.extend(fields);
        plain(title, all)
    };
    let trip = plain(
        "TripRule",
        vec![
            must("rule", text()).note("which rule opens the breaker"),
            must("value", obj([("type", s("number"))])).note("its number of now"),
            must("trips_at", obj([("type", s("number"))])).note("the number at which it opens"),
            field("counts", boolean()).note("are there calls enough for it to count?"),
        ],
    );
    let breaker = vec![
        field("rollup", boolean()).note("true for the breaker above the keyed ones"),
        field("phase", of("phase")).note("where it stands; missing for a key that it never met"),
        field("since_ms", ms()).note("since when"),
        field("reopens_at_ms", ms()).note("when an open breaker is tried again"),
        field("ramping", boolean()).note("true while it admits a growing share"),
        field("attempt", whole()).note("opens without a lasting recovery"),
        field("calls", whole()).note("calls in the window"),
        field("failures", whole()).note("failures in the window"),
        field("slow", whole()).note("slow calls in the window"),
        field("streak", whole()).note("failures in a row"),
        field("window_ms", ms()).note("how far the window looks back"),
        field("window_calls", whole()).note("or how many calls it holds"),
        field("min_calls", whole()).note("calls from which a rate counts"),
        field("rules", list(trip)).note("what opens it"),
    ];
    let throttle = vec![
        field("held_until_ms", ms()).note("until when calls are held back"),
        must("streak", whole()).note("how often in a row the upstream said wait"),
    ];
    let limit = vec![
        must("rule", text()).note("the name of the limit"),
        must("algorithm", text()).note("how it counts"),
        field("exempt", boolean()).note("true for a caller that is neither refused nor counted"),
        must("unit", text()).note("what it counts"),
        must("units", whole()).note("what the call asks for"),
        must("limit", whole()).note("the size of the limit"),
        must("used", whole()).note("units in use"),
        must("remaining", whole()).note("units that would pass"),
        field("next_unit_at_ms", ms()).note("when one more unit is free"),
        field("full_at_ms", ms()).note("when none is in use any more"),
        field("blocked_until_ms", ms()).note("the end of the block that stands"),
    ];
    titled(
        "GateReading",
        any([
            gate("BreakerReading", "breaker", breaker),
            gate("ThrottleReading", "throttle", throttle),
            gate("LimitReading", "limit", limit),
        ]),
    )
}
fn retry() -> Vec<Field> {
    vec![
        must("at_ms", ms()).note("when to try again"),
        must("after_ms", ms()).note("the same, from now"),
        must("attempt", whole()).note("the number of that attempt; the first call is 0"),
    ]
}

fn result(word: &'static str) -> Field {
    must("result", only(word)).note("which answer this is")
}
fn advice() -> [Field; 2] {
    [
        field("retry", of("retry")).note("when to try again, and as which attempt"),
        field("no_retry", of("no_retry")).note("why there is no other attempt"),
    ]
}
fn would_refuse() -> Field {
    field("would_refuse", list(of("failing"))).note("rules in shadow that would have refused")
}

fn decisions() -> Json {
    let granted = vec![
        result("granted"),
        field("permit", count(1, EXACT)).note("to be settled once; missing for a peek"),
        field("timeout_ms", ms()).note("how long the call may take; missing without a timeout"),
        field("probe", boolean()).note("true for a probe of a half-open breaker"),
        would_refuse(),
    ];
    let mut refused = vec![result("refused")];
    refused.extend(reason());
    refused.extend([
        field("retry_at_ms", ms())
            .note("when all failing rules say yes if nothing else happens; missing if waiting helps nobody"),
        field("retry_after_ms", ms()).note("the same, from now"),
        must("exact", boolean()).note("is that instant exact?"),
        field("fallback", text()).note("what the policy offers instead"),
        field("failing", list(of("failing"))).note("every failing rule"),
        would_refuse(),
    ]);
    refused.extend(advice());
    let mut settled = vec![
        result("settled"),
        must("counted", boolean()).note("did the outcome count?"),
        must("outcome", of("outcome")).note("what the facts meant"),
        field("because", word(UNCOUNTED.map(Uncounted::word))).note("why it did not count"),
    ];
    settled.extend(advice());
    let headers = vec![result("headers"), must("headers", map(text())).note("header fields of an HTTP answer")];
    let report = vec![
        result("report"),
        must("status", count(100, 599)).note("the HTTP status"),
        must("content_type", text()).note("the media type of the body"),
        must("body", text()).note("the report itself"),
    ];
    let snapshot = vec![result("snapshot"), must("bytes", text()).note("all state, as base64 text")];
    let mut explained = vec![
        result("explained"),
        must("service", text()).note("of which service"),
        must("at_ms", ms()).note("when"),
        must("verdict", word(["granted", "refused"])).note("what a call of now would be told"),
    ];
    // Of a refusal only.
    explained.extend([
        field("gate", of("gate")).note("which gate refuses"),
        field("code", of("refusal")).note("why it refuses"),
        field("scope", of("scope")).note("does it refuse this key, or everybody?"),
        field("rule", text()).note("the name of the limit"),
        field("retry_at_ms", ms()).note("when all failing rules say yes if nothing else happens"),
        field("exact", boolean()).note("is that instant exact?"),
        field("fallback", text()).note("what the policy offers instead"),
        must("gates", list(of("reading"))).note("what every gate looks at"),
    ]);
    any([
        plain("Granted", granted),
        plain("Refused", refused),
        plain("Settled", settled),
        plain("HeaderFields", headers),
        plain("Report", report),
        plain("Snapshot", snapshot),
        plain("Done", vec![result("done")]),
        plain("Explained", explained),
    ])
}

fn effect(title: &str, word: &'static str, fields: Vec<Field>) -> Json {
    let mut all = vec![must("effect", only(word)).note("what happened")];
    all.extend(fields);
    all.push(must("at_ms", ms()).note("when it happened"));
    plain(title, all)
}

fn effects() -> Json {
    let service = || must("service", text()).note("whose");
    let key = || field("key", text()).note("of which key; missing where the whole service is meant");
    let until = || must("until_ms", ms()).note("until when");
    let since = || must("since_ms", ms()).note("since when it is so");
    let because = || must("because", list(of("cause"))).note("what was found, and where");
    let turn = |shape: &str| {
        let shape = || of(shape);
        [must("from", shape()).note("what it was"), must("to", shape()).note("what it is now")]
    };
    let turned = |first: Vec<Field>, shape: &str, rest: Vec<Field>| {
        first.into_iter().chain(turn(shape)).chain(rest).collect::<Vec<Field>>()
    };
    let breaker = turned(
        vec![service(), key(), field("rollup", boolean()).note("true for the breaker above the keyed ones")],
        "phase",
        vec![
            must("because", word(MOVES.map(Because::word))).note("why it moved"),
            field("retry_at_ms", ms()).note("when an open breaker is tried again"),
            must("attempt", whole()).note("how many waits came before this one"),
        ],
    );
    let feature = turned(
        vec![must("feature", text()).note("which")],
        "status",
        vec![
            because(),
            field("fallback", text()).note("what users get instead"),
            field("severity", word(["urgent", "warning"])).note("how urgent; missing for a recovery"),
            since(),
        ],
    );
    let id = || must("id", whole()).note("the number of the incident");
    let limit = || must("limit", text()).note("the name of the limit");
    let closed = vec![id(), service(), must("duration_ms", ms()).note("how long it lasted")];
    let target = |title: &str, key: &'static str| {
        effect(title, "maintenance_ended", vec![must(key, text()).note("whose maintenance expired")])
    };
    let permit = must("permit", count(1, EXACT)).note("whose lease ran out");
    let rebuilt = vec![
        must("rebuilds", count(1, EXACT)).note("how often the engine was rebuilt in all"),
        must("cause", text()).note("why, in the host's words"),
    ];
    any([
        effect("BreakerChanged", "breaker_changed", breaker),
        effect("ThrottleHeld", "throttle_held", vec![service(), key(), until()]),
        effect("PermitExpired", "permit_expired", vec![permit, service()]),
        effect("LimitBlocked", "limit_blocked", vec![service(), limit(), key(), until()]),
        effect("ServiceChanged", "service_changed", turned(vec![service()], "status", vec![because(), since()])),
        effect("FeatureChanged", "feature_changed", feature),
        effect("OverallChanged", "overall_changed", turned(vec![], "status", vec![])),
        effect("IncidentOpened", "incident_opened", vec![id(), service(), because()]),
        effect("IncidentClosed", "incident_closed", closed),
        target("ServiceMaintenanceEnded", "service"),
        target("FeatureMaintenanceEnded", "feature"),
        effect("ClockBehind", "clock_behind", vec![must("by_ms", ms()).note("by how much")]),
        effect("EngineRebuilt", "engine_rebuilt", rebuilt),
    ])
}

/// The schema of the name tables of one policy.
pub fn names() -> Json {
    let service = vec![
        must("name", text()).note("its name"),
        must("handle", whole()).note("what the numeric calls take; of this epoch alone"),
        must("limits", list(text())).note("the names of its limits, by their numbers"),
        field("timeout_ms", ms()).note("how long one call may take"),
        field("first_byte_ms", ms()).note("until the first byte"),
        field("idle_ms", ms()).note("between two bytes"),
        field("deadline_ms", ms()).note("bounds all attempts and waits of one call"),
        field("fallback", text()).note("what users get instead"),
        must("retries", boolean()).note("does the policy let a call be tried again?"),
        must("on_engine_failure", word(["allow", "refuse"]))
            .note("what becomes of a call while the engine itself is away"),
    ];
    let root = vec![
        must("epoch", whole()).note("counts the policies of this engine"),
        must("policy", text()).note("the policy's own name; may be empty"),
        must("policy_hash", text()).note("equal for documents that say the same, in whichever syntax"),
        must("services", list(of("service"))).note("in the order of the document"),
        must("features", list(text())).note("in the order of the document"),
        must("keys", list(text())).note("the names of a call's keys, by their places"),
        must("units", list(text())).note("what limits count, by their places"),
        must("outcomes", list(word(OUTCOMES))).note("the words of outcomes, by their numbers"),
        must("gates", list(word(GATES))).note("the words of gates, by their numbers"),
        must("refusals", list(word(REFUSALS))).note("the words of refusals, by their numbers"),
    ];
    let root = with(plain("Names", root), "description", s("The names that stand behind an engine's numbers."));
    document(root, vec![("service", plain("ServiceInfo", service))])
}
