//! The ground plan holds: a room imports only from floors below it, rooms of one floor do not know each other, and no file grows long.
#![allow(clippy::unwrap_used)]
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Every room and its floor. A report is written from plain readings, so it stands below the engine that hands them over.
const ROOMS: [(&str, u8); 12] = [
    ("base", 0),
    ("measure", 1),
    ("gate", 2),
    ("call", 2),
    ("cost", 2),
    ("status", 2),
    ("policy", 3),
    ("engine", 4),
    ("report", 3),
    ("schema", 5),
    ("tools", 5),
    ("wire", 6),
];
const MAX_LINES: usize = 500;

fn sources(dir: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|x| x == "rs") {
            into.push(path);
        }
    }
}
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}
fn all() -> Vec<(String, String)> {
    let mut paths = Vec::new();
    sources(&root(), &mut paths);
    let name = |p: &PathBuf| p.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
    paths.iter().map(|p| (name(p), fs::read_to_string(p).unwrap())).collect()
}
fn floor(room: &str) -> Option<u8> {
    ROOMS.iter().find(|(name, _)| *name == room).map(|(_, floor)| *floor)
}
/// Paths such as `gate::limit` that a text reaches through `crate::`, comments left out.
fn imports(text: &str) -> BTreeSet<String> {
    let word = |s: &str| s.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>();
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut found = BTreeSet::new();
    for line in code {
        for (at, _) in line.match_indices("crate::") {
            let rest = &line[at + 7..];
            let first = word(rest);
            let second = rest[first.len()..].strip_prefix("::").map(word).unwrap_or_default();
            found.insert(if second.is_empty() { first } else { format!("{first}::{second}") });
        }
    }
    found
}
/// What is wrong with one file's imports.
fn faults(file: &str, text: &str) -> Vec<String> {
    let Some((room, rest)) = file.split_once('/') else { return Vec::new() };
    let Some(own) = floor(room) else { return vec![format!("{file}: `{room}` stands on no floor")] };
    let mut out = Vec::new();
    for path in imports(text) {
        let (other, inner) = path.split_once("::").unwrap_or((&path, ""));
        match floor(other) {
            None => out.push(format!("{file}: `crate::{path}` names no room")),
            Some(n) if other != room && n >= own => {
                out.push(format!("{file}: floor {own} reaches `{path}` on floor {n}"))
            }
            _ => {}
        }
        let gate = rest.split('/').next().unwrap_or_default();
        let neighbour = room == "gate" && other == "gate" && inner != gate && inner != "rule";
        if neighbour && rest != "mod.rs" {
            out.push(format!("{file}: a gate reaches its neighbour `{path}`"));
        }
    }
    out
}

#[test]
fn a_room_imports_only_from_floors_below() {
    let found: Vec<String> = all().iter().flat_map(|(file, text)| faults(file, text)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}
#[test]
fn the_layering_test_can_fail() {
    assert_eq!(faults("gate/limit/state.rs", "use crate::gate::breaker::Phase;").len(), 1);
    assert_eq!(
        faults("gate/limit/state.rs", "use crate::gate::rule::Rule; use crate::gate::limit::view;"),
        Vec::<String>::new()
    );
    assert_eq!(faults("status/state.rs", "    let x = crate::call::OUTCOMES;").len(), 1);
    assert_eq!(faults("base/num.rs", "use crate::measure::window::Window;").len(), 1);
    assert_eq!(
        faults("policy/mod.rs", "// use crate::engine::Engine;\nuse crate::gate::breaker::Breaker;"),
        Vec::<String>::new()
    );
    assert_eq!(faults("engine/mod.rs", "use crate::{base::num, wire};").len(), 1);
    assert_eq!(faults("attic/mod.rs", "").len(), 1);
}
#[test]
fn every_file_is_short_and_every_room_says_what_it_answers() {
    let mut found = Vec::new();
    for (file, text) in all() {
        let lines = text.lines().count();
        if lines > MAX_LINES && !file.contains(".gen.") && !file.contains("generated/") {
            found.push(format!("{file} has {lines} lines"));
        }
        let is_test = file.contains("tests");
        if !is_test && !text.starts_with("//!") {
            found.push(format!("{file} does not say what it answers"));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn only_the_tests_of_the_core_know_the_standard_library() {
    let lines: Vec<String> = fs::read_to_string(root().join("lib.rs")).unwrap().lines().map(str::to_string).collect();
    assert!(lines.contains(&"#![no_std]".to_string()));
    let at: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].contains("extern crate std")).collect();
    assert!(at.iter().all(|at| lines[at - 1] == "#[cfg(test)]"), "{lines:?}");
    let global = ["thread_local", "static mut", "OnceLock", "AtomicU", "Mutex"];
    for (file, text) in all() {
        assert!(global.iter().all(|word| !text.contains(word)), "{file} holds state of its own");
    }
}
