//! Sliding window over sub-buckets: never more than the limit in *any* window of the period.
//!
//! A unit taken at `t` counts until the end of its sub-bucket plus the period, so a window may under-admit by at most one
//! sub-bucket and never over-admits. Only occupied sub-buckets are stored; the newest stands inline, so that a quiet key
//! needs no allocation.
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::error::Fault;
use crate::base::time::{Instant, MAX_MICROS};
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
struct Slot {
    index: i64,
    count: u64,
}

/// What one key has taken.
#[derive(Clone, Debug, Default)]
pub struct Sliding {
    newest: Slot,
    /// Everything counted, lapsed sub-buckets that nothing has cleared yet included.
    total: u64,
    #[allow(clippy::box_collection, reason = "one word inline, where a quiet key has none")]
    older: Option<Box<VecDeque<Slot>>>,
}

impl PartialEq for Sliding {
    fn eq(&self, other: &Self) -> bool {
        self.occupied().eq(other.occupied())
    }
}
impl Eq for Sliding {}

impl Sliding {
    fn occupied(&self) -> impl Iterator<Item = Slot> + '_ {
        self.slots().filter(|s| s.count > 0)
    }
    fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        self.older.iter().flat_map(|q| q.iter().copied()).chain(core::iter::once(self.newest))
    }
    /// Units that count now.
    pub fn used(&self, rule: &SlidingRule, now: Instant) -> u64 {
        if self.total == 0 || rule.expiry(self.newest.index) <= now {
            return 0;
        }
        let lapsed: u64 = self.slots().take_while(|s| rule.expiry(s.index) <= now).map(|s| s.count).sum();
        self.total - lapsed
    }
    /// When `units` fit; `None` when they do now. `after_count`: as it will be once this refusal has been counted.
    pub fn retry_at(&self, rule: &SlidingRule, units: u64, now: Instant, after_count: bool) -> Option<Instant> {
        let used = self.used(rule, now);
        let need = used.saturating_add(units).saturating_sub(rule.limit);
        if need == 0 {
            return None;
        }
        let need = if after_count { need.saturating_add(units) } else { need };
        let leaves = self.when_left(rule, need, now);
        Some(leaves.unwrap_or_else(|| rule.expiry(rule.index(now))))
    }
    /// When `need` of the units that count now have lapsed.
    fn when_left(&self, rule: &SlidingRule, need: u64, now: Instant) -> Option<Instant> {
        let mut left = 0u64;
        for slot in self.slots().filter(|s| s.count > 0 && rule.expiry(s.index) > now) {
            left = left.saturating_add(slot.count);
            if left >= need {
                return Some(rule.expiry(slot.index));
            }
        }
        None
    }
    /// Takes units, beyond the limit if need be.
    pub fn take(&mut self, rule: &SlidingRule, units: u64, now: Instant) {
        self.clear_lapsed(rule, now);
        let units = units.min(MOST - self.total);
        let index = rule.index(now);
        if self.newest.index != index && self.newest.count > 0 {
            self.older.get_or_insert_default().push_back(self.newest);
            self.newest.count = 0;
        }
        self.newest = Slot { index, count: self.newest.count + units };
        self.total += units;
    }
    fn clear_lapsed(&mut self, rule: &SlidingRule, now: Instant) {
        if let Some(older) = &mut self.older {
            while let Some(slot) = older.front().copied().filter(|s| rule.expiry(s.index) <= now) {
                self.total -= slot.count;
                older.pop_front();
            }
        }
        if rule.expiry(self.newest.index) <= now {
            self.total -= self.newest.count;
            self.newest.count = 0;
        }
    }
    /// Gives units back: those of the sub-bucket of `taken_at`, or the oldest.
    pub fn refund(&mut self, rule: &SlidingRule, units: u64, taken_at: Option<Instant>, now: Instant) {
        self.clear_lapsed(rule, now);
        let only = taken_at.map(|at| rule.index(at));
        let mut left = units;
        let older = self.older.iter_mut().flat_map(|q| q.iter_mut());
        for slot in older.chain(core::iter::once(&mut self.newest)) {
            if only.is_none_or(|index| index == slot.index) {
                let give = left.min(slot.count);
                slot.count -= give;
                left -= give;
                self.total -= give;
            }
        }
        if let Some(older) = &mut self.older {
            older.retain(|s| s.count > 0);
        }
    }
    /// When one more unit is free than now; `None` when none is in use.
    pub fn next_unit_at(&self, rule: &SlidingRule, now: Instant) -> Option<Instant> {
        let used = self.used(rule, now);
        if used == 0 {
            return None;
        }
        self.when_left(rule, used.saturating_sub(rule.limit) + 1, now)
    }
    /// When nothing counts any more.
    pub fn full_at(&self, rule: &SlidingRule, now: Instant) -> Instant {
        let last = self.slots().filter(|s| s.count > 0).last();
        last.map_or(now, |s| rule.expiry(s.index).max(now))
    }
    /// The same units in use under another rule: what still fits into its window, at most its limit, the newest.
    pub fn migrate(&self, old: &SlidingRule, new: &SlidingRule, now: Instant) -> Sliding {
        let mut kept = VecDeque::new();
        let mut room = new.limit;
        let live: alloc::vec::Vec<Slot> = self.slots().filter(|s| old.expiry(s.index) > now).collect();
        for slot in live.iter().rev() {
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
            out.take(new, count, at);
        }
        out
    }
    /// A window in which `units` are taken now, at most its limit.
    pub fn with_used(units: u64, rule: &SlidingRule, now: Instant) -> Sliding {
        let mut out = Sliding::default();
        out.take(rule, units.min(rule.limit), now);
        out
    }
    /// Writes the occupied sub-buckets.
    pub fn write(&self, w: &mut ByteWriter) {
        w.count(self.occupied().count());
        for slot in self.occupied() {
            w.i64(slot.index);
            w.u64(slot.count);
        }
    }
    /// Reads a window back. Errors: `snapshot_corrupt`, also for sub-buckets out of order and counts beyond any rule.
    pub fn read(rule: &SlidingRule, r: &mut ByteReader) -> Result<Sliding, Fault> {
        let mut out = Sliding::default();
        let n = r.count(16)?;
        let mut older = VecDeque::new();
        for i in 0..n {
            let slot = Slot { index: r.i64()?, count: r.u64()? };
            let in_time = (0..=MAX_MICROS / rule.sub).contains(&slot.index);
            r.expect(in_time && (i == 0 || slot.index > out.newest.index), "sub-buckets out of order")?;
            r.expect(slot.count > 0 && slot.count <= MOST - out.total, "a count beyond any rule")?;
            if i > 0 {
                older.push_back(out.newest);
            }
            out.total += slot.count;
            out.newest = slot;
        }
        out.older = (!older.is_empty()).then(|| Box::new(older));
        Ok(out)
    }
}
