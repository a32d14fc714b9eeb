//! What the document says about one budget.
use crate::base::calendar::{Weekday, Zone};
use crate::base::doc::{Node, Table};
use crate::base::error::Code;
use crate::base::json::Json;
use crate::base::money::Money;
use crate::base::num::Ratio;
use crate::base::order::{sort_by, sort_by_key};
use crate::base::time::Span;
use crate::base::when::{WEEKDAYS, read_local};
use crate::base::zone_doc::read_zone;
use crate::gate::budget::estimate::Estimate;
use crate::gate::budget::increase::Planned;
use crate::gate::budget::period::{Kind, PeriodRule};
use crate::gate::budget::threshold::{ACTIONS, Action, MAX_THRESHOLDS, Threshold};
use crate::gate::budget::unit::Unit;
use crate::gate::rule::{Rule, SCOPES, Scope};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Budgets of one document: at most.
pub const MAX_BUDGETS: usize = 1_024;
/// The longest rolling period: a hundred years of 366 days.
const LONGEST: Span = Span::from_secs(36_600 * 86_400);

const KINDS: [Kind; 6] = [Kind::Day, Kind::Week, Kind::Month, Kind::Quarter, Kind::Year, Kind::Total];
const ESTIMATES: [(&str, Word); 4] =
    [("reject", Word::Reject), ("clip", Word::Clip), ("cap", Word::Cap), ("p95", Word::P95)];

#[derive(Clone, Copy)]
enum Word {
    Reject,
    Clip,
    Cap,
    P95,
}

/// Whose spending a line counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Counts {
    /// Each tenant's apart: the fields `per_tenant_…`.
    Tenant,
    /// All together, or apart by the keys that `per` names.
    Plain,
}

/// One limit of a budget: so much in a period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LinePolicy {
    /// Whose spending.
    pub counts: Counts,
    /// In what time.
    pub period: PeriodRule,
    /// How much. Unit: nano-dollars, or the budget's unit. Range: 1 to 10^18 nano-dollars, 10^15 units.
    pub limit: u64,
}

/// One budget.
#[derive(Clone, PartialEq, Debug)]
pub struct BudgetPolicy {
    /// Its name.
    pub name: String,
    /// What it counts; default money.
    pub unit: Unit,
    /// Its limits, in the order in which they are asked: tenants first, then from the shortest period to the longest.
    pub lines: Vec<LinePolicy>,
    /// Shares that are told of, ascending; default 0.5, 0.8, 0.95, 1.
    pub thresholds: Vec<Threshold>,
    /// Above this share nothing is granted; `None` for a budget that only reports. Default 1.
    pub refuse_at: Option<Ratio>,
    /// From this share on the cheaper alternative is named.
    pub degrade_at: Option<Ratio>,
    /// The cheaper alternative.
    pub degrade_to: Option<String>,
    /// How much a reserve holds.
    pub estimate: Estimate,
    /// Does a forecast beyond the limit have an effect? Default yes.
    pub forecast: bool,
    /// Raises for a time.
    pub increases: Vec<Planned>,
    /// Who shares the count.
    pub scope: Scope,
    /// Where periods begin; `None` takes the document's.
    pub zone: Option<Zone>,
    /// Whether it is enforced, and what splits its plain lines.
    pub rule: Rule,
}

impl BudgetPolicy {
    /// Reads `[budgets.name]`. `None` when a fault leaves no budget behind.
    pub fn read(name: &str, node: &Node) -> Option<BudgetPolicy> {
        let t = node.table()?;
        let unit = t.node("unit").map_or(Some(Unit::Money), |n| Unit::read(&n));
        let week_start = t.word("week_start", &WEEKDAYS);
        let anchor = t.node("anchor").and_then(|n| read_local(&n));
        let lines = read_lines(&t, unit.as_ref(), week_start, anchor);
        let thresholds = read_thresholds(&t);
        let at_limit = t.word("at_limit", &ACTIONS).unwrap_or(Action::Refuse);
        let degrade_to = t.node("degrade_to").and_then(|n| n.name()).map(String::from);
        let estimate = read_estimate(&t, unit.as_ref());
        let forecast = t.boolean("forecast").unwrap_or(true);
        let increases = Planned::read_all(&t, unit.as_ref(), &lines);
        let scope = t.word("scope", &SCOPES).unwrap_or_default();
        let zone = t.node("zone").and_then(|n| read_zone(&n));
        let rule = Rule::read(&t);
        let lowest = |action| {
            let shares = thresholds.iter().filter(|t| t.action == action).map(|t| t.at);
            shares.chain((at_limit == action).then_some(Ratio::ONE)).min()
        };
        let (refuse_at, degrade_at) = (lowest(Action::Refuse), lowest(Action::Degrade));
        if degrade_at.is_some() && degrade_to.is_none() && !t.has("degrade_to") {
            t.fault_at(
                "degrade_to",
                Code::MissingField,
                format_args!("a budget that degrades names the cheaper alternative"),
            );
        }
        if degrade_at.is_none() && t.has("degrade_to") {
            t.fault_at(
                "degrade_to",
                Code::Conflict,
                format_args!("no threshold and no `at_limit` of this budget degrades"),
            );
        }
        if lines.is_empty() {
            t.fault(
                Code::MissingField,
                format_args!(
                    "a budget has at least one of `day`, `week`, `month`, `quarter`, `year`, `total`, `rolling`"
                ),
            );
        }
        t.finish();
        Some(BudgetPolicy {
            name: name.to_string(),
            unit: unit?,
            lines,
            thresholds,
            refuse_at,
            degrade_at,
            degrade_to,
            estimate: estimate?,
            forecast,
            increases,
            scope,
            zone,
            rule,
        })
    }
    /// Gives a budget without a zone of its own the document's.
    pub fn set_default_zone(&mut self, zone: &Zone) {
        if self.zone.is_none() {
            self.zone = Some(zone.clone());
        }
    }
    /// The keys that split a line; empty for all calls together.
    pub fn per(&self, counts: Counts) -> Vec<String> {
        match counts {
            Counts::Tenant => alloc::vec![String::from("tenant")],
            Counts::Plain => self.rule.per.clone().unwrap_or_default(),
        }
    }
}

/// Reads `budgets`: a table of budgets, which come sorted by name, because the order of a document's tables means nothing.
pub fn read_budgets(t: &Table) -> Vec<BudgetPolicy> {
    let Some(all) = t.table("budgets") else {
        return Vec::new();
    };
    let mut named = all.named();
    if named.len() > MAX_BUDGETS {
        all.fault(Code::TooMany, format_args!("at most {MAX_BUDGETS} budgets"));
        named.truncate(MAX_BUDGETS);
    }
    let mut budgets: Vec<BudgetPolicy> =
        named.iter().filter_map(|(name, node)| BudgetPolicy::read(name, node)).collect();
    sort_by(&mut budgets, |a, b| a.name.cmp(&b.name));
    budgets
}

/// Reads a service's `hold_ttl`: how long a hold stands without news. Default and least: the lease of a permit.
pub fn read_hold_ttl(t: &Table, lease: Span) -> Span {
    match t.span("hold_ttl") {
        Some(ttl) if ttl < lease => {
            t.fault_at(
                "hold_ttl",
                Code::NumberOutOfRange,
                format_args!("a hold stands at least as long as the permit's lease"),
            );
            lease
        }
        ttl => ttl.unwrap_or(lease),
    }
}

fn read_lines(t: &Table, unit: Option<&Unit>, week_start: Option<Weekday>, anchor: Option<i64>) -> Vec<LinePolicy> {
    let mut lines = Vec::new();
    for (counts, prefix) in [(Counts::Tenant, "per_tenant_"), (Counts::Plain, "")] {
        let rolling = t.node(&format!("{prefix}rolling")).and_then(|n| read_rolling(&n, unit));
        if let Some((length, limit)) = rolling {
            lines.push(LinePolicy { counts, period: PeriodRule::of(Kind::Rolling(length)), limit });
        }
        for kind in KINDS {
            let limit = t.node(&format!("{prefix}{}", kind.word())).and_then(|n| Unit::amount_of(unit, &n));
            let anchor = anchor.filter(|_| kind != Kind::Total);
            let period = PeriodRule { kind, week_start: week_start.unwrap_or(Weekday::Monday), anchor };
            lines.extend(limit.map(|limit| LinePolicy { counts, period, limit }));
        }
    }
    let has = |kind: Kind| lines.iter().any(|line| line.period.kind == kind);
    if week_start.is_some() && anchor.is_some() {
        t.fault_at("week_start", Code::Conflict, format_args!("weeks begin at the `anchor`"));
    } else if week_start.is_some() && !has(Kind::Week) {
        t.fault_at("week_start", Code::Conflict, format_args!("the budget has no `week`"));
    }
    lines
}

fn read_rolling(node: &Node, unit: Option<&Unit>) -> Option<(Span, u64)> {
    let t = node.table()?;
    let limit = t.node("limit").and_then(|n| Unit::amount_of(unit, &n));
    let length = t.span("length");
    for key in ["limit", "length"].iter().filter(|k| !t.has(k)) {
        t.fault_at(key, Code::MissingField, format_args!("`{key}` is missing"));
    }
    if length.is_some_and(|length| length > LONGEST) {
        t.fault_at("length", Code::NumberOutOfRange, format_args!("a period is at most 100 years"));
    }
    t.finish();
    Some((length.filter(|l| *l <= LONGEST)?, limit?))
}

fn read_thresholds(t: &Table) -> Vec<Threshold> {
    let alert = |at| Threshold { at, action: Action::Alert };
    let Some(nodes) = t.list("thresholds") else {
        return [50, 80, 95, 100].map(|p| alert(Ratio::percent(p))).to_vec();
    };
    let share = |n: &Node| n.ratio(Ratio::from_billionths(1), Ratio::percent(100_000));
    let read = |n: &Node| {
        if !matches!(n.json, Json::Obj(_)) {
            return share(n).map(alert);
        }
        let entry = n.table()?;
        let at = entry.node("at").and_then(|n| share(&n));
        let action = entry.word("action", &ACTIONS).unwrap_or_default();
        if !entry.has("at") {
            entry.fault_at("at", Code::MissingField, format_args!("`at` is missing"));
        }
        entry.finish();
        at.map(|at| Threshold { at, action })
    };
    let mut list: Vec<Threshold> = nodes.iter().filter_map(read).collect();
    sort_by_key(&mut list, |t| t.at);
    if list.windows(2).any(|pair| matches!(pair, [a, b] if a.at == b.at)) {
        t.fault_at("thresholds", Code::DuplicateName, format_args!("a share stands twice"));
        list.dedup_by_key(|t| t.at);
    }
    if list.len() > MAX_THRESHOLDS {
        t.fault_at("thresholds", Code::TooMany, format_args!("at most {MAX_THRESHOLDS} thresholds"));
        list.truncate(MAX_THRESHOLDS);
    }
    list
}

fn read_estimate(t: &Table, unit: Option<&Unit>) -> Option<Estimate> {
    let word = t.word("estimate", &ESTIMATES).or((!t.has("estimate")).then_some(Word::P95));
    let cap = t.node("cap").and_then(|n| Unit::amount_of(unit, &n));
    if matches!(word, Some(Word::Reject | Word::Clip)) && t.has("cap") {
        t.fault_at("cap", Code::Conflict, format_args!("`cap` means nothing to this `estimate`"));
    }
    match word? {
        Word::Reject => Some(Estimate::Reject),
        Word::Clip => Some(Estimate::Clip),
        Word::P95 => Some(Estimate::P95 { cap }),
        Word::Cap => {
            if !t.has("cap") {
                t.fault_at("cap", Code::MissingField, format_args!("`estimate = \"cap\"` needs a `cap`"));
            }
            cap.map(Estimate::Cap)
        }
    }
}

/// The most that a budget in money can be: a billion dollars.
pub const MAX_MONEY: Money = match Money::from_nanos(1_000_000_000_000_000_000) {
    Some(money) => money,
    None => Money::MAX,
};

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
