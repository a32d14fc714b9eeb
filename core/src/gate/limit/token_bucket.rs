//! Token bucket as GCRA: one number says everything, the instant at which the bucket is full again.
//!
//! Source: the generic cell rate algorithm (ITU-T I.371). A unit costs `period / limit`; the quotient is kept in whole
//! microseconds and the rest in parts of `1 / limit`, so 7 a second is exact for ever and one unit needs no division.
//!
//! A refund gives back what has not refilled yet. How much that is depends on how full the bucket became in between, so
//! the state remembers the few lowest levels since it was last full ([`Low`]).
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::error::Fault;
use crate::base::time::{Instant, MAX_MICROS};
use crate::gate::limit::state::More;
use alloc::boxed::Box;

/// Time finer than a microsecond: whole microseconds, and a rest counted in `1 / limit` of one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Fine {
    /// Whole microseconds, rounded down.
    pub us: i64,
    /// The rest, below `limit`.
    pub rest: u64,
}

impl Fine {
    const ZERO: Fine = Fine { us: 0, rest: 0 };
    const fn at(now: Instant) -> Fine {
        Fine { us: now.micros(), rest: 0 }
    }
    fn plus(self, other: Fine, limit: u64) -> Fine {
        let (rest, carry) = match self.rest + other.rest {
            sum if sum >= limit => (sum - limit, 1),
            sum => (sum, 0),
        };
        Fine { us: self.us.saturating_add(other.us).saturating_add(carry), rest }
    }
    fn minus(self, other: Fine, limit: u64) -> Fine {
        let (rest, borrow) =
            if self.rest >= other.rest { (self.rest - other.rest, 0) } else { (self.rest + limit - other.rest, 1) };
        Fine { us: self.us.saturating_sub(other.us).saturating_sub(borrow), rest }
    }
    /// The first whole microsecond that is not before this.
    const fn up(self) -> Instant {
        Instant::from_micros(if self.rest > 0 { self.us.saturating_add(1) } else { self.us })
    }
    fn write(self, w: &mut ByteWriter) {
        w.i64(self.us);
        w.u64(self.rest);
    }
    fn read(rule: &BucketRule, r: &mut ByteReader) -> Result<Fine, Fault> {
        let fine = Fine { us: r.i64(), rest: r.u64() };
        r.expect((0..=MAX_MICROS).contains(&fine.us) && fine.rest < rule.limit, "a level out of range")?;
        Ok(fine)
    }
    fn parts(self, limit: u64) -> u128 {
        u128::from(self.us.max(0).unsigned_abs()) * u128::from(limit) + u128::from(self.rest)
    }
    fn from_parts(parts: u128, limit: u64) -> Fine {
        let (us, rest) = (parts / u128::from(limit), parts % u128::from(limit));
        match i64::try_from(us) {
            Ok(us) if us < MAX_MICROS => Fine { us, rest: rest as u64 },
            _ => Fine { us: MAX_MICROS, rest: 0 },
        }
    }
}

/// The rule's constants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BucketRule {
    /// Units that refill in one period.
    pub limit: u64,
    /// The period in microseconds.
    pub period: i64,
    /// The most units that the bucket holds.
    pub burst: u64,
    depth: Fine,
    lane: Lane,
}

/// All that a single unit needs to know of a bucket's rule: small, and side by side with those of its neighbours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lane {
    /// A unit fits for certain when the bucket is full again within this many microseconds.
    ample: i64,
    unit: Fine,
    limit: u64,
}

impl BucketRule {
    /// The constants of a rule. `None` when an empty bucket would take longer than time is counted here to fill.
    pub fn new(limit: u64, period: i64, burst: u64) -> Option<Self> {
        if limit == 0 || burst == 0 || period <= 0 {
            return None;
        }
        let lane = Lane { ample: 0, unit: Fine::ZERO, limit };
        let mut rule = BucketRule { limit, period, burst, depth: Fine::ZERO, lane };
        let unit = rule.wide_cost(1);
        rule.depth = rule.wide_cost(burst);
        // each rest is less than one microsecond, and they may carry
        rule.lane = Lane { ample: rule.depth.us - unit.us - 2, unit, limit };
        (rule.depth.us < MAX_MICROS / 2).then_some(rule)
    }
    /// What a single unit needs to know.
    pub(super) fn lane(&self) -> &Lane {
        &self.lane
    }
    fn wide_cost(&self, units: u64) -> Fine {
        Fine::from_parts(u128::from(units) * u128::from(self.period.unsigned_abs()), self.limit)
    }
    #[inline(always)]
    fn cost(&self, units: u64) -> Fine {
        if units == 1 { self.lane.unit } else { self.cost_of_many(units) }
    }
    #[inline(never)]
    fn cost_of_many(&self, units: u64) -> Fine {
        let whole = units.checked_mul(self.lane.unit.us.unsigned_abs()).and_then(|n| i64::try_from(n).ok());
        match (whole, units.checked_mul(self.lane.unit.rest)) {
            (Some(us), Some(rest)) if us < MAX_MICROS => {
                Fine { us: us + (rest / self.limit) as i64, rest: rest % self.limit }
            }
            _ => self.wide_cost(units),
        }
    }
}

/// How far from full the bucket was at an instant, just before something was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Low {
    at: Instant,
    gap: Fine,
}

/// How many lows are kept; beyond, the highest ones are merged, which can only make a refund smaller.
const LOWS: usize = 6;

/// Lows in order of time, each higher than the one before unless a refund has lowered it since.
#[derive(Clone, Debug, Default)]
pub(super) struct Lows {
    len: usize,
    list: [Low; LOWS],
}

impl PartialEq for Lows {
    fn eq(&self, other: &Self) -> bool {
        self.live() == other.live()
    }
}

impl Lows {
    fn live(&self) -> &[Low] {
        self.list.get(..self.len).unwrap_or_default()
    }
    fn live_mut(&mut self) -> &mut [Low] {
        self.list.get_mut(..self.len).unwrap_or_default()
    }
    fn push(&mut self, low: Low) {
        while self.live().last().is_some_and(|l| l.gap >= low.gap) {
            self.len -= 1;
        }
        if self.live().last().is_some_and(|l| l.at == low.at) {
            return;
        }
        if let Some(free) = self.list.get_mut(self.len) {
            *free = low;
            self.len += 1;
        } else if let Some(last) = self.list.last_mut() {
            last.at = low.at;
        }
    }
}

/// What one key has taken. The lows of a bucket that is not full stand in [`More`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Bucket {
    /// When the bucket is full again ("theoretical arrival time").
    pub(super) full: Fine,
    /// When something was last taken from a full bucket.
    pub(super) since: Instant,
}

impl Bucket {
    fn full_from(&self, now: Instant) -> Fine {
        self.full.max(Fine::at(now))
    }
    fn gap(&self, rule: &BucketRule, now: Instant) -> Fine {
        self.gap_of(rule.limit, now)
    }
    fn gap_of(&self, limit: u64, now: Instant) -> Fine {
        self.full_from(now).minus(Fine::at(now), limit)
    }
    /// Does one unit fit without any doubt? Where this says no, [`Bucket::retry_at`] knows exactly.
    #[inline]
    pub(super) fn is_ample(&self, lane: &Lane, now: Instant) -> bool {
        self.full.us.max(now.micros()) - now.micros() <= lane.ample
    }
    /// When `units` fit; `None` when they do now. `after_count`: as it will be once this refusal has been counted.
    pub(super) fn retry_at(&self, rule: &BucketRule, units: u64, now: Instant, after_count: bool) -> Option<Instant> {
        let (limit, cost) = (rule.limit, rule.cost(units));
        let full = self.full_from(now);
        let fits = full.plus(cost, limit).minus(rule.depth, limit);
        if fits <= Fine::at(now) {
            return None;
        }
        let counted = if after_count { self.countable(rule, cost, now) } else { Fine::ZERO };
        Some(fits.plus(counted, limit).up())
    }
    /// What a counted refusal takes: never below empty.
    fn countable(&self, rule: &BucketRule, cost: Fine, now: Instant) -> Fine {
        let empty = Fine::at(now).plus(rule.depth, rule.limit);
        let room = empty.minus(self.full_from(now), rule.limit);
        cost.min(room.max(Fine::ZERO))
    }
    /// Takes units, below empty if need be.
    #[inline(always)]
    pub(super) fn take(&mut self, rule: &BucketRule, units: u64, now: Instant, more: &mut Option<Box<More>>) {
        self.take_cost(rule.limit, rule.cost(units), now, more);
    }
    /// Takes one unit.
    #[inline(always)]
    pub(super) fn take_one(&mut self, lane: &Lane, now: Instant, more: &mut Option<Box<More>>) {
        let us = now.micros() + lane.unit.us;
        // full until now: one unit carries nothing
        if self.full.us < now.micros() && us < MAX_MICROS {
            self.full = Fine { us, rest: lane.unit.rest };
            self.since = now;
            if let Some(more) = more {
                more.lows.len = 0;
            }
        } else {
            self.take_cost(lane.limit, lane.unit, now, more);
        }
    }
    /// Counts a refusal of `units`.
    pub(super) fn count(&mut self, rule: &BucketRule, units: u64, now: Instant, more: &mut Option<Box<More>>) {
        let cost = self.countable(rule, rule.cost(units), now);
        if cost > Fine::ZERO {
            self.take_cost(rule.limit, cost, now, more);
        }
    }
    #[inline(always)]
    fn take_cost(&mut self, limit: u64, cost: Fine, now: Instant, more: &mut Option<Box<More>>) {
        if self.full <= Fine::at(now) {
            self.full = Fine::at(now);
            self.since = now;
            if let Some(more) = more {
                more.lows.len = 0;
            }
        } else if now > self.since {
            self.mark(limit, now, more);
        }
        // both stay far below 2^63
        let (mut us, mut rest) = (self.full.us + cost.us, self.full.rest + cost.rest);
        if rest >= limit {
            (us, rest) = (us + 1, rest - limit);
        }
        self.full = if us >= MAX_MICROS { Fine { us: MAX_MICROS, rest: 0 } } else { Fine { us, rest } };
    }
    #[inline(never)]
    fn mark(&self, limit: u64, now: Instant, more: &mut Option<Box<More>>) {
        let gap = self.gap_of(limit, now);
        more.get_or_insert_default().lows.push(Low { at: now, gap });
    }
    /// Gives back what has not refilled of `units`, as if those taken at `taken_at` had never been.
    pub(super) fn refund(
        &mut self,
        rule: &BucketRule,
        units: u64,
        taken_at: Option<Instant>,
        now: Instant,
        lows: Option<&mut Lows>,
    ) {
        if self.full <= Fine::at(now) {
            return;
        }
        let limit = rule.limit;
        let mut give = rule.cost(units);
        let lows = lows.map(Lows::live_mut).unwrap_or_default();
        match taken_at {
            Some(at) if at < self.since => return,
            Some(at) => {
                for low in lows.iter_mut().filter(|l| l.at > at) {
                    give = give.min(low.gap);
                    low.gap = low.gap.minus(give, limit);
                }
            }
            None => {
                for low in lows {
                    low.gap = low.gap.minus(give.min(low.gap), limit);
                }
            }
        }
        self.full = self.full.minus(give.min(self.gap(rule, now)), limit);
    }
    /// Units in use, begun ones included; more than `burst` when in debt.
    pub(super) fn used(&self, rule: &BucketRule, now: Instant) -> u64 {
        let parts = self.gap(rule, now).parts(rule.limit);
        u64::try_from(parts.div_ceil(u128::from(rule.period.unsigned_abs()))).unwrap_or(u64::MAX)
    }
    /// When one more unit is there than now; `None` when full.
    pub(super) fn next_unit_at(&self, rule: &BucketRule, now: Instant) -> Option<Instant> {
        let used = self.used(rule, now).min(rule.burst);
        let keep = rule.cost(used.checked_sub(1)?);
        Some(self.full.minus(keep, rule.limit).up())
    }
    /// When the bucket is full.
    pub(super) fn full_at(&self, now: Instant) -> Instant {
        self.full_from(now).up()
    }
    /// The same units in use under another rule, at most its burst.
    pub(super) fn migrate(&self, old: &BucketRule, new: &BucketRule, now: Instant) -> Bucket {
        let gap = self.gap(old, now).parts(old.limit);
        let (from, to) = (u128::from(old.period.unsigned_abs()), u128::from(new.period.unsigned_abs()));
        let parts = match gap.checked_mul(to) {
            Some(n) => n.div_ceil(from),
            None => gap.div_ceil(from).saturating_mul(to),
        };
        let gap = Fine::from_parts(parts, new.limit).min(new.depth);
        Bucket::with_gap(gap, new, now)
    }
    /// A bucket from which `units` are taken now, at most its burst.
    pub(super) fn with_used(units: u64, rule: &BucketRule, now: Instant) -> Bucket {
        Bucket::with_gap(rule.cost(units.min(rule.burst)), rule, now)
    }
    fn with_gap(gap: Fine, rule: &BucketRule, now: Instant) -> Bucket {
        Bucket { full: Fine::at(now).plus(gap, rule.limit), since: Instant::EPOCH }
    }
    /// Writes the bucket.
    pub(super) fn write(&self, lows: Option<&Lows>, w: &mut ByteWriter) {
        self.full.write(w);
        w.instant(self.since);
        let lows = lows.map(Lows::live).unwrap_or_default();
        w.count(lows.len());
        for low in lows {
            w.instant(low.at);
            low.gap.write(w);
        }
    }
    /// Reads a bucket back. Errors: `snapshot_corrupt`, also for marks out of order.
    pub(super) fn read(rule: &BucketRule, r: &mut ByteReader) -> Result<(Bucket, Lows), Fault> {
        let full = Fine::read(rule, r)?;
        let since = r.instant();
        r.expect(since.micros() <= full.us, "a bucket that is full before it was used")?;
        let n = r.count(24);
        r.expect(n <= LOWS, "more marks than a bucket keeps")?;
        let mut lows = Lows::default();
        let mut last = since;
        for slot in lows.list.iter_mut().take(n) {
            // A refund lowers later marks only: they need not rise.
            let low = Low { at: r.instant(), gap: Fine::read(rule, r)? };
            r.expect(low.at > last, "marks out of order")?;
            *slot = low;
            last = low.at;
        }
        lows.len = n;
        Ok((Bucket { full, since }, lows))
    }
}
