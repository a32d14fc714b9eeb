//! Chance that can be replayed: a small seeded generator, and draws that are pure functions of what they are for.
use crate::base::hash::{bucket, hash_parts, mix};
use crate::base::num::Ratio;
use crate::base::time::Span;

/// SplitMix64: 8 bytes of state, period 2^64, the same stream on every machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rng(u64);

impl Rng {
    /// A generator that begins at a seed.
    pub const fn new(seed: u64) -> Self {
        Rng(seed)
    }
    /// The whole state; [`Rng::new`] goes on from it.
    pub const fn state(&self) -> u64 {
        self.0
    }
    /// The next 64 bits.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }
    /// A number from 0 to n − 1; 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        bucket(self.draw(), n)
    }
}

/// What a draw is for. The same four numbers always give the same bits, whatever else happened in between.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Draw {
    /// The engine's seed.
    pub seed: u64,
    /// The stable hash of the service's name.
    pub service: u64,
    /// The stable hash of the key; 0 without one.
    pub key_hash: u64,
    /// The how-manieth draw this is.
    pub n: u64,
}

impl Draw {
    /// The 64 bits drawn.
    pub fn bits(&self) -> u64 {
        hash_parts(self.seed, &[self.service, self.key_hash, self.n])
    }
    /// Does this draw fall into a share? A share of one always does.
    pub fn in_share(&self, share: Ratio) -> bool {
        crate::base::hash::in_share(self.bits(), share)
    }
}

/// A length of time drawn uniformly from `low..=high` by 64 bits, in whole microseconds; `low` when `high` is not longer.
pub fn uniform(bits: u64, low: Span, high: Span) -> Span {
    if high <= low {
        return low;
    }
    let width = (high.micros() - low.micros()) as u64 + 1;
    low + Span::from_micros(bucket(bits, width) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_that_of_splitmix64() {
        let mut rng = Rng::new(1_234_567);
        let first: std::vec::Vec<u64> = (0..3).map(|_| rng.draw()).collect();
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
        let mut later = Rng::new(rng.state());
        assert_eq!(later.draw(), rng.draw());
    }
    #[test]
    fn a_uniform_draw_reaches_both_ends_and_no_further() {
        let (low, high) = (Span::from_micros(10), Span::from_micros(13));
        assert_eq!(uniform(0, low, high), low);
        assert_eq!(uniform(u64::MAX, low, high), high);
        assert_eq!(uniform(u64::MAX, high, low), high);
        let mut seen = [0u32; 4];
        let mut rng = Rng::new(7);
        for _ in 0..4_000 {
            seen[(uniform(rng.draw(), low, high).micros() - 10) as usize] += 1;
        }
        assert!(seen.iter().all(|n| (900..1_100).contains(n)), "{seen:?}");
    }
    #[test]
    fn a_draw_depends_on_all_that_it_is_for() {
        let one = Draw { seed: 1, service: 2, key_hash: 3, n: 4 };
        for other in
            [Draw { seed: 9, ..one }, Draw { service: 9, ..one }, Draw { key_hash: 9, ..one }, Draw { n: 9, ..one }]
        {
            assert_ne!(one.bits(), other.bits());
        }
        assert_eq!(one.bits(), Draw { ..one }.bits());
        assert!(one.in_share(Ratio::ONE) && !one.in_share(Ratio::ZERO));
    }
}
