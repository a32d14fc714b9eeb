//! What a tenant costs in bytes, what a call allocates, and what an idle engine asks of its host.
use crate::cases::{FULL, TENANTS, call_of, engine, name, pass};
use crate::timing::tell;
use brownout::base::time::{Instant, Span};
use brownout::call::Outcome;
use brownout::engine::Call;
use cpu_time::ProcessTime;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

static CALLS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicI64 = AtomicI64::new(0);

/// The system's allocator, with every call and byte counted.
struct Counting;

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Relaxed);
        BYTES.fetch_add(layout.size() as i64, Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size() as i64, Relaxed);
        unsafe { System.dealloc(at, layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        CALLS.fetch_add(1, Relaxed);
        BYTES.fetch_add(size as i64 - layout.size() as i64, Relaxed);
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// All of it, told as it is known.
pub fn all(quick: bool) {
    tenants();
    allocations(if quick { 20_000 } else { 200_000 });
    idle();
}

/// Bytes held for each of 100,000 tenants after one call, and after calls that fill every bucket of the window.
fn tenants() {
    let before = BYTES.load(Relaxed);
    let mut e = engine(FULL);
    let fixed = BYTES.load(Relaxed);
    for i in 0..TENANTS {
        let now = Instant::from_millis(1);
        let call = call_of(&mut e, &name(i), now);
        pass(&mut e, &call, Outcome::Success, now);
    }
    let each = |from: i64| (BYTES.load(Relaxed) - from) as f64 / f64::from(TENANTS);
    tell("core.memory.quiet", "B", &[each(fixed)]);
    for second in 1..=30 {
        for i in 0..TENANTS {
            let now = Instant::from_millis(second * 1_000);
            let call = call_of(&mut e, &name(i), now);
            pass(&mut e, &call, if second % 3 == 0 { Outcome::Failure } else { Outcome::Success }, now);
        }
    }
    tell("core.memory.busy", "B", &[each(fixed)]);
    tell("core.memory.engine", "B", &[(fixed - before) as f64]);
}

/// Allocations of a call once every buffer has grown.
fn allocations(calls: u64) {
    let mut e = engine(FULL);
    let tenants: Vec<Call> = (0..100).map(|i| call_of(&mut e, &name(i), Instant::EPOCH)).collect();
    let mut at = 0;
    let mut round = |calls: u64| {
        for i in 0..calls {
            at += 7_000;
            let outcome = if i % 3 == 0 { Outcome::Failure } else { Outcome::Success };
            pass(&mut e, &tenants[i as usize % tenants.len()], outcome, Instant::from_micros(at));
        }
    };
    round(calls);
    let before = CALLS.load(Relaxed);
    round(calls);
    tell("core.allocations", "per call", &[(CALLS.load(Relaxed) - before) as f64 / calls as f64]);
}

/// An hour without a call, for an engine with 100,000 tenants: how often it asks to be woken, and what that takes.
fn idle() {
    let mut e = engine(FULL);
    for i in 0..TENANTS {
        let call = call_of(&mut e, &name(i), Instant::EPOCH);
        pass(&mut e, &call, Outcome::Success, Instant::EPOCH);
    }
    let hour = Span::from_millis(3_600_000);
    let (mut now, mut wakes) = (Instant::EPOCH, 0u32);
    let begin = ProcessTime::now();
    let mut next = e.advance(now).next().map(|n| n.at);
    while let Some(at) = next.filter(|at| *at <= Instant::EPOCH + hour) {
        now = at.max(now);
        wakes += 1;
        next = e.advance(now).next().map(|n| n.at);
    }
    let share = begin.elapsed().as_secs_f64() / 3_600.0;
    tell("core.idle.wakes", "per hour", &[f64::from(wakes)]);
    tell("core.idle.cpu", "% of a core", &[share * 100.0]);
}
