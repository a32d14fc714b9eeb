//! What the short way knows of its engine: which one sits here, what time it is, and whether the host wants to look first.
use crate::Engine;
use crate::clock::{Anchor, Shared};
use brownout::engine::Engine as Core;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

/// The short way to one engine. The host keeps it up to date; it outlives the engines that sit in it.
#[pyclass(frozen, module = "brownout._core")]
pub(crate) struct Lane {
    /// Who sat here first: nearly always still does, and is read without a lock.
    first: Py<Engine>,
    moved: AtomicBool,
    seat: Mutex<Py<Engine>>,
    now_ms: Py<PyAny>,
    wait_s: Py<PyAny>,
    anchor: Option<Py<Anchor>>,
    /// Counts the policies that were in force: what is known of one says nothing of the next.
    policies: AtomicU32,
    due_ms: Shared,
    attentive: AtomicBool,
}

#[pymethods]
impl Lane {
    /// `now_ms` and `wait_s` are the host's clock; `anchor`, where there is one, spares asking it.
    #[new]
    #[pyo3(signature = (engine, now_ms, wait_s, anchor=None))]
    fn new(
        py: Python<'_>,
        engine: Py<Engine>,
        now_ms: Py<PyAny>,
        wait_s: Py<PyAny>,
        anchor: Option<Py<Anchor>>,
    ) -> Self {
        let (first, seat) = (engine.clone_ref(py), Mutex::new(engine));
        let (moved, attentive, policies) = (AtomicBool::new(false), AtomicBool::new(false), AtomicU32::new(0));
        let due_ms = Shared::new(f64::INFINITY);
        Lane { first, moved, seat, now_ms, wait_s, anchor, policies, due_ms, attentive }
    }
    /// Another policy is in force.
    fn renewed(&self) {
        self.policies.fetch_add(1, Ordering::Relaxed);
    }
    /// Another engine takes the seat.
    fn seat(&self, engine: Py<Engine>) {
        let old = std::mem::replace(&mut *self.seat.lock().unwrap_or_else(PoisonError::into_inner), engine);
        self.moved.store(true, Ordering::Release);
        self.renewed();
        drop(old);
    }
    /// When the host's timer is due; from then on calls go the long way.
    #[getter]
    pub(crate) fn due_ms(&self) -> f64 {
        self.due_ms.get()
    }
    #[setter]
    fn set_due_ms(&self, at_ms: f64) {
        self.due_ms.set(at_ms);
    }
    /// Does the host want to see every call for now?
    #[getter]
    fn attentive(&self) -> bool {
        self.attentive.load(Ordering::Relaxed)
    }
    #[setter]
    fn set_attentive(&self, attentive: bool) {
        self.attentive.store(attentive, Ordering::Relaxed);
    }
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.now_ms)?;
        visit.call(&self.wait_s)
    }
}

impl Lane {
    /// Runs with the engine that sits here.
    pub(crate) fn with<T>(&self, py: Python<'_>, run: impl FnOnce(&mut Core) -> T) -> PyResult<T> {
        if !self.moved.load(Ordering::Acquire) {
            return self.first.get().with(py, run);
        }
        let seated = self.seat.lock().unwrap_or_else(PoisonError::into_inner).clone_ref(py);
        seated.get().with(py, run)
    }
    /// The present instant of the engine's own clock.
    pub(crate) fn now_ms(&self, py: Python<'_>) -> PyResult<f64> {
        match self.anchor.as_ref().and_then(|anchor| anchor.get().now_ms()) {
            Some(now_ms) => Ok(now_ms),
            None => self.now_ms.bind(py).call0()?.extract(),
        }
    }
    /// Real seconds that `span_ms` of the engine's clock take; None where only a person moves that.
    pub(crate) fn wait_s(&self, py: Python<'_>, span_ms: f64) -> PyResult<Option<f64>> {
        match &self.anchor {
            Some(anchor) => Ok(Some(anchor.get().wait_s(span_ms))),
            None => self.wait_s.bind(py).call1((span_ms,))?.extract(),
        }
    }
    /// Which policy is in force, by number.
    pub(crate) fn policy(&self) -> u32 {
        self.policies.load(Ordering::Relaxed)
    }
    /// Must the host look before this input?
    pub(crate) fn is_due(&self, at_ms: f64) -> bool {
        at_ms >= self.due_ms.get() || self.attentive()
    }
}
