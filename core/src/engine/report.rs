//! A look: what a report may show, picked up from every room.
use crate::base::error::Fault;
use crate::base::key::KeyId;
use crate::base::num::Ratio;
use crate::base::time::{Instant, Span};
use crate::engine::output::REFUSALS;
use crate::engine::service::ServiceState;
use crate::engine::{Decision, Engine, Output};
use crate::gate::breaker::Breaker;
use crate::gate::rule::MAX_KEYS;
use crate::policy::Service;
use crate::report::{
    BreakerLine, CapacityNumbers, GaugeLine, HealthInput, LimitLine, Load, RebuildsLine, ReportRequest, SPREAD,
    TrafficLine, render,
};
use crate::status::view::{SystemView, TenantReading};
use alloc::vec::Vec;

impl Engine {
    /// Renders a report. With keys, what that tenant sees; a key nobody knows sees the system's view.
    /// Errors: `bad_view`. Cost: O(services + features + limits), whatever the number of keys.
    pub fn report(
        &mut self,
        request: &ReportRequest,
        keys: &[Option<KeyId>; MAX_KEYS],
        at: Instant,
    ) -> Result<Output<'_>, Fault> {
        let now = self.begin(at);
        let rendered = render(&self.health_input(keys, now), request)?;
        Ok(self.end(Decision::Report(rendered)))
    }
    fn health_input(&self, keys: &[Option<KeyId>; MAX_KEYS], now: Instant) -> HealthInput<'_> {
        let each = || self.policy.services.iter().zip(&self.services);
        let input = HealthInput {
            now,
            started_at: self.started,
            name: &self.policy.name,
            system: self.system_view(keys, now),
            breakers: each().enumerate().filter_map(|(i, (p, s))| self.breaker_line(i as u32, p, s, now)).collect(),
            traffic: each().map(|(p, s)| traffic_line(p, s)).collect(),
            limits: each().flat_map(|(p, s)| limit_lines(p, s, now)).collect(),
            gauges: self.gauges.iter().map(|g| GaugeLine { name: &g.name, value: g.value, at: g.at }).collect(),
            permits: Load { used: self.permits.live() as u64, max: self.policy.permits.into() },
            keys: Load { used: self.keys.len() as u64, max: self.policy.keys.cap.into() },
            rebuilds: RebuildsLine {
                count: self.rebuilds.count,
                last: self.rebuilds.last.as_ref().map(|(at, cause)| (*at, cause.as_str())),
            },
            capacity: self.capacity_numbers(),
        };
        input.on_wall(|at| self.wall(at))
    }
    /// The numbers of the capacity side, observed by the host as gauges of these names.
    fn capacity_numbers(&self) -> CapacityNumbers {
        let gauge = |name: &str| self.gauge(name).map_or(0.0, |g| g.value.max(0.0));
        let whole = |name: &str| libm::round(gauge(name)) as u64;
        CapacityNumbers {
            bottlenecks: whole("bottlenecks"),
            organizations: whole("organizations"),
            database_tenths: libm::round(gauge("database_percent") * 10.0) as u64,
            recommendations: whole("recommendations"),
        }
    }
    fn system_view(&self, keys: &[Option<KeyId>; MAX_KEYS], now: Instant) -> SystemView<'_> {
        let p = &self.policy.status;
        let mut view = if keys.iter().all(Option::is_none) {
            self.status.view(p, now)
        } else {
            self.status.tenant_view(p, now, |service| self.tenant_reading(service, keys))
        };
        for (line, (p, s)) in view.services.iter_mut().zip(self.policy.services.iter().zip(&self.services)) {
            // What was counted when a breaker last moved may have been let go since.
            if line.tenants.1 > 0 {
                line.tenants = tenants(p, s);
            }
        }
        view
    }
    fn tenant_reading(&self, service: usize, keys: &[Option<KeyId>; MAX_KEYS]) -> Option<TenantReading> {
        let split = self.services.get(service)?.breaker_split();
        if !split.is_keyed() {
            return None;
        }
        let mut parts = Vec::new();
        for at in &split.per {
            parts.push(keys[*at as usize]?);
        }
        let cell = split.find(Some(self.keys.find_group(&parts)?))?;
        // One that never left closed has nothing to recover from.
        let b = split.breakers.get(cell as usize).filter(|b| b.generation() > 1)?;
        let retry_at = b.next_due().map(|d| d.0);
        Some((self.condition(service as u32, b), b.since(), retry_at))
    }
    fn breaker_line<'a>(
        &'a self,
        service: u32,
        p: &'a Service,
        s: &'a ServiceState,
        now: Instant,
    ) -> Option<BreakerLine<'a>> {
        let policy = p.breaker.as_ref()?;
        let split = s.breaker_split();
        let own = |b: &Breaker| (b.view(policy, now), self.condition(service, b));
        let (view, condition) = match (&s.rollup, split.is_keyed()) {
            (Some(r), _) => own(&r.breaker),
            (None, false) => own(split.breakers.first()?),
            (None, true) => own(&Breaker::new(self.started)),
        };
        let (tenants_open, tenants_seen) = tenants(p, s);
        Some(BreakerLine {
            service: &p.name,
            condition,
            since: view.since,
            generation: view.generation.into(),
            calls: view.calls.into(),
            failures: view.failures.into(),
            slow: view.slow.into(),
            attempts: view.attempt,
            retry_at: view.retry_at,
            tenants_open,
            tenants_seen,
        })
    }
}

/// Keys whose breakers are not closed, and keys seen; both 0 where the breaker is not keyed.
fn tenants(p: &Service, s: &ServiceState) -> (u32, u32) {
    let split = s.breaker_split();
    if !split.has_breaker || !split.is_keyed() {
        return (0, 0);
    }
    let above = s.rollup.as_ref().filter(|_| p.breaker.as_ref().is_some_and(|b| b.rollup.is_some()));
    (split.tripped, above.map_or(split.len() as u32, |r| r.members.seen()))
}

fn traffic_line<'a>(p: &'a Service, s: &ServiceState) -> TrafficLine<'a> {
    let m = &s.meter;
    let quantile = |percent| m.latency.quantile(Ratio::percent(percent)).map(|us| Span::from_micros(us as i64));
    let named = |counts: &[u64]| REFUSALS.iter().copied().zip(counts.iter().copied()).collect();
    TrafficLine {
        service: &p.name,
        granted: m.granted,
        outcomes: m.outcomes,
        refusals: named(&m.refused),
        would_refuse: named(&m.would_refuse),
        retries: m.retries,
        expired: m.expired,
        timed: m.latency.count(),
        time: Span::from_micros(i64::try_from(m.latency.sum()).unwrap_or(i64::MAX)),
        spread: SPREAD.map(|(_, us)| m.latency.at_most(us)),
        p50: quantile(50),
        p95: quantile(95),
        p99: quantile(99),
    }
}

fn limit_lines<'a>(p: &'a Service, s: &'a ServiceState, now: Instant) -> impl Iterator<Item = LimitLine<'a>> {
    p.limits.iter().enumerate().filter_map(move |(i, limit)| {
        let place = s.limit_at[i];
        let split = &s.splits[place.split];
        if split.is_keyed() {
            return None;
        }
        let view = split.limit_ref(0, place.place).view(limit, now);
        Some(LimitLine {
            service: &p.name,
            limit: &limit.name,
            unit: &limit.unit,
            size: view.limit,
            used: view.used,
            remaining: view.remaining,
        })
    })
}
