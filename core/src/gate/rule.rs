//! What every rule of every gate has in common: whether it is enforced, for whom, and what splits it.
use crate::base::doc::{Node, Table, is_name};
use crate::base::error::Code;
use crate::base::num::Ratio;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Whether a rule refuses (`enforce`), only says what it would have done (`shadow`), or is not looked at (`off`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Mode {
    /// Refuses.
    #[default]
    Enforce,
    /// Decides and records as if enforced, never refuses.
    Shadow,
    /// Is not looked at.
    Off,
}

/// The words of [`Mode`].
pub const MODES: [(&str, Mode); 3] = [("enforce", Mode::Enforce), ("shadow", Mode::Shadow), ("off", Mode::Off)];

/// Who shares a count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Scope {
    /// This process; the default.
    #[default]
    Process,
    /// The fleet, through a store.
    Fleet,
}

/// The words of [`Scope`].
pub const SCOPES: [(&str, Scope); 2] = [("process", Scope::Process), ("fleet", Scope::Fleet)];

/// The names of the keys that split a rule, in the order written; empty for one rule for the whole service.
pub type Per = Vec<String>;

/// How many named keys a call may carry.
pub const MAX_KEYS: usize = 4;

/// The common part of a rule.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Rule {
    /// `mode`; default `enforce`.
    pub mode: Mode,
    /// `enforce_share`: the stable share of keys for which the rule is enforced, the others are in shadow; default all.
    pub enforce_share: Option<Ratio>,
    /// `per`; `None` takes the service's for a breaker, and the whole service for a limit.
    pub per: Option<Per>,
}

impl Rule {
    /// Reads `mode`, `enforce_share` and `per`.
    pub fn read(t: &Table) -> Rule {
        Rule {
            mode: t.word("mode", &MODES).unwrap_or_default(),
            enforce_share: t.share("enforce_share"),
            per: t.node("per").map(|n| read_per(&n)),
        }
    }
}

/// Reads `per`: `"service"`, one key name, or a list of key names.
pub fn read_per(node: &Node) -> Per {
    let mut per = Vec::new();
    for (name, item) in node.texts() {
        if name == "service" {
            continue;
        }
        if !is_name(name) || per.iter().any(|p| p == name) {
            node.fault(Code::BadName, format_args!("{} is no key name, or stands twice", item.path()));
            continue;
        }
        per.push(name.to_string());
    }
    if per.len() > MAX_KEYS {
        node.fault(Code::TooMany, format_args!("a rule is split by at most {MAX_KEYS} keys"));
        per.truncate(MAX_KEYS);
    }
    per
}
