//! The time that a limit speaks of: a fixed length, or a calendar month.
use crate::base::doc::Node;
use crate::base::time::Span;
use core::fmt;

/// The `period` of a limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Period {
    /// A length of time; `1d` and `1w` are calendar days and weeks where a window is aligned to the clock.
    Length(Span),
    /// A calendar month.
    Month,
}

/// One day.
pub const DAY: Span = Span::from_secs(86_400);
/// One week.
pub const WEEK: Span = Span::from_secs(7 * 86_400);
/// The longest period: a hundred years of 366 days.
pub const LONGEST: Span = Span::from_secs(36_600 * 86_400);

impl Period {
    /// Reads `"1m"`, `"1d"`, `"1 month"`. Faults: `wrong_type`, `bad_duration`, `number_out_of_range`.
    pub fn read(node: &Node) -> Option<Period> {
        if matches!(node.json.as_str(), Some("1 month" | "month")) {
            return Some(Period::Month);
        }
        let span = node.span()?;
        if span > LONGEST {
            node.fault(crate::base::error::Code::NumberOutOfRange, format_args!("a period is at most 100 years"));
            return None;
        }
        Some(Period::Length(span))
    }
    /// The length, where it is a fixed one.
    pub const fn length(self) -> Option<Span> {
        match self {
            Period::Length(s) => Some(s),
            Period::Month => None,
        }
    }
    /// The longest that it can last: 31 days for a month.
    pub const fn at_most(self) -> Span {
        match self {
            Period::Length(s) => s,
            Period::Month => Span::from_secs(31 * 86_400),
        }
    }
}

/// Prints whole seconds where there are any: `60 s`, `1 month`.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Period::Month => f.write_str("1 month"),
            Period::Length(s) if s.micros() % 1_000_000 == 0 => write!(f, "{} s", s.secs_up()),
            Period::Length(s) => write!(f, "{s} ms"),
        }
    }
}
