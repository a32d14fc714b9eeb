//! Questions that need no engine: `call(op, payload)`, JSON in and out.
use crate::base::error::{Code, Fault};
use crate::base::hash::stable;
use crate::base::json::Json;
use crate::base::write::{Writer, write_faults};
use crate::wire::output::error_json;
use alloc::format;
use alloc::string::String;

/// Answers `op` with JSON text; a fault is `{"error":{…}}`.
///
/// | op | payload | answer |
/// |---|---|---|
/// | `version` | anything | `"0.1.0"` |
/// | `canonical` | any JSON | the same, keys sorted, no white space |
/// | `digest` | a list of texts | 16 hexadecimal digits over the texts in order |
/// | `policy_check` | a policy document | `{"ok":true,"hash":…,"lints":[…]}` or `{"errors":[…]}` |
/// | `error_codes` | anything | every code with its help |
/// | `defaults` | anything | every default with its unit and why; with the feature `tools` |
/// | `help` | a command | what it says of itself; with the feature `tools` |
/// | `lint`, `replay`, `explain`, `test`, `types` | what a command line was given | `{"exit":0,"out":"…"}`; with the feature `tools` |
#[inline(never)]
pub fn call(op: &str, payload: &str) -> String {
    match op {
        "version" => format!("\"{}\"", env!("CARGO_PKG_VERSION")),
        "canonical" => with_json(payload, |v| v.canonical()),
        "digest" => with_json(payload, digest),
        "policy_check" => policy_check(payload),
        "error_codes" => error_codes(),
        #[cfg(feature = "tools")]
        "defaults" => Json::Str(crate::policy::defaults_markdown()).canonical(),
        #[cfg(feature = "tools")]
        "explain" => crate::tools::explain(payload),
        #[cfg(feature = "tools")]
        "help" => Json::Str(crate::tools::help(payload)).canonical(),
        #[cfg(feature = "tools")]
        "lint" => crate::tools::lint(payload),
        #[cfg(feature = "tools")]
        "replay" => crate::tools::replay(payload),
        #[cfg(feature = "tools")]
        "test" => crate::tools::test(payload),
        #[cfg(feature = "tools")]
        "types" => crate::tools::types(payload),
        _ => error_json(&Fault::at(Code::UnknownVerb, "op", format_args!("there is no operation `{op}`"))),
    }
}

fn with_json(payload: &str, f: impl FnOnce(&Json) -> String) -> String {
    match Json::parse(payload) {
        Ok(v) => f(&v),
        Err(fault) => error_json(&fault),
    }
}

fn digest(v: &Json) -> String {
    let Json::Arr(items) = v else {
        return error_json(&Fault::at(Code::WrongType, "", format_args!("expected a list of texts")));
    };
    let mut all = String::new();
    for item in items {
        all.push_str(item.as_str().unwrap_or_default());
        all.push('\n');
    }
    format!("\"{:016x}\"", stable(all.as_bytes()))
}

fn policy_check(payload: &str) -> String {
    let mut w = Writer::default();
    w.begin();
    match crate::policy::read(payload) {
        Ok(policy) => {
            w.field_bool("ok", true);
            w.field_str("hash", &format!("{:016x}", policy.hash));
            write_faults(&mut w, "lints", &policy.lints);
        }
        Err(faults) => write_faults(&mut w, "errors", &faults),
    }
    w.end();
    w.finish()
}

fn error_codes() -> String {
    let mut w = Writer::default();
    w.begin();
    for code in Code::ALL {
        w.field_str(code.slug(), code.help());
    }
    w.end();
    w.finish()
}
