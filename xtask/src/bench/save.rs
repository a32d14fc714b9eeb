//! The figures in the repository, and the pages that are written from them: between markers, by this command alone.
use super::Part;
use super::figures::Figures;
use super::lines::Show;
use super::table::{self, Row};
use crate::place::Place;
use anyhow::{Context, Result, bail};
use std::fmt::Write;

const KEPT: &str = "bench/figures.json";

/// What stands between two markers of a page.
struct Block {
    page: &'static str,
    name: &'static str,
    text: fn(&Figures) -> String,
}

const PAGE: &str = "docs/performance.md";

const BLOCKS: [Block; 7] = [
    Block { page: PAGE, name: "machine", text: machine },
    Block { page: PAGE, name: "rust", text: |f| table::markdown(&table::rows(&[Part::Rust], f)) },
    Block { page: PAGE, name: "node", text: |f| table::markdown(&table::rows(&[Part::Node], f)) },
    Block { page: PAGE, name: "python", text: |f| table::markdown(&table::rows(&[Part::Python], f)) },
    Block { page: PAGE, name: "size", text: |f| table::markdown(&table::rows(&[Part::Size], f)) },
    Block { page: "README.md", name: "added", text: added },
    Block { page: PAGE, name: "samples", text: samples },
];

/// The figures that were saved last.
pub fn saved(place: &Place) -> Result<Figures> {
    Figures::from_json(&place.read(KEPT)?)
}

/// Keeps the figures of these parts, others as they were, and writes the pages.
pub fn keep(place: &Place, parts: &[Part], fresh: &Figures) -> Result<()> {
    let mut all = if place.there(KEPT) { saved(place)? } else { Figures::default() };
    all.forget(|name| parts.iter().any(|part| part.owns(name)));
    all.take(fresh);
    std::fs::write(place.root.join(KEPT), all.to_json()?).context("the figures cannot be kept")?;
    pages(place, &saved(place)?, true)
}

/// Writes every block, or only looks whether it is what it would be written as.
pub fn pages(place: &Place, figures: &Figures, write: bool) -> Result<()> {
    for Block { page, name, text } in BLOCKS {
        let old = place.read(page)?;
        let new = filled(&old, name, &text(figures)).with_context(|| format!("`{page}`"))?;
        if new == old {
            continue;
        }
        if !write {
            bail!("`{page}`: the block `{name}` is not what the saved figures say: run `cargo xtask bench --render`");
        }
        std::fs::write(place.root.join(page), new).with_context(|| format!("`{page}` cannot be written"))?;
    }
    Ok(())
}

/// A page with the text between the markers of one block replaced.
fn filled(page: &str, block: &str, text: &str) -> Result<String> {
    let (from, to) = (format!("<!-- bench:{block} -->\n"), format!("<!-- /bench:{block} -->"));
    let Some((before, rest)) = page.split_once(&from) else { bail!("no marker `{}`", from.trim()) };
    let Some((_, after)) = rest.split_once(&to) else { bail!("no marker `{to}`") };
    Ok(format!("{before}{from}{text}{to}{after}"))
}

/// What it was measured with.
fn machine(figures: &Figures) -> String {
    let mut out = String::from("| | |\n|---|---|\n");
    for (fact, text) in figures.facts() {
        let _ = writeln!(out, "| {fact} | {text} |");
    }
    out
}

/// What a guarded call waits longer than a bare one.
fn added(figures: &Figures) -> String {
    let mut out = String::from("| added to each call | p50 | p99 |\n|---|---|---|\n");
    for (what, name) in [
        ("Node: `guard(…).run(fn)`, breaker, three limits, retry, timeout", "node.guardRun"),
        ("Node: opossum `fire`, its defaults", "node.opossumFire"),
        ("Node: cockatiel `wrap(retry, breaker, bulkhead, timeout)`", "node.cockatielWrap"),
        ("Python: decorated function, breaker, three limits, retry", "python.sync_full"),
        ("Python: tenacity, pybreaker and limits stacked", "python.stacked"),
    ] {
        let cell = |of: &str| {
            figures.median(&format!("{name}.{of}")).map_or_else(|| "not measured".into(), |ns| Show::Us.write(ns))
        };
        let _ = writeln!(out, "| {what} | {} | {} |", cell("p50"), cell("p99"));
    }
    let _ = writeln!(out, "\n{}", missed(&table::rows(&Part::ALL, figures)));
    out
}

/// What falls short of its bar, or was not measured.
fn missed(rows: &[Row]) -> String {
    let judged = || rows.iter().filter(|row| row.judged);
    let short = || judged().filter(|row| row.verdict != Some(true));
    let bars = judged().count();
    match short().count() {
        0 => format!("All {bars} bars held in that run."),
        n => short().fold(format!("Of {bars} bars, {n} did not hold in that run:\n"), |out, row| {
            format!("{out}\n- {}: {}, bar {}", row.what, row.figure, row.bar)
        }),
    }
}

/// Every figure with its spread.
fn samples(figures: &Figures) -> String {
    let mut out = String::from("| figure | unit | lowest | median | highest | turns |\n|---|---|---|---|---|---|\n");
    for (name, figure) in figures.all() {
        let least = figure.samples.iter().copied().fold(f64::INFINITY, f64::min);
        let most = figure.samples.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let middle = figure.median().unwrap_or(f64::NAN);
        let [least, middle, most] = [least, middle, most].map(table::digits);
        let _ =
            writeln!(out, "| `{name}` | {} | {least} | {middle} | {most} | {} |", figure.unit, figure.samples.len());
    }
    out
}

impl Part {
    /// Is this one of its figures?
    fn owns(self, figure: &str) -> bool {
        match self {
            Part::Rust => figure.starts_with("core.") || figure.starts_with("rivals."),
            other => figure.split('.').next() == Some(other.word()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_is_replaced() {
        let page = "a\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nb\n";
        assert_eq!(filled(page, "x", "new\n").expect("a page"), "a\n<!-- bench:x -->\nnew\n<!-- /bench:x -->\nb\n");
        assert!(filled(page, "y", "").is_err());
        assert!(filled("<!-- bench:x -->\n", "x", "").is_err());
    }

    #[test]
    fn a_bar_that_is_missed_is_named() {
        let row = |what, verdict, judged| Row {
            what,
            figure: "3 ns".into(),
            bar: "≤ 2 ns".into(),
            judged,
            verdict,
            note: "",
        };
        let (fast, slow, plain) =
            (row("fast", Some(true), true), row("slow", Some(false), true), row("plain", None, false));
        assert_eq!(missed(&[fast, plain]), "All 1 bars held in that run.");
        let rows = [row("fast", Some(true), true), slow, row("unknown", None, true)];
        let wanted = "Of 3 bars, 2 did not hold in that run:\n\n- slow: 3 ns, bar ≤ 2 ns\n- unknown: 3 ns, bar ≤ 2 ns";
        assert_eq!(missed(&rows), wanted);
    }

    #[test]
    fn a_part_knows_its_figures() {
        assert!(Part::Rust.owns("core.full.one") && Part::Rust.owns("rivals.full.one"));
        assert!(Part::Node.owns("node.guard.over") && !Part::Node.owns("nodes"));
        assert!(!Part::Python.owns("core.full.one"));
    }
}
