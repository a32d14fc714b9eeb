//! The schemas as files: `schema/NAME.schema.json`, made from the core and the pages.
use crate::root;
use brownout::base::json::Json;
use brownout::schema::{self, Page};
use serde_json::{Map, Number, Value};

/// Every schema: the name of its file and its value.
pub fn all() -> Result<Vec<(&'static str, Value)>, String> {
    let page = |path: &str| -> Result<Page, String> {
        let text = std::fs::read_to_string(root().join(path)).map_err(|e| format!("{path}: {e}"))?;
        Ok(Page::read(&text))
    };
    let (policy, wire) = (page("docs/policy.md")?, page("docs/wire.md")?);
    Ok(vec![
        ("policy", value(&schema::policy(&policy))),
        ("input", value(&schema::input(&wire))),
        ("output", value(&schema::output())),
        ("names", value(&schema::names())),
        ("health", value(&schema::health())),
    ])
}

/// The text of a schema's file.
pub fn text(schema: &Value) -> Result<String, String> {
    Ok(serde_json::to_string_pretty(schema).map_err(|e| e.to_string())? + "\n")
}

/// The core's value as that of the test library, keys in the order written.
pub fn value(json: &Json) -> Value {
    match json {
        Json::Null | Json::BigInt => Value::Null,
        Json::Bool(b) => Value::Bool(*b),
        Json::Num(n) if *n == n.trunc() && n.abs() < 9e15 => Value::from(*n as i64),
        Json::Num(n) => Number::from_f64(*n).map_or(Value::Null, Value::Number),
        Json::Str(s) => Value::String(s.clone()),
        Json::Arr(items) => Value::Array(items.iter().map(value).collect()),
        Json::Obj(entries) => {
            Value::Object(entries.iter().map(|(k, v)| (k.clone(), value(v))).collect::<Map<String, Value>>())
        }
    }
}
