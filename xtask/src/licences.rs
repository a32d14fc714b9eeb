//! Licences of every crate in the lock file, against the allow-list of `deny.toml` (the same list that cargo-deny reads).
use crate::counts::Counts;
use crate::place::Place;
use anyhow::{Context, Result};
use serde_json::Value;

/// One check per foreign crate.
pub fn check(place: &Place) -> Result<Counts> {
    let deny: toml::Table = place.read("deny.toml")?.parse()?;
    let allow: Vec<&str> = deny["licenses"]["allow"]
        .as_array()
        .context("`licenses.allow` is no list")?
        .iter()
        .filter_map(|v| v.as_str())
        .collect();
    let mut counts = Counts::default();
    for manifest in ["Cargo.toml", "bench/rust/Cargo.toml"] {
        counts.add(crates_of(place, manifest, &allow)?);
    }
    Ok(counts)
}

/// Every crate that this manifest's lock file names.
fn crates_of(place: &Place, manifest: &str, allow: &[&str]) -> Result<Counts> {
    let mut cargo = place.cargo();
    let text =
        place.output(cargo.args(["metadata", "--format-version", "1", "--locked", "--manifest-path", manifest]))?;
    let metadata: Value = serde_json::from_str(&text)?;
    let mut bad = 0;
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    for package in packages {
        let licence = package["license"].as_str().unwrap_or("");
        let source = package["source"].as_str();
        let from_registry = source.is_none_or(|s| s.starts_with("registry+"));
        if !from_registry || !allowed(licence, allow) {
            println!(
                "{} {}: licence `{licence}` from {}",
                package["name"],
                package["version"],
                source.unwrap_or("here")
            );
            bad += 1;
        }
    }
    println!("{manifest}: {} crates, {bad} not allowed", packages.len());
    Ok(Counts::check(bad == 0))
}

/// Is one of the alternatives of an SPDX expression wholly allowed?
fn allowed(expression: &str, allow: &[&str]) -> bool {
    let parts = |text: &str, word: &str| -> Vec<String> {
        let (mut depth, mut out, mut current) = (0, Vec::new(), Vec::new());
        for token in text.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ").split_whitespace() {
            match token {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            if depth == 0 && token == word {
                out.push(std::mem::take(&mut current).join(" "));
            } else {
                current.push(token.to_string());
            }
        }
        out.push(current.join(" "));
        out
    };
    parts(expression, "OR").iter().any(|choice| {
        parts(choice, "AND").iter().all(|one| {
            let one = one.trim();
            match one.strip_prefix("( ").and_then(|o| o.strip_suffix(" )")) {
                Some(inner) => allowed(inner, allow),
                None => allow.contains(&one),
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn an_expression_is_allowed_when_one_choice_is() {
        let allow = ["MIT", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"];
        for yes in [
            "MIT",
            "GPL-3.0 OR MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0/MIT",
            "Apache-2.0 WITH LLVM-exception OR X",
        ] {
            assert!(allowed(yes, &allow), "{yes}");
        }
        for no in ["", "GPL-3.0", "MIT AND GPL-3.0", "(GPL-3.0 OR X) AND MIT"] {
            assert!(!allowed(no, &allow), "{no}");
        }
    }
}
