//! The vectors hold, in both runners of this process, to the bit; and they leave nothing of the surface out.
#![allow(clippy::unwrap_used)]
use brownout::base::error::Code;
use brownout::engine::{Engine, GATES, REFUSALS};
use brownout_tests::drive::{CoreRunner, JsonRunner};
use brownout_tests::rows;
use brownout_tests::runner::{Runner, run};
use brownout_tests::vector::{Vector, collect};
use serde_json::Value;
use std::collections::BTreeSet;

fn committed() -> Vec<Vector> {
    collect(&[brownout_tests::root().join("tests").join("vectors")]).unwrap()
}

fn digest_of(runner: &dyn Runner, vectors: &[Vector]) -> String {
    let report = run(runner, vectors).unwrap();
    assert!(report.failures.is_empty(), "[{}] {}", runner.name(), report.failures.join("\n"));
    assert_eq!(report.passed, vectors.len());
    report.digest
}

#[test]
fn every_vector_holds_and_both_runners_give_the_same_bits() {
    let vectors = committed();
    assert!(vectors.len() >= 300);
    assert_eq!(digest_of(&CoreRunner, &vectors), digest_of(&JsonRunner, &vectors));
}

#[test]
fn a_vector_is_named_like_its_file_and_only_once() {
    let mut names = BTreeSet::new();
    for v in committed() {
        assert_eq!(v.file.file_stem().and_then(|s| s.to_str()), Some(v.name.as_str()));
        assert!(names.insert(v.name.clone()), "`{}` stands twice", v.name);
        assert!(v.why.len() >= 20, "`why` of `{}` must name the rule that is proven", v.name);
    }
}

#[test]
fn a_wrong_expectation_fails() {
    let mut vectors = committed();
    vectors.retain(|v| v.name == "third-in-a-row");
    let last = vectors[0].steps.last_mut().unwrap();
    last.expect = Some(serde_json::json!({"decision": {"result": "granted"}}));
    let report = run(&CoreRunner, &vectors).unwrap();
    assert_eq!((report.passed, report.failures.len()), (0, 1));
    assert!(report.failures[0].contains("decision.result: expected \"granted\""), "{}", report.failures[0]);
}

/// Every text that some expectation holds under `key`.
fn expected(key: &str) -> BTreeSet<String> {
    fn walk(v: &Value, key: &str, out: &mut BTreeSet<String>) {
        match v {
            Value::Object(o) => {
                if let Some(Value::String(s)) = o.get(key) {
                    out.insert(s.clone());
                }
                o.values().for_each(|v| walk(v, key, out));
            }
            Value::Array(a) => a.iter().for_each(|v| walk(v, key, out)),
            _ => {}
        }
    }
    let mut out = BTreeSet::new();
    for v in committed() {
        v.load.iter().for_each(|e| walk(e, key, &mut out));
        v.steps.iter().filter_map(|s| s.expect.as_ref()).for_each(|e| walk(e, key, &mut out));
        if key == "code" {
            let tallies = v.steps.iter().filter_map(|s| s.tally.as_ref()?.as_object());
            out.extend(tallies.flat_map(|t| t.keys()).filter(|k| *k != "granted" && *k != "refused").cloned());
        }
    }
    out
}

/// Codes that no vector can show: what only numbers or bytes can get wrong, the lints, which stop nothing, recordings, and a lost engine.
const BEYOND_VECTORS: [&str; 18] = [
    "number_not_finite",
    "stale_handle",
    "snapshot_corrupt",
    "snapshot_version",
    "snapshot_policy",
    "engine_lost",
    "bad_blob",
    "bad_money",
    "limit_never_binds",
    "burst_beyond_limit",
    "fleet_without_store",
    "deadline_below_timeout",
    "retry_beyond_deadline",
    "fallback_missing",
    "title_missing",
    "preset_unused",
    "recording_syntax",
    "recording_policy",
];

#[test]
fn every_code_gate_and_refusal_stands_in_a_vector() {
    let (codes, gates) = (expected("code"), expected("gate"));
    let all: Vec<&str> = Code::ALL.iter().map(|c| c.slug()).chain(REFUSALS).collect();
    let missing: Vec<&&str> = all.iter().filter(|c| !codes.contains(**c) && !BEYOND_VECTORS.contains(c)).collect();
    assert!(missing.is_empty(), "no vector expects {missing:?}");
    let unknown: Vec<&String> = codes.iter().filter(|c| !all.contains(&c.as_str())).collect();
    assert!(unknown.is_empty(), "nobody gives {unknown:?}");
    assert_eq!(gates, GATES.iter().map(|g| (*g).to_string()).collect());
}

#[test]
fn every_effect_stands_in_a_vector() {
    let effects = expected("effect");
    let all = [
        "breaker_changed",
        "clock_behind",
        "engine_rebuilt",
        "feature_changed",
        "incident_closed",
        "incident_opened",
        "limit_blocked",
        "maintenance_ended",
        "overall_changed",
        "permit_expired",
        "service_changed",
        "throttle_held",
    ];
    assert_eq!(effects.iter().map(String::as_str).collect::<Vec<_>>(), all);
}

#[test]
fn every_required_row_is_proven() {
    let root = brownout_tests::root();
    let claims = rows::claims(&root).unwrap();
    let known: BTreeSet<String> = rows::read(&root.join("tests/rows.tsv")).unwrap().into_iter().map(|r| r.id).collect();
    assert_eq!(known.len(), 396);
    assert_eq!(claims.keys().find(|id| !known.contains(*id)), None);
    let text = std::fs::read_to_string(root.join("tests/rows-required.txt")).unwrap();
    let required = text.lines().filter(|l| l.starts_with("R-"));
    let open: Vec<&str> = required.filter(|id| !claims.contains_key(*id)).collect();
    assert!(open.is_empty(), "no test proves {open:?}");
}

#[test]
fn a_snapshot_fits_the_same_document_in_another_order() {
    let policy = |names: &[&str]| {
        let breaker = r#"{"breaker":{"consecutive_failures":1,"open":{"jitter":0}},"limits":[{"name":"l","limit":2,"period":"1h","per":"user"}]}"#;
        let services: Vec<String> = names.iter().map(|n| format!("\"{n}\":{breaker}")).collect();
        let keyed = r#""k":{"per":["zone","tenant"],"breaker":{"consecutive_failures":1}}"#;
        format!(r#"{{"version":1,"services":{{{keyed},{}}}}}"#, services.join(","))
    };
    let answer = |e: &mut Engine, input: &str| -> Value { serde_json::from_str(&e.handle_json(input, 1.0)).unwrap() };
    let ask = |service: &str| format!(r#"{{"verb":"admit","service":"{service}","keys":{{"user":"u"}}}}"#);
    let mut before = Engine::from_json(&policy(&["a", "b", "c"]), 1, 0.0).unwrap();
    let permit = answer(&mut before, &ask("b"))["decision"]["permit"].clone();
    let done = answer(&mut before, &format!(r#"{{"verb":"settle","permit":{permit},"outcome":"failure"}}"#));
    assert_eq!(done["decision"]["counted"], true);
    let held = answer(&mut before, &ask("c"))["decision"]["permit"].clone();
    let bytes = before.snapshot();
    let mut after = Engine::restore_json(&policy(&["c", "b", "a"]), &bytes, 1.0).unwrap();
    assert_eq!(after.snapshot(), bytes);
    assert_eq!(answer(&mut after, &ask("b"))["decision"]["code"], "circuit_open");
    assert_eq!(answer(&mut after, &ask("a"))["decision"]["result"], "granted");
    let settled = answer(&mut after, &format!(r#"{{"verb":"settle","permit":{held},"outcome":"failure"}}"#));
    assert_eq!(settled["decision"]["counted"], true);
    assert_eq!(answer(&mut after, &ask("c"))["decision"]["code"], "circuit_open");
}
