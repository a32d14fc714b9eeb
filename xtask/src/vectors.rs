//! The contract's vectors, played through each runner: every one must pass, and all must print the same digest.
use crate::counts::Counts;
use crate::place::Place;
use anyhow::Result;
use std::process::Command;

fn runner(place: &Place, runners: &[String], paths: &[String]) -> Command {
    let mut command = place.cargo();
    command.args(["run", "--quiet", "-p", "brownout-tests", "--bin", "vectors", "--"]);
    for runner in runners {
        command.args(["--runner", runner]);
    }
    command.args(paths);
    command
}

/// Plays files or folders, also from outside the repository.
pub fn play(place: &Place, runners: &[String], paths: &[String]) -> Result<bool> {
    let absolute: Vec<String> =
        paths.iter().map(|p| std::path::absolute(p).map_or(p.clone(), |p| p.display().to_string())).collect();
    let all = ["all".to_string()];
    place.run(&mut runner(place, if runners.is_empty() { &all } else { runners }, &absolute))
}

/// All vectors through all runners.
pub fn check(place: &Place) -> Result<Counts> {
    place.tests(&mut runner(place, &["all".into()], &[]))
}
