//! Corners of the whole engine: what a reload, a snapshot, a re-base or an order meets in the middle of something.
#![allow(clippy::unwrap_used, clippy::panic)]
mod common;
use brownout::Engine;
use common::{Rig, effects, get, granted, is_true, number, word};

fn admit(r: &mut Rig, rest: &str) -> Option<u64> {
    let out = r.say(&format!(r#"{{"verb":"admit","service":"s"{rest}}}"#));
    number(&out, "decision.permit").map(|p| p as u64)
}
fn settle(r: &mut Rig, permit: u64, rest: &str) -> brownout::base::json::Json {
    r.say(&format!(r#"{{"verb":"settle","permit":{permit}{rest}}}"#))
}
fn call(r: &mut Rig, rest: &str, outcome: &str) {
    let permit = admit(r, rest).unwrap_or_else(|| panic!("refused at {}", r.now));
    settle(r, permit, &format!(r#","outcome":"{outcome}""#));
}
fn tenant(n: usize) -> String {
    format!(r#","keys":{{"tenant":"t{n:02}"}}"#)
}
fn reload(r: &mut Rig, policy: &str) {
    let out = r.say(&format!(r#"{{"verb":"reload","policy":{policy}}}"#));
    assert_eq!(word(&out, "decision.result"), "done", "{out:?}");
    r.policy = policy.to_string();
}
fn one(service: &str) -> String {
    format!(r#"{{"version":1,"services":{{"s":{service}}}}}"#)
}
fn at(r: &mut Rig, ms: i64) {
    r.now = ms * 1_000;
}

#[test]
fn a_key_made_of_two_comes_back_whatever_the_names() {
    let mut r = Rig::new(&one(r#"{"limits":[{"name":"l","limit":2,"period":"1h","per":["tenant","user"]}]}"#));
    for (tenant, user) in [("a", "b"), ("z", "b"), ("org_1", "user_9")] {
        call(&mut r, &format!(r#","keys":{{"tenant":"{tenant}","user":"{user}"}}"#), "success");
    }
    r.roundtrip();
    let out = r.say(r#"{"verb":"admit","service":"s","keys":{"tenant":"org_1","user":"user_9"},"weight":2}"#);
    assert!(!granted(&out), "one of two is taken: {out:?}");
}

#[test]
fn a_bucket_with_a_refund_in_between_comes_back() {
    let mut r = Rig::new(&one(r#"{"limits":[{"name":"l","limit":10,"period":"10s"}]}"#));
    admit(&mut r, r#","weight":5"#).unwrap();
    at(&mut r, 500);
    let middle = admit(&mut r, "").unwrap();
    at(&mut r, 1_000);
    admit(&mut r, "").unwrap();
    r.say(&format!(r#"{{"verb":"command","order":"refund","service":"s","limit":"l","units":1,"permit":{middle}}}"#));
    r.roundtrip();
}

#[test]
fn a_call_in_flight_survives_a_limit_that_is_split_otherwise() {
    let limit = |per: &str| one(&format!(r#"{{"limits":[{{"name":"l","limit":9,"period":"1h","per":"{per}"}}]}}"#));
    let mut r = Rig::new(&limit("service"));
    let permit = admit(&mut r, r#","weight":3"#).unwrap();
    reload(&mut r, &limit("tenant"));
    r.roundtrip();
    let out = settle(&mut r, permit, r#","outcome":"success","amounts":{"calls":5}"#);
    assert!(is_true(&out, "decision.counted"), "{out:?}");
}

#[test]
fn a_breaker_split_otherwise_takes_no_outcome_of_the_one_before() {
    let breaker = |per: &str| {
        let limit = r#"[{"name":"l","limit":9,"period":"1h","per":"tenant"}]"#;
        one(&format!(r#"{{"breaker":{{"consecutive_failures":1,"per":"{per}"}},"limits":{limit}}}"#))
    };
    let mut r = Rig::new(&breaker("service"));
    let permit = admit(&mut r, &tenant(1)).unwrap();
    reload(&mut r, &breaker("tenant"));
    let out = settle(&mut r, permit, r#","outcome":"failure""#);
    assert_eq!(effects(&out), [], "the tenant's own breaker never granted this call");
}

#[test]
fn what_a_reload_has_shrunk_comes_back() {
    let policy = |permits: u32, cap: u32, concurrent: u32, after: u32| {
        format!(
            r#"{{"version":1,"permits":{permits},"keys":{{"cap":{cap}}},"services":{{"s":{{
            "breaker":{{"consecutive_failures":1,"open":{{"base":"1s","jitter":0}},"half_open":{{"probes":3,"concurrent":{concurrent}}}}},
            "limits":[{{"name":"l","limit":3,"period":"1h","per":"tenant","penalty":{{"after":{after},"block":"1s"}}}}]}}}}}}"#
        )
    };
    let mut r = Rig::new(&policy(10, 10, 3, 5));
    for n in 0..5 {
        call(&mut r, &tenant(n), "success");
    }
    for _ in 0..3 {
        r.say(&format!(r#"{{"verb":"admit","service":"s","weight":3{}}}"#, tenant(0)));
    }
    call(&mut r, &tenant(5), "failure");
    at(&mut r, 1_000);
    for n in 6..9 {
        admit(&mut r, &tenant(n)).unwrap();
    }
    reload(&mut r, &policy(2, 3, 1, 2));
    r.roundtrip();
    assert_eq!((r.engine.live_permits(), r.engine.key_count()), (3, 9));
}

#[test]
fn fewer_permits_bind_at_once() {
    let policy = |n: u32| format!(r#"{{"version":1,"permits":{n},"services":{{"s":{{"breaker":"off"}}}}}}"#);
    let mut r = Rig::new(&policy(5));
    let all: Vec<u64> = (0..5).map(|_| admit(&mut r, "").unwrap()).collect();
    all.into_iter().for_each(|p| drop(settle(&mut r, p, r#","outcome":"success""#)));
    reload(&mut r, &policy(2));
    let granted = (0..5).filter(|_| admit(&mut r, "").is_some()).count();
    assert_eq!(granted, 2);
}

#[test]
fn a_permit_keeps_its_number_through_a_reload_and_a_snapshot() {
    let mut r = Rig::new(&one(r#"{"timeout":"10s"}"#));
    let permit = admit(&mut r, "").unwrap();
    reload(&mut r, &one(r#"{"timeout":"11s"}"#));
    r.roundtrip();
    let out = settle(&mut r, permit, r#","outcome":"success""#);
    assert!(is_true(&out, "decision.counted"), "{out:?}");
}

fn status(r: &mut Rig) -> String {
    let out = r.say(r#"{"verb":"report","view":"health"}"#);
    let body = brownout::base::json::Json::parse(word(&out, "decision.body")).unwrap();
    word(&body, "status").to_string()
}

#[test]
fn a_ramp_that_an_order_ends_is_over_for_the_status_too() {
    let mut r = Rig::new(
        r#"{"version":1,"status":{"improve_after":"1s"},"services":{"s":{"impact":"critical","breaker":{"consecutive_failures":1,"ramp":"10m",
        "open":{"base":"1s","jitter":0},"half_open":{"probes":1}}}}}"#,
    );
    call(&mut r, "", "failure");
    at(&mut r, 1_000);
    call(&mut r, "", "success");
    let conditions = |r: &mut Rig| word(&r.say(r#"{"verb":"report","view":"health"}"#), "decision.body").to_string();
    at(&mut r, 5_000);
    assert!(conditions(&mut r).contains("ramping") || conditions(&mut r).contains("recovering"));
    r.say(r#"{"verb":"command","order":"force_close","service":"s"}"#);
    at(&mut r, 7_000);
    let body = conditions(&mut r);
    assert!(!body.contains("recovering") && !body.contains("ramping"), "{body}");
    assert_eq!(status(&mut r), "healthy");
}

#[test]
fn a_breaker_that_a_reload_takes_away_closes_its_incident() {
    let service = |breaker: &str| {
        format!(
            r#"{{"version":1,"status":{{"improve_after":"1s"}},"services":{{"s":{{"impact":"critical","breaker":{breaker}}}}}}}"#
        )
    };
    let mut r = Rig::new(&service(r#"{"consecutive_failures":1}"#));
    call(&mut r, "", "failure");
    assert_eq!(status(&mut r), "offline");
    reload(&mut r, &service(r#""off""#));
    at(&mut r, 2_000);
    assert_eq!(status(&mut r), "healthy");
}

const ROLLUP: &str = r#"{"per":"tenant","MODE":"x","breaker":{"consecutive_failures":1,"window":"60s","open":{"base":"10m","jitter":0},
    "rollup":{"tenants_open":0.5,"min_tenants":2}}}"#;

#[test]
fn in_shadow_a_tenant_kept_away_by_its_own_breaker_is_seen_as_if_enforced() {
    let opened = |mode: &str| {
        let mut r = Rig::new(&one(&ROLLUP.replace("\"MODE\":\"x\"", &format!("\"mode\":\"{mode}\""))));
        call(&mut r, &tenant(1), "failure");
        at(&mut r, 50_000);
        // the breaker of this tenant is open: enforced it is refused, in shadow granted
        if let Some(permit) = admit(&mut r, &tenant(1)) {
            settle(&mut r, permit, r#","outcome":"failure""#);
        }
        at(&mut r, 100_000);
        let permit = admit(&mut r, &tenant(2)).unwrap();
        let out = settle(&mut r, permit, r#","outcome":"failure""#);
        effects(&out).iter().any(|e| is_true(e, "rollup") && word(e, "to") == "open")
    };
    assert!(opened("enforce"));
    assert!(opened("shadow"), "the machine moves as if enforced");
}

#[test]
fn a_reset_empties_the_window_of_the_rollup() {
    let mut r = Rig::new(&one(&ROLLUP.replace("\"MODE\":\"x\",", "")));
    call(&mut r, &tenant(1), "failure");
    r.say(r#"{"verb":"command","order":"reset","service":"s"}"#);
    let permit = admit(&mut r, &tenant(2)).unwrap();
    let out = settle(&mut r, permit, r#","outcome":"failure""#);
    assert!(effects(&out).iter().all(|e| !is_true(e, "rollup")), "one tenant since the reset: {out:?}");
}

#[test]
fn windows_on_the_clock_stand_on_the_right_clock_after_a_rebase() {
    let mut r = Rig::new(&one(r#"{"limits":[{"name":"l","limit":1,"period":"1m","algorithm":"fixed_window"}]}"#));
    // one wrong future instant: 10 h and 20 s too late
    at(&mut r, 36_020_000);
    call(&mut r, "", "success");
    at(&mut r, 5_000);
    r.say(r#"{"verb":"command","order":"rebase","to_ms":5000}"#);
    let kept = r.say(r#"{"verb":"admit","service":"s"}"#);
    assert_eq!(number(&kept, "decision.retry_at_ms"), Some(45_000.0), "the open window keeps what was left of it");
    r.roundtrip_at_wall();
    at(&mut r, 45_000);
    call(&mut r, "", "success");
    let next = r.say(r#"{"verb":"admit","service":"s"}"#);
    assert_eq!(number(&next, "decision.retry_at_ms"), Some(60_000.0), "the next one ends with the minute on the wall");
    let body = word(&r.say(r#"{"verb":"report","view":"health"}"#), "decision.body").to_string();
    assert!(body.contains("1970-01-01T00:00:45.000Z"), "{body}");
}

#[test]
fn an_order_that_comes_late_lasts_as_long_as_it_says() {
    let mut r = Rig::new(&one("{}"));
    at(&mut r, 60_000);
    r.say(r#"{"verb":"advance"}"#);
    at(&mut r, 50_000);
    let out = r.say(r#"{"verb":"command","order":"force_open","service":"s","for_ms":5000}"#);
    assert_eq!(number(&out, "next.at_ms"), Some(65_000.0));
}

#[test]
fn a_lease_that_outlives_its_round_is_no_exact_promise() {
    let refusal = |max_wait: &str| {
        let half = format!(r#"{{"probes":1,"lease":"30s","max_wait":"{max_wait}"}}"#);
        let open = r#"{"base":"1s","jitter":0}"#;
        let mut r =
            Rig::new(&one(&format!(r#"{{"breaker":{{"consecutive_failures":1,"open":{open},"half_open":{half}}}}}"#)));
        call(&mut r, "", "failure");
        at(&mut r, 1_000);
        admit(&mut r, "").unwrap();
        let out = r.say(r#"{"verb":"admit","service":"s"}"#);
        assert_eq!(number(&out, "decision.retry_at_ms"), Some(31_000.0), "the probe's lease ends then");
        is_true(&out, "decision.exact")
    };
    assert!(refusal("31s"));
    assert!(!refusal("30s"), "at one instant the lease ends first, then the round");
    assert!(!refusal("10s"));
}

#[test]
fn the_first_probe_after_an_idle_round_shows() {
    let mut r = Rig::new(
        r#"{"version":1,"status":{"improve_after":"1s"},"services":{"s":{"breaker":{"consecutive_failures":1,
        "open":{"base":"1s","jitter":0},"half_open":{"probes":2,"max_wait":"10s"}}}},"features":{"f":{"needs":"s"}}}"#,
    );
    call(&mut r, "", "failure");
    at(&mut r, 60_000);
    r.say(r#"{"verb":"advance"}"#);
    let out = r.say(r#"{"verb":"admit","service":"s"}"#);
    let shown = effects(&out);
    let feature = shown.iter().find(|e| word(e, "effect") == "feature_changed");
    assert_eq!(feature.map(|e| word(e, "to")), Some("degraded"), "half-open and tried: {out:?}");
}

#[test]
fn a_tenant_whose_streak_has_lapsed_is_not_recovering() {
    let mut r = Rig::new(
        r#"{"version":1,"keys":{"forget":"1h"},"services":{"s":{"per":"tenant","impact":"critical","breaker":{"consecutive_failures":2}}}}"#,
    );
    call(&mut r, &tenant(1), "failure");
    at(&mut r, 3_600_000);
    call(&mut r, &tenant(1), "success");
    let out = r.say(r#"{"verb":"report","view":"health","keys":{"tenant":"t01"}}"#);
    assert!(word(&out, "decision.body").contains(r#""status":"healthy""#), "{out:?}");
    assert!(!word(&out, "decision.body").contains("degraded"), "{out:?}");
}

#[test]
fn a_gauge_beyond_what_a_double_holds_exactly_is_refused() {
    let mut r = Rig::new(&one("{}"));
    for value in ["1e300", "-9007199254740993.5", "9007199254740992.0"] {
        let out = r.say(&format!(r#"{{"verb":"observe","gauge":"g","value":{value}}}"#));
        assert!(get(&out, "error.code").is_some(), "{value}: {out:?}");
    }
}

#[test]
fn an_upstream_that_says_wait_is_heard_without_a_breaker_too() {
    let mut r = Rig::new(&one(r#"{"breaker":"off"}"#));
    let permit = admit(&mut r, "").unwrap();
    settle(&mut r, permit, r#","outcome":"throttled","retry_after_ms":4000"#);
    let out = r.say(r#"{"verb":"admit","service":"s"}"#);
    assert_eq!(word(&out, "decision.code"), "upstream_throttled", "{out:?}");
    r.roundtrip();
    at(&mut r, 4_000);
    call(&mut r, "", "success");
}

#[test]
fn orders_for_all_keys_run_in_the_order_of_their_names() {
    let mut r = Rig::new(&one(r#"{"per":"tenant","breaker":{"consecutive_failures":1}}"#));
    for n in [3, 1, 2] {
        call(&mut r, &tenant(n), "failure");
    }
    let out = r.say(r#"{"verb":"command","order":"reset","service":"s"}"#);
    let keys: Vec<String> =
        effects(&out).iter().map(|e| word(e, "key").to_string()).filter(|k| !k.is_empty()).collect();
    assert_eq!(keys, ["t01", "t02", "t03"]);
}

/// An engine with something of everything in it: groups, half-open, ramp, holds, blocks, permits, orders.
fn full() -> (Rig, Vec<u64>) {
    let mut r = Rig::new(
        r#"{"version":1,"status":{"improve_after":"5s"},"services":{
        "s":{"per":"tenant","timeout":"10s","retry":{"attempts":3},"breaker":{"consecutive_failures":2,"failure_rate":0.9,"min_calls":2,"ramp":"1m",
          "slow":{"over":"1s","rate":0.9},"open":{"base":"2s"},"half_open":{"probes":2,"concurrent":2},"rollup":{"pooled":0.9,"min_tenants":3}},
          "limits":[{"name":"a","limit":9,"period":"1m","per":["tenant","user"],"penalty":{"after":2,"block":"1m"}},
            {"name":"b","limit":50,"period":"1m","algorithm":"sliding_window","per":"service"},
            {"name":"c","limit":50,"period":"1m","algorithm":"fixed_window","per":"tenant","unit":"tokens"}]},
        "z":{"breaker":{"failure_rate":0.5,"window":{"calls":4},"min_calls":2,"slow":{"over":"1s","rate":0.9},"open":{"base":"2s"}}}},
        "features":{"f":{"needs":["s","z"]}}}"#,
    );
    let mut live = Vec::new();
    let who = |t: usize| format!(r#","keys":{{"tenant":"t{t}","user":"u"}},"amounts":{{"tokens":3}}"#);
    for t in [2, 1, 2, 1, 3] {
        let permit = admit(&mut r, &who(t)).unwrap();
        settle(&mut r, permit, r#","outcome":"failure""#);
    }
    at(&mut r, 100);
    live.extend(admit(&mut r, &who(3)));
    for outcome in ["failure", "throttled"] {
        let out = r.say(r#"{"verb":"admit","service":"z"}"#);
        live.extend(number(&out, "decision.permit").map(|p| p as u64));
        let out = r.say(r#"{"verb":"admit","service":"z"}"#);
        let permit = number(&out, "decision.permit").unwrap() as u64;
        settle(&mut r, permit, &format!(r#","outcome":"{outcome}""#));
    }
    at(&mut r, 1_500);
    for _ in 0..3 {
        r.say(&format!(r#"{{"verb":"admit","service":"s","weight":9{}}}"#, who(3)));
    }
    r.say(r#"{"verb":"observe","service":"z","ok":false,"latency_ms":9}"#);
    r.say(r#"{"verb":"command","order":"maintenance","service":"z","status":"degraded","for_ms":9000}"#);
    at(&mut r, 2_600);
    live.extend(admit(&mut r, &who(1)));
    (r, live)
}

#[test]
fn hostile_bytes_are_refused_or_harmless() {
    let (r, live) = full();
    let bytes = r.engine.snapshot();
    let policy = brownout::policy::read(&r.policy).unwrap();
    let body = bytes.len() - 4;
    let shorter = r.policy.replace(r#""calls":4"#, r#""calls":3"#).replace(r#""ramp""#, r#""window":"30s","ramp""#);
    let shorter = brownout::policy::read(&shorter).unwrap();
    let patterns: [&[u8]; 5] = [
        &[0xff],
        &[1],
        &[0xff; 4],
        &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0],
        &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    ];
    let mut taken = 0;
    for offset in 22..body {
        for pattern in patterns {
            let mut evil = bytes[..body].to_vec();
            for (slot, byte) in evil[offset..].iter_mut().zip(pattern) {
                *slot = *byte;
            }
            let sum = brownout::base::bytes::crc32c(&evil);
            evil.extend_from_slice(&sum.to_le_bytes());
            let Ok(engine) = Engine::restore(policy.clone(), &evil) else { continue };
            taken += 1;
            let now = engine.now().micros();
            let mut other = Rig { engine, policy: r.policy.clone(), now, permits: live.clone() };
            go_on(&mut other, &shorter);
        }
    }
    assert!(taken > 100, "{taken} of the changed snapshots could be read");
}
fn go_on(r: &mut Rig, other: &brownout::policy::Policy) {
    for t in 1..4 {
        r.say(&format!(
            r#"{{"verb":"admit","service":"s","keys":{{"tenant":"t{t}","user":"u"}},"amounts":{{"tokens":3}}}}"#
        ));
    }
    r.say(r#"{"verb":"admit","service":"z"}"#);
    r.now += 1_200_000;
    for permit in r.permits.clone() {
        settle(r, permit, r#","outcome":"failure","amounts":{"calls":2,"tokens":9}"#);
    }
    r.say(r#"{"verb":"report","view":"health","detail":"detailed"}"#);
    r.say(r#"{"verb":"command","order":"reset","service":"s"}"#);
    r.now += 90_000_000;
    r.say(r#"{"verb":"admit","service":"s","keys":{"tenant":"t1","user":"u"}}"#);
    r.engine.reload(other.clone(), r.engine.now()).unwrap();
    r.engine.snapshot();
}

#[test]
fn tenants_kept_away_by_their_own_fault_never_open_the_service() {
    let mut r = Rig::new(&one(&ROLLUP.replace("\"MODE\":\"x\",", "")));
    for n in 0..4 {
        call(&mut r, &tenant(n), "tenant_fault");
        // it comes back, is refused, and is a tenant that was seen
        assert_eq!(admit(&mut r, &tenant(n)), None);
    }
    r.roundtrip();
    let permit = admit(&mut r, &tenant(9)).unwrap();
    let out = settle(&mut r, permit, r#","outcome":"success""#);
    assert_eq!(effects(&out), [], "four of five are open, all by their own credentials");
    // two real failures beside them: two of seven tenants
    call(&mut r, &tenant(7), "failure");
    call(&mut r, &tenant(8), "failure");
    assert!(admit(&mut r, &tenant(9)).is_some());
}

#[test]
fn an_open_service_stays_open_when_its_breaker_is_split_otherwise() {
    let breaker = |per: &str| {
        one(&format!(r#"{{"breaker":{{"per":"{per}","consecutive_failures":1,"open":{{"base":"30s","jitter":0}}}}}}"#))
    };
    let mut r = Rig::new(&breaker("service"));
    call(&mut r, &tenant(1), "failure");
    for per in ["tenant", "service", "tenant"] {
        reload(&mut r, &breaker(per));
        r.roundtrip();
        let out = r.say(&format!(r#"{{"verb":"admit","service":"s"{}}}"#, tenant(2)));
        assert_eq!(word(&out, "decision.code"), "circuit_open", "{per}");
        assert_eq!(number(&out, "decision.retry_at_ms"), Some(30_000.0), "{per}");
    }
    at(&mut r, 30_000);
    for _ in 0..3 {
        call(&mut r, &tenant(2), "success");
    }
    let out = r.say(r#"{"verb":"report","view":"health"}"#);
    assert!(word(&out, "decision.body").contains(r#""state":"closed""#), "{out:?}");
}

#[test]
fn a_refused_connection_took_no_effect() {
    let mut r = Rig::new(&one(r#"{"retry":{"attempts":2,"backoff":{"base":"1s","jitter":"none"}}}"#));
    for (error, again) in [("ECONNREFUSED", true), ("ENOTFOUND", true), ("ECONNRESET", false)] {
        let permit = admit(&mut r, "").unwrap();
        let out = settle(&mut r, permit, &format!(r#","facts":{{"error":"{error}"}}"#));
        assert_eq!(get(&out, "decision.retry").is_some(), again, "{error}: {out:?}");
    }
    let permit = admit(&mut r, "").unwrap();
    let out = settle(&mut r, permit, r#","facts":{"error":"ECONNREFUSED","sent":true}"#);
    assert_eq!(word(&out, "decision.no_retry"), "not_idempotent", "the host knows better");
}

#[test]
fn a_permit_granted_after_the_snapshot_is_unknown_to_the_engine_rebuilt_from_it() {
    let mut lost = Rig::new(&one("{}"));
    let before = admit(&mut lost, "").unwrap();
    call(&mut lost, "", "success");
    let bytes = lost.engine.snapshot();
    let after: Vec<u64> = (0..3).map(|_| admit(&mut lost, "").unwrap()).collect();
    let mut r = lost.clone();
    r.engine = Engine::restore_json(&r.policy, &bytes, 5_000.0).unwrap();
    at(&mut r, 5_000);
    let fresh: Vec<u64> = (0..3).map(|_| admit(&mut r, "").unwrap()).collect();
    for permit in after {
        let out = settle(&mut r, permit, r#","outcome":"failure""#);
        assert_eq!(word(&out, "error.code"), "unknown_permit", "{out:?}");
    }
    for permit in fresh.into_iter().chain([before]) {
        assert!(is_true(&settle(&mut r, permit, r#","outcome":"success""#), "decision.counted"));
    }
}

#[test]
fn a_peek_writes_nothing_whoever_asks() {
    let mut r = Rig::new(&one(
        r#"{"per":"tenant","breaker":{"consecutive_failures":1},"limits":[{"name":"l","limit":2,"period":"1h","per":["tenant","user"],"unit":"tokens"}]}"#,
    ));
    let ask = |weight: u64, tenant: &str, user: &str, tokens: u64| {
        format!(
            r#"{{"verb":"admit","service":"s","keys":{{"tenant":"{tenant}","user":"{user}"}},"weight":{weight},"amounts":{{"tokens":{tokens}}}}}"#
        )
    };
    r.say(&ask(1, "a", "x", 2));
    let before = r.engine.snapshot();
    assert!(granted(&r.say(&ask(0, "new", "one", 2))));
    assert_eq!(word(&r.say(&ask(0, "new", "one", 3)), "decision.code"), "impossible");
    assert!(granted(&r.say(&ask(0, "a", "other", 2))), "both names may be known and the pair not");
    assert_eq!(word(&r.say(&ask(0, "a", "x", 1)), "decision.code"), "limited");
    let out = r.say(r#"{"verb":"admit","service":"s","keys":{"tenant":"new"},"weight":0}"#);
    assert_eq!(word(&out, "error.code"), "key_required");
    assert!(r.engine.snapshot() == before);
    r.say(r#"{"verb":"command","order":"force_open","service":"s"}"#);
    assert_eq!(word(&r.say(&ask(0, "new", "one", 1)), "decision.code"), "forced_open");
}
