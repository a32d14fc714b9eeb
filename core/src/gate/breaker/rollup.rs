//! From the breakers of many keys to one of the whole service: who was seen lately, and how their last call went.
//!
//! Every key weighs one, however much it calls. Keys stand in one list by the instant they were last seen, so that
//! entering, moving to the end and leaving cost O(1). Cost: 24 bytes a key.
use crate::base::time::{Instant, Span};
use crate::gate::breaker::policy::RollupRule;
use crate::gate::breaker::state::Because;
use alloc::vec::Vec;

const NONE: u32 = u32::MAX;

/// One key's place.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Member {
    seen: Instant,
    prev: u32,
    next: u32,
    listed: bool,
    open: bool,
    /// Did the latest counted outcome fail? `None`: none yet.
    failed: Option<bool>,
}

const ABSENT: Member =
    Member { seen: Instant::EPOCH, prev: NONE, next: NONE, listed: false, open: false, failed: None };

/// The keys seen within the window.
#[derive(Clone, PartialEq, Debug)]
pub struct Members {
    all: Vec<Member>,
    head: u32,
    tail: u32,
    seen: u32,
    open: u32,
    failed: u32,
    known: u32,
}

impl Default for Members {
    fn default() -> Self {
        Members { all: Vec::new(), head: NONE, tail: NONE, seen: 0, open: 0, failed: 0, known: 0 }
    }
}

impl Members {
    /// How many keys were seen in the window.
    pub fn seen(&self) -> u32 {
        self.seen
    }
    /// How many of those have an open breaker.
    pub fn open(&self) -> u32 {
        self.open
    }
    fn member(&mut self, cell: u32) -> &mut Member {
        let at = cell as usize;
        if at >= self.all.len() {
            self.all.resize(at + 1, ABSENT);
        }
        &mut self.all[at]
    }
    fn count(&mut self, m: Member, add: bool) {
        let step = |n: &mut u32, on: bool| {
            if on {
                *n = if add { *n + 1 } else { n.saturating_sub(1) };
            }
        };
        step(&mut self.seen, true);
        step(&mut self.open, m.open);
        step(&mut self.known, m.failed.is_some());
        step(&mut self.failed, m.failed == Some(true));
    }
    /// The key was seen at `now`; `failed` when an outcome of it was counted.
    pub fn touch(&mut self, cell: u32, now: Instant, failed: Option<bool>) {
        let before = *self.member(cell);
        let open = before.open;
        if before.listed {
            self.unlink(cell);
        }
        let tail = self.tail;
        let m = self.member(cell);
        *m = Member { seen: now, prev: tail, next: NONE, listed: true, open, failed: failed.or(before.failed) };
        let after = *m;
        if tail == NONE {
            self.head = cell;
        } else {
            self.member(tail).next = cell;
        }
        self.tail = cell;
        self.count(after, true);
    }
    /// The key's own breaker opened or closed.
    pub fn mark(&mut self, cell: u32, open: bool) {
        let before = *self.member(cell);
        if before.open != open {
            if before.listed {
                self.open = if open { self.open + 1 } else { self.open.saturating_sub(1) };
            }
            self.member(cell).open = open;
        }
    }
    fn unlink(&mut self, cell: u32) {
        let m = *self.member(cell);
        self.count(m, false);
        match m.prev {
            NONE => self.head = m.next,
            prev => self.member(prev).next = m.next,
        }
        match m.next {
            NONE => self.tail = m.prev,
            next => self.member(next).prev = m.prev,
        }
        *self.member(cell) = Member { open: m.open, ..ABSENT };
    }
    /// The key is gone.
    pub fn remove(&mut self, cell: u32) {
        if self.member(cell).listed {
            self.unlink(cell);
        }
        *self.member(cell) = ABSENT;
    }
    /// Lets go of the keys that were last seen at or before `now - span`, and tells of each.
    pub fn expire(&mut self, now: Instant, span: Span, mut left: impl FnMut(u32)) {
        while self.head != NONE {
            let cell = self.head;
            if self.member(cell).seen + span > now {
                break;
            }
            self.unlink(cell);
            left(cell);
        }
    }
    /// When a key was last seen, and how its latest outcome was.
    pub fn seen_at(&self, cell: u32) -> Option<(Instant, Option<bool>)> {
        self.all.get(cell as usize).filter(|m| m.listed).map(|m| (m.seen, m.failed))
    }
    /// When a key that is seen no more leaves; `EPOCH` when it is not listed.
    pub fn leaves_at(&self, cell: u32, span: Span) -> Instant {
        self.all.get(cell as usize).filter(|m| m.listed).map_or(Instant::EPOCH, |m| m.seen + span)
    }
    /// Starts over: nobody was seen.
    pub fn clear(&mut self) {
        while self.head != NONE {
            self.unlink(self.head);
        }
    }
    /// Should the service open?
    pub fn verdict(&self, rule: RollupRule) -> Option<Because> {
        if self.seen >= rule.min_tenants
            && rule.tenants_open.is_some_and(|share| share.reached(self.open.into(), self.seen.into()))
        {
            return Some(Because::TenantsOpen);
        }
        let pooled = self.known >= rule.min_tenants
            && rule.pooled.is_some_and(|share| share.reached(self.failed.into(), self.known.into()));
        pooled.then_some(Because::Pooled)
    }
    /// The keys seen, oldest first: cell, instant, latest outcome.
    pub fn in_order(&self) -> Vec<(u32, Instant, Option<bool>)> {
        let mut out = Vec::with_capacity(self.seen as usize);
        let mut cell = self.head;
        while let Some(m) = self.all.get(cell as usize) {
            out.push((cell, m.seen, m.failed));
            cell = m.next;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::num::Ratio;

    fn rule(min_tenants: u32) -> RollupRule {
        RollupRule { tenants_open: Some(Ratio::percent(30)), pooled: Some(Ratio::percent(50)), min_tenants }
    }
    #[test]
    fn one_key_never_weighs_more_than_one() {
        let mut m = Members::default();
        for i in 0..1000 {
            m.touch(0, Instant::from_millis(i), Some(true));
        }
        assert_eq!((m.seen(), m.verdict(rule(2))), (1, None));
        m.touch(1, Instant::from_millis(1000), Some(false));
        assert_eq!(m.verdict(rule(2)), Some(Because::Pooled));
    }
    #[test]
    fn a_key_leaves_exactly_one_window_after_it_was_seen() {
        let mut m = Members::default();
        m.touch(3, Instant::from_millis(0), Some(true));
        m.touch(1, Instant::from_millis(5), None);
        m.expire(Instant::from_millis(9), Span::from_millis(10), |_| {});
        assert_eq!(m.seen(), 2);
        m.expire(Instant::from_millis(10), Span::from_millis(10), |_| {});
        assert_eq!(m.in_order(), [(1, Instant::from_millis(5), None)]);
        assert_eq!((m.known, m.failed), (0, 0));
    }
    #[test]
    fn open_breakers_count_while_their_key_is_seen() {
        let mut m = Members::default();
        for cell in 0..10 {
            m.touch(cell, Instant::EPOCH, Some(false));
        }
        m.mark(1, true);
        m.mark(2, true);
        assert_eq!(m.verdict(rule(10)), None);
        m.mark(3, true);
        assert_eq!(m.verdict(rule(10)), Some(Because::TenantsOpen));
        assert_eq!(m.verdict(rule(11)), None);
        m.clear();
        assert_eq!((m.seen(), m.open()), (0, 0));
    }
}
