//! Which limits a call of a service draws on, and in what order they are asked.
use crate::base::order::sort_by_key;
use crate::base::time::Span;
use crate::gate::budget::estimate::Estimate;
use crate::gate::budget::hold::MAX_ENTRIES;
use crate::gate::budget::period::Kind;
use crate::gate::budget::policy::{BudgetPolicy, Counts};
use alloc::string::String;
use alloc::vec::Vec;

/// What a service says of its budgets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChainSpec {
    /// The service's name.
    pub service: String,
    /// Places of its budgets in the document; at most four.
    pub budgets: Vec<u16>,
    /// How long a hold stands without news.
    pub ttl: Span,
}

/// How far a limit reaches, in the order in which they are asked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// One key's own.
    Key,
    /// One service's.
    Service,
    /// Several services'.
    Total,
}

impl Level {
    /// `tenant`, `service` or `total`.
    pub const fn word(self) -> &'static str {
        match self {
            Level::Key => "tenant",
            Level::Service => "service",
            Level::Total => "total",
        }
    }
}

/// No split: all calls together.
pub(super) const WHOLE: u8 = u8::MAX;

/// One limit in a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Link {
    /// Among the lines of the ledger.
    pub(super) line: u16,
    /// Which of the chain's budgets.
    pub(super) entry: u8,
    /// Which of the chain's splits, or [`WHOLE`].
    pub(super) split: u8,
    pub(super) level: Level,
}

/// The limits of one service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Chain {
    pub(super) service: String,
    /// The budgets, as the service names them.
    pub(super) entries: Vec<u16>,
    /// Tenants' limits, then the service's, then those of several services; in each from the shortest period to the longest.
    pub(super) links: Vec<Link>,
    /// The sets of keys that split them.
    pub(super) splits: Vec<Vec<String>>,
    pub(super) ttl: Span,
    /// Does one of the budgets hold what is left?
    pub(super) clips: bool,
    /// Does one of the budgets name a cheaper alternative?
    pub(super) degrades: bool,
}

impl Chain {
    /// Lays the limits of a service in order. `first_line` tells where the lines of a budget begin, `shared` whether it belongs to several.
    pub(super) fn new(
        spec: &ChainSpec,
        budgets: &[BudgetPolicy],
        first_line: impl Fn(u16) -> u16,
        shared: impl Fn(u16) -> bool,
    ) -> Chain {
        let mut splits: Vec<Vec<String>> = Vec::new();
        let mut links: Vec<(Level, bool, Kind, Link)> = Vec::new();
        let entries: Vec<u16> = spec.budgets.iter().copied().take(MAX_ENTRIES).collect();
        for (entry, at) in entries.iter().enumerate() {
            let Some(budget) = budgets.get(usize::from(*at)) else { continue };
            for (n, line) in budget.lines.iter().enumerate() {
                let per = budget.per(line.counts);
                let level = match (per.is_empty(), shared(*at)) {
                    (false, _) => Level::Key,
                    (true, false) => Level::Service,
                    (true, true) => Level::Total,
                };
                let split = split_of(&mut splits, per);
                let link = Link { line: first_line(*at) + n as u16, entry: entry as u8, split, level };
                links.push((level, shared(*at), line.period.kind, link));
            }
        }
        sort_by_key(&mut links, |(level, shared, kind, _)| (*level, *shared, *kind));
        let links = links.into_iter().map(|(.., link)| link).collect();
        let mine = || entries.iter().filter_map(|at| budgets.get(usize::from(*at)));
        let clips = mine().any(|b| b.estimate == Estimate::Clip);
        let degrades = mine().any(|b| b.degrade_at.is_some());
        Chain { service: spec.service.clone(), entries, links, splits, ttl: spec.ttl, clips, degrades }
    }
}

fn split_of(splits: &mut Vec<Vec<String>>, per: Vec<String>) -> u8 {
    if per.is_empty() {
        return WHOLE;
    }
    let at = splits.iter().position(|s| *s == per).unwrap_or_else(|| {
        splits.push(per);
        splits.len() - 1
    });
    at as u8
}

/// Is a budget named by several services?
pub(super) fn is_shared(specs: &[ChainSpec], budget: u16) -> bool {
    specs.iter().filter(|s| s.budgets.contains(&budget)).count() > 1
}

/// A limit of several services that is larger than those of its parts together, and so says nothing that they do not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slack {
    /// The budget of several services.
    pub budget: u16,
    /// Which of its lines.
    pub line: u16,
    /// Its limit.
    pub limit: u64,
    /// The sum of the limits of its services' own budgets for the same period.
    pub parts: u64,
}

/// The limits of several services that exceed the sum of their parts: allowed, but hardly meant.
pub fn slack(budgets: &[BudgetPolicy], specs: &[ChainSpec]) -> Vec<Slack> {
    let mut out = Vec::new();
    for (at, budget) in budgets.iter().enumerate() {
        let at = at as u16;
        if !is_shared(specs, at) {
            continue;
        }
        let plain = |l: &&crate::gate::budget::policy::LinePolicy| l.counts == Counts::Plain;
        for (n, line) in budget.lines.iter().enumerate().filter(|(_, l)| plain(l)) {
            let own = |spec: &ChainSpec| {
                let others = spec.budgets.iter().filter(|b| !is_shared(specs, **b));
                let lines = others.filter_map(|b| budgets.get(usize::from(*b))).filter(|b| b.unit == budget.unit);
                let limits = lines.flat_map(|b| b.lines.iter().filter(plain)).filter(|l| l.period == line.period);
                limits.map(|l| l.limit).min()
            };
            let parts: Option<Vec<u64>> = specs.iter().filter(|s| s.budgets.contains(&at)).map(own).collect();
            let sum = parts.map(|p| p.iter().fold(0u64, |sum, n| sum.saturating_add(*n)));
            if let Some(parts) = sum.filter(|parts| *parts < line.limit) {
                out.push(Slack { budget: at, line: n as u16, limit: line.limit, parts });
            }
        }
    }
    out
}
