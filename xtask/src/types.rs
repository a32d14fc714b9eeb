//! The types of other languages, from the one description in the core: made afresh beside the committed files, then put in their
//! place or compared with them.
use crate::counts::Counts;
use crate::place::Place;
use crate::{faulty, npm, python};
use anyhow::{Context, Result};

/// What is made, and where it is committed.
const FILES: [(&str, &str); 11] = [
    ("policy.schema.json", "schema/policy.schema.json"),
    ("input.schema.json", "schema/input.schema.json"),
    ("output.schema.json", "schema/output.schema.json"),
    ("names.schema.json", "schema/names.schema.json"),
    ("health.schema.json", "schema/health.schema.json"),
    ("problem.schema.json", "schema/problem.schema.json"),
    ("policy.gen.ts", "bindings-node/src/policy.gen.ts"),
    ("wire.gen.ts", "bindings-node/src/wire.gen.ts"),
    ("_core.pyi", "bindings-python/python/brownout/_core.pyi"),
    ("policy.schema.json", "bindings-node/schema.json"),
    ("policy.schema.json", "bindings-python/python/brownout/schema.json"),
];
/// The folder of the pydantic models, one module a topic.
const MODELS: (&str, &str) = ("models", "bindings-python/python/brownout/models");
/// Where it is made.
const FRESH: &str = ".cache/types";

/// How the pydantic models are made. The texts of a document are words of the wire, so enums become literals.
const MODELLED: [&str; 23] = [
    "--input-file-type",
    "jsonschema",
    "--output-model-type",
    "pydantic_v2.BaseModel",
    "--target-python-version",
    "3.11",
    "--use-title-as-name",
    "--collapse-root-models",
    "--enum-field-as-literal",
    "all",
    "--snake-case-field",
    "--allow-population-by-field-name",
    "--enable-faux-immutability",
    "--use-annotated",
    "--use-exact-imports",
    "--skip-root-model",
    "--all-exports-scope",
    "recursive",
    "--disable-timestamp",
    "--formatters",
    "builtin",
    "--custom-file-header",
    HEAD,
];
const HEAD: &str = "\"\"\"The document, answers, names and health reports of the core, as pydantic models.\"\"\"\n\n\
                    # Made by `cargo xtask types`: change the core, not this file.";

const STUBS_HEAD: &str =
    "# Made by `cargo xtask types` from what the extension says of itself: change that, not this file.";

/// Makes everything and puts it in its place.
pub fn write(place: &Place) -> Result<bool> {
    for (fresh, committed) in make(place)? {
        let path = place.root.join(&committed);
        let Some(fresh) = fresh else {
            std::fs::remove_file(&path).with_context(|| format!("`{committed}` cannot be removed"))?;
            println!("removed {committed}");
            continue;
        };
        let text = place.read(&fresh)?;
        if place.read(&committed).is_ok_and(|old| old == text) {
            continue;
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, text).with_context(|| format!("`{committed}` cannot be written"))?;
        println!("wrote {committed}");
    }
    Ok(true)
}

/// Makes everything and says which committed file is another.
pub fn check(place: &Place) -> Result<Counts> {
    let mut counts = Counts::default();
    for (fresh, committed) in make(place)? {
        let text = fresh.map(|fresh| place.read(&fresh)).transpose()?;
        let same = place.read(&committed).ok() == text;
        if !same {
            println!("`{committed}` is not what the core says: run `cargo xtask types`");
        }
        counts.add(Counts::check(same));
    }
    Ok(counts)
}

/// Makes everything: the files, each with its place; without a file, what stands there and is made no more.
fn make(place: &Place) -> Result<Vec<(Option<String>, String)>> {
    let fresh = place.root.join(FRESH);
    if fresh.exists() {
        std::fs::remove_dir_all(&fresh)?;
    }
    std::fs::create_dir_all(&fresh)?;
    place.must(place.cargo().args(["run", "--quiet", "-p", "brownout-tests", "--bin", "schemas", "--", FRESH]))?;
    npm::install(place)?;
    place.must(place.program("node").args(["bindings-node/types.mjs", FRESH]))?;
    python::environment(place)?;
    let (made, kept) = MODELS;
    let (from, to) = (format!("{FRESH}/tables"), format!("{FRESH}/{made}"));
    let mut models = python::python(place);
    models.args(["-W", "ignore", "-m", "datamodel_code_generator", "--input", &from, "--output", &to]).args(MODELLED);
    place.must(&mut models)?;
    stubs(place)?;
    let mut all: Vec<_> = FILES.iter().map(|(fresh, to)| (Some(format!("{FRESH}/{fresh}")), to.to_string())).collect();
    let names = modules(place, &to)?;
    let gone = modules(place, kept)?.into_iter().filter(|name| !names.contains(name));
    all.extend(gone.map(|name| (None, format!("{kept}/{name}"))));
    all.extend(names.iter().map(|name| (Some(format!("{to}/{name}")), format!("{kept}/{name}"))));
    Ok(all)
}

/// The Python files of a folder, sorted; none where there is no folder.
fn modules(place: &Place, folder: &str) -> Result<Vec<String>> {
    if !place.there(folder) {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in std::fs::read_dir(place.root.join(folder))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.ends_with(".py").then_some(name));
    }
    names.sort();
    Ok(names)
}

/// The declarations of the Python extension, from what its own build says of itself.
fn stubs(place: &Place) -> Result<()> {
    let library = faulty::build(place, "brownout-python", "stubs", "_core")?;
    let module = pyo3_introspection::introspect_cdylib(library, "_core")?;
    let files = pyo3_introspection::module_stub_files(&module);
    let text = files.into_values().next().context("the extension says nothing of itself")?;
    let fresh = format!("{FRESH}/_core.pyi");
    std::fs::write(place.root.join(&fresh), format!("{STUBS_HEAD}\n{text}"))?;
    // names stand in quotes where the build cannot say them, and lines are as long as they come
    let ruff = ["-m", "ruff", "--config", "bindings-python/ruff.toml"];
    let mut fix = python::python(place);
    place.must(fix.args(ruff).args(["check", "--quiet", "--fix", "--select", "I,UP037", &fresh]))?;
    place.must(python::python(place).args(ruff).args(["format", "--quiet", &fresh]))
}
