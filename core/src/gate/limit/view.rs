//! A limit's numbers at one instant, for reports and headers.
use crate::base::time::Instant;

/// What a limit looks like to one key at one instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LimitView {
    /// The most units that can be in use at once.
    pub limit: u64,
    /// Units in use; more than `limit` when a settlement went below zero.
    pub used: u64,
    /// Units that would pass now, blocks apart.
    pub remaining: u64,
    /// When one unit passes; `None` when it does now.
    pub retry_at: Option<Instant>,
    /// When one more unit is free than now; `None` when none is in use.
    pub next_unit_at: Option<Instant>,
    /// When none is in use any more.
    pub full_at: Instant,
    /// The end of the block that stands now.
    pub blocked_until: Option<Instant>,
}

/// Whole seconds from `now` to `at`, rounded up.
pub fn secs_up(now: Instant, at: Instant) -> i64 {
    at.since(now).secs_up()
}

impl LimitView {
    /// Units that a caller may count on: none during a block.
    pub fn open(&self) -> u64 {
        if self.blocked_until.is_some() { 0 } else { self.remaining }
    }
    /// Seconds to the next unit, rounded up, at least 1; `None` when full.
    pub fn next_unit_secs(&self, now: Instant) -> Option<i64> {
        let at = if self.blocked_until.is_some() { self.retry_at } else { self.next_unit_at };
        at.map(|at| secs_up(now, at).max(1))
    }
    /// `Retry-After` in seconds, at least 1; `None` when a unit passes now.
    pub fn retry_after_secs(&self, now: Instant) -> Option<i64> {
        self.retry_at.map(|at| secs_up(now, at).max(1))
    }
}
