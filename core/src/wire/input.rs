//! An input as JSON: every verb, every fault with its path, nothing changed when there is one.
use crate::base::bytes::base64;
use crate::base::doc::{Faults, Node, Table, clip};
use crate::base::error::{Code, Fault};
use crate::base::json::Json;
use crate::base::key::check_name;
use crate::base::num::Decimal;
use crate::base::time::{Instant, Span};
use crate::call::{Facts, Outcome};
use crate::engine::{Call, Command, Decision, Ended, Engine, Key, MAX_UNITS, ModeScope, Observation, Settle, Target};
use crate::gate::breaker::Order;
use crate::gate::rule::{MAX_KEYS, MODES, Mode};
use crate::policy::Policy;
use crate::report::ReportRequest;
use crate::status::Status;
use crate::status::state::ProbeResult;
use crate::wire::output::{error_json, errors_json};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

const EXACT: u64 = (1 << 53) - 1;

impl Engine {
    /// Takes one input as JSON and answers with canonical JSON: an output, or `{"error":{code,path,message,help}}`
    /// (`{"errors":[…]}` for a policy). An error changes no state.
    pub fn handle_json(&mut self, input: &str, at_ms: f64) -> String {
        let done = read(input, at_ms).and_then(|(json, at)| self.handle(&Faults::of(&json), at));
        self.answer(done)
    }
    /// The same, and everything that the reader of inputs asks.
    #[cfg(feature = "schema")]
    pub fn handle_json_asked(&mut self, input: &str, at_ms: f64) -> (String, Vec<crate::base::asked::Ask>) {
        match read(input, at_ms) {
            Ok((json, at)) => {
                let faults = Faults::of(&json);
                let done = self.handle(&faults, at);
                (self.answer(done), faults.asked.take())
            }
            Err(faults) => (self.answer(Err(faults)), Vec::new()),
        }
    }
    fn answer(&mut self, done: Result<(), Vec<Fault>>) -> String {
        match done {
            Ok(()) => self.output_json(),
            Err(faults) => match faults.as_slice() {
                [one] => error_json(one),
                many => errors_json(many),
            },
        }
    }
    fn handle(&mut self, faults: &Faults, at: Instant) -> Result<(), Vec<Fault>> {
        let Some(t) = faults.root().table() else { return Err(faults.take()) };
        let verb = t.text("verb").unwrap_or_default();
        if !t.has("verb") {
            t.fault_at("verb", Code::MissingField, format_args!("an input names its verb"));
        }
        let done = match verb {
            "admit" => self.take_admit(t, faults, at),
            "settle" => self.take_settle(t, faults, at),
            "observe" => self.take_observe(t, faults, at),
            "command" => self.take_command(t, faults, at),
            "advance" => {
                t.finish();
                if faults.is_empty() {
                    self.advance(at);
                }
                Ok(())
            }
            "report" => self.take_report(t, faults, at),
            "headers" => self.take_headers(t, faults, at),
            "explain" => self.take_explain(t, faults, at),
            "snapshot" => {
                t.finish();
                if faults.is_empty() {
                    self.advance(at);
                    let bytes = self.snapshot();
                    self.end(Decision::Snapshot(base64(&bytes)));
                }
                Ok(())
            }
            "reload" => {
                let policy = read_reload(t);
                let found = faults.take();
                return match policy {
                    Some(policy) if found.is_empty() => {
                        self.reload(policy?, at)?;
                        Ok(())
                    }
                    _ => Err(found),
                };
            }
            _ => {
                t.fault_at("verb", Code::UnknownVerb, format_args!("`{}` is no verb", clip(verb)));
                Ok(())
            }
        };
        let found = faults.take();
        if !found.is_empty() {
            return Err(found.into_iter().take(1).collect());
        }
        done.map_err(|f| vec![f])
    }

    fn read_service(&self, t: &Table) -> Result<u32, Fault> {
        match t.node("service") {
            None => {
                t.fault_at("service", Code::MissingField, format_args!("name the service"));
                Ok(0)
            }
            Some(n) => match n.text() {
                Some(name) => self.service(name),
                None => Ok(0),
            },
        }
    }
    /// The key texts of a call in the order of the policy's key names.
    fn read_keys<'a>(&self, t: &Table<'a>) -> [Option<&'a str>; MAX_KEYS] {
        let mut out = [None; MAX_KEYS];
        for (name, node) in t.table("keys").map(|k| k.entries()).unwrap_or_default() {
            match self.policy().key_names.iter().position(|k| k == name) {
                Some(at) => out[at] = node.text(),
                None => node.fault(Code::UnknownKey, format_args!("no rule is split by `{}`", clip(name))),
            }
        }
        out
    }
    /// The keys of a peek, which interns none.
    fn look_up_all(&self, names: [Option<&str>; MAX_KEYS]) -> Result<[Key; MAX_KEYS], Fault> {
        self.check_names(&names)?;
        Ok(names.map(|name| name.map_or(Key::Absent, |name| self.look_up(name))))
    }
    fn check_names(&self, names: &[Option<&str>; MAX_KEYS]) -> Result<(), Fault> {
        for (i, name) in names.iter().enumerate() {
            if let Some(name) = name {
                check_name(name).map_err(|code| {
                    let path = format!("keys.{}", self.policy().key_names[i]);
                    Fault::at(code, &path, format_args!("a key of {} bytes", name.len()))
                })?;
            }
        }
        Ok(())
    }
    fn intern(&mut self, names: [Option<&str>; MAX_KEYS], at: Instant) -> Result<[Key; MAX_KEYS], Fault> {
        self.check_names(&names)?;
        let mut keys = [Key::Absent; MAX_KEYS];
        self.spare(&[]);
        for (i, name) in names.iter().enumerate() {
            if let Some(name) = name {
                keys[i] = self.key(name, at)?;
            }
        }
        Ok(keys)
    }
    /// Amounts by unit name.
    fn read_amounts(&self, t: &Table) -> [Option<u64>; MAX_UNITS] {
        let mut out = [None; MAX_UNITS];
        for (name, node) in t.table("amounts").map(|a| a.entries()).unwrap_or_default() {
            match self.policy().units.iter().position(|u| u == name) {
                Some(at) => out[at] = node.integer(0, EXACT),
                None => node.fault(Code::UnknownName, format_args!("no limit counts `{}`", clip(name))),
            }
        }
        out
    }
    fn take_admit(&mut self, t: Table, faults: &Faults, at: Instant) -> Result<(), Fault> {
        let service = self.read_service(&t)?;
        let names = self.read_keys(&t);
        let mut amounts = self.read_amounts(&t).map(|a| a.unwrap_or(0));
        amounts[0] = t.integer("weight", 0, EXACT).unwrap_or(1);
        let attempt = t.integer("attempt", 0, 1_000_000).unwrap_or(0) as u32;
        let since = t.node("since_ms").and_then(|n| read_instant(&n));
        let idempotent = t.boolean("idempotent").unwrap_or(false);
        t.finish();
        if !faults.is_empty() {
            return Ok(());
        }
        let keys = if amounts[0] > 0 { self.intern(names, at)? } else { self.look_up_all(names)? };
        self.admit_fully(&Call { service, keys, amounts, attempt, since, idempotent }, at)?;
        Ok(())
    }
    fn take_settle(&mut self, t: Table, faults: &Faults, at: Instant) -> Result<(), Fault> {
        let permit = t.integer("permit", 0, EXACT).unwrap_or(0);
        if !t.has("permit") {
            t.fault_at("permit", Code::MissingField, format_args!("name the permit"));
        }
        let ended = match (t.node("outcome"), t.table("facts")) {
            (Some(o), None) => {
                let outcome = o.text().and_then(Outcome::from_word);
                if outcome.is_none() && matches!(o.json, Json::Str(_)) {
                    o.fault(Code::BadOutcome, format_args!("this is no outcome"));
                }
                Ended::Outcome(outcome.unwrap_or(Outcome::Neutral))
            }
            (None, Some(f)) => Ended::Facts(read_facts(f)),
            (None, None) => {
                t.fault_at("outcome", Code::MissingField, format_args!("say how the call ended: `outcome` or `facts`"));
                Ended::Outcome(Outcome::Neutral)
            }
            (Some(_), Some(_)) => {
                t.fault_at("facts", Code::Conflict, format_args!("either `outcome` or `facts`"));
                Ended::Outcome(Outcome::Neutral)
            }
        };
        let settle = Settle {
            ended,
            duration: t.node("duration_ms").and_then(|n| read_span(&n)),
            retry_after: t.node("retry_after_ms").and_then(|n| read_span(&n)),
            amounts: self.read_amounts(&t),
            idempotent: t.boolean("idempotent"),
        };
        t.finish();
        if faults.is_empty() {
            self.settle_fully(permit, &settle, at)?;
        }
        Ok(())
    }
    fn take_observe(&mut self, t: Table, faults: &Faults, at: Instant) -> Result<(), Fault> {
        let observation = if t.has("gauge") {
            let name = t.node("gauge").and_then(|n| n.name().map(ToString::to_string)).unwrap_or_default();
            Observation::Gauge { name, value: read_f64(&t, "value").unwrap_or(0.0) }
        } else {
            let service = self.read_service(&t)?;
            if !t.has("ok") {
                t.fault_at("ok", Code::MissingField, format_args!("say whether the probe succeeded"));
            }
            let memory = t.table("memory").map(|m| {
                let used = m.integer("used_bytes", 0, EXACT).unwrap_or(0);
                let total = m.integer("total_bytes", 1, EXACT).unwrap_or(1);
                for key in ["used_bytes", "total_bytes"] {
                    if !m.has(key) {
                        m.fault_at(key, Code::MissingField, format_args!("memory is what is used of what there is"));
                    }
                }
                m.finish();
                (used, total)
            });
            let result = ProbeResult {
                ok: t.boolean("ok").unwrap_or(false),
                latency: t.node("latency_ms").and_then(|n| read_span(&n)),
                memory,
                message: t.text("message").map(clip),
            };
            Observation::Probe { service, result }
        };
        t.finish();
        if faults.is_empty() {
            self.observe(observation, at)?;
        }
        Ok(())
    }
    fn take_command(&mut self, t: Table, faults: &Faults, at: Instant) -> Result<(), Fault> {
        let order = t.text("order").unwrap_or_default();
        // Durations count from the engine's now, also where the input comes late.
        let until = t.node("for_ms").and_then(|n| read_span(&n)).map(|s| at.max(self.wall(self.now())) + s);
        let breaker = match order {
            "force_open" => Some(Order::ForceOpen(until)),
            "disable" => Some(Order::Disable(until)),
            "force_close" => Some(Order::ForceClose),
            "reset" => Some(Order::Reset),
            _ => None,
        };
        if breaker.is_some_and(|b| matches!(b, Order::ForceClose | Order::Reset)) && until.is_some() {
            t.fault_at("for_ms", Code::Conflict, format_args!("this order has no expiry"));
        }
        let command = match (order, breaker) {
            (_, Some(order)) => {
                let service = self.read_service(&t)?;
                let names = self.read_keys(&t);
                t.finish();
                if !faults.is_empty() {
                    return Ok(());
                }
                Command::Breaker { service, keys: self.intern(names, at)?, order }
            }
            ("refund", _) => return self.take_refund(t, faults, at),
            ("mode", _) => {
                let mode = t.word("mode", &MODE_WORDS).flatten();
                if !t.has("mode") {
                    t.fault_at("mode", Code::MissingField, format_args!("enforce, shadow, off or policy"));
                }
                let scope = self.read_scope(&t)?;
                t.finish();
                Command::Mode { scope, mode }
            }
            ("maintenance" | "clear_maintenance", _) => {
                let target = self.read_target(&t)?;
                let status = (order == "maintenance").then(|| {
                    let status = t.word("status", &STATUS_WORDS);
                    if !t.has("status") {
                        t.fault_at("status", Code::MissingField, format_args!("the status to show"));
                    }
                    (status.unwrap_or(Status::Offline), until, t.text("message").map(clip))
                });
                t.finish();
                Command::Maintain { target, status }
            }
            ("rebase", _) => {
                let to = t.node("to_ms").and_then(|n| read_instant(&n)).unwrap_or(at);
                t.finish();
                Command::Rebase { to }
            }
            ("rebuilt", _) => {
                let losses = t.integer("losses", 1, EXACT).unwrap_or(1);
                let cause = t.text("cause").map(clip).unwrap_or_default();
                t.finish();
                Command::Rebuilt { losses, cause }
            }
            _ if !t.has("order") => {
                t.fault_at("order", Code::MissingField, format_args!("a command names its order"));
                return Ok(());
            }
            _ => {
                t.fault_at("order", Code::BadOrder, format_args!("`{}` is no order", clip(order)));
                return Ok(());
            }
        };
        if faults.is_empty() {
            self.command(command, at)?;
        }
        Ok(())
    }
    fn take_refund(&mut self, t: Table, faults: &Faults, at: Instant) -> Result<(), Fault> {
        let service = self.read_service(&t)?;
        let limit = self.read_limit(&t, "limit", service)?;
        let names = self.read_keys(&t);
        let units = t.integer("units", 1, EXACT).unwrap_or(0);
        if !t.has("units") {
            t.fault_at("units", Code::MissingField, format_args!("say how many units to give back"));
        }
        let permit = t.integer("permit", 1, EXACT);
        t.finish();
        if !faults.is_empty() {
            return Ok(());
        }
        let keys = self.intern(names, at)?;
        self.command(Command::Refund { service, limit, keys, units, permit }, at)?;
        Ok(())
    }
    fn read_limit(&self, t: &Table, key: &str, service: u32) -> Result<u16, Fault> {
        let Some(name) = t.text(key) else {
            t.fault_at(key, Code::MissingField, format_args!("name the limit"));
            return Ok(0);
        };
        let limits = &self.policy().services[service as usize].limits;
        let at = limits.iter().position(|l| l.name == name);
        at.map(|i| i as u16)
            .ok_or_else(|| Fault::at(Code::UnknownLimit, key, format_args!("there is no limit `{}`", clip(name))))
    }
    fn read_scope(&self, t: &Table) -> Result<ModeScope, Fault> {
        if !t.has("service") {
            if t.has("gate") {
                t.fault_at("service", Code::MissingField, format_args!("a gate belongs to a service"));
            }
            return Ok(ModeScope::Document);
        }
        let service = self.read_service(t)?;
        Ok(match t.node("gate").and_then(|n| n.text()) {
            None => ModeScope::Service(service),
            Some("breaker") => ModeScope::Breaker(service),
            Some(_) => ModeScope::Limit(service, self.read_limit(t, "gate", service)?),
        })
    }
    fn read_target(&self, t: &Table) -> Result<Target, Fault> {
        if !t.has("feature") {
            return self.read_service(t).map(Target::Service);
        }
        let name = t.text("feature").unwrap_or_default();
        let at = self.policy().status.feature(name).ok_or_else(|| {
            Fault::at(Code::UnknownFeature, "feature", format_args!("there is no feature `{}`", clip(name)))
        })?;
        Ok(Target::Feature(at as u32))
    }
    fn take_headers(&mut self, t: Table, faults: &Faults, at: Instant) -> Result<(), Fault> {
        let service = self.read_service(&t)?;
        let names = self.read_keys(&t);
        let refused_until = t.node("retry_at_ms").and_then(|n| read_instant(&n));
        t.finish();
        if faults.is_empty() {
            let keys = self.find_keys(names);
            self.headers(service, &keys, refused_until, at)?;
        }
        Ok(())
    }
    fn take_explain(&mut self, t: Table, faults: &Faults, at: Instant) -> Result<(), Fault> {
        let service = self.read_service(&t)?;
        let names = self.read_keys(&t);
        let mut amounts = self.read_amounts(&t).map(|a| a.unwrap_or(0));
        amounts[0] = t.integer("weight", 1, EXACT).unwrap_or(1);
        t.finish();
        if faults.is_empty() {
            let keys = self.look_up_all(names)?;
            self.explain(&Call { keys, amounts, ..Call::of(service) }, at)?;
        }
        Ok(())
    }
    fn take_report(&mut self, t: Table, faults: &Faults, at: Instant) -> Result<(), Fault> {
        let names = self.read_keys(&t);
        let word = |key| t.text(key).unwrap_or_default();
        let request = ReportRequest {
            view: word("view"),
            profile: word("profile"),
            format: word("format"),
            detail: word("detail"),
            production: t.boolean("production").unwrap_or(false),
            lang: word("lang"),
        };
        t.finish();
        if !faults.is_empty() {
            return Ok(());
        }
        let keys = self.find_keys(names);
        self.report(&request, &keys, at)?;
        Ok(())
    }
}

/// `policy` goes back to what the document says.
const MODE_WORDS: [(&str, Option<Mode>); 4] =
    [(MODES[0].0, Some(MODES[0].1)), (MODES[1].0, Some(MODES[1].1)), (MODES[2].0, Some(MODES[2].1)), ("policy", None)];
const STATUS_WORDS: [(&str, Status); 3] =
    [("healthy", Status::Healthy), ("degraded", Status::Degraded), ("offline", Status::Offline)];

/// One input and its instant.
fn read(input: &str, at_ms: f64) -> Result<(Json, Instant), Vec<Fault>> {
    let at = wire_instant(at_ms).map_err(|f| vec![f])?;
    Ok((Json::parse(input).map_err(|f| vec![f])?, at))
}

/// An instant of the wire, at `at_ms`.
#[inline]
pub(crate) fn wire_instant(ms: f64) -> Result<Instant, Fault> {
    Instant::from_wire_ms(ms)
        .map_err(|code| Fault::at(code, "at_ms", format_args!("{} is no time in milliseconds", Decimal(ms))))
}

/// The new policy: a document, or its text.
fn read_reload(t: Table) -> Option<Result<Policy, Vec<Fault>>> {
    let policy = t.node("policy");
    if policy.is_none() {
        t.fault_at("policy", Code::MissingField, format_args!("the new policy document"));
    }
    t.finish();
    policy.map(|p| match p.json {
        Json::Str(text) => crate::policy::read(text),
        json => crate::policy::read_value(json),
    })
}

fn read_f64(t: &Table, key: &str) -> Option<f64> {
    let Some(n) = t.node(key) else {
        t.fault_at(key, Code::MissingField, format_args!("a number"));
        return None;
    };
    match n.json {
        Json::Num(x) => Some(*x),
        _ => {
            n.wrong("a number");
            None
        }
    }
}

fn read_instant(n: &Node) -> Option<Instant> {
    match n.json {
        Json::Num(ms) => Instant::from_wire_ms(*ms)
            .map_err(|code| n.fault(code, format_args!("{} is no time in milliseconds", Decimal(*ms))))
            .ok(),
        _ => {
            n.wrong("a time in milliseconds");
            None
        }
    }
}

fn read_span(n: &Node) -> Option<Span> {
    match n.json {
        Json::Num(ms) => Span::from_wire_ms(*ms)
            .map_err(|code| n.fault(code, format_args!("{} is no length in milliseconds", Decimal(*ms))))
            .ok(),
        _ => {
            n.wrong("a length in milliseconds");
            None
        }
    }
}

fn read_facts<'a>(f: Table<'a>) -> Facts<'a> {
    let facts = Facts {
        status: f.integer("status", 100, 999).map(|n| n as u16),
        error: f.text("error"),
        exception: f.text("exception"),
        timed_out: f.boolean("timed_out").unwrap_or(false),
        cancelled: f.boolean("cancelled").unwrap_or(false),
        sent: f.boolean("sent"),
    };
    f.finish();
    facts
}
