//! A snapshot in parts, taken while calls go on, is the snapshot of its last instant.
#![allow(clippy::unwrap_used)]
use brownout::Engine;
use brownout::base::error::Code;
use brownout::base::rng::Rng;
use brownout::base::time::Instant;
use brownout::call::Outcome;
use brownout::engine::{Call, Decision, Settle};

const POLICY: &str = r#"{"version":1,"services":{
  "a":{"per":"tenant","breaker":{"failures":3,"window":"10s","open":{"base":"5s"},"rollup":{"tenants_open":0.9,"min_tenants":3000}},"limits":[
    {"name":"minute","limit":40,"period":"1m","per":"tenant"},
    {"name":"pair","limit":9,"period":"1m","algorithm":"sliding_window","per":["tenant","user"]}]},
  "b":{"breaker":{"failure_rate":0.5},"limits":[{"name":"all","limit":1000000,"period":"1h"}]}}}"#;

struct World {
    engine: Engine,
    rng: Rng,
    at: i64,
    live: Vec<u64>,
    /// One in how many calls stays in flight.
    stays: u64,
}

impl World {
    /// Every tenant and user has called once: a key that no rule has ever met leaves no trace in a part.
    fn new(tenants: u64) -> World {
        World::whose_calls_stay(tenants, 100)
    }
    fn whose_calls_stay(tenants: u64, stays: u64) -> World {
        let engine = Engine::load(POLICY, 3, Instant::EPOCH).unwrap();
        let mut world = World { engine, rng: Rng::new(5), at: 0, live: Vec::new(), stays };
        for n in 0..tenants * 3 {
            world.call(0, n / 3, n % 3);
        }
        world
    }
    /// Some calls, no two at one instant; some stay in flight.
    fn calls(&mut self, n: u32, tenants: u64) {
        for _ in 0..n {
            let (service, tenant, user) = (self.rng.below(5) == 0, self.rng.below(tenants), self.rng.below(3));
            self.call(u32::from(service), tenant, user);
        }
    }
    fn call(&mut self, service: u32, tenant: u64, user: u64) {
        self.at += 7;
        let now = Instant::from_micros(self.at);
        let mut call = Call::of(service);
        call.keys[0] = self.engine.key(&format!("t{tenant}"), now).unwrap();
        call.keys[1] = self.engine.key(&format!("u{user}"), now).unwrap();
        let answer = self.engine.admit(&call, now).unwrap();
        let Decision::Granted { permit, .. } = *answer.decision() else { return };
        if self.rng.below(self.stays) == 0 {
            return self.live.push(permit);
        }
        let outcome = if self.rng.below(3) == 0 { Outcome::Failure } else { Outcome::Success };
        self.engine.settle(permit, &Settle::with(outcome), now).unwrap();
    }
    /// All parts, with calls after each; and how many there were.
    fn parts(&mut self, between: u32, tenants: u64) -> Vec<Vec<u8>> {
        let mut parts = vec![self.engine.snapshot_part(true)];
        loop {
            self.calls(between, tenants);
            let part = self.engine.snapshot_part(false);
            if part.is_empty() {
                return parts;
            }
            parts.push(part);
            // the calls after the last part are none of its business
            if parts.last().unwrap()[10] == 1 {
                return parts;
            }
        }
    }
    fn restored(&self, bytes: &[u8]) -> Result<Engine, Code> {
        let policy = brownout::policy::read(POLICY).unwrap();
        Engine::restore(policy, bytes).map_err(|faults| faults[0].code)
    }
}

#[test]
fn parts_taken_between_calls_are_the_snapshot_of_their_last_instant() {
    let mut w = World::new(4_000);
    w.calls(20_000, 4_000);
    for between in [0, 1, 50, 900] {
        let parts = w.parts(between, 4_000);
        assert!(parts.len() >= 5, "{} parts", parts.len());
        let whole = w.engine.snapshot();
        let engine = w.restored(&parts.concat()).unwrap();
        assert!(engine.snapshot() == whole, "{between} calls between two parts");
        assert!(w.engine.snapshot_part(false).is_empty());
    }
}

#[test]
fn no_part_is_long_but_the_last_where_everything_changes() {
    let mut w = World::new(4_000);
    w.calls(20_000, 4_000);
    let all = w.engine.snapshot().len();
    let parts = w.parts(0, 4_000);
    let cells: usize = parts.iter().map(Vec::len).sum();
    assert!(cells < 2 * all);
    assert!(parts.iter().all(|part| part.len() < 400_000), "{:?}", parts.iter().map(Vec::len).collect::<Vec<_>>());
}

#[test]
fn what_was_complete_last_counts() {
    let mut w = World::new(1_500);
    w.calls(3_000, 1_500);
    let first = w.parts(10, 1_500).concat();
    let then = w.engine.snapshot();
    w.calls(3_000, 1_500);
    let second = w.parts(10, 1_500);
    let now = w.engine.snapshot();
    let file = [first.clone(), second.concat()].concat();
    assert!(w.restored(&file).unwrap().snapshot() == now);
    // cut off anywhere while the second was written
    for cut in [first.len() + 1, first.len() + second[0].len(), first.len() + second[0].len() + 5, file.len() - 1] {
        assert!(w.restored(&file[..cut]).unwrap().snapshot() == then, "cut at {cut}");
    }
    for cut in [4, 20, second[0].len(), second.concat().len() - 1] {
        assert_eq!(w.restored(&second.concat()[..cut]).err(), Some(Code::SnapshotCorrupt), "cut at {cut}");
    }
}

#[test]
fn damage_and_other_policies_are_refused() {
    let mut w = World::new(100);
    w.calls(500, 100);
    let bytes = w.parts(0, 100).concat();
    for at in (0..bytes.len()).step_by(97) {
        let mut bad = bytes.clone();
        bad[at] ^= 0x10;
        assert!(w.restored(&bad).is_err(), "a flipped bit at {at}");
    }
    let other = brownout::policy::read(&POLICY.replace("\"limit\":40", "\"limit\":41")).unwrap();
    assert_eq!(Engine::restore(other, &bytes).err().map(|f| f[0].code), Some(Code::SnapshotPolicy));
    let missing = w.parts(0, 100);
    if missing.len() > 2 {
        assert_eq!(
            w.restored(&[missing[0].clone(), missing[2..].concat()].concat()).err(),
            Some(Code::SnapshotCorrupt)
        );
    }
}

#[test]
fn a_reload_in_between_starts_anew() {
    let mut w = World::new(3_000);
    w.calls(5_000, 3_000);
    let mut bytes = w.engine.snapshot_part(true);
    bytes.extend(w.engine.snapshot_part(false));
    let changed = POLICY.replace("\"limit\":40", "\"limit\":41");
    w.engine.reload(brownout::policy::read(&changed).unwrap(), Instant::from_micros(w.at)).unwrap();
    loop {
        let part = w.engine.snapshot_part(false);
        if part.is_empty() {
            break;
        }
        bytes.extend(part);
    }
    let engine = Engine::restore(brownout::policy::read(&changed).unwrap(), &bytes).unwrap();
    assert!(engine.snapshot() == w.engine.snapshot());
}

fn say(engine: &mut Engine, input: &str, at_ms: f64) -> String {
    engine.handle_json(input, at_ms)
}
/// One whole call, whose outcome may be a failure.
fn one_call(engine: &mut Engine, tenant: &str, outcome: Outcome, at_ms: i64) {
    let now = Instant::from_millis(at_ms);
    let mut call = Call::of(0);
    call.keys[0] = engine.key(tenant, now).unwrap();
    let Decision::Granted { permit, .. } = *engine.admit(&call, now).unwrap().decision() else { return };
    engine.settle(permit, &Settle::with(outcome), now).unwrap();
}
/// The remaining parts, after the first.
fn finished(engine: &mut Engine, mut bytes: Vec<u8>) -> Vec<u8> {
    loop {
        let part = engine.snapshot_part(false);
        if part.is_empty() {
            return bytes;
        }
        bytes.extend(part);
    }
}

#[test]
fn a_key_that_is_let_go_between_two_parts_does_not_come_back() {
    let policy = r#"{"version":1,"keys":{"cap":2000},"services":{"a":{"per":"tenant","breaker":{"failures":1,"window":"1s","open":{"base":"1h"}}}}}"#;
    let mut engine = Engine::from_json(policy, 3, 0.0).unwrap();
    for n in 0..1_500 {
        one_call(&mut engine, &format!("t{n}"), if n == 0 { Outcome::Failure } else { Outcome::Success }, 0);
    }
    let bytes = engine.snapshot_part(true);
    // t0 stands in the first part as an open breaker; now it rests, and gives way to others
    let reset = r#"{"verb":"command","order":"reset","service":"a","keys":{"tenant":"t0"}}"#;
    assert!(say(&mut engine, reset, 1.0).contains("closed"));
    for n in 0..2_000 {
        one_call(&mut engine, &format!("new{n}"), Outcome::Success, 10_000);
    }
    let bytes = finished(&mut engine, bytes);
    let mut back = Engine::restore(brownout::policy::read(policy).unwrap(), &bytes).unwrap();
    assert!(back.snapshot() == engine.snapshot(), "keys that were let go are back");
    let (there, here) = (say(&mut engine, r#"{"verb":"advance"}"#, 7e6), say(&mut back, r#"{"verb":"advance"}"#, 7e6));
    assert_eq!(there, here);
    assert!(!here.contains("breaker_changed"), "{here}");
}

#[test]
fn a_snapshot_that_nobody_finishes_keeps_no_names_for_ever() {
    let policy = r#"{"version":1,"keys":{"cap":1200},"services":{"a":{"per":"tenant","breaker":{"failures":1,"window":"1ms"}}}}"#;
    let mut engine = Engine::from_json(policy, 3, 0.0).unwrap();
    for n in 0..53_000 {
        if n == 1_200 {
            assert!(!engine.snapshot_part(true).is_empty());
        }
        one_call(&mut engine, &format!("a tenant by the number of {n}"), Outcome::Success, n * 5);
    }
    // it began anew on the way
    let part = engine.snapshot_part(false);
    assert_eq!(part[6..10], [0; 4], "not a first part");
    assert!(part.len() < 400_000, "{} bytes", part.len());
    let bytes = finished(&mut engine, part);
    let back = Engine::restore(brownout::policy::read(policy).unwrap(), &bytes).unwrap();
    assert!(back.snapshot() == engine.snapshot());
}

#[test]
fn a_tenant_that_leaves_the_roll_up_between_two_parts_is_no_member_of_it() {
    let policy = r#"{"version":1,"services":{"a":{"per":"tenant","breaker":{"consecutive_failures":9,"window":"10s",
        "rollup":{"pooled":0.9,"min_tenants":5000}}}}}"#;
    let mut engine = Engine::from_json(policy, 3, 0.0).unwrap();
    for n in 0..3_000 {
        one_call(&mut engine, &format!("t{n}"), Outcome::Failure, n / 1_000);
    }
    let bytes = engine.snapshot_part(true);
    // the others were seen more than a window ago
    one_call(&mut engine, "t2999", Outcome::Success, 60_000);
    let bytes = finished(&mut engine, bytes);
    let back = Engine::restore(brownout::policy::read(policy).unwrap(), &bytes).unwrap();
    assert!(back.snapshot() == engine.snapshot());
}

#[test]
fn a_run_that_was_cut_off_hides_nothing_that_was_appended_after_it() {
    let mut w = World::new(1_500);
    let mut runs = Vec::new();
    for _ in 0..3 {
        w.calls(1_000, 1_500);
        runs.push((w.parts(10, 1_500), w.engine.snapshot()));
    }
    let [(first, _), (second, _), (third, now)] = runs.as_slice() else { panic!("three runs") };
    assert!(second.len() > 3, "{} parts", second.len());
    let mut cuts: Vec<usize> = (0..=second.len()).map(|k| second[..k].concat().len()).collect();
    let whole: Vec<usize> = cuts.clone();
    cuts.extend(whole.iter().flat_map(|cut| [cut + 1, cut + 3, cut + 9, cut + 15, cut + 400]));
    cuts.retain(|cut| *cut <= second.concat().len());
    for cut in cuts {
        let file = [&first.concat(), &second.concat()[..cut], &third.concat()].concat();
        assert!(w.restored(&file).unwrap().snapshot() == *now, "the second run was cut off at {cut}");
    }
    // nothing is sound but the last run
    let file = [&first.concat()[..700], &second.concat()[..30], &third.concat()].concat();
    assert!(w.restored(&file).unwrap().snapshot() == *now);
}

#[test]
fn what_is_wrong_with_a_later_run_leaves_an_earlier_one_complete() {
    let mut w = World::new(1_500);
    w.calls(1_000, 1_500);
    let first = w.parts(10, 1_500).concat();
    let then = w.engine.snapshot();
    w.calls(1_000, 1_500);
    let second = w.parts(10, 1_500);
    let without = |k: usize| [&second[..k], &second[k + 1..]].concat().concat();
    for k in 0..second.len() {
        let file = [first.clone(), without(k)].concat();
        assert!(w.restored(&file).unwrap().snapshot() == then, "part {k} of the later run is missing");
        assert_eq!(w.restored(&without(k)).err(), Some(Code::SnapshotCorrupt), "part {k} is missing");
        let newer = [second[..k].concat(), of_format(2, &second[k]), second[k + 1..].concat()].concat();
        let file = [first.clone(), newer.clone()].concat();
        assert!(w.restored(&file).unwrap().snapshot() == then, "part {k} of the later run is of a newer format");
        assert_eq!(w.restored(&newer).err(), Some(Code::SnapshotVersion), "part {k} is of a newer format");
    }
    // under another policy: what is not complete spoils nothing, what is complete last counts
    let other = brownout::policy::read(&POLICY.replace("\"limit\":40", "\"limit\":41")).unwrap();
    w.engine.reload(other, Instant::from_micros(w.at)).unwrap();
    let third = w.parts(0, 1_500);
    let file = [first.clone(), third[..third.len() - 1].concat()].concat();
    assert!(w.restored(&file).unwrap().snapshot() == then);
    assert_eq!(w.restored(&[first, third.concat()].concat()).err(), Some(Code::SnapshotPolicy));
}

/// A part as another build would have written it.
fn of_format(format: u16, part: &[u8]) -> Vec<u8> {
    let mut bytes = part[..part.len() - 4].to_vec();
    bytes[4..6].copy_from_slice(&format.to_le_bytes());
    let sum = brownout::base::bytes::crc32c(&bytes);
    bytes.extend(sum.to_le_bytes());
    bytes
}

#[test]
fn under_load_parts_come_to_an_end_and_the_last_is_short() {
    let tenants = 30_011;
    let mut w = World::whose_calls_stay(tenants, 10_000);
    let parts = w.parts(500, tenants);
    // one cell a tenant and three pairs of tenant and user
    let cells = tenants as usize * 4;
    assert!(parts.len() <= 3 * cells / 1_000 + 10, "{} parts", parts.len());
    let lengths: Vec<usize> = parts.iter().map(Vec::len).collect();
    assert!(lengths.iter().all(|length| *length < 1_000_000), "{lengths:?}");
    assert!(lengths.last().is_some_and(|last| *last < 300_000), "{lengths:?}");
    assert!(w.restored(&parts.concat()).unwrap().snapshot() == w.engine.snapshot());
}

#[test]
fn a_long_table_that_did_not_change_leaves_the_last_part_short() {
    let policy = r#"{"version":1,"services":{"a":{"per":"tenant","breaker":{"failures":3,"window":"10s"}}}}"#;
    let mut engine = Engine::from_json(policy, 3, 0.0).unwrap();
    let tenants = 70_000;
    for n in 0..tenants {
        one_call(&mut engine, &format!("t{n}"), Outcome::Success, 0);
    }
    let mut bytes = engine.snapshot_part(true);
    for _ in 1..tenants / 1_000 {
        bytes.extend(engine.snapshot_part(false));
    }
    // all is written; now the end of the table changes
    for n in tenants - 15_000..tenants {
        one_call(&mut engine, &format!("t{n}"), Outcome::Success, 1);
    }
    let mut lengths = Vec::new();
    loop {
        let part = engine.snapshot_part(false);
        if part.is_empty() {
            break;
        }
        lengths.push(part.len());
        bytes.extend(part);
    }
    let last = *lengths.last().unwrap();
    assert!(last < 200_000, "{last} bytes in the last part of {lengths:?}");
    let back = Engine::restore(brownout::policy::read(policy).unwrap(), &bytes).unwrap();
    assert!(back.snapshot() == engine.snapshot());
}
