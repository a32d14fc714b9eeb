//! Sliding window over sub-buckets: never more than the limit in *any* window of the period.
//!
//! A unit taken at `t` counts until the end of its sub-bucket plus the period, so a window may under-admit by at most one
//! sub-bucket and never over-admits. Only occupied sub-buckets are stored; the newest stands inline, so that a quiet key
//! needs no allocation.
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::error::Fault;
use crate::base::time::{Instant, MAX_MICROS};
use crate::gate::limit::state::More;
use alloc::boxed::Box;
use alloc::collections::VecDeque;

/// The rule's constants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SlidingRule {
    /// Units in any window.
    pub limit: u64,
    /// The window in microseconds.
    pub period: i64,
    /// The length of a sub-bucket in microseconds, counted from the epoch.
    pub sub: i64,
}

impl SlidingRule {
    /// The constants of a rule with `buckets` sub-buckets.
    pub fn new(limit: u64, period: i64, buckets: u32) -> Self {
        let n = i64::from(buckets.max(1));
        SlidingRule { limit, period, sub: ((period + n - 1) / n).max(1) }
    }
    fn index(&self, at: Instant) -> i64 {
        at.micros() / self.sub
    }
    fn expiry(&self, index: i64) -> Instant {
        Instant::from_micros((index + 1).saturating_mul(self.sub).saturating_add(self.period))
    }
}

/// More units than any rule counts.
const MOST: u64 = 1 << 60;

/// One occupied sub-bucket.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Slot {
    pub(super) index: i64,
    pub(super) count: u64,
}

/// Sub-buckets before the newest, oldest first.
pub(super) type Older = VecDeque<Slot>;

/// What one key has taken. Older sub-buckets than the newest stand in [`More`]. The newest is occupied, unless none is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Sliding {
    pub(super) newest: Slot,
    /// Everything counted, lapsed sub-buckets that nothing has cleared yet included.
    pub(super) total: u64,
}

impl Sliding {
    fn slots<'a>(&self, older: Option<&'a Older>) -> impl DoubleEndedIterator<Item = Slot> + use<'a> {
        let newest = (self.newest.count > 0).then_some(self.newest);
        older.into_iter().flat_map(|q| q.iter().copied()).filter(|s| s.count > 0).chain(newest)
    }
    /// Units that count now.
    #[inline]
    pub(super) fn used(&self, rule: &SlidingRule, now: Instant, older: Option<&Older>) -> u64 {
        if self.total == 0 || rule.expiry(self.newest.index) <= now {
            return 0;
        }
        let lapsed: u64 = self.slots(older).take_while(|s| rule.expiry(s.index) <= now).map(|s| s.count).sum();
        self.total - lapsed
    }
    /// When `units` fit; `None` when they do now. `after_count`: as it will be once this refusal has been counted.
    #[inline]
    pub(super) fn retry_at(
        &self,
        rule: &SlidingRule,
        units: u64,
        now: Instant,
        after_count: bool,
        older: Option<&Older>,
    ) -> Option<Instant> {
        let used = self.used(rule, now, older);
        let need = used.saturating_add(units).saturating_sub(rule.limit);
        if need == 0 {
            return None;
        }
        let need = if after_count { need.saturating_add(units) } else { need };
        let leaves = self.when_left(rule, need, now, older);
        Some(leaves.unwrap_or_else(|| rule.expiry(rule.index(now))))
    }
    /// When `need` of the units that count now have lapsed.
    fn when_left(&self, rule: &SlidingRule, need: u64, now: Instant, older: Option<&Older>) -> Option<Instant> {
        let mut left = 0u64;
        for slot in self.slots(older).filter(|s| rule.expiry(s.index) > now) {
            left = left.saturating_add(slot.count);
            if left >= need {
                return Some(rule.expiry(slot.index));
            }
        }
        None
    }
    /// Takes units, beyond the limit if need be.
    #[inline]
    pub(super) fn take(&mut self, rule: &SlidingRule, units: u64, now: Instant, more: &mut Option<Box<More>>) {
        self.clear_lapsed(rule, now, more);
        let units = units.min(MOST - self.total);
        let index = rule.index(now);
        if self.newest.index != index && self.newest.count > 0 {
            more.get_or_insert_default().older.push_back(self.newest);
            self.newest.count = 0;
        }
        self.newest = Slot { index, count: self.newest.count + units };
        self.total += units;
    }
    fn clear_lapsed(&mut self, rule: &SlidingRule, now: Instant, more: &mut Option<Box<More>>) {
        if let Some(more) = more {
            while let Some(slot) = more.older.front().copied().filter(|s| rule.expiry(s.index) <= now) {
                self.total -= slot.count;
                more.older.pop_front();
            }
        }
        if rule.expiry(self.newest.index) <= now {
            *self = Sliding::default();
        }
    }
    /// Gives units back: those of the sub-bucket of `taken_at`, or the oldest.
    pub(super) fn refund(
        &mut self,
        rule: &SlidingRule,
        units: u64,
        taken_at: Option<Instant>,
        now: Instant,
        more: &mut Option<Box<More>>,
    ) {
        self.clear_lapsed(rule, now, more);
        let only = taken_at.map(|at| rule.index(at));
        let mut left = units;
        let older = more.iter_mut().flat_map(|more| more.older.iter_mut());
        for slot in older.chain(core::iter::once(&mut self.newest)) {
            if only.is_none_or(|index| index == slot.index) {
                let give = left.min(slot.count);
                slot.count -= give;
                left -= give;
                self.total -= give;
            }
        }
        if let Some(more) = more {
            more.older.retain(|s| s.count > 0);
        }
        if self.newest.count == 0 {
            self.newest = more.as_mut().and_then(|more| more.older.pop_back()).unwrap_or_default();
        }
    }
    /// When one more unit is free than now; `None` when none is in use.
    pub(super) fn next_unit_at(&self, rule: &SlidingRule, now: Instant, older: Option<&Older>) -> Option<Instant> {
        let used = self.used(rule, now, older);
        if used == 0 {
            return None;
        }
        self.when_left(rule, used.saturating_sub(rule.limit) + 1, now, older)
    }
    /// When nothing counts any more.
    pub(super) fn full_at(&self, rule: &SlidingRule, now: Instant) -> Instant {
        if self.newest.count == 0 { now } else { rule.expiry(self.newest.index).max(now) }
    }
    /// The same units in use under another rule: what still fits into its window, at most its limit, the newest.
    pub(super) fn migrate(
        &self,
        old: &SlidingRule,
        new: &SlidingRule,
        now: Instant,
        from: Option<&Older>,
        more: &mut Option<Box<More>>,
    ) -> Sliding {
        let mut kept = VecDeque::new();
        let mut room = new.limit;
        for slot in self.slots(from).filter(|s| old.expiry(s.index) > now).rev() {
            let end = Instant::from_micros((slot.index + 1).saturating_mul(old.sub) - 1);
            let at = end.min(now);
            let count = slot.count.min(room);
            if count > 0 && new.expiry(new.index(at)) > now {
                room -= count;
                kept.push_front((at, count));
            }
        }
        let mut out = Sliding::default();
        for (at, count) in kept {
            out.take(new, count, at, more);
        }
        out
    }
    /// A window in which `units` are taken now, at most its limit.
    pub(super) fn with_used(units: u64, rule: &SlidingRule, now: Instant) -> Sliding {
        let mut out = Sliding::default();
        out.take(rule, units.min(rule.limit), now, &mut None);
        out
    }
    /// Writes the occupied sub-buckets.
    pub(super) fn write(&self, older: Option<&Older>, w: &mut ByteWriter) {
        w.count(self.slots(older).count());
        for slot in self.slots(older) {
            w.i64(slot.index);
            w.u64(slot.count);
        }
    }
    /// Reads a window back. Errors: `snapshot_corrupt`, also for sub-buckets out of order and counts beyond any rule.
    pub(super) fn read(rule: &SlidingRule, r: &mut ByteReader) -> Result<(Sliding, Older), Fault> {
        let mut out = Sliding::default();
        let n = r.count(16);
        let mut older = VecDeque::new();
        for i in 0..n {
            let slot = Slot { index: r.i64(), count: r.u64() };
            let in_time = (0..=MAX_MICROS / rule.sub).contains(&slot.index);
            r.expect(in_time && (i == 0 || slot.index > out.newest.index), "sub-buckets out of order")?;
            r.expect(slot.count > 0 && slot.count <= MOST - out.total, "a count beyond any rule")?;
            if i > 0 {
                older.push_back(out.newest);
            }
            out.total += slot.count;
            out.newest = slot;
        }
        Ok((out, older))
    }
}
