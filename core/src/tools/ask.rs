//! A payload read, an answer written.
use crate::base::error::{Code, Fault};
use crate::base::json::Json;
use crate::base::write::{Writer, write_faults};
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// What an operation comes to, or every fault that kept it from being asked.
pub(super) type Asked = Result<Answer, Vec<Fault>>;

/// The exit code, and the text to print.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) exit: u8,
    pub(super) out: String,
}

/// Runs one operation over a payload.
pub(super) fn answer(payload: &str, op: impl FnOnce(&Json) -> Asked) -> String {
    let asked = Json::parse(payload).map_err(|f| vec![f]).and_then(|payload| op(&payload));
    let mut w = Writer::default();
    w.begin();
    match asked {
        Ok(answer) => {
            w.field_num("exit", answer.exit);
            w.field_str("out", &answer.out);
        }
        Err(faults) => write_faults(&mut w, "errors", &faults),
    }
    w.end();
    w.finish()
}

/// The text under `key`; empty when there is none.
pub(super) fn text<'a>(json: &'a Json, key: &str) -> &'a str {
    json.at(key).and_then(Json::as_str).unwrap_or_default()
}

/// The text under `key`. Errors: `missing_field`.
pub(super) fn required<'a>(json: &'a Json, key: &str) -> Result<&'a str, Vec<Fault>> {
    let found = json.at(key).and_then(Json::as_str);
    found.ok_or_else(|| vec![Fault::new(Code::MissingField, key, format!("`{key}` is missing"))])
}

/// Is `key` true?
pub(super) fn is_set(json: &Json, key: &str) -> bool {
    json.at(key) == Some(&Json::Bool(true))
}

/// The elements of a list, none where there is no list.
pub(super) fn items(json: Option<&Json>) -> &[Json] {
    match json {
        Some(Json::Arr(items)) => items,
        _ => &[],
    }
}

/// The value as JSON text, entries in the order written; `skip` are keys of the outermost table that are left out.
pub(super) fn as_written(json: &Json, skip: &[&str]) -> String {
    let mut w = Writer::default();
    write(&mut w, json, skip);
    w.finish()
}

fn write(w: &mut Writer, json: &Json, skip: &[&str]) {
    match json {
        Json::Null => w.null(),
        // Which one is lost, but not that it is one.
        Json::BigInt => w.raw("9007199254740993"),
        Json::Bool(b) => w.bool(*b),
        Json::Num(n) => w.f64(*n),
        Json::Str(s) => w.str(s),
        Json::Arr(items) => {
            w.begin_list();
            items.iter().for_each(|v| write(w, v, &[]));
            w.end_list();
        }
        Json::Obj(entries) => {
            w.begin();
            for (k, v) in entries.iter().filter(|(k, _)| !skip.contains(&k.as_str())) {
                w.key(k);
                write(w, v, &[]);
            }
            w.end();
        }
    }
}

/// The bytes of base64 text (RFC 4648, padded or not). `None` for anything else.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut bits, mut held) = (Vec::with_capacity(text.len() / 4 * 3), 0_u32, 0);
    for c in text.trim_end_matches('=').bytes() {
        let digit = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::bytes::base64;

    #[test]
    fn base64_comes_back() {
        for bytes in [&b""[..], b"f", b"fo", b"foo", b"foob", &[0xff, 0xef, 0xbe, 0]] {
            assert_eq!(from_base64(&base64(bytes)).as_deref(), Some(bytes));
        }
        assert_eq!(from_base64("a b"), None);
    }
    #[test]
    fn a_value_is_written_in_its_own_order() {
        let v = Json::parse(r#"{"b":1,"a":[null,"x\n",2.5],"at_ms":3}"#).unwrap();
        assert_eq!(as_written(&v, &["at_ms"]), r#"{"b":1,"a":[null,"x\n",2.5]}"#);
    }
}
