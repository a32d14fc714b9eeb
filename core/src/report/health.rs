//! The native JSON report: the status first, then six sections (breakers, services, features, incidents, latency, recovery), none ever missing,
//! then the engine itself if it ever had to be rebuilt, and the text for browsers. Detailed, it adds traffic, limits, gauges, probes and loads.
use super::words::{iso, seconds, write_title};
use super::{Ask, HealthInput, JSON, Load, Profile, Rendered};
use crate::base::time::{Instant, Span};
use crate::base::write::Writer;
use crate::status::blob::Blob;
use crate::status::service::percent2;
use crate::status::view::{FeatureView, OrderView, ServiceView, write_causes};

pub(super) fn render(input: &HealthInput, ask: &Ask) -> Rendered {
    let view = &input.system;
    let mut w = Writer::default();
    w.begin();
    w.field_str("status", view.overall.slug());
    w.field_str("timestamp", &iso(input.now));
    w.field_str("name", input.name);
    w.field_num("uptime_seconds", seconds(input.uptime()));
    w.field_str("since", &iso(view.since));
    write_names(&mut w, "decided_by", &view.decided_by);
    write_names(&mut w, "notes", &view.notes);
    write_breakers(&mut w, input);
    w.key("services");
    w.begin();
    view.services.iter().for_each(|s| write_service(&mut w, input, s, ask));
    w.end();
    w.key("features");
    w.begin();
    view.features.iter().for_each(|f| write_feature(&mut w, f));
    w.end();
    write_incidents(&mut w, input);
    write_latency(&mut w, input);
    write_recovery(&mut w, input);
    write_rebuilds(&mut w, input);
    if ask.detailed {
        write_numbers(&mut w, input);
    }
    w.field_str("blob", &Blob::of(view, input.now).encode());
    w.end();
    Rendered { status: Profile::Native.http(view.overall), content_type: JSON, body: w.finish() }
}

fn write_names(w: &mut Writer, key: &str, names: &[&str]) {
    w.key(key);
    w.begin_list();
    names.iter().for_each(|n| w.str(n));
    w.end_list();
}

fn opt_time(w: &mut Writer, key: &str, at: Option<Instant>) {
    if let Some(at) = at {
        w.field_str(key, &iso(at));
    }
}

fn write_breakers(w: &mut Writer, input: &HealthInput) {
    w.key("breakers");
    w.begin();
    for b in &input.breakers {
        w.key(b.service);
        w.begin();
        w.field_str("state", b.condition.slug());
        w.field_str("since", &iso(b.since));
        opt_time(w, "retry_at", b.retry_at);
        w.field_num("calls", b.calls);
        w.field_num("failures", b.failures);
        w.field_num("slow", b.slow);
        w.field_num("attempts", b.attempts);
        w.field_num("generation", b.generation);
        if b.tenants_seen > 0 {
            write_tenants(w, b.tenants_open, b.tenants_seen);
        }
        w.end();
    }
    w.end();
}

fn write_tenants(w: &mut Writer, affected: u32, seen: u32) {
    w.key("tenants");
    w.begin();
    w.field_num("affected", affected);
    w.field_num("seen", seen);
    w.end();
}

fn write_order(w: &mut Writer, order: Option<OrderView>) {
    if let Some(o) = order {
        w.key("maintenance");
        w.begin();
        opt_time(w, "until", o.until);
        w.opt_str("message", o.message);
        w.end();
    }
}

fn write_service(w: &mut Writer, input: &HealthInput, s: &ServiceView, ask: &Ask) {
    w.key(s.name);
    w.begin();
    w.field_str("status", s.status.slug());
    write_title(w, s.title, s.name);
    w.field_str("impact", s.impact.slug());
    w.field_str("since", &iso(s.since));
    w.opt_str("fallback", s.fallback);
    w.key("because");
    write_causes(w, s.causes.iter().copied());
    if input.breakers.iter().any(|b| b.service == s.name) {
        w.field_str("breaker", s.condition.slug());
    }
    write_order(w, s.maintenance);
    if s.tenants.1 > 0 {
        write_tenants(w, s.tenants.0, s.tenants.1);
    }
    if ask.detailed {
        write_probe(w, s);
    }
    w.end();
}

fn write_probe(w: &mut Writer, s: &ServiceView) {
    let Some(at) = s.probe.at else { return };
    w.key("probe");
    w.begin();
    w.field_bool("ok", s.probe.last.ok);
    w.field_str("at", &iso(at));
    w.opt_num("latency_ms", s.probe.last.latency);
    if let Some((used, total)) = s.probe.last.memory {
        w.key("memory");
        w.begin();
        w.field_num("used_bytes", used);
        w.field_num("total_bytes", total);
        w.field_num("percent", super::words::decimal(percent2(used, total), 2));
        w.end();
    }
    w.opt_str("message", s.probe.last.message.as_deref());
    w.end();
}

fn write_feature(w: &mut Writer, f: &FeatureView) {
    w.key(f.name);
    w.begin();
    w.field_str("status", f.status.slug());
    write_title(w, f.title, f.name);
    w.field_bool("critical", f.critical);
    w.field_str("since", &iso(f.since));
    w.opt_str("fallback", f.fallback);
    w.key("because");
    write_causes(w, f.causes.iter().copied());
    write_order(w, f.maintenance);
    w.end();
}

fn write_incidents(w: &mut Writer, input: &HealthInput) {
    w.key("incidents");
    w.begin_list();
    for i in &input.system.incidents {
        w.begin();
        w.field_num("id", i.id);
        w.field_str("service", i.service);
        w.field_str("since", &iso(i.since));
        w.field_num("duration_seconds", seconds(i.duration));
        w.field_str("worst", i.worst.slug());
        w.key("because");
        write_causes(w, i.because.iter().copied());
        w.end();
    }
    w.end_list();
}

fn write_latency(w: &mut Writer, input: &HealthInput) {
    w.key("latency");
    w.begin();
    for t in input.traffic.iter().filter(|t| t.timed > 0) {
        w.key(t.service);
        w.begin();
        w.field_num("calls", t.timed);
        let mut p = |key: &str, span: Option<Span>| w.opt_num(key, span);
        p("p50_ms", t.p50);
        p("p95_ms", t.p95);
        p("p99_ms", t.p99);
        w.end();
    }
    w.end();
}

fn write_recovery(w: &mut Writer, input: &HealthInput) {
    w.key("recovery");
    w.begin();
    for s in &input.system.services {
        let Some(r) = s.recovery else { continue };
        w.key(s.name);
        w.begin();
        opt_time(w, "next_attempt_at", r.next_attempt_at);
        if let Some((from, until, incidents)) = r.range {
            w.key("estimate");
            w.begin();
            w.field_str("from", &iso(from));
            w.field_str("until", &iso(until));
            w.field_num("incidents", incidents);
            w.end();
        }
        w.end();
    }
    w.end();
}

/// Nothing at all while the engine has never been lost.
fn write_rebuilds(w: &mut Writer, input: &HealthInput) {
    let Some((at, cause)) = input.rebuilds.last else { return };
    w.key("engine");
    w.begin();
    w.field_num("rebuilds", input.rebuilds.count);
    w.field_str("rebuilt_at", &iso(at));
    w.field_str("cause", cause);
    w.end();
}

fn write_counts<'a>(w: &mut Writer, key: &str, counts: impl Iterator<Item = (&'a str, u64)>) {
    w.key(key);
    w.begin();
    counts.filter(|(_, n)| *n > 0).for_each(|(name, n)| w.field_num(name, n));
    w.end();
}

fn write_numbers(w: &mut Writer, input: &HealthInput) {
    w.key("traffic");
    w.begin();
    for t in &input.traffic {
        w.key(t.service);
        w.begin();
        w.field_num("granted", t.granted);
        write_counts(w, "outcomes", crate::call::OUTCOMES.into_iter().zip(t.outcomes));
        write_counts(w, "refusals", t.refusals.iter().copied());
        write_counts(w, "would_refuse", t.would_refuse.iter().copied());
        w.field_num("retries", t.retries);
        w.field_num("expired", t.expired);
        w.end();
    }
    w.end();
    w.key("limits");
    w.begin_list();
    for l in &input.limits {
        w.begin();
        w.field_str("service", l.service);
        w.field_str("limit", l.limit);
        w.field_str("unit", l.unit);
        w.field_num("size", l.size);
        w.field_num("used", l.used);
        w.field_num("remaining", l.remaining);
        w.end();
    }
    w.end_list();
    w.key("gauges");
    w.begin();
    for g in &input.gauges {
        w.key(g.name);
        w.f64(g.value);
    }
    w.end();
    write_load(w, "permits", input.permits);
    write_load(w, "keys", input.keys);
}

fn write_load(w: &mut Writer, key: &str, load: Load) {
    w.key(key);
    w.begin();
    w.field_num("used", load.used);
    w.field_num("max", load.max);
    w.end();
}
