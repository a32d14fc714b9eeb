//! How local clocks differ from UTC: a fixed offset, or a named zone whose changes the host supplies as data.
use crate::base::calendar::{DAY_MICROS, Date};
use crate::base::error::Code;
use crate::base::time::{Instant, MAX_MICROS};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// No zone is further from UTC than this: 18 hours.
const MAX_OFFSET_SECS: i32 = 18 * 3_600;

/// What local clocks show, as a function of the instant. Offsets are seconds east of UTC.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Zone {
    /// The same offset always.
    Fixed(i32),
    /// A zone with a history.
    Named {
        /// Its name, such as `America/New_York`.
        name: String,
        /// The offset before the first change.
        first: i32,
        /// The instants at which the offset changes, in order, and the offset from then on.
        changes: Vec<(Instant, i32)>,
    },
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Zone = Zone::Fixed(0);

    /// Reads `UTC`, `Z`, `+02:00` or `-03:00`; `None` for anything else, also for a name.
    pub fn parse(text: &str) -> Option<Zone> {
        if text == "UTC" || text == "Z" {
            return Some(Zone::UTC);
        }
        let sign = match text.as_bytes().first()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let (hours, minutes) = text.get(1..)?.split_once(':')?;
        let two =
            |part: &str| (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())?;
        let (hours, minutes): (i32, i32) = (two(hours)?, two(minutes)?);
        let offset = hours * 3_600 + minutes * 60;
        (minutes < 60 && offset <= MAX_OFFSET_SECS).then_some(Zone::Fixed(sign * offset))
    }
    /// A named zone. Errors: `number_out_of_range` for an offset beyond 18 hours or changes out of order.
    pub fn named(name: impl Into<String>, first: i32, changes: Vec<(Instant, i32)>) -> Result<Zone, Code> {
        let ordered = changes.windows(2).all(|pair| matches!(pair, [a, b] if a.0 < b.0));
        let near = changes.iter().map(|c| c.1).chain([first]).all(|offset| offset.abs() <= MAX_OFFSET_SECS);
        if ordered && near {
            Ok(Zone::Named { name: name.into(), first, changes })
        } else {
            Err(Code::NumberOutOfRange)
        }
    }
    /// Seconds east of UTC at an instant.
    pub fn offset_secs(&self, at: Instant) -> i32 {
        match self {
            Zone::Fixed(offset) => *offset,
            Zone::Named { first, changes, .. } => {
                let past = changes.partition_point(|(change, _)| *change <= at);
                past.checked_sub(1).and_then(|n| changes.get(n)).map_or(*first, |(_, offset)| *offset)
            }
        }
    }
    /// What local clocks show at an instant: microseconds since a local 1970-01-01T00:00.
    pub fn local_micros(&self, at: Instant) -> i64 {
        at.micros() + i64::from(self.offset_secs(at)) * 1_000_000
    }
    /// The local date at an instant.
    pub fn date(&self, at: Instant) -> Date {
        Date::from_days(self.local_micros(at).div_euclid(DAY_MICROS))
    }
    /// The first instant at which local clocks show at least this local time: exact where it exists, the first valid one after it
    /// where a change skips it, the earlier one where it comes twice. Local times before the epoch give the epoch.
    pub fn instant(&self, local_micros: i64) -> Instant {
        let at = |offset: i32| local_micros.saturating_sub(i64::from(offset) * 1_000_000).clamp(0, MAX_MICROS);
        let (first, changes) = match self {
            Zone::Fixed(offset) => return Instant::from_micros(at(*offset)),
            Zone::Named { first, changes, .. } => (first, changes),
        };
        // stretches that end more than the largest offset before the local time cannot hold it
        let horizon = local_micros - 2 * i64::from(MAX_OFFSET_SECS) * 1_000_000;
        let skip = changes.partition_point(|(change, _)| change.micros() < horizon);
        let mut offset = skip.checked_sub(1).and_then(|n| changes.get(n)).map_or(*first, |(_, offset)| *offset);
        let mut from = 0;
        for (change, next) in changes.iter().skip(skip) {
            let found = at(offset).max(from);
            if found < change.micros() {
                return Instant::from_micros(found);
            }
            (offset, from) = (*next, change.micros());
        }
        Instant::from_micros(at(offset).max(from))
    }
    /// The instant at which a date begins.
    pub fn midnight(&self, date: Date) -> Instant {
        self.instant(date.local_micros())
    }
}

/// Prints the name, `UTC`, or the offset as `-03:00`.
impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Zone::Fixed(0) => f.write_str("UTC"),
            Zone::Fixed(offset) => {
                let minutes = offset.abs() / 60;
                write!(f, "{}{:02}:{:02}", if *offset < 0 { '-' } else { '+' }, minutes / 60, minutes % 60)
            }
            Zone::Named { name, .. } => f.write_str(name),
        }
    }
}
