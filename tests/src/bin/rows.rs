//! `rows [--require FILE|ID…]`: which requirement rows are proven by which test, and which by none.
use brownout_tests::rows::{claims, read};
use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

fn main() -> ExitCode {
    match list() {
        Ok(missing) if missing.is_empty() => ExitCode::SUCCESS,
        Ok(missing) => {
            println!("required and not covered: {}", missing.join(", "));
            ExitCode::FAILURE
        }
        Err(e) => {
            eprintln!("{e}");
            ExitCode::from(2)
        }
    }
}

fn list() -> Result<Vec<String>, String> {
    let root = brownout_tests::root();
    let rows = read(&root.join("tests").join("rows.tsv"))?;
    let claimed = claims(&root)?;
    let known: BTreeSet<&str> = rows.iter().map(|r| r.id.as_str()).collect();
    if let Some((id, tests)) = claimed.iter().find(|(id, _)| !known.contains(id.as_str())) {
        return Err(format!("`{id}` is no row, yet is claimed by {tests:?}"));
    }
    for row in rows.iter().filter(|r| claimed.contains_key(&r.id)) {
        println!("{}  {}: {}", row.id, row.requirement, row.numbers);
        claimed.get(&row.id).into_iter().flatten().for_each(|t| println!("    {t}"));
    }
    let mut open: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in rows.iter().filter(|r| !claimed.contains_key(&r.id)) {
        open.entry(row.tag.as_str()).or_default().push(row.id.as_str());
    }
    println!("{} of {} rows covered; uncovered, by tag:", claimed.len(), rows.len());
    open.iter().for_each(|(tag, ids)| println!("  {tag}  {}", ids.join(" ")));
    let needed = required()?;
    if let Some(id) = needed.iter().find(|id| !known.contains(id.as_str())) {
        return Err(format!("`{id}` is no row"));
    }
    Ok(needed.into_iter().filter(|id| !claimed.contains_key(id)).collect())
}

/// The ids after `--require`: each a row, or a file of rows (one a line, `#` opens a comment).
fn required() -> Result<Vec<String>, String> {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        None => return Ok(Vec::new()),
        Some("--require") => {}
        Some(other) => return Err(format!("`{other}` is not known; usage: rows [--require FILE|ID…]")),
    }
    let mut ids = Vec::new();
    for arg in args {
        if arg.starts_with("R-") {
            ids.push(arg);
            continue;
        }
        let text = std::fs::read_to_string(&arg).map_err(|e| format!("{arg}: {e}"))?;
        let lines = text.lines().map(|l| l.split('#').next().unwrap_or_default().trim());
        ids.extend(lines.filter(|l| !l.is_empty()).map(String::from));
    }
    Ok(ids)
}
