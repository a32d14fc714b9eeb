//! The main path in one go: an upstream dies, the breaker opens, the feature dims, everything comes back.
use brownout::Engine;

const POLICY: &str = r#"{"version":1,"services":{"afip":{"timeout":"30s","fallback":"queue",
 "breaker":{"consecutive_failures":2,"open":{"base":"60s","jitter":0},"half_open":{"probes":1}},
 "limits":[{"name":"minute","limit":60,"period":"1m","algorithm":"sliding_window"}]}},
 "features":{"invoicing.afip":{"critical":true,"fallback":"queue","needs":"afip"}}}"#;

#[test]
fn an_upstream_dies_and_comes_back() {
    let mut e = Engine::from_json(POLICY, 1, 0.0).unwrap();
    let mut permits = vec![];
    for at in [0.0, 10.0] {
        let out = e.handle_json(r#"{"verb":"admit","service":"afip"}"#, at);
        let permit: u64 = out.split("\"permit\":").nth(1).unwrap().split(',').next().unwrap().parse().unwrap();
        let settle = format!(r#"{{"verb":"settle","permit":{permit},"outcome":"failure"}}"#);
        permits.push(e.handle_json(&settle, at + 5.0));
    }
    assert!(
        permits[1].contains(r#""from":"closed","to":"open","because":"consecutive_failures","retry_at_ms":60015"#),
        "{}",
        permits[1]
    );
    assert!(permits[1].contains(r#""feature":"invoicing.afip","from":"healthy","to":"degraded""#), "{}", permits[1]);
    let refused = e.handle_json(r#"{"verb":"admit","service":"afip"}"#, 60_014.0);
    assert!(refused.contains(r#""code":"circuit_open""#) && refused.contains(r#""fallback":"queue""#), "{refused}");
    let probe = e.handle_json(r#"{"verb":"admit","service":"afip"}"#, 60_015.0);
    assert!(probe.contains(r#""probe":true"#), "{probe}");
    let bytes = e.snapshot();
    let again = Engine::restore_json(POLICY, &bytes, 60_015.0).unwrap();
    assert_eq!(again.snapshot(), bytes);
}
