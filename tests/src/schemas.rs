//! The schemas as files: `schema/NAME.schema.json`, made from the core and the pages.
use crate::root;
use brownout::base::json::Json;
use brownout::schema::{self, Page};
use serde_json::{Map, Number, Value, json};
use std::collections::BTreeMap;

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
        ("problem", value(&schema::problem())),
    ])
}

/// The modules in which classes stand, and the tables that each is about; one that several need is in the first.
const MODULES: [(&str, &[&str]); 9] = [
    ("breaker", &["Breaker"]),
    ("limit", &["Limit", "LimitPreset"]),
    ("call", &["Timeout", "Throttle", "OutcomeRule", "Retry"]),
    ("policy", &["Policy"]),
    (
        "effects",
        &[
            "BreakerChanged",
            "ThrottleHeld",
            "PermitExpired",
            "LimitBlocked",
            "ServiceChanged",
            "FeatureChanged",
            "OverallChanged",
            "IncidentOpened",
            "IncidentClosed",
            "ServiceMaintenanceEnded",
            "FeatureMaintenanceEnded",
            "ClockBehind",
            "EngineRebuilt",
        ],
    ),
    ("explained", &["Explained"]),
    ("output", &["Answer", "Mistake", "Mistakes"]),
    ("names", &["Names"]),
    ("health", &["HealthReport", "Problem"]),
];

/// Every table of several schemas, each once under its title, module by module: what classes are made from. Shapes that are no
/// tables stand where they are used. Errors: two tables of one title that are not the same; a table of no module.
pub fn tables(names: &[&str]) -> Result<Vec<(&'static str, Value)>, String> {
    let mut found = Map::new();
    for (_, schema) in all()?.iter().filter(|(name, _)| names.contains(name)) {
        hoist(&loose(&resolved(schema, schema)), &mut found)?;
    }
    let mut home: BTreeMap<String, &str> = BTreeMap::new();
    for (module, heads) in MODULES {
        for head in heads {
            claim(head, module, &found, &mut home)?;
        }
    }
    if let Some(table) = found.keys().find(|table| !home.contains_key(*table)) {
        return Err(format!("the table `{table}` belongs to no module"));
    }
    let draft = found.get("Policy").and_then(|policy| policy.get("$schema")).cloned();
    let file = |module: &str| {
        let own = found.iter().filter(|(table, _)| home.get(*table) == Some(&module));
        let own: Map<String, Value> = own.map(|(table, shape)| (table.clone(), placed(shape, module, &home))).collect();
        json!({"$schema": draft, "$defs": own})
    };
    Ok(MODULES.iter().map(|(module, _)| (*module, file(module))).collect())
}

/// Puts a table, and what it refers to, into a module.
fn claim<'m>(
    table: &str,
    module: &'m str,
    found: &Map<String, Value>,
    home: &mut BTreeMap<String, &'m str>,
) -> Result<(), String> {
    if home.contains_key(table) {
        return Ok(());
    }
    let shape = found.get(table).ok_or_else(|| format!("there is no table `{table}`"))?;
    home.insert(table.to_string(), module);
    let mut needed = Vec::new();
    needs(shape, &mut needed);
    needed.into_iter().try_for_each(|table| claim(table, module, found, home))
}

/// The tables that a shape refers to.
fn needs<'v>(shape: &'v Value, out: &mut Vec<&'v str>) {
    match shape {
        Value::Object(o) => {
            out.extend(o.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/$defs/")));
            o.values().for_each(|inner| needs(inner, out));
        }
        Value::Array(items) => items.iter().for_each(|inner| needs(inner, out)),
        _ => {}
    }
}

/// The shape with references to other modules as such.
fn placed(shape: &Value, module: &str, home: &BTreeMap<String, &str>) -> Value {
    match shape {
        Value::Object(o) => {
            let turn = |(key, inner): (&String, &Value)| {
                let table = inner.as_str().filter(|_| key == "$ref").and_then(|r| r.strip_prefix("#/$defs/"));
                let there = table.and_then(|table| home.get(table)).filter(|there| **there != module);
                let inner = match (table, there) {
                    (Some(table), Some(there)) => json!(format!("{there}.json#/$defs/{table}")),
                    _ => placed(inner, module, home),
                };
                (key.clone(), inner)
            };
            Value::Object(o.iter().map(turn).collect())
        }
        Value::Array(items) => items.iter().map(|inner| placed(inner, module, home)).collect(),
        other => other.clone(),
    }
}

/// The shape with every reference replaced by what it refers to; words beside a reference stay.
fn resolved(root: &Value, shape: &Value) -> Value {
    match shape {
        Value::Object(o) => {
            let target = o.get("$ref").and_then(Value::as_str).and_then(|r| root.pointer(r.trim_start_matches('#')));
            let mut out = match target.map(|t| resolved(root, t)) {
                Some(Value::Object(t)) => t,
                _ => Map::new(),
            };
            let root_only = |key: &str| o.contains_key("$defs") && ["$defs", "$schema"].contains(&key);
            for (key, inner) in o.iter().filter(|(key, _)| *key != "$ref" && !root_only(key)) {
                let fixed = ["default", "examples", "enum", "const", "required"].contains(&key.as_str());
                out.insert(key.clone(), if fixed { inner.clone() } else { resolved(root, inner) });
            }
            Value::Object(out)
        }
        Value::Array(items) => Value::Array(items.iter().map(|i| resolved(root, i)).collect()),
        other => other.clone(),
    }
}

/// Texts and numbers in choices, lists and maps without their bounds, so that they need no class of their own; a table that takes
/// other keys as well takes any.
fn loose(shape: &Value) -> Value {
    const BOUNDS: [&str; 10] = [
        "pattern",
        "not",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "minItems",
        "maxItems",
        "maxProperties",
        "propertyNames",
    ];
    let Value::Object(o) = shape else {
        let Value::Array(items) = shape else { return shape.clone() };
        return items.iter().map(loose).collect();
    };
    let bare = |inner: &Value| match loose(inner) {
        Value::Object(mut inner) => {
            inner.retain(|key, _| !BOUNDS.contains(&key.as_str()));
            Value::Object(inner)
        }
        other => other,
    };
    let mixed = o.contains_key("properties");
    let turn = |(key, inner): (&String, &Value)| {
        let inner = match (key.as_str(), inner) {
            ("anyOf", Value::Array(branches)) => branches.iter().map(bare).collect(),
            ("additionalProperties", Value::Object(_)) if mixed => Value::Bool(true),
            ("items" | "additionalProperties", Value::Object(_)) => bare(inner),
            ("default" | "examples" | "enum" | "const" | "required", _) => inner.clone(),
            _ => loose(inner),
        };
        (key.clone(), inner)
    };
    Value::Object(o.iter().map(turn).collect())
}

/// Takes each titled table out of a shape and leaves a reference to it.
fn hoist(shape: &Value, found: &mut Map<String, Value>) -> Result<Value, String> {
    let Value::Object(o) = shape else {
        let Value::Array(items) = shape else { return Ok(shape.clone()) };
        return items.iter().map(|i| hoist(i, found)).collect::<Result<_, _>>().map(Value::Array);
    };
    let mut out = Map::new();
    for (key, inner) in o {
        let fixed = ["default", "examples", "enum", "const", "required"].contains(&key.as_str());
        out.insert(key.clone(), if fixed { inner.clone() } else { hoist(inner, found)? });
    }
    let title = out.get("title").and_then(Value::as_str).map(String::from);
    let (Some(title), true) = (title, out.get("properties").is_some()) else {
        out.retain(|key, inner| key != "title" || inner.is_object());
        return Ok(Value::Object(out));
    };
    // what a table is for in one place is no part of the table
    let place = out.remove("description").filter(|_| found.contains_key(&title) || title != "Policy");
    let table = Value::Object(out);
    if found.get(&title).is_some_and(|other| *other != table) {
        return Err(format!("two tables are called `{title}`"));
    }
    found.insert(title.clone(), table);
    let mut reference = Map::new();
    reference.insert("$ref".into(), format!("#/$defs/{title}").into());
    reference.extend(place.map(|p| ("description".to_string(), p)));
    Ok(Value::Object(reference))
}

/// The text of a schema's file.
pub fn text(schema: &Value) -> Result<String, String> {
    Ok(serde_json::to_string_pretty(schema).map_err(|e| e.to_string())? + "\n")
}

/// The core's value as that of the test library, keys in the order written.
pub fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        // Which integer it was is lost, but not that a double does not hold it.
        Json::BigInt => json!(9_007_199_254_740_993_u64),
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
