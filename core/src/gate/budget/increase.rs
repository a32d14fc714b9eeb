//! Raises of a budget for a time: planned in the document, or ordered.
use crate::base::calendar::Zone;
use crate::base::doc::{Node, Table};
use crate::base::error::Code;
use crate::base::order::sort_by_key;
use crate::base::time::Instant;
use crate::base::when::read_local;
use crate::gate::budget::policy::{Counts, LinePolicy};
use crate::gate::budget::unit::Unit;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Increases that stand or are to come: at most.
pub const MAX_INCREASES: usize = 256;
/// Of one budget in a document: at most.
const MAX_PLANNED: usize = 64;
/// Every key of a line.
pub(super) const ALL: u32 = u32::MAX;

/// An increase that the document plans.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Planned {
    /// Which of the budget's lines.
    pub line: usize,
    /// By how much.
    pub amount: u64,
    /// From this local time on; `None` for ever before.
    pub from: Option<i64>,
    /// Up to this local time.
    pub until: i64,
}

impl Planned {
    /// Reads `increases = [{ of = "month", amount = "100", from = "2026-11-27", until = "2026-12-01" }]`.
    pub(super) fn read_all(t: &Table, unit: Option<&Unit>, lines: &[LinePolicy]) -> Vec<Planned> {
        let mut nodes = t.list("increases").unwrap_or_default();
        if nodes.len() > MAX_PLANNED {
            t.fault_at("increases", Code::TooMany, format_args!("at most {MAX_PLANNED} increases"));
            nodes.truncate(MAX_PLANNED);
        }
        nodes.iter().filter_map(|n| Planned::read(n, unit, lines)).collect()
    }
    fn read(node: &Node, unit: Option<&Unit>, lines: &[LinePolicy]) -> Option<Planned> {
        let t = node.table()?;
        for key in ["of", "amount", "until"].iter().filter(|k| !t.has(k)) {
            t.fault_at(key, Code::MissingField, format_args!("`{key}` is missing"));
        }
        let named = t.text("of");
        let line = named.and_then(|of| lines.iter().position(|line| line_name(line) == of));
        if let (Some(of), None) = (named, line) {
            t.fault_at("of", Code::UnknownName, format_args!("the budget has no `{of}`"));
        }
        let amount = t.node("amount").and_then(|n| Unit::amount_of(unit, &n));
        let from = t.node("from").and_then(|n| read_local(&n));
        let until = t.node("until").and_then(|n| read_local(&n));
        if let (Some(from), Some(until)) = (from, until)
            && from >= until
        {
            t.fault_at("until", Code::NumberOutOfRange, format_args!("an increase ends after it begins"));
        }
        t.finish();
        Some(Planned { line: line?, amount: amount?, from, until: until? })
    }
}

/// The field that a line was written as: `month`, `per_tenant_day`.
pub fn line_name(line: &LinePolicy) -> String {
    let prefix = if line.counts == Counts::Tenant { "per_tenant_" } else { "" };
    format!("{prefix}{}", line.period.kind.word())
}

/// A raise of one line, for one key or for all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Increase {
    pub(super) line: u16,
    /// The place of its key, or [`ALL`].
    pub(super) place: u32,
    pub(super) amount: u64,
    /// On the clock on the wall.
    pub(super) from: Instant,
    /// From then on it is over.
    pub(super) until: Instant,
    /// Does the document plan it? Then it is not in a snapshot.
    pub(super) planned: bool,
}

impl Increase {
    pub(super) fn planned(line: u16, plan: &Planned, zone: &Zone) -> Increase {
        let from = plan.from.map_or(Instant::EPOCH, |local| zone.instant(local));
        let until = zone.instant(plan.until);
        Increase { line, place: ALL, amount: plan.amount, from, until, planned: true }
    }
    fn stands(&self, wall: Instant) -> bool {
        self.from <= wall && wall < self.until
    }
}

/// All increases, those that end first in front.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Increases {
    list: Vec<Increase>,
}

impl Increases {
    /// Enters one that is not over; `false` when there is no room.
    pub(super) fn add(&mut self, increase: Increase) -> bool {
        let room = self.list.len() < MAX_INCREASES;
        if room {
            self.list.push(increase);
            sort_by_key(&mut self.list, |i| (i.until, i.line, i.place));
        }
        room
    }
    /// What is added to a line at an instant, for one key and for all; [`ALL`] leaves out those of single keys.
    pub(super) fn extra(&self, line: u16, place: u32, wall: Instant) -> u64 {
        let mine = self.list.iter().filter(|i| i.line == line && (i.place == ALL || i.place == place));
        mine.filter(|i| i.stands(wall)).fold(0, |sum, i| sum.saturating_add(i.amount))
    }
    /// Does a single key of the line have one?
    pub(super) fn keyed(&self, line: u16, wall: Instant) -> bool {
        self.list.iter().any(|i| i.line == line && i.place != ALL && i.stands(wall))
    }
    /// When the first one of a key is over that is not yet.
    pub(super) fn of_key_until(&self, place: u32, wall: Instant) -> Option<Instant> {
        self.list.iter().filter(|i| i.place == place && i.until > wall).map(|i| i.until).max()
    }
    /// The next instant after this one at which one begins or ends.
    pub(super) fn next(&self, wall: Instant) -> Option<Instant> {
        self.list.iter().flat_map(|i| [i.from, i.until]).filter(|at| *at > wall).min()
    }
    /// Takes out one that is over.
    pub(super) fn take_over(&mut self, wall: Instant) -> Option<Increase> {
        self.list.first().is_some_and(|i| i.until <= wall).then(|| self.list.remove(0))
    }
    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Increase> {
        self.list.iter()
    }
}
