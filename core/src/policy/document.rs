//! The frame of the document: what stands at its top, and the order in which its parts are read.
use crate::base::calendar::Zone;
use crate::base::doc::{Faults, Node, Table};
use crate::base::error::{Code, Fault};
use crate::base::hash::stable;
use crate::base::json::Json;
use crate::base::num::Ratio;
use crate::base::time::Span;
use crate::base::zone_doc::read_zone;
use crate::gate::breaker::WindowRule;
use crate::gate::rule::{MODES, Mode};
use crate::policy::presets::{BuiltIn, Presets};
use crate::policy::service::{self, Service};
use crate::policy::{lint, references};
use crate::status::policy::{StatusPolicy, read_service};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// How many services a document may declare.
pub(super) const MAX_SERVICES: usize = 1024;
/// The most keys an engine may be told to keep.
const MAX_KEYS: u64 = 10_000_000;
/// The most permits an engine may be told to keep.
const MAX_PERMITS: u64 = (1 << 20) - 2;

/// How many keys an engine remembers, and for how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeysPolicy {
    /// `keys.cap`: at most so many keys; default 100,000.
    pub cap: u32,
    /// `keys.forget`: streaks, count windows and open attempts of a key lapse after this without a call; default 24 h,
    /// at least the longest window.
    pub forget: Span,
}

/// What a host does with a call when the engine itself has failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnEngineFailure {
    /// The call goes through; the default.
    #[default]
    Allow,
    /// The call is refused.
    Refuse,
}

impl OnEngineFailure {
    /// The word in the document.
    pub fn word(self) -> &'static str {
        ON_ENGINE_FAILURE.iter().find(|(_, w)| *w == self).map_or("allow", |(word, _)| word)
    }
}

/// The words of [`OnEngineFailure`].
pub(super) const ON_ENGINE_FAILURE: [(&str, OnEngineFailure); 2] =
    [("allow", OnEngineFailure::Allow), ("refuse", OnEngineFailure::Refuse)];

/// One policy document.
#[derive(Clone, PartialEq, Debug)]
pub struct Policy {
    /// `version`; always 1.
    pub version: u32,
    /// `name`; empty when it has none.
    pub name: String,
    /// `zone`: where days begin; default UTC.
    pub zone: Zone,
    /// `mode` of the whole document.
    pub mode: Mode,
    /// `enforce_share` of the whole document.
    pub enforce_share: Option<Ratio>,
    /// Stable hash of the canonical JSON: the same document in any syntax and key order has the same.
    pub hash: u64,
    /// The canonical JSON.
    pub json: String,
    /// What limits count: `calls` first, then in order of appearance; at most 4.
    pub units: Vec<String>,
    /// The names of the keys of a call: `tenant` first, then in order of appearance; at most 4.
    pub key_names: Vec<String>,
    /// In document order.
    pub services: Vec<Service>,
    /// What users see: `title`, `impact`, `fallback`, `needs` and `probe` of services, and the features.
    pub status: StatusPolicy,
    /// `keys`.
    pub keys: KeysPolicy,
    /// `permits`: at most so many live ones; default 65,536.
    pub permits: u32,
    /// `on_engine_failure`; a service may say otherwise.
    pub on_engine_failure: OnEngineFailure,
    /// What is allowed but hardly meant.
    pub lints: Vec<Fault>,
}

impl Policy {
    /// The place of a service.
    pub fn service(&self, name: &str) -> Option<usize> {
        self.services.iter().position(|s| s.name == name)
    }
}

/// Reads the whole document. `None` when it is no table or of another version.
pub(super) fn read<'a>(root: &Node<'a>, built_in: &'a BuiltIn, faults: &'a Faults<'a>) -> Option<Policy> {
    let t = root.table()?;
    t.text("$schema");
    let version = read_version(&t);
    let name = t.node("name").and_then(|n| n.name()).unwrap_or_default();
    let zone = t.node("zone").and_then(|n| read_zone(&n)).unwrap_or(Zone::UTC);
    let presets = Presets::read(&t, built_in, faults);
    let engine_failure = t.word("on_engine_failure", &ON_ENGINE_FAILURE).unwrap_or_default();
    let mut lints = Vec::new();
    let (mut services, mut drafts) = (Vec::new(), Vec::new());
    let ctx = service::Context { presets: &presets, zone: &zone, on_engine_failure: engine_failure };
    for (name, node) in read_services(&t) {
        let Some(table) = node.table() else { continue };
        drafts.push(read_service(name, &table));
        services.push(service::read(name, table, &ctx, &mut lints));
    }
    let mut policy = Policy {
        version: 1,
        name: name.to_string(),
        zone: zone.clone(),
        mode: t.word("mode", &MODES).unwrap_or_default(),
        enforce_share: t.share("enforce_share"),
        hash: 0,
        json: String::new(),
        units: references::units(&services, &t),
        key_names: references::key_names(&services, &t),
        status: StatusPolicy::read(&t, drafts),
        keys: read_keys(&t, &services),
        permits: t.integer("permits", 1, MAX_PERMITS).map_or(65_536, |n| n as u32),
        on_engine_failure: engine_failure,
        services,
        lints,
    };
    t.finish();
    version?;
    lint::run(&mut policy, &presets);
    policy.json = spoken(root.json).canonical();
    policy.hash = stable(policy.json.as_bytes());
    Some(policy)
}

/// The document without the line that is meant for editors: with it or without, it says the same.
fn spoken(json: &Json) -> Json {
    match json {
        Json::Obj(entries) => Json::Obj(entries.iter().filter(|(key, _)| key != "$schema").cloned().collect()),
        other => other.clone(),
    }
}

fn read_version(t: &Table) -> Option<()> {
    let Some(node) = t.node("version") else {
        t.fault_at("version", Code::MissingField, format_args!("`version` is missing"));
        return None;
    };
    match node.integer(0, 1 << 53)? {
        1 => Some(()),
        n => {
            node.fault(Code::UnsupportedVersion, format_args!("version {n} is not known here"));
            None
        }
    }
}

fn read_services<'a>(t: &Table<'a>) -> Vec<(&'a str, Node<'a>)> {
    let Some(table) = t.table("services") else {
        return Vec::new();
    };
    let mut named = table.named();
    if named.len() > MAX_SERVICES {
        table.fault(Code::TooMany, format_args!("at most {MAX_SERVICES} services"));
        named.truncate(MAX_SERVICES);
    }
    named
}

fn read_keys(t: &Table, services: &[Service]) -> KeysPolicy {
    let mut keys = KeysPolicy { cap: 100_000, forget: Span::from_secs(86_400) };
    if let Some(k) = t.table("keys") {
        keys.cap = k.integer("cap", 1, MAX_KEYS).map_or(keys.cap, |n| n as u32);
        keys.forget = k.span("forget").unwrap_or(keys.forget);
        k.finish();
    }
    for breaker in services.iter().filter_map(|s| s.breaker.as_ref()) {
        if let WindowRule::Time { span, .. } = breaker.window {
            keys.forget = keys.forget.max(span);
        }
    }
    keys
}
