//! The straight road of an ordinary call says and does what the general road does, to the last field of every answer.
#![allow(clippy::unwrap_used)]
mod common;
use brownout::base::json::Json;
use common::{Kind, Rig, policy, trace};
use proptest::prelude::*;

/// A share of all keys is no exception to any rule, but it keeps every call off the straight road.
fn general(policy: &str) -> String {
    policy.replacen(r#""version":1"#, r#""version":1,"enforce_share":1"#, 1)
}

/// Without the numbers of permits, which tell the two documents apart.
fn unnumbered(json: Json) -> Json {
    match json {
        Json::Obj(fields) => {
            Json::Obj(fields.into_iter().filter(|(k, _)| k != "permit").map(|(k, v)| (k, unnumbered(v))).collect())
        }
        Json::Arr(items) => Json::Arr(items.into_iter().map(unnumbered).collect()),
        other => other,
    }
}

/// The section of a snapshot that holds every service's counters, cells and roll-up: what no answer may have shown yet.
fn services(rig: &Rig) -> Vec<u8> {
    const HEAD: usize = 22;
    const SERVICES: u16 = 3;
    let bytes = rig.engine.snapshot();
    let mut at = HEAD;
    loop {
        let tag = u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let length = u32::from_le_bytes([bytes[at + 4], bytes[at + 5], bytes[at + 6], bytes[at + 7]]) as usize;
        if tag == SERVICES {
            return bytes[at + 8..at + 8 + length].to_vec();
        }
        at += 8 + length;
    }
}

fn same(policy: &str, steps: &[(i64, common::Step)]) -> Result<(), TestCaseError> {
    let (mut straight, mut round) = (Rig::new(policy), Rig::new(&general(policy)));
    for (n, (gap, step)) in steps.iter().enumerate() {
        straight.now += gap;
        round.now = straight.now;
        let (a, b) = (straight.step(step), round.step(step));
        prop_assert_eq!(a.map(unnumbered), b.map(unnumbered), "{:?} at {}", step, straight.now);
        let alike = n % 4 != 0 || services(&straight) == services(&round);
        prop_assert!(alike, "another state after {:?} at {}", step, straight.now);
    }
    prop_assert!(services(&straight) == services(&round), "another state at the end");
    for report in ["ietf", "native", "vetmed"] {
        let report = format!(r#"{{"verb":"report","view":"health","profile":"{report}","detail":"detailed"}}"#);
        prop_assert_eq!(unnumbered(straight.say(&report)), unnumbered(round.say(&report)));
    }
    Ok(())
}

#[test]
fn a_good_call_ends_what_was_the_keys_own_fault_on_both_roads() {
    let policy = r#"{"version":1,"services":{"alpha":{"per":"tenant","breaker":{"failures":9,"window":"1m"}},"beta":{"per":["tenant","user"]}}}"#;
    let (mut straight, mut round) = (Rig::new(policy), Rig::new(&general(policy)));
    for outcome in ["tenant_fault", "success", "tenant_fault", "failure"] {
        for rig in [&mut straight, &mut round] {
            rig.admit("alpha", 0, 1);
            rig.settle(0, outcome, None);
        }
        assert!(services(&straight) == services(&round), "after {outcome}");
    }
}

#[test]
fn the_last_unit_of_a_bucket_is_the_same_on_both_roads() {
    let policy = r#"{"version":1,"services":{"alpha":{"per":"tenant","limits":[
        {"name":"one","limit":7,"period":"10ms","burst":1,"per":"tenant"},{"name":"all","limit":11,"period":"7ms","burst":2}]},
        "beta":{"per":["tenant","user"]}}}"#;
    let (mut straight, mut round) = (Rig::new(policy), Rig::new(&general(policy)));
    for n in 0..2_000 {
        let [a, b] = [&mut straight, &mut round].map(|rig| {
            rig.now += n * 37 % 1_009;
            unnumbered(rig.admit("alpha", n as u8 % 3, 1))
        });
        assert_eq!(a, b, "call {n}");
        assert!(services(&straight) == services(&round), "after call {n}");
    }
    let granted = straight.permits.len();
    assert!((300..1_700).contains(&granted), "{granted} granted");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_roads_lead_to_the_same(policy in policy(Kind::Full), steps in trace(Kind::Full, 120)) {
        same(&policy, &steps)?;
    }
    #[test]
    fn both_roads_lead_to_the_same_where_most_calls_are_ordinary(policy in policy(Kind::Plain), steps in trace(Kind::Plain, 200)) {
        same(&policy, &steps)?;
    }
}
