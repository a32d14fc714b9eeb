//! Writes the schemas into a folder: `schemas FOLDER`.
use brownout_tests::schemas;
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
    let tables = schemas::tables(&["policy", "output", "names", "health", "problem"])?;
    for (name, schema) in schemas::all()?.into_iter().chain([("tables", tables)]) {
        let file = folder.join(format!("{name}.schema.json"));
        std::fs::write(&file, schemas::text(&schema)?).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    Ok(())
}
