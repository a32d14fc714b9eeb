//! One resilience policy engine: may this call proceed, and if not, what should the user see instead?
//!
#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

/// The version of this crate, and of every package built from it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

pub mod base;
#[cfg(feature = "full")]
pub mod call;
#[cfg(feature = "full")]
pub mod cost;
#[cfg(feature = "full")]
pub mod engine;
#[cfg(feature = "full")]
pub mod gate;
#[cfg(feature = "full")]
pub mod measure;
#[cfg(feature = "full")]
pub mod policy;
#[cfg(feature = "full")]
pub mod report;
#[cfg(feature = "schema")]
pub mod schema;
pub mod status;
#[cfg(feature = "tools")]
pub mod tools;
#[cfg(feature = "full")]
pub mod wire;

pub use base::error::{Code, Fault};
#[cfg(feature = "full")]
pub use engine::Engine;
