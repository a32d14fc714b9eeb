//! The contract: vectors written by hand from the rules, runners that drive every binding through them, and the map from
//! requirement rows to the tests that prove them.
//!
//! A vector is a policy, a seed and a list of steps with what must come out ([`vector`]). A runner turns it into one output
//! per step ([`runner`]); what was expected is compared in one place ([`matching`]); one digest over all outputs says
//! whether two runners gave the same bits ([`digest`]).
pub mod digest;
pub mod drive;
pub mod hot;
pub mod matching;
pub mod rows;
pub mod runner;
pub mod schemas;
pub mod spawned;
pub mod vector;

use std::path::PathBuf;

/// The repository's root.
pub fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or(here.clone(), PathBuf::from)
}
