//! The engine's time: it never goes back, and an order can say that it was wrong.
use crate::base::time::{Instant, Span};

/// Inside, time only grows; `offset` is what an ordered re-base has added to the host's.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Clock {
    now: Instant,
    offset: i64,
    behind: bool,
}

impl Clock {
    pub(super) fn new(at: Instant) -> Self {
        Clock { now: at, offset: 0, behind: false }
    }
    pub(super) fn parts(&self) -> (Instant, i64, bool) {
        (self.now, self.offset, self.behind)
    }
    pub(super) fn from_parts(now: Instant, offset: i64, behind: bool) -> Self {
        Clock { now, offset, behind }
    }
    /// What a re-base has added to the host's time, in microseconds.
    pub(super) fn ahead(&self) -> i64 {
        self.offset
    }
    #[inline]
    pub(super) fn now(&self) -> Instant {
        self.now
    }
    /// The host's instant in the engine's time.
    #[inline]
    pub(super) fn inside(&self, at: Instant) -> Instant {
        if self.offset == 0 { at } else { Instant::from_micros(at.micros().saturating_add(self.offset)) }
    }
    /// The engine's instant in the host's time.
    #[inline(never)]
    pub(super) fn wall(&self, at: Instant) -> Instant {
        if at.is_never() { at } else { Instant::from_micros(at.micros().saturating_sub(self.offset)) }
    }
    /// Is the host's clock behind?
    pub(super) fn is_behind(&self) -> bool {
        self.behind
    }
    /// Time goes on to `at`, if that is not over and before `limit`. Not for a clock that is behind.
    #[inline(always)]
    pub(super) fn go_on(&mut self, at: Instant, limit: Instant) -> Option<Instant> {
        let at = self.inside(at);
        if at < self.now || at >= limit {
            return None;
        }
        self.now = at;
        Some(at)
    }
    /// Where the input of `at` is taken; and by how much it came late, said once until the clock has caught up.
    pub(super) fn take(&mut self, at: Instant) -> (Instant, Option<Span>) {
        let at = self.inside(at);
        if at >= self.now {
            self.behind = false;
            return (at, None);
        }
        let by = self.now.since(at);
        let say = !self.behind;
        self.behind = true;
        (self.now, say.then_some(by))
    }
    /// Time has come to `to`.
    pub(super) fn set(&mut self, to: Instant) {
        self.now = self.now.max(to);
    }
    /// The host's `to` is the engine's now.
    pub(super) fn rebase(&mut self, to: Instant) {
        self.offset = self.now.micros() - to.micros();
        self.behind = false;
    }
}
