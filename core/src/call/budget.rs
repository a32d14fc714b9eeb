//! How many retries a service can bear: a share of its calls, and a few a second when there are hardly any.
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::doc::Table;
use crate::base::error::Fault;
use crate::base::num::Ratio;
use crate::base::time::Instant;

const SECONDS: usize = 10;
const SECOND_MICROS: i64 = 1_000_000;

/// The bound on retries over the last ten seconds: the larger of a share of the calls and a number a second.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BudgetRule {
    /// Retries as a share of first attempts. Range (0, 1]; default 0.2.
    pub share: Ratio,
    /// Retries a second that are always allowed. Range 0 to 1,000,000; default 3.
    pub min_per_s: u32,
}

impl Default for BudgetRule {
    fn default() -> Self {
        BudgetRule { share: Ratio::percent(20), min_per_s: 3 }
    }
}

impl BudgetRule {
    /// Reads `budget = { share, min_per_s }`.
    pub fn read(t: Table) -> BudgetRule {
        let standard = BudgetRule::default();
        let rule = BudgetRule {
            share: t.share("share").unwrap_or(standard.share),
            min_per_s: t.integer("min_per_s", 0, 1_000_000).map_or(standard.min_per_s, |n| n as u32),
        };
        t.finish();
        rule
    }
}

/// First attempts and retries of a service over the last ten seconds, counted by whole seconds.
///
/// Cost: O(1) a call. Memory: 112 bytes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RetryBudget {
    /// The second that the counts end with.
    second: i64,
    calls: [u32; SECONDS],
    retries: [u32; SECONDS],
}

impl RetryBudget {
    fn slot(second: i64) -> usize {
        second.rem_euclid(SECONDS as i64) as usize
    }
    #[inline(always)]
    fn advance(&mut self, now: Instant) -> usize {
        // time only goes on: the common case is the second that the counts end with
        if now.micros() < (self.second + 1) * SECOND_MICROS {
            return (self.second as u64 % SECONDS as u64) as usize;
        }
        self.turn(now)
    }
    #[cold]
    fn turn(&mut self, now: Instant) -> usize {
        let second = now.micros() / SECOND_MICROS;
        let fresh = second.saturating_sub(self.second).clamp(0, SECONDS as i64);
        for s in second - fresh + 1..=second {
            let at = Self::slot(s);
            (self.calls[at], self.retries[at]) = (0, 0);
        }
        self.second = self.second.max(second);
        Self::slot(self.second)
    }
    /// A first attempt was granted.
    #[inline(always)]
    pub fn call(&mut self, now: Instant) {
        let at = self.advance(now);
        self.calls[at] = self.calls[at].saturating_add(1);
    }
    /// A retry was granted.
    pub fn retry(&mut self, now: Instant) {
        let at = self.advance(now);
        self.retries[at] = self.retries[at].saturating_add(1);
    }
    /// First attempts and retries that count at `now`; writes nothing.
    pub fn counts(&self, now: Instant) -> (u64, u64) {
        let second = now.micros() / SECOND_MICROS;
        let live = (second - SECONDS as i64 + 1..=self.second.min(second)).rev().take(SECONDS).map(Self::slot);
        live.fold((0, 0), |(calls, retries), at| {
            (calls + u64::from(self.calls[at]), retries + u64::from(self.retries[at]))
        })
    }
    /// May one more retry be made? As long as retries stay within the larger of `share × calls` and `min_per_s × 10 s`.
    pub fn allows(&self, rule: &BudgetRule, now: Instant) -> bool {
        let (calls, retries) = self.counts(now);
        retries < rule.share.of(calls).max(u64::from(rule.min_per_s) * SECONDS as u64)
    }
    /// Writes the counts.
    pub fn write(&self, w: &mut ByteWriter) {
        w.i64(self.second);
        for (calls, retries) in self.calls.iter().zip(&self.retries) {
            w.u32(*calls);
            w.u32(*retries);
        }
    }
    /// Reads what [`RetryBudget::write`] wrote. Errors: `snapshot_corrupt`.
    pub fn read(r: &mut ByteReader) -> Result<RetryBudget, Fault> {
        let mut out = RetryBudget { second: r.i64(), ..RetryBudget::default() };
        let latest = Instant::NEVER.micros() / SECOND_MICROS;
        r.expect((0..=latest).contains(&out.second), "a second out of range")?;
        for at in 0..SECONDS {
            out.calls[at] = r.u32();
            out.retries[at] = r.u32();
        }
        r.whole(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    #[test]
    fn three_a_second_are_always_allowed_and_a_fifth_of_the_calls() {
        let rule = BudgetRule::default();
        let now = Instant::from_millis(50_000);
        let mut b = RetryBudget::default();
        (0..29).for_each(|_| b.retry(now));
        assert!(b.allows(&rule, now));
        b.retry(now);
        assert!(!b.allows(&rule, now), "thirty within ten seconds");
        (0..154).for_each(|_| b.call(now));
        assert!(!b.allows(&rule, now), "a fifth of 154 is 30");
        b.call(now);
        assert!(b.allows(&rule, now), "a fifth of 155 is 31");
        assert!(!b.allows(&BudgetRule { share: Ratio::percent(1), min_per_s: 0 }, now));
    }
    #[test]
    fn counts_leave_after_ten_seconds() {
        let mut b = RetryBudget::default();
        b.retry(Instant::from_millis(1_500));
        assert_eq!(b.counts(Instant::from_millis(10_999)), (0, 1));
        assert_eq!(b.counts(Instant::from_millis(11_000)), (0, 0));
        b.call(Instant::from_millis(11_000));
        assert_eq!(b.counts(Instant::from_millis(11_000)), (1, 0));
    }
    proptest! {
        #[test]
        fn the_counts_agree_with_a_list(steps in proptest::collection::vec((0i64..4_000, any::<bool>()), 1..60)) {
            let mut b = RetryBudget::default();
            let mut list: Vec<(i64, bool)> = Vec::new();
            let mut ms = 0;
            for (gap, retry) in steps {
                ms += gap;
                let now = Instant::from_millis(ms);
                let live = |list: &[(i64, bool)], retry| list.iter().filter(|(t, r)| t / 1_000 > ms / 1_000 - 10 && *r == retry).count() as u64;
                prop_assert_eq!(b.counts(now), (live(&list, false), live(&list, true)));
                if retry { b.retry(now) } else { b.call(now) }
                list.push((ms, retry));
                prop_assert_eq!(b.counts(now), (live(&list, false), live(&list, true)));
                let mut w = ByteWriter::default();
                b.write(&mut w);
                prop_assert_eq!(RetryBudget::read(&mut ByteReader::new(w.as_slice())), Ok(b.clone()));
            }
        }
    }
}
