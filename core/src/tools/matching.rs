//! Does an output match what was expected? The only place that knows.
//!
//! Objects match by the keys given, lists whole, unless the first expected element is `"…"`: then every other expected element
//! must match some element, in any order. In an expected object these keys are orders and no data: `absent` (keys that must be
//! missing), `$exact` (the value, nothing more), `$contains` / `$lacks` (texts in a text), `$lines` (whole lines of a text), `$not`
//! (must not match), `$any` (anything but null), `$between` (a number from low to high), `body_json` (the `body` text, read as JSON).
use crate::base::json::{Json, join_path};
use crate::tools::ask::as_written;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// Where an output differs from what was expected.
#[derive(Clone, PartialEq, Debug)]
pub struct Mismatch {
    /// The place in the output.
    pub path: String,
    /// What was expected there.
    pub expected: String,
    /// What stood there.
    pub got: String,
}

/// Every place where `got` differs from `expected`.
pub fn differences(expected: &Json, got: &Json) -> Vec<Mismatch> {
    let mut out = Vec::new();
    compare(expected, got, "", &mut out);
    out
}

/// Equal as values, whatever the order of keys.
pub fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Arr(x), Json::Arr(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y)),
        (Json::Obj(x), Json::Obj(y)) => {
            x.len() == y.len() && x.iter().all(|(k, v)| b.at(k).is_some_and(|w| same(v, w)))
        }
        _ => a == b,
    }
}

fn compare(expected: &Json, got: &Json, path: &str, out: &mut Vec<Mismatch>) {
    match (expected, got) {
        (Json::Obj(e), _) if e.iter().any(|(k, _)| k.starts_with('$')) => orders(e, got, path, out),
        (Json::Obj(e), Json::Obj(_)) => objects(e, got, path, out),
        (Json::Arr(e), Json::Arr(g)) => lists(e, g, path, out),
        _ if same(expected, got) => {}
        _ => miss(as_written(expected, &[]), got, path, out),
    }
}

fn miss(expected: String, got: &Json, path: &str, out: &mut Vec<Mismatch>) {
    let path = if path.is_empty() { "the output" } else { path };
    out.push(Mismatch { path: path.into(), expected, got: as_written(got, &[]) });
}

fn objects(e: &[(String, Json)], g: &Json, path: &str, out: &mut Vec<Mismatch>) {
    let nothing = Json::Str("nothing".into());
    for (key, want) in e {
        let here = join_path(path, key);
        match (key.as_str(), want, g.at(key)) {
            ("absent", Json::Arr(keys), None) => {
                for k in keys.iter().filter_map(Json::as_str) {
                    if let Some(v) = g.at(k) {
                        miss(as_written(&nothing, &[]), v, &join_path(path, k), out);
                    }
                }
            }
            ("body_json", _, None) => {
                let body = g.at("body").and_then(Json::as_str).and_then(|b| Json::parse(b).ok());
                compare(want, &body.unwrap_or(Json::Null), &here, out);
            }
            (_, _, Some(have)) => compare(want, have, &here, out),
            (_, _, None) => miss(as_written(want, &[]), &nothing, &here, out),
        }
    }
}

fn lists(e: &[Json], g: &[Json], path: &str, out: &mut Vec<Mismatch>) {
    let whole = Json::Arr(g.to_vec());
    if e.first().and_then(Json::as_str) == Some("…") {
        for want in e.iter().skip(1) {
            if !g.iter().any(|have| differences(want, have).is_empty()) {
                miss(as_written(want, &[]), &whole, &format!("{path}[…]"), out);
            }
        }
    } else if e.len() == g.len() {
        for (i, (want, have)) in e.iter().zip(g).enumerate() {
            compare(want, have, &format!("{path}[{i}]"), out);
        }
    } else {
        miss(as_written(&Json::Arr(e.to_vec()), &[]), &whole, path, out);
    }
}

/// Is the number within `[low, high]`, both included?
fn between(bounds: &Json, got: &Json) -> bool {
    let at = |i: usize| match bounds {
        Json::Arr(items) => items.get(i).and_then(Json::as_f64),
        _ => None,
    };
    matches!((at(0), at(1), got.as_f64()), (Some(low), Some(high), Some(n)) if low <= n && n <= high)
}

fn orders(e: &[(String, Json)], got: &Json, path: &str, out: &mut Vec<Mismatch>) {
    let text = got.as_str().unwrap_or_default();
    for (order, arg) in e {
        let words: Vec<&str> = match arg {
            Json::Arr(list) => list.iter().filter_map(Json::as_str).collect(),
            other => other.as_str().into_iter().collect(),
        };
        let fine = match order.as_str() {
            "$exact" => same(arg, got),
            "$contains" => got.as_str().is_some() && words.iter().all(|w| text.contains(w)),
            "$lacks" => got.as_str().is_some() && !words.iter().any(|w| text.contains(w)),
            "$lines" => words.iter().all(|w| text.lines().any(|line| line == *w)),
            "$not" => !differences(arg, got).is_empty(),
            "$any" => *got != Json::Null,
            "$between" => between(arg, got),
            _ => false,
        };
        if !fine {
            miss(as_written(&Json::Obj(vec![(order.to_string(), arg.clone())]), &[]), got, path, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(expected: &str, got: &str) -> Vec<String> {
        let read = |text| Json::parse(text).unwrap();
        differences(&read(expected), &read(got)).into_iter().map(|m| m.path).collect()
    }

    #[test]
    fn objects_match_by_the_keys_given_and_lists_whole() {
        assert_eq!(paths(r#"{"a":1}"#, r#"{"a":1.0,"b":2}"#), Vec::<String>::new());
        assert_eq!(paths(r#"{"a":{"b":[1,2]}}"#, r#"{"a":{"b":[1,3]}}"#), ["a.b[1]"]);
        assert_eq!(paths(r#"{"a":[1]}"#, r#"{"a":[1,2]}"#), ["a"]);
        assert_eq!(paths(r#"{"a":["…",2,1]}"#, r#"{"a":[1,2,3]}"#), Vec::<String>::new());
        assert_eq!(paths(r#"{"a":["…",4]}"#, r#"{"a":[1,2,3]}"#), ["a[…]"]);
        assert_eq!(paths(r#"{"a":null}"#, "{}"), ["a"]);
    }
    #[test]
    fn orders_say_what_must_not_be_there() {
        let none = Vec::<String>::new();
        assert_eq!(paths(r#"{"absent":["retry"]}"#, r#"{"x":1}"#), none);
        assert_eq!(paths(r#"{"absent":["retry"]}"#, r#"{"retry":1}"#), ["retry"]);
        assert_eq!(paths(r#"{"a":{"$exact":{"b":1}}}"#, r#"{"a":{"b":1,"c":2}}"#), ["a"]);
        assert_eq!(paths(r#"{"t":{"$contains":["x"],"$lacks":"y"}}"#, r#"{"t":"axb"}"#), none);
        assert_eq!(paths(r#"{"t":{"$lacks":"x"}}"#, r#"{"t":"axb"}"#), ["t"]);
        assert_eq!(paths(r#"{"t":{"$lines":["b"]}}"#, r#"{"t":"a\nbc\n"}"#), ["t"]);
        assert_eq!(paths(r#"{"body_json":{"a":1}}"#, r#"{"body":"{\"a\":1}"}"#), none);
        assert_eq!(paths(r#"{"body_json":{"a":2}}"#, r#"{"body":"{\"a\":1}"}"#), ["body_json.a"]);
        assert_eq!(paths(r#"{"n":{"$between":[1,2]}}"#, r#"{"n":2}"#), none);
        assert_eq!(paths(r#"{"n":{"$between":[1,2]}}"#, r#"{"n":2.5}"#), ["n"]);
        assert_eq!(paths(r#"{"a":{"$oops":1}}"#, r#"{"a":1}"#), ["a"]);
    }
}
