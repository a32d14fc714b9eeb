//! One limit as the ledger keeps it: its rule, the period that it is in, and where its accounts stand.
use crate::base::calendar::Zone;
use crate::base::num::Ratio;
use crate::base::time::Instant;
use crate::gate::budget::estimate::Estimate;
use crate::gate::budget::period::{Kind, PeriodRule, Stretch};
use crate::gate::budget::policy::{BudgetPolicy, Counts};
use crate::gate::budget::threshold::Threshold;
use crate::gate::budget::unit::Unit;
use crate::gate::budget::view::State;
use alloc::string::String;
use alloc::vec::Vec;

/// What all lines of a budget have in common.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Rule {
    pub(super) name: String,
    /// 0 for money, then the document's units.
    pub(super) unit: u8,
    pub(super) unit_name: Unit,
    pub(super) thresholds: Vec<Threshold>,
    pub(super) refuse_at: Option<Ratio>,
    pub(super) degrade_at: Option<Ratio>,
    pub(super) estimate: Estimate,
    pub(super) forecast: bool,
    pub(super) zone: Zone,
    /// The first of its lines, and how many.
    pub(super) lines: (u16, u16),
}

impl Rule {
    pub(super) fn new(p: &BudgetPolicy, unit: u8, lines: (u16, u16)) -> Rule {
        Rule {
            name: p.name.clone(),
            unit,
            unit_name: p.unit.clone(),
            thresholds: p.thresholds.clone(),
            refuse_at: p.refuse_at,
            degrade_at: p.degrade_at,
            estimate: p.estimate,
            forecast: p.forecast,
            zone: p.zone.clone().unwrap_or(Zone::UTC),
            lines,
        }
    }
    /// What may be taken of a limit; `None` for a budget that only reports.
    #[inline]
    pub(super) fn cap(&self, limit: u64) -> Option<u64> {
        match self.refuse_at {
            Some(Ratio::ONE) => Some(limit),
            share => share.map(|share| share.of(limit)),
        }
    }
    /// Where spending leaves a limit.
    #[inline]
    pub(super) fn state(&self, spent: u64, limit: u64) -> State {
        if spent >= limit.min(self.cap(limit).unwrap_or(limit)) {
            State::Over
        } else if self.degrade_at.is_some_and(|share| share.reached(spent, limit)) {
            State::Degraded
        } else {
            State::Open
        }
    }
}

/// Where the accounts of a line stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// One for all calls.
    Whole(u32),
    /// One in each key's row: which rows, and how far in.
    Row(u16, u16),
}

/// One limit.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Line {
    pub(super) budget: u16,
    pub(super) counts: Counts,
    /// The names of the keys that split it.
    pub(super) per: Vec<String>,
    pub(super) rule: PeriodRule,
    pub(super) limit: u64,
    /// What increases for all add at the moment.
    pub(super) extra: u64,
    /// Has a single key an increase at the moment?
    pub(super) keyed: bool,
    /// The period that it is in, on the clock on the wall; of no meaning for a rolling one.
    pub(super) now: Stretch,
    pub(super) place: Place,
    /// What was last told of it; only of a line for all calls.
    pub(super) shown: State,
}

impl Line {
    /// Do its periods begin with the first use of each account?
    #[inline]
    pub(super) fn is_rolling(&self) -> bool {
        matches!(self.rule.kind, Kind::Rolling(_))
    }
    /// The period at an instant on the wall.
    #[inline]
    pub(super) fn period(&self, wall: Instant, zone: &Zone) -> Stretch {
        if self.now.start <= wall && wall < self.now.end {
            return self.now;
        }
        self.rule.around(wall, zone)
    }
}
