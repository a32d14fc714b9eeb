//! The example documents read without a fault, and say what their systems ask for.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]
use brownout::base::time::Span;
use brownout::policy::{self, Policy};
use brownout::status::policy::Impact;

fn load(name: &str) -> Policy {
    let path = format!("{}/../examples/policies/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let value: toml::Value = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let policy = policy::read(&serde_json::to_string(&value).unwrap()).unwrap_or_else(|f| panic!("{name}: {f:?}"));
    assert_eq!((policy.name.as_str(), &policy.lints), (name, &vec![]));
    policy
}

/// Name, impact, fallback of every service.
fn services(p: &Policy) -> Vec<(&str, Impact, Option<&str>)> {
    let mut out: Vec<_> =
        p.status.services.iter().map(|s| (s.name.as_str(), s.impact, s.fallback.as_deref())).collect();
    out.sort_by_key(|s| s.0.to_string());
    out
}

/// Name, critical, fallback of every feature.
fn features(p: &Policy) -> Vec<(&str, bool, Option<&str>)> {
    let mut out: Vec<_> =
        p.status.features.iter().map(|f| (f.name.as_str(), f.critical, f.fallback.as_deref())).collect();
    out.sort_by_key(|f| f.0.to_string());
    out
}

// covers: R-0005, R-0006, R-0007, R-0008, R-0009, R-0010, R-0011
#[test]
fn campotech_names_its_services() {
    let p = load("campotech");
    assert_eq!(
        services(&p),
        [
            ("afip", Impact::Critical, Some("queue")),
            ("database", Impact::Critical, None),
            ("mercadopago", Impact::High, Some("in_person")),
            ("openai", Impact::Medium, Some("prebuilt_responses")),
            ("redis", Impact::Low, Some("no_cache")),
            ("storage", Impact::Medium, None),
            ("whatsapp", Impact::High, Some("sms")),
        ]
    );
    let afip = &p.services[p.service("afip").unwrap()];
    assert_eq!((afip.per.as_slice(), afip.limits.len()), (&["tenant".to_string()][..], 3));
    assert!(afip.breaker.as_ref().is_some_and(|b| b.rollup.is_some()));
    assert_eq!(p.units, ["calls", "tokens"]);
    let whatsapp = p.status.services.iter().find(|s| s.name == "whatsapp").unwrap();
    assert_eq!(whatsapp.probe.latency_degraded, Some(Span::from_secs(5)));
}

// covers: R-1098, R-1099, R-1100, R-1101, R-1102, R-1103, R-1104
#[test]
fn campotech_names_its_features() {
    let p = load("campotech");
    assert_eq!(
        features(&p),
        [
            ("ai.voice", false, Some("manual")),
            ("ai.whatsapp", false, Some("manual")),
            ("invoicing.afip", true, Some("queue")),
            ("notifications.push", false, Some("email")),
            ("payments.mercadopago", false, Some("manual")),
            ("tracking.realtime", false, Some("polling")),
        ]
    );
    let title = |name: &str| {
        let f = p.status.features.iter().find(|f| f.name == name).unwrap();
        f.title.pick("es", &p.status.default_lang).unwrap().to_string()
    };
    let names = ["ai.whatsapp", "ai.voice", "payments.mercadopago", "invoicing.afip", "tracking.realtime"];
    assert_eq!(
        names.map(title),
        ["IA de WhatsApp", "Reportes por voz", "Pagos online", "Facturación AFIP", "Seguimiento en vivo"]
    );
    assert_eq!(title("notifications.push"), "Notificaciones push");
}

// covers: R-3006, R-3007, R-3008, R-3009, R-3013, R-3014, R-3015, R-3022, R-3029, R-3030, R-3031, R-3032
#[test]
fn vetmed_guards_its_database_and_its_callers() {
    let p = load("vetmed");
    let open = |name: &str| {
        let b = p.services[p.service(name).unwrap()].breaker.as_ref().unwrap();
        (b.failures.or(b.consecutive_failures), b.open.base)
    };
    assert_eq!(open("database"), (Some(3), Span::from_secs(20)));
    assert_eq!(open("critical"), (Some(3), Span::from_secs(10)));
    assert_eq!(open("analytics"), (Some(8), Span::from_secs(45)));
    assert_eq!(open("batch"), (Some(10), Span::from_secs(60)));
    let limits = |name: &str| {
        let s = &p.services[p.service(name).unwrap()];
        s.limits.iter().map(|l| (l.name.clone(), l.limit, l.period.length().unwrap().secs_up())).collect::<Vec<_>>()
    };
    let row = |name: &str, limit: u64, secs: i64| (name.to_string(), limit, secs);
    assert_eq!(
        limits("api"),
        [row("general", 1000, 60), row("recording", 30, 60), row("heavy", 10, 60), row("upload", 10, 300)]
    );
    assert_eq!(limits("auth"), [row("auth", 10, 900)]);
    assert_eq!(limits("critical"), [row("critical_production", 100, 60)]);
    assert_eq!(p.key_names, ["tenant", "ip", "user"]);
    let database = p.status.services.iter().find(|s| s.name == "database").unwrap();
    assert_eq!(database.probe.latency_degraded, Some(Span::from_secs(5)));
}

#[test]
fn the_platform_counts_each_merchant_alone() {
    let p = load("platform");
    let import = &p.services[p.service("import").unwrap()];
    assert_eq!(import.per, ["tenant"]);
    assert_eq!(import.limits[0].rule.per, Some(vec!["tenant".to_string()]));
    assert_eq!(features(&p), [("checkout", true, Some("order_by_phone")), ("storefront", true, Some("cached_pages"))]);
}

// covers: R-4012, R-4013, R-4039
#[test]
fn togetheros_watches_its_database_and_its_memory() {
    let p = load("togetheros");
    assert_eq!(services(&p), [("database", Impact::Critical, None), ("memory", Impact::Critical, None)]);
    let probe = |name: &str| p.status.services.iter().find(|s| s.name == name).unwrap().probe.clone();
    let memory = probe("memory");
    let percent = |n: u64| Some(brownout::base::num::Ratio::percent(n));
    assert_eq!((memory.memory_degraded, memory.memory_offline), (percent(80), percent(90)));
    assert_eq!(probe("database").latency_degraded, Some(Span::from_millis(100)));
}

#[test]
fn two_syntaxes_of_one_document_have_one_hash() {
    let p = load("campotech");
    assert_eq!(policy::read(&p.json).unwrap().hash, p.hash);
    let toml = "version = 1\nname = \"x\"\n[services.s]\ntimeout = \"5s\"\nbreaker = { failures = 2, open = { growth = 2.0 } }";
    let json =
        r#"{"services":{"s":{"breaker":{"open":{"growth":2},"failures":2},"timeout":"5s"}},"name":"x","version":1}"#;
    let value: toml::Value = toml::from_str(toml).unwrap();
    let from_toml = policy::read(&serde_json::to_string(&value).unwrap()).unwrap();
    assert_eq!(from_toml.hash, policy::read(json).unwrap().hash);
}
