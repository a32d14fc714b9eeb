//! Writes the schemas into a folder, and into `tables` in it what classes are made from: `schemas FOLDER`.
use brownout_tests::schemas;
use serde_json::Value;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("schemas FOLDER");
        return ExitCode::from(2);
    };
    match write(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path) -> Result<(), String> {
    for (name, schema) in schemas::all()? {
        keep(&folder.join(format!("{name}.schema.json")), &schema)?;
    }
    let tables = folder.join("tables");
    std::fs::create_dir_all(&tables).map_err(|e| format!("{}: {e}", tables.display()))?;
    for (module, schema) in schemas::tables(&["policy", "output", "names", "health", "problem"])? {
        keep(&tables.join(format!("{module}.json")), &schema)?;
    }
    Ok(())
}

fn keep(file: &Path, schema: &Value) -> Result<(), String> {
    std::fs::write(file, schemas::text(schema)?).map_err(|e| format!("{}: {e}", file.display()))
}
