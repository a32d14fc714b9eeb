//! The reader and serde_json side by side.
use super::parse;
use crate::base::error::Code;
use crate::base::json::Json;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use proptest::prelude::*;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// What serde_json makes of a text.
struct Theirs(Json);

impl<'de> Deserialize<'de> for Theirs {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Json;
            fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("a JSON value")
            }
            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }
            fn visit_bool<E>(self, b: bool) -> Result<Json, E> {
                Ok(Json::Bool(b))
            }
            fn visit_u64<E>(self, n: u64) -> Result<Json, E> {
                Ok(if n <= 1 << 53 { Json::Num(n as f64) } else { Json::BigInt })
            }
            fn visit_i64<E>(self, n: i64) -> Result<Json, E> {
                Ok(if n.unsigned_abs() <= 1 << 53 { Json::Num(n as f64) } else { Json::BigInt })
            }
            fn visit_f64<E>(self, n: f64) -> Result<Json, E> {
                Ok(Json::Num(n))
            }
            fn visit_str<E>(self, s: &str) -> Result<Json, E> {
                Ok(Json::Str(s.to_string()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut a: A) -> Result<Json, A::Error> {
                let mut items = Vec::new();
                while let Some(Theirs(v)) = a.next_element()? {
                    items.push(v);
                }
                Ok(Json::Arr(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut a: A) -> Result<Json, A::Error> {
                let mut entries = Vec::new();
                while let Some((k, Theirs(v))) = a.next_entry()? {
                    entries.push((k, v));
                }
                Ok(Json::Obj(entries))
            }
        }
        d.deserialize_any(V).map(Theirs)
    }
}

/// Both read the same, to the last bit, or say the same.
fn same(text: &str) -> Result<(), TestCaseError> {
    let ours = parse(text).map_err(|fault| fault.message.clone());
    let theirs = serde_json::from_str::<Theirs>(text).map(|t| t.0).map_err(|e| e.to_string());
    prop_assert_eq!(format!("{ours:?}"), format!("{theirs:?}"), "{}", text);
    Ok(())
}

#[test]
fn what_is_refused_is_refused_in_the_same_words() {
    let texts = [
        "",
        " ",
        "\n",
        "n",
        "nul",
        "nulx",
        "nullx",
        "tru",
        "truE",
        "fals",
        "x",
        "é",
        "-",
        "-x",
        "01",
        "-01",
        "1.",
        "1.x",
        "1e",
        "1e+",
        "1e-x",
        "1ex",
        "1e400",
        "-1e400",
        "1e99999999999",
        "0e99999999999",
        "-1e-99999999999",
        "1e-99999999999x",
        "[",
        "[ ",
        "[1",
        "[1 2]",
        "[1,",
        "[1,]",
        "[,]",
        "[1,\n ]",
        "{",
        "{ ",
        "{1",
        "{\"a\"",
        "{\"a\" 1}",
        "{\"a\":",
        "{\"a\":}",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{\"a\":1 \"b\"}",
        "{\"a\":1,1}",
        "{,}",
        "\"",
        "\"\\",
        "\"\\x\"",
        "\"\\u",
        "\"\\u12",
        "\"\\u12\"",
        "\"\\uzzzz\"",
        "\"\\ud800\"",
        "\"\\ud800\\",
        "\"\\ud800\\n\"",
        "\"\\ud800x\"",
        "\"\\ud800é\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud83d",
        "\"a\nb\"",
        "\"a\u{1}\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
        "1 2",
        "[]]",
        "{}\n\n x",
        "\u{feff}1",
        "[1e400]",
        "[\n\n 1 ,\n x]",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "-0",
        "-0.0",
        "0",
        "9007199254740992",
        "9007199254740993",
        "-9007199254740993",
        "1e22",
        "123456789012345678901234567890.5",
        "1E+2",
        "0.1e1",
        "1.7976931348623157e308",
        "1.7976931348623159e308",
        "179769313486231580793728971405301e276",
        "4.9e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.2250738585072011e-308",
        "9007199254740993.0",
        "9007199254740993.00000000000000000000000000000001",
        "0.000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001",
    ];
    for text in texts {
        same(text).expect(text);
    }
}
#[test]
fn levels_are_counted_the_same() {
    for n in [126, 127, 128, 129, 5000] {
        for open in ["[", "{\"a\":"] {
            same(&open.repeat(n)).expect("deep");
        }
        same(&format!("{}{}", "[".repeat(n), "]".repeat(n))).expect("deep");
    }
    assert_eq!(parse(&"[".repeat(5000)).unwrap_err().code, Code::JsonTooDeep);
}

proptest! {
    #[test]
    fn every_double_reads_as_theirs(bits in any::<u64>()) {
        let n = f64::from_bits(bits);
        if n.is_finite() {
            same(&format!("{n}"))?;
            same(&format!("{n:e}"))?;
            // Half way to the next double, exactly, and a hair beside it: the hardest cases.
            let half = format!("{:.800}", f64::from_bits(bits & !(0x7ff << 52) | (1010 + bits % 40) << 52));
            same(&half)?;
            same(&format!("{half}1"))?;
        }
    }
    #[test]
    fn numbers_of_any_form_read_as_theirs(text in "-?[0-9]{1,25}(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,4})?") {
        same(&text)?;
    }
    #[test]
    fn scraps_of_json_read_as_theirs(parts in proptest::collection::vec(prop_oneof![
        "[\\[\\]{},: \n]", Just(String::from("\"a\"")), Just(String::from("\"k\":")), "-?[0-9]{1,3}", "true|false|null",
        "\"[a-z\\\\u0-9déF\"]{0,8}\"", Just(String::from(",")), "[ -~]",
    ], 0..12)) {
        same(&parts.concat())?;
        same(&format!("[{}]", parts.concat()))?;
        same(&format!("{{\"k\":{}}}", parts.concat()))?;
    }
}
