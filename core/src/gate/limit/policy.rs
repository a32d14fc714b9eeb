//! What the document says about one limit.
use crate::base::calendar::Zone;
use crate::base::doc::{Node, Table};
use crate::base::error::Code;
use crate::base::order::sort_by;
use crate::base::zone_doc::read_zone;
use crate::gate::limit::fixed_window::{ALIGNS, Align, FixedRule};
use crate::gate::limit::penalty::{Penalty, required};
use crate::gate::limit::period::Period;
use crate::gate::limit::sliding_window::SlidingRule;
use crate::gate::limit::token_bucket::{BucketRule, Lane};
use crate::gate::rule::{Rule, SCOPES, Scope};

use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The largest `limit` and `burst`: 10^15 units.
pub const MAX_LIMIT: u64 = 1_000_000_000_000_000;
/// Sub-buckets of a sliding window: at least.
pub const MIN_BUCKETS: u64 = 10;
/// Sub-buckets of a sliding window: at most.
pub const MAX_BUCKETS: u64 = 1_000;
/// Sub-buckets of a sliding window: the default.
pub const DEFAULT_BUCKETS: u32 = 60;
/// Names in `exempt`: at most.
const MAX_EXEMPT: usize = 1_000;

/// How a limit counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Algorithm {
    /// Refills evenly, up to `burst`; the default.
    TokenBucket(BucketRule),
    /// Never more than the limit in any window of the period.
    SlidingWindow(SlidingRule),
    /// Never more than the limit in one window.
    FixedWindow(FixedRule),
}

/// What a refusal does to the count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnRefuse {
    /// Nothing; the default.
    #[default]
    Keep,
    /// It counts like a granted call: whoever keeps hammering stays out.
    Count,
}

#[derive(Clone, Copy)]
enum Kind {
    Bucket,
    Sliding,
    Fixed,
}

const KINDS: [(&str, Kind); 3] =
    [("token_bucket", Kind::Bucket), ("sliding_window", Kind::Sliding), ("fixed_window", Kind::Fixed)];
const ON_REFUSE: [(&str, OnRefuse); 2] = [("keep", OnRefuse::Keep), ("count", OnRefuse::Count)];

/// One limit of a service.
#[derive(Clone, PartialEq, Debug)]
pub struct LimitPolicy {
    /// Its name, unique within the service.
    pub name: String,
    /// Units in one period. Range: 1 to 10^15.
    pub limit: u64,
    /// The period.
    pub period: Period,
    /// How it counts, with its constants.
    pub algorithm: Algorithm,
    /// What it counts; default `calls`.
    pub unit: String,
    /// Keys that are neither refused nor counted.
    pub exempt: Vec<String>,
    /// What a refusal does to the count.
    pub on_refuse: OnRefuse,
    /// Progressive blocks; default none.
    pub penalty: Option<Penalty>,
    /// Who shares the count.
    pub scope: Scope,
    /// Whether it is enforced, and what splits it.
    pub rule: Rule,
}

impl LimitPolicy {
    /// What a single unit needs to know, where nothing but a token bucket decides.
    pub fn lane(&self) -> Option<Lane> {
        match &self.algorithm {
            Algorithm::TokenBucket(rule) if self.penalty.is_none() => Some(*rule.lane()),
            _ => None,
        }
    }
    /// Reads one element of `limits`; `name` is required. `None` when a fault leaves no rule behind.
    pub fn read(node: &Node) -> Option<LimitPolicy> {
        Self::read_named(node, None)
    }
    /// Reads one table; without a `name` of its own it takes `name`.
    pub fn read_named(node: &Node, name: Option<&str>) -> Option<LimitPolicy> {
        let t = node.table()?;
        let name = match (t.node("name"), name) {
            (None, Some(given)) => Some(given),
            _ => required(&t, "name", Node::name),
        };
        let limit = required(&t, "limit", |n| n.integer(1, MAX_LIMIT));
        let period = required(&t, "period", Period::read);
        let algorithm = read_algorithm(&t, limit, period);
        let unit = t.node("unit").and_then(|n| n.name()).unwrap_or("calls").to_string();
        let exempt = read_exempt(&t);
        let on_refuse = t.word("on_refuse", &ON_REFUSE).unwrap_or_default();
        let penalty = t.node("penalty").and_then(|n| Penalty::read(&n));
        let scope = t.word("scope", &SCOPES).unwrap_or_default();
        let rule = Rule::read(&t);
        t.finish();
        Some(LimitPolicy {
            name: name?.to_string(),
            limit: limit?,
            period: period?,
            algorithm: algorithm?,
            unit,
            exempt,
            on_refuse,
            penalty,
            scope,
            rule,
        })
    }
    /// The most units that can be in use: `burst` of a bucket, `limit` of a window.
    pub fn size(&self) -> u64 {
        match &self.algorithm {
            Algorithm::TokenBucket(b) => b.burst,
            _ => self.limit,
        }
    }
    /// Gives calendar windows without a zone of their own the document's.
    pub fn set_default_zone(&mut self, zone: &Zone) {
        if let Algorithm::FixedWindow(f) = &mut self.algorithm
            && f.zone.is_none()
        {
            f.zone = Some(zone.clone());
        }
    }
    /// The time that the rule is given runs ahead of the clock on the wall by so many microseconds.
    pub fn set_ahead(&mut self, micros: i64) {
        if let Algorithm::FixedWindow(f) = &mut self.algorithm {
            f.ahead = micros;
        }
    }
    /// The field's word for the algorithm.
    pub fn algorithm_word(&self) -> &'static str {
        match self.algorithm {
            Algorithm::TokenBucket(_) => "token_bucket",
            Algorithm::SlidingWindow(_) => "sliding_window",
            Algorithm::FixedWindow(_) => "fixed_window",
        }
    }
}

fn read_algorithm(t: &Table, limit: Option<u64>, period: Option<Period>) -> Option<Algorithm> {
    let kind = t.word("algorithm", &KINDS);
    if kind.is_none() && t.has("algorithm") {
        let _ = (t.node("burst"), t.node("buckets"), t.node("align"), t.node("zone"));
        return None;
    }
    let kind = kind.unwrap_or(Kind::Bucket);
    let burst = t.integer("burst", 1, MAX_LIMIT);
    let buckets = t.integer("buckets", MIN_BUCKETS, MAX_BUCKETS);
    let align = t.word("align", &ALIGNS);
    let zone = t.node("zone").and_then(|n| read_zone(&n));
    let foreign: &[&str] = match kind {
        Kind::Bucket => &["buckets", "align", "zone"],
        Kind::Sliding => &["burst", "align", "zone"],
        Kind::Fixed => &["burst", "buckets"],
    };
    for key in foreign.iter().filter(|k| t.has(k)) {
        t.fault_at(key, Code::Conflict, format_args!("`{key}` means nothing to this `algorithm`"));
    }
    let (limit, period) = (limit?, period?);
    if let Kind::Fixed = kind {
        return fixed(t, FixedRule { limit, period, align: align.unwrap_or_default(), zone, ahead: 0 });
    }
    let Some(length) = period.length() else {
        t.fault_at("period", Code::Conflict, format_args!("a calendar month needs `algorithm = \"fixed_window\"`"));
        return None;
    };
    match kind {
        Kind::Bucket => {
            let rule = BucketRule::new(limit, length.micros(), burst.unwrap_or(limit));
            if rule.is_none() {
                t.fault_at(
                    "burst",
                    Code::NumberOutOfRange,
                    format_args!("the bucket would take more than 140 years to fill"),
                );
            }
            rule.map(Algorithm::TokenBucket)
        }
        _ => {
            let buckets = buckets.map_or(DEFAULT_BUCKETS, |n| n as u32);
            Some(Algorithm::SlidingWindow(SlidingRule::new(limit, length.micros(), buckets)))
        }
    }
}

fn fixed(t: &Table, rule: FixedRule) -> Option<Algorithm> {
    if rule.period == Period::Month && rule.align == Align::FirstHit {
        t.fault_at("align", Code::Conflict, format_args!("a calendar month stands on the clock"));
        return None;
    }
    Some(Algorithm::FixedWindow(rule))
}

fn read_exempt(t: &Table) -> Vec<String> {
    let Some(node) = t.node("exempt") else {
        return Vec::new();
    };
    let mut out = Vec::new();
    for (name, item) in node.texts() {
        if name.is_empty() || name.len() > 256 {
            node.fault(Code::BadName, format_args!("`{}` is not a key of 1 to 256 bytes", item.path()));
        } else {
            out.push(name.to_string());
        }
    }
    if out.len() > MAX_EXEMPT {
        node.fault(
            Code::TooMany,
            format_args!("at most {MAX_EXEMPT} keys are exempt: use `per` and a limit of their own"),
        );
        out.truncate(MAX_EXEMPT);
    }
    sort_by(&mut out, Ord::cmp);
    out.dedup();
    out
}
