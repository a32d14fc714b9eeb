//! Shares and factors as integers, so that a threshold means the same on every machine.
use crate::base::time::Span;
use core::fmt::{self, Write as _};

/// The whole number that a double is: from 0 to 2^53 - 1, else `None`. Cost: a few shifts, fewer than a checked conversion takes in wasm.
#[inline(always)]
pub fn whole(x: f64) -> Option<u64> {
    const DIGITS: u32 = f64::MANTISSA_DIGITS - 1;
    // a double from 1 on is its mantissa, shifted by its exponent; below, and from 2^53 on, the shift is out of range
    let shift = u64::from(1023 + DIGITS).wrapping_sub(x.to_bits() >> DIGITS);
    if shift > u64::from(DIGITS) {
        return (x == 0.0).then_some(0);
    }
    let mantissa = (x.to_bits() & ((1 << DIGITS) - 1)) | (1 << DIGITS);
    let n = mantissa >> shift;
    (n << shift == mantissa).then_some(n)
}

/// A share or a factor in billionths. Unit: ratio (0.5 is one half). Range: 0 to 1,000,000.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Ratio(u64);

const ONE: u64 = 1_000_000_000;

impl Ratio {
    /// Nothing.
    pub const ZERO: Ratio = Ratio(0);
    /// The whole.
    pub const ONE: Ratio = Ratio(ONE);

    /// From billionths.
    pub const fn from_billionths(n: u64) -> Self {
        Ratio(n)
    }
    /// From hundredths: `Ratio::percent(50)` is one half.
    pub const fn percent(n: u64) -> Self {
        Ratio(n * (ONE / 100))
    }
    /// From a double, rounded to a billionth. `None` unless finite and within 0 to 1,000,000.
    pub fn from_f64(x: f64) -> Option<Self> {
        (x.is_finite() && (0.0..=1_000_000.0).contains(&x)).then(|| Ratio(libm::round(x * ONE as f64) as u64))
    }
    /// Billionths.
    pub const fn billionths(self) -> u64 {
        self.0
    }
    /// `part / whole >= self`, exactly. False when `whole` is zero.
    #[inline]
    pub fn reached(self, part: u64, whole: u64) -> bool {
        // no share is zero: nothing of something reaches none
        if part == 0 && self.0 > 0 {
            return false;
        }
        whole > 0 && u128::from(part) * u128::from(ONE) >= u128::from(self.0) * u128::from(whole)
    }
    /// `part / whole > self`, exactly. False when `whole` is zero.
    pub fn exceeded(self, part: u64, whole: u64) -> bool {
        whole > 0 && u128::from(part) * u128::from(ONE) > u128::from(self.0) * u128::from(whole)
    }
    /// `n` times this, rounded down, saturating.
    pub fn of(self, n: u64) -> u64 {
        u64::try_from(u128::from(n) * u128::from(self.0) / u128::from(ONE)).unwrap_or(u64::MAX)
    }
    /// A span times this, rounded up to a microsecond, saturating.
    pub fn of_span(self, span: Span) -> Span {
        let us = (span.micros() as u128 * u128::from(self.0)).div_ceil(u128::from(ONE));
        Span::from_micros(i64::try_from(us).unwrap_or(i64::MAX))
    }
    /// `part / whole` rounded down to a billionth; zero when `whole` is zero.
    pub fn share(part: u64, whole: u64) -> Self {
        if whole == 0 {
            return Ratio::ZERO;
        }
        Ratio(u64::try_from(u128::from(part) * u128::from(ONE) / u128::from(whole)).unwrap_or(u64::MAX))
    }
    /// Is it within (0, 1]?
    pub const fn is_share(self) -> bool {
        self.0 > 0 && self.0 <= ONE
    }
}

/// Prints a decimal without trailing zeros: `0.5`, `2`, `0.333333333`.
impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_decimal(self.0 / ONE, self.0 % ONE, 9, f)
    }
}

/// Writes `whole.fraction` with at most `digits` decimals (fraction counted in 10^-digits), trailing zeros trimmed.
pub fn write_decimal(whole: u64, fraction: u64, digits: usize, f: &mut dyn fmt::Write) -> fmt::Result {
    write!(f, "{whole}")?;
    if fraction == 0 {
        return Ok(());
    }
    let (mut rest, mut width) = (fraction, digits);
    while rest % 10 == 0 {
        rest /= 10;
        width -= 1;
    }
    write!(f, ".{rest:0width$}")
}

/// Prints a double as the shortest text that reads back the same, without an exponent; `NaN`, `inf` and `-inf` as words.
///
/// The standard library prints the same with four times the code.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Decimal(pub f64);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_nan() {
            return f.write_str("NaN");
        }
        if self.0.is_sign_negative() {
            f.write_str("-")?;
        }
        if self.0.is_infinite() {
            return f.write_str("inf");
        }
        let mut buffer = ryu::Buffer::new();
        let text = buffer.format_finite(self.0).trim_start_matches('-');
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        // Half way between two shortest texts ryu takes the even digit, the standard library the upper one.
        let fraction = match fraction.trim_end_matches('0') {
            "2" if libm::fabs(self.0 - libm::trunc(self.0)) == 0.25 => "3",
            digits => digits,
        };
        let end = (whole.len() + fraction.len()) as i64;
        let point = whole.len() as i64 + exponent.parse::<i64>().unwrap_or(0);
        let digits = || whole.bytes().chain(fraction.bytes());
        for at in point.min(0)..point.max(end) {
            if at == point.min(0) && point <= 0 {
                f.write_str("0")?;
            }
            if at == point {
                f.write_str(".")?;
            }
            let digit = usize::try_from(at).ok().and_then(|at| digits().nth(at)).unwrap_or(b'0');
            f.write_char(char::from(digit))?;
        }
        Ok(())
    }
}

/// Growth counts at most this many attempts; later ones wait as long.
const MAX_GROWTH_STEPS: u32 = 1_024;

/// The wait of the `attempt`th try (0 for the first): `base × growth^attempt`, capped by `max`.
///
/// Each step is rounded up to a microsecond, so a whole factor is exact. Cost: one multiplication a step, and the steps end at `max`.
pub fn grown(base: Span, growth: Ratio, attempt: u32, max: Span) -> Span {
    let mut wait = base;
    for _ in 0..attempt.min(MAX_GROWTH_STEPS) {
        if wait >= max {
            break;
        }
        let next = growth.of_span(wait);
        if next == wait {
            break;
        }
        wait = next;
    }
    wait.min(max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_whole_numbers_are_whole() {
        let most = (1u64 << 53) - 1;
        for n in [0, 1, 2, 3, 65_536, most / 2, most / 2 + 1, most - 1, most] {
            assert_eq!(whole(n as f64), Some(n));
        }
        assert_eq!(whole(-0.0), Some(0));
        let not =
            [0.5, 1.5, -1.0, -65_536.0, 4_503_599_627_370_495.5, f64::MIN_POSITIVE, 5e-324, 9_007_199_254_740_992.0];
        for x in not.into_iter().chain([f64::MAX, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -f64::NAN]) {
            assert_eq!(whole(x), None, "{x}");
        }
    }
    proptest! {
        #[test]
        fn a_whole_number_is_what_a_conversion_says(bits in any::<u64>(), n in 0u64..1 << 53, shift in 0u32..53) {
            for x in [f64::from_bits(bits), (n >> shift) as f64, (n >> shift) as f64 + 0.5] {
                let expected = ((0.0..9_007_199_254_740_992.0).contains(&x) && x as u64 as f64 == x).then_some(x as u64);
                prop_assert_eq!(whole(x), expected, "{}", x);
            }
        }
    }
    use alloc::format;

    proptest! {
        #[test]
        fn doubles_print_as_in_the_standard_library(bits in any::<u64>(), small in -1_000_000i64..1_000_000) {
            for n in [f64::from_bits(bits), f64::from_bits(bits % 4096), small as f64, small as f64 / 1000.0, small as f64 * 1e15] {
                prop_assert_eq!(format!("{}", Decimal(n)), format!("{n}"));
            }
            // Few bits are left for the fraction here: the shortest text is often half way between two.
            let quarters = (1u64 << 50) + bits % (7 << 50);
            prop_assert_eq!(format!("{}", Decimal(quarters as f64 / 4.0)), format!("{}", quarters as f64 / 4.0));
            let eighths = (1u64 << 51) + bits % (1 << 52);
            prop_assert_eq!(format!("{}", Decimal(eighths as f64 / 8.0)), format!("{}", eighths as f64 / 8.0));
        }
    }
    #[test]
    fn words_and_zeros_print_as_in_the_standard_library() {
        let edges = [0.0, -0.0, 1.0, 0.1, f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX];
        for n in edges.into_iter().chain([f64::MIN_POSITIVE, 5e-324, 1e21, 1e22, 123e-9]) {
            assert_eq!(format!("{}", Decimal(n)), format!("{n}"));
        }
    }
    use alloc::string::ToString;

    #[test]
    fn waits_grow_up_to_their_cap() {
        let (base, two, max) = (Span::from_secs(30), Ratio::percent(200), Span::from_secs(600));
        let seconds: std::vec::Vec<i64> = (0..7).map(|n| grown(base, two, n, max).secs_up()).collect();
        assert_eq!(seconds, [30, 60, 120, 240, 480, 600, 600]);
        assert_eq!(grown(base, Ratio::percent(150), 2, max).micros(), 67_500_000);
        assert_eq!(grown(base, Ratio::ONE, u32::MAX, max), base);
        assert_eq!(grown(base, two, u32::MAX, Span::MAX), Span::MAX);
        assert_eq!(grown(base, two, 0, Span::from_secs(1)), Span::from_secs(1));
        assert_eq!(grown(Span::ZERO, two, 9, max), Span::ZERO);
        assert_eq!(grown(Span::from_micros(1), Ratio::from_billionths(1_000_000_001), u32::MAX, max).micros(), 1_025);
    }

    #[test]
    fn a_threshold_is_reached_at_equality() {
        let half = Ratio::from_f64(0.5).unwrap();
        assert!(half.reached(5, 10) && !half.reached(4, 9) && !half.exceeded(5, 10) && half.exceeded(6, 11));
        assert!(!half.reached(0, 0));
        let third = Ratio::share(1, 3);
        assert!(third.reached(1, 3));
    }
    #[test]
    fn decimals_are_trimmed() {
        assert_eq!(Ratio::percent(50).to_string(), "0.5");
        assert_eq!(Ratio::from_billionths(2_000_000_000).to_string(), "2");
        assert_eq!(Ratio::share(1, 3).to_string(), "0.333333333");
        assert_eq!(Ratio::from_f64(1.05).unwrap().to_string(), "1.05");
    }
}
