//! A sorted set of small values in short runs, for what the standard library's tree would need twenty times the code.
use alloc::vec;
use alloc::vec::Vec;

/// A run that grows longer is cut in two.
const LONGEST: usize = 512;

/// A set in ascending order. Cost of a change: a binary search, and moving one run's values.
#[derive(Clone, Debug)]
pub struct Sorted<T> {
    /// None of them is empty.
    runs: Vec<Vec<T>>,
}

impl<T> Default for Sorted<T> {
    fn default() -> Self {
        Sorted { runs: Vec::new() }
    }
}

impl<T: Ord + Copy> Sorted<T> {
    /// Puts a value in; one that is there already stays.
    #[inline(never)]
    pub fn insert(&mut self, value: T) {
        let (at, Err(place)) = self.find(&value) else { return };
        let Some(run) = self.runs.get_mut(at) else { return self.runs.push(vec![value]) };
        run.insert(place, value);
        if run.len() > LONGEST {
            let tail = run.split_off(LONGEST / 2);
            self.runs.insert(at + 1, tail);
        }
    }
    /// Takes a value out. False: it was not there.
    #[inline(never)]
    pub fn remove(&mut self, value: &T) -> bool {
        let (at, Ok(place)) = self.find(value) else { return false };
        let left = self.runs.get_mut(at).map_or(0, |run| {
            run.remove(place);
            run.len()
        });
        // a run that has become short takes the next one in, or is gone
        if left == 0 {
            self.runs.remove(at);
        } else if self.runs.get(at + 1).is_some_and(|next| left + next.len() <= LONGEST / 2) {
            let next = self.runs.remove(at + 1);
            if let Some(run) = self.runs.get_mut(at) {
                run.extend_from_slice(&next);
            }
        }
        true
    }
    /// Is this value there?
    pub fn contains(&self, value: &T) -> bool {
        self.find(value).1.is_ok()
    }
    /// The least value.
    pub fn first(&self) -> Option<&T> {
        self.runs.first()?.first()
    }
    /// The values from this one on, in order, as long as they are of those asked for.
    pub fn from(&self, value: T, asked: impl Fn(&T) -> bool) -> Vec<T> {
        let (at, place) = self.find(&value);
        let (mut out, mut place) = (Vec::new(), place.unwrap_or_else(|place| place));
        for run in self.runs.get(at..).unwrap_or_default() {
            for value in run.get(place..).unwrap_or_default() {
                if !asked(value) {
                    return out;
                }
                out.push(*value);
            }
            place = 0;
        }
        out
    }
    /// Forgets all.
    pub fn clear(&mut self) {
        self.runs.clear();
    }
    /// The run in which a value stands, or would stand, and its place there.
    fn find(&self, value: &T) -> (usize, Result<usize, usize>) {
        let after = self.runs.partition_point(|run| run.first().is_some_and(|first| first <= value));
        let at = after.saturating_sub(1);
        (at, self.runs.get(at).map_or(Err(0), |run| run.binary_search(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_does_what_a_tree_does(steps in proptest::collection::vec((0u16..3000, any::<bool>()), 0..6000), from in 0u16..3000) {
            let (mut tree, mut sorted) = (BTreeSet::new(), Sorted::default());
            for (value, put) in steps {
                if put {
                    tree.insert(value);
                    sorted.insert(value);
                } else {
                    prop_assert_eq!(sorted.remove(&value), tree.remove(&value));
                }
                prop_assert_eq!(sorted.contains(&value), put);
                prop_assert_eq!(sorted.first(), tree.first());
            }
            prop_assert!(sorted.from(from, |_| true).iter().eq(tree.range(from..)));
            prop_assert!(sorted.runs.iter().all(|run| (1..=LONGEST).contains(&run.len())));
        }
    }

    #[test]
    fn runs_are_cut_and_joined() {
        let mut sorted = Sorted::default();
        (0..10_000).for_each(|n| sorted.insert(n));
        assert!(sorted.runs.len() > 10);
        (0..9_990).for_each(|n| assert!(sorted.remove(&n)));
        assert_eq!(sorted.runs.len(), 1);
        assert!(sorted.from(0, |n| *n < 9_995).into_iter().eq(9_990..9_995));
    }
}
