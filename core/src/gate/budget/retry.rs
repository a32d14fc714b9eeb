//! When does a question pass that is refused now, if nothing else happens? Holds expire, periods end, increases begin and end.
use crate::base::time::Instant;
use crate::gate::budget::account::Account;
use crate::gate::budget::hold::List;
use crate::gate::budget::ledger::Ledger;
use alloc::vec::Vec;

/// Holds that are looked at to date a refusal: at most. With more in flight the answer is not exact.
const MAX_LOOK: usize = 1_024;
/// Instants that are tried: at most.
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
        if from < end {
            let complete = at.is_none_or(|at| self.frees(at, account.start, frees));
            if at.is_none() {
                frees.clear();
            }
            let mut account = account;
            let mut t = from;
            for _ in 0..MAX_STEPS {
                account.held = self.held_at(at, &account, frees, t, complete);
                if grants(&account, t) {
                    return exactly(t);
                }
                if !complete {
                    break;
                }
                let freed = frees.iter().map(|(until, _)| *until).filter(|until| *until > t).min();
                let raised = self.increases.next(self.wall(t)).map(|wall| self.inner(wall));
                match freed.into_iter().chain(raised).min().filter(|next| *next < end) {
                    Some(next) => t = next,
                    None => break,
                }
            }
            if !complete {
                // somewhere among more holds than are looked at
                let first = self.holds.earliest(List::Live).map(|(until, _)| until.max(from));
                let at = first.into_iter().chain([end]).min().filter(|at| !at.is_never());
                return Retry { at, exact: false };
            }
        }
        self.in_a_fresh_period(q, from.max(end), &grants)
    }
    /// The same, where nothing is spent or held.
    fn in_a_fresh_period(&self, _: &Question, from: Instant, grants: &dyn Fn(&Account, Instant) -> bool) -> Retry {
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
        frees.clear();
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
    /// What is still held at an instant.
    fn held_at(&self, at: Option<u32>, now: &Account, frees: &[(Instant, u64)], t: Instant, complete: bool) -> u64 {
        if at.is_none() || !complete {
            return now.held;
        }
        frees.iter().filter(|(until, _)| *until > t).fold(0, |sum, (_, amount)| sum.saturating_add(*amount))
    }
}
