//! The contract's vectors, played through each runner: every one must pass, and all must print the same digest.
use crate::counts::Counts;
use crate::place::Place;
use crate::{npm, python, wasm};
use anyhow::Result;
use std::process::Command;

fn command(place: &Place, runner: &str, paths: &[String]) -> Command {
    let mut command = place.cargo();
    command.args(["run", "--quiet", "-p", "brownout-tests", "--bin", "vectors", "--", "--runner", runner]).args(paths);
    command
}

/// Builds what a runner drives, so that no old binding is played.
fn build(place: &Place, runner: &str) -> Result<()> {
    let is = |name: &str| runner == name || runner == "all";
    if is("wasm") {
        wasm::toolchain(place)?;
        wasm::check(place)?;
    }
    if is("wasm") || is("node") {
        npm::install(place)?;
    }
    if is("node") {
        npm::addon(place)?;
    }
    if is("python") {
        python::build(place)?;
    }
    Ok(())
}

/// Plays files or folders, also from outside the repository. One runner, or all of them.
pub fn play(place: &Place, runner: Option<&str>, paths: &[String]) -> Result<bool> {
    let absolute: Vec<String> =
        paths.iter().map(|p| std::path::absolute(p).map_or(p.clone(), |p| p.display().to_string())).collect();
    let name = runner.unwrap_or("all");
    build(place, name)?;
    place.run(&mut command(place, name, &absolute))
}

/// All vectors through all runners.
pub fn check(place: &Place) -> Result<Counts> {
    place.tests(&mut command(place, "all", &[]))
}
