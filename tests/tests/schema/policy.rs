//! The policy document: what its reader asks for, and what it refuses, is what the schema says.
use crate::corpus::{everything, examples, policies};
use crate::files::schema;
use crate::verdict::{validator, verdict};
use crate::walk::Walk;
use brownout::base::asked::{Ask, Form};
use brownout::policy::{read, read_asked};
use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Does a shape say what the reader asks for?
pub fn says(shape: &Value, form: &Form) -> bool {
    let is = |kind: &str| shape["type"] == kind;
    let range = |low: f64, high: f64| shape["minimum"].as_f64() == Some(low) && shape["maximum"].as_f64() == Some(high);
    let pattern = |part: &str| shape["pattern"].as_str().is_some_and(|p| p.contains(part));
    match form {
        Form::Any => true,
        Form::Table => is("object"),
        Form::List => is("array"),
        Form::Text | Form::Texts => is("string"),
        Form::Name => is("string") && pattern("{1,64}"),
        Form::Boolean => is("boolean"),
        Form::Integer(low, high) => is("integer") && (range(*low as f64, *high as f64) || shape["const"].is_number()),
        Form::Ratio(low, high) => {
            let of = |ratio: brownout::base::num::Ratio| ratio.billionths() as f64 / 1e9;
            is("number") && range(of(*low), of(*high))
        }
        Form::Share => is("number") && shape["exclusiveMinimum"] == 0 && shape["maximum"] == 1,
        Form::Span => is("string") && pattern("[0-9]+ms"),
        Form::Word(words) => {
            let own: BTreeSet<&str> = match shape["const"].as_str() {
                Some(word) => BTreeSet::from([word]),
                None => shape["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
            };
            own == words.iter().map(String::as_str).collect()
        }
    }
}

/// Every question is answered by the schema; every field of the schema is asked for.
pub fn held(schema: &Value, asks: &[Ask], beyond: &[&str]) {
    let mut walk = Walk::new(schema);
    let mut wrong = BTreeSet::new();
    for Ask { path, form } in asks {
        let shapes = walk.at(path);
        if shapes.is_empty() {
            wrong.insert(format!("`{path}` is not in the schema"));
        } else if !shapes.iter().any(|(_, shape)| says(shape, form)) {
            wrong.insert(format!("`{path}`: the reader wants {form:?}, the schema has {shapes:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let idle: Vec<String> = walk.unseen().into_iter().filter(|f| !beyond.contains(&f.as_str())).collect();
    assert!(idle.is_empty(), "no reader asks for {idle:#?}");
}

#[test]
fn the_schema_has_every_field_range_and_word_of_the_reader_and_no_other() {
    let text = everything().to_string();
    let (policy, asks) = read_asked(&text);
    assert_eq!(policy.err(), None);
    assert!(asks.len() >= 300, "only {} questions", asks.len());
    held(&schema("policy"), &asks, &[]);
}

/// Faults of the document's form: these a schema can see.
const FORM: [&str; 5] = ["unknown_field", "wrong_type", "missing_field", "bad_duration", "unsupported_version"];

/// What the schema and the reader say differently of a document.
fn differences(validator: &Validator, document: &Value) -> Vec<String> {
    let faults = read(&document.to_string()).err().unwrap_or_default();
    let errors = verdict(validator, document);
    let mut out = Vec::new();
    for places in &errors {
        if !faults.iter().any(|f| places.contains(&f.path)) {
            out.push(format!("the schema refuses {places:?}, the reader says {faults:?}"));
        }
    }
    for fault in faults.iter().filter(|f| FORM.contains(&f.code.slug())) {
        if !errors.iter().flatten().any(|place| *place == fault.path) {
            out.push(format!("the reader refuses {fault:?}, the schema only {errors:?}"));
        }
    }
    out
}

#[test]
fn the_schema_and_the_reader_agree_on_every_policy() {
    let validator = validator(&schema("policy"));
    let (mut seen, mut refused) = (0, 0);
    for (name, policy) in policies() {
        assert_eq!(differences(&validator, &policy), Vec::<String>::new(), "{name}");
        seen += 1;
        refused += usize::from(!validator.is_valid(&policy));
    }
    assert!(seen >= 300 && refused >= 8, "{seen} policies, {refused} refused");
    for (name, policy) in examples() {
        assert!(validator.is_valid(&policy), "{name}");
    }
}

/// Every place of a value, as a pointer.
fn pointers(at: &str, value: &Value, out: &mut Vec<String>) {
    out.push(at.to_string());
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, v)| pointers(&format!("{at}/{key}"), v, out)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, v)| pointers(&format!("{at}/{i}"), v, out)),
        _ => {}
    }
}

/// Values of every kind, some of which fit anywhere.
pub fn odd() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(false),
        json!(-1),
        json!(0.5),
        json!(1),
        json!(4e15),
        json!(""),
        json!("a b"),
        json!("off"),
        json!("5xx"),
        json!("10s"),
        json!("1s1m"),
        json!("+19:00"),
        json!([]),
        json!({}),
        json!([1]),
        json!(["x"]),
        json!([["x"], []]),
        json!([["x"], "x"]),
        json!({"x": 1}),
        json!({"x": "y"}),
    ]
}

/// Each document that differs from `document` in one place: another value, a field more, a field less.
pub fn mutated(document: &Value) -> Vec<(String, Value)> {
    let (mut places, mut out) = (Vec::new(), Vec::new());
    pointers("", document, &mut places);
    for place in places {
        for value in odd() {
            let mut other = document.clone();
            *other.pointer_mut(&place).unwrap() = value.clone();
            out.push((format!("{place} = {value}"), other));
        }
        let keys: Vec<String> =
            document.pointer(&place).and_then(Value::as_object).into_iter().flatten().map(|(k, _)| k.clone()).collect();
        let table = |other: &mut Value| other.pointer_mut(&place).unwrap().as_object_mut().unwrap().clone();
        if document.pointer(&place).is_some_and(Value::is_object) {
            let mut more = document.clone();
            let mut entries = table(&mut more);
            entries.insert("unheard_of".into(), json!("x"));
            *more.pointer_mut(&place).unwrap() = Value::Object(entries);
            out.push((format!("{place} and one more"), more));
        }
        for key in keys {
            let mut less = document.clone();
            let mut entries = table(&mut less);
            entries.remove(&key);
            *less.pointer_mut(&place).unwrap() = Value::Object(entries);
            out.push((format!("{place} without {key}"), less));
        }
    }
    out
}

/// The document in pieces: its head, and each named table alone.
fn parts(document: &Value) -> Vec<Value> {
    const TABLES: [&str; 4] = ["services", "features", "breakers", "limits"];
    let mut head = document.clone();
    let mut out = Vec::new();
    for table in TABLES {
        for (name, inner) in head.as_object_mut().unwrap().remove(table).unwrap().as_object().unwrap() {
            let mut part = json!({"version": 1});
            part[table][name] = inner.clone();
            out.push(part);
        }
    }
    out.push(head);
    out
}

#[test]
fn the_schema_and_the_reader_agree_on_every_mistake() {
    let validator = validator(&schema("policy"));
    let (mut found, mut seen) = (BTreeSet::new(), 0);
    for (what, document) in parts(&everything()).iter().flat_map(mutated) {
        seen += 1;
        for difference in differences(&validator, &document) {
            found.insert(format!("{what}: {difference}"));
        }
    }
    assert!(seen >= 3000, "only {seen} mistakes");
    let list: Vec<&String> = found.iter().take(40).collect();
    assert!(found.is_empty(), "{} differences: {list:#?}", found.len());
}
