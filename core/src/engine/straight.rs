//! The straight road: an ordinary call with nothing in its way, in one pass over its cells.
//!
//! It does exactly what `check` with `grant`, and `settle`, would have done, or nothing at all: whatever is out of the ordinary (a refusal, a
//! shadow, a probe, a ramp, a hold, a retry, a new key, a key of several names) takes the general road. The laws run both
//! side by side.
use crate::base::time::{Instant, Span};
use crate::call::{Outcome, RetryVerdict};
use crate::engine::cells::{MAX_SPLITS, NO_CELL};
use crate::engine::permits::{Held, MAX_UNITS, Permit};
use crate::engine::service::ServiceState;
use crate::engine::{Call, Ended, Engine, Settle};
use crate::gate::breaker::{Kind, Phase, Record};
use crate::gate::limit::{LimitCheck, LimitState};
use crate::measure::window::Sample;
use crate::policy::Service;

/// Takes limits by bit: limit i is taken where bit i is set.
const fn all_of(n: usize) -> u32 {
    if n >= 32 { u32::MAX } else { (1 << n) - 1 }
}

impl Engine {
    /// Grants an ordinary call. `None`: nothing was touched.
    #[inline(always)]
    pub(super) fn admit_straight(&mut self, call: &Call, now: Instant) -> Option<(u64, Option<Span>)> {
        let at = call.service as usize;
        if call.attempt != 0 || call.since.is_some() || call.amounts[0] == 0 || self.permits.is_full() {
            return None;
        }
        let plain = self.modes.services.get(at)?.plain;
        let (s, p) = (self.services.get_mut(at)?, self.policy.services.get(at)?);
        if !plain {
            return None;
        }
        let cells = standing(s, call, now, self.policy.keys.forget)?;
        let (breaker, rollup) = clear_road(s, p, cells, now)?;
        if !fits(s, p, cells, &call.amounts, now) {
            return None;
        }
        // Nothing refuses from here on.
        s.draws += 1;
        let one = call.amounts[0] == 1;
        for (split, cell) in s.splits.iter_mut().zip(&cells) {
            let (limits, lanes, states) = split.states_of_mut(*cell);
            if one && !lanes.is_empty() {
                states.iter_mut().zip(lanes).for_each(|(state, lane)| state.take_one(lane, now));
            } else {
                for (state, at) in states.iter_mut().zip(limits) {
                    let rule = p.limits.get(usize::from(*at)).zip(s.limit_at.get(usize::from(*at)));
                    if let Some((limit, place)) = rule {
                        state.commit(limit, call.amounts[place.unit], now);
                    }
                }
            }
            if let Some(c) = split.cells.get_mut(*cell as usize) {
                c.enter(now);
            }
        }
        s.meter.granted += 1;
        s.retries.call(now);
        let slow = p.breaker.as_ref().and_then(|b| b.slow);
        let permit = Permit {
            service: call.service,
            serial: 0,
            granted: now,
            lease_end: now + p.lease,
            slow_at: slow.map_or(Instant::NEVER, |slow| now + slow.over + Span::from_micros(1)),
            cells,
            breaker,
            rollup,
            limits: all_of(p.limits.len()),
            amounts: call.amounts,
            attempt: 0,
            begun: now,
            idempotent: call.idempotent,
        };
        self.floor = self.floor.min(permit.lease_end.min(permit.slow_at));
        let id = self.permits.insert(&mut s.fifos, permit).unwrap_or(0);
        let timeout = match (p.timeout.total, p.deadline) {
            (Some(total), Some(left)) => Some(total.min(left)),
            (total, left) => total.or(left),
        };
        Some((id, timeout))
    }

    /// Settles an ordinary call. `None`: nothing was touched.
    #[inline(always)]
    pub(super) fn settle_straight(
        &mut self,
        permit: u64,
        settle: &Settle,
        now: Instant,
    ) -> Option<(Outcome, RetryVerdict)> {
        let Ended::Outcome(outcome) = settle.ended else { return None };
        let failure = match outcome {
            Outcome::Success => false,
            Outcome::Failure | Outcome::Timeout => true,
            _ => return None,
        };
        if settle.retry_after.is_some() || settle.amounts.iter().any(Option::is_some) {
            return None;
        }
        let slot = self.permits.find(permit)?;
        let held = self.permits.permit(slot)?;
        let at = held.service as usize;
        let plain = self.modes.services.get(at)?.plain;
        let (s, p) = (self.services.get_mut(at)?, self.policy.services.get(at)?);
        if !plain || is_special(held.breaker) || is_special(held.rollup) {
            return None;
        }
        let (cells, cell) = (held.cells, held.cells[s.breaker_at as usize]);
        let (granted, service) = (held.granted, held.service);
        let split = s.breaker_split();
        if split.was_held() {
            return None;
        }
        let own = match (&p.breaker, held.breaker) {
            (None, None) => None,
            (Some(rule), Some(own)) => {
                let clear = split.breakers.get(cell as usize)?.clear_road() == Some(own.generation);
                let above = s.rollup.as_ref().is_none_or(|r| r.breaker.phase() == Phase::Closed);
                if !(clear && above) {
                    return None;
                }
                Some((rule, held.rollup))
            }
            _ => return None,
        };
        let retry = match (&p.retry, failure) {
            (None, _) => RetryVerdict::OFF,
            (Some(_), false) => RetryVerdict::WORKED,
            // Advised by the general road.
            (Some(_), true) => return None,
        };
        let duration = settle.duration.unwrap_or(now.since(granted));
        for (split, cell) in s.splits.iter_mut().zip(&cells) {
            if let Some(c) = split.cells.get_mut(*cell as usize) {
                c.leave(now);
                split.unpark(*cell, &mut self.keys, now);
            }
        }
        self.permits.release(&mut s.fifos, slot);
        s.meter.settle(outcome);
        s.meter.latency.record(duration.micros() as u64);
        if let Some((rule, rollup)) = own {
            let sample = Sample { failure, slow: rule.slow.is_some_and(|slow| duration > slow.over) };
            let ruled = rule.rollup.is_some();
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
        Some((outcome, retry))
    }
}

/// A probe, or a call that has turned slow in flight.
#[inline]
fn is_special(held: Option<Held>) -> bool {
    held.is_some_and(|h| h.probe || h.crossed().is_some())
}

/// The cells of a call's keys, where each stands and none has lapsed.
#[inline(always)]
fn standing(s: &ServiceState, call: &Call, now: Instant, forget: Span) -> Option<[u32; MAX_SPLITS]> {
    let mut cells = [NO_CELL; MAX_SPLITS];
    for (split, place) in s.splits.iter().zip(&mut cells) {
        *place = split.standing(&call.keys, now, forget)?;
    }
    Some(cells)
}

/// Do all limits let the units pass?
#[inline(always)]
fn fits(s: &ServiceState, p: &Service, cells: [u32; MAX_SPLITS], amounts: &[u64; MAX_UNITS], now: Instant) -> bool {
    for (split, cell) in s.splits.iter().zip(&cells) {
        let states = split.states_of(*cell);
        if amounts[0] == 1 && !split.lanes.is_empty() {
            // where this leaves a doubt, the general road knows
            if !states.iter().zip(&split.lanes).all(|(state, lane)| state.is_ample(lane, now)) {
                return false;
            }
        } else if !states.iter().zip(&split.limits).all(|(state, at)| passes(s, p, *at, state, amounts, now)) {
            return false;
        }
    }
    true
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
fn clear_road(
    s: &ServiceState,
    p: &Service,
    cells: [u32; MAX_SPLITS],
    now: Instant,
) -> Option<(Option<Held>, Option<Held>)> {
    let split = s.breaker_split();
    let cell = cells[s.breaker_at as usize];
    if split.was_held() && split.throttle(cell).check(now).is_some() {
        return None;
    }
    if p.breaker.is_none() {
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
