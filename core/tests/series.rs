//! The number of metric series is bounded by the policy, not by the traffic.
use brownout::Engine;
use brownout::base::time::Instant;
use brownout::call::Outcome;
use brownout::engine::{Call, Decision, Settle};

const POLICY: &str = r#"{"version":1,"services":{"afip":{"per":"tenant","fallback":"queue",
  "breaker":{"consecutive_failures":1,"open":{"base":"60s"},"rollup":{"pooled":1}},
  "limits":[{"name":"minute","limit":60,"period":"1m","algorithm":"sliding_window","per":"tenant"},
            {"name":"all","limit":1000000,"period":"1m"}]}},
  "features":{"invoicing":{"critical":true,"fallback":"queue","needs":"afip"}}}"#;

/// The names and labels of all samples after calls of `tenants` tenants, every other of which failed.
fn series(tenants: u32, format: &str) -> Vec<String> {
    let mut e = Engine::load(POLICY, 1, Instant::EPOCH).expect("a policy without faults");
    let now = Instant::from_millis(1);
    for i in 0..tenants {
        let mut call = Call::of(0);
        call.keys[0] = e.key(&format!("organisation-{i}"), now).expect("a good name");
        let permit = match e.admit(&call, now).expect("a known service").decision() {
            Decision::Granted { permit, .. } => *permit,
            other => unreachable!("{other:?}"),
        };
        let outcome = if i % 2 == 0 { Outcome::Success } else { Outcome::Failure };
        e.settle(permit, &Settle::with(outcome), now).expect("a live permit");
    }
    assert_eq!(e.key_count(), tenants as usize);
    let report = format!(r#"{{"verb":"report","view":"health","format":"{format}"}}"#);
    let out = e.handle_json(&report, 2.0);
    let body = out.split_once(r#""body":""#).expect("a body").1.replace("\\n", "\n").replace("\\\"", "\"");
    assert!(!body.contains("organisation-"));
    let samples = body.lines().filter(|line| !line.starts_with('#') && line.starts_with("brownout"));
    samples.filter_map(|line| line.rsplit_once(' ')).map(|(series, _)| series.to_owned()).collect()
}

#[test]
fn a_hundred_thousand_tenants_have_the_series_of_one() {
    for format in ["prometheus", "openmetrics"] {
        let one = series(1, format);
        assert!(one.len() > 20, "{format}: {one:?}");
        assert_eq!(series(100_000, format), one, "{format}");
    }
}
