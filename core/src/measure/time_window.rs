//! The calls of the last stretch of time, by bucket; only buckets in which something happened are stored.
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::error::Fault;
use crate::base::time::{Instant, MAX_MICROS, Span};
use crate::measure::window::{Sample, Stamp, Totals};
use alloc::vec::Vec;

/// What happened during one bucket. `crossed` are calls in flight that turned slow and have not settled.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Bucket {
    index: i64,
    calls: u32,
    failures: u32,
    slow: u32,
    crossed: u32,
}

/// Counts over `(now − span, now]`. An entry never leaves too early and stays at most one bucket too long.
///
/// Cost: O(1) amortised a record, no allocation once as many buckets were occupied before. Memory: 72 bytes, and 24 for each
/// occupied bucket; a key with a single occupied bucket has one allocation of 24 bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TimeWindow {
    span: Span,
    width: i64,
    buckets: Vec<Bucket>,
    totals: Totals,
}

impl TimeWindow {
    /// An empty window over `span`, cut into `buckets` (at least 1); a bucket is rounded up to a microsecond.
    pub fn new(span: Span, buckets: u32) -> Self {
        let width = span.part_up(i64::from(buckets.max(1))).micros().max(1);
        TimeWindow { span, width, buckets: Vec::new(), totals: Totals::default() }
    }
    /// How long one bucket is.
    pub fn bucket_span(&self) -> Span {
        Span::from_micros(self.width)
    }
    fn index(&self, at: Instant) -> i64 {
        at.micros() / self.width
    }
    /// The instant from which a bucket no longer counts: an entry at its very end has then left `(now − span, now]`.
    fn expiry(&self, index: i64) -> i64 {
        (index + 1).saturating_mul(self.width).saturating_add(self.span.micros())
    }
    fn expired(&self, now: Instant) -> usize {
        self.buckets.iter().take_while(|b| self.expiry(b.index) <= now.micros()).count()
    }
    fn drop_expired(&mut self, now: Instant) {
        let n = self.expired(now);
        if n == self.buckets.len() {
            self.clear();
        } else if n > 0 {
            for b in self.buckets.drain(..n) {
                self.totals.subtract(b.calls, b.failures, b.slow, b.crossed);
            }
        }
    }
    fn current(&mut self, now: Instant) -> Option<&mut Bucket> {
        self.drop_expired(now);
        let index = self.index(now);
        if self.buckets.last().is_none_or(|b| b.index < index) {
            if self.buckets.capacity() == 0 {
                self.buckets.reserve_exact(1);
            }
            self.buckets.push(Bucket { index, ..Bucket::default() });
        }
        self.buckets.last_mut()
    }
    /// Enters a settled call.
    pub fn record(&mut self, now: Instant, sample: Sample) -> Stamp {
        let Some(b) = self.current(now) else { return Stamp::NONE };
        b.calls = b.calls.saturating_add(1);
        b.failures = b.failures.saturating_add(u32::from(sample.failure));
        b.slow = b.slow.saturating_add(u32::from(sample.slow));
        let stamp = Stamp::at(b.index as u64);
        self.totals.add(1, u32::from(sample.failure), u32::from(sample.slow), 0);
        stamp
    }
    /// Enters a call in flight at the moment it turned slow.
    pub fn cross(&mut self, now: Instant) -> Stamp {
        let Some(b) = self.current(now) else { return Stamp::NONE };
        b.crossed = b.crossed.saturating_add(1);
        let stamp = Stamp::at(b.index as u64);
        self.totals.add(0, 0, 0, 1);
        stamp
    }
    /// Takes out a call that crossed; false when it has left the window already.
    pub fn withdraw(&mut self, now: Instant, stamp: Stamp) -> bool {
        self.drop_expired(now);
        let Some(at) = self.find(stamp) else { return false };
        let Some(b) = self.buckets.get_mut(at).filter(|b| b.crossed > 0) else { return false };
        b.crossed -= 1;
        let empty = b.calls == 0 && b.crossed == 0;
        self.totals.subtract(0, 0, 0, 1);
        if empty {
            self.buckets.remove(at);
        }
        true
    }
    fn find(&self, stamp: Stamp) -> Option<usize> {
        let index = i64::try_from(stamp.position()?).ok()?;
        self.buckets.binary_search_by_key(&index, |b| b.index).ok()
    }
    /// What counts at `now`; writes nothing.
    pub fn totals(&self, now: Instant) -> Totals {
        let mut totals = self.totals;
        for b in self.buckets.iter().take(self.expired(now)) {
            totals.subtract(b.calls, b.failures, b.slow, b.crossed);
        }
        totals
    }
    /// Does nothing count at `now`?
    pub fn is_empty(&self, now: Instant) -> bool {
        self.expired(now) == self.buckets.len()
    }
    /// From when nothing counts any more if nothing else happens; `None` when empty.
    pub fn last_expiry(&self) -> Option<Instant> {
        self.buckets.last().map(|b| Instant::from_micros(self.expiry(b.index)))
    }
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.buckets.clear();
        self.totals = Totals::default();
    }
    /// Moves what still fits into a window of another shape: each bucket goes where its latest entry belongs, so none leaves early.
    pub fn carry_over(&self, into: &mut TimeWindow, now: Instant) {
        into.clear();
        for b in self.buckets.iter().skip(self.expired(now)) {
            let index = self.carried(b.index, into, now);
            match into.buckets.last_mut() {
                Some(last) if last.index >= index => {
                    last.calls = last.calls.saturating_add(b.calls);
                    last.failures = last.failures.saturating_add(b.failures);
                    last.slow = last.slow.saturating_add(b.slow);
                    last.crossed = last.crossed.saturating_add(b.crossed);
                }
                _ => into.buckets.push(Bucket { index, ..*b }),
            }
            into.totals.add(b.calls, b.failures, b.slow, b.crossed);
        }
        into.drop_expired(now);
    }
    /// Where a stamp of this window points after [`TimeWindow::carry_over`].
    pub fn carry_stamp(&self, stamp: Stamp, into: &TimeWindow, now: Instant) -> Stamp {
        match stamp.position().and_then(|p| i64::try_from(p).ok()) {
            Some(index) => Stamp::at(self.carried(index, into, now) as u64),
            None => Stamp::NONE,
        }
    }
    fn carried(&self, index: i64, into: &TimeWindow, now: Instant) -> i64 {
        let end = index.saturating_add(1).saturating_mul(self.width) - 1;
        end.min(now.micros()) / into.width
    }
    /// Every stored call as a sample, oldest bucket first; within a bucket the failures and the slow calls come first.
    pub(super) fn samples(&self, now: Instant) -> impl Iterator<Item = Sample> + '_ {
        let live = self.buckets.iter().skip(self.expired(now));
        live.flat_map(|b| (0..b.calls).map(|n| Sample { failure: n < b.failures, slow: n < b.slow }))
    }
    /// Writes the occupied buckets.
    pub fn write(&self, w: &mut ByteWriter) {
        w.count(self.buckets.len());
        for b in &self.buckets {
            w.i64(b.index);
            w.u32(b.calls);
            w.u32(b.failures);
            w.u32(b.slow);
            w.u32(b.crossed);
        }
    }
    /// Reads the occupied buckets into a window of the same shape. Errors: `snapshot_corrupt`.
    pub fn read(&mut self, r: &mut ByteReader) -> Result<(), Fault> {
        let n = r.count(24)?;
        self.clear();
        self.buckets.reserve_exact(n);
        for _ in 0..n {
            let b = Bucket { index: r.i64()?, calls: r.u32()?, failures: r.u32()?, slow: r.u32()?, crossed: r.u32()? };
            let ascending = self.buckets.last().is_none_or(|last| last.index < b.index);
            r.expect(ascending && (0..=MAX_MICROS / self.width).contains(&b.index), "a window bucket out of order")?;
            r.expect(
                b.failures <= b.calls && b.slow <= b.calls && (b.calls > 0 || b.crossed > 0),
                "a window bucket that does not add up",
            )?;
            self.totals.add(b.calls, b.failures, b.slow, b.crossed);
            self.buckets.push(b);
        }
        let whole: u64 = self.buckets.iter().map(|b| u64::from(b.calls) + u64::from(b.crossed)).sum();
        r.expect(whole == u64::from(self.totals.slow_basis()), "a window beyond its counters")?;
        let first = self.buckets.first().map_or(0, |b| b.index);
        let reach = self.buckets.last().map_or(0, |b| b.index) - first;
        r.expect(reach <= self.span.micros() / self.width + 1, "window buckets further apart than the window")
    }
}
