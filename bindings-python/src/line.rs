//! One guard's short way through its engine: in and out in plain numbers, or word that the host has to take over.
//!
//! No rule is known here. Whatever is not a plain grant, a plain value and a plain settlement belongs to the host.
use crate::lane::Lane;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyComplex, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

const REARM: u32 = 2;
const SUCCESS: u32 = 0;
const MAX_KEYS: usize = 4;
const UNKNOWN: u32 = u32::MAX;

/// What a call was given, for the guard's key function.
pub(crate) type Arguments<'a, 'py> = Option<(&'a Bound<'py, PyTuple>, Option<&'a Bound<'py, PyDict>>)>;

/// A guard's keys as the policy in force orders them.
struct Plan {
    /// The policy's key names, in the order of the engine's slots.
    names: Vec<Py<PyString>>,
    /// The texts that the guard fixes, by slot.
    fixed: Vec<Option<String>>,
    /// The slot of a key that comes without a name.
    only: usize,
}

/// A granted attempt on the short way.
#[pyclass(frozen, freelist = 256, module = "brownout._core")]
pub(crate) struct Ticket {
    #[pyo3(get)]
    pub(crate) permit: i64,
    #[pyo3(get)]
    pub(crate) at_ms: f64,
    /// -1 for none.
    #[pyo3(get)]
    pub(crate) timeout_ms: f64,
    /// The key that the guard's function gave, alone in a tuple; None where there is no such function.
    #[pyo3(get)]
    pub(crate) key: Given,
}

/// The key that a guard's function gave, if it has one and it has run.
pub(crate) type Given = Option<(Py<PyAny>,)>;

/// What came of asking.
pub(crate) enum Entry {
    /// Granted, and nothing else to say.
    Plain(Ticket),
    /// The engine said more: asked when, and its whole output.
    Told(Given, f64, String),
    /// Not asked: the host does it all.
    Whole(Given),
}

/// What came of telling how a call ended.
pub(crate) enum Exit {
    /// Settled, and nothing else to say.
    Plain,
    /// The engine said more: its whole output.
    Told(f64, String),
    /// Not told: the host does it.
    Whole,
}

/// One guard's way to its engine.
#[pyclass(frozen, module = "brownout._core")]
pub(crate) struct Line {
    lane: Py<Lane>,
    pub(crate) host: Py<PyAny>,
    bound: Py<PyAny>,
    key: Option<Py<PyAny>>,
    weight: f64,
    /// The service's number in the policy in force; [`UNKNOWN`] has to be asked for.
    service: AtomicU32,
    /// None where no key can matter.
    plan: Mutex<Option<Arc<Plan>>>,
    keyed: AtomicBool,
}

#[pymethods]
impl Line {
    /// `host` is the guard, which has `_plan`, `_arm` and what takes over; `bound` gives the keys of the context.
    #[new]
    fn new(lane: Py<Lane>, host: Py<PyAny>, bound: Py<PyAny>, key: Option<Py<PyAny>>, weight: f64) -> Self {
        let (service, keyed) = (AtomicU32::new(UNKNOWN), AtomicBool::new(false));
        Line { lane, host, bound, key, weight, service, plan: Mutex::new(None), keyed }
    }
    /// Asks for one attempt: a ticket; else what the host needs to go on. The arguments are for the guard's key function.
    ///
    /// A ticket without timeout and key is one complex number, permit and instant: the cheapest pair that Python has.
    #[pyo3(name = "enter")]
    fn enter_from_host<'py>(
        &self,
        py: Python<'py>,
        args: &Bound<'py, PyTuple>,
        kwargs: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.entered(py, Some((args, Some(kwargs))))
    }
    /// The same, where there is no such function.
    fn enter_keyless<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.entered(py, None)
    }
    /// Tells of a value: True when that was all; else what the host needs to go on.
    #[pyo3(name = "leave")]
    fn leave_from_host<'py>(
        &self,
        py: Python<'py>,
        ticket: &Bound<'py, PyAny>,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (permit, at_ms) = match ticket.cast_exact::<PyComplex>() {
            Ok(pair) => (pair.real(), pair.imag()),
            Err(_) => {
                let ticket = ticket.cast::<Ticket>()?.get();
                (ticket.permit as f64, ticket.at_ms)
            }
        };
        match self.leave(py, permit, at_ms, -1.0, value)? {
            Exit::Plain => Ok(PyBool::new(py, true).to_owned().into_any()),
            Exit::Told(now_ms, said) => Ok((now_ms, said).into_pyobject(py)?.into_any()),
            Exit::Whole => Ok(PyBool::new(py, false).to_owned().into_any()),
        }
    }
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.lane)?;
        visit.call(&self.host)?;
        visit.call(&self.bound)?;
        visit.call(&self.key)
    }
}

impl Line {
    fn entered<'py>(&self, py: Python<'py>, given: Arguments<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.enter(py, given)? {
            Entry::Plain(Ticket { permit, at_ms, timeout_ms, key: None }) if timeout_ms < 0.0 => {
                Ok(PyComplex::from_doubles(py, permit as f64, at_ms).into_any())
            }
            Entry::Plain(ticket) => Ok(Bound::new(py, ticket)?.into_any()),
            Entry::Told(key, at_ms, output) => Ok((key, at_ms, output).into_pyobject(py)?.into_any()),
            Entry::Whole(key) => Ok(key.into_pyobject(py)?.into_any()),
        }
    }
    /// Asks for one attempt.
    pub(crate) fn enter(&self, py: Python<'_>, given: Arguments<'_, '_>) -> PyResult<Entry> {
        let Some(service) = self.service(py)? else { return Ok(Entry::Whole(None)) };
        let key = match (&self.key, given) {
            (Some(of), Some((args, kwargs))) => Some(of.bind(py).call(args, kwargs)?),
            _ => None,
        };
        let lane = self.lane.get();
        let at_ms = lane.now_ms(py)?;
        if lane.is_due(at_ms) {
            return Ok(Entry::Whole(alone(key)));
        }
        let plan = if self.keyed.load(Ordering::Relaxed) { self.plan() } else { None };
        let Some(texts) = self.texts(py, plan.as_deref(), key.as_ref())? else { return Ok(Entry::Whole(alone(key))) };
        let mut out = [0.0; 16];
        let asked = lane.with(py, |core| {
            let mut keys = [0; MAX_KEYS];
            if plan.is_some() {
                for (handle, text) in keys.iter_mut().zip(&texts) {
                    if let Some(text) = text {
                        *handle = core.key_raw(text.as_str()?, at_ms).ok()?;
                    }
                }
            }
            let permit = core.admit_raw(service, keys, self.weight, at_ms, &mut out);
            #[cfg(feature = "faulty")]
            crate::faulty::admitted(core, service);
            let said = permit == 0.0 || (permit > 0.0 && out[0] as u32 & !REARM != 0);
            Some((permit, said.then(|| core.drain_json())))
        });
        match asked {
            Ok(Some((_, Some(said)))) => Ok(Entry::Told(alone(key), at_ms, said)),
            Ok(Some((permit, None))) if permit > 0.0 => {
                self.rearm(py, &out)?;
                Ok(Entry::Plain(Ticket { permit: permit as i64, at_ms, timeout_ms: out[9], key: alone(key) }))
            }
            _ => {
                // a reload or an eviction came between, or the engine is lost: the host asks anew
                self.service.store(UNKNOWN, Ordering::Relaxed);
                Ok(Entry::Whole(alone(key)))
            }
        }
    }

    /// Tells of a value. `timeout_ms` of a call that nothing could interrupt; else -1.
    pub(crate) fn leave(
        &self,
        py: Python<'_>,
        permit: f64,
        at_ms: f64,
        timeout_ms: f64,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<Exit> {
        let lane = self.lane.get();
        let now_ms = lane.now_ms(py)?;
        let late = timeout_ms >= 0.0 && now_ms - at_ms > timeout_ms;
        if late || lane.is_due(now_ms) || !is_plain(value) {
            return Ok(Exit::Whole);
        }
        let mut out = [0.0; 16];
        let told = lane.with(py, |core| {
            let counted = core.settle_raw(permit, SUCCESS, f64::NAN, now_ms, &mut out);
            (counted < 0.0 || out[0] as u32 & !REARM != 0).then(|| core.drain_json())
        });
        match told {
            Ok(None) => {
                self.rearm(py, &out)?;
                Ok(Exit::Plain)
            }
            Ok(Some(said)) => Ok(Exit::Told(now_ms, said)),
            Err(_) => Ok(Exit::Whole),
        }
    }

    /// The key texts by slot; None where a key is none that can be taken as it is.
    fn texts<'a, 'py>(
        &self,
        py: Python<'py>,
        plan: Option<&'a Plan>,
        key: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Option<[Option<Text<'a, 'py>>; MAX_KEYS]>> {
        let mut texts = [const { None }; MAX_KEYS];
        let Some(plan) = plan else { return Ok(key.is_none().then_some(texts)) };
        if key.is_some() && plan.only >= plan.names.len() {
            return Ok(None);
        }
        let bound = self.bound.bind(py).call0()?.cast_into::<PyDict>().ok();
        for (slot, (name, fixed)) in plan.names.iter().zip(&plan.fixed).enumerate().take(MAX_KEYS) {
            texts[slot] = match (key, fixed, &bound) {
                (Some(key), _, _) if slot == plan.only => match key.cast_exact::<PyString>() {
                    Ok(text) => Some(Text::Of(text.clone())),
                    Err(_) => return Ok(None),
                },
                (_, Some(fixed), _) => Some(Text::Fixed(fixed)),
                (_, None, Some(bound)) => match bound.get_item(name)? {
                    Some(text) => Some(Text::Of(text.cast_into()?)),
                    None => None,
                },
                (_, None, None) => None,
            };
        }
        Ok(Some(texts))
    }

    fn rearm(&self, py: Python<'_>, out: &[f64; 16]) -> PyResult<()> {
        if out[0] != 0.0 {
            self.host.bind(py).call_method1("_arm", (out[1],))?;
        }
        Ok(())
    }

    fn plan(&self) -> Option<Arc<Plan>> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The service's number; the guard is asked for its plan where it is not known.
    fn service(&self, py: Python<'_>) -> PyResult<Option<u32>> {
        let known = self.service.load(Ordering::Relaxed);
        if known != UNKNOWN {
            return Ok(Some(known));
        }
        let said = self.host.bind(py).call_method0("_plan")?;
        if said.is_none() {
            return Ok(None);
        }
        let (service, names, fixed, only): (u32, Vec<Py<PyString>>, _, _) = said.extract()?;
        self.keyed.store(!names.is_empty(), Ordering::Relaxed);
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(Plan { names, fixed, only }));
        self.service.store(service, Ordering::Relaxed);
        Ok(Some(service))
    }
}

/// A key as it travels beside a call.
fn alone(key: Option<Bound<'_, PyAny>>) -> Given {
    key.map(|key| (key.unbind(),))
}

enum Text<'a, 'py> {
    Fixed(&'a str),
    Of(Bound<'py, PyString>),
}

impl Text<'_, '_> {
    fn as_str(&self) -> Option<&str> {
        match self {
            Text::Fixed(text) => Some(text),
            Text::Of(text) => text.to_str().ok(),
        }
    }
}

/// Can nothing be read from this value but that it came? What could be a response is the host's to look at.
fn is_plain(value: &Bound<'_, PyAny>) -> bool {
    value.is_none()
        || value.is_exact_instance_of::<PyDict>()
        || value.is_exact_instance_of::<PyInt>()
        || value.is_exact_instance_of::<PyString>()
        || value.is_exact_instance_of::<PyBool>()
        || value.is_exact_instance_of::<PyList>()
        || value.is_exact_instance_of::<PyTuple>()
        || value.is_exact_instance_of::<PyFloat>()
        || value.is_exact_instance_of::<PyBytes>()
}
