//! One vector: read strictly, then unrolled into plain steps that every runner can play.
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// A vector, unrolled.
#[derive(Clone, Debug)]
pub struct Vector {
    /// Where it stands.
    pub file: PathBuf,
    /// Its name, unique among the committed ones.
    pub name: String,
    /// Which rule it proves, in words.
    pub why: String,
    /// Requirement rows it proves.
    pub covers: Vec<String>,
    /// The policy as JSON text.
    pub policy: String,
    /// Seed of all draws.
    pub seed: u64,
    /// When the engine starts.
    pub start_ms: f64,
    /// What loading the policy must give; `None`: it must load.
    pub load: Option<Value>,
    /// The steps, unrolled.
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
    pub expect: Option<Value>,
    /// Must the output be exactly `expect`?
    pub exact: bool,
    /// On the last repetition: how often each `decision.result`, `decision.code` and error code came.
    pub tally: Option<Value>,
}

/// What a step does.
#[derive(Clone, PartialEq, Debug)]
pub enum Act {
    /// One input of the wire.
    Input(Value),
    /// A text that is sent as it is.
    Raw(String),
    /// Snapshot, restore, go on; the snapshot of the restored engine must have the same bytes.
    Roundtrip,
    /// Advance to the advertised next instant.
    Next,
}

const FIELDS: [&str; 11] =
    ["name", "why", "since", "note", "covers", "tags", "policy", "seed", "start_ms", "load", "steps"];
const STEP_FIELDS: [&str; 10] = ["at_ms", "every_ms", "do", "raw", "as", "times", "expect", "exact", "tally", "note"];
const ADMIT_FIELDS: [&str; 7] = ["service", "keys", "weight", "amounts", "attempt", "since_ms", "idempotent"];
const SETTLE_FIELDS: [&str; 4] = ["outcome", "facts", "duration_ms", "retry_after_ms"];

impl Vector {
    /// Reads one file. Errors: unreadable, not JSON, an unknown or missing field, a wrong type.
    pub fn read(file: &Path) -> Result<Vector, String> {
        let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
        Vector::parse(&text, file).map_err(|e| format!("{}: {e}", file.display()))
    }

    /// Reads one text.
    pub fn parse(text: &str, file: &Path) -> Result<Vector, String> {
        let value: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
        let value = unfold(&value);
        let o = object(&value, "the vector")?;
        known(o, &FIELDS, "the vector")?;
        let policy = match o.get("policy").ok_or("`policy` is missing")? {
            Value::String(raw) => raw.clone(),
            document => document.to_string(),
        };
        let mut steps = Vec::new();
        for (place, step) in o.get("steps").and_then(Value::as_array).ok_or("`steps` is missing")?.iter().enumerate() {
            unroll(step, place, &mut steps).map_err(|e| format!("step {place}: {e}"))?;
        }
        // A file from elsewhere may leave out what only a committed vector must have.
        let named = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let why = o.get("why").map_or(Ok(String::new()), |_| text_of(o, "why"))?;
        texts_of(o, "tags")?;
        Ok(Vector {
            file: file.to_path_buf(),
            name: o.get("name").map_or(Ok(named), |_| text_of(o, "name"))?,
            why,
            covers: texts_of(o, "covers")?,
            policy,
            seed: o.get("seed").map_or(Some(1), Value::as_u64).ok_or("`seed` is no whole number")?,
            start_ms: o.get("start_ms").map_or(Some(0.0), Value::as_f64).ok_or("`start_ms` is no number")?,
            load: o.get("load").cloned(),
            steps,
        })
    }

    /// The vector as another process reads it: unrolled, without expectations.
    pub fn plain(&self) -> Value {
        let steps: Vec<Value> = self.steps.iter().map(Step::plain).collect();
        json!({"name": self.name, "policy": self.policy, "seed": self.seed, "start_ms": self.start_ms, "steps": steps})
    }
}

impl Step {
    fn plain(&self) -> Value {
        let mut o = Map::new();
        if let Some(at) = self.at_ms {
            o.insert("at_ms".into(), json!(at));
        }
        match &self.act {
            Act::Input(input) => o.insert("do".into(), input.clone()),
            Act::Raw(raw) => o.insert("raw".into(), json!(raw)),
            Act::Roundtrip => o.insert("do".into(), json!({"verb": "roundtrip"})),
            Act::Next => o.insert("do".into(), json!({"verb": "next"})),
        };
        if let Some(name) = &self.bind {
            o.insert("as".into(), json!(name));
        }
        Value::Object(o)
    }
}

/// Reads all vectors under files or folders, in the order of their paths.
pub fn collect(paths: &[PathBuf]) -> Result<Vec<Vector>, String> {
    each(paths)?.into_iter().collect()
}

/// The same, file by file: what cannot be read stands beside what can. Errors: a path that does not exist.
pub fn each(paths: &[PathBuf]) -> Result<Vec<Result<Vector, String>>, String> {
    let mut files = Vec::new();
    for path in paths {
        walk(path, &mut files)?;
    }
    files.sort();
    files.dedup();
    Ok(files.iter().map(|f| Vector::read(f)).collect())
}

fn walk(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let told = |e: std::io::Error| format!("{}: {e}", path.display());
    if path.is_dir() {
        for entry in std::fs::read_dir(path).map_err(told)? {
            let entry = entry.map_err(told)?.path();
            let json = entry.extension().is_some_and(|e| e == "json");
            if entry.is_dir() || (json && entry.file_name().is_some_and(|n| n != "schema.json")) {
                walk(&entry, files)?;
            }
        }
    } else if path.is_file() {
        files.push(path.to_path_buf());
    } else {
        return Err(format!("{}: no such file or folder", path.display()));
    }
    Ok(())
}

fn object<'a>(v: &'a Value, what: &str) -> Result<&'a Map<String, Value>, String> {
    v.as_object().ok_or_else(|| format!("{what} is no object"))
}

fn known(o: &Map<String, Value>, fields: &[&str], what: &str) -> Result<(), String> {
    match o.keys().find(|k| !fields.contains(&k.as_str())) {
        Some(k) => Err(format!("{what} has an unknown field `{k}`")),
        None => Ok(()),
    }
}

fn text_of(o: &Map<String, Value>, key: &str) -> Result<String, String> {
    o.get(key).and_then(Value::as_str).map(String::from).ok_or_else(|| format!("`{key}` is missing or no text"))
}

fn texts_of(o: &Map<String, Value>, key: &str) -> Result<Vec<String>, String> {
    let Some(list) = o.get(key) else { return Ok(Vec::new()) };
    let list = list.as_array().ok_or_else(|| format!("`{key}` is no list"))?;
    list.iter()
        .map(|v| v.as_str().map(String::from).ok_or_else(|| format!("`{key}` holds something other than text")))
        .collect()
}

/// Replaces `{"$repeat":["x",3]}` by `"xxx"`, anywhere.
fn unfold(v: &Value) -> Value {
    match v {
        Value::Object(o) => {
            if let (1, Some(Value::Array(args))) = (o.len(), o.get("$repeat"))
                && let (Some(text), Some(n)) =
                    (args.first().and_then(Value::as_str), args.get(1).and_then(Value::as_u64))
            {
                return Value::String(text.repeat(usize::try_from(n).unwrap_or(0)));
            }
            Value::Object(o.iter().map(|(k, v)| (k.clone(), unfold(v))).collect())
        }
        Value::Array(a) => Value::Array(a.iter().map(unfold).collect()),
        other => other.clone(),
    }
}

/// Replaces `{i}` by the repetition, in every text.
fn numbered(v: &Value, i: usize) -> Value {
    match v {
        Value::String(s) if s.contains("{i}") => Value::String(s.replace("{i}", &i.to_string())),
        Value::Object(o) => Value::Object(o.iter().map(|(k, v)| (k.clone(), numbered(v, i))).collect()),
        Value::Array(a) => Value::Array(a.iter().map(|v| numbered(v, i)).collect()),
        other => other.clone(),
    }
}

fn unroll(v: &Value, place: usize, out: &mut Vec<Step>) -> Result<(), String> {
    let o = object(v, "it")?;
    known(o, &STEP_FIELDS, "it")?;
    let number = |key: &str| match o.get(key) {
        None => Ok(None),
        Some(v) => v.as_f64().map(Some).ok_or_else(|| format!("`{key}` is no number")),
    };
    let times = o.get("times").map_or(Some(1), Value::as_u64).ok_or("`times` is no whole number")? as usize;
    let (at, every) = (number("at_ms")?, number("every_ms")?.unwrap_or(0.0));
    if out.is_empty() && at.is_none() {
        return Err("the first step needs `at_ms`".into());
    }
    if every != 0.0 && at.is_none() {
        return Err("`every_ms` needs `at_ms`".into());
    }
    let exact = o.get("exact").map_or(Some(false), Value::as_bool).ok_or("`exact` is no boolean")?;
    for i in 1..=times {
        let step = Step {
            place: (place, i),
            at_ms: at.map(|a| a + every * (i - 1) as f64),
            act: Act::Next,
            bind: o.get("as").and_then(Value::as_str).map(|s| s.replace("{i}", &i.to_string())),
            expect: o.get("expect").map(|e| numbered(e, i)),
            exact,
            tally: o.get("tally").filter(|_| i == times).cloned(),
        };
        match (o.get("do"), o.get("raw")) {
            (Some(input), None) => act(numbered(input, i), step, out)?,
            (None, Some(Value::String(raw))) => out.push(Step { act: Act::Raw(raw.clone()), ..step }),
            _ => return Err("it needs one of `do` and `raw`".into()),
        }
    }
    Ok(())
}

fn act(input: Value, step: Step, out: &mut Vec<Step>) -> Result<(), String> {
    let o = object(&input, "`do`")?;
    match o.get("verb").and_then(Value::as_str) {
        Some("roundtrip") => out.push(Step { act: Act::Roundtrip, ..step }),
        Some("next") => out.push(Step { act: Act::Next, ..step }),
        Some("call") => call(o, step, out)?,
        Some(_) => out.push(Step { act: Act::Input(input), ..step }),
        None => return Err("`do` has no `verb`: send a malformed input as `raw`".into()),
    }
    Ok(())
}

/// `call` is a granted admit and its settle at the same instant; what is expected belongs to the settle.
fn call(o: &Map<String, Value>, step: Step, out: &mut Vec<Step>) -> Result<(), String> {
    let fields: Vec<&str> = ["verb"].iter().chain(&ADMIT_FIELDS).chain(&SETTLE_FIELDS).copied().collect();
    known(o, &fields, "the call")?;
    let pick = |verb: &str, names: &[&str]| {
        let mut m = Map::new();
        m.insert("verb".into(), json!(verb));
        for name in names {
            if let Some(v) = o.get(*name) {
                m.insert((*name).into(), v.clone());
            }
        }
        m
    };
    let name = step.bind.clone().unwrap_or_else(|| format!("call {}.{}", step.place.0, step.place.1));
    let mut settle = pick("settle", &SETTLE_FIELDS);
    settle.insert("permit".into(), json!(format!("${name}")));
    out.push(Step {
        act: Act::Input(Value::Object(pick("admit", &ADMIT_FIELDS))),
        bind: Some(name),
        expect: Some(json!({"decision": {"result": "granted"}})),
        exact: false,
        ..step.clone()
    });
    out.push(Step { act: Act::Input(Value::Object(settle)), bind: None, at_ms: None, ..step });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vector, String> {
        Vector::parse(text, Path::new("x.json"))
    }

    #[test]
    fn a_call_is_a_granted_admit_and_a_settle() {
        let v = parse(
            r#"{"name":"n","why":"long enough to be a reason","policy":{},"steps":[
            {"at_ms":5,"every_ms":2,"times":2,"do":{"verb":"call","service":"a","keys":{"tenant":"t{i}"},"outcome":"failure"}}]}"#,
        )
        .unwrap();
        assert_eq!(v.steps.len(), 4);
        assert_eq!(v.steps[2].at_ms, Some(7.0));
        assert_eq!(v.steps[2].act, Act::Input(json!({"verb":"admit","service":"a","keys":{"tenant":"t2"}})));
        assert_eq!(v.steps[3].act, Act::Input(json!({"verb":"settle","permit":"$call 0.2","outcome":"failure"})));
    }

    #[test]
    fn an_unknown_field_is_refused() {
        let e = parse(r#"{"name":"n","why":"long enough to be a reason","policy":{},"stepz":[],"steps":[]}"#);
        assert_eq!(e.unwrap_err(), "the vector has an unknown field `stepz`");
        let e = parse(
            r#"{"name":"n","why":"long enough to be a reason","policy":{},"steps":[{"at":1,"do":{"verb":"advance"}}]}"#,
        );
        assert_eq!(e.unwrap_err(), "step 0: it has an unknown field `at`");
    }
}
