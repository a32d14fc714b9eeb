//! What a call cost: booked in the periods of its hold, in full, and what that crosses is told.
use crate::base::num::Ratio;
use crate::base::time::{Instant, Span};
use crate::gate::budget::account::Account;
use crate::gate::budget::ask::{Ask, Problem, Settled};
use crate::gate::budget::estimate::Estimate;
use crate::gate::budget::event::{Basis, Event};
use crate::gate::budget::forecast::Course;
use crate::gate::budget::hold::{Hold, NONE, Phase, Posting};
use crate::gate::budget::ledger::Ledger;
use crate::gate::budget::line::Place;
use crate::gate::budget::threshold::crossed;

impl Ledger {
    /// Books what a call cost, in the periods of its hold; beyond the hold and beyond the limit if need be. For a hold that is not known
    /// the call's service and keys say where.
    pub fn settle(&mut self, ask: &Ask, now: Instant) -> Result<Settled, Problem> {
        self.advance(now);
        let Some(slot) = self.holds.find(ask.id) else { return self.settle_unknown(ask, now) };
        let Some(hold) = self.holds.at(slot).copied() else { return self.settle_unknown(ask, now) };
        if matches!(hold.phase, Phase::Settled | Phase::Released) {
            return Ok(Settled::Again);
        }
        let mut costs = hold.amounts;
        let mut assumed = false;
        let entries = self.chains.get(usize::from(hold.chain)).map_or(0, |c| c.entries.len());
        for (entry, cost) in costs.iter_mut().enumerate().take(entries) {
            match self.unit_of(hold.chain, entry).and_then(|unit| ask.amounts.of(unit)) {
                Some(known) => {
                    *cost = known;
                    self.learn(hold.chain, entry, known);
                }
                None => assumed = true,
            }
        }
        let mut next = hold.postings;
        while let Some(posting) = self.holds.posting(next) {
            let current = self.let_go(&posting, &hold);
            self.book(&posting, costs[usize::from(posting.entry)], now);
            if !current {
                self.drop_older(&posting);
            }
            next = posting.next;
        }
        self.end(slot, &hold, Phase::Settled, now);
        Ok(Settled::Booked { assumed, late: hold.phase == Phase::Expired })
    }
    /// Lets a hold go without a cost.
    pub fn release(&mut self, id: u64, now: Instant) -> Settled {
        self.advance(now);
        let found = self.holds.find(id).and_then(|slot| Some((slot, *self.holds.at(slot)?)));
        let Some((slot, hold)) = found else { return Settled::UnknownHold };
        if matches!(hold.phase, Phase::Settled | Phase::Released) {
            return Settled::Again;
        }
        let mut next = hold.postings;
        while let Some(posting) = self.holds.posting(next) {
            self.let_go(&posting, &hold);
            self.drop_older(&posting);
            next = posting.next;
        }
        self.end(slot, &hold, Phase::Released, now);
        Settled::Booked { assumed: false, late: hold.phase == Phase::Expired }
    }
    fn unit_of(&self, chain: u16, entry: usize) -> Option<u8> {
        let budget = *self.chains.get(usize::from(chain))?.entries.get(entry)?;
        Some(self.rules.get(usize::from(budget))?.unit)
    }
    fn learn(&mut self, chain: u16, entry: usize, cost: u64) {
        let budget = self.chains.get(usize::from(chain)).and_then(|c| c.entries.get(entry)).copied();
        let rule = budget.and_then(|b| self.rules.get(usize::from(b)));
        if rule.is_some_and(|r| matches!(r.estimate, Estimate::P95 { .. }))
            && let Some(costs) = self.costs.get_mut(usize::from(chain)).and_then(|c| c.get_mut(entry))
        {
            costs.record(cost);
        }
    }
    /// Takes a hold's share out of an account; what an expired one held has been taken out before.
    /// Is the period the account's present one?
    #[inline]
    fn let_go(&mut self, posting: &Posting, hold: &Hold) -> bool {
        let held = if hold.phase == Phase::Live { hold.amounts[usize::from(posting.entry)] } else { 0 };
        let gone = |a: &mut Account| {
            a.unhold(held);
            a.holds = a.holds.saturating_sub(1);
        };
        match self.accounts.get_mut(posting.account as usize) {
            Some(a) if a.start == posting.start => {
                gone(a);
                true
            }
            _ => {
                self.older.get_mut(&(posting.account, posting.start)).map(gone);
                false
            }
        }
    }
    /// A closed period into which nothing can settle any more is gone.
    pub(super) fn drop_older(&mut self, posting: &Posting) {
        let current = self.accounts.get(posting.account as usize).is_some_and(|a| a.start == posting.start);
        if !current && self.older.get(&(posting.account, posting.start)).is_some_and(|a| a.holds == 0) {
            self.older.remove(&(posting.account, posting.start));
        }
    }
    fn end(&mut self, slot: u32, hold: &Hold, phase: Phase, now: Instant) {
        self.holds.clear_postings(slot);
        if !hold.keyed {
            self.holds.remove(slot);
            return;
        }
        let ttl = self.chains.get(usize::from(hold.chain)).map_or(Span::ZERO, |c| c.ttl);
        self.holds.refile(slot, |h| {
            h.phase = phase;
            h.until = now + ttl;
        });
        self.forget_at = self.forget_at.min(now + ttl);
    }
    fn settle_unknown(&mut self, ask: &Ask, now: Instant) -> Result<Settled, Problem> {
        let count = self.chains.get(usize::from(ask.chain)).map_or(0, |c| c.links.len());
        let link_at = |s: &Self, n: usize| s.chains.get(usize::from(ask.chain)).and_then(|c| c.links.get(n)).copied();
        for n in 0..count {
            if let Some(link) = link_at(self, n) {
                Self::place_of(&link, ask.places)?;
            }
        }
        for n in 0..count {
            let Some(link) = link_at(self, n) else { continue };
            let Some(cost) = self.unit_of(ask.chain, usize::from(link.entry)).and_then(|u| ask.amounts.of(u)) else {
                continue;
            };
            let place = Self::place_of(&link, ask.places)?;
            let account = self.open(link.line, place, now);
            let start = self.accounts.get(account as usize).map_or(Instant::EPOCH, |a| a.start);
            let posting = Posting { start, account, place, line: link.line, entry: link.entry, next: NONE };
            self.book(&posting, cost, now);
        }
        Ok(Settled::UnknownHold)
    }
    /// Commits a cost to one account and tells what that crosses.
    fn book(&mut self, posting: &Posting, cost: u64, now: Instant) {
        let Some(line) = self.lines.get(usize::from(posting.line)) else { return };
        let limit = self.limit_of(posting.line, line, posting.place, now);
        let Some(rule) = self.rules.get(usize::from(line.budget)) else { return };
        let clock = if line.is_rolling() { now } else { self.wall(now) };
        let period = if line.is_rolling() {
            line.rule.around(posting.start, &rule.zone)
        } else if line.now.start == posting.start {
            line.now
        } else {
            line.rule.around(posting.start, &rule.zone)
        };
        let which = self.which(posting.line, line, posting.place, posting.start);
        let account = match self.accounts.get_mut(posting.account as usize) {
            Some(a) if a.start == posting.start => a,
            _ => match self.older.get_mut(&(posting.account, posting.start)) {
                Some(a) => a,
                None => return,
            },
        };
        let course = |a: &Account| Course { kind: line.rule.kind, period, spent: a.spent, settled: a.settled };
        if account.warned && course(account).has_eased(limit, clock) {
            account.warned = false;
        }
        account.settle(cost);
        let (spent, fired) = (account.spent, account.fired);
        if let Some(count) = crossed(&rule.thresholds, fired, spent, limit) {
            account.fired = count;
            let threshold = rule.thresholds.get(usize::from(count) - 1).map_or(Ratio::ZERO, |t| t.at);
            let silent = count - fired - 1;
            let basis = Basis::Actual;
            self.events.push(Event::Threshold { which, basis, threshold, silent, spent, limit, exhausts_at: None });
        }
        let course = course(account);
        let due = rule.forecast && !account.warned && spent < limit && clock < period.end;
        if due && course.speaks(clock) && course.overshoots(limit, clock) {
            account.warned = true;
            let exhausts_at = course.exhausts_at(limit, clock);
            let (basis, threshold) = (Basis::Forecast, Ratio::ONE);
            self.events.push(Event::Threshold { which, basis, threshold, silent: 0, spent, limit, exhausts_at });
        }
        if let Place::Whole(_) = line.place
            && period.start <= clock
            && clock < period.end
        {
            let to = rule.state(spent, limit);
            self.tell_state(posting.line, which, to, now);
        }
    }
}
