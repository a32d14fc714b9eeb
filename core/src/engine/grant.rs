//! Taking what the check has granted: every gate at once.
use crate::base::time::{Instant, Span};
use crate::call::Attempt;
use crate::engine::admit::Checked;
use crate::engine::cells::NO_CELL;
use crate::engine::deadlines::ROLLUP;
use crate::engine::permits::{Held, Permit};
use crate::engine::service::Place;
use crate::engine::{Call, Decision, Engine};
use crate::gate::breaker::Pass;
use crate::policy::Service;

impl Engine {
    pub(super) fn grant(&mut self, call: &Call, checked: &Checked, now: Instant) -> Decision {
        if !self.failing.is_empty() {
            self.note_shadow(call, checked, now);
        }
        let breaker = self.take_breaker(call, checked, now);
        let rollup = self.take_rollup(call, checked, now);
        self.take_limits(call, checked, now);
        let permit = self.permit(call, checked, breaker, rollup, now);
        let probe = permit.is_probe();
        let service = call.service as usize;
        let id = self.permits.insert(&mut self.services[service].fifos, permit).unwrap_or(0);
        self.offer_deadlines(&permit);
        let s = &mut self.services[service];
        s.meter.granted += 1;
        if call.attempt == 0 {
            // only a rule for retries asks how many calls there are
            if self.policy.services[service].retry.is_some() {
                s.retries.call(now);
            }
        } else {
            s.retries.retry(now);
            s.meter.retries += 1;
        }
        for (split, cell) in s.splits.iter_mut().zip(checked.cells) {
            if cell != NO_CELL {
                split.cells[cell as usize].enter(now);
            }
        }
        let timeout = self.timeout_of(call, now);
        Decision::Granted { permit: id, timeout, probe }
    }
    fn note_shadow(&mut self, call: &Call, checked: &Checked, now: Instant) {
        let meter = &mut self.services[call.service as usize].meter;
        for f in &self.failing {
            meter.shadow(f.code);
        }
        self.note_refused(call, checked, now);
    }
    fn take_breaker(&mut self, call: &Call, checked: &Checked, now: Instant) -> Option<Held> {
        // What either breaker of the service would have refused is not judged by the other.
        let pass = checked.breaker?;
        let service = call.service as usize;
        if self.services[service].rollup.is_some() && checked.rollup.is_none() {
            return None;
        }
        let p = self.policy.services[service].breaker.as_ref()?;
        let s = &mut self.services[service];
        let cell = checked.cells[s.breaker_at as usize];
        let split = s.breaker_split_mut();
        let b = &mut split.breakers[cell as usize];
        let (before, idle) = (b.next_due(), b.is_idle());
        b.commit(p, now, pass);
        let after = b.next_due();
        self.refile(call.service, cell, before, after);
        if idle {
            self.tell_status(call.service, now);
        }
        Some(held(pass))
    }
    fn take_rollup(&mut self, call: &Call, checked: &Checked, now: Instant) -> Option<Held> {
        let (pass, _) = (checked.rollup?, checked.breaker?);
        let service = call.service as usize;
        let p = self.policy.services[service].breaker.as_ref()?;
        let rollup = self.services[service].rollup.as_mut()?;
        let (before, idle) = (rollup.breaker.next_due(), rollup.breaker.is_idle());
        rollup.breaker.commit(p, now, pass);
        let after = rollup.breaker.next_due();
        self.refile(call.service, ROLLUP, before, after);
        if idle {
            self.tell_status(call.service, now);
        }
        Some(held(pass))
    }
    fn take_limits(&mut self, call: &Call, checked: &Checked, now: Instant) {
        let service = call.service as usize;
        let s = &mut self.services[service];
        for (i, limit) in self.policy.services[service].limits.iter().enumerate() {
            if checked.limits & (1 << i) != 0 {
                let Place { split, place, unit } = s.limit_at[i];
                s.splits[split].limit(checked.cells[split], place).commit(limit, call.amounts[unit], now);
            }
        }
    }
    fn permit(
        &self,
        call: &Call,
        checked: &Checked,
        breaker: Option<Held>,
        rollup: Option<Held>,
        now: Instant,
    ) -> Permit {
        let p = &self.policy.services[call.service as usize];
        let rule = p.breaker.as_ref();
        let probe = checked.breaker.filter(|_| breaker.is_some()).and_then(|pass| pass.probe);
        let probe = probe.or(checked.rollup.filter(|_| rollup.is_some()).and_then(|pass| pass.probe));
        let judged = breaker.is_some() || rollup.is_some();
        // Slow is strictly longer than `over`: the crossing is one tick after it.
        let slow_at = match rule.and_then(|b| b.slow) {
            Some(slow) if judged => now + slow.over + Span::from_micros(1),
            _ => Instant::NEVER,
        };
        Permit {
            service: call.service,
            serial: 0,
            granted: now,
            lease_end: probe.unwrap_or(now + p.lease),
            slow_at,
            cells: checked.cells,
            breaker,
            rollup,
            limits: checked.limits,
            amounts: call.amounts,
            attempt: call.attempt,
            begun: self.begun(call, now),
            idempotent: call.idempotent,
            special: false,
        }
    }
    fn begun(&self, call: &Call, now: Instant) -> Instant {
        call.since.map_or(now, |at| self.clock.inside(at).min(now))
    }
    /// Has the time for all attempts of this call run out? A host that slept too long asks too late.
    pub(super) fn deadline_passed(&self, call: &Call, now: Instant) -> bool {
        let deadline = self.policy.services[call.service as usize].deadline;
        deadline.is_some_and(|d| now >= self.begun(call, now) + d)
    }
    /// What the retry rules need to know of this attempt.
    pub(super) fn attempt_of(&self, call: &Call, p: &Service, now: Instant) -> Attempt {
        Attempt {
            attempt: call.attempt,
            begun: self.begun(call, now),
            idempotent: call.idempotent,
            timeout: p.timeout.total,
            deadline: p.deadline,
        }
    }
    /// The service's timeout, cut to what the deadline leaves.
    fn timeout_of(&self, call: &Call, now: Instant) -> Option<Span> {
        let p = &self.policy.services[call.service as usize];
        let left = p.deadline.map(|d| (self.begun(call, now) + d).since(now));
        match (p.timeout.total, left) {
            (Some(t), Some(left)) => Some(t.min(left)),
            (t, left) => t.or(left),
        }
    }
    pub(super) fn offer_deadlines(&mut self, permit: &Permit) {
        self.floor = self.floor.min(permit.lease_end.min(permit.slow_at));
    }
}

fn held(pass: Pass) -> Held {
    Held::new(pass.generation, pass.probe.is_some())
}
