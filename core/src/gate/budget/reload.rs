//! The same books under another policy: what is equal keeps its numbers, what is spent stays spent.
use crate::base::time::Instant;
use crate::gate::budget::account::Account;
use crate::gate::budget::chain::ChainSpec;
use crate::gate::budget::hold::{Hold, List, MAX_ENTRIES, NONE, Posting, UNKNOWN};
use crate::gate::budget::increase::{ALL, Increase};
use crate::gate::budget::ledger::{Ledger, NO_BUDGET, NO_PLACE};
use crate::gate::budget::line::{Line, Place};
use crate::gate::budget::policy::BudgetPolicy;
use crate::gate::budget::threshold::carried;
use alloc::string::String;
use alloc::vec::Vec;

/// What became of one line.
#[derive(Clone, Copy)]
struct Heir {
    line: u16,
    /// Are its periods the same? Else what is spent counts in the period that the new rule is in now.
    same: bool,
}

impl Ledger {
    /// The books for another policy. Budgets, limits and services are matched by name, keys stay at their places. A limit whose periods
    /// begin elsewhere keeps what is spent in the present one; holds go on; a raised limit arms what lies above the new share, a lowered
    /// one tells what it crosses.
    pub fn reload(&self, budgets: &[BudgetPolicy], specs: &[ChainSpec], units: &[String], now: Instant) -> Ledger {
        let mut new = Ledger::new(budgets, specs, units, self.holds.cap());
        new.ahead = self.ahead;
        if let Some(wall) = self.passed {
            new.pass_silently(wall);
        }
        new.events.clone_from(&self.events);
        let heirs: Vec<Option<Heir>> = self.lines.iter().map(|line| self.heir(line, &new)).collect();
        let heir = |line: u16| heirs.get(usize::from(line)).copied().flatten();
        for increase in self.increases.iter().filter(|i| !i.planned) {
            if let Some(heir) = heir(increase.line) {
                new.increases.add(Increase { line: heir.line, ..*increase });
            }
        }
        new.advance(now);
        for (n, heir) in heirs.iter().enumerate() {
            if let Some(heir) = heir {
                self.hand_over(n as u16, *heir, &mut new, now);
            }
        }
        self.hand_over_costs(&mut new);
        for chain in 0..self.holds.chains() {
            for list in [List::Live, List::Ended] {
                let mut next = self.holds.first(chain, list);
                while let Some(slot) = next {
                    if let Some(hold) = self.holds.at(slot) {
                        self.hand_over_hold(hold, &heir, &mut new, now);
                    }
                    next = self.holds.after(slot);
                }
            }
        }
        new.expiry_at = new.holds.earliest(List::Live).map_or(Instant::NEVER, |(until, _)| until);
        new.forget_at = new.holds.earliest(List::Ended).map_or(Instant::NEVER, |(until, _)| until);
        new.older.retain(|_, account| account.holds > 0);
        new
    }
    /// The line of the new books that goes on where one left off: of the same budget, unit, keys and kind of period.
    fn heir(&self, line: &Line, new: &Ledger) -> Option<Heir> {
        let rule = self.rule_of(line)?;
        let (budget, other) = new.rules.iter().enumerate().find(|(_, r)| r.name == rule.name)?;
        if other.unit_name != rule.unit_name {
            return None;
        }
        let (first, count) = other.lines;
        let (at, found) = (first..first + count).find_map(|at| {
            let found = new.line(at).filter(|l| l.counts == line.counts && l.rule.kind == line.rule.kind)?;
            Some((at, found))
        })?;
        debug_assert_eq!(usize::from(found.budget), budget);
        if found.per != line.per {
            return None;
        }
        let same = line.is_rolling() || (found.rule == line.rule && other.zone == rule.zone);
        Some(Heir { line: at, same })
    }
    /// The accounts of a line, each with the place of its key.
    fn all_accounts(&self, line: &Line) -> Vec<(u32, u32)> {
        match line.place {
            Place::Whole(at) => alloc::vec![(NO_PLACE, at)],
            Place::Row(table, offset) => {
                let rows = self.rows.get(usize::from(table)).into_iter().flat_map(|r| r.iter());
                rows.map(|(place, start)| (place, start + u32::from(offset))).collect()
            }
        }
    }
    fn hand_over(&self, n: u16, heir: Heir, new: &mut Ledger, now: Instant) {
        let Some(line) = self.line(n) else { return };
        if let Some(other) = new.lines.get_mut(usize::from(heir.line)) {
            other.shown = line.shown;
        }
        for (place, at) in self.all_accounts(line) {
            let Some(stored) = self.accounts.get(at as usize).copied().filter(|a| a.open) else { continue };
            let account = new.open(heir.line, place, now);
            let (seen, _) = self.look(line, Some(at), now);
            let taken = if heir.same { stored } else { seen };
            let limits = (self.limit_of(n, line, place, now), new.limit_now(heir.line, place, now));
            let start = new.start_for(heir, taken.start, account);
            let fired = self.carried_marks(line, &taken, limits, new, heir.line);
            if let Some(slot) = new.accounts.get_mut(account as usize) {
                *slot = Account { start, fired, held: 0, holds: 0, ..taken };
            }
            if heir.same {
                let older = self.older.range((at, Instant::EPOCH)..=(at, Instant::NEVER));
                new.older.extend(older.map(|((_, start), a)| ((account, *start), Account { held: 0, holds: 0, ..*a })));
            }
            new.judge(heir.line, place, account, false, now);
        }
        // a line that was told of and has no account any more
        if let Some(Place::Whole(at)) = new.line(heir.line).map(|l| l.place) {
            new.judge(heir.line, NO_PLACE, at, false, now);
        }
    }
    /// When the period begins in which an account goes on.
    fn start_for(&self, heir: Heir, start: Instant, account: u32) -> Instant {
        if heir.same { start } else { self.accounts.get(account as usize).map_or(start, |a| a.start) }
    }
    fn limit_now(&self, at: u16, place: u32, now: Instant) -> u64 {
        self.line(at).map_or(0, |line| self.limit_of(at, line, place, now))
    }
    fn carried_marks(&self, line: &Line, account: &Account, limits: (u64, u64), new: &Ledger, at: u16) -> u8 {
        let (Some(old), Some(next)) = (self.rule_of(line), new.line(at).and_then(|l| new.rule_of(l))) else { return 0 };
        let raised = (limits.1 > limits.0).then_some((account.spent, limits.1));
        carried(&old.thresholds, account.fired, &next.thresholds, raised)
    }
    /// The place of a service, and of each of its budgets, in the new books.
    fn chain_heir(&self, chain: usize, new: &Ledger) -> Option<(u16, [Option<usize>; MAX_ENTRIES])> {
        let old = self.chains.get(chain)?;
        let at = new.chains.iter().position(|c| c.service == old.service)?;
        let mut entries = [None; MAX_ENTRIES];
        for (slot, budget) in entries.iter_mut().zip(&old.entries) {
            let rule = self.rules.get(usize::from(*budget));
            let same = |b: &u16| {
                let other = new.rules.get(usize::from(*b));
                rule.zip(other).is_some_and(|(a, b)| a.name == b.name && a.unit_name == b.unit_name)
            };
            *slot = new.chains.get(at).and_then(|c| c.entries.iter().position(same));
        }
        Some((at as u16, entries))
    }
    fn hand_over_costs(&self, new: &mut Ledger) {
        for (chain, costs) in self.costs.iter().enumerate() {
            let Some((at, entries)) = self.chain_heir(chain, new) else { continue };
            for (costs, entry) in costs.iter().zip(entries) {
                let slot = entry.and_then(|e| new.costs.get_mut(usize::from(at))?.get_mut(e));
                slot.into_iter().for_each(|slot| slot.clone_from(costs));
            }
        }
    }
    fn hand_over_hold(&self, hold: &Hold, heir: &dyn Fn(u16) -> Option<Heir>, new: &mut Ledger, now: Instant) {
        let Some((chain, entries)) = self.chain_heir(usize::from(hold.chain), new) else { return };
        let (mut asked, mut amounts) = ([UNKNOWN; MAX_ENTRIES], [0; MAX_ENTRIES]);
        for (old, entry) in entries.iter().enumerate() {
            if let Some(entry) = entry {
                (asked[*entry], amounts[*entry]) = (hold.asked[old], hold.amounts[old]);
            }
        }
        let budget = self.rules.get(usize::from(hold.degraded)).map(|r| &r.name);
        let degraded = budget.and_then(|name| new.rules.iter().position(|r| r.name == *name));
        let degraded = degraded.map_or(NO_BUDGET, |at| at as u16);
        let slot = new.holds.insert(Hold { chain, degraded, asked, amounts, postings: NONE, ..*hold });
        let postings: Vec<Posting> = self.holds.postings_of(hold).collect();
        for posting in postings.into_iter().rev() {
            let entry = entries.get(usize::from(posting.entry)).copied().flatten();
            let (Some(heir), Some(entry)) = (heir(posting.line), entry) else { continue };
            let account = new.open(heir.line, posting.place, now);
            let present = self.accounts.get(posting.account as usize).is_some_and(|a| a.start == posting.start);
            if !heir.same && !present {
                continue;
            }
            let start = new.start_for(heir, posting.start, account);
            let live = hold.phase == crate::gate::budget::hold::Phase::Live;
            let bound = new.with(account, start, |a| {
                a.hold(if live { amounts[entry] } else { 0 });
                a.holds += 1;
            });
            if bound.is_some() {
                let entry = entry as u8;
                new.holds.post(slot, Posting { start, account, line: heir.line, entry, next: NONE, ..posting });
            }
        }
    }
}

/// Every key of a line, as an increase says it.
const _: () = assert!(ALL == NO_PLACE);
