//! What the policy says about status: impact, titles, fallbacks, needs, probes, hysteresis.
use super::Status;
use super::banner::Titles;
use super::cause::Target;
use super::graph;
use crate::base::doc::{Node, Table, clip};
use crate::base::error::Code;
use crate::base::json::Json;
use crate::base::num::Ratio;
use crate::base::order::sort_by_key;
use crate::base::time::{Span, parse_span};
use crate::base::write::join;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// How many features a policy may declare.
pub const MAX_FEATURES: usize = 1024;
/// How many languages a title may have.
pub const MAX_TITLES: usize = 32;

/// How much a service matters to the whole.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Impact {
    /// Offline without a fallback takes the whole offline.
    Critical,
    /// Offline degrades the whole.
    High,
    /// Offline degrades the whole; the default.
    #[default]
    Medium,
    /// Never changes the whole.
    Low,
}

impl Impact {
    /// All impacts with their words.
    pub const WORDS: [(&'static str, Impact); 4] =
        [("critical", Impact::Critical), ("high", Impact::High), ("medium", Impact::Medium), ("low", Impact::Low)];
    /// The word.
    pub fn slug(self) -> &'static str {
        Self::WORDS.iter().find(|(_, i)| *i == self).map_or("medium", |(w, _)| w)
    }
}

/// What a need's states mean for the one that needs it; `None` takes the default rule.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Mapping {
    /// Its breaker is open; default degraded where there is a fallback, else offline.
    pub open: Option<Status>,
    /// Its breaker is half-open; default degraded.
    pub half_open: Option<Status>,
    /// It is throttled by the upstream; default degraded.
    pub throttled: Option<Status>,
    /// It is degraded for another reason; default degraded.
    pub degraded: Option<Status>,
    /// It is offline for another reason; default as for `open`.
    pub offline: Option<Status>,
    /// It is unknown; default unknown.
    pub unknown: Option<Status>,
}

/// One need.
#[derive(Clone, PartialEq, Debug)]
pub struct Need {
    /// What is needed.
    pub source: Target,
    /// What its states mean here.
    pub mapping: Mapping,
    /// Has the needed one a fallback of its own?
    pub has_fallback: bool,
}

/// All needs of one service or feature: each of `all`, and one of each group of `any_of`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Needs {
    /// Worst-of.
    pub all: Vec<Need>,
    /// Best-of inside a group, worst-of across.
    pub any_of: Vec<Vec<Need>>,
}

/// How probe results are judged.
#[derive(Clone, PartialEq, Debug)]
pub struct ProbeRule {
    /// `failures`: so many in a row mean offline; default 3.
    pub failures: u32,
    /// `successes`: so many in a row end it; default 1.
    pub successes: u32,
    /// `stale`: a last probe as old as this means unknown; default 90 s.
    pub stale: Span,
    /// `latency.degraded`: strictly longer is degraded; default none.
    pub latency_degraded: Option<Span>,
    /// `latency.offline`: strictly longer is offline; default none.
    pub latency_offline: Option<Span>,
    /// `memory.degraded`: a strictly larger share is degraded; default none.
    pub memory_degraded: Option<Ratio>,
    /// `memory.offline`: a strictly larger share is offline; default none.
    pub memory_offline: Option<Ratio>,
}

impl Default for ProbeRule {
    fn default() -> Self {
        ProbeRule {
            failures: 3,
            successes: 1,
            stale: Span::from_secs(90),
            latency_degraded: None,
            latency_offline: None,
            memory_degraded: None,
            memory_offline: None,
        }
    }
}

/// The status part of a service.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ServicePart {
    /// Its name.
    pub name: String,
    /// What people call it; empty: its name.
    pub title: Titles,
    /// `impact`; default medium.
    pub impact: Impact,
    /// `fallback`: what users get instead.
    pub fallback: Option<String>,
    /// `needs`; default none.
    pub needs: Needs,
    /// `probe`.
    pub probe: ProbeRule,
}

/// A feature.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct FeaturePart {
    /// Its name.
    pub name: String,
    /// What people call it; empty: its name.
    pub title: Titles,
    /// `critical`; default no.
    pub critical: bool,
    /// `fallback`: what users get instead.
    pub fallback: Option<String>,
    /// `needs`; default none.
    pub needs: Needs,
}

/// All that the policy says about status.
#[derive(Clone, PartialEq, Debug)]
pub struct StatusPolicy {
    /// In document order.
    pub services: Vec<ServicePart>,
    /// In document order.
    pub features: Vec<FeaturePart>,
    /// `status.improve_after`: how long better must last before it shows; default 30 s, `0s` shows it at once.
    pub improve_after: Span,
    /// `default_lang`: the language of a title when the wanted one is missing; default `en`.
    pub default_lang: String,
    /// Services and features, needs first.
    pub order: Vec<Target>,
}

/// A service as read, its needs not yet looked up.
#[derive(Debug)]
pub struct ServiceDraft<'a> {
    part: ServicePart,
    needs: NeedsDraft<'a>,
}

#[derive(Debug, Default)]
struct NeedsDraft<'a> {
    all: Vec<NeedDraft<'a>>,
    any_of: Vec<Vec<NeedDraft<'a>>>,
}

#[derive(Debug)]
struct NeedDraft<'a> {
    name: &'a str,
    node: Node<'a>,
    mapping: Mapping,
}

/// Reads `title`, `impact`, `fallback`, `needs` and `probe` of a service's table; the other keys are left to other readers.
pub fn read_service<'a>(name: &str, t: &Table<'a>) -> ServiceDraft<'a> {
    ServiceDraft {
        part: ServicePart {
            name: name.to_string(),
            title: read_titles(t),
            impact: t.word("impact", &Impact::WORDS).unwrap_or_default(),
            fallback: read_fallback(t),
            needs: Needs::default(),
            probe: t.table("probe").map(read_probe).unwrap_or_default(),
        },
        needs: read_needs(t),
    }
}

impl StatusPolicy {
    /// Reads `status`, `default_lang` and `features` of the document's root and looks up every need. `services` in document order.
    /// Faults: `unknown_name`, `dependency_cycle` with the circle in the message, and those of the fields.
    pub fn read(root: &Table, services: Vec<ServiceDraft>) -> StatusPolicy {
        let improve_after = root.table("status").and_then(read_status).unwrap_or(Span::from_secs(30));
        let default_lang = root.node("default_lang").and_then(|n| n.name().map(ToString::to_string));
        let mut drafts = Vec::new();
        let mut features = Vec::new();
        for (part, needs) in read_features(root) {
            features.push(part);
            drafts.push(needs);
        }
        let (mut parts, mut all) = (Vec::new(), Vec::new());
        for s in services {
            parts.push(s.part);
            all.push(s.needs);
        }
        all.extend(drafts);
        let mut policy = StatusPolicy {
            services: parts,
            features,
            improve_after,
            default_lang: default_lang.unwrap_or_else(|| "en".to_string()),
            order: Vec::new(),
        };
        policy.resolve(&all);
        policy
    }
    /// The place of a service.
    pub fn service(&self, name: &str) -> Option<usize> {
        self.services.iter().position(|s| s.name == name)
    }
    /// The place of a feature.
    pub fn feature(&self, name: &str) -> Option<usize> {
        self.features.iter().position(|f| f.name == name)
    }
    /// The name of a service or feature.
    pub fn name(&self, target: Target) -> &str {
        match target {
            Target::Service(i) => self.services.get(i).map_or("", |s| s.name.as_str()),
            Target::Feature(i) => self.features.get(i).map_or("", |f| f.name.as_str()),
        }
    }
    /// The fallback of a service or feature.
    pub fn fallback(&self, target: Target) -> Option<&str> {
        match target {
            Target::Service(i) => self.services.get(i).and_then(|s| s.fallback.as_deref()),
            Target::Feature(i) => self.features.get(i).and_then(|f| f.fallback.as_deref()),
        }
    }
    fn target(&self, node: usize) -> Target {
        let n = self.services.len();
        if node < n { Target::Service(node) } else { Target::Feature(node - n) }
    }
    fn resolve(&mut self, drafts: &[NeedsDraft]) {
        // The last of a name counts: a service before a feature.
        let features = self.features.iter().enumerate().map(|(i, f)| (f.name.as_str(), Target::Feature(i)));
        let mut names: Vec<(&str, Target)> = features.collect();
        names.extend(self.services.iter().enumerate().map(|(i, s)| (s.name.as_str(), Target::Service(i))));
        sort_by_key(&mut names, |(name, _)| *name);
        let find = |name: &str| {
            let end = names.partition_point(|(other, _)| *other <= name);
            names[..end].last().filter(|(found, _)| *found == name).map(|(_, target)| *target)
        };
        let look = |d: &NeedDraft| match find(d.name) {
            Some(source) => {
                Some(Need { source, mapping: d.mapping.clone(), has_fallback: self.fallback(source).is_some() })
            }
            None => {
                d.node.fault(Code::UnknownName, format_args!("`{}` is no service and no feature", clip(d.name)));
                None
            }
        };
        let all: Vec<Needs> = drafts
            .iter()
            .map(|d| Needs {
                all: d.all.iter().filter_map(look).collect(),
                any_of: d.any_of.iter().map(|g| g.iter().filter_map(look).collect()).collect(),
            })
            .collect();
        let n = self.services.len();
        let number = |t: Target| match t {
            Target::Service(i) => i,
            Target::Feature(i) => n + i,
        };
        let edges: Vec<Vec<usize>> = all
            .iter()
            .map(|needs| needs.all.iter().chain(needs.any_of.iter().flatten()).map(|d| number(d.source)).collect())
            .collect();
        let (order, circles) = graph::order(&edges);
        for circle in circles {
            let path: Vec<String> = circle.iter().map(|i| format!("`{}`", self.name(self.target(*i)))).collect();
            let node = circle.first().and_then(|i| drafts.get(*i)).and_then(|d| d.first());
            if let Some(draft) = node {
                draft.node.fault(Code::Cycle, format_args!("{}", join(&path, " needs ")));
            }
        }
        self.order = order.into_iter().map(|i| self.target(i)).collect();
        for (i, needs) in all.into_iter().enumerate() {
            match i.checked_sub(n) {
                None => self.services[i].needs = needs,
                Some(f) => self.features[f].needs = needs,
            }
        }
    }
}

impl<'a> NeedsDraft<'a> {
    fn first(&self) -> Option<&NeedDraft<'a>> {
        self.all.first().or_else(|| self.any_of.iter().flatten().next())
    }
}

fn read_status(t: Table) -> Option<Span> {
    let span = t.node("improve_after").and_then(|n| {
        let text = n.text()?;
        let span = parse_span(text);
        if span.is_none() {
            n.fault(Code::BadDuration, format_args!("`{}` is not a duration", clip(text)));
        }
        span
    });
    t.finish();
    span
}

fn read_features<'a>(root: &Table<'a>) -> Vec<(FeaturePart, NeedsDraft<'a>)> {
    let Some(table) = root.table("features") else { return Vec::new() };
    let mut named = table.named();
    if named.len() > MAX_FEATURES {
        table.fault(Code::TooMany, format_args!("at most {MAX_FEATURES} features"));
        named.truncate(MAX_FEATURES);
    }
    let mut out = Vec::new();
    for (name, node) in named {
        let Some(t) = node.table() else { continue };
        let part = FeaturePart {
            name: name.to_string(),
            title: read_titles(&t),
            critical: t.boolean("critical").unwrap_or(false),
            fallback: read_fallback(&t),
            needs: Needs::default(),
        };
        let needs = read_needs(&t);
        t.finish();
        out.push((part, needs));
    }
    out
}

fn read_fallback(t: &Table) -> Option<String> {
    t.node("fallback").and_then(|n| n.name().map(ToString::to_string))
}

/// A title: one text for all languages, or a table of language to text.
fn read_titles(t: &Table) -> Titles {
    let Some(node) = t.node("title") else { return Titles::default() };
    let mut titles = Titles::default();
    match node.json {
        Json::Str(s) => titles.add("", checked_title(&node, s)),
        Json::Obj(_) => {
            for (lang, text) in node.table().map(|t| t.named()).unwrap_or_default() {
                if let Some(s) = text.text() {
                    titles.add(lang, checked_title(&text, s));
                }
            }
        }
        _ => node.wrong("text or a table of language to text"),
    }
    if titles.len() > MAX_TITLES {
        node.fault(Code::TooMany, format_args!("at most {MAX_TITLES} languages"));
    }
    titles
}

fn checked_title<'a>(node: &Node, text: &'a str) -> &'a str {
    if text.trim().is_empty() || text.chars().count() > 200 || text.chars().any(char::is_control) {
        node.fault(Code::BadName, format_args!("a title has 1 to 200 characters and no control characters"));
    }
    text
}

fn read_needs<'a>(t: &Table<'a>) -> NeedsDraft<'a> {
    let mut out = NeedsDraft::default();
    let Some(node) = t.node("needs") else { return out };
    match node.json {
        Json::Str(_) | Json::Arr(_) => out.all = plain_needs(&node),
        Json::Obj(_) => {
            for (name, value) in node.table().map(|t| t.entries()).unwrap_or_default() {
                if name == "any_of" {
                    out.any_of = read_groups(&value);
                } else if let Some(mapping) = read_mapping(&value) {
                    out.all.push(NeedDraft { name, node: value, mapping });
                }
            }
        }
        _ => node.wrong("a name, a list of names, or a table"),
    }
    out
}

fn plain_needs<'a>(node: &Node<'a>) -> Vec<NeedDraft<'a>> {
    let nodes = if matches!(node.json, Json::Arr(_)) { node.list().unwrap_or_default() } else { alloc::vec![*node] };
    nodes
        .into_iter()
        .filter_map(|node| node.text().map(|name| NeedDraft { name, node, mapping: Mapping::default() }))
        .collect()
}

fn read_groups<'a>(node: &Node<'a>) -> Vec<Vec<NeedDraft<'a>>> {
    let list = node.list().unwrap_or_default();
    let nested = list.iter().any(|n| matches!(n.json, Json::Arr(_)));
    let groups: Vec<Vec<NeedDraft>> = if nested {
        list.iter().map(|n| if n.list().is_some() { plain_needs(n) } else { Vec::new() }).collect()
    } else {
        alloc::vec![plain_needs(node)]
    };
    if groups.iter().any(Vec::is_empty) {
        node.fault(Code::MissingField, format_args!("a group names at least one service or feature"));
    }
    groups
}

fn read_mapping(node: &Node) -> Option<Mapping> {
    if matches!(node.json, Json::Str(_)) {
        return node.word(&[("default", ())]).map(|()| Mapping::default());
    }
    let t = node.table()?;
    let mapping = Mapping {
        open: t.word("open", &Status::WORDS),
        half_open: t.word("half_open", &Status::WORDS),
        throttled: t.word("throttled", &Status::WORDS),
        degraded: t.word("degraded", &Status::WORDS),
        offline: t.word("offline", &Status::WORDS),
        unknown: t.word("unknown", &Status::WORDS),
    };
    t.finish();
    Some(mapping)
}

fn read_probe(t: Table) -> ProbeRule {
    let d = ProbeRule::default();
    let count = |key: &str, default: u32| t.integer(key, 1, 1000).map_or(default, |n| n as u32);
    let mut rule = ProbeRule {
        failures: count("failures", d.failures),
        successes: count("successes", d.successes),
        stale: t.span("stale").unwrap_or(d.stale),
        ..d
    };
    if let Some(l) = t.table("latency") {
        rule.latency_degraded = l.span("degraded");
        rule.latency_offline = l.span("offline");
        if rule.latency_degraded.zip(rule.latency_offline).is_some_and(|(a, b)| a >= b) {
            l.fault_at("offline", Code::Conflict, format_args!("`offline` must lie above `degraded`"));
        }
        l.finish();
    }
    if let Some(m) = t.table("memory") {
        rule.memory_degraded = m.share("degraded");
        rule.memory_offline = m.share("offline");
        if rule.memory_degraded.zip(rule.memory_offline).is_some_and(|(a, b)| a >= b) {
            m.fault_at("offline", Code::Conflict, format_args!("`offline` must lie above `degraded`"));
        }
        m.finish();
    }
    t.finish();
    rule
}
