//! A policy document: what is read, what is refused, and where each fault stands.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]
use brownout::base::calendar::Zone;
use brownout::base::error::Code;
use brownout::base::num::Ratio;
use brownout::base::time::{Span, parse_span};
use brownout::engine::Engine;
use brownout::gate::breaker::{BreakerContext, BreakerPolicy, WindowRule};
use brownout::gate::limit::{Algorithm, LimitPolicy, Period};
use brownout::gate::rule::Mode;
use brownout::policy::{self, OnEngineFailure, Policy, breaker_presets, limit_presets};

fn read(text: &str) -> Policy {
    policy::read(text).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn faults(text: &str) -> Vec<(Code, String)> {
    policy::read(text).unwrap_err().into_iter().map(|f| (f.code, f.path.clone())).collect()
}

fn one(body: &str) -> policy::Service {
    read(&format!(r#"{{"version":1,"services":{{"s":{body}}}}}"#)).services.remove(0)
}

fn lints(body: &str) -> Vec<(Code, String)> {
    let policy = read(&format!(r#"{{"version":1,{body}}}"#));
    policy.lints.into_iter().map(|f| (f.code, f.path.clone())).collect()
}

#[test]
fn a_service_with_nothing_but_a_name_gets_the_service_row() {
    let p = read(r#"{"version":1,"services":{"afip":{}}}"#);
    let s = &p.services[0];
    assert_eq!((s.timeout.total, s.lease), (Some(Span::from_secs(30)), Span::from_secs(60)));
    assert_eq!(s.breaker, Some(BreakerPolicy::standard(BreakerContext { timeout: s.timeout.total })));
    assert!(s.limits.is_empty() && s.per.is_empty() && s.deadline.is_none() && s.fallback.is_none());
    assert_eq!((p.keys.cap, p.keys.forget, p.permits), (100_000, Span::from_secs(86_400), 65_536));
    assert_eq!((p.mode, p.enforce_share, p.on_engine_failure), (Mode::Enforce, None, OnEngineFailure::Allow));
    assert_eq!((p.units, p.key_names), (vec!["calls".to_string()], vec!["tenant".to_string()]));
    assert_eq!(p.status.services.len(), 1);
}

#[test]
fn hosts_know_what_to_do_without_the_engine_before_they_need_to() {
    let text = r#"{"version":1,"on_engine_failure":"refuse","services":{"a":{"on_engine_failure":"allow"},"b":{}}}"#;
    let names = Engine::from_json(text, 1, 0.0).unwrap().names_json();
    let names: serde_json::Value = serde_json::from_str(&names).unwrap();
    let words: Vec<_> = ["/services/0", "/services/1"]
        .map(|at| names.pointer(&format!("{at}/on_engine_failure")).and_then(|w| w.as_str()).unwrap().to_string())
        .into();
    assert_eq!(words, ["allow", "refuse"]);
}

#[test]
fn the_table_of_defaults_is_what_the_reader_takes() {
    let value = |of: &str, field: &str| {
        let rows = policy::defaults();
        rows.iter().find(|r| (r.of, r.field) == (of, field)).unwrap_or_else(|| panic!("{of} {field}")).value
    };
    let span = |of: &str, field: &str| parse_span(value(of, field)).unwrap();
    let number = |of: &str, field: &str| value(of, field).parse::<f64>().unwrap();
    let p = read(r#"{"version":1,"services":{"s":{"limits":[{"name":"l","limit":9,"period":"1s"}]}}}"#);
    let (s, b, l) = (&p.services[0], p.services[0].breaker.as_ref().unwrap(), &p.services[0].limits[0]);
    assert_eq!(p.keys.forget, span("document", "keys.forget"));
    assert_eq!(f64::from(p.keys.cap), number("document", "keys.cap"));
    assert_eq!(f64::from(p.permits), number("document", "permits"));
    assert_eq!(s.timeout.total, Some(span("service", "timeout")));
    assert_eq!(p.status.services[0].impact.slug(), value("service", "impact"));
    assert_eq!(b.failure_rate, Some(Ratio::percent(50)));
    let buckets = number("breaker", "window.buckets") as u32;
    assert_eq!(b.window, WindowRule::Time { span: span("breaker", "window"), buckets });
    assert_eq!(f64::from(b.min_calls), number("breaker", "min_calls"));
    assert_eq!((b.open.base, b.open.max), (span("breaker", "open.base"), span("breaker", "open.max")));
    assert_eq!(b.open.growth, Ratio::from_f64(number("breaker", "open.growth")).unwrap());
    assert_eq!(b.open.jitter, Ratio::from_f64(number("breaker", "open.jitter")).unwrap());
    assert_eq!(f64::from(b.half_open.probes), number("breaker", "half_open.probes"));
    assert_eq!(f64::from(b.half_open.concurrent), number("breaker", "half_open.concurrent"));
    assert_eq!((b.half_open.max_wait, b.half_open.lease), (span("breaker", "half_open.max_wait"), Span::from_secs(30)));
    assert_eq!(
        (l.algorithm_word(), l.size(), l.unit.as_str()),
        (value("limit", "algorithm"), 9, value("limit", "unit"))
    );
    assert_eq!(p.status.improve_after, span("status", "improve_after"));
    let probe = &p.status.services[0].probe;
    assert_eq!(f64::from(probe.failures), number("probe", "failures"));
    assert_eq!((f64::from(probe.successes), probe.stale), (number("probe", "successes"), span("probe", "stale")));
    let s = &p.services[0];
    assert_eq!((s.throttle.base, s.throttle.max), (span("throttle", "base"), span("throttle", "max")));
    assert_eq!((s.throttle.growth, s.retry), (Ratio::percent(200), None));
    let retry = one(r#"{"retry":{}}"#).retry.unwrap();
    assert_eq!(f64::from(retry.attempts), number("retry", "attempts"));
    assert_eq!(retry.backoff.base, span("retry", "backoff.base"));
    assert_eq!(retry.backoff.max, span("retry", "backoff.max"));
    assert_eq!(retry.backoff.growth, Ratio::from_f64(number("retry", "backoff.growth")).unwrap());
    assert_eq!(retry.budget.share, Ratio::from_f64(number("retry", "budget.share")).unwrap());
    assert_eq!(f64::from(retry.budget.min_per_s), number("retry", "budget.min_per_s"));
    let on = [retry.on_failure, retry.on_timeout, retry.on_throttled, retry.on_refused];
    assert_eq!((value("retry", "on"), on), ("failure, timeout, throttled", [true, true, true, false]));
    let penal = one(r#"{"limits":[{"name":"l","limit":1,"period":"1s","penalty":{"after":1,"block":"1s"}}]}"#);
    let penalty = penal.limits[0].penalty.clone().unwrap();
    assert_eq!((penalty.max, penalty.forget), (span("penalty", "max"), span("penalty", "forget")));
    assert_eq!(penalty.growth, Ratio::from_f64(number("penalty", "growth")).unwrap());
}

#[test]
#[allow(clippy::disallowed_methods)]
fn the_committed_table_of_defaults_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/defaults.md");
    let text = policy::defaults_markdown();
    if std::env::var("UPDATE_DOCS").is_ok() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), text, "run the tests once with UPDATE_DOCS=1");
}

#[test]
fn five_faults_come_back_as_five() {
    let doc = r#"{"version":1,"colour":"red","services":{"afip":{"timeout":"soon","breaker":{"failure_rate":1.5},
        "limits":[{"name":"minute","limit":0,"period":"1m"}],"fallback":7}}}"#;
    let mut found = faults(doc);
    found.sort_by(|a, b| a.1.cmp(&b.1));
    assert_eq!(
        found,
        [
            (Code::UnknownField, "colour".into()),
            (Code::NumberOutOfRange, "services.afip.breaker.failure_rate".into()),
            (Code::WrongType, "services.afip.fallback".into()),
            (Code::NumberOutOfRange, "services.afip.limits[0].limit".into()),
            (Code::BadDuration, "services.afip.timeout".into()),
        ]
    );
}

#[test]
fn a_document_that_is_none_says_so() {
    assert_eq!(faults(""), [(Code::JsonSyntax, String::new())]);
    assert_eq!(faults("[]"), [(Code::WrongType, String::new())]);
    assert_eq!(faults("{}"), [(Code::MissingField, "version".into())]);
    assert_eq!(faults(r#"{"version":2}"#), [(Code::UnsupportedVersion, "version".into())]);
    assert_eq!(faults(r#"{"version":1.5}"#), [(Code::WrongType, "version".into())]);
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(faults(&deep), [(Code::JsonTooDeep, String::new())]);
    assert_eq!(faults(r#"{"version":NaN}"#), [(Code::JsonSyntax, String::new())]);
    assert_eq!(faults(r#"{"version":1,"permits":1e400}"#)[0].0, Code::JsonSyntax);
    assert_eq!(faults(r#"{"version":1,"permits":9007199254740993}"#), [(Code::NumberOutOfRange, "permits".into())]);
    assert_eq!(faults(r#"{"version":1,"mode":"enforce","mode":"off"}"#), [(Code::DuplicateKey, "mode".into())]);
}

#[test]
fn sections_of_tomorrow_are_unknown_today() {
    for key in ["budgets", "prices", "queues", "jobs", "resources", "alerts", "slos", "partitions", "retention"] {
        assert_eq!(faults(&format!(r#"{{"version":1,"{key}":{{}}}}"#)), [(Code::UnknownField, key.into())]);
    }
    assert_eq!(
        faults(r#"{"version":1,"services":{"s":{"concurrency":{"slots":8}}}}"#),
        [(Code::UnknownField, "services.s.concurrency".into())]
    );
}

#[test]
fn names_that_lead_nowhere_are_faults() {
    let doc = r#"{"version":1,"services":{"s":{"breaker":"databse","limits":["general","nope",{"name":"general","limit":1,"period":"1s"},
        {"name":"breaker","limit":1,"period":"1s"}]}},"features":{"f":{"needs":["t"]}}}"#;
    let mut found = faults(doc);
    found.sort_by(|a, b| a.1.cmp(&b.1));
    assert_eq!(
        found,
        [
            (Code::UnknownName, "features.f.needs[0]".into()),
            (Code::UnknownName, "services.s.breaker".into()),
            (Code::UnknownName, "services.s.limits[1]".into()),
            (Code::DuplicateName, "services.s.limits[2]".into()),
            (Code::BadName, "services.s.limits[3]".into()),
        ]
    );
}

#[test]
fn a_faulty_preset_is_reported_once_where_it_stands() {
    let doc = r#"{"version":1,"breakers":{"b":{"window":"1m"}},"services":{"x":{"breaker":"b"},"y":{"breaker":"b"}}}"#;
    assert_eq!(faults(doc), [(Code::BreakerNeverTrips, "breakers.b".into())]);
    let slow = r#"{"version":1,"breakers":{"b":{"slow":{"over":"20s","rate":0.5}}},
        "services":{"x":{"breaker":"b"},"y":{"breaker":"b","timeout":"10s"}}}"#;
    assert_eq!(faults(slow), [(Code::SlowOverTimeout, "breakers.b.slow.over".into())]);
}

#[test]
fn keys_and_units_are_collected_sorted_and_bounded() {
    let p = read(
        r#"{"version":1,"services":{
        "a":{"per":"user","limits":[{"name":"tpm","limit":1,"period":"1s","unit":"tokens","per":["tenant","ip"]}]},
        "b":{"breaker":{"failures":3,"per":"region"}}}}"#,
    );
    assert_eq!(p.key_names, ["tenant", "ip", "region", "user"]);
    assert_eq!(p.units, ["calls", "tokens"]);
    let many = r#"{"version":1,"services":{"a":{"per":["a","b"]},"b":{"per":["c","d"]}}}"#;
    assert_eq!(faults(many), [(Code::TooMany, "services".into())]);
}

#[test]
fn the_line_for_editors_says_nothing() {
    let plain = read(r#"{"version":1,"name":"a"}"#);
    let edited = read(r#"{"$schema":"./node_modules/brownout/schema.json","version":1,"name":"a"}"#);
    assert_eq!((edited.hash, &edited.json), (plain.hash, &plain.json));
    assert_eq!(edited.lints, plain.lints);
    let faults = faults(r#"{"$schema":1,"version":1}"#);
    assert_eq!(faults, [(Code::WrongType, "$schema".into())]);
}

#[test]
fn the_hash_is_of_the_meaning_not_of_the_spelling() {
    let a = read(r#"{"version":1,"name":"x","services":{"s":{"breaker":{"failures":2,"open":{"growth":2}}}}}"#);
    let b = read(r#"{"services":{"s":{"breaker":{"open":{"growth":2.0},"failures":2.0}}},"name":"x","version":1e0}"#);
    let c = read(r#"{"version":1,"name":"y","services":{"s":{"breaker":{"failures":2,"open":{"growth":2}}}}}"#);
    assert_eq!((a.hash, &a.json), (b.hash, &b.json));
    assert_ne!(a.hash, c.hash);
    assert_eq!(read(&a.json), a);
}

#[test]
fn timeouts_take_both_forms() {
    let s = one(r#"{"timeout":{"first_byte":"10s","idle":"15s","total":"90s"}}"#);
    assert_eq!((s.timeout.first_byte, s.timeout.idle), (Some(Span::from_secs(10)), Some(Span::from_secs(15))));
    assert_eq!((s.timeout.total, s.lease), (Some(Span::from_secs(90)), Span::from_secs(180)));
    let s = one(r#"{"timeout":"off"}"#);
    assert_eq!((s.timeout.total, s.lease), (None, Span::from_secs(60)));
    assert_eq!(one(r#"{"breaker":"off"}"#).breaker, None);
    let long = r#"{"version":1,"services":{"s":{"timeout":{"first_byte":"10s","total":"5s"}}}}"#;
    assert_eq!(faults(long), [(Code::NumberOutOfRange, "services.s.timeout.first_byte".into())]);
}

fn breaker(name: &str) -> BreakerPolicy {
    one(&format!(r#"{{"breaker":"{name}"}}"#)).breaker.unwrap()
}

// covers: R-3006, R-3007, R-3008, R-3009, R-3029
#[test]
fn breakers_that_need_no_declaring() {
    for (name, failures, secs) in [("database", 5, 30), ("critical", 3, 10), ("analytics", 8, 45), ("batch", 10, 60)] {
        let b = breaker(name);
        assert_eq!((b.consecutive_failures, b.open.base), (Some(failures), Span::from_secs(secs)), "{name}");
        assert_eq!((b.failures, b.failure_rate, b.slow), (None, None, None), "{name}");
    }
    let b = breaker("database_production");
    assert_eq!((b.failures, b.consecutive_failures, b.open.base), (Some(3), None, Span::from_secs(20)));
    assert_eq!(b.window, WindowRule::Time { span: Span::from_secs(60), buckets: 10 });
}

// covers: R-1077, R-1095
#[test]
fn breakers_of_the_upstreams() {
    for (name, secs) in [("afip", 60), ("mercadopago", 30)] {
        let b = breaker(name);
        assert_eq!((b.failure_rate, b.open.base), (Some(Ratio::percent(50)), Span::from_secs(secs)), "{name}");
    }
}

// covers: R-1076, R-1097, R-3011, R-3012, R-3013, R-3014, R-3015, R-3030, R-3031, R-3032
#[test]
fn limits_that_need_no_declaring() {
    let numbers = |l: &LimitPolicy| (l.name.clone(), l.limit, l.period);
    let length = |s: &str| Period::Length(parse_span(s).unwrap());
    for (name, limit, period) in [
        ("general", 100, "1m"),
        ("auth", 5, "15m"),
        ("recording", 30, "1m"),
        ("heavy", 10, "1m"),
        ("upload", 10, "5m"),
        ("general_production", 1000, "1m"),
        ("auth_production", 10, "15m"),
        ("critical_production", 100, "1m"),
        ("whatsapp", 80, "1s"),
    ] {
        let s = one(&format!(r#"{{"limits":["{name}"]}}"#));
        assert_eq!(s.limits.iter().map(numbers).collect::<Vec<_>>(), [(name.to_string(), limit, length(period))]);
    }
    let afip = one(r#"{"limits":"afip"}"#).limits;
    let expected = [("minute", 60, "1m"), ("hour", 1000, "1h"), ("day", 10_000, "1d")];
    assert_eq!(
        afip.iter().map(numbers).collect::<Vec<_>>(),
        expected.map(|(name, limit, period)| (name.to_string(), limit, length(period)))
    );
    assert!(afip.iter().all(|l| matches!(l.algorithm, Algorithm::SlidingWindow(_))));
    // Each binds: 60 a minute would be 3600 an hour, 1000 an hour 24,000 a day.
    assert_eq!(afip.iter().map(policy::per_day).collect::<Vec<_>>(), [86_400, 24_000, 10_000]);
}

#[test]
fn every_built_in_preset_reads_without_a_fault() {
    for name in breaker_presets() {
        breaker(&name);
    }
    for name in limit_presets() {
        let p = read(&format!(r#"{{"version":1,"services":{{"s":{{"limits":["{name}"]}}}}}}"#));
        assert_eq!(p.lints, []);
    }
    assert_eq!((breaker_presets().len(), limit_presets().len()), (7, 10));
}

#[test]
fn a_documents_own_preset_wins() {
    let p = read(
        r#"{"version":1,"breakers":{"database":{"failures":9}},"limits":{"auth":{"limit":2,"period":"1m","algorithm":"fixed_window"}},
        "services":{"s":{"breaker":"database","limits":["auth"]}}}"#,
    );
    let s = &p.services[0];
    assert_eq!(s.breaker.as_ref().and_then(|b| b.failures), Some(9));
    assert_eq!((s.limits[0].name.as_str(), s.limits[0].limit), ("auth", 2));
}

#[test]
fn windows_take_the_documents_zone_unless_they_have_their_own() {
    let p = read(
        r#"{"version":1,"zone":"-03:00","services":{"s":{"limits":[
        {"name":"a","limit":1,"period":"1d","algorithm":"fixed_window"},
        {"name":"b","limit":2,"period":"1d","algorithm":"fixed_window","zone":"+05:30","per":"tenant"}]}}}"#,
    );
    let zones: Vec<_> = p.services[0]
        .limits
        .iter()
        .map(|l| match &l.algorithm {
            Algorithm::FixedWindow(f) => f.zone.clone(),
            _ => None,
        })
        .collect();
    assert_eq!((p.zone, zones), (Zone::Fixed(-10_800), vec![Some(Zone::Fixed(-10_800)), Some(Zone::Fixed(19_800))]));
    assert_eq!(faults(r#"{"version":1,"zone":"Mars"}"#), [(Code::WrongType, "zone".into())]);
}

#[test]
fn lints_warn_and_let_pass() {
    let window = |name: &str, limit: u64, period: &str| {
        format!(r#"{{"name":"{name}","limit":{limit},"period":"{period}","algorithm":"sliding_window"}}"#)
    };
    let two = |a: String, b: String| lints(&format!(r#""services":{{"s":{{"limits":[{a},{b}]}}}}"#));
    assert_eq!(two(window("minute", 60, "1m"), window("hour", 1000, "1h")), []);
    assert_eq!(
        two(window("minute", 60, "1m"), window("hour", 3600, "1h")),
        [(Code::LimitNeverBinds, "services.s.limits[1]".into())]
    );
    assert_eq!(
        two(window("second", 100, "1s"), window("minute", 60, "1m")),
        [(Code::LimitNeverBinds, "services.s.limits[0]".into())]
    );
    assert_eq!(
        lints(
            r#""services":{"s":{"limits":[{"name":"rpm","limit":500,"period":"1m","scope":"fleet"}],"timeout":"30s","deadline":"5s"}}"#
        ),
        [
            (Code::BurstBeyondLimit, "services.s.limits[0]".into()),
            (Code::FleetWithoutStore, "services.s.limits[0]".into()),
            (Code::DeadlineBelowTimeout, "services.s.deadline".into()),
        ]
    );
    assert_eq!(
        lints(r#""services":{"s":{"timeout":"10s","deadline":"12s","retry":{"attempts":3,"backoff":{"base":"1s"}}}}"#),
        [(Code::RetryBeyondDeadline, "services.s.retry".into())]
    );
    assert_eq!(lints(r#""services":{"s":{"timeout":"10s","deadline":"13s","retry":{}}}"#), []);
    assert_eq!(
        lints(r#""services":{"s":{}},"features":{"f":{"needs":"s"}},"breakers":{"b":{"failures":1}}"#),
        [
            (Code::FallbackMissing, "features.f".into()),
            (Code::TitleMissing, "features.f".into()),
            (Code::PresetUnused, "breakers.b".into()),
        ]
    );
}
