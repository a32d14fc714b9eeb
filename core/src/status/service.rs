//! The readings of one service: its breaker, its throttle, its probes; and what they mean.
use super::Status;
use super::cause::{Cause, Condition, Kind, Target};
use super::hold::Hold;
use super::incident::Incidents;
use super::policy::ProbeRule;
use crate::base::time::{Instant, Span};
use alloc::string::String;
use alloc::vec::Vec;

/// What a probe found.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ProbeResult {
    /// Did it answer as it should?
    pub ok: bool,
    /// How long it took.
    pub latency: Option<Span>,
    /// Memory used and in all, in bytes.
    pub memory: Option<(u64, u64)>,
    /// What it said; never shown in production.
    pub message: Option<String>,
}

/// The state of a service's probes.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ProbeState {
    /// Failures in a row.
    pub failures: u32,
    /// Successes in a row.
    pub successes: u32,
    /// Is it judged offline?
    pub down: bool,
    /// Is the last result too old?
    pub stale: bool,
    /// When the last result came; `None` before the first.
    pub at: Option<Instant>,
    /// The last result.
    pub last: ProbeResult,
}

impl ProbeState {
    /// Takes a result: so many failures in a row make it offline, so many successes in a row end that.
    pub fn record(&mut self, rule: &ProbeRule, result: ProbeResult, now: Instant) {
        if result.ok {
            self.failures = 0;
            self.successes = self.successes.saturating_add(1);
            if self.successes >= rule.successes {
                self.down = false;
            }
        } else {
            self.successes = 0;
            self.failures = self.failures.saturating_add(1);
            if self.failures >= rule.failures {
                self.down = true;
            }
        }
        self.stale = false;
        self.at = Some(now);
        self.last = result;
    }
    /// When the last result becomes too old.
    pub fn stale_at(&self, rule: &ProbeRule) -> Option<Instant> {
        if self.stale { None } else { self.at.map(|at| at + rule.stale) }
    }
    /// How the last latency compares with the rule; strictly longer counts.
    pub fn latency_status(&self, rule: &ProbeRule) -> Status {
        let over = |limit: Option<Span>| self.last.latency.zip(limit).is_some_and(|(l, limit)| l > limit);
        level(over(rule.latency_degraded), over(rule.latency_offline))
    }
    /// How the last share of memory compares with the rule; strictly more counts.
    pub fn memory_status(&self, rule: &ProbeRule) -> Status {
        let over = |limit: Option<crate::base::num::Ratio>| {
            self.last.memory.zip(limit).is_some_and(|((used, total), limit)| limit.exceeded(used, total))
        };
        level(over(rule.memory_degraded), over(rule.memory_offline))
    }
    fn causes(&self, source: Target, rule: &ProbeRule, out: &mut Vec<Cause>) {
        if self.at.is_none() {
            return;
        }
        let mut add = |kind, level| {
            if level > Status::Healthy {
                out.push(Cause { source, kind, level });
            }
        };
        if self.stale {
            add(Kind::Stale, Status::Unknown);
            return;
        }
        add(Kind::ProbeFailed, if self.down { Status::Offline } else { Status::Healthy });
        add(Kind::Latency, self.latency_status(rule));
        add(Kind::Memory, self.memory_status(rule));
    }
}

const fn level(degraded: bool, offline: bool) -> Status {
    match (degraded, offline) {
        (_, true) => Status::Offline,
        (true, false) => Status::Degraded,
        (false, false) => Status::Healthy,
    }
}

/// `used / total` in hundredths of a percent, rounded half up: 123456789 of 512000000 is 2411. Zero when `total` is zero.
pub fn percent2(used: u64, total: u64) -> u64 {
    if total == 0 {
        return 0;
    }
    let hundredths = (u128::from(used) * 20_000 + u128::from(total)) / (2 * u128::from(total));
    u64::try_from(hundredths).unwrap_or(u64::MAX)
}

/// What a person ordered: shown instead of what was found.
#[derive(Clone, PartialEq, Debug)]
pub struct Override {
    /// What to show.
    pub status: Status,
    /// Until when; `None` until it is cleared.
    pub until: Option<Instant>,
    /// What to say.
    pub message: Option<String>,
}

/// What is kept of every service and feature.
#[derive(Clone, PartialEq, Debug)]
pub struct Node {
    /// Raw and shown status.
    pub hold: Hold,
    /// An order in force.
    pub ordered: Option<Override>,
    /// The causes as dependents see them: what was found, or the order.
    pub found: Vec<Cause>,
}

impl Node {
    /// Healthy, since `now`.
    pub fn new(now: Instant) -> Self {
        Node { hold: Hold::new(now), ordered: None, found: Vec::new() }
    }
}

/// What is kept of a service.
#[derive(Clone, PartialEq, Debug)]
pub struct ServiceState {
    /// Raw and shown status, order.
    pub node: Node,
    /// Its breaker.
    pub condition: Condition,
    /// The next attempt, while open.
    pub retry_at: Option<Instant>,
    /// Until when the upstream said to wait.
    pub throttled_until: Option<Instant>,
    /// Tenants affected and seen, where the breaker is keyed.
    pub tenants: (u32, u32),
    /// Probes.
    pub probe: ProbeState,
    /// Open and past incidents.
    pub incidents: Incidents,
}

impl ServiceState {
    /// Nothing known, healthy.
    pub fn new(now: Instant) -> Self {
        ServiceState {
            node: Node::new(now),
            condition: Condition::Closed,
            retry_at: None,
            throttled_until: None,
            tenants: (0, 0),
            probe: ProbeState::default(),
            incidents: Incidents::default(),
        }
    }
    /// What its own readings say, worst-of: one cause never hides another.
    pub fn causes(&self, source: Target, rule: &ProbeRule) -> Vec<Cause> {
        let mut out = Vec::new();
        if let Some(kind) = self.condition.kind() {
            out.push(Cause { source, kind, level: self.condition.status() });
        }
        if self.throttled_until.is_some() {
            out.push(Cause { source, kind: Kind::Throttled, level: Status::Degraded });
        }
        self.probe.causes(source, rule, &mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // covers: R-4008
    #[test]
    fn a_percentage_has_two_decimals() {
        assert_eq!(percent2(123_456_789, 512_000_000), 2411);
        assert_eq!(percent2(1, 3), 3333);
        assert_eq!(percent2(2, 3), 6667);
        assert_eq!(percent2(5, 0), 0);
    }
}
