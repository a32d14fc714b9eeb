//! When does a question pass that is refused now, if nothing else happens? Holds expire, periods end, increases begin and end.
use crate::base::time::Instant;
use crate::gate::budget::account::Account;
use crate::gate::budget::hold::List;
use crate::gate::budget::ledger::Ledger;
use alloc::vec::Vec;

/// Holds that are looked at to date a refusal: at most. With more in flight the answer is not exact.
const MAX_LOOK: usize = 1_024;
/// Edges of increases that are tried: at most.
const MAX_STEPS: usize = 256;

/// One limit, one key, one amount.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    pub(super) line: u16,
    pub(super) place: u32,
    pub(super) amount: u64,
    pub(super) now: Instant,
}

/// An answer: `None` is never.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Retry {
    pub(super) at: Option<Instant>,
    pub(super) exact: bool,
}

const fn exactly(at: Instant) -> Retry {
    Retry { at: Some(at), exact: true }
}
const NEVER: Retry = Retry { at: None, exact: true };

impl Ledger {
    /// The first instant from `from` on at which a limit lets an amount pass. Cost: O(holds in flight), at most 1,024.
    pub(super) fn first_pass(&self, q: &Question, from: Instant, frees: &mut Vec<(Instant, u64)>) -> Retry {
        let Some(line) = self.line(q.line) else { return exactly(from) };
        let Some(rule) = self.rule_of(line) else { return exactly(from) };
        let cap_at = |at: Instant| {
            let extra = self.increases.extra(q.line, q.place, self.wall(at));
            rule.cap(line.limit.saturating_add(extra))
        };
        if rule.refuse_at.is_none() {
            return exactly(from);
        }
        let at = self.account_of(line, q.place);
        let (account, period) = self.look(line, at, q.now);
        let end = if line.is_rolling() { period.end } else { self.inner(period.end) };
        let grants = |account: &Account, t: Instant| cap_at(t).is_none_or(|cap| account.grants(q.amount, cap));
        let raised = self.increases.next(self.wall(from)).is_some_and(|wall| self.inner(wall) < end);
        let unheld = Account { held: 0, ..account };
        // only where holds are what is in the way are they looked at
        if from < end && (raised || grants(&unheld, from)) {
            frees.clear();
            if !at.is_none_or(|at| self.frees(at, account.start, frees)) {
                // somewhere among more holds than are looked at
                let first = self.holds.earliest(List::Live).map(|(until, _)| until.max(from));
                return Retry { at: first.into_iter().chain([end]).min(), exact: false };
            }
            if let Some(found) = self.in_this_period(&account, from, end, frees, &grants) {
                return exactly(found);
            }
        }
        self.in_a_fresh_period(from.max(end), &grants)
    }
    /// In the period that goes on, by what the holds that were gathered free. Between two edges of increases more fits the later it is.
    fn in_this_period(
        &self,
        account: &Account,
        from: Instant,
        end: Instant,
        frees: &[(Instant, u64)],
        grants: &dyn Fn(&Account, Instant) -> bool,
    ) -> Option<Instant> {
        let freed = |t: Instant| {
            let past = frees.iter().filter(|(until, _)| *until <= t);
            past.fold(0u64, |sum, (_, amount)| sum.saturating_add(*amount))
        };
        let mut t = from;
        for _ in 0..MAX_STEPS {
            let fits = |at: Instant| grants(&Account { held: account.held.saturating_sub(freed(at)), ..*account }, t);
            if fits(t) {
                return Some(t);
            }
            let edge = self.increases.next(self.wall(t)).map(|wall| self.inner(wall)).filter(|edge| *edge > t);
            let stop = edge.map_or(end, |edge| edge.min(end));
            let last = Instant::from_micros(stop.micros() - 1);
            if fits(last) {
                let (mut no, mut yes) = (t.micros(), last.micros());
                while yes - no > 1 {
                    let middle = no + (yes - no) / 2;
                    if fits(Instant::from_micros(middle)) {
                        yes = middle;
                    } else {
                        no = middle;
                    }
                }
                return Some(Instant::from_micros(yes));
            }
            if stop >= end {
                return None;
            }
            t = stop;
        }
        None
    }
    /// The same, where nothing is spent or held.
    fn in_a_fresh_period(&self, from: Instant, grants: &dyn Fn(&Account, Instant) -> bool) -> Retry {
        let mut t = from;
        for _ in 0..MAX_STEPS {
            if t.is_never() {
                return NEVER;
            }
            if grants(&Account::NONE, t) {
                return exactly(t);
            }
            match self.increases.next(self.wall(t)) {
                Some(wall) => t = self.inner(wall),
                None => return NEVER,
            }
        }
        NEVER
    }
    /// Gathers what an account's live holds free, and when; `false` when there are too many to look at.
    fn frees(&self, account: u32, start: Instant, frees: &mut Vec<(Instant, u64)>) -> bool {
        let mut looked = 0;
        for chain in 0..self.holds.chains() {
            let mut next = self.holds.first(chain, List::Live);
            while let Some(slot) = next {
                looked += 1;
                if looked > MAX_LOOK {
                    return false;
                }
                if let Some(hold) = self.holds.at(slot) {
                    let mine = self.holds.postings_of(hold).filter(|p| p.account == account && p.start == start);
                    frees.extend(mine.map(|p| (hold.until, hold.amounts[usize::from(p.entry)])));
                }
                next = self.holds.after(slot);
            }
        }
        true
    }
}
