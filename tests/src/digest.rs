//! One canonical text per step, and one digest over all of them.
//!
//! Canonical: keys sorted, no white space, whole numbers without a point. Permits are opaque, so each stands as its place in the
//! order of granting; faults are reduced to code and path, because messages may change.
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Permits in the order in which they were granted.
#[derive(Default, Debug)]
pub struct Permits {
    seen: BTreeMap<u64, usize>,
}

impl Permits {
    /// The place of a permit, from 1; a new one gets the next.
    pub fn place(&mut self, permit: f64) -> usize {
        let next = self.seen.len() + 1;
        *self.seen.entry(permit.to_bits()).or_insert(next)
    }
}

/// An output as every runner must give it.
pub fn canonical(text: &str, permits: &mut Permits) -> Result<Value, String> {
    let value: Value = serde_json::from_str(text).map_err(|e| format!("the output is no JSON: {e}: {text}"))?;
    Ok(reduce(&value, "", permits))
}

fn reduce(v: &Value, key: &str, permits: &mut Permits) -> Value {
    match v {
        Value::Number(n) if key == "permit" => json!(permits.place(n.as_f64().unwrap_or(0.0))),
        Value::Number(n) => number(n.as_f64().unwrap_or(f64::NAN)),
        Value::Object(o) if key == "error" || key == "errors" => {
            let kept = o.iter().filter(|(k, _)| *k == "code" || *k == "path");
            Value::Object(kept.map(|(k, v)| (k.clone(), v.clone())).collect::<Map<_, _>>())
        }
        Value::Object(o) => {
            let sorted: BTreeMap<&String, &Value> = o.iter().collect();
            Value::Object(sorted.into_iter().map(|(k, v)| (k.clone(), reduce(v, k, permits))).collect())
        }
        Value::Array(a) => Value::Array(a.iter().map(|v| reduce(v, key, permits)).collect()),
        other => other.clone(),
    }
}

fn number(n: f64) -> Value {
    if n.trunc() == n && n.abs() < 9_007_199_254_740_993.0 { json!(n as i64) } else { json!(n) }
}

/// The digest of canonical lines, by the core's own hash.
pub fn digest(lines: &[String]) -> String {
    let payload = json!(lines).to_string();
    let out = brownout::wire::call("digest", &payload);
    match serde_json::from_str::<Value>(&out) {
        Ok(Value::String(hex)) => hex,
        Ok(Value::Object(o)) => o.get("digest").map_or(out.clone(), |d| d.as_str().map_or(d.to_string(), String::from)),
        _ => out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permits_stand_as_their_order_and_faults_as_code_and_path() {
        let mut p = Permits::default();
        let text = r#"{"next":null,"decision":{"permit":77.0,"x":1.50},"effects":[{"permit":9}]}"#;
        let v = canonical(text, &mut p).unwrap();
        assert_eq!(v.to_string(), r#"{"decision":{"permit":1,"x":1.5},"effects":[{"permit":2}],"next":null}"#);
        let v = canonical(r#"{"errors":[{"code":"a","path":"b","message":"m","help":"h"}]}"#, &mut p).unwrap();
        assert_eq!(v.to_string(), r#"{"errors":[{"code":"a","path":"b"}]}"#);
    }
}
