//! Builds that stop inside calls on purpose, and the tests of what becomes of their hosts. Nothing of it is published.
use crate::counts::Counts;
use crate::place::Place;
use crate::{npm, python, wasm};
use anyhow::{Context, Result};
use std::path::PathBuf;

/// All three bindings, one after the other.
pub fn check(place: &Place) -> Result<Counts> {
    let folder = place.cache.join("faulty");
    std::fs::create_dir_all(&folder)?;
    npm::install(place)?;
    wasm::faulty(place, &folder.join("wasm"))?;
    let addon = library(place, "brownout-node", "brownout_node", "brownout.node")?;
    let extension = library(place, "brownout-python", "_core", "_core.so")?;

    let quiet = ("RUST_BACKTRACE", "0");
    let mut vitest = place.program("npm");
    vitest.args(["run", "--silent", "test", "-w", "brownout"]).envs([("CI", "1"), quiet]);
    let mut counts =
        place.tests(vitest.env("BROWNOUT_FAULTY", folder.join("wasm")).env("BROWNOUT_FAULTY_ADDON", &addon))?;
    let mut node = place.program("node");
    node.args(["--test", "bindings-node/native/faulty.test.cjs"]).env("BROWNOUT_ADDON", &addon).envs([quiet]);
    counts.add(place.tests(&mut node)?);
    let mut pytest = python::python(place);
    pytest
        // the plugin would load the extension that does not stop before the tests can put the other in its place
        .args(["-m", "pytest", "-q", "-p", "no:brownout", "bindings-python/tests_faulty"])
        .env("BROWNOUT_FAULTY", &extension)
        .envs([quiet]);
    counts.add(place.tests(&mut pytest)?);
    Ok(counts)
}

/// A binding with its feature `faulty`, built without optimisation: it is the panics that are tested.
fn library(place: &Place, package: &str, built: &str, name: &str) -> Result<PathBuf> {
    let built = build(place, package, "faulty", built)?;
    let copy = place.cache.join("faulty").join(name);
    std::fs::copy(&built, &copy).with_context(|| format!("`{}` cannot be copied", built.display()))?;
    Ok(copy)
}

/// A binding with one of its features, built for a look at it.
pub fn build(place: &Place, package: &str, feature: &str, built: &str) -> Result<PathBuf> {
    let mut cargo = place.cargo();
    cargo.args(["build", "--quiet", "-p", package, "--features", feature]);
    cargo.env("PYO3_PYTHON", python::interpreter(place)).env("PYO3_BUILD_EXTENSION_MODULE", "1");
    place.must(&mut cargo)?;
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    Ok(place.target.join("debug").join(format!("{prefix}{built}{suffix}")))
}
