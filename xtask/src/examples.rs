//! The examples: their tests, and the demo that plays an incident through a Node and a Python service.
use crate::counts::Counts;
use crate::place::Place;
use crate::python;
use anyhow::Result;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The demo: live, until it is interrupted, or with `--once` stepped through its script and compared.
pub fn demo(place: &Place, args: &[OsString]) -> Result<bool> {
    let once = args.iter().any(|arg| arg == "--once");
    let script = if once { "examples/demo/once.mjs" } else { "examples/demo/live.mjs" };
    let mut command = place.program("node");
    command.arg(script).args(args.iter().filter(|arg| *arg != "--once")).env("PYTHON", python::interpreter(place));
    place.run(&mut command)
}

/// The demo without a person.
pub fn once(place: &Place) -> Result<Counts> {
    Ok(Counts::check(demo(place, &["--once".into()])?))
}

/// Every `*.test.mjs` and `test_*.py` under `examples`.
pub fn test(place: &Place) -> Result<Counts> {
    let mut counts = Counts::default();
    let files = found(&place.root.join("examples"))?;
    let (python, node): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|file| file.extension().is_some_and(|e| e == "py"));
    if !node.is_empty() {
        counts.add(place.tests(place.program("node").arg("--test").args(node))?);
    }
    if !python.is_empty() {
        counts.add(place.tests(python::python(place).args(["-m", "pytest", "-q"]).args(python))?);
    }
    Ok(counts)
}

fn found(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() && name != "node_modules" && !name.starts_with('.') {
            files.extend(found(&path)?);
        } else if name.ends_with(".test.mjs") || (name.starts_with("test_") && name.ends_with(".py")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
