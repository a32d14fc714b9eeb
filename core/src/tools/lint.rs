//! Every fault and every doubt about some policies, each with its place.
use crate::base::error::Fault;
use crate::base::json::Json;
use crate::base::write::Writer;
use crate::tools::ask::{Answer, Asked, answer, is_set, items, text};
use crate::tools::locate::locate;
use crate::tools::words::counted;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// `{"files":[{"file","policy","source","syntax"} | {"file","faults":[…]}],"strict","json"}`. The exit code is 1 where a file
/// has errors, or warnings with `strict`. `faults` are those of a host that could not read the file as its syntax.
pub fn lint(payload: &str) -> String {
    answer(payload, ask)
}

/// What was found in one file.
struct File<'a> {
    name: &'a str,
    errors: Vec<Found>,
    warnings: Vec<Found>,
}

struct Found {
    code: String,
    path: String,
    message: String,
    help: String,
    place: Option<(usize, usize)>,
}

fn ask(payload: &Json) -> Asked {
    let files: Vec<File> = items(payload.at("files")).iter().map(check).collect();
    let errors: usize = files.iter().map(|f| f.errors.len()).sum();
    let warnings: usize = files.iter().map(|f| f.warnings.len()).sum();
    let out = if is_set(payload, "json") { as_json(&files, errors, warnings) } else { as_text(&files) };
    let bad = errors > 0 || (is_set(payload, "strict") && warnings > 0);
    Ok(Answer { exit: bad.into(), out })
}

fn check(file: &Json) -> File<'_> {
    let (name, source, syntax) = (text(file, "file"), text(file, "source"), text(file, "syntax"));
    let found = |f: &Fault| Found {
        code: f.code.slug().to_string(),
        path: f.path.clone(),
        message: f.message.clone(),
        help: f.help().to_string(),
        place: locate(source, syntax, &f.path),
    };
    let Some(policy) = file.at("policy").and_then(Json::as_str) else {
        let told = |f: &Json| {
            let word = |key| text(f, key).to_string();
            let (path, place) = (word("path"), locate(source, syntax, text(f, "path")));
            Found { code: word("code"), message: word("message"), help: word("help"), path, place }
        };
        return File { name, errors: items(file.at("faults")).iter().map(told).collect(), warnings: Vec::new() };
    };
    match crate::policy::read(policy) {
        Ok(policy) => File { name, errors: Vec::new(), warnings: policy.lints.iter().map(found).collect() },
        Err(faults) => File { name, errors: faults.iter().map(found).collect(), warnings: Vec::new() },
    }
}

fn as_text(files: &[File]) -> String {
    let mut out = String::new();
    for file in files {
        for (kind, list) in [("error", &file.errors), ("warning", &file.warnings)] {
            for f in list {
                let place = f.place.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
                let path = if f.path.is_empty() { String::new() } else { format!("{}: ", f.path) };
                out += &format!("{}{place}: {kind} {}: {path}{}\n    help: {}\n", file.name, f.code, f.message, f.help);
            }
        }
        let said: Vec<String> = [(file.errors.len(), "error"), (file.warnings.len(), "warning")]
            .into_iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, word)| counted(n as u64, word))
            .collect();
        let said = if said.is_empty() { "fine".to_string() } else { said.join(", ") };
        out += &format!("{}: {said}\n", file.name);
    }
    out
}

fn as_json(files: &[File], errors: usize, warnings: usize) -> String {
    let mut w = Writer::default();
    w.begin();
    w.key("files");
    w.begin_list();
    for file in files {
        w.begin();
        w.field_str("file", file.name);
        for (key, list) in [("errors", &file.errors), ("warnings", &file.warnings)] {
            w.key(key);
            w.begin_list();
            list.iter().for_each(|f| write(&mut w, f));
            w.end_list();
        }
        w.end();
    }
    w.end_list();
    w.field_num("errors", errors);
    w.field_num("warnings", warnings);
    w.end();
    w.finish() + "\n"
}

fn write(w: &mut Writer, f: &Found) {
    w.begin();
    w.field_str("code", &f.code);
    w.field_str("path", &f.path);
    w.field_str("message", &f.message);
    w.field_str("help", &f.help);
    w.opt_num("line", f.place.map(|p| p.0));
    w.opt_num("column", f.place.map(|p| p.1));
    w.end();
}
