//! Floor 0: numbers, time, names and errors. Nothing here knows what a breaker is.
#[cfg(feature = "full")]
pub mod doc;
pub mod error;
#[cfg(feature = "full")]
pub mod json;
pub mod num;
pub mod time;
pub mod write;
