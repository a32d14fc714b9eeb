//! How many of the latest calls failed or were slow: over a stretch of time, or over a number of calls.
//!
//! A call that is still in flight when it turns slow is entered at once with [`Window::cross`]; it counts for the slow rate and its
//! minimum only. When it settles, [`Window::fill`] puts the whole outcome in its place; [`Window::withdraw`] takes it out.
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::error::Fault;
use crate::base::time::{Instant, Span};
pub use crate::measure::count_window::CountWindow;
pub use crate::measure::time_window::TimeWindow;

/// What one settled call was.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sample {
    /// It failed.
    pub failure: bool,
    /// It took longer than the slow limit.
    pub slow: bool,
}

/// Where an entry was made: a bucket of a time window, a place of a count window. Meaningful for the window that gave it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Stamp(u64);

impl Stamp {
    /// Points nowhere.
    pub const NONE: Stamp = Stamp(u64::MAX);

    pub(super) const fn at(position: u64) -> Self {
        Stamp(position)
    }
    pub(super) fn position(self) -> Option<u64> {
        (self != Self::NONE).then_some(self.0)
    }
    /// As a number, for a snapshot.
    pub const fn to_bits(self) -> u64 {
        self.0
    }
    /// From a snapshot; a stamp that points nowhere is harmless.
    pub const fn from_bits(bits: u64) -> Self {
        Stamp(bits)
    }
}

/// What a window holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// Settled calls: the basis of the failure rate and of its minimum of calls.
    pub calls: u32,
    /// Settled calls that failed.
    pub failures: u32,
    /// Settled calls that were slow.
    settled_slow: u32,
    /// Calls in flight that have turned slow.
    crossed: u32,
}

impl Totals {
    /// Slow calls, those still in flight included.
    pub fn slow(&self) -> u32 {
        self.settled_slow.saturating_add(self.crossed)
    }
    /// Settled calls and slow ones in flight: the basis of the slow rate and of its minimum of calls.
    pub fn slow_basis(&self) -> u32 {
        self.calls.saturating_add(self.crossed)
    }
    pub(super) fn add(&mut self, calls: u32, failures: u32, slow: u32, crossed: u32) {
        self.calls = self.calls.saturating_add(calls);
        self.failures = self.failures.saturating_add(failures);
        self.settled_slow = self.settled_slow.saturating_add(slow);
        self.crossed = self.crossed.saturating_add(crossed);
    }
    pub(super) fn subtract(&mut self, calls: u32, failures: u32, slow: u32, crossed: u32) {
        self.calls = self.calls.saturating_sub(calls);
        self.failures = self.failures.saturating_sub(failures);
        self.settled_slow = self.settled_slow.saturating_sub(slow);
        self.crossed = self.crossed.saturating_sub(crossed);
    }
}

/// The shape of a window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WindowRule {
    /// The calls of the last `span`, counted in `buckets`.
    Time {
        /// How far it looks back.
        span: Span,
        /// How finely it counts: an entry stays up to one bucket too long.
        buckets: u32,
    },
    /// The latest `calls`.
    Count {
        /// How many.
        calls: u32,
    },
}

/// A window of either shape.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Window {
    /// Over a stretch of time.
    Time(TimeWindow),
    /// Over a number of calls.
    Count(CountWindow),
}

impl Window {
    /// An empty window.
    pub fn new(rule: WindowRule) -> Self {
        match rule {
            WindowRule::Time { span, buckets } => Window::Time(TimeWindow::new(span, buckets)),
            WindowRule::Count { calls } => Window::Count(CountWindow::new(calls)),
        }
    }
    /// Enters a settled call.
    pub fn record(&mut self, now: Instant, sample: Sample) -> Stamp {
        match self {
            Window::Time(w) => w.record(now, sample),
            Window::Count(w) => w.record(sample),
        }
    }
    /// Enters a call in flight at the moment it turned slow; keep the stamp until it settles.
    pub fn cross(&mut self, now: Instant) -> Stamp {
        match self {
            Window::Time(w) => w.cross(now),
            Window::Count(w) => w.cross(),
        }
    }
    /// Settles a call that crossed: the crossing goes, and the call is entered once, whole (time: now; count: in its place).
    pub fn fill(&mut self, now: Instant, stamp: Stamp, sample: Sample) {
        match self {
            Window::Time(w) => {
                w.withdraw(now, stamp);
                w.record(now, sample);
            }
            Window::Count(w) => {
                if !w.fill(stamp, sample) {
                    w.record(sample);
                }
            }
        }
    }
    /// Takes out a call that crossed and counts nothing; false when it has left the window already.
    pub fn withdraw(&mut self, now: Instant, stamp: Stamp) -> bool {
        match self {
            Window::Time(w) => w.withdraw(now, stamp),
            Window::Count(w) => w.withdraw(stamp),
        }
    }
    /// What counts at `now`; writes nothing.
    pub fn totals(&self, now: Instant) -> Totals {
        match self {
            Window::Time(w) => w.totals(now),
            Window::Count(w) => w.totals(),
        }
    }
    /// Does nothing count at `now`?
    pub fn is_empty(&self, now: Instant) -> bool {
        self.totals(now).slow_basis() == 0
    }
    /// From when nothing counts any more by the passing of time alone; `None` when empty, and for a window of calls.
    pub fn last_expiry(&self) -> Option<Instant> {
        match self {
            Window::Time(w) => w.last_expiry(),
            Window::Count(_) => None,
        }
    }
    /// Forgets everything; keeps its memory.
    pub fn clear(&mut self) {
        match self {
            Window::Time(w) => w.clear(),
            Window::Count(w) => w.clear(),
        }
    }
    /// A window of another shape with what still fits. Between the two kinds only settled calls are carried: calls become a
    /// stretch that ends now, a stretch becomes its latest calls.
    pub fn carry_over(&self, rule: WindowRule, now: Instant) -> Window {
        let mut out = Window::new(rule);
        match (self, &mut out) {
            (Window::Time(from), Window::Time(into)) => from.carry_over(into, now),
            (Window::Count(from), Window::Count(into)) => from.carry_over(into),
            (Window::Time(from), Window::Count(into)) => {
                let WindowRule::Count { calls } = rule else { return out };
                let skip = from.totals(now).calls.saturating_sub(calls) as usize;
                from.samples(now).skip(skip).for_each(|s| {
                    into.record(s);
                });
            }
            (Window::Count(from), Window::Time(into)) => from.samples().for_each(|s| {
                into.record(now, s);
            }),
        }
        out
    }
    /// Where a stamp of this window points after [`Window::carry_over`] into `into`.
    pub fn carry_stamp(&self, stamp: Stamp, into: &Window, now: Instant) -> Stamp {
        match (self, into) {
            (Window::Time(from), Window::Time(into)) => from.carry_stamp(stamp, into, now),
            (Window::Count(_), Window::Count(_)) => stamp,
            _ => Stamp::NONE,
        }
    }
    /// Writes the contents; the shape belongs to the policy.
    pub fn write(&self, w: &mut ByteWriter) {
        match self {
            Window::Time(window) => window.write(w),
            Window::Count(window) => window.write(w),
        }
    }
    /// Reads the contents of a window of this shape. Errors: `snapshot_corrupt`.
    pub fn read(rule: WindowRule, r: &mut ByteReader) -> Result<Window, Fault> {
        let mut out = Window::new(rule);
        match &mut out {
            Window::Time(window) => window.read(r)?,
            Window::Count(window) => window.read(r)?,
        }
        Ok(out)
    }
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
