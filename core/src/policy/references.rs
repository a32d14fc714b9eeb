//! The names that rules share: the keys of a call, and what limits count.
use crate::base::doc::Table;
use crate::base::error::Code;
use crate::base::order::sort_by;
use crate::gate::rule::MAX_KEYS;
use crate::policy::service::Service;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// How many units of measure a document may use.
const MAX_UNITS: usize = 4;

/// `calls`, then the units of all limits, sorted: what a snapshot keeps must not hang on the order of a document.
pub(super) fn units(services: &[Service], t: &Table) -> Vec<String> {
    let of = |s: &Service| s.limits.iter().map(|l| l.unit.clone()).collect::<Vec<_>>();
    collect("calls", services.iter().flat_map(of), MAX_UNITS, "units of measure", t)
}

/// `tenant`, then the keys that split a rule, sorted.
pub(super) fn key_names(services: &[Service], t: &Table) -> Vec<String> {
    let of = |s: &Service| {
        let breaker = s.breaker.iter().flat_map(|b| b.rule.per.iter().flatten());
        let limits = s.limits.iter().flat_map(|l| l.rule.per.iter().flatten());
        s.per.iter().chain(breaker).chain(limits).cloned().collect::<Vec<_>>()
    };
    collect("tenant", services.iter().flat_map(of), MAX_KEYS, "key names", t)
}

fn collect(first: &str, names: impl Iterator<Item = String>, most: usize, what: &str, t: &Table) -> Vec<String> {
    let mut out = vec![first.to_string()];
    for name in names {
        if !out.contains(&name) {
            if out.len() == most {
                t.fault_at(
                    "services",
                    Code::TooMany,
                    format_args!("`{name}` is one too many: at most {most} {what} in all"),
                );
                break;
            }
            out.push(name);
        }
    }
    if let Some(rest) = out.get_mut(1..) {
        sort_by(rest, Ord::cmp);
    }
    out
}
