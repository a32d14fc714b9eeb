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

fn same(policy: &str, steps: &[(i64, common::Step)]) -> Result<(), TestCaseError> {
    let (mut straight, mut round) = (Rig::new(policy), Rig::new(&general(policy)));
    for (gap, step) in steps {
        straight.now += gap;
        round.now = straight.now;
        let (a, b) = (straight.step(step), round.step(step));
        prop_assert_eq!(a.map(unnumbered), b.map(unnumbered), "{:?} at {}", step, straight.now);
    }
    for report in ["ietf", "native", "vetmed"] {
        let report = format!(r#"{{"verb":"report","view":"health","profile":"{report}","detail":"detailed"}}"#);
        prop_assert_eq!(straight.say(&report), round.say(&report));
    }
    Ok(())
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
