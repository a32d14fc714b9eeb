//! A picture of all statuses for a report: of the system, or as one tenant sees it.
use super::Status;
use super::banner::Titles;
use super::cause::{Cause, Condition, Kind, Target, worst};
use super::feature::inherited;
use super::overall::{contribution, feature_impact, is_note, weighed};
use super::policy::{Impact, StatusPolicy};
use super::service::{Node, ProbeState};
use super::state::StatusState;
use crate::base::order::sort_by_key;
use crate::base::time::{Instant, Span};
use crate::base::write::Writer;
use alloc::vec::Vec;

/// One reason, by name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CauseView<'a> {
    /// Where it was found.
    pub name: &'a str,
    /// Is that a feature?
    pub feature: bool,
    /// What was found.
    pub kind: Kind,
}

/// A status ordered by a person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderView<'a> {
    /// Until when; `None` until it is cleared.
    pub until: Option<Instant>,
    /// What to say.
    pub message: Option<&'a str>,
}

/// When it may work again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Recovery {
    /// A fact: when the breaker lets the next attempt through.
    pub next_attempt_at: Option<Instant>,
    /// An estimate from past incidents: from, until, how many it rests on.
    pub range: Option<(Instant, Instant, u32)>,
}

/// A service.
#[derive(Clone, PartialEq, Debug)]
pub struct ServiceView<'a> {
    /// Its name.
    pub name: &'a str,
    /// What people call it.
    pub title: &'a Titles,
    /// How much it matters.
    pub impact: Impact,
    /// What users get instead.
    pub fallback: Option<&'a str>,
    /// What it shows.
    pub status: Status,
    /// Since when.
    pub since: Instant,
    /// Why.
    pub causes: Vec<CauseView<'a>>,
    /// Ordered by a person?
    pub maintenance: Option<OrderView<'a>>,
    /// Its breaker.
    pub condition: Condition,
    /// Its probes.
    pub probe: ProbeState,
    /// How its last latency compares with the rule.
    pub latency_status: Status,
    /// How its last share of memory compares with the rule.
    pub memory_status: Status,
    /// Tenants affected and seen.
    pub tenants: (u32, u32),
    /// When it may work again; only while it is not healthy.
    pub recovery: Option<Recovery>,
}

/// A feature.
#[derive(Clone, PartialEq, Debug)]
pub struct FeatureView<'a> {
    /// Its name.
    pub name: &'a str,
    /// What people call it.
    pub title: &'a Titles,
    /// Does it count as critical?
    pub critical: bool,
    /// What users get instead.
    pub fallback: Option<&'a str>,
    /// What it shows.
    pub status: Status,
    /// Since when.
    pub since: Instant,
    /// Why.
    pub causes: Vec<CauseView<'a>>,
    /// Ordered by a person?
    pub maintenance: Option<OrderView<'a>>,
}

/// An incident that lasts.
#[derive(Clone, PartialEq, Debug)]
pub struct IncidentView<'a> {
    /// Its number.
    pub id: u64,
    /// The service.
    pub service: &'a str,
    /// When it began.
    pub since: Instant,
    /// The worst status so far.
    pub worst: Status,
    /// Why it began.
    pub because: Vec<CauseView<'a>>,
    /// How long it has lasted.
    pub duration: Span,
}

/// Everything.
#[derive(Clone, PartialEq, Debug)]
pub struct SystemView<'a> {
    /// The whole.
    pub overall: Status,
    /// Since when.
    pub since: Instant,
    /// Those that make the whole what it is; empty when healthy.
    pub decided_by: Vec<&'a str>,
    /// Those that are not healthy and yet change nothing.
    pub notes: Vec<&'a str>,
    /// In document order.
    pub services: Vec<ServiceView<'a>>,
    /// In document order.
    pub features: Vec<FeatureView<'a>>,
    /// Open incidents, by number.
    pub incidents: Vec<IncidentView<'a>>,
    /// The language of a title when the wanted one is missing.
    pub default_lang: &'a str,
}

impl<'a> SystemView<'a> {
    /// A service by name.
    pub fn service(&self, name: &str) -> Option<&ServiceView<'a>> {
        self.services.iter().find(|s| s.name == name)
    }
    /// A feature by name. `None`: no such feature; clients treat it as available.
    pub fn feature(&self, name: &str) -> Option<&FeatureView<'a>> {
        self.features.iter().find(|f| f.name == name)
    }
    /// Every instant as the clock on the wall shows it.
    pub fn on_wall(&mut self, wall: impl Fn(Instant) -> Instant) {
        let fix = |at: &mut Instant| *at = wall(*at);
        fix(&mut self.since);
        for s in &mut self.services {
            fix(&mut s.since);
            s.probe.at.iter_mut().for_each(fix);
            s.maintenance.iter_mut().filter_map(|o| o.until.as_mut()).for_each(fix);
            if let Some(r) = &mut s.recovery {
                r.next_attempt_at.iter_mut().for_each(fix);
                r.range.iter_mut().for_each(|(from, until, _)| (*from, *until) = (wall(*from), wall(*until)));
            }
        }
        for f in &mut self.features {
            fix(&mut f.since);
            f.maintenance.iter_mut().filter_map(|o| o.until.as_mut()).for_each(fix);
        }
        self.incidents.iter_mut().for_each(|i| fix(&mut i.since));
    }
    fn weigh(&mut self) {
        let services = self.services.iter().map(|s| {
            let status = weighed(s.status, s.fallback.is_some());
            (s.name, s.status, s.impact, contribution(s.impact, status))
        });
        let features = self.features.iter().map(|f| {
            let impact = feature_impact(f.critical);
            (f.name, f.status, impact, contribution(impact, f.status))
        });
        let all: Vec<_> = services.chain(features).collect();
        self.overall = all.iter().map(|(.., c)| *c).max().unwrap_or_default();
        if self.overall > Status::Healthy {
            self.decided_by = all.iter().filter(|(.., c)| *c == self.overall).map(|(name, ..)| *name).collect();
        }
        self.notes = all.iter().filter(|(_, s, i, _)| is_note(*i, *s)).map(|(name, ..)| *name).collect();
    }
}

/// Writes `[{"service":"afip","condition":"open"}]`, as effects and reports say why.
pub fn write_causes<'a>(w: &mut Writer, causes: impl IntoIterator<Item = CauseView<'a>>) {
    w.begin_list();
    for c in causes {
        w.begin();
        w.field_str(if c.feature { "feature" } else { "service" }, c.name);
        w.field_str("condition", c.kind.slug());
        w.end();
    }
    w.end_list();
}

impl StatusPolicy {
    /// Causes by name.
    pub fn name_causes<'a>(&'a self, causes: &[Cause]) -> Vec<CauseView<'a>> {
        causes
            .iter()
            .map(|c| CauseView {
                name: self.name(c.source),
                feature: matches!(c.source, Target::Feature(_)),
                kind: c.kind,
            })
            .collect()
    }
}

/// One tenant's breaker: what it is, since when, and the next attempt.
pub type TenantReading = (Condition, Instant, Option<Instant>);

impl StatusState {
    /// The system's view. Cost: O(services + features).
    pub fn view<'a>(&'a self, p: &'a StatusPolicy, now: Instant) -> SystemView<'a> {
        let services = p.services.iter().zip(&self.services).map(|(part, s)| {
            let hold = &s.node.hold;
            ServiceView {
                name: &part.name,
                title: &part.title,
                impact: part.impact,
                fallback: part.fallback.as_deref(),
                status: hold.shown,
                since: hold.since,
                causes: p.name_causes(&hold.causes),
                maintenance: order_view(&s.node),
                condition: s.condition,
                probe: s.probe.clone(),
                latency_status: s.probe.latency_status(&part.probe),
                memory_status: s.probe.memory_status(&part.probe),
                tenants: s.tenants,
                recovery: (hold.shown > Status::Healthy)
                    .then(|| Recovery { next_attempt_at: s.retry_at, range: s.incidents.estimate(now) }),
            }
        });
        let features = p.features.iter().zip(&self.features).map(|(part, f)| FeatureView {
            name: &part.name,
            title: &part.title,
            critical: part.critical,
            fallback: part.fallback.as_deref(),
            status: f.hold.shown,
            since: f.hold.since,
            causes: p.name_causes(&f.hold.causes),
            maintenance: order_view(f),
        });
        let mut view = SystemView {
            overall: self.overall,
            since: self.overall_since,
            decided_by: Vec::new(),
            notes: Vec::new(),
            services: services.collect(),
            features: features.collect(),
            incidents: self.open_incidents(p, now),
            default_lang: &p.default_lang,
        };
        view.weigh();
        view
    }
    fn open_incidents<'a>(&'a self, p: &'a StatusPolicy, now: Instant) -> Vec<IncidentView<'a>> {
        let mut list: Vec<IncidentView> = Vec::new();
        for (part, s) in p.services.iter().zip(&self.services) {
            if let Some(open) = &s.incidents.open {
                list.push(IncidentView {
                    id: open.id,
                    service: &part.name,
                    since: open.since,
                    worst: open.worst,
                    because: p.name_causes(&open.because),
                    duration: now.since(open.since),
                });
            }
        }
        sort_by_key(&mut list, |i| i.id);
        list
    }
    /// What one tenant sees: the system's view, made worse where that tenant's own breakers say so. `reading` answers for a service with the
    /// tenant's breaker, `None` where it has none, or one that never left closed. Better waits out the hysteresis from `since` here too.
    pub fn tenant_view<'a>(
        &'a self,
        p: &'a StatusPolicy,
        now: Instant,
        mut reading: impl FnMut(usize) -> Option<TenantReading>,
    ) -> SystemView<'a> {
        let mut view = self.view(p, now);
        let n = p.services.len();
        let mut found: Vec<Vec<Cause>> = alloc::vec![Vec::new(); n + p.features.len()];
        let mut held = alloc::vec![false; n];
        let mut sinces: Vec<Instant> = alloc::vec![self.overall_since; n + p.features.len()];
        let number = |t: Target| match t {
            Target::Service(i) => i,
            Target::Feature(i) => n + i,
        };
        for target in &p.order {
            let at = number(*target);
            let Some(node) = self.node(*target) else { continue };
            if node.ordered.is_some() {
                found[at] = node.found.clone();
                continue;
            }
            let mut mine = Vec::new();
            if let Target::Service(i) = *target
                && let Some((condition, since, retry_at)) = reading(i)
            {
                let seen = as_shown(condition, since, p.improve_after, now);
                held[i] = seen.is_some() && seen.map(|(kind, _)| kind) != condition.kind();
                mine.extend(seen.map(|(kind, level)| Cause { source: *target, kind, level }));
                sinces[at] = since;
                let slot = &mut view.services[i];
                if condition.status() >= slot.condition.status() {
                    slot.condition = condition;
                    if let Some(r) = retry_at.filter(|_| condition.status() == Status::Offline) {
                        slot.recovery.get_or_insert_default().next_attempt_at = Some(r);
                    }
                }
            }
            let (needs, fallback) = match *target {
                Target::Service(i) => (&p.services[i].needs, p.services[i].fallback.is_some()),
                Target::Feature(i) => (&p.features[i].needs, p.features[i].fallback.is_some()),
            };
            let from_needs = inherited(needs, fallback, |t| &found[number(t)]);
            for c in &from_needs {
                sinces[at] = sinces[at].max(sinces[number(c.source)]);
            }
            mine.extend(from_needs);
            for c in &node.found {
                match mine.iter_mut().find(|m| m.source == c.source && m.kind == c.kind) {
                    Some(m) => m.level = m.level.max(c.level),
                    None if matches!(target, Target::Service(_)) => mine.push(*c),
                    None => {}
                }
            }
            let status = worst(&mine);
            if status > node.hold.shown {
                let shown = mine.iter().map(|c| match c.source {
                    Target::Service(i) if held[i] => Cause { kind: Kind::Recovering, ..*c },
                    _ => *c,
                });
                let causes = p.name_causes(&shown.collect::<Vec<_>>());
                match *target {
                    Target::Service(i) => {
                        let s = &mut view.services[i];
                        (s.status, s.since, s.causes) = (status, sinces[at], causes);
                        s.recovery.get_or_insert_default();
                    }
                    Target::Feature(i) => {
                        let f = &mut view.features[i];
                        (f.status, f.since, f.causes) = (status, sinces[at], causes);
                    }
                }
            }
            found[at] = mine;
        }
        view.weigh();
        view
    }
}

/// A breaker's condition as the hysteresis shows it: shortly after closing it still shows half-open, shortly after half-opening still offline.
fn as_shown(condition: Condition, since: Instant, improve_after: Span, now: Instant) -> Option<(Kind, Status)> {
    let fresh = since + improve_after > now;
    match condition {
        Condition::Closed | Condition::Ramping | Condition::HalfOpenIdle if fresh => {
            Some((Kind::HalfOpen, Status::Degraded))
        }
        Condition::HalfOpen if fresh => Some((Kind::Open, Status::Offline)),
        other => other.kind().map(|kind| (kind, other.status())),
    }
}

fn order_view(node: &Node) -> Option<OrderView<'_>> {
    node.ordered.as_ref().map(|o| OrderView { until: o.until, message: o.message.as_deref() })
}
