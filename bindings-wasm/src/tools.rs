//! The command line's questions, text to text.
use alloc::string::String;
use brownout::wire;
use wasm_bindgen::prelude::*;

/// One operation of the core.
#[wasm_bindgen]
pub fn ask(op: &str, payload: &str) -> String {
    wire::call(op, payload)
}
