//! The names of a policy as types: the committed modules are those of the example, and the compilers of both languages read them.
#![allow(clippy::unwrap_used)]
use brownout::wire::call;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

fn ask(payload: &Value) -> Value {
    serde_json::from_str(&call("types", &payload.to_string())).unwrap()
}
fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

#[test]
fn the_names_of_an_example_are_the_committed_modules() {
    let policy: Value =
        serde_json::to_value(toml::from_str::<toml::Value>(&read("examples/policies/campotech.toml")).unwrap())
            .unwrap();
    for (language, file) in [("typescript", "tests/data/names.ts"), ("python", "tests/data/names.py")] {
        let answer = ask(&json!({"policy": policy, "language": language}));
        assert_eq!(answer["exit"], 0, "{answer}");
        assert!(answer["out"] == read(file), "{file} is not\n{}", answer["out"].as_str().unwrap_or_default());
        let same = ask(&json!({"policy": policy.to_string(), "language": language}));
        assert_eq!(same, answer);
    }
}
#[test]
fn a_policy_without_names_has_types_that_nothing_fits() {
    let out = |language: &str| ask(&json!({"policy": {"version": 1}, "language": language}))["out"].clone();
    assert!(out("typescript").as_str().unwrap().contains("    services: never;\n"), "{}", out("typescript"));
    assert!(out("typescript").as_str().unwrap().contains("    keys: \"tenant\";\n"), "{}", out("typescript"));
    assert!(out("python").as_str().unwrap().contains("Service: TypeAlias = Never\n"), "{}", out("python"));
}
#[test]
fn what_cannot_be_asked_is_told() {
    let code = |payload: Value| ask(&payload)["errors"][0].clone();
    let wrong = code(json!({"policy": {"version": 1}, "language": "cobol"}));
    assert_eq!((&wrong["code"], &wrong["path"]), (&json!("wrong_type"), &json!("language")));
    assert_eq!(code(json!({"policy": {"version": 1}}))["path"], "language");
    assert_eq!(code(json!({"language": "python"}))["code"], "missing_field");
    assert_eq!(code(json!({"policy": {"version": 2}, "language": "python"}))["code"], "unsupported_version");
}
