//! Wall time as the host anchored it, read without leaving Rust.
use pyo3::intern;
use pyo3::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// A float that threads share.
pub(crate) struct Shared(AtomicU64);

impl Shared {
    pub(crate) fn new(value: f64) -> Self {
        Shared(AtomicU64::new(value.to_bits()))
    }
    pub(crate) fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }
    pub(crate) fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Ordering::Relaxed);
    }
}

/// Where wall time stood at one reading of the monotonic clock. `WallClock` writes it; past `until_s` it is asked again.
///
/// Written and read under the interpreter's lock, so its numbers belong together.
#[pyclass(frozen, module = "brownout._core")]
pub(crate) struct Anchor {
    wall_ms: Shared,
    base_s: Shared,
    speed: Shared,
    until_s: Shared,
}

#[pymethods]
impl Anchor {
    #[new]
    fn new() -> Self {
        Anchor {
            wall_ms: Shared::new(0.0),
            base_s: Shared::new(0.0),
            speed: Shared::new(1.0),
            until_s: Shared::new(0.0),
        }
    }
    /// Wall time was `wall_ms` when the monotonic clock read `base_s`; good until that reads `until_s`.
    fn set(&self, wall_ms: f64, base_s: f64, speed: f64, until_s: f64) {
        self.wall_ms.set(wall_ms);
        self.base_s.set(base_s);
        self.speed.set(speed);
        self.until_s.set(until_s);
    }
    /// The present instant in milliseconds; None where the host must be asked.
    pub(crate) fn now_ms(&self) -> Option<f64> {
        let now_s = system_s()?;
        let since_s = now_s - self.base_s.get();
        (now_s < self.until_s.get()).then(|| self.wall_ms.get() + since_s * 1000.0 * self.speed.get())
    }
}

impl Anchor {
    /// Real seconds that `span_ms` take.
    pub(crate) fn wait_s(&self, span_ms: f64) -> f64 {
        span_ms.max(0.0) / 1000.0 / self.speed.get()
    }
}

/// Python's `time.monotonic()`.
pub(crate) fn monotonic_s(py: Python<'_>) -> PyResult<f64> {
    match system_s() {
        Some(now_s) => Ok(now_s),
        None => py.import(intern!(py, "time"))?.call_method0(intern!(py, "monotonic"))?.extract(),
    }
}

/// As Python's `time.monotonic()`, to the bit.
#[cfg(target_os = "linux")]
fn system_s() -> Option<f64> {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    Some((now.tv_sec * 1_000_000_000 + now.tv_nsec) as f64 / 1e9)
}

#[cfg(not(target_os = "linux"))]
fn system_s() -> Option<f64> {
    None
}
