//! One test case: read strictly, then unrolled into plain steps.
use crate::base::json::Json;
use crate::tools::ask::{as_written, items, text};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A case, unrolled.
#[derive(Clone, Debug)]
pub struct Vector {
    /// What it is called; a file from elsewhere may leave it out.
    pub name: Option<String>,
    /// Its own policy as JSON text, if it brings one.
    pub policy: Option<String>,
    /// Seed of all draws. Default: 1.
    pub seed: u64,
    /// When the engine starts. Default: 0.
    pub start_ms: f64,
    /// What loading the policy must give; `None`: it must load.
    pub load: Option<Json>,
    /// The steps in order, repetitions included.
    pub steps: Vec<Step>,
}

/// One plain step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its place in the file, from 0, and its repetition, from 1.
    pub place: (usize, usize),
    /// When; `None`: at the time of the step before.
    pub at_ms: Option<f64>,
    /// What is done.
    pub act: Act,
    /// The name under which the granted permit is kept.
    pub bind: Option<String>,
    /// What must come out.
    pub expect: Option<Json>,
    /// Must the output be exactly `expect`?
    pub exact: bool,
    /// On the last repetition: how often each result and each code came.
    pub tally: Option<Json>,
}

/// What a step does.
#[derive(Clone, PartialEq, Debug)]
pub enum Act {
    /// One input of the wire.
    Input(Json),
    /// A text that is sent as it is.
    Raw(String),
    /// Snapshot, restore, go on.
    Roundtrip,
    /// Advance to the advertised next instant.
    Next,
}

const FIELDS: [&str; 12] =
    ["$schema", "name", "why", "since", "note", "covers", "tags", "policy", "seed", "start_ms", "load", "steps"];
const STEP_FIELDS: [&str; 10] = ["at_ms", "every_ms", "do", "raw", "as", "times", "expect", "exact", "tally", "note"];
const ADMIT_FIELDS: [&str; 7] = ["service", "keys", "weight", "amounts", "attempt", "since_ms", "idempotent"];
const SETTLE_FIELDS: [&str; 4] = ["outcome", "facts", "duration_ms", "retry_after_ms"];
/// A case does not unroll into more.
const MAX_STEPS: usize = 1_000_000;

impl Vector {
    /// Reads one text, and unrolls it: at most a million steps. Errors, as text: not JSON, an unknown or missing field, a wrong type.
    pub fn parse(source: &str) -> Result<Vector, String> {
        let value = Json::parse(source).map_err(|f| f.message.clone())?;
        let value = unfold(&value);
        known(&value, &FIELDS, "the case")?;
        let policy = value.at("policy").map(|p| match p {
            Json::Str(raw) => raw.clone(),
            document => as_written(document, &[]),
        });
        let Some(Json::Arr(listed)) = value.at("steps") else { return Err("`steps` is missing".into()) };
        let mut steps = Vec::new();
        for (place, step) in listed.iter().enumerate() {
            unroll(step, place, &mut steps).map_err(|e| format!("step {place}: {e}"))?;
        }
        Ok(Vector {
            name: value.at("name").and_then(Json::as_str).map(ToString::to_string),
            policy,
            seed: number(&value, "seed")?.unwrap_or(1.0) as u64,
            start_ms: number(&value, "start_ms")?.unwrap_or(0.0),
            load: value.at("load").cloned(),
            steps,
        })
    }
}

fn known(v: &Json, fields: &[&str], what: &str) -> Result<(), String> {
    let Json::Obj(entries) = v else { return Err(format!("{what} is no object")) };
    match entries.iter().find(|(k, _)| !fields.contains(&k.as_str())) {
        Some((k, _)) => Err(format!("{what} has an unknown field `{k}`")),
        None => Ok(()),
    }
}

fn number(v: &Json, key: &str) -> Result<Option<f64>, String> {
    match v.at(key) {
        None => Ok(None),
        Some(n) => n.as_f64().map(Some).ok_or_else(|| format!("`{key}` is no number")),
    }
}

/// The same value with every text changed.
fn each_text(v: &Json, f: &impl Fn(&str) -> String) -> Json {
    match v {
        Json::Str(s) => Json::Str(f(s)),
        Json::Arr(a) => Json::Arr(a.iter().map(|v| each_text(v, f)).collect()),
        Json::Obj(o) => Json::Obj(o.iter().map(|(k, v)| (k.clone(), each_text(v, f))).collect()),
        other => other.clone(),
    }
}

/// Replaces `{"$repeat":["x",3]}` by `"xxx"`, anywhere.
fn unfold(v: &Json) -> Json {
    match v {
        Json::Obj(o) => match (o.as_slice(), items(v.at("$repeat"))) {
            ([_], [Json::Str(s), Json::Num(n)]) => Json::Str(s.repeat((*n as usize).min(16 * 1024 * 1024))),
            _ => Json::Obj(o.iter().map(|(k, v)| (k.clone(), unfold(v))).collect()),
        },
        Json::Arr(a) => Json::Arr(a.iter().map(unfold).collect()),
        other => other.clone(),
    }
}

fn unroll(v: &Json, place: usize, out: &mut Vec<Step>) -> Result<(), String> {
    known(v, &STEP_FIELDS, "it")?;
    let times = number(v, "times")?.unwrap_or(1.0) as usize;
    let (at, every) = (number(v, "at_ms")?, number(v, "every_ms")?.unwrap_or(0.0));
    if out.is_empty() && at.is_none() {
        return Err("the first step needs `at_ms`".into());
    }
    if every != 0.0 && at.is_none() {
        return Err("`every_ms` needs `at_ms`".into());
    }
    if out.len().saturating_add(times) > MAX_STEPS {
        return Err(format!("the case has more than {MAX_STEPS} steps"));
    }
    for i in 1..=times {
        let numbered = |v: &Json| each_text(v, &|s| s.replace("{i}", &i.to_string()));
        let step = Step {
            place: (place, i),
            at_ms: at.map(|a| a + every * (i - 1) as f64),
            act: Act::Next,
            bind: v.at("as").and_then(Json::as_str).map(|s| s.replace("{i}", &i.to_string())),
            expect: v.at("expect").map(numbered),
            exact: v.at("exact") == Some(&Json::Bool(true)),
            tally: v.at("tally").filter(|_| i == times).cloned(),
        };
        match (v.at("do"), v.at("raw")) {
            (Some(input), None) => act(numbered(input), step, out)?,
            (None, Some(Json::Str(raw))) => out.push(Step { act: Act::Raw(raw.clone()), ..step }),
            _ => return Err("it needs one of `do` and `raw`".into()),
        }
    }
    Ok(())
}

fn act(input: Json, step: Step, out: &mut Vec<Step>) -> Result<(), String> {
    match text(&input, "verb") {
        "roundtrip" => out.push(Step { act: Act::Roundtrip, ..step }),
        "next" => out.push(Step { act: Act::Next, ..step }),
        "call" => call(&input, step, out)?,
        "" => return Err("`do` has no `verb`: send a malformed input as `raw`".into()),
        _ => out.push(Step { act: Act::Input(input), ..step }),
    }
    Ok(())
}

/// `call` is a granted admit and its settle at the same instant; what is expected belongs to the settle.
fn call(input: &Json, step: Step, out: &mut Vec<Step>) -> Result<(), String> {
    let fields: Vec<&str> = ["verb"].iter().chain(&ADMIT_FIELDS).chain(&SETTLE_FIELDS).copied().collect();
    known(input, &fields, "the call")?;
    let pick = |verb: &str, names: &[&str]| {
        let of = |name: &&str| input.at(name).map(|v| (name.to_string(), v.clone()));
        let verb = ("verb".to_string(), Json::Str(verb.to_string()));
        core::iter::once(verb).chain(names.iter().filter_map(of)).collect::<Vec<_>>()
    };
    let name = step.bind.clone().unwrap_or_else(|| format!("call {}.{}", step.place.0, step.place.1));
    let mut settle = pick("settle", &SETTLE_FIELDS);
    settle.push(("permit".into(), Json::Str(format!("${name}"))));
    out.push(Step {
        act: Act::Input(Json::Obj(pick("admit", &ADMIT_FIELDS))),
        bind: Some(name),
        expect: Json::parse(r#"{"decision":{"result":"granted"}}"#).ok(),
        exact: false,
        ..step.clone()
    });
    out.push(Step { act: Act::Input(Json::Obj(settle)), bind: None, at_ms: None, ..step });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_a_granted_admit_and_a_settle() {
        let v = Vector::parse(
            r#"{"policy":{},"steps":[
            {"at_ms":5,"every_ms":2,"times":2,"do":{"verb":"call","service":"a","keys":{"tenant":"t{i}"},"outcome":"failure"}}]}"#,
        )
        .unwrap();
        let input = |at: usize| match &v.steps[at].act {
            Act::Input(input) => as_written(input, &[]),
            _ => String::new(),
        };
        assert_eq!((v.steps.len(), v.steps[2].at_ms), (4, Some(7.0)));
        assert_eq!(input(2), r#"{"verb":"admit","service":"a","keys":{"tenant":"t2"}}"#);
        assert_eq!(input(3), r#"{"verb":"settle","outcome":"failure","permit":"$call 0.2"}"#);
    }
    #[test]
    fn an_unknown_field_is_refused() {
        let fault = |text: &str| Vector::parse(text).unwrap_err();
        assert_eq!(fault(r#"{"stepz":[],"steps":[]}"#), "the case has an unknown field `stepz`");
        let at = r#"{"steps":[{"at":1,"do":{"verb":"advance"}}]}"#;
        assert_eq!(fault(at), "step 0: it has an unknown field `at`");
        assert_eq!(fault(r#"{"steps":[{"do":{"verb":"advance"}}]}"#), "step 0: the first step needs `at_ms`");
    }
}
