//! The state of one service: its cells, its roll-up, its lists of calls in flight, its meters.
use crate::base::error::{Code, Fault};
use crate::base::hash::stable;
use crate::base::time::Instant;
use crate::call::RetryBudget;
use crate::engine::cells::{MAX_SPLITS, Split, lay_out};
use crate::engine::meter::Meter;
use crate::engine::modes::Route;
use crate::engine::permits::Fifos;
use crate::gate::breaker::{Breaker, Members};
use crate::gate::rule::Per;
use crate::policy::{Policy, Service};
use alloc::format;
use alloc::vec::Vec;

/// The breaker of the whole service above the keyed ones. Without a roll-up rule only orders move it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Rollup {
    pub(super) breaker: Breaker,
    pub(super) members: Members,
}

/// Where a limit lives: split, place in its cells, and the index of its unit.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Place {
    pub(super) split: usize,
    pub(super) place: usize,
    pub(super) unit: usize,
}

/// One service.
#[derive(Clone, Debug)]
pub(crate) struct ServiceState {
    /// Stable hash of the name.
    pub(super) hash: u64,
    /// Draws so far.
    pub(super) draws: u64,
    pub(super) splits: Vec<Split>,
    /// Which split holds the breaker and the throttle.
    pub(super) breaker_at: u8,
    /// Where each limit lives, and what it counts.
    pub(super) limit_at: Vec<Place>,
    pub(super) rollup: Option<Rollup>,
    pub(super) fifos: Fifos,
    pub(super) retries: RetryBudget,
    /// What an ordinary call goes by; `None` while some rule is not in force for every call.
    pub(super) route: Option<Route>,
    pub(crate) meter: Meter,
}

impl ServiceState {
    pub(super) fn breaker_split(&self) -> &Split {
        &self.splits[self.breaker_at as usize]
    }
    pub(super) fn breaker_split_mut(&mut self) -> &mut Split {
        &mut self.splits[self.breaker_at as usize]
    }
}

/// The indices of key names.
pub(super) fn key_indices(policy: &Policy, per: &Per) -> Vec<u8> {
    per.iter().filter_map(|name| policy.key_names.iter().position(|k| k == name)).map(|i| i as u8).collect()
}

pub(super) fn build(policy: &Policy, s: &Service, now: Instant) -> Result<ServiceState, Fault> {
    let of = |per: &Option<Per>| key_indices(policy, per.as_ref().unwrap_or(&s.per));
    let breaker_per = s.breaker.as_ref().map(|b| of(&b.rule.per));
    // A limit is the whole service's unless it says otherwise: a service split by tenant still has one upstream quota.
    let limits_per: Vec<Vec<u8>> =
        s.limits.iter().map(|l| key_indices(policy, l.rule.per.as_ref().unwrap_or(&Vec::new()))).collect();
    let (mut splits, breaker_at, limit_at) = lay_out(breaker_per.as_deref(), &limits_per);
    if splits.len() > MAX_SPLITS {
        let path = format!("services.{}", s.name);
        return Err(Fault::at(Code::TooMany, &path, format_args!("rules are split in more than {MAX_SPLITS} ways")));
    }
    for split in &mut splits {
        if !split.is_keyed() {
            split.open(None, now);
        }
    }
    for split in &mut splits {
        let lanes = split.limits.iter().map(|at| {
            let limit = s.limits.get(usize::from(*at))?;
            limit.lane().filter(|_| policy.units.first() == Some(&limit.unit))
        });
        let all: Vec<_> = lanes.flatten().collect();
        split.lanes = if all.len() == split.limits.len() { all } else { Vec::new() };
    }
    let unit = |name: &str| policy.units.iter().position(|u| u == name).unwrap_or(0);
    let limit_at = limit_at
        .into_iter()
        .zip(&s.limits)
        .map(|((split, place), l)| Place { split: split.into(), place: place.into(), unit: unit(&l.unit) })
        .collect();
    let keyed = breaker_per.is_some_and(|per| !per.is_empty());
    let rollup = s
        .breaker
        .as_ref()
        .filter(|_| keyed)
        .map(|_| Rollup { breaker: Breaker::new(now), members: Members::default() });
    Ok(ServiceState {
        hash: stable(s.name.as_bytes()),
        draws: 0,
        splits,
        breaker_at,
        limit_at,
        rollup,
        fifos: Fifos::default(),
        retries: RetryBudget::default(),
        route: None,
        meter: Meter::default(),
    })
}

pub(super) fn build_all(policy: &Policy, now: Instant) -> Result<Vec<ServiceState>, Vec<Fault>> {
    let (mut services, mut faults) = (Vec::new(), Vec::new());
    for s in &policy.services {
        match build(policy, s, now) {
            Ok(state) => services.push(state),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(services) } else { Err(faults) }
}
