//! What a run came to, service by service: calls refused, calls failed, and for how long breakers stood open.
use crate::base::json::Json;
use crate::base::time::{Instant, Span};
use crate::tools::ask::{items, text};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};

/// One service in one run.
#[derive(Default)]
pub(super) struct Tally {
    /// Calls asked for; peeks apart.
    pub(super) asked: u64,
    pub(super) granted: u64,
    pub(super) refused: u64,
    /// Refusals by code.
    pub(super) codes: BTreeMap<String, u64>,
    /// Calls that ended as a failure or a timeout.
    pub(super) failed: u64,
    /// How often a breaker opened, by itself or by an order.
    pub(super) opened: u64,
    /// For how long breakers stood open, summed over the keys.
    pub(super) open_for: Span,
}

/// All services in one run.
#[derive(Default)]
pub(super) struct Tallies {
    pub(super) services: BTreeMap<String, Tally>,
    /// Breakers that stand open, by service and key, and since when.
    open: BTreeMap<(String, String), Instant>,
    begun: Instant,
    /// The service of each call in flight.
    calls: BTreeMap<u64, String>,
}

/// Does a breaker in this phase refuse every call?
fn is_open(phase: &str) -> bool {
    matches!(phase, "open" | "forced_open")
}

impl Tallies {
    /// An engine begins.
    pub(super) fn begin(&mut self, at: Instant) {
        self.end(at);
        self.begun = at;
        self.calls.clear();
    }
    /// A call was asked for. `call` is the permit by which the recording settles it.
    pub(super) fn admit(&mut self, service: &str, out: &Json, call: Option<u64>) {
        let Some(decision) = out.at("decision") else { return };
        let t = self.services.entry(service.to_string()).or_default();
        t.asked += 1;
        if text(decision, "result") == "refused" {
            t.refused += 1;
            *t.codes.entry(text(decision, "code").to_string()).or_default() += 1;
            return;
        }
        t.granted += 1;
        if let Some(call) = call {
            self.calls.insert(call, service.to_string());
        }
    }
    /// A call ended.
    pub(super) fn settle(&mut self, permit: u64, out: &Json) {
        let outcome = out.at("decision").map(|d| text(d, "outcome")).unwrap_or_default();
        let service = self.calls.remove(&permit);
        if let (Some(service), "failure" | "timeout") = (service, outcome) {
            self.services.entry(service).or_default().failed += 1;
        }
    }
    /// What happened by the way.
    pub(super) fn effects(&mut self, out: &Json) {
        for e in items(out.at("effects")).iter().filter(|e| text(e, "effect") == "breaker_changed") {
            let at = e.at("at_ms").and_then(Json::as_f64).and_then(|ms| Instant::from_wire_ms(ms).ok());
            let service = text(e, "service").to_string();
            // A key cannot hold an order's sign: the roll-up is nobody's key.
            let whose = if e.at("rollup").is_some() { "\u{0}".to_string() } else { text(e, "key").to_string() };
            let (was, is) = (is_open(text(e, "from")), is_open(text(e, "to")));
            let at = at.unwrap_or(self.begun);
            let t = self.services.entry(service.clone()).or_default();
            match (was, is) {
                (false, true) => {
                    t.opened += 1;
                    self.open.insert((service, whose), at);
                }
                (true, false) => {
                    let since = self.open.remove(&(service, whose)).unwrap_or(self.begun);
                    t.open_for = t.open_for + at.since(since);
                }
                _ => {}
            }
        }
    }
    /// The recording ends: what is open was open until now.
    pub(super) fn end(&mut self, at: Instant) {
        for ((service, _), since) in core::mem::take(&mut self.open) {
            let t = self.services.entry(service).or_default();
            t.open_for = t.open_for + at.since(since);
        }
    }
}
