//! Finding one's way in a schema: which shapes stand at a path, and which fields it has.
use serde_json::Value;
use std::collections::BTreeSet;

/// A shape and its address in the schema.
pub type Shape<'s> = (String, &'s Value);

/// A schema and the fields in it that were visited.
pub struct Walk<'s> {
    root: &'s Value,
    start: Vec<Shape<'s>>,
    pub seen: BTreeSet<String>,
}

#[derive(Debug, PartialEq)]
enum Step {
    Key(String),
    Item,
}

impl<'s> Walk<'s> {
    pub fn new(root: &'s Value) -> Self {
        Walk::of(root, |_| true)
    }
    /// A walk that begins at some of the alternatives of the root.
    pub fn of(root: &'s Value, begin: impl Fn(&Value) -> bool) -> Self {
        let start = leaves(root, (String::new(), root)).into_iter().filter(|(_, shape)| begin(shape)).collect();
        Walk { root, start, seen: BTreeSet::new() }
    }
    /// Is there no alternative to begin at?
    pub fn is_lost(&self) -> bool {
        self.start.is_empty()
    }
    /// Notes every field of a value that fits, in the alternatives that it fits: those whose fixed words it has.
    pub fn visit(&self, value: &Value, seen: &mut BTreeSet<String>) {
        self.start.iter().for_each(|shape| self.visit_shape(shape.clone(), value, seen));
    }
    fn visit_shape(&self, (at, shape): Shape<'s>, value: &Value, seen: &mut BTreeSet<String>) {
        let fixed =
            |(key, inner): (&String, &Value)| inner.get("const").is_none_or(|word| value.get(key) == Some(word));
        let properties = shape.get("properties").and_then(Value::as_object);
        let required = shape.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        match value {
            Value::Object(entries) if shape["type"] == "object" => {
                if !properties.into_iter().flatten().all(fixed)
                    || !required.clone().all(|key| entries.contains_key(key))
                {
                    return;
                }
                for (key, inner) in entries {
                    let next = match properties.and_then(|p| p.get(key)) {
                        Some(next) => {
                            seen.insert(format!("{at}/properties/{key}"));
                            (format!("{at}/properties/{key}"), next)
                        }
                        None => match shape.get("additionalProperties") {
                            Some(next) if next.is_object() => (format!("{at}/additionalProperties"), next),
                            _ => return,
                        },
                    };
                    leaves(self.root, next).into_iter().for_each(|leaf| self.visit_shape(leaf, inner, seen));
                }
            }
            Value::Array(items) if shape["type"] == "array" => {
                let next = (format!("{at}/items"), &shape["items"]);
                for item in items {
                    leaves(self.root, next.clone()).into_iter().for_each(|leaf| self.visit_shape(leaf, item, seen));
                }
            }
            _ => {}
        }
    }
    /// The shapes at a path such as `services.a.limits[0].name`; each field on the way counts as visited.
    pub fn at(&mut self, path: &str) -> Vec<Shape<'s>> {
        let mut found = self.start.clone();
        for step in steps(path) {
            found = found.into_iter().filter_map(|shape| self.inner(shape, &step)).flatten().collect();
        }
        found
    }
    fn inner(&mut self, (at, shape): Shape<'s>, step: &Step) -> Option<Vec<Shape<'s>>> {
        let next = match step {
            Step::Item => (format!("{at}/items"), shape.get("items")?),
            Step::Key(key) => match shape.get("properties").and_then(|p| p.get(key)) {
                Some(inner) => {
                    let address = format!("{at}/properties/{key}");
                    self.seen.insert(address.clone());
                    (address, inner)
                }
                None => {
                    (format!("{at}/additionalProperties"), shape.get("additionalProperties").filter(|s| s.is_object())?)
                }
            },
        };
        Some(leaves(self.root, next))
    }
    /// The fields that nobody visited.
    pub fn unseen(&self) -> Vec<String> {
        fields(self.root).into_iter().filter(|f| !self.seen.contains(f)).collect()
    }
}

/// The shapes behind references and choices.
fn leaves<'s>(root: &'s Value, (at, shape): Shape<'s>) -> Vec<Shape<'s>> {
    if let Some(target) = shape.get("$ref").and_then(Value::as_str) {
        let pointer = target.trim_start_matches('#');
        return leaves(root, (pointer.to_string(), root.pointer(pointer).unwrap()));
    }
    for word in ["anyOf", "oneOf"] {
        if let Some(list) = shape.get(word).and_then(Value::as_array) {
            let branch = |(i, s)| leaves(root, (format!("{at}/{word}/{i}"), s));
            return list.iter().enumerate().flat_map(branch).collect();
        }
    }
    vec![(at, shape)]
}

/// The addresses of all fields, definitions included.
pub fn fields(root: &Value) -> Vec<String> {
    fn into(at: &str, shape: &Value, out: &mut Vec<String>) {
        match shape {
            Value::Object(entries) => {
                for (key, inner) in
                    entries.iter().filter(|(key, _)| !["default", "examples", "const", "enum"].contains(&key.as_str()))
                {
                    let place = format!("{at}/{key}");
                    if key == "properties" && at.rsplit('/').next() != Some("properties") {
                        out.extend(
                            inner.as_object().into_iter().flatten().map(|(field, _)| format!("{place}/{field}")),
                        );
                    }
                    into(&place, inner, out);
                }
            }
            Value::Array(items) => items.iter().enumerate().for_each(|(i, s)| into(&format!("{at}/{i}"), s, out)),
            _ => {}
        }
    }
    let mut out = Vec::new();
    into("", root, &mut out);
    out
}

fn steps(path: &str) -> Vec<Step> {
    let (mut out, mut rest) = (Vec::new(), path);
    while !rest.is_empty() {
        if let Some(tail) = rest.strip_prefix('[') {
            out.push(Step::Item);
            rest = tail.split_once(']').map_or("", |(_, tail)| tail);
        } else if let Some(tail) = rest.strip_prefix('"') {
            let (key, tail) = tail.split_once('"').unwrap();
            out.push(Step::Key(key.to_string()));
            rest = tail;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            out.push(Step::Key(rest[..end].to_string()));
            rest = &rest[end..];
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    out
}

#[test]
fn a_path_is_taken_apart() {
    let key = |k: &str| Step::Key(k.to_string());
    assert_eq!(steps("a.\"b.c\".d[0][1].e"), [key("a"), key("b.c"), key("d"), Step::Item, Step::Item, key("e")]);
}
