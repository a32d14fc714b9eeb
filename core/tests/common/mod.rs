//! What the laws share: an engine that is spoken to in JSON, random policies and random traces.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]
use brownout::Engine;
use brownout::base::json::Json;
use proptest::prelude::*;
use std::fmt::Write;

/// An engine under a policy document, its clock in microseconds.
#[derive(Clone)]
pub struct Rig {
    pub engine: Engine,
    pub policy: String,
    pub now: i64,
    /// Permits granted and not settled.
    pub permits: Vec<u64>,
}

/// Microseconds as wire milliseconds.
pub fn ms(us: i64) -> f64 {
    us as f64 / 1000.0
}
/// A value deep inside, by a path such as `decision.retry_at_ms`.
pub fn get<'a>(json: &'a Json, path: &str) -> Option<&'a Json> {
    path.split('.').try_fold(json, |j, key| j.at(key))
}
pub fn word<'a>(json: &'a Json, path: &str) -> &'a str {
    get(json, path).and_then(Json::as_str).unwrap_or("")
}
pub fn number(json: &Json, path: &str) -> Option<f64> {
    get(json, path).and_then(Json::as_f64)
}
pub fn is_true(json: &Json, path: &str) -> bool {
    get(json, path) == Some(&Json::Bool(true))
}
pub fn effects(json: &Json) -> Vec<Json> {
    match json.at("effects") {
        Some(Json::Arr(items)) => items.clone(),
        _ => Vec::new(),
    }
}
pub fn granted(json: &Json) -> bool {
    word(json, "decision.result") == "granted"
}

impl Rig {
    pub fn new(policy: &str) -> Rig {
        let engine = Engine::from_json(policy, 1, 0.0).unwrap_or_else(|faults| panic!("{policy}\n{faults:?}"));
        Rig { engine, policy: policy.to_string(), now: 0, permits: Vec::new() }
    }
    /// Says something now.
    pub fn say(&mut self, input: &str) -> Json {
        let answer = self.engine.handle_json(input, ms(self.now));
        Json::parse(&answer).unwrap_or_else(|e| panic!("{input} answers {answer}: {e}"))
    }
    /// In numbers, as hosts do on the hot path: only this way may take the straight road. A peek interns nothing and is said in JSON.
    pub fn admit(&mut self, service: &str, tenant: u8, weight: u64) -> Json {
        let out = if weight == 0 {
            self.say(&admit_json(service, tenant, weight))
        } else {
            let at = ms(self.now);
            let (handle, names) = self.numbers(service);
            let [tenant_name, user] = key_names(tenant);
            let mut keys = [0; 4];
            for (slot, name) in keys.iter_mut().zip(names) {
                let value = if name == "tenant" { &tenant_name } else { &user };
                *slot = self.engine.key_raw(value, at).unwrap();
            }
            self.engine.admit_raw(handle, keys, weight as f64, at, &mut [0.0; 16]);
            self.drain()
        };
        if let Some(permit) = number(&out, "decision.permit") {
            self.permits.push(permit as u64);
        }
        out
    }
    pub fn settle(&mut self, n: usize, outcome: &str, retry_after_ms: Option<i64>) -> Option<Json> {
        if self.permits.is_empty() {
            return None;
        }
        let permit = self.permits.remove(n % self.permits.len());
        let number = OUTCOMES.iter().position(|word| *word == outcome).unwrap();
        if let Some(after) = retry_after_ms {
            let input =
                format!(r#"{{"verb":"settle","permit":{permit},"outcome":"{outcome}","retry_after_ms":{after}}}"#);
            return Some(self.say(&input));
        }
        self.engine.settle_raw(permit as f64, number as u32, f64::NAN, ms(self.now), &mut [0.0; 16]);
        Some(self.drain())
    }
    fn drain(&mut self) -> Json {
        let answer = self.engine.drain_json();
        Json::parse(&answer).unwrap_or_else(|e| panic!("{answer}: {e}"))
    }
    /// The number of a service, and the names of the keys in their order: `tenant`, `user`, or both.
    fn numbers(&self, service: &str) -> (u32, Vec<String>) {
        let names = Json::parse(&self.engine.names_json()).unwrap();
        let list = |key| match names.at(key) {
            Some(Json::Arr(items)) => items.clone(),
            _ => panic!("no {key}"),
        };
        let found = list("services").iter().find(|s| word(s, "name") == service).and_then(|s| number(s, "handle"));
        let keys = list("keys").iter().filter_map(Json::as_str).map(String::from).collect();
        (found.map_or(0, |handle| handle as u32), keys)
    }
    pub fn advance(&mut self, to: i64) -> Json {
        self.now = self.now.max(to);
        self.say(r#"{"verb":"advance"}"#)
    }
    /// Writes everything down and starts again from it.
    pub fn roundtrip(&mut self) {
        let bytes = self.engine.snapshot();
        let back = Engine::restore(brownout::policy::read(&self.policy).unwrap(), &bytes);
        self.engine = back.unwrap_or_else(|faults| panic!("{}\n{faults:?}", self.policy));
        assert_eq!(self.engine.snapshot(), bytes, "a snapshot of a restored engine differs");
    }
    /// The same after a re-base, where the engine's own time is not the host's.
    pub fn roundtrip_at_wall(&mut self) {
        let bytes = self.engine.snapshot();
        let back = Engine::restore_json(&self.policy, &bytes, ms(self.now));
        self.engine = back.unwrap_or_else(|faults| panic!("{}\n{faults:?}", self.policy));
        assert_eq!(self.engine.snapshot(), bytes, "a snapshot of a restored engine differs");
    }
    /// Takes one step of a trace; `None` when there was nothing to do.
    pub fn step(&mut self, step: &Step) -> Option<Json> {
        match step {
            Step::Admit { service, tenant, weight } => Some(self.admit(service_name(*service), *tenant, *weight)),
            Step::Settle { n, outcome, retry_after } => self.settle(*n, OUTCOMES[*outcome], *retry_after),
            Step::Say(input) => Some(self.say(input)),
        }
    }
}

fn key_names(tenant: u8) -> [String; 2] {
    [format!("t{}", tenant / 2), format!("u{}", tenant % 2)]
}
pub fn admit_json(service: &str, tenant: u8, weight: u64) -> String {
    let [tenant, user] = key_names(tenant);
    format!(
        r#"{{"verb":"admit","service":"{service}","keys":{{"tenant":"{tenant}","user":"{user}"}},"weight":{weight}}}"#
    )
}
pub fn service_name(n: u8) -> &'static str {
    ["alpha", "beta"][n as usize % 2]
}

pub const OUTCOMES: [&str; 6] = ["success", "failure", "timeout", "throttled", "tenant_fault", "neutral"];

#[derive(Clone, Debug)]
pub enum Step {
    Admit { service: u8, tenant: u8, weight: u64 },
    Settle { n: usize, outcome: usize, retry_after: Option<i64> },
    Say(String),
}

/// What a random policy may contain.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// Everything.
    Full,
    /// Nothing that draws, counts refusals, or moves by itself while a call is in flight, except for probes.
    Plain,
}

fn window() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => (20i64..400).prop_map(|ms| format!(r#""{ms}ms""#)),
        1 => (3u32..10).prop_map(|n| format!(r#"{{"calls":{n}}}"#)),
    ]
}
prop_compose! {
    fn breaker(kind: Kind)(
        consecutive in proptest::option::of(1u32..5), failures in proptest::option::weighted(0.3, 1u32..3), rate in 10u32..=100,
        slow in proptest::option::of((5i64..60, 10u32..=100)), window in window(), min_calls in 1u32..4,
        base in 10i64..100, jitter in 0u32..50, probes in 1u32..4, concurrent in 1u32..3, max_wait in 100i64..300, lease in 10i64..90,
        ramp in proptest::option::weighted(0.3, 50i64..300), rollup in any::<bool>(),
    ) -> String {
        let mut b = format!(r#"{{"failure_rate":{},"window":{window},"min_calls":{min_calls}"#, f64::from(rate) / 100.0);
        let full = kind == Kind::Full;
        if let Some(n) = consecutive { write!(b, r#","consecutive_failures":{n}"#).unwrap(); }
        if let Some(n) = failures { write!(b, r#","failures":{n}"#).unwrap(); }
        if let (true, Some((over, rate))) = (full, slow) {
            write!(b, r#","slow":{{"over":"{over}ms","rate":{}}}"#, f64::from(rate) / 100.0).unwrap();
        }
        let concurrent = concurrent.min(probes);
        let jitter = if full { f64::from(jitter) / 100.0 } else { 0.0 };
        write!(b, r#","open":{{"base":"{base}ms","growth":1.5,"max":"500ms","jitter":{jitter}}}"#).unwrap();
        write!(b, r#","half_open":{{"probes":{probes},"concurrent":{concurrent},"max_wait":"{max_wait}ms","lease":"{lease}ms"}}"#).unwrap();
        if let (true, Some(ramp)) = (full, ramp) { write!(b, r#","ramp":"{ramp}ms""#).unwrap(); }
        if full && rollup { write!(b, r#","rollup":{{"tenants_open":0.5,"pooled":0.6,"min_tenants":3}}"#).unwrap(); }
        b + "}"
    }
}
prop_compose! {
    fn limit(kind: Kind)(
        n in 1u64..8, period in 20i64..300, algorithm in 0usize..4, per in 0usize..3, extra in 0u8..6, burst in 1u64..8,
    ) -> String {
        let words = [
            format!(r#""algorithm":"token_bucket","burst":{burst}"#),
            r#""algorithm":"sliding_window""#.to_string(),
            r#""algorithm":"fixed_window""#.to_string(),
            r#""algorithm":"fixed_window","align":"first_hit""#.to_string(),
        ];
        let per = ["", r#","per":"service""#, r#","per":["tenant","user"]"#][per];
        let extra = match (kind, extra) {
            (Kind::Full, 0) => r#","on_refuse":"count""#,
            (Kind::Full, 1) => r#","penalty":{"after":2,"block":"50ms","growth":2.0,"max":"1s","forget":"1s"}"#,
            (Kind::Full, 2) => r#","mode":"shadow""#,
            (Kind::Full, 3) => r#","enforce_share":0.5"#,
            _ => "",
        };
        format!(r#""limit":{n},"period":"{period}ms",{}{per}{extra}"#, words[algorithm])
    }
}
prop_compose! {
    fn service(kind: Kind)(
        breaker in breaker(kind), limits in proptest::collection::vec(limit(kind), 0..3), tenant in any::<bool>(), retry in any::<bool>(),
        timeout in 70i64..200,
    ) -> String {
        let limits: Vec<String> = limits.iter().enumerate().map(|(i, l)| format!(r#"{{"name":"l{i}",{l}}}"#)).collect();
        let retry = if retry { r#","retry":{"attempts":3,"on":["failure","throttled","refused"],"backoff":{"base":"20ms","jitter":"JITTER"}},"deadline":"1s""# } else { "" };
        let retry = retry.replace("JITTER", if kind == Kind::Full { "full" } else { "none" });
        // a roll-up, and a limit beside it, need a key to split by
        let tenant = tenant || breaker.contains("rollup");
        format!(
            r#"{{"per":"{}","timeout":"{timeout}ms","throttle":{{"base":"20ms","max":"300ms"}}{retry},"breaker":{breaker},"limits":[{}]}}"#,
            if tenant { "tenant" } else { "service" }, limits.join(",")
        )
    }
}
prop_compose! {
    /// A policy of two services, `alpha` and `beta`, and a feature that needs both.
    pub fn policy(kind: Kind)(a in service(kind), b in service(kind), cap in 3u32..8) -> String {
        let cap = if kind == Kind::Full { format!(r#","keys":{{"cap":{cap},"forget":"2s"}}"#) } else { String::new() };
        // a key that no rule needs is unknown: the third service keeps both known in every policy
        let third = r#"{"per":["tenant","user"],"breaker":{"consecutive_failures":3}}"#;
        format!(r#"{{"version":1{cap},"services":{{"alpha":{a},"beta":{b},"gamma":{third}}},"features":{{"page":{{"needs":["alpha","beta"],"fallback":"manual"}}}}}}"#)
    }
}
fn order() -> impl Strategy<Value = String> {
    let service = prop_oneof![Just("alpha"), Just("beta")];
    let order = prop_oneof![Just("force_open"), Just("force_close"), Just("disable"), Just("reset")];
    (service, order, proptest::option::of(10i64..200), proptest::option::of(0u8..6)).prop_map(
        |(service, order, length, tenant)| {
            let length = length.filter(|_| order == "force_open" || order == "disable");
            let length = length.map(|ms| format!(r#","for_ms":{ms}"#)).unwrap_or_default();
            let keys = tenant.map(|t| format!(r#","keys":{{"tenant":"t{t}"}}"#)).unwrap_or_default();
            format!(r#"{{"verb":"command","order":"{order}","service":"{service}"{keys}{length}}}"#)
        },
    )
}
fn said() -> impl Strategy<Value = String> {
    let service = || prop_oneof![Just("alpha"), Just("beta")];
    prop_oneof![
        3 => order(),
        2 => (service(), any::<bool>(), 0i64..100).prop_map(|(s, ok, l)| format!(r#"{{"verb":"observe","service":"{s}","ok":{ok},"latency_ms":{l}}}"#)),
        1 => (service(), 1u8..3).prop_map(|(s, n)| format!(r#"{{"verb":"command","order":"refund","service":"{s}","limit":"l0","keys":{{"tenant":"t1"}},"units":{n}}}"#)),
        1 => (service(), 0usize..3).prop_map(|(s, m)| format!(r#"{{"verb":"command","order":"mode","mode":"{}","service":"{s}"}}"#, ["enforce", "shadow", "off"][m])),
        1 => (service(), 10i64..200).prop_map(|(s, l)| format!(r#"{{"verb":"command","order":"maintenance","service":"{s}","status":"offline","for_ms":{l}}}"#)),
        1 => Just(r#"{"verb":"report","view":"health","detail":"detailed"}"#.to_string()),
        1 => Just(r#"{"verb":"observe","gauge":"depth","value":3}"#.to_string()),
    ]
}
/// Steps with the microseconds that pass before each.
pub fn trace(kind: Kind, length: usize) -> impl Strategy<Value = Vec<(i64, Step)>> {
    let outcome = if kind == Kind::Full {
        prop_oneof![3 => Just(0usize), 4 => Just(1usize), 2 => 2usize..6].boxed()
    } else {
        prop_oneof![3 => Just(0usize), 3 => Just(1usize)].boxed()
    };
    let asked = proptest::option::weighted(0.1, 1i64..400);
    let admit = (0u8..2, 0u8..10, prop_oneof![1 => Just(0u64), 8 => Just(1u64), 1 => 2u64..5]);
    let step = prop_oneof![
        10 => admit.prop_map(|(service, tenant, weight)| Step::Admit { service, tenant, weight }),
        8 => (any::<usize>(), outcome, asked).prop_map(|(n, outcome, retry_after)| Step::Settle { n, outcome, retry_after }),
        2 => said().prop_map(Step::Say),
    ];
    let gap = prop_oneof![4 => 0i64..3_000, 3 => 0i64..30_000, 1 => 0i64..400_000, 1 => (0i64..200).prop_map(|ms| ms * 1_000)];
    proptest::collection::vec((gap, step), 1..length)
}
