//! The hot path: `admit` + `settle` through a breaker and three limits, for one tenant and for many in random order.
use brownout::Engine;
use brownout::base::rng::Rng;
use brownout::base::time::Instant;
use brownout::call::Outcome;
use brownout::engine::{Call, Decision, Key, Settle};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

const ALONE: &str = r#"{"version":1,"services":{"s":{"per":"tenant","breaker":{"failure_rate":0.5,"window":"10s"}}}}"#;
const FULL: &str = r#"{"version":1,"services":{"s":{"per":"tenant","breaker":{"failure_rate":0.5,"window":"10s"},"limits":[
  {"name":"second","limit":100000000,"period":"1s","per":"tenant"},{"name":"minute","limit":1000000000,"period":"1m","per":"tenant"},
  {"name":"hour","limit":10000000000,"period":"1h","per":"tenant"}]}}}"#;

fn engine(policy: &str) -> Engine {
    Engine::load(policy, 1, Instant::EPOCH).expect("a policy without faults")
}

fn tenants(e: &mut Engine, n: u32) -> Vec<Call> {
    let mut calls = Vec::new();
    for i in 0..n {
        let key = e.key(&format!("tenant-{i:09}"), Instant::EPOCH).expect("a good name");
        let mut call = Call::of(0);
        call.keys[0] = key;
        assert!(matches!(key, Key::Id(_)));
        calls.push(call);
    }
    let mut rng = Rng::new(7);
    for i in (1..calls.len()).rev() {
        calls.swap(i, rng.below(i as u64 + 1) as usize);
    }
    calls
}

/// One call, granted and settled; time moves by a microsecond.
fn call(e: &mut Engine, call: &Call, at: &mut i64, outcome: Outcome) {
    *at += 1;
    let now = Instant::from_micros(*at);
    let permit = match e.admit(call, now).expect("a known service").decision() {
        Decision::Granted { permit, .. } => *permit,
        _ => return,
    };
    black_box(e.settle(permit, &Settle::with(outcome), now).expect("a live permit"));
}

fn hot(c: &mut Criterion) {
    let mut group = c.benchmark_group("admit_settle");
    group.throughput(Throughput::Elements(1));
    for (name, policy, n) in
        [("breaker/1", ALONE, 1), ("breaker+3_limits/1", FULL, 1), ("breaker+3_limits/100k", FULL, 100_000)]
    {
        let mut e = engine(policy);
        let calls = tenants(&mut e, n);
        let (mut at, mut i) = (0, 0);
        group.bench_function(name, |b| {
            b.iter(|| {
                i = if i + 1 == calls.len() { 0 } else { i + 1 };
                call(&mut e, &calls[i], &mut at, Outcome::Success);
            });
        });
    }
    group.finish();
}

/// A failing call costs what a good one costs, whatever the window holds.
fn failing(c: &mut Criterion) {
    const COUNT: &str =
        r#"{"version":1,"services":{"s":{"breaker":{"failure_rate":1,"window":{"calls":100000},"min_calls":100000}}}}"#;
    let mut group = c.benchmark_group("window_of_100k");
    for (name, outcome) in [("success", Outcome::Success), ("failure", Outcome::Failure)] {
        let mut e = engine(COUNT);
        let mut at = 0;
        for _ in 0..100_000 {
            call(&mut e, &Call::of(0), &mut at, Outcome::Success);
        }
        let mut n = 0u32;
        group.bench_function(name, |b| {
            b.iter(|| {
                // One success in sixteen keeps the rate below one: the breaker judges and never opens.
                n = n.wrapping_add(1);
                let outcome = if n.is_multiple_of(16) { Outcome::Success } else { outcome };
                call(&mut e, &Call::of(0), &mut at, outcome);
            });
        });
    }
    group.finish();
}

fn snapshots(c: &mut Criterion) {
    let mut e = engine(FULL);
    let mut at = 0;
    for one in tenants(&mut e, 100_000) {
        call(&mut e, &one, &mut at, Outcome::Success);
    }
    let bytes = e.snapshot();
    let mut group = c.benchmark_group("snapshot_of_100k_keys");
    group.sample_size(10);
    group.bench_function("take", |b| b.iter(|| black_box(e.snapshot())));
    group.bench_function("restore", |b| {
        b.iter_batched(
            || brownout::policy::read(FULL).expect("a policy without faults"),
            |policy| black_box(Engine::restore(policy, &bytes).expect("its own snapshot")),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, hot, failing, snapshots);
criterion_main!(benches);
