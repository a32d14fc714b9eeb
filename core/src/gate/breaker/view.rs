//! What a report sees of a breaker.
use crate::base::time::Instant;
use crate::gate::breaker::policy::BreakerPolicy;
use crate::gate::breaker::state::{Breaker, Phase};

/// A breaker at one instant.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BreakerView {
    /// Where it stands.
    pub phase: Phase,
    /// Closed, but still admitting a share only.
    pub ramping: bool,
    /// Half-open, and nobody has tried.
    pub idle: bool,
    /// Since when.
    pub since: Instant,
    /// When it may be tried again, while open.
    pub retry_at: Option<Instant>,
    /// Calls in the window.
    pub calls: u32,
    /// Failures in the window.
    pub failures: u32,
    /// Slow calls in the window.
    pub slow: u32,
    /// Failures in a row.
    pub streak: u32,
    /// Opens without a lasting recovery.
    pub attempt: u32,
    /// The generation.
    pub generation: u32,
}

impl Breaker {
    /// The picture at `now`.
    pub fn view(&self, p: &BreakerPolicy, now: Instant) -> BreakerView {
        let t = self.window.totals(p.shape, now);
        let waits = matches!(self.phase, Phase::Open | Phase::ForcedOpen) && !self.until.is_never();
        BreakerView {
            phase: self.phase,
            ramping: self.is_ramping(),
            idle: self.is_idle(),
            since: self.since,
            retry_at: waits.then_some(self.until),
            calls: t.calls,
            failures: t.failures,
            slow: t.slow(),
            streak: self.streak,
            attempt: self.attempt_at(p, now),
            generation: self.generation,
        }
    }
}
