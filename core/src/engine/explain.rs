//! A decision in numbers: what each gate of a service looks at for one caller, and what the next call would be told.
use crate::base::error::{Code, Fault};
use crate::base::time::Instant;
use crate::engine::cells::{MAX_SPLITS, NO_CELL};
use crate::engine::modes::{for_key, shares};
use crate::engine::service::Place;
use crate::engine::{Call, Decision, Engine, Output, Refusal};
use crate::gate::breaker::BreakerView;
use crate::gate::limit::{LimitState, LimitView};
use crate::gate::rule::{Mode, Rule};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// What every gate looks at.
#[derive(Clone, PartialEq, Debug)]
pub struct Explained {
    /// What a call of now would be told; `None` when it would be granted.
    pub refusal: Option<Refusal>,
    /// The roll-up or the service's own, then that of the key.
    pub breakers: Vec<BreakerReading>,
    /// Whether the upstream said wait.
    pub throttle: ThrottleReading,
    /// All limits in the order of the policy.
    pub limits: Vec<LimitReading>,
}

/// One breaker.
#[derive(Clone, PartialEq, Debug)]
pub struct BreakerReading {
    /// Does it stand above the breakers of the keys?
    pub rollup: bool,
    /// Is it a key's own?
    pub keyed: bool,
    /// Does it refuse for this caller?
    pub mode: Mode,
    /// Its numbers; `None` for a key that it has not met.
    pub view: Option<BreakerView>,
}

/// The hold after an upstream said wait.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ThrottleReading {
    /// Is it the key's own?
    pub keyed: bool,
    /// Does it refuse for this caller?
    pub mode: Mode,
    /// Until when calls are held back.
    pub until: Option<Instant>,
    /// How often in a row the upstream said so.
    pub streak: u32,
}

/// One limit.
#[derive(Clone, PartialEq, Debug)]
pub struct LimitReading {
    /// Is it counted by key?
    pub keyed: bool,
    /// Does it refuse for this caller?
    pub mode: Mode,
    /// Is this caller neither refused nor counted?
    pub exempt: bool,
    /// What the call asks for.
    pub units: u64,
    /// Its numbers.
    pub view: LimitView,
}

impl Engine {
    /// What each gate looks at, and what `call` would be told at `at`. Takes and counts nothing.
    /// Errors: as [`Engine::admit`]. Cost: O(rules of the service).
    pub fn explain(&mut self, call: &Call, at: Instant) -> Result<Output<'_>, Fault> {
        let service = call.service as usize;
        if service >= self.services.len() {
            return Err(Fault::at(Code::UnknownService, "service", format_args!("there is no service {service}")));
        }
        let now = self.begin(at);
        self.asked = call.service;
        let cells = self.resolve(call, true, now)?.unwrap_or([NO_CELL; MAX_SPLITS]);
        // The draw that the next call would make.
        self.services[service].draws += 1;
        self.check(call, cells, now);
        self.services[service].draws -= 1;
        let refused = self.failing.iter().any(|f| !f.shadow);
        let explained = Explained {
            refusal: refused.then(|| self.refusal(call, now)),
            breakers: self.breaker_readings(call, &cells, now),
            throttle: self.throttle_reading(call, &cells, now),
            limits: self.limit_readings(call, &cells, now),
        };
        Ok(self.end(Decision::Explained(Box::new(explained))))
    }
    fn mode_of(&self, call: &Call, now: Mode, rule: &Rule) -> Mode {
        let service = &self.policy.services[call.service as usize].rule;
        for_key(now, shares(&self.policy, service, rule), || self.share_hash(call))
    }
    fn breaker_readings(&self, call: &Call, cells: &[u32; MAX_SPLITS], now: Instant) -> Vec<BreakerReading> {
        let service = call.service as usize;
        let (s, p) = (&self.services[service], &self.policy.services[service]);
        let Some(policy) = p.breaker.as_ref() else { return Vec::new() };
        let mode = self.mode_of(call, self.modes.services[service].breaker_now, &policy.rule);
        let split = s.breaker_split();
        let reading = |rollup, keyed, view| BreakerReading { rollup, keyed, mode, view };
        let above = s.rollup.as_ref().map(|r| reading(true, false, Some(r.breaker.view(policy, now))));
        let own = split.breakers.get(cells[s.breaker_at as usize] as usize).map(|b| b.view(policy, now));
        above.into_iter().chain([reading(false, split.is_keyed(), own)]).collect()
    }
    fn throttle_reading(&self, call: &Call, cells: &[u32; MAX_SPLITS], now: Instant) -> ThrottleReading {
        let service = call.service as usize;
        let s = &self.services[service];
        let throttle = s.breaker_split().throttle(cells[s.breaker_at as usize]);
        ThrottleReading {
            keyed: s.breaker_split().is_keyed(),
            mode: self.mode_of(call, self.modes.services[service].throttle_now, &Rule::default()),
            until: throttle.check(now),
            streak: throttle.streak(),
        }
    }
    fn limit_readings(&self, call: &Call, cells: &[u32; MAX_SPLITS], now: Instant) -> Vec<LimitReading> {
        let service = call.service as usize;
        let (s, p) = (&self.services[service], &self.policy.services[service]);
        let read = |(i, limit): (usize, &_)| {
            let limit: &crate::gate::limit::LimitPolicy = limit;
            let Place { split, place, unit } = s.limit_at[i];
            let fresh = LimitState::default();
            let cell = cells[split];
            let state = if cell == NO_CELL { &fresh } else { s.splits[split].limit_ref(cell, place) };
            LimitReading {
                keyed: s.splits[split].is_keyed(),
                mode: self.mode_of(call, self.modes.services[service].limits_now[i], &limit.rule),
                exempt: self.is_exempt(call, &limit.exempt),
                units: call.amounts[unit],
                view: state.view(limit, now),
            }
        };
        p.limits.iter().enumerate().map(read).collect()
    }
}
