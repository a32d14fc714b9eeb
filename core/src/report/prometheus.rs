//! Metrics in the Prometheus text format 0.0.4 and in OpenMetrics 1.0.0, from one table of families.
//!
//! The number of series is set by the policy: services, features, limits and fixed words. No tenant, user or model is ever a label.
use super::words::{breaker_word, seconds};
use super::{HealthInput, OPENMETRICS, PROMETHEUS, Rendered, SPREAD};
use crate::base::num::Ratio;
use crate::base::time::Instant;
use crate::base::write::Writer;
use crate::call::OUTCOMES;
use alloc::format;
use alloc::string::{String, ToString};

/// Which of the two formats.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavour {
    Text004,
    OpenMetrics,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Gauge,
    Counter,
    Histogram,
    StateSet,
    Info,
}

struct Page {
    out: String,
    flavour: Flavour,
    name: &'static str,
    kind: Kind,
}

/// Escapes a label's value: backslash, double quote, line feed.
fn value_of(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out
}

impl Page {
    /// Begins a family. `name` without `_total` and `_info`; a unit is the name's last word.
    fn family(&mut self, name: &'static str, kind: Kind, unit: Option<&str>, help: &str) {
        (self.name, self.kind) = (name, kind);
        let full = match (self.flavour, kind) {
            (Flavour::Text004, Kind::Counter) => format!("{name}_total"),
            (Flavour::Text004, Kind::Info) => format!("{name}_info"),
            _ => name.to_string(),
        };
        let word = match (kind, self.flavour) {
            (Kind::Counter, _) => "counter",
            (Kind::Histogram, _) => "histogram",
            (Kind::StateSet, Flavour::OpenMetrics) => "stateset",
            (Kind::Info, Flavour::OpenMetrics) => "info",
            _ => "gauge",
        };
        let (kind, help) = (format!("# TYPE {full} {word}\n"), format!("# HELP {full} {help}\n"));
        match self.flavour {
            Flavour::Text004 => self.out.push_str(&(help + &kind)),
            Flavour::OpenMetrics => {
                self.out.push_str(&kind);
                if let Some(unit) = unit {
                    self.out.push_str(&format!("# UNIT {full} {unit}\n"));
                }
                self.out.push_str(&help);
            }
        }
    }
    /// One sample of the family; the suffix of its kind is added.
    fn sample(&mut self, labels: &[(&str, &str)], value: impl core::fmt::Display) {
        let suffix = match self.kind {
            Kind::Counter => "_total",
            Kind::Info => "_info",
            _ => "",
        };
        self.raw(suffix, labels, value);
    }
    fn raw(&mut self, suffix: &str, labels: &[(&str, &str)], value: impl core::fmt::Display) {
        self.out.push_str(self.name);
        self.out.push_str(suffix);
        for (i, (k, v)) in labels.iter().enumerate() {
            self.out.push_str(if i == 0 { "{" } else { "," });
            self.out.push_str(&format!("{k}=\"{}\"", value_of(v)));
        }
        if !labels.is_empty() {
            self.out.push('}');
        }
        self.out.push_str(&format!(" {value}\n"));
    }
    /// One sample per state, labelled with the family's own name, 1 for the one that holds.
    fn states(&mut self, labels: &[(&str, &str)], states: &[&str], now: &str) {
        for state in states {
            let mut all = labels.to_vec();
            all.push((self.name, state));
            self.raw("", &all, u8::from(*state == now));
        }
    }
}

const STATUSES: [&str; 4] = ["healthy", "unknown", "degraded", "offline"];
const BREAKERS: [&str; 3] = ["closed", "half_open", "open"];

pub(super) fn render(input: &HealthInput, flavour: Flavour) -> Rendered {
    let mut p = Page { out: String::new(), flavour, name: "", kind: Kind::Gauge };
    process(&mut p, input);
    statuses(&mut p, input);
    breakers(&mut p, input);
    calls(&mut p, input);
    probes(&mut p, input);
    limits(&mut p, input);
    if flavour == Flavour::OpenMetrics {
        p.out.push_str("# EOF\n");
    }
    let content_type = if flavour == Flavour::OpenMetrics { OPENMETRICS } else { PROMETHEUS };
    Rendered { status: 200, content_type, body: p.out }
}

fn process(p: &mut Page, input: &HealthInput) {
    p.family("brownout", Kind::Info, None, "The policy in force.");
    p.sample(&[("policy", input.name), ("version", env!("CARGO_PKG_VERSION"))], 1);
    p.family("brownout_uptime_seconds", Kind::Gauge, Some("seconds"), "How long the engine has run.");
    p.sample(&[], seconds(input.uptime()));
    p.family("brownout_permits_live", Kind::Gauge, None, "Permits granted and not yet settled.");
    p.sample(&[], input.permits.used);
    p.family("brownout_keys_live", Kind::Gauge, None, "Keys that are remembered.");
    p.sample(&[], input.keys.used);
    p.family("brownout_engine_rebuilds", Kind::Counter, None, "Times that the engine was lost and rebuilt.");
    p.sample(&[], input.rebuilds.count);
    if let Some((at, _)) = input.rebuilds.last {
        p.family(
            "brownout_engine_rebuilt_timestamp_seconds",
            Kind::Gauge,
            Some("seconds"),
            "When the engine was last rebuilt.",
        );
        p.sample(&[], seconds(at.since(Instant::EPOCH)));
    }
}

fn statuses(p: &mut Page, input: &HealthInput) {
    let view = &input.system;
    p.family("brownout_status", Kind::StateSet, None, "The status of the whole.");
    p.states(&[], &STATUSES, view.overall.slug());
    if !view.services.is_empty() {
        p.family("brownout_service_status", Kind::StateSet, None, "The status of a service.");
        for s in &view.services {
            p.states(&[("service", s.name)], &STATUSES, s.status.slug());
        }
    }
    if !view.features.is_empty() {
        p.family("brownout_feature_status", Kind::StateSet, None, "The status of a feature.");
        for f in &view.features {
            p.states(&[("feature", f.name)], &STATUSES, f.status.slug());
        }
    }
    p.family("brownout_incidents_open", Kind::Gauge, None, "Services that are not healthy.");
    p.sample(&[], view.incidents.len());
}

fn breakers(p: &mut Page, input: &HealthInput) {
    if input.breakers.is_empty() {
        return;
    }
    p.family("brownout_breaker_state", Kind::StateSet, None, "The state of a service's breaker.");
    for b in &input.breakers {
        p.states(&[("service", b.service)], &BREAKERS, breaker_word(b.condition));
    }
    let keyed = || input.breakers.iter().filter(|b| b.tenants_seen > 0);
    if keyed().next().is_some() {
        p.family("brownout_breaker_keys_open", Kind::Gauge, None, "Keys whose own breaker is open.");
        keyed().for_each(|b| p.sample(&[("service", b.service)], b.tenants_open));
        p.family("brownout_breaker_keys_seen", Kind::Gauge, None, "Keys seen by the roll-up.");
        keyed().for_each(|b| p.sample(&[("service", b.service)], b.tenants_seen));
    }
}

fn calls(p: &mut Page, input: &HealthInput) {
    let lines = &input.traffic;
    if lines.is_empty() {
        return;
    }
    p.family("brownout_calls", Kind::Counter, None, "Settled calls by outcome.");
    for t in lines {
        OUTCOMES.into_iter().zip(t.outcomes).for_each(|(o, n)| p.sample(&[("service", t.service), ("outcome", o)], n));
    }
    if lines.iter().any(|t| !t.refusals.is_empty()) {
        p.family("brownout_refusals", Kind::Counter, None, "Refused calls by code.");
        for t in lines {
            t.refusals.iter().for_each(|(c, n)| p.sample(&[("service", t.service), ("code", c)], n));
        }
    }
    if lines.iter().any(|t| !t.would_refuse.is_empty()) {
        p.family(
            "brownout_shadow_refusals",
            Kind::Counter,
            None,
            "Calls that a rule in shadow would have refused, by code.",
        );
        for t in lines {
            t.would_refuse.iter().for_each(|(c, n)| p.sample(&[("service", t.service), ("code", c)], n));
        }
    }
    p.family("brownout_retries", Kind::Counter, None, "Retries advised.");
    lines.iter().for_each(|t| p.sample(&[("service", t.service)], t.retries));
    p.family("brownout_permits_expired", Kind::Counter, None, "Permits that ran out unsettled.");
    lines.iter().for_each(|t| p.sample(&[("service", t.service)], t.expired));
    p.family("brownout_call_duration_seconds", Kind::Histogram, Some("seconds"), "How long calls took.");
    for t in lines {
        let service = ("service", t.service);
        let ends = SPREAD.into_iter().zip(t.spread).map(|((le, _), n)| (le, n));
        ends.chain([("+Inf", t.timed)]).for_each(|(le, n)| p.raw("_bucket", &[service, ("le", le)], n));
        p.raw("_sum", &[service], seconds(t.time));
        p.raw("_count", &[service], t.timed);
    }
}

fn probes(p: &mut Page, input: &HealthInput) {
    let latency = || input.system.services.iter().filter_map(|s| s.probe.last.latency.map(|l| (s.name, l)));
    if latency().next().is_some() {
        p.family("brownout_probe_latency_seconds", Kind::Gauge, Some("seconds"), "How long the last probe took.");
        latency().for_each(|(service, l)| p.sample(&[("service", service)], seconds(l)));
    }
    let memory = || input.system.services.iter().filter_map(|s| s.probe.last.memory.map(|m| (s.name, m)));
    if memory().next().is_some() {
        p.family("brownout_probe_memory_bytes", Kind::Gauge, Some("bytes"), "Memory in use at the last probe.");
        memory().for_each(|(service, (used, _))| p.sample(&[("service", service)], used));
        p.family(
            "brownout_probe_memory_ratio",
            Kind::Gauge,
            Some("ratio"),
            "Share of memory in use at the last probe.",
        );
        memory().for_each(|(service, (used, total))| p.sample(&[("service", service)], Ratio::share(used, total)));
    }
    let probed = || input.system.services.iter().filter(|s| s.probe.at.is_some());
    if probed().next().is_some() {
        p.family("brownout_probe_up", Kind::Gauge, None, "Whether probes say that a service works.");
        probed().for_each(|s| p.sample(&[("service", s.name)], u8::from(!s.probe.down && !s.probe.stale)));
    }
}

fn limits(p: &mut Page, input: &HealthInput) {
    if !input.limits.is_empty() {
        p.family("brownout_limit_size", Kind::Gauge, None, "The most units of a limit that can be in use at once.");
        input
            .limits
            .iter()
            .for_each(|l| p.sample(&[("service", l.service), ("limit", l.limit), ("unit", l.unit)], l.size));
        p.family("brownout_limit_used", Kind::Gauge, None, "Units of a limit in use.");
        input
            .limits
            .iter()
            .for_each(|l| p.sample(&[("service", l.service), ("limit", l.limit), ("unit", l.unit)], l.used));
    }
    if !input.gauges.is_empty() {
        p.family("brownout_observed", Kind::Gauge, None, "The last value of an observed gauge.");
        for g in &input.gauges {
            let mut w = Writer::default();
            w.f64(g.value);
            p.sample(&[("gauge", g.name)], w.finish());
        }
    }
}
