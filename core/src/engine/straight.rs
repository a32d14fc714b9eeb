//! The straight road: an ordinary call with nothing in its way, in one pass over its cells.
//!
//! It does exactly what `check` with `grant`, and `settle`, would have done, or nothing at all: whatever is out of the ordinary (a refusal, a
//! shadow, a probe, a ramp, a hold, a retry, a new key, a key of several names) takes the general road. The laws run both
//! side by side.
use crate::base::key::KeyId;
use crate::base::time::{Instant, Span};
use crate::call::{Outcome, RetryVerdict};
use crate::engine::Engine;
use crate::engine::cells::{MAX_SPLITS, NO_CELL, Split};
use crate::engine::modes::Route;
use crate::engine::permits::{Held, MAX_UNITS, Permit};
use crate::engine::service::ServiceState;
use crate::gate::breaker::{Kind, Phase, Record};
use crate::gate::limit::{LimitCheck, LimitState};
use crate::measure::window::Sample;
use crate::policy::Service;

impl Engine {
    /// Grants an ordinary first attempt: its permit, and how long it may take. `None`: nothing was touched.
    /// `key` gives the keys of the call by the index of their name.
    #[inline(always)]
    pub(super) fn admit_straight(
        &mut self,
        service: u32,
        key: impl Fn(u8) -> Option<KeyId>,
        amounts: &[u64; MAX_UNITS],
        idempotent: bool,
        now: Instant,
    ) -> Option<(u64, Option<Span>)> {
        let at = service as usize;
        let route = self.modes.services.get(at)?.route.as_ref()?;
        let (s, p) = (self.services.get_mut(at)?, self.policy.services.get(at)?);
        if amounts[0] == 0 || self.permits.is_full() {
            return None;
        }
        let one = amounts[0] == 1;
        let mut cells = [NO_CELL; MAX_SPLITS];
        for (split, place) in s.splits.iter().zip(&mut cells) {
            *place = split.standing(&key, now, self.policy.keys.forget)?;
            if !fits(s, p, split, *place, amounts, now) {
                return None;
            }
        }
        let (breaker, rollup) = clear_road(s, route, cells[s.breaker_at as usize], now)?;
        // Nothing refuses from here on.
        s.draws += 1;
        for (split, cell) in s.splits.iter_mut().zip(&cells) {
            let (limits, lanes, states) = split.states_of_mut(*cell);
            if one && !lanes.is_empty() {
                states.iter_mut().zip(lanes).for_each(|(state, lane)| state.take_one(lane, now));
            } else {
                for (state, at) in states.iter_mut().zip(limits) {
                    let rule = p.limits.get(usize::from(*at)).zip(s.limit_at.get(usize::from(*at)));
                    if let Some((limit, place)) = rule {
                        state.commit(limit, amounts[place.unit], now);
                    }
                }
            }
            if let Some(c) = split.cells.get_mut(*cell as usize) {
                c.enter(now);
            }
        }
        s.meter.granted += 1;
        s.retries.call(now);
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
            amounts: *amounts,
            attempt: 0,
            begun: now,
            idempotent,
        };
        self.floor = self.floor.min(permit.lease_end.min(permit.slow_at));
        let id = self.permits.insert(&mut s.fifos, permit).unwrap_or(0);
        Some((id, route.timeout))
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
        let route = self.modes.services.get(at)?.route.as_ref()?;
        let s = self.services.get_mut(at)?;
        // Advising a retry is the general road's.
        if is_special(held.breaker) || is_special(held.rollup) || (route.retries && failure) {
            return None;
        }
        let cell = held.cells[s.breaker_at as usize];
        let split = s.breaker_split();
        if split.was_held() {
            return None;
        }
        let (rollup, ruled) = (held.rollup, route.ruled);
        let own = match (&self.policy.services.get(at)?.breaker, held.breaker) {
            (None, None) => None,
            (Some(rule), Some(own)) => {
                let clear = split.breakers.get(cell as usize)?.clear_road() == Some(own.generation);
                let above = s.rollup.as_ref().is_none_or(|r| r.breaker.phase() == Phase::Closed);
                if !(clear && above) {
                    return None;
                }
                Some(rule)
            }
            _ => return None,
        };
        let retry = if route.retries { RetryVerdict::WORKED } else { RetryVerdict::OFF };
        let duration = duration.unwrap_or(now.since(held.granted));
        for (split, cell) in s.splits.iter_mut().zip(&held.cells) {
            split.leave(*cell, &mut self.keys, now);
        }
        self.permits.release_ordinary(&mut s.fifos, slot);
        s.meter.settle(outcome);
        s.meter.latency.record(duration.micros() as u64);
        if let Some(rule) = own {
            let sample = Sample { failure, slow: rule.slow.is_some_and(|slow| duration > slow.over) };
            let split = s.breaker_split_mut();
            split.cells[cell as usize].set_own_fault(false);
            let b = &mut split.breakers[cell as usize];
            b.count(rule, now, sample);
            if !b.is_spotless(rule) && b.tripped(rule, now).is_some() {
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

/// A probe, or a call that has turned slow in flight.
#[inline]
fn is_special(held: Option<Held>) -> bool {
    held.is_some_and(|h| h.probe || h.crossed().is_some())
}

/// Do the limits of a split let the units pass?
#[inline(always)]
fn fits(s: &ServiceState, p: &Service, split: &Split, cell: u32, amounts: &[u64; MAX_UNITS], now: Instant) -> bool {
    let states = split.states_of(cell);
    if amounts[0] == 1 && !split.lanes.is_empty() {
        // where this leaves a doubt, the general road knows
        states.iter().zip(&split.lanes).all(|(state, lane)| state.is_ample(lane, now))
    } else {
        states.iter().zip(&split.limits).all(|(state, at)| passes(s, p, *at, state, amounts, now))
    }
}

fn passes(
    s: &ServiceState,
    p: &Service,
    at: u16,
    state: &LimitState,
    amounts: &[u64; MAX_UNITS],
    now: Instant,
) -> bool {
    let rule = p.limits.get(usize::from(at)).zip(s.limit_at.get(usize::from(at)));
    rule.is_some_and(|(limit, place)| state.check(limit, amounts[place.unit], now) == LimitCheck::Pass)
}

/// What the breakers grant, where neither stands in the way and the upstream has not said wait.
#[inline(always)]
fn clear_road(s: &ServiceState, route: &Route, cell: u32, now: Instant) -> Option<(Option<Held>, Option<Held>)> {
    let split = s.breaker_split();
    if split.was_held() && split.throttle(cell).check(now).is_some() {
        return None;
    }
    if !route.breaker {
        return Some((None, None));
    }
    let held = |generation| Held::new(generation, false);
    let own = split.breakers.get(cell as usize)?.clear_road()?;
    let above = match &s.rollup {
        Some(r) => Some(r.breaker.clear_road()?),
        None => None,
    };
    Some((Some(held(own)), above.map(held)))
}
