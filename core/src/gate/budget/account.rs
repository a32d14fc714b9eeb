//! What is spent and held of one limit by one key in one period.
use crate::base::time::Instant;

/// One account. Memory: 40 bytes; all zero is the same as none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Account {
    /// Where its period began: on the clock on the wall, for a rolling period on the engine's.
    pub(super) start: Instant,
    /// Settled for good.
    pub(super) spent: u64,
    /// Set aside by live holds.
    pub(super) held: u64,
    /// Holds that may still settle into this period, live or expired.
    pub(super) holds: u32,
    /// Settlements.
    pub(super) settled: u32,
    /// How many thresholds have fired.
    pub(super) fired: u8,
    /// Has an overshoot been forecast?
    pub(super) warned: bool,
    /// Has anything happened in it? A rolling period begins with that.
    pub(super) open: bool,
}

impl Account {
    pub(super) const NONE: Account = Account {
        start: Instant::EPOCH,
        spent: 0,
        held: 0,
        holds: 0,
        settled: 0,
        fired: 0,
        warned: false,
        open: false,
    };
    pub(super) fn opened(start: Instant) -> Account {
        Account { start, open: true, ..Account::NONE }
    }
    /// Spent and held.
    #[inline]
    pub(super) fn taken(&self) -> u64 {
        self.spent.saturating_add(self.held)
    }
    /// Is an amount granted below a cap? None is, not even zero, once the cap is reached.
    #[inline]
    pub(super) fn grants(&self, amount: u64, cap: u64) -> bool {
        let taken = self.taken();
        taken < cap && amount <= cap - taken
    }
    #[inline]
    pub(super) fn hold(&mut self, amount: u64) {
        self.held = self.held.saturating_add(amount);
    }
    #[inline]
    pub(super) fn unhold(&mut self, amount: u64) {
        self.held = self.held.saturating_sub(amount);
    }
    /// Commits what a call cost.
    #[inline]
    pub(super) fn settle(&mut self, cost: u64) {
        self.spent = self.spent.saturating_add(cost);
        self.settled = self.settled.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_small() {
        assert_eq!(size_of::<Account>(), 40);
    }
    #[test]
    fn nothing_is_granted_once_the_cap_is_reached() {
        let a = Account { spent: 7, held: 2, ..Account::NONE };
        assert!(a.grants(1, 10) && a.grants(0, 10) && !a.grants(2, 10));
        assert!(!a.grants(0, 9) && !a.grants(0, 8));
        assert!(Account { spent: u64::MAX, held: 1, ..Account::NONE }.taken() == u64::MAX);
    }
}
