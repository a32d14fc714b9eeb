//! Engines that the threads of this process share, by name.
use crate::Shared;
use brownout::base::error::Fault;
use brownout::engine::Engine as Core;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Weak: an engine lives as long as some thread has it.
static NAMED: Mutex<BTreeMap<String, Weak<Mutex<Core>>>> = Mutex::new(BTreeMap::new());

/// The engine of this name, and true; or one made now, and false. One that has stopped inside a call counts as gone: the first
/// thread that asks again makes its successor, the others join that.
pub(crate) fn open(
    name: String,
    make: impl FnOnce() -> Result<Core, Vec<Fault>>,
) -> Result<(Shared, bool), Vec<Fault>> {
    // Held while the engine is made, so that two threads never make one each.
    let mut named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
    named.retain(|_, engine| engine.strong_count() > 0);
    if let Some(core) = named.get(&name).and_then(Weak::upgrade)
        && !core.is_poisoned()
    {
        return Ok((core, true));
    }
    let core = Arc::new(Mutex::new(make()?));
    named.insert(name, Arc::downgrade(&core));
    Ok((core, false))
}
