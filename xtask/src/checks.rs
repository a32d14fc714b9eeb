//! Checks of the Rust side: toolchain, form, lints, tests, no standard library, lock files.
use crate::counts::Counts;
use crate::place::Place;
use crate::wasm;
use anyhow::Result;

/// The wasm target is there, or fetched.
pub fn toolchain(place: &Place) -> Result<Counts> {
    wasm::toolchain(place)?;
    Ok(Counts::check(true))
}

/// `cargo fmt --check`.
pub fn fmt(place: &Place) -> Result<Counts> {
    Ok(Counts::check(place.run(place.cargo().args(["fmt", "--all", "--check"]))?))
}

/// Clippy over every crate that builds natively, tests and benches included.
pub fn clippy(place: &Place) -> Result<Counts> {
    Ok(Counts::check(place.run(place.cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))?))
}

/// The laws draw the same cases in every run, so that a red run can be run again; `PROPTEST_RNG_SEED` and `PROPTEST_CASES`
/// of the caller go before.
fn fixed_seed() -> Option<(&'static str, &'static str)> {
    const SEED: &str = "PROPTEST_RNG_SEED";
    std::env::var_os(SEED).is_none().then_some((SEED, "20260701"))
}

/// The core's unit and documentation tests, and those of this tool.
pub fn core(place: &Place) -> Result<Counts> {
    place.tests(place.cargo().args(["test", "--no-fail-fast", "-p", "brownout", "-p", "xtask"]).envs(fixed_seed()))
}

/// The tests crate: vectors, laws, models, surface, layering.
pub fn contract(place: &Place) -> Result<Counts> {
    place.tests(place.cargo().args(["test", "--no-fail-fast", "-p", "brownout-tests"]).envs(fixed_seed()))
}

/// The table of requirements: which of those that are due no test claims.
pub fn rows(place: &Place) -> Result<Counts> {
    let mut command = place.cargo();
    command.args([
        "run",
        "--quiet",
        "-p",
        "brownout-tests",
        "--bin",
        "rows",
        "--",
        "--require",
        "tests/rows-required.txt",
    ]);
    let covered = place.lines(&mut command, |line| {
        if line.contains("rows covered") || line.starts_with("required and") {
            println!("{line}");
        }
    })?;
    Ok(Counts::check(covered))
}

/// The core for a target without an operating system, with and without its default features.
pub fn no_std(place: &Place) -> Result<Counts> {
    let mut counts = Counts::default();
    for features in [&["--no-default-features"][..], &[], &["--features", "schema"]] {
        let mut build = wasm::cargo(place)?;
        build.args(["build", "-p", "brownout", "--target", wasm::TARGET]).args(features);
        counts.add(Counts::check(place.run(&mut build)?));
    }
    Ok(counts)
}

/// No lock file says where this machine got its packages: that address means nothing elsewhere.
pub fn locks(place: &Place) -> Result<Counts> {
    const KNOWN: [&str; 3] =
        ["https://github.com/rust-lang/crates.io-index", "https://registry.npmjs.org/", "https://github.com/sponsors/"];
    let mut counts = Counts::default();
    for file in [
        "Cargo.lock",
        "package-lock.json",
        "bindings-python/uv.lock",
        "bench/rust/Cargo.lock",
        "bench/node/package-lock.json",
    ] {
        if !place.there(file) {
            continue;
        }
        let text = place.read(file)?;
        let mut ok = true;
        for (at, line) in text.lines().enumerate() {
            let source = ["\"resolved\"", "source = "].iter().any(|key| line.contains(key));
            if source && line.contains("://") && !KNOWN.iter().any(|k| line.contains(k)) {
                println!("{file}:{}: {}", at + 1, line.trim());
                ok = false;
            }
        }
        counts.add(Counts::check(ok));
    }
    Ok(counts)
}
