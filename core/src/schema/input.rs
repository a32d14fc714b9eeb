//! What goes into an engine: one table for each verb, and for each order of a command.
use crate::base::json::Json;
use crate::call::OUTCOMES;
use crate::gate::rule::MODES;
use crate::schema::Page;
use crate::schema::output::EXACT;
use crate::schema::shape::{
    Field, any, boolean, count, document, field, map, must, n, number, obj, of, only, s, table, text, texts, titled,
    with, word,
};
use alloc::vec;
use alloc::vec::Vec;

/// A time or a length of an input, in milliseconds.
fn ms() -> Json {
    obj([("type", s("number")), ("minimum", n(0)), ("maximum", n(1 << 43))])
}
fn amounts() -> Json {
    map(count(0, EXACT))
}
fn verb(word: &'static str) -> Field {
    must("verb", only(word)).note("what is asked")
}
fn service() -> Field {
    must("service", text()).note("a service of the policy")
}
fn keys() -> Field {
    field("keys", map(text())).note("whose: key names as the policy's `per` declares them; each 1 to 256 bytes")
}

/// The schema of an input; `page` is `docs/wire.md`.
pub fn input(page: &Page) -> Json {
    let alone = |title: &str, word| table(title, page, word, "", vec![verb(word)]);
    let shapes = any([
        of("admit"),
        of("settle"),
        of("observe"),
        of("command"),
        alone("Advance", "advance"),
        report(page),
        headers(page),
        explain(page),
        reload(page),
        alone("TakeSnapshot", "snapshot"),
    ]);
    let root = with(titled("Input", shapes), "description", s("One question, fact or order."));
    let defs = vec![
        ("admit", admit(page)),
        ("settle", settle(page)),
        ("facts", facts(page)),
        ("outcome", titled("Outcome", word(OUTCOMES))),
        ("observe", observe(page)),
        ("command", titled("Command", any(orders(page)))),
    ];
    document(root, defs)
}

fn admit(page: &Page) -> Json {
    let fields = vec![
        verb("admit"),
        must("service", text()),
        field("keys", map(text())),
        field("weight", count(0, EXACT)),
        field("amounts", amounts()),
        field("attempt", count(0, 1_000_000)),
        field("since_ms", ms()),
        field("idempotent", boolean()),
    ];
    table("Admit", page, "admit", "", fields)
}

fn settle(page: &Page) -> Json {
    let with_end = |title: &str, end: Field| {
        let fields = vec![
            verb("settle"),
            must("permit", count(0, EXACT)),
            end,
            field("duration_ms", ms()),
            field("retry_after_ms", ms()),
            field("amounts", amounts()),
            field("idempotent", boolean()),
        ];
        table(title, page, "settle", "", fields)
    };
    let outcome = must("outcome", of("outcome")).note("how the call ended");
    let facts = must("facts", of("facts"));
    titled("Settle", any([with_end("SettleOutcome", outcome), with_end("SettleFacts", facts)]))
}

fn facts(page: &Page) -> Json {
    let fields = vec![
        field("status", count(100, 999)).note("the HTTP status"),
        field("error", text()).note("the code of a network error, such as `ECONNRESET`"),
        field("exception", text()).note("the class of an exception, such as `ReadTimeout`"),
        field("timed_out", boolean()).note("the host's own timeout ended the call"),
        field("cancelled", boolean()).note("the caller gave up"),
        field("sent", boolean()).note("did anything reach the upstream? left out where that cannot be known"),
    ];
    table("Facts", page, "", "", fields)
}

fn observe(page: &Page) -> Json {
    let memory = vec![
        must("used_bytes", count(0, EXACT)).note("bytes in use"),
        must("total_bytes", count(1, EXACT)).note("bytes in all"),
    ];
    let probe = vec![
        verb("observe"),
        must("service", text()),
        must("ok", boolean()),
        field("latency_ms", ms()),
        field("memory", table("Memory", page, "", "", memory)),
        field("message", text()),
    ];
    let name = obj([("type", s("string")), ("pattern", s(super::policy::NAME))]);
    let gauge = vec![verb("observe"), must("gauge", name), must("value", number())];
    let probe = table("ObserveProbe", page, "observe", "", probe);
    titled("Observe", any([probe, table("ObserveGauge", page, "observe", "", gauge)]))
}

fn orders(page: &Page) -> [Json; 10] {
    let order = |title: &str, words: Vec<&str>, fields: Vec<Field>| {
        let word = must("order", word(words)).note("what is to be done");
        table(title, page, "command", "", [verb("command"), word].into_iter().chain(fields).collect())
    };
    let for_ms = || field("for_ms", ms()).note("for how long; until it is taken back without it");
    let feature = || must("feature", text()).note("a feature of the policy");
    let status = || must("status", word(["healthy", "degraded", "offline"])).note("what to show, whatever is measured");
    let message = || field("message", text()).note("what to tell people; 80 characters are kept");
    let mode = || {
        let words = MODES.map(|(w, _)| w).into_iter().chain(["policy"]);
        must("mode", word(words)).note("`policy` goes back to the document")
    };
    let limit = must("limit", text()).note("the name of the limit");
    let units = must("units", count(1, EXACT)).note("how many to give back");
    let permit = field("permit", count(1, EXACT)).note("those that this permit took; the oldest without it");
    let gate = field("gate", text()).note("`breaker`, or the name of a limit");
    let losses = field("losses", count(1, EXACT))
        .note("how often the engine was lost since the state that it was rebuilt from; 1 by default");
    let cause = field("cause", text()).note("why it was lost; 80 characters are kept");
    let to = field("to_ms", ms()).note("the right time; the input's own by default");
    [
        order("TimedOrder", vec!["force_open", "disable"], vec![service(), keys(), for_ms()]),
        order("BreakerOrder", vec!["force_close", "reset"], vec![service(), keys()]),
        order("ServiceMode", vec!["mode"], vec![mode(), service(), gate]),
        order("DocumentMode", vec!["mode"], vec![mode()]),
        order("ServiceMaintenance", vec!["maintenance"], vec![service(), status(), for_ms(), message()]),
        order("FeatureMaintenance", vec!["maintenance"], vec![feature(), status(), for_ms(), message()]),
        order(
            "EndMaintenance",
            vec!["clear_maintenance"],
            vec![field("service", text()).note("whose"), field("feature", text()).note("or whose")],
        ),
        order("Refund", vec!["refund"], vec![service(), limit, units, keys(), permit]),
        order("Rebase", vec!["rebase"], vec![to]),
        order("Rebuilt", vec!["rebuilt"], vec![losses, cause]),
    ]
}

fn report(page: &Page) -> Json {
    let fields = vec![
        verb("report"),
        field("view", word(["health", "live", "ready"]))
            .note("`health` looks at features, `ready` at this process, `live` at nothing"),
        field("profile", word(["native", "campotech", "vetmed", "togetheros", "ietf"])).note("whose dialect"),
        field("format", with(text(), "examples", texts(["json", "simple", "text", "prometheus", "openmetrics"])))
            .note("which form; another word is taken as `json`"),
        field("detail", word(["basic", "detailed"])).note("how much of it"),
        field("production", boolean()).note("true for the public: status and time only"),
        field("keys", map(text())).note("whose view; the system's for a key that nobody knows"),
        field("lang", text()).note("the language of titles in text reports"),
    ];
    table("AskReport", page, "report", "", fields)
}

fn headers(page: &Page) -> Json {
    let fields = vec![
        verb("headers"),
        service(),
        keys(),
        field("retry_at_ms", ms()).note("what the refusal said, where the call was refused"),
    ];
    table("AskHeaders", page, "headers", "", fields)
}

fn explain(page: &Page) -> Json {
    let fields = vec![
        verb("explain"),
        service(),
        keys(),
        field("weight", count(1, EXACT)).note("how many calls it would count for in limits"),
        field("amounts", amounts()).note("how much of other units it would ask for"),
    ];
    table("AskExplain", page, "explain", "", fields)
}

fn reload(page: &Page) -> Json {
    let policy = any([text(), obj([("type", s("object"))])]);
    let fields = vec![verb("reload"), must("policy", policy).note("the new document, as an object or as text")];
    table("Reload", page, "reload", "", fields)
}
