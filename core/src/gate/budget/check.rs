//! Does a call fit into every limit of its chain? Writes nothing.
use crate::base::time::Instant;
use crate::gate::budget::account::Account;
use crate::gate::budget::ask::{Ask, Problem};
use crate::gate::budget::chain::{Level, Link, WHOLE};
use crate::gate::budget::estimate::Estimate;
use crate::gate::budget::hold::{Hold, MAX_ENTRIES};
use crate::gate::budget::ledger::Ledger;
use crate::gate::budget::retry::Question;
use alloc::vec::Vec;

/// Why a limit refuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// The money is spent: it would not fit if nothing were held.
    Spent,
    /// The money is held for calls in flight: it would fit if they cost nothing.
    Held,
    /// The amount alone is above the limit.
    Above,
}

impl Cause {
    /// `spent`, `held` or `above_limit`.
    pub const fn word(self) -> &'static str {
        match self {
            Cause::Spent => "spent",
            Cause::Held => "held",
            Cause::Above => "above_limit",
        }
    }
}

/// One limit that refuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failing {
    /// The budget's place in the document.
    pub budget: u16,
    /// The line's place among its lines.
    pub line: u16,
    /// How far it reaches.
    pub level: Level,
    /// The place of the key; [`NO_PLACE`](crate::gate::budget::NO_PLACE) for all calls together.
    pub place: u32,
    /// Spent, held or above the limit.
    pub cause: Cause,
    /// What was to be held.
    pub asked: u64,
    /// What may be taken, increases included.
    pub cap: u64,
    /// Spent in the period.
    pub spent: u64,
    /// Held in the period.
    pub held: u64,
    /// When this limit lets it pass, if nothing else happens; `None` for never.
    pub retry_at: Option<Instant>,
    /// Is it exactly then? Else it is not before.
    pub exact: bool,
}

/// The limits that refuse, in the order in which they are asked; used again and again, so that a refusal allocates nothing.
#[derive(Clone, Debug, Default)]
pub struct Refusal {
    /// Every one of them.
    pub failing: Vec<Failing>,
    /// When the same question passes, if nothing else happens; `None` for never.
    pub retry_at: Option<Instant>,
    /// Is it exactly then? Else it is not before.
    pub exact: bool,
    /// What is freed when, of one account.
    pub(super) frees: Vec<(Instant, u64)>,
}

impl Refusal {
    /// Nothing refuses.
    pub fn clear(&mut self) {
        self.failing.clear();
        (self.retry_at, self.exact) = (None, true);
    }
}

impl Ledger {
    /// Would a reserve be granted? Run [`advance`](Self::advance) first. Errors: a key or an estimate that is missing.
    pub fn check(&self, ask: &Ask, now: Instant, refusal: &mut Refusal) -> Result<(), Problem> {
        self.check_amounts(ask, now, refusal).map(drop)
    }
    /// As [`check`](Self::check); gives what the call is expected to cost.
    #[inline]
    pub(super) fn check_amounts(
        &self,
        ask: &Ask,
        now: Instant,
        refusal: &mut Refusal,
    ) -> Result<[u64; MAX_ENTRIES], Problem> {
        let amounts = self.estimates(ask)?;
        let wall = self.wall(now);
        let links = self.chains.get(usize::from(ask.chain)).map_or(&[][..], |c| &c.links);
        for link in links {
            let place = Self::place_of(link, ask.places)?;
            let Some(line) = self.line(link.line) else { continue };
            let Some(rule) = self.rule_of(line) else { continue };
            let Some(cap) = rule.cap(self.limit_of(link.line, line, place, now)) else { continue };
            let at = self.account_of(line, place);
            let amount = needed(rule.estimate, amounts[usize::from(link.entry)]);
            let seen = at.and_then(|at| self.present(line, at, wall));
            if seen.is_some_and(|account| account.grants(amount, cap)) {
                continue;
            }
            let (account, _) = self.look(line, at, now);
            if !account.grants(amount, cap) {
                refusal.failing.push(self.failing(link, place, &account, amount, cap));
            }
        }
        if !refusal.failing.is_empty() {
            self.date(ask, &amounts, now, refusal);
        }
        Ok(amounts)
    }
    fn failing(&self, link: &Link, place: u32, account: &Account, amount: u64, cap: u64) -> Failing {
        let alone = Account { held: 0, ..*account };
        let cause = if amount > cap {
            Cause::Above
        } else if alone.grants(amount, cap) {
            Cause::Held
        } else {
            Cause::Spent
        };
        let (budget, first) = self
            .line(link.line)
            .map_or((0, 0), |line| (line.budget, self.rule_of(line).map_or(0, |rule| rule.lines.0)));
        Failing {
            budget,
            line: link.line - first,
            level: link.level,
            place,
            cause,
            asked: amount,
            cap,
            spent: account.spent,
            held: account.held,
            retry_at: None,
            exact: true,
        }
    }
    /// Says of each limit that refuses when it does not, and when none does.
    #[cold]
    fn date(&self, ask: &Ask, amounts: &[u64; MAX_ENTRIES], now: Instant, refusal: &mut Refusal) {
        let links = self.chains.get(usize::from(ask.chain)).map_or(&[][..], |c| &c.links);
        let (mut at, mut exact) = (now, true);
        // a later instant for one limit may be one at which an increase of another is over
        for _ in 0..8 {
            let before = at;
            for link in links {
                let Ok(place) = Self::place_of(link, ask.places) else { continue };
                let estimate = self.line(link.line).and_then(|l| self.rule_of(l)).map(|r| r.estimate);
                let amount = needed(estimate.unwrap_or_default(), amounts[usize::from(link.entry)]);
                let question = Question { line: link.line, place, amount, now };
                let own = self.first_pass(&question, at, &mut refusal.frees);
                exact &= own.exact;
                match own.at {
                    Some(later) => at = later,
                    None => return self.date_each(now, refusal),
                }
            }
            if at == before {
                break;
            }
        }
        (refusal.retry_at, refusal.exact) = (Some(at), exact);
        self.date_each(now, refusal);
    }
    fn date_each(&self, now: Instant, refusal: &mut Refusal) {
        for failing in &mut refusal.failing {
            let first = self.rules.get(usize::from(failing.budget)).map_or(0, |r| r.lines.0);
            let (line, place, amount) = (first + failing.line, failing.place, failing.asked);
            let own = self.first_pass(&Question { line, place, amount, now }, now, &mut refusal.frees);
            (failing.retry_at, failing.exact) = (own.at, own.exact);
        }
    }
    /// What is held of the estimates: of a budget that clips, no more than is left in each of its limits.
    pub(super) fn clipped(
        &self,
        ask: &Ask,
        mut amounts: [u64; MAX_ENTRIES],
        now: Instant,
    ) -> Result<[u64; MAX_ENTRIES], Problem> {
        let links = self.chains.get(usize::from(ask.chain)).filter(|c| c.clips).map_or(&[][..], |c| &c.links);
        for link in links {
            let place = Self::place_of(link, ask.places)?;
            let Some(line) = self.line(link.line) else { continue };
            let Some(rule) = self.rule_of(line).filter(|r| r.estimate == Estimate::Clip) else { continue };
            let Some(cap) = rule.cap(self.limit_of(link.line, line, place, now)) else { continue };
            let (account, _) = self.look(line, self.account_of(line, place), now);
            let slot = &mut amounts[usize::from(link.entry)];
            *slot = (*slot).min(cap.saturating_sub(account.taken()));
        }
        Ok(amounts)
    }
    /// Does a new total fit in the place of a hold's old one, in the hold's own periods? Gives what is then held.
    pub(super) fn check_extension(
        &self,
        hold: &Hold,
        wanted: [u64; MAX_ENTRIES],
        now: Instant,
        refusal: &mut Refusal,
    ) -> [u64; MAX_ENTRIES] {
        let mut amounts = wanted;
        let links = self.chains.get(usize::from(hold.chain)).map_or(&[][..], |c| &c.links);
        for posting in self.holds.postings_of(hold) {
            let entry = usize::from(posting.entry);
            let Some(line) = self.line(posting.line) else { continue };
            let Some(rule) = self.rule_of(line) else { continue };
            let Some(cap) = rule.cap(self.limit_of(posting.line, line, posting.place, now)) else { continue };
            let current = self.accounts.get(posting.account as usize).filter(|a| a.start == posting.start);
            let found = current.or_else(|| self.older.get(&(posting.account, posting.start)));
            let Some(mut account) = found.copied() else { continue };
            account.unhold(hold.amounts[entry]);
            let amount = needed(rule.estimate, wanted[entry]);
            if account.grants(amount, cap) {
                if rule.estimate == Estimate::Clip {
                    amounts[entry] = amounts[entry].min(cap - account.taken());
                }
                continue;
            }
            let gone = Link { line: posting.line, entry: posting.entry, split: WHOLE, level: Level::Key };
            let link = links.iter().find(|l| l.line == posting.line).copied().unwrap_or(gone);
            let mut failing = self.failing(&link, posting.place, &account, amount, cap);
            // when it fits is not said: the hold may have expired by then
            failing.exact = false;
            refusal.failing.push(failing);
        }
        refusal.exact = refusal.failing.is_empty();
        amounts
    }
}

/// What must fit: a budget that clips is content with anything above nothing.
#[inline]
fn needed(estimate: Estimate, amount: u64) -> u64 {
    if estimate == Estimate::Clip { 0 } else { amount }
}
