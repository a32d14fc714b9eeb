//! Laws of time and state: one jump is many steps, a snapshot is the engine, a refused call was never there, and a promise about
//! when to come back is kept to the microsecond.
#![allow(clippy::unwrap_used)]
mod common;
use brownout::base::json::Json;
use common::{Kind, Rig, admit_json, effects, get, granted, is_true, number, policy, service_name, trace, word};
use proptest::prelude::*;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 400, ..ProptestConfig::default() }
}
fn without_effects(json: &Json) -> Json {
    match json {
        Json::Obj(entries) => Json::Obj(entries.iter().filter(|e| e.0 != "effects").cloned().collect()),
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(config(60))]

    /// Late is the same as punctual: the effects of many small steps, one after the other, are those of the one jump.
    #[test]
    fn one_jump_is_many_steps(policy in policy(Kind::Full), steps in trace(Kind::Full, 60), cuts in proptest::collection::vec(0u64..=1_000, 0..5)) {
        let (mut jump, mut walk) = (Rig::new(&policy), Rig::new(&policy));
        for (gap, step) in steps {
            let mut seen = Vec::new();
            let mut stops: Vec<i64> = cuts.iter().map(|c| jump.now + gap * *c as i64 / 1_000).collect();
            stops.sort_unstable();
            for stop in stops {
                seen.extend(effects(&walk.advance(stop)));
            }
            jump.now += gap;
            walk.now = jump.now;
            let (one, many) = (jump.step(&step), walk.step(&step));
            if let (Some(one), Some(many)) = (one, many) {
                seen.extend(effects(&many));
                // an error runs nothing: what is due shows with the next input
                if one.at("error").is_none() {
                    prop_assert_eq!(effects(&one), seen);
                } else {
                    let late = effects(&jump.advance(jump.now));
                    seen.extend(effects(&walk.advance(walk.now)));
                    prop_assert_eq!(late, seen);
                }
                prop_assert_eq!(without_effects(&one), without_effects(&many));
            } else {
                let late = effects(&jump.advance(jump.now));
                seen.extend(effects(&walk.advance(walk.now)));
                prop_assert_eq!(late, seen);
            }
            prop_assert!(jump.engine.snapshot() == walk.engine.snapshot(), "the states differ");
        }
    }
    /// A snapshot is the whole engine: after going through it, every answer is the same.
    #[test]
    fn an_engine_that_was_written_down_goes_on_alike(policy in policy(Kind::Full), steps in trace(Kind::Full, 80), when in proptest::collection::vec(any::<bool>(), 80)) {
        let (mut kept, mut written) = (Rig::new(&policy), Rig::new(&policy));
        for ((gap, step), now) in steps.into_iter().zip(when) {
            kept.now += gap;
            written.now += gap;
            if now {
                written.roundtrip();
            }
            let (one, other) = (kept.step(&step), written.step(&step));
            // how many resting keys are remembered shows in a report and nowhere else
            prop_assert_eq!(one.as_ref().map(counted), other.as_ref().map(counted));
            if one.is_some_and(|one| one.at("error").is_some()) {
                // what fell due before an error is told with the next answer, not written down
                prop_assert_eq!(kept.advance(kept.now), written.advance(written.now));
            }
        }
        // which of the resting keys made room does not show in any answer
        if !policy.contains("cap") {
            prop_assert!(kept.engine.snapshot() == written.engine.snapshot(), "the states differ");
        }
    }
    /// Nothing resets by accident: under the same policy, loaded again, every answer is the same.
    #[test]
    fn the_same_policy_loaded_again_changes_nothing(policy in policy(Kind::Full), steps in trace(Kind::Full, 80), when in proptest::collection::vec(any::<bool>(), 80)) {
        let (mut kept, mut loaded) = (Rig::new(&policy), Rig::new(&policy));
        for ((gap, step), now) in steps.into_iter().zip(when) {
            kept.now += gap;
            loaded.now += gap;
            prop_assert_eq!(kept.advance(kept.now), loaded.advance(loaded.now));
            if now {
                let out = loaded.say(&format!(r#"{{"verb":"reload","policy":{policy}}}"#));
                prop_assert_eq!((word(&out, "decision.result"), effects(&out)), ("done", Vec::new()));
            }
            let (one, other) = (kept.step(&step), loaded.step(&step));
            prop_assert_eq!(one.as_ref().map(counted), other.as_ref().map(counted));
        }
    }
    /// After a reload to whatever policy, the engine can be written down, goes on alike, and still knows its permits.
    #[test]
    fn an_engine_goes_on_under_another_policy(first in policy(Kind::Full), second in policy(Kind::Full), steps in trace(Kind::Full, 80), when in proptest::collection::vec(0u8..8, 80)) {
        // with more keys than a lowered cap allows, it shows which of the resting ones made room before
        let cap = |policy: &str| policy.split("\"cap\":").nth(1).map(|rest| format!("\"cap\":{}", &rest[..1])).unwrap_or_default();
        let second = second.replace(&cap(&second), &cap(&first));
        let (mut kept, mut written) = (Rig::new(&first), Rig::new(&first));
        for ((gap, step), what) in steps.into_iter().zip(when) {
            kept.now += gap;
            written.now += gap;
            if what < 2 {
                let policy = [&first, &second][usize::from(what)];
                let reload = format!(r#"{{"verb":"reload","policy":{policy}}}"#);
                let (one, other) = (kept.say(&reload), written.say(&reload));
                prop_assert_eq!(word(&one, "decision.result"), "done");
                prop_assert_eq!(one, other);
                (kept.policy, written.policy) = (policy.clone(), policy.clone());
                written.roundtrip();
            }
            let (one, other) = (kept.step(&step), written.step(&step));
            prop_assert_eq!(one.as_ref().map(counted), other.as_ref().map(counted));
            if let (common::Step::Settle { .. }, Some(out)) = (&step, &one) {
                prop_assert!(out.at("error").is_none(), "a permit was lost: {out:?}");
            }
            if one.is_some_and(|one| one.at("error").is_some()) {
                prop_assert_eq!(kept.advance(kept.now), written.advance(written.now));
            }
        }
    }
    /// `next` may be early, never late: until a microsecond before it, and for ever where there is none, nothing happens by itself.
    #[test]
    fn nothing_happens_before_the_next_deadline(policy in policy(Kind::Full), steps in trace(Kind::Full, 80)) {
        let mut rig = Rig::new(&policy);
        for (gap, step) in steps {
            rig.now += gap;
            let Some(out) = rig.step(&step) else { continue };
            if out.at("error").is_some() {
                continue;
            }
            let mut idle = rig.clone();
            let until = match number(&out, "next.at_ms") {
                Some(ms) => (ms * 1_000.0).round() as i64 - 1,
                None => rig.now + 31_536_000_000_000,
            };
            prop_assert!(until >= rig.now, "a deadline that was due did not run");
            let early = effects(&idle.advance(until));
            prop_assert!(early.is_empty(), "{early:?} before {until}");
        }
    }
    /// All or nothing: a refused call takes no token, no place and no permit. An engine that was never asked answers alike from then on.
    #[test]
    fn a_refused_call_was_never_there(policy in policy(Kind::Plain), steps in trace(Kind::Plain, 60), asked in 0u8..2, tenant in 0u8..6, weight in 1u64..5, at in 0usize..60) {
        let mut one = Rig::new(&policy);
        let mut twin: Option<Rig> = None;
        for (i, (gap, step)) in steps.into_iter().enumerate() {
            one.now += gap;
            if i >= at && twin.is_none() {
                let mut other = one.clone();
                let out = one.admit(service_name(asked), tenant, weight);
                if granted(&out) {
                    one = other;
                } else {
                    other.advance(one.now);
                    twin = Some(other);
                }
            }
            let said = one.step(&step);
            if let Some(other) = twin.as_mut() {
                other.now = one.now;
                prop_assert_eq!(&said.as_ref().map(counted), &other.step(&step).as_ref().map(counted));
            }
        }
    }
    /// Not before, and exactly at: one microsecond earlier the answer is still no, at the instant it is yes, if nothing else happens.
    #[test]
    fn a_promise_to_come_back_is_kept(policy in policy(Kind::Plain), steps in trace(Kind::Plain, 60)) {
        let mut rig = Rig::new(&policy);
        for (gap, step) in steps {
            rig.now += gap;
            let Some(out) = rig.step(&step) else { continue };
            let common::Step::Admit { service, tenant, weight } = step else { continue };
            if word(&out, "decision.result") != "refused" {
                continue;
            }
            let code = word(&out, "decision.code");
            let Some(retry_ms) = number(&out, "decision.retry_at_ms") else {
                let why = failing(&out);
                let known = why.iter().any(|c| ["impossible", "forced_open", "half_open_full"].contains(&c.as_str()));
                prop_assert!(known, "{why:?} promises nothing");
                continue;
            };
            // the lease of a probe may outlive its round: that is a hint
            let hint = failing(&out).iter().any(|c| c == "half_open_full");
            prop_assert!(is_true(&out, "decision.exact") || hint, "{code} is not exact");
            let retry_at = (retry_ms * 1_000.0).round() as i64;
            prop_assert!(retry_at > rig.now, "{code} is over already");
            let ask = |at: i64| {
                let mut later = rig.clone();
                later.now = at;
                later.say(&admit_json(service_name(service), tenant, weight.max(1)))
            };
            let early = ask(retry_at - 1);
            // a round of probes that ended in between, undecided, is something else that happened
            let reopened = |out: &Json| effects(out).iter().any(|e| word(e, "because") == "max_wait");
            prop_assert!(!granted(&early) || reopened(&early), "{code}: granted a microsecond before {retry_at}");
            let then = ask(retry_at);
            // a peek promises for one unit
            prop_assert!(granted(&then) || reopened(&then) || weight == 0, "{code} at {retry_at}: {then:?}");
        }
    }
}

/// The codes of all rules that refuse.
fn failing(out: &Json) -> Vec<String> {
    match get(out, "decision.failing") {
        Some(Json::Arr(items)) => items.iter().map(|i| word(i, "code").to_string()).collect(),
        _ => Vec::new(),
    }
}
/// What must not differ: everything but the counters of refusals that a report shows.
fn counted(json: &Json) -> Json {
    match get(json, "decision.body") {
        Some(_) => Json::Null,
        None => json.clone(),
    }
}
