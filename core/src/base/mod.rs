//! Floor 0: numbers, time, names and errors. Nothing here knows what a breaker is.
#[cfg(feature = "schema")]
pub mod asked;
#[cfg(feature = "full")]
pub mod bytes;
pub mod calendar;
#[cfg(feature = "full")]
pub mod doc;
pub mod error;
#[cfg(feature = "full")]
pub mod hash;
#[cfg(feature = "full")]
pub mod json;
#[cfg(feature = "full")]
pub mod key;
pub mod math;
pub mod money;
pub mod num;
pub mod order;
#[cfg(feature = "full")]
mod read;
#[cfg(feature = "full")]
pub mod rng;
#[cfg(feature = "full")]
pub mod sorted;
pub mod time;
#[cfg(feature = "full")]
pub mod when;
pub mod write;
mod zone;
#[cfg(feature = "full")]
pub mod zone_doc;
