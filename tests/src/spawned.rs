//! Runners in another language: a small script plays unrolled vectors and prints one line of JSON per vector.
use crate::runner::{Outputs, Runner};
use crate::vector::Vector;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

/// A runner that is another process.
#[derive(Debug)]
pub struct Spawned {
    name: &'static str,
    program: PathBuf,
    args: Vec<String>,
}

impl Spawned {
    /// The napi binding.
    pub fn node() -> Spawned {
        Spawned::script("node", "node".into(), &["bindings-node/test/vectors.mjs", "--runner", "node"])
    }
    /// The wasm binding.
    pub fn wasm() -> Spawned {
        Spawned::script("wasm", "node".into(), &["bindings-node/test/vectors.mjs", "--runner", "wasm"])
    }
    /// The Python binding.
    pub fn python() -> Spawned {
        let venv = crate::root().join(".venv").join("bin").join("python");
        let program = if venv.exists() { venv } else { "python3".into() };
        Spawned::script("python", program, &["bindings-python/tests/run_vectors.py"])
    }
    fn script(name: &'static str, program: PathBuf, args: &[&str]) -> Spawned {
        Spawned { name, program, args: args.iter().map(|a| (*a).to_string()).collect() }
    }
}

impl Runner for Spawned {
    fn name(&self) -> &'static str {
        self.name
    }
    fn play(&self, vectors: &[Vector]) -> Result<Vec<Outputs>, String> {
        let folder = std::env::temp_dir().join(format!("brownout-vectors-{}-{}", self.name, std::process::id()));
        let played = write_plain(&folder, vectors).and_then(|files| {
            let mut command = Command::new(&self.program);
            command.current_dir(crate::root()).args(&self.args).args(&files);
            let out = command.output().map_err(|e| format!("{}: {e}", self.program.display()))?;
            let text = String::from_utf8_lossy(&out.stdout).into_owned();
            if !out.status.success() {
                let told = String::from_utf8_lossy(&out.stderr).into_owned();
                return Err(format!("runner {} ended with {}: {told}", self.name, out.status));
            }
            text.lines().filter(|l| l.starts_with('{')).map(read_line).collect()
        });
        let _ = std::fs::remove_dir_all(&folder);
        played
    }
}

fn write_plain(folder: &PathBuf, vectors: &[Vector]) -> Result<Vec<PathBuf>, String> {
    std::fs::create_dir_all(folder).map_err(|e| e.to_string())?;
    let mut files = Vec::new();
    for (i, vector) in vectors.iter().enumerate() {
        let file = folder.join(format!("{i:05}.json"));
        std::fs::write(&file, vector.plain().to_string()).map_err(|e| e.to_string())?;
        files.push(file);
    }
    Ok(files)
}

fn read_line(line: &str) -> Result<Outputs, String> {
    let v: Value = serde_json::from_str(line).map_err(|e| format!("{e}: {line}"))?;
    if let Some(e) = v.get("failed").and_then(Value::as_str) {
        return Ok(Err(e.to_string()));
    }
    let outputs = v.get("outputs").and_then(Value::as_array).ok_or_else(|| format!("no outputs in {line}"))?;
    Ok(Ok(outputs.iter().map(|o| o.as_str().map_or_else(|| o.to_string(), String::from)).collect()))
}
