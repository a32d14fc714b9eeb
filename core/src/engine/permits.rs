//! The calls in flight: one slot each, in lists by deadline that cost O(1) to enter and to leave.
//!
//! A permit on the wire is `tag · sequence · slot` (9 + 24 + 20 bits, below 2^53): the tag tells engines apart,
//! the sequence tells a settled permit from the one that took its slot.
use crate::base::sorted::Sorted;
use crate::base::time::Instant;
use crate::engine::cells::MAX_SPLITS;
use crate::measure::window::Stamp;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// No slot.
pub(super) const NONE: u32 = u32::MAX;
/// What a granted peek carries instead of a permit.
pub(super) const PEEK: u64 = (1 << 53) - 1;
const SLOT_BITS: u32 = 20;
const SEQ_BITS: u32 = 24;
/// The last sequence number of a slot, after which it starts with 1 again.
pub(super) const MAX_SEQ: u32 = (1 << SEQ_BITS) - 1;
/// The most live permits that the form of a permit allows.
pub(super) const MAX_PERMITS: u32 = (1 << SLOT_BITS) - 2;
/// How many units of measure a policy may name.
pub const MAX_UNITS: usize = 4;

/// A breaker's part of a permit. Memory: 16 bytes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Held {
    stamp: Stamp,
    pub(super) generation: u32,
    /// Is it a probe? Its lease is then the permit's.
    pub(super) probe: bool,
    crossed: bool,
}

impl Held {
    #[inline]
    pub(super) const fn new(generation: u32, probe: bool) -> Held {
        Held { stamp: Stamp::NONE, generation, probe, crossed: false }
    }
    /// Where it entered the window when it turned slow in flight.
    #[inline]
    pub(super) fn crossed(&self) -> Option<Stamp> {
        self.crossed.then_some(self.stamp)
    }
    pub(super) fn set_crossed(&mut self, stamp: Option<Stamp>) {
        (self.crossed, self.stamp) = (stamp.is_some(), stamp.unwrap_or(Stamp::NONE));
    }
}

/// A call in flight.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Permit {
    pub(super) service: u32,
    /// The how-manieth permit; orders those of one instant.
    pub(super) serial: u64,
    pub(super) granted: Instant,
    pub(super) lease_end: Instant,
    /// When it becomes slow; `NEVER` without a slow rule.
    pub(super) slow_at: Instant,
    /// The cell in each split of the service.
    pub(super) cells: [u32; MAX_SPLITS],
    /// By the breaker of the key or the service.
    pub(super) breaker: Option<Held>,
    /// By the roll-up.
    pub(super) rollup: Option<Held>,
    /// Bit i: limit i took its units.
    pub(super) limits: u32,
    pub(super) amounts: [u64; MAX_UNITS],
    pub(super) attempt: u32,
    /// The first attempt of the call.
    pub(super) begun: Instant,
    pub(super) idempotent: bool,
    /// Is it a probe, or has it turned slow in flight? Set on entering.
    pub(super) special: bool,
}

impl Permit {
    /// A probe, or a call that has turned slow in flight.
    fn is_special(&self) -> bool {
        let crossed = |held: Option<Held>| held.is_some_and(|h| h.crossed().is_some());
        self.is_probe() || crossed(self.breaker) || crossed(self.rollup)
    }
    /// Is it a probe of either breaker?
    #[inline]
    pub(super) fn is_probe(&self) -> bool {
        self.breaker.is_some_and(|h| h.probe) || self.rollup.is_some_and(|h| h.probe)
    }
}

/// Which deadline a list is ordered by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum List {
    Lease = 0,
    Probe = 1,
    Slow = 2,
}

impl List {
    #[inline]
    fn link(self) -> usize {
        usize::from(self == List::Slow)
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
struct Link {
    prev: u32,
    next: u32,
}
const LOOSE: Link = Link { prev: NONE, next: NONE };

#[derive(Clone, PartialEq, Debug)]
struct Slot {
    /// What the permit in it is called.
    id: u64,
    seq: u32,
    links: [Link; 2],
    permit: Option<Permit>,
}

/// Head and tail of one list.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Fifo {
    head: u32,
    tail: u32,
}

impl Default for Fifo {
    fn default() -> Self {
        Fifo { head: NONE, tail: NONE }
    }
}

/// The lists of one service.
pub(super) type Fifos = [Fifo; 3];

/// The number of a permit on the wire.
#[inline]
fn name(tag: u64, slot: u32, seq: u32) -> u64 {
    (tag << (SLOT_BITS + SEQ_BITS)) | (u64::from(seq) << SLOT_BITS) | u64::from(slot)
}

/// All calls in flight.
#[derive(Clone, Debug)]
pub(super) struct Permits {
    slots: Vec<Slot>,
    free: Vec<u32>,
    cap: u32,
    tag: u64,
    /// From one sequence number of a slot to the next.
    step: u32,
    serial: u64,
    /// Permits whose lease ran out, oldest first: a late settle is observed, not refused.
    expired: VecDeque<u64>,
    expired_set: Sorted<u64>,
}

impl Permits {
    #[inline]
    pub(super) fn new(cap: u32, tag: u64) -> Self {
        Permits {
            slots: Vec::new(),
            free: Vec::new(),
            cap: cap.min(MAX_PERMITS),
            tag: tag & 0x1ff,
            step: 1,
            serial: 0,
            expired: VecDeque::new(),
            expired_set: Sorted::default(),
        }
    }
    pub(super) fn live(&self) -> usize {
        self.slots.len() - self.free.len()
    }
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.live() >= self.cap as usize
    }
    pub(super) fn set_cap(&mut self, cap: u32) {
        self.cap = cap.min(MAX_PERMITS);
    }
    /// The slot of a live permit.
    pub(super) fn find(&self, permit: u64) -> Option<u32> {
        self.look_up(permit).map(|(slot, _)| slot)
    }
    /// A live permit and its slot.
    #[inline(always)]
    pub(super) fn look_up(&self, permit: u64) -> Option<(u32, &Permit)> {
        let slot = (permit & ((1 << SLOT_BITS) - 1)) as u32;
        let held = self.slots.get(slot as usize)?;
        let live = held.permit.as_ref()?;
        (held.id == permit).then_some((slot, live))
    }
    /// Did this permit's lease run out? Answers yes once.
    pub(super) fn forget_expired(&mut self, permit: u64) -> bool {
        self.expired_set.remove(&permit)
    }
    #[inline]
    pub(super) fn permit(&self, slot: u32) -> Option<&Permit> {
        self.slots.get(slot as usize)?.permit.as_ref()
    }
    #[inline]
    pub(super) fn permit_mut(&mut self, slot: u32) -> Option<&mut Permit> {
        self.slots.get_mut(slot as usize)?.permit.as_mut()
    }
    pub(super) fn id(&self, slot: u32) -> u64 {
        self.slots.get(slot as usize).map_or(0, |s| s.id)
    }
    /// Takes a slot and enters the lists. `None` at the cap.
    pub(super) fn insert(&mut self, fifos: &mut Fifos, mut permit: Permit) -> Option<u64> {
        permit.special = permit.is_special();
        let lease = if permit.is_probe() { List::Probe } else { List::Lease };
        self.enter(fifos, permit, lease)
    }
    /// As `insert`, of a permit that is no probe.
    #[inline(always)]
    pub(super) fn insert_ordinary(&mut self, fifos: &mut Fifos, permit: Permit) -> Option<u64> {
        self.enter(fifos, permit, List::Lease)
    }
    #[inline(always)]
    fn enter(&mut self, fifos: &mut Fifos, mut permit: Permit, lease: List) -> Option<u64> {
        if self.is_full() {
            return None;
        }
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => self.another_slot(),
        };
        self.serial += 1;
        permit.serial = self.serial;
        let (lease_end, slow_at) = (permit.lease_end, permit.slow_at);
        let held = self.slots.get_mut(slot as usize)?;
        held.seq = held.seq.wrapping_add(self.step) & MAX_SEQ;
        if held.seq == 0 {
            held.seq = 1;
        }
        let id = name(self.tag, slot, held.seq);
        held.id = id;
        held.permit = Some(permit);
        self.push(fifos, lease, slot, lease_end);
        if !slow_at.is_never() {
            self.push(fifos, List::Slow, slot, slow_at);
        }
        Some(id)
    }
    #[cold]
    fn another_slot(&mut self) -> u32 {
        self.slots.push(Slot { id: 0, seq: 0, links: [LOOSE; 2], permit: None });
        (self.slots.len() - 1) as u32
    }
    /// As `release`; the permit is handed out.
    pub(super) fn remove(&mut self, fifos: &mut Fifos, slot: u32) -> Option<Permit> {
        let permit = *self.permit(slot)?;
        self.release(fifos, slot);
        Some(permit)
    }
    /// Gives the slot back and leaves the lists.
    fn release(&mut self, fifos: &mut Fifos, slot: u32) {
        let Some(probe) = self.permit(slot).map(Permit::is_probe) else { return };
        if probe {
            self.unlink(fifos, List::Probe, slot);
        }
        self.give_back(fifos, slot, !probe);
    }
    /// As `release`, of a permit that is no probe.
    #[inline(always)]
    pub(super) fn release_ordinary(&mut self, fifos: &mut Fifos, slot: u32) {
        self.give_back(fifos, slot, true);
    }
    #[inline(always)]
    fn give_back(&mut self, fifos: &mut Fifos, slot: u32, leased: bool) {
        if leased {
            self.unlink(fifos, List::Lease, slot);
        }
        if self.permit(slot).is_some_and(|p| !p.slow_at.is_never()) {
            self.unlink(fifos, List::Slow, slot);
        }
        if let Some(s) = self.slots.get_mut(slot as usize) {
            s.permit = None;
        }
        self.free.push(slot);
    }
    /// As `remove`, and remembers that the lease ran out.
    pub(super) fn expire(&mut self, fifos: &mut Fifos, slot: u32) -> Option<(u64, Permit)> {
        let id = self.id(slot);
        let permit = self.remove(fifos, slot)?;
        if self.expired.len() >= self.cap as usize
            && let Some(oldest) = self.expired.pop_front()
        {
            self.expired_set.remove(&oldest);
        }
        self.expired.push_back(id);
        self.expired_set.insert(id);
        Some((id, permit))
    }
    /// The call has become slow: it leaves the list of those that may.
    pub(super) fn leave_slow(&mut self, fifos: &mut Fifos, slot: u32) {
        self.unlink(fifos, List::Slow, slot);
        if let Some(p) = self.permit_mut(slot) {
            p.special = true;
            p.slow_at = Instant::NEVER;
        }
    }
    /// The earliest deadline of a list, and whose it is.
    pub(super) fn first(&self, fifos: &Fifos, list: List) -> Option<(Instant, u32)> {
        let slot = fifos[list as usize].head;
        Some((self.due(list, slot)?, slot))
    }
    #[inline]
    fn due(&self, list: List, slot: u32) -> Option<Instant> {
        let p = self.permit(slot)?;
        Some(if list == List::Slow { p.slow_at } else { p.lease_end })
    }
    #[inline]
    fn link(&mut self, list: List, slot: u32) -> &mut Link {
        &mut self.slots[slot as usize].links[list.link()]
    }
    /// Enters a list at its end; further up only where a reload has shortened the rule.
    #[inline(always)]
    fn push(&mut self, fifos: &mut Fifos, list: List, slot: u32, due: Instant) {
        let ends = &mut fifos[list as usize];
        if ends.tail == NONE {
            *ends = Fifo { head: slot, tail: slot };
        } else if self.due(list, ends.tail) <= Some(due) {
            let last = core::mem::replace(&mut ends.tail, slot);
            self.link(list, last).next = slot;
            *self.link(list, slot) = Link { prev: last, next: NONE };
        } else {
            self.push_ahead(ends, list, slot, due);
        }
    }
    /// Enters a list before its last.
    #[cold]
    #[inline(never)]
    fn push_ahead(&mut self, ends: &mut Fifo, list: List, slot: u32, due: Instant) {
        let mut next = ends.tail;
        let mut after = self.link(list, next).prev;
        while after != NONE && self.due(list, after) > Some(due) {
            next = after;
            after = self.link(list, after).prev;
        }
        *self.link(list, slot) = Link { prev: after, next };
        self.link(list, next).prev = slot;
        match after {
            NONE => ends.head = slot,
            after => self.link(list, after).next = slot,
        }
    }
    /// Leaves a list.
    #[inline(always)]
    fn unlink(&mut self, fifos: &mut Fifos, list: List, slot: u32) {
        let ends = &mut fifos[list as usize];
        if ends.head == slot && ends.tail == slot {
            *ends = Fifo::default();
        } else {
            self.unlink_among(ends, list, slot);
        }
    }
    #[inline(never)]
    fn unlink_among(&mut self, ends: &mut Fifo, list: List, slot: u32) {
        let Link { prev, next } = *self.link(list, slot);
        match prev {
            NONE => ends.head = next,
            prev => self.link(list, prev).next = next,
        }
        match next {
            NONE => ends.tail = prev,
            next => self.link(list, next).prev = prev,
        }
        *self.link(list, slot) = LOOSE;
    }
    /// Every live permit with its slot and sequence, in slot order.
    pub(super) fn all(&self) -> impl Iterator<Item = (u32, u32, &Permit)> {
        self.slots.iter().enumerate().filter_map(|(i, s)| s.permit.as_ref().map(|p| (i as u32, s.seq, p)))
    }
    /// The sequence of every slot, for a snapshot.
    pub(super) fn sequences(&self) -> impl Iterator<Item = u32> {
        self.slots.iter().map(|s| s.seq)
    }
    /// The free slots in the order in which they will be taken, last first.
    pub(super) fn free_slots(&self) -> &[u32] {
        &self.free
    }
    /// What tells this engine's permits from another's; a reload keeps it.
    pub(super) fn tag(&self) -> u64 {
        self.tag
    }
    /// From now on no number is granted that the engine before this one may have granted since its snapshot.
    pub(super) fn renew(&mut self, salt: u64) {
        self.step = (1 << 20) + 1 + 2 * (salt >> 42) as u32;
    }
    /// Permits granted so far.
    pub(super) fn serial(&self) -> u64 {
        self.serial
    }
    /// The permits whose lease ran out and that were not settled since, oldest first.
    pub(super) fn expired_ids(&self) -> Vec<u64> {
        self.expired.iter().copied().filter(|id| self.expired_set.contains(id)).collect()
    }
    pub(super) fn remember_expired(&mut self, id: u64) {
        self.expired.push_back(id);
        self.expired_set.insert(id);
    }
    /// Rebuilds the slots of a snapshot, without lists.
    pub(super) fn restore_slots(&mut self, tag: u64, sequences: Vec<u32>, free: Vec<u32>, serial: u64) {
        self.tag = tag & 0x1ff;
        self.serial = serial;
        let slot = |(at, seq)| Slot { id: name(self.tag, at, seq), seq, links: [LOOSE; 2], permit: None };
        self.slots = (0..).zip(sequences).map(slot).collect();
        self.free = free;
    }
    /// Puts a permit of a snapshot back into its slot and the lists.
    pub(super) fn restore_permit(&mut self, fifos: &mut Fifos, slot: u32, mut permit: Permit) {
        permit.special = permit.is_special();
        if let Some(s) = self.slots.get_mut(slot as usize) {
            s.permit = Some(permit);
            let lease = if permit.is_probe() { List::Probe } else { List::Lease };
            self.push(fifos, lease, slot, permit.lease_end);
            if !permit.slow_at.is_never() {
                self.push(fifos, List::Slow, slot, permit.slow_at);
            }
        }
    }
    /// Takes every call in flight out of the lists; each is put back or dropped (reload).
    pub(super) fn clear_lists(&mut self) {
        self.slots.iter_mut().for_each(|s| s.links = [LOOSE; 2]);
    }
    /// Gives a slot back that is in no list.
    pub(super) fn drop_slot(&mut self, slot: u32) {
        if let Some(s) = self.slots.get_mut(slot as usize)
            && s.permit.take().is_some()
        {
            self.free.push(slot);
        }
    }
}
