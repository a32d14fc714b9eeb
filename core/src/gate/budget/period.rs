//! The time that money is given for: where a period begins and ends, and what it is called.
use crate::base::calendar::{self, DAY_MICROS, Date, Iso, Weekday, Zone};
use crate::base::time::{Instant, Span};
use core::fmt;

/// The kinds of period, in the order in which a chain asks them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// So long from the first use on; then from the next use on.
    Rolling(Span),
    /// From midnight to midnight.
    Day,
    /// Seven days.
    Week,
    /// From the first to the first, or from the anchor's day to the anchor's day.
    Month,
    /// Three months.
    Quarter,
    /// Twelve months.
    Year,
    /// Never ends.
    Total,
}

impl Kind {
    /// The word in documents and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Rolling(_) => "rolling",
            Kind::Day => "day",
            Kind::Week => "week",
            Kind::Month => "month",
            Kind::Quarter => "quarter",
            Kind::Year => "year",
            Kind::Total => "total",
        }
    }
    /// The word in a sentence about the budget: `daily`, `monthly`.
    pub const fn adjective(self) -> &'static str {
        match self {
            Kind::Day => "daily",
            Kind::Week => "weekly",
            Kind::Month => "monthly",
            Kind::Quarter => "quarterly",
            Kind::Year => "yearly",
            Kind::Rolling(_) | Kind::Total => self.word(),
        }
    }
}

/// Where the periods of one budget line begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PeriodRule {
    /// How long they are.
    pub kind: Kind,
    /// The first day of a week; Monday by default.
    pub week_start: Weekday,
    /// A local time at which one period begins, in microseconds of local time; the others stand on its lattice, before and after.
    pub anchor: Option<i64>,
}

/// One period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// The first instant that belongs to it.
    pub start: Instant,
    /// The first instant that belongs to the next one.
    pub end: Instant,
}

impl PeriodRule {
    /// Periods of a kind, without an anchor, weeks from Monday.
    pub const fn of(kind: Kind) -> PeriodRule {
        PeriodRule { kind, week_start: Weekday::Monday, anchor: None }
    }
    /// The period that holds an instant, of one that begins with it for a rolling one. The boundary belongs to the new period; a
    /// local time that a zone skips begins at the first valid instant. Cost: O(1), and a search in the zone's changes.
    pub fn around(&self, at: Instant, zone: &Zone) -> Stretch {
        let period = match self.kind {
            Kind::Rolling(length) => return Stretch { start: at, end: at + length },
            Kind::Total => return Stretch { start: Instant::EPOCH, end: Instant::NEVER },
            _ if self.anchor.is_some() => return self.on_lattice(at, zone),
            Kind::Day => calendar::Period::Day,
            Kind::Week => calendar::Period::Week(self.week_start),
            Kind::Month => calendar::Period::Month,
            Kind::Quarter => calendar::Period::Quarter,
            Kind::Year => calendar::Period::Year,
        };
        let bounds = period.around(at, zone);
        Stretch { start: bounds.start, end: bounds.end }
    }
    /// The `n`th mark from the anchor, in microseconds of local time.
    fn mark(&self, anchor: i64, n: i64) -> i64 {
        let (date, time) = (Date::from_days(anchor.div_euclid(DAY_MICROS)), anchor.rem_euclid(DAY_MICROS));
        let date = match self.steps() {
            (days, 0) => date.plus_days(n * days),
            (_, months) => date.plus_months(n * months),
        };
        date.days() * DAY_MICROS + time
    }
    /// Days or months from one mark to the next.
    const fn steps(&self) -> (i64, i64) {
        match self.kind {
            Kind::Week => (7, 0),
            Kind::Month => (0, 1),
            Kind::Quarter => (0, 3),
            Kind::Year => (0, 12),
            _ => (1, 0),
        }
    }
    fn on_lattice(&self, at: Instant, zone: &Zone) -> Stretch {
        let anchor = self.anchor.unwrap_or_default();
        let local = zone.local_micros(at);
        let mut n = match self.steps() {
            (days, 0) => (local - anchor).div_euclid(days * DAY_MICROS),
            (_, months) => {
                let date = |micros: i64| Date::from_days(micros.div_euclid(DAY_MICROS));
                let (from, to) = (date(anchor), date(local));
                let apart = i64::from(to.year - from.year) * 12 + i64::from(to.month) - i64::from(from.month);
                apart.div_euclid(months)
            }
        };
        // the guess is at most one mark late, and early only where a clock is set back across a mark
        while n > i64::MIN / 2 && self.mark(anchor, n) > local {
            n -= 1;
        }
        loop {
            let end = zone.instant(self.mark(anchor, n + 1));
            if end > at || end.is_never() {
                return Stretch { start: zone.instant(self.mark(anchor, n)), end };
            }
            n += 1;
        }
    }
    /// What the period that begins at an instant is called.
    pub fn id(&self, start: Instant, zone: &Zone) -> PeriodId {
        let date = zone.date(start);
        match self.kind {
            Kind::Total => PeriodId::Total,
            Kind::Rolling(_) => PeriodId::Since(start),
            Kind::Week if self.anchor.is_none() && self.week_start == Weekday::Monday => PeriodId::Week(date),
            Kind::Month if self.anchor.is_none() => PeriodId::Month(date),
            Kind::Quarter if self.anchor.is_none() => PeriodId::Quarter(date),
            Kind::Year if self.anchor.is_none() => PeriodId::Year(date),
            _ => PeriodId::Day(date),
        }
    }
}

/// The name of a period, by the date on which it begins: `2026-02-06`, `2026-W06`, `2026-02`, `2026-Q1`, `2026`, `total`; the date for
/// a period with an anchor, the instant for a rolling one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum PeriodId {
    Since(Instant),
    Day(Date),
    Week(Date),
    Month(Date),
    Quarter(Date),
    Year(Date),
    Total,
}

impl fmt::Display for PeriodId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PeriodId::Since(at) => write!(f, "{}", Iso(*at)),
            PeriodId::Day(date) => write!(f, "{date}"),
            PeriodId::Week(date) => {
                let (year, week) = date.iso_week();
                write!(f, "{year:04}-W{week:02}")
            }
            PeriodId::Month(date) => write!(f, "{:04}-{:02}", date.year, date.month),
            PeriodId::Quarter(date) => write!(f, "{:04}-Q{}", date.year, date.month.div_ceil(3)),
            PeriodId::Year(date) => write!(f, "{:04}", date.year),
            PeriodId::Total => f.write_str("total"),
        }
    }
}

#[cfg(test)]
#[path = "period_tests.rs"]
mod tests;
