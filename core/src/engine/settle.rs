//! The fact: how a call ended. The permit goes, the breakers judge, the limits are corrected, a retry is advised or not.
use crate::base::error::{Code, Fault};
use crate::base::rng::Draw;
use crate::base::time::{Instant, Span};
use crate::call::{Attempt, Outcome, RetryVerdict, Throttle};
use crate::engine::cells::{Cell, NO_CELL};
use crate::engine::permits::{Held, Permit};
use crate::engine::service::Place;
use crate::engine::{Decision, Effect, Ended, Engine, Output, Settle, Uncounted};
use crate::gate::breaker::{Kind, Record};
use crate::gate::rule::Mode;

impl Engine {
    /// Settles a permit, once. Says whether it counted, and whether and when to try again; the host sleeps.
    /// Errors: `unknown_permit` for one that this engine did not grant or that is settled already.
    ///
    /// Cost: O(1); allocates nothing in steady state.
    #[inline]
    pub fn settle(&mut self, permit: u64, settle: &Settle, at: Instant) -> Result<Output<'_>, Fault> {
        if let Ended::Outcome(outcome) = settle.ended
            && settle.retry_after.is_none()
            && settle.amounts.iter().all(Option::is_none)
            && let Some(now) = self.go_on(at)
            && self.settle_plainly(permit, outcome, settle.duration, now).is_some()
        {
            return Ok(self.last());
        }
        self.settle_fully(permit, settle, at)
    }
    /// Takes the straight road, all the way to the answer. `None`: the call is for the general road, and nothing was touched.
    #[inline(always)]
    pub(crate) fn settle_plainly(
        &mut self,
        permit: u64,
        outcome: Outcome,
        duration: Option<Span>,
        now: Instant,
    ) -> Option<()> {
        let retry = self.settle_straight(permit, outcome, duration, now)?;
        self.end_settled(outcome, retry);
        Some(())
    }
    /// Takes the general road. Errors: as [`Engine::settle`].
    #[inline(never)]
    pub(crate) fn settle_fully(&mut self, permit: u64, settle: &Settle, at: Instant) -> Result<Output<'_>, Fault> {
        let now = self.begin(at);
        let Some(slot) = self.permits.find(permit) else {
            if self.permits.forget_expired(permit) {
                return Ok(self.settled_late(settle));
            }
            return Err(Fault::at(Code::UnknownPermit, "permit", format_args!("{permit} is no call in flight")));
        };
        let service = self.permits.permit(slot).map_or(0, |p| p.service as usize);
        let Some(held) = self.permits.remove(&mut self.services[service].fifos, slot) else {
            return Err(Fault::at(Code::UnknownPermit, "permit", format_args!("{permit} is no call in flight")));
        };
        let outcome = self.classify(service, settle);
        let sent = !matches!(&settle.ended, Ended::Facts(f) if f.unsent());
        let duration = settle.duration.unwrap_or(now.since(held.granted));
        self.release_cells(&held, now);
        let meter = &mut self.services[service].meter;
        meter.settle(outcome);
        meter.latency.record(duration.micros() as u64);
        self.correct_limits(&held, settle, now);
        if outcome == Outcome::Throttled {
            self.hold_back(&held, settle.retry_after, now);
        } else if outcome == Outcome::Success {
            self.clear_throttle(&held);
        }
        let uncounted = self.judge(&held, outcome, duration, settle.retry_after, now);
        let retry = self.retry_verdict(&held, outcome, sent, settle, now);
        Ok(self.end(Decision::Settled { uncounted, outcome, retry }))
    }
    fn settled_late(&mut self, settle: &Settle) -> Output<'_> {
        let outcome = match settle.ended {
            Ended::Outcome(outcome) => outcome,
            Ended::Facts(_) => Outcome::Neutral,
        };
        self.end(Decision::Settled { uncounted: Some(Uncounted::LeaseExpired), outcome, retry: RetryVerdict::OFF })
    }
    fn classify(&self, service: usize, settle: &Settle) -> Outcome {
        match &settle.ended {
            Ended::Outcome(outcome) => *outcome,
            Ended::Facts(facts) => self.policy.services[service].outcomes.classify(facts),
        }
    }
    /// The cells that the call kept in use are free to rest.
    pub(super) fn release_cells(&mut self, held: &Permit, now: Instant) {
        for (split, cell) in self.services[held.service as usize].splits.iter_mut().zip(held.cells) {
            if cell != NO_CELL {
                split.cells[cell as usize].leave(now);
                split.unpark(cell, &mut self.keys, now);
            }
        }
    }

    /// Both breakers take the outcome in. The key's own comes first, then the roll-up.
    fn judge(
        &mut self,
        held: &Permit,
        outcome: Outcome,
        duration: Span,
        retry_after: Option<Span>,
        now: Instant,
    ) -> Option<Uncounted> {
        let service = held.service;
        let p = self.policy.services[service as usize].breaker.as_ref();
        let slow = p.and_then(|b| b.slow).is_some_and(|s| duration > s.over);
        let s = &self.services[service as usize];
        let cell = held.cells[s.breaker_at as usize];
        let keyed = s.breaker_split().is_keyed();
        let record = |h: Held, kind: Kind| Record {
            generation: h.generation,
            probe: h.probe.then_some(held.lease_end),
            kind,
            slow,
            crossed: h.crossed(),
            retry_after,
        };
        let Some(own) = held.breaker.filter(|_| cell != NO_CELL) else {
            let off = self.modes.services[service as usize].breaker_now == Mode::Off;
            let shadowed = p.is_some() && cell != NO_CELL && !off;
            return shadowed.then_some(Uncounted::Shadow).filter(|_| kind_of(outcome, keyed) != Kind::Neutral);
        };
        let kind = kind_of(outcome, keyed);
        let stale =
            self.services[service as usize].breaker_split().breakers[cell as usize].generation() != own.generation;
        self.record_breaker(service, cell, record(own, kind), outcome == Outcome::TenantFault && keyed, now);
        if let Some(above) = held.rollup {
            self.record_rollup(service, cell, record(above, kind_above(outcome)), now);
        }
        if stale && kind != Kind::Neutral {
            self.services[service as usize].meter.late += 1;
            return Some(Uncounted::StaleGeneration);
        }
        None
    }

    /// What was estimated becomes what it was.
    fn correct_limits(&mut self, held: &Permit, settle: &Settle, now: Instant) {
        if settle.amounts.iter().all(Option::is_none) {
            return;
        }
        let service = held.service as usize;
        for (i, limit) in self.policy.services[service].limits.iter().enumerate() {
            let Place { split, place, unit } = self.services[service].limit_at[i];
            let (Some(actual), true) = (settle.amounts[unit], held.limits & (1 << i) != 0) else { continue };
            let state = self.services[service].splits[split].limit(held.cells[split], place);
            let estimate = held.amounts[unit];
            if actual > estimate {
                state.debit(limit, actual - estimate, now);
            } else {
                state.refund(limit, estimate - actual, Some(held.granted), now);
            }
        }
    }
    /// The upstream said wait: a limit of its own making.
    fn hold_back(&mut self, held: &Permit, retry_after: Option<Span>, now: Instant) {
        let service = held.service as usize;
        let rule = self.policy.services[service].throttle;
        let s = &mut self.services[service];
        let cell = held.cells[s.breaker_at as usize];
        let split = s.breaker_split_mut();
        let Some(key) = split.cells.get(cell as usize).map(Cell::key) else { return };
        let mut throttle = split.throttle(cell);
        let until = throttle.hold(&rule, now, retry_after);
        split.set_throttle(cell, throttle);
        self.effects.push(Effect::ThrottleHeld { service: held.service, key, until });
        if key.is_none() {
            self.status.throttled(&self.policy.status, service, Some(until), now, &mut self.status_effects);
            self.take_status();
        }
    }
    fn clear_throttle(&mut self, held: &Permit) {
        let s = &mut self.services[held.service as usize];
        let cell = held.cells[s.breaker_at as usize];
        let mut throttle = s.breaker_split().throttle(cell);
        if throttle != Throttle::default() {
            throttle.success();
            s.breaker_split_mut().set_throttle(cell, throttle);
        }
    }
    fn retry_verdict(
        &self,
        held: &Permit,
        outcome: Outcome,
        sent: bool,
        settle: &Settle,
        now: Instant,
    ) -> RetryVerdict {
        let service = held.service as usize;
        let p = &self.policy.services[service];
        let attempt = Attempt {
            attempt: held.attempt,
            begun: held.begun,
            idempotent: settle.idempotent.unwrap_or(held.idempotent),
            timeout: p.timeout.total,
            deadline: p.deadline,
        };
        let held_until = {
            let s = &self.services[service];
            let cell = held.cells[s.breaker_at as usize];
            s.breaker_split().throttle(cell).check(now)
        };
        let not_before = if outcome == Outcome::Throttled { held_until } else { settle.retry_after.map(|s| now + s) };
        crate::call::after_outcome(
            p.retry.as_ref(),
            &attempt,
            outcome,
            sent,
            not_before,
            &self.services[service].retries,
            now,
            || self.retry_draw(held.service, held.attempt),
        )
    }
    /// The jitter of a retry: drawn anew for each attempt and each state of the service's counter.
    pub(super) fn retry_draw(&self, service: u32, attempt: u32) -> u64 {
        let s = &self.services[service as usize];
        Draw { seed: self.seed, service: s.hash, key_hash: u64::from(attempt) + 2, n: s.draws }.bits()
    }
}

/// What an outcome says of the breaker of a key (`keyed`), or of the whole service.
fn kind_of(outcome: Outcome, keyed: bool) -> Kind {
    match outcome {
        Outcome::Success => Kind::Success,
        Outcome::Failure | Outcome::Timeout => Kind::Failure,
        // That tenant's own credentials: its breaker's business, nobody else's.
        Outcome::TenantFault if keyed => Kind::Failure,
        Outcome::TenantFault | Outcome::Throttled | Outcome::Neutral => Kind::Neutral,
    }
}

fn kind_above(outcome: Outcome) -> Kind {
    kind_of(outcome, false)
}
