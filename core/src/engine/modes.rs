//! Whether a rule refuses here and now: the policy's modes, the orders of today, and the share of keys it is enforced for.
use crate::base::hash::in_share;
use crate::base::num::Ratio;
use crate::base::time::Span;
use crate::engine::input::ModeScope;
use crate::engine::service::ServiceState;
use crate::gate::rule::{Mode, Rule};
use crate::measure::window::Shape;
use crate::policy::{Policy, Service};
use alloc::vec;
use alloc::vec::Vec;

/// One service's modes.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct ServiceModes {
    pub(super) service: Option<Mode>,
    pub(super) breaker: Option<Mode>,
    pub(super) limits: Vec<Option<Mode>>,
    /// Effective modes, of the throttle, the breaker and each limit.
    pub(super) throttle_now: Mode,
    pub(super) breaker_now: Mode,
    pub(super) limits_now: Vec<Mode>,
}

/// The constants of a service that an ordinary call needs, side by side.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Route {
    /// After how long a silent key starts anew.
    pub(super) forget: Span,
    /// How the breaker counts.
    pub(super) shape: Shape,
    /// How long a permit lives.
    pub(super) lease: Span,
    /// From when on a call is slow; without a slow rule never.
    pub(super) slow_after: Span,
    /// How long a call may take.
    pub(super) timeout: Option<Span>,
    /// The same as it stands on the wire; -1 for none.
    pub(super) timeout_ms: f64,
    /// A bit for each limit.
    pub(super) limits: u32,
    /// Is there a breaker?
    pub(super) breaker: bool,
    /// Do the keys' breakers open one above them?
    pub(super) ruled: bool,
    /// Are retries advised?
    pub(super) retries: bool,
}

impl Route {
    fn of(policy: &Policy, s: &Service) -> Route {
        let slow = s.breaker.as_ref().and_then(|b| b.slow);
        let timeout = s.timeout.total.into_iter().chain(s.deadline).min();
        Route {
            forget: policy.keys.forget,
            shape: s.breaker.as_ref().map_or(Shape::Count { calls: 1 }, |b| b.shape),
            lease: s.lease,
            slow_after: slow.map_or(Span::MAX, |slow| slow.over + Span::from_micros(1)),
            timeout,
            timeout_ms: timeout.map_or(-1.0, Span::as_ms),
            limits: u32::MAX.checked_shr(32 - s.limits.len() as u32).unwrap_or(0),
            breaker: s.breaker.is_some(),
            ruled: s.breaker.as_ref().is_some_and(|b| b.rollup.is_some()),
            retries: s.retry.is_some(),
        }
    }
}

/// Orders given, and what they come to.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Modes {
    pub(super) document: Option<Mode>,
    pub(super) services: Vec<ServiceModes>,
}

impl Modes {
    /// No order given yet; [`Modes::settle`] comes before the first call.
    pub(super) fn new(policy: &Policy) -> Self {
        let services = policy
            .services
            .iter()
            .map(|s| ServiceModes { limits: vec![None; s.limits.len()], ..ServiceModes::default() })
            .collect();
        Modes { document: None, services }
    }
    /// Works out the effective modes: the most lenient of document, service and rule, an order standing for the policy's word. A service
    /// of which every rule is in force for every call gets its route.
    pub(super) fn settle(&mut self, policy: &Policy, states: &mut [ServiceState]) {
        let document = self.document.unwrap_or(policy.mode);
        for ((m, s), state) in self.services.iter_mut().zip(&policy.services).zip(states) {
            let service = document.max(m.service.unwrap_or(s.rule.mode));
            m.throttle_now = service;
            let own = s.breaker.as_ref().map_or(Mode::Off, |b| b.rule.mode);
            m.breaker_now = service.max(m.breaker.unwrap_or(own));
            m.limits_now =
                s.limits.iter().zip(&m.limits).map(|(l, order)| service.max(order.unwrap_or(l.rule.mode))).collect();
            let plain = is_plain(policy, s)
                && (s.breaker.is_none() || m.breaker_now == Mode::Enforce)
                && m.limits_now.iter().all(|mode| *mode == Mode::Enforce);
            state.route = plain.then(|| Route::of(policy, s));
        }
    }
    /// Takes an order in.
    pub(super) fn order(&mut self, policy: &Policy, states: &mut [ServiceState], scope: ModeScope, mode: Option<Mode>) {
        match scope {
            ModeScope::Document => self.document = mode,
            ModeScope::Service(s) => self.with(s, |m| m.service = mode),
            ModeScope::Breaker(s) => self.with(s, |m| m.breaker = mode),
            ModeScope::Limit(s, l) => self.with(s, |m| {
                if let Some(slot) = m.limits.get_mut(l as usize) {
                    *slot = mode;
                }
            }),
        }
        self.settle(policy, states);
    }
    fn with(&mut self, service: u32, f: impl FnOnce(&mut ServiceModes)) {
        if let Some(m) = self.services.get_mut(service as usize) {
            f(m);
        }
    }
}

/// No share of keys is spared by any rule, and no key is exempt.
fn is_plain(policy: &Policy, s: &Service) -> bool {
    let whole = |rule: &Rule| rule.enforce_share.is_none();
    policy.enforce_share.is_none()
        && whole(&s.rule)
        && s.breaker.as_ref().is_none_or(|b| whole(&b.rule))
        && s.limits.iter().all(|l| whole(&l.rule) && l.exempt.is_empty())
}

/// A rule in force for all is in shadow for the keys outside each `enforce_share` that applies to it.
pub(super) fn for_key(mode: Mode, shares: [Option<Ratio>; 3], hash: impl FnOnce() -> u64) -> Mode {
    if mode != Mode::Enforce || shares.iter().all(Option::is_none) {
        return mode;
    }
    let hash = hash();
    if shares.iter().flatten().all(|share| in_share(hash, *share)) { Mode::Enforce } else { Mode::Shadow }
}

/// The shares that apply to a rule.
pub(super) fn shares(policy: &Policy, service: &Rule, rule: &Rule) -> [Option<Ratio>; 3] {
    [policy.enforce_share, service.enforce_share, rule.enforce_share]
}
