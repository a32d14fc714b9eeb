//! What a schema says of a value: every error, as the places in the reader's own notation that it may mean.
use brownout::base::json::join_path;
use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

/// A validator that takes the schema at its word.
pub fn validator(schema: &Value) -> Validator {
    jsonschema::draft202012::options().build(schema).unwrap()
}

/// One error: every place that it may mean. Of a choice, the alternatives of another type are left out.
pub type Places = Vec<String>;

/// Every error of a value.
pub fn verdict(validator: &Validator, value: &Value) -> Vec<Places> {
    validator.iter_errors(value).flat_map(|error| places(&error, value)).collect()
}

fn places(error: &ValidationError, root: &Value) -> Vec<Places> {
    let pointer = error.instance_path().as_str();
    let here = path(pointer, root);
    match error.kind() {
        Kind::AdditionalProperties { unexpected } => unexpected.iter().map(|key| vec![join_path(&here, key)]).collect(),
        Kind::Required { property } => vec![vec![join_path(&here, property.as_str().unwrap_or_default())]],
        Kind::PropertyNames { error } => {
            vec![vec![join_path(&here, error.instance().as_str().unwrap_or_default())]]
        }
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            let elsewhere = |branch: &&Vec<ValidationError<'static>>| {
                !branch.iter().any(|e| matches!(e.kind(), Kind::Type { .. }) && e.instance_path().as_str() == pointer)
            };
            let mut all = vec![here];
            for inner in context.iter().filter(elsewhere).flatten() {
                all.extend(places(inner, root).into_iter().flatten());
            }
            vec![all]
        }
        // a rule of outcomes with too few fields lacks its conditions, or its `as`
        Kind::MinProperties { .. } => vec![vec![join_path(&here, "as"), here]],
        _ => vec![vec![here]],
    }
}

/// `/services/a/limits/0` as `services.a.limits[0]`.
fn path(pointer: &str, root: &Value) -> String {
    let (mut out, mut at) = (String::new(), Some(root));
    for part in pointer.split('/').skip(1) {
        let key = part.replace("~1", "/").replace("~0", "~");
        match at {
            Some(Value::Array(items)) => {
                out.push_str(&format!("[{key}]"));
                at = key.parse::<usize>().ok().and_then(|i| items.get(i));
            }
            _ => {
                out = join_path(&out, &key);
                at = at.and_then(|v| v.get(&key));
            }
        }
    }
    out
}
