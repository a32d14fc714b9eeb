//! What a person orders: money back in the present period, and more of it for a time.
use crate::base::time::Instant;
use crate::gate::budget::increase::{ALL, Increase};
use crate::gate::budget::ledger::{Ledger, NO_PLACE};
use crate::gate::budget::line::Place;

/// Why an order is not carried out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OrderFault {
    /// The budget has no such line.
    UnknownLine,
    /// Each key has its own account, and none is named.
    KeyRequired,
    /// The line is for all calls together.
    NoKey,
    /// It would be over before it begins, or is nothing.
    Empty,
    /// As many increases stand as there may be.
    TooMany,
}

impl Ledger {
    /// Among the lines of the ledger.
    fn line_at(&self, budget: u16, line: u16) -> Result<u16, OrderFault> {
        let rule = self.rules.get(usize::from(budget)).ok_or(OrderFault::UnknownLine)?;
        rule.lines.0.checked_add(line).filter(|_| line < rule.lines.1).ok_or(OrderFault::UnknownLine)
    }
    /// Lowers what is spent in the present period, at most to nothing; arms no threshold again. Gives what was taken off.
    pub fn credit(&mut self, budget: u16, line: u16, place: u32, amount: u64, now: Instant) -> Result<u64, OrderFault> {
        self.advance(now);
        let at = self.line_at(budget, line)?;
        let line = self.line(at).ok_or(OrderFault::UnknownLine)?;
        let place = match line.place {
            Place::Whole(_) if place != NO_PLACE => return Err(OrderFault::NoKey),
            Place::Row(..) if place == NO_PLACE => return Err(OrderFault::KeyRequired),
            _ => place,
        };
        let Some(account) = self.account_of(line, place) else { return Ok(0) };
        let (seen, _) = self.look(line, Some(account), now);
        let taken = amount.min(seen.spent);
        self.with(account, seen.start, |a| a.spent -= taken.min(a.spent));
        self.settle_state(at, place, account, now);
        Ok(taken)
    }
    /// Raises a limit until an instant, for one key or, without one, for all. What lies above the new share is armed again.
    pub fn raise(
        &mut self,
        budget: u16,
        line: u16,
        place: u32,
        amount: u64,
        until: Instant,
        now: Instant,
    ) -> Result<(), OrderFault> {
        self.advance(now);
        let at = self.line_at(budget, line)?;
        let whole = self.line(at).is_some_and(|l| matches!(l.place, Place::Whole(_)));
        if whole && place != NO_PLACE {
            return Err(OrderFault::NoKey);
        }
        if amount == 0 || until <= now {
            return Err(OrderFault::Empty);
        }
        let place = if place == NO_PLACE { ALL } else { place };
        let (from, until) = (self.wall(now), self.wall(until));
        let increase = Increase { line: at, place, amount, from, until, planned: false };
        if !self.increases.add(increase) {
            return Err(OrderFault::TooMany);
        }
        // it begins now: that is no edge to come
        self.passed = Some(from);
        self.refresh_extra(at, from);
        self.turn_at = self.turn_at.min(self.inner(until));
        self.rejudge(&increase, true, now);
        Ok(())
    }
    /// Tells the state of a line for all calls, if it is another one than before.
    fn settle_state(&mut self, at: u16, place: u32, account: u32, now: Instant) {
        let Some(line) = self.line(at).filter(|l| matches!(l.place, Place::Whole(_))) else { return };
        let Some(rule) = self.rule_of(line) else { return };
        let (seen, period) = self.look(line, Some(account), now);
        let to = rule.state(seen.spent, self.limit_of(at, line, place, now));
        let which = self.which(at, line, place, period.start);
        self.tell_state(at, which, to, now);
    }
}
