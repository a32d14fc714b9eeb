//! What does a call cost? Price tables as data, usage as numbers, money as integers.
//!
//! A model without a price is a verdict of its own, never free. Everything is summed exactly and rounded once.
pub mod import;
pub mod policy;
pub mod price;
pub mod sms;
pub mod usage;

pub use policy::{Prices, read_prices};
pub use price::{Missing, Price, Rates, Round, Verdict};
pub use sms::{Encoding, Sms, sms};
pub use usage::Usage;
