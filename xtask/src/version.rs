//! One version number, in the workspace's `Cargo.toml`; everything else that names it is written and checked from there.
use crate::counts::Counts;
use crate::place::Place;
use anyhow::{Context, Result, bail, ensure};

/// A place that names the version: the file, the text right before the number, and what stands there for a version.
struct Spot {
    file: &'static str,
    before: String,
    number: fn(&str) -> String,
}

fn spots(place: &Place) -> Result<Vec<Spot>> {
    let whole = |file, before: &str| Spot { file, before: before.into(), number: str::to_string };
    let mut spots = vec![
        whole("Cargo.toml", "[workspace.package]\nversion = \""),
        whole("Cargo.toml", "\nbrownout = { path = \"core\", version = \"="),
        whole("bindings-wasm/Cargo.toml", "\nbrownout = { path = \"../core\", version = \"="),
        whole("bindings-node/package.json", "\n  \"version\": \""),
        whole("bindings-node/native/package.json", "\n  \"version\": \""),
        whole("bindings-python/pyproject.toml", "\nversion = \""),
        whole("package-lock.json", "\n    \"bindings-node\": {\n      \"name\": \"brownout\",\n      \"version\": \""),
        Spot { file: "bindings-node/src/series.ts", before: "\"brownout@".into(), number: series },
    ];
    // the lock names a member of the workspace without a source
    for block in place.read("Cargo.lock")?.split("[[package]]\n").skip(1).filter(|block| !block.contains("\nsource = "))
    {
        let name = block.lines().next().context("`Cargo.lock` has an empty entry")?;
        spots.push(whole("Cargo.lock", &format!("[[package]]\n{name}\nversion = \"")));
    }
    Ok(spots)
}

/// The versions that may stand in for each other: `1` for 1.4.2, `0.1` for 0.1.7.
fn series(version: &str) -> String {
    let parts: Vec<&str> = version.split('.').collect();
    match parts[..] {
        ["0", minor, ..] => format!("0.{minor}"),
        [major, ..] => major.to_string(),
        [] => String::new(),
    }
}

/// The version of the workspace.
pub fn number(place: &Place) -> Result<String> {
    let manifest: toml::Table = place.read("Cargo.toml")?.parse()?;
    let version = manifest.get("workspace").and_then(|w| w.get("package")).and_then(|p| p.get("version"));
    Ok(version.and_then(|v| v.as_str()).context("`Cargo.toml` has no `workspace.package.version`")?.to_string())
}

/// Every place names the workspace's version.
pub fn check(place: &Place) -> Result<Counts> {
    let version = number(place)?;
    let mut counts = Counts::default();
    for spot in spots(place)? {
        let text = place.read(spot.file)?;
        let (wanted, range) = ((spot.number)(&version), find(&text, &spot)?);
        let found = &text[range];
        if found != wanted {
            println!("{}: `{found}` should be `{wanted}`: run `cargo xtask version {version}`", spot.file);
        }
        counts.add(Counts::check(found == wanted));
    }
    Ok(counts)
}

/// Writes a version into every place.
pub fn set(place: &Place, version: &str) -> Result<()> {
    let numbers = version.split(['-', '+']).next().unwrap_or_default();
    let three = numbers.split('.').filter(|part| part.parse::<u32>().is_ok_and(|n| n.to_string() == *part)).count();
    ensure!(three == 3 && numbers.split('.').count() == 3, "`{version}` is no version: give it as 1.2.3");
    for spot in spots(place)? {
        let mut text = place.read(spot.file)?;
        let range = find(&text, &spot)?;
        text.replace_range(range, &(spot.number)(version));
        std::fs::write(place.root.join(spot.file), text)?;
    }
    println!("{version}");
    Ok(())
}

/// Where the number stands.
fn find(text: &str, spot: &Spot) -> Result<std::ops::Range<usize>> {
    let Some(at) = text.find(&spot.before) else {
        bail!("`{}` names no version after `{}`", spot.file, spot.before.trim())
    };
    let start = at + spot.before.len();
    let length = text[start..].find(['"', '/']).with_context(|| format!("`{}` ends inside a version", spot.file))?;
    Ok(start..start + length)
}

#[cfg(test)]
mod tests {
    use super::series;

    #[test]
    fn versions_of_one_series_may_stand_in_for_each_other() {
        for (version, expected) in [("0.1.0", "0.1"), ("0.12.3", "0.12"), ("1.0.0", "1"), ("2.4.1-rc.1", "2")] {
            assert_eq!(series(version), expected);
        }
    }
}
