//! What a budget counts: dollars, or a unit such as `tokens`.
use crate::base::doc::Node;
use crate::base::error::Code;
use crate::base::money::Money;
use crate::gate::budget::policy::MAX_MONEY;
use alloc::string::{String, ToString};
use core::fmt;

/// The largest amount of a unit: 10^15.
pub const MAX_UNITS_AMOUNT: u64 = 1_000_000_000_000_000;
/// The word for money where a unit is named.
pub const MONEY: &str = "usd";

/// What a budget counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unit {
    /// US dollars, in nano-dollars.
    Money,
    /// Something else, in whole numbers.
    Named(String),
}

impl Unit {
    /// Reads `unit`: `usd`, or the name of a unit.
    pub fn read(node: &Node) -> Option<Unit> {
        let name = node.name()?;
        Some(if name == MONEY { Unit::Money } else { Unit::Named(name.to_string()) })
    }
    /// The word in documents and answers.
    pub fn word(&self) -> &str {
        match self {
            Unit::Money => MONEY,
            Unit::Named(name) => name,
        }
    }
    /// Reads an amount above zero: a decimal text of dollars, or a whole number of units. Without a unit, because it was wrong, nothing
    /// is said of the amount. Faults: `wrong_type`, `bad_money`, `number_out_of_range`.
    pub fn amount_of(unit: Option<&Unit>, node: &Node) -> Option<u64> {
        match unit? {
            Unit::Named(_) => node.integer(1, MAX_UNITS_AMOUNT),
            Unit::Money => {
                let text = node.text()?;
                match Money::parse(text) {
                    Ok(money) if money > Money::ZERO && money <= MAX_MONEY => Some(money.nanos() as u64),
                    Ok(_) => {
                        node.fault(
                            Code::NumberOutOfRange,
                            format_args!("expected more than 0 and at most {MAX_MONEY} dollars"),
                        );
                        None
                    }
                    Err(code) => {
                        node.fault(code, format_args!("`{text}` is no amount of dollars"));
                        None
                    }
                }
            }
        }
    }
    /// An amount as it is written: dollars as a decimal, units as a whole number.
    pub fn show(&self, amount: u64) -> Shown {
        Shown { money: *self == Unit::Money, amount }
    }
}

/// Prints an amount of a unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shown {
    money: bool,
    amount: u64,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match i64::try_from(self.amount).ok().and_then(Money::from_nanos) {
            Some(money) if self.money => write!(f, "{money}"),
            _ => write!(f, "{}", self.amount),
        }
    }
}
