//! The status of everything: readings go in, effects come out, and only when something changed.
pub use super::Status;
use super::cause::worst;
pub use super::cause::{Cause, Condition, Kind, Target};
use super::feature::inherited;
use super::hold::Hold;
use super::incident::Incident;
use super::overall::{contribution, feature_impact, weighed};
use super::policy::StatusPolicy;
pub use super::service::ProbeResult;
use super::service::{Node, Override, ServiceState};
use crate::base::time::{Instant, Span};
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// Something that changed.
#[derive(Clone, PartialEq, Debug)]
pub enum StatusEffect {
    /// What a service shows has changed.
    ServiceChanged {
        /// Its place in the policy.
        service: usize,
        /// What it showed.
        from: Status,
        /// What it shows.
        to: Status,
        /// Why.
        because: Vec<Cause>,
        /// Since when: the instant of the change.
        since: Instant,
    },
    /// What a feature shows has changed.
    FeatureChanged {
        /// Its place in the policy.
        feature: usize,
        /// What it showed.
        from: Status,
        /// What it shows.
        to: Status,
        /// Why.
        because: Vec<Cause>,
        /// What users get instead.
        fallback: Option<String>,
        /// Since when: the instant of the change.
        since: Instant,
    },
    /// The whole has changed.
    OverallChanged {
        /// What it was.
        from: Status,
        /// What it is.
        to: Status,
    },
    /// A service left healthy.
    IncidentOpened {
        /// The number of the incident.
        id: u64,
        /// The service.
        service: usize,
        /// Why.
        because: Vec<Cause>,
    },
    /// A service is healthy again.
    IncidentClosed {
        /// The number of the incident.
        id: u64,
        /// The service.
        service: usize,
        /// How long it lasted.
        duration: Span,
    },
    /// An order to show a status ran out or was cleared.
    MaintenanceEnded {
        /// What it was for.
        target: Target,
    },
}

/// The state of all services and features. Cost of a reading: one pass over the graph when something changed, else nothing.
#[derive(Clone, PartialEq, Debug)]
pub struct StatusState {
    pub(super) services: Vec<ServiceState>,
    pub(super) features: Vec<Node>,
    pub(super) overall: Status,
    pub(super) overall_since: Instant,
    pub(super) incidents: u64,
    pub(super) due: Option<(Instant, &'static str)>,
}

impl StatusState {
    /// All healthy, the whole healthy, since `now`.
    pub fn new(p: &StatusPolicy, now: Instant) -> Self {
        StatusState {
            services: p.services.iter().map(|_| ServiceState::new(now)).collect(),
            features: vec![Node::new(now); p.features.len()],
            overall: Status::Healthy,
            overall_since: now,
            incidents: 0,
            due: None,
        }
    }
    /// What the engine says of a service's own breaker or roll-up. The same again changes nothing. `retry_at`: while open, the next attempt.
    pub fn breaker(
        &mut self,
        p: &StatusPolicy,
        service: usize,
        c: Condition,
        retry_at: Option<Instant>,
        now: Instant,
        out: &mut Vec<StatusEffect>,
    ) {
        let Some(s) = self.services.get_mut(service) else { return };
        s.retry_at = retry_at.filter(|_| c.status() == Status::Offline);
        if s.condition != c {
            s.condition = c;
            self.refresh(p, now, out);
        }
    }
    /// How many tenants of a keyed breaker are affected, of how many seen.
    pub fn tenants(&mut self, service: usize, affected: u32, seen: u32) {
        if let Some(s) = self.services.get_mut(service) {
            s.tenants = (affected, seen);
        }
    }
    /// Until when the upstream said to wait; `None` ends it. It ends by itself at that instant.
    pub fn throttled(
        &mut self,
        p: &StatusPolicy,
        service: usize,
        until: Option<Instant>,
        now: Instant,
        out: &mut Vec<StatusEffect>,
    ) {
        let Some(s) = self.services.get_mut(service) else { return };
        let until = until.filter(|at| *at > now);
        if s.throttled_until != until {
            s.throttled_until = until;
            self.refresh(p, now, out);
        }
    }
    /// A probe's result.
    pub fn probe(
        &mut self,
        p: &StatusPolicy,
        service: usize,
        result: ProbeResult,
        now: Instant,
        out: &mut Vec<StatusEffect>,
    ) {
        let (Some(s), Some(part)) = (self.services.get_mut(service), p.services.get(service)) else { return };
        s.probe.record(&part.probe, result, now);
        self.refresh(p, now, out);
    }
    /// A person orders what a service or feature shows, until an instant or until it is cleared with `None`.
    pub fn maintain(
        &mut self,
        p: &StatusPolicy,
        target: Target,
        order: Option<(Status, Option<Instant>, Option<String>)>,
        now: Instant,
        out: &mut Vec<StatusEffect>,
    ) {
        let Some(node) = self.node_mut(target) else { return };
        let had = node.ordered.is_some();
        node.ordered = order.map(|(status, until, message)| Override { status, until, message });
        if had && node.ordered.is_none() {
            out.push(StatusEffect::MaintenanceEnded { target });
        }
        self.run_due(p, now, out);
    }
    /// The next instant at which something changes by itself, and what.
    pub fn next_due(&self) -> Option<(Instant, &'static str)> {
        self.due
    }
    /// Runs what is due at `now`.
    pub fn run_due(&mut self, p: &StatusPolicy, now: Instant, out: &mut Vec<StatusEffect>) {
        for (i, s) in self.services.iter_mut().enumerate() {
            if end_order(&mut s.node, now) {
                out.push(StatusEffect::MaintenanceEnded { target: Target::Service(i) });
            }
            if s.throttled_until.is_some_and(|at| at <= now) {
                s.throttled_until = None;
            }
            if let Some(part) = p.services.get(i) {
                s.probe.stale |= s.probe.stale_at(&part.probe).is_some_and(|at| at <= now);
            }
        }
        for (i, f) in self.features.iter_mut().enumerate() {
            if end_order(f, now) {
                out.push(StatusEffect::MaintenanceEnded { target: Target::Feature(i) });
            }
        }
        self.refresh(p, now, out);
    }
    /// What a service shows.
    pub fn service_status(&self, service: usize) -> Status {
        self.services.get(service).map_or(Status::Healthy, |s| s.node.hold.shown)
    }
    /// What a feature shows.
    pub fn feature_status(&self, feature: usize) -> Status {
        self.features.get(feature).map_or(Status::Healthy, |f| f.hold.shown)
    }
    /// The whole.
    pub fn overall(&self) -> Status {
        self.overall
    }
    pub(super) fn node(&self, target: Target) -> Option<&Node> {
        match target {
            Target::Service(i) => self.services.get(i).map(|s| &s.node),
            Target::Feature(i) => self.features.get(i),
        }
    }
    fn node_mut(&mut self, target: Target) -> Option<&mut Node> {
        match target {
            Target::Service(i) => self.services.get_mut(i).map(|s| &mut s.node),
            Target::Feature(i) => self.features.get_mut(i),
        }
    }
    /// What a service or feature is found to be: its own readings and what it needs.
    pub(super) fn found(&self, p: &StatusPolicy, target: Target) -> Vec<Cause> {
        let look = |t: Target| self.node(t).map_or(&[][..], |n| n.found.as_slice());
        match target {
            Target::Service(i) => {
                let (Some(s), Some(part)) = (self.services.get(i), p.services.get(i)) else { return Vec::new() };
                let mut all = s.causes(target, &part.probe);
                all.extend(inherited(&part.needs, part.fallback.is_some(), look));
                all
            }
            Target::Feature(i) => {
                let Some(part) = p.features.get(i) else { return Vec::new() };
                inherited(&part.needs, part.fallback.is_some(), look)
            }
        }
    }
    /// One pass over the graph, needs first.
    pub(super) fn refresh(&mut self, p: &StatusPolicy, now: Instant, out: &mut Vec<StatusEffect>) {
        for target in &p.order {
            let found = self.found(p, *target);
            let Some(node) = self.node_mut(*target) else { continue };
            let change = update(node, *target, found, p.improve_after, now);
            if let Some((from, to, because)) = change {
                self.tell(p, *target, (from, to), because, now, out);
            }
        }
        self.watch_incidents(now, out);
        let overall = self.weigh(p);
        if overall != self.overall {
            out.push(StatusEffect::OverallChanged { from: self.overall, to: overall });
            self.overall = overall;
            self.overall_since = now;
        }
        self.due = self.earliest(p);
    }
    fn tell(
        &self,
        p: &StatusPolicy,
        target: Target,
        (from, to): (Status, Status),
        because: Vec<Cause>,
        since: Instant,
        out: &mut Vec<StatusEffect>,
    ) {
        out.push(match target {
            Target::Service(service) => StatusEffect::ServiceChanged { service, from, to, because, since },
            Target::Feature(feature) => {
                let fallback = p.fallback(target).map(ToString::to_string);
                StatusEffect::FeatureChanged { feature, from, to, because, fallback, since }
            }
        });
    }
    fn watch_incidents(&mut self, now: Instant, out: &mut Vec<StatusEffect>) {
        for (service, s) in self.services.iter_mut().enumerate() {
            let hold = &s.node.hold;
            match (&mut s.incidents.open, hold.shown) {
                (None, Status::Healthy) => {}
                (Some(_), Status::Healthy) => {
                    if let Some((id, duration)) = s.incidents.close(now) {
                        out.push(StatusEffect::IncidentClosed { id, service, duration });
                    }
                }
                (Some(open), shown) => open.worst = open.worst.max(shown),
                (None, worst) => {
                    self.incidents += 1;
                    let (id, because) = (self.incidents, hold.causes.clone());
                    let planned = s.node.ordered.is_some();
                    s.incidents.open = Some(Incident { id, since: now, worst, planned, because: because.clone() });
                    out.push(StatusEffect::IncidentOpened { id, service, because });
                }
            }
        }
    }
    pub(super) fn weigh(&self, p: &StatusPolicy) -> Status {
        let services = p
            .services
            .iter()
            .zip(&self.services)
            .map(|(part, s)| contribution(part.impact, weighed(s.node.hold.shown, part.fallback.is_some())));
        let features = p
            .features
            .iter()
            .zip(&self.features)
            .map(|(part, f)| contribution(feature_impact(part.critical), f.hold.shown));
        services.chain(features).max().unwrap_or_default()
    }
    pub(super) fn earliest(&self, p: &StatusPolicy) -> Option<(Instant, &'static str)> {
        let mut due: Option<(Instant, &'static str)> = None;
        let mut add = |at: Option<Instant>, why| {
            if let Some(at) = at.filter(|at| !at.is_never() && due.is_none_or(|(first, _)| *at < first)) {
                due = Some((at, why));
            }
        };
        for (s, part) in self.services.iter().zip(&p.services) {
            add(s.throttled_until, "throttle_ends");
            add(s.probe.stale_at(&part.probe), "probe_stale");
            add(s.node.ordered.as_ref().and_then(|o| o.until), "maintenance_ends");
            add(s.node.hold.next(p.improve_after), "status_improves");
        }
        for f in &self.features {
            add(f.ordered.as_ref().and_then(|o| o.until), "maintenance_ends");
            add(f.hold.next(p.improve_after), "status_improves");
        }
        due
    }
    /// Takes the state over to another policy: what bears the same name keeps its history, what is gone ends its incident.
    /// Effects in `gone` speak of places in `old`, those in `out` of places in `new`. Breakers, throttles: the engine says them again where they changed.
    pub fn migrate(
        self,
        old: &StatusPolicy,
        new: &StatusPolicy,
        now: Instant,
        gone: &mut Vec<StatusEffect>,
        out: &mut Vec<StatusEffect>,
    ) -> StatusState {
        let place = |t: Target| match t {
            Target::Service(_) => new.service(old.name(t)).map(Target::Service),
            Target::Feature(_) => new.feature(old.name(t)).map(Target::Feature),
        };
        let mut next = StatusState::new(new, now);
        next.overall = self.overall;
        next.overall_since = self.overall_since;
        next.incidents = self.incidents;
        for (i, mut s) in self.services.into_iter().enumerate() {
            match place(Target::Service(i))
                .and_then(|t| if let Target::Service(at) = t { next.services.get_mut(at) } else { None })
            {
                Some(slot) => {
                    move_node(&mut s.node, place);
                    if let Some(open) = &mut s.incidents.open {
                        move_causes(&mut open.because, place);
                    }
                    *slot = s;
                }
                None => {
                    if let Some((id, duration)) = s.incidents.close(now) {
                        gone.push(StatusEffect::IncidentClosed { id, service: i, duration });
                    }
                }
            }
        }
        for (i, mut f) in self.features.into_iter().enumerate() {
            if let Some(Target::Feature(at)) = place(Target::Feature(i)) {
                move_node(&mut f, place);
                if let Some(slot) = next.features.get_mut(at) {
                    *slot = f;
                }
            }
        }
        next.run_due(new, now, out);
        next
    }
}

fn move_node(node: &mut Node, place: impl Fn(Target) -> Option<Target>) {
    move_causes(&mut node.hold.causes, &place);
    move_causes(&mut node.found, &place);
}

fn move_causes(causes: &mut Vec<Cause>, place: impl Fn(Target) -> Option<Target>) {
    *causes = causes.iter().filter_map(|c| place(c.source).map(|source| Cause { source, ..*c })).collect();
}

fn end_order(node: &mut Node, now: Instant) -> bool {
    let over = node.ordered.as_ref().and_then(|o| o.until).is_some_and(|at| at <= now);
    if over {
        node.ordered = None;
    }
    over
}

/// Takes what was found; answers with the change of what is shown, if any: from, to, because.
fn update(
    node: &mut Node,
    target: Target,
    found: Vec<Cause>,
    improve_after: Span,
    now: Instant,
) -> Option<(Status, Status, Vec<Cause>)> {
    let hold: &mut Hold = &mut node.hold;
    hold.set(worst(&found), improve_after, now);
    let from = hold.shown;
    let mut causes;
    match &node.ordered {
        Some(order) => {
            hold.shown = order.status;
            causes = vec![Cause { source: target, kind: Kind::Maintenance, level: order.status }];
            node.found = causes.clone();
        }
        None => {
            hold.shown = hold.level;
            causes = hold.shown_causes(&found);
            node.found = found;
        }
    }
    let to = hold.shown;
    let before = core::mem::replace(&mut hold.causes, causes.clone());
    if from == to {
        return None;
    }
    hold.since = now;
    if causes.iter().all(|c| c.level == Status::Healthy && c.kind != Kind::Maintenance) {
        for old in before {
            if !causes.iter().any(|c| c.source == old.source) {
                causes.push(Cause { source: old.source, kind: Kind::Recovered, level: Status::Healthy });
            }
        }
    }
    Some((from, to, causes))
}
