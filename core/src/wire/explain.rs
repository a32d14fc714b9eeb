//! An explanation as JSON: the verdict, then every gate with the numbers that it looked at.
use crate::base::num::Ratio;
use crate::base::time::Instant;
use crate::base::write::Writer;
use crate::engine::{BreakerReading, Engine, Explained, Failing, Gate, LimitReading, ThrottleReading};
use crate::gate::breaker::{BreakerPolicy, BreakerView, WindowRule};
use crate::gate::rule::{MODES, Mode};

impl Engine {
    pub(super) fn write_explained(&self, w: &mut Writer, e: &Explained, failing: &[Failing]) {
        w.field_str("result", "explained");
        let service = self.policy.services.get(self.last_service() as usize);
        w.opt_str("service", service.map(|s| s.name.as_str()));
        w.field_num("at_ms", self.wall(self.now()));
        w.field_str("verdict", if e.refusal.is_some() { "refused" } else { "granted" });
        if let Some(r) = &e.refusal {
            self.write_reason(w, &r.reason);
            self.time(w, "retry_at_ms", r.retry_at);
            w.field_bool("exact", r.exact);
            w.opt_str("fallback", service.and_then(|s| s.fallback.as_deref()));
        }
        w.key("gates");
        w.begin_list();
        let policy = service.and_then(|s| s.breaker.as_ref());
        for (b, policy) in e.breakers.iter().filter_map(|b| Some((b, policy?))) {
            self.write_breaker(w, b, policy, failing);
        }
        self.write_throttle(w, &e.throttle, failing);
        for (i, l) in e.limits.iter().enumerate() {
            self.write_limit(w, i, l, failing);
        }
        w.end_list();
    }
    /// What every gate begins with, and what it says now.
    fn write_gate(&self, w: &mut Writer, gate: &str, keyed: bool, mode: Mode, fails: Option<&Failing>) {
        w.field_str("gate", gate);
        w.field_str("scope", if keyed { "tenant" } else { "service" });
        w.opt_str("mode", MODES.iter().find(|(_, m)| *m == mode).map(|(word, _)| *word));
        w.field_bool("passes", fails.is_none());
        if let Some(f) = fails {
            w.field_str("code", f.code.word());
            self.time(w, "retry_at_ms", f.retry_at);
        }
    }
    fn write_breaker(&self, w: &mut Writer, b: &BreakerReading, p: &BreakerPolicy, failing: &[Failing]) {
        w.begin();
        let own = |f: &&Failing| f.gate == Gate::Breaker && f.keyed == b.keyed;
        self.write_gate(w, "breaker", b.keyed, b.mode, failing.iter().find(own));
        if b.rollup {
            w.field_bool("rollup", true);
        }
        if let Some(v) = &b.view {
            w.field_str("phase", v.phase.word());
            self.time(w, "since_ms", Some(v.since));
            self.time(w, "reopens_at_ms", v.retry_at);
            if v.ramping {
                w.field_bool("ramping", true);
            }
            w.field_num("attempt", v.attempt);
            w.field_num("calls", v.calls);
            w.field_num("failures", v.failures);
            w.field_num("slow", v.slow);
            w.field_num("streak", v.streak);
        }
        match p.window {
            WindowRule::Time { span, .. } => w.field_num("window_ms", span),
            WindowRule::Count { calls } => w.field_num("window_calls", calls),
        }
        if !b.rollup {
            write_rules(w, p, b.view.as_ref());
        }
        w.end();
    }
    fn write_throttle(&self, w: &mut Writer, t: &ThrottleReading, failing: &[Failing]) {
        w.begin();
        let fails = failing.iter().find(|f| f.gate == Gate::Throttle);
        self.write_gate(w, "throttle", t.keyed, t.mode, fails);
        self.time(w, "held_until_ms", t.until);
        w.field_num("streak", t.streak);
        w.end();
    }
    fn write_limit(&self, w: &mut Writer, at: usize, l: &LimitReading, failing: &[Failing]) {
        let service = self.policy.services.get(self.last_service() as usize);
        let Some(policy) = service.and_then(|s| s.limits.get(at)) else { return };
        w.begin();
        let fails = failing.iter().find(|f| f.gate == Gate::Limit && f.rule.map(usize::from) == Some(at));
        self.write_gate(w, "limit", l.keyed, l.mode, fails);
        w.field_str("rule", &policy.name);
        w.field_str("algorithm", policy.algorithm_word());
        if l.exempt {
            w.field_bool("exempt", true);
        }
        w.field_str("unit", &policy.unit);
        w.field_num("units", l.units);
        w.field_num("limit", l.view.limit);
        w.field_num("used", l.view.used);
        w.field_num("remaining", l.view.remaining);
        self.time(w, "next_unit_at_ms", l.view.next_unit_at);
        let full: Option<Instant> = (l.view.used > 0).then_some(l.view.full_at);
        self.time(w, "full_at_ms", full);
        self.time(w, "blocked_until_ms", l.view.blocked_until);
        w.end();
    }
}

/// The trip rules, each with its number of now and the one at which it trips.
fn write_rules(w: &mut Writer, p: &BreakerPolicy, view: Option<&BreakerView>) {
    let (calls, failures, slow, streak) = view.map_or((0, 0, 0, 0), |v| (v.calls, v.failures, v.slow, v.streak));
    let share = |part: u32| Ratio::share(part.into(), u64::from(calls.max(1)));
    w.field_num("min_calls", p.min_calls);
    w.key("rules");
    w.begin_list();
    for (rule, value, at) in
        [("consecutive_failures", streak, p.consecutive_failures), ("failures", failures, p.failures)]
    {
        if let Some(at) = at {
            w.begin();
            w.field_str("rule", rule);
            w.field_num("value", value);
            w.field_num("trips_at", at);
            w.end();
        }
    }
    for (rule, value, at) in
        [("failure_rate", share(failures), p.failure_rate), ("slow_rate", share(slow), p.slow.map(|s| s.rate))]
    {
        if let Some(at) = at {
            w.begin();
            w.field_str("rule", rule);
            w.field_num("value", value);
            w.field_num("trips_at", at);
            w.field_bool("counts", calls >= p.min_calls);
            w.end();
        }
    }
    w.end_list();
}
