//! A decorated plain function.
use crate::line::{Entry, Exit, Line};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};

/// A function behind a guard: called like the function itself. Raises what the host says where the call is not plain.
#[pyclass(frozen, dict, weakref, module = "brownout._core")]
pub(crate) struct Guarded {
    line: Py<Line>,
    call: Py<PyAny>,
}

#[pymethods]
impl Guarded {
    #[new]
    fn new(line: Py<Line>, call: Py<PyAny>) -> Self {
        Guarded { line, call }
    }
    #[pyo3(signature = (*args: "Any", **kwargs: "Any") -> "Any")]
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let line = self.line.get();
        let grant = match line.enter(py, Some((args, kwargs)))? {
            Entry::Plain(grant) => grant,
            Entry::Refused(said) => {
                let refusal = line.refused(py, said)?;
                return self.over(args, kwargs, "_refused", (refusal,));
            }
            Entry::Told(key, at_ms, said) => return self.over(args, kwargs, "_told", (key, at_ms, said)),
            Entry::Whole(key) => return self.over(args, kwargs, "_whole", (key,)),
        };
        let value = match self.call.bind(py).call(args, kwargs) {
            Ok(value) => value,
            Err(error) => {
                if line.fail(py, grant.permit, grant.at_ms, grant.timeout_ms, error.value(py))? {
                    return Err(error);
                }
                return self.over(args, kwargs, "_raised", (grant.ticket(None), error.into_value(py)));
            }
        };
        match line.leave(py, grant.permit, grant.at_ms, grant.timeout_ms, &value)? {
            Exit::Plain => Ok(value),
            Exit::Told(now_ms, said) => self.over(args, kwargs, "_settled", (grant.ticket(None), value, now_ms, said)),
            Exit::Whole => self.over(args, kwargs, "_returned", (grant.ticket(None), value)),
        }
    }
    /// As a method: bound to its object, like a function.
    fn __get__<'py>(
        slf: Bound<'py, Self>,
        owner: Option<Bound<'py, PyAny>>,
        _kind: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        static METHOD: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let Some(owner) = owner else { return Ok(slf.into_any()) };
        let py = slf.py();
        let method =
            METHOD.get_or_try_init(py, || Ok::<_, PyErr>(py.import("types")?.getattr("MethodType")?.unbind()))?;
        method.bind(py).call1((slf, owner))
    }
    /// By name, as functions are pickled.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.getattr("__qualname__")
    }
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("<guarded {}>", self.call.bind(py).repr()?))
    }
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.line)?;
        visit.call(&self.call)
    }
}

impl Guarded {
    /// The host goes on from here: what is known comes after the function and its arguments.
    fn over<'py>(
        &self,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
        how: &str,
        known: impl IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>, Error = PyErr>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = args.py();
        let kwargs = kwargs.cloned().unwrap_or_else(|| PyDict::new(py));
        let known = known.into_pyobject(py)?;
        let given = (&self.call, args, kwargs).into_pyobject(py)?.as_sequence().concat(known.as_sequence())?;
        self.line.get().host.bind(py).call_method1(how, given.to_tuple()?)
    }
}
