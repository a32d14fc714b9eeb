//! The licences of what others wrote and is compiled into a published file: their notices travel with it.
use crate::place::Place;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

/// Which of a crate's texts is shown: the first that it has. Each of them allows what the others do.
const TEXTS: [&str; 8] = [
    "LICENSE-MIT",
    "LICENSE-MIT.md",
    "LICENSE-MIT.txt",
    "LICENSE",
    "LICENSE.md",
    "LICENSE.txt",
    "COPYING",
    "LICENSE-APACHE",
];

/// The notices for one of the workspace's crates, with all its features, built for a target or for this machine.
pub fn text(place: &Place, package: &str, target: Option<&str>) -> Result<String> {
    let mut tree = place.cargo();
    tree.args([
        "tree",
        "--locked",
        "--package",
        package,
        "--edges",
        "normal,no-proc-macro",
        "--all-features",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    tree.args(target.into_iter().flat_map(|t| ["--target", t]));
    let listed = place.output(&mut tree)?;
    let inside: BTreeSet<&str> = listed.lines().map(|line| line.split(" (").next().unwrap_or(line)).collect();
    let metadata = place.output(place.cargo().args(["metadata", "--format-version", "1", "--locked"]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let mut out = String::from(
        "What is compiled into this package besides its own code. The Rust standard library is under MIT OR Apache-2.0.\n",
    );
    for krate in metadata["packages"].as_array().context("cargo metadata lists no packages")? {
        let name = krate["name"].as_str().unwrap_or("");
        let (version, licence) = (krate["version"].as_str().unwrap_or(""), krate["license"].as_str().unwrap_or(""));
        if krate["source"].is_null() || !inside.contains(format!("{name} v{version}").as_str()) {
            continue;
        }
        let folder =
            krate["manifest_path"].as_str().map(Path::new).and_then(Path::parent).context("a crate has no folder")?;
        let own = TEXTS.iter().find_map(|file| std::fs::read_to_string(folder.join(file)).ok());
        ensure!(own.is_some() || !licence.is_empty(), "`{name}` says nothing about its licence");
        write!(out, "\n{}\n{name} {version}: {licence}\n", "-".repeat(80))?;
        if let Some(own) = own {
            write!(out, "\n{}\n", own.replace("\r\n", "\n").trim())?;
        }
    }
    Ok(out)
}
