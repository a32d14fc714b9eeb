//! Builds what is measured, and measures it: each case in a process of its own, held to one core where the system can.
use super::Part;
use super::figures::Figures;
use crate::counts::Counts;
use crate::place::Place;
use crate::{npm, python, sizes, wasm};
use anyhow::{Result, bail, ensure};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

const RUST: &str = "bench/rust/Cargo.toml";
const REQUIREMENTS: &str = "bench/python/requirements.txt";
/// What a page downloads, and what it would of a rival.
const DOWNLOADS: [(&str, &str); 5] = [
    ("size.engine", "bindings-node/src/generated/engine_bg.wasm"),
    ("size.status", "bindings-node/src/generated/status_bg.wasm"),
    ("size.page", "bindings-node/dist/status.js"),
    ("size.inline", "bindings-node/dist/inline.js"),
    ("size.cockatiel", "bench/node/node_modules/cockatiel/dist/esm/index.js"),
];
/// How often each case of Node and Python is started; all of them once, then all of them again.
const ROUNDS: u32 = 3;

/// All that these parts need, each thing once.
pub fn build(place: &Place, parts: &[Part]) -> Result<()> {
    // The core's own figure of the same run is what the binding in Node is held to.
    if parts.contains(&Part::Rust) || parts.contains(&Part::Node) {
        rust(place, &["build", "--release", "--locked"])?;
    }
    if parts.contains(&Part::Node) || parts.contains(&Part::Size) {
        let built = wasm::check(place)?.failed + npm::build(place)?.failed == 0;
        ensure!(built, "the npm package does not build");
        let lock = place.read("bench/node/package-lock.json")?;
        let fresh = if place.there("bench/node/node_modules") { "" } else { "fresh" };
        place.once("bench-npm", &format!("{fresh}{lock}"), || {
            let mut npm = place.program("npm");
            place.must(npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", "bench/node"]))
        })?;
    }
    if parts.contains(&Part::Python) {
        packaged(place)?;
    }
    Ok(())
}

/// The wheel and the rivals, in an environment of their own.
fn packaged(place: &Place) -> Result<()> {
    python::environment(place)?;
    let wheels = place.cache.join("bench-wheel");
    if wheels.exists() {
        std::fs::remove_dir_all(&wheels)?;
    }
    let mut maturin = python::python(place);
    maturin.args(["-m", "maturin", "build", "--release", "--quiet", "--manifest-path", "bindings-python/Cargo.toml"]);
    place.must(maturin.arg("--out").arg(&wheels))?;
    let home = place.cache.join("bench-python");
    let fresh = if interpreter(place).exists() { "" } else { "fresh" };
    if !fresh.is_empty() {
        place.must(python::python(place).args(["-m", "venv"]).arg(&home))?;
    }
    let pip = |args: &[&str]| -> Command {
        let mut pip = place.program(interpreter(place));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(args);
        pip
    };
    let wanted = place.read(REQUIREMENTS)?;
    place.once("bench-pip", &format!("{fresh}{wanted}"), || place.must(&mut pip(&["-r", REQUIREMENTS])))?;
    let wheel = std::fs::read_dir(&wheels)?.next().transpose()?.map(|entry| entry.path());
    let Some(wheel) = wheel else { bail!("no wheel was built") };
    place.must(pip(&["--force-reinstall", "--no-deps", "--no-index"]).arg(wheel))
}

fn interpreter(place: &Place) -> PathBuf {
    place.cache.join("bench-python").join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

/// The part's figures, as they come.
pub fn measure(place: &Place, part: Part, quick: bool, figures: &mut Figures) -> Result<()> {
    about(place, figures)?;
    match part {
        Part::Rust => core(place, quick, false, figures),
        Part::Node => {
            if figures.median("core.full.one").is_none() {
                core(place, quick, true, figures)?;
            }
            let start = || {
                let mut node = pinned(place, "node");
                node.args(["--expose-gc", "bench/node/run.mjs"]);
                node
            };
            rounds(place, &start, quick, figures)
        }
        Part::Python => {
            let start = || {
                let mut python = pinned(place, interpreter(place));
                python.arg("bench/python/run.py");
                python
            };
            rounds(place, &start, quick, figures)
        }
        Part::Size => {
            let files = DOWNLOADS.map(|(_, file)| file);
            for ((name, _), bytes) in DOWNLOADS.iter().zip(sizes::brotli(place, &files)?) {
                figures.add(name, "B", bytes as f64);
            }
            Ok(())
        }
    }
}

/// The core's figures, or only those of its hot path.
fn core(place: &Place, quick: bool, hot: bool, figures: &mut Figures) -> Result<()> {
    println!("core");
    let program = folder(place).join("release").join(format!("brownout-bench{}", std::env::consts::EXE_SUFFIX));
    let mut command = pinned(place, program);
    command.args(quick.then_some("--quick")).args(hot.then_some("--hot"));
    read(place, &mut command, figures)?;
    Ok(())
}

/// Every case in a process of its own, round after round; what is no timing needs one round.
fn rounds(place: &Place, start: &dyn Fn() -> Command, quick: bool, figures: &mut Figures) -> Result<()> {
    let words = read(place, &mut start(), figures)?;
    let Some(names) = words.iter().find_map(|line| line.strip_prefix("cases ")) else { bail!("no cases to run") };
    for round in 0..if quick { 1 } else { ROUNDS } {
        for name in names.split(' ') {
            if round > 0 && (name.starts_with("idle:") || name.starts_with("threads:")) {
                continue;
            }
            println!("{name}, round {}", round + 1);
            let mut one = start();
            for line in read(place, one.arg(name).args(quick.then_some("--quick")), figures)? {
                println!("{line}");
            }
        }
    }
    Ok(())
}

/// That it would build.
pub fn check(place: &Place) -> Result<Counts> {
    let mut counts = Counts::default();
    for args in [&["fmt", "--check"][..], &["check", "--quiet", "--locked"]] {
        counts.add(Counts::check(rust(place, args).is_ok()));
    }
    for file in ["ours.mjs", "rivals.mjs", "run.mjs", "timing.mjs"] {
        let file = format!("bench/node/{file}");
        counts.add(Counts::check(place.run(place.program("node").args(["--check", &file]))?));
    }
    let compile =
        "import ast, pathlib; [ast.parse(f.read_text(), str(f)) for f in pathlib.Path('bench/python').glob('*.py')]";
    let own = python::interpreter(place);
    let any = if own.exists() { own } else { "python3".into() };
    counts.add(Counts::check(place.run(place.program(any).args(["-c", compile]))?));
    Ok(counts)
}

fn rust(place: &Place, args: &[&str]) -> Result<()> {
    let mut cargo = place.cargo();
    place.must(cargo.args(args).args(["--manifest-path", RUST]).env("CARGO_TARGET_DIR", folder(place)))
}

/// The bench has another lock file than the workspace, so it has another target folder.
fn folder(place: &Place) -> PathBuf {
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

/// Runs a program and takes its figures; gives the lines that are none.
fn read(place: &Place, command: &mut Command, figures: &mut Figures) -> Result<Vec<String>> {
    let mut others = Vec::new();
    let ok = place.lines(command, |line| {
        if !figures.read(line) {
            others.push(line.to_string());
        }
    })?;
    if ok { Ok(others) } else { bail!("a bench program failed: {}", others.join("\n")) }
}

/// What it runs on.
fn about(place: &Place, figures: &mut Figures) -> Result<()> {
    let rust = place.output(place.program("rustc").arg("--version"))?;
    figures.fact("Rust", rust.split(' ').nth(1).unwrap_or("?"));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let model = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_string())
    });
    figures.fact("machine", &format!("{cores} cores, {}", model.as_deref().unwrap_or(std::env::consts::ARCH)));
    figures.fact("system", &format!("{} {}", std::env::consts::OS, std::env::consts::ARCH));
    Ok(())
}
