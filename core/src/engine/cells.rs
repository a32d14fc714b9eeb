//! Where the state of a rule for a key is kept: one cell per key and set of key names, its rules side by side.
//!
//! Rules of a service that are split by the same keys share a cell, so that one look-up finds them all.
use crate::base::key::{KeyId, Keys};
use crate::base::time::{Instant, Span};
use crate::call::Throttle;
use crate::gate::breaker::{Breaker, BreakerPolicy, Phase};
use crate::gate::limit::{LimitPolicy, LimitState};
use alloc::vec;
use alloc::vec::Vec;

/// How many different sets of keys may split the rules of one service.
pub const MAX_SPLITS: usize = 6;
/// No cell.
pub(super) const NO_CELL: u32 = u32::MAX;

/// What a cell is about, and whether it is in use.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Cell {
    pub(super) key: Option<KeyId>,
    /// The last evaluated admit or counted settle.
    pub(super) touched: Instant,
    /// Permits in flight.
    pub(super) live: u32,
    pub(super) used: bool,
    /// Was its key looked at for room and filed ahead?
    pub(super) parked: bool,
    /// Was the latest outcome the key's own fault? A breaker that it opened says nothing of the service.
    pub(super) own_fault: bool,
}

/// The cells of one set of keys.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Split {
    /// Indices into the policy's key names; empty for the whole service.
    pub(super) per: Vec<u8>,
    /// Does the service's breaker live here?
    pub(super) has_breaker: bool,
    /// Does the service's throttle live here? Beside the breaker, and also where there is none.
    pub(super) has_throttle: bool,
    /// Indices of the service's limits that live here.
    pub(super) limits: Vec<u16>,
    cell_of: Vec<u32>,
    free: Vec<u32>,
    pub(super) cells: Vec<Cell>,
    pub(super) breakers: Vec<Breaker>,
    pub(super) throttles: Vec<Throttle>,
    pub(super) states: Vec<LimitState>,
    /// Keyed breakers that are not closed.
    pub(super) tripped: u32,
}

impl Split {
    pub(super) fn new(per: Vec<u8>) -> Self {
        Split {
            per,
            has_breaker: false,
            has_throttle: false,
            limits: Vec::new(),
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
        open && !self.cells.get(cell as usize).is_some_and(|c| c.own_fault)
    }
    /// The cell of a key, if there is one.
    pub(super) fn find(&self, key: Option<KeyId>) -> Option<u32> {
        let cell = match key {
            None => 0,
            Some(key) => *self.cell_of.get(key.index())?,
        };
        (cell != NO_CELL && self.cells.get(cell as usize).is_some_and(|c| c.used)).then_some(cell)
    }
    /// The cell of a key, made if need be.
    pub(super) fn open(&mut self, key: Option<KeyId>, breaker: Option<&BreakerPolicy>, now: Instant) -> u32 {
        if let Some(cell) = self.find(key) {
            return cell;
        }
        let fresh = Cell { key, touched: now, live: 0, used: true, parked: false, own_fault: false };
        let cell = match self.free.pop() {
            Some(cell) => cell,
            None => {
                self.cells.push(fresh);
                (self.cells.len() - 1) as u32
            }
        };
        self.cells[cell as usize] = fresh;
        self.reset_state(cell, breaker, now);
        if let Some(key) = key {
            let at = key.index();
            if at >= self.cell_of.len() {
                self.cell_of.resize(at + 1, NO_CELL);
            }
            self.cell_of[at] = cell;
        }
        cell
    }
    fn reset_state(&mut self, cell: u32, breaker: Option<&BreakerPolicy>, now: Instant) {
        let at = cell as usize;
        if let (true, Some(p)) = (self.has_breaker, breaker) {
            if at < self.breakers.len() {
                self.breakers[at] = Breaker::new(p, now);
            } else {
                self.breakers.push(Breaker::new(p, now));
            }
        }
        if self.has_throttle {
            if at < self.throttles.len() {
                self.throttles[at] = Throttle::default();
            } else {
                self.throttles.push(Throttle::default());
            }
        }
        let stride = self.limits.len();
        if (at + 1) * stride > self.states.len() {
            self.states.resize((at + 1) * stride, LimitState::default());
        } else {
            self.states[at * stride..(at + 1) * stride].fill(LimitState::default());
        }
    }
    /// Something has happened that may let a cell's key rest earlier than its entry in the queue says.
    pub(super) fn unpark(&mut self, cell: u32, keys: &mut Keys, now: Instant) {
        if let Some(c) = self.cells.get_mut(cell as usize).filter(|c| c.parked) {
            c.parked = false;
            if let Some(key) = c.key {
                keys.hasten(key, now);
            }
        }
    }
    /// The state of the `i`th limit of this split for a cell.
    pub(super) fn limit(&mut self, cell: u32, i: usize) -> &mut LimitState {
        let at = cell as usize * self.limits.len() + i;
        &mut self.states[at]
    }
    pub(super) fn limit_ref(&self, cell: u32, i: usize) -> &LimitState {
        &self.states[cell as usize * self.limits.len() + i]
    }
    /// The first instant from which a cell cannot be told from an absent one.
    pub(super) fn rests_at(&self, cell: u32, limits: &[LimitPolicy], now: Instant, forget: Span) -> Instant {
        let at = cell as usize;
        let c = self.cells[at];
        if c.live > 0 {
            return Instant::NEVER;
        }
        let mut rest = Instant::EPOCH;
        if let Some(b) = self.breakers.get(at) {
            rest = rest.max(b.rests_at(c.touched, forget));
        }
        if let Some(t) = self.throttles.get(at) {
            rest = rest.max(t.rests_at(c.touched, forget));
        }
        for (i, limit) in self.limits.iter().enumerate() {
            if let Some(p) = limits.get(*limit as usize) {
                rest = rest.max(self.limit_ref(cell, i).rests_at(p, now));
            }
        }
        rest
    }
    /// Lets a cell go.
    pub(super) fn close(&mut self, cell: u32) {
        let at = cell as usize;
        if let Some(key) = self.cells[at].key
            && let Some(place) = self.cell_of.get_mut(key.index())
        {
            *place = NO_CELL;
        }
        self.cells[at].used = false;
        let stride = self.limits.len();
        self.states[at * stride..(at + 1) * stride].fill(LimitState::default());
        self.free.push(cell);
    }
    /// Cells in use.
    pub(super) fn used(&self) -> impl Iterator<Item = u32> + '_ {
        self.cells.iter().enumerate().filter(|(_, c)| c.used).map(|(i, _)| i as u32)
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
