//! Stops inside calls on purpose: what the tests of containment are for. In no build that is published.
#![allow(clippy::panic)]
use crate::engine::Engine;
use brownout::engine::Engine as Core;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl Engine {
    /// Stops while the engine is borrowed.
    pub fn fault(&mut self) {
        panic!("a fault on purpose");
    }
}

/// Stops inside the admit of a service called `faulty`, after the core has taken the call in.
pub(crate) fn admitted(core: &Core, service: u32) {
    let at = (service & 0xffff) as usize;
    if core.policy().services.get(at).is_some_and(|s| s.name == "faulty") {
        panic!("a fault on purpose");
    }
}
