//! One service: an upstream that calls go to, and the rules that stand before it.
use crate::base::calendar::Zone;
use crate::base::doc::{Node, Table};
use crate::base::error::{Code, Fault};
use crate::base::json::Json;
use crate::base::time::Span;
use crate::call::{OutcomeTable, RetryPolicy, ThrottlePolicy};
use crate::gate::breaker::{BreakerContext, BreakerPolicy};
use crate::gate::limit::LimitPolicy;
use crate::gate::rule::{Per, Rule};
use crate::policy::document::{ON_ENGINE_FAILURE, OnEngineFailure};
use crate::policy::lint;
use crate::policy::presets::Presets;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// How many limits a service may have.
const MAX_LIMITS: usize = 32;
/// Names of gates that no limit may take: an order addresses gates and limits by name.
const RESERVED: [&str; 4] = ["breaker", "limit", "throttle", "engine"];
/// The timeout of a service that names none.
pub(super) const DEFAULT_TIMEOUT: Span = Span::from_secs(30);
/// The lease of a permit without a timeout.
pub(super) const DEFAULT_LEASE: Span = Span::from_secs(60);

/// How long a call may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeout {
    /// In all; default 30 s, `None` for `timeout = "off"`.
    pub total: Option<Span>,
    /// Until the first byte; default none.
    pub first_byte: Option<Span>,
    /// Between two bytes; default none.
    pub idle: Option<Span>,
}

/// One service.
#[derive(Clone, PartialEq, Debug)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// `per`: what splits its breaker, unless that says otherwise; empty for one for all.
    pub per: Per,
    /// `timeout`.
    pub timeout: Timeout,
    /// `fallback`: what users get instead.
    pub fallback: Option<String>,
    /// `deadline`: bounds all attempts and waits; default none.
    pub deadline: Option<Span>,
    /// `lease`: how long a permit is held; default twice the timeout, 60 s without one.
    pub lease: Span,
    /// `breaker`; every service has one unless it says `"off"`.
    pub breaker: Option<BreakerPolicy>,
    /// `limits`.
    pub limits: Vec<LimitPolicy>,
    /// `outcomes`: what the host's facts mean; default the usual table.
    pub outcomes: OutcomeTable,
    /// `throttle`: how long to hold back when the upstream says "wait" but not how long.
    pub throttle: ThrottlePolicy,
    /// `retry`; default none.
    pub retry: Option<RetryPolicy>,
    /// `mode` and `enforce_share` of the whole service.
    pub rule: Rule,
    /// `on_engine_failure`; default the document's.
    pub on_engine_failure: OnEngineFailure,
}

/// What the document tells its services.
pub(super) struct Context<'c, 'a> {
    pub(super) presets: &'c Presets<'a>,
    pub(super) zone: &'c Zone,
    pub(super) on_engine_failure: OnEngineFailure,
}

/// Reads one service; what users see of it has been read before.
pub(super) fn read(name: &str, t: Table, ctx: &Context, lints: &mut Vec<Fault>) -> Service {
    let timeout = t.node("timeout").map_or(Some(DEFAULT_TIMEOUT.into()), |n| read_timeout(&n));
    let timeout = timeout.unwrap_or(DEFAULT_TIMEOUT.into());
    let rule = Rule::read(&t);
    let mut limits = t.node("limits").map(|n| read_limits(&n, ctx.presets, lints)).unwrap_or_default();
    for limit in &mut limits {
        limit.set_default_zone(ctx.zone);
    }
    let service = Service {
        name: name.to_string(),
        per: rule.per.clone().unwrap_or_default(),
        timeout,
        fallback: t.node("fallback").and_then(|n| n.json.as_str()).map(ToString::to_string),
        deadline: t.span("deadline"),
        lease: t.span("lease").unwrap_or(timeout.total.map_or(DEFAULT_LEASE, |s| s.times(2))),
        breaker: read_breaker(&t, ctx.presets, BreakerContext { timeout: timeout.total }),
        limits,
        outcomes: t.node("outcomes").map(|n| OutcomeTable::read(&n)).unwrap_or_default(),
        throttle: t.table("throttle").map(ThrottlePolicy::read).unwrap_or_default(),
        retry: t.node("retry").filter(|n| !off(n)).and_then(|n| n.table()).map(RetryPolicy::read),
        rule,
        on_engine_failure: t.word("on_engine_failure", &ON_ENGINE_FAILURE).unwrap_or(ctx.on_engine_failure),
    };
    t.finish();
    service
}

impl From<Span> for Timeout {
    fn from(total: Span) -> Self {
        Timeout { total: Some(total), first_byte: None, idle: None }
    }
}

fn read_timeout(node: &Node) -> Option<Timeout> {
    if off(node) {
        return Some(Timeout { total: None, first_byte: None, idle: None });
    }
    if node.json.as_str().is_some() {
        return node.span().map(Timeout::from);
    }
    let t = node.table()?;
    let total = t.span("total").unwrap_or(DEFAULT_TIMEOUT);
    let timeout = Timeout { total: Some(total), first_byte: t.span("first_byte"), idle: t.span("idle") };
    for (key, part) in [("first_byte", timeout.first_byte), ("idle", timeout.idle)] {
        if part.is_some_and(|s| s > total) {
            t.fault_at(key, Code::NumberOutOfRange, format_args!("`{key}` is longer than `total`, {total} ms"));
        }
    }
    t.finish();
    Some(timeout)
}

fn off(node: &Node) -> bool {
    node.json.as_str() == Some("off") || *node.json == Json::Bool(false)
}

fn read_breaker(t: &Table, presets: &Presets, ctx: BreakerContext) -> Option<BreakerPolicy> {
    let Some(node) = t.node("breaker") else {
        return Some(BreakerPolicy::standard(ctx));
    };
    if off(&node) {
        return None;
    }
    let table = match node.json.as_str() {
        Some(name) => presets.breaker(name, &node)?.table()?,
        None => node.table()?,
    };
    let breaker = BreakerPolicy::read(&table, ctx);
    table.finish();
    Some(breaker)
}

/// One preset's name, or a list of tables and names.
fn read_limits(node: &Node, presets: &Presets, lints: &mut Vec<Fault>) -> Vec<LimitPolicy> {
    let items = match node.json {
        Json::Str(_) => vec![*node],
        _ => node.list().unwrap_or_default(),
    };
    let mut out: Vec<LimitPolicy> = Vec::new();
    for item in items {
        let read = match item.json.as_str() {
            Some(name) => presets.limits(name, &item),
            None => LimitPolicy::read(&item).map_or(Vec::new(), |limit| vec![limit]),
        };
        for limit in read {
            if RESERVED.contains(&limit.name.as_str()) {
                item.fault(Code::BadName, format_args!("`{}` is the name of a gate", limit.name));
            }
            if out.iter().any(|other| other.name == limit.name) {
                item.fault(Code::DuplicateName, format_args!("`{}` stands twice in this service", limit.name));
                continue;
            }
            lint::one_limit(&limit, &item, lints);
            out.push(limit);
        }
    }
    if out.len() > MAX_LIMITS {
        node.fault(Code::TooMany, format_args!("at most {MAX_LIMITS} limits for a service"));
        out.truncate(MAX_LIMITS);
    }
    out
}
