//! Named rules: those of the document (`[breakers.NAME]`, `[limits.NAME]`), and those that need no declaring.
//!
//! A document's own entry of a name wins over a built-in one. A limit preset is one table, or a list of tables.
use crate::base::doc::{Faults, Node, Table};
use crate::base::error::Code;
use crate::base::json::Json;
use crate::base::order::sort_by_key;
use crate::base::write::join;
use crate::gate::breaker::{BreakerContext, BreakerPolicy};
use crate::gate::limit::LimitPolicy;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::Cell;

/// Built-in breakers.
const BREAKERS: &str = r#"{
"database": {"consecutive_failures": 5, "open": {"base": "30s"}},
"critical": {"consecutive_failures": 3, "open": {"base": "10s"}},
"analytics": {"consecutive_failures": 8, "open": {"base": "45s"}},
"batch": {"consecutive_failures": 10, "open": {"base": "60s"}},
"database_production": {"failures": 3, "window": "60s", "open": {"base": "20s"}},
"afip": {"failure_rate": 0.5, "window": "60s", "min_calls": 5, "open": {"base": "60s"}},
"mercadopago": {"failure_rate": 0.5, "window": "60s", "min_calls": 5, "open": {"base": "30s"}}
}"#;

/// Built-in limits.
const LIMITS: &str = r#"{
"general": {"limit": 100, "period": "1m", "algorithm": "sliding_window"},
"auth": {"limit": 5, "period": "15m", "algorithm": "sliding_window"},
"recording": {"limit": 30, "period": "1m", "algorithm": "sliding_window"},
"heavy": {"limit": 10, "period": "1m", "algorithm": "sliding_window"},
"upload": {"limit": 10, "period": "5m", "algorithm": "sliding_window"},
"general_production": {"limit": 1000, "period": "1m", "algorithm": "sliding_window"},
"auth_production": {"limit": 10, "period": "15m", "algorithm": "sliding_window"},
"critical_production": {"limit": 100, "period": "1m", "algorithm": "sliding_window"},
"afip": [
 {"name": "minute", "limit": 60, "period": "1m", "algorithm": "sliding_window"},
 {"name": "hour", "limit": 1000, "period": "1h", "algorithm": "sliding_window"},
 {"name": "day", "limit": 10000, "period": "1d", "algorithm": "sliding_window"}],
"whatsapp": {"limit": 80, "period": "1s", "algorithm": "sliding_window"}
}"#;

/// How many presets of a kind a document may declare.
const MAX_PRESETS: usize = 256;

/// The built-in presets, parsed.
pub(super) struct BuiltIn {
    breakers: Json,
    limits: Json,
}

impl BuiltIn {
    pub(super) fn parse() -> Self {
        let parse = |text: &str| Json::parse(text).unwrap_or(Json::Obj(Vec::new()));
        BuiltIn { breakers: parse(BREAKERS), limits: parse(LIMITS) }
    }
}

fn names(text: &str) -> Vec<String> {
    match Json::parse(text) {
        Ok(Json::Obj(entries)) => entries.into_iter().map(|(name, _)| name).collect(),
        _ => Vec::new(),
    }
}

/// The names of the built-in breakers.
pub fn breaker_presets() -> Vec<String> {
    names(BREAKERS)
}

/// The names of the built-in limits.
pub fn limit_presets() -> Vec<String> {
    names(LIMITS)
}

/// One preset.
struct Preset<'a> {
    name: &'a str,
    json: &'a Json,
    /// Free of faults: one that is not has been reported where it stands.
    sound: bool,
    declared: bool,
    used: Cell<bool>,
}

/// All presets that a document can name.
pub(super) struct Presets<'a> {
    breakers: Vec<Preset<'a>>,
    limits: Vec<Preset<'a>>,
    faults: &'a Faults<'a>,
}

impl<'a> Presets<'a> {
    /// Reads `breakers` and `limits` of the document's root.
    pub(super) fn read(root: &Table<'a>, built_in: &'a BuiltIn, faults: &'a Faults<'a>) -> Self {
        let mut breakers = built_in_of(&built_in.breakers);
        let mut limits = built_in_of(&built_in.limits);
        declared(root, "breakers", &mut breakers, faults, |_, node| {
            if let Some(t) = node.table() {
                BreakerPolicy::read(&t, BreakerContext { timeout: None });
                t.finish();
            }
        });
        declared(root, "limits", &mut limits, faults, |name, node| {
            read_limits(node, name);
        });
        Presets { breakers, limits, faults }
    }
    /// The table of a breaker preset; the fault `unknown_name` at `asked`.
    pub(super) fn breaker(&self, name: &str, asked: &Node) -> Option<Node<'a>> {
        self.find(&self.breakers, name, asked, "breaker")
    }
    /// The limits of a preset; the fault `unknown_name` at `asked`.
    pub(super) fn limits(&self, name: &str, asked: &Node) -> Vec<LimitPolicy> {
        self.find(&self.limits, name, asked, "limit").map(|node| read_limits(&node, name)).unwrap_or_default()
    }
    fn find(&self, of: &[Preset<'a>], name: &str, asked: &Node, what: &str) -> Option<Node<'a>> {
        let Some(preset) = of.iter().find(|preset| preset.name == name) else {
            let known: Vec<&str> = of.iter().map(|preset| preset.name).take(24).collect();
            let name = crate::base::doc::clip(name);
            asked.fault(
                Code::UnknownName,
                format_args!("`{name}` is no {what} preset; there are {}", join(&known, ", ")),
            );
            return None;
        };
        preset.used.set(true);
        preset.sound.then(|| self.faults.node(preset.json))
    }
    /// Declared presets that no service names.
    pub(super) fn unused(&self) -> impl Iterator<Item = Node<'a>> {
        let all = self.breakers.iter().chain(&self.limits);
        all.filter(|p| p.declared && !p.used.get()).map(|p| self.faults.node(p.json))
    }
}

fn built_in_of(json: &Json) -> Vec<Preset<'_>> {
    let Json::Obj(entries) = json else {
        return Vec::new();
    };
    let mut presets = Vec::with_capacity(entries.len());
    for (name, json) in entries {
        presets.push(Preset { name, json, sound: true, declared: false, used: Cell::new(false) });
    }
    presets
}

fn declared<'a>(root: &Table<'a>, key: &str, into: &mut Vec<Preset<'a>>, faults: &Faults, check: impl Fn(&str, &Node)) {
    sort_by_key(into, |preset| preset.name);
    let Some(table) = root.table(key) else { return };
    let mut named = table.named();
    if named.len() > MAX_PRESETS {
        table.fault(Code::TooMany, format_args!("at most {MAX_PRESETS} presets"));
        named.truncate(MAX_PRESETS);
    }
    for (name, node) in named {
        let before = faults.count();
        check(name, &node);
        let sound = faults.count() == before;
        into.retain(|built_in| built_in.name != name);
        into.push(Preset { name, json: node.json, sound, declared: true, used: Cell::new(false) });
    }
    sort_by_key(into, |preset| preset.name);
}

/// One limit that takes its name from the preset, or a list of limits with names of their own.
fn read_limits(node: &Node, name: &str) -> Vec<LimitPolicy> {
    match node.json {
        Json::Arr(_) => node.list().unwrap_or_default().iter().filter_map(LimitPolicy::read).collect(),
        _ => LimitPolicy::read_named(node, Some(name)).map_or(Vec::new(), |limit| vec![limit]),
    }
}
