//! Money set aside for calls in flight: one slot each, found by its id, in lists by deadline that cost O(1) to enter and to leave.
use crate::base::hash::mix;
use crate::base::time::Instant;
use alloc::vec::Vec;
use hashbrown::HashTable;

/// No slot, no posting.
pub(super) const NONE: u32 = u32::MAX;
/// Budgets of one service: at most.
pub const MAX_ENTRIES: usize = 4;
/// No estimate came with the call.
pub(super) const UNKNOWN: u64 = u64::MAX;

/// What has become of a hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// It counts.
    Live,
    /// What the call cost is committed.
    Settled,
    /// The call cost nothing.
    Released,
    /// Nobody has said anything for its time to live; a settlement still counts.
    Expired,
}

/// A hold's share of one account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Posting {
    /// The period in which it was taken.
    pub(super) start: Instant,
    pub(super) account: u32,
    /// The place of the key whose account it is, or [`NONE`].
    pub(super) place: u32,
    pub(super) line: u16,
    /// Which of the hold's amounts.
    pub(super) entry: u8,
    pub(super) next: u32,
}

/// A hold. Memory: 120 bytes and 32 for each account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Hold {
    pub(super) id: u64,
    pub(super) phase: Phase,
    pub(super) chain: u16,
    /// Is it remembered once it has ended?
    pub(super) keyed: bool,
    /// The budget that named its cheaper alternative.
    pub(super) degraded: u16,
    /// When it expires; once it has ended, when it is forgotten.
    pub(super) until: Instant,
    /// What was asked, for each budget.
    pub(super) asked: [u64; MAX_ENTRIES],
    /// What is held, for each budget.
    pub(super) amounts: [u64; MAX_ENTRIES],
    pub(super) postings: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Slot {
    /// `None` while free.
    hold: Option<Hold>,
    prev: u32,
    /// Also the next free slot.
    next: u32,
}

/// The two lists of a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum List {
    /// Holds that count, by when they expire.
    Live = 0,
    /// Holds that have ended, by when they are forgotten.
    Ended = 1,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Fifo {
    head: u32,
    tail: u32,
}
const EMPTY: Fifo = Fifo { head: NONE, tail: NONE };

/// All holds.
#[derive(Clone, Debug)]
pub(super) struct Holds {
    slots: Vec<Slot>,
    free: u32,
    used: usize,
    cap: usize,
    ids: HashTable<u32>,
    postings: Vec<Posting>,
    free_posting: u32,
    lists: Vec<[Fifo; 2]>,
}

impl Holds {
    pub(super) fn new(chains: usize, cap: usize) -> Holds {
        Holds {
            slots: Vec::new(),
            free: NONE,
            used: 0,
            cap: cap.min(NONE as usize - 1),
            ids: HashTable::new(),
            postings: Vec::new(),
            free_posting: NONE,
            lists: alloc::vec![[EMPTY; 2]; chains],
        }
    }
    pub(super) fn cap(&self) -> usize {
        self.cap
    }
    pub(super) fn is_full(&self) -> bool {
        self.used >= self.cap
    }
    #[inline]
    pub(super) fn find(&self, id: u64) -> Option<u32> {
        self.ids.find(mix(id), |slot| self.at(*slot).is_some_and(|h| h.id == id)).copied()
    }
    #[inline]
    pub(super) fn at(&self, slot: u32) -> Option<&Hold> {
        self.slots.get(slot as usize)?.hold.as_ref()
    }
    #[inline]
    pub(super) fn at_mut(&mut self, slot: u32) -> Option<&mut Hold> {
        self.slots.get_mut(slot as usize)?.hold.as_mut()
    }
    /// Enters a hold whose id is not known, without postings.
    pub(super) fn insert(&mut self, hold: Hold) -> u32 {
        let entry = Slot { hold: Some(hold), prev: NONE, next: NONE };
        let slot = self.free;
        let slot = match self.slots.get_mut(slot as usize) {
            Some(place) => {
                self.free = place.next;
                *place = entry;
                slot
            }
            None => {
                self.slots.push(entry);
                (self.slots.len() - 1) as u32
            }
        };
        self.used += 1;
        let slots = &self.slots;
        let id_of = |slot: &u32| slots.get(*slot as usize).and_then(|s| s.hold).map_or(0, |h| h.id);
        self.ids.insert_unique(mix(hold.id), slot, |s| mix(id_of(s)));
        self.link(slot);
        slot
    }
    /// Takes a hold out for good. Its postings have been let go.
    pub(super) fn remove(&mut self, slot: u32) {
        let Some(id) = self.at(slot).map(|h| h.id) else { return };
        self.unlink(slot);
        if let Ok(entry) = self.ids.find_entry(mix(id), |s| *s == slot) {
            entry.remove();
        }
        if let Some(place) = self.slots.get_mut(slot as usize) {
            *place = Slot { hold: None, prev: NONE, next: self.free };
            self.free = slot;
            self.used -= 1;
        }
    }
    /// Files it anew, after its phase or its instant has changed: between `unlink` and `link` nothing else happens.
    pub(super) fn refile(&mut self, slot: u32, change: impl FnOnce(&mut Hold)) {
        self.unlink(slot);
        if let Some(hold) = self.at_mut(slot) {
            change(hold);
        }
        self.link(slot);
    }
    fn list_of(&self, slot: u32) -> Option<(usize, usize)> {
        let hold = self.at(slot)?;
        let list = if hold.phase == Phase::Live { List::Live } else { List::Ended };
        Some((usize::from(hold.chain), list as usize))
    }
    fn fifo(&mut self, (chain, list): (usize, usize)) -> Option<&mut Fifo> {
        self.lists.get_mut(chain)?.get_mut(list)
    }
    fn until(&self, slot: u32) -> Instant {
        self.at(slot).map_or(Instant::EPOCH, |h| h.until)
    }
    /// Behind the last one that is not later. All of a chain live equally long, so that is the last one, unless a reload shortened the time.
    fn link(&mut self, slot: u32) {
        let Some(list) = self.list_of(slot) else { return };
        let until = self.until(slot);
        let mut after = self.fifo(list).map_or(NONE, |f| f.tail);
        while after != NONE && self.until(after) > until {
            after = self.slots.get(after as usize).map_or(NONE, |s| s.prev);
        }
        let head = self.fifo(list).map_or(NONE, |f| f.head);
        let before = if after == NONE { head } else { self.slots.get(after as usize).map_or(NONE, |s| s.next) };
        if let Some(place) = self.slots.get_mut(slot as usize) {
            (place.prev, place.next) = (after, before);
        }
        self.join(list, after, slot);
        self.join(list, slot, before);
    }
    fn unlink(&mut self, slot: u32) {
        let Some(list) = self.list_of(slot) else { return };
        if let Some((prev, next)) = self.slots.get(slot as usize).map(|s| (s.prev, s.next)) {
            self.join(list, prev, next);
        }
    }
    /// Lets two neighbours of a list know each other; `NONE` stands for its end.
    fn join(&mut self, list: (usize, usize), left: u32, right: u32) {
        match self.slots.get_mut(left as usize) {
            Some(slot) => slot.next = right,
            None => self.fifo(list).into_iter().for_each(|f| f.head = right),
        }
        match self.slots.get_mut(right as usize) {
            Some(slot) => slot.prev = left,
            None => self.fifo(list).into_iter().for_each(|f| f.tail = left),
        }
    }
    /// The first of a list.
    #[inline]
    pub(super) fn first(&self, chain: usize, list: List) -> Option<u32> {
        let head = self.lists.get(chain)?.get(list as usize)?.head;
        (head != NONE).then_some(head)
    }
    /// The one behind it in its list.
    #[inline]
    pub(super) fn after(&self, slot: u32) -> Option<u32> {
        self.slots.get(slot as usize).map(|s| s.next).filter(|next| *next != NONE)
    }
    /// How many chains there are.
    pub(super) fn chains(&self) -> usize {
        self.lists.len()
    }
    /// The earliest of all heads of a list; ties by chain. Cost: O(chains).
    pub(super) fn earliest(&self, list: List) -> Option<(Instant, u32)> {
        let heads = (0..self.lists.len()).filter_map(|chain| self.first(chain, list));
        heads.map(|slot| (self.until(slot), slot)).min_by_key(|(until, _)| *until)
    }
    /// Enters a posting of a hold.
    pub(super) fn post(&mut self, slot: u32, mut posting: Posting) {
        posting.next = self.at(slot).map_or(NONE, |h| h.postings);
        let free = self.free_posting;
        let at = match self.postings.get_mut(free as usize) {
            Some(place) => {
                self.free_posting = place.next;
                *place = posting;
                free
            }
            None => {
                self.postings.push(posting);
                (self.postings.len() - 1) as u32
            }
        };
        if let Some(hold) = self.at_mut(slot) {
            hold.postings = at;
        }
    }
    /// A posting.
    #[inline]
    pub(super) fn posting(&self, at: u32) -> Option<Posting> {
        self.postings.get(at as usize).copied()
    }
    /// Lets all postings of a hold go.
    pub(super) fn clear_postings(&mut self, slot: u32) {
        let Some(hold) = self.at_mut(slot) else { return };
        let first = core::mem::replace(&mut hold.postings, NONE);
        let mut at = first;
        while let Some(place) = self.postings.get_mut(at as usize) {
            if place.next == NONE {
                place.next = self.free_posting;
                self.free_posting = first;
                break;
            }
            at = place.next;
        }
    }
    /// The postings of a hold, the last one entered first.
    pub(super) fn postings_of(&self, hold: &Hold) -> impl Iterator<Item = Posting> + '_ {
        let first = self.posting(hold.postings);
        core::iter::successors(first, |p| self.posting(p.next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(id: u64, ms: i64) -> Hold {
        Hold {
            id,
            phase: Phase::Live,
            chain: 0,
            keyed: true,
            degraded: u16::MAX,
            until: Instant::from_millis(ms),
            asked: [0; MAX_ENTRIES],
            amounts: [0; MAX_ENTRIES],
            postings: NONE,
        }
    }
    fn ids(h: &Holds, list: List) -> Vec<u64> {
        core::iter::successors(h.first(0, list), |s| h.after(*s)).filter_map(|s| Some(h.at(s)?.id)).collect()
    }
    #[test]
    fn holds_stand_in_order_of_their_instants_and_are_found_by_id() {
        let mut h = Holds::new(1, 10);
        let slots = [(1, 10), (2, 20), (3, 15), (4, 5)].map(|(id, ms)| h.insert(hold(id, ms)));
        assert_eq!(ids(&h, List::Live), [4, 1, 3, 2]);
        h.refile(slots[0], |h| h.until = Instant::from_millis(30));
        assert_eq!(ids(&h, List::Live), [4, 3, 2, 1]);
        h.refile(slots[2], |h| h.phase = Phase::Expired);
        assert_eq!((ids(&h, List::Live), ids(&h, List::Ended)), (alloc::vec![4, 2, 1], alloc::vec![3]));
        h.remove(slots[1]);
        assert_eq!((h.find(2), h.find(3)), (None, Some(slots[2])));
        assert_eq!(h.insert(hold(5, 7)), slots[1], "a free place is taken again");
        assert_eq!(ids(&h, List::Live), [4, 5, 1]);
    }
    #[test]
    fn postings_are_taken_again() {
        let mut h = Holds::new(1, 10);
        let slot = h.insert(hold(1, 10));
        let posting = |account| Posting { start: Instant::EPOCH, account, place: NONE, line: 0, entry: 0, next: NONE };
        (0..3).for_each(|n| h.post(slot, posting(n)));
        let of = |h: &Holds| h.postings_of(h.at(slot).unwrap()).map(|p| p.account).collect::<Vec<_>>();
        assert_eq!(of(&h), [2, 1, 0]);
        h.clear_postings(slot);
        h.clear_postings(slot);
        assert!(of(&h).is_empty());
        (5..9).for_each(|n| h.post(slot, posting(n)));
        assert_eq!((of(&h), h.postings.len()), (alloc::vec![8, 7, 6, 5], 4));
    }
}
