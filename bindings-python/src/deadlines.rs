//! When coroutines must have ended: one timer for each event loop, however many calls wait in it.
//!
//! No Python code runs, and no Python object is let go, while the lock is held: both could come back here.
use crate::clock::monotonic_s;
use pyo3::exceptions::PyRuntimeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// By instant, and by number where two are due at once.
type Due = (i64, u64);

/// One coroutine among those that must end in time.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    due: Due,
    /// Where its event loop lies: told apart by identity, never followed.
    home: usize,
    /// How many requests to cancel its task had when it began.
    cancelling: i64,
}

/// The coroutines of one event loop.
struct Waiting {
    home: Py<PyAny>,
    tasks: BTreeMap<Due, Py<PyAny>>,
    /// When the timer goes off, and what takes it back.
    armed: Option<(i64, Option<Py<PyAny>>)>,
}

#[derive(Default)]
struct Tables {
    loops: Vec<Waiting>,
    /// The tasks that were over time, until their calls have ended.
    over: BTreeMap<u64, Py<PyAny>>,
    count: u64,
}

impl Tables {
    fn of(&mut self, home: usize) -> Option<&mut Waiting> {
        self.loops.iter_mut().find(|waiting| waiting.home.as_ptr() as usize == home)
    }
}

/// The times of all coroutines of one engine.
#[pyclass(frozen, module = "brownout._core")]
pub(crate) struct Deadlines(Mutex<Tables>);

#[pymethods]
impl Deadlines {
    #[new]
    pub(crate) fn new() -> Self {
        Deadlines(Mutex::default())
    }
    /// Gives the running task `wait_s` real seconds from now, which are `timeout_ms` on the engine's clock. Exactly one of
    /// `leave` and `failed` has to follow. Errors: `RuntimeError` outside a task.
    #[pyo3(name = "enter")]
    fn enter_from_host(slf: &Bound<'_, Self>, wait_s: f64, timeout_ms: f64) -> PyResult<Scope> {
        let place = Self::enter(slf, wait_s)?;
        Ok(Scope { deadlines: slf.clone().unbind(), place, timeout_ms })
    }
    /// Ends what is over time, and waits for the next. The timer is left alone while calls come and go.
    fn wake(slf: &Bound<'_, Self>, home: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = slf.py();
        let now = nanos(monotonic_s(py)?);
        let mut late = Vec::new();
        let gone = {
            let mut tables = slf.get().tables();
            let mut gone = None;
            if let Some(waiting) = tables.of(home.as_ptr() as usize) {
                gone = waiting.armed.take();
                while let Some(first) = waiting.tasks.first_entry().filter(|first| first.key().0 <= now) {
                    late.push(first.remove_entry());
                }
            }
            for ((_, number), task) in &late {
                tables.over.insert(*number, task.clone_ref(py));
            }
            gone
        };
        drop(gone);
        let ended: Vec<_> = late.iter().map(|(_, task)| task.call_method0(py, intern!(py, "cancel"))).collect();
        Self::arm(slf, home)?;
        ended.into_iter().try_for_each(|ended| ended.map(drop))
    }
    /// In the child of a fork: the parent's loops are the parent's.
    fn after_fork(&self) {
        let old = std::mem::take(&mut *self.tables());
        drop(old);
    }
    /// How many coroutines have time left.
    fn waiting(&self) -> usize {
        self.tables().loops.iter().map(|waiting| waiting.tasks.len()).sum()
    }
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // held only by a call that is in here, and then this is in use
        let Ok(tables) = self.0.try_lock() else { return Ok(()) };
        for waiting in &tables.loops {
            visit.call(&waiting.home)?;
            for task in waiting.tasks.values() {
                visit.call(task)?;
            }
            if let Some((_, handle)) = &waiting.armed {
                visit.call(handle)?;
            }
        }
        tables.over.values().try_for_each(|task| visit.call(task))
    }
    fn __clear__(&self) {
        self.after_fork();
    }
}

impl Deadlines {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// As `enter`, without a scope.
    pub(crate) fn enter(slf: &Bound<'_, Self>, wait_s: f64) -> PyResult<Place> {
        let py = slf.py();
        let (home, task) = running(py)?;
        let cancelling = task.call_method0(intern!(py, "cancelling"))?.extract()?;
        let at = nanos(monotonic_s(py)? + wait_s);
        let address = home.as_ptr() as usize;
        if slf.get().tables().of(address).is_none() {
            Self::open(slf, &home);
        }
        let (due, early) = {
            let mut tables = slf.get().tables();
            tables.count += 1;
            let due = (at, tables.count);
            let Some(waiting) = tables.of(address) else { return Err(no_task()) };
            waiting.tasks.insert(due, task.unbind());
            (due, waiting.armed.as_ref().is_none_or(|(armed, _)| at < *armed))
        };
        if early {
            Self::arm(slf, &home)?;
        }
        Ok(Place { due, home: address, cancelling })
    }
    /// It has ended: the task, if its time was up before.
    pub(crate) fn leave(&self, place: Place) -> Option<Py<PyAny>> {
        let mut tables = self.tables();
        let in_time = tables.of(place.home).and_then(|waiting| waiting.tasks.remove(&place.due));
        let late = if in_time.is_none() { tables.over.remove(&place.due.1) } else { None };
        drop(tables);
        drop(in_time);
        late
    }
    /// It came to a value. A request to cancel that came too late to matter is taken back.
    pub(crate) fn came(&self, py: Python<'_>, place: Place) -> PyResult<()> {
        match self.leave(place) {
            Some(task) => task.call_method0(py, intern!(py, "uncancel")).map(drop),
            None => Ok(()),
        }
    }
    /// It raised. True: because its time was up, and for no other reason.
    pub(crate) fn raised(&self, place: Place, error: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = error.py();
        let Some(task) = self.leave(place) else { return Ok(false) };
        let left: i64 = task.call_method0(py, intern!(py, "uncancel"))?.extract(py)?;
        Ok(left <= place.cancelling && error.is_instance(cancelled(py)?)?)
    }
    /// Room for another event loop. What lies in the way of nobody goes.
    fn open(slf: &Bound<'_, Self>, home: &Bound<'_, PyAny>) {
        let py = slf.py();
        let known: Vec<_> = slf.get().tables().loops.iter().map(|waiting| waiting.home.clone_ref(py)).collect();
        let closed = |home: &Py<PyAny>| {
            home.call_method0(py, intern!(py, "is_closed")).is_ok_and(|said| said.is_truthy(py).unwrap_or(false))
        };
        let closed: Vec<_> = known.into_iter().filter(closed).collect();
        let gone: Vec<_> = {
            let mut tables = slf.get().tables();
            let (gone, mut kept): (Vec<_>, Vec<_>) =
                tables.loops.drain(..).partition(|waiting| closed.iter().any(|home| home.is(&waiting.home)));
            if !kept.iter().any(|waiting| waiting.home.is(home)) {
                kept.push(Waiting { home: home.clone().unbind(), tasks: BTreeMap::new(), armed: None });
            }
            tables.loops = kept;
            gone
        };
        drop(gone);
    }
    /// Sets the timer to the first that is due, unless it goes off before.
    fn arm(slf: &Bound<'_, Self>, home: &Bound<'_, PyAny>) -> PyResult<()> {
        let (py, address) = (slf.py(), home.as_ptr() as usize);
        let (at, old) = {
            let mut tables = slf.get().tables();
            let Some(waiting) = tables.of(address) else { return Ok(()) };
            let Some(((at, _), _)) = waiting.tasks.first_key_value() else { return Ok(()) };
            let at = *at;
            if waiting.armed.as_ref().is_some_and(|(armed, _)| *armed <= at) {
                return Ok(());
            }
            (at, waiting.armed.replace((at, None)))
        };
        if let Some((_, Some(old))) = old {
            old.call_method0(py, intern!(py, "cancel"))?;
        }
        let wait_s = (at - nanos(monotonic_s(py)?)).max(0) as f64 / 1e9;
        let wake = slf.getattr(intern!(py, "wake"))?;
        let timer = home.call_method1(intern!(py, "call_later"), (wait_s, wake, home))?.unbind();
        let mut tables = slf.get().tables();
        if let Some(Some((armed, handle))) = tables.of(address).map(|waiting| waiting.armed.as_mut())
            && *armed == at
        {
            *handle = Some(timer);
        }
        Ok(())
    }
}

/// One coroutine's time.
#[pyclass(frozen, module = "brownout._core")]
pub(crate) struct Scope {
    deadlines: Py<Deadlines>,
    place: Place,
    /// What the engine gave it.
    #[pyo3(get)]
    timeout_ms: f64,
}

#[pymethods]
impl Scope {
    /// It came to a value. A request to cancel that came too late to matter is taken back.
    fn leave(&self, py: Python<'_>) -> PyResult<()> {
        self.deadlines.get().came(py, self.place)
    }
    /// It raised. True: because its time was up, and for no other reason.
    fn failed(&self, error: &Bound<'_, PyAny>) -> PyResult<bool> {
        self.deadlines.get().raised(self.place, error)
    }
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.deadlines)
    }
}

/// The event loop and the task that run here.
fn running(py: Python<'_>) -> PyResult<(Bound<'_, PyAny>, Bound<'_, PyAny>)> {
    static LOOP: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static TASK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let asked = |name| py.import("asyncio")?.getattr(name).map(Bound::unbind);
    let home = LOOP.get_or_try_init(py, || asked("get_running_loop"))?.bind(py).call0()?;
    let task = TASK.get_or_try_init(py, || asked("current_task"))?.bind(py).call1((&home,))?;
    if task.is_none() { Err(no_task()) } else { Ok((home, task)) }
}

fn cancelled(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static CANCELLED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = CANCELLED.get_or_try_init(py, || py.import("asyncio")?.getattr("CancelledError").map(Bound::unbind))?;
    Ok(class.bind(py))
}

fn no_task() -> PyErr {
    PyRuntimeError::new_err("a call with a timeout runs inside a task")
}

fn nanos(seconds: f64) -> i64 {
    (seconds * 1e9) as i64
}
