//! `cargo xtask package`: what is published, built into `dist/`, with a record of where each file came from.
//!
//! A part builds one package and puts its files into `dist/`; the frame sees that each carries its licences and its README,
//! and writes `dist/PROVENANCE.json` over all of them.
use crate::place::Place;
use crate::{npm, version, wasm, wheels};
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

struct Part {
    name: &'static str,
    what: &'static str,
    /// Builds the package and puts its files into the folder; gives their paths.
    make: fn(&Place, &Path) -> Result<Vec<PathBuf>>,
}

const PARTS: &[Part] = &[
    Part { name: "npm", what: "npm package `brownout`", make: npm_package },
    Part { name: "native", what: "npm package `brownout-native`, for this platform", make: native_package },
    Part { name: "wheels", what: "wheels and sources of the Python package", make: wheels::package },
];

/// Builds the parts asked for, or all, and writes the record.
pub fn run(place: &Place, only: &[String]) -> Result<bool> {
    if let Some(unknown) = only.iter().find(|o| !PARTS.iter().any(|part| part.name == *o)) {
        let names: Vec<_> = PARTS.iter().map(|part| part.name).collect();
        bail!("`{unknown}` is no part: {}", names.join(", "));
    }
    ensure!(version::check(place)?.failed == 0, "the versions differ");
    let dist = place.root.join("dist");
    if only.is_empty() && dist.exists() {
        std::fs::remove_dir_all(&dist)?;
    }
    std::fs::create_dir_all(&dist)?;
    for part in PARTS.iter().filter(|part| only.is_empty() || only.iter().any(|o| o == part.name)) {
        println!("{}: {}", part.name, part.what);
        for file in (part.make)(place, &dist)? {
            whole(place, &file)?;
        }
    }
    for file in ["LICENSE", "LICENSE-MIT", "LICENSE-APACHE", "README.md"] {
        std::fs::copy(place.root.join(file), dist.join(file))?;
    }
    let record = provenance(place, &dist)?;
    for artefact in record["artefacts"].as_array().into_iter().flatten() {
        println!("{} {:>9} {}", artefact["sha256"].as_str().unwrap_or(""), artefact["bytes"], artefact["file"]);
    }
    std::fs::write(dist.join("PROVENANCE.json"), format!("{record:#}\n"))?;
    Ok(true)
}

fn npm_package(place: &Place, dist: &Path) -> Result<Vec<PathBuf>> {
    for step in [wasm::check, npm::build] {
        ensure!(step(place)?.failed == 0, "the npm package does not build");
    }
    Ok(vec![npm::pack(place, "bindings-node", dist)?])
}

fn native_package(place: &Place, dist: &Path) -> Result<Vec<PathBuf>> {
    npm::addon(place)?;
    Ok(vec![npm::pack(place, "bindings-node/native", dist)?])
}

/// An artefact without its licences or its README is not published.
fn whole(place: &Place, file: &Path) -> Result<()> {
    let list = contents(place, file)?;
    for wanted in ["LICENSE-MIT", "LICENSE-APACHE"] {
        ensure!(list.lines().any(|l| l.ends_with(wanted)), "`{}` carries no {wanted}", file.display());
    }
    // an addon is opened by its own loader; a wheel names what is in it in its bill of materials
    let noticed = ["THIRD-PARTY.txt", "/sboms/"].iter().any(|wanted| list.contains(wanted));
    if !noticed {
        println!("`{}` carries no notices of what is compiled into it", file.display());
    }
    let readme = list.lines().any(|l| l.ends_with("README.md") || l.ends_with("/METADATA"));
    ensure!(readme, "`{}` carries no README", file.display());
    Ok(())
}

/// The names in an archive, one a line.
fn contents(place: &Place, file: &Path) -> Result<String> {
    if file.extension().is_some_and(|e| e == "whl") {
        let list = "import sys, zipfile; print('\\n'.join(zipfile.ZipFile(sys.argv[1]).namelist()))";
        return place.output(place.program(crate::python::interpreter(place)).args(["-c", list]).arg(file));
    }
    place.output(place.program("tar").arg("-tzf").arg(file))
}

fn provenance(place: &Place, dist: &Path) -> Result<Value> {
    let git = |args: &[&str]| place.output(place.program("git").args(args)).map(|text| text.trim().to_string());
    let changed = !git(&["status", "--porcelain"])?.is_empty();
    let mut tools = Map::new();
    let python = python_or_any(place);
    for (name, program) in
        [("rustc", "rustc".as_ref()), ("node", "node".as_ref()), ("npm", "npm".as_ref()), ("python", python.as_path())]
    {
        if place.has(&program.to_string_lossy()) {
            tools.insert(name.into(), place.output(place.program(program).arg("--version"))?.trim().into());
        }
    }
    let mut wasm_hashes = Map::new();
    for build in ["engine", "status", "tools"] {
        let file = wasm::generated(place).join(format!("{build}_bg.wasm"));
        if file.exists() {
            wasm_hashes.insert(build.into(), hash(&file)?.into());
        }
    }
    let mut files: Vec<PathBuf> = std::fs::read_dir(dist)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    files.sort();
    let mut artefacts = Vec::new();
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "tgz" || e == "gz" || e == "whl")) {
        let name = file.file_name().context("a file has no name")?.to_string_lossy();
        artefacts.push(json!({ "file": name, "bytes": std::fs::metadata(file)?.len(), "sha256": hash(file)? }));
    }
    Ok(json!({
        "name": "brownout",
        "version": version::number(place)?,
        "commit": git(&["rev-parse", "HEAD"])?,
        "changed_since_commit": changed,
        "tools": tools,
        "wasm_sha256": wasm_hashes,
        "artefacts": artefacts,
    }))
}

fn python_or_any(place: &Place) -> PathBuf {
    let own = crate::python::interpreter(place);
    if own.exists() { own } else { "python3".into() }
}

/// SHA-256 as hex.
fn hash(file: &Path) -> Result<String> {
    let bytes = std::fs::read(file).with_context(|| format!("`{}` cannot be read", file.display()))?;
    Ok(Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}
