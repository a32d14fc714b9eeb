//! Stable sorting whose code exists once, whatever is sorted.
//!
//! The standard library's sorts are made for speed, and each list of another type gets a copy of them: eight thousand bytes a time.
//! Here only the comparison and the swap are generic. For everything that is not sorted on the way of a call.
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// Sorts by a comparison; equals keep their order. Cost: O(n log n) comparisons, n swaps, 8 bytes for each item.
pub fn sort_by<T>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let order = merge(items.len() as u32, &|a, b| compare(&items[a as usize], &items[b as usize]) == Ordering::Less);
    arrange(order, &mut |a, b| items.swap(a as usize, b as usize));
}

/// Sorts by a key that costs nothing to make; equals keep their order.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

/// Sorts by a key that is made once for each item; equals keep their order.
pub fn sort_by_cached_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    let keys: Vec<K> = items.iter().map(key).collect();
    let order = merge(items.len() as u32, &|a, b| keys[a as usize] < keys[b as usize]);
    arrange(order, &mut |a, b| items.swap(a as usize, b as usize));
}

/// Takes one item out of a queue, and the ones behind it move up; true when it was there. Cost: linear in what is behind it.
pub fn take_out<T>(items: &mut VecDeque<T>, mut at: usize) -> bool {
    if at >= items.len() {
        return false;
    }
    while at + 1 < items.len() {
        items.swap(at, at + 1);
        at += 1;
    }
    items.pop_back().is_some()
}

/// Of the places 0 to `n`, whether each one's key stands at an earlier place already. Cost: O(n log n).
pub fn repeated<K: Ord>(n: usize, key: impl Fn(usize) -> K) -> Vec<bool> {
    let order = merge(n as u32, &|a, b| key(a as usize) < key(b as usize));
    let mut found = alloc::vec![false; n];
    for pair in order.windows(2) {
        if let [a, b] = pair
            && key(*a as usize) == key(*b as usize)
        {
            found[*b as usize] = true;
        }
    }
    found
}

/// The places 0 to `n` in ascending order: merges runs of 1, 2, 4, … places.
fn merge(n: u32, less: &dyn Fn(u32, u32) -> bool) -> Vec<u32> {
    let mut from: Vec<u32> = (0..n).collect();
    let mut to = Vec::with_capacity(from.len());
    let mut run = 1;
    while run < from.len() {
        for pair in from.chunks(2 * run) {
            let (mut left, mut right) = pair.split_at(run.min(pair.len()));
            while let (Some((a, more_left)), Some((b, more_right))) = (left.split_first(), right.split_first()) {
                if less(*b, *a) {
                    to.push(*b);
                    right = more_right;
                } else {
                    to.push(*a);
                    left = more_left;
                }
            }
            to.extend_from_slice(left);
            to.extend_from_slice(right);
        }
        core::mem::swap(&mut from, &mut to);
        to.clear();
        run *= 2;
    }
    from
}

/// Brings what stands at `order[i]` to `i`, along the circles of the order.
fn arrange(mut order: Vec<u32>, swap: &mut dyn FnMut(u32, u32)) {
    for start in 0..order.len() as u32 {
        let mut at = start;
        loop {
            let next = core::mem::replace(&mut order[at as usize], at);
            if next == start {
                break;
            }
            swap(at, next);
            at = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};
    use proptest::prelude::*;

    #[test]
    fn what_is_taken_out_leaves_the_rest_in_order() {
        let mut items: VecDeque<u8> = (1..=5).collect();
        assert!(take_out(&mut items, 1) && take_out(&mut items, 3) && !take_out(&mut items, 3));
        assert!(items.iter().eq(&[1, 3, 4]));
    }

    proptest! {
        #[test]
        fn equals_keep_their_order_as_in_the_standard_library(keys in proptest::collection::vec(0u8..20, 0..200)) {
            let items: Vec<(u8, usize)> = keys.iter().enumerate().map(|(at, key)| (*key, at)).collect();
            let mut expected = items.clone();
            expected.sort_by_key(|item| item.0);
            let mut by_key = items.clone();
            sort_by_key(&mut by_key, |item| item.0);
            prop_assert_eq!(&by_key, &expected);
            let mut cached = items.clone();
            sort_by_cached_key(&mut cached, |item| item.0);
            prop_assert_eq!(&cached, &expected);
            expected.sort_by_key(|item| core::cmp::Reverse(item.0));
            let mut reversed = items;
            sort_by_key(&mut reversed, |item| item.0);
            sort_by(&mut reversed, |a, b| b.0.cmp(&a.0));
            prop_assert_eq!(reversed, expected);
        }
    }
    #[test]
    fn what_was_there_before_is_repeated() {
        let keys = ["b", "a", "b", "c", "a", "b"];
        assert_eq!(repeated(keys.len(), |at| keys[at]), [false, false, true, false, true, true]);
        assert!(repeated(0, |_| 0).is_empty());
    }
    #[test]
    fn texts_move_whole() {
        let mut names: Vec<String> = ["d", "b", "e", "a", "c"].map(|n| n.to_string()).into();
        sort_by(&mut names, Ord::cmp);
        assert_eq!(names, ["a", "b", "c", "d", "e"]);
    }
}
