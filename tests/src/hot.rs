//! The hot path of the core in numbers, and the decision that a host builds from them.
//!
//! Every decision is built twice: from the numbers and the table of names, as a binding's host layer does it, and by the core's
//! own writer. Where the two differ the vector fails.
use crate::matching::differences;
use brownout::engine::Engine;
use serde_json::{Map, Value, json};
use std::cell::Cell;

const REARM: u32 = 2;
const RETRY: u32 = 8;
const DETAILS: u32 = 32;
/// What a granted peek returns: there is nothing to settle.
const PEEK: f64 = 9_007_199_254_740_991.0;

/// The tables of `names_json`.
#[derive(Debug)]
pub struct Names {
    tables: Value,
    /// When the host's one timer goes off.
    timer: Cell<f64>,
}

/// Is there anything in `input` besides these fields?
fn only(input: &Value, fields: &[&str]) -> bool {
    input.as_object().is_some_and(|o| o.keys().all(|k| fields.contains(&k.as_str())))
}

impl Names {
    /// The tables of an engine.
    pub fn of(engine: &Engine) -> Result<Names, String> {
        let tables = serde_json::from_str(&engine.names_json()).map_err(|e| e.to_string())?;
        Ok(Names { tables, timer: Cell::new(f64::INFINITY) })
    }

    /// The tables after a reload.
    pub fn renew(&mut self, engine: &Engine) -> Result<(), String> {
        self.tables = Names::of(engine)?.tables;
        Ok(())
    }

    /// The next instant that any output tells: a host's timer is never later.
    pub fn told(&self, next: Option<f64>) {
        self.timer.set(self.timer.get().min(next.unwrap_or(f64::INFINITY)));
    }

    /// The output, if the input can be said in numbers.
    pub fn hot(&self, engine: &mut Engine, input: &Value, at_ms: f64) -> Option<Result<String, String>> {
        let mut out = [0.0; 16];
        let built = match input.get("verb")?.as_str()? {
            "admit" if only(input, &["verb", "service", "keys", "weight"]) => {
                let service = self.place("services", input.get("service")?.as_str()?)?;
                let keys = self.keys(engine, input.get("keys"), at_ms)?;
                let weight = input.get("weight").map_or(Some(1.0), Value::as_f64)?;
                let handle = self.tables.pointer(&format!("/services/{service}/handle")).and_then(Value::as_u64)?;
                let permit = engine.admit_raw(handle as u32, keys, weight, at_ms, &mut out);
                self.admitted(service, permit, &out)
            }
            "settle" if only(input, &["verb", "permit", "outcome", "duration_ms"]) => {
                let permit = input.get("permit")?.as_f64()?;
                let outcomes = self.tables.get("outcomes")?.as_array()?;
                let outcome = outcomes.iter().position(|o| Some(o) == input.get("outcome"))?;
                let duration = input.get("duration_ms").map_or(Some(f64::NAN), Value::as_f64)?;
                let counted = engine.settle_raw(permit, outcome as u32, duration, at_ms, &mut out);
                self.settled(counted, &out)
            }
            "advance" if only(input, &["verb"]) => {
                let done = engine.advance_raw(at_ms, &mut out);
                self.timer.set(f64::INFINITY);
                if done < 0.0 { None } else { Some(json!({"result": "done"})) }
            }
            _ => return None,
        };
        Some(self.agreed(built, &out, &engine.drain_json()))
    }

    fn place(&self, table: &str, name: &str) -> Option<usize> {
        self.tables.get(table)?.as_array()?.iter().position(|s| s.get("name").unwrap_or(s) == name)
    }

    fn word(&self, table: &str, at: f64) -> Value {
        let list = self.tables.get(table).and_then(Value::as_array);
        list.and_then(|l| l.get(at as usize)).cloned().unwrap_or(Value::Null)
    }

    /// Key handles in the order of the table; `None` leaves the input to `handle_json`, which names the fault.
    fn keys(&self, engine: &mut Engine, keys: Option<&Value>, at_ms: f64) -> Option<[u64; 4]> {
        let mut handles = [0; 4];
        if keys.is_some_and(|k| !k.is_object()) {
            return None;
        }
        for (name, value) in keys.and_then(Value::as_object).into_iter().flatten() {
            let at = self.place("keys", name)?;
            *handles.get_mut(at)? = engine.key_raw(value.as_str()?, at_ms).ok()?;
        }
        Some(handles)
    }

    fn admitted(&self, service: usize, permit: f64, out: &[f64; 16]) -> Option<Value> {
        let flags = out[0] as u32;
        let mut d = Map::new();
        if permit < 0.0 {
            return None;
        }
        if permit > 0.0 {
            d.insert("result".into(), json!("granted"));
            if permit != PEEK {
                d.insert("permit".into(), json!(permit));
            }
            put(&mut d, "timeout_ms", out[9]);
            if flags & 16 != 0 {
                d.insert("probe".into(), json!(true));
            }
            return Some(Value::Object(d));
        }
        d.insert("result".into(), json!("refused"));
        d.insert("gate".into(), self.word("gates", out[3]));
        d.insert("code".into(), self.word("refusals", out[2]));
        d.insert("scope".into(), json!(if out[5] == 0.0 { "service" } else { "tenant" }));
        let services = self.tables.get("services").and_then(Value::as_array);
        let told = services.and_then(|s| s.get(service)).cloned().unwrap_or(Value::Null);
        if out[4] >= 0.0 {
            let rule = told.get("limits").and_then(|l| l.get(out[4] as usize));
            d.insert("rule".into(), rule.map_or(Value::Null, |r| r.get("name").unwrap_or(r).clone()));
        }
        // With a retry and details pending, the slots hold the retry's instants, and a host reads the text.
        if flags & (RETRY | DETAILS) != RETRY | DETAILS {
            put(&mut d, "retry_at_ms", out[6]);
            put(&mut d, "retry_after_ms", out[7]);
        }
        d.insert("exact".into(), json!(out[8] == 1.0));
        if let Some(fallback) = told.get("fallback").filter(|f| !f.is_null()) {
            d.insert("fallback".into(), fallback.clone());
        }
        Some(Value::Object(d))
    }

    fn settled(&self, counted: f64, out: &[f64; 16]) -> Option<Value> {
        if counted < 0.0 {
            return None;
        }
        let mut d = Map::new();
        d.insert("result".into(), json!("settled"));
        d.insert("counted".into(), json!(counted == 1.0));
        d.insert("outcome".into(), self.word("outcomes", out[11]));
        if out[0] as u32 & RETRY != 0 {
            d.insert("retry".into(), json!({"at_ms": out[6], "after_ms": out[7], "attempt": out[10]}));
        }
        Some(Value::Object(d))
    }

    /// The core's own output, once the decision built from numbers agrees with it.
    fn agreed(&self, built: Option<Value>, out: &[f64; 16], drained: &str) -> Result<String, String> {
        let whole: Value = serde_json::from_str(drained).map_err(|e| format!("{e}: {drained}"))?;
        let Some(built) = built else {
            return match whole.get("error") {
                Some(_) => Ok(drained.into()),
                None => Err(format!("the hot path failed without an error: {drained}")),
            };
        };
        let decision = whole.get("decision").unwrap_or(&Value::Null);
        if let Some(m) = differences(&built, decision).first() {
            return Err(format!("the hot path says {} for decision.{}, the writer {}", m.expected, m.path, m.got));
        }
        let next = whole.pointer("/next/at_ms").and_then(Value::as_f64).unwrap_or(-1.0);
        if out[0] as u32 & REARM != 0 {
            if next != out[1] {
                return Err(format!("the hot path says next {}, the writer {next}", out[1]));
            }
            self.timer.set(next);
        }
        if next >= 0.0 && self.timer.get() > next {
            return Err(format!("the host's timer stands at {}, and {next} comes before it", self.timer.get()));
        }
        let effects = whole.get("effects").and_then(Value::as_array).is_some_and(|e| !e.is_empty());
        if effects != (out[0] as u32 & 1 != 0) {
            return Err(format!("flag 1 (effects pending) is wrong: flags {}, {drained}", out[0]));
        }
        Ok(drained.into())
    }
}

fn put(d: &mut Map<String, Value>, key: &str, n: f64) {
    if n >= 0.0 {
        d.insert(key.into(), json!(n));
    }
}
