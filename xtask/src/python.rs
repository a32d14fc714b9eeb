//! The Python side: a virtual environment that is kept, the built package in it, and its tests.
use crate::counts::Counts;
use crate::place::Place;
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::process::Command;

/// What the tests and the examples need.
const REQUIREMENTS: [&str; 2] = ["bindings-python/requirements-dev.txt", "examples/fastapi-service/requirements.txt"];

/// The interpreter of the repository's virtual environment.
pub fn interpreter(place: &Place) -> PathBuf {
    let bin = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
    place.root.join(".venv").join(bin)
}

/// That interpreter, to be started.
pub fn python(place: &Place) -> Command {
    let mut command = place.program(interpreter(place));
    command.env("VIRTUAL_ENV", place.root.join(".venv")).env_remove("PYTHONHOME");
    command
}

/// The virtual environment with what the tests need.
pub fn environment(place: &Place) -> Result<()> {
    if !interpreter(place).exists() {
        let Some(found) = ["python3.13", "python3.12", "python3.11", "python3"].into_iter().find(|p| place.has(p))
        else {
            bail!("the Python binding needs Python 3.11 or newer: install python3 and python3-venv");
        };
        place.must(place.program(found).args(["-m", "venv", ".venv"]))?;
    }
    let files: Vec<&str> = REQUIREMENTS.into_iter().filter(|file| place.there(file)).collect();
    let mut wanted = String::from(if place.there(".venv/.filled") { "" } else { "fresh\n" });
    for file in &files {
        wanted.push_str(&place.read(file)?);
    }
    place.once("pip", &wanted, || {
        let mut pip = python(place);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        place.must(pip.args(files.iter().flat_map(|file| ["-r", file])))?;
        Ok(std::fs::write(place.root.join(".venv/.filled"), "")?)
    })
}

/// Builds the extension and installs the package into the environment, its Python sources linked.
pub fn build(place: &Place) -> Result<Counts> {
    environment(place)?;
    let mut maturin = python(place);
    maturin.args(["-m", "maturin", "develop", "--release", "--quiet", "--manifest-path", "bindings-python/Cargo.toml"]);
    place.must(&mut maturin)?;
    Ok(Counts::check(
        place.run(python(place).args(["-c", "import brownout._core as core; print('brownout', core.version())"]))?,
    ))
}

/// The Python tests.
pub fn test(place: &Place) -> Result<Counts> {
    let mut counts = Counts::default();
    for check in [
        &["-m", "ruff", "check", "--quiet", "bindings-python"][..],
        &["-m", "mypy", "--strict", "--no-error-summary", "bindings-python/python/brownout"],
        // the declarations of the binding against what it really has
        &["-m", "mypy.stubtest", "--concise", "brownout._core"],
    ] {
        counts.add(Counts::check(place.run(python(place).args(check))?));
    }
    counts.add(place.tests(python(place).args(["-m", "pytest", "-q", "bindings-python/tests"]))?);
    Ok(counts)
}
