//! What happens by itself: holds expire and are forgotten, periods end, increases begin and end.
use crate::base::calendar::Zone;
use crate::base::order::sort_by_key;
use crate::base::time::{Instant, Span};
use crate::gate::budget::event::{Basis, Event, Which};
use crate::gate::budget::hold::{List, Phase};
use crate::gate::budget::increase::{ALL, Increase};
use crate::gate::budget::ledger::{Ledger, NO_PLACE};
use crate::gate::budget::line::{Line, Place};
use crate::gate::budget::threshold::{carried, crossed};
use crate::gate::budget::view::State;
use alloc::vec::Vec;

/// Why the books want to be looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// A hold expires.
    Hold,
    /// An increase begins or ends.
    Increase,
    /// A period ends whose limit is degraded or over.
    Period,
}

impl Due {
    /// `hold_expiry`, `budget_increase` or `budget_period`.
    pub const fn word(self) -> &'static str {
        match self {
            Due::Hold => "hold_expiry",
            Due::Increase => "budget_increase",
            Due::Period => "budget_period",
        }
    }
}

impl Ledger {
    /// Runs all that is due up to an instant, in order of time: one long step gives what many short ones give.
    /// Cost: O(1) when nothing is.
    #[inline]
    pub fn advance(&mut self, now: Instant) {
        if now >= self.turn_at || now >= self.expiry_at || now >= self.forget_at {
            self.run(now);
        }
    }
    #[cold]
    fn run(&mut self, now: Instant) {
        if self.passed.is_none() {
            self.begin(now);
        }
        // each step ends a hold or passes an edge of an increase, and there are so many of them
        loop {
            let hold = self.holds.earliest(List::Live).filter(|(until, _)| *until <= now);
            let edge = self.increase_edge().filter(|at| *at <= now);
            match (hold, edge) {
                (Some((until, slot)), edge) if edge.is_none_or(|edge| until < edge) => {
                    self.turn(until);
                    self.expire(slot, until);
                }
                (_, Some(edge)) => {
                    self.turn(edge);
                    self.pass_edge(edge);
                }
                _ => break,
            }
        }
        self.turn(now);
        while let Some((_, slot)) = self.holds.earliest(List::Ended).filter(|(until, _)| *until <= now) {
            self.forget(slot);
        }
        self.expiry_at = self.holds.earliest(List::Live).map_or(Instant::NEVER, |(until, _)| until);
        self.forget_at = self.holds.earliest(List::Ended).map_or(Instant::NEVER, |(until, _)| until);
    }
    /// What was over before the first instant is not told.
    fn begin(&mut self, now: Instant) {
        self.pass_silently(self.wall(now));
    }
    /// What is over by an instant on the wall has been told, or never will be.
    pub(super) fn pass_silently(&mut self, wall: Instant) {
        while self.increases.take_over(wall).is_some() {}
        self.passed = Some(wall);
    }
    /// The next edge of an increase that has not been passed.
    fn increase_edge(&self) -> Option<Instant> {
        self.increases.next(self.passed?).map(|wall| self.inner(wall))
    }
    fn pass_edge(&mut self, at: Instant) {
        let wall = self.wall(at);
        self.passed = Some(wall);
        for n in 0..self.lines.len() as u16 {
            self.refresh_extra(n, wall);
        }
        let begun: Vec<Increase> = self.increases.iter().filter(|i| i.from == wall).copied().collect();
        for increase in begun {
            self.rejudge(&increase, true, at);
        }
        while let Some(increase) = self.increases.take_over(wall) {
            let which = self.which_of(&increase);
            self.events.push(Event::IncreaseEnded { which, amount: increase.amount, at });
            self.rejudge(&increase, false, at);
        }
    }
    fn which_of(&self, increase: &Increase) -> Which {
        let place = if increase.place == ALL { NO_PLACE } else { increase.place };
        let period = self.line(increase.line).map_or(Instant::EPOCH, |l| l.now.start);
        self.line(increase.line)
            .map_or(Which { budget: 0, line: 0, place, period }, |line| self.which(increase.line, line, place, period))
    }
    pub(super) fn refresh_extra(&mut self, at: u16, wall: Instant) {
        let (extra, keyed) = (self.increases.extra(at, ALL, wall), self.increases.keyed(at, wall));
        if let Some(line) = self.lines.get_mut(usize::from(at)) {
            (line.extra, line.keyed) = (extra, keyed);
        }
    }
    /// The accounts of an increase, with the places of their keys.
    fn accounts_of(&self, increase: &Increase) -> Vec<(u32, u32)> {
        let Some(line) = self.line(increase.line) else { return Vec::new() };
        match line.place {
            Place::Whole(at) => alloc::vec![(NO_PLACE, at)],
            Place::Row(table, offset) => {
                let rows = self.rows.get(usize::from(table)).into_iter().flat_map(|r| r.iter());
                let mine = rows.filter(|(place, _)| increase.place == ALL || *place == increase.place);
                mine.map(|(place, start)| (place, start + u32::from(offset))).collect()
            }
        }
    }
    /// A limit has changed: what lies above the new share is armed again after a raise, what a lower limit crosses is told.
    pub(super) fn rejudge(&mut self, increase: &Increase, raised: bool, now: Instant) {
        for (place, at) in self.accounts_of(increase) {
            self.judge(increase.line, place, at, raised, now);
        }
    }
    /// The same, for one account.
    pub(super) fn judge(&mut self, at: u16, place: u32, account: u32, raised: bool, now: Instant) {
        let Some(line) = self.line(at) else { return };
        let Some(rule) = self.rule_of(line) else { return };
        let (seen, period) = self.look(line, Some(account), now);
        let limit = self.limit_of(at, line, place, now);
        let which = self.which(at, line, place, period.start);
        let mut fired = seen.fired;
        if raised {
            fired = carried(&rule.thresholds, fired, &rule.thresholds, Some((seen.spent, limit)));
        }
        let event = crossed(&rule.thresholds, fired, seen.spent, limit).map(|count| {
            let silent = count - fired - 1;
            fired = count;
            let threshold = rule.thresholds.get(usize::from(count) - 1).map(|t| t.at).unwrap_or_default();
            let (basis, spent) = (Basis::Actual, seen.spent);
            Event::Threshold { which, basis, threshold, silent, spent, limit, exhausts_at: None }
        });
        let (state, whole) = (rule.state(seen.spent, limit), matches!(line.place, Place::Whole(_)));
        self.with(account, seen.start, |a| a.fired = fired);
        self.events.extend(event);
        if whole {
            self.tell_state(at, which, state, now);
        }
    }
    /// Takes a hold that nobody has spoken of out of what is held. It is remembered: a settlement still counts.
    fn expire(&mut self, slot: u32, now: Instant) {
        let Some(hold) = self.holds.at(slot).copied() else { return };
        let mut next = hold.postings;
        while let Some(posting) = self.holds.posting(next) {
            self.with(posting.account, posting.start, |a| a.unhold(hold.amounts[usize::from(posting.entry)]));
            next = posting.next;
        }
        let ttl = self.chains.get(usize::from(hold.chain)).map_or(Span::ZERO, |c| c.ttl);
        self.holds.refile(slot, |h| {
            h.phase = Phase::Expired;
            h.until = now + ttl;
        });
        self.events.push(Event::HoldExpired { id: hold.id, chain: hold.chain, at: now });
    }
    /// Forgets an ended hold; nothing settles into its periods any more.
    pub(super) fn forget(&mut self, slot: u32) {
        let Some(hold) = self.holds.at(slot).copied() else { return };
        let mut next = hold.postings;
        while let Some(posting) = self.holds.posting(next) {
            self.with(posting.account, posting.start, |a| a.holds = a.holds.saturating_sub(1));
            self.drop_older(&posting);
            next = posting.next;
        }
        self.holds.clear_postings(slot);
        self.holds.remove(slot);
    }
    /// Opens the period of an instant in every line. A line that was degraded or over at its period's end is so no more.
    fn turn(&mut self, at: Instant) {
        if at < self.turn_at {
            return;
        }
        let wall = self.wall(at);
        let mut ended: Vec<(Instant, u16)> = Vec::new();
        for (n, line) in self.lines.iter().enumerate().filter(|(_, l)| l.shown != State::Open) {
            let end = self.end_of(line);
            if end <= at {
                ended.push((end, n as u16));
            }
        }
        sort_by_key(&mut ended, |(end, n)| (*end, *n));
        let Ledger { lines, rules, .. } = self;
        for line in lines.iter_mut().filter(|l| !l.is_rolling()) {
            let Some(rule) = rules.get(usize::from(line.budget)) else { continue };
            if wall < line.now.start || wall >= line.now.end {
                line.now = line.rule.around(wall, &rule.zone);
            }
        }
        for (end, n) in ended {
            self.reopen(n, end, at);
        }
        if self.increases.iter().next().is_some() {
            (0..self.lines.len() as u16).for_each(|n| self.refresh_extra(n, wall));
        }
        let ends = self.lines.iter().filter(|l| !l.is_rolling() || l.shown != State::Open).map(|l| self.end_of(l));
        let edge = self.increases.next(wall).map(|wall| self.inner(wall));
        self.turn_at = ends.chain(edge).min().unwrap_or(Instant::NEVER);
    }
    /// When the period of a line for all calls ends, on the engine's clock.
    pub(super) fn end_of(&self, line: &Line) -> Instant {
        match line.place {
            Place::Whole(at) if line.is_rolling() => {
                let open = self.accounts.get(at as usize).filter(|a| a.open);
                open.map_or(Instant::NEVER, |a| line.rule.around(a.start, &Zone::UTC).end)
            }
            _ if line.is_rolling() => Instant::NEVER,
            _ => self.inner(line.now.end),
        }
    }
    fn reopen(&mut self, n: u16, end: Instant, now: Instant) {
        let Some(line) = self.line(n) else { return };
        let (account, _) = self.look(line, self.account_of(line, NO_PLACE), now);
        let limit = self.limit_of(n, line, NO_PLACE, now);
        let to = self.rule_of(line).map_or(State::Open, |r| r.state(account.spent, limit));
        // the period that began then, whichever it is by now
        let period = if line.is_rolling() { end } else { self.wall(end) };
        let which = self.which(n, line, NO_PLACE, period);
        self.tell_state(n, which, to, end);
    }
    /// The next instant at which something happens by itself, and what. May be early, never late. Cost: O(limits).
    pub fn next(&self) -> Option<(Instant, Due)> {
        let hold = (!self.expiry_at.is_never()).then_some((self.expiry_at, Due::Hold));
        let edge = self.increase_edge().map(|at| (at, Due::Increase));
        let closing = self.lines.iter().filter(|l| l.shown != State::Open).map(|l| self.end_of(l)).min();
        let period = closing.filter(|at| !at.is_never()).map(|at| (at, Due::Period));
        hold.into_iter().chain(edge).chain(period).min_by_key(|(at, _)| *at)
    }
}
