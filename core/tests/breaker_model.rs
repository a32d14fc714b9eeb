//! A breaker as its rules tell it, slowly: it keeps every call in a list and tries every way a round can end.
//! Random traces go through it and through the machine; both must say the same at every step.
#![allow(clippy::unwrap_used)]
use brownout::base::num::Ratio;
use brownout::base::time::{Instant, Span};
use brownout::gate::breaker::{
    Because, Breaker, BreakerPolicy, HalfOpenRule, Kind, OpenRule, Order, Phase, Record, Refused, SlowRule, Transition,
    WindowRule,
};
use brownout::gate::rule::Rule;
use brownout::measure::window::Stamp;
use proptest::prelude::*;

#[derive(Clone, Copy, PartialEq, Debug)]
enum State {
    Closed,
    Open { until: i64 },
    Half { round_end: Option<i64>, tried: bool },
    Forced { until: Option<i64> },
    Disabled { until: Option<i64> },
}
/// A call that was granted. `crossed`: it turned slow in flight and entered the window at this instant.
#[derive(Clone, Copy, Debug)]
struct Call {
    id: u64,
    generation: u32,
    granted: i64,
    probe: Option<i64>,
    crossed: Option<i64>,
    stamp: Option<Stamp>,
}
/// One entry of the window; an unsettled one crossed the slow limit.
#[derive(Clone, Copy, Debug)]
struct Entry {
    call: u64,
    at: i64,
    settled: bool,
    failure: bool,
    slow: bool,
}
#[derive(Debug)]
struct Model {
    p: BreakerPolicy,
    state: State,
    generation: u32,
    entries: Vec<Entry>,
    streak: u32,
    attempt: u32,
    since: i64,
    /// Settled probes of the round: failed, slow.
    probes: Vec<(bool, bool)>,
}
/// To where, why, until when, which attempt.
type Move = (Phase, Because, Option<i64>, u32);

impl Model {
    fn new(p: BreakerPolicy) -> Self {
        Model {
            p,
            state: State::Closed,
            generation: 1,
            entries: vec![],
            streak: 0,
            attempt: 0,
            since: 0,
            probes: vec![],
        }
    }
    fn enter(&mut self, state: State, now: i64) {
        self.state = state;
        self.generation += 1;
        self.entries.clear();
        self.streak = 0;
        self.since = now;
        self.probes.clear();
    }
    fn in_window(&self, now: i64) -> Vec<Entry> {
        match self.p.window {
            WindowRule::Time { span, buckets } => {
                let width = (span.micros() + i64::from(buckets) - 1) / i64::from(buckets);
                let stays = |e: &Entry| (e.at / width + 1) * width + span.micros() > now;
                self.entries.iter().copied().filter(stays).collect()
            }
            WindowRule::Count { calls } => self.entries.iter().rev().take(calls as usize).rev().copied().collect(),
        }
    }
    fn forget_old(&mut self, now: i64) {
        self.entries = self.in_window(now);
    }
    fn tripped(&self, now: i64) -> Option<Because> {
        let w = self.in_window(now);
        let calls = w.iter().filter(|e| e.settled).count() as u32;
        let failures = w.iter().filter(|e| e.failure).count() as u32;
        let slow = w.iter().filter(|e| e.slow).count() as u32;
        let all = w.len() as u32;
        let at_least = |rate: Ratio, part: u32, whole: u32| {
            whole > 0 && u128::from(part) * 1_000_000_000 >= u128::from(rate.billionths()) * u128::from(whole)
        };
        if self.p.consecutive_failures.is_some_and(|n| self.streak >= n) {
            Some(Because::ConsecutiveFailures)
        } else if self.p.failures.is_some_and(|n| failures >= n) {
            Some(Because::Failures)
        } else if calls >= self.p.min_calls && self.p.failure_rate.is_some_and(|r| at_least(r, failures, calls)) {
            Some(Because::FailureRate)
        } else if all >= self.p.min_calls && self.p.slow.is_some_and(|s| at_least(s.rate, slow, all)) {
            Some(Because::SlowRate)
        } else {
            None
        }
    }
    fn open(&mut self, now: i64, because: Because, retry_after: Option<i64>, high: bool) -> Move {
        let mut attempt = self.attempt;
        if self.state == State::Closed {
            let mut closed = now - self.since;
            while attempt > 0 && closed >= self.p.open.base.micros() {
                closed -= self.p.open.base.micros();
                attempt -= 1;
            }
        }
        let max = self.p.open.max.micros();
        let wait = match retry_after {
            Some(asked) => asked.min(max).max(1),
            None => {
                let mut wait = self.p.open.base.micros();
                for _ in 0..attempt {
                    let longer = i128::from(wait) * i128::from(self.p.open.growth.billionths());
                    wait = i64::try_from((longer + 999_999_999) / 1_000_000_000).unwrap().min(max);
                }
                let jitter = i128::from(wait) * i128::from(self.p.open.jitter.billionths());
                let jitter = i64::try_from((jitter + 999_999_999) / 1_000_000_000).unwrap();
                wait.min(max) + if high { jitter } else { 0 }
            }
        };
        self.attempt = attempt + 1;
        self.enter(State::Open { until: now + wait }, now);
        (Phase::Open, because, Some(now + wait), attempt)
    }
    fn running<'a>(&self, calls: &'a [Call], now: i64) -> Vec<&'a Call> {
        let live = |c: &&Call| c.generation == self.generation && c.probe.is_some_and(|end| end > now);
        calls.iter().filter(live).collect()
    }
    /// Whether a call may pass; if not, when to ask again.
    fn admit(&self, calls: &[Call], now: i64) -> Result<bool, Option<i64>> {
        match self.state {
            State::Closed | State::Disabled { .. } => Ok(false),
            State::Open { until } => Err(Some(until)),
            State::Forced { until } => Err(until),
            State::Half { .. } => {
                let running = self.running(calls, now);
                let rule = self.p.half_open;
                let room = (running.len() as u32) < rule.concurrent
                    && (running.len() + self.probes.len()) < rule.probes as usize;
                if room { Ok(true) } else { Err(running.iter().filter_map(|c| c.probe).min()) }
            }
        }
    }
    fn started(&mut self, now: i64, probe: bool) {
        if let (true, State::Half { tried: false, .. }) = (probe, self.state) {
            self.state = State::Half { round_end: Some(now + self.p.half_open.max_wait.micros()), tried: true };
        }
    }
    /// Tries every way in which the probes that are left can end.
    fn verdict(&self, crossed: usize) -> Option<bool> {
        let n = self.p.half_open.probes as usize;
        let left = n - self.probes.len();
        let failed = self.probes.iter().filter(|p| p.0).count();
        let slow = self.probes.iter().filter(|p| p.1).count();
        let reached =
            |rate: Ratio, part: usize| part as u128 * 1_000_000_000 >= u128::from(rate.billionths()) * n as u128;
        let mut seen = [false; 2];
        for more_failed in 0..=left {
            for more_slow in crossed.min(left)..=left {
                let bad = match self.p.failure_rate {
                    Some(rate) => reached(rate, failed + more_failed),
                    None => failed + more_failed > 0,
                } || self.p.slow.is_some_and(|s| reached(s.rate, slow + more_slow));
                seen[usize::from(bad)] = true;
            }
        }
        match seen {
            [true, false] => Some(false),
            [false, true] => Some(true),
            _ => None,
        }
    }
    fn judge(&mut self, calls: &[Call], now: i64, retry_after: Option<i64>, high: bool) -> Option<Move> {
        let crossed = self.running(calls, now).iter().filter(|c| c.crossed.is_some()).count();
        match self.verdict(crossed)? {
            true => Some(self.open(now, Because::ProbesFailed, retry_after, high)),
            false => {
                self.enter(State::Closed, now);
                Some((Phase::Closed, Because::ProbesPassed, None, self.attempt))
            }
        }
    }
    /// `calls` are those still in flight, without this one.
    fn settle(
        &mut self,
        calls: &[Call],
        c: Call,
        now: i64,
        kind: Kind,
        retry_after: Option<i64>,
        high: bool,
    ) -> (bool, Option<Move>) {
        let over = self.p.slow.is_some_and(|s| now - c.granted > s.over.micros());
        if c.generation != self.generation {
            return (false, None);
        }
        match self.state {
            State::Closed => {
                self.forget_old(now);
                let place = self.entries.iter().position(|e| e.call == c.id);
                if kind == Kind::Neutral {
                    place.map(|at| self.entries.remove(at));
                    return (false, None);
                }
                let failure = kind == Kind::Failure;
                let entry = Entry { call: c.id, at: now, settled: true, failure, slow: over };
                match (place, self.p.window) {
                    (Some(at), WindowRule::Count { .. }) => self.entries[at] = entry,
                    (place, _) => {
                        place.map(|at| self.entries.remove(at));
                        self.entries.push(entry);
                    }
                }
                self.streak = if failure { self.streak + 1 } else { 0 };
                (true, self.tripped(now).map(|because| self.open(now, because, retry_after, high)))
            }
            State::Half { .. } if c.probe.is_some_and(|end| end > now) => {
                if kind == Kind::Neutral {
                    return (false, None);
                }
                self.probes.push((kind == Kind::Failure, over));
                (true, self.judge(calls, now, retry_after, high))
            }
            _ => (false, None),
        }
    }
    fn cross(&mut self, calls: &mut [Call], at: usize, now: i64, high: bool) -> Option<Move> {
        let c = calls[at];
        if c.generation != self.generation {
            return None;
        }
        match self.state {
            State::Closed => {
                calls[at].crossed = Some(now);
                self.forget_old(now);
                self.entries.push(Entry { call: c.id, at: now, settled: false, failure: false, slow: true });
                self.tripped(now).map(|because| self.open(now, because, None, high))
            }
            State::Half { .. } if c.probe.is_some_and(|end| end > now) => {
                calls[at].crossed = Some(now);
                self.judge(calls, now, None, high)
            }
            _ => None,
        }
    }
    fn due(&self) -> Option<i64> {
        match self.state {
            State::Closed => None,
            State::Open { until } => Some(until),
            State::Half { round_end, .. } => round_end,
            State::Forced { until } | State::Disabled { until } => until,
        }
    }
    fn run_due(&mut self, now: i64, high: bool) -> Option<Move> {
        match self.state {
            State::Open { .. } => {
                let round_end = Some(now + self.p.half_open.max_wait.micros());
                self.enter(State::Half { round_end, tried: false }, now);
                Some((Phase::HalfOpen, Because::Reopen, None, self.attempt))
            }
            State::Half { tried: false, .. } => {
                self.state = State::Half { round_end: None, tried: false };
                Some((Phase::HalfOpen, Because::MaxWait, None, 0))
            }
            State::Half { .. } => Some(self.open(now, Because::MaxWait, None, high)),
            State::Forced { .. } | State::Disabled { .. } => {
                self.attempt = 0;
                self.enter(State::Closed, now);
                Some((Phase::Closed, Because::OrderExpired, None, 0))
            }
            State::Closed => None,
        }
    }
    fn order(&mut self, now: i64, order: Order) -> Option<Move> {
        let at = |until: Option<Instant>| until.map(Instant::micros);
        let before = self.state;
        match (order, before) {
            (Order::ForceOpen(until), State::Forced { .. }) => self.state = State::Forced { until: at(until) },
            (Order::Disable(until), State::Disabled { .. }) => self.state = State::Disabled { until: at(until) },
            (Order::ForceOpen(until), _) => {
                self.enter(State::Forced { until: at(until) }, now);
                return Some((Phase::ForcedOpen, Because::Order, at(until), self.attempt));
            }
            (Order::Disable(until), _) => {
                self.enter(State::Disabled { until: at(until) }, now);
                return Some((Phase::Disabled, Because::Order, None, self.attempt));
            }
            (Order::ForceClose | Order::Reset, _) => {
                self.attempt = 0;
                self.enter(State::Closed, now);
                return (before != State::Closed).then_some((Phase::Closed, Because::Order, None, 0));
            }
        }
        None
    }
    fn phase(&self) -> Phase {
        match self.state {
            State::Closed => Phase::Closed,
            State::Open { .. } => Phase::Open,
            State::Half { .. } => Phase::HalfOpen,
            State::Forced { .. } => Phase::ForcedOpen,
            State::Disabled { .. } => Phase::Disabled,
        }
    }
}

/// Both side by side.
struct Pair {
    model: Model,
    real: Breaker,
    p: BreakerPolicy,
    calls: Vec<Call>,
    now: i64,
    next_id: u64,
}
fn at(us: i64) -> Instant {
    Instant::from_micros(us)
}
fn told(t: Option<Transition>) -> Option<Move> {
    t.map(|t| (t.to, t.because, t.retry_at.map(Instant::micros), t.attempt))
}
fn bits(high: bool) -> u64 {
    if high { u64::MAX } else { 0 }
}

impl Pair {
    fn same(&self, real: Option<Transition>, model: Option<Move>) -> Result<(), TestCaseError> {
        prop_assert_eq!(told(real), model);
        prop_assert_eq!(self.real.phase(), self.model.phase());
        prop_assert_eq!(self.real.next_due().map(|d| d.0.micros()), self.model.due());
        Ok(())
    }
    /// Runs everything due up to `until`: reopen, probe lease, end of round, slow crossing at one instant in this order.
    fn advance(&mut self, until: i64, high: bool) -> Result<(), TestCaseError> {
        loop {
            let half = matches!(self.model.state, State::Half { .. });
            let own = self.model.due().map(|t| (t, if half { 2 } else { 0 }, usize::MAX));
            let leases =
                self.calls.iter().enumerate().filter_map(|(i, c)| Some((c.probe.filter(|end| *end > self.now)?, 1, i)));
            let over = self.p.slow.map(|s| s.over.micros() + 1);
            let fresh = |c: &Call| c.crossed.is_none() && c.granted + over.unwrap_or(0) > self.now;
            let slow = self.calls.iter().enumerate().filter_map(|(i, c)| fresh(c).then_some((c.granted + over?, 3, i)));
            let Some((when, kind, i)) = own.into_iter().chain(leases).chain(slow).min().filter(|e| e.0 <= until) else {
                break;
            };
            // the instants themselves stay open until everything due at them has run
            self.now = self.now.max(when - 1);
            match kind {
                0 | 2 => {
                    let model = self.model.run_due(when, high);
                    let real = self.real.run_due(&self.p, at(when), || bits(high));
                    self.same(real, model)?;
                }
                1 => {
                    let c = self.calls[i];
                    self.real.lapse_probe(
                        at(when),
                        c.generation,
                        c.crossed.is_some() && c.generation == self.model.generation,
                    );
                    self.calls[i].probe = Some(0);
                }
                _ => {
                    let (generation, probe) = (self.calls[i].generation, self.calls[i].probe.is_some());
                    let model = self.model.cross(&mut self.calls, i, when, high);
                    let lapsed = self.calls[i].probe == Some(0);
                    self.calls[i].crossed.get_or_insert(when);
                    if !lapsed {
                        let (stamp, real) = self.real.cross(&self.p, at(when), generation, probe, || bits(high));
                        self.calls[i].stamp = stamp;
                        self.same(real, model)?;
                    }
                }
            }
        }
        self.now = until;
        Ok(())
    }
    fn admit(&mut self) -> Result<(), TestCaseError> {
        let model = self.model.admit(&self.calls, self.now);
        let real = self.real.check(&self.p, at(self.now), || 0);
        let retry = |r: &Refused| match r {
            Refused::Open(t) | Refused::Ramp(t) => Some(t.micros()),
            Refused::Forced(t) | Refused::HalfOpenFull(t) => t.map(Instant::micros),
        };
        prop_assert_eq!(real.as_ref().map(|p| p.probe.is_some()).map_err(retry), model);
        if let Ok(pass) = real {
            self.real.commit(&self.p, at(self.now), pass);
            self.model.started(self.now, pass.probe.is_some());
            prop_assert_eq!(pass.generation, self.model.generation);
            let (id, probe) = (self.next_id, pass.probe.map(Instant::micros));
            self.next_id += 1;
            self.calls.push(Call {
                id,
                generation: pass.generation,
                granted: self.now,
                probe,
                crossed: None,
                stamp: None,
            });
        }
        self.same(None, None)
    }
    fn settle(&mut self, n: usize, kind: Kind, retry_after: Option<i64>, high: bool) -> Result<(), TestCaseError> {
        if self.calls.is_empty() {
            return Ok(());
        }
        let c = self.calls.swap_remove(n % self.calls.len());
        let slow = self.p.slow.is_some_and(|s| self.now - c.granted > s.over.micros());
        let record = Record {
            generation: c.generation,
            probe: c.probe.map(at),
            kind,
            slow,
            crossed: c.stamp,
            retry_after: retry_after.map(Span::from_micros),
        };
        let (counted, moved) = self.model.settle(&self.calls, c, self.now, kind, retry_after, high);
        let (real_counted, real) = self.real.record(&self.p, at(self.now), record, || bits(high));
        prop_assert_eq!(real_counted, counted);
        self.same(real, moved)
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Admit,
    Settle(usize, Kind, Option<i64>),
    Order(u8, i64),
}
prop_compose! {
    fn policies()(
        consecutive in proptest::option::of(1u32..6), failures in proptest::option::of(1u32..6),
        rate in proptest::option::of(1u64..=100), slow in proptest::option::of((1i64..40, 1u64..=100)),
        window in prop_oneof![(20i64..200, 1u32..8).prop_map(|(s, buckets)| WindowRule::Time { span: Span::from_micros(s), buckets }),
                              (1u32..10).prop_map(|calls| WindowRule::Count { calls })],
        min_calls in 1u32..6, base in 5i64..60, growth in 100u64..300, max in 60i64..400, jitter in 0u64..=100,
        probes in 1u32..5, concurrent in 1u32..4, max_wait in 10i64..120, lease in 5i64..80,
    ) -> BreakerPolicy {
        BreakerPolicy {
            consecutive_failures: consecutive, failures, failure_rate: rate.map(Ratio::percent),
            slow: slow.map(|(over, rate)| SlowRule { over: Span::from_micros(over), rate: Ratio::percent(rate) }),
            window, shape: window.into(), min_calls,
            open: OpenRule { base: Span::from_micros(base), growth: Ratio::percent(growth), max: Span::from_micros(max), jitter: Ratio::percent(jitter) },
            half_open: HalfOpenRule { probes, concurrent, max_wait: Span::from_micros(max_wait), lease: Span::from_micros(lease) },
            ramp: None, rollup: None, rule: Rule::default(),
        }
    }
}
fn steps() -> impl Strategy<Value = Vec<(i64, bool, Step)>> {
    let kind = prop_oneof![3 => Just(Kind::Success), 4 => Just(Kind::Failure), 1 => Just(Kind::Neutral)];
    let asked = proptest::option::weighted(0.1, 0i64..500);
    let step = prop_oneof![
        10 => Just(Step::Admit),
        9 => (any::<usize>(), kind, asked).prop_map(|(n, k, r)| Step::Settle(n, k, r)),
        1 => (0u8..6, 1i64..80).prop_map(|(o, t)| Step::Order(o, t)),
    ];
    let gap = prop_oneof![6 => 0i64..6, 2 => 0i64..40, 1 => 0i64..300];
    proptest::collection::vec((gap, any::<bool>(), step), 1..150)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_machine_says_what_the_slow_model_says(p in policies(), steps in steps()) {
        let mut pair = Pair { model: Model::new(p.clone()), real: Breaker::new(at(0)), p, calls: vec![], now: 0, next_id: 0 };
        for (gap, high, step) in steps {
            pair.advance(pair.now + gap, high)?;
            match step {
                Step::Admit => pair.admit()?,
                Step::Settle(n, kind, retry_after) => pair.settle(n, kind, retry_after, high)?,
                Step::Order(which, length) => {
                    let until = Some(at(pair.now + length));
                    let order = [Order::ForceOpen(until), Order::ForceOpen(None), Order::Disable(until), Order::Disable(None), Order::ForceClose, Order::Reset][which as usize];
                    let model = pair.model.order(pair.now, order);
                    let real = pair.real.order(at(pair.now), order);
                    pair.same(real, model)?;
                }
            }
        }
    }
}
