//! The work that is measured: one call, admitted and settled, through ours and through what else there is.
use brownout::Engine;
use brownout::base::rng::Rng;
use brownout::base::time::Instant;
use brownout::call::Outcome;
use brownout::engine::{Call, Decision, Settle};

/// A breaker with a time window of ten buckets and three limits, all per tenant: the bench's whole stack.
pub const FULL: &str = r#"{"version":1,"services":{"s":{"per":"tenant",
  "breaker":{"failure_rate":0.5,"window":{"span":"10s","buckets":10}},"limits":[
  {"name":"second","limit":100000000,"period":"1s","per":"tenant"},
  {"name":"minute","limit":1000000000,"period":"1m","per":"tenant"},
  {"name":"hour","limit":10000000000,"period":"1h","per":"tenant"}]}}}"#;

/// The breaker of that stack alone.
pub const ALONE: &str = r#"{"version":1,"services":{"s":{"per":"tenant",
  "breaker":{"failure_rate":0.5,"window":{"span":"10s","buckets":10}}}}}"#;

/// A breaker that judges every failure and never opens, because a call in sixteen succeeds.
pub const FAILING: &str = r#"{"version":1,"services":{"s":{"breaker":{"failure_rate":1,"min_calls":20,"window":{"span":"10s","buckets":10}}}}}"#;

/// The same over the last 100,000 calls.
pub const FAILING_COUNT: &str =
    r#"{"version":1,"services":{"s":{"breaker":{"failure_rate":1,"min_calls":20,"window":{"calls":100000}}}}}"#;

pub const TENANTS: u32 = 100_000;

/// An engine for one of these documents, at the beginning of its time.
pub fn engine(policy: &str) -> Engine {
    Engine::load(policy, 1, Instant::EPOCH).expect("a policy without faults")
}

/// Names of 16 bytes.
pub fn name(i: u32) -> String {
    format!("tenant-{i:09}")
}

/// `0..n` in an order that no cache foresees, the same in every run.
pub fn shuffled(n: u32) -> Vec<u32> {
    let mut all: Vec<u32> = (0..n).collect();
    let mut rng = Rng::new(7);
    for i in (1..all.len()).rev() {
        all.swap(i, rng.below(i as u64 + 1) as usize);
    }
    all
}

/// The call of one tenant, its name interned.
pub fn call_of(e: &mut Engine, name: &str, now: Instant) -> Call {
    let mut call = Call::of(0);
    call.keys[0] = e.key(name, now).expect("a good name");
    call
}

/// One call, granted and settled at the same instant.
#[inline]
pub fn pass(e: &mut Engine, call: &Call, outcome: Outcome, now: Instant) {
    pass_between(e, call, outcome, now, now);
}

/// One call, granted and settled at instants of its own.
#[inline]
pub fn pass_between(e: &mut Engine, call: &Call, outcome: Outcome, from: Instant, to: Instant) {
    let permit = match e.admit(call, from).expect("a known service").decision() {
        Decision::Granted { permit, .. } => *permit,
        _ => panic!("the bench's calls are all granted"),
    };
    e.settle(permit, &Settle::with(outcome), to).expect("a live permit");
}
