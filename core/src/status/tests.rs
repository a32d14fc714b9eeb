//! The room as a whole: readings in, effects and views out.
#![allow(clippy::unwrap_used)]
use super::policy::{StatusPolicy, read_service};
use super::state::{Condition, Kind, ProbeResult, Status, StatusEffect, StatusState, Target};
use super::view::{SystemView, write_causes};
use crate::base::doc::Faults;
use crate::base::error::Fault;
use crate::base::json::Json;
use crate::base::time::{Instant, Span};
use crate::base::write::Writer;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

pub(super) const CAMPO: &str = r#"{
  "default_lang": "es",
  "services": {
    "afip": {"impact":"critical","fallback":"queue"},
    "openai": {"fallback":"manual"},
    "mercadopago": {"impact":"high","fallback":"manual"},
    "database": {"impact":"critical","probe":{"memory":{"degraded":0.8,"offline":0.9},"latency":{"degraded":"100ms"}}},
    "redis": {"impact":"low","fallback":"none"}
  },
  "features": {
    "ai.whatsapp": {"fallback":"manual","needs":{"openai":{"open":"offline"}}},
    "ai.voice": {"fallback":"manual","needs":{"openai":{"open":"offline"}}},
    "payments.mercadopago": {"fallback":"manual","needs":"mercadopago"},
    "invoicing.afip": {"critical":true,"fallback":"queue","needs":["afip","database"]},
    "tracking.realtime": {"fallback":"polling"},
    "notifications.push": {"fallback":"email"}
  }}"#;

pub(super) fn read(text: &str) -> (StatusPolicy, Vec<Fault>) {
    let json = Json::parse(text).unwrap();
    let faults = Faults::of(&json);
    let policy = {
        let root = faults.root().table().unwrap();
        let tables: Vec<_> =
            root.table("services").unwrap().named().into_iter().map(|(n, node)| (n, node.table().unwrap())).collect();
        let drafts = tables.iter().map(|(n, t)| read_service(n, t)).collect();
        let policy = StatusPolicy::read(&root, drafts);
        tables.into_iter().for_each(|(_, t)| t.finish());
        root.finish();
        policy
    };
    (policy, faults.into_vec())
}

pub(super) struct Run {
    pub(super) p: StatusPolicy,
    pub(super) s: StatusState,
}

pub(super) fn at(s: i64) -> Instant {
    Instant::from_millis(s * 1000)
}

impl Run {
    pub(super) fn new(text: &str) -> Run {
        let (p, faults) = read(text);
        assert_eq!(faults, []);
        let s = StatusState::new(&p, at(0));
        Run { p, s }
    }
    pub(super) fn lines(&self, out: &[StatusEffect]) -> Vec<String> {
        let why = |c: &[super::cause::Cause]| {
            let mut w = Writer::default();
            write_causes(&mut w, self.p.name_causes(c));
            w.finish().replace("\"", "").replace("service:", "").replace(",condition", "")
        };
        out.iter()
            .map(|e| match e {
                StatusEffect::ServiceChanged { service, from, to, because, .. } => {
                    format!("{} {}>{} {}", self.p.services[*service].name, from.slug(), to.slug(), why(because))
                }
                StatusEffect::FeatureChanged { feature, from, to, because, .. } => {
                    format!("{} {}>{} {}", self.p.features[*feature].name, from.slug(), to.slug(), why(because))
                }
                StatusEffect::OverallChanged { from, to } => format!("overall {}>{}", from.slug(), to.slug()),
                StatusEffect::IncidentOpened { id, service, .. } => {
                    format!("opened {id} {}", self.p.services[*service].name)
                }
                StatusEffect::IncidentClosed { id, duration, .. } => format!("closed {id} {duration}"),
                StatusEffect::MaintenanceEnded { target } => format!("ended {}", self.p.name(*target)),
            })
            .collect()
    }
    pub(super) fn breaker(&mut self, service: &str, c: Condition, now: i64) -> Vec<String> {
        let mut out = Vec::new();
        let i = self.p.service(service).unwrap();
        self.s.breaker(&self.p, i, c, Some(at(now + 60)).filter(|_| c == Condition::Open), at(now), &mut out);
        self.lines(&out)
    }
    pub(super) fn probe(&mut self, service: &str, result: ProbeResult, now: i64) -> Vec<String> {
        let mut out = Vec::new();
        let i = self.p.service(service).unwrap();
        self.s.probe(&self.p, i, result, at(now), &mut out);
        self.lines(&out)
    }
    /// Runs everything due up to and including `until`, each at its instant.
    pub(super) fn until(&mut self, until: i64) -> Vec<String> {
        let mut out = Vec::new();
        while let Some((due, _)) = self.s.next_due().filter(|(due, _)| *due <= at(until)) {
            self.s.run_due(&self.p, due, &mut out);
        }
        self.lines(&out)
    }
    pub(super) fn view(&self, now: i64) -> SystemView<'_> {
        self.s.view(&self.p, at(now))
    }
    pub(super) fn feature(&self, name: &str) -> Status {
        self.s.feature_status(self.p.feature(name).unwrap())
    }
}

pub(super) fn ok() -> ProbeResult {
    ProbeResult { ok: true, ..ProbeResult::default() }
}
pub(super) fn fail() -> ProbeResult {
    ProbeResult::default()
}

// covers: R-1098, R-1099, R-1100, R-1101, R-1102, R-1103, R-1104, R-1105
#[test]
fn everything_begins_healthy() {
    let r = Run::new(CAMPO);
    let v = r.view(0);
    assert_eq!(v.overall, Status::Healthy);
    let rows: Vec<_> = v.features.iter().map(|f| (f.name, f.critical, f.fallback.unwrap(), f.status)).collect();
    let h = Status::Healthy;
    assert_eq!(
        rows,
        [
            ("ai.whatsapp", false, "manual", h),
            ("ai.voice", false, "manual", h),
            ("payments.mercadopago", false, "manual", h),
            ("invoicing.afip", true, "queue", h),
            ("tracking.realtime", false, "polling", h),
            ("notifications.push", false, "email", h),
        ]
    );
    assert_eq!(r.s.next_due(), None);
    assert!(Status::Healthy < Status::Degraded && Status::Degraded < Status::Offline);
}

// covers: R-1107, R-1114, R-1115, R-1118, R-1119, E-25, E-41
#[test]
fn afip_open_degrades_invoicing_and_closing_restores_it_with_an_effect() {
    let mut r = Run::new(CAMPO);
    assert_eq!(
        r.breaker("afip", Condition::Open, 10),
        [
            "afip healthy>offline [{afip:open}]",
            "invoicing.afip healthy>degraded [{afip:open}]",
            "opened 1 afip",
            "overall healthy>degraded"
        ]
    );
    assert_eq!(r.breaker("afip", Condition::Open, 11), [""; 0]);
    assert_eq!(r.breaker("afip", Condition::HalfOpen, 70), [""; 0]);
    assert_eq!(r.feature("invoicing.afip"), Status::Degraded);
    assert_eq!(r.breaker("afip", Condition::Closed, 75), [""; 0]);
    assert_eq!(r.s.next_due(), Some((at(100), "status_improves")));
    assert_eq!(r.until(100), ["afip offline>degraded [{afip:recovering}]"]);
    assert_eq!(
        r.until(105),
        [
            "afip degraded>healthy [{afip:recovered}]",
            "invoicing.afip degraded>healthy [{afip:recovered}]",
            "closed 1 95000",
            "overall degraded>healthy"
        ]
    );
    assert_eq!(r.s.next_due(), None);
}

// covers: R-1116, R-1117, E-26
#[test]
fn one_breaker_takes_two_features_and_a_second_cause_is_not_cleared_by_the_first() {
    let mut r = Run::new(&CAMPO.replace(
        r#""needs":{"openai":{"open":"offline"}}}"#,
        r#""needs":{"openai":{"open":"offline"},"database":"default"}}"#,
    ));
    r.breaker("openai", Condition::Open, 0);
    assert_eq!((r.feature("ai.whatsapp"), r.feature("ai.voice")), (Status::Offline, Status::Offline));
    assert_eq!(r.s.overall(), Status::Degraded);
    r.breaker("database", Condition::Open, 1);
    r.breaker("openai", Condition::Closed, 2);
    r.until(1000);
    assert_eq!(r.feature("ai.whatsapp"), Status::Degraded);
    let v = r.view(1000);
    let f = v.feature("ai.whatsapp").unwrap();
    assert_eq!(f.causes.iter().map(|c| (c.name, c.kind)).collect::<Vec<_>>(), [("database", Kind::Open)]);
    r.breaker("database", Condition::Closed, 1001);
    r.until(1031);
    assert_eq!((r.feature("ai.whatsapp"), r.feature("ai.voice")), (Status::Healthy, Status::Healthy));
}

// covers: R-0009, R-0010, R-1110, R-1121, R-1122, E-02
#[test]
fn the_database_takes_the_whole_offline_and_a_cache_never_does() {
    let mut r = Run::new(CAMPO);
    for t in 0..3 {
        r.probe("redis", fail(), t);
    }
    assert_eq!((r.s.overall(), r.view(3).notes), (Status::Healthy, vec!["redis"]));
    assert_eq!(r.view(3).service("redis").unwrap().status, Status::Offline);
    assert_eq!(r.probe("database", fail(), 3), [""; 0]);
    assert_eq!(r.probe("database", fail(), 4), [""; 0]);
    assert_eq!(r.probe("database", ok(), 5), [""; 0], "one success ends the run of failures");
    r.probe("database", fail(), 6);
    r.probe("database", fail(), 7);
    assert_eq!(
        r.probe("database", fail(), 8),
        [
            "database healthy>offline [{database:probe_failed}]",
            "invoicing.afip healthy>degraded [{database:probe_failed}]",
            "opened 2 database",
            "overall healthy>offline"
        ]
    );
    assert_eq!(r.view(8).decided_by, ["database"]);
}

// covers: R-0006, R-4012, R-4013, E-45
#[test]
fn memory_and_latency_count_strictly_above_their_limits() {
    let mut r = Run::new(CAMPO);
    let memory = |used| ProbeResult { memory: Some((used, 1000)), ..ok() };
    let i = r.p.service("database").unwrap();
    r.probe("database", memory(800), 0);
    assert_eq!(r.s.service_status(i), Status::Healthy);
    assert_eq!(r.probe("database", memory(801), 1)[0], "database healthy>degraded [{database:memory}]");
    assert_eq!(r.probe("database", memory(901), 2)[0], "database degraded>offline [{database:memory}]");
    let latency = |ms| ProbeResult { latency: Some(Span::from_millis(ms)), ..ok() };
    let mut r = Run::new(CAMPO);
    assert_eq!(r.probe("database", latency(100), 0), [""; 0]);
    assert_eq!(r.probe("database", latency(101), 0)[0], "database healthy>degraded [{database:latency}]");
}

#[test]
fn a_probe_that_stops_makes_its_service_unknown_and_unseen_services_stay_healthy() {
    let mut r = Run::new(CAMPO);
    r.probe("database", ok(), 10);
    assert_eq!(r.s.next_due(), Some((at(100), "probe_stale")));
    assert_eq!(
        r.until(100),
        [
            "database healthy>unknown [{database:stale}]",
            "invoicing.afip healthy>unknown [{database:stale}]",
            "opened 1 database",
            "overall healthy>degraded"
        ]
    );
    assert_eq!(r.view(100).service("redis").unwrap().status, Status::Healthy);
    r.probe("database", ok(), 200);
    assert_eq!(r.until(229), [""; 0]);
    assert_eq!(r.until(230).last().unwrap(), "overall degraded>healthy");
}

// covers: R-1106
#[test]
fn since_stays_while_only_the_cause_changes() {
    let mut r = Run::new(CAMPO);
    r.breaker("afip", Condition::HalfOpen, 10);
    let since = |r: &Run| {
        let v = r.view(99);
        let f = v.feature("invoicing.afip").unwrap();
        (f.since, f.causes[0].kind)
    };
    assert_eq!(since(&r), (at(10), Kind::HalfOpen));
    r.breaker("afip", Condition::Open, 14);
    assert_eq!(since(&r), (at(10), Kind::Open));
}

#[test]
fn an_order_beats_everything_shows_as_such_and_ends_by_itself() {
    let mut r = Run::new(CAMPO);
    let mut out = Vec::new();
    let target = Target::Service(r.p.service("mercadopago").unwrap());
    r.s.maintain(&r.p, target, Some((Status::Offline, Some(at(60)), Some("upgrade".to_string()))), at(0), &mut out);
    assert_eq!(
        r.lines(&out),
        [
            "mercadopago healthy>offline [{mercadopago:maintenance}]",
            "payments.mercadopago healthy>degraded [{mercadopago:maintenance}]",
            "opened 1 mercadopago",
            "overall healthy>degraded"
        ]
    );
    assert_eq!(r.view(1).service("mercadopago").unwrap().maintenance.unwrap().message, Some("upgrade"));
    assert_eq!(r.until(59), [""; 0]);
    assert_eq!(
        r.until(60),
        ["ended mercadopago", "mercadopago offline>healthy [{mercadopago:recovered}]", "closed 1 60000"]
    );
    assert_eq!(r.until(90)[0], "payments.mercadopago degraded>healthy [{mercadopago:recovered}]");
    r.breaker("mercadopago", Condition::Open, 100);
    out.clear();
    r.s.maintain(&r.p, target, Some((Status::Healthy, None, None)), at(101), &mut out);
    assert_eq!(r.lines(&out)[0], "mercadopago offline>healthy [{mercadopago:maintenance}]");
    out.clear();
    r.s.maintain(&r.p, target, None, at(102), &mut out);
    assert_eq!(r.lines(&out)[..2], ["ended mercadopago", "mercadopago healthy>offline [{mercadopago:open}]"]);
}

#[test]
fn a_group_needs_one_of_its_members() {
    let mut r = Run::new(
        r#"{"services":{"mp":{},"transfer":{},"cash":{}},"features":{
        "payments":{"fallback":"manual","needs":{"any_of":["mp","transfer"]}},
        "strict":{"needs":{"any_of":[["mp","transfer"],["cash"]]}},
        "page":{"needs":["strict"]}}}"#,
    );
    r.breaker("mp", Condition::Open, 0);
    assert_eq!(r.feature("payments"), Status::Healthy);
    r.breaker("transfer", Condition::HalfOpen, 1);
    assert_eq!(
        (r.feature("payments"), r.feature("strict"), r.feature("page")),
        (Status::Degraded, Status::Degraded, Status::Degraded)
    );
    r.breaker("transfer", Condition::Open, 2);
    assert_eq!(
        (r.feature("payments"), r.feature("strict"), r.feature("page")),
        (Status::Degraded, Status::Offline, Status::Offline)
    );
    let v = r.view(2);
    let names: Vec<_> = v.feature("page").unwrap().causes.iter().map(|c| c.name).collect();
    assert_eq!(names, ["mp", "transfer"]);
}

// covers: R-0008
#[test]
fn a_tenant_sees_its_own_breaker_beside_the_systems() {
    let mut r = Run::new(CAMPO);
    let afip = r.p.service("afip").unwrap();
    r.s.tenants(afip, 1, 40);
    let seen = |r: &Run, c, since: i64, now: i64| {
        let v = r.s.tenant_view(&r.p, at(now), |s| (s == afip).then_some((c, at(since), Some(at(since + 60)))));
        let (s, f) = (v.service("afip").unwrap(), v.feature("invoicing.afip").unwrap());
        (s.status, f.status, f.since, v.overall)
    };
    let (h, d, o) = (Status::Healthy, Status::Degraded, Status::Offline);
    assert_eq!(seen(&r, Condition::Open, 100, 110), (o, d, at(100), d));
    assert_eq!((r.s.overall(), r.view(110).service("afip").unwrap().tenants), (h, (1, 40)));
    assert_eq!(seen(&r, Condition::HalfOpen, 160, 170), (o, d, at(160), d));
    assert_eq!(seen(&r, Condition::Closed, 165, 194), (d, d, at(165), d));
    assert_eq!(seen(&r, Condition::Closed, 165, 195), (h, h, at(0), h));
    r.breaker("afip", Condition::Open, 200);
    assert_eq!(seen(&r, Condition::Closed, 0, 200), (o, d, at(200), d));
}

#[test]
fn half_open_with_nobody_trying_is_named_and_degrades_no_more() {
    let mut r = Run::new(CAMPO);
    r.breaker("afip", Condition::Open, 0);
    r.breaker("afip", Condition::HalfOpen, 60);
    assert_eq!(r.until(90), ["afip offline>degraded [{afip:half_open}]"]);
    assert_eq!(r.breaker("afip", Condition::HalfOpenIdle, 180), [""; 0]);
    assert_eq!(r.until(209), [""; 0]);
    assert_eq!(
        r.until(210),
        [
            "afip degraded>healthy [{afip:half_open_idle}]",
            "invoicing.afip degraded>healthy [{afip:recovered}]",
            "closed 1 210000",
            "overall degraded>healthy"
        ]
    );
    assert_eq!(r.view(211).service("afip").unwrap().causes[0].kind, Kind::HalfOpenIdle);
    r.breaker("afip", Condition::HalfOpen, 300);
    assert_eq!(r.feature("invoicing.afip"), Status::Degraded);
}

#[test]
fn a_throttle_degrades_until_it_ends() {
    let mut r = Run::new(CAMPO);
    let (i, mut out) = (r.p.service("openai").unwrap(), Vec::new());
    r.s.throttled(&r.p, i, Some(at(20)), at(10), &mut out);
    assert_eq!(r.lines(&out)[0], "openai healthy>degraded [{openai:throttled}]");
    assert_eq!(r.s.next_due(), Some((at(20), "throttle_ends")));
    r.until(20);
    assert_eq!(r.until(50)[0], "openai degraded>healthy [{openai:recovered}]");
}

#[test]
fn late_is_the_same_as_punctual() {
    let play = |step: i64| {
        let mut r = Run::new(CAMPO);
        let mut all = r.probe("database", ok(), 0);
        all.extend(r.breaker("afip", Condition::Open, 5));
        let mut t = 5;
        while t < 300 {
            t += step;
            all.extend(r.until(t));
            if t == 65 {
                all.extend(r.breaker("afip", Condition::Closed, t));
            }
        }
        all
    };
    assert_eq!(play(1), play(60));
    assert_eq!(play(1).len(), 9);
}

#[test]
fn faults_name_the_circle_and_every_unknown_name() {
    let (_, faults) = read(
        r#"{"status":{"improve_after":"soon"},"services":{"a":{"needs":"b"},"b":{"needs":["a"],"impact":"huge"}},
        "features":{"f":{"needs":{"nope":"default","a":{"open":"gone","over":1}}},"g":{"needs":{"any_of":["g"]}}}}"#,
    );
    let lines: Vec<String> = faults.iter().map(|f| format!("{} {} {}", f.code.slug(), f.path, f.message)).collect();
    assert_eq!(
        lines,
        [
            "wrong_type services.b.impact expected one of critical, high, medium, low, found `huge`",
            "bad_duration status.improve_after `soon` is not a duration",
            "wrong_type features.f.needs.a.open expected one of healthy, unknown, degraded, offline, found `gone`",
            "unknown_field features.f.needs.a.over `over` is no field here",
            "unknown_name features.f.needs.nope `nope` is no service and no feature",
            "dependency_cycle services.a.needs `a` needs `b` needs `a`",
            "dependency_cycle features.g.needs.any_of[0] `g` needs `g`",
        ]
    );
}
