//! How durations are spread: integer counts in log-linear buckets, so that quantiles merge and are the same bits everywhere.
//!
//! Bucket rule after HdrHistogram: exact below 32, then 32 buckets to each power of two, found by a shift and a mask.
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::error::Fault;
use crate::base::num::Ratio;
use alloc::vec::Vec;

/// Buckets to each power of two; a reported value is at most 1/32 too high.
const SUB: u64 = 32;
const SUB_BITS: u32 = SUB.trailing_zeros();
/// Larger values count as this one (2^40 − 1: about 12 days in microseconds).
pub const MAX_VALUE: u64 = (1 << 40) - 1;
const BUCKETS: usize = (40 - SUB_BITS as usize + 1) * SUB as usize;

#[inline(always)]
fn index(value: u64) -> usize {
    let value = value.min(MAX_VALUE);
    if value < SUB {
        return value as usize;
    }
    let shift = value.ilog2() - SUB_BITS;
    (u64::from(shift) * SUB + (value >> shift)) as usize
}

/// The largest value that falls into a bucket.
fn upper(index: usize) -> u64 {
    let index = index as u64;
    if index < 2 * SUB {
        return index;
    }
    let shift = index / SUB - 1;
    ((index % SUB + SUB + 1) << shift) - 1
}

/// Counts of values. Unit: the caller's, microseconds by habit. Range: 0 to [`MAX_VALUE`].
///
/// Cost: O(1) a record. Memory: 72 bytes empty, then 4 bytes for each bucket up to the largest value seen, at most 4.6 KB.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Histogram {
    counts: Vec<u32>,
    count: u64,
    sum: u64,
    max: u64,
}

impl Histogram {
    /// Enters a value.
    #[inline(always)]
    pub fn record(&mut self, value: u64) {
        // as `record_n`, where the bucket exists and is not full
        match self.counts.get_mut(index(value)) {
            Some(slot) if *slot < u32::MAX => {
                let value = value.min(MAX_VALUE);
                *slot += 1;
                self.count += 1;
                self.sum = self.sum.saturating_add(value);
                self.max = self.max.max(value);
            }
            _ => self.record_n(value, 1),
        }
    }
    /// Enters a value `n` times.
    #[inline(never)]
    pub fn record_n(&mut self, value: u64, n: u32) {
        let at = index(value);
        if at >= self.counts.len() {
            self.counts.resize((at + 1).next_multiple_of(SUB as usize).min(BUCKETS), 0);
        }
        if let Some(slot) = self.counts.get_mut(at) {
            let added = n.min(u32::MAX - *slot);
            *slot += added;
            self.count += u64::from(added);
            self.sum = self.sum.saturating_add(value.min(MAX_VALUE).saturating_mul(u64::from(added)));
            if added > 0 {
                self.max = self.max.max(value.min(MAX_VALUE));
            }
        }
    }
    /// How many values.
    pub fn count(&self) -> u64 {
        self.count
    }
    /// Their sum.
    pub fn sum(&self) -> u64 {
        self.sum
    }
    /// The largest; 0 when empty.
    pub fn max(&self) -> u64 {
        self.max
    }
    /// The mean, rounded down; 0 when empty.
    pub fn mean(&self) -> u64 {
        self.sum.checked_div(self.count).unwrap_or(0)
    }
    /// The value at a quantile by nearest rank: the smallest bucket that holds the ⌈p · n⌉th value, its upper end, at most
    /// [`Histogram::max`]. `None` when empty. The median of four values is the second, p95 of twenty is the nineteenth.
    pub fn quantile(&self, p: Ratio) -> Option<u64> {
        if self.count == 0 {
            return None;
        }
        let exact = u128::from(self.count) * u128::from(p.billionths());
        let rank = exact.div_ceil(u128::from(Ratio::ONE.billionths())).clamp(1, u128::from(self.count));
        let mut seen = 0u128;
        for (at, n) in self.counts.iter().enumerate() {
            seen += u128::from(*n);
            if seen >= rank {
                return Some(upper(at).min(self.max));
            }
        }
        Some(self.max)
    }
    /// How many values lie in buckets that end at or below `bound`; the cumulative count of a metrics format. Never more than there
    /// are; all of them where none is larger.
    pub fn at_most(&self, bound: u64) -> u64 {
        if bound >= self.max {
            return self.count;
        }
        let full = self.counts.iter().enumerate().take_while(|(at, _)| upper(*at) <= bound);
        full.map(|(_, n)| u64::from(*n)).sum()
    }
    /// Adds another histogram's values; the order of merging does not matter.
    pub fn merge(&mut self, other: &Histogram) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine = mine.saturating_add(*theirs);
        }
        self.count = self.counts.iter().map(|n| u64::from(*n)).sum();
        self.sum = self.sum.saturating_add(other.sum);
        self.max = self.max.max(other.max);
    }
    /// Forgets everything; keeps its memory.
    pub fn clear(&mut self) {
        self.counts.fill(0);
        (self.count, self.sum, self.max) = (0, 0, 0);
    }
    /// Writes the occupied buckets.
    pub fn write(&self, w: &mut ByteWriter) {
        w.u64(self.sum);
        w.u64(self.max);
        w.count(self.counts.iter().filter(|n| **n > 0).count());
        for (at, n) in self.counts.iter().enumerate().filter(|(_, n)| **n > 0) {
            w.u16(at as u16);
            w.u32(*n);
        }
    }
    /// Reads what [`Histogram::write`] wrote. Errors: `snapshot_corrupt`.
    pub fn read(r: &mut ByteReader) -> Result<Histogram, Fault> {
        let mut out = Histogram { sum: r.u64(), max: r.u64(), ..Histogram::default() };
        let mut last = None;
        for _ in 0..r.count(6) {
            let (at, n) = (usize::from(r.u16()), r.u32());
            r.expect(at < BUCKETS && n > 0 && last.is_none_or(|l| l < at), "a histogram bucket out of order")?;
            out.counts.resize((at + 1).next_multiple_of(SUB as usize).min(BUCKETS), 0);
            if let Some(slot) = out.counts.get_mut(at) {
                *slot = n;
            }
            out.count += u64::from(n);
            last = Some(at);
        }
        let holds = last.map_or(out.max == 0 && out.sum == 0, |at| {
            out.max <= MAX_VALUE && index(out.max) == at && out.sum >= out.max
        });
        r.expect(holds, "a histogram that does not add up")?;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn buckets_meet_without_gap() {
        for at in 0..BUCKETS {
            assert_eq!(index(upper(at)), at);
            if at + 1 < BUCKETS {
                assert_eq!(index(upper(at) + 1), at + 1);
            }
        }
        assert_eq!(upper(BUCKETS - 1), MAX_VALUE);
        assert_eq!(index(u64::MAX), BUCKETS - 1);
    }
    // covers: E-49
    #[test]
    fn p95_of_twenty_is_the_nineteenth() {
        let mut h = Histogram::default();
        (1..=20).for_each(|v| h.record(v));
        assert_eq!(h.quantile(Ratio::percent(95)), Some(19));
        assert_eq!(h.quantile(Ratio::percent(50)), Some(10));
        assert_eq!(h.quantile(Ratio::ONE), Some(20));
        assert_eq!(h.quantile(Ratio::ZERO), Some(1));
        assert_eq!((h.count(), h.sum(), h.max(), h.mean()), (20, 210, 20, 10));
        assert_eq!((h.at_most(0), h.at_most(5), h.at_most(20)), (0, 5, 20));
        assert_eq!(Histogram::default().quantile(Ratio::ONE), None);
    }
    #[test]
    fn a_bound_within_a_bucket_leaves_it_out_unless_nothing_is_larger() {
        let mut h = of(&[1; 20]);
        // 100,000 lies in a bucket that ends at 100,351; but nothing is larger
        h.record(100_000);
        assert_eq!((h.at_most(99_999), h.at_most(100_000)), (20, 21));
        h.record(100_352);
        assert_eq!((h.at_most(100_000), h.at_most(100_351)), (20, 21));
    }
    fn of(values: &[u64]) -> Histogram {
        let mut h = Histogram::default();
        values.iter().for_each(|v| h.record(*v));
        h
    }
    proptest! {
        #[test]
        fn a_quantile_is_at_most_a_32nd_too_high(mut values in proptest::collection::vec(0..MAX_VALUE, 1..200), p in 1u64..=100) {
            let h = of(&values);
            values.sort_unstable();
            let rank = (values.len() as u64 * p).div_ceil(100).max(1) as usize;
            let exact = values[rank - 1];
            let got = h.quantile(Ratio::percent(p)).unwrap();
            prop_assert!(got >= exact && got - exact <= exact / 32, "{got} for {exact}");
        }
        #[test]
        fn the_order_of_merging_does_not_matter(a in proptest::collection::vec(any::<u64>(), 0..50), b in proptest::collection::vec(0u64..100, 0..50), c in proptest::collection::vec(0u64..1 << 30, 0..50)) {
            let (x, y, z) = (of(&a), of(&b), of(&c));
            let mut left = x.clone();
            left.merge(&y);
            left.merge(&z);
            let mut right = z.clone();
            right.merge(&x);
            right.merge(&y);
            prop_assert_eq!(&left, &right);
            let mut all = a;
            all.extend(b);
            all.extend(c);
            prop_assert_eq!(&left, &of(&all));
        }
        #[test]
        fn bytes_bring_back_the_same(values in proptest::collection::vec(any::<u64>(), 0..50)) {
            let h = of(&values);
            let mut w = ByteWriter::default();
            h.write(&mut w);
            prop_assert_eq!(Histogram::read(&mut ByteReader::new(w.as_slice())), Ok(h));
        }
    }
}
