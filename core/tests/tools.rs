//! What a command line asks, by hand: places of faults, a recording played again, and under another policy.
#![allow(clippy::unwrap_used)]
use brownout::engine::Engine;
use brownout::wire::call;
use serde_json::{Value, json};

fn ask(op: &str, payload: &Value) -> Value {
    serde_json::from_str(&call(op, &payload.to_string())).unwrap()
}
fn text(op: &str, payload: &Value) -> (u64, String) {
    let answer = ask(op, payload);
    (answer["exit"].as_u64().unwrap_or(2), answer["out"].as_str().unwrap_or(&answer.to_string()).to_string())
}

const TOML: &str = "version = 1\n[services.afip]\ntimeout = \"fast\"\nbreaker = { failures = 3, windw = \"1m\" }\n";

#[test]
fn a_fault_is_told_with_its_place_in_the_source() {
    let policy =
        json!({"version": 1, "services": {"afip": {"timeout": "fast", "breaker": {"failures": 3, "windw": "1m"}}}});
    let file = json!({"file": "a.toml", "policy": policy.to_string(), "source": TOML, "syntax": "toml"});
    let (exit, out) = text("lint", &json!({ "files": [file] }));
    assert_eq!(exit, 1);
    assert_eq!(
        out,
        "a.toml:3:1: error bad_duration: services.afip.timeout: `fast` is not a duration\n    \
         help: write a duration such as `30s`, `1h30m` or `250ms`\n\
         a.toml:4:27: error unknown_field: services.afip.breaker.windw: `windw` is no field here\n    \
         help: remove the field, or spell it as the reference does\n\
         a.toml: 2 errors\n"
    );
}
#[test]
fn a_warning_fails_only_where_it_is_asked_to() {
    let policy =
        json!({"version": 1, "services": {"db": {}}, "features": {"orders": {"needs": {"db": {"open": "offline"}}}}});
    let file = json!({"file": "p.json", "policy": policy.to_string(), "source": policy.to_string(), "syntax": "json"});
    let (exit, out) = text("lint", &json!({ "files": [file] }));
    assert!(out.ends_with("p.json: 2 warnings\n"), "{out}");
    assert_eq!(exit, 0);
    assert_eq!(text("lint", &json!({"files": [file], "strict": true})).0, 1);
    let report: Value = serde_json::from_str(&text("lint", &json!({"files": [file], "json": true})).1).unwrap();
    assert_eq!((&report["errors"], &report["warnings"]), (&json!(0), &json!(2)));
    assert_eq!(report["files"][0]["warnings"][0]["code"], "fallback_missing");
}

/// An engine whose inputs are written down as a host layer would.
struct Tape {
    engine: Engine,
    lines: String,
}

impl Tape {
    fn new(policy: &Value, seed: u64, at: f64) -> Tape {
        let engine = Engine::from_json(&policy.to_string(), seed, at).unwrap();
        let names: Value = serde_json::from_str(&engine.names_json()).unwrap();
        let head = json!({"brownout": 1, "at_ms": at, "policy": names["policy_hash"], "seed": seed.to_string()});
        Tape { engine, lines: format!("{head}\n") }
    }
    fn send(&mut self, at: f64, mut input: Value) -> Value {
        let out: Value = serde_json::from_str(&self.engine.handle_json(&input.to_string(), at)).unwrap();
        input["at_ms"] = json!(at);
        if let (Some(permit), true) = (out["decision"]["permit"].as_u64(), input["verb"] == "admit") {
            input["got"] = json!(permit);
        }
        self.lines += &format!("{input}\n");
        out
    }
    /// One call and its outcome, if it is granted.
    fn call(&mut self, at: f64, service: &str, outcome: &str) {
        let out = self.send(at, json!({"verb": "admit", "service": service}));
        if let Some(permit) = out["decision"]["permit"].as_u64() {
            self.send(at + 100.0, json!({"verb": "settle", "permit": permit, "outcome": outcome}));
        }
    }
}

fn policy(failures: u32, limit: u32) -> Value {
    json!({"version": 1, "services": {
        "afip": {"breaker": {"consecutive_failures": failures, "open": {"base": "30s", "jitter": 0}, "half_open": {"probes": 1}}},
        "sms": {"breaker": {"consecutive_failures": 9}, "limits": [{"name": "minute", "limit": limit, "period": "1m", "algorithm": "sliding_window"}]},
        "redis": {},
    }})
}

/// Afip fails once a second from 0 to 9 s and works from 40 s; sms is called six times in one second.
fn incident() -> Tape {
    let mut tape = Tape::new(&policy(5, 4), 7, 0.0);
    for i in 0..10 {
        tape.call(f64::from(i) * 1000.0, "afip", "failure");
    }
    for i in 0..6 {
        tape.call(20_000.0 + f64::from(i) * 150.0, "sms", "success");
    }
    tape.call(30_000.0, "redis", "success");
    tape.call(40_000.0, "afip", "success");
    tape.send(50_000.0, json!({"verb": "advance"}));
    tape
}

#[test]
fn the_same_policy_gives_the_same_digest() {
    let tape = incident();
    let payload = json!({"policy": policy(5, 4).to_string(), "recording": tape.lines});
    let (exit, out) = text("replay", &payload);
    assert_eq!(exit, 0, "{out}");
    assert_eq!(text("replay", &payload).1, out);
    assert!(out.starts_with("replayed 30 inputs over 50 s, as recorded\ndigest "), "{out}");
}

#[test]
fn another_decision_than_the_recorded_one_is_told() {
    let lines = incident().lines;
    let (before, after) = lines.split_once(r#","got":"#).unwrap();
    let lines = format!("{before}{}", &after[after.find([',', '}']).unwrap()..]);
    let (exit, out) = text("replay", &json!({"policy": policy(5, 4).to_string(), "recording": lines}));
    assert_eq!(exit, 1);
    assert!(out.contains("\nline 2: recorded no grant, replayed a grant\n"), "{out}");
}

/// Under 5 failures afip opens at 4.1 s: the calls of 5 to 9 s are refused, at 34.1 s it is tried, at 40.1 s it closes.
/// Under 3 it opens at 2.1 s, and refuses those of 3 and 4 s as well, which had failed.
/// Under a limit of 5, one call of sms more passes; nobody knows how it would have ended.
#[test]
fn another_policy_gives_what_would_have_been_different() {
    let payload = json!({
        "policy": policy(5, 4).to_string(), "recording": incident().lines,
        "other": policy(3, 5).to_string(), "other_name": "other.toml",
    });
    let (exit, out) = text("replay", &payload);
    assert_eq!(exit, 1);
    let (_, summary) = out.split_once("\n\n").unwrap();
    assert_eq!(
        summary,
        [
            "under other.toml",
            "afip: 11 calls",
            "  refused              5 -> 7",
            "    circuit_open       5 -> 7",
            "  failed               5 -> 3",
            "  time open            30 s -> 30 s",
            "  times opened         1 -> 1",
            "  newly refused        2, of which 0 had succeeded",
            "  newly granted        0, outcome unknown",
            "redis: 1 call, no difference",
            "sms: 6 calls",
            "  refused              2 -> 1",
            "    limited            2 -> 1",
            "  failed               0 -> 0",
            "  time open            0 ms -> 0 ms",
            "  times opened         0 -> 0",
            "  newly refused        0, of which 0 had succeeded",
            "  newly granted        1, outcome unknown",
            "newly granted calls have no recorded outcome: they ended as neutral",
            "",
        ]
        .join("\n")
    );
    let mut as_json = payload.clone();
    as_json["json"] = json!(true);
    let report: Value = serde_json::from_str(&text("replay", &as_json).1).unwrap();
    let afip = &report["other"]["services"][0];
    assert_eq!((&afip["recorded"]["open_ms"], &afip["other"]["open_ms"]), (&json!(30000), &json!(30000)));
    assert_eq!((&report["as_recorded"], &report["other"]["differs"]), (&json!(true), &json!(true)));
}

#[test]
fn the_recorded_policy_as_another_one_changes_nothing() {
    let same = policy(5, 4).to_string();
    let (exit, out) = text("replay", &json!({"policy": same, "recording": incident().lines, "other": same}));
    assert_eq!(exit, 0, "{out}");
    assert!(out.contains("afip: 11 calls, no difference\n"), "{out}");
}

#[test]
fn a_recording_that_begins_in_the_middle_carries_its_state() {
    let p = policy(5, 4);
    let mut tape = incident();
    let mut snapshot = tape.send(60_000.0, json!({"verb": "snapshot"}));
    let head = json!({"brownout": 1, "at_ms": 60_000, "snapshot": snapshot["decision"]["bytes"].take()});
    tape.lines = format!("{head}\n");
    for i in 0..6 {
        tape.call(61_000.0 + f64::from(i) * 1000.0, "afip", "failure");
    }
    let (exit, out) = text("replay", &json!({"policy": p.to_string(), "recording": tape.lines}));
    assert_eq!(exit, 0, "{out}");
    // `streak` 0 after the success: under 2 failures it opens at 62.1 s
    let other = policy(2, 4).to_string();
    let (_, out) = text("replay", &json!({"policy": p.to_string(), "recording": tape.lines, "other": other}));
    assert!(out.contains("  failed               5 -> 2\n"), "{out}");
    assert!(out.contains("  newly refused        3, of which 0 had succeeded\n"), "{out}");
}

#[test]
fn what_is_no_recording_is_refused_with_its_line() {
    let p = policy(5, 4).to_string();
    let code = |recording: &str, policy: &str| {
        let answer = ask("replay", &json!({"policy": policy, "recording": recording}));
        (answer["errors"][0]["code"].clone(), answer["errors"][0]["path"].clone())
    };
    assert_eq!(code("", &p), (json!("recording_syntax"), json!("")));
    assert_eq!(code("{\"at_ms\":1,\"verb\":\"advance\"}\n", &p), (json!("recording_syntax"), json!("line 1")));
    let cut = incident().lines + "{\"at_ms\":";
    assert_eq!(code(&cut, &p), (json!("recording_syntax"), json!("line 32")));
    let other = policy(4, 4).to_string();
    assert_eq!(code(&incident().lines, &other), (json!("recording_policy"), json!("line 1")));
}

#[test]
fn an_explanation_gives_every_gate_its_numbers() {
    let mut tape = incident();
    let keys = json!({});
    let out = tape.send(50_000.0, json!({"verb": "explain", "service": "sms", "keys": keys, "weight": 2}));
    let d = &out["decision"];
    assert_eq!((&d["result"], &d["verdict"], &d["at_ms"]), (&json!("explained"), &json!("refused"), &json!(50000)));
    let gates = d["gates"].as_array().unwrap();
    assert_eq!(gates.iter().map(|g| g["gate"].as_str().unwrap()).collect::<Vec<_>>(), ["breaker", "throttle", "limit"]);
    let rule = json!({"rule": "consecutive_failures", "value": 0, "trips_at": 9});
    assert_eq!((&gates[0]["phase"], &gates[0]["calls"], &gates[0]["rules"][0]), (&json!("closed"), &json!(4), &rule));
    // four of four used at 20 s; a minute later they are free
    let before = tape.send(50_000.0, json!({"verb": "explain", "service": "sms", "weight": 5}))["decision"].take();
    assert_eq!(
        (&before["verdict"], &before["code"], &before["rule"]),
        (&json!("refused"), &json!("impossible"), &json!("minute"))
    );
    // it takes nothing: the next call is decided as if nobody had asked
    let fresh = incident().send(50_000.0, json!({"verb": "admit", "service": "afip"}));
    assert_eq!(tape.send(50_000.0, json!({"verb": "admit", "service": "afip"})), fresh);
}

/// Afip opens at 4.1 s; at 10 s it has been open for 5.9 s and is tried at 34.1 s.
#[test]
fn a_decision_of_the_past_is_explained_from_a_recording() {
    let payload = json!({
        "policy": policy(5, 4).to_string(), "recording": incident().lines, "service": "afip", "until": "10s",
    });
    let (exit, out) = text("explain", &payload);
    assert_eq!(exit, 0, "{out}");
    assert_eq!(
        out,
        [
            "afip at 10000: refused, circuit_open until 34100 (in 24.1 s)",
            "breaker (service)          refuses: circuit_open until 34100 (in 24.1 s)",
            "  phase                    open since 4100, attempt 1",
            "  tried again at           34100 (in 24.1 s)",
            "  last 1 m                 0 calls, 0 failed, 0 slow",
            "  consecutive_failures     0, trips at 5",
            "throttle (service)         passes",
            "",
        ]
        .join("\n")
    );
    let mut late = payload.clone();
    late["until"] = json!("soon");
    assert_eq!(ask("explain", &late)["errors"][0]["code"], "bad_duration");
    late["until"] = json!("3999.5");
    late["service"] = json!("afp");
    assert_eq!(ask("explain", &late)["errors"][0]["code"], "unknown_service");
}

#[test]
fn a_decision_is_explained_from_a_snapshot() {
    let mut tape = incident();
    let state = tape.send(60_000.0, json!({"verb": "snapshot"}))["decision"]["bytes"].take();
    let p = policy(5, 4).to_string();
    let (_, out) = text("explain", &json!({"policy": p, "state": state, "service": "sms", "at": "10s"}));
    assert!(out.starts_with("sms at 70000: refused, limited until 81000 (in 11 s)\n"), "{out}");
    assert!(out.contains(" 4 of 4 calls, 0 remain, the call asks for 1\n"), "{out}");
    let (_, out) = text("explain", &json!({"policy": p, "state": state, "service": "sms", "at": "81000"}));
    assert!(out.starts_with("sms at 81000: granted\n"), "{out}");
}

/// The digest that both command lines print for the committed recording is the core's.
#[test]
fn the_committed_recording_has_the_committed_digest() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cli");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let policy: Value = toml::from_str(&read("policy.toml")).unwrap();
    let answer = text("replay", &json!({"policy": policy.to_string(), "recording": read("incident.jsonl")}));
    assert_eq!(format!("exit {}\n{}", answer.0, answer.1), read("golden/replay.out"));
}

fn cases() -> Value {
    fn walk(dir: &std::path::Path, into: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, into);
            } else if path.file_name().is_some_and(|n| n != "schema.json") {
                into.push(path);
            }
        }
    }
    let mut files = Vec::new();
    walk(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors"), &mut files);
    files.sort();
    let case = |f: &std::path::PathBuf| json!({"file": f.file_name().unwrap().to_str(), "text": std::fs::read_to_string(f).unwrap()});
    files.iter().map(case).collect()
}

#[test]
fn every_vector_of_the_contract_is_a_test_case() {
    let (exit, out) = text("test", &json!({ "cases": cases() }));
    assert_eq!(exit, 0, "{out}");
    assert!(out.ends_with(&format!("{} passed, 0 failed\n", cases().as_array().unwrap().len())));
}

#[test]
fn a_case_without_a_policy_takes_the_teams_own() {
    let case = r#"{"steps":[
        {"at_ms":0,"do":{"verb":"call","service":"afip","outcome":"failure"},"times":3},
        {"at_ms":1,"do":{"verb":"admit","service":"afip"},"expect":{"decision":{"code":"circuit_open"}}}]}"#;
    let run = |failures| {
        let cases = json!([{"file": "cases/opens.json", "text": case}]);
        text("test", &json!({"policy": policy(failures, 4).to_string(), "cases": cases}))
    };
    assert_eq!(run(3), (0, "ok   opens (cases/opens.json)\n1 passed, 0 failed\n".into()));
    let (exit, out) = run(4);
    assert_eq!(exit, 1);
    assert!(
        out.starts_with(
            "FAIL opens (cases/opens.json)\n  step 1: decision.code: expected \"circuit_open\"\n    got \"nothing\"\n"
        ),
        "{out}"
    );
    let cases = json!([{"file": "a.json", "text": "{"}]);
    assert_eq!(text("test", &json!({ "cases": cases })).0, 1);
}
