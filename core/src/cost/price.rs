//! One price, and what a use of it comes to: summed exactly in pico-dollars, rounded once to a nano-dollar.
use crate::base::money::Money;
use crate::cost::usage::Usage;
use alloc::vec::Vec;

/// Pico-dollars in a nano-dollar.
const PICO: u128 = 1_000;
/// Milliseconds in a minute.
const MINUTE_MS: u128 = 60_000;

/// What a price is counted in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Per {
    /// Tokens, by what they were for.
    Token,
    /// Minutes of audio, to the millisecond.
    Minute,
    /// Characters.
    Character,
    /// Text messages, see [`sms`](crate::cost::sms::sms).
    Segment,
    /// Requests.
    Request,
}

/// The words of [`Per`].
pub const PERS: [(&str, Per); 5] = [
    ("token", Per::Token),
    ("minute", Per::Minute),
    ("character", Per::Character),
    ("segment", Per::Segment),
    ("request", Per::Request),
];

/// Prices of one unit, in pico-dollars. Where a kind of token has none of its own it costs what its whole does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rates {
    /// A token read, or the one unit of a price that is not by tokens.
    pub input: u64,
    /// A token written.
    pub output: u64,
    /// A token read from a cache; else as `input`.
    pub cached: Option<u64>,
    /// A token written to a cache; else as `input`.
    pub cache_write: Option<u64>,
    /// A token of reasoning; else as `output`.
    pub reasoning: Option<u64>,
}

/// One price.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Price {
    /// What it is counted in.
    pub per: Per,
    /// The rates of an ordinary request.
    pub rates: Rates,
    /// The rates of the whole request once so many tokens are read, ascending.
    pub tiers: Vec<(u64, Rates)>,
    /// Pico-dollars for each request, beside the rest.
    pub request: u64,
    /// The date from which it is, in days since 1970.
    pub as_of: i64,
}

/// How a cost is rounded to a nano-dollar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Round {
    /// Up: of an estimate.
    Up,
    /// To the nearest, a half to the even one: of a settlement.
    HalfEven,
}

/// What is not known of a use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missing {
    /// Tokens read.
    Input,
    /// Tokens written.
    Output,
    /// Minutes, characters or segments.
    Amount,
}

/// What a call costs, as far as one can tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// This.
    Cost(Money),
    /// Nobody knows: there is no such price.
    UnknownPrice,
    /// Nobody knows: the host did not say how much was used.
    UnknownUsage(Missing),
    /// More than money can be.
    OutOfRange,
}

impl Price {
    fn rates(&self, usage: &Usage) -> &Rates {
        let prompt = usage.prompt();
        self.tiers.iter().rev().find(|(from, _)| prompt >= *from).map_or(&self.rates, |(_, rates)| rates)
    }
    /// What a use costs. A count that is zero is a count; one that is missing is not. Cost: O(tiers).
    pub fn cost(&self, usage: &Usage, round: Round) -> Verdict {
        match self.exactly(usage) {
            Ok(picos) => rounded(picos, round).map_or(Verdict::OutOfRange, Verdict::Cost),
            Err(missing) => Verdict::UnknownUsage(missing),
        }
    }
    /// In pico-dollars, times the milliseconds of a minute.
    fn exactly(&self, usage: &Usage) -> Result<u128, Missing> {
        let rates = self.rates(usage);
        let times = |count: u64, rate: u64| u128::from(count) * u128::from(rate);
        let one = |count: Option<u64>| count.map(|n| times(n, rates.input) * MINUTE_MS).ok_or(Missing::Amount);
        let requests = usage.requests.unwrap_or(1);
        let used = match self.per {
            Per::Token => {
                let (input, output) = (usage.input.ok_or(Missing::Input)?, usage.output.ok_or(Missing::Output)?);
                let part =
                    |count: Option<u64>, rate: Option<u64>, whole| times(count.unwrap_or(0), rate.unwrap_or(whole));
                let sum = times(input, rates.input)
                    + times(output, rates.output)
                    + part(usage.cached, rates.cached, rates.input)
                    + part(usage.cache_write, rates.cache_write, rates.input)
                    + part(usage.reasoning, rates.reasoning, rates.output);
                sum * MINUTE_MS
            }
            Per::Minute => times(usage.audio_ms.ok_or(Missing::Amount)?, rates.input),
            Per::Character => one(usage.characters)?,
            Per::Segment => one(usage.segments)?,
            Per::Request => one(Some(requests))?,
        };
        Ok(used + times(requests, self.request) * MINUTE_MS)
    }
}

fn rounded(exact: u128, round: Round) -> Option<Money> {
    let one = PICO * MINUTE_MS;
    let (whole, rest) = (exact / one, exact % one);
    let up = match round {
        Round::Up => rest > 0,
        Round::HalfEven => rest * 2 > one || (rest * 2 == one && whole % 2 == 1),
    };
    i64::try_from(whole + u128::from(up)).ok().and_then(Money::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(input: u64, output: u64) -> Price {
        Price {
            per: Per::Token,
            rates: Rates { input, output, ..Rates::default() },
            tiers: Vec::new(),
            request: 0,
            as_of: 0,
        }
    }
    fn nanos(v: Verdict) -> i64 {
        match v {
            Verdict::Cost(money) => money.nanos(),
            other => panic!("{other:?}"),
        }
    }
    #[test]
    fn a_call_is_rounded_once() {
        // three kinds at 24.65 nano-dollars each: 73.95, not three times 25
        let p = tokens(24_650, 24_650);
        let u = Usage { cached: Some(1), ..Usage::tokens(1, 1) };
        assert_eq!((nanos(p.cost(&u, Round::HalfEven)), nanos(p.cost(&u, Round::Up))), (74, 74));
        let half = tokens(500, 0);
        let round = |n| nanos(half.cost(&Usage::tokens(n, 0), Round::HalfEven));
        assert_eq!([round(1), round(2), round(3), round(5)], [0, 1, 2, 2], "a half goes to the even one");
        assert_eq!(nanos(half.cost(&Usage::tokens(1, 0), Round::Up)), 1);
    }
    // covers: R-1090, E-22
    #[test]
    fn no_tokens_written_is_a_count_and_none_told_is_not() {
        let p = tokens(10_000_000, 30_000_000);
        assert_eq!(nanos(p.cost(&Usage::tokens(1_000, 0), Round::HalfEven)), 10_000_000);
        assert_eq!(nanos(p.cost(&Usage::tokens(0, 0), Round::HalfEven)), 0);
        let untold = Usage { input: Some(1_000), ..Usage::NONE };
        assert_eq!(p.cost(&untold, Round::HalfEven), Verdict::UnknownUsage(Missing::Output));
        assert_eq!(p.cost(&Usage::NONE, Round::Up), Verdict::UnknownUsage(Missing::Input));
    }
    #[test]
    fn a_tier_is_for_the_whole_request_from_its_count_on() {
        let mut p = tokens(1_000, 2_000);
        p.tiers = alloc::vec![(100, Rates { input: 3_000, output: 4_000, ..Rates::default() })];
        assert_eq!(nanos(p.cost(&Usage::tokens(99, 10), Round::HalfEven)), 99 + 20);
        assert_eq!(nanos(p.cost(&Usage::tokens(100, 10), Round::HalfEven)), 300 + 40);
        let cached = Usage { cached: Some(60), ..Usage::tokens(40, 0) };
        assert_eq!(nanos(p.cost(&cached, Round::HalfEven)), 300, "what was cached was read too");
    }
    #[test]
    fn minutes_are_to_the_millisecond() {
        let p = Price { per: Per::Minute, ..tokens(6_000_000_000, 0) };
        let of = |ms| p.cost(&Usage { audio_ms: Some(ms), ..Usage::NONE }, Round::HalfEven);
        assert_eq!((nanos(of(60_000)), nanos(of(90_000)), nanos(of(1))), (6_000_000, 9_000_000, 100));
        assert_eq!(p.cost(&Usage::tokens(1, 1), Round::Up), Verdict::UnknownUsage(Missing::Amount));
    }
    #[test]
    fn what_is_beyond_money_is_told() {
        let p = tokens(1_000_000_000_000, 0);
        assert_eq!(p.cost(&Usage::tokens(1_000_000_000_000, 0), Round::Up), Verdict::OutOfRange);
    }
}
