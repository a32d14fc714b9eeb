//! The books as bytes. Keys go by their numbers in the snapshot's own table; what is held is not written but added up from the holds.
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::calendar::Zone;
use crate::base::error::Fault;
use crate::base::order::sort_by_key;
use crate::base::time::{Instant, MAX_MICROS};
use crate::gate::budget::account::Account;
use crate::gate::budget::estimate::{Costs, Estimate};
use crate::gate::budget::hold::{Hold, List, MAX_ENTRIES, NONE, Phase, Posting};
use crate::gate::budget::increase::{ALL, Increase};
use crate::gate::budget::ledger::{Ledger, NO_BUDGET, NO_PLACE};
use crate::gate::budget::line::{Line, Place};
use crate::gate::budget::view::State;
use alloc::vec::Vec;

const PHASES: [Phase; 4] = [Phase::Live, Phase::Settled, Phase::Released, Phase::Expired];
const STATES: [State; 3] = [State::Open, State::Degraded, State::Over];
const OPEN: u8 = 1;
const WARNED: u8 = 2;
const OLDER: u8 = 4;

impl Ledger {
    /// Writes the books. `order` are the places of the keys, in the order in which the snapshot numbers them.
    pub fn write(&self, order: &[u32], w: &mut ByteWriter) {
        let numbers = numbers(order);
        let number = |place: u32| numbers.get(place as usize).copied().unwrap_or(NONE);
        w.i64(self.ahead);
        w.option(self.passed, ByteWriter::instant);
        for line in &self.lines {
            w.u8(STATES.iter().position(|s| *s == line.shown).unwrap_or(0) as u8);
            if let Place::Whole(at) = line.place {
                self.write_account(at, w);
            }
        }
        for rows in &self.rows {
            w.count(order.iter().filter(|place| rows.find(**place).is_some()).count());
            for (n, start) in order.iter().enumerate().filter_map(|(n, place)| Some((n, rows.find(*place)?))) {
                w.u32(n as u32);
                (start..start + rows.width).for_each(|at| self.write_account(at, w));
            }
        }
        for chain in self.chains_by_name() {
            let costs = self.costs.get(chain).into_iter().flatten().enumerate();
            costs.filter(|(entry, _)| self.learns(chain, *entry)).for_each(|(_, costs)| costs.write(w));
        }
        let known = |i: &&Increase| !i.planned && (i.place == ALL || number(i.place) != NONE);
        w.count(self.increases.iter().filter(known).count());
        for increase in self.increases.iter().filter(known) {
            w.u16(increase.line);
            w.u32(if increase.place == ALL { ALL } else { number(increase.place) });
            w.u64(increase.amount);
            w.instant(increase.from);
            w.instant(increase.until);
        }
        for chain in self.chains_by_name() {
            for list in [List::Live, List::Ended] {
                let slots = || core::iter::successors(self.holds.first(chain, list), |slot| self.holds.after(*slot));
                w.count(slots().count());
                slots().filter_map(|slot| self.holds.at(slot)).for_each(|hold| self.write_hold(hold, &number, w));
            }
        }
    }
    fn write_account(&self, at: u32, w: &mut ByteWriter) {
        let account = self.accounts.get(at as usize).copied().unwrap_or(Account::NONE);
        let older = || self.older.range((at, Instant::EPOCH)..=(at, Instant::NEVER)).map(|(_, a)| a);
        let many = older().count();
        write_one(&account, if many > 0 { OLDER } else { 0 }, w);
        if many > 0 {
            w.count(many);
            older().for_each(|a| write_one(a, 0, w));
        }
    }
    fn write_hold(&self, hold: &Hold, number: &dyn Fn(u32) -> u32, w: &mut ByteWriter) {
        w.u64(hold.id);
        w.u8(PHASES.iter().position(|p| *p == hold.phase).unwrap_or(0) as u8);
        w.bool(hold.keyed);
        w.u16(hold.degraded);
        w.instant(hold.until);
        let entries = self.chains.get(usize::from(hold.chain)).map_or(0, |c| c.entries.len());
        for (asked, amount) in hold.asked.iter().zip(&hold.amounts).take(entries) {
            w.u64(*asked);
            w.u64(*amount);
        }
        w.count(self.holds.postings_of(hold).count());
        for posting in self.holds.postings_of(hold) {
            w.u16(posting.line);
            w.u8(posting.entry);
            w.u32(if posting.place == NO_PLACE { NO_PLACE } else { number(posting.place) });
            w.instant(posting.start);
        }
    }
    /// The places of the services, sorted by name: the order of a document's tables means nothing.
    fn chains_by_name(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.chains.len()).collect();
        sort_by_key(&mut order, |at| &self.chains[*at].service);
        order
    }
    /// Does a chain remember what calls cost one of its budgets?
    fn learns(&self, chain: usize, entry: usize) -> bool {
        let budget = self.chains.get(chain).and_then(|c| c.entries.get(entry));
        let rule = budget.and_then(|b| self.rules.get(usize::from(*b)));
        rule.is_some_and(|r| matches!(r.estimate, Estimate::P95 { .. }))
    }
    /// Fills books that are empty, of the same policy, with what [`write`](Self::write) wrote. `places` are the places of the keys by
    /// their numbers. Errors: `snapshot_corrupt`, also for books that no history leads to.
    pub fn read(&mut self, places: &[u32], r: &mut ByteReader) -> Result<(), Fault> {
        self.ahead = r.i64();
        r.expect(self.ahead.unsigned_abs() <= MAX_MICROS as u64, "a clock out of range")?;
        if let Some(wall) = r.option(ByteReader::instant) {
            self.pass_silently(wall);
        }
        for n in 0..self.lines.len() {
            let shown = STATES.get(usize::from(r.u8())).copied().ok_or_else(|| r.corrupt("an unknown state"))?;
            let place = self.lines[n].place;
            let Place::Whole(at) = place else {
                r.expect(shown == State::Open, "a state of a limit that is split by keys")?;
                continue;
            };
            self.read_account(n, at, r)?;
            let account = self.accounts.get(at as usize).copied().unwrap_or(Account::NONE);
            r.expect(shown == State::Open || account.open, "a state without an account")?;
            let zone = self.rule_of(&self.lines[n]).map_or(Zone::UTC, |rule| rule.zone.clone());
            let line = &mut self.lines[n];
            line.shown = shown;
            if account.open && !line.is_rolling() {
                line.now = line.rule.around(account.start, &zone);
            }
        }
        for table in 0..self.rows.len() {
            self.read_rows(table, places, r)?;
        }
        for chain in self.chains_by_name() {
            for entry in 0..MAX_ENTRIES {
                if self.learns(chain, entry) {
                    self.costs[chain][entry] = Costs::read(r)?;
                }
            }
        }
        for _ in 0..r.count(30) {
            let (line, number, amount) = (r.u16(), r.u32(), r.u64());
            let (from, until) = (r.instant(), r.instant());
            r.expect(usize::from(line) < self.lines.len() && from < until, "an increase of nothing")?;
            let place = if number == ALL { ALL } else { place_at(places, number, r)? };
            let room = self.increases.add(Increase { line, place, amount, from, until, planned: false });
            r.expect(room, "too many increases")?;
        }
        for chain in self.chains_by_name() {
            for live in [true, false] {
                self.read_holds(chain, live, places, r)?;
            }
        }
        self.turn_at = Instant::EPOCH;
        self.expiry_at = self.holds.earliest(List::Live).map_or(Instant::NEVER, |(until, _)| until);
        self.forget_at = self.holds.earliest(List::Ended).map_or(Instant::NEVER, |(until, _)| until);
        r.expect(self.older.values().all(|a| a.holds > 0), "a closed period into which nothing settles")
    }
    fn read_rows(&mut self, table: usize, places: &[u32], r: &mut ByteReader) -> Result<(), Fault> {
        let mut last = None;
        for _ in 0..r.count(22) {
            let n = r.u32();
            r.expect(last.is_none_or(|last| last < n), "keys out of order")?;
            last = Some(n);
            let place = place_at(places, n, r)?;
            let Ledger { rows, accounts, .. } = self;
            let start = rows[table].open(place, accounts);
            for n in 0..self.lines.len() {
                if let Place::Row(of, offset) = self.lines[n].place
                    && usize::from(of) == table
                {
                    self.read_account(n, start + u32::from(offset), r)?;
                }
            }
        }
        Ok(())
    }
    fn read_account(&mut self, line: usize, at: u32, r: &mut ByteReader) -> Result<(), Fault> {
        let (account, older) = self.read_one(line, r)?;
        if let Some(slot) = self.accounts.get_mut(at as usize) {
            *slot = account;
        }
        if older {
            for _ in 0..r.count(22) {
                let (past, deeper) = self.read_one(line, r)?;
                r.expect(!deeper && past.open && past.start != account.start, "a closed period that is not closed")?;
                let twice = self.older.insert((at, past.start), past).is_some();
                r.expect(!twice, "a closed period that stands twice")?;
            }
        }
        Ok(())
    }
    fn read_one(&self, line: usize, r: &mut ByteReader) -> Result<(Account, bool), Fault> {
        let (flags, fired) = (r.u8(), r.u8());
        let (start, spent, settled) = (r.instant(), r.u64(), r.u32());
        let (open, warned) = (flags & OPEN != 0, flags & WARNED != 0);
        r.expect(flags < 8, "unknown marks of an account")?;
        let account = Account { start, spent, settled, fired, warned, open, ..Account::NONE };
        r.expect(open || account == Account::NONE, "an account that is not open")?;
        let line = &self.lines[line];
        let rule = self.rule_of(line).ok_or_else(|| r.corrupt("a limit of no budget"))?;
        r.expect(usize::from(fired) <= rule.thresholds.len(), "more thresholds than there are")?;
        let begins = line.is_rolling() || !open || line.rule.around(start, &rule.zone).start == start;
        r.expect(begins, "a period that begins between two boundaries")?;
        Ok((account, flags & OLDER != 0))
    }
    fn read_holds(&mut self, chain: usize, live: bool, places: &[u32], r: &mut ByteReader) -> Result<(), Fault> {
        let entries = self.chains.get(chain).map_or(0, |c| c.entries.len());
        let mut last = Instant::EPOCH;
        for _ in 0..r.count(24) {
            let id = r.u64();
            let phase = PHASES.get(usize::from(r.u8())).copied().ok_or_else(|| r.corrupt("an unknown hold"))?;
            let (keyed, degraded, until) = (r.bool(), r.u16(), r.instant());
            r.expect((phase == Phase::Live) == live && last <= until, "holds out of order")?;
            let known = degraded == NO_BUDGET || usize::from(degraded) < self.rules.len();
            r.expect(known && self.holds.find(id).is_none() && !self.holds.is_full(), "a hold that cannot be")?;
            last = until;
            let (mut asked, mut amounts) = ([0; MAX_ENTRIES], [0; MAX_ENTRIES]);
            for (asked, amount) in asked.iter_mut().zip(&mut amounts).take(entries) {
                (*asked, *amount) = (r.u64(), r.u64());
            }
            let chain = chain as u16;
            let slot =
                self.holds.insert(Hold { id, phase, chain, keyed, degraded, until, asked, amounts, postings: NONE });
            let mut postings = Vec::new();
            for _ in 0..r.count(15) {
                postings.push(self.read_posting(entries, places, r)?);
            }
            r.expect(postings.is_empty() || matches!(phase, Phase::Live | Phase::Expired), "a hold that has ended")?;
            for posting in postings.into_iter().rev() {
                let amount = if live { amounts[usize::from(posting.entry)] } else { 0 };
                let bound = self.with(posting.account, posting.start, |a| {
                    a.hold(amount);
                    a.holds += 1;
                });
                r.expect(bound.is_some(), "a hold of no period")?;
                self.holds.post(slot, posting);
            }
        }
        Ok(())
    }
    fn read_posting(&self, entries: usize, places: &[u32], r: &mut ByteReader) -> Result<Posting, Fault> {
        let (at, entry, number, start) = (r.u16(), r.u8(), r.u32(), r.instant());
        r.expect(usize::from(entry) < entries, "a hold on no budget")?;
        let line: &Line = self.line(at).ok_or_else(|| r.corrupt("a hold on no limit"))?;
        let place = if number == NO_PLACE { NO_PLACE } else { place_at(places, number, r)? };
        r.expect(matches!(line.place, Place::Whole(_)) == (place == NO_PLACE), "a hold on another key")?;
        let account = self.account_of(line, place).ok_or_else(|| r.corrupt("a hold on no account"))?;
        Ok(Posting { start, account, place, line: at, entry, next: NONE })
    }
}

fn write_one(account: &Account, flags: u8, w: &mut ByteWriter) {
    let flag = |yes: bool, bit: u8| if yes { bit } else { 0 };
    w.u8(flags | flag(account.open, OPEN) | flag(account.warned, WARNED));
    w.u8(account.fired);
    w.instant(account.start);
    w.u64(account.spent);
    w.u32(account.settled);
}

/// By place: its number.
fn numbers(order: &[u32]) -> Vec<u32> {
    let mut out = Vec::new();
    for (number, place) in order.iter().enumerate() {
        let at = *place as usize;
        if at >= out.len() {
            out.resize(at + 1, NONE);
        }
        out[at] = number as u32;
    }
    out
}
fn place_at(places: &[u32], number: u32, r: &ByteReader) -> Result<u32, Fault> {
    places.get(number as usize).copied().ok_or_else(|| r.corrupt("a key that is not in the table"))
}
