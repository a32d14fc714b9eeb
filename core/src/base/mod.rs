//! Floor 0: numbers, time, names and errors. Nothing here knows what a breaker is.
pub mod doc;
pub mod error;
pub mod json;
pub mod num;
pub mod time;
