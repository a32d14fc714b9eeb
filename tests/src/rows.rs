//! Which requirement rows are proven by which test.
use crate::vector;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// One row of the requirements.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// Its id, such as `R-1076`.
    pub id: String,
    /// What kind of rule it is, one letter.
    pub tag: String,
    /// What is asked for.
    pub requirement: String,
    /// Its numbers.
    pub numbers: String,
}

const SKIPPED: [&str; 8] = ["target", "node_modules", ".git", ".venv", "dist", "pkg", "__pycache__", "generated"];
const SOURCES: [&str; 6] = ["rs", "ts", "tsx", "mjs", "js", "py"];

/// Reads the table of rows: tab-separated, a head line first.
pub fn read(file: &Path) -> Result<Vec<Row>, String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    text.lines()
        .skip(1)
        .map(|line| {
            let mut cells = line.split('\t').map(str::to_string);
            let mut cell = || cells.next().ok_or_else(|| format!("a short line: {line}"));
            Ok(Row { id: cell()?, tag: cell()?, requirement: cell()?, numbers: cell()? })
        })
        .collect()
}

/// Every row that some test claims, with the tests: vectors by `covers`, sources by a comment `covers: …` above the test.
pub fn claims(root: &Path) -> Result<BTreeMap<String, BTreeSet<String>>, String> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for v in vector::collect(&[root.join("tests").join("vectors")])? {
        for id in &v.covers {
            found.entry(id.clone()).or_default().insert(format!("vector {}", v.name));
        }
    }
    let mut files = Vec::new();
    sources(root, &mut files);
    files.sort();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let shown = file.strip_prefix(root).unwrap_or(&file).display().to_string();
        let mut claimed: Vec<String> = Vec::new();
        for line in text.lines() {
            match covers(line) {
                Some(ids) => claimed.extend(ids),
                None => {
                    if let (false, Some(name)) = (claimed.is_empty(), test_name(line)) {
                        for id in claimed.drain(..) {
                            found.entry(id).or_default().insert(format!("{shown}: {name}"));
                        }
                    }
                }
            }
        }
        if let Some(id) = claimed.first() {
            return Err(format!("{shown}: `covers: {id}` stands above no test"));
        }
    }
    Ok(found)
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if path.is_dir() && !SKIPPED.contains(&name.as_ref()) {
            sources(&path, files);
        } else if path.extension().and_then(|e| e.to_str()).is_some_and(|e| SOURCES.contains(&e)) {
            files.push(path);
        }
    }
}

/// The ids of a comment line `// covers: R-1, R-2` or `# covers: …`.
fn covers(line: &str) -> Option<Vec<String>> {
    let rest = line.trim_start().trim_start_matches(['/', '#', '*', ' ']).strip_prefix("covers: ")?;
    let comment = line.trim_start().starts_with(['/', '#', '*']);
    let ids: Vec<String> = rest.split(',').map(|s| s.trim().to_string()).filter(|s| s.starts_with("R-")).collect();
    (comment && !ids.is_empty()).then_some(ids)
}

/// The name of the test that a line opens.
fn test_name(line: &str) -> Option<String> {
    let line = line.trim_start();
    for head in ["fn ", "pub fn ", "async fn ", "def ", "async def "] {
        if let Some(rest) = line.strip_prefix(head) {
            return rest.split(['(', '<']).next().map(str::to_string);
        }
    }
    for head in ["test(", "it(", "describe(", "await t.test("] {
        if let Some(rest) = line.strip_prefix(head) {
            let quote = rest.chars().next().filter(|c| "\"'`".contains(*c))?;
            return rest.get(1..)?.split(quote).next().map(str::to_string);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_above_a_test_claims_rows() {
        let line = format!("    // {}: R-1076, R-1077", "covers");
        assert_eq!(covers(&line), Some(vec!["R-1076".into(), "R-1077".into()]));
        assert_eq!(covers(&format!("let x = \"{}: R-1\";", "covers")), None);
        assert_eq!(test_name("    fn opens_after_five() {"), Some("opens_after_five".into()));
        assert_eq!(test_name("test(\"opens\", () => {"), Some("opens".into()));
        assert_eq!(test_name("async def test_x(bo):"), Some("test_x".into()));
        assert_eq!(test_name("#[test]"), None);
    }
}
