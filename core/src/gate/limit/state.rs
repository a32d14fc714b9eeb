//! What one key has used of one limit.
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::error::Fault;
use crate::base::time::Instant;
use crate::gate::limit::fixed_window::Fixed;
use crate::gate::limit::penalty::Strikes;
use crate::gate::limit::policy::{Algorithm, LimitPolicy, OnRefuse};
use crate::gate::limit::sliding_window::Sliding;
use crate::gate::limit::token_bucket::Bucket;
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

/// The state of one limit for one key. Size: 48 bytes; heap only for a window with several occupied sub-buckets, for
/// the refund marks of a busy bucket, and for penalties.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LimitState {
    shape: Shape,
    strikes: Option<Box<Strikes>>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
enum Shape {
    #[default]
    Fresh,
    Bucket(Bucket),
    Sliding(Sliding),
    Fixed(Fixed),
}

impl LimitState {
    /// May `units` pass now? Writes nothing. Zero units are a peek and pass. Cost: O(1), for a window O(sub-buckets).
    pub fn check(&self, p: &LimitPolicy, units: u64, now: Instant) -> LimitCheck {
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
    fn blocked_until(&self, now: Instant) -> Option<Instant> {
        self.strikes.as_ref().and_then(|s| s.blocked_until(now))
    }
    fn fits_at(&self, p: &LimitPolicy, units: u64, now: Instant, after_count: bool) -> Option<Instant> {
        match (&self.shape, &p.algorithm) {
            (Shape::Bucket(s), Algorithm::TokenBucket(r)) => s.retry_at(r, units, now, after_count),
            (Shape::Sliding(s), Algorithm::SlidingWindow(r)) => s.retry_at(r, units, now, after_count),
            (Shape::Fixed(s), Algorithm::FixedWindow(r)) => s.retry_at(r, units, now),
            _ => None,
        }
    }
    /// Gives a fresh state the shape of the policy's algorithm.
    fn shape(&mut self, p: &LimitPolicy) {
        let fits = matches!(
            (&self.shape, &p.algorithm),
            (Shape::Bucket(_), Algorithm::TokenBucket(_))
                | (Shape::Sliding(_), Algorithm::SlidingWindow(_))
                | (Shape::Fixed(_), Algorithm::FixedWindow(_))
        );
        if !fits {
            self.shape = match p.algorithm {
                Algorithm::TokenBucket(_) => Shape::Bucket(Bucket::default()),
                Algorithm::SlidingWindow(_) => Shape::Sliding(Sliding::default()),
                Algorithm::FixedWindow(_) => Shape::Fixed(Fixed::default()),
            };
        }
    }
    /// Takes `units` that [`check`](Self::check) let pass.
    pub fn commit(&mut self, p: &LimitPolicy, units: u64, now: Instant) {
        if units == 0 {
            return;
        }
        self.shape(p);
        match (&mut self.shape, &p.algorithm) {
            (Shape::Bucket(s), Algorithm::TokenBucket(r)) => s.take(r, units, now),
            (Shape::Sliding(s), Algorithm::SlidingWindow(r)) => s.take(r, units, now),
            (Shape::Fixed(s), Algorithm::FixedWindow(r)) => s.take(r, units, now),
            _ => {}
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
            match (&mut self.shape, &p.algorithm) {
                (Shape::Bucket(s), Algorithm::TokenBucket(r)) => s.count(r, units, now),
                (Shape::Sliding(s), Algorithm::SlidingWindow(r)) => s.take(r, units, now),
                (Shape::Fixed(s), Algorithm::FixedWindow(r)) => s.add(r, units, now),
                _ => {}
            }
        }
        let penalty = p.penalty.as_ref()?;
        self.strikes.get_or_insert_default().refused(penalty, now)
    }
    /// Gives `units` back as if they had never been taken: a bucket what has not refilled yet, a window only those of
    /// `taken_at`. Without an instant, the oldest. Never above full.
    pub fn refund(&mut self, p: &LimitPolicy, units: u64, taken_at: Option<Instant>, now: Instant) {
        match (&mut self.shape, &p.algorithm) {
            (Shape::Bucket(s), Algorithm::TokenBucket(r)) => s.refund(r, units, taken_at, now),
            (Shape::Sliding(s), Algorithm::SlidingWindow(r)) => s.refund(r, units, taken_at, now),
            (Shape::Fixed(s), Algorithm::FixedWindow(r)) => s.refund(r, units, taken_at, now),
            _ => {}
        }
    }
    /// Takes `units` that turned out to have been used, below zero if need be: the next caller waits.
    pub fn debit(&mut self, p: &LimitPolicy, units: u64, now: Instant) {
        if units == 0 {
            return;
        }
        self.shape(p);
        match (&mut self.shape, &p.algorithm) {
            (Shape::Fixed(s), Algorithm::FixedWindow(r)) => s.add(r, units, now),
            _ => self.commit(p, units, now),
        }
    }
    /// The numbers for reports and headers.
    pub fn view(&self, p: &LimitPolicy, now: Instant) -> LimitView {
        let (used, next_unit_at, full_at) = match (&self.shape, &p.algorithm) {
            (Shape::Bucket(s), Algorithm::TokenBucket(r)) => (s.used(r, now), s.next_unit_at(r, now), s.full_at(now)),
            (Shape::Sliding(s), Algorithm::SlidingWindow(r)) => {
                (s.used(r, now), s.next_unit_at(r, now), s.full_at(r, now))
            }
            (Shape::Fixed(s), Algorithm::FixedWindow(_)) => (s.used(now), s.next_unit_at(now), s.full_at(now)),
            _ => (0, None, now),
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
        let shape = match (&self.shape, &p.algorithm) {
            (Shape::Bucket(s), Algorithm::TokenBucket(_)) => s.full_at(now),
            (Shape::Sliding(s), Algorithm::SlidingWindow(r)) => s.full_at(r, now),
            (Shape::Fixed(s), Algorithm::FixedWindow(r)) => s.rests_at(r, now),
            _ => now,
        };
        match (&self.strikes, &p.penalty) {
            (Some(s), Some(penalty)) => shape.max(s.rests_at(penalty)),
            _ => shape,
        }
    }
    /// The state under a new policy: units in use stay in use, clamped to the new size; strikes stay where there still
    /// is a penalty.
    pub fn migrate(&self, old: &LimitPolicy, new: &LimitPolicy, now: Instant) -> LimitState {
        let strikes = self.strikes.as_ref().zip(new.penalty.as_ref()).map(|(s, p)| Box::new(s.migrate(p)));
        if old.algorithm == new.algorithm {
            return LimitState { shape: self.shape.clone(), strikes };
        }
        use Algorithm::{FixedWindow, SlidingWindow, TokenBucket};
        let shape = match (&self.shape, &old.algorithm, &new.algorithm) {
            (Shape::Bucket(s), TokenBucket(a), TokenBucket(b)) => Shape::Bucket(s.migrate(a, b, now)),
            (Shape::Sliding(s), SlidingWindow(a), SlidingWindow(b)) => Shape::Sliding(s.migrate(a, b, now)),
            (Shape::Fixed(s), FixedWindow(a), FixedWindow(b)) => Shape::Fixed(s.migrate(a, b, now)),
            _ => match (self.view(old, now).used, &new.algorithm) {
                (0, _) => Shape::Fresh,
                (n, TokenBucket(r)) => Shape::Bucket(Bucket::with_used(n, r, now)),
                (n, SlidingWindow(r)) => Shape::Sliding(Sliding::with_used(n, r, now)),
                (n, FixedWindow(r)) => Shape::Fixed(Fixed::with_used(n, r, now)),
            },
        };
        LimitState { shape, strikes }
    }
    /// Writes the state.
    pub fn write(&self, w: &mut ByteWriter) {
        match &self.shape {
            Shape::Fresh => w.u8(0),
            Shape::Bucket(s) => {
                w.u8(1);
                s.write(w);
            }
            Shape::Sliding(s) => {
                w.u8(2);
                s.write(w);
            }
            Shape::Fixed(s) => {
                w.u8(3);
                s.write(w);
            }
        }
        w.option(self.strikes.as_deref(), |w, s| s.write(w));
    }
    /// Reads a state back that was written under the same policy. Errors: `snapshot_corrupt`, also for a state that no
    /// history leads to.
    pub fn read(r: &mut ByteReader, p: &LimitPolicy) -> Result<LimitState, Fault> {
        let shape = match (r.u8()?, &p.algorithm) {
            (0, _) => Shape::Fresh,
            (1, Algorithm::TokenBucket(rule)) => Shape::Bucket(Bucket::read(rule, r)?),
            (2, Algorithm::SlidingWindow(rule)) => Shape::Sliding(Sliding::read(rule, r)?),
            (3, Algorithm::FixedWindow(rule)) => Shape::Fixed(Fixed::read(rule, r)?),
            _ => return Err(r.corrupt("the state of another algorithm")),
        };
        let strikes = r.option(|r| match &p.penalty {
            Some(penalty) => Strikes::read(penalty, r).map(Box::new),
            None => Err(r.corrupt("strikes without a penalty")),
        })?;
        Ok(LimitState { shape, strikes })
    }
}
