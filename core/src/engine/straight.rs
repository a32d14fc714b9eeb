//! The straight road: an ordinary call with nothing in its way, in one pass over its cells.
//!
//! It does exactly what `check` with `grant`, and `settle`, would have done, or nothing at all: whatever is out of the ordinary (a refusal, a
//! shadow, a probe, a ramp, a hold, a retry, a new key, a key of several names) takes the general road. The laws run both
//! side by side.
use crate::base::key::KeyId;
use crate::base::time::{Instant, Span};
use crate::call::{Outcome, RetryVerdict};
use crate::engine::admit::breaker_fails;
use crate::engine::cells::{MAX_SPLITS, NO_CELL, Split};
use crate::engine::modes::Route;
use crate::engine::permits::{Held, MAX_UNITS, Permit};
use crate::engine::service::Place;
use crate::engine::{Call, Decision, Engine, Failing};
use crate::gate::breaker::{Kind, Phase, Record};
use crate::gate::limit::{LimitCheck, LimitPolicy, LimitState};
use crate::measure::window::Sample;
use crate::policy::Service;

/// A granted call.
#[derive(Clone, Copy)]
pub(crate) struct Granted {
    pub(crate) permit: u64,
    /// How long it may take.
    pub(crate) timeout: Option<Span>,
    /// The same as it stands on the wire; -1 for none.
    pub(crate) timeout_ms: f64,
}

impl Engine {
    /// Grants an ordinary first attempt. `None`: nothing was touched.
    /// `key` gives the keys of the call by the index of their name.
    #[inline(always)]
    pub(super) fn admit_straight(
        &mut self,
        service: u32,
        key: impl Fn(u8) -> Option<KeyId> + Copy,
        amounts: [u64; MAX_UNITS],
        idempotent: bool,
        now: Instant,
    ) -> Option<Granted> {
        let at = service as usize;
        let s = self.services.get_mut(at)?;
        let route = s.route.as_ref()?;
        if amounts[0] == 0 || self.permits.is_full() {
            return None;
        }
        let (policy, places) = (self.policy.services.get(at)?, &s.limit_at);
        // made where it is needed: in the way of most calls it only would take up room
        let road = || Road { policy, places, amounts, now, forget: route.forget };
        let (first, others) = s.splits.split_first_mut()?;
        let cell = first.standing(key, now, route.forget)?;
        let lanes = amounts[0] == 1 && !first.lanes.is_empty();
        // where a lane leaves a doubt, as the last unit does, the rules know
        let fits = (lanes && first.is_ample(cell, now)) || first.limits.is_empty() || road().fits(first, cell);
        if !fits {
            return None;
        }
        let breaker = own_breaker(route, first, cell, now)?;
        let rollup = match &s.rollup {
            Some(r) if route.breaker => Some(Held::new(r.breaker.clear_road()?, false)),
            _ => None,
        };
        let mut cells = [cell, NO_CELL, NO_CELL, NO_CELL, NO_CELL, NO_CELL];
        if !others.is_empty() {
            cells = road().find_all(others, key, cells)?;
        }
        // Nothing refuses from here on.
        s.draws += 1;
        if lanes {
            first.take_one(cell, now);
        } else if !first.limits.is_empty() {
            road().take(first, cell);
        }
        if let Some(c) = first.cells.get_mut(cell as usize) {
            c.enter(now);
        }
        if !others.is_empty() {
            road().take_all(others, cells);
        }
        s.meter.granted += 1;
        if route.retries {
            s.retries.call(now);
        }
        let permit = Permit {
            service,
            serial: 0,
            granted: now,
            lease_end: now + route.lease,
            slow_at: now + route.slow_after,
            cells,
            breaker,
            rollup,
            limits: route.limits,
            amounts,
            attempt: 0,
            begun: now,
            idempotent,
            special: false,
        };
        self.floor = self.floor.min(permit.lease_end.min(permit.slow_at));
        let id = self.permits.insert_ordinary(&mut s.fifos, permit).unwrap_or(0);
        Some(Granted { permit: id, timeout: route.timeout, timeout_ms: route.timeout_ms })
    }

    /// Refuses an ordinary first attempt that nothing but an open breaker stands in the way of. False: nothing was touched.
    #[inline(never)]
    pub(super) fn refuse_straight(
        &mut self,
        service: u32,
        key: impl Fn(u8) -> Option<KeyId>,
        amounts: [u64; MAX_UNITS],
        idempotent: bool,
        now: Instant,
    ) -> bool {
        let call = Call { amounts, idempotent, ..Call::of(service) };
        let Some(failing) = self.stopped(&call, key, now) else { return false };
        if let Some(s) = self.services.get_mut(service as usize) {
            s.draws += 1;
            s.meter.refuse(failing.code);
        }
        self.asked = service;
        self.failing.push(failing);
        let refusal = self.refusal(&call, now);
        self.end(Decision::Refused(refusal));
        true
    }
    /// The breaker, the key's or the service's, that alone refuses this call; writes nothing.
    fn stopped(&self, call: &Call, key: impl Fn(u8) -> Option<KeyId>, now: Instant) -> Option<Failing> {
        let at = call.service as usize;
        let s = self.services.get(at)?;
        let route = s.route.as_ref().filter(|route| route.breaker)?;
        let policy = self.policy.services.get(at)?;
        let (first, others) = s.splits.split_first()?;
        let road = Road { policy, places: &s.limit_at, amounts: call.amounts, now, forget: route.forget };
        let mut cells = [NO_CELL; MAX_SPLITS];
        cells[0] = road.find(first, &key)?;
        road.find_all(others, &key, cells)?;
        if call.amounts[0] == 0 || (first.was_held() && first.throttle(cells[0]).check(now).is_some()) {
            return None;
        }
        let own = first.breakers.get(cells[0] as usize)?;
        let (b, keyed) = match s.rollup.as_ref().map(|r| &r.breaker) {
            Some(above) if own.clear_road().is_some() => (above, false),
            // a key that is refused is still one that the roll-up has seen
            Some(above) if above.clear_road().is_some() && !route.ruled => (own, true),
            Some(_) => return None,
            None => (own, false),
        };
        let open = matches!(b.phase(), Phase::Open | Phase::ForcedOpen);
        let refused = b.check(policy.breaker.as_ref().filter(|_| open)?, now, || 0).err()?;
        Some(breaker_fails(refused, b, keyed, false))
    }

    /// Settles an ordinary call. `None`: nothing was touched.
    #[inline(always)]
    pub(super) fn settle_straight(
        &mut self,
        permit: u64,
        outcome: Outcome,
        duration: Option<Span>,
        now: Instant,
    ) -> Option<RetryVerdict> {
        let failure = match outcome {
            Outcome::Success => false,
            Outcome::Failure | Outcome::Timeout => true,
            _ => return None,
        };
        let (slot, held) = self.permits.look_up(permit)?;
        let (at, service) = (held.service as usize, held.service);
        let s = self.services.get_mut(at)?;
        let route = s.route.as_ref()?;
        // Advising a retry is the general road's.
        if held.special || (route.retries && failure) {
            return None;
        }
        let (cells, cell) = (&held.cells, held.cells[0]);
        let (first, others) = s.splits.split_first_mut()?;
        if first.was_held() {
            return None;
        }
        let (rollup, ruled) = (held.rollup, route.ruled);
        let own = match held.breaker {
            None if route.breaker => return None,
            None => None,
            Some(own) => {
                let b = first.breakers.get_mut(cell as usize)?;
                let above = s.rollup.as_ref().is_none_or(|r| r.breaker.phase() == Phase::Closed);
                if !(b.clear_road() == Some(own.generation) && above) {
                    return None;
                }
                Some(b)
            }
        };
        let retry = if route.retries { RetryVerdict::WORKED } else { RetryVerdict::OFF };
        let duration = duration.unwrap_or(now.since(held.granted));
        if let Some(c) = first.cells.get_mut(cell as usize) {
            c.leave(now);
            c.set_own_fault(c.own_fault() && own.is_none());
            if c.parked() {
                c.unpark(&mut self.keys, now);
            }
        }
        if !others.is_empty() {
            others
                .iter_mut()
                .zip(cells.iter().skip(1))
                .for_each(|(split, cell)| split.leave(*cell, &mut self.keys, now));
        }
        self.permits.release_ordinary(&mut s.fifos, slot);
        s.meter.settle(outcome);
        s.meter.latency.record(duration.micros() as u64);
        if let Some(b) = own {
            let sample = Sample { failure, slow: duration >= route.slow_after };
            b.count(route.shape, now, sample);
            let policy = || self.policy.services.get(at).and_then(|p| p.breaker.as_ref());
            if !b.is_spotless(route.shape) && policy().is_some_and(|p| b.tripped(p, now).is_some()) {
                self.move_breaker(service, cell, |b, p, draw| b.evaluate(p, now, None, draw));
            }
            if let Some(above) = rollup.filter(|_| ruled) {
                let kind = if failure { Kind::Failure } else { Kind::Success };
                let (generation, slow) = (above.generation, sample.slow);
                let record = Record { generation, probe: None, kind, slow, crossed: None, retry_after: None };
                self.record_rollup(service, cell, record, now);
            }
        }
        Some(retry)
    }
}

/// What the breaker grants, where it does not stand in the way and the upstream has not said wait.
#[inline(always)]
fn own_breaker(route: &Route, split: &Split, cell: u32, now: Instant) -> Option<Option<Held>> {
    if split.was_held() && split.throttle(cell).check(now).is_some() {
        return None;
    }
    if !route.breaker {
        return Some(None);
    }
    Some(Some(Held::new(split.breakers.get(cell as usize)?.clear_road()?, false)))
}

/// What is less common: limits that are no plain token buckets, calls that weigh more than one, several sets of keys.
struct Road<'a> {
    policy: &'a Service,
    places: &'a [Place],
    amounts: [u64; MAX_UNITS],
    now: Instant,
    forget: Span,
}

impl Road<'_> {
    /// Limits of a split, and what the call takes of each.
    fn rules(&self, limits: &[u16]) -> impl Iterator<Item = (&LimitPolicy, u64)> {
        limits.iter().filter_map(|at| {
            let at = usize::from(*at);
            let rule = self.policy.limits.get(at).zip(self.places.get(at));
            rule.map(|(rule, place)| (rule, self.amounts[place.unit]))
        })
    }
    /// Do the limits of a split let the units pass?
    #[inline(never)]
    fn fits(&self, split: &Split, cell: u32) -> bool {
        let mut rules = self.rules(&split.limits);
        let passes = |(rule, units), state: &LimitState| state.check(rule, units, self.now) == LimitCheck::Pass;
        split.states_of(cell).iter().all(|state| rules.next().is_some_and(|rule| passes(rule, state)))
    }
    /// The cell of a split, where it stands and its limits let the units pass.
    fn find(&self, split: &Split, key: impl Fn(u8) -> Option<KeyId>) -> Option<u32> {
        let cell = split.standing(key, self.now, self.forget)?;
        let lanes = self.amounts[0] == 1 && !split.lanes.is_empty();
        ((lanes && split.is_ample(cell, self.now)) || self.fits(split, cell)).then_some(cell)
    }
    /// The cells of the other splits.
    #[inline(never)]
    fn find_all(
        &self,
        splits: &[Split],
        key: impl Fn(u8) -> Option<KeyId>,
        mut cells: [u32; MAX_SPLITS],
    ) -> Option<[u32; MAX_SPLITS]> {
        for (split, place) in splits.iter().zip(cells.iter_mut().skip(1)) {
            *place = self.find(split, &key)?;
        }
        Some(cells)
    }
    /// Takes the units of a split.
    #[inline(never)]
    fn take(&self, split: &mut Split, cell: u32) {
        let (limits, states) = split.limits_of_mut(cell);
        for (state, (rule, units)) in states.iter_mut().zip(self.rules(limits)) {
            state.commit(rule, units, self.now);
        }
    }
    /// Takes the units of the other splits, and enters their cells.
    #[inline(never)]
    fn take_all(&self, splits: &mut [Split], cells: [u32; MAX_SPLITS]) {
        for (split, cell) in splits.iter_mut().zip(cells.into_iter().skip(1)) {
            if self.amounts[0] == 1 && !split.lanes.is_empty() {
                split.take_one(cell, self.now);
            } else {
                self.take(split, cell);
            }
            if let Some(c) = split.cells.get_mut(cell as usize) {
                c.enter(self.now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::vec::Vec;

    /// At which of these instants, in seconds, the straight road grants one unit.
    fn granted(limit: &str, at_secs: &[i64]) -> Vec<i64> {
        let policy =
            format!(r#"{{"version":1,"services":{{"a":{{"limits":[{{"name":"l","period":"1m",{limit}}}]}}}}}}"#);
        let mut engine = Engine::load(&policy, 1, Instant::EPOCH).unwrap();
        let mut passes = |at: &i64| {
            engine.admit_straight(0, |_| None, [1, 0, 0, 0], false, Instant::from_millis(at * 1000)).is_some()
        };
        at_secs.iter().copied().filter(|at| passes(at)).collect()
    }

    #[test]
    fn a_buckets_last_token_is_an_ordinary_call() {
        assert_eq!(granted(r#""limit":60,"burst":1"#, &[5, 5, 6, 6, 8]), [5, 6, 8]);
        assert_eq!(granted(r#""limit":60,"burst":3"#, &[5, 5, 5, 5, 6, 6]), [5, 5, 5, 6]);
        assert_eq!(granted(r#""limit":7,"burst":1"#, &[0, 8, 9, 17, 18]), [0, 9, 18]);
    }
}
