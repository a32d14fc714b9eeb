//! Names of tenants, users, addresses: each gets a small index, is found without allocation, and leaves no trace once removed.
//!
//! The number of keys is capped. A key that rests (indistinguishable from an absent one) can be removed to make room; each key has one
//! lazy entry in a queue, with a lower bound of the instant from which it may rest, so that finding one needs no scan.
//!
//! Memory of a 16-byte key at the cap: 32 bytes of slot, 16 of queue entry, 7 to 14 of table; names beyond 22 bytes add their own allocation.
use crate::base::error::Code;
use crate::base::hash::{bucket, hash_parts, keyed, mix, stable};
use crate::base::time::Instant;
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BinaryHeap;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Reverse;
use hashbrown::HashTable;

/// A longer name is `key_too_long`.
pub const MAX_KEY_BYTES: usize = 256;
/// The largest cap: an index takes 24 bits of a handle.
pub const MAX_CAP: usize = 1 << INDEX_BITS;
/// How many keys one group joins at most.
pub const MAX_PARTS: usize = 4;
/// Joins the parts of a group's name; sorts before every printable character.
pub const JOINT: char = '\u{1f}';

const INDEX_BITS: u32 = 24;
/// Index and generation together stay below 2^53.
const GENERATIONS: u32 = 1 << 28;
const SHORT: usize = 22;
const FILED: u32 = 1 << 31;

/// Which key, for as long as it is not removed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct KeyId(pub u32);

impl KeyId {
    /// Which key a handle names, as long as the handle is not stale.
    #[inline]
    pub(crate) const fn named_by(handle: u64) -> KeyId {
        KeyId((handle & (MAX_CAP as u64 - 1)) as u32)
    }
    /// Its place in a table beside the interner.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// May this name be interned? Errors: `key_empty`, `key_too_long`.
pub fn check_name(name: &str) -> Result<(), Code> {
    match name.len() {
        0 => Err(Code::KeyEmpty),
        1..=MAX_KEY_BYTES => Ok(()),
        _ => Err(Code::KeyTooLong),
    }
}

/// Why a name did not become a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyError {
    /// As many keys live as the cap allows: remove one that rests, or refuse the call.
    Full,
    /// The name or a part is wrong: `key_empty`, `key_too_long`, `too_many`, `stale_handle`.
    Bad(Code),
}

#[derive(Clone, Debug)]
enum Label {
    Vacant,
    Short { len: u8, bytes: [u8; SHORT] },
    Long(Box<str>),
    Group { len: u8, parts: [KeyId; MAX_PARTS] },
}

impl Label {
    fn plain(name: &str) -> Label {
        let mut bytes = [0; SHORT];
        match bytes.get_mut(..name.len()) {
            Some(head) => {
                head.copy_from_slice(name.as_bytes());
                Label::Short { len: name.len() as u8, bytes }
            }
            None => Label::Long(name.into()),
        }
    }
    fn group(ids: &[KeyId]) -> Label {
        let mut parts = [KeyId::default(); MAX_PARTS];
        parts.iter_mut().zip(ids).for_each(|(slot, id)| *slot = *id);
        Label::Group { len: ids.len() as u8, parts }
    }
    /// The bytes of a plain name.
    fn bytes(&self) -> Option<&[u8]> {
        match self {
            Label::Short { len, bytes } => bytes.get(..usize::from(*len)),
            Label::Long(name) => Some(name.as_bytes()),
            _ => None,
        }
    }
    fn text(&self) -> Option<&str> {
        self.bytes().and_then(|bytes| core::str::from_utf8(bytes).ok())
    }
    fn parts(&self) -> &[KeyId] {
        match self {
            Label::Group { len, parts } => parts.get(..usize::from(*len)).unwrap_or_default(),
            _ => &[],
        }
    }
}

#[derive(Clone, Debug)]
struct Slot {
    label: Label,
    generation: u32,
    /// How many groups and holders need this key, and the bit [`FILED`] when it has an entry in the rest queue.
    pins: u32,
}

/// One entry of the rest queue; stale when the slot's generation has moved on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Rest {
    bound: Instant,
    id: KeyId,
    generation: u32,
}

/// All keys of an engine.
#[derive(Clone, Debug)]
pub struct Keys {
    cap: usize,
    seed: (u64, u64),
    /// The generation of a slot that is used for the first time.
    first: u32,
    slots: Vec<Slot>,
    /// Vacant slots; the last freed is taken first.
    free: Vec<u32>,
    table: HashTable<u32>,
    rest: BinaryHeap<Reverse<Rest>>,
}

impl Keys {
    /// No keys, at most `cap` of them (at most [`MAX_CAP`]); `seed` keeps chosen names from sharing a place in the table.
    pub fn new(cap: usize, seed: u64) -> Self {
        Keys {
            cap: cap.clamp(1, MAX_CAP),
            seed: (mix(seed ^ 0x6b65_795f_7461_626c), mix(seed.wrapping_add(0x9e37_79b9_7f4a_7c15))),
            first: 1,
            slots: Vec::new(),
            free: Vec::new(),
            table: HashTable::new(),
            rest: BinaryHeap::new(),
        }
    }
    /// How many keys live, groups included.
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// How many may live.
    pub fn cap(&self) -> usize {
        self.cap
    }
    /// Changes the cap; keys beyond a lower one stay until they rest, and no new one comes in before.
    pub fn set_cap(&mut self, cap: usize) {
        self.cap = cap.clamp(1, MAX_CAP);
    }
    /// One more than the largest index in use: the length of a table beside this one.
    pub fn index_end(&self) -> usize {
        self.slots.len()
    }
    /// Bytes held, tables and names included.
    pub fn memory_bytes(&self) -> usize {
        let long = |slot: &Slot| if let Label::Long(name) = &slot.label { name.len() } else { 0 };
        self.slots.capacity() * size_of::<Slot>()
            + self.free.capacity() * size_of::<u32>()
            + self.table.allocation_size()
            + self.rest.capacity() * size_of::<Rest>()
            + self.slots.iter().map(long).sum::<usize>()
    }
    fn slot(&self, id: KeyId) -> Option<&Slot> {
        self.slots.get(id.0 as usize).filter(|slot| !matches!(slot.label, Label::Vacant))
    }
    fn slot_mut(&mut self, id: KeyId) -> Option<&mut Slot> {
        self.slots.get_mut(id.0 as usize).filter(|slot| !matches!(slot.label, Label::Vacant))
    }
    /// Does the key live?
    pub fn contains(&self, id: KeyId) -> bool {
        self.slot(id).is_some()
    }
    fn place(&self, label: &Label) -> u64 {
        place(self.seed, label)
    }
    /// The key of a name; allocates nothing.
    pub fn find(&self, name: &str) -> Option<KeyId> {
        let place = keyed(self.seed.0, self.seed.1, name.as_bytes());
        let same = |at: &u32| self.slots.get(*at as usize).is_some_and(|s| s.label.bytes() == Some(name.as_bytes()));
        self.table.find(place, same).map(|at| KeyId(*at))
    }
    /// The key of several parts in order; that of the part itself for a single one.
    pub fn find_group(&self, parts: &[KeyId]) -> Option<KeyId> {
        if let [only] = parts {
            return self.contains(*only).then_some(*only);
        }
        let place = self.place(&Label::group(parts));
        let same =
            |at: &u32| self.slots.get(*at as usize).is_some_and(|s| !parts.is_empty() && s.label.parts() == parts);
        self.table.find(place, same).map(|at| KeyId(*at))
    }
    /// The key of a name, made if there is none. Names have 1 to 256 bytes.
    pub fn intern(&mut self, name: &str) -> Result<KeyId, KeyError> {
        check_name(name).map_err(KeyError::Bad)?;
        match self.find(name) {
            Some(id) => Ok(id),
            None => self.insert(Label::plain(name)),
        }
    }
    /// The key of several plain keys in order, made if there is none. It counts towards the cap and holds its parts.
    pub fn intern_group(&mut self, parts: &[KeyId]) -> Result<KeyId, KeyError> {
        if let Some(id) = self.find_group(parts) {
            return Ok(id);
        }
        match parts.len() {
            0 => return Err(KeyError::Bad(Code::KeyEmpty)),
            1..=MAX_PARTS => {}
            _ => return Err(KeyError::Bad(Code::TooMany)),
        }
        if parts.iter().any(|id| self.slot(*id).is_none_or(|slot| !slot.label.parts().is_empty())) {
            return Err(KeyError::Bad(Code::StaleHandle));
        }
        let id = self.insert(Label::group(parts))?;
        parts.iter().for_each(|part| self.pin(*part));
        Ok(id)
    }
    fn insert(&mut self, label: Label) -> Result<KeyId, KeyError> {
        if self.len() >= self.cap {
            return Err(KeyError::Full);
        }
        let at = self.place(&label);
        let index = match self.free.pop() {
            Some(index) => {
                if let Some(slot) = self.slots.get_mut(index as usize) {
                    *slot = Slot { label, generation: slot.generation, pins: 0 };
                }
                index
            }
            None => {
                if self.slots.len() == self.slots.capacity() {
                    let more = (self.slots.len() / 8).max(16).min(self.cap - self.slots.len());
                    self.slots.reserve_exact(more);
                }
                self.slots.push(Slot { label, generation: self.first, pins: 0 });
                (self.slots.len() - 1) as u32
            }
        };
        let (slots, seed) = (&self.slots, self.seed);
        self.table.insert_unique(at, index, |at| slots.get(*at as usize).map_or(0, |s| place(seed, &s.label)));
        Ok(KeyId(index))
    }
    /// Removes a key and frees its index; its handle is stale from now on. False when it does not live, or is pinned.
    pub fn remove(&mut self, id: KeyId) -> bool {
        let Some(slot) = self.slot(id).filter(|slot| slot.pins & !FILED == 0) else { return false };
        let place = self.place(&slot.label);
        let label = slot.label.clone();
        if let Ok(entry) = self.table.find_entry(place, |at| *at == id.0) {
            entry.remove();
        }
        if let Some(slot) = self.slots.get_mut(id.0 as usize) {
            let generation = if slot.generation + 1 >= GENERATIONS { 1 } else { slot.generation + 1 };
            *slot = Slot { label: Label::Vacant, generation, pins: 0 };
        }
        self.free.push(id.0);
        label.parts().iter().for_each(|part| self.unpin(*part));
        self.drop_stale_rests();
        true
    }
    /// Holds a key: it is not offered for removal and cannot be removed until as many [`Keys::unpin`] follow.
    pub fn pin(&mut self, id: KeyId) {
        if let Some(slot) = self.slot_mut(id) {
            slot.pins += u32::from(slot.pins & !FILED < FILED - 1);
        }
    }
    /// Lets go of a key; once nobody holds it, it is offered for removal again.
    pub fn unpin(&mut self, id: KeyId) {
        let Some(slot) = self.slot_mut(id).filter(|slot| slot.pins & !FILED > 0) else { return };
        slot.pins -= 1;
        if slot.pins & !FILED == 0 {
            // Its entry may stand far ahead, from before it was held.
            self.hasten(id, Instant::EPOCH);
        }
    }
    /// Is the key held?
    pub fn is_pinned(&self, id: KeyId) -> bool {
        self.slot(id).is_some_and(|slot| slot.pins & !FILED > 0)
    }

    /// The number that a host keeps for a key: below 2^53, never 0, stale once the key is removed. 0 when the key does not live.
    pub fn handle(&self, id: KeyId) -> u64 {
        self.slot(id).map_or(0, |slot| (u64::from(slot.generation) << INDEX_BITS) | u64::from(id.0))
    }
    /// Makes the handles of every other interner stale here: those of an engine that was lost and rebuilt must not name another's keys.
    /// `salt` is whatever tells this one from the others. Every key is filed anew.
    pub fn renew(&mut self, salt: u64, not_before: Instant) {
        self.first = 1 + bucket(mix(salt), u64::from(GENERATIONS - 1)) as u32;
        let first = self.first;
        self.slots.iter_mut().for_each(|slot| slot.generation = first);
        self.refile_all(not_before);
    }
    /// The key of a handle. Errors: `stale_handle`.
    #[inline]
    pub fn resolve(&self, handle: u64) -> Result<KeyId, Code> {
        let id = KeyId::named_by(handle);
        if handle != 0 && self.handle(id) == handle { Ok(id) } else { Err(Code::StaleHandle) }
    }
    /// The stable hash of a key's name (a group's: of its parts' hashes): the same for every seed and on every machine. 0 when it does not live.
    pub fn hash(&self, id: KeyId) -> u64 {
        let Some(slot) = self.slot(id) else { return 0 };
        if let Some(name) = slot.label.bytes() {
            return stable(name);
        }
        let mut hashes = [0; MAX_PARTS];
        let parts = slot.label.parts();
        let names = parts.iter().map(|part| self.slot(*part).and_then(|slot| slot.label.bytes()).map_or(0, stable));
        hashes.iter_mut().zip(names).for_each(|(hash, name)| *hash = name);
        hash_parts(0, hashes.get(..parts.len()).unwrap_or_default())
    }
    /// The keys that a group joins, in order; empty for a plain key.
    pub fn parts(&self, id: KeyId) -> &[KeyId] {
        self.slot(id).map_or(&[], |slot| slot.label.parts())
    }
    /// The name by which keys are ordered: that of a group is its parts' names joined by [`JOINT`]. Empty when the key does not live.
    pub fn name(&self, id: KeyId) -> Cow<'_, str> {
        self.joined(id, JOINT)
    }
    /// The name as a person sees it: that of a group is its parts' names joined by commas.
    pub fn shown(&self, id: KeyId) -> Cow<'_, str> {
        self.joined(id, ',')
    }
    fn joined(&self, id: KeyId, joint: char) -> Cow<'_, str> {
        let Some(slot) = self.slot(id) else { return Cow::Borrowed("") };
        if let Some(text) = slot.label.text() {
            return Cow::Borrowed(text);
        }
        let mut out = String::new();
        for (n, part) in slot.label.parts().iter().enumerate() {
            if n > 0 {
                out.push(joint);
            }
            out.push_str(self.slot(*part).and_then(|slot| slot.label.text()).unwrap_or_default());
        }
        Cow::Owned(out)
    }
    /// All keys by name: first the plain ones, then the groups, which need them. Cost: O(n log n).
    pub fn sorted(&self) -> Vec<KeyId> {
        let live = (0..self.slots.len() as u32).map(KeyId).filter(|id| self.contains(*id));
        let (mut plain, mut groups): (Vec<KeyId>, Vec<KeyId>) = live.partition(|id| self.parts(*id).is_empty());
        crate::base::order::sort_by(&mut plain, |a, b| self.name(*a).cmp(&self.name(*b)));
        crate::base::order::sort_by_cached_key(&mut groups, |id| (self.name(*id).into_owned(), *id));
        plain.append(&mut groups);
        plain
    }

    /// Enters a key into the rest queue: it cannot rest before `not_before`. Nothing happens when it has its entry already.
    pub fn file(&mut self, id: KeyId, not_before: Instant) {
        let Some(slot) = self.slot_mut(id).filter(|slot| slot.pins & FILED == 0) else { return };
        slot.pins |= FILED;
        let generation = slot.generation;
        self.queue(Rest { bound: not_before, id, generation });
    }
    /// Says that a key may rest earlier than its entry promised, after an order cleared it.
    pub fn hasten(&mut self, id: KeyId, not_before: Instant) {
        let Some(slot) = self.slot_mut(id) else { return };
        slot.pins |= FILED;
        let generation = slot.generation;
        self.queue(Rest { bound: not_before, id, generation });
        self.drop_stale_rests();
    }
    /// Enters every key anew, all with the same bound.
    pub fn refile_all(&mut self, not_before: Instant) {
        self.rest.clear();
        for at in 0..self.slots.len() as u32 {
            if let Some(slot) = self.slot_mut(KeyId(at)) {
                slot.pins &= !FILED;
                self.file(KeyId(at), not_before);
            }
        }
    }
    fn queue(&mut self, rest: Rest) {
        if self.rest.len() == self.rest.capacity() {
            self.rest.reserve_exact((self.rest.len() / 8).clamp(16, self.cap.saturating_sub(self.rest.len()).max(16)));
        }
        self.rest.push(Reverse(rest));
    }
    /// Takes out the key with the lowest bound at or before `now`; look whether it rests, then [`Keys::remove`] or [`Keys::file`] it.
    /// Pinned keys are passed over; they come back once nobody holds them.
    pub fn pop_due(&mut self, now: Instant) -> Option<KeyId> {
        while self.rest.peek().is_some_and(|Reverse(rest)| rest.bound <= now) {
            let Some(Reverse(rest)) = self.rest.pop() else { break };
            let Some(slot) = self.slot_mut(rest.id) else { continue };
            if slot.generation != rest.generation || slot.pins & FILED == 0 {
                continue;
            }
            slot.pins &= !FILED;
            if slot.pins == 0 {
                return Some(rest.id);
            }
        }
        None
    }
    /// The queue never outgrows the keys by more than a constant factor: removed and hastened keys leave entries behind.
    fn drop_stale_rests(&mut self) {
        if self.rest.len() <= 2 * self.len() + 64 {
            return;
        }
        let mut entries = self.live_rests();
        entries.dedup_by_key(|rest| rest.id);
        self.rest = entries.into_iter().map(Reverse).collect();
    }
    /// The live entries of the queue, by key and then by bound.
    fn live_rests(&self) -> Vec<Rest> {
        let live =
            |rest: &Rest| self.slot(rest.id).is_some_and(|s| s.generation == rest.generation && s.pins & FILED != 0);
        let mut entries: Vec<Rest> = self.rest.iter().map(|Reverse(rest)| *rest).filter(live).collect();
        crate::base::order::sort_by_key(&mut entries, |rest| (rest.id, rest.bound));
        entries
    }
}

fn place(seed: (u64, u64), label: &Label) -> u64 {
    match label.bytes() {
        Some(bytes) => keyed(seed.0, seed.1, bytes),
        None => label.parts().iter().fold(seed.1, |h, id| mix(h ^ u64::from(id.0)).wrapping_add(seed.0)),
    }
}

#[cfg(test)]
#[path = "key_tests.rs"]
mod tests;
