//! The question: every gate is checked, none is touched; then all are taken, or none.
use crate::base::error::{Code, Fault};
use crate::base::key::KeyId;
use crate::base::rng::Draw;
use crate::base::time::Instant;
use crate::call::{RetryVerdict, Throttle};
use crate::engine::cells::{MAX_SPLITS, NO_CELL};
use crate::engine::keys::key_hash;
use crate::engine::modes::{for_key, shares};
use crate::engine::permits::MAX_UNITS;
use crate::engine::service::Place;
use crate::engine::straight::Granted;
use crate::engine::{Call, Decision, Engine, Failing, Gate, Key, Output, Refusal, RefusalCode};
use crate::gate::breaker::{Breaker, Pass, Phase, Refused};
use crate::gate::limit::{LimitCheck, LimitState};
use crate::gate::rule::{Mode, Rule};

/// What came of a call that took the straight road.
pub(crate) enum Plainly {
    Granted(Granted),
    /// The answer stands where every refusal stands.
    Refused,
}

/// What the check found, to be taken by `grant`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checked {
    pub(super) cells: [u32; MAX_SPLITS],
    pub(super) breaker: Option<Pass>,
    pub(super) rollup: Option<Pass>,
    /// Bit i: limit i passes and is to be taken.
    pub(super) limits: u32,
}

impl Engine {
    /// May this call proceed? Errors: `unknown_service`, `key_required`, `stale_handle`; nothing is changed then but the time.
    ///
    /// Cost: O(1) in keys and calls, linear in the rules of the service; allocates nothing in steady state.
    #[inline]
    pub fn admit(&mut self, call: &Call, at: Instant) -> Result<Output<'_>, Fault> {
        if call.attempt == 0
            && call.since.is_none()
            && let Some(now) = self.go_on(at)
        {
            let key = move |name: u8| match call.keys.get(usize::from(name)) {
                Some(Key::Id(id)) => Some(*id),
                _ => None,
            };
            if self.admit_plainly(call.service, key, call.amounts, call.idempotent, now).is_some() {
                return Ok(self.last());
            }
        }
        self.admit_fully(call, at)
    }
    /// Takes the straight road, all the way to the answer. `None`: the call is for the general road, and nothing was touched.
    #[inline(always)]
    pub(crate) fn admit_plainly(
        &mut self,
        service: u32,
        key: impl Fn(u8) -> Option<KeyId> + Copy,
        amounts: [u64; MAX_UNITS],
        idempotent: bool,
        now: Instant,
    ) -> Option<Plainly> {
        let Some(granted) = self.admit_straight(service, key, amounts, idempotent, now) else {
            return self.refuse_straight(service, key, amounts, idempotent, now).then_some(Plainly::Refused);
        };
        self.asked = service;
        self.end_granted(granted);
        Some(Plainly::Granted(granted))
    }
    /// Takes the general road. Errors: as [`Engine::admit`].
    #[inline(never)]
    pub(crate) fn admit_fully(&mut self, call: &Call, at: Instant) -> Result<Output<'_>, Fault> {
        if call.service as usize >= self.services.len() {
            return Err(Fault::at(
                Code::UnknownService,
                "service",
                format_args!("there is no service {}", call.service),
            ));
        }
        let now = self.begin(at);
        self.asked = call.service;
        let peek = call.amounts.first() == Some(&0);
        if self.deadline_passed(call, now) {
            return Ok(self.refuse_outright(call, now, RefusalCode::DeadlinePassed));
        }
        let cells = match self.resolve(call, peek, now)? {
            Some(cells) => cells,
            None => return Ok(self.refuse_outright(call, now, RefusalCode::KeysExhausted)),
        };
        if !peek {
            self.services[call.service as usize].draws += 1;
        }
        let checked = self.check(call, cells, now);
        if self.failing.iter().any(|f| !f.shadow) {
            if !peek {
                self.note_refused(call, &checked, now);
            }
            let refusal = self.refusal(call, now);
            if !peek {
                self.services[call.service as usize].meter.refuse(refusal.reason.code);
            }
            return Ok(self.end(Decision::Refused(refusal)));
        }
        if peek {
            return Ok(self.end(Decision::Granted { permit: 0, timeout: None, probe: false }));
        }
        if self.permits.is_full() {
            return Ok(self.refuse_outright(call, now, RefusalCode::PermitsExhausted));
        }
        let decision = self.grant(call, &checked, now);
        Ok(self.end(decision))
    }

    /// The cell of each split, or `None` when there is no room for a new key.
    pub(super) fn resolve(
        &mut self,
        call: &Call,
        peek: bool,
        now: Instant,
    ) -> Result<Option<[u32; MAX_SPLITS]>, Fault> {
        let mut cells = [NO_CELL; MAX_SPLITS];
        let service = call.service as usize;
        self.spare(&call.keys);
        let splits = self.services[service].splits.len();
        for (at, place) in cells.iter_mut().enumerate().take(splits) {
            if !self.services[service].splits[at].is_keyed() {
                *place = 0;
                continue;
            }
            let key = match self.split_key(service, at, &call.keys, !peek)? {
                Key::Absent => continue,
                Key::Id(key) if peek => {
                    *place = self.services[service].splits[at].find(Some(key)).unwrap_or(NO_CELL);
                    continue;
                }
                // A peek of a key that nobody has carried yet: no cell, which stands for a fresh one.
                Key::New(_) if peek => continue,
                Key::NoRoom | Key::New(_) => return Ok(None),
                Key::Id(key) => key,
            };
            let cell = self.services[service].splits[at].open(Some(key), now);
            *place = cell;
            self.lapse_cell(service, at, cell, now);
        }
        Ok(Some(cells))
    }
    /// A key that was silent for longer than `forget` starts anew, evicted or not.
    fn lapse_cell(&mut self, service: usize, split: usize, cell: u32, now: Instant) {
        let forget = self.policy.keys.forget;
        let at = &mut self.services[service].splits[split];
        let c = at.cells[cell as usize];
        let touched = c.touched;
        if now < touched + forget || c.live() > 0 {
            return;
        }
        let Some(p) = self.policy.services[service].breaker.as_ref().filter(|_| at.has_breaker) else { return };
        at.soil(cell);
        if at.throttle(cell).rests_at(touched, forget) <= now {
            at.set_throttle(cell, Throttle::default());
        }
        let before = self.services[service].splits[split].breakers[cell as usize].next_due();
        let was_closed = self.services[service].splits[split].is_closed(cell);
        self.services[service].splits[split].breakers[cell as usize].lapse(p, now, touched, forget);
        let after = self.services[service].splits[split].breakers[cell as usize].next_due();
        self.refile(service as u32, cell, before, after);
        self.note_closed(service as u32, cell, was_closed);
    }

    /// Checks every gate in order; whatever says no is noted in `failing`.
    pub(super) fn check(&mut self, call: &Call, cells: [u32; MAX_SPLITS], now: Instant) -> Checked {
        let mut checked = Checked { cells, breaker: None, rollup: None, limits: 0 };
        self.check_breaker(call, &mut checked, now);
        self.check_throttle(call, &checked, now);
        self.check_limits(call, &mut checked, now);
        checked
    }
    fn check_breaker(&mut self, call: &Call, checked: &mut Checked, now: Instant) {
        let service = call.service as usize;
        let (s, p) = (&self.services[service], &self.policy.services[service]);
        let Some(policy) = p.breaker.as_ref() else { return };
        let hash = || self.share_hash(call);
        let mode = for_key(self.modes.services[service].breaker_now, shares(&self.policy, &p.rule, &policy.rule), hash);
        if mode == Mode::Off {
            return;
        }
        let split = s.breaker_split();
        let (keys, seed) = (&self.keys, self.seed);
        let draw = |salt: u64| {
            let key_hash = key_hash(keys, call).unwrap_or(0);
            Draw { seed, service: s.hash ^ salt, key_hash, n: s.draws }.bits()
        };
        let shadow = mode == Mode::Shadow;
        let keyed = split.is_keyed();
        // Disabled as a whole: no key's breaker is asked either.
        if s.rollup.as_ref().is_some_and(|r| r.breaker.phase() == Phase::Disabled) {
            return;
        }
        if let Some(rollup) = &s.rollup {
            match rollup.breaker.check(policy, now, || draw(1)) {
                Ok(pass) => checked.rollup = Some(pass),
                Err(r) => self.failing.push(breaker_fails(r, &rollup.breaker, false, shadow)),
            }
        }
        let Some(own) = split.breakers.get(checked.cells[s.breaker_at as usize] as usize) else { return };
        match own.check(policy, now, || draw(0)) {
            Ok(pass) => checked.breaker = Some(pass),
            Err(r) => self.failing.push(breaker_fails(r, own, keyed, shadow)),
        }
    }
    /// Did the upstream say wait? A gate of its own: neither the breaker's mode nor its absence lifts it.
    fn check_throttle(&mut self, call: &Call, checked: &Checked, now: Instant) {
        let service = call.service as usize;
        let (s, p) = (&self.services[service], &self.policy.services[service]);
        let split = s.breaker_split();
        let throttle = split.throttle(checked.cells[s.breaker_at as usize]);
        let Some(until) = throttle.check(now) else { return };
        let all = shares(&self.policy, &p.rule, &Rule::default());
        let mode = for_key(self.modes.services[service].throttle_now, all, || self.share_hash(call));
        if mode != Mode::Off {
            self.failing.push(Failing {
                retry_at: Some(until),
                exact: true,
                shadow: mode == Mode::Shadow,
                ..fails(Gate::Throttle, RefusalCode::UpstreamThrottled, split.is_keyed())
            });
        }
    }
    fn check_limits(&mut self, call: &Call, checked: &mut Checked, now: Instant) {
        let service = call.service as usize;
        let (s, p) = (&self.services[service], &self.policy.services[service]);
        for (i, limit) in p.limits.iter().enumerate() {
            let Place { split: split_at, place, unit } = s.limit_at[i];
            let cell = checked.cells[split_at];
            let mode = self.modes.services[service].limits_now[i];
            if mode == Mode::Off || self.is_exempt(call, &limit.exempt) {
                continue;
            }
            let units = call.amounts[unit];
            let fresh = LimitState::default();
            let state = if cell == NO_CELL { &fresh } else { s.splits[split_at].limit_ref(cell, place) };
            let (code, retry_at) = match state.check(limit, units, now) {
                LimitCheck::Pass => {
                    checked.limits |= 1 << i;
                    continue;
                }
                LimitCheck::Limited { retry_at } => (RefusalCode::Limited, Some(retry_at)),
                LimitCheck::Blocked { retry_at } => (RefusalCode::Blocked, Some(retry_at)),
                LimitCheck::Impossible => (RefusalCode::Impossible, None),
            };
            let mode = for_key(mode, shares(&self.policy, &p.rule, &limit.rule), || self.share_hash(call));
            let view = state.view(limit, now);
            self.failing.push(Failing {
                gate: Gate::Limit,
                code,
                rule: Some(i as u16),
                keyed: s.splits[split_at].is_keyed(),
                retry_at,
                exact: true,
                units: Some((view.limit, view.remaining)),
                shadow: mode == Mode::Shadow,
            });
        }
    }
    pub(super) fn is_exempt(&self, call: &Call, exempt: &[alloc::string::String]) -> bool {
        !exempt.is_empty()
            && call.keys.iter().any(|k| matches!(k, Key::Id(id) if exempt.iter().any(|e| *e == self.keys.name(*id))))
    }

    /// The refusal: the first enforced failing rule is the reason, `impossible` beats `limited`.
    pub(super) fn refusal(&self, call: &Call, now: Instant) -> Refusal {
        let enforced = || self.failing.iter().filter(|f| !f.shadow);
        let none = fails(Gate::Engine, RefusalCode::PermitsExhausted, false);
        let mut reason = enforced().next().copied().unwrap_or(none);
        if reason.gate == Gate::Limit
            && let Some(never) = enforced().find(|f| f.code == RefusalCode::Impossible)
        {
            reason = *never;
        }
        let mut retry_at = Some(Instant::EPOCH);
        let mut exact = true;
        for f in enforced() {
            retry_at = match (retry_at, f.retry_at) {
                (Some(a), Some(b)) => Some(a.max(b)),
                _ => None,
            };
            exact &= f.exact;
        }
        let exact = exact && retry_at.is_some() && !self.ends_before(call, retry_at);
        Refusal { reason, retry_at, exact, retry: self.retry_after_refusal(call, retry_at, now) }
    }
    /// Does an order that keeps the breakers out of it expire by then? What they will say is not known.
    fn ends_before(&self, call: &Call, retry_at: Option<Instant>) -> bool {
        let above = self.services[call.service as usize].rollup.as_ref().map(|r| &r.breaker);
        let disabled = above.filter(|b| b.phase() == Phase::Disabled).and_then(Breaker::next_due);
        disabled.zip(retry_at).is_some_and(|((end, _), at)| end <= at)
    }
    /// A call that is refused, or would be in shadow, changes nothing but the declared counters.
    pub(super) fn note_refused(&mut self, call: &Call, checked: &Checked, now: Instant) {
        self.note_failing_limits(call, checked, now);
        let at = call.service as usize;
        if self.policy.services[at].breaker.as_ref().is_none_or(|p| p.rollup.is_none()) {
            return;
        }
        let s = &mut self.services[at];
        let cell = checked.cells[s.breaker_at as usize];
        // A tenant that is kept away by its own breaker is still a tenant that was seen.
        if let (Some(rollup), Some(_), None) = (s.rollup.as_mut(), checked.rollup, checked.breaker)
            && cell != NO_CELL
            && rollup.breaker.phase() == Phase::Closed
        {
            rollup.members.touch(cell, now, None);
            s.breaker_split_mut().soil(cell);
        }
    }
    /// Limits that refuse, or would in shadow, count the refusal where the policy says so.
    fn note_failing_limits(&mut self, call: &Call, checked: &Checked, now: Instant) {
        let service = call.service as usize;
        for at in 0..self.failing.len() {
            let Failing { gate: Gate::Limit, rule: Some(limit), .. } = self.failing[at] else { continue };
            let Place { split: split_at, place, unit } = self.services[service].limit_at[limit as usize];
            let policy = &self.policy.services[service].limits[limit as usize];
            let split = &mut self.services[service].splits[split_at];
            let cell = checked.cells[split_at];
            let key = split.cells[cell as usize].key();
            let units = call.amounts[unit];
            if let Some(until) = split.limit(cell, place).refused(policy, units, now) {
                // The refusal that begins a block waits for its end.
                self.failing[at].retry_at = Some(until);
                self.effects.push(super::Effect::LimitBlocked { service: call.service, limit, key, until });
            }
        }
    }
    /// Refuses for a reason of the engine's own: no gate is asked, or none is taken.
    fn refuse_outright(&mut self, call: &Call, now: Instant, code: RefusalCode) -> Output<'_> {
        self.failing.clear();
        self.failing.push(fails(Gate::Engine, code, code == RefusalCode::KeysExhausted));
        let refusal = self.refusal(call, now);
        self.services[call.service as usize].meter.refuse(code);
        self.end(Decision::Refused(refusal))
    }
    fn retry_after_refusal(&self, call: &Call, retry_at: Option<Instant>, now: Instant) -> RetryVerdict {
        let p = &self.policy.services[call.service as usize];
        let s = &self.services[call.service as usize];
        crate::call::after_refusal(p.retry.as_ref(), &self.attempt_of(call, p, now), retry_at, &s.retries, now, || {
            self.retry_draw(call.service, call.attempt)
        })
    }
}

fn fails(gate: Gate, code: RefusalCode, keyed: bool) -> Failing {
    Failing { gate, code, rule: None, keyed, retry_at: None, exact: false, units: None, shadow: false }
}

pub(super) fn breaker_fails(refused: Refused, b: &Breaker, keyed: bool, shadow: bool) -> Failing {
    // The round may end in open before the first lease does: then the lease's end is but a hint.
    let in_round = |at: Option<Instant>| b.next_due().is_none_or(|(end, _)| at.is_some_and(|at| at < end));
    let (code, retry_at, exact) = match refused {
        Refused::Open(at) => (RefusalCode::CircuitOpen, Some(at), true),
        Refused::Forced(at) => (RefusalCode::ForcedOpen, at, true),
        Refused::HalfOpenFull(at) => (RefusalCode::HalfOpenFull, at, in_round(at)),
        Refused::Ramp(at) => (RefusalCode::Ramp, Some(at), false),
    };
    Failing { retry_at, exact, shadow, ..fails(Gate::Breaker, code, keyed) }
}
