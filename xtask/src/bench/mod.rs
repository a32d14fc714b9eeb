//! `cargo xtask bench`: what the product costs, beside its rivals and its own bars, as one table of one run.
mod figures;
mod lines;
mod run;
mod save;
mod table;

use crate::counts::Counts;
use crate::place::Place;
use anyhow::{Result, bail};
use figures::Figures;
use lexopt::prelude::*;

/// One of the parts that are built, measured and saved for themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Rust,
    Node,
    Python,
    Size,
}

impl Part {
    const ALL: [Part; 4] = [Part::Rust, Part::Node, Part::Python, Part::Size];

    fn word(self) -> &'static str {
        match self {
            Part::Rust => "rust",
            Part::Node => "node",
            Part::Python => "python",
            Part::Size => "size",
        }
    }
}

/// What was asked for.
#[derive(Default)]
pub struct Options {
    /// Empty: all.
    only: Vec<Part>,
    /// Tries everything and measures badly.
    quick: bool,
    /// Writes the figures into the pages.
    save: bool,
    /// Writes the pages again from the figures that were saved last.
    render: bool,
    /// A line that falls short makes the command fail.
    strict: bool,
}

impl Options {
    /// From the rest of the command line.
    pub fn read(args: &mut lexopt::Parser) -> Result<Self> {
        let mut options = Options::default();
        while let Some(arg) = args.next()? {
            match arg {
                Long("only") => {
                    let word = args.value()?.string()?;
                    let Some(part) = Part::ALL.into_iter().find(|part| part.word() == word) else {
                        bail!("`{word}` is no part: {}", Part::ALL.map(Part::word).join(", "));
                    };
                    options.only.push(part);
                }
                Long("quick") => options.quick = true,
                Long("save") => options.save = true,
                Long("render") => options.render = true,
                Long("strict") => options.strict = true,
                other => return Err(other.unexpected().into()),
            }
        }
        if options.save && options.quick {
            bail!("figures of a quick run are not worth saving");
        }
        Ok(options)
    }
}

/// Builds, measures, prints the table. False only if asked to be strict and a line falls short.
pub fn bench(place: &Place, options: &Options) -> Result<bool> {
    if options.render {
        save::pages(place, &save::saved(place)?, true)?;
        return Ok(true);
    }
    let parts: Vec<Part> =
        Part::ALL.into_iter().filter(|part| options.only.is_empty() || options.only.contains(part)).collect();
    let mut figures = Figures::default();
    run::build(place, &parts)?;
    for part in &parts {
        run::measure(place, *part, options.quick, &mut figures)?;
    }
    let rows = table::rows(&parts, &figures);
    println!("\n{}", table::text(&rows));
    let short = rows.iter().filter(|row| row.verdict == Some(false)).count();
    let passed = rows.iter().filter(|row| row.verdict == Some(true)).count();
    let missing = rows.iter().filter(|row| row.judged && row.verdict.is_none()).count();
    println!("{passed} pass, {short} fall short, {missing} not measured");
    if options.quick {
        println!("a quick run: the figures say nothing");
    }
    if options.save {
        save::keep(place, &parts, &figures)?;
    }
    Ok(!options.strict || short + missing == 0)
}

/// That the bench's own sources still build, and that the pages show the figures that were saved.
pub fn check(place: &Place) -> Result<Counts> {
    let mut counts = run::check(place)?;
    let same = match save::pages(place, &save::saved(place)?, false) {
        Ok(()) => true,
        Err(error) => {
            println!("{error:#}");
            false
        }
    };
    counts.add(Counts::check(same));
    Ok(counts)
}
