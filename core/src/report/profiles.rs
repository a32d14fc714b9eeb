//! The JSON dialects of three systems: the same facts under other keys, words and HTTP codes.
use super::words::{breaker_word, decimal, iso, reasons};
use super::{Ask, HEALTH_JSON, HealthInput, JSON, Profile, Rendered};
use crate::base::num::Ratio;
use crate::base::write::Writer;
use crate::status::Status;
use crate::status::blob::Blob;
use crate::status::service::percent2;
use crate::status::view::{CauseView, ServiceView};
use alloc::string::String;

/// The names under which a database is looked for.
const DATABASE: [&str; 5] = ["database", "db", "postgres", "postgresql", "neon"];
/// The names under which a cache is looked for.
const CACHE: [&str; 3] = ["cache", "redis", "valkey"];
/// The names under which a connection queue is looked for.
const QUEUE: [&str; 2] = ["queue", "connection_queue"];

fn first<'v, 'a>(input: &'v HealthInput<'a>, names: &[&str]) -> Option<&'v ServiceView<'a>> {
    names.iter().find_map(|n| input.system.service(n))
}

/// The word of a component; `unknown` when the policy declares none of that name.
fn component(profile: Profile, s: Option<&ServiceView>) -> &'static str {
    s.map_or("unknown", |s| profile.word(s.status))
}

fn json(profile: Profile, status: Status, w: Writer) -> Rendered {
    Rendered { status: profile.http(status), content_type: JSON, body: w.finish() }
}

/// For the public: status and time.
pub(super) fn minimal(input: &HealthInput, profile: Profile) -> Rendered {
    let overall = input.system.overall;
    let mut w = Writer::default();
    w.begin();
    w.field_str("status", profile.word(overall));
    w.field_str("timestamp", &iso(input.now));
    w.end();
    let content_type = if profile == Profile::Ietf { HEALTH_JSON } else { JSON };
    Rendered { content_type, ..json(profile, overall, w) }
}

/// Why, in codes; the probe's own words only when details are asked for.
fn message(causes: &[CauseView], probe: Option<&ServiceView>, ask: &Ask) -> Option<String> {
    let raw = probe.filter(|_| ask.detailed).and_then(|s| s.probe.last.message.clone());
    raw.or_else(|| (!causes.is_empty()).then(|| reasons(causes)))
}

/// `status`, `timestamp`, `features`, `database`, `cache`, and the text for browsers.
pub(super) fn campotech(input: &HealthInput, ask: &Ask) -> Rendered {
    let view = &input.system;
    let word = |s| Profile::Campotech.word(s);
    let mut w = Writer::default();
    w.begin();
    w.field_str("status", word(view.overall));
    w.field_str("timestamp", &iso(input.now));
    w.key("features");
    w.begin();
    for f in &view.features {
        w.key(f.name);
        w.begin();
        w.field_str("status", word(f.status));
        if f.status > Status::Healthy {
            w.opt_str("message", message(&f.causes, None, ask).as_deref());
            w.field_str("since", &iso(f.since));
        }
        w.end();
    }
    w.end();
    for (key, names) in [("database", &DATABASE[..]), ("cache", &CACHE[..])] {
        let service = first(input, names);
        w.key(key);
        w.begin();
        w.field_str("status", component(Profile::Campotech, service));
        if let Some(s) = service.filter(|s| s.status > Status::Healthy) {
            w.opt_str("message", message(&s.causes, Some(s), ask).as_deref());
        }
        w.end();
    }
    w.field_str("blob", &Blob::of(view, input.now).encode());
    w.end();
    json(Profile::Campotech, view.overall, w)
}

/// `status`, `timestamp`, `uptime` in milliseconds, `database`, `queue`; detailed with the groups components, breakers, queue, errors, alerts.
pub(super) fn vetmed(input: &HealthInput, ask: &Ask) -> Rendered {
    let word = |s| Profile::Vetmed.word(s);
    let mut w = Writer::default();
    w.begin();
    w.field_str("status", word(input.system.overall));
    w.field_str("timestamp", &iso(input.now));
    w.field_num("uptime", input.uptime().micros() / 1000);
    w.field_str("database", component(Profile::Vetmed, first(input, &DATABASE)));
    let queue = first(input, &QUEUE);
    if ask.detailed {
        w.key("components");
        w.begin();
        for s in &input.system.services {
            w.key(s.name);
            w.begin();
            w.field_str("status", word(s.status));
            w.opt_str("message", message(&s.causes, Some(s), ask).as_deref());
            w.opt_num("latency", s.probe.last.latency);
            w.end();
        }
        w.end();
        vetmed_breakers(&mut w, input);
        vetmed_queue(&mut w, input, queue);
        vetmed_errors(&mut w, input);
        vetmed_alerts(&mut w, input);
    } else {
        w.field_str("queue", component(Profile::Vetmed, queue));
    }
    w.end();
    json(Profile::Vetmed, input.system.overall, w)
}

fn vetmed_breakers(w: &mut Writer, input: &HealthInput) {
    w.key("breakers");
    w.begin();
    for b in &input.breakers {
        w.key(b.service);
        w.begin();
        w.field_str("state", &breaker_word(b.condition).to_ascii_uppercase());
        w.field_num("failures", b.failures);
        w.field_num("calls", b.calls);
        if let Some(at) = b.retry_at {
            w.field_str("nextAttempt", &iso(at));
        }
        w.end();
    }
    w.end();
}

fn vetmed_queue(w: &mut Writer, input: &HealthInput, queue: Option<&ServiceView>) {
    w.key("queue");
    w.begin();
    w.field_str("status", component(Profile::Vetmed, queue));
    for g in input.gauges.iter().filter(|g| g.name.as_bytes().windows(5).any(|part| part == b"queue")) {
        w.key(g.name);
        w.f64(g.value);
    }
    w.end();
}

fn vetmed_errors(w: &mut Writer, input: &HealthInput) {
    w.key("errors");
    w.begin();
    for t in &input.traffic {
        let [ok, failed, timeouts, throttled, tenant, _] = t.outcomes;
        let (bad, all) = (failed + timeouts, ok + failed + timeouts + throttled + tenant);
        w.key(t.service);
        w.begin();
        w.field_num("errors", bad);
        w.field_num("calls", all);
        w.field_num("rate", Ratio::share(bad, all));
        w.opt_num("p95", t.p95);
        w.end();
    }
    w.end();
}

fn vetmed_alerts(w: &mut Writer, input: &HealthInput) {
    w.key("alerts");
    w.begin_list();
    for i in &input.system.incidents {
        w.begin();
        w.field_num("id", i.id);
        w.field_str("service", i.service);
        w.field_str("status", Profile::Vetmed.word(i.worst));
        w.field_str("since", &iso(i.since));
        w.field_str("message", &reasons(&i.because));
        w.end();
    }
    w.end_list();
}

/// `status`, `timestamp`, `uptime` in seconds, `checks.database.latency` in milliseconds, `checks.memory` with a percentage of two decimals.
pub(super) fn togetheros(input: &HealthInput) -> Rendered {
    let word = |s| Profile::Togetheros.word(s);
    let mut w = Writer::default();
    w.begin();
    w.field_str("status", word(input.system.overall));
    w.field_str("timestamp", &iso(input.now));
    w.field_num("uptime", decimal(input.uptime().micros() as u64 / 10_000, 2));
    w.key("checks");
    w.begin();
    let database = first(input, &DATABASE);
    w.key("database");
    w.begin();
    w.field_str("status", component(Profile::Togetheros, database));
    w.opt_num("latency", database.and_then(|s| s.probe.last.latency));
    w.end();
    let memory = input.system.services.iter().find(|s| s.probe.last.memory.is_some());
    let (used, total) = memory.and_then(|s| s.probe.last.memory).unwrap_or_default();
    w.key("memory");
    w.begin();
    w.field_num("used", used);
    w.field_num("total", total);
    w.field_num("percentage", decimal(percent2(used, total), 2));
    w.field_str("status", memory.map_or("unknown", |s| word(s.memory_status)));
    w.end();
    w.end();
    w.end();
    json(Profile::Togetheros, input.system.overall, w)
}
