//! The books: what is spent and held, of every budget, by every key.
//!
//! Every verb is given the present instant and first runs what is due. Cost of a reserve, an extension, a settlement: O(limits of the
//! chain). Nothing is allocated once the tables have grown.
use crate::base::calendar::Zone;
use crate::base::time::Instant;
use crate::gate::budget::account::Account;
use crate::gate::budget::ask::Problem;
use crate::gate::budget::chain::{Chain, ChainSpec, Link, WHOLE, is_shared};
use crate::gate::budget::estimate::Costs;
use crate::gate::budget::event::{Event, Which};
use crate::gate::budget::hold::{Holds, MAX_ENTRIES, NONE};
use crate::gate::budget::increase::{Increase, Increases};
use crate::gate::budget::line::{Line, Place, Rule};
use crate::gate::budget::period::Stretch;
use crate::gate::budget::policy::{BudgetPolicy, Counts};
use crate::gate::budget::rows::Rows;
use crate::gate::budget::unit::Unit;
use crate::gate::budget::view::State;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// No key stands at a place.
pub const NO_PLACE: u32 = NONE;
/// No budget.
pub(super) const NO_BUDGET: u16 = u16::MAX;
/// How many units of measure a document may name.
pub const MAX_UNITS: usize = 4;
/// The largest single amount: a billion dollars, or 10^18 of a unit. Larger ones count as this.
pub const MAX_AMOUNT: u64 = 1_000_000_000_000_000_000;

/// What a call costs, or is expected to; `None` is not known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Amounts {
    /// Nano-dollars.
    pub money: Option<u64>,
    /// Of each unit that the document names, in its order.
    pub units: [Option<u64>; MAX_UNITS],
}

impl Amounts {
    /// So many nano-dollars.
    pub const fn nanos(nanos: u64) -> Amounts {
        Amounts { money: Some(nanos), units: [None; MAX_UNITS] }
    }
    #[inline]
    pub(super) fn of(&self, unit: u8) -> Option<u64> {
        let amount = match usize::from(unit).checked_sub(1) {
            None => self.money,
            Some(at) => self.units.get(at).copied().flatten(),
        };
        amount.map(|n| n.min(MAX_AMOUNT))
    }
}

/// All budgets of an engine.
#[derive(Clone, Debug)]
pub struct Ledger {
    pub(super) rules: Vec<Rule>,
    pub(super) lines: Vec<Line>,
    pub(super) rows: Vec<Rows>,
    pub(super) accounts: Vec<Account>,
    /// Closed periods into which a hold may still settle.
    pub(super) older: BTreeMap<(u32, Instant), Account>,
    pub(super) holds: Holds,
    pub(super) chains: Vec<Chain>,
    /// What calls settled at, for each chain and budget.
    pub(super) costs: Vec<[Costs; MAX_ENTRIES]>,
    pub(super) increases: Increases,
    /// How far the engine's time runs ahead of the clock on the wall, in microseconds.
    pub(super) ahead: i64,
    /// When a period ends or an increase begins or ends.
    pub(super) turn_at: Instant,
    /// Not after the first expiry.
    pub(super) expiry_at: Instant,
    /// Not after the first time a hold is forgotten.
    pub(super) forget_at: Instant,
    /// Up to which instant on the wall the edges of increases have been passed; `None` before the first.
    pub(super) passed: Option<Instant>,
    pub(super) events: Vec<Event>,
}

impl Ledger {
    /// Empty books. `units` are those of the document, `cap` the most holds there may be, those remembered included.
    pub fn new(budgets: &[BudgetPolicy], specs: &[ChainSpec], units: &[String], cap: usize) -> Ledger {
        let mut ledger = Ledger {
            rules: Vec::new(),
            lines: Vec::new(),
            rows: Vec::new(),
            accounts: Vec::new(),
            older: BTreeMap::new(),
            holds: Holds::new(specs.len(), cap),
            chains: Vec::new(),
            costs: Vec::new(),
            increases: Increases::default(),
            ahead: 0,
            turn_at: Instant::EPOCH,
            expiry_at: Instant::NEVER,
            forget_at: Instant::NEVER,
            passed: None,
            events: Vec::new(),
        };
        for (at, budget) in budgets.iter().enumerate() {
            ledger.add_budget(at as u16, budget, units);
        }
        let first = |at: u16| ledger.rules.get(usize::from(at)).map_or(0, |r| r.lines.0);
        let chains = specs.iter().map(|s| Chain::new(s, budgets, first, |b| is_shared(specs, b))).collect();
        ledger.chains = chains;
        ledger.costs = specs.iter().map(|_| Default::default()).collect();
        ledger
    }
    fn add_budget(&mut self, at: u16, budget: &BudgetPolicy, units: &[String]) {
        let unit = match &budget.unit {
            Unit::Money => 0,
            Unit::Named(name) => units.iter().position(|u| u == name).map_or(u8::MAX, |at| at as u8 + 1),
        };
        let first = self.lines.len() as u16;
        let mut tables: [Option<u16>; 2] = [None; 2];
        for line in &budget.lines {
            let table = if line.counts == Counts::Tenant { 0 } else { 1 };
            let place = if budget.per(line.counts).is_empty() {
                self.accounts.push(Account::NONE);
                Place::Whole(self.accounts.len() as u32 - 1)
            } else {
                let table = *tables[table].get_or_insert_with(|| {
                    self.rows.push(Rows::new(0));
                    self.rows.len() as u16 - 1
                });
                let offset = self.rows.get_mut(usize::from(table)).map_or(0, |rows| {
                    rows.width += 1;
                    rows.width - 1
                });
                Place::Row(table, offset as u16)
            };
            self.lines.push(Line {
                budget: at,
                counts: line.counts,
                per: budget.per(line.counts),
                rule: line.period,
                limit: line.limit,
                extra: 0,
                keyed: false,
                now: Stretch { start: Instant::EPOCH, end: Instant::EPOCH },
                place,
                shown: State::Open,
            });
        }
        let rule = Rule::new(budget, unit, (first, budget.lines.len() as u16));
        for plan in &budget.increases {
            self.increases.add(Increase::planned(first + plan.line as u16, plan, &rule.zone));
        }
        self.rules.push(rule);
    }
    /// The sets of keys that split a service's limits; a call brings the place of each.
    pub fn splits(&self, chain: u16) -> &[Vec<String>] {
        self.chains.get(usize::from(chain)).map_or(&[], |c| &c.splits)
    }
    /// Has the service no budget?
    pub fn is_free(&self, chain: u16) -> bool {
        self.chains.get(usize::from(chain)).is_none_or(|c| c.links.is_empty())
    }
    /// The engine's time runs so many microseconds ahead of the clock on the wall. Call [`advance`](Self::advance) afterwards.
    pub fn set_ahead(&mut self, micros: i64) {
        self.ahead = micros;
        self.turn_at = Instant::EPOCH;
        self.passed = None;
    }
    #[inline]
    pub(super) fn wall(&self, at: Instant) -> Instant {
        Instant::from_micros(at.micros() - self.ahead)
    }
    pub(super) fn inner(&self, wall: Instant) -> Instant {
        if wall.is_never() { wall } else { Instant::from_micros(wall.micros() + self.ahead) }
    }
    /// What happened since the last [`clear_events`](Self::clear_events), in order.
    pub fn events(&self) -> &[Event] {
        &self.events
    }
    /// Forgets what was told.
    pub fn clear_events(&mut self) {
        self.events.clear();
    }
    #[inline]
    pub(super) fn rule_of(&self, line: &Line) -> Option<&Rule> {
        self.rules.get(usize::from(line.budget))
    }
    #[inline]
    pub(super) fn line(&self, at: u16) -> Option<&Line> {
        self.lines.get(usize::from(at))
    }
    /// Where the account of a line stands for a key, if it has one.
    #[inline]
    pub(super) fn account_of(&self, line: &Line, place: u32) -> Option<u32> {
        match line.place {
            Place::Whole(at) => Some(at),
            Place::Row(table, offset) => {
                self.rows.get(usize::from(table))?.find(place).map(|start| start + u32::from(offset))
            }
        }
    }
    /// The account of a line whose periods stand on the calendar, where it is in the present one: what almost every call finds.
    #[inline]
    pub(super) fn present(&self, line: &Line, account: u32, wall: Instant) -> Option<&Account> {
        let here = line.now.start <= wall && wall < line.now.end && !line.is_rolling();
        self.accounts.get(account as usize).filter(|a| here && a.open && a.start == line.now.start)
    }
    /// The account as it stands in the present period, and that period, on the clock that the line goes by.
    pub(super) fn look(&self, line: &Line, account: Option<u32>, now: Instant) -> (Account, Stretch) {
        let found = account.and_then(|at| self.accounts.get(at as usize)).copied();
        if line.is_rolling() {
            let own = found.filter(|a| a.open).map(|a| (a, line.rule.around(a.start, &Zone::UTC)));
            let fresh = line.rule.around(now, &Zone::UTC);
            return own.filter(|(_, period)| now < period.end).unwrap_or((Account::opened(now), fresh));
        }
        let Some(rule) = self.rule_of(line) else { return (Account::NONE, line.now) };
        let period = line.period(self.wall(now), &rule.zone);
        let older = || account.and_then(|at| self.older.get(&(at, period.start))).copied();
        let here = found.filter(|a| a.start == period.start).or_else(older);
        (here.unwrap_or(Account::opened(period.start)), period)
    }
    /// The limit of a line for a key, increases included.
    #[inline]
    pub(super) fn limit_of(&self, at: u16, line: &Line, place: u32, now: Instant) -> u64 {
        let extra = if line.keyed { self.increases.extra(at, place, self.wall(now)) } else { line.extra };
        line.limit.saturating_add(extra)
    }
    /// The place of a link's key; [`NO_PLACE`] for all calls together.
    #[inline]
    pub(super) fn place_of(link: &Link, places: &[u32]) -> Result<u32, Problem> {
        if link.split == WHOLE {
            return Ok(NO_PLACE);
        }
        let place = places.get(usize::from(link.split)).copied().unwrap_or(NO_PLACE);
        if place == NO_PLACE { Err(Problem::KeyRequired(link.split)) } else { Ok(place) }
    }

    /// Changes an account in the period that began at an instant, whether it is the present one or an older one.
    #[inline]
    pub(super) fn with<R>(
        &mut self,
        account: u32,
        start: Instant,
        change: impl FnOnce(&mut Account) -> R,
    ) -> Option<R> {
        match self.accounts.get_mut(account as usize) {
            Some(a) if a.start == start => Some(change(a)),
            _ => self.older.get_mut(&(account, start)).map(change),
        }
    }
    pub(super) fn which(&self, at: u16, line: &Line, place: u32, period: Instant) -> Which {
        let first = self.rules.get(usize::from(line.budget)).map_or(0, |r| r.lines.0);
        Which { budget: line.budget, line: at - first, place, period }
    }
    pub(super) fn tell_state(&mut self, at: u16, which: Which, to: State, now: Instant) {
        let Some(line) = self.lines.get_mut(usize::from(at)) else { return };
        let from = core::mem::replace(&mut line.shown, to);
        if from != to {
            self.events.push(Event::State { which, from, to, at: now });
            let end = self.line(at).map_or(Instant::NEVER, |line| self.end_of(line));
            self.turn_at = self.turn_at.min(end);
        }
    }
}
