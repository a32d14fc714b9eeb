//! Stops inside calls on purpose: what the tests of containment are for. In no build that is published.
#![allow(clippy::panic)]
use brownout::engine::Engine as Core;

pub(crate) fn stop() {
    panic!("a fault on purpose");
}

/// Stops inside the admit of a service called `faulty`, after the core has taken the call in.
pub(crate) fn admitted(core: &Core, service: u32) {
    let at = (service & 0xffff) as usize;
    if core.policy().services.get(at).is_some_and(|s| s.name == "faulty") {
        stop();
    }
}
