//! Builds what is measured, and measures it: each program in a process of its own, held to one core where the system can.
use super::Part;
use super::figures::Figures;
use crate::counts::Counts;
use crate::place::Place;
use anyhow::{Result, bail};
use std::ffi::OsStr;
use std::process::Command;

const RUST: &str = "bench/rust/Cargo.toml";

/// All that a part needs.
pub fn build(place: &Place, part: Part) -> Result<()> {
    match part {
        Part::Rust => place.must(
            place
                .cargo()
                .args(["build", "--release", "--locked", "--manifest-path", RUST])
                .env("CARGO_TARGET_DIR", folder(place)),
        ),
        Part::Node | Part::Python | Part::Size => Ok(()),
    }
}

/// The part's figures, as they come.
pub fn measure(place: &Place, part: Part, quick: bool, figures: &mut Figures) -> Result<()> {
    about(place, part, figures)?;
    let quick: &[&str] = if quick { &["--quick"] } else { &[] };
    match part {
        Part::Rust => {
            let program = folder(place).join("release").join(format!("brownout-bench{}", std::env::consts::EXE_SUFFIX));
            read(place, pinned(place, program).args(quick), figures)
        }
        Part::Node | Part::Python | Part::Size => Ok(()),
    }
}

/// That it would build.
pub fn check(place: &Place) -> Result<Counts> {
    let rust = |args: &[&str]| -> Result<Counts> {
        let mut cargo = place.cargo();
        cargo.args(args).args(["--manifest-path", RUST]).env("CARGO_TARGET_DIR", folder(place));
        Ok(Counts::check(place.run(&mut cargo)?))
    };
    let mut counts = rust(&["fmt", "--check"])?;
    counts.add(rust(&["check", "--quiet", "--locked"])?);
    Ok(counts)
}

/// The bench has another lock file than the workspace, so it has another target folder.
fn folder(place: &Place) -> std::path::PathBuf {
    place.target.join("bench")
}

/// A program that stays on one core: all its threads are paid for, and none is moved.
fn pinned(place: &Place, program: impl AsRef<OsStr>) -> Command {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if cores > 1 && place.has("taskset") {
        let mut command = place.program("taskset");
        command.arg("-c").arg((cores - 1).to_string()).arg(program);
        return command;
    }
    place.program(program)
}

/// Runs a program and takes its figures; whatever else it says is shown.
fn read(place: &Place, command: &mut Command, figures: &mut Figures) -> Result<()> {
    let ok = place.lines(command, |line| {
        if !figures.read(line) {
            println!("{line}");
        }
    })?;
    if ok { Ok(()) } else { bail!("a bench program failed") }
}

/// What the part runs on.
fn about(place: &Place, part: Part, figures: &mut Figures) -> Result<()> {
    let version = |program: &str, args: &[&str]| place.output(place.program(program).args(args));
    match part {
        Part::Rust => figures.fact("Rust", version("rustc", &["--version"])?.split(' ').nth(1).unwrap_or("?")),
        Part::Node | Part::Python | Part::Size => {}
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let model = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_string())
    });
    figures.fact("machine", &format!("{cores} cores, {}", model.as_deref().unwrap_or(std::env::consts::ARCH)));
    figures.fact("system", &format!("{} {}", std::env::consts::OS, std::env::consts::ARCH));
    Ok(())
}
