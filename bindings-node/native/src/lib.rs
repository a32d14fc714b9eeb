//! Brownout for Node as a native addon: for what wasm cannot do there, one engine shared by worker threads, and work off the
//! main thread.
//!
//! Numbers in and out on the hot path, JSON text for everything else. A hot call answers with a plain number when there is
//! nothing to add, else with the value and the 16 numbers after it; its details are taken under the same lock and wait in the
//! caller's own object, so no thread reads another's. No logic and no default lives here.
//!
//! A panic ends no process: it becomes `engine_lost`, and as it poisons the engine's lock, every later call is told the same.
#![allow(missing_docs)]

#[cfg(feature = "faulty")]
mod faulty;
mod shared;

use brownout::base::error::{Code, Fault};
use brownout::engine::Engine as Core;
use brownout::wire;
use napi::bindgen_prelude::{AsyncTask, BigInt, Buffer, Either, Uint8Array};
use napi::{Env, Error, Result, Task};
use napi_derive::napi;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

type Shared = Arc<Mutex<Core>>;

/// One engine. Instants and durations are milliseconds; handles and permits are integers below 2^53.
#[napi]
pub struct Engine {
    core: Shared,
    joined: bool,
    drained: String,
}

#[napi]
impl Engine {
    /// An engine from a policy document. Throws an `Error` whose message is `{"errors":[…]}`. With a name, the engine that
    /// threads of this process share under it, if there is one, whatever its policy.
    #[napi(catch_unwind)]
    pub fn open(policy_json: String, seed: BigInt, at_ms: f64, shared: Option<String>) -> Result<Engine> {
        let (negative, seed, whole) = seed.get_u64();
        if negative || !whole {
            return Err(refuse(&[Fault::new(Code::NumberOutOfRange, "seed", "expected a seed from 0 to 2^64 - 1")]));
        }
        Engine::made(shared, || Core::from_json(&policy_json, seed, at_ms))
    }
    /// An engine from a snapshot and the policy that it was taken under. Throws, and shares, like `open`.
    #[napi(catch_unwind)]
    pub fn restore(policy_json: String, snapshot: Uint8Array, at_ms: f64, shared: Option<String>) -> Result<Engine> {
        Engine::made(shared, || Core::restore_json(&policy_json, &snapshot, at_ms))
    }
    fn made(shared: Option<String>, make: impl FnOnce() -> std::result::Result<Core, Vec<Fault>>) -> Result<Engine> {
        let made = guarded(|| match shared {
            Some(name) => shared::open(name, make),
            None => make().map(|core| (Arc::new(Mutex::new(core)), false)),
        })?;
        let (core, joined) = made.map_err(|faults| refuse(&faults))?;
        Ok(Engine { core, joined, drained: String::new() })
    }
    /// Was it there already, made by another thread?
    #[napi(catch_unwind)]
    pub fn joined(&self) -> bool {
        self.joined
    }
    #[napi(catch_unwind)]
    pub fn names(&self) -> Result<String> {
        self.with(|core| core.names_json())
    }
    #[napi(catch_unwind)]
    pub fn key(&self, name: String, at_ms: f64) -> Result<f64> {
        let handle = self.with(|core| core.key_raw(&name, at_ms))?;
        handle.map(|handle| handle as f64).map_err(|fault| refuse(&[fault]))
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
    ) -> Result<Either<f64, Vec<f64>>> {
        let keys = [k0, k1, k2, k3].map(handle);
        self.raw(
            |value| value > 0.0,
            |core, out| {
                let permit = core.admit_raw(index(service), keys, weight, at_ms, out);
                #[cfg(feature = "faulty")]
                faulty::admitted(core, index(service));
                permit
            },
        )
    }
    #[napi(catch_unwind)]
    pub fn settle(&mut self, permit: f64, outcome: f64, duration_ms: f64, at_ms: f64) -> Result<Either<f64, Vec<f64>>> {
        let plain = |value| value > 0.0;
        self.raw(plain, |core, out| core.settle_raw(permit, index(outcome), duration_ms, at_ms, out))
    }
    /// Never a plain number: the next instant is its answer, also when there is none.
    #[napi(catch_unwind)]
    pub fn advance(&mut self, at_ms: f64) -> Result<Either<f64, Vec<f64>>> {
        self.raw(|_| false, |core, out| core.advance_raw(at_ms, out))
    }
    /// The whole output of this object's last numeric call; after a plain one, of the engine's last call.
    #[napi(catch_unwind)]
    pub fn drain(&mut self) -> Result<String> {
        if self.drained.is_empty() { self.with(Core::drain_json) } else { Ok(std::mem::take(&mut self.drained)) }
    }
    #[napi(catch_unwind)]
    pub fn handle(&self, input_json: String, at_ms: f64) -> Result<String> {
        self.with(|core| core.handle_json(&input_json, at_ms))
    }
    #[napi(catch_unwind)]
    pub fn snapshot(&self) -> Result<Buffer> {
        self.with(|core| core.snapshot()).map(Buffer::from)
    }
    #[napi(catch_unwind)]
    pub fn part(&self, first: bool) -> Result<Buffer> {
        self.with(|core| core.snapshot_part(first)).map(Buffer::from)
    }
    fn with<T>(&self, run: impl FnOnce(&mut Core) -> T) -> Result<T> {
        guarded(|| self.core.lock().ok().map(|mut core| run(&mut core)))?.ok_or_else(lost)
    }
    fn raw(
        &mut self,
        plain: impl FnOnce(f64) -> bool,
        call: impl FnOnce(&mut Core, &mut [f64; 16]) -> f64,
    ) -> Result<Either<f64, Vec<f64>>> {
        let (answer, drained) = self.with(|core| {
            let mut out = [0.0; 16];
            let value = call(core, &mut out);
            if out[0] == 0.0 && plain(value) {
                (Either::A(value), String::new())
            } else {
                (Either::B([&[value], &out[..]].concat()), core.drain_json())
            }
        })?;
        self.drained = drained;
        Ok(answer)
    }
}

/// Pure functions, text to text.
#[napi(catch_unwind)]
pub fn call(op: String, payload: String) -> Result<String> {
    guarded(|| wire::call(&op, &payload))
}

/// The same off the main thread, for work that takes long.
#[napi(catch_unwind)]
pub fn call_async(op: String, payload: String) -> AsyncTask<Pure> {
    AsyncTask::new(Pure { op, payload })
}

/// A pure function on its way to a thread of Node's pool.
pub struct Pure {
    op: String,
    payload: String,
}

impl Task for Pure {
    type Output = String;
    type JsValue = String;
    fn compute(&mut self) -> Result<String> {
        guarded(|| {
            #[cfg(feature = "faulty")]
            faulty::called(&self.op);
            wire::call(&self.op, &self.payload)
        })
    }
    fn resolve(&mut self, _: Env, output: String) -> Result<String> {
        Ok(output)
    }
}

/// The version of the core.
#[napi(catch_unwind)]
pub fn version() -> String {
    brownout::VERSION.into()
}

/// Runs the core; a panic becomes a coded error.
fn guarded<T>(run: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| lost())
}

fn lost() -> Error {
    refuse(&[Fault::new(Code::EngineLost, "", "the engine stopped inside a call")])
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
