//! Floor 3: one policy document, read whole: every fault at once, each with its path.
//!
//! [`read`] walks one JSON value and fills plain structs. What a room owns, that room reads: breakers and limits their
//! gates, status its room. This room knows the document's frame: services, presets, names and references.
mod defaults;
mod document;
mod lint;
mod presets;
mod references;
mod service;

pub use crate::gate::rule::Mode;
pub use defaults::{DefaultRow, defaults, defaults_markdown};
pub use document::{KeysPolicy, OnEngineFailure, Policy};
pub use lint::per_day;
pub use presets::{breaker_presets, limit_presets};
pub use service::{Service, Timeout};

use crate::base::doc::Faults;
use crate::base::error::Fault;
use crate::base::json::Json;
use alloc::vec;
use alloc::vec::Vec;

/// Reads a document from JSON text. Errors: every fault of the document, in the order found, at most 256.
pub fn read(json_text: &str) -> Result<Policy, Vec<Fault>> {
    read_value(&Json::parse(json_text).map_err(|fault| vec![fault])?)
}

/// Reads a document from a JSON value.
pub fn read_value(json: &Json) -> Result<Policy, Vec<Fault>> {
    read_into(&Faults::of(json))
}

/// As [`read`], and everything that the reader asks.
#[cfg(feature = "schema")]
pub fn read_asked(json_text: &str) -> (Result<Policy, Vec<Fault>>, Vec<crate::base::asked::Ask>) {
    match Json::parse(json_text) {
        Ok(json) => {
            let faults = Faults::of(&json);
            (read_into(&faults), faults.asked.take())
        }
        Err(fault) => (Err(vec![fault]), Vec::new()),
    }
}

fn read_into(faults: &Faults) -> Result<Policy, Vec<Fault>> {
    let built_in = presets::BuiltIn::parse();
    let policy = document::read(&faults.root(), &built_in, faults);
    let mut list: Vec<Fault> = Vec::new();
    for fault in faults.take() {
        if !list.contains(&fault) {
            list.push(fault);
        }
    }
    match policy {
        Some(policy) if list.is_empty() => Ok(policy),
        _ => Err(list),
    }
}
