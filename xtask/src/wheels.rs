//! The wheels and the source distribution, as their users get them: built, looked at, installed where nothing else is.
use crate::counts::Counts;
use crate::place::Place;
use crate::python;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What building wheels and trying them takes.
const REQUIREMENTS: &str = "bindings-python/requirements-wheels.txt";
/// Old enough for every Linux in use.
const LINUX: &str = "manylinux2014";
const ARM: &str = "aarch64-unknown-linux-gnu";

/// Everything for one release into `out`: the wheel for this machine, the one for 64-bit ARM where its standard library can be
/// had, and the sources. Gives their paths.
pub fn package(place: &Place, out: &Path) -> Result<Vec<PathBuf>> {
    environment(place)?;
    let mut made = vec![wheel(place, out, None)?, sources(place, out)?];
    if arm_is_there(place) {
        made.push(wheel(place, out, Some(ARM))?);
    }
    Ok(made)
}

/// Builds all of it and tries it on consumers that know nothing of this repository.
pub fn check(place: &Place) -> Result<Counts> {
    let out = place.cache.join("wheels");
    if out.exists() {
        std::fs::remove_dir_all(&out)?;
    }
    std::fs::create_dir_all(&out)?;
    package(place, &out)?;
    let mut pytest = python::python(place);
    pytest.args(["-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "tests/wheel"]);
    pytest.env("BROWNOUT_WHEELS", &out).env("CARGO_TARGET_DIR", place.target.join("sdist"));
    place.tests(&mut pytest)
}

fn environment(place: &Place) -> Result<()> {
    python::environment(place)?;
    place.once("pip-wheels", &place.read(REQUIREMENTS)?, || {
        let mut pip = python::python(place);
        place.must(pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS]))
    })
}

fn maturin(place: &Place, verb: &str, out: &Path) -> Result<Command> {
    let mut maturin = python::python(place);
    let folder = python::interpreter(place).parent().context("the interpreter lies in no folder")?.to_path_buf();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&path)))?;
    maturin.args(["-m", "maturin", verb, "--manifest-path", "bindings-python/Cargo.toml", "--out"]).arg(out);
    maturin.env("PATH", all).env("CARGO_TARGET_DIR", place.target.join("wheels"));
    Ok(maturin)
}

/// One wheel. For Linux the linker and the C library's versions come from zig, so that every machine builds the same tag.
fn wheel(place: &Place, out: &Path, target: Option<&str>) -> Result<PathBuf> {
    let fresh = place.cache.join("wheel");
    if fresh.exists() {
        std::fs::remove_dir_all(&fresh)?;
    }
    let mut build = maturin(place, "build", &fresh)?;
    build.arg("--release");
    if cfg!(target_os = "linux") {
        build.args(["--zig", "--compatibility", LINUX]);
    }
    build.args(target.into_iter().flat_map(|triple| ["--target", triple]));
    place.must(&mut build)?;
    moved(&fresh, out)
}

fn sources(place: &Place, out: &Path) -> Result<PathBuf> {
    let fresh = place.cache.join("sdist");
    if fresh.exists() {
        std::fs::remove_dir_all(&fresh)?;
    }
    place.must(&mut maturin(place, "sdist", &fresh)?)?;
    moved(&fresh, out)
}

/// The one file that was made.
fn moved(fresh: &Path, out: &Path) -> Result<PathBuf> {
    let Some(file) = std::fs::read_dir(fresh)?.next() else { bail!("`{}` holds nothing", fresh.display()) };
    let file = file?;
    let to = out.join(file.file_name());
    std::fs::rename(file.path(), &to)?;
    Ok(to)
}

/// The standard library for 64-bit ARM: there, or fetched now; else the command to type, and no claim.
fn arm_is_there(place: &Place) -> bool {
    if !cfg!(target_os = "linux") {
        return false;
    }
    let there = |place: &Place| {
        let list = place.output(place.program("rustup").args(["target", "list", "--installed"]));
        list.is_ok_and(|list| list.lines().any(|line| line.trim() == ARM))
    };
    if there(place) {
        return true;
    }
    let fetched =
        place.has("rustup") && place.run(place.program("rustup").args(["target", "add", ARM])).unwrap_or(false);
    if !(fetched && there(place)) {
        println!("no wheel for 64-bit ARM was built: `rustup target add {ARM}`, then run this again");
        return false;
    }
    true
}
