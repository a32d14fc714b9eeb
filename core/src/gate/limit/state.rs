//! What one key has used of one limit.
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::error::Fault;
use crate::base::time::Instant;
use crate::gate::limit::fixed_window::{Fixed, FixedRule};
use crate::gate::limit::penalty::Strikes;
use crate::gate::limit::policy::{Algorithm, LimitPolicy, OnRefuse};
use crate::gate::limit::sliding_window::{Older, Sliding, Slot};
use crate::gate::limit::token_bucket::{Bucket, Fine, Lane, Lows};
use crate::gate::limit::view::LimitView;
use alloc::boxed::Box;

/// May these units pass?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LimitCheck {
    /// Yes.
    Pass,
    /// Not before `retry_at`, and exactly then if nothing else happens in between.
    Limited {
        /// When they fit.
        retry_at: Instant,
    },
    /// The caller is blocked for having run into the limit too often.
    Blocked {
        /// When the block is over and they fit.
        retry_at: Instant,
    },
    /// Never: more than the limit can hold.
    Impossible,
}

/// The state of one limit for one key. Size: 32 bytes; heap only for a window with several occupied sub-buckets, for
/// the refund marks of a busy bucket, and for penalties.
#[derive(Clone, Debug, Default)]
pub struct LimitState {
    words: Words,
    more: Option<Box<More>>,
}

/// The numbers of any of the three algorithms; which one, the policy says. All zero is the fresh state of each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Words(i64, u64, i64);

/// What a quiet key does not need.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct More {
    pub(super) strikes: Strikes,
    pub(super) lows: Lows,
    pub(super) older: Older,
}

impl PartialEq for LimitState {
    fn eq(&self, other: &Self) -> bool {
        let none = More::default();
        let mine = self.more.as_deref().unwrap_or(&none);
        self.words == other.words && *mine == *other.more.as_deref().unwrap_or(&none)
    }
}
impl Eq for LimitState {}

impl From<Bucket> for Words {
    fn from(s: Bucket) -> Words {
        Words(s.full.us, s.full.rest, s.since.micros())
    }
}
impl From<Sliding> for Words {
    fn from(s: Sliding) -> Words {
        Words(s.newest.index, s.newest.count, s.total as i64)
    }
}
impl From<Fixed> for Words {
    fn from(s: Fixed) -> Words {
        Words(s.end.micros(), s.used, 0)
    }
}
impl Words {
    #[inline]
    fn bucket(self) -> Bucket {
        Bucket { full: Fine { us: self.0, rest: self.1 }, since: Instant::again(self.2) }
    }
    #[inline]
    fn sliding(self) -> Sliding {
        Sliding { newest: Slot { index: self.0, count: self.1 }, total: self.2 as u64 }
    }
    #[inline]
    fn fixed(self) -> Fixed {
        Fixed { end: Instant::again(self.0), used: self.1 }
    }
}

impl LimitState {
    /// May `units` pass now? Writes nothing. Zero units are a peek and pass. Cost: O(1), for a window O(sub-buckets).
    #[inline(always)]
    pub fn check(&self, p: &LimitPolicy, units: u64, now: Instant) -> LimitCheck {
        if units == 1
            && p.penalty.is_none()
            && let Algorithm::TokenBucket(r) = &p.algorithm
            && self.words.bucket().is_ample(r.lane(), now)
        {
            return LimitCheck::Pass;
        }
        self.check_exactly(p, units, now)
    }
    /// Does one unit fit without any doubt? For a rule that has a lane ([`LimitPolicy::lane`]).
    #[inline(always)]
    pub fn is_ample(&self, lane: &Lane, now: Instant) -> bool {
        self.words.bucket().is_ample(lane, now)
    }
    /// Takes one unit, as [`commit`](Self::commit) does.
    #[inline(always)]
    pub fn take_one(&mut self, lane: &Lane, now: Instant) {
        let mut s = self.words.bucket();
        s.take_one(lane, now, &mut self.more);
        self.words = s.into();
    }
    fn check_exactly(&self, p: &LimitPolicy, units: u64, now: Instant) -> LimitCheck {
        if units == 0 {
            return LimitCheck::Pass;
        }
        if units > p.size() {
            return LimitCheck::Impossible;
        }
        if let Some(until) = self.blocked_until(now) {
            let fits = self.fits_at(p, units, now, false).unwrap_or(now);
            return LimitCheck::Blocked { retry_at: until.max(fits) };
        }
        match self.fits_at(p, units, now, p.on_refuse == OnRefuse::Count) {
            None => LimitCheck::Pass,
            Some(retry_at) => LimitCheck::Limited { retry_at },
        }
    }
    #[inline]
    fn blocked_until(&self, now: Instant) -> Option<Instant> {
        self.more.as_ref().and_then(|more| more.strikes.blocked_until(now))
    }
    fn older(&self) -> Option<&Older> {
        self.more.as_ref().map(|more| &more.older)
    }
    fn fits_at(&self, p: &LimitPolicy, units: u64, now: Instant, after_count: bool) -> Option<Instant> {
        match &p.algorithm {
            Algorithm::TokenBucket(r) => self.words.bucket().retry_at(r, units, now, after_count),
            Algorithm::SlidingWindow(r) => self.words.sliding().retry_at(r, units, now, after_count, self.older()),
            Algorithm::FixedWindow(r) => self.words.fixed().retry_at(r, units, now),
        }
    }
    /// Takes `units` that [`check`](Self::check) let pass.
    #[inline(always)]
    pub fn commit(&mut self, p: &LimitPolicy, units: u64, now: Instant) {
        match &p.algorithm {
            _ if units == 0 => {}
            Algorithm::TokenBucket(r) => {
                let mut s = self.words.bucket();
                s.take(r, units, now, &mut self.more);
                self.words = s.into();
            }
            _ => self.commit_window(p, units, now),
        }
    }
    fn commit_window(&mut self, p: &LimitPolicy, units: u64, now: Instant) {
        match &p.algorithm {
            Algorithm::TokenBucket(_) => {}
            Algorithm::SlidingWindow(r) => {
                let mut s = self.words.sliding();
                s.take(r, units, now, &mut self.more);
                self.words = s.into();
            }
            Algorithm::FixedWindow(r) => {
                let mut s = self.words.fixed();
                s.take(r, units, now);
                self.words = s.into();
            }
        }
    }
    /// Books a refusal by this limit: `on_refuse = "count"` and the penalty. Answers the end of a block that begins with it:
    /// the refusal's own retry instant is then that of a new [`check`](Self::check). During a block, and for units that
    /// never fit, it books nothing.
    pub fn refused(&mut self, p: &LimitPolicy, units: u64, now: Instant) -> Option<Instant> {
        if units == 0 || units > p.size() || self.blocked_until(now).is_some() {
            return None;
        }
        if p.on_refuse == OnRefuse::Count {
            match &p.algorithm {
                Algorithm::TokenBucket(r) => {
                    let mut s = self.words.bucket();
                    s.count(r, units, now, &mut self.more);
                    self.words = s.into();
                }
                Algorithm::SlidingWindow(_) => self.commit_window(p, units, now),
                Algorithm::FixedWindow(r) => self.add_fixed(r, units, now),
            }
        }
        let penalty = p.penalty.as_ref()?;
        self.more.get_or_insert_default().strikes.refused(penalty, now)
    }
    fn add_fixed(&mut self, rule: &FixedRule, units: u64, now: Instant) {
        let mut s = self.words.fixed();
        s.add(rule, units, now);
        self.words = s.into();
    }
    /// Gives `units` back as if they had never been taken: a bucket what has not refilled yet, a window only those of
    /// `taken_at`. Without an instant, the oldest. Never above full.
    pub fn refund(&mut self, p: &LimitPolicy, units: u64, taken_at: Option<Instant>, now: Instant) {
        match &p.algorithm {
            Algorithm::TokenBucket(r) => {
                let mut s = self.words.bucket();
                s.refund(r, units, taken_at, now, self.more.as_mut().map(|more| &mut more.lows));
                self.words = s.into();
            }
            Algorithm::SlidingWindow(r) => {
                let mut s = self.words.sliding();
                s.refund(r, units, taken_at, now, &mut self.more);
                self.words = s.into();
            }
            Algorithm::FixedWindow(r) => {
                let mut s = self.words.fixed();
                s.refund(r, units, taken_at, now);
                self.words = s.into();
            }
        }
    }
    /// Takes `units` that turned out to have been used, below zero if need be: the next caller waits.
    pub fn debit(&mut self, p: &LimitPolicy, units: u64, now: Instant) {
        match &p.algorithm {
            Algorithm::FixedWindow(r) if units > 0 => self.add_fixed(r, units, now),
            _ => self.commit(p, units, now),
        }
    }
    /// The numbers for reports and headers.
    pub fn view(&self, p: &LimitPolicy, now: Instant) -> LimitView {
        let (used, next_unit_at, full_at) = match &p.algorithm {
            Algorithm::TokenBucket(r) => {
                let s = self.words.bucket();
                (s.used(r, now), s.next_unit_at(r, now), s.full_at(now))
            }
            Algorithm::SlidingWindow(r) => {
                let (s, older) = (self.words.sliding(), self.older());
                (s.used(r, now, older), s.next_unit_at(r, now, older), s.full_at(r, now))
            }
            Algorithm::FixedWindow(_) => {
                let s = self.words.fixed();
                (s.used(now), s.next_unit_at(now), s.full_at(now))
            }
        };
        let blocked_until = self.blocked_until(now);
        let fits_at = self.fits_at(p, 1, now, false);
        LimitView {
            limit: p.size(),
            used,
            remaining: p.size().saturating_sub(used),
            retry_at: blocked_until.max(fits_at),
            next_unit_at,
            full_at,
            blocked_until,
        }
    }
    /// The first instant from `now` on at which nothing tells this from a fresh state.
    pub fn rests_at(&self, p: &LimitPolicy, now: Instant) -> Instant {
        let counted = match &p.algorithm {
            Algorithm::TokenBucket(_) => self.words.bucket().full_at(now),
            Algorithm::SlidingWindow(r) => self.words.sliding().full_at(r, now),
            Algorithm::FixedWindow(r) => self.words.fixed().rests_at(r, now),
        };
        match (&self.more, &p.penalty) {
            (Some(more), Some(penalty)) => counted.max(more.strikes.rests_at(penalty)),
            _ => counted,
        }
    }
    /// The state under a new policy: units in use stay in use, clamped to the new size; strikes stay where there still
    /// is a penalty.
    pub fn migrate(&self, old: &LimitPolicy, new: &LimitPolicy, now: Instant) -> LimitState {
        let mut out = if old.algorithm == new.algorithm { self.clone() } else { self.converted(old, new, now) };
        let strikes = self.more.as_ref().zip(new.penalty.as_ref()).map(|(more, p)| more.strikes.migrate(p));
        if strikes.is_some() || out.more.is_some() {
            out.more.get_or_insert_default().strikes = strikes.unwrap_or_default();
        }
        out
    }
    fn converted(&self, old: &LimitPolicy, new: &LimitPolicy, now: Instant) -> LimitState {
        use Algorithm::{FixedWindow, SlidingWindow, TokenBucket};
        let mut more = None;
        let words = match (&old.algorithm, &new.algorithm) {
            (TokenBucket(a), TokenBucket(b)) => self.words.bucket().migrate(a, b, now).into(),
            (SlidingWindow(a), SlidingWindow(b)) => {
                self.words.sliding().migrate(a, b, now, self.older(), &mut more).into()
            }
            (FixedWindow(a), FixedWindow(b)) => self.words.fixed().migrate(a, b, now).into(),
            _ => match (self.view(old, now).used, &new.algorithm) {
                (0, _) => Words::default(),
                (n, TokenBucket(r)) => Bucket::with_used(n, r, now).into(),
                (n, SlidingWindow(r)) => Sliding::with_used(n, r, now).into(),
                (n, FixedWindow(r)) => Fixed::with_used(n, r, now).into(),
            },
        };
        LimitState { words, more }
    }
    /// Writes the state.
    pub fn write(&self, p: &LimitPolicy, w: &mut ByteWriter) {
        let more = self.more.as_deref();
        if self.words == Words::default() {
            w.u8(0);
        } else {
            match &p.algorithm {
                Algorithm::TokenBucket(_) => {
                    w.u8(1);
                    self.words.bucket().write(more.map(|more| &more.lows), w);
                }
                Algorithm::SlidingWindow(_) => {
                    w.u8(2);
                    self.words.sliding().write(self.older(), w);
                }
                Algorithm::FixedWindow(_) => {
                    w.u8(3);
                    self.words.fixed().write(w);
                }
            }
        }
        let strikes = more.map(|more| &more.strikes).filter(|strikes| **strikes != Strikes::default());
        w.option(strikes, |w, s| s.write(w));
    }
    /// Reads a state back that was written under the same policy. Errors: `snapshot_corrupt`, also for a state that no
    /// history leads to.
    pub fn read(r: &mut ByteReader, p: &LimitPolicy) -> Result<LimitState, Fault> {
        let mut more = More::default();
        let words = match (r.u8(), &p.algorithm) {
            (0, _) => Words::default(),
            (1, Algorithm::TokenBucket(rule)) => {
                let (bucket, lows) = Bucket::read(rule, r)?;
                more.lows = lows;
                bucket.into()
            }
            (2, Algorithm::SlidingWindow(rule)) => {
                let (sliding, older) = Sliding::read(rule, r)?;
                more.older = older;
                sliding.into()
            }
            (3, Algorithm::FixedWindow(rule)) => Fixed::read(rule, r)?.into(),
            _ => return Err(r.corrupt("the state of another algorithm")),
        };
        let strikes = r.option_of(|r| match &p.penalty {
            Some(penalty) => Strikes::read(penalty, r),
            None => Err(r.corrupt("strikes without a penalty")),
        })?;
        more.strikes = strikes.unwrap_or_default();
        r.whole(LimitState { words, more: (more != More::default()).then(|| Box::new(more)) })
    }
}
