//! What is allowed but hardly meant. A lint never stops a document.
use crate::base::doc::Node;
use crate::base::error::{Code, Fault};
use crate::base::num::grown;
use crate::base::time::Span;
use crate::gate::limit::period::DAY;
use crate::gate::limit::{Algorithm, LimitPolicy, Period};
use crate::gate::rule::{Mode, Scope};
use crate::policy::document::Policy;
use crate::policy::presets::Presets;
use crate::policy::service::Service;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Arguments;

/// How many lints are kept.
const MAX_LINTS: usize = 256;

/// Lints that need the whole document.
pub(super) fn run(policy: &mut Policy, presets: &Presets) {
    let mut out = core::mem::take(&mut policy.lints);
    for s in &policy.services {
        idle_limits(s, &mut out);
        deadline(s, &mut out);
        attempts(s, &mut out);
    }
    for f in &policy.status.features {
        let path = || format!("features.{}", f.name);
        if f.fallback.is_none() && !(f.needs.all.is_empty() && f.needs.any_of.is_empty()) {
            let message = format_args!("`{}` goes offline with what it needs: it has no fallback", f.name);
            note(&mut out, Code::FallbackMissing, &path, message);
        }
        if f.title.is_empty() {
            note(&mut out, Code::TitleMissing, &path, format_args!("users see `{}`: it has no title", f.name));
        }
    }
    for node in presets.unused() {
        note(&mut out, Code::PresetUnused, &|| node.path(), format_args!("no service names this preset"));
    }
    policy.lints = out;
}

/// Notes one, while there is room.
fn note(out: &mut Vec<Fault>, code: Code, path: &dyn Fn() -> String, message: Arguments) {
    if out.len() < MAX_LINTS {
        out.push(Fault::at(code, &path(), message));
    }
}

/// Lints that need one limit as it was written.
pub(super) fn one_limit(limit: &LimitPolicy, node: &Node, out: &mut Vec<Fault>) {
    if let Algorithm::TokenBucket(b) = &limit.algorithm {
        let chosen = node.json.at("algorithm").is_some() || node.json.at("burst").is_some();
        if b.burst > limit.limit || !chosen {
            let most = b.burst.saturating_add(limit.limit);
            let message = format_args!(
                "`{}` may pass {most} {} in one period of {}: where the upstream counts a window, use `sliding_window`",
                limit.name, limit.unit, limit.period
            );
            note(out, Code::BurstBeyondLimit, &|| node.path(), message);
        }
    }
    if limit.scope == Scope::Fleet {
        let message = format_args!("`{}` counts per process until the host gives the engine a store", limit.name);
        note(out, Code::FleetWithoutStore, &|| node.path(), message);
    }
}

fn deadline(s: &Service, out: &mut Vec<Fault>) {
    if let (Some(deadline), Some(timeout)) = (s.deadline, s.timeout.total)
        && deadline < timeout
    {
        let message = format_args!("the deadline of {deadline} ms ends a call before its timeout of {timeout} ms");
        note(out, Code::DeadlineBelowTimeout, &|| format!("services.{}.deadline", s.name), message);
    }
}

/// Attempts that the deadline leaves no time for: waits without jitter, and one whole attempt at the end.
fn attempts(s: &Service, out: &mut Vec<Fault>) {
    let (Some(retry), Some(deadline)) = (&s.retry, s.deadline) else {
        return;
    };
    let b = &retry.backoff;
    let waits = (0..retry.attempts.saturating_sub(1)).map(|n| grown(b.base, b.growth, n, b.max));
    let whole = waits.fold(s.timeout.total.unwrap_or_default(), |sum, wait| sum + wait);
    if whole > deadline {
        let message = format_args!("the last of {} attempts hardly ever fits into {deadline} ms", retry.attempts);
        note(out, Code::RetryBeyondDeadline, &|| format!("services.{}.retry", s.name), message);
    }
}

/// A limit that can never refuse because another one always refuses first.
fn idle_limits(s: &Service, out: &mut Vec<Fault>) {
    for (i, a) in s.limits.iter().enumerate() {
        let idle = |(j, b): (usize, &LimitPolicy)| i != j && covers(b, a) && (j < i || !covers(a, b));
        if let Some((_, b)) = s.limits.iter().enumerate().find(|(j, b)| idle((*j, b))) {
            let message = format_args!("`{}` can never bind beside `{}`", a.name, b.name);
            note(out, Code::LimitNeverBinds, &|| format!("services.{}.limits[{i}]", s.name), message);
        }
    }
}

/// Whatever `b` lets pass, `a` lets pass.
fn covers(b: &LimitPolicy, a: &LimitPolicy) -> bool {
    let none = Vec::new();
    let (per_a, per_b) = (a.rule.per.as_ref().unwrap_or(&none), b.rule.per.as_ref().unwrap_or(&none));
    a.unit == b.unit
        && a.scope == b.scope
        && b.rule.mode == Mode::Enforce
        && b.rule.enforce_share.is_none()
        && per_b.iter().all(|k| per_a.contains(k))
        && b.exempt.iter().all(|k| a.exempt.contains(k))
        && covers_in_numbers(b, a)
}

fn covers_in_numbers(b: &LimitPolicy, a: &LimitPolicy) -> bool {
    let (longest, shortest) = (micros(a.period.at_most()), micros(at_least(b.period)));
    match (&a.algorithm, &b.algorithm) {
        (Algorithm::TokenBucket(x), _) => {
            // `a` refills at least as fast as `b` passes, and holds what `b` passes at once.
            let faster = u128::from(b.limit) * longest <= u128::from(a.limit) * shortest;
            let at_once = match b.algorithm {
                Algorithm::FixedWindow(_) => b.limit.saturating_mul(2),
                _ => b.size(),
            };
            faster && at_once <= x.burst
        }
        (_, Algorithm::TokenBucket(y)) => {
            u128::from(y.burst) + u128::from(b.limit) * longest / shortest <= u128::from(a.limit)
        }
        (_, Algorithm::SlidingWindow(_)) => u128::from(b.limit) * longest.div_ceil(shortest) <= u128::from(a.limit),
        (_, Algorithm::FixedWindow(_)) => u128::from(b.limit) * (longest.div_ceil(shortest) + 1) <= u128::from(a.limit),
    }
}

fn micros(span: Span) -> u128 {
    u128::from(span.micros().unsigned_abs())
}

fn at_least(period: Period) -> Span {
    match period {
        Period::Length(s) => s,
        Period::Month => Span::from_secs(28 * 86_400),
    }
}

/// What a limit lets pass in a day when it is used to the full: `1000` an hour is 24,000 a day. Rounded down.
pub fn per_day(limit: &LimitPolicy) -> u64 {
    let n = u128::from(limit.limit) * micros(DAY) / micros(limit.period.at_most()).max(1);
    u64::try_from(n).unwrap_or(u64::MAX)
}
