//! The committed files.
use crate::verdict::{validator, verdict};
use brownout_tests::{root, schemas};
use serde_json::Value;
use std::fs;

/// A schema by its name.
pub fn schema(name: &str) -> Value {
    schemas::all().unwrap().into_iter().find(|(n, _)| *n == name).unwrap().1
}

#[test]
fn every_schema_is_a_schema_whose_examples_fit() {
    for (name, schema) in schemas::all().unwrap() {
        assert_eq!(jsonschema::meta::validate(&schema).map_err(|e| e.to_string()), Ok(()), "{name}");
        let validator = validator(&schema);
        for example in schema["examples"].as_array().unwrap_or(&Vec::new()) {
            assert_eq!(verdict(&validator, example), Vec::<Vec<String>>::new(), "{name}");
        }
    }
}

#[test]
fn every_field_is_described() {
    for (name, schema) in schemas::all().unwrap() {
        let fields = crate::walk::fields(&schema);
        let bare: Vec<&String> =
            fields.iter().filter(|f| schema.pointer(f).unwrap().get("description").is_none()).collect();
        assert!(bare.is_empty(), "{name}: no description of {bare:?}");
        assert!(fields.len() >= 5, "{name}");
    }
}

#[test]
fn every_vector_is_of_its_form() {
    let form = fs::read_to_string(root().join("tests/vectors/schema.json")).unwrap();
    let validator = validator(&serde_json::from_str(&form).unwrap());
    let vectors = crate::corpus::vector_files();
    assert!(vectors.len() >= 300);
    for (file, vector) in vectors {
        assert_eq!(verdict(&validator, &vector), Vec::<Vec<String>>::new(), "{file}");
    }
}

#[test]
fn every_example_names_its_schema_first() {
    let schema = fs::canonicalize(root().join("schema/policy.schema.json")).unwrap();
    for (file, document) in crate::corpus::examples() {
        if let Some(named) = document.get("$schema") {
            assert_eq!(named, "./node_modules/brownout/schema.json", "{file}");
            continue;
        }
        let text = fs::read_to_string(root().join(&file)).unwrap();
        let named = text.lines().next().and_then(|line| line.strip_prefix("#:schema "));
        let path = root().join(&file).parent().unwrap().join(named.unwrap_or_else(|| panic!("{file}: its first line")));
        assert_eq!(fs::canonicalize(&path).ok(), Some(schema.clone()), "{file}: {}", path.display());
    }
}
