//! Fixed window: so many units, then nothing until the window ends.
//!
//! `align = "clock"` windows stand on the clock: periods under a day are counted from the epoch, `1d`, `1w` and `1 month`
//! are calendar periods in the rule's zone. `align = "first_hit"` windows begin with a granted call.
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::calendar::{self, Weekday, Zone};
use crate::base::error::Fault;
use crate::base::time::{Instant, Span};
use crate::gate::limit::period::{DAY, Period, WEEK};

/// Where windows begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Align {
    /// At the marks of the clock or the calendar.
    #[default]
    Clock,
    /// At the first granted call.
    FirstHit,
}

/// The words of [`Align`].
pub const ALIGNS: [(&str, Align); 2] = [("clock", Align::Clock), ("first_hit", Align::FirstHit)];

/// The rule's constants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FixedRule {
    /// Units in one window.
    pub limit: u64,
    /// How long a window lasts.
    pub period: Period,
    /// Where windows begin.
    pub align: Align,
    /// Where calendar periods begin; `None` takes the document's zone.
    pub zone: Option<Zone>,
    /// How far the time that it is given runs ahead of the clock on the wall, in microseconds; 0 unless re-based.
    pub ahead: i64,
}

impl FixedRule {
    /// When the window that holds `now` ends, were it opened now.
    pub fn end(&self, now: Instant) -> Instant {
        let length = match self.period {
            Period::Length(length) if self.align == Align::FirstHit => return now + length,
            Period::Length(DAY) => return self.calendar_end(calendar::Period::Day, now),
            Period::Length(WEEK) => return self.calendar_end(calendar::Period::Week(Weekday::Monday), now),
            Period::Month => return self.calendar_end(calendar::Period::Month, now),
            Period::Length(length) => length,
        };
        now + Span::from_micros(length.micros() - self.wall(now).micros() % length.micros())
    }
    fn calendar_end(&self, period: calendar::Period, now: Instant) -> Instant {
        let wall = self.wall(now);
        now + period.around(wall, self.zone.as_ref().unwrap_or(&Zone::UTC)).end.since(wall)
    }
    fn wall(&self, at: Instant) -> Instant {
        Instant::from_micros(at.micros() - self.ahead)
    }
    fn holds(&self, end: Instant, at: Instant) -> bool {
        at < end && self.end(at) >= end
    }
}

/// What one key has taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Fixed {
    pub(super) end: Instant,
    pub(super) used: u64,
}

impl Fixed {
    /// Units taken in the window that is open now.
    pub(super) fn used(&self, now: Instant) -> u64 {
        if now < self.end { self.used } else { 0 }
    }
    /// When `units` fit; `None` when they do now.
    pub(super) fn retry_at(&self, rule: &FixedRule, units: u64, now: Instant) -> Option<Instant> {
        (self.used(now).saturating_add(units) > rule.limit).then_some(self.end)
    }
    /// Takes units, beyond the limit if need be; opens a window.
    pub(super) fn take(&mut self, rule: &FixedRule, units: u64, now: Instant) {
        if now >= self.end {
            *self = Fixed { end: rule.end(now), used: 0 };
        }
        self.used = self.used.saturating_add(units);
    }
    /// Adds units to the window that is open; a first-hit window is opened by granted calls only.
    pub(super) fn add(&mut self, rule: &FixedRule, units: u64, now: Instant) {
        if now < self.end || rule.align == Align::Clock {
            self.take(rule, units, now);
        }
    }
    /// Gives units back where their window is still open; never moves or closes it.
    pub(super) fn refund(&mut self, rule: &FixedRule, units: u64, taken_at: Option<Instant>, now: Instant) {
        if now < self.end && taken_at.is_none_or(|at| rule.holds(self.end, at)) {
            self.used = self.used.saturating_sub(units);
        }
    }
    /// When one more unit is free than now; `None` when none is in use.
    pub(super) fn next_unit_at(&self, now: Instant) -> Option<Instant> {
        (self.used(now) > 0).then_some(self.end)
    }
    /// When nothing counts any more.
    pub(super) fn full_at(&self, now: Instant) -> Instant {
        if self.used(now) > 0 { self.end } else { now }
    }
    /// When nothing tells this from a fresh window.
    pub(super) fn rests_at(&self, rule: &FixedRule, now: Instant) -> Instant {
        if self.used(now) > 0 || rule.align == Align::FirstHit { self.end.max(now) } else { now }
    }
    /// The same units in use under another rule, at most its limit; an equal period keeps its window.
    pub(super) fn migrate(&self, old: &FixedRule, new: &FixedRule, now: Instant) -> Fixed {
        let same = (old.period, old.align, &old.zone) == (new.period, new.align, &new.zone);
        let used = self.used(now).min(new.limit);
        let open = now < self.end && (used > 0 || new.align == Align::FirstHit && same);
        if open { Fixed { end: if same { self.end } else { new.end(now) }, used } } else { Fixed::default() }
    }
    /// A window in which `units` are taken now, at most the limit.
    pub(super) fn with_used(units: u64, rule: &FixedRule, now: Instant) -> Fixed {
        Fixed { end: rule.end(now), used: units.min(rule.limit) }
    }
    /// Writes the window.
    pub(super) fn write(&self, w: &mut ByteWriter) {
        w.instant(self.end);
        w.u64(self.used);
    }
    /// Reads a window back. Errors: `snapshot_corrupt`, also for an end that the clock does not have.
    pub(super) fn read(rule: &FixedRule, r: &mut ByteReader) -> Result<Fixed, Fault> {
        let out = Fixed { end: r.instant(), used: r.u64() };
        // A window that was open when the clock was re-based keeps its remaining span.
        if rule.ahead == 0 && rule.align == Align::Clock && out.end > Instant::EPOCH && !out.end.is_never() {
            let last = out.end - Span::from_micros(1);
            r.expect(rule.end(last) == out.end, "a window that ends between two marks of the clock")?;
        }
        Ok(out)
    }
}
