//! The core's hot path beside `governor` and `failsafe`, its failing calls, and its snapshot.
use crate::cases::{ALONE, FAILING, FAILING_COUNT, FULL, TENANTS, call_of, engine, name, pass, pass_between, shuffled};
use crate::rivals::Stack;
use crate::timing::{Case, run, tell};
use brownout::Engine;
use brownout::base::time::Instant;
use brownout::call::Outcome;
use brownout::engine::Call;
use cpu_time::ProcessTime;
use std::hint::black_box;
use std::time::Duration;

/// How often, and how long each time.
fn turns(quick: bool) -> (u32, Duration) {
    if quick { (3, Duration::from_millis(20)) } else { (15, Duration::from_millis(150)) }
}

/// Failing calls and the snapshot.
pub fn rest(quick: bool) {
    failing(quick);
    snapshots(if quick { 1 } else { 5 });
}

/// An engine with its tenants; each call is another one's, in random order, a microsecond after the last.
struct Ours {
    engine: Engine,
    calls: Vec<Call>,
    next: usize,
    at: i64,
}

impl Ours {
    fn new(policy: &str, tenants: u32) -> Self {
        let mut engine = engine(policy);
        let calls: Vec<Call> =
            shuffled(tenants).into_iter().map(|i| call_of(&mut engine, &name(i), Instant::EPOCH)).collect();
        let mut ours = Ours { engine, calls, next: 0, at: 0 };
        ours.pass(u64::from(tenants), Outcome::Success);
        ours
    }

    fn turn(&mut self) -> (Call, Instant) {
        self.next = if self.next + 1 == self.calls.len() { 0 } else { self.next + 1 };
        self.at += 1;
        (self.calls[self.next], Instant::from_micros(self.at))
    }

    fn pass(&mut self, times: u64, outcome: Outcome) {
        for _ in 0..times {
            let (call, now) = self.turn();
            pass(&mut self.engine, &call, outcome, now);
        }
    }

    /// As a host does it: a clock, the one that governor reads too, is read before the call and after.
    fn pass_by_clock(&mut self, times: u64, watch: &Watch) {
        for _ in 0..times {
            let (call, _) = self.turn();
            pass_between(&mut self.engine, &call, Outcome::Success, watch.now(), watch.now());
        }
    }
}

/// Time since the beginning, by the processor's counter.
struct Watch {
    clock: quanta::Clock,
    begin: u64,
}

impl Watch {
    fn new() -> Self {
        let clock = quanta::Clock::new();
        let begin = clock.raw();
        Watch { clock, begin }
    }

    #[inline]
    fn now(&self) -> Instant {
        Instant::from_micros((self.clock.delta_as_nanos(self.begin, self.clock.raw()) / 1_000) as i64)
    }
}

/// The hot path, beside the rivals'.
pub fn hot(quick: bool) {
    let (mut alone, mut one, mut many) = (Ours::new(ALONE, 1), Ours::new(FULL, 1), Ours::new(FULL, TENANTS));
    let (mut one_clock, mut many_clock) = (Ours::new(FULL, 1), Ours::new(FULL, TENANTS));
    let watch = Watch::new();
    let order: Vec<u64> = shuffled(TENANTS).into_iter().map(u64::from).collect();
    let names: Vec<String> = shuffled(TENANTS).into_iter().map(name).collect();
    let (rival_one, rival_many) = (Stack::of(&[7u64]), Stack::of(&order));
    let rival_names = Stack::of(&names);
    let mut named = Ours::new(FULL, TENANTS);
    let (mut i, mut j, mut k) = (0, 0, 0);
    let step = move |i: &mut usize| {
        *i = if *i + 1 == TENANTS as usize { 0 } else { *i + 1 };
        *i
    };
    let cases = vec![
        Case::new("core.breaker.one", |n| alone.pass(n, Outcome::Success)),
        Case::new("core.full.one", |n| one.pass(n, Outcome::Success)),
        Case::new("core.full.many", |n| many.pass(n, Outcome::Success)),
        Case::new("core.full_clock.one", |n| one_clock.pass_by_clock(n, &watch)),
        Case::new("rivals.full.one", |n| (0..n).for_each(|_| rival_one.pass(&7))),
        Case::new("core.full_clock.many", |n| many_clock.pass_by_clock(n, &watch)),
        Case::new("rivals.full.many", |n| (0..n).for_each(|_| rival_many.pass(&order[step(&mut i)]))),
        Case::new("core.full_name.many", |n| {
            for _ in 0..n {
                let at = watch.now();
                let call = call_of(&mut named.engine, &names[step(&mut k)], at);
                pass_between(&mut named.engine, &call, Outcome::Success, at, watch.now());
            }
        }),
        Case::new("rivals.full_name.many", |n| (0..n).for_each(|_| rival_names.pass(&names[step(&mut j)]))),
    ];
    let (turns, turn) = turns(quick);
    run(cases, turns, turn);
}

/// Fifteen calls in sixteen fail, so that the breaker judges each and never opens; against calls that all succeed.
fn failing(quick: bool) {
    let filled = |policy| {
        let mut ours = Ours::new(policy, 1);
        ours.pass(100_000, Outcome::Success);
        ours
    };
    let mut engines = [FAILING, FAILING, FAILING_COUNT, FAILING_COUNT].map(filled);
    let [good_time, bad_time, good_count, bad_count] = &mut engines;
    let fail = |ours: &mut Ours, n: u64| {
        for i in 0..n {
            ours.pass(1, if i % 16 == 0 { Outcome::Success } else { Outcome::Failure });
        }
    };
    let cases = vec![
        Case::new("core.window_time.success", |n| good_time.pass(n, Outcome::Success)),
        Case::new("core.window_time.failure", |n| fail(bad_time, n)),
        Case::new("core.window_count.success", |n| good_count.pass(n, Outcome::Success)),
        Case::new("core.window_count.failure", |n| fail(bad_count, n)),
    ];
    let (turns, turn) = turns(quick);
    run(cases, turns, turn);
}

/// A snapshot in parts while calls go on; the longest part is what a call may have to wait for. Then all of it read back.
fn snapshots(turns: u32) {
    let mut ours = Ours::new(FULL, TENANTS);
    let (mut whole, mut pause, mut all, mut restore, mut bytes) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let ms = |begin: ProcessTime| begin.elapsed().as_secs_f64() * 1e3;
    for _ in 0..turns {
        let begin = ProcessTime::now();
        black_box(ours.engine.snapshot());
        whole.push(ms(begin));
        let (mut longest, mut total) = (0.0f64, 0.0);
        bytes.clear();
        loop {
            let begin = ProcessTime::now();
            let part = ours.engine.snapshot_part(bytes.is_empty());
            let took = ms(begin);
            if part.is_empty() {
                break;
            }
            (longest, total) = (longest.max(took), total + took);
            bytes.extend(part);
            ours.pass(20, Outcome::Success);
        }
        pause.push(longest);
        all.push(total);
        let policy = brownout::policy::read(FULL).expect("a policy without faults");
        let begin = ProcessTime::now();
        black_box(Engine::restore(policy, &bytes).expect("its own snapshot"));
        restore.push(ms(begin));
    }
    tell("core.snapshot.whole", "ms", &whole);
    tell("core.snapshot.pause", "ms", &pause);
    tell("core.snapshot.all", "ms", &all);
    tell("core.snapshot.restore", "ms", &restore);
    tell("core.snapshot.size", "MB", &[bytes.len() as f64 / 1e6]);
}
