//! The report for a console: one line per thing, in columns.
use super::words::{for_people, iso, reasons};
use super::{Ask, HealthInput, PLAIN, Profile, Rendered};
use crate::base::write::join;
use crate::status::Status;
use crate::status::view::{CauseView, OrderView};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

fn rendered(input: &HealthInput, body: String) -> Rendered {
    Rendered { status: Profile::Native.http(input.system.overall), content_type: PLAIN, body }
}

/// For the public: status and time.
pub(super) fn minimal(input: &HealthInput) -> Rendered {
    rendered(input, format!("{}\n{}\n", input.system.overall.slug(), iso(input.now)))
}

/// Lines of columns, each as wide as its widest cell; no blanks at the end of a line.
fn columns(out: &mut String, title: &str, rows: &[Vec<String>]) {
    if rows.is_empty() {
        return;
    }
    out.push_str(&format!("\n{title}\n"));
    let width = |i: usize| rows.iter().filter_map(|r| r.get(i)).map(|c| c.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows.iter().map(Vec::len).max().unwrap_or(0)).map(width).collect();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("  {cell:<width$}"));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

fn why(causes: &[CauseView], order: Option<OrderView>) -> String {
    let text = reasons(causes);
    match order.and_then(|o| o.message) {
        Some(message) => format!("{text} ({message})"),
        None => text,
    }
}

fn instead(status: Status, fallback: Option<&str>) -> String {
    match fallback.filter(|_| status.uses_fallback()) {
        Some(f) => format!("-> {f}"),
        None => String::new(),
    }
}

pub(super) fn render(input: &HealthInput, ask: &Ask) -> Rendered {
    let view = &input.system;
    let name = if input.name.is_empty() { "status" } else { input.name };
    let mut out = format!("{name}: {} at {}, up {}\n", view.overall.slug(), iso(input.now), for_people(input.uptime()));
    if !view.decided_by.is_empty() {
        out.push_str(&format!("because of {}\n", join(&view.decided_by, ", ")));
    }
    let lasting = |since| for_people(input.now.since(since));
    let services: Vec<Vec<String>> = view
        .services
        .iter()
        .map(|s| {
            let breaker = input.breakers.iter().find(|b| b.service == s.name).map_or("-", |_| s.condition.slug());
            Vec::from([
                s.name.to_string(),
                s.status.slug().to_string(),
                lasting(s.since),
                s.impact.slug().to_string(),
                breaker.to_string(),
                why(&s.causes, s.maintenance),
                instead(s.status, s.fallback),
            ])
        })
        .collect();
    columns(&mut out, "services", &services);
    let features: Vec<Vec<String>> = view
        .features
        .iter()
        .map(|f| {
            Vec::from([
                f.title.pick(ask.lang, view.default_lang).unwrap_or(f.name).to_string(),
                f.status.slug().to_string(),
                lasting(f.since),
                (if f.critical { "critical" } else { "" }).to_string(),
                why(&f.causes, f.maintenance),
                instead(f.status, f.fallback),
            ])
        })
        .collect();
    columns(&mut out, "features", &features);
    columns(&mut out, "incidents", &incidents(input));
    columns(&mut out, "latency", &latency(input));
    rendered(input, out)
}

fn incidents(input: &HealthInput) -> Vec<Vec<String>> {
    let rows = input.system.incidents.iter().map(|i| {
        let recovery = input.system.service(i.service).and_then(|s| s.recovery).unwrap_or_default();
        let next = recovery.next_attempt_at.map(|at| format!("next attempt in {}", for_people(at.since(input.now))));
        let range = recovery.range.map(|(from, until, n)| {
            let (from, until) = (for_people(from.since(input.now)), for_people(until.since(input.now)));
            format!("back in {from} to {until} ({n} past incidents)")
        });
        Vec::from([
            format!("#{}", i.id),
            i.service.to_string(),
            i.worst.slug().to_string(),
            for_people(i.duration),
            reasons(&i.because),
            next.unwrap_or_default(),
            range.unwrap_or_default(),
        ])
    });
    rows.collect()
}

fn latency(input: &HealthInput) -> Vec<Vec<String>> {
    let ms =
        |p: &str, span: Option<_>| span.map(|s: crate::base::time::Span| format!("{p} {s} ms")).unwrap_or_default();
    let rows = input.traffic.iter().filter(|t| t.timed > 0).map(|t| {
        Vec::from([
            t.service.to_string(),
            format!("{} calls", t.timed),
            ms("p50", t.p50),
            ms("p95", t.p95),
            ms("p99", t.p99),
        ])
    });
    rows.collect()
}
