//! The policies of the repository, as JSON values.
use brownout_tests::root;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &Path, ending: &str, into: &mut Vec<PathBuf>) {
    let mut all: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    all.sort();
    for path in all {
        if path.is_dir() && !path.ends_with("node_modules") {
            files(&path, ending, into);
        } else if path.to_string_lossy().ends_with(ending) {
            into.push(path);
        }
    }
}

fn name(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_string_lossy().into_owned()
}

/// A document in TOML.
pub fn toml(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Value>(text).unwrap()).unwrap()
}

/// Every vector, as it is written.
pub fn vector_files() -> Vec<(String, Value)> {
    let folder = root().join("tests/vectors");
    let mut found = Vec::new();
    files(&folder, ".json", &mut found);
    found.retain(|path| path != &folder.join("schema.json"));
    found.iter().map(|path| (name(path), serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())).collect()
}

/// A document that names every field, each in every form that it takes.
pub fn everything() -> Value {
    toml(&fs::read_to_string(root().join("tests/data/everything.toml")).unwrap())
}

/// The documents of the examples.
pub fn examples() -> Vec<(String, Value)> {
    let mut found = Vec::new();
    files(&root().join("examples"), ".toml", &mut found);
    assert!(found.len() >= 5, "only {found:?}");
    let mut out: Vec<_> = found.iter().map(|path| (name(path), toml(&fs::read_to_string(path).unwrap()))).collect();
    let json = root().join("examples/nextjs/brownout.policy.json");
    out.push((name(&json), serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap()));
    out
}

/// Every policy of the repository that is a value of JSON.
pub fn policies() -> Vec<(String, Value)> {
    let mut out = examples();
    out.push(("everything".to_string(), everything()));
    for (file, vector) in vector_files() {
        match &vector["policy"] {
            Value::String(text) => {
                out.extend(serde_json::from_str(text).ok().map(|policy| (file, policy)));
            }
            policy if policy.get("$repeat").is_none() => out.push((file, policy.clone())),
            _ => {}
        }
    }
    out
}
