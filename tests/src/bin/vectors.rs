//! `vectors [PATH…] [--runner core|json|node|wasm|python|all]`: plays vectors, ends with `N passed, M failed`.
use brownout_tests::drive::{CoreRunner, JsonRunner};
use brownout_tests::runner::{Runner, run};
use brownout_tests::spawned::Spawned;
use brownout_tests::vector::{self, Vector};
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "usage: vectors [PATH…] [--runner core|json|node|wasm|python|all]";

fn runners(name: &str) -> Option<Vec<Box<dyn Runner>>> {
    let one = |r: Box<dyn Runner>| Some(vec![r]);
    match name {
        "core" => one(Box::new(CoreRunner)),
        "json" => one(Box::new(JsonRunner)),
        "node" => one(Box::new(Spawned::node())),
        "wasm" => one(Box::new(Spawned::wasm())),
        "python" => one(Box::new(Spawned::python())),
        "all" => Some(["core", "json", "node", "wasm", "python"].iter().filter_map(|n| runners(n)).flatten().collect()),
        _ => None,
    }
}

fn main() -> ExitCode {
    let (mut paths, mut chosen) = (Vec::new(), None);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        if arg == "--runner" {
            chosen = args.next().as_deref().and_then(runners);
            if chosen.is_none() {
                eprintln!("{USAGE}");
                return ExitCode::from(2);
            }
        } else if arg.starts_with("--") {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        } else {
            paths.push(PathBuf::from(arg));
        }
    }
    if paths.is_empty() {
        paths.push(brownout_tests::root().join("tests").join("vectors"));
    }
    match vector::each(&paths) {
        Ok(read) => {
            let (vectors, faults): (Vec<_>, Vec<_>) = read.into_iter().partition(Result::is_ok);
            faults.iter().filter_map(|f| f.as_ref().err()).for_each(|e| println!("{e}"));
            let vectors: Vec<Vector> = vectors.into_iter().flatten().collect();
            play(&vectors, &chosen.or_else(|| runners("core")).unwrap_or_default(), faults.len())
        }
        Err(e) => {
            eprintln!("{e}");
            println!("0 passed, 1 failed");
            ExitCode::FAILURE
        }
    }
}

/// Plays what could be read; each file that could not has failed.
fn play(vectors: &[Vector], runners: &[Box<dyn Runner>], unread: usize) -> ExitCode {
    let (mut passed, mut failed) = (0, unread);
    let mut digests: Vec<(&str, String)> = Vec::new();
    for runner in runners {
        match run(runner.as_ref(), vectors) {
            Ok(report) => {
                for failure in &report.failures {
                    println!("[{}] {failure}", runner.name());
                }
                println!("digest {} {}", runner.name(), report.digest);
                passed += report.passed;
                failed += report.failures.len();
                digests.push((runner.name(), report.digest));
            }
            Err(e) => {
                println!("[{}] {e}", runner.name());
                failed += vectors.len().max(1);
            }
        }
    }
    if let Some((first, rest)) = digests.split_first() {
        for (name, digest) in rest.iter().filter(|(_, d)| *d != first.1) {
            println!("the digests differ: {} {}, {name} {digest}", first.0, first.1);
            failed += 1;
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
