//! Stable hashes: the same name gives the same bits on every machine, in every process, in every version with the same [`HASH_VERSION`].
//!
//! They decide who belongs to a share (`enforce_share`) and feed seeded draws. They do not protect a table against
//! chosen keys; [`crate::base::key`] uses a keyed hash for that.
use crate::base::num::Ratio;
use core::hash::Hasher;
use siphasher::sip::SipHasher13;

/// Changes whenever [`stable`], [`hash_parts`] or [`bucket`] give other bits; it is written into snapshots.
pub const HASH_VERSION: u16 = 1;

const KEY: (u64, u64) = (0x6272_6f77_6e6f_7574, 0x6469_6d20_6e6f_7421);
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The stable 64-bit hash of some bytes: SipHash-1-3 under a fixed key. Cost: about 10 ns for a short name.
pub fn stable(bytes: &[u8]) -> u64 {
    keyed(KEY.0, KEY.1, bytes)
}

/// SipHash-1-3 of some bytes under a key of one's own.
pub fn keyed(k0: u64, k1: u64, bytes: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(k0, k1);
    hasher.write(bytes);
    hasher.finish()
}

/// The finaliser of SplitMix64 (Stafford's mix 13): one-to-one, every input bit reaches every output bit.
pub const fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The hash of a few integers under a seed, order and count included: `h ← mix((h ^ part) + golden)` from `mix(seed + golden)`,
/// closed with the count. Cost: two multiplications a part.
pub fn hash_parts(seed: u64, parts: &[u64]) -> u64 {
    let mut h = mix(seed.wrapping_add(GOLDEN));
    for part in parts {
        h = mix((h ^ part).wrapping_add(GOLDEN));
    }
    mix(h ^ parts.len() as u64)
}

/// Which of `n` equal buckets a hash falls into, 0 to n − 1 (multiply and shift, no division). 0 when `n` is 0.
pub const fn bucket(hash: u64, n: u64) -> u64 {
    ((hash as u128 * n as u128) >> 64) as u64
}

/// Does a hash belong to the first `share` of all hashes? Monotone: a larger share keeps everyone who was in.
pub fn in_share(hash: u64, share: Ratio) -> bool {
    bucket(hash, Ratio::ONE.billionths()) < share.billionths()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_bits_are_pinned() {
        assert_eq!(stable(b""), 0x7548_d02c_de5a_c0e8);
        assert_eq!(stable(b"org_1"), 0xf468_5c69_680c_ae4e);
        assert_eq!(hash_parts(0, &[]), 0x4821_8226_ff3c_d4bf);
        assert_eq!(hash_parts(1, &[2, 3]), 0x737c_1249_2547_5fc5);
    }
    #[test]
    fn order_and_count_matter() {
        assert_ne!(hash_parts(1, &[2, 3]), hash_parts(1, &[3, 2]));
        assert_ne!(hash_parts(1, &[0]), hash_parts(1, &[0, 0]));
        assert_ne!(hash_parts(1, &[2]), hash_parts(2, &[1]));
    }
    #[test]
    fn a_share_takes_its_part_of_many_names() {
        let inside = (0..10_000u32).filter(|n| in_share(stable(&n.to_le_bytes()), Ratio::percent(10))).count();
        assert!((900..=1100).contains(&inside), "{inside}");
        assert!(in_share(u64::MAX, Ratio::ONE) && !in_share(0, Ratio::ZERO));
    }
    proptest! {
        #[test]
        fn buckets_stay_in_range_and_shares_grow(h: u64, n in 1u64..=u64::MAX, a in 0u64..=1_000_000_000, b in 0u64..=1_000_000_000) {
            prop_assert!(bucket(h, n) < n);
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(!in_share(h, Ratio::from_billionths(low)) || in_share(h, Ratio::from_billionths(high)));
        }
    }
}
