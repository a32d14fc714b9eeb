//! The engine as data: JSON in and out for every verb, plain numbers for the hot path. Bindings see this and [`crate::Engine`].
//!
//! `input` reads, `output` writes, `raw` is the numeric surface, `call` answers questions that need no engine.
mod call;
mod explain;
mod input;
mod output;
mod raw;

pub use call::call;
pub use output::errors_json;
pub use raw::{OUT, Out};
