//! The breaker's machine: closed → open → half-open → closed, and the orders that overrule it.
use crate::base::num::grown;
use crate::base::time::{Instant, Span};
pub use crate::gate::breaker::kinds::{Because, Deadline, Kind, Order, Pass, Phase, Record, Refused, Transition};
use crate::gate::breaker::policy::BreakerPolicy;
use crate::gate::breaker::probes::{Probes, Verdict};
use crate::measure::window::{Sample, Shape, Stamp, Window};
use alloc::boxed::Box;

/// The least share that a ramp admits, in percent.
const RAMP_FLOOR: u64 = 10;

/// What is kept while a breaker comes back.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Recovery {
    /// The probes of a half-open round.
    Probes(Probes),
    /// Calls admitted in the ramp's current window.
    Ramp { window: u32, calls: u32 },
}

/// One breaker. Memory: 72 bytes; more while it recovers, and for the older buckets of a busy window.
#[derive(Clone, PartialEq, Debug)]
pub struct Breaker {
    pub(super) phase: Phase,
    pub(super) generation: u32,
    /// Index of the next open wait.
    pub(super) attempt: u32,
    pub(super) streak: u32,
    /// When this phase began.
    pub(super) since: Instant,
    /// Closed: end of the ramp. Open: reopen. Half-open: end of the round. Forced, disabled: expiry. `NEVER` for none.
    pub(super) until: Instant,
    pub(super) window: Window,
    /// What a recovery needs beyond that.
    pub(super) recovery: Option<Box<Recovery>>,
}

impl Breaker {
    /// A closed breaker that has seen nothing.
    pub fn new(now: Instant) -> Self {
        Breaker {
            phase: Phase::Closed,
            generation: 1,
            attempt: 0,
            streak: 0,
            since: now,
            until: Instant::NEVER,
            window: Window::default(),
            recovery: None,
        }
    }
    pub(super) fn probes(&self) -> Option<&Probes> {
        match self.recovery.as_deref() {
            Some(Recovery::Probes(probes)) => Some(probes),
            _ => None,
        }
    }
    fn probes_mut(&mut self) -> Option<&mut Probes> {
        match self.recovery.as_deref_mut() {
            Some(Recovery::Probes(probes)) => Some(probes),
            _ => None,
        }
    }
    /// The ramp's window of calls, and how many it has admitted.
    pub(super) fn ramped(&self) -> (u32, u32) {
        match self.recovery.as_deref() {
            Some(Recovery::Ramp { window, calls }) => (*window, *calls),
            _ => (0, 0),
        }
    }
    /// Where it stands.
    pub fn phase(&self) -> Phase {
        self.phase
    }
    /// The generation that outcomes of now carry.
    pub fn generation(&self) -> u32 {
        self.generation
    }
    /// When this phase began.
    pub fn since(&self) -> Instant {
        self.since
    }
    /// Is it closed but still admitting a share only?
    pub fn is_ramping(&self) -> bool {
        self.phase == Phase::Closed && !self.until.is_never()
    }
    /// Has a half-open round waited `max_wait` for a first probe in vain?
    pub fn is_idle(&self) -> bool {
        self.probes().is_some_and(|p| p.idle)
    }
    /// The generation, where nothing stands in a call's way and nothing is to be taken: closed, and not ramping.
    #[inline(always)]
    pub fn clear_road(&self) -> Option<u32> {
        (self.phase == Phase::Closed && self.until.is_never()).then_some(self.generation)
    }
    /// May a call pass? Writes nothing. `draw` is asked for only on a ramp.
    pub fn check(&self, p: &BreakerPolicy, now: Instant, draw: impl FnOnce() -> u64) -> Result<Pass, Refused> {
        let pass = Pass { generation: self.generation, probe: None };
        match self.phase {
            Phase::Closed if self.until.is_never() => Ok(pass),
            Phase::Closed => self.check_ramp(p, now, draw).map(|()| pass),
            Phase::Disabled => Ok(pass),
            Phase::Open => Err(Refused::Open(self.until)),
            Phase::ForcedOpen => Err(Refused::Forced((!self.until.is_never()).then_some(self.until))),
            Phase::HalfOpen => match self.probes() {
                Some(probes) if probes.has_room(p) => Ok(Pass { probe: Some(now + p.half_open.lease), ..pass }),
                Some(probes) => Err(Refused::HalfOpenFull(probes.earliest_end())),
                None => Ok(Pass { probe: Some(now + p.half_open.lease), ..pass }),
            },
        }
    }
    /// Admitted share = max(10 %, t / ramp) of what exceeds `min_calls` per window (a quiet key is never refused).
    fn check_ramp(&self, p: &BreakerPolicy, now: Instant, draw: impl FnOnce() -> u64) -> Result<(), Refused> {
        let (window, calls) = self.ramped();
        let admitted = if self.ramp_index(p, now) == window { calls } else { 0 };
        if admitted < p.min_calls {
            return Ok(());
        }
        let total = self.until.since(self.since).micros().max(1) as u64;
        let elapsed = now.since(self.since).micros() as u64;
        let share = (elapsed.max(total / 100 * RAMP_FLOOR).max(total * RAMP_FLOOR / 100), total);
        // 32 bits of the draw against the share, in integers.
        let drawn = u128::from(draw() >> 32) * u128::from(share.1);
        if drawn < u128::from(share.0) << 32 { Ok(()) } else { Err(Refused::Ramp(self.until)) }
    }
    fn ramp_index(&self, p: &BreakerPolicy, now: Instant) -> u32 {
        (now.since(self.since).micros() / p.span().micros().max(1)) as u32
    }
    /// Takes what `check` granted.
    pub fn commit(&mut self, p: &BreakerPolicy, now: Instant, pass: Pass) {
        if let Some(lease_end) = pass.probe {
            if self.probes().is_none_or(|probes| !probes.tried) {
                self.until = now + p.half_open.max_wait;
            }
            if self.probes().is_none() {
                self.recovery = Some(Box::new(Recovery::Probes(Probes::default())));
            }
            if let Some(probes) = self.probes_mut() {
                probes.start(lease_end);
            }
        } else if self.is_ramping() {
            let index = self.ramp_index(p, now);
            let (window, calls) = self.ramped();
            let calls = if index == window { calls.saturating_add(1) } else { 1 };
            let ramp = Recovery::Ramp { window: index, calls };
            match self.recovery.as_deref_mut() {
                Some(recovery) => *recovery = ramp,
                None => self.recovery = Some(Box::new(ramp)),
            }
        }
    }
    /// Counts an outcome; false when it belongs to an earlier generation (or nothing is judged).
    /// `draw` is the jitter's, asked for only when the breaker trips.
    pub fn record(
        &mut self,
        p: &BreakerPolicy,
        now: Instant,
        r: Record,
        draw: impl FnOnce() -> u64,
    ) -> (bool, Option<Transition>) {
        if r.generation != self.generation {
            return (false, None);
        }
        match (self.phase, r.probe) {
            (Phase::Closed, _) => self.record_closed(p, now, r, draw),
            (Phase::HalfOpen, Some(lease_end)) => self.record_probe(p, now, r, lease_end, draw),
            _ => (false, None),
        }
    }
    fn record_closed(
        &mut self,
        p: &BreakerPolicy,
        now: Instant,
        r: Record,
        draw: impl FnOnce() -> u64,
    ) -> (bool, Option<Transition>) {
        if r.kind == Kind::Neutral {
            if let Some(stamp) = r.crossed {
                self.window.withdraw(p.shape, now, stamp);
            }
            return (false, None);
        }
        let sample = Sample { failure: r.kind == Kind::Failure, slow: r.slow };
        match r.crossed {
            Some(stamp) => {
                self.window.fill(p.shape, now, stamp, sample);
                self.streak = if sample.failure { self.streak.saturating_add(1) } else { 0 };
            }
            None => self.count(p.shape, now, sample),
        }
        (true, self.evaluate(p, now, r.retry_after, draw))
    }
    /// Enters an outcome of this generation into a closed breaker; [`Breaker::evaluate`] judges.
    #[inline(always)]
    pub fn count(&mut self, shape: Shape, now: Instant, sample: Sample) {
        self.window.record(shape, now, sample);
        self.streak = if sample.failure { self.streak.saturating_add(1) } else { 0 };
    }
    fn record_probe(
        &mut self,
        p: &BreakerPolicy,
        now: Instant,
        r: Record,
        lease_end: Instant,
        draw: impl FnOnce() -> u64,
    ) -> (bool, Option<Transition>) {
        let Some(probes) = self.probes_mut() else { return (false, None) };
        if !probes.leave(lease_end) {
            return (false, None);
        }
        if r.crossed.is_some() {
            probes.crossed = probes.crossed.saturating_sub(1);
        }
        if r.kind == Kind::Neutral {
            return (false, None);
        }
        probes.settled += 1;
        probes.failed += u32::from(r.kind == Kind::Failure);
        probes.slow += u32::from(r.slow);
        (true, self.judge(p, now, r.retry_after, draw))
    }
    fn judge(
        &mut self,
        p: &BreakerPolicy,
        now: Instant,
        retry_after: Option<Span>,
        draw: impl FnOnce() -> u64,
    ) -> Option<Transition> {
        match self.probes()?.verdict(p)? {
            Verdict::Close => Some(self.close(p, now)),
            Verdict::Reopen => Some(self.trip(p, now, Because::ProbesFailed, retry_after, draw)),
        }
    }
    /// A call in flight has just become slow. Returns where it entered the window, and the trip it caused.
    pub fn cross(
        &mut self,
        p: &BreakerPolicy,
        now: Instant,
        generation: u32,
        probe: bool,
        draw: impl FnOnce() -> u64,
    ) -> (Option<Stamp>, Option<Transition>) {
        if generation != self.generation {
            return (None, None);
        }
        match (self.phase, self.probes_mut()) {
            (Phase::Closed, _) => {
                let stamp = self.window.cross(p.shape, now);
                (Some(stamp), self.evaluate(p, now, None, draw))
            }
            (Phase::HalfOpen, Some(probes)) if probe => {
                probes.crossed += 1;
                (Some(Stamp::NONE), self.judge(p, now, None, draw))
            }
            _ => (None, None),
        }
    }
    /// A probe's lease has run out: slot and share of N come back, nothing is counted.
    pub fn lapse_probe(&mut self, lease_end: Instant, generation: u32, crossed: bool) {
        if generation == self.generation
            && let Some(probes) = self.probes_mut()
            && probes.leave(lease_end)
            && crossed
        {
            probes.crossed = probes.crossed.saturating_sub(1);
        }
    }
    /// Opens a closed breaker if what it has counted says so.
    pub fn evaluate(
        &mut self,
        p: &BreakerPolicy,
        now: Instant,
        retry_after: Option<Span>,
        draw: impl FnOnce() -> u64,
    ) -> Option<Transition> {
        let because = self.tripped(p, now)?;
        Some(self.trip(p, now, because, retry_after, draw))
    }
    /// Is there nothing in the window, expired or not, that any rule could trip on? Cheaper than [`Breaker::tripped`].
    #[inline(always)]
    pub fn is_spotless(&self, shape: Shape) -> bool {
        self.streak == 0 && self.window.is_spotless(shape)
    }
    /// Has what was counted reached a rule?
    #[inline]
    pub fn tripped(&self, p: &BreakerPolicy, now: Instant) -> Option<Because> {
        if p.consecutive_failures.is_some_and(|n| self.streak >= n) {
            return Some(Because::ConsecutiveFailures);
        }
        if p.failures.is_none() && p.failure_rate.is_none() && p.slow.is_none() {
            return None;
        }
        let t = self.window.totals(p.shape, now);
        if p.failures.is_some_and(|n| t.failures >= n) {
            return Some(Because::Failures);
        }
        if t.calls >= p.min_calls && p.failure_rate.is_some_and(|r| r.reached(t.failures.into(), t.calls.into())) {
            return Some(Because::FailureRate);
        }
        let slow = p
            .slow
            .is_some_and(|s| t.slow_basis() >= p.min_calls && s.rate.reached(t.slow().into(), t.slow_basis().into()));
        slow.then_some(Because::SlowRate)
    }
    /// Opens. The wait is base × growth^attempt, capped, plus drawn jitter; or the upstream's Retry-After, capped.
    pub(super) fn trip(
        &mut self,
        p: &BreakerPolicy,
        now: Instant,
        because: Because,
        retry_after: Option<Span>,
        draw: impl FnOnce() -> u64,
    ) -> Transition {
        let attempt = self.attempt_at(p, now);
        let wait = match retry_after {
            Some(asked) => asked.min(p.open.max).max(Span::from_micros(1)),
            None => {
                let wait = grown(p.open.base, p.open.growth, attempt, p.open.max);
                let room = p.open.jitter.of_span(wait).micros() as u128 + 1;
                let extra = (u128::from(draw()) * room) >> 64;
                wait + Span::from_micros(extra as i64)
            }
        };
        self.attempt = attempt.saturating_add(1);
        let from = self.enter(Phase::Open, now, now + wait);
        Transition { from, to: Phase::Open, because, retry_at: Some(self.until), attempt }
    }
    /// One attempt is taken off per `open.base` spent closed; a ramp keeps it.
    pub(super) fn attempt_at(&self, p: &BreakerPolicy, now: Instant) -> u32 {
        if self.phase != Phase::Closed || self.is_ramping() || self.attempt == 0 {
            return self.attempt;
        }
        let off = now.since(self.since).micros() / p.open.base.micros().max(1);
        self.attempt.saturating_sub(u32::try_from(off).unwrap_or(u32::MAX))
    }
    fn close(&mut self, p: &BreakerPolicy, now: Instant) -> Transition {
        let until = p.ramp.map_or(Instant::NEVER, |ramp| now + ramp);
        let from = self.enter(Phase::Closed, now, until);
        Transition { from, to: Phase::Closed, because: Because::ProbesPassed, retry_at: None, attempt: self.attempt }
    }
    /// Starts a phase: a new generation with an empty window and streak. Returns the phase before.
    fn enter(&mut self, phase: Phase, now: Instant, until: Instant) -> Phase {
        let from = self.phase;
        self.phase = phase;
        self.since = now;
        self.until = until;
        self.generation = self.generation.wrapping_add(1);
        self.window.clear();
        self.streak = 0;
        self.recovery = None;
        from
    }
    /// No probe of this round has been granted yet.
    pub(super) fn begin_round(&mut self) {
        self.recovery = Some(Box::new(Recovery::Probes(Probes::default())));
    }
    /// What it waits for next.
    pub fn next_due(&self) -> Option<(Instant, Deadline)> {
        if self.until.is_never() {
            return None;
        }
        let kind = match self.phase {
            Phase::Closed => Deadline::Ramp,
            Phase::Open => Deadline::Reopen,
            Phase::HalfOpen => Deadline::MaxWait,
            Phase::ForcedOpen | Phase::Disabled => Deadline::Order,
        };
        Some((self.until, kind))
    }
    /// Runs the deadline that is due now.
    pub fn run_due(&mut self, p: &BreakerPolicy, now: Instant, draw: impl FnOnce() -> u64) -> Option<Transition> {
        if self.until.is_never() || self.until > now {
            return None;
        }
        let stay = |from, to, because| Transition { from, to, because, retry_at: None, attempt: 0 };
        match self.phase {
            Phase::Closed => {
                // From here on the attempts that were spent closed are off, the ramp included.
                self.until = Instant::NEVER;
                Some(stay(Phase::Closed, Phase::Closed, Because::RampEnd))
            }
            Phase::Open => {
                let from = self.enter(Phase::HalfOpen, now, now + p.half_open.max_wait);
                self.begin_round();
                Some(Transition { attempt: self.attempt, ..stay(from, Phase::HalfOpen, Because::Reopen) })
            }
            Phase::HalfOpen => match self.probes_mut() {
                Some(probes) if !probes.tried => {
                    probes.idle = true;
                    self.until = Instant::NEVER;
                    Some(stay(Phase::HalfOpen, Phase::HalfOpen, Because::MaxWait))
                }
                _ => Some(self.trip(p, now, Because::MaxWait, None, draw)),
            },
            Phase::ForcedOpen | Phase::Disabled => {
                self.attempt = 0;
                let from = self.enter(Phase::Closed, now, Instant::NEVER);
                Some(stay(from, Phase::Closed, Because::OrderExpired))
            }
        }
    }
    /// Carries out an order. `None` when it changes nothing that shows.
    pub fn order(&mut self, now: Instant, order: Order) -> Option<Transition> {
        let (phase, until) = match order {
            Order::ForceOpen(until) => (Phase::ForcedOpen, until.unwrap_or(Instant::NEVER)),
            Order::Disable(until) => (Phase::Disabled, until.unwrap_or(Instant::NEVER)),
            Order::ForceClose | Order::Reset => (Phase::Closed, Instant::NEVER),
        };
        if phase != Phase::Closed && phase == self.phase {
            self.until = until;
            return None;
        }
        if phase == Phase::Closed {
            self.attempt = 0;
        }
        let since = self.since;
        let from = self.enter(phase, now, until);
        if from == phase {
            // closed it was, closed it is
            self.since = since;
        }
        let retry_at = (phase == Phase::ForcedOpen && !until.is_never()).then_some(until);
        (from != phase).then_some(Transition {
            from,
            to: phase,
            because: Because::Order,
            retry_at,
            attempt: self.attempt,
        })
    }
    /// Opens because the keys below it do (roll-up).
    pub fn trip_from_below(
        &mut self,
        p: &BreakerPolicy,
        now: Instant,
        because: Because,
        draw: impl FnOnce() -> u64,
    ) -> Option<Transition> {
        (self.phase == Phase::Closed).then(|| self.trip(p, now, because, None, draw))
    }
    /// The first instant from which this breaker cannot be told from a fresh one, if no call comes;
    /// `touched` is the instant of the last call, `forget` how long a silent key is remembered.
    pub fn rests_at(&self, p: &BreakerPolicy, touched: Instant, forget: Span) -> Instant {
        let lapse = touched + forget;
        match self.phase {
            Phase::Closed if !self.until.is_never() => self.until.max(lapse),
            Phase::Closed if self.attempt > 0 || self.streak > 0 => lapse,
            Phase::Closed if self.window.is_empty(p.shape, touched) => touched,
            Phase::Closed => self.window.last_expiry(p.shape).map_or(lapse, |at| at.min(lapse)),
            Phase::HalfOpen if self.is_idle() => lapse.max(self.since),
            _ => Instant::NEVER,
        }
    }
    /// Forgets what a long silence has made meaningless. True when the machine moved. No call of it may be in flight.
    pub fn lapse(&mut self, p: &BreakerPolicy, now: Instant, touched: Instant, forget: Span) -> bool {
        if now < touched + forget || self.rests_at(p, touched, forget) > now {
            return false;
        }
        let moved = self.phase != Phase::Closed;
        if moved || self.attempt > 0 || self.streak > 0 || !self.window.is_empty(p.shape, now) {
            self.attempt = 0;
            self.enter(Phase::Closed, now, Instant::NEVER);
            // as one that was never there
            self.generation = 1;
        }
        moved
    }
}
