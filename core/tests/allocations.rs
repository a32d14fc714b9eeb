//! The hot path allocates nothing once its buffers have grown, and a key costs what the docs say.
use brownout::Engine;
use brownout::base::time::Instant;
use brownout::call::Outcome;
use brownout::engine::{Call, Decision, Key, Settle};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Counts the calls and bytes of the thread that runs the test.
struct Counting;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<i64> = const { Cell::new(0) };
}

fn note(calls: u64, bytes: i64) {
    let _ = CALLS.try_with(|c| c.set(c.get() + calls));
    let _ = BYTES.try_with(|b| b.set(b.get() + bytes));
}

// SAFETY: every call goes to the system's allocator unchanged; counting touches thread-local cells only.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(1, layout.size() as i64);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        note(0, -(layout.size() as i64));
        unsafe { System.dealloc(at, layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(1, size as i64 - layout.size() as i64);
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const POLICY: &str = r#"{"version":1,"services":{"s":{"per":"tenant","timeout":"1s",
  "breaker":{"failure_rate":0.9,"window":"10s","slow":{"over":"500ms","rate":0.9},"rollup":{"pooled":0.9}},"limits":[
  {"name":"bucket","limit":1000000,"period":"1s","per":"tenant"},
  {"name":"window","limit":100000000,"period":"1m","algorithm":"sliding_window","per":"tenant"},
  {"name":"fixed","limit":100000000,"period":"1h","algorithm":"fixed_window"}]}}}"#;

fn one(e: &mut Engine, call: &Call, now: Instant, outcome: Outcome) {
    let permit = match e.admit(call, now).expect("a known service").decision() {
        Decision::Granted { permit, .. } => *permit,
        other => unreachable!("{other:?}"),
    };
    e.settle(permit, &Settle::with(outcome), now).expect("a live permit");
}

fn tenant(e: &mut Engine, name: &str) -> Call {
    let mut call = Call::of(0);
    call.keys[0] = e.key(name, Instant::EPOCH).expect("a good name");
    assert!(matches!(call.keys[0], Key::Id(_)));
    call
}

#[test]
fn the_hot_path_allocates_nothing_in_steady_state() {
    let mut e = Engine::load(POLICY, 1, Instant::EPOCH).expect("a policy without faults");
    let calls: Vec<Call> = (0..50).map(|i| tenant(&mut e, &format!("tenant-{i}"))).collect();
    let mut at = 0;
    let mut round = |e: &mut Engine, n: usize| {
        for i in 0..n {
            at += 7_000;
            let outcome = if i % 3 == 0 { Outcome::Failure } else { Outcome::Success };
            one(e, &calls[i % calls.len()], Instant::from_micros(at), outcome);
        }
    };
    // Two minutes of traffic fill every bucket of every window; then two more cost nothing.
    round(&mut e, 17_200);
    let before = CALLS.get();
    round(&mut e, 17_200);
    assert_eq!(CALLS.get() - before, 0, "allocations in 17,200 calls");
}

#[test]
fn a_quiet_key_stays_small() {
    const THREE: &str = r#"{"version":1,"services":{"s":{"per":"tenant","breaker":{"failure_rate":0.5},"limits":[
      {"name":"a","limit":10,"period":"1s","per":"tenant"},{"name":"b","limit":100,"period":"1m","per":"tenant"},
      {"name":"c","limit":1000,"period":"1h","per":"tenant"}]}}}"#;
    let mut e = Engine::load(THREE, 1, Instant::EPOCH).expect("a policy without faults");
    let n = 65_536;
    let before = BYTES.get();
    for i in 0..n {
        let call = tenant(&mut e, &format!("tenant-{i:09}"));
        one(&mut e, &call, Instant::from_millis(1), Outcome::Success);
    }
    let each = (BYTES.get() - before) / n;
    assert!(each <= 512, "{each} bytes a key");
}
