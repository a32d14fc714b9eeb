//! Brownout for Python: plain numbers on the hot path, JSON text for everything else.
//!
//! A hot call answers with an integer when there is nothing to add, else with a frozen `Decision` whose details are taken under
//! the same lock. The interpreter's lock is not released: a decision is shorter than the release. No logic and no default
//! lives here.
#![allow(missing_docs)]

mod clock;
mod deadlines;
#[cfg(feature = "faulty")]
mod faulty;
mod guarded;
mod kinds;
mod lane;
mod line;
mod ticket;

use brownout::base::error::{Code, Fault};
use brownout::engine::Engine as Core;
use brownout::wire;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

/// The exception of the host layer; it reads `{"errors":[…]}`.
fn raise(py: Python<'_>, text: String) -> PyErr {
    static ERROR: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class =
        ERROR.get_or_try_init(py, || Ok::<_, PyErr>(py.import("brownout._errors")?.getattr("BrownoutError")?.unbind()));
    match class.and_then(|class| class.bind(py).call1((text,))) {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

fn refuse(py: Python<'_>, faults: &[Fault]) -> PyErr {
    raise(py, wire::errors_json(faults))
}

/// Runs the core; a panic, which Python's `except Exception` would miss, becomes a coded error.
fn guarded<T>(py: Python<'_>, run: impl FnOnce() -> T) -> PyResult<T> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| lost(py))
}

fn lost(py: Python<'_>) -> PyErr {
    refuse(py, &[Fault::new(Code::EngineLost, "", "the engine stopped inside a call")])
}

/// A hot call's answer that carries more than a number.
#[pyclass(frozen, module = "brownout._core")]
struct Decision {
    /// Admit: the permit, 0 when refused. Settle: 1 counted, 0 not.
    #[pyo3(get)]
    permit: i64,
    /// 1 effects, 2 re-arm, 4 would refuse, 8 retry advised, 16 probe, 32 details.
    #[pyo3(get)]
    flags: u32,
    /// The earliest instant at which anything could change; -1 for none.
    #[pyo3(get)]
    next_ms: f64,
    /// The call's timeout; -1 for none.
    #[pyo3(get)]
    timeout_ms: f64,
    /// The whole output, as JSON.
    #[pyo3(get)]
    output: String,
}

#[derive(IntoPyObject)]
enum Answer {
    Plain(i64),
    More(Decision),
}

/// One engine; safe to share between threads.
#[pyclass(frozen, module = "brownout._core")]
struct Engine(Mutex<Core>);

impl Engine {
    fn with<T>(&self, py: Python<'_>, run: impl FnOnce(&mut Core) -> T) -> PyResult<T> {
        // A panic poisons the lock: what it left behind is not to be trusted, and every later call is told the same.
        guarded(py, || self.0.lock().ok().map(|mut core| run(&mut core)))?.ok_or_else(|| lost(py))
    }

    /// One numeric call and, unless it was plain, its whole output, under one lock.
    fn numbers(
        &self,
        py: Python<'_>,
        call: impl FnOnce(&mut Core, &mut [f64; 16]) -> f64,
        plain: impl FnOnce(f64) -> bool,
    ) -> PyResult<(f64, [f64; 16], String)> {
        self.with(py, |core| {
            let mut out = [0.0; 16];
            let value = call(core, &mut out);
            let output = if out[0] == 0.0 && plain(value) { String::new() } else { core.drain_json() };
            (value, out, output)
        })
    }

    fn raw(&self, py: Python<'_>, call: impl FnOnce(&mut Core, &mut [f64; 16]) -> f64) -> PyResult<Answer> {
        let (value, out, output) = self.numbers(py, call, |value| value > 0.0)?;
        if output.is_empty() {
            Ok(Answer::Plain(value as i64))
        } else {
            decide(py, value, &out, output).map(Answer::More)
        }
    }
}

fn decide(py: Python<'_>, value: f64, out: &[f64; 16], output: String) -> PyResult<Decision> {
    if value < 0.0 {
        return Err(raise(py, output));
    }
    Ok(Decision { permit: value as i64, flags: out[0] as u32, next_ms: out[1], timeout_ms: out[9], output })
}

#[pymethods]
impl Engine {
    /// Errors: every fault of the policy.
    #[new]
    fn new(py: Python<'_>, policy_json: &str, seed: u64, at_ms: f64) -> PyResult<Engine> {
        let core = guarded(py, || Core::from_json(policy_json, seed, at_ms))?;
        core.map(|core| Engine(Mutex::new(core))).map_err(|faults| refuse(py, &faults))
    }
    /// From a snapshot of the same policy. `seed` is for one of several copies that all go on.
    #[staticmethod]
    #[pyo3(signature = (policy_json, snapshot, at_ms, seed=None))]
    fn restore(py: Python<'_>, policy_json: &str, snapshot: &[u8], at_ms: f64, seed: Option<u64>) -> PyResult<Engine> {
        let core = guarded(py, || match seed {
            Some(seed) => Core::fork_json(policy_json, snapshot, seed, at_ms),
            None => Core::restore_json(policy_json, snapshot, at_ms),
        })?;
        core.map(|core| Engine(Mutex::new(core))).map_err(|faults| refuse(py, &faults))
    }
    /// Names to numbers, as JSON: read after load and after each reload.
    fn names(&self, py: Python<'_>) -> PyResult<String> {
        self.with(py, |core| core.names_json())
    }
    /// The handle of a key, below 2^53. Errors: `key_empty`, `key_too_long`.
    fn key(&self, py: Python<'_>, name: &str, at_ms: f64) -> PyResult<u64> {
        self.with(py, |core| core.key_raw(name, at_ms))?.map_err(|fault| refuse(py, &[fault]))
    }
    /// Asks for one call; keys in the order of the policy, 0 for none. The permit, where there is nothing to add.
    #[allow(clippy::too_many_arguments)]
    fn admit(
        &self,
        py: Python<'_>,
        service: i64,
        k0: i64,
        k1: i64,
        k2: i64,
        k3: i64,
        weight: f64,
        at_ms: f64,
    ) -> PyResult<Answer> {
        let keys = [k0, k1, k2, k3].map(|key| u64::try_from(key).unwrap_or(u64::MAX));
        self.raw(py, |core, out| {
            let permit = core.admit_raw(index(service), keys, weight, at_ms, out);
            #[cfg(feature = "faulty")]
            faulty::admitted(core, index(service));
            permit
        })
    }
    /// Tells how a call ended, by outcome number; a duration that is no number lasts since the grant. 1 where it counted and there is
    /// nothing to add.
    fn settle(&self, py: Python<'_>, permit: i64, outcome: i64, duration_ms: f64, at_ms: f64) -> PyResult<Answer> {
        self.raw(py, |core, out| core.settle_raw(permit as f64, index(outcome), duration_ms, at_ms, out))
    }
    /// Lets time pass.
    fn advance(&self, py: Python<'_>, at_ms: f64) -> PyResult<Decision> {
        let (value, out, output) = self.numbers(py, |core, out| core.advance_raw(at_ms, out), |_| false)?;
        decide(py, value, &out, output)
    }
    /// The whole output of the last call as JSON.
    fn drain(&self, py: Python<'_>) -> PyResult<String> {
        self.with(py, Core::drain_json)
    }
    /// Any verb, JSON in and out; its errors come back as JSON too.
    fn handle(&self, py: Python<'_>, input_json: &str, at_ms: f64) -> PyResult<String> {
        self.with(py, |core| core.handle_json(input_json, at_ms))
    }
    /// All state as canonical bytes.
    fn snapshot(&self, py: Python<'_>) -> PyResult<Vec<u8>> {
        self.with(py, |core| core.snapshot())
    }
    /// The next part of a snapshot, or its first; empty after the last.
    fn part(&self, py: Python<'_>, first: bool) -> PyResult<Vec<u8>> {
        self.with(py, |core| core.snapshot_part(first))
    }
}

/// Stops while the lock is held.
#[cfg(feature = "faulty")]
#[pyfunction]
fn fault(py: Python<'_>, engine: Py<Engine>) -> PyResult<()> {
    engine.get().with(py, |_| faulty::stop())
}

/// Pure functions, text to text.
#[pyfunction]
fn call(py: Python<'_>, op: &str, payload: &str) -> PyResult<String> {
    guarded(py, || wire::call(op, payload))
}

/// The version of the core.
#[pyfunction]
fn version() -> &'static str {
    brownout::VERSION
}

/// A table index; what is none becomes one that no table has.
fn index(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[pymodule(gil_used = true)]
mod _core {
    #[cfg(feature = "faulty")]
    #[pymodule_export]
    use super::fault;
    #[pymodule_export]
    use super::{Decision, Engine, call, version};
    #[pymodule_export]
    use crate::clock::Anchor;
    #[pymodule_export]
    use crate::deadlines::{Deadlines, Scope};
    #[pymodule_export]
    use crate::guarded::Guarded;
    #[pymodule_export]
    use crate::lane::Lane;
    #[pymodule_export]
    use crate::line::{Line, keys_are_bound};
    #[pymodule_export]
    use crate::ticket::{Instead, Ticket};
}
