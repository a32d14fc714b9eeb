//! An output as canonical JSON: keys in declared order, times in milliseconds of the host's clock.
use crate::base::error::Fault;
use crate::base::time::Instant;
use crate::base::write::{Writer, write_fault, write_faults};
use crate::call::RetryVerdict;
use crate::engine::{Decision, Effect, Engine, Failing, GATES, Output, Refusal};
use crate::status::Status;
use crate::status::state::{Cause, StatusEffect, Target};
use crate::status::view::write_causes;
use alloc::string::String;

/// `{"error":{…}}`
pub(crate) fn error_json(fault: &Fault) -> String {
    let mut w = Writer::default();
    w.begin();
    w.key("error");
    write_fault(&mut w, fault);
    w.end();
    w.finish()
}

/// Faults as they leave: `{"errors":[{code,path,message,help}…]}`.
pub fn errors_json(faults: &[Fault]) -> String {
    let mut w = Writer::default();
    w.begin();
    write_faults(&mut w, "errors", faults);
    w.end();
    w.finish()
}

impl Engine {
    /// The output of the last call as canonical JSON. To be read before the next call, under the same lock.
    pub fn output_json(&self) -> String {
        let out = self.last();
        let mut w = Writer::default();
        w.begin();
        w.key("decision");
        self.write_decision(&mut w, &out);
        w.key("effects");
        w.begin_list();
        out.effects().iter().zip(self.effect_times()).for_each(|(e, at)| self.write_effect(&mut w, e, *at));
        w.end_list();
        w.key("next");
        match out.next() {
            Some(n) => {
                w.begin();
                w.field_num("at_ms", self.wall(n.at));
                w.field_str("why", n.why);
                w.end();
            }
            None => w.null(),
        }
        w.end();
        w.finish()
    }
    pub(super) fn time(&self, w: &mut Writer, key: &str, at: Option<Instant>) {
        w.opt_num(key, at.map(|at| self.wall(at)));
    }
    fn write_decision(&self, w: &mut Writer, out: &Output) {
        w.begin();
        match out.decision() {
            Decision::Done => w.field_str("result", "done"),
            Decision::Snapshot(bytes) => {
                w.field_str("result", "snapshot");
                w.field_str("bytes", bytes);
            }
            Decision::Granted { permit, timeout, probe } => {
                w.field_str("result", "granted");
                w.opt_num("permit", (*permit != 0).then_some(*permit));
                w.opt_num("timeout_ms", *timeout);
                if *probe {
                    w.field_bool("probe", true);
                }
                self.write_failing(w, "would_refuse", out.failing(), true);
            }
            Decision::Refused(r) => self.write_refusal(w, r, out.failing()),
            Decision::Settled { uncounted, outcome, retry } => {
                w.field_str("result", "settled");
                w.field_bool("counted", uncounted.is_none() && outcome.counts());
                w.field_str("outcome", outcome.word());
                w.opt_str("because", uncounted.map(|u| u.word()));
                self.write_retry(w, retry);
            }
            Decision::Headers(headers) => {
                w.field_str("result", "headers");
                w.key("headers");
                w.begin();
                headers.iter().for_each(|(name, value)| w.field_str(name, value));
                w.end();
            }
            Decision::Explained(e) => self.write_explained(w, e, out.failing()),
            Decision::Report(r) => {
                w.field_str("result", "report");
                w.field_num("status", r.status);
                w.field_str("content_type", r.content_type);
                w.field_str("body", &r.body);
            }
        }
        w.end();
    }
    fn write_refusal(&self, w: &mut Writer, r: &Refusal, failing: &[Failing]) {
        w.field_str("result", "refused");
        self.write_reason(w, &r.reason);
        self.time(w, "retry_at_ms", r.retry_at);
        w.opt_num("retry_after_ms", r.retry_at.map(|at| at.since(self.now())));
        w.field_bool("exact", r.exact);
        let service = self.policy.services.get(self.last_service() as usize);
        w.opt_str("fallback", service.and_then(|s| s.fallback.as_deref()));
        self.write_failing(w, "failing", failing, false);
        self.write_failing(w, "would_refuse", failing, true);
        self.write_retry(w, &r.retry);
    }
    pub(super) fn write_reason(&self, w: &mut Writer, f: &Failing) {
        w.field_str("gate", GATES[f.gate as usize]);
        w.field_str("code", f.code.word());
        w.field_str("scope", if f.keyed { "tenant" } else { "service" });
        let limits = self.policy.services.get(self.last_service() as usize).map(|s| &s.limits);
        let name = f.rule.and_then(|i| limits.and_then(|l| l.get(i as usize)));
        w.opt_str("rule", name.map(|l| l.name.as_str()));
    }
    fn write_failing(&self, w: &mut Writer, key: &str, failing: &[Failing], shadow: bool) {
        let mut these = failing.iter().filter(|f| f.shadow == shadow).peekable();
        if these.peek().is_none() {
            return;
        }
        w.key(key);
        w.begin_list();
        for f in these {
            w.begin();
            self.write_reason(w, f);
            self.time(w, "retry_at_ms", f.retry_at);
            w.opt_num("limit", f.units.map(|u| u.0));
            w.opt_num("remaining", f.units.map(|u| u.1));
            w.end();
        }
        w.end_list();
    }
    fn write_retry(&self, w: &mut Writer, retry: &RetryVerdict) {
        match retry {
            RetryVerdict::At { at, attempt } => {
                w.key("retry");
                w.begin();
                w.field_num("at_ms", self.wall(*at));
                w.field_num("after_ms", at.since(self.now()));
                w.field_num("attempt", *attempt);
                w.end();
            }
            RetryVerdict::No(reason) => w.field_str("no_retry", reason.word()),
        }
    }
    fn service_name(&self, w: &mut Writer, service: u32) {
        w.opt_str("service", self.policy.services.get(service as usize).map(|s| s.name.as_str()));
    }
    /// Puts every pending effect into words, before the numbers in it change their meaning (reload).
    pub(crate) fn write_down_effects(&mut self) {
        self.stamp(self.now());
        let written = self.effects().iter().zip(self.effect_times()).map(|(e, at)| {
            let mut w = Writer::default();
            self.write_effect(&mut w, e, *at);
            Effect::Written(w.finish())
        });
        let written = written.collect();
        self.replace_effects(written);
    }
    fn write_effect(&self, w: &mut Writer, e: &Effect, at: Instant) {
        if let Effect::Written(json) = e {
            return w.raw(json);
        }
        w.begin();
        match e {
            Effect::Written(_) => {}
            Effect::ClockBehind { by } => {
                w.field_str("effect", "clock_behind");
                w.field_num("by_ms", *by);
            }
            Effect::Breaker { service, key, rollup, transition: t } => {
                w.field_str("effect", "breaker_changed");
                self.service_name(w, *service);
                w.opt_str("key", key.map(|k| self.key_name(k)).as_deref());
                if *rollup {
                    w.field_bool("rollup", true);
                }
                w.field_str("from", t.from.word());
                w.field_str("to", t.to.word());
                w.field_str("because", t.because.word());
                self.time(w, "retry_at_ms", t.retry_at);
                w.field_num("attempt", t.attempt);
            }
            Effect::ThrottleHeld { service, key, until } => {
                w.field_str("effect", "throttle_held");
                self.service_name(w, *service);
                w.opt_str("key", key.map(|k| self.key_name(k)).as_deref());
                w.field_num("until_ms", self.wall(*until));
            }
            Effect::PermitExpired { permit, service } => {
                w.field_str("effect", "permit_expired");
                w.field_num("permit", *permit);
                self.service_name(w, *service);
            }
            Effect::LimitBlocked { service, limit, key, until } => {
                w.field_str("effect", "limit_blocked");
                self.service_name(w, *service);
                let limits = self.policy.services.get(*service as usize).map(|s| &s.limits);
                w.opt_str("limit", limits.and_then(|l| l.get(*limit as usize)).map(|l| l.name.as_str()));
                w.opt_str("key", key.map(|k| self.key_name(k)).as_deref());
                w.field_num("until_ms", self.wall(*until));
            }
            Effect::IncidentGone { id, service, duration } => {
                w.field_str("effect", "incident_closed");
                w.field_num("id", *id);
                w.field_str("service", service);
                w.field_num("duration_ms", *duration);
            }
            Effect::Rebuilt { rebuilds, cause } => {
                w.field_str("effect", "engine_rebuilt");
                w.field_num("rebuilds", *rebuilds);
                w.field_str("cause", cause);
            }
            Effect::Status(s) => self.write_status(w, s),
        }
        w.field_num("at_ms", self.wall(at));
        w.end();
    }
    fn because(&self, w: &mut Writer, causes: &[Cause]) {
        w.key("because");
        write_causes(w, self.policy.status.name_causes(causes));
    }
    fn write_status(&self, w: &mut Writer, e: &StatusEffect) {
        let p = &self.policy.status;
        match e {
            StatusEffect::ServiceChanged { service, from, to, because, since } => {
                w.field_str("effect", "service_changed");
                w.field_str("service", p.name(Target::Service(*service)));
                w.field_str("from", from.slug());
                w.field_str("to", to.slug());
                self.because(w, because);
                w.field_num("since_ms", self.wall(*since));
            }
            StatusEffect::FeatureChanged { feature, from, to, because, fallback, since } => {
                w.field_str("effect", "feature_changed");
                w.field_str("feature", p.name(Target::Feature(*feature)));
                w.field_str("from", from.slug());
                w.field_str("to", to.slug());
                self.because(w, because);
                w.opt_str("fallback", fallback.as_deref());
                let critical = p.features.get(*feature).is_some_and(|f| f.critical);
                w.opt_str("severity", severity(*to, critical));
                w.field_num("since_ms", self.wall(*since));
            }
            StatusEffect::OverallChanged { from, to } => {
                w.field_str("effect", "overall_changed");
                w.field_str("from", from.slug());
                w.field_str("to", to.slug());
            }
            StatusEffect::IncidentOpened { id, service, because } => {
                w.field_str("effect", "incident_opened");
                w.field_num("id", *id);
                w.field_str("service", p.name(Target::Service(*service)));
                self.because(w, because);
            }
            StatusEffect::IncidentClosed { id, service, duration } => {
                w.field_str("effect", "incident_closed");
                w.field_num("id", *id);
                w.field_str("service", p.name(Target::Service(*service)));
                w.field_num("duration_ms", *duration);
            }
            StatusEffect::MaintenanceEnded { target } => {
                w.field_str("effect", "maintenance_ended");
                let kind = if matches!(target, Target::Service(_)) { "service" } else { "feature" };
                w.field_str(kind, p.name(*target));
            }
        }
    }
}

/// How urgent a feature's change is: `urgent` where a critical one goes offline, `warning` for any other trouble, none for a recovery.
const fn severity(to: Status, critical: bool) -> Option<&'static str> {
    match (to, critical) {
        (Status::Healthy, _) => None,
        (Status::Offline, true) => Some("urgent"),
        _ => Some("warning"),
    }
}
