//! What a moving breaker causes: its deadline is filed anew, the roll-up is told, the status follows, an effect says so.
use crate::base::rng::Draw;
use crate::base::time::Instant;
use crate::engine::cells::NO_CELL;
use crate::engine::deadlines::ROLLUP;
use crate::engine::permits::Permit;
use crate::engine::{Effect, Engine};
use crate::gate::breaker::{Because, Breaker, BreakerPolicy, Kind, Phase, Record, Transition};
use crate::status::state::Condition;

type DrawFn<'a> = &'a dyn Fn() -> u64;

impl Engine {
    /// Does something to one breaker (a cell's or, with [`ROLLUP`], the service's own above the cells) and follows it up.
    pub(super) fn move_breaker<R: Moved>(
        &mut self,
        service: u32,
        cell: u32,
        f: impl FnOnce(&mut Breaker, &BreakerPolicy, DrawFn) -> R,
    ) -> Option<R> {
        let (mut f, mut result) = (Some(f), None);
        self.move_by(service, cell, &mut |b, p, draw| {
            let moved = f.take()?(b, p, draw);
            let transition = moved.transition();
            result = Some(moved);
            transition
        });
        result
    }
    /// What does not hang on what is done to the breaker: once, for all of them.
    #[inline(never)]
    fn move_by(
        &mut self,
        service: u32,
        cell: u32,
        f: &mut dyn FnMut(&mut Breaker, &BreakerPolicy, DrawFn) -> Option<Transition>,
    ) -> Option<()> {
        let at = service as usize;
        let p = self.policy.services.get(at)?.breaker.as_ref()?;
        let s = &mut self.services[at];
        let key = if cell == ROLLUP { None } else { s.breaker_split().cells.get(cell as usize)?.key() };
        let (keys, seed, hash, n) = (&self.keys, self.seed, s.hash, s.draws);
        let b = if cell == ROLLUP {
            &mut s.rollup.as_mut()?.breaker
        } else {
            s.splits[s.breaker_at as usize].soil(cell);
            s.splits[s.breaker_at as usize].breakers.get_mut(cell as usize)?
        };
        // not the generation: a key that rested and was let go starts with the first one again, and must draw alike
        let key_hash = || key.map_or(u64::from(cell == ROLLUP), |k| keys.hash(k));
        let draw = || Draw { seed, service: hash, key_hash: key_hash(), n }.bits();
        let (before, closed) = (b.next_due(), b.phase() == Phase::Closed);
        let transition = f(b, p, &draw);
        let after = b.next_due();
        let now = self.clock.now();
        if cell != ROLLUP {
            self.services[at].breaker_split_mut().unpark(cell, &mut self.keys, now);
        }
        self.refile(service, cell, before, after);
        if let Some(t) = transition {
            self.follow(service, cell, t, closed);
        }
        Some(())
    }
    fn follow(&mut self, service: u32, cell: u32, t: Transition, was_closed: bool) {
        let at = service as usize;
        let now = self.now();
        let rollup = cell == ROLLUP;
        let key = if rollup { None } else { self.services[at].breaker_split().cells[cell as usize].key() };
        // The end of a ramp and of the wait for a first probe move no state: only the status may follow.
        if t.from != t.to || !matches!(t.because, Because::MaxWait | Because::RampEnd) {
            self.effects.push(Effect::Breaker { service, key, rollup, transition: t });
        }
        if rollup {
            if t.from != t.to {
                self.forget_members(at, now);
            }
        } else {
            self.note_closed(service, cell, was_closed);
        }
        self.tell_status(service, now);
        if !rollup && t.to == Phase::Open {
            self.check_rollup(service, now);
        }
    }
    /// The roll-up begins anew: no key is a member any more, which may let it rest.
    pub(super) fn forget_members(&mut self, service: usize, now: Instant) {
        let s = &mut self.services[service];
        let Some(r) = s.rollup.as_mut() else { return };
        let split = &mut s.splits[s.breaker_at as usize];
        for (cell, _, _) in r.members.in_order() {
            split.soil(cell);
            split.unpark(cell, &mut self.keys, now);
        }
        r.members.clear();
    }
    /// Keeps count of the keyed breakers that are not closed.
    pub(super) fn note_closed(&mut self, service: u32, cell: u32, was_closed: bool) {
        let s = &mut self.services[service as usize];
        let (closed, open) = (s.breaker_split().is_closed(cell), s.breaker_split().is_open_above(cell));
        if let Some(r) = s.rollup.as_mut() {
            r.members.mark(cell, open);
        }
        let split = s.breaker_split_mut();
        if was_closed && !closed {
            split.tripped += 1;
        } else if !was_closed && closed {
            split.tripped = split.tripped.saturating_sub(1);
        } else {
            return;
        }
        if split.is_keyed() {
            let affected = split.tripped;
            let seen = split.len() as u32;
            self.status.tenants(service as usize, affected, seen);
        }
    }
    /// The system's status follows the service's own breaker: the only one, or the roll-up.
    pub(super) fn tell_status(&mut self, service: u32, now: Instant) {
        let at = service as usize;
        let s = &self.services[at];
        let split = s.breaker_split();
        let whole = s.rollup.as_ref().map(|r| &r.breaker);
        let Some(b) = whole.or(split.breakers.first().filter(|_| !split.is_keyed())) else {
            // A reload may have taken it away.
            self.status.breaker(&self.policy.status, at, Condition::Closed, None, now, &mut self.status_effects);
            return self.take_status();
        };
        let condition = self.condition(service, b);
        let until = match b.phase() {
            Phase::Open | Phase::ForcedOpen => b.next_due().map(|d| d.0),
            // Nobody tried for `max_wait`: from here on that degrades nothing.
            Phase::HalfOpen if b.is_idle() => Some(b.since()),
            _ => None,
        };
        self.status.breaker(&self.policy.status, at, condition, until, now, &mut self.status_effects);
        self.take_status();
    }
    /// What a breaker means for the status; one in shadow or off counts as closed.
    pub(super) fn condition(&self, service: u32, b: &Breaker) -> Condition {
        use crate::gate::rule::Mode;
        if self.modes.services[service as usize].breaker_now != Mode::Enforce {
            return Condition::Closed;
        }
        match b.phase() {
            Phase::Closed if b.is_ramping() => Condition::Ramping,
            Phase::Closed => Condition::Closed,
            Phase::Open => Condition::Open,
            Phase::HalfOpen if b.is_idle() => Condition::HalfOpenIdle,
            Phase::HalfOpen => Condition::HalfOpen,
            Phase::ForcedOpen => Condition::ForcedOpen,
            Phase::Disabled => Condition::Disabled,
        }
    }
    /// Moves the effects of the status room into the output.
    pub(super) fn take_status(&mut self) {
        self.floor = Instant::EPOCH;
        self.effects.extend(self.status_effects.drain(..).map(Effect::Status));
    }

    /// `own_fault`: it says something of the key only.
    pub(super) fn record_breaker(&mut self, service: u32, cell: u32, record: Record, own_fault: bool, now: Instant) {
        if record.kind != Kind::Neutral {
            self.blame(service, cell, record.generation, own_fault);
        }
        self.move_breaker(service, cell, |b, p, draw| b.record(p, now, record, draw).1);
    }
    /// Whose fault the latest counted outcome was. One of an earlier generation is not counted.
    fn blame(&mut self, service: u32, cell: u32, generation: u32, own_fault: bool) {
        let split = self.services[service as usize].breaker_split_mut();
        if split.breakers.get(cell as usize).is_some_and(|b| b.generation() == generation) {
            split.cells[cell as usize].set_own_fault(own_fault);
        }
    }
    pub(super) fn record_rollup(&mut self, service: u32, cell: u32, record: Record, now: Instant) {
        let at = service as usize;
        let Some(r) = self.services[at].rollup.as_mut() else { return };
        if record.generation != r.breaker.generation() {
            return;
        }
        if r.breaker.phase() != Phase::Closed {
            self.move_breaker(service, ROLLUP, |b, p, draw| b.record(p, now, record, draw).1);
            return;
        }
        let ruled = self.policy.services[at].breaker.as_ref().is_some_and(|p| p.rollup.is_some());
        if ruled && record.kind != Kind::Neutral {
            // its cell has just been settled: a snapshot under way knows
            r.members.touch(cell, now, Some(record.kind == Kind::Failure));
            self.check_rollup(service, now);
        }
    }
    /// Should the keys' breakers open the whole service?
    fn check_rollup(&mut self, service: u32, now: Instant) {
        let at = service as usize;
        let Some((p, rule)) = self.policy.services[at].breaker.as_ref().and_then(|p| p.rollup.map(|r| (p, r))) else {
            return;
        };
        let span = p.span();
        let s = &mut self.services[at];
        let Some(r) = s.rollup.as_mut() else { return };
        let split = &mut s.splits[s.breaker_at as usize];
        r.members.expire(now, span, |cell| split.soil(cell));
        if r.breaker.phase() != Phase::Closed {
            return;
        }
        if let Some(because) = r.members.verdict(rule) {
            self.move_breaker(service, ROLLUP, |b, p, draw| b.trip_from_below(p, now, because, draw));
        }
    }
    /// A call in flight has become slow.
    pub(super) fn cross_slow(&mut self, service: u32, slot: u32, now: Instant) {
        let Some(permit) = self.permits.permit(slot).copied() else { return };
        let cell = permit.cells[self.services[service as usize].breaker_at as usize];
        if let (Some(held), true) = (permit.breaker, cell != NO_CELL) {
            // Slow is the upstream's doing.
            self.blame(service, cell, held.generation, false);
            let crossed =
                self.move_breaker(service, cell, |b, p, draw| b.cross(p, now, held.generation, held.probe, draw));
            let stamp = crossed.and_then(|c| c.0);
            if let Some(h) = self.permits.permit_mut(slot).and_then(|p| p.breaker.as_mut()) {
                h.set_crossed(stamp);
            }
        }
        if let Some(held) = permit.rollup.filter(|h| h.probe) {
            let crossed = self.move_breaker(service, ROLLUP, |b, p, draw| b.cross(p, now, held.generation, true, draw));
            let stamp = crossed.and_then(|c| c.0);
            if let Some(h) = self.permits.permit_mut(slot).and_then(|p| p.rollup.as_mut()) {
                h.set_crossed(stamp);
            }
        }
    }
    /// A permit's lease has run out: a probe's place comes back; a slow entry already made stays.
    pub(super) fn lapse_permit(&mut self, permit: &Permit) {
        let now = self.now();
        self.release_cells(permit, now);
        let s = &mut self.services[permit.service as usize];
        let cell = permit.cells[s.breaker_at as usize];
        if let Some(held) = permit.breaker.filter(|h| h.probe)
            && let Some(b) = s.splits[s.breaker_at as usize].breakers.get_mut(cell as usize)
        {
            b.lapse_probe(permit.lease_end, held.generation, held.crossed().is_some());
        }
        if let Some(held) = permit.rollup.filter(|h| h.probe)
            && let Some(r) = s.rollup.as_mut()
        {
            r.breaker.lapse_probe(permit.lease_end, held.generation, held.crossed().is_some());
        }
    }
}

/// Something that may have moved a breaker.
pub(super) trait Moved {
    fn transition(&self) -> Option<Transition>;
}
impl Moved for Option<Transition> {
    fn transition(&self) -> Option<Transition> {
        *self
    }
}
impl<T> Moved for (T, Option<Transition>) {
    fn transition(&self) -> Option<Transition> {
        self.1
    }
}
