//! What the policy in force makes of an exception that says no more than its type.
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};
use std::sync::{Mutex, PoisonError};

/// How many types are remembered; then it begins anew.
const MOST: usize = 32;

/// Outcomes by type, of one policy.
#[derive(Default)]
struct Known {
    policy: u32,
    outcomes: Vec<(Py<PyType>, u32)>,
}

/// The same, for whoever asks.
#[derive(Default)]
pub(crate) struct Kinds(Mutex<Known>);

impl Kinds {
    /// Remembers one. What was known of another policy goes.
    pub(crate) fn learn(&self, policy: u32, kind: Py<PyType>, outcome: u32) {
        let gone = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let old = if known.policy != policy || known.outcomes.len() >= MOST {
                std::mem::take(&mut known.outcomes)
            } else {
                Vec::new()
            };
            known.policy = policy;
            known.outcomes.retain(|(of, _)| !of.is(&kind));
            known.outcomes.push((kind, outcome));
            old
        };
        drop(gone); // last: what is let go may come back here
    }
    /// The outcome of this very exception, where its type is known and it carries nothing that an upstream might have said.
    pub(crate) fn outcome(&self, policy: u32, error: &Bound<'_, PyAny>) -> PyResult<Option<u32>> {
        let kind = error.get_type();
        let known = {
            let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if known.policy != policy {
                return Ok(None);
            }
            known.outcomes.iter().find(|(of, _)| of.is(&kind)).map(|(_, outcome)| *outcome)
        };
        Ok(if known.is_some() && is_bare(error)? { known } else { None })
    }
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        let Ok(known) = self.0.try_lock() else { return Ok(()) };
        known.outcomes.iter().try_for_each(|(kind, _)| visit.call(kind))
    }
}

/// Neither a cause nor a response, status or code of its own.
fn is_bare(error: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = error.py();
    if !error.getattr(intern!(py, "__context__"))?.is_none() || !error.getattr(intern!(py, "__cause__"))?.is_none() {
        return Ok(false);
    }
    let own = error.getattr(intern!(py, "__dict__"))?;
    let Ok(own) = own.cast::<PyDict>() else { return Ok(false) };
    if own.is_empty() {
        return Ok(true);
    }
    for name in [intern!(py, "response"), intern!(py, "status_code"), intern!(py, "status"), intern!(py, "code")] {
        if own.contains(name)? {
            return Ok(false);
        }
    }
    Ok(true)
}
