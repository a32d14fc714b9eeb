//! How many of the latest calls failed or were slow: over a stretch of time, or over a number of calls.
//!
//! A call that is still in flight when it turns slow is entered at once with [`Window::cross`]; it counts for the slow rate and its
//! minimum only. When it settles, [`Window::fill`] puts the whole outcome in its place; [`Window::withdraw`] takes it out.
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::error::Fault;
use crate::base::time::{Instant, Span};
use crate::measure::count_window::CountWindow;
use crate::measure::time_window::{Bucket, Older, carry_stamp_in_time};
use alloc::boxed::Box;

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
    /// No failure, no slow call.
    #[inline]
    pub(super) fn is_spotless(&self) -> bool {
        self.failures | self.settled_slow | self.crossed == 0
    }
    /// Settled calls and slow ones in flight: the basis of the slow rate and of its minimum of calls.
    pub fn slow_basis(&self) -> u32 {
        self.calls.saturating_add(self.crossed)
    }
    #[inline]
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

/// What a policy says of a window.
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

/// The constants of a rule, worked out once: no window keeps them, each is given them in every call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Microseconds.
    Time {
        /// How far it looks back.
        span: i64,
        /// How long one bucket is: `span / buckets`, rounded up to a microsecond.
        width: i64,
    },
    /// Over a number of calls.
    Count {
        /// How many, at least 1.
        calls: u32,
    },
}

impl From<WindowRule> for Shape {
    fn from(rule: WindowRule) -> Shape {
        match rule {
            WindowRule::Time { span, buckets } => {
                let width = span.part_up(i64::from(buckets.max(1))).micros().max(1);
                Shape::Time { span: span.micros(), width }
            }
            WindowRule::Count { calls } => Shape::Count { calls: calls.max(1) },
        }
    }
}

/// A window of either shape.
///
/// Cost: O(1) amortised a record, no allocation once as many buckets were occupied before. Memory: 32 bytes, in which a quiet key's only
/// bucket stands inline; a busy one's older buckets, and the ring of a window of calls, have one allocation of their own.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// The latest bucket of a stretch of time; all zero in a window of calls.
    pub(super) newest: Bucket,
    pub(super) rest: Option<Box<Rest>>,
}

/// What does not stand inline: the older buckets, or the ring of a window of calls.
#[derive(Clone, Debug, Default)]
pub(super) struct Rest {
    pub(super) older: Older,
    pub(super) ring: CountWindow,
}

impl PartialEq for Window {
    fn eq(&self, other: &Self) -> bool {
        let fresh = CountWindow::default();
        let rings = self.ring().unwrap_or(&fresh) == other.ring().unwrap_or(&fresh);
        rings && self.stored().eq(other.stored())
    }
}
impl Eq for Window {}

impl Window {
    fn ring(&self) -> Option<&CountWindow> {
        self.rest.as_deref().map(|rest| &rest.ring)
    }
    fn ring_mut(&mut self) -> &mut CountWindow {
        &mut self.rest.get_or_insert_default().ring
    }
    /// Enters a settled call.
    #[inline(always)]
    pub fn record(&mut self, shape: Shape, now: Instant, sample: Sample) -> Stamp {
        match shape {
            Shape::Time { span, width } => self.record_in_time(span, width, now, sample),
            Shape::Count { calls } => self.ring_mut().record(calls, sample),
        }
    }
    /// Enters a call in flight at the moment it turned slow; keep the stamp until it settles.
    pub fn cross(&mut self, shape: Shape, now: Instant) -> Stamp {
        match shape {
            Shape::Time { span, width } => self.cross_in_time(span, width, now),
            Shape::Count { calls } => self.ring_mut().cross(calls),
        }
    }
    /// Settles a call that crossed: the crossing goes, and the call is entered once, whole (time: now; count: in its place).
    pub fn fill(&mut self, shape: Shape, now: Instant, stamp: Stamp, sample: Sample) {
        match shape {
            Shape::Time { .. } => {
                self.withdraw(shape, now, stamp);
                self.record(shape, now, sample);
            }
            Shape::Count { calls } => {
                let ring = self.ring_mut();
                if !ring.fill(stamp, sample) {
                    ring.record(calls, sample);
                }
            }
        }
    }
    /// Takes out a call that crossed and counts nothing; false when it has left the window already.
    pub fn withdraw(&mut self, shape: Shape, now: Instant, stamp: Stamp) -> bool {
        match shape {
            Shape::Time { span, width } => self.withdraw_in_time(span, width, now, stamp),
            Shape::Count { calls } => self.ring_mut().withdraw(calls, stamp),
        }
    }
    /// What counts at `now`; writes nothing.
    #[inline]
    pub fn totals(&self, shape: Shape, now: Instant) -> Totals {
        match shape {
            Shape::Time { span, width } => self.totals_in_time(span, width, now),
            Shape::Count { .. } => self.ring().map_or(Totals::default(), CountWindow::totals),
        }
    }
    /// Is there no failure and no slow call in it, not even one that no longer counts?
    #[inline(always)]
    pub fn is_spotless(&self, shape: Shape) -> bool {
        match shape {
            Shape::Time { .. } => self.is_spotless_in_time(),
            Shape::Count { .. } => self.ring().is_none_or(|ring| ring.totals().is_spotless()),
        }
    }
    /// Does nothing count at `now`?
    pub fn is_empty(&self, shape: Shape, now: Instant) -> bool {
        self.totals(shape, now).slow_basis() == 0
    }
    /// From when nothing counts any more by the passing of time alone; `None` when empty, and for a window of calls.
    pub fn last_expiry(&self, shape: Shape) -> Option<Instant> {
        match shape {
            Shape::Time { span, width } => self.last_expiry_in_time(span, width),
            Shape::Count { .. } => None,
        }
    }
    /// Forgets everything; keeps its memory.
    pub fn clear(&mut self) {
        self.newest = Bucket::default();
        if let Some(rest) = self.rest.as_deref_mut() {
            rest.older.clear();
            rest.ring.clear();
        }
    }
    /// A window of another shape with what still fits. Between the two kinds only settled calls are carried: calls become a
    /// stretch that ends now, a stretch becomes its latest calls.
    pub fn carry_over(&self, from: Shape, into: Shape, now: Instant) -> Window {
        let mut out = Window::default();
        match (from, into) {
            (Shape::Time { span, width }, Shape::Time { span: new_span, width: new_width }) => {
                self.carry_time((span, width), &mut out, (new_span, new_width), now);
            }
            (Shape::Count { .. }, Shape::Count { calls }) => {
                if let Some(ring) = self.ring() {
                    ring.carry_over(out.ring_mut(), calls);
                }
            }
            (Shape::Time { span, width }, Shape::Count { calls }) => {
                let skip = self.totals(from, now).calls.saturating_sub(calls) as usize;
                self.samples_in_time(span, width, now).skip(skip).for_each(|s| {
                    out.record(into, now, s);
                });
            }
            (Shape::Count { .. }, Shape::Time { .. }) => {
                self.ring().into_iter().flat_map(CountWindow::samples).for_each(|s| {
                    out.record(into, now, s);
                });
            }
        }
        out
    }
    /// Where a stamp of a window of one shape points after [`Window::carry_over`] into another.
    pub fn carry_stamp(stamp: Stamp, from: Shape, into: Shape, now: Instant) -> Stamp {
        match (from, into) {
            (Shape::Time { width, .. }, Shape::Time { width: new_width, .. }) => {
                carry_stamp_in_time(stamp, width, new_width, now)
            }
            (Shape::Count { .. }, Shape::Count { .. }) => stamp,
            _ => Stamp::NONE,
        }
    }
    /// Writes the contents; the shape belongs to the policy.
    pub fn write(&self, shape: Shape, w: &mut ByteWriter) {
        match shape {
            Shape::Time { .. } => self.write_time(w),
            Shape::Count { .. } => self.ring().unwrap_or(&CountWindow::default()).write(w),
        }
    }
    /// Reads the contents of a window of this shape. Errors: `snapshot_corrupt`.
    pub fn read(shape: Shape, r: &mut ByteReader) -> Result<Window, Fault> {
        let mut out = Window::default();
        match shape {
            Shape::Time { span, width } => out.read_time(span, width, r)?,
            Shape::Count { calls } => {
                let ring = CountWindow::read(calls, r)?;
                if ring != CountWindow::default() {
                    *out.ring_mut() = ring;
                }
            }
        }
        Ok(out)
    }
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
