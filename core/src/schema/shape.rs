//! The few words in which the schemas are written: a table of fields, a choice, a number in a range.
use crate::base::json::Json;
use crate::policy::defaults;
use crate::schema::{DIALECT, Page};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// A JSON table from its entries, in order.
pub(super) fn obj<const N: usize>(entries: [(&str, Json); N]) -> Json {
    Json::Obj(entries.into_iter().map(|(key, value)| (key.to_string(), value)).collect())
}
/// Text.
pub(super) fn s(text: &str) -> Json {
    Json::Str(text.to_string())
}
/// A number.
pub(super) fn n(number: u64) -> Json {
    Json::Num(number as f64)
}
/// A list of texts.
pub(super) fn texts<'a>(words: impl IntoIterator<Item = &'a str>) -> Json {
    Json::Arr(words.into_iter().map(s).collect())
}
/// A reference to a definition.
pub(super) fn of(name: &str) -> Json {
    obj([("$ref", s(&format!("#/$defs/{name}")))])
}
/// The same shape with one entry more.
pub(super) fn with(shape: Json, key: &str, value: Json) -> Json {
    let Json::Obj(mut entries) = shape else { return shape };
    entries.push((key.to_string(), value));
    Json::Obj(entries)
}
/// The same shape under a title, from which types take their names.
pub(super) fn titled(title: &str, shape: Json) -> Json {
    let Json::Obj(mut entries) = shape else { return shape };
    entries.insert(0, ("title".to_string(), s(title)));
    Json::Obj(entries)
}

/// Any text.
pub(super) fn text() -> Json {
    obj([("type", s("string"))])
}
/// True or false.
pub(super) fn boolean() -> Json {
    obj([("type", s("boolean"))])
}
/// Any number.
pub(super) fn number() -> Json {
    obj([("type", s("number"))])
}
/// A whole number within `min..=max`.
pub(super) fn count(min: u64, max: u64) -> Json {
    obj([("type", s("integer")), ("minimum", n(min)), ("maximum", n(max))])
}
/// A number within `min..=max`.
pub(super) fn within(min: u64, max: u64) -> Json {
    obj([("type", s("number")), ("minimum", n(min)), ("maximum", n(max))])
}
/// One of the words.
pub(super) fn word<'a>(words: impl IntoIterator<Item = &'a str>) -> Json {
    obj([("type", s("string")), ("enum", texts(words))])
}
/// Exactly this text.
pub(super) fn only(text: &str) -> Json {
    obj([("type", s("string")), ("const", s(text))])
}
/// A list.
pub(super) fn list(items: Json) -> Json {
    obj([("type", s("array")), ("items", items)])
}
/// Any of these shapes.
pub(super) fn any<const N: usize>(shapes: [Json; N]) -> Json {
    obj([("anyOf", Json::Arr(shapes.into()))])
}
/// A table from any name to a shape.
pub(super) fn map(values: Json) -> Json {
    obj([("type", s("object")), ("additionalProperties", values)])
}

/// One field of a table.
pub(super) struct Field {
    key: &'static str,
    shape: Json,
    required: bool,
    note: &'static str,
}

/// A field that may be left out.
pub(super) fn field(key: &'static str, shape: Json) -> Field {
    Field { key, shape, required: false, note: "" }
}
/// A field that must be there.
pub(super) fn must(key: &'static str, shape: Json) -> Field {
    Field { key, shape, required: true, note: "" }
}
impl Field {
    /// With a description of its own, where no page has one.
    pub(super) fn note(mut self, note: &'static str) -> Field {
        self.note = note;
        self
    }
}

/// A table that takes these fields and no others.
///
/// A field is described by the page's row `prefix` + key in `section`; its default is that of the table of defaults.
pub(super) fn table(title: &str, page: &Page, section: &str, prefix: &str, fields: Vec<Field>) -> Json {
    let required: Vec<Json> = fields.iter().filter(|f| f.required).map(|f| s(f.key)).collect();
    let mut properties = Vec::new();
    for f in fields {
        let row = format!("{prefix}{}", f.key);
        let Json::Obj(mut shape) = f.shape else { continue };
        let meaning = if f.note.is_empty() { page.meaning(section, &row) } else { Some(f.note) };
        if let Some(meaning) = meaning {
            shape.insert(0, ("description".to_string(), s(meaning)));
        }
        if let Some(value) = default(section, &row).filter(|_| !f.required) {
            shape.push(("default".to_string(), value));
        }
        properties.push((f.key.to_string(), Json::Obj(shape)));
    }
    let mut out = vec![("title", s(title)), ("type", s("object")), ("properties", Json::Obj(properties))];
    if !required.is_empty() {
        out.push(("required", Json::Arr(required)));
    }
    out.push(("additionalProperties", Json::Bool(false)));
    Json::Obj(out.into_iter().map(|(key, value)| (key.to_string(), value)).collect())
}

/// A default as a document would write it; none where the table of defaults speaks in words.
fn default(section: &str, field: &str) -> Option<Json> {
    let row = defaults().iter().find(|row| row.of == section && row.field == field)?;
    let spoken = row.value == "none" || row.unit == "table" || row.value.contains("the ") || row.value.contains('×');
    if spoken {
        return None;
    }
    if row.unit == "words" {
        return Some(texts(row.value.split(", ")));
    }
    Some(row.value.parse().map_or_else(|_| s(row.value), Json::Num))
}

/// A whole schema: the dialect, what the root is, and the definitions.
pub(super) fn document(root: Json, defs: Vec<(&str, Json)>) -> Json {
    let Json::Obj(root) = root else { return root };
    let mut out: Vec<(String, Json)> = vec![("$schema".to_string(), s(DIALECT))];
    out.extend(root);
    let defs: Vec<_> = defs.into_iter().map(|(name, shape)| (name.to_string(), shape)).collect();
    if !defs.is_empty() {
        out.push(("$defs".to_string(), Json::Obj(defs)));
    }
    Json::Obj(out)
}
