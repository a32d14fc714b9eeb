//! The accounts of keys: a row of them for each key that has spent, found by the key's place.
use crate::gate::budget::account::Account;
use crate::gate::budget::hold::NONE;
use alloc::vec::Vec;

/// The lines of one budget that are split by the same keys. Memory: 4 bytes for each place up to the highest, and a row's accounts.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    /// Lines in a row.
    pub(super) width: u32,
    /// By place: where its row begins among the accounts, or [`NONE`].
    starts: Vec<u32>,
    /// Rows that were let go.
    free: Vec<u32>,
}

impl Rows {
    pub(super) fn new(width: u32) -> Rows {
        Rows { width, starts: Vec::new(), free: Vec::new() }
    }
    /// Where the row of a place begins.
    #[inline]
    pub(super) fn find(&self, place: u32) -> Option<u32> {
        self.starts.get(place as usize).copied().filter(|start| *start != NONE)
    }
    /// As [`find`](Self::find); begins one if need be.
    #[inline]
    pub(super) fn open(&mut self, place: u32, accounts: &mut Vec<Account>) -> u32 {
        match self.find(place) {
            Some(start) => start,
            None => self.begin(place, accounts),
        }
    }
    fn begin(&mut self, place: u32, accounts: &mut Vec<Account>) -> u32 {
        let start = self.free.pop().unwrap_or_else(|| {
            let start = accounts.len() as u32;
            reserve(accounts, self.width as usize);
            accounts.resize(accounts.len() + self.width as usize, Account::NONE);
            start
        });
        let at = place as usize;
        if at >= self.starts.len() {
            let more = at + 1 - self.starts.len();
            reserve(&mut self.starts, more);
            self.starts.resize(at + 1, NONE);
        }
        if let Some(slot) = self.starts.get_mut(at) {
            *slot = start;
        }
        start
    }
    /// Lets the row of a place go.
    pub(super) fn close(&mut self, place: u32, accounts: &mut [Account]) {
        let Some(start) = self.find(place) else { return };
        let row = accounts.get_mut(start as usize..(start + self.width) as usize);
        row.into_iter().flatten().for_each(|a| *a = Account::NONE);
        if let Some(slot) = self.starts.get_mut(place as usize) {
            *slot = NONE;
        }
        self.free.push(start);
    }
    /// All places that have a row, ascending, and where it begins.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.starts.iter().enumerate().filter(|(_, s)| **s != NONE).map(|(place, start)| (place as u32, *start))
    }
}

/// Room in a long table without doubling it: an eighth more at a time.
fn reserve<T>(table: &mut Vec<T>, n: usize) {
    if table.capacity() - table.len() < n {
        table.reserve_exact(n.max(table.len() / 8).max(4));
    }
}
