//! What a guard's frame holds while its call runs: a grant in the cheapest form that says enough, or what the host needs instead.
use crate::deadlines::Place;
use pyo3::IntoPyObjectExt;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyComplex;

/// A granted attempt on the short way.
#[pyclass(frozen, freelist = 256, module = "brownout._core")]
pub(crate) struct Ticket {
    /// The engine's number for it.
    #[pyo3(get)]
    pub(crate) permit: i64,
    /// When it was granted.
    #[pyo3(get)]
    pub(crate) at_ms: f64,
    /// -1 for none.
    #[pyo3(get)]
    pub(crate) timeout_ms: f64,
    /// The key that the guard's function gave, alone in a tuple; None where there is no such function.
    #[pyo3(get)]
    pub(crate) key: Given,
    /// Where a coroutine's time is kept.
    pub(crate) place: Option<Place>,
}

/// What a ticket says, without a place.
pub(crate) struct Grant {
    pub(crate) permit: f64,
    pub(crate) at_ms: f64,
    /// -1 for none.
    pub(crate) timeout_ms: f64,
    pub(crate) key: Given,
}

impl Grant {
    pub(crate) fn ticket(self, place: Option<Place>) -> Ticket {
        Ticket { permit: self.permit as i64, at_ms: self.at_ms, timeout_ms: self.timeout_ms, key: self.key, place }
    }
}

/// The key that a guard's function gave, if it has one and it has run.
pub(crate) type Given = Option<(Py<PyAny>,)>;

/// No ticket, but what the host needs to go on. False, so that a frame tells it from a ticket at the least cost.
#[pyclass(frozen, module = "brownout._core")]
pub(crate) struct Instead {
    /// A refusal; or key, instant and output; or the key alone; or a ticket and what came of giving it time.
    #[pyo3(get)]
    answer: Py<PyAny>,
}

#[pymethods]
impl Instead {
    fn __bool__(&self) -> bool {
        false
    }
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.answer)
    }
}

pub(crate) fn instead<'py>(py: Python<'py>, answer: impl IntoPyObjectExt<'py>) -> PyResult<Bound<'py, PyAny>> {
    let answer = answer.into_py_any(py)?;
    Ok(Bound::new(py, Instead { answer })?.into_any())
}

/// Permit, instant and place of a ticket in either form.
pub(crate) fn unpacked(ticket: &Bound<'_, PyAny>) -> PyResult<(f64, f64, Option<Place>)> {
    if let Ok(pair) = ticket.cast_exact::<PyComplex>() {
        return Ok((pair.real(), pair.imag(), None));
    }
    let ticket = ticket.cast::<Ticket>()?.get();
    Ok((ticket.permit as f64, ticket.at_ms, ticket.place))
}

/// A key as it travels beside a call.
pub(crate) fn alone(key: Option<Bound<'_, PyAny>>) -> Given {
    key.map(|key| (key.unbind(),))
}
