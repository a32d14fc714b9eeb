//! Does an output match what was expected? The only place that knows.
//!
//! Objects match by the keys given, lists whole, unless the first expected element is `"…"`: then every other expected
//! element must match some element, in any order. In an expected object these keys are orders and no data:
//! `absent` (keys that must be missing), `$exact` (the value, nothing more), `$contains` / `$lacks` (texts in a text),
//! `$lines` (whole lines of a text), `$not` (must not match), `$any` (anything but null),
//! `$between` (a number from low to high), `body_json` (the `body` text, read as JSON).
use serde_json::{Map, Value, json};

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
pub fn differences(expected: &Value, got: &Value) -> Vec<Mismatch> {
    let mut out = Vec::new();
    compare(expected, got, "", &mut out);
    out
}

/// Equal as values: `2` and `2.0` are the same number.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x.as_f64() == y.as_f64(),
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y)),
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(k, v)| y.get(k).is_some_and(|w| same(v, w)))
        }
        _ => a == b,
    }
}

fn compare(expected: &Value, got: &Value, path: &str, out: &mut Vec<Mismatch>) {
    match (expected, got) {
        (Value::Object(e), _) if e.keys().any(|k| k.starts_with('$')) => orders(e, got, path, out),
        (Value::Object(e), Value::Object(g)) => objects(e, g, path, out),
        (Value::Array(e), Value::Array(g)) => lists(e, g, path, out),
        _ if same(expected, got) => {}
        _ => miss(expected, got, path, out),
    }
}

fn miss(expected: &Value, got: &Value, path: &str, out: &mut Vec<Mismatch>) {
    let path = if path.is_empty() { "the output" } else { path };
    out.push(Mismatch { path: path.into(), expected: expected.to_string(), got: got.to_string() });
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.into() } else { format!("{path}.{key}") }
}

fn objects(e: &Map<String, Value>, g: &Map<String, Value>, path: &str, out: &mut Vec<Mismatch>) {
    for (key, want) in e {
        let here = join(path, key);
        match (key.as_str(), want, g.get(key)) {
            ("absent", Value::Array(keys), None) => {
                for k in keys.iter().filter_map(Value::as_str) {
                    if let Some(v) = g.get(k) {
                        miss(&json!("nothing"), v, &join(path, k), out);
                    }
                }
            }
            ("body_json", _, None) => {
                let body = g.get("body").and_then(Value::as_str).and_then(|b| serde_json::from_str(b).ok());
                compare(want, &body.unwrap_or(Value::Null), &here, out);
            }
            (_, _, Some(have)) => compare(want, have, &here, out),
            (_, _, None) => miss(want, &json!("nothing"), &here, out),
        }
    }
}

fn lists(e: &[Value], g: &[Value], path: &str, out: &mut Vec<Mismatch>) {
    let whole = Value::Array(g.to_vec());
    if e.first().and_then(Value::as_str) == Some("…") {
        for want in e.iter().skip(1) {
            if !g.iter().any(|have| differences(want, have).is_empty()) {
                miss(want, &whole, &format!("{path}[…]"), out);
            }
        }
    } else if e.len() == g.len() {
        for (i, (want, have)) in e.iter().zip(g).enumerate() {
            compare(want, have, &format!("{path}[{i}]"), out);
        }
    } else {
        miss(&Value::Array(e.to_vec()), &whole, path, out);
    }
}

/// Is the number within `[low, high]`, both included?
fn between(bounds: &Value, got: &Value) -> bool {
    let at = |i: usize| bounds.get(i).and_then(Value::as_f64);
    matches!((at(0), at(1), got.as_f64()), (Some(low), Some(high), Some(n)) if low <= n && n <= high)
}

fn orders(e: &Map<String, Value>, got: &Value, path: &str, out: &mut Vec<Mismatch>) {
    let text = got.as_str().unwrap_or_default();
    for (order, arg) in e {
        let words: Vec<&str> = match arg {
            Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
            other => other.as_str().into_iter().collect(),
        };
        let fine = match order.as_str() {
            "$exact" => same(arg, got),
            "$contains" => got.is_string() && words.iter().all(|w| text.contains(w)),
            "$lacks" => got.is_string() && !words.iter().any(|w| text.contains(w)),
            "$lines" => words.iter().all(|w| text.lines().any(|line| line == *w)),
            "$not" => !differences(arg, got).is_empty(),
            "$any" => !got.is_null(),
            "$between" => between(arg, got),
            _ => false,
        };
        if !fine {
            miss(&json!({ order: arg }), got, path, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(expected: Value, got: Value) -> Vec<String> {
        differences(&expected, &got).into_iter().map(|m| m.path).collect()
    }

    #[test]
    fn objects_match_by_the_keys_given_and_lists_whole() {
        assert_eq!(paths(json!({"a":1}), json!({"a":1.0,"b":2})), Vec::<String>::new());
        assert_eq!(paths(json!({"a":{"b":[1,2]}}), json!({"a":{"b":[1,3]}})), ["a.b[1]"]);
        assert_eq!(paths(json!({"a":[1]}), json!({"a":[1,2]})), ["a"]);
        assert_eq!(paths(json!({"a":["…",2,1]}), json!({"a":[1,2,3]})), Vec::<String>::new());
        assert_eq!(paths(json!({"a":["…",4]}), json!({"a":[1,2,3]})), ["a[…]"]);
        assert_eq!(paths(json!({"a":null}), json!({})), ["a"]);
    }
    #[test]
    fn orders_say_what_must_not_be_there() {
        assert_eq!(paths(json!({"absent":["retry"]}), json!({"x":1})), Vec::<String>::new());
        assert_eq!(paths(json!({"absent":["retry"]}), json!({"retry":1})), ["retry"]);
        assert_eq!(paths(json!({"a":{"$exact":{"b":1}}}), json!({"a":{"b":1,"c":2}})), ["a"]);
        assert_eq!(paths(json!({"t":{"$contains":["x"],"$lacks":"y"}}), json!({"t":"axb"})), Vec::<String>::new());
        assert_eq!(paths(json!({"t":{"$lacks":"x"}}), json!({"t":"axb"})), ["t"]);
        assert_eq!(paths(json!({"t":{"$lines":["b"]}}), json!({"t":"a\nbc\n"})), ["t"]);
        assert_eq!(paths(json!({"body_json":{"a":1}}), json!({"body":"{\"a\":1}"})), Vec::<String>::new());
        assert_eq!(paths(json!({"body_json":{"a":2}}), json!({"body":"{\"a\":1}"})), ["body_json.a"]);
        assert_eq!(paths(json!({"n":{"$between":[1,2]}}), json!({"n":2})), Vec::<String>::new());
        assert_eq!(paths(json!({"n":{"$between":[1,2]}}), json!({"n":2.5})), ["n"]);
        assert_eq!(paths(json!({"a":{"$oops":1}}), json!({"a":1})), ["a"]);
    }
}
