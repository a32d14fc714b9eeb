//! Laws of many keys: roll-ups, caps, and windows that nobody slips through.
#![allow(clippy::unwrap_used)]
mod common;
use brownout::Engine;
use brownout::base::time::Instant;
use brownout::call::Outcome;
use brownout::engine::{Call, Decision, Key, RefusalCode, Settle};
use common::{Rig, effects, granted, word};
use proptest::prelude::*;

const KEYED: &str = r#"{"version":1,"services":{"afip":{"per":"tenant","timeout":"10s","breaker":{"failure_rate":0.5,"window":"1m",
 "rollup":{"tenants_open":0.3,"pooled":0.5,"min_tenants":20}}}}}"#;

/// One call of a tenant that ends at once; true when the service's own breaker opened by it.
fn call(rig: &mut Rig, tenant: u32, fails: bool) -> bool {
    let out = rig.say(&format!(r#"{{"verb":"admit","service":"afip","keys":{{"tenant":"org_{tenant}"}}}}"#));
    let Some(permit) = common::number(&out, "decision.permit") else { return false };
    let outcome = if fails { "failure" } else { "success" };
    let out = rig.say(&format!(r#"{{"verb":"settle","permit":{permit},"outcome":"{outcome}"}}"#));
    effects(&out)
        .iter()
        .any(|e| word(e, "effect") == "breaker_changed" && e.at("key").is_none() && word(e, "to") == "open")
}

#[test]
fn ten_thousand_tenants_at_one_call_a_minute_open_a_dead_service_within_a_window() {
    let mut rig = Rig::new(KEYED);
    let opened = (0..10_000).find(|tenant| {
        rig.now = i64::from(*tenant) * 6_000;
        call(&mut rig, *tenant, true)
    });
    assert_eq!(opened, Some(19), "the twentieth tenant decides");
    rig.now = 120_000;
    let out = rig.say(r#"{"verb":"admit","service":"afip","keys":{"tenant":"someone new"}}"#);
    assert_eq!((word(&out, "decision.code"), word(&out, "decision.scope")), ("circuit_open", "service"));
}
#[test]
fn two_broken_tenants_of_five_never_open_the_service() {
    let mut rig = Rig::new(KEYED);
    for n in 0..20_000 {
        rig.now += 100_000;
        assert!(!call(&mut rig, n % 5, n % 5 < 2), "after {n} calls");
    }
    let broken = rig.say(r#"{"verb":"admit","service":"afip","keys":{"tenant":"org_0"}}"#);
    assert_eq!((word(&broken, "decision.code"), word(&broken, "decision.scope")), ("circuit_open", "tenant"));
    assert!(granted(&rig.say(r#"{"verb":"admit","service":"afip","keys":{"tenant":"org_4"}}"#)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the mix: with the healthy ones seen first, the share of tenants whose latest call failed decides, and one tenant counts once.
    #[test]
    fn the_share_of_failing_tenants_decides(tenants in 20u32..60, failing in 0u32..60, rounds in 1u32..4) {
        let failing = failing.min(tenants);
        let mut rig = Rig::new(KEYED);
        let mut opened = false;
        for _ in 0..rounds {
            for tenant in (0..tenants).rev() {
                rig.now += 1_000;
                opened |= call(&mut rig, tenant, tenant < failing);
            }
        }
        prop_assert_eq!(opened, failing * 2 >= tenants, "{} of {}", failing, tenants);
    }
    /// A refund fills nothing above full: whatever was taken and given back, no instant grants more than the limit holds.
    #[test]
    fn a_refund_never_exceeds_full(
        algorithm in 0usize..4, limit in 1u64..8, burst in 1u64..12, period in 5i64..60,
        steps in proptest::collection::vec((0i64..9_000, 0u8..3, 1u64..9, any::<usize>()), 1..60),
    ) {
        let words = [
            format!(r#""algorithm":"token_bucket","burst":{burst}"#),
            r#""algorithm":"sliding_window""#.to_string(),
            r#""algorithm":"fixed_window""#.to_string(),
            r#""algorithm":"fixed_window","align":"first_hit""#.to_string(),
        ];
        let full = if algorithm == 0 { burst } else { limit };
        let mut rig = Rig::new(&format!(
            r#"{{"version":1,"services":{{"alpha":{{"breaker":{{"consecutive_failures":9}},
                "limits":[{{"name":"l","limit":{limit},"period":"{period}ms",{}}}]}}}}}}"#, words[algorithm]
        ));
        let mut live: Vec<u64> = Vec::new();
        for (gap, what, units, n) in steps {
            rig.now += gap;
            let ask = |rig: &mut Rig, weight: u64| rig.say(&format!(r#"{{"verb":"admit","service":"alpha","weight":{weight}}}"#));
            match what {
                0 => live.extend(common::number(&ask(&mut rig, units), "decision.permit").map(|p| p as u64)),
                1 => drop(rig.say(&format!(r#"{{"verb":"command","order":"refund","service":"alpha","limit":"l","units":{units}}}"#))),
                _ if !live.is_empty() => {
                    let permit = live[n % live.len()];
                    rig.say(&format!(r#"{{"verb":"command","order":"refund","service":"alpha","limit":"l","units":{units},"permit":{permit}}}"#));
                }
                _ => {}
            }
            let mut greedy = rig.clone();
            let got = (0..full + 3).filter(|_| granted(&ask(&mut greedy, 1))).count() as u64;
            prop_assert!(got <= full, "{got} units at one instant, {full} is full");
        }
        rig.now += 10 * period * 1_000 * burst as i64;
        let got = (0..full + 3).filter(|_| granted(&rig.say(r#"{"verb":"admit","service":"alpha"}"#))).count() as u64;
        prop_assert_eq!(got, full, "full again after a long rest");
    }
    /// Never more than N units of a sliding window in any stretch of T, by counting all of them.
    #[test]
    fn no_stretch_of_time_holds_more_than_a_sliding_window_allows(
        limit in 1u64..12, period in 1i64..50, calls in proptest::collection::vec((0i64..8_000, 0u8..2, 1u64..4), 1..300),
    ) {
        let mut rig = Rig::new(&format!(
            r#"{{"version":1,"services":{{"alpha":{{"per":"tenant","breaker":{{"consecutive_failures":9}},
                "limits":[{{"name":"l","limit":{limit},"period":"{period}ms","algorithm":"sliding_window"}}]}}}}}}"#
        ));
        let mut taken: Vec<(u8, i64, u64)> = Vec::new();
        for (gap, tenant, weight) in calls {
            rig.now += gap;
            let ask = format!(r#"{{"verb":"admit","service":"alpha","keys":{{"tenant":"t{tenant}"}},"weight":{weight}}}"#);
            if granted(&rig.say(&ask)) {
                taken.push((tenant, rig.now, weight));
                let since = rig.now - period * 1_000;
                let sum: u64 = taken.iter().filter(|(t, at, _)| *t == tenant && *at > since).map(|(_, _, w)| w).sum();
                prop_assert!(sum <= limit, "{sum} units within {period} ms at {}", rig.now);
            }
        }
        prop_assert!(!taken.is_empty() || limit < 3, "a window that admits nobody is no window");
    }
}

/// A million names against the default cap of a hundred thousand: the cap holds, nobody waits for a scan, and who finds no room is told so.
#[test]
fn a_million_keys_meet_a_cap_of_a_hundred_thousand() {
    let policy = r#"{"version":1,"services":{"afip":{"per":"tenant","timeout":"10s","breaker":{"failure_rate":0.5,"window":"1m"}}}}"#;
    let mut engine = Engine::from_json(policy, 1, 0.0).unwrap();
    let now = Instant::from_millis(1_000);
    let mut refused = 0;
    for n in 0..1_000_000u32 {
        let key = engine.key(&format!("org_{n:07}"), now).unwrap();
        let call = Call { keys: [key, Key::Absent, Key::Absent, Key::Absent], ..Call::of(0) };
        let permit = match engine.admit(&call, now).unwrap().decision() {
            Decision::Granted { permit, .. } => *permit,
            Decision::Refused(r) => {
                assert_eq!((r.reason.code, r.retry_at, r.exact), (RefusalCode::KeysExhausted, None, false));
                refused += 1;
                continue;
            }
            other => unreachable!("{other:?}"),
        };
        engine.settle(permit, &Settle::with(Outcome::Success), now).unwrap();
    }
    assert_eq!((refused, engine.key_count(), engine.live_permits()), (900_000, 100_000, 0));
    // once the windows are empty every key rests, and new ones take the places of old ones
    let later = Instant::from_millis(70_000);
    for n in 0..1_000u32 {
        let key = engine.key(&format!("new_{n}"), later).unwrap();
        let call = Call { keys: [key, Key::Absent, Key::Absent, Key::Absent], ..Call::of(0) };
        assert!(matches!(engine.admit(&call, later).unwrap().decision(), Decision::Granted { .. }), "{n}");
    }
    assert_eq!(engine.key_count(), 100_000);
}
/// One key that failed once rests after a success, however long its own entry in the queue was meant to stand.
#[test]
fn a_key_that_recovered_makes_room() {
    let policy = r#"{"version":1,"keys":{"cap":1},"services":{"afip":{"per":"tenant","breaker":{"consecutive_failures":3,"window":"1m"}}}}"#;
    let mut rig = Rig::new(policy);
    let ask = |rig: &mut Rig, tenant: &str| {
        rig.say(&format!(r#"{{"verb":"admit","service":"afip","keys":{{"tenant":"{tenant}"}}}}"#))
    };
    let settle = |rig: &mut Rig, permit: f64, outcome: &str| {
        rig.say(&format!(r#"{{"verb":"settle","permit":{permit},"outcome":"{outcome}"}}"#))
    };
    let permit = common::number(&ask(&mut rig, "a"), "decision.permit").unwrap();
    settle(&mut rig, permit, "failure");
    assert_eq!(word(&ask(&mut rig, "b"), "decision.code"), "keys_exhausted");
    let permit = common::number(&ask(&mut rig, "a"), "decision.permit").unwrap();
    assert_eq!(word(&ask(&mut rig, "b"), "decision.code"), "keys_exhausted");
    settle(&mut rig, permit, "success");
    rig.now = 70_000_000;
    assert!(granted(&ask(&mut rig, "b")));
}
/// A composite key needs its parts, and may sort before one of them.
#[test]
fn composite_keys_are_written_down_and_found_again() {
    let policy = r#"{"version":1,"keys":{"cap":3},"services":{"afip":{"per":["tenant","user"],"breaker":{"consecutive_failures":1,"open":{"jitter":0}}}}}"#;
    let mut rig = Rig::new(policy);
    let ask = |rig: &mut Rig, user: &str| {
        rig.say(&format!(r#"{{"verb":"admit","service":"afip","keys":{{"tenant":"a","user":"{user}"}}}}"#))
    };
    let permit = common::number(&ask(&mut rig, "z"), "decision.permit").unwrap();
    rig.say(&format!(r#"{{"verb":"settle","permit":{permit},"outcome":"failure"}}"#));
    rig.roundtrip();
    let out = ask(&mut rig, "z");
    assert_eq!((word(&out, "decision.code"), word(&out, "decision.scope")), ("circuit_open", "tenant"));
    // no key of a call makes room for another key of the same call
    assert_eq!(word(&ask(&mut rig, "y"), "decision.code"), "keys_exhausted");
    assert_eq!(word(&ask(&mut rig, "z"), "decision.code"), "circuit_open");
}
