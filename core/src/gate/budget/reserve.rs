//! Holding money for a call: all limits of its chain, or none.
use crate::base::time::{Instant, Span};
use crate::gate::budget::account::Account;
use crate::gate::budget::ask::{Ask, Extended, Grant, Problem, Reserved, grant};
use crate::gate::budget::check::Refusal;
use crate::gate::budget::hold::{Hold, List, MAX_ENTRIES, NONE, Phase, Posting, UNKNOWN};
use crate::gate::budget::ledger::{Amounts, Ledger, NO_BUDGET};
use crate::gate::budget::line::Place;

impl Ledger {
    /// Holds what a call may cost along the whole chain, or nothing. The same id and amounts again give the first answer.
    /// Errors: a key or an estimate that is missing, an id with another amount, no room for another hold.
    pub fn reserve(&mut self, ask: &Ask, now: Instant, refusal: &mut Refusal) -> Result<Reserved, Problem> {
        self.advance(now);
        refusal.clear();
        if let Some(grant) = self.known(ask)? {
            return Ok(Reserved::Granted(grant));
        }
        let amounts = self.check_amounts(ask, now, refusal)?;
        if !refusal.failing.is_empty() {
            return Ok(Reserved::Refused);
        }
        self.commit_amounts(ask, amounts, now).map(Reserved::Granted)
    }
    /// The answer that an id had before. Errors: `hold_conflict` for another amount.
    pub fn known(&self, ask: &Ask) -> Result<Option<Grant>, Problem> {
        let Some(hold) = self.holds.find(ask.id).and_then(|slot| self.holds.at(slot)) else { return Ok(None) };
        if hold.chain != ask.chain || hold.asked != self.asked(ask) {
            return Err(Problem::HoldConflict);
        }
        Ok(Some(grant(hold, true)))
    }
    fn asked(&self, ask: &Ask) -> [u64; MAX_ENTRIES] {
        let mut out = [UNKNOWN; MAX_ENTRIES];
        let entries = self.chains.get(usize::from(ask.chain)).map_or(&[][..], |c| &c.entries);
        for (slot, budget) in out.iter_mut().zip(entries) {
            let unit = self.rules.get(usize::from(*budget)).map_or(u8::MAX, |r| r.unit);
            *slot = ask.amounts.of(unit).unwrap_or(UNKNOWN);
        }
        out
    }
    /// What a call is expected to cost for each budget, before anything is clipped. Errors: `amount_required`.
    pub(super) fn estimates(&self, ask: &Ask) -> Result<[u64; MAX_ENTRIES], Problem> {
        let mut out = [0; MAX_ENTRIES];
        let at = usize::from(ask.chain);
        let (Some(chain), Some(costs)) = (self.chains.get(at), self.costs.get(at)) else { return Ok(out) };
        for ((slot, budget), costs) in out.iter_mut().zip(&chain.entries).zip(costs) {
            let Some(rule) = self.rules.get(usize::from(*budget)) else { continue };
            let amount = rule.estimate.amount(ask.amounts.of(rule.unit), costs.p95());
            *slot = amount.ok_or(Problem::AmountRequired(*budget))?;
        }
        Ok(out)
    }
    /// Holds what [`check`](Self::check) let pass; a call that it refused in shadow is held all the same.
    /// Errors: those of `check`, and `holds_exhausted`.
    pub fn commit(&mut self, ask: &Ask, now: Instant) -> Result<Grant, Problem> {
        let amounts = self.estimates(ask)?;
        let links = self.chains.get(usize::from(ask.chain)).map_or(&[][..], |c| &c.links);
        for link in links {
            Self::place_of(link, ask.places)?;
        }
        self.commit_amounts(ask, amounts, now)
    }
    /// As [`commit`](Self::commit), where the keys are known to be there.
    #[inline]
    fn commit_amounts(&mut self, ask: &Ask, amounts: [u64; MAX_ENTRIES], now: Instant) -> Result<Grant, Problem> {
        let amounts = self.clipped(ask, amounts, now)?;
        if self.holds.is_full() && !self.make_room() {
            return Err(Problem::HoldsExhausted);
        }
        let at = usize::from(ask.chain);
        let ttl = self.chains.get(at).map_or(Span::ZERO, |c| c.ttl);
        let hold = Hold {
            id: ask.id,
            phase: Phase::Live,
            chain: ask.chain,
            keyed: ask.keyed,
            degraded: self.degrades(ask.chain, ask.places, now).unwrap_or(NO_BUDGET),
            until: now + ttl,
            asked: self.asked(ask),
            amounts,
            postings: NONE,
        };
        let slot = self.holds.insert(hold);
        let wall = self.wall(now);
        // the last one entered comes out first
        let count = self.chains.get(at).map_or(0, |c| c.links.len());
        for n in (0..count).rev() {
            let Some(link) = self.chains.get(at).and_then(|c| c.links.get(n)).copied() else { continue };
            let place = Self::place_of(&link, ask.places)?;
            let account = self.open_at(link.line, place, wall, now);
            let start = self.accounts.get_mut(account as usize).map_or(Instant::EPOCH, |a| {
                a.hold(amounts.get(usize::from(link.entry)).copied().unwrap_or(0));
                a.holds += 1;
                a.start
            });
            self.holds.post(slot, Posting { start, account, place, line: link.line, entry: link.entry, next: NONE });
        }
        self.expiry_at = self.expiry_at.min(hold.until);
        Ok(grant(&hold, false))
    }
    /// The account of a line for a key, in the present period.
    pub(super) fn open(&mut self, at: u16, place: u32, now: Instant) -> u32 {
        self.open_at(at, place, self.wall(now), now)
    }
    #[inline]
    fn open_at(&mut self, at: u16, place: u32, wall: Instant, now: Instant) -> u32 {
        let Some(line) = self.lines.get(usize::from(at)) else { return NONE };
        let account = match line.place {
            Place::Whole(account) => account,
            Place::Row(table, offset) => match self.rows.get_mut(usize::from(table)) {
                Some(rows) => rows.open(place, &mut self.accounts) + u32::from(offset),
                None => return NONE,
            },
        };
        let line = &self.lines[usize::from(at)];
        if self.present(line, account, wall).is_some() {
            return account;
        }
        self.open_anew(at, account, now)
    }
    #[cold]
    fn open_anew(&mut self, at: u16, account: u32, now: Instant) -> u32 {
        let Some(line) = self.line(at) else { return NONE };
        let (seen, _) = self.look(line, Some(account), now);
        let Some(stored) = self.accounts.get(account as usize).copied() else { return NONE };
        if stored.start != seen.start || !stored.open {
            self.roll(account, stored, seen);
        }
        account
    }
    fn roll(&mut self, account: u32, stored: Account, fresh: Account) {
        if stored.holds > 0 {
            self.older.insert((account, stored.start), stored);
        }
        self.older.remove(&(account, fresh.start));
        if let Some(slot) = self.accounts.get_mut(account as usize) {
            *slot = Account { open: true, ..fresh };
        }
    }
    /// Forgets the ended hold that would be forgotten first.
    #[cold]
    fn make_room(&mut self) -> bool {
        let found = self.holds.earliest(List::Ended);
        if let Some((_, slot)) = found {
            self.forget(slot);
        }
        found.is_some()
    }
    /// The first budget of a chain that has reached its degrading share; money spent counts, money held does not.
    pub fn degrades(&self, chain: u16, places: &[u32], now: Instant) -> Option<u16> {
        let links = self.chains.get(usize::from(chain)).filter(|c| c.degrades).map_or(&[][..], |c| &c.links);
        links.iter().find_map(|link| {
            let line = self.line(link.line)?;
            let share = self.rule_of(line)?.degrade_at?;
            let place = Self::place_of(link, places).ok()?;
            let (account, _) = self.look(line, self.account_of(line, place), now);
            share.reached(account.spent, self.limit_of(link.line, line, place, now)).then_some(line.budget)
        })
    }

    /// Holds a new total for a call that is under way, checked as if it took the place of the old one, in the hold's own periods.
    pub fn extend(&mut self, id: u64, total: &Amounts, now: Instant, refusal: &mut Refusal) -> Extended {
        self.advance(now);
        refusal.clear();
        let Some(slot) = self.holds.find(id) else { return Extended::Unknown };
        let Some(hold) = self.holds.at(slot).copied() else { return Extended::Unknown };
        match hold.phase {
            Phase::Expired => return Extended::Expired,
            Phase::Settled | Phase::Released => return Extended::Ended,
            Phase::Live => {}
        }
        let wanted = self.stated(&hold, total);
        let amounts = self.check_extension(&hold, wanted, now, refusal);
        if !refusal.failing.is_empty() {
            return Extended::Refused;
        }
        let mut next = hold.postings;
        while let Some(posting) = self.holds.posting(next) {
            let entry = usize::from(posting.entry);
            let (old, new) = (hold.amounts[entry], amounts[entry]);
            self.with(posting.account, posting.start, |a| {
                a.unhold(old);
                a.hold(new);
            });
            next = posting.next;
        }
        let ttl = self.chains.get(usize::from(hold.chain)).map_or(Span::ZERO, |c| c.ttl);
        self.holds.refile(slot, |h| {
            h.until = now + ttl;
            h.amounts = amounts;
        });
        self.expiry_at = self.expiry_at.min(now + ttl);
        self.holds.at(slot).map_or(Extended::Unknown, |h| Extended::Granted(grant(h, false)))
    }
    /// What an extension states for each budget; where it says nothing the old amount stays.
    fn stated(&self, hold: &Hold, total: &Amounts) -> [u64; MAX_ENTRIES] {
        let mut out = hold.amounts;
        let entries = self.chains.get(usize::from(hold.chain)).map_or(&[][..], |c| &c.entries);
        for (slot, budget) in out.iter_mut().zip(entries) {
            let Some(rule) = self.rules.get(usize::from(*budget)) else { continue };
            if let Some(total) = total.of(rule.unit) {
                *slot = rule.estimate.stated(total);
            }
        }
        out
    }
}
