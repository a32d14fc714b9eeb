//! Replays the fuzz corpus with seeded changes: whatever comes in, the answer is a value or a coded error, and an error changes nothing.
#![allow(clippy::unwrap_used, clippy::panic)]
use brownout::Engine;
use brownout::base::bytes::crc32c;
use brownout::base::error::Fault;
use brownout::base::json::Json;
use brownout::base::rng::Rng;
use std::fs;
use std::path::{Path, PathBuf};

fn corpus(folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz").join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths.into_iter().map(|p| (p.clone(), fs::read(p).unwrap())).collect()
}
fn lines(path: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz").join(path);
    fs::read_to_string(path).unwrap().lines().map(String::from).collect()
}
fn trace_policy() -> String {
    lines("trace/policy.json").join("\n")
}

/// Pieces that turn one kind of value into another.
const PIECES: [&str; 22] = [
    "null",
    "true",
    "-1",
    "0",
    "1e308",
    "9007199254740993",
    "0.1",
    "\"\"",
    "\"9999999w\"",
    "{}",
    "[]",
    "[[",
    "\\u0000",
    "\\ud800",
    "\"service\"",
    "\"tenant\"",
    "1e-7",
    "\"0s\"",
    ",",
    "}",
    "\u{1f}",
    "é",
];

/// A changed copy: bytes flipped, cut out, doubled, or replaced by a piece.
fn changed(seed: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut out = seed.to_vec();
    for _ in 0..=rng.below(4) {
        let at = rng.below(out.len() as u64 + 1) as usize;
        let end = (at + rng.below(12) as usize).min(out.len());
        match rng.below(6) {
            0 => out.truncate(at),
            1 => {
                if let Some(byte) = out.get_mut(at) {
                    *byte ^= 1 << rng.below(8);
                }
            }
            2 => drop(out.drain(at..end)),
            3 => {
                let copy = out[at..end].to_vec();
                out.splice(at..at, copy);
            }
            _ => {
                let piece = PIECES[rng.below(PIECES.len() as u64) as usize];
                drop(out.splice(at..end, piece.bytes()));
            }
        }
    }
    out
}
/// Values of a document swapped for other ones, so that the changed text is still JSON.
fn swapped(text: &str, rng: &mut Rng) -> String {
    let Ok(mut json) = Json::parse(text) else { return text.to_string() };
    for _ in 0..=rng.below(2) {
        let mut left = rng.below(60) as i64;
        swap_at(&mut json, &mut left, rng);
    }
    json.canonical()
}
fn swap_at(json: &mut Json, left: &mut i64, rng: &mut Rng) {
    *left -= 1;
    if *left < 0 {
        let n = rng.below(11);
        *json = match n {
            0 => Json::Null,
            1 => Json::Bool(true),
            2 => Json::Num(-1.0),
            3 => Json::Num(0.0),
            4 => Json::Num(1e-9),
            5 => Json::Num(9_007_199_254_740_991.0),
            6 => Json::Str(String::new()),
            7 => Json::Str("x".repeat(300)),
            8 => Json::Str("1us".into()),
            9 => Json::Arr(vec![json.clone(), json.clone()]),
            _ => Json::Obj(vec![("x".into(), json.clone())]),
        };
        *left = i64::MAX;
        return;
    }
    match json {
        Json::Arr(items) => items.iter_mut().for_each(|v| swap_at(v, left, rng)),
        Json::Obj(entries) => entries.iter_mut().for_each(|(_, v)| swap_at(v, left, rng)),
        _ => {}
    }
}
fn coded(faults: &[Fault]) {
    assert!(!faults.is_empty(), "an error without a fault");
    for fault in faults {
        assert!(!fault.code.slug().is_empty() && !fault.message.is_empty());
    }
}
/// Says every line of the trace, with `$n` for the nth permit; gives back the engine and the instant it has reached.
fn play(engine: &mut Engine, inputs: &[String], start_ms: f64) -> f64 {
    let mut permits: Vec<String> = Vec::new();
    let mut at = start_ms;
    for input in inputs {
        let mut text = input.clone();
        for (n, permit) in permits.iter().enumerate() {
            text = text.replace(&format!("\"${}\"", n + 1), permit);
        }
        at += 97.25;
        let answer = engine.handle_json(&text, at);
        let json = Json::parse(&answer).unwrap_or_else(|e| panic!("{text} answers {answer}: {e}"));
        if let Some(permit) = json.at("decision").and_then(|d| d.at("permit")).and_then(Json::as_f64) {
            permits.push(permit.to_string());
        }
    }
    at
}
fn is_error(answer: &str) -> bool {
    answer.starts_with("{\"error\"")
}

#[test]
fn changed_policies_are_engines_or_faults() {
    let mut rng = Rng::new(1);
    let inputs = lines("trace/inputs.jsonl");
    let (mut good, mut bad) = (0, 0);
    for (path, seed) in corpus("policy") {
        for n in 0..400 {
            let text = if n % 2 == 0 {
                changed(&seed, &mut rng)
            } else {
                swapped(&String::from_utf8_lossy(&seed), &mut rng).into_bytes()
            };
            let text = String::from_utf8_lossy(&text);
            match Engine::from_json(&text, 1, 0.0) {
                Err(faults) => {
                    bad += 1;
                    coded(&faults);
                }
                Ok(mut engine) => {
                    good += 1;
                    let at = play(&mut engine, &inputs[..20], 0.0);
                    let bytes = engine.snapshot();
                    let back = Engine::restore_json(&text, &bytes, at);
                    assert!(back.is_ok_and(|b| b.snapshot() == bytes), "{}: {text}", path.display());
                }
            }
        }
    }
    assert!(good > 100 && bad > 1_000, "{good} good ones, {bad} bad ones");
}
#[test]
fn every_document_of_the_corpus_is_named_and_decided() {
    for (path, seed) in corpus("policy") {
        let name = path.file_stem().unwrap().to_string_lossy().to_string();
        let result = Engine::from_json(&String::from_utf8_lossy(&seed), 1, 0.0);
        let right = ["everything", "smallest"].contains(&name.as_str());
        assert_eq!(result.is_ok(), right, "{name}: {:?}", result.err());
    }
}
#[test]
fn wrong_inputs_are_coded_errors_and_change_nothing() {
    let mut engine = Engine::from_json(&trace_policy(), 1, 0.0).unwrap();
    let at = play(&mut engine, &lines("trace/inputs.jsonl")[..9], 0.0);
    let before = engine.snapshot();
    for input in lines("input/wrong.jsonl") {
        let answer = engine.handle_json(&input, at);
        assert!(is_error(&answer) || answer.starts_with("{\"errors\""), "{input} answers {answer}");
        assert!(answer.contains("\"code\":\"") && answer.contains("\"help\":\""), "{answer}");
        assert!(engine.snapshot() == before, "{input} changed something");
    }
    for at in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
        assert!(is_error(&engine.handle_json(r#"{"verb":"advance"}"#, at)));
        assert!(engine.snapshot() == before);
    }
    let long =
        format!(r#"{{"verb":"admit","service":"afip","keys":{{"tenant":"{}","user":"u"}}}}"#, "x".repeat(1 << 20));
    assert!(engine.handle_json(&long, at).contains("key_too_long"));
    let deep = "[".repeat(10_000);
    assert!(engine.handle_json(&deep, at).contains("json_too_deep"));
    assert!(engine.snapshot() == before);
}
#[test]
fn changed_inputs_are_answers_or_errors_that_change_nothing() {
    let mut rng = Rng::new(2);
    let inputs = lines("trace/inputs.jsonl");
    let mut engine = Engine::from_json(&trace_policy(), 1, 0.0).unwrap();
    let mut at = play(&mut engine, &inputs[..9], 0.0);
    let (mut answers, mut errors) = (0, 0);
    for input in &inputs {
        for n in 0..250 {
            let text =
                if n % 2 == 0 { changed(input.as_bytes(), &mut rng) } else { swapped(input, &mut rng).into_bytes() };
            let text = String::from_utf8_lossy(&text);
            let mut twin = engine.clone();
            let before = twin.snapshot();
            let answer = twin.handle_json(&text, at);
            assert!(Json::parse(&answer).is_ok(), "{text} answers {answer}");
            if answer.starts_with("{\"error") {
                errors += 1;
                assert!(twin.snapshot() == before, "{text} changed something");
            } else {
                answers += 1;
                twin.handle_json(r#"{"verb":"advance"}"#, at + 600_000.0);
                if n % 10 == 0 {
                    engine = twin;
                    at += 600_001.0;
                    engine.handle_json(r#"{"verb":"advance"}"#, at);
                }
            }
        }
    }
    assert!(answers > 500 && errors > 1_000, "{answers} answers, {errors} errors");
}
#[test]
fn damaged_snapshots_are_refused() {
    let policy = trace_policy();
    let inputs = lines("trace/inputs.jsonl");
    let mut engine = Engine::from_json(&policy, 1, 0.0).unwrap();
    let at = play(&mut engine, &inputs[..17], 0.0);
    let good = engine.snapshot();
    assert!(Engine::restore_json(&policy, &good, at).is_ok());
    let code = |bytes: &[u8]| Engine::restore_json(&policy, bytes, at).err().map(|f| f[0].code.slug());
    for n in 0..good.len() {
        assert!(code(&good[..n]).is_some(), "cut at {n}");
        let mut flipped = good.clone();
        flipped[n] ^= 1 << (n % 8);
        assert!(code(&flipped).is_some(), "flipped at {n}");
    }
    assert_eq!(code(&[]), Some("snapshot_corrupt"));
    let other = r#"{"version":1,"services":{"a":{}}}"#;
    assert_eq!(Engine::restore_json(other, &good, at).err().map(|f| f[0].code.slug()), Some("snapshot_policy"));
}
/// Whoever can write a right checksum still gets an engine that holds, or a fault.
#[test]
fn hostile_snapshots_with_a_right_checksum_are_engines_or_faults() {
    let policy = trace_policy();
    let inputs = lines("trace/inputs.jsonl");
    let mut engine = Engine::from_json(&policy, 1, 0.0).unwrap();
    let at = play(&mut engine, &inputs[..12], 0.0);
    let good = engine.snapshot();
    let body = &good[..good.len() - 4];
    let mut rng = Rng::new(3);
    let (mut taken, mut refused) = (0, 0);
    for n in 0..3_000 {
        let mut bytes = if n % 3 == 0 { changed(body, &mut rng) } else { body.to_vec() };
        if n % 3 != 0 {
            for _ in 0..=rng.below(3) {
                let place = rng.below(bytes.len() as u64) as usize;
                bytes[place] = [0, 1, 0xff, 0x7f, rng.draw() as u8][rng.below(5) as usize];
            }
        }
        let sum = crc32c(&bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        match Engine::restore_json(&policy, &bytes, at) {
            Err(faults) => {
                refused += 1;
                coded(&faults);
            }
            Ok(mut hostile) => {
                taken += 1;
                let end = play(&mut hostile, &inputs, at);
                hostile.handle_json(r#"{"verb":"advance"}"#, end + 1e9);
            }
        }
    }
    assert!(taken > 100 && refused > 500, "{taken} taken, {refused} refused");
}
