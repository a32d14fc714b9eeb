//! Stops inside calls on purpose: what the tests of containment are for. In no build that is published.
#![allow(clippy::panic)]
use crate::Engine;
use brownout::engine::Engine as Core;
use napi::Result;
use napi_derive::napi;

#[napi]
impl Engine {
    /// Stops while the lock is held.
    #[napi(catch_unwind)]
    pub fn fault(&self) -> Result<()> {
        self.with(|_| stop())
    }
}

/// Stops with nothing of ours around it.
#[napi(catch_unwind)]
pub fn fault() {
    stop();
}

fn stop() {
    panic!("a fault on purpose");
}

/// Stops inside the admit of a service called `faulty`, after the core has taken the call in.
pub(crate) fn admitted(core: &Core, service: u32) {
    let at = (service & 0xffff) as usize;
    if core.policy().services.get(at).is_some_and(|s| s.name == "faulty") {
        stop();
    }
}

/// Stops inside the operation `faulty`.
pub(crate) fn called(op: &str) {
    if op == "faulty" {
        stop();
    }
}
