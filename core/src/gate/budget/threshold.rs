//! Shares of a budget at which something happens: once a period, the highest only, armed again when the limit is raised.
use crate::base::num::Ratio;

/// What happens at a threshold, beside the effect that tells of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Action {
    /// Nothing more.
    #[default]
    Alert,
    /// Calls are granted with the name of the cheaper alternative.
    Degrade,
    /// Nothing is granted that would leave more than this share spent and held.
    Refuse,
}

/// The words of [`Action`].
pub const ACTIONS: [(&str, Action); 3] =
    [("alert", Action::Alert), ("degrade", Action::Degrade), ("refuse", Action::Refuse)];
/// Thresholds of one budget: at most.
pub const MAX_THRESHOLDS: usize = 16;

/// A share of the limit, reached at equality. May exceed 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Threshold {
    /// The share.
    pub at: Ratio,
    /// What happens there.
    pub action: Action,
}

/// How much is at stake in an effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    /// Below the limit.
    Warning,
    /// The limit is reached.
    Urgent,
}

impl Severity {
    /// By what is spent of a limit: urgent from 100 % on.
    pub const fn of(spent: u64, limit: u64) -> Severity {
        if spent >= limit { Severity::Urgent } else { Severity::Warning }
    }
    /// `warning` or `urgent`.
    pub const fn word(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Urgent => "urgent",
        }
    }
}

/// How many thresholds of an ascending list are reached. Cost: one multiplication each.
pub fn reached(list: &[Threshold], spent: u64, limit: u64) -> u8 {
    list.iter().take_while(|t| t.at.reached(spent, limit)).count() as u8
}

/// How many have fired once more is spent; `None` when none fires now. The one to tell of is the last of them.
#[inline]
pub fn crossed(list: &[Threshold], fired: u8, spent: u64, limit: u64) -> Option<u8> {
    let next = list.get(usize::from(fired))?;
    next.at.reached(spent, limit).then(|| reached(list, spent, limit))
}

/// How many count as fired under another list: those up to the share at which the last one fired; after a raise, of those only what the
/// new share still reaches.
pub fn carried(old: &[Threshold], fired: u8, new: &[Threshold], raised: Option<(u64, u64)>) -> u8 {
    let last = usize::from(fired).checked_sub(1).and_then(|at| old.get(at));
    let kept = last.map_or(0, |last| new.iter().take_while(|t| t.at <= last.at).count() as u8);
    raised.map_or(kept, |(spent, limit)| kept.min(reached(new, spent, limit)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn list(percents: &[u64]) -> Vec<Threshold> {
        percents.iter().map(|p| Threshold { at: Ratio::percent(*p), action: Action::Alert }).collect()
    }
    // covers: R-1158, R-1159, E-23
    #[test]
    fn thresholds_fire_at_equality_the_highest_only_and_once() {
        let l = list(&[50, 80, 100]);
        assert_eq!(crossed(&l, 0, 49, 100), None);
        assert_eq!(crossed(&l, 0, 50, 100), Some(1));
        assert_eq!(crossed(&l, 0, 85, 100), Some(2), "0.5 is crossed silently");
        assert_eq!(crossed(&l, 2, 99, 100), None);
        assert_eq!(crossed(&l, 2, 100, 100), Some(3));
        assert_eq!(crossed(&l, 3, 1_000, 100), None);
        assert_eq!(crossed(&list(&[50, 150]), 1, 150, 100), Some(2), "more than the whole");
    }
    #[test]
    fn a_raise_arms_what_lies_above_the_new_share() {
        let l = list(&[50, 80, 100]);
        assert_eq!(carried(&l, 3, &l, Some((100, 150))), 1, "two thirds are spent");
        assert_eq!(carried(&l, 3, &l, None), 3);
        assert_eq!(carried(&l, 2, &list(&[50, 60, 70, 80, 90]), None), 4, "those up to 0.8 have been told");
        assert_eq!(carried(&l, 2, &list(&[90]), None), 0);
        assert_eq!(carried(&l, 0, &l, Some((0, 1))), 0);
    }
    // covers: R-1163
    #[test]
    fn the_whole_limit_is_urgent() {
        assert_eq!((Severity::of(99, 100).word(), Severity::of(100, 100).word()), ("warning", "urgent"));
    }
}
