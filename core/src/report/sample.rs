//! One reading for the tests of this room: AFIP is open, the database is slow and short of memory, the rest works.
#![allow(clippy::unwrap_used)]
use super::{
    BreakerLine, CapacityNumbers, GaugeLine, HealthInput, LimitLine, Load, RebuildsLine, Rendered, ReportRequest,
    TrafficLine, render,
};
use crate::base::doc::Faults;
use crate::base::json::Json;
use crate::base::time::{Instant, Span};
use crate::status::policy::{StatusPolicy, read_service};
use crate::status::state::{Condition, ProbeResult, StatusState};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

pub(super) const POLICY: &str = r#"{"default_lang":"es","services":{
  "afip":{"title":"AFIP","impact":"critical","fallback":"queue"},
  "database":{"impact":"critical","probe":{"memory":{"degraded":0.8}}},
  "redis":{"impact":"low","fallback":"none"}},
  "features":{"invoicing.afip":{"title":{"es":"Facturación AFIP","en":"AFIP invoicing"},"critical":true,"fallback":"queue","needs":"afip"},
  "ai.voice":{"fallback":"manual"}}}"#;

/// 2026-02-06T16:04:59Z
pub(super) const NOW: Instant = Instant::from_millis(1_770_393_899_000);

pub(super) struct Sample {
    pub(super) policy: StatusPolicy,
    pub(super) state: StatusState,
    pub(super) start: Instant,
}

impl Sample {
    pub(super) fn new(text: &str, up: Span) -> Sample {
        let json = Json::parse(text).unwrap();
        let faults = Faults::of(&json);
        let root = faults.root().table().unwrap();
        let tables: Vec<_> =
            root.table("services").unwrap().named().into_iter().map(|(n, node)| (n, node.table().unwrap())).collect();
        let policy = StatusPolicy::read(&root, tables.iter().map(|(n, t)| read_service(n, t)).collect());
        assert!(faults.is_empty());
        let start = NOW - up;
        let state = StatusState::new(&policy, start);
        Sample { policy, state, start }
    }
    pub(super) fn breaker(&mut self, service: &str, c: Condition, retry_at: Instant, at: Instant) {
        let i = self.policy.service(service).unwrap();
        self.state.breaker(&self.policy, i, c, Some(retry_at), at, &mut Vec::new());
    }
    pub(super) fn probe(&mut self, service: &str, result: ProbeResult, at: Instant) {
        let i = self.policy.service(service).unwrap();
        self.state.probe(&self.policy, i, result, at, &mut Vec::new());
    }
    pub(super) fn input(&self) -> HealthInput<'_> {
        HealthInput {
            now: NOW,
            started_at: self.start,
            name: "campotech",
            system: self.state.view(&self.policy, NOW),
            breakers: Vec::new(),
            traffic: Vec::new(),
            limits: Vec::new(),
            gauges: Vec::new(),
            permits: Load::default(),
            keys: Load::default(),
            rebuilds: RebuildsLine::default(),
            capacity: CapacityNumbers::default(),
        }
    }
    pub(super) fn full(&self) -> HealthInput<'_> {
        HealthInput {
            breakers: vec![BreakerLine {
                service: "afip",
                condition: Condition::Open,
                since: NOW - Span::from_secs(9),
                generation: 3,
                calls: 8,
                failures: 6,
                slow: 1,
                attempts: 0,
                retry_at: Some(NOW + Span::from_secs(51)),
                tenants_open: 7,
                tenants_seen: 20,
            }],
            traffic: vec![TrafficLine {
                service: "afip",
                granted: 12,
                outcomes: [4, 5, 1, 0, 1, 0],
                refusals: vec![("circuit_open", 9), ("limited", 0)],
                would_refuse: vec![("limited", 2)],
                retries: 3,
                expired: 1,
                timed: 11,
                time: Span::from_millis(5500),
                spread: [0, 0, 1, 1, 2, 4, 7, 9, 10, 10, 10, 10, 10],
                p50: Some(Span::from_millis(400)),
                p95: Some(Span::from_micros(1_900_500)),
                p99: Some(Span::from_secs(2)),
            }],
            limits: vec![LimitLine {
                service: "afip",
                limit: "minute",
                unit: "calls",
                size: 60,
                used: 12,
                remaining: 48,
            }],
            gauges: vec![GaugeLine { name: "queue_depth", value: 12.5, at: NOW }],
            permits: Load { used: 2, max: 65_536 },
            keys: Load { used: 20, max: 100_000 },
            rebuilds: RebuildsLine::default(),
            capacity: CapacityNumbers { bottlenecks: 2, organizations: 15, database_tenths: 85, recommendations: 3 },
            ..self.input()
        }
    }
}

/// The reading described above, up for an hour.
pub(super) fn incident() -> Sample {
    let mut s = Sample::new(POLICY, Span::from_secs(3600));
    let at = NOW - Span::from_secs(9);
    s.breaker("afip", Condition::Open, NOW + Span::from_secs(51), at);
    s.probe(
        "database",
        ProbeResult {
            ok: true,
            latency: Some(Span::from_millis(23)),
            memory: Some((123_456_789, 512_000_000)),
            message: Some("pool says hi".into()),
        },
        at,
    );
    s
}

pub(super) fn ask(input: &HealthInput, request: ReportRequest) -> Rendered {
    render(input, &request).unwrap()
}

pub(super) fn body(input: &HealthInput, request: ReportRequest) -> String {
    ask(input, request).body
}
