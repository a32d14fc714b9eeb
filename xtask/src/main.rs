//! `cargo xtask`: the one entry for set-up, demo, test, bench, vectors.
#![forbid(unsafe_code)]

mod bench;
mod checks;
mod counts;
mod examples;
mod faulty;
mod licences;
mod notices;
mod npm;
mod package;
mod place;
mod plan;
mod python;
mod sizes;
mod types;
mod vectors;
mod version;
mod wasm;
mod wheels;

use anyhow::{Result, bail};
use lexopt::prelude::*;
use place::Place;

const USAGE: &str = "\
cargo xtask COMMAND

  demo [--once] [--speed N]          the incident, live on a page; with --once played without a person, in under a minute
  playground       builds the playground, one page that needs no server: dist/playground/index.html
  playground                         one page to try a policy on: dist/playground/index.html
  setup                              fetch and build what the other commands need
  test [--only STEP] [--list]        every check and test, with progress; ends with `N passed, M failed`
  vectors [PATH…] [--runner NAME]    play vectors through one runner or all: core json node wasm python
  types [--check]                    schemas, TypeScript types and pydantic models from the core, or whether they are current
  rows                               which requirement is proven by which test
  package [--only PART]              what is published, into `dist/`, with its provenance
  version [NUMBER] [--check]         the one version number: shown, written everywhere, or compared everywhere
  bench [--only PART] [--save]       speed, memory and sizes beside the rivals and the bars; parts: rust node python size
        [--quick] [--render] [--strict]
";

fn main() {
    match dispatch() {
        Ok(true) => {}
        Ok(false) => std::process::exit(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            std::process::exit(2);
        }
    }
}

fn dispatch() -> Result<bool> {
    let mut args = lexopt::Parser::from_env();
    let Some(Value(command)) = args.next()? else {
        print!("{USAGE}");
        return Ok(false);
    };
    let place = Place::find()?;
    match command.string()?.as_str() {
        "setup" => {
            finish(args)?;
            plan::setup(&place)
        }
        "demo" => {
            let rest: Vec<_> = args.raw_args()?.collect();
            if !plan::demo(&place)? {
                return Ok(false);
            }
            examples::demo(&place, &rest)
        }
        "test" => {
            let mut only = Vec::new();
            while let Some(arg) = args.next()? {
                match arg {
                    Long("only") => only.push(args.value()?.string()?),
                    Long("list") => {
                        plan::list();
                        return Ok(true);
                    }
                    other => return Err(other.unexpected().into()),
                }
            }
            plan::test(&place, &only)
        }
        "playground" => {
            finish(args)?;
            Ok(plan::playground(&place)? && npm::playground(&place)?)
        }
        "vectors" => {
            let mut runner = None;
            let mut paths = Vec::new();
            while let Some(arg) = args.next()? {
                match arg {
                    Long("runner") => runner = Some(args.value()?.string()?),
                    Value(path) => paths.push(path.string()?),
                    other => return Err(other.unexpected().into()),
                }
            }
            vectors::play(&place, runner.as_deref(), &paths)
        }
        "types" => {
            let mut check = false;
            while let Some(arg) = args.next()? {
                match arg {
                    Long("check") => check = true,
                    other => return Err(other.unexpected().into()),
                }
            }
            if check { Ok(types::check(&place)?.failed == 0) } else { types::write(&place) }
        }
        "rows" => {
            let rest: Vec<_> = args.raw_args()?.collect();
            place.run(place.cargo().args(["run", "--quiet", "-p", "brownout-tests", "--bin", "rows", "--"]).args(rest))
        }
        "package" => {
            let mut only = Vec::new();
            while let Some(arg) = args.next()? {
                match arg {
                    Long("only") => only.push(args.value()?.string()?),
                    other => return Err(other.unexpected().into()),
                }
            }
            package::run(&place, &only)
        }
        "version" => match args.next()? {
            None => {
                println!("{}", version::number(&place)?);
                Ok(true)
            }
            Some(Long("check")) => {
                finish(args)?;
                Ok(version::check(&place)?.failed == 0)
            }
            Some(Value(number)) => {
                finish(args)?;
                version::set(&place, &number.string()?)?;
                Ok(true)
            }
            Some(other) => Err(other.unexpected().into()),
        },
        "bench" => bench::bench(&place, &bench::Options::read(&mut args)?),
        "help" => {
            print!("{USAGE}");
            Ok(true)
        }
        other => bail!("`{other}` is no command\n\n{USAGE}"),
    }
}

fn finish(mut args: lexopt::Parser) -> Result<()> {
    match args.next()? {
        Some(arg) => Err(arg.unexpected().into()),
        None => Ok(()),
    }
}
