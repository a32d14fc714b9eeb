//! How much to hold for a call whose cost nobody knows yet.
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::error::Fault;
use crate::base::num::Ratio;
use crate::measure::histogram::Histogram;

/// Settled costs before their p95 is known.
pub const KNOWN_FROM: u64 = 20;
/// Settled costs between two looks at it, but for the first.
const LOOK_EVERY: u64 = 100;
/// The p95 is that of the last 500 to 1,000 settled costs.
const MEMORY: u64 = 1_000;

/// What a reserve holds of the estimate that comes with the call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Estimate {
    /// All of it, or the call is refused.
    Reject,
    /// What is left, if that is less.
    Clip,
    /// At most this. A call in flight overshoots by at most its largest cost less this.
    Cap(u64),
    /// The p95 of settled costs, once 20 are known; until then at most `cap`. The default.
    P95 {
        /// Until then.
        cap: Option<u64>,
    },
}

impl Default for Estimate {
    fn default() -> Self {
        Estimate::P95 { cap: None }
    }
}

impl Estimate {
    /// The word in a document.
    pub const fn word(self) -> &'static str {
        match self {
            Estimate::Reject => "reject",
            Estimate::Clip => "clip",
            Estimate::Cap(_) => "cap",
            Estimate::P95 { .. } => "p95",
        }
    }
    /// How much to hold for an estimate, never more than that; `None` when there is none and nothing stands for it. `known` is the p95.
    #[inline]
    pub fn amount(self, asked: Option<u64>, known: Option<u64>) -> Option<u64> {
        let most = match self {
            Estimate::Reject | Estimate::Clip => None,
            Estimate::Cap(cap) => Some(cap),
            Estimate::P95 { cap } => known.or(cap),
        };
        match (asked, most) {
            (Some(asked), Some(most)) => Some(asked.min(most)),
            (asked, most) => asked.or(most),
        }
    }
    /// How much to hold once the caller states what it comes to: that is no guess, only a cap stands.
    pub fn stated(self, total: u64) -> u64 {
        match self {
            Estimate::Cap(cap) => total.min(cap),
            _ => total,
        }
    }
}

/// The costs that calls of one service settled at, and their p95.
///
/// Two histograms take every cost, one begun later than the other; the older one answers, and when it is full the younger takes its place.
/// Cost: O(1) a settlement. Memory: at most 9.2 KB.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Costs {
    older: Histogram,
    younger: Histogram,
    p95: Option<u64>,
}

impl Costs {
    /// Enters a cost.
    pub fn record(&mut self, cost: u64) {
        self.older.record(cost);
        let n = self.older.count();
        if n > MEMORY / 2 {
            self.younger.record(cost);
        }
        if n == KNOWN_FROM || n.is_multiple_of(LOOK_EVERY) {
            self.p95 = self.older.quantile(Ratio::percent(95));
        }
        if n >= MEMORY {
            core::mem::swap(&mut self.older, &mut self.younger);
            self.younger.clear();
        }
    }
    /// The p95, at most a 32nd too high; looked at anew every 100 costs. Costs beyond $1,099 count as that.
    #[inline]
    pub fn p95(&self) -> Option<u64> {
        self.p95
    }
    /// Writes them.
    pub fn write(&self, w: &mut ByteWriter) {
        self.older.write(w);
        self.younger.write(w);
        w.option(self.p95, ByteWriter::u64);
    }
    /// Reads what [`Costs::write`] wrote. Errors: `snapshot_corrupt`.
    pub fn read(r: &mut ByteReader) -> Result<Costs, Fault> {
        let (older, younger) = (Histogram::read(r)?, Histogram::read(r)?);
        let p95 = r.option(ByteReader::u64);
        let n = older.count();
        let fits = n < MEMORY && younger.count() == n.saturating_sub(MEMORY / 2) && (p95.is_some() || n < KNOWN_FROM);
        r.expect(fits, "costs that no history leads to")?;
        Ok(Costs { older, younger, p95 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_policy_holds_what_it_says() {
        let amounts = |e: Estimate| [e.amount(Some(90), None), e.amount(Some(90), Some(40)), e.amount(None, Some(40))];
        assert_eq!(amounts(Estimate::Reject), [Some(90), Some(90), None]);
        assert_eq!(amounts(Estimate::Clip), [Some(90), Some(90), None]);
        assert_eq!(amounts(Estimate::Cap(50)), [Some(50), Some(50), Some(50)]);
        assert_eq!(amounts(Estimate::P95 { cap: Some(50) }), [Some(50), Some(40), Some(40)]);
        assert_eq!(amounts(Estimate::default()), [Some(90), Some(40), Some(40)]);
        assert_eq!(Estimate::Cap(50).amount(Some(7), None), Some(7), "never more than the estimate");
        assert_eq!(Estimate::default().amount(None, None), None);
        assert_eq!((Estimate::Cap(50).stated(90), Estimate::default().stated(90)), (50, 90));
    }
    #[test]
    fn the_p95_is_known_from_the_twentieth_cost_on_and_follows() {
        let mut c = Costs::default();
        (1..20).for_each(|n| c.record(n));
        assert_eq!(c.p95(), None);
        c.record(20);
        assert_eq!(c.p95(), Some(19), "the nineteenth of twenty");
        (0..2_000).for_each(|_| c.record(5));
        assert_eq!(c.p95(), Some(5), "what is long past is forgotten");
    }
    #[test]
    fn bytes_bring_back_the_same() {
        for n in [0, 19, 20, 499, 501, 999, 1_000, 1_001, 1_777] {
            let mut c = Costs::default();
            (0..n).for_each(|n| c.record(n * n % 1_013));
            let mut w = ByteWriter::default();
            c.write(&mut w);
            let mut again = ByteWriter::default();
            let back = Costs::read(&mut ByteReader::new(w.as_slice())).unwrap();
            back.write(&mut again);
            assert_eq!((back.p95(), again.as_slice()), (c.p95(), w.as_slice()), "{n}");
        }
    }
}
