//! Money as whole nano-dollars: what a call costs is never a rounded double.
use crate::base::error::Code;
use crate::base::num::write_decimal;
use core::fmt;

const DOLLAR: i64 = 1_000_000_000;

/// An amount in US dollars, never negative. Unit: nano-dollars inside, a decimal string on the wire. Range: 0 to 9,223,372,036.854775807.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Money(i64);

impl Money {
    /// Nothing.
    pub const ZERO: Money = Money(0);
    /// The most there can be.
    pub const MAX: Money = Money(i64::MAX);

    /// From nano-dollars; `None` below zero.
    pub const fn from_nanos(nanos: i64) -> Option<Money> {
        if nanos < 0 { None } else { Some(Money(nanos)) }
    }
    /// Nano-dollars.
    pub const fn nanos(self) -> i64 {
        self.0
    }
    /// Reads a decimal such as `50`, `0.01` or `2.50`. Errors: `bad_money` for other text or more than nine decimals,
    /// `number_out_of_range` below zero or beyond the range.
    pub fn parse(text: &str) -> Result<Money, Code> {
        let (body, negative) = match text.strip_prefix('-') {
            Some(body) => (body, true),
            None => (text, false),
        };
        let (whole, fraction) = body.split_once('.').unwrap_or((body, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let kept = fraction.trim_end_matches('0');
        if !digits(whole) || !digits(fraction) || kept.len() > 9 {
            return Err(Code::BadMoney);
        }
        let nanos = kept.bytes().chain(core::iter::repeat(b'0')).take(9).fold(0, |n, b| n * 10 + i64::from(b - b'0'));
        let total = whole.parse::<i64>().ok().and_then(|w| w.checked_mul(DOLLAR)?.checked_add(nanos));
        match total {
            Some(0) => Ok(Money::ZERO),
            Some(n) if !negative => Ok(Money(n)),
            _ => Err(Code::NumberOutOfRange),
        }
    }
    /// The sum; `None` beyond the range.
    pub const fn plus(self, other: Money) -> Option<Money> {
        match self.0.checked_add(other.0) {
            Some(n) => Some(Money(n)),
            None => None,
        }
    }
    /// The difference; `None` below zero.
    pub const fn minus(self, other: Money) -> Option<Money> {
        Money::from_nanos(self.0 - other.0)
    }
}

/// Prints dollars without trailing zeros: `50`, `0.01`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_decimal((self.0 / DOLLAR) as u64, (self.0 % DOLLAR) as u64, 9, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    #[test]
    fn amounts_read_as_written() {
        for (text, nanos) in [
            ("50.00", 50_000_000_000),
            ("0.000000001", 1),
            ("007.5", 7_500_000_000),
            ("1.1000000000000", 1_100_000_000),
            ("-0", 0),
        ] {
            assert_eq!(Money::parse(text).map(Money::nanos), Ok(nanos), "{text}");
        }
        assert_eq!(Money::parse("9223372036.854775807"), Ok(Money::MAX));
        for bad in ["", ".", "1.", ".5", "1e3", "+1", " 1", "1,5", "$1", "0.0000000001", "--1", "١"] {
            assert_eq!(Money::parse(bad), Err(Code::BadMoney), "{bad}");
        }
        for bad in ["-1", "-0.01", "9223372036.854775808", "99999999999999999999"] {
            assert_eq!(Money::parse(bad), Err(Code::NumberOutOfRange), "{bad}");
        }
    }
    #[test]
    fn sums_do_not_wrap_and_differences_do_not_sink() {
        let one = Money::parse("1").unwrap();
        assert_eq!((Money::MAX.plus(one), Money::ZERO.minus(one)), (None, None));
        assert_eq!(one.plus(one).and_then(|two| two.minus(one)), Some(one));
    }
    proptest! {
        #[test]
        fn what_is_printed_reads_back(nanos in 0i64..) {
            let money = Money::from_nanos(nanos).unwrap();
            prop_assert_eq!(Money::parse(&money.to_string()), Ok(money));
        }
    }
}
