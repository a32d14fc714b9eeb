//! Exact bodies, written by hand.
#![allow(clippy::unwrap_used)]
use super::sample::{NOW, POLICY, Sample, ask, body, incident};
use super::{Load, ReportRequest, render};
use crate::base::error::Code;
use crate::base::json::Json;
use crate::base::time::{Instant, Span};
use crate::status::state::{Condition, ProbeResult};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

const BLOB: &str = "1;1770393899000,30000,90000,d,es;invoicing.afip,d,1770393890000,queue,open,es:Facturación AFIP,en:AFIP invoicing;ai.voice,h,1770390299000,manual,";

fn profile(profile: &str) -> ReportRequest<'_> {
    ReportRequest { profile, ..ReportRequest::default() }
}
fn format_of(format: &str) -> ReportRequest<'_> {
    ReportRequest { format, ..ReportRequest::default() }
}
fn keys(body: &str) -> Vec<String> {
    match Json::parse(body).unwrap() {
        Json::Obj(entries) => entries.into_iter().map(|(k, _)| k).collect(),
        _ => Vec::new(),
    }
}

// covers: R-0001, R-0003
#[test]
fn native_is_exact() {
    let s = incident();
    let wanted = concat!(
        r#"{"status":"degraded","timestamp":"2026-02-06T16:04:59.000Z","name":"campotech","uptime_seconds":3600,"#,
        r#""since":"2026-02-06T16:04:50.000Z","decided_by":["afip","invoicing.afip"],"notes":[],"#,
        r#""breakers":{"afip":{"state":"open","since":"2026-02-06T16:04:50.000Z","retry_at":"2026-02-06T16:05:50.000Z","#,
        r#""calls":8,"failures":6,"slow":1,"attempts":0,"generation":3,"tenants":{"affected":7,"seen":20}}},"#,
        r#""services":{"afip":{"status":"offline","title":"AFIP","impact":"critical","since":"2026-02-06T16:04:50.000Z","fallback":"queue","#,
        r#""because":[{"service":"afip","condition":"open"}],"breaker":"open"},"#,
        r#""database":{"status":"healthy","title":"database","impact":"critical","since":"2026-02-06T15:04:59.000Z","because":[]},"#,
        r#""redis":{"status":"healthy","title":"redis","impact":"low","since":"2026-02-06T15:04:59.000Z","fallback":"none","because":[]}},"#,
        r#""features":{"invoicing.afip":{"status":"degraded","title":{"es":"Facturación AFIP","en":"AFIP invoicing"},"critical":true,"#,
        r#""since":"2026-02-06T16:04:50.000Z","fallback":"queue","because":[{"service":"afip","condition":"open"}]},"#,
        r#""ai.voice":{"status":"healthy","title":"ai.voice","critical":false,"since":"2026-02-06T15:04:59.000Z","fallback":"manual","because":[]}},"#,
        r#""incidents":[{"id":1,"service":"afip","since":"2026-02-06T16:04:50.000Z","duration_seconds":9,"worst":"offline","#,
        r#""because":[{"service":"afip","condition":"open"}]}],"#,
        r#""latency":{"afip":{"calls":11,"p50_ms":400,"p95_ms":1900.5,"p99_ms":2000}},"#,
        r#""recovery":{"afip":{"next_attempt_at":"2026-02-06T16:05:50.000Z"}},"#,
    );
    let got = ask(&s.full(), ReportRequest::default());
    assert_eq!(got.body, format!("{wanted}\"blob\":\"{BLOB}\"}}"));
    assert_eq!((got.status, got.content_type), (200, "application/json"));
    assert_eq!(ask(&s.full(), format_of("yaml")), got, "an unknown format gives the default");
    let details = concat!(
        r#""traffic":{"afip":{"granted":12,"outcomes":{"success":4,"failure":5,"timeout":1,"tenant_fault":1},"#,
        r#""refusals":{"circuit_open":9},"would_refuse":{"limited":2},"retries":3,"expired":1}},"#,
        r#""limits":[{"service":"afip","limit":"minute","unit":"calls","size":60,"used":12,"remaining":48}],"#,
        r#""gauges":{"queue_depth":12.5},"permits":{"used":2,"max":65536},"keys":{"used":20,"max":100000},"#,
    );
    let detailed = body(&s.full(), ReportRequest { detail: "detailed", ..ReportRequest::default() });
    assert!(detailed.contains(details), "{detailed}");
    let probe = r#""probe":{"ok":true,"at":"2026-02-06T16:04:50.000Z","latency_ms":23,"memory":{"used_bytes":123456789,"total_bytes":512000000,"percent":24.11},"message":"pool says hi"}"#;
    assert!(detailed.contains(probe), "{detailed}");
}

// covers: R-0003
#[test]
fn the_six_sections_are_there_even_when_nothing_is() {
    let s = Sample::new(r#"{"services":{}}"#, Span::ZERO);
    let wanted = concat!(
        r#"{"status":"healthy","timestamp":"2026-02-06T16:04:59.000Z","name":"campotech","uptime_seconds":0,"since":"2026-02-06T16:04:59.000Z","#,
        r#""decided_by":[],"notes":[],"breakers":{},"services":{},"features":{},"incidents":[],"latency":{},"recovery":{},"#,
        r#""blob":"1;1770393899000,30000,90000,h,en"}"#
    );
    assert_eq!(body(&s.input(), ReportRequest::default()), wanted);
}

// covers: R-1119, R-1120, R-1121, R-1122
#[test]
fn campotech_is_exact() {
    let mut s = incident();
    let wanted = concat!(
        r#"{"status":"degraded","timestamp":"2026-02-06T16:04:59.000Z","features":{"#,
        r#""invoicing.afip":{"status":"degraded","message":"afip: open","since":"2026-02-06T16:04:50.000Z"},"ai.voice":{"status":"healthy"}},"#,
        r#""database":{"status":"healthy"},"cache":{"status":"healthy"},"#,
    );
    let got = ask(&s.full(), profile("campotech"));
    assert_eq!(got.body, format!("{wanted}\"blob\":\"{BLOB}\"}}"));
    assert_eq!((got.status, got.content_type), (200, "application/json"));
    for name in ["database", "redis"] {
        for _ in 0..3 {
            s.probe(name, ProbeResult { message: Some("password=x".into()), ..ProbeResult::default() }, NOW);
        }
    }
    let got = ask(&s.input(), profile("campotech"));
    assert_eq!(got.status, 503);
    assert!(got.body.starts_with(r#"{"status":"offline","#), "{}", got.body);
    let both = r#""database":{"status":"offline","message":"database: probe_failed"},"cache":{"status":"offline","message":"redis: probe_failed"},"#;
    assert!(got.body.contains(both), "{}", got.body);
}

// covers: R-1123, R-3064, E-55
#[test]
fn raw_messages_stay_inside_unless_asked_for_and_never_reach_production() {
    let mut s = incident();
    for _ in 0..3 {
        s.probe("database", ProbeResult { message: Some("password=x".into()), ..ProbeResult::default() }, NOW);
    }
    let input = s.full();
    for profile in ["native", "campotech", "vetmed", "togetheros", "ietf"] {
        let request = ReportRequest { profile, ..ReportRequest::default() };
        assert!(!body(&input, request).contains("password"), "{profile}");
        let detailed = ReportRequest { detail: "detailed", ..request };
        assert_eq!(body(&input, detailed).contains("password=x"), profile != "togetheros", "{profile}");
        let public = ask(&input, ReportRequest { production: true, ..detailed });
        assert_eq!(keys(&public.body), ["status", "timestamp"], "{profile}");
        assert_eq!(public.status, 503);
    }
    for format in ["text", "simple", "prometheus", "openmetrics"] {
        let request = ReportRequest { format, detail: "detailed", production: true, ..ReportRequest::default() };
        assert!(!body(&input, request).contains("password"), "{format}");
    }
    let public = ReportRequest { production: true, profile: "vetmed", ..ReportRequest::default() };
    assert_eq!(body(&input, public), r#"{"status":"unhealthy","timestamp":"2026-02-06T16:04:59.000Z"}"#);
    let text = ReportRequest { production: true, format: "text", ..ReportRequest::default() };
    assert_eq!(body(&input, text), "offline\n2026-02-06T16:04:59.000Z\n");
}

// covers: R-3001, R-3002, R-3003, R-3004, R-3005, R-3010, R-3035, R-3036, R-3037, E-33, E-36
#[test]
fn vetmed_is_exact() {
    let policy = r#"{"services":{"database":{"impact":"critical"},"queue":{"impact":"high"}}}"#;
    let mut s = Sample::new(policy, Span::from_secs(3600));
    let healthy = r#"{"status":"healthy","timestamp":"2026-02-06T16:04:59.000Z","uptime":3600000,"database":"healthy","queue":"healthy"}"#;
    let got = ask(&s.input(), profile("vetmed"));
    assert_eq!((got.body.as_str(), got.status), (healthy, 200));
    s.breaker("queue", Condition::HalfOpen, NOW, NOW);
    let got = ask(&s.input(), profile("vetmed"));
    assert_eq!(
        (got.body, got.status),
        (healthy.replacen("healthy", "degraded", 1).replace(r#""queue":"healthy""#, r#""queue":"degraded""#), 206)
    );
    s.breaker("database", Condition::Open, NOW, NOW);
    let got = ask(&s.input(), profile("vetmed"));
    assert_eq!(got.status, 503);
    assert!(got.body.starts_with(r#"{"status":"unhealthy","#));

    let s = incident();
    let detailed = ReportRequest { profile: "vetmed", detail: "detailed", ..ReportRequest::default() };
    let wanted = concat!(
        r#"{"status":"degraded","timestamp":"2026-02-06T16:04:59.000Z","uptime":3600000,"database":"healthy","#,
        r#""components":{"afip":{"status":"unhealthy","message":"afip: open"},"database":{"status":"healthy","message":"pool says hi","latency":23},"redis":{"status":"healthy"}},"#,
        r#""breakers":{"afip":{"state":"OPEN","failures":6,"calls":8,"nextAttempt":"2026-02-06T16:05:50.000Z"}},"#,
        r#""queue":{"status":"unknown","queue_depth":12.5},"#,
        r#""errors":{"afip":{"errors":6,"calls":11,"rate":0.545454545,"p95":1900.5}},"#,
        r#""alerts":[{"id":1,"service":"afip","status":"unhealthy","since":"2026-02-06T16:04:50.000Z","message":"afip: open"}]}"#
    );
    assert_eq!(body(&s.full(), detailed), wanted);
    for (condition, word) in
        [(Condition::Closed, "CLOSED"), (Condition::Ramping, "CLOSED"), (Condition::HalfOpenIdle, "HALF_OPEN")]
    {
        let mut input = s.full();
        input.breakers[0].condition = condition;
        assert!(body(&input, detailed).contains(&format!("\"state\":\"{word}\"")));
    }
}

// covers: E-39, R-4005, R-4006, R-4007, R-4008, R-4009, R-4010, R-4011, R-4012, R-4013
#[test]
fn togetheros_is_exact() {
    let policy = r#"{"services":{"database":{"impact":"critical"},"server":{"impact":"critical","probe":{"memory":{"degraded":0.8,"offline":0.9}}}}}"#;
    let run = |used: u64| {
        let mut s = Sample::new(policy, Span::from_micros(12_345_670_000));
        s.probe(
            "database",
            ProbeResult { ok: true, latency: Some(Span::from_millis(23)), ..ProbeResult::default() },
            NOW,
        );
        s.probe("server", ProbeResult { ok: true, memory: Some((used, 512_000_000)), ..ProbeResult::default() }, NOW);
        let got = ask(&s.input(), profile("togetheros"));
        (got.body, got.status)
    };
    let wanted = |status: &str, used: u64, percent: &str, memory: &str| {
        format!(
            "{{\"status\":\"{status}\",\"timestamp\":\"2026-02-06T16:04:59.000Z\",\"uptime\":12345.67,\"checks\":{{\"database\":{{\"status\":\"ok\",\"latency\":23}},\
             \"memory\":{{\"used\":{used},\"total\":512000000,\"percentage\":{percent},\"status\":\"{memory}\"}}}}}}"
        )
    };
    assert_eq!(run(123_456_789), (wanted("ok", 123_456_789, "24.11", "ok"), 200));
    assert_eq!(run(409_600_000), (wanted("ok", 409_600_000, "80", "ok"), 200));
    assert_eq!(run(409_651_200), (wanted("degraded", 409_651_200, "80.01", "degraded"), 200));
    assert_eq!(run(480_000_000), (wanted("unhealthy", 480_000_000, "93.75", "unhealthy"), 503));
}

#[test]
fn ietf_is_exact() {
    let s = incident();
    let wanted = concat!(
        r#"{"status":"warn","serviceId":"campotech","output":"decided by afip, invoicing.afip","checks":{"#,
        r#""uptime":[{"componentId":"process","componentType":"system","observedValue":3600,"observedUnit":"s","status":"pass","time":"2026-02-06T16:04:59.000Z"}],"#,
        r#""afip:availability":[{"componentId":"afip","componentType":"component","observedValue":"offline","status":"fail","time":"2026-02-06T16:04:59.000Z","output":"afip: open"}],"#,
        r#""afip:responseTime":[{"componentId":"afip","componentType":"component","observedValue":1900.5,"observedUnit":"ms","status":"pass","time":"2026-02-06T16:04:59.000Z"}],"#,
        r#""database:availability":[{"componentId":"database","componentType":"component","observedValue":"healthy","status":"pass","time":"2026-02-06T16:04:59.000Z"}],"#,
        r#""database:responseTime":[{"componentId":"database","componentType":"component","observedValue":23,"observedUnit":"ms","status":"pass","time":"2026-02-06T16:04:50.000Z"}],"#,
        r#""database:utilization":[{"componentId":"database","componentType":"component","observedValue":0.241126541,"observedUnit":"ratio","status":"pass","time":"2026-02-06T16:04:50.000Z"}],"#,
        r#""redis:availability":[{"componentId":"redis","componentType":"component","observedValue":"healthy","status":"pass","time":"2026-02-06T16:04:59.000Z"}],"#,
        r#""feature invoicing.afip:availability":[{"componentId":"invoicing.afip","componentType":"component","observedValue":"degraded","status":"warn","time":"2026-02-06T16:04:59.000Z","output":"afip: open"}],"#,
        r#""feature ai.voice:availability":[{"componentId":"ai.voice","componentType":"component","observedValue":"healthy","status":"pass","time":"2026-02-06T16:04:59.000Z"}]}}"#
    );
    let got = ask(&s.full(), profile("ietf"));
    assert_eq!(got.body, wanted);
    assert_eq!((got.status, got.content_type), (200, "application/health+json"));
    let mut s = Sample::new(POLICY, Span::ZERO);
    s.breaker("database", Condition::Open, NOW, NOW);
    let got = ask(&s.input(), profile("ietf"));
    assert!(got.body.starts_with(r#"{"status":"fail","#));
    assert_eq!(got.status, 503);
}

// covers: R-0038, R-0039, R-0040, R-0041, R-0042, R-0043, E-42, E-50
#[test]
fn simple_has_eight_keys_in_order() {
    let s = Sample::new(POLICY, Span::ZERO);
    let mut input = s.input();
    input.capacity = incident().full().capacity;
    let got = ask(&input, format_of("simple"));
    let wanted = r#"{"healthy":true,"status":"healthy","operationalStatus":"operational","bottleneckCount":2,"organizations":15,"databasePercent":8.5,"recommendations":3,"timestamp":"2026-02-06T16:04:59.000Z"}"#;
    assert_eq!((got.body.as_str(), got.status, got.content_type), (wanted, 200, "application/json"));
    let none = r#"{"healthy":false,"status":"degraded","operationalStatus":"degraded","bottleneckCount":0,"organizations":0,"databasePercent":0,"recommendations":0,"timestamp":"2026-02-06T16:04:59.000Z"}"#;
    let got = ask(&incident().input(), format_of("simple"));
    assert_eq!((got.body.as_str(), got.status), (none, 200));
    let mut s = Sample::new(POLICY, Span::ZERO);
    s.breaker("database", Condition::Open, NOW, NOW);
    let got = ask(&s.input(), format_of("simple"));
    assert!(got.body.starts_with(r#"{"healthy":false,"status":"offline","operationalStatus":"outage","#));
    assert_eq!(got.status, 503);
}

// covers: R-0001
#[test]
fn text_is_for_people() {
    let got = ask(&incident().full(), ReportRequest { lang: "en", ..format_of("text") });
    let wanted = "\
campotech: degraded at 2026-02-06T16:04:59.000Z, up 1h 0m
because of afip, invoicing.afip

services
  afip      offline  9s     critical  open  afip: open  -> queue
  database  healthy  1h 0m  critical  -
  redis     healthy  1h 0m  low       -

features
  AFIP invoicing  degraded  9s     critical  afip: open  -> queue
  ai.voice        healthy   1h 0m

incidents
  #1  afip  offline  9s  afip: open  next attempt in 51s

latency
  afip  11 calls  p50 400 ms  p95 1900.5 ms  p99 2000 ms
";
    assert_eq!((got.body.as_str(), got.status, got.content_type), (wanted, 200, "text/plain; charset=utf-8"));
}

#[test]
fn live_and_ready_never_look_at_a_dependency() {
    let mut s = Sample::new(POLICY, Span::from_millis(1500));
    s.breaker("database", Condition::Open, NOW, NOW);
    let mut input = s.input();
    let view = |view| ReportRequest { view, ..ReportRequest::default() };
    let wanted = r#"{"status":"healthy","timestamp":"2026-02-06T16:04:59.000Z","uptime_seconds":1.5}"#;
    for v in ["live", "ready"] {
        let got = ask(&input, view(v));
        assert_eq!((got.body.as_str(), got.status, got.content_type), (wanted, 200, "application/json"));
    }
    assert_eq!(ask(&input, view("health")).status, 503);
    input.permits = Load { used: 8, max: 8 };
    assert_eq!(ask(&input, view("live")).status, 200);
    let got = ask(&input, view("ready"));
    assert_eq!(got.status, 503);
    assert_eq!(
        got.body,
        r#"{"status":"offline","timestamp":"2026-02-06T16:04:59.000Z","uptime_seconds":1.5,"output":"permits_exhausted"}"#
    );
    assert_eq!(ask(&input, ReportRequest { profile: "ietf", ..view("live") }).content_type, "application/health+json");
}

#[test]
fn unknown_words_are_named_with_their_path() {
    let s = Sample::new(POLICY, Span::ZERO);
    for (path, request) in [
        ("view", ReportRequest { view: "x", ..ReportRequest::default() }),
        ("profile", ReportRequest { profile: "x", ..ReportRequest::default() }),
        ("detail", ReportRequest { detail: "x", ..ReportRequest::default() }),
    ] {
        let fault = render(&s.input(), &request).unwrap_err();
        assert_eq!((fault.code, fault.path.as_str()), (Code::BadView, path));
    }
}

// covers: R-0002, R-3058
#[test]
fn prometheus_is_exact() {
    let got = ask(&incident().full(), format_of("prometheus"));
    let wanted = "\
# HELP brownout_info The policy in force.
# TYPE brownout_info gauge
brownout_info{policy=\"campotech\",version=\"0.1.0\"} 1
# HELP brownout_uptime_seconds How long the engine has run.
# TYPE brownout_uptime_seconds gauge
brownout_uptime_seconds 3600
# HELP brownout_permits_live Permits granted and not yet settled.
# TYPE brownout_permits_live gauge
brownout_permits_live 2
# HELP brownout_keys_live Keys that are remembered.
# TYPE brownout_keys_live gauge
brownout_keys_live 20
# HELP brownout_engine_rebuilds_total Times that the engine was lost and rebuilt.
# TYPE brownout_engine_rebuilds_total counter
brownout_engine_rebuilds_total 0
# HELP brownout_status The status of the whole.
# TYPE brownout_status gauge
brownout_status{brownout_status=\"healthy\"} 0
brownout_status{brownout_status=\"unknown\"} 0
brownout_status{brownout_status=\"degraded\"} 1
brownout_status{brownout_status=\"offline\"} 0
";
    assert!(got.body.starts_with(wanted), "{}", got.body);
    let breaker = "\
# HELP brownout_breaker_state The state of a service's breaker.
# TYPE brownout_breaker_state gauge
brownout_breaker_state{service=\"afip\",brownout_breaker_state=\"closed\"} 0
brownout_breaker_state{service=\"afip\",brownout_breaker_state=\"half_open\"} 0
brownout_breaker_state{service=\"afip\",brownout_breaker_state=\"open\"} 1
# HELP brownout_breaker_keys_open Keys whose own breaker is open.
# TYPE brownout_breaker_keys_open gauge
brownout_breaker_keys_open{service=\"afip\"} 7
";
    assert!(got.body.contains(breaker), "{}", got.body);
    let calls = "\
# HELP brownout_calls_total Settled calls by outcome.
# TYPE brownout_calls_total counter
brownout_calls_total{service=\"afip\",outcome=\"success\"} 4
brownout_calls_total{service=\"afip\",outcome=\"failure\"} 5
";
    assert!(got.body.contains(calls), "{}", got.body);
    let durations = "\
# HELP brownout_call_duration_seconds How long calls took.
# TYPE brownout_call_duration_seconds histogram
brownout_call_duration_seconds_bucket{service=\"afip\",le=\"0.005\"} 0
brownout_call_duration_seconds_bucket{service=\"afip\",le=\"0.01\"} 0
brownout_call_duration_seconds_bucket{service=\"afip\",le=\"0.025\"} 1
brownout_call_duration_seconds_bucket{service=\"afip\",le=\"0.05\"} 1
brownout_call_duration_seconds_bucket{service=\"afip\",le=\"0.1\"} 2
brownout_call_duration_seconds_bucket{service=\"afip\",le=\"0.25\"} 4
brownout_call_duration_seconds_bucket{service=\"afip\",le=\"0.5\"} 7
brownout_call_duration_seconds_bucket{service=\"afip\",le=\"1.0\"} 9
brownout_call_duration_seconds_bucket{service=\"afip\",le=\"2.5\"} 10
brownout_call_duration_seconds_bucket{service=\"afip\",le=\"5.0\"} 10
brownout_call_duration_seconds_bucket{service=\"afip\",le=\"10.0\"} 10
brownout_call_duration_seconds_bucket{service=\"afip\",le=\"30.0\"} 10
brownout_call_duration_seconds_bucket{service=\"afip\",le=\"60.0\"} 10
brownout_call_duration_seconds_bucket{service=\"afip\",le=\"+Inf\"} 11
brownout_call_duration_seconds_sum{service=\"afip\"} 5.5
brownout_call_duration_seconds_count{service=\"afip\"} 11
";
    assert!(got.body.contains(durations), "{}", got.body);
    let end = "\
# HELP brownout_observed The last value of an observed gauge.
# TYPE brownout_observed gauge
brownout_observed{gauge=\"queue_depth\"} 12.5
";
    assert!(got.body.ends_with(end), "{}", got.body);
    assert_eq!((got.status, got.content_type), (200, "text/plain; version=0.0.4; charset=utf-8"));
}

// covers: R-3058
#[test]
fn openmetrics_is_exact_where_it_differs() {
    let got = ask(&incident().full(), format_of("openmetrics"));
    for part in [
        "# TYPE brownout info\n# HELP brownout The policy in force.\nbrownout_info{policy=\"campotech\",version=\"0.1.0\"} 1\n",
        "# TYPE brownout_uptime_seconds gauge\n# UNIT brownout_uptime_seconds seconds\n# HELP brownout_uptime_seconds How long the engine has run.\n",
        "# TYPE brownout_breaker_state stateset\n# HELP brownout_breaker_state The state of a service's breaker.\nbrownout_breaker_state{service=\"afip\",brownout_breaker_state=\"closed\"} 0\n",
        "# TYPE brownout_calls counter\n# HELP brownout_calls Settled calls by outcome.\nbrownout_calls_total{service=\"afip\",outcome=\"success\"} 4\n",
        "# TYPE brownout_call_duration_seconds histogram\n# UNIT brownout_call_duration_seconds seconds\n# HELP brownout_call_duration_seconds How long calls took.\nbrownout_call_duration_seconds_bucket{service=\"afip\",le=\"0.005\"} 0\n",
        "brownout_probe_memory_ratio{service=\"database\"} 0.241126541\n",
    ] {
        assert!(got.body.contains(part), "{part}\n{}", got.body);
    }
    assert!(got.body.ends_with("\n# EOF\n"));
    assert_eq!(got.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

/// Names of families, in order, each once; every sample belongs to the family before it; no line twice.
#[test]
fn both_metric_formats_are_well_formed() {
    for format in ["prometheus", "openmetrics"] {
        let text = body(&incident().full(), format_of(format));
        let (mut families, mut lines, mut family) = (BTreeSet::new(), BTreeSet::new(), String::new());
        for line in text.lines() {
            assert!(lines.insert(line.to_string()), "{line} stands twice");
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                family = rest.split(' ').next().unwrap().to_string();
                assert!(families.insert(family.clone()), "{family} stands twice");
            } else if let Some(rest) = line.strip_prefix("# UNIT ") {
                assert_eq!(
                    rest.split_once(' ').map(|(n, u)| (n, n.ends_with(&format!("_{u}")))),
                    Some((family.as_str(), true))
                );
            } else if !line.starts_with('#') {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let name = series.split('{').next().unwrap();
                let suffix = name.strip_prefix(family.as_str());
                assert!(
                    matches!(suffix, Some("" | "_total" | "_bucket" | "_sum" | "_count" | "_info")),
                    "{line} is not of {family}"
                );
                assert!(value.parse::<f64>().is_ok_and(f64::is_finite), "{line}");
            }
        }
    }
}

#[test]
fn labels_are_escaped_and_tenants_add_no_series() {
    let s = incident();
    let mut input = s.full();
    input.name = "a\"b\\c\nd";
    assert!(body(&input, format_of("prometheus")).contains(r#"brownout_info{policy="a\"b\\c\nd",version="#));
    let series = |open, seen| {
        let mut input = s.full();
        (input.breakers[0].tenants_open, input.breakers[0].tenants_seen) = (open, seen);
        input.keys.used = u64::from(seen);
        body(&input, format_of("openmetrics")).lines().filter(|l| !l.starts_with('#')).count()
    };
    assert_eq!(series(1, 2), series(99_999, 100_000));
    assert_eq!(series(1, 2), 69);
}

// covers: R-0003
#[test]
fn five_past_incidents_give_a_range_in_the_report() {
    let mut s = Sample::new(POLICY, Span::from_secs(100_000));
    let at = |n: i64| Instant::from_millis(1_770_300_000_000 + n * 1000);
    for (i, length) in [10, 20, 30, 40, 50].into_iter().enumerate() {
        let from = i as i64 * 1000;
        s.breaker("afip", Condition::Open, NOW, at(from));
        s.breaker("afip", Condition::Closed, NOW, at(from + length));
        while let Some((due, _)) = s.state.next_due() {
            s.state.run_due(&s.policy, due, &mut Vec::new());
        }
    }
    s.breaker("afip", Condition::Open, NOW + Span::from_secs(60), NOW);
    let wanted = r#""recovery":{"afip":{"next_attempt_at":"2026-02-06T16:05:59.000Z","estimate":{"from":"2026-02-06T16:05:49.000Z","until":"2026-02-06T16:06:09.000Z","incidents":5}}}"#;
    let got = body(&s.input(), ReportRequest::default());
    assert!(got.contains(wanted), "{got}");
}
