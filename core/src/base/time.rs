//! Points and lengths of time, as integer microseconds that JavaScript can hold exactly.
//!
//! Unit: microseconds inside, milliseconds (fractions allowed) on the wire. Range: 0 to 2^53 - 1 µs.
use crate::base::error::Code;
use core::fmt;
use core::ops::{Add, Sub};

/// The largest microsecond count: 2^53 - 1, the last integer that a double holds exactly.
pub const MAX_MICROS: i64 = (1 << 53) - 1;
/// The latest instant the wire accepts: 2^43 ms after the epoch (year 2248).
pub const MAX_WIRE_MS: f64 = 8_796_093_022_208.0;

/// 2^52: doubles from here to twice as much are one apart.
const UNIT: f64 = 4_503_599_627_370_496.0;

/// A point in time: microseconds since the Unix epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Instant(i64);

/// A length of time: microseconds, never negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Span(i64);

/// Wire milliseconds to microseconds, rounded to the nearest. Errors: NaN, infinite, negative, beyond `max_ms`.
#[inline]
fn wire_micros(ms: f64, max_ms: f64) -> Result<i64, Code> {
    let us = ms * 1000.0;
    if (0.0..UNIT).contains(&us) {
        // from 2^52 on a double is a whole number, and its last bits are it: the sum is rounded, a half to the even one
        let sum = us + UNIT;
        let nearest = (sum.to_bits() & (UNIT as u64 - 1)) as i64;
        return Ok(nearest + i64::from(us - (sum - UNIT) == 0.5));
    }
    if ms >= 0.0 && ms <= max_ms {
        return Ok(us as i64);
    }
    Err(if ms.is_finite() { Code::NumberOutOfRange } else { Code::NumberNotFinite })
}

impl Instant {
    /// The epoch.
    pub const EPOCH: Instant = Instant(0);
    /// Later than every deadline.
    pub const NEVER: Instant = Instant(MAX_MICROS);

    /// From microseconds since the epoch, clamped into range.
    #[inline]
    pub const fn from_micros(us: i64) -> Self {
        if us < 0 {
            Instant(0)
        } else if us > MAX_MICROS {
            Instant(MAX_MICROS)
        } else {
            Instant(us)
        }
    }
    /// From what [`Instant::micros`] gave.
    #[inline]
    #[cfg(feature = "full")]
    pub(crate) const fn again(us: i64) -> Self {
        Instant(us)
    }
    /// From whole milliseconds since the epoch, clamped into range.
    pub const fn from_millis(ms: i64) -> Self {
        Self::from_micros(ms.saturating_mul(1000))
    }
    /// From the wire. Errors: `number_not_finite`, `number_out_of_range`.
    #[inline]
    pub fn from_wire_ms(ms: f64) -> Result<Self, Code> {
        wire_micros(ms, MAX_WIRE_MS).map(Instant)
    }
    /// Microseconds since the epoch.
    #[inline]
    pub const fn micros(self) -> i64 {
        self.0
    }
    /// Milliseconds since the epoch as a double (exact to the microsecond in range of the wire).
    #[inline]
    pub fn as_ms(self) -> f64 {
        self.0 as f64 / 1000.0
    }
    /// The length from `earlier` to here; zero when `earlier` is later.
    #[inline]
    pub const fn since(self, earlier: Instant) -> Span {
        if self.0 > earlier.0 { Span(self.0 - earlier.0) } else { Span(0) }
    }
    /// Is this the instant that never comes?
    #[inline]
    pub const fn is_never(self) -> bool {
        self.0 == MAX_MICROS
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);
    /// Longer than any rule.
    pub const MAX: Span = Span(MAX_MICROS);

    /// From microseconds, clamped into range.
    #[inline]
    pub const fn from_micros(us: i64) -> Self {
        Span(Instant::from_micros(us).0)
    }
    /// From whole milliseconds, clamped into range.
    pub const fn from_millis(ms: i64) -> Self {
        Span(Instant::from_millis(ms).0)
    }
    /// From whole seconds, clamped into range.
    pub const fn from_secs(s: i64) -> Self {
        Self::from_millis(s.saturating_mul(1000))
    }
    /// From the wire. Errors: `number_not_finite`, `number_out_of_range`.
    #[inline]
    pub fn from_wire_ms(ms: f64) -> Result<Self, Code> {
        wire_micros(ms, MAX_WIRE_MS).map(Span)
    }
    /// Microseconds.
    #[inline]
    pub const fn micros(self) -> i64 {
        self.0
    }
    /// Milliseconds as a double.
    #[inline]
    pub fn as_ms(self) -> f64 {
        self.0 as f64 / 1000.0
    }
    /// Whole seconds, rounded up.
    pub const fn secs_up(self) -> i64 {
        (self.0 + 999_999) / 1_000_000
    }
    /// Is it no time at all?
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
    /// `n` times this, saturating.
    pub const fn times(self, n: i64) -> Span {
        Span(Instant::from_micros(self.0.saturating_mul(n)).0)
    }
    /// The `n`th part, rounded up to a microsecond.
    pub const fn part_up(self, n: i64) -> Span {
        if n <= 0 { self } else { Span((self.0 + n - 1) / n) }
    }
}

impl Add<Span> for Instant {
    type Output = Instant;
    #[inline]
    fn add(self, span: Span) -> Instant {
        // neither is negative or beyond 2^53
        Instant((self.0 + span.0).min(MAX_MICROS))
    }
}
impl Sub<Span> for Instant {
    type Output = Instant;
    #[inline]
    fn sub(self, span: Span) -> Instant {
        Instant((self.0 - span.0).max(0))
    }
}
impl Add for Span {
    type Output = Span;
    #[inline]
    fn add(self, other: Span) -> Span {
        Span((self.0 + other.0).min(MAX_MICROS))
    }
}

/// Prints milliseconds with up to three decimals and no trailing zeros: `1500`, `0.25`.
fn write_ms(us: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (whole, rest) = (us / 1000, us % 1000);
    if rest == 0 {
        return write!(f, "{whole}");
    }
    let (digits, width) = if rest % 100 == 0 {
        (rest / 100, 1)
    } else if rest % 10 == 0 {
        (rest / 10, 2)
    } else {
        (rest, 3)
    };
    write!(f, "{whole}.{digits:0width$}")
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_ms(self.0, f)
    }
}
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_ms(self.0, f)
    }
}

/// Reads a policy duration: `30s`, `1h30m`, `90d`, `250ms`, `2w`. Units: us, ms, s, m, h, d, w, largest first, each once.
pub fn parse_span(text: &str) -> Option<Span> {
    const UNITS: [(&str, i64); 7] = [
        ("w", 604_800_000_000),
        ("d", 86_400_000_000),
        ("h", 3_600_000_000),
        ("m", 60_000_000),
        ("s", 1_000_000),
        ("ms", 1_000),
        ("us", 1),
    ];
    let mut rest = text.trim();
    let mut total: i64 = 0;
    let mut next_unit = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let n: i64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?;
        let letters = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_lowercase()).len();
        let name = rest.get(..letters)?;
        let at = UNITS.iter().position(|(u, _)| *u == name)?;
        if at < next_unit {
            return None;
        }
        next_unit = at + 1;
        total = total.checked_add(n.checked_mul(UNITS[at].1)?)?;
        rest = rest.get(letters..)?.trim_start();
    }
    (total <= MAX_MICROS).then_some(Span(total))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    #[test]
    fn wire_milliseconds_round_to_the_nearest_microsecond() {
        assert_eq!(Instant::from_wire_ms(1.0004).unwrap().micros(), 1000);
        assert_eq!(Instant::from_wire_ms(1.0005).unwrap().micros(), 1001);
        assert_eq!(Instant::from_wire_ms(MAX_WIRE_MS).unwrap().micros(), 8_796_093_022_208_000);
        assert_eq!(Instant::from_wire_ms(MAX_WIRE_MS + 1.0), Err(Code::NumberOutOfRange));
        assert_eq!(Instant::from_wire_ms(-1.0), Err(Code::NumberOutOfRange));
        assert_eq!(Instant::from_wire_ms(f64::NAN), Err(Code::NumberNotFinite));
    }
    proptest! {
        #[test]
        fn a_half_is_rounded_up_and_nothing_else(whole in 0u64..1 << 52, shift in 0u32..52, rest in 0.0f64..1.0, half in any::<bool>()) {
            let ms = ((whole >> shift) as f64 + if half { 0.5 } else { rest }) / 1000.0;
            let us = ms * 1000.0;
            let expected = us as i64 + i64::from(us - libm::floor(us) >= 0.5);
            if ms <= MAX_WIRE_MS {
                prop_assert_eq!(Instant::from_wire_ms(ms).unwrap().micros(), expected, "{}", ms);
            }
        }
    }
    #[test]
    fn durations_read_as_written() {
        assert_eq!(parse_span("1h30m"), Some(Span::from_secs(5400)));
        assert_eq!(parse_span("250ms"), Some(Span::from_millis(250)));
        assert_eq!(parse_span("2w"), Some(Span::from_secs(14 * 86_400)));
        for bad in ["", "30", "s", "1m1h", "1.5s", "-1s", "1S", "5s5s", "99999999999w"] {
            assert_eq!(parse_span(bad), None, "{bad}");
        }
    }
    #[test]
    fn milliseconds_print_without_trailing_zeros() {
        assert_eq!(Span::from_micros(1500).to_string(), "1.5");
        assert_eq!(Span::from_micros(1_000_000).to_string(), "1000");
        assert_eq!(Span::from_micros(1_001).to_string(), "1.001");
        assert_eq!(Span::from_micros(10).to_string(), "0.01");
    }
}
