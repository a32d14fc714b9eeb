//! The sentence that goes out when a threshold fires.
use crate::base::money::Money;
use crate::gate::budget::period::Kind;
use crate::gate::budget::unit::Unit;
use crate::gate::budget::view::percent;
use alloc::format;
use alloc::string::String;

/// `💰 openai daily budget at 83% ($41.50 / $50)`: spent in whole cents, the limit as it was written, the percent rounded a half up.
/// Budgets in a unit say `41500 / 50000 tokens`.
pub fn sentence(budget: &str, kind: Kind, unit: &Unit, spent: u64, limit: u64) -> String {
    let head = format!("💰 {budget} {} budget at {}%", kind.adjective(), percent(spent, limit));
    match unit {
        Unit::Money => format!("{head} (${} / ${})", cents(spent), unit.show(limit)),
        Unit::Named(name) => format!("{head} ({spent} / {limit} {name})"),
    }
}

/// Dollars with two decimals, rounded a half up.
fn cents(nanos: u64) -> String {
    const CENT: u64 = 10_000_000;
    let cents = nanos.saturating_add(CENT / 2) / CENT;
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// An amount in nano-dollars; `None` for one that money cannot be.
pub fn money(nanos: u64) -> Option<Money> {
    i64::try_from(nanos).ok().and_then(Money::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOLLAR: u64 = 1_000_000_000;

    // covers: R-1162
    #[test]
    fn the_sentence_is_as_agreed() {
        let say = |spent, limit| sentence("openai", Kind::Day, &Unit::Money, spent, limit);
        assert_eq!(say(41 * DOLLAR + DOLLAR / 2, 50 * DOLLAR), "💰 openai daily budget at 83% ($41.50 / $50)");
        assert_eq!(say(25 * DOLLAR, 50 * DOLLAR), "💰 openai daily budget at 50% ($25.00 / $50)");
        assert_eq!(say(1, 16_670_000_000), "💰 openai daily budget at 0% ($0.00 / $16.67)");
        let month = sentence("total", Kind::Month, &Unit::Money, 2_000_995_000_000, 2_000 * DOLLAR);
        assert_eq!(month, "💰 total monthly budget at 100% ($2001.00 / $2000)");
        let tokens = sentence("openai", Kind::Week, &Unit::Named("tokens".into()), 5, 10);
        assert_eq!(tokens, "💰 openai weekly budget at 50% (5 / 10 tokens)");
    }
}
