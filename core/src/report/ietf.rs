//! `application/health+json` after draft-inadarei-api-health-check-06: `status` first, checks as arrays under `component:measurement`.
use super::words::{iso, reasons, seconds};
use super::{Ask, HEALTH_JSON, HealthInput, Profile, Rendered};
use crate::base::num::Ratio;
use crate::base::write::Writer;
use crate::base::write::join;
use crate::status::Status;
use crate::status::view::ServiceView;
use alloc::format;
use alloc::string::String;

/// A part of a check's key: no colon inside.
fn part(name: &str) -> String {
    name.chars().map(|c| if c == ':' { '_' } else { c }).collect()
}

struct Check<'a> {
    id: &'a str,
    kind: &'a str,
    status: Status,
    /// Omitted on pass.
    output: Option<String>,
}

/// One check under its key: `value` writes the observed value.
fn write_check(w: &mut Writer, key: &str, c: Check, time: &str, unit: Option<&str>, value: impl FnOnce(&mut Writer)) {
    w.key(key);
    w.begin_list();
    w.begin();
    w.field_str("componentId", c.id);
    w.field_str("componentType", c.kind);
    w.key("observedValue");
    value(w);
    w.opt_str("observedUnit", unit);
    w.field_str("status", Profile::Ietf.word(c.status));
    w.field_str("time", time);
    w.opt_str("output", c.output.filter(|_| c.status > Status::Healthy).as_deref());
    w.end();
    w.end_list();
}

pub(super) fn render(input: &HealthInput, ask: &Ask) -> Rendered {
    let view = &input.system;
    let now = iso(input.now);
    let mut w = Writer::default();
    w.begin();
    w.field_str("status", Profile::Ietf.word(view.overall));
    w.opt_str("serviceId", Some(input.name).filter(|n| !n.is_empty()));
    if !view.notes.is_empty() {
        w.key("notes");
        w.begin_list();
        view.notes.iter().for_each(|n| w.str(&format!("{n} is not healthy")));
        w.end_list();
    }
    if view.overall > Status::Healthy {
        w.field_str("output", &format!("decided by {}", join(&view.decided_by, ", ")));
    }
    w.key("checks");
    w.begin();
    let uptime = Check { id: "process", kind: "system", status: Status::Healthy, output: None };
    write_check(&mut w, "uptime", uptime, &now, Some("s"), |w| w.num(seconds(input.uptime())));
    for s in &view.services {
        write_service(&mut w, input, s, ask);
    }
    for f in &view.features {
        let check = Check { id: f.name, kind: "component", status: f.status, output: Some(reasons(&f.causes)) };
        let key = format!("feature {}:availability", part(f.name));
        write_check(&mut w, &key, check, &now, None, |w| w.str(f.status.slug()));
    }
    w.end();
    w.end();
    Rendered { status: Profile::Ietf.http(view.overall), content_type: HEALTH_JSON, body: w.finish() }
}

fn write_service(w: &mut Writer, input: &HealthInput, s: &ServiceView, ask: &Ask) {
    let (name, now) = (part(s.name), iso(input.now));
    let raw = s.probe.last.message.clone().filter(|_| ask.detailed);
    let check = |status, output| Check { id: s.name, kind: "component", status, output };
    let output = raw.unwrap_or_else(|| reasons(&s.causes));
    write_check(w, &format!("{name}:availability"), check(s.status, Some(output)), &now, None, |w| {
        w.str(s.status.slug())
    });
    let called = input.traffic.iter().find(|t| t.service == s.name).and_then(|t| t.p95);
    let probed = s.probe.at.map(iso);
    if let Some(latency) = s.probe.last.latency.or(called) {
        let time = probed.as_deref().filter(|_| s.probe.last.latency.is_some()).unwrap_or(&now);
        let check = check(s.latency_status, Some("latency".into()));
        write_check(w, &format!("{name}:responseTime"), check, time, Some("ms"), |w| w.num(latency));
    }
    if let (Some((used, total)), Some(time)) = (s.probe.last.memory, &probed) {
        let check = check(s.memory_status, Some("memory".into()));
        write_check(w, &format!("{name}:utilization"), check, time, Some("ratio"), |w| {
            w.num(Ratio::share(used, total))
        });
    }
}
