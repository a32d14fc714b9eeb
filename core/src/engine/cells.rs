//! Where the state of a rule for a key is kept: one cell per key and set of key names, its rules side by side.
//!
//! Rules of a service that are split by the same keys share a cell, so that one look-up finds them all.
use crate::base::key::{KeyId, Keys};
use crate::base::time::{Instant, Span};
use crate::call::Throttle;
use crate::gate::breaker::{Breaker, Phase};
use crate::gate::limit::{Lane, LimitState};
use crate::policy::Service;
use alloc::vec;
use alloc::vec::Vec;

/// How many different sets of keys may split the rules of one service.
pub const MAX_SPLITS: usize = 6;
/// No cell.
pub(super) const NO_CELL: u32 = u32::MAX;

const NO_KEY: u32 = u32::MAX;
const WHOLE: u8 = u8::MAX;
const JOINED: u8 = u8::MAX - 1;
const USED: u32 = 1 << 31;
const PARKED: u32 = 1 << 30;
const OWN_FAULT: u32 = 1 << 29;
const DIRTY: u32 = 1 << 28;
const LIVE: u32 = DIRTY - 1;

/// What a cell is about, and whether it is in use. Memory: 16 bytes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Cell {
    /// The last evaluated admit or counted settle.
    pub(super) touched: Instant,
    key: u32,
    /// Permits in flight, and four flags.
    state: u32,
}

impl Cell {
    fn new(key: Option<KeyId>, now: Instant) -> Cell {
        Cell { touched: now, key: key.map_or(NO_KEY, |key| key.0), state: USED | DIRTY }
    }
    #[inline]
    pub(super) fn key(&self) -> Option<KeyId> {
        (self.key != NO_KEY).then_some(KeyId(self.key))
    }
    /// Permits in flight.
    #[inline]
    pub(super) fn live(&self) -> u32 {
        self.state & LIVE
    }
    #[inline]
    pub(super) fn used(&self) -> bool {
        self.state & USED != 0
    }
    /// Was its key looked at for room and filed ahead?
    #[inline]
    pub(super) fn parked(&self) -> bool {
        self.state & PARKED != 0
    }
    pub(super) fn park(&mut self) {
        self.state |= PARKED;
    }
    /// Its key may rest earlier than its entry in the queue says.
    #[inline(never)]
    pub(super) fn unpark(&mut self, keys: &mut Keys, now: Instant) {
        if self.parked() {
            self.state &= !PARKED;
            if let Some(key) = self.key() {
                keys.hasten(key, now);
            }
        }
    }
    /// Was the latest outcome the key's own fault? A breaker that it opened says nothing of the service.
    #[inline]
    pub(super) fn own_fault(&self) -> bool {
        self.state & OWN_FAULT != 0
    }
    #[inline]
    pub(super) fn set_own_fault(&mut self, yes: bool) {
        self.state = if yes { self.state | OWN_FAULT } else { self.state & !OWN_FAULT };
    }
    /// Has it changed since it was last written into a part of a snapshot?
    pub(super) fn is_dirty(&self) -> bool {
        self.state & (DIRTY | USED) == DIRTY | USED
    }
    #[inline]
    pub(super) fn set_dirty(&mut self) {
        self.state |= DIRTY;
    }
    pub(super) fn set_clean(&mut self) {
        self.state &= !DIRTY;
    }
    /// A call has come in.
    #[inline]
    pub(super) fn enter(&mut self, now: Instant) {
        self.hold();
        self.touched = now;
    }
    /// A call that came in earlier is carried over.
    #[inline]
    pub(super) fn hold(&mut self) {
        self.state = (self.state | DIRTY) + 1;
    }
    /// A call is over.
    #[inline]
    pub(super) fn leave(&mut self, now: Instant) {
        self.state = (self.state | DIRTY) - u32::from(self.live() > 0);
        self.touched = now;
    }
}

/// Adds to a long table without doubling it: an eighth more at a time, so that little stands empty.
fn push<T>(table: &mut Vec<T>, value: T) {
    make_room(table, 1);
    table.push(value);
}
fn make_room<T>(table: &mut Vec<T>, n: usize) {
    if table.capacity() - table.len() < n {
        table.reserve_exact(n.max(table.len() / 8).max(4));
    }
}

/// The cells of one set of keys.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Split {
    /// Indices into the policy's key names; empty for the whole service.
    pub(super) per: Vec<u8>,
    /// The only one of them; [`WHOLE`] for none, [`JOINED`] for several.
    by: u8,
    /// Does the service's breaker live here?
    pub(super) has_breaker: bool,
    /// Does the service's throttle live here? Beside the breaker, and also where there is none.
    pub(super) has_throttle: bool,
    /// Indices of the service's limits that live here.
    pub(super) limits: Vec<u16>,
    /// What one call needs to know of each of them, where they all are plain token buckets that count calls; else empty.
    pub(super) lanes: Vec<Lane>,
    cell_of: Vec<u32>,
    free: Vec<u32>,
    pub(super) cells: Vec<Cell>,
    pub(super) breakers: Vec<Breaker>,
    /// Only as long as some cell needed: a cell beyond it was never held back.
    throttles: Vec<Throttle>,
    pub(super) states: Vec<LimitState>,
    /// Keyed breakers that are not closed.
    pub(super) tripped: u32,
}

impl Split {
    pub(super) fn new(per: Vec<u8>) -> Self {
        Split {
            by: match per.as_slice() {
                [] => WHOLE,
                [one] => *one,
                _ => JOINED,
            },
            per,
            has_breaker: false,
            has_throttle: false,
            limits: Vec::new(),
            lanes: Vec::new(),
            cell_of: Vec::new(),
            free: Vec::new(),
            cells: Vec::new(),
            breakers: Vec::new(),
            throttles: Vec::new(),
            states: Vec::new(),
            tripped: 0,
        }
    }
    pub(super) fn is_keyed(&self) -> bool {
        !self.per.is_empty()
    }
    /// How many cells are in use.
    pub(super) fn len(&self) -> usize {
        self.cells.len() - self.free.len()
    }
    /// Is the breaker of a cell closed?
    pub(super) fn is_closed(&self, cell: u32) -> bool {
        self.breakers.get(cell as usize).is_none_or(|b| b.phase() == Phase::Closed)
    }
    /// Is the breaker of a cell open, and not by the key's own fault?
    pub(super) fn is_open_above(&self, cell: u32) -> bool {
        let open = self.breakers.get(cell as usize).is_some_and(|b| b.phase() == Phase::Open);
        open && !self.cells.get(cell as usize).is_some_and(Cell::own_fault)
    }
    /// The cell of a key, if there is one.
    pub(super) fn find(&self, key: Option<KeyId>) -> Option<u32> {
        let cell = match key {
            None => 0,
            Some(key) => *self.cell_of.get(key.index())?,
        };
        (cell != NO_CELL && self.cells.get(cell as usize).is_some_and(Cell::used)).then_some(cell)
    }
    /// The cell of a key, made if need be.
    #[inline]
    pub(super) fn open(&mut self, key: Option<KeyId>, now: Instant) -> u32 {
        match self.find(key) {
            Some(cell) => cell,
            None => self.make(key, now),
        }
    }
    #[cold]
    fn make(&mut self, key: Option<KeyId>, now: Instant) -> u32 {
        let fresh = Cell::new(key, now);
        let cell = match self.free.pop() {
            Some(cell) => cell,
            None => {
                push(&mut self.cells, fresh);
                (self.cells.len() - 1) as u32
            }
        };
        self.cells[cell as usize] = fresh;
        self.reset_state(cell, now);
        if let Some(key) = key {
            let at = key.index();
            if at >= self.cell_of.len() {
                let more = at + 1 - self.cell_of.len();
                make_room(&mut self.cell_of, more);
                self.cell_of.resize(at + 1, NO_CELL);
            }
            self.cell_of[at] = cell;
        }
        cell
    }
    fn reset_state(&mut self, cell: u32, now: Instant) {
        let at = cell as usize;
        if self.has_breaker {
            if at < self.breakers.len() {
                self.breakers[at] = Breaker::new(now);
            } else {
                push(&mut self.breakers, Breaker::new(now));
            }
        }
        if let Some(throttle) = self.throttles.get_mut(at) {
            throttle.clear();
        }
        let stride = self.limits.len();
        if (at + 1) * stride > self.states.len() {
            make_room(&mut self.states, stride);
            self.states.resize((at + 1) * stride, LimitState::default());
        } else {
            self.states[at * stride..(at + 1) * stride].fill(LimitState::default());
        }
    }
    /// The cell of a call without anything to look up or to clear first: of the whole service, or of one key that stands and has not
    /// been silent for longer than `forget`.
    #[inline(always)]
    pub(super) fn standing(&self, key: impl Fn(u8) -> Option<KeyId>, now: Instant, forget: Span) -> Option<u32> {
        if self.by == WHOLE {
            return Some(0);
        }
        // no call has a key that is joined from several
        let cell = *self.cell_of.get(key(self.by)?.index())?;
        let c = self.cells.get(cell as usize)?;
        (c.used() && (now < c.touched + forget || c.live() > 0)).then_some(cell)
    }
    /// Was any cell ever held back?
    #[inline]
    pub(super) fn was_held(&self) -> bool {
        !self.throttles.is_empty()
    }
    /// How a cell's key was held back.
    #[inline(always)]
    pub(super) fn throttle(&self, cell: u32) -> Throttle {
        self.throttles.get(cell as usize).copied().unwrap_or_default()
    }
    pub(super) fn set_throttle(&mut self, cell: u32, throttle: Throttle) {
        self.soil(cell);
        let at = cell as usize;
        if at >= self.throttles.len() {
            if throttle == Throttle::default() {
                return;
            }
            let more = at + 1 - self.throttles.len();
            make_room(&mut self.throttles, more);
            self.throttles.resize(at + 1, Throttle::default());
        }
        self.throttles[at] = throttle;
    }
    /// A call of a cell is over.
    pub(super) fn leave(&mut self, cell: u32, keys: &mut Keys, now: Instant) {
        if let Some(c) = self.cells.get_mut(cell as usize) {
            c.leave(now);
            c.unpark(keys, now);
        }
    }
    /// Something has happened that may let a cell's key rest earlier than its entry in the queue says.
    pub(super) fn unpark(&mut self, cell: u32, keys: &mut Keys, now: Instant) {
        if let Some(c) = self.cells.get_mut(cell as usize) {
            c.unpark(keys, now);
        }
    }
    /// A cell is about to change.
    #[inline]
    pub(super) fn soil(&mut self, cell: u32) {
        if let Some(c) = self.cells.get_mut(cell as usize) {
            c.set_dirty();
        }
    }
    /// Where the states of a cell stand.
    #[inline(always)]
    fn states_at(&self, cell: u32) -> core::ops::Range<usize> {
        let n = self.limits.len();
        let start = (cell as usize).saturating_mul(n);
        start..start.saturating_add(n)
    }
    /// The states of a cell, in the order of `limits`.
    #[inline(always)]
    pub(super) fn states_of(&self, cell: u32) -> &[LimitState] {
        self.states.get(self.states_at(cell)).unwrap_or_default()
    }
    /// The limits, and the states of a cell to be changed.
    pub(super) fn limits_of_mut(&mut self, cell: u32) -> (&[u16], &mut [LimitState]) {
        let at = self.states_at(cell);
        (&self.limits, self.states.get_mut(at).unwrap_or_default())
    }
    /// Does one unit fit each limit of a split with lanes, without any doubt?
    #[inline(always)]
    pub(super) fn is_ample(&self, cell: u32, now: Instant) -> bool {
        self.states_of(cell).iter().zip(&self.lanes).all(|(state, lane)| state.is_ample(lane, now))
    }
    /// Takes one unit of each limit of a split with lanes.
    #[inline(always)]
    pub(super) fn take_one(&mut self, cell: u32, now: Instant) {
        let at = self.states_at(cell);
        let states = self.states.get_mut(at).unwrap_or_default();
        states.iter_mut().zip(&self.lanes).for_each(|(state, lane)| state.take_one(lane, now));
    }
    /// The state of the `i`th limit of this split for a cell.
    pub(super) fn limit(&mut self, cell: u32, i: usize) -> &mut LimitState {
        self.soil(cell);
        let at = cell as usize * self.limits.len() + i;
        &mut self.states[at]
    }
    pub(super) fn limit_ref(&self, cell: u32, i: usize) -> &LimitState {
        &self.states[cell as usize * self.limits.len() + i]
    }
    /// The first instant from which a cell cannot be told from an absent one.
    pub(super) fn rests_at(&self, cell: u32, p: &Service, now: Instant, forget: Span) -> Instant {
        let at = cell as usize;
        let c = self.cells[at];
        if c.live() > 0 {
            return Instant::NEVER;
        }
        let mut rest = Instant::EPOCH;
        if let (Some(b), Some(p)) = (self.breakers.get(at), &p.breaker) {
            rest = rest.max(b.rests_at(p, c.touched, forget));
        }
        if let Some(t) = self.throttles.get(at) {
            rest = rest.max(t.rests_at(c.touched, forget));
        }
        for (i, limit) in self.limits.iter().enumerate() {
            if let Some(p) = p.limits.get(*limit as usize) {
                rest = rest.max(self.limit_ref(cell, i).rests_at(p, now));
            }
        }
        rest
    }
    /// Lets a cell go.
    pub(super) fn close(&mut self, cell: u32) {
        let at = cell as usize;
        if let Some(key) = self.cells[at].key()
            && let Some(place) = self.cell_of.get_mut(key.index())
        {
            *place = NO_CELL;
        }
        self.cells[at].state = 0;
        let stride = self.limits.len();
        self.states[at * stride..(at + 1) * stride].fill(LimitState::default());
        self.free.push(cell);
    }
    /// Cells in use.
    #[inline]
    pub(super) fn used(&self) -> impl Iterator<Item = u32> + '_ {
        self.cells.iter().enumerate().filter(|(_, c)| c.used()).map(|(i, _)| i as u32)
    }
}

/// How the rules of one service are laid out over splits.
pub(super) fn lay_out(breaker_per: Option<&[u8]>, limits_per: &[Vec<u8>]) -> (Vec<Split>, u8, Vec<(u8, u16)>) {
    let mut splits: Vec<Split> = Vec::new();
    let mut place = |per: &[u8]| -> usize {
        if let Some(at) = splits.iter().position(|s| s.per == per) {
            return at;
        }
        splits.push(Split::new(per.to_vec()));
        splits.len() - 1
    };
    let breaker_at = place(breaker_per.unwrap_or(&[]));
    let at: Vec<usize> = limits_per.iter().map(|per| place(per)).collect();
    splits[breaker_at].has_breaker = breaker_per.is_some();
    splits[breaker_at].has_throttle = true;
    let mut places = vec![];
    for (i, split) in at.into_iter().enumerate() {
        places.push((split as u8, splits[split].limits.len() as u16));
        splits[split].limits.push(i as u16);
    }
    (splits, breaker_at as u8, places)
}
