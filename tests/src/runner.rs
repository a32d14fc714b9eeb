//! Plays vectors through a runner, compares every step, and keeps the canonical lines for the digest.
use crate::digest::{Permits, canonical, digest};
use crate::matching::{differences, same};
use crate::vector::Vector;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a runner gave for one vector: first the outcome of loading, then one output per step; or why it could not.
pub type Outputs = Result<Vec<String>, String>;

/// Something that plays vectors.
pub trait Runner {
    /// Its name on the command line.
    fn name(&self) -> &'static str;
    /// One list of outputs per vector, in order. Errors: the runner itself could not run.
    fn play(&self, vectors: &[Vector]) -> Result<Vec<Outputs>, String>;
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// Vectors that matched.
    pub passed: usize,
    /// What failed: one entry per vector, in lines for a person.
    pub failures: Vec<String>,
    /// Digest over all canonical outputs.
    pub digest: String,
    /// Every canonical output, one per step.
    pub lines: Vec<String>,
}

/// Plays all vectors and compares.
pub fn run(runner: &dyn Runner, vectors: &[Vector]) -> Result<Report, String> {
    let all = runner.play(vectors)?;
    if all.len() != vectors.len() {
        return Err(format!("runner {} played {} of {} vectors", runner.name(), all.len(), vectors.len()));
    }
    let mut report = Report::default();
    for (vector, outputs) in vectors.iter().zip(&all) {
        let problems = match outputs {
            Ok(outputs) => check(vector, outputs, &mut report.lines),
            Err(e) => vec![format!("could not be played: {e}")],
        };
        if problems.is_empty() {
            report.passed += 1;
        } else {
            let head = format!("FAIL {} ({})", vector.name, vector.file.display());
            report.failures.push(format!("{head}\n  {}", problems.join("\n  ")));
        }
    }
    report.digest = digest(&report.lines);
    Ok(report)
}

/// What a vector without `load` expects of loading.
fn loaded() -> Value {
    json!({"loaded": true})
}

fn check(vector: &Vector, outputs: &[String], lines: &mut Vec<String>) -> Vec<String> {
    let mut permits = Permits::default();
    let mut bound: BTreeMap<String, usize> = BTreeMap::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut problems = Vec::new();
    let fails_to_load = vector.load.is_some();
    let mut outputs = outputs.iter();
    match outputs.next().ok_or_else(|| "no output".to_string()).and_then(|t| canonical(t, &mut permits)) {
        Ok(got) => {
            lines.push(got.to_string());
            tell("load", vector.load.as_ref().unwrap_or(&loaded()), &got, false, &mut problems);
        }
        Err(e) => problems.push(format!("load: {e}")),
    }
    for step in if fails_to_load { &[] } else { vector.steps.as_slice() } {
        let place = match step.place {
            (p, 1) => format!("step {p}"),
            (p, i) => format!("step {p} (time {i})"),
        };
        let Some(text) = outputs.next() else {
            problems.push(format!("{place}: no output"));
            break;
        };
        match canonical(text, &mut permits) {
            Ok(got) => {
                if let (Some(name), Some(n)) = (&step.bind, got.pointer("/decision/permit").and_then(Value::as_u64)) {
                    bound.insert(name.clone(), n as usize);
                }
                lines.push(got.to_string());
                if step.place.1 == 1 {
                    counts.clear();
                }
                for word in ["/decision/result", "/decision/code", "/error/code"] {
                    if let Some(word) = got.pointer(word).and_then(Value::as_str) {
                        *counts.entry(word.to_string()).or_default() += 1;
                    }
                }
                if let Some(tally) = &step.tally {
                    tell(&format!("{place}: tally"), tally, &json!(counts), false, &mut problems);
                }
                if let Some(expect) = &step.expect {
                    tell(&place, &resolved(expect, &bound), &got, step.exact, &mut problems);
                } else if step.tally.is_none() && got.get("error").or(got.get("errors")).is_some() {
                    problems.push(format!("{place}: nobody expected an error: {got}"));
                }
            }
            Err(e) => problems.push(format!("{place}: {e}")),
        }
        if problems.len() >= 8 {
            problems.push("(more follow)".into());
            break;
        }
    }
    problems
}

fn tell(place: &str, expect: &Value, got: &Value, exact: bool, problems: &mut Vec<String>) {
    let before = problems.len();
    if exact {
        if !same(expect, got) {
            problems.push(format!("{place}: expected exactly {expect}\n    got {got}"));
        }
        return;
    }
    for m in differences(expect, got) {
        problems.push(format!("{place}: {}: expected {}\n    got {}", m.path, m.expected, m.got));
    }
    if problems.len() > before {
        problems.push(format!("  whole output: {got}"));
    }
}

/// An expectation with `"permit":"$name"` replaced by the permit's place.
fn resolved(v: &Value, bound: &BTreeMap<String, usize>) -> Value {
    match v {
        Value::Object(o) => Value::Object(
            o.iter()
                .map(|(k, v)| match v.as_str().and_then(|s| s.strip_prefix('$')).and_then(|s| bound.get(s)) {
                    Some(place) if k == "permit" => (k.clone(), json!(place)),
                    _ => (k.clone(), resolved(v, bound)),
                })
                .collect(),
        ),
        Value::Array(a) => Value::Array(a.iter().map(|v| resolved(v, bound)).collect()),
        other => other.clone(),
    }
}
