//! The types of other languages, from the one description in the core: made afresh beside the committed files, then put in their
//! place or compared with them.
use crate::counts::Counts;
use crate::place::Place;
use crate::{npm, python};
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
    ("models.py", "bindings-python/python/brownout/models.py"),
    ("policy.schema.json", "bindings-node/schema.json"),
    ("policy.schema.json", "bindings-python/python/brownout/schema.json"),
];
/// Where it is made.
const FRESH: &str = ".cache/types";

/// How the pydantic models are made. The texts of a document are words of the wire, so enums become literals.
const MODELS: [&str; 19] = [
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
    "--disable-timestamp",
    "--formatters",
    "builtin",
    "--custom-file-header",
    HEAD,
];
const HEAD: &str = "\"\"\"The document, answers, names and health reports of the core, as pydantic models.\"\"\"\n\n\
                    # Made by `cargo xtask types`: change the core, not this file.";

/// Makes everything and puts it in its place.
pub fn write(place: &Place) -> Result<bool> {
    make(place)?;
    for (fresh, committed) in FILES {
        let text = place.read(&format!("{FRESH}/{fresh}"))?;
        if place.read(committed).is_ok_and(|old| old == text) {
            continue;
        }
        let path = place.root.join(committed);
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
    make(place)?;
    let mut counts = Counts::default();
    for (fresh, committed) in FILES {
        let text = place.read(&format!("{FRESH}/{fresh}"))?;
        let same = place.read(committed).is_ok_and(|old| old == text);
        if !same {
            println!("`{committed}` is not what the core says: run `cargo xtask types`");
        }
        counts.add(Counts::check(same));
    }
    Ok(counts)
}

fn make(place: &Place) -> Result<()> {
    std::fs::create_dir_all(place.root.join(FRESH))?;
    place.must(place.cargo().args(["run", "--quiet", "-p", "brownout-tests", "--bin", "schemas", "--", FRESH]))?;
    npm::install(place)?;
    place.must(place.program("node").args(["bindings-node/types.mjs", FRESH]))?;
    python::environment(place)?;
    let (from, to) = (format!("{FRESH}/tables.schema.json"), format!("{FRESH}/models.py"));
    let mut models = python::python(place);
    models.args(["-W", "ignore", "-m", "datamodel_code_generator", "--input", &from, "--output", &to]).args(MODELS);
    place.must(&mut models)
}
