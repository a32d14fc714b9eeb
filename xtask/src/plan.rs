//! The steps of `cargo xtask test`, in order, and what each one stands on.
use crate::counts::Counts;
use crate::place::Place;
use crate::{bench, checks, examples, faulty, licences, npm, python, types, vectors, version, wasm, wheels};
use anyhow::{Result, bail};
use std::collections::BTreeSet;
use std::time::Instant;

struct Step {
    name: &'static str,
    what: &'static str,
    /// Steps without which this one has nothing to stand on.
    after: &'static [&'static str],
    /// A path without which there is nothing to do yet.
    needs: &'static str,
    run: fn(&Place) -> Result<Counts>,
}

const STEPS: &[Step] = &[
    Step { name: "toolchain", what: "the compiler can build wasm", after: &[], needs: "core", run: checks::toolchain },
    Step { name: "fmt", what: "the Rust code is formatted", after: &[], needs: "core", run: checks::fmt },
    Step { name: "clippy", what: "no lint speaks up", after: &[], needs: "core", run: checks::clippy },
    Step {
        name: "licences",
        what: "every dependency's licence is allowed",
        after: &[],
        needs: "deny.toml",
        run: licences::check,
    },
    Step { name: "locks", what: "the lock files name no machine", after: &[], needs: "Cargo.lock", run: checks::locks },
    Step {
        name: "version",
        what: "every package has the workspace's version",
        after: &[],
        needs: "Cargo.lock",
        run: version::check,
    },
    Step { name: "core", what: "the core's own tests", after: &[], needs: "core", run: checks::core },
    Step {
        name: "no_std",
        what: "the core builds without the standard library",
        after: &["toolchain"],
        needs: "core",
        run: checks::no_std,
    },
    Step {
        name: "contract",
        what: "vectors, laws and models on the Rust side",
        after: &[],
        needs: "tests/Cargo.toml",
        run: checks::contract,
    },
    Step {
        name: "bench",
        what: "the benches build, and the pages show the figures that were saved",
        after: &[],
        needs: "bench/figures.json",
        run: bench::check,
    },
    Step {
        name: "types",
        what: "schemas and the types made from them are those of the core",
        after: &[],
        needs: "tests/Cargo.toml",
        run: types::check,
    },
    Step {
        name: "rows",
        what: "every requirement that is due has a test that claims it",
        after: &[],
        needs: "tests/rows-required.txt",
        run: checks::rows,
    },
    Step {
        name: "wasm",
        what: "both wasm builds, their glue, no import from `env`, and their sizes",
        after: &["toolchain"],
        needs: "bindings-wasm/Cargo.toml",
        run: wasm::check,
    },
    Step {
        name: "native",
        what: "the native Node addon builds and answers",
        after: &[],
        needs: "bindings-node/native/Cargo.toml",
        run: npm::native,
    },
    Step {
        name: "npm",
        what: "the npm package builds, with its types",
        after: &["wasm"],
        needs: "bindings-wasm/Cargo.toml",
        run: npm::build,
    },
    Step {
        name: "typescript",
        what: "the TypeScript tests",
        after: &["npm"],
        needs: "bindings-node/src/index.ts",
        run: npm::test,
    },
    Step {
        name: "wheel",
        what: "the Python package builds",
        after: &[],
        needs: "bindings-python/Cargo.toml",
        run: python::build,
    },
    Step {
        name: "python",
        what: "the Python tests",
        after: &["wheel"],
        needs: "bindings-python/tests",
        run: python::test,
    },
    Step {
        name: "containment",
        what: "builds that stop on purpose: the host lives, the engine comes back, and it is counted",
        after: &["wasm", "npm", "wheel"],
        needs: "bindings-node/test/faulty",
        run: faulty::check,
    },
    Step {
        name: "cli",
        what: "both command lines give the same answers",
        after: &["npm", "wheel"],
        needs: "tests/cli/cli.test.mjs",
        run: npm::cli,
    },
    Step {
        name: "wheels",
        what: "the wheels and the sources, installed where nothing else is",
        after: &["wheel"],
        needs: "tests/wheel/test_installed.py",
        run: wheels::check,
    },
    Step {
        name: "vectors",
        what: "five runners, one digest",
        after: &[],
        needs: "bindings-python/Cargo.toml",
        run: vectors::check,
    },
    Step {
        name: "package",
        what: "what is published loads both ways",
        after: &["npm"],
        needs: "tests/package/package.test.mjs",
        run: npm::package,
    },
    Step {
        name: "consumers",
        what: "the packed package in Node, Next.js, Vite, Jest, Workers and TypeScript",
        after: &["npm"],
        needs: "tests/consumers/kit.mjs",
        run: npm::consumers,
    },
    Step {
        name: "beside",
        what: "the packed `brownout` alone, and with `brownout-native`: silent, visible, shared by workers",
        after: &["npm", "native"],
        needs: "tests/package/native.test.mjs",
        run: npm::beside,
    },
    Step {
        name: "browser",
        what: "banner and engine in a real browser",
        after: &["npm"],
        needs: "tests/browser/page.test.mjs",
        run: npm::browser,
    },
    Step {
        name: "examples",
        what: "the examples' own tests",
        after: &["npm", "wheel"],
        needs: "examples",
        run: examples::test,
    },
    Step {
        name: "demo",
        what: "the scripted incident, the same in Node and Python",
        after: &["npm", "wheel"],
        needs: "examples/demo/once.mjs",
        run: examples::once,
    },
    Step {
        name: "incident",
        what: "the demo's page in a real browser: break, read the banner, restore",
        after: &["npm", "wheel"],
        needs: "tests/browser/incident.test.mjs",
        run: npm::incident,
    },
];

/// Names of all steps.
pub fn list() {
    for step in STEPS {
        println!("{:12} {}", step.name, step.what);
    }
}

/// Everything that the other commands need, built.
pub fn setup(place: &Place) -> Result<bool> {
    run(place, &["toolchain", "wasm", "native", "npm", "wheel"].map(String::from))
}

/// What the demo stands on.
pub fn demo(place: &Place) -> Result<bool> {
    run(place, &["toolchain", "wasm", "npm", "wheel"].map(String::from))
}

/// What the playground is made from.
pub fn playground(place: &Place) -> Result<bool> {
    run(place, &["toolchain", "wasm", "npm"].map(String::from))
}

/// The steps asked for, or all.
pub fn test(place: &Place, only: &[String]) -> Result<bool> {
    let unknown: Vec<_> = only.iter().filter(|o| !STEPS.iter().any(|s| s.name == *o)).collect();
    if !unknown.is_empty() {
        list();
        bail!("{unknown:?}: no such step");
    }
    run(place, only)
}

fn run(place: &Place, only: &[String]) -> Result<bool> {
    let begin = Instant::now();
    let steps: Vec<&Step> = STEPS
        .iter()
        .filter(|s| (only.is_empty() || only.iter().any(|o| o == s.name)) && place.there(s.needs))
        .collect();
    let mut total = Counts::default();
    let mut broken: BTreeSet<&str> = BTreeSet::new();
    let mut lines = Vec::new();
    for (i, step) in steps.iter().enumerate() {
        println!("\n[{}/{}] {}: {}", i + 1, steps.len(), step.name, step.what);
        let start = Instant::now();
        let counts = match step.after.iter().find(|a| broken.contains(*a)) {
            Some(missing) => {
                println!("not run, because `{missing}` failed");
                Counts::check(false)
            }
            None => (step.run)(place).unwrap_or_else(|error| {
                println!("error: {error:#}");
                Counts::check(false)
            }),
        };
        if counts.failed > 0 || counts.passed == 0 {
            broken.insert(step.name);
        }
        total.add(counts);
        let word = if broken.contains(step.name) { "FAILED" } else { "ok" };
        lines.push(format!(
            "{word:7} {:12} {:5} passed {:3} failed {:7.1} s",
            step.name,
            counts.passed,
            counts.failed,
            start.elapsed().as_secs_f64()
        ));
        println!("{}", lines.last().map_or("", String::as_str));
    }
    println!("\n{}", lines.join("\n"));
    println!("in {:.0} s\n\n{} passed, {} failed", begin.elapsed().as_secs_f64(), total.passed, total.failed);
    Ok(broken.is_empty())
}
