//! The calls of the last stretch of time, by bucket; only buckets in which something happened are stored, the newest inline.
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::error::Fault;
use crate::base::order::take_out;
use crate::base::time::{Instant, MAX_MICROS};
use crate::measure::window::{Rest, Sample, Stamp, Totals, Window};
use alloc::boxed::Box;
use alloc::collections::VecDeque;

/// What happened during one bucket. `crossed` are calls in flight that turned slow and have not settled.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Bucket {
    index: i64,
    calls: u32,
    failures: u32,
    slow: u32,
    crossed: u32,
}

impl Bucket {
    #[inline]
    fn at(index: i64) -> Bucket {
        Bucket { index, ..Bucket::default() }
    }
    #[inline]
    fn holds(&self) -> bool {
        self.calls > 0 || self.crossed > 0
    }
    /// The instant from which it no longer counts: an entry at its very end has then left `(now − span, now]`.
    #[inline]
    fn expiry(&self, span: i64, width: i64) -> i64 {
        // indices end with time itself, below 2^53 / width
        (self.index + 1) * width + span
    }
}

/// The buckets before the newest, oldest first, and what they add up to.
#[derive(Clone, Debug, Default)]
pub(super) struct Older {
    buckets: VecDeque<Bucket>,
    totals: Totals,
}

impl Older {
    pub(super) fn clear(&mut self) {
        self.buckets.clear();
        self.totals = Totals::default();
    }
    fn push(&mut self, b: Bucket) {
        self.totals.add(b.calls, b.failures, b.slow, b.crossed);
        self.buckets.push_back(b);
    }
    fn drop_expired(&mut self, span: i64, width: i64, now: Instant) {
        while let Some(b) = self.buckets.front().copied().filter(|b| b.expiry(span, width) <= now.micros()) {
            self.totals.subtract(b.calls, b.failures, b.slow, b.crossed);
            self.buckets.pop_front();
        }
    }
    fn find(&self, index: i64) -> Option<usize> {
        self.buckets.binary_search_by_key(&index, |b| b.index).ok()
    }
}

/// Counts over `(now − span, now]`. An entry never leaves too early and stays at most one bucket too long.
impl Window {
    fn older(&self) -> Option<&Older> {
        self.rest.as_deref().map(|rest| &rest.older)
    }
    fn older_mut(&mut self) -> Option<&mut Older> {
        self.rest.as_deref_mut().map(|rest| &mut rest.older)
    }
    /// The stored buckets, oldest first.
    pub(super) fn stored(&self) -> impl Iterator<Item = &Bucket> {
        let older = self.older().into_iter().flat_map(|o| o.buckets.iter());
        older.chain(core::iter::once(&self.newest).filter(|b| b.holds()))
    }
    fn live(&self, span: i64, width: i64, now: Instant) -> impl Iterator<Item = &Bucket> {
        self.stored().skip_while(move |b| b.expiry(span, width) <= now.micros())
    }
    /// Sees to it that the newest bucket is that of `now`.
    #[inline(always)]
    fn turn(&mut self, span: i64, width: i64, now: Instant) {
        let into = now.micros() - self.newest.index * width;
        if !(self.newest.holds() && into < width) {
            self.turn_over(span, width, now);
        }
    }
    #[cold]
    #[inline(never)]
    fn turn_over(&mut self, span: i64, width: i64, now: Instant) {
        let last = core::mem::replace(&mut self.newest, Bucket::at(now.micros() / width));
        if last.holds() && last.expiry(span, width) > now.micros() {
            self.rest.get_or_insert_default().older.push(last);
        }
        if let Some(older) = self.older_mut() {
            older.drop_expired(span, width, now);
        }
    }
    #[inline(always)]
    pub(super) fn record_in_time(&mut self, span: i64, width: i64, now: Instant, sample: Sample) -> Stamp {
        self.turn(span, width, now);
        let b = &mut self.newest;
        b.calls = b.calls.saturating_add(1);
        b.failures = b.failures.saturating_add(u32::from(sample.failure));
        b.slow = b.slow.saturating_add(u32::from(sample.slow));
        Stamp::at(b.index as u64)
    }
    pub(super) fn cross_in_time(&mut self, span: i64, width: i64, now: Instant) -> Stamp {
        self.turn(span, width, now);
        self.newest.crossed = self.newest.crossed.saturating_add(1);
        Stamp::at(self.newest.index as u64)
    }
    pub(super) fn withdraw_in_time(&mut self, span: i64, width: i64, now: Instant, stamp: Stamp) -> bool {
        let Some(index) = stamp.position().and_then(|p| i64::try_from(p).ok()) else { return false };
        if self.newest.index == index {
            let live = self.newest.crossed > 0 && self.newest.expiry(span, width) > now.micros();
            self.newest.crossed -= u32::from(live);
            return live;
        }
        let Some(older) = self.older_mut() else { return false };
        older.drop_expired(span, width, now);
        let Some(at) = older.find(index) else { return false };
        let Some(b) = older.buckets.get_mut(at).filter(|b| b.crossed > 0) else { return false };
        b.crossed -= 1;
        let empty = !b.holds();
        older.totals.subtract(0, 0, 0, 1);
        if empty {
            take_out(&mut older.buckets, at);
        }
        true
    }
    #[inline(always)]
    pub(super) fn totals_in_time(&self, span: i64, width: i64, now: Instant) -> Totals {
        let mut totals = Totals::default();
        if let Some(older) = self.older() {
            totals = older.totals;
            for b in older.buckets.iter().take_while(|b| b.expiry(span, width) <= now.micros()) {
                totals.subtract(b.calls, b.failures, b.slow, b.crossed);
            }
        }
        let b = &self.newest;
        if b.expiry(span, width) > now.micros() {
            totals.add(b.calls, b.failures, b.slow, b.crossed);
        }
        totals
    }
    #[inline(always)]
    pub(super) fn is_spotless_in_time(&self) -> bool {
        let b = &self.newest;
        b.failures | b.slow | b.crossed == 0 && self.older().is_none_or(|older| older.totals.is_spotless())
    }
    pub(super) fn last_expiry_in_time(&self, span: i64, width: i64) -> Option<Instant> {
        self.stored().last().map(|b| Instant::from_micros(b.expiry(span, width)))
    }
    /// Moves what still fits into a window of another shape: each bucket goes where its latest entry belongs, so none leaves early.
    pub(super) fn carry_time(&self, from: (i64, i64), into: &mut Window, to: (i64, i64), now: Instant) {
        let mut carried: VecDeque<Bucket> = VecDeque::new();
        for b in self.live(from.0, from.1, now) {
            let index = carried_index(b.index, from.1, to.1, now);
            match carried.back_mut() {
                Some(last) if last.index >= index => {
                    last.calls = last.calls.saturating_add(b.calls);
                    last.failures = last.failures.saturating_add(b.failures);
                    last.slow = last.slow.saturating_add(b.slow);
                    last.crossed = last.crossed.saturating_add(b.crossed);
                }
                _ => carried.push_back(Bucket { index, ..*b }),
            }
        }
        into.adopt(carried);
        if let Some(older) = into.older_mut() {
            older.drop_expired(to.0, to.1, now);
        }
    }
    fn adopt(&mut self, mut buckets: VecDeque<Bucket>) {
        self.newest = buckets.pop_back().unwrap_or_default();
        self.rest = None;
        if !buckets.is_empty() {
            let mut older = Older::default();
            buckets.into_iter().for_each(|b| older.push(b));
            self.rest = Some(Box::new(Rest { older, ..Rest::default() }));
        }
    }
    /// Every stored call as a sample, oldest bucket first; within a bucket the failures and the slow calls come first.
    pub(super) fn samples_in_time(&self, span: i64, width: i64, now: Instant) -> impl Iterator<Item = Sample> {
        let live = self.live(span, width, now);
        live.flat_map(|b| (0..b.calls).map(|n| Sample { failure: n < b.failures, slow: n < b.slow }))
    }
    pub(super) fn write_time(&self, w: &mut ByteWriter) {
        w.count(self.stored().count());
        for b in self.stored() {
            w.i64(b.index);
            w.u32(b.calls);
            w.u32(b.failures);
            w.u32(b.slow);
            w.u32(b.crossed);
        }
    }
    pub(super) fn read_time(&mut self, span: i64, width: i64, r: &mut ByteReader) -> Result<(), Fault> {
        let n = r.count(24);
        let mut buckets = VecDeque::with_capacity(n);
        let (mut totals, mut whole) = (Totals::default(), 0);
        for _ in 0..n {
            let b = Bucket { index: r.i64(), calls: r.u32(), failures: r.u32(), slow: r.u32(), crossed: r.u32() };
            let ascending = buckets.back().is_none_or(|last: &Bucket| last.index < b.index);
            r.expect(ascending && (0..=MAX_MICROS / width).contains(&b.index), "a window bucket out of order")?;
            r.expect(b.failures <= b.calls && b.slow <= b.calls && b.holds(), "a window bucket that does not add up")?;
            totals.add(b.calls, b.failures, b.slow, b.crossed);
            whole += u64::from(b.calls) + u64::from(b.crossed);
            buckets.push_back(b);
        }
        r.expect(whole == u64::from(totals.slow_basis()), "a window beyond its counters")?;
        let reach = buckets.back().map_or(0, |b| b.index) - buckets.front().map_or(0, |b| b.index);
        r.expect(reach <= span / width + 1, "window buckets further apart than the window")?;
        self.adopt(buckets);
        Ok(())
    }
}

fn carried_index(index: i64, width: i64, new_width: i64, now: Instant) -> i64 {
    let end = index.saturating_add(1).saturating_mul(width) - 1;
    end.min(now.micros()) / new_width
}

/// Where a stamp points after its window was carried over into another width.
pub(super) fn carry_stamp_in_time(stamp: Stamp, width: i64, new_width: i64, now: Instant) -> Stamp {
    match stamp.position().and_then(|p| i64::try_from(p).ok()) {
        Some(index) => Stamp::at(carried_index(index, width, new_width, now) as u64),
        None => Stamp::NONE,
    }
}
