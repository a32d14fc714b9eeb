//! A budget at one instant, for reports and features: spent, held, left, and where it leads.
use crate::base::num::Ratio;
use crate::base::time::Instant;
use crate::gate::budget::chain::WHOLE;
use crate::gate::budget::check::Cause;
use crate::gate::budget::event::Which;
use crate::gate::budget::forecast::Course;
use crate::gate::budget::ledger::{Ledger, NO_PLACE};
use crate::gate::budget::line::{Line, Place};
use crate::gate::budget::period::PeriodId;

/// Where spending leaves a limit. Money held does not count: it may never be spent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum State {
    /// Below what matters.
    #[default]
    Open,
    /// At the share from which the cheaper alternative is named.
    Degraded,
    /// At the limit.
    Over,
}

impl State {
    /// `open`, `degraded` or `over_budget`.
    pub const fn word(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Degraded => "degraded",
            State::Over => "over_budget",
        }
    }
}

/// One limit at one instant. Instants are those of the engine's clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BudgetView {
    /// Which limit, of which key, in which period.
    pub which: Which,
    /// When the period ends; `None` for `total`, and for a rolling period that has not begun.
    pub resets_at: Option<Instant>,
    /// The limit, increases included.
    pub limit: u64,
    /// How much of it is an increase for a time.
    pub increase: u64,
    /// Settled in the period.
    pub spent: u64,
    /// Held for calls in flight.
    pub held: u64,
    /// What could be taken now.
    pub left: u64,
    /// Settlements in the period.
    pub settled: u32,
    /// By what is spent.
    pub state: State,
    /// Why nothing is granted, if so: the money is spent, or only held.
    pub blocked: Option<Cause>,
    /// The highest threshold that has fired.
    pub fired: Option<Ratio>,
    /// What will have been spent at the end, if it goes on like this; `None` while there is too little to go by.
    pub forecast: Option<u64>,
    /// When the money runs out, if it goes on like this; `None` when it lasts, or there is too little to go by.
    pub exhausts_at: Option<Instant>,
}

impl BudgetView {
    /// Spent of the limit in percent, rounded to the nearest, a half up.
    pub fn percent(&self) -> u64 {
        percent(self.spent, self.limit)
    }
}

/// `spent / limit` in percent, rounded to the nearest, a half up.
pub fn percent(spent: u64, limit: u64) -> u64 {
    let twice = u128::from(spent) * 200 + u128::from(limit);
    twice.checked_div(u128::from(limit) * 2).map_or(0, |n| u64::try_from(n).unwrap_or(u64::MAX))
}

impl Ledger {
    /// The picture of one of a budget's lines, for the key at a place where keys split it. `None` for a line that there is not, or
    /// without the key that it needs. Run [`advance`](Self::advance) first.
    pub fn view(&self, budget: u16, line: u16, place: u32, now: Instant) -> Option<BudgetView> {
        let rule = self.rules.get(usize::from(budget))?;
        let at = rule.lines.0.checked_add(line).filter(|_| line < rule.lines.1)?;
        let line = self.line(at)?;
        let place = match line.place {
            Place::Whole(_) => NO_PLACE,
            Place::Row(..) if place == NO_PLACE => return None,
            Place::Row(..) => place,
        };
        let (account, period) = self.look(line, self.account_of(line, place), now);
        let limit = self.limit_of(at, line, place, now);
        let cap = rule.cap(limit);
        let clock = if line.is_rolling() { now } else { self.wall(now) };
        let inner = |t: Instant| if line.is_rolling() { t } else { self.inner(t) };
        let course = Course { kind: line.rule.kind, period, spent: account.spent, settled: account.settled };
        let begun = !line.is_rolling() || self.has_begun(line, place, now);
        let blocked = cap.filter(|cap| account.taken() >= *cap);
        Some(BudgetView {
            which: self.which(at, line, place, period.start),
            resets_at: Some(inner(period.end)).filter(|end| begun && !end.is_never()),
            limit,
            increase: limit - line.limit,
            spent: account.spent,
            held: account.held,
            left: cap.unwrap_or(limit).saturating_sub(account.taken()),
            settled: account.settled,
            state: rule.state(account.spent, limit),
            blocked: blocked.map(|cap| if account.spent >= cap { Cause::Spent } else { Cause::Held }),
            fired: usize::from(account.fired).checked_sub(1).and_then(|n| rule.thresholds.get(n)).map(|t| t.at),
            forecast: course.at_end(clock),
            exhausts_at: course.exhausts_at(limit, clock).map(inner),
        })
    }
    fn has_begun(&self, line: &Line, place: u32, now: Instant) -> bool {
        let account = self.account_of(line, place).and_then(|at| self.accounts.get(at as usize));
        account.is_some_and(|a| a.open && self.look(line, self.account_of(line, place), now).0.start == a.start)
    }
    /// The worst state of what a service draws on, as all its callers see it: limits of single keys are left out.
    pub fn state(&self, chain: u16) -> State {
        let links = self.chains.get(usize::from(chain)).map_or(&[][..], |c| &c.links);
        let whole = links.iter().filter(|l| l.split == WHOLE).filter_map(|l| self.line(l.line));
        whole.map(|line| line.shown).max().unwrap_or_default()
    }
    /// The worst state of what a service draws on, as the callers with these keys see it. A key that is missing says nothing.
    pub fn state_for(&self, chain: u16, places: &[u32], now: Instant) -> State {
        let links = self.chains.get(usize::from(chain)).map_or(&[][..], |c| &c.links);
        let one = |link: &crate::gate::budget::chain::Link| {
            let line = self.line(link.line)?;
            let place = Self::place_of(link, places).ok()?;
            let (account, _) = self.look(line, self.account_of(line, place), now);
            Some(self.rule_of(line)?.state(account.spent, self.limit_of(link.line, line, place, now)))
        };
        links.iter().filter_map(one).max().unwrap_or_default()
    }
    /// What the period of an effect or a view is called.
    pub fn period_id(&self, which: &Which) -> Option<PeriodId> {
        let rule = self.rules.get(usize::from(which.budget))?;
        let line = self.line(rule.lines.0 + which.line)?;
        let start = if line.is_rolling() { self.wall(which.period) } else { which.period };
        Some(line.rule.id(start, &rule.zone))
    }
    /// From when on nothing tells the rows of a key from none: the end of the last period in which it has spent. `NEVER` while it has
    /// holds, or has spent from a budget without an end.
    pub fn rests_at(&self, place: u32, now: Instant) -> Instant {
        let mut rest = self.increases.of_key_until(place, self.wall(now)).map_or(now, |wall| self.inner(wall));
        for line in &self.lines {
            let Place::Row(..) = line.place else { continue };
            let Some(stored) = self.account_of(line, place).and_then(|at| self.accounts.get(at as usize)) else {
                continue;
            };
            if stored.holds > 0 {
                return Instant::NEVER;
            }
            let (account, period) = self.look(line, self.account_of(line, place), now);
            if stored.open
                && account.start == stored.start
                && (account.spent > 0 || account.fired > 0 || line.is_rolling())
            {
                rest = rest.max(if line.is_rolling() { period.end } else { self.inner(period.end) });
            }
        }
        rest
    }
    /// Lets the rows of a key go that [rests](Self::rests_at); its place may be given to another.
    pub fn forget_key(&mut self, place: u32) {
        for rows in &mut self.rows {
            rows.close(place, &mut self.accounts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // covers: R-1092, R-1140
    #[test]
    fn percents_are_whole_numbers_a_half_up() {
        assert_eq!([percent(0, 50), percent(1, 3), percent(2, 3), percent(33, 40)], [0, 33, 67, 83]);
        assert_eq!([percent(1, 200), percent(1, 201), percent(60, 50), percent(1, 0)], [1, 0, 120, 0]);
        assert_eq!(percent(u64::MAX, u64::MAX), 100);
    }
}
