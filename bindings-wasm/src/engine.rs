//! One engine behind numbers and text.
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use brownout::base::error::Fault;
use brownout::base::num::whole;
use brownout::engine::Engine as Core;
use brownout::wire;
use wasm_bindgen::prelude::*;

/// One engine. Instants and durations are milliseconds; handles and permits are integers below 2^53.
#[wasm_bindgen]
pub struct Engine {
    pub(crate) core: Core,
    /// Boxed, so that its address in the wasm memory stays while the engine lives.
    out: Box<[f64; 16]>,
}

#[wasm_bindgen]
impl Engine {
    /// An engine from a policy document. Throws an `Error` whose message is `{"errors":[…]}`.
    pub fn open(policy_json: &str, seed: u64, at_ms: f64) -> Result<Engine, JsError> {
        Core::from_json(policy_json, seed, at_ms).map(Engine::new).map_err(|faults| refuse(&faults))
    }
    /// An engine from a snapshot and the policy that it was taken under. Throws like `open`.
    pub fn restore(policy_json: &str, snapshot: &[u8], at_ms: f64) -> Result<Engine, JsError> {
        Core::restore_json(policy_json, snapshot, at_ms).map(Engine::new).map_err(|faults| refuse(&faults))
    }
    fn new(core: Core) -> Engine {
        Engine { core, out: Box::new([0.0; 16]) }
    }
    /// Where the 16 numbers of the last numeric call lie in the wasm memory.
    pub fn scratch(&self) -> *const f64 {
        self.out.as_ptr()
    }
    pub fn names(&self) -> String {
        self.core.names_json()
    }
    pub fn key(&mut self, name: &str, at_ms: f64) -> Result<f64, JsError> {
        self.core.key_raw(name, at_ms).map(|handle| handle as f64).map_err(|fault| refuse(&[fault]))
    }
    #[allow(clippy::too_many_arguments)]
    pub fn admit(&mut self, service: f64, k0: f64, k1: f64, k2: f64, k3: f64, weight: f64, at_ms: f64) -> f64 {
        let permit = self.core.admit_raw(
            index(service),
            [handle(k0), handle(k1), handle(k2), handle(k3)],
            weight,
            at_ms,
            &mut self.out,
        );
        #[cfg(feature = "faulty")]
        crate::faulty::admitted(&self.core, index(service));
        permit
    }
    pub fn settle(&mut self, permit: f64, outcome: f64, duration_ms: f64, at_ms: f64) -> f64 {
        self.core.settle_raw(permit, index(outcome), duration_ms, at_ms, &mut self.out)
    }
    pub fn advance(&mut self, at_ms: f64) -> f64 {
        self.core.advance_raw(at_ms, &mut self.out)
    }
    pub fn drain(&mut self) -> String {
        self.core.drain_json()
    }
    pub fn handle(&mut self, input_json: &str, at_ms: f64) -> String {
        self.core.handle_json(input_json, at_ms)
    }
    pub fn snapshot(&mut self) -> Vec<u8> {
        self.core.snapshot()
    }
    pub fn part(&mut self, first: bool) -> Vec<u8> {
        self.core.snapshot_part(first)
    }
}

/// Pure functions, text to text.
#[wasm_bindgen]
pub fn call(op: &str, payload: &str) -> String {
    wire::call(op, payload)
}

fn refuse(faults: &[Fault]) -> JsError {
    JsError::new(&wire::errors_json(faults))
}

/// A table index; what is none becomes one that no table has.
#[inline(always)]
fn index(number: f64) -> u32 {
    whole(number).and_then(|n| u32::try_from(n).ok()).unwrap_or(u32::MAX)
}

/// A key handle; what is none becomes one that was never given out.
#[inline(always)]
fn handle(number: f64) -> u64 {
    // as a rule only one of the four is there
    if number == 0.0 { 0 } else { whole(number).unwrap_or(u64::MAX) }
}
