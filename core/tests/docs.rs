//! The pages say what the code does: every policy loads, every input is played, every shown answer is the engine's own, and the
//! lists of words are those of the code.
//!
//! In a page, a block whose first word is `toml` is a policy document, as is `json policy`. `json input` is one input for an engine that
//! runs the latest policy of the page, at `at=` milliseconds or at the time of the input before; `json output` is its whole answer.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]
use brownout::base::error::Code;
use brownout::call::OUTCOMES;
use brownout::engine::{Engine, GATES, REFUSALS};
use brownout::policy;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What is published, each with a page and the licences of its own.
const PACKAGES: [&str; 4] = ["core", "bindings-node", "bindings-node/native", "bindings-python"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}
/// The pages: those at the root, the crate's, and all of `docs/`.
fn pages() -> Vec<String> {
    let mut out: Vec<String> = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"]
        .into_iter()
        .map(String::from)
        .chain(PACKAGES.map(|package| format!("{package}/README.md")))
        .collect();
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        if name.ends_with(".md") {
            out.push(format!("docs/{name}"));
        }
    }
    out.sort();
    out
}

/// Info string, first line and text of every fenced block.
fn blocks(text: &str) -> Vec<(String, usize, String)> {
    let mut out = Vec::new();
    let mut open: Option<(String, usize, String)> = None;
    for (i, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some((info.trim().to_string(), i + 1, String::new())),
            (Some(_), Some("")) => out.extend(open.take()),
            (Some((_, _, body)), _) => {
                body.push_str(line);
                body.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    out
}

/// A policy block as JSON text; a fragment without a version is completed.
fn policy_text(info: &str, body: &str) -> String {
    let mut value: Value = match info.split(' ').next() {
        Some("toml") => serde_json::to_value(toml::from_str::<toml::Value>(body).unwrap()).unwrap(),
        _ => serde_json::from_str(body).unwrap(),
    };
    value.as_object_mut().unwrap().entry("version").or_insert(1.into());
    value.to_string()
}
fn is_policy(info: &str) -> bool {
    info.starts_with("toml") || (info.starts_with("json") && info.contains("policy"))
}

#[test]
fn every_policy_of_every_page_loads() {
    let mut seen = 0;
    for page in pages() {
        for (info, line, body) in blocks(&read(&page)) {
            if is_policy(&info) {
                let text = policy_text(&info, &body);
                let read = policy::read(&text);
                assert!(read.is_ok(), "{page}:{line}: {:?}", read.err());
                seen += 1;
            }
        }
    }
    assert!(seen >= 18, "only {seen} policies found");
}

#[test]
fn every_shown_answer_is_the_engines_own() {
    let mut compared = 0;
    let mut wrong = Vec::new();
    for page in pages() {
        let mut policy = None;
        let mut engine: Option<Engine> = None;
        let (mut at, mut last) = (0.0, String::new());
        for (info, line, body) in blocks(&read(&page)) {
            if is_policy(&info) {
                (policy, engine, at) = (Some(policy_text(&info, &body)), None, 0.0);
            } else if let Some(options) = info.strip_prefix("json input") {
                let option = |key: &str| options.split(' ').find_map(|o| o.strip_prefix(key)?.strip_prefix('='));
                at = option("at").map_or(at, |ms| ms.parse().unwrap());
                let policy = policy.as_deref().unwrap_or_else(|| panic!("{page}:{line}: no policy above"));
                let engine = engine.get_or_insert_with(|| Engine::from_json(policy, 1, at).unwrap());
                for input in serde_json::Deserializer::from_str(&body).into_iter::<Value>() {
                    last = engine.handle_json(&input.unwrap().to_string(), at);
                }
            } else if info == "json output" {
                let shown: Value = serde_json::from_str(&body).unwrap();
                let got: Value = serde_json::from_str(&last).unwrap();
                if shown != got {
                    wrong.push(format!("{page}:{line}: the engine says\n{last}"));
                }
                compared += 1;
            } else {
                assert!(!info.starts_with("json"), "{page}:{line}: say whether it is a policy, an input or an output");
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    assert!(compared >= 8, "only {compared} answers found");
}

#[test]
fn every_package_carries_the_licences_and_the_quickstarts_of_the_readme() {
    for package in PACKAGES {
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            assert_eq!(read(&format!("{package}/{licence}")), read(licence), "{package}");
        }
    }
    let shown = blocks(&read("README.md"));
    for package in ["bindings-node", "bindings-python"] {
        let own = blocks(&read(&format!("{package}/README.md")));
        assert!(own.len() >= 3, "{package}: {} blocks", own.len());
        for (info, _, body) in own {
            assert!(shown.iter().any(|(i, _, b)| *i == info && *b == body), "{package}: `{info}` is not the README's");
        }
    }
}

#[test]
fn every_link_leads_somewhere() {
    let mut seen = 0;
    for page in pages() {
        let folder = Path::new(&page).parent().unwrap().to_path_buf();
        let text = read(&page);
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap();
            if target.starts_with("http") || target.starts_with("mailto:") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let full = if path.is_empty() { root().join(&page) } else { root().join(&folder).join(path) };
            assert!(full.exists(), "{page}: `{target}` leads nowhere");
            if !anchor.is_empty() {
                assert!(anchors(&fs::read_to_string(&full).unwrap()).contains(anchor), "{page}: no heading `{target}`");
            }
            seen += 1;
        }
    }
    assert!(seen >= 20, "only {seen} links found");
}

#[test]
fn what_callers_see_when_it_breaks_is_a_test() {
    let text = read("README.md");
    let table = text.split_once("| what breaks |").unwrap().1.split_once("\n\n").unwrap().0;
    let rows: Vec<&str> = table.lines().skip(2).collect();
    assert!(rows.len() >= 10, "only {} rows", rows.len());
    for row in rows {
        let proofs = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let mut found = 0;
        for proof in proofs.split("](").skip(1) {
            let (path, rest) = proof.split_once(')').unwrap();
            let file = read(path);
            let name = rest.strip_prefix(": `").map(|name| name.split('`').next().unwrap());
            assert!(name.is_some() != path.ends_with(".json"), "`{path}` has many tests: which?");
            assert!(name.is_none_or(|name| file.contains(name)), "`{path}` has no test `{}`", name.unwrap_or_default());
            found += 1;
        }
        assert!(found > 0, "nothing proves: {row}");
    }
}
/// The anchors of a page's headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let heading = |line: &str| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        let keep = |c: char| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        };
        words.chars().filter_map(keep).collect::<String>()
    };
    text.lines().filter(|l| l.starts_with('#')).map(heading).collect()
}

/// First cells of the rows of all tables in one section, without their backticks, and the whole row.
fn rows(page: &str, section: &str) -> BTreeMap<String, String> {
    let text = read(page);
    let mut inside = false;
    let mut out = BTreeMap::new();
    let next = text.lines().skip(1).chain([""]);
    for (line, next) in text.lines().zip(next) {
        if line.starts_with('#') {
            inside = line.trim_start_matches('#').trim() == section;
        }
        let Some(rest) = line.strip_prefix("| `").filter(|_| inside && !next.starts_with("|--")) else { continue };
        let (word, _) = rest.split_once('`').unwrap();
        assert!(out.insert(word.to_string(), line.to_string()).is_none(), "{page}: `{word}` stands twice in {section}");
    }
    assert!(!out.is_empty(), "{page}: no table in `{section}`");
    out
}
fn words(page: &str, section: &str) -> BTreeSet<String> {
    rows(page, section).into_keys().collect()
}
fn set<'a>(words: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    words.into_iter().map(String::from).collect()
}
/// The text between quotes after each occurrence of `before` in a source file.
fn literals(source: &str, before: &str) -> BTreeSet<String> {
    let text = read(source);
    let code: String = text.split("#[cfg(test)]").next().unwrap().to_string();
    let found: Vec<_> =
        code.match_indices(before).map(|(at, _)| code[at + before.len()..].split('"').next().unwrap()).collect();
    assert!(!found.is_empty(), "{source}: nothing follows `{before}`");
    set(found)
}
const WIRE: &str = "docs/wire.md";

#[test]
fn the_wire_page_lists_every_error_code() {
    let all = rows(WIRE, "Error codes");
    assert_eq!(all.keys().cloned().collect::<BTreeSet<_>>(), set(Code::ALL.iter().map(|c| c.slug())));
    for code in Code::ALL {
        assert!(all[code.slug()].contains(code.help()), "{}: the help is `{}`", code.slug(), code.help());
    }
}

#[test]
fn the_wire_page_lists_every_word() {
    assert_eq!(words(WIRE, "Refusals"), set(REFUSALS));
    assert_eq!(words(WIRE, "Gates"), set(GATES));
    assert_eq!(words(WIRE, "Outcomes"), set(OUTCOMES));
    assert_eq!(words(WIRE, "Effects"), literals("core/src/wire/output.rs", r#"w.field_str("effect", ""#));
    assert_eq!(words(WIRE, "Why a breaker moved"), literals_of("core/src/gate/breaker/kinds.rs", "Because::"));
    assert_eq!(words(WIRE, "Why there is no retry"), literals_of("core/src/call/retry.rs", "NoRetry::"));
    assert_eq!(words(WIRE, "Why an outcome does not count"), literals_of("core/src/engine/output.rs", "Uncounted::"));
    let causes = brownout::status::cause::Kind::WORDS.iter().map(|(w, _)| *w);
    assert_eq!(words(WIRE, "Causes of a status"), set(causes));
}
/// The words that the variants of one enum are matched to: `Enum::Variant => "word"`.
fn literals_of(source: &str, of: &str) -> BTreeSet<String> {
    let text = read(source);
    let arm = |line: &str| {
        let (_, word) = line.trim().strip_prefix(of)?.split_once("=> \"")?;
        word.split('"').next().map(String::from)
    };
    let found: BTreeSet<String> = text.lines().filter_map(arm).collect();
    assert!(!found.is_empty(), "{source}: no words of `{of}`");
    found
}
#[test]
fn the_wire_page_lists_every_operation_and_order() {
    let ops = text_between("core/src/wire/call.rs", "match op {", "_ =>");
    assert_eq!(words(WIRE, "Questions without an engine"), ops);
    let mut orders = text_between("core/src/wire/input.rs", "match order {", "_ =>");
    orders.extend(["refund", "mode", "maintenance", "clear_maintenance", "rebuilt", "rebase"].map(String::from));
    assert_eq!(words(WIRE, "command"), orders);
    let verbs = text_between("core/src/wire/input.rs", "match verb {", "_ =>");
    for verb in &verbs {
        assert!(anchors(&read(WIRE)).contains(verb), "no section `{verb}`");
    }
}
#[test]
fn the_wire_page_names_every_field_of_an_output() {
    let text = read(WIRE);
    let asks = ["field_str", "field_num", "field_bool", "opt_str", "opt_num", "key"].map(|f| format!("w.{f}(\""));
    for ask in asks.iter().map(String::as_str).chain(["self.time(w, \"", "self.write_failing(w, \""]) {
        for field in literals("core/src/wire/output.rs", ask) {
            let named = ["`", "\""].iter().any(|q| text.contains(&format!("{q}{field}{q}")));
            assert!(named, "`{field}` is not in the page");
        }
    }
}
/// Quoted words at the beginning of the arms of one match.
fn text_between(source: &str, from: &str, to: &str) -> BTreeSet<String> {
    let text = read(source);
    let inner = text.split_once(from).unwrap().1.split_once(to).unwrap().0;
    let arm = |line: &str| line.trim().strip_prefix('"')?.split('"').next().map(String::from);
    inner.lines().filter(|l| l.contains("=>")).filter_map(arm).collect()
}

/// Where the readers of the document ask for their keys.
const READERS: [&str; 12] = [
    "core/src/policy/document.rs",
    "core/src/policy/presets.rs",
    "core/src/policy/service.rs",
    "core/src/gate/rule.rs",
    "core/src/gate/breaker/policy.rs",
    "core/src/gate/limit/policy.rs",
    "core/src/gate/limit/penalty.rs",
    "core/src/base/zone_doc.rs",
    "core/src/call/outcome.rs",
    "core/src/call/retry.rs",
    "core/src/call/throttle.rs",
    "core/src/status/policy.rs",
];
/// How they ask.
const ASKS: [&str; 14] = [
    ".node(\"",
    ".text(\"",
    ".boolean(\"",
    ".integer(\"",
    ".share(\"",
    ".ratio(\"",
    ".span(\"",
    ".word(\"",
    ".table(\"",
    ".list(\"",
    "count(t, \"",
    "required(&t, \"",
    "words(\"",
    "declared(root, \"",
];
const POLICY: &str = "docs/policy.md";

#[test]
fn the_policy_page_lists_every_key() {
    let mut asked = BTreeSet::new();
    for source in READERS.into_iter().chain(["core/src/call/budget.rs", "core/src/base/doc.rs"]) {
        let text = read(source);
        let code = text.split("#[cfg(test)]").next().unwrap();
        for ask in ASKS {
            asked.extend(
                code.match_indices(ask).map(|(at, _)| code[at + ask.len()..].split('"').next().unwrap().to_string()),
            );
        }
    }
    asked.extend(["any_of", "failures", "successes"].map(String::from));
    // A table of its own section is listed by its heading's rows, as `open.base` or under its name.
    let mut listed = BTreeSet::new();
    let mut inside = false;
    for line in read(POLICY).lines() {
        inside = line.starts_with("| field |") || (inside && line.starts_with('|'));
        let Some((field, _)) = line.strip_prefix("| `").filter(|_| inside).and_then(|rest| rest.split_once('`')) else {
            continue;
        };
        listed.extend(field.split('.').map(|part| part.trim_end_matches("[]").to_string()));
    }
    let missing: Vec<_> = asked.difference(&listed).collect();
    assert!(missing.is_empty(), "not in the page: {missing:?}");
    let unknown: Vec<_> = listed.difference(&asked).collect();
    assert!(unknown.is_empty(), "no reader asks for: {unknown:?}");
}

#[test]
fn the_policy_page_tells_the_defaults_of_the_code() {
    for row in policy::defaults() {
        let all = rows(POLICY, row.of);
        let line = all.get(row.field).unwrap_or_else(|| panic!("{}: no row `{}`", row.of, row.field));
        let cell = line.split('|').nth(4).unwrap().trim().replace('`', "");
        let same = cell.starts_with(row.value) || (row.field == "zone" && cell.starts_with("UTC"));
        assert!(same, "{} `{}`: the default is {}, the page says {cell}", row.of, row.field, row.value);
    }
}

#[test]
fn the_policy_page_lists_every_built_in_preset() {
    assert_eq!(words(POLICY, "Built-in breakers"), policy::breaker_presets().into_iter().collect());
    assert_eq!(words(POLICY, "Built-in limits"), policy::limit_presets().into_iter().collect());
}

/// The names of all files below a folder.
fn names(folder: &Path, into: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names(&path, into);
        } else {
            into.insert(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
}

#[test]
fn the_architecture_names_files_that_exist() {
    let text = read("ARCHITECTURE.md");
    let mut sources = BTreeSet::new();
    for folder in ["core/src", "bindings-node/src", "bindings-python/python"] {
        names(&root().join(folder), &mut sources);
    }
    let mut seen = 0;
    for word in text.split('`').skip(1).step_by(2) {
        let ends = |endings: &[&str]| endings.iter().any(|e| word.ends_with(e));
        if word.contains([' ', '*', '{', '…']) {
            continue;
        }
        if !word.contains('/') && ends(&[".rs", ".ts", ".tsx", ".py"]) {
            assert!(sources.contains(word), "no source is called `{word}`");
        } else if word.contains('/') && (word.ends_with('/') || Path::new(word).extension().is_some()) {
            let found = ["", "core/src/", "core/"].iter().any(|base| root().join(base).join(word).exists());
            assert!(found, "`{word}` does not exist");
        } else {
            continue;
        }
        seen += 1;
    }
    assert!(seen >= 90, "only {seen} paths found");
    let rooms: BTreeSet<String> = fs::read_dir(root().join("core/src"))
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| !name.contains('.'))
        .collect();
    assert_eq!(words("ARCHITECTURE.md", "Rooms and floors"), rooms.iter().map(|r| format!("{r}/")).collect());
}
