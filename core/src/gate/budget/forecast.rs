//! Where the spending of a period leads: linear by elapsed time, silent until it can mean something.
use crate::base::time::{Instant, Span};
use crate::gate::budget::period::{Kind, Stretch};

/// Settlements before a forecast is made.
pub const MIN_SETTLEMENTS: u32 = 10;
/// Elapsed time before a forecast is made, up to a week: at most.
pub const MIN_ELAPSED_SHORT: Span = Span::from_secs(12 * 3_600);
/// Elapsed time before a forecast is made, beyond a week: at most.
pub const MIN_ELAPSED_LONG: Span = Span::from_secs(3 * 86_400);

const WEEK: Span = Span::from_secs(7 * 86_400);

/// What a period has seen so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Course {
    /// The kind of period.
    pub kind: Kind,
    /// The period.
    pub period: Stretch,
    /// Spent so far.
    pub spent: u64,
    /// Settlements so far.
    pub settled: u32,
}

impl Course {
    fn length(&self) -> u128 {
        self.period.end.since(self.period.start).micros() as u128
    }
    fn elapsed(&self, now: Instant) -> u128 {
        now.min(self.period.end).since(self.period.start).micros() as u128
    }
    /// How long it is silent: a quarter of the period, at most 12 hours up to a week and 3 days beyond; for ever without an end.
    pub fn silent_for(&self) -> Option<Span> {
        let most = match self.kind {
            Kind::Total => return None,
            Kind::Day | Kind::Week => MIN_ELAPSED_SHORT,
            Kind::Rolling(length) if length <= WEEK => MIN_ELAPSED_SHORT,
            _ => MIN_ELAPSED_LONG,
        };
        Some(self.period.end.since(self.period.start).part_up(4).min(most))
    }
    /// Is there enough to say something?
    #[inline]
    pub fn speaks(&self, now: Instant) -> bool {
        let enough = |least: Span| now.since(self.period.start) >= least;
        self.settled >= MIN_SETTLEMENTS && self.spent > 0 && self.silent_for().is_some_and(enough)
    }
    /// What will have been spent at the end, if it goes on like this: spent × period / elapsed, rounded down.
    pub fn at_end(&self, now: Instant) -> Option<u64> {
        let whole = u128::from(self.spent) * self.length();
        let out = whole.checked_div(self.elapsed(now)).map(|n| u64::try_from(n).unwrap_or(u64::MAX));
        out.filter(|_| self.speaks(now))
    }
    /// When the limit is reached, if it goes on like this; now when it has been, `None` when the period ends before.
    pub fn exhausts_at(&self, limit: u64, now: Instant) -> Option<Instant> {
        if self.spent >= limit {
            return Some(now);
        }
        if !self.speaks(now) {
            return None;
        }
        let after = (self.elapsed(now) * u128::from(limit)).div_ceil(u128::from(self.spent));
        let at = self.period.start + Span::from_micros(i64::try_from(after).unwrap_or(i64::MAX));
        (at < self.period.end).then_some(at)
    }
    /// Does it lead to the limit or beyond?
    #[inline]
    pub fn overshoots(&self, limit: u64, now: Instant) -> bool {
        u128::from(self.spent) * self.length() >= u128::from(limit) * self.elapsed(now)
    }
    /// Does it lead to less than 95 % of the limit? From there on an overshoot is news again.
    #[inline]
    pub fn has_eased(&self, limit: u64, now: Instant) -> bool {
        let (whole, part) = (u128::from(limit) * self.elapsed(now), u128::from(self.spent) * self.length());
        part.saturating_mul(100) < whole.saturating_mul(95)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;
    fn at(hours: i64) -> Instant {
        Instant::from_millis(hours * HOUR)
    }
    fn day(spent: u64, settled: u32) -> Course {
        Course { kind: Kind::Day, period: Stretch { start: at(0), end: at(24) }, spent, settled }
    }
    #[test]
    fn it_is_silent_until_there_is_enough_to_go_by() {
        // a quarter of a day is six hours
        assert_eq!(day(60, 10).at_end(at(6)), Some(240));
        assert_eq!(day(60, 10).at_end(Instant::from_micros(at(6).micros() - 1)), None);
        assert_eq!(day(60, 9).at_end(at(6)), None);
        assert_eq!(day(0, 10).at_end(at(6)), None);
        let of = |kind, days: i64| {
            let period = Stretch { start: at(0), end: at(24 * days) };
            Course { kind, period, spent: 1, settled: 10 }.silent_for()
        };
        assert_eq!(of(Kind::Week, 7), Some(Span::from_secs(12 * 3_600)));
        assert_eq!(of(Kind::Month, 30), Some(Span::from_secs(3 * 86_400)));
        assert_eq!(of(Kind::Month, 8), Some(Span::from_secs(2 * 86_400)));
        assert_eq!(of(Kind::Rolling(Span::from_secs(8 * 3_600)), 1), Some(Span::from_secs(6 * 3_600)));
        assert_eq!(of(Kind::Total, 365), None);
    }
    #[test]
    fn it_says_when_the_money_runs_out() {
        // 25 of 50 after 8 of 24 hours: 75 at the end, gone after 16 hours
        let course = day(25, 10);
        assert_eq!((course.at_end(at(8)), course.exhausts_at(50, at(8))), (Some(75), Some(at(16))));
        assert!(course.overshoots(75, at(8)) && !course.overshoots(76, at(8)));
        assert_eq!(course.exhausts_at(75, at(8)), None, "just at the end");
        assert_eq!(course.exhausts_at(25, at(8)), Some(at(8)), "it has run out");
        // 75 is 95 % of 78.9
        assert!(course.has_eased(79, at(8)) && !course.has_eased(78, at(8)));
    }
}
