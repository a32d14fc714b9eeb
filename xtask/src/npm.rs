//! The npm side: packages, the native addon, the TypeScript build and its tests.
use crate::counts::Counts;
use crate::notices;
use crate::place::Place;
use crate::python;
use crate::sizes;
use crate::wasm;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// The packages of the workspace, as the lock file says.
pub fn install(place: &Place) -> Result<()> {
    let lock = place.read("package-lock.json")?;
    let stale = if place.there("node_modules") { "" } else { "fresh" };
    place.once("npm", &format!("{stale}{lock}"), || {
        place.must(place.program("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))
    })
}

/// Type-checks, bundles and declares the package `brownout`.
pub fn build(place: &Place) -> Result<Counts> {
    wasm::ready(place)?;
    install(place)?;
    let built = place.run(place.program("npm").args(["run", "--silent", "build", "-w", "brownout"]))?;
    if built {
        let notices = notices::text(place, "brownout-wasm", Some(wasm::TARGET))?;
        std::fs::write(place.root.join("bindings-node/dist/THIRD-PARTY.txt"), notices)?;
        sizes::check(place, sizes::ENTRIES)?;
    }
    Ok(Counts::check(built))
}

/// The TypeScript tests.
pub fn test(place: &Place) -> Result<Counts> {
    install(place)?;
    let types = place.run(place.program("npm").args(["run", "--silent", "check", "-w", "brownout"]))?;
    let mut counts = Counts::check(types);
    counts.add(place.tests(place.program("npm").args(["run", "--silent", "test", "-w", "brownout"]).env("CI", "1"))?);
    Ok(counts)
}

/// Builds the native addon and puts it where its package looks for it.
pub fn addon(place: &Place) -> Result<()> {
    // A target folder of its own: other flags than the rest would build everything again each time.
    let target = place.target.join("addon");
    let mut cargo = place.cargo();
    cargo.args(["build", "--release", "-p", "brownout-node", "--target-dir"]).arg(&target);
    cargo.env("RUSTFLAGS", place.nameless()).env("CARGO_PROFILE_RELEASE_STRIP", "symbols");
    place.must(&mut cargo)?;
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let built = target.join("release").join(format!("{prefix}brownout_node{suffix}"));
    let folder = place.root.join("bindings-node/native");
    // Another inode each time: a running process keeps the file that it has mapped.
    let (fresh, addon) = (folder.join("brownout.node.new"), folder.join("brownout.node"));
    std::fs::copy(&built, &fresh).with_context(|| format!("`{}` cannot be copied", built.display()))?;
    std::fs::rename(&fresh, &addon)?;
    Ok(std::fs::write(folder.join("THIRD-PARTY.txt"), notices::text(place, "brownout-node", None)?)?)
}

/// The native addon, built and tried.
pub fn native(place: &Place) -> Result<Counts> {
    addon(place)?;
    place.tests(place.program("node").args(["--test", "bindings-node/native/test.cjs"]))
}

/// Packs a built package into a folder, as the registry would get it.
pub fn pack(place: &Place, package: &str, into: &Path) -> Result<PathBuf> {
    let mut npm = place.program("npm");
    npm.args(["pack", "--json", "--ignore-scripts", "--loglevel=error", "--pack-destination"]).arg(into);
    let said = place.output(npm.current_dir(place.root.join(package)))?;
    let packed: serde_json::Value = serde_json::from_str(&said).context("`npm pack` said something else than JSON")?;
    let name = packed[0]["filename"].as_str().context("`npm pack` names no file")?;
    Ok(into.join(name))
}

/// Both packages in a clean folder: `brownout` alone, then with `brownout-native` beside it.
pub fn beside(place: &Place) -> Result<Counts> {
    place.tests(place.program("node").args(["--test", "tests/package/native.test.mjs"]))
}

/// The built package as its users get it.
pub fn package(place: &Place) -> Result<Counts> {
    place.tests(place.program("node").args(["--test", "tests/package/package.test.mjs"]))
}

/// The packed package in the applications under `tests/consumers`, each installed and built with its own tools.
pub fn consumers(place: &Place) -> Result<Counts> {
    chromium(place)?;
    let packed = place.cache.join("packed");
    std::fs::create_dir_all(&packed)?;
    let tarball = pack(place, "bindings-node", &packed)?;
    let folder = place.root.join("tests/consumers");
    let names = std::fs::read_dir(&folder)?.map(|entry| entry.map(|e| e.path())).collect::<Result<Vec<_>, _>>()?;
    let mut files: Vec<_> = names.into_iter().filter(|f| f.to_string_lossy().ends_with(".test.mjs")).collect();
    files.sort();
    let mut node = place.program("node");
    place.tests(node.args(["--test", "--test-concurrency=2"]).args(files).env("BROWNOUT_TARBALL", tarball))
}

/// Both command lines against one set of answers.
pub fn cli(place: &Place) -> Result<Counts> {
    place.tests(
        place.program("node").args(["--test", "tests/cli/cli.test.mjs"]).env("PYTHON", python::interpreter(place)),
    )
}

/// The banner and the engine in Chromium, which is fetched where it is missing.
pub fn browser(place: &Place) -> Result<Counts> {
    let mut counts = in_chromium(place, "tests/browser/page.test.mjs")?;
    counts.add(in_chromium(place, "tests/browser/playground.test.mjs")?);
    Ok(counts)
}

/// Builds the playground, a single page.
pub fn playground(place: &Place) -> Result<bool> {
    let mut node = place.program("node");
    place.run(node.arg("examples/playground/build.mjs").arg(place.root.join("dist/playground")))
}

/// The demo's page in Chromium, against both services.
pub fn incident(place: &Place) -> Result<Counts> {
    in_chromium(place, "tests/browser/incident.test.mjs")
}

fn chromium(place: &Place) -> Result<()> {
    if std::env::var_os("CHROMIUM").is_none() && !place.has("/usr/bin/chromium") {
        place.debian(&["chromium"], "the browser tests")?;
    }
    Ok(())
}

fn in_chromium(place: &Place, file: &str) -> Result<Counts> {
    chromium(place)?;
    place.tests(place.program("node").args(["--test", file]).env("PYTHON", python::interpreter(place)))
}
