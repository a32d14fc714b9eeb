//! Does an output match what was expected? The core's own matcher, for JSON that other processes wrote.
use brownout::base::json::Json;
use brownout::tools::matching;
pub use brownout::tools::matching::Mismatch;
use serde_json::Value;

/// Every place where `got` differs from `expected`.
pub fn differences(expected: &Value, got: &Value) -> Vec<Mismatch> {
    matching::differences(&json(expected), &json(got))
}

/// Equal as values: `2` and `2.0` are the same number.
pub fn same(a: &Value, b: &Value) -> bool {
    matching::same(&json(a), &json(b))
}

fn json(v: &Value) -> Json {
    Json::parse(&v.to_string()).unwrap_or(Json::Null)
}
