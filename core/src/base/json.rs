//! One JSON value as data, read whole.
//!
//! The reader keeps the order of a table and both copies of a duplicate key, so that the policy reader can name the fault.
use crate::base::error::Fault;
use crate::base::order::sort_by;
use crate::base::read;
pub use crate::base::write::{Writer, write_fault};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A JSON value. Numbers are doubles; an integer beyond 2^53 is kept apart, because it cannot cross exactly.
#[derive(Clone, PartialEq, Debug)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number that a double holds.
    Num(f64),
    /// An integer that no double holds exactly.
    BigInt,
    /// Text.
    Str(String),
    /// A list.
    Arr(Vec<Json>),
    /// A table in the order written, duplicate keys included.
    Obj(Vec<(String, Json)>),
}

impl Json {
    /// Reads one JSON value. Errors: `json_syntax` (also nesting beyond 128), with line and column in the message.
    pub fn parse(text: &str) -> Result<Json, Fault> {
        read::parse(text)
    }
    /// The first entry of a table under `key`.
    pub fn at(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Obj(entries) => entries.iter().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }
    /// The text, if this is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::Str(s) => Some(s),
            _ => None,
        }
    }
    /// The number, if this is a number.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Json::Num(n) => Some(*n),
            _ => None,
        }
    }
    /// What kind of value this is, in the words of an error message.
    pub fn kind(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "a boolean",
            Json::Num(_) => "a number",
            Json::BigInt => "an integer beyond 2^53",
            Json::Str(_) => "text",
            Json::Arr(_) => "a list",
            Json::Obj(_) => "a table",
        }
    }
    /// Canonical text: keys sorted, no white space, integers without a point.
    pub fn canonical(&self) -> String {
        let mut w = Writer::default();
        self.write_canonical(&mut w);
        w.finish()
    }
    fn write_canonical(&self, w: &mut Writer) {
        match self {
            Json::Null => w.null(),
            Json::Bool(b) => w.bool(*b),
            Json::Num(n) => w.f64(*n),
            Json::BigInt => w.null(),
            Json::Str(s) => w.str(s),
            Json::Arr(items) => {
                w.begin_list();
                items.iter().for_each(|v| v.write_canonical(w));
                w.end_list();
            }
            Json::Obj(entries) => {
                let mut sorted: Vec<&(String, Json)> = entries.iter().collect();
                sort_by(&mut sorted, |a, b| a.0.cmp(&b.0));
                w.begin();
                for (k, v) in sorted {
                    w.key(k);
                    v.write_canonical(w);
                }
                w.end();
            }
        }
    }
}

/// Joins a path and a key: `services` + `afip` = `services.afip`; a key with a dot is quoted.
pub fn join_path(path: &str, key: &str) -> String {
    let mut out = path.to_string();
    push_key(&mut out, key);
    out
}

/// Appends a key to a path.
pub fn push_key(path: &mut String, key: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    let quote = if key.is_empty() || key.contains('.') { "\"" } else { "" };
    for part in [quote, key, quote] {
        path.push_str(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::error::Code;

    #[test]
    fn depth_is_an_error_and_not_a_crash() {
        let deep = "[".repeat(10_000);
        assert_eq!(Json::parse(&deep).unwrap_err().code, Code::JsonTooDeep);
    }
    #[test]
    fn canonical_text_is_sorted_and_tight() {
        let v = Json::parse("{ \"b\": [1.0, 2.5, null], \"a\": \"x\\n\" }").unwrap();
        assert_eq!(v.canonical(), r#"{"a":"x\n","b":[1,2.5,null]}"#);
    }
    #[test]
    fn integers_beyond_the_exact_range_are_marked() {
        assert_eq!(Json::parse("9007199254740993").unwrap(), Json::BigInt);
        assert_eq!(Json::parse("2.0").unwrap(), Json::parse("2").unwrap());
    }
}
