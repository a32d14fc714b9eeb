//! Brownout for JavaScript as wasm: numbers in and out on the hot path, JSON text for everything else.
//!
//! Three builds of this crate: `engine`, `status` (what a browser loads for the banner) and `tools` (what the command line asks).
//! No logic and no default lives here.
#![allow(missing_docs)]

#[cfg(feature = "engine")]
mod engine;
#[cfg(all(feature = "engine", feature = "faulty"))]
mod faulty;
#[cfg(feature = "status")]
mod status;
#[cfg(feature = "tools")]
mod tools;

/// The version of the core.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn version() -> String {
    brownout::VERSION.into()
}
