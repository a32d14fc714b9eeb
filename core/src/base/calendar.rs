//! Dates without a clock: civil days, ISO weeks, months that clamp and return, and where a day, week, month, quarter or year begins.
//!
//! Integers only, proleptic Gregorian. Algorithms for days ↔ dates after Howard Hinnant, "chrono-compatible low-level date algorithms".
use crate::base::time::Instant;
pub use crate::base::zone::Zone;
use core::fmt;

/// A day of 24 hours in microseconds.
pub const DAY_MICROS: i64 = 86_400_000_000;

/// A civil date. Range: every date that an [`Instant`] can fall on, and 9,999 years before and after.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Date {
    /// The year; 0 is 1 BC.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// A day of the week, Monday first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs)]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// All seven.
    pub const ALL: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];
    /// 1 for Monday to 7 for Sunday, as ISO 8601 counts.
    pub const fn iso(self) -> u8 {
        self as u8 + 1
    }
}

/// Is February 29 days long?
pub const fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// 28 to 31; 0 for a month outside 1 to 12.
pub const fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

impl Date {
    /// A date; `None` when there is no such day, or the year is outside ±9,999.
    pub const fn new(year: i32, month: u8, day: u8) -> Option<Date> {
        let real = year >= -9_999 && year <= 9_999 && day >= 1 && day <= days_in_month(year, month);
        if real { Some(Date { year, month, day }) } else { None }
    }
    /// Days since 1970-01-01; negative before.
    pub const fn days(self) -> i64 {
        let year = self.year as i64 - if self.month <= 2 { 1 } else { 0 };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month_from_march = (self.month as i64 + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + self.day as i64 - 1;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
    }
    /// The date so many days after 1970-01-01.
    pub const fn from_days(days: i64) -> Date {
        let z = days + 719_468;
        let era = z.div_euclid(146_097);
        let day_of_era = z.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u8;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 } as u8;
        let year = (year_of_era + era * 400 + if month <= 2 { 1 } else { 0 }) as i32;
        Date { year, month, day }
    }
    /// The date `n` days later, or earlier when negative.
    pub const fn plus_days(self, n: i64) -> Date {
        Date::from_days(self.days() + n)
    }
    /// The date `n` months later, or earlier when negative; a day that the month lacks becomes its last. Step from a fixed anchor,
    /// not from the last result, and the day returns: Jan 31 gives Feb 28, then Mar 31.
    pub const fn plus_months(self, n: i64) -> Date {
        let months = self.year as i64 * 12 + self.month as i64 - 1 + n;
        let (year, month) = (months.div_euclid(12) as i32, months.rem_euclid(12) as u8 + 1);
        let last = days_in_month(year, month);
        Date { year, month, day: if self.day < last { self.day } else { last } }
    }
    /// Which day of the week.
    pub const fn weekday(self) -> Weekday {
        Weekday::ALL[(self.days() + 3).rem_euclid(7) as usize]
    }
    /// The ISO 8601 week: its year, and 1 to 53. Week 1 holds the year's first Thursday.
    pub const fn iso_week(self) -> (i32, u8) {
        let thursday = self.plus_days(3 - self.weekday() as i64);
        let first = Date { year: thursday.year, month: 1, day: 1 };
        (thursday.year, ((thursday.days() - first.days()) / 7 + 1) as u8)
    }
    /// The local midnight at which the date begins, in microseconds of local time.
    pub(super) const fn local_micros(self) -> i64 {
        self.days() * DAY_MICROS
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A stretch of the calendar. Lengths in days and months differ with the date and the zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Period {
    /// From midnight to midnight.
    Day,
    /// Seven days from this weekday on; Monday by habit.
    Week(Weekday),
    /// From the first to the first.
    Month,
    /// January, April, July, October.
    Quarter,
    /// From January to January.
    Year,
}

impl Period {
    /// The first day of the period that a date lies in.
    pub const fn first_day(self, date: Date) -> Date {
        let Date { year, month, .. } = date;
        match self {
            Period::Day => date,
            Period::Week(from) => date.plus_days(-(date.weekday() as i64 - from as i64).rem_euclid(7)),
            Period::Month => Date { year, month, day: 1 },
            Period::Quarter => Date { year, month: (month - 1) / 3 * 3 + 1, day: 1 },
            Period::Year => Date { year, month: 1, day: 1 },
        }
    }
    /// The first day of the period after the one that begins on `first`.
    pub const fn next_day(self, first: Date) -> Date {
        match self {
            Period::Day => first.plus_days(1),
            Period::Week(_) => first.plus_days(7),
            Period::Month => first.plus_months(1),
            Period::Quarter => first.plus_months(3),
            Period::Year => first.plus_months(12),
        }
    }
    /// The period that holds an instant: its first day, its start and its end. The boundary belongs to the new period;
    /// a midnight that a zone skips starts at the first valid instant, one that comes twice starts at the first.
    pub fn around(self, at: Instant, zone: &Zone) -> Bounds {
        let mut first = self.first_day(zone.date(at));
        // a clock set back across midnight shows the old date again, but the new period has begun
        loop {
            let next = self.next_day(first);
            let end = zone.midnight(next);
            if end > at || end.is_never() {
                return Bounds { first, start: zone.midnight(first), end };
            }
            first = next;
        }
    }
}

/// One period in a zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// The civil date on which it begins; names the period.
    pub first: Date,
    /// The first instant that belongs to it.
    pub start: Instant,
    /// The first instant that belongs to the next one.
    pub end: Instant,
}

/// Prints an instant as ISO 8601 in UTC, milliseconds rounded down: `2026-02-06T16:04:59.000Z`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Iso(pub Instant);

impl fmt::Display for Iso {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = self.0.micros();
        let (date, ms) = (Date::from_days(us / DAY_MICROS), us % DAY_MICROS / 1_000);
        let (h, m, s) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
        write!(f, "{date}T{h:02}:{m:02}:{s:02}.{:03}Z", ms % 1_000)
    }
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
