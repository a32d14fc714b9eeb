//! The names of a policy as types of a host's language, so that a misspelt one is an error before anything runs.
use crate::base::error::{Code, Fault};
use crate::base::json::Json;
use crate::policy::{Policy, read, read_value};
use crate::tools::ask::{Answer, Asked, answer, required};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// `{"policy","language"}`: the document, as an object or as text, and `typescript` or `python`. The exit code is 0.
pub fn types(payload: &str) -> String {
    answer(payload, ask)
}

fn ask(payload: &Json) -> Asked {
    let policy = match payload.at("policy") {
        Some(Json::Str(text)) => read(text)?,
        Some(document) => read_value(document)?,
        None => return Err(vec![Fault::new(Code::MissingField, "policy", "`policy` is missing")]),
    };
    let out = match required(payload, "language")? {
        "typescript" => typescript(&policy),
        "python" => python(&policy),
        other => {
            let message = format!("expected one of typescript, python, found `{other}`");
            return Err(vec![Fault::new(Code::WrongType, "language", message)]);
        }
    };
    Ok(Answer { exit: 0, out })
}

/// Every kind of names: its word, and the names in the order of the alphabet, each once.
fn names(policy: &Policy) -> [(&'static str, Vec<&str>); 4] {
    [
        ("service", sorted(policy.services.iter().map(|s| s.name.as_str()).collect())),
        ("feature", sorted(policy.status.features.iter().map(|f| f.name.as_str()).collect())),
        ("limit", sorted(policy.services.iter().flat_map(|s| &s.limits).map(|l| l.name.as_str()).collect())),
        ("key", sorted(policy.key_names.iter().map(String::as_str).collect())),
    ]
}

fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names.dedup();
    names
}

fn of(policy: &Policy) -> String {
    match policy.name.as_str() {
        "" => "the policy".to_string(),
        name => format!("the policy `{name}`"),
    }
}

fn quoted(names: &[&str], between: &str) -> String {
    let list: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    list.join(between)
}

fn typescript(policy: &Policy) -> String {
    let fields = names(policy).map(|(kind, names)| {
        let union = if names.is_empty() { "never".to_string() } else { quoted(&names, " | ") };
        format!("    {kind}s: {union};\n")
    });
    format!(
        "// The names of {}. Made by `brownout types`: make it again when the policy changes.\n\
         import \"brownout\";\n\n\
         declare module \"brownout\" {{\n  interface Register {{\n{}  }}\n}}\n",
        of(policy),
        fields.concat()
    )
}

fn python(policy: &Policy) -> String {
    let all = names(policy);
    let title = |kind: &str| match kind.split_at_checked(1) {
        Some((first, rest)) => format!("{}{rest}", first.to_uppercase()),
        None => String::new(),
    };
    let aliases = all.iter().map(|(kind, names)| match names.is_empty() {
        true => format!("{}: TypeAlias = Never\n", title(kind)),
        false => format!("{}: TypeAlias = Literal[\n    {},\n]\n", title(kind), quoted(names, ",\n    ")),
    });
    let checks = all.iter().map(|(kind, _)| {
        format!(
            "\n\ndef {kind}(name: {0}) -> {0}:\n    \"\"\"The name itself; a type checker refuses one that the policy does not have.\"\"\"\n    return name\n",
            title(kind)
        )
    });
    let typing =
        if all.iter().any(|(_, names)| names.is_empty()) { "Literal, Never, TypeAlias" } else { "Literal, TypeAlias" };
    let exported: Vec<String> = all.iter().flat_map(|(kind, _)| [title(kind), kind.to_string()]).collect();
    let mut exported: Vec<&str> = exported.iter().map(String::as_str).collect();
    exported.sort_unstable();
    format!(
        "\"\"\"The names of {}. Made by `brownout types`: make it again when the policy changes.\"\"\"\n\n\
         from typing import {typing}\n\n__all__ = [{}]\n\n{}{}",
        of(policy),
        quoted(&exported, ", "),
        aliases.collect::<String>(),
        checks.collect::<String>()
    )
}
