//! Brownout for Node as a native addon: for what wasm cannot do there, one engine shared by worker threads.
//!
//! Numbers in and out on the hot path, JSON text for everything else. A hot call answers with a plain number when there is
//! nothing to add, else with the value and the 16 numbers after it; its details are taken under the same lock and wait in the
//! caller's own object, so no thread reads another's. No logic and no default lives here.
#![allow(missing_docs)]

use brownout::base::error::{Code, Fault};
use brownout::engine::Engine as Core;
use brownout::wire;
use napi::bindgen_prelude::{BigInt, Buffer, Either, Uint8Array};
use napi::{Error, Result};
use napi_derive::napi;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

type Shared = Arc<Mutex<Core>>;

/// The engines that threads may attach to, by number, and the last number given out.
struct Registry {
    last: u32,
    engines: BTreeMap<u32, Weak<Mutex<Core>>>,
}

static SHARED: Mutex<Registry> = Mutex::new(Registry { last: 0, engines: BTreeMap::new() });

/// One engine. Instants and durations are milliseconds; handles and permits are integers below 2^53.
#[napi]
pub struct Engine {
    core: Shared,
    drained: String,
}

#[napi]
impl Engine {
    /// An engine from a policy document. Throws an `Error` whose message is `{"errors":[…]}`.
    #[napi(catch_unwind)]
    pub fn open(policy_json: String, seed: BigInt, at_ms: f64) -> Result<Engine> {
        let (negative, seed, whole) = seed.get_u64();
        if negative || !whole {
            return Err(refuse(&[Fault::new(Code::NumberOutOfRange, "seed", "expected a seed from 0 to 2^64 - 1")]));
        }
        Core::from_json(&policy_json, seed, at_ms).map(Engine::new).map_err(|faults| refuse(&faults))
    }
    /// An engine from a snapshot and the policy that it was taken under. Throws like `open`.
    #[napi(catch_unwind)]
    pub fn restore(policy_json: String, snapshot: Uint8Array, at_ms: f64) -> Result<Engine> {
        Core::restore_json(&policy_json, &snapshot, at_ms).map(Engine::new).map_err(|faults| refuse(&faults))
    }
    /// The engine that another thread of this process shares under this number.
    #[napi(catch_unwind)]
    pub fn attach(shared: u32) -> Result<Engine> {
        let registry = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        match registry.engines.get(&shared).and_then(Weak::upgrade) {
            Some(core) => Ok(Engine { core, drained: String::new() }),
            None => {
                Err(refuse(&[Fault::new(Code::StaleHandle, "shared", format!("no engine is shared as `{shared}`"))]))
            }
        }
    }
    fn new(core: Core) -> Engine {
        Engine { core: Arc::new(Mutex::new(core)), drained: String::new() }
    }
    /// The number under which other threads attach. It holds as long as one of them has the engine.
    #[napi(catch_unwind)]
    pub fn share(&self) -> u32 {
        let mut registry = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        registry.engines.retain(|_, engine| engine.strong_count() > 0);
        let own = Arc::downgrade(&self.core);
        if let Some((number, _)) = registry.engines.iter().find(|(_, engine)| engine.ptr_eq(&own)) {
            return *number;
        }
        registry.last += 1;
        let number = registry.last;
        registry.engines.insert(number, own);
        number
    }
    #[napi(catch_unwind)]
    pub fn names(&self) -> String {
        lock(&self.core).names_json()
    }
    #[napi(catch_unwind)]
    pub fn key(&self, name: String, at_ms: f64) -> Result<f64> {
        lock(&self.core).key_raw(&name, at_ms).map(|handle| handle as f64).map_err(|fault| refuse(&[fault]))
    }
    #[allow(clippy::too_many_arguments)]
    #[napi(catch_unwind)]
    pub fn admit(
        &mut self,
        service: f64,
        k0: f64,
        k1: f64,
        k2: f64,
        k3: f64,
        weight: f64,
        at_ms: f64,
    ) -> Either<f64, Vec<f64>> {
        let keys = [k0, k1, k2, k3].map(handle);
        self.raw(|core, out| core.admit_raw(index(service), keys, weight, at_ms, out))
    }
    #[napi(catch_unwind)]
    pub fn settle(&mut self, permit: f64, outcome: f64, duration_ms: f64, at_ms: f64) -> Either<f64, Vec<f64>> {
        self.raw(|core, out| core.settle_raw(permit, index(outcome), duration_ms, at_ms, out))
    }
    #[napi(catch_unwind)]
    pub fn advance(&mut self, at_ms: f64) -> Either<f64, Vec<f64>> {
        self.raw(|core, out| core.advance_raw(at_ms, out))
    }
    /// The whole output of this object's last numeric call; after a plain one, of the engine's last call.
    #[napi(catch_unwind)]
    pub fn drain(&mut self) -> String {
        if self.drained.is_empty() { lock(&self.core).drain_json() } else { std::mem::take(&mut self.drained) }
    }
    #[napi(catch_unwind)]
    pub fn handle(&self, input_json: String, at_ms: f64) -> String {
        lock(&self.core).handle_json(&input_json, at_ms)
    }
    #[napi(catch_unwind)]
    pub fn snapshot(&self) -> Buffer {
        lock(&self.core).snapshot().into()
    }
    fn raw(&mut self, call: impl FnOnce(&mut Core, &mut [f64; 16]) -> f64) -> Either<f64, Vec<f64>> {
        let mut out = [0.0; 16];
        let mut core = lock(&self.core);
        let value = call(&mut core, &mut out);
        if value > 0.0 && out[0] == 0.0 {
            self.drained.clear();
            return Either::A(value);
        }
        self.drained = core.drain_json();
        Either::B([&[value], &out[..]].concat())
    }
}

/// Pure functions, text to text.
#[napi(catch_unwind)]
pub fn call(op: String, payload: String) -> String {
    wire::call(&op, &payload)
}

/// The version of the core.
#[napi(catch_unwind)]
pub fn version() -> String {
    brownout::VERSION.into()
}

/// A panic inside the core is told to the caller by then; the lock itself stays usable.
fn lock(core: &Shared) -> MutexGuard<'_, Core> {
    core.lock().unwrap_or_else(PoisonError::into_inner)
}

fn refuse(faults: &[Fault]) -> Error {
    Error::from_reason(wire::errors_json(faults))
}

/// A table index; what is none becomes one that no table has.
fn index(number: f64) -> u32 {
    if f64::from(number as u32) == number { number as u32 } else { u32::MAX }
}

/// A key handle; what is none becomes one that was never given out.
fn handle(number: f64) -> u64 {
    if number as u64 as f64 == number { number as u64 } else { u64::MAX }
}
