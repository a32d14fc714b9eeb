//! One vector, as the core's own reader unrolls it, in the form that every runner can play.
use crate::schemas::value;
use brownout::tools::vector;
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

impl Vector {
    /// Reads one file. Errors: unreadable, not JSON, an unknown or missing field, a wrong type.
    pub fn read(file: &Path) -> Result<Vector, String> {
        let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
        Vector::parse(&text, file).map_err(|e| format!("{}: {e}", file.display()))
    }

    /// Reads one text as the command line's own reader does; and what only a committed vector has.
    pub fn parse(text: &str, file: &Path) -> Result<Vector, String> {
        let case = vector::Vector::parse(text)?;
        let about: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
        // A file from elsewhere may leave out what only a committed vector must have.
        let named = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        texts_of(&about, "tags")?;
        Ok(Vector {
            file: file.to_path_buf(),
            name: case.name.unwrap_or(named),
            why: about.get("why").map_or(Some(""), Value::as_str).ok_or("`why` is no text")?.into(),
            covers: texts_of(&about, "covers")?,
            policy: case.policy.ok_or("`policy` is missing")?,
            seed: case.seed,
            start_ms: case.start_ms,
            load: case.load.as_ref().map(value),
            steps: case.steps.iter().map(Step::of).collect(),
        })
    }

    /// The vector as another process reads it: unrolled, without expectations.
    pub fn plain(&self) -> Value {
        let steps: Vec<Value> = self.steps.iter().map(Step::plain).collect();
        json!({"name": self.name, "policy": self.policy, "seed": self.seed, "start_ms": self.start_ms, "steps": steps})
    }
}

impl Step {
    fn of(step: &vector::Step) -> Step {
        let act = match &step.act {
            vector::Act::Input(input) => Act::Input(value(input)),
            vector::Act::Raw(raw) => Act::Raw(raw.clone()),
            vector::Act::Roundtrip => Act::Roundtrip,
            vector::Act::Next => Act::Next,
        };
        Step {
            place: step.place,
            at_ms: step.at_ms,
            act,
            bind: step.bind.clone(),
            expect: step.expect.as_ref().map(value),
            exact: step.exact,
            tally: step.tally.as_ref().map(value),
        }
    }
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

fn texts_of(about: &Value, key: &str) -> Result<Vec<String>, String> {
    let Some(list) = about.get(key) else { return Ok(Vec::new()) };
    let list = list.as_array().ok_or_else(|| format!("`{key}` is no list"))?;
    list.iter()
        .map(|v| v.as_str().map(String::from).ok_or_else(|| format!("`{key}` holds something other than text")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vector, String> {
        Vector::parse(text, Path::new("x.json"))
    }

    #[test]
    fn steps_come_unrolled_and_as_they_were_written() {
        let v = parse(
            r#"{"name":"n","why":"long enough to be a reason","covers":["R-1"],"policy":{"b":1.5,"a":[null,true]},"steps":[
            {"at_ms":5,"every_ms":2,"times":2,"do":{"verb":"call","service":"a","weight":9007199254740993,"outcome":"failure"}}]}"#,
        )
        .unwrap();
        assert_eq!((v.steps.len(), v.steps[2].at_ms, v.covers), (4, Some(7.0), vec!["R-1".to_string()]));
        assert_eq!(v.policy, r#"{"b":1.5,"a":[null,true]}"#);
        let admit = json!({"verb":"admit","service":"a","weight":9007199254740993_u64});
        assert_eq!(v.steps[2].act, Act::Input(admit));
        assert_eq!(v.steps[3].act, Act::Input(json!({"verb":"settle","outcome":"failure","permit":"$call 0.2"})));
    }

    #[test]
    fn what_no_case_has_is_refused() {
        let e = parse(r#"{"policy":{},"stepz":[],"steps":[]}"#);
        assert_eq!(e.unwrap_err(), "the case has an unknown field `stepz`");
        assert_eq!(parse(r#"{"steps":[]}"#).unwrap_err(), "`policy` is missing");
        assert_eq!(parse(r#"{"policy":{},"covers":7,"steps":[]}"#).unwrap_err(), "`covers` is no list");
    }
}
