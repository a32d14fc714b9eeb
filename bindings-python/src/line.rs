//! One guard's short way through its engine: in and out in plain numbers, or word that the host has to take over.
//!
//! No rule is known here. Whatever is not a plain grant, a plain ending and a plain settlement belongs to the host.
use crate::deadlines::{Deadlines, Place};
use crate::kinds::Kinds;
use crate::lane::Lane;
use crate::ticket::{Given, Grant, alone, instead, unpacked};
use pyo3::IntoPyObjectExt;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyComplex, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple, PyType};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

const EFFECTS: u32 = 1;
const REARM: u32 = 2;
const RETRY: u32 = 8;
const SUCCESS: u32 = 0;
const MAX_KEYS: usize = 4;
const UNKNOWN: u32 = u32::MAX;

/// What a call was given, for the guard's key function.
pub(crate) type Arguments<'a, 'py> = Option<(&'a Bound<'py, PyTuple>, Option<&'a Bound<'py, PyDict>>)>;

/// A guard's keys as the policy in force orders them.
#[pyclass(frozen)]
struct Plan {
    /// The policy's key names, in the order of the engine's slots.
    names: Vec<Py<PyString>>,
    /// The texts that the guard fixes, by slot.
    fixed: Vec<Option<String>>,
    /// The slot of a key that comes without a name.
    only: usize,
    /// The service's number.
    service: u32,
    /// The names of the policy, where its numbers say all that there is to a refusal: nothing is ever tried again.
    words: Option<Py<PyAny>>,
}

/// What came of asking.
pub(crate) enum Entry {
    /// Granted, and nothing else to say.
    Plain(Grant),
    /// Refused, and nothing else to say: the engine's whole output, or names and numbers to make it of.
    Refused(Py<PyAny>),
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

/// Has any key been bound to a context of this process? Until then there is nothing to look up.
static BOUND: AtomicBool = AtomicBool::new(false);

/// From here on contexts may have keys.
#[pyfunction]
pub(crate) fn keys_are_bound() {
    BOUND.store(true, Ordering::Relaxed);
}

/// One guard's way to its engine.
#[pyclass(frozen, module = "brownout._core")]
pub(crate) struct Line {
    lane: Py<Lane>,
    /// Not behind the lane, which outlives its engine: what waits here may hold that.
    deadlines: Py<Deadlines>,
    pub(crate) host: Py<PyAny>,
    bound: Py<PyAny>,
    key: Option<Py<PyAny>>,
    weight: f64,
    name: Py<PyString>,
    /// Refusals and failures go to the caller as they are: the guard has nothing to put in their place.
    pub(crate) direct: bool,
    /// The service's number in the policy in force; [`UNKNOWN`] has to be asked for.
    service: AtomicU32,
    /// None where it is not known yet.
    plan: Mutex<Option<Py<Plan>>>,
    /// Does the guard fix a key?
    keyed: AtomicBool,
    kinds: Kinds,
}

#[pymethods]
impl Line {
    /// `host` is the guard, which has `_plan`, `_arm`, `_hear` and what takes over; `bound` gives the keys of the context. `direct`:
    /// refusals and failures go to the caller as they are.
    #[new]
    #[allow(clippy::too_many_arguments)]
    fn new(
        lane: Py<Lane>,
        deadlines: Py<Deadlines>,
        host: Py<PyAny>,
        bound: Py<PyAny>,
        key: Option<Py<PyAny>>,
        weight: f64,
        name: Py<PyString>,
        direct: bool,
    ) -> Self {
        let (service, keyed, plan) = (AtomicU32::new(UNKNOWN), AtomicBool::new(false), Mutex::new(None));
        Line { lane, deadlines, host, bound, key, weight, name, direct, service, plan, keyed, kinds: Kinds::default() }
    }
    /// Asks for one attempt of a coroutine: a ticket, its time running; else what the host needs to go on. The arguments are for the
    /// guard's key function. Errors: `Refused`, of a line that is direct.
    ///
    /// A ticket without timeout and key is one complex number, permit and instant: the cheapest pair that Python has.
    #[pyo3(name = "enter", signature = (args: "tuple[Any, ...]", kwargs: "dict[str, Any]", /) -> "Ticket | complex | Instead")]
    fn enter_from_host<'py>(
        &self,
        py: Python<'py>,
        args: &Bound<'py, PyTuple>,
        kwargs: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.entered(py, Some((args, Some(kwargs))))
    }
    /// The same, where there is no such function.
    #[pyo3(signature = () -> "Ticket | complex | Instead")]
    fn enter_keyless<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.entered(py, None)
    }
    /// Asks for one attempt of which nothing is to be timed or raised here.
    #[pyo3(signature = (args: "tuple[Any, ...]", kwargs: "dict[str, Any]", /) -> "Ticket | Instead")]
    fn ask<'py>(
        &self,
        py: Python<'py>,
        args: &Bound<'py, PyTuple>,
        kwargs: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self.enter(py, Some((args, Some(kwargs))))? {
            Entry::Plain(grant) => Ok(Bound::new(py, grant.ticket(None))?.into_any()),
            Entry::Refused(said) => instead(py, self.refusal(py, said)?),
            Entry::Told(key, at_ms, output) => instead(py, (key, at_ms, output)),
            Entry::Whole(key) => instead(py, key),
        }
    }
    /// Tells of a value: True when that was all; else what the host needs to go on.
    #[pyo3(name = "leave", signature = (ticket: "Ticket | complex", value: "Any", /) -> "bool | tuple[float, str]")]
    fn leave_from_host<'py>(
        &self,
        py: Python<'py>,
        ticket: &Bound<'py, PyAny>,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (permit, at_ms, place) = unpacked(ticket)?;
        if let Some(place) = place {
            self.deadlines.get().came(py, place)?;
        }
        match self.leave(py, permit, at_ms, -1.0, value)? {
            Exit::Plain => Ok(PyBool::new(py, true).to_owned().into_any()),
            Exit::Told(now_ms, said) => Ok((now_ms, said).into_pyobject(py)?.into_any()),
            Exit::Whole => Ok(PyBool::new(py, false).to_owned().into_any()),
        }
    }
    /// Tells of what a coroutine raised: True when that was all, and it may go on; False where the host has to tell; None where its
    /// time was up, which is the host's to tell as well.
    #[pyo3(name = "fail", signature = (ticket: "Ticket | complex", error: "BaseException", /))]
    fn fail_from_host(
        &self,
        py: Python<'_>,
        ticket: &Bound<'_, PyAny>,
        error: &Bound<'_, PyAny>,
    ) -> PyResult<Option<bool>> {
        let (permit, at_ms, place) = unpacked(ticket)?;
        if let Some(place) = place
            && self.deadlines.get().raised(place, error)?
        {
            return Ok(None);
        }
        self.fail(py, permit, at_ms, -1.0, error).map(Some)
    }
    /// What is raised with this type, and says no more than its type, has this outcome, for as long as the policy stands.
    #[pyo3(signature = (kind: "type[BaseException]", outcome, /))]
    fn learn(&self, kind: Py<PyType>, outcome: u32) {
        self.kinds.learn(self.lane.get().policy(), kind, outcome);
    }
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.lane)?;
        visit.call(&self.deadlines)?;
        visit.call(&self.host)?;
        visit.call(&self.bound)?;
        visit.call(&self.key)?;
        self.kinds.traverse(&visit)
    }
}

impl Line {
    fn entered<'py>(&self, py: Python<'py>, given: Arguments<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.enter(py, given)? {
            Entry::Plain(Grant { permit, at_ms, timeout_ms, key: None }) if timeout_ms < 0.0 => {
                Ok(PyComplex::from_doubles(py, permit, at_ms).into_any())
            }
            Entry::Plain(grant) if grant.timeout_ms < 0.0 => Ok(Bound::new(py, grant.ticket(None))?.into_any()),
            Entry::Plain(grant) => match self.give(py, grant.timeout_ms) {
                Ok(place) => Ok(Bound::new(py, grant.ticket(place))?.into_any()),
                Err(error) => instead(py, (grant.ticket(None), error.into_value(py))),
            },
            Entry::Refused(said) => instead(py, self.refused(py, said)?),
            Entry::Told(key, at_ms, output) => instead(py, (key, at_ms, output)),
            Entry::Whole(key) => instead(py, key),
        }
    }
    /// Gives the running task `timeout_ms` of the engine's clock.
    fn give(&self, py: Python<'_>, timeout_ms: f64) -> PyResult<Option<Place>> {
        let wait_s = self.lane.get().wait_s(py, timeout_ms)?;
        wait_s.map(|wait_s| Deadlines::enter(self.deadlines.bind(py), wait_s)).transpose()
    }
    fn refusal<'py>(&self, py: Python<'py>, said: Py<PyAny>) -> PyResult<Bound<'py, PyAny>> {
        static REFUSAL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let class = REFUSAL.get_or_try_init(py, || value_class(py, "Refusal"))?;
        class.bind(py).call1((&self.name, said))
    }
    /// A refusal: raised where this line is direct, else handed over.
    pub(crate) fn refused<'py>(&self, py: Python<'py>, said: Py<PyAny>) -> PyResult<Bound<'py, PyAny>> {
        static REFUSED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let refusal = self.refusal(py, said)?;
        if !self.direct {
            return Ok(refusal);
        }
        let class = REFUSED.get_or_try_init(py, || value_class(py, "Refused"))?;
        Err(PyErr::from_value(class.bind(py).call1((refusal,))?))
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
        let keyed = self.keyed.load(Ordering::Relaxed) || key.is_some() || BOUND.load(Ordering::Relaxed);
        let plan = if keyed { self.plan(py) } else { None };
        let Some(texts) = self.texts(py, plan.as_ref().map(Py::get), key.as_ref())? else {
            return Ok(Entry::Whole(alone(key)));
        };
        let mut out = [0.0; 16];
        let (mut said, mut words) = (None, None);
        let asked = lane.with(py, |core| {
            let mut keys = [0; MAX_KEYS];
            if plan.is_some() {
                for (handle, text) in keys.iter_mut().zip(&texts) {
                    if let Some(text) = text {
                        match text.as_str().map(|text| core.key_raw(text, at_ms)) {
                            Some(Ok(known)) => *handle = known,
                            _ => return -1.0,
                        }
                    }
                }
            }
            let permit = core.admit_raw(service, keys, self.weight, at_ms, &mut out);
            #[cfg(feature = "faulty")]
            crate::faulty::admitted(core, service);
            if permit == 0.0 && out[0] as u32 & !REARM == 0 {
                words = self.plan(py).filter(|plan| plan.get().service == service && plan.get().words.is_some());
            }
            if words.is_none() && (permit == 0.0 || (permit > 0.0 && out[0] as u32 & !REARM != 0)) {
                said = Some(core.drain_json());
            }
            permit
        });
        let permit = asked.unwrap_or(-1.0);
        match said {
            None if permit == 0.0 => {
                self.rearm(py, &out)?;
                let names = words.as_ref().and_then(|plan: &Py<Plan>| plan.get().words.as_ref());
                let numbers: Vec<u8> = out.iter().flat_map(|number| number.to_ne_bytes()).collect();
                Ok(Entry::Refused((names, PyBytes::new(py, &numbers)).into_py_any(py)?))
            }
            None if permit > 0.0 => {
                self.rearm(py, &out)?;
                Ok(Entry::Plain(Grant { permit, at_ms, timeout_ms: out[9], key: alone(key) }))
            }
            Some(said) if permit == 0.0 && out[0] as u32 & (EFFECTS | RETRY) == 0 => {
                self.rearm(py, &out)?;
                Ok(Entry::Refused(said.into_py_any(py)?))
            }
            Some(said) if permit >= 0.0 => Ok(Entry::Told(alone(key), at_ms, said)),
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
        self.settle(py, permit, SUCCESS, now_ms)
    }

    /// Tells of what was raised: true when that was all, and it goes to the caller as it is.
    pub(crate) fn fail(
        &self,
        py: Python<'_>,
        permit: f64,
        at_ms: f64,
        timeout_ms: f64,
        error: &Bound<'_, PyAny>,
    ) -> PyResult<bool> {
        let lane = self.lane.get();
        let now_ms = lane.now_ms(py)?;
        let late = timeout_ms >= 0.0 && now_ms - at_ms > timeout_ms;
        if !self.direct || late || lane.is_due(now_ms) {
            return Ok(false);
        }
        let Some(outcome) = self.kinds.outcome(lane.policy(), error)? else { return Ok(false) };
        match self.settle(py, permit, outcome, now_ms)? {
            Exit::Plain => Ok(true),
            Exit::Told(now_ms, said) => {
                self.host.bind(py).call_method1(intern!(py, "_hear"), (now_ms, said))?;
                Ok(true)
            }
            Exit::Whole => Ok(false),
        }
    }

    fn settle(&self, py: Python<'_>, permit: f64, outcome: u32, now_ms: f64) -> PyResult<Exit> {
        let mut out = [0.0; 16];
        let mut said = None;
        let told = self.lane.get().with(py, |core| {
            let counted = core.settle_raw(permit, outcome, f64::NAN, now_ms, &mut out);
            if counted < 0.0 || out[0] as u32 & !REARM != 0 {
                said = Some(core.drain_json());
            }
        });
        match said {
            _ if told.is_err() => Ok(Exit::Whole),
            None => {
                self.rearm(py, &out)?;
                Ok(Exit::Plain)
            }
            Some(said) => Ok(Exit::Told(now_ms, said)),
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
        if out[0] as u32 & REARM != 0 {
            self.host.bind(py).call_method1(intern!(py, "_arm"), (out[1],))?;
        }
        Ok(())
    }

    fn plan(&self, py: Python<'_>) -> Option<Py<Plan>> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|plan| plan.clone_ref(py))
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
        let (service, names, fixed, only, words): (_, _, Vec<Option<String>>, _, _) = said.extract()?;
        self.keyed.store(fixed.iter().any(Option::is_some), Ordering::Relaxed);
        let plan = Py::new(py, Plan { names, fixed, only, service, words })?;
        let old = self.plan.lock().unwrap_or_else(PoisonError::into_inner).replace(plan);
        drop(old);
        self.service.store(service, Ordering::Relaxed);
        Ok(Some(service))
    }
}

fn value_class(py: Python<'_>, name: &str) -> PyResult<Py<PyAny>> {
    Ok(py.import("brownout._values")?.getattr(name)?.unbind())
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
