//! One half-open round: how many probes were granted, how they ended, and when the verdict is certain.
use crate::base::num::Ratio;
use crate::base::order::take_out;
use crate::base::time::Instant;
use crate::gate::breaker::policy::BreakerPolicy;
use alloc::collections::VecDeque;

/// What the remaining probes can no longer change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// The upstream is back.
    Close,
    /// It is not.
    Reopen,
}

/// The probes of one round.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Probes {
    /// Settled well or badly.
    pub(super) settled: u32,
    /// Of those, failures.
    pub(super) failed: u32,
    /// Of those, slow ones.
    pub(super) slow: u32,
    /// Probes in flight that have crossed the slow limit.
    pub(super) crossed: u32,
    /// Lease ends of the probes in flight, oldest first.
    pub(super) running: VecDeque<Instant>,
    /// Was any probe granted in this round?
    pub(super) tried: bool,
    /// No probe came within `max_wait` of the round's begin.
    pub(super) idle: bool,
}

impl Probes {
    /// May one more probe start?
    pub(super) fn has_room(&self, p: &BreakerPolicy) -> bool {
        let rule = p.half_open;
        let running = self.running.len() as u32;
        running < rule.concurrent && self.settled + running < rule.probes
    }
    /// The earliest instant at which a probe in flight gives its place back.
    pub(super) fn earliest_end(&self) -> Option<Instant> {
        self.running.iter().min().copied()
    }
    /// A probe starts.
    pub(super) fn start(&mut self, lease_end: Instant) {
        self.tried = true;
        self.idle = false;
        self.running.push_back(lease_end);
    }
    /// A probe is no longer in flight; false when its lease has run out before.
    pub(super) fn leave(&mut self, lease_end: Instant) -> bool {
        match self.running.iter().position(|end| *end == lease_end) {
            Some(at) => take_out(&mut self.running, at),
            None => false,
        }
    }
    /// The verdict, as soon as the remaining probes cannot change it.
    pub(super) fn verdict(&self, p: &BreakerPolicy) -> Option<Verdict> {
        let n = p.half_open.probes;
        let remaining = n.saturating_sub(self.settled);
        let failed = match p.failure_rate {
            Some(rate) => judge(rate, self.failed, remaining, n),
            None if self.failed > 0 => Some(Verdict::Reopen),
            None if remaining == 0 => Some(Verdict::Close),
            None => None,
        };
        let slow = match p.slow {
            Some(rule) => judge(rule.rate, self.slow + self.crossed, remaining.saturating_sub(self.crossed), n),
            None => Some(Verdict::Close),
        };
        match (failed, slow) {
            (Some(Verdict::Reopen), _) | (_, Some(Verdict::Reopen)) => Some(Verdict::Reopen),
            (Some(Verdict::Close), Some(Verdict::Close)) => Some(Verdict::Close),
            _ => None,
        }
    }
}

/// Bad at `bad / n >= rate`; good once even `remaining` more bad ones could not reach it.
fn judge(rate: Ratio, bad: u32, remaining: u32, n: u32) -> Option<Verdict> {
    if rate.reached(bad.into(), n.into()) {
        return Some(Verdict::Reopen);
    }
    (!rate.reached((bad + remaining).into(), n.into())).then_some(Verdict::Close)
}
