//! The two runners inside this process: `json` sends every input as text, `core` takes the numeric hot path where it can.
use crate::hot::Names;
use crate::runner::{Outputs, Runner};
use crate::vector::{Act, Step, Vector};
use brownout::base::error::Fault;
use brownout::engine::Engine;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Runner `json`: only `handle_json`.
#[derive(Debug)]
pub struct JsonRunner;
/// Runner `core`: `admit_raw`, `settle_raw` and `advance_raw` where the input can be said in numbers.
#[derive(Debug)]
pub struct CoreRunner;

impl Runner for JsonRunner {
    fn name(&self) -> &'static str {
        "json"
    }
    fn play(&self, vectors: &[Vector]) -> Result<Vec<Outputs>, String> {
        Ok(vectors.iter().map(|v| play(v, false)).collect())
    }
}

impl Runner for CoreRunner {
    fn name(&self) -> &'static str {
        "core"
    }
    fn play(&self, vectors: &[Vector]) -> Result<Vec<Outputs>, String> {
        Ok(vectors.iter().map(|v| play(v, true)).collect())
    }
}

/// Faults as the wire writes them.
pub fn faults_text(faults: &[Fault]) -> String {
    let list: Vec<Value> = faults.iter().map(|f| json!({"code": f.code.slug(), "path": f.path})).collect();
    json!({ "errors": list }).to_string()
}

/// One engine while a vector is played.
struct Session {
    engine: Engine,
    policy: String,
    names: Option<Names>,
    permits: BTreeMap<String, f64>,
    now: f64,
    next: Option<f64>,
}

fn play(vector: &Vector, hot: bool) -> Outputs {
    let engine = match Engine::from_json(&vector.policy, vector.seed, vector.start_ms) {
        Ok(engine) => engine,
        Err(faults) => return Ok(vec![faults_text(&faults)]),
    };
    let names = if hot { Some(Names::of(&engine)?) } else { None };
    let policy = vector.policy.clone();
    let mut s = Session { engine, policy, names, permits: BTreeMap::new(), now: vector.start_ms, next: None };
    let mut outputs = vec![json!({"loaded": true}).to_string()];
    for step in &vector.steps {
        outputs.push(s.step(step).map_err(|e| format!("step {}: {e}", step.place.0))?);
    }
    Ok(outputs)
}

impl Session {
    fn step(&mut self, step: &Step) -> Result<String, String> {
        self.now = match (&step.act, step.at_ms) {
            (Act::Next, _) => self.next.ok_or("there is no next instant to advance to")?,
            (_, Some(at)) => at,
            (_, None) => self.now,
        };
        let text = match &step.act {
            Act::Roundtrip => return self.roundtrip(),
            Act::Raw(raw) => self.engine.handle_json(raw, self.now),
            Act::Next => self.input(&json!({"verb": "advance"}))?,
            Act::Input(input) => {
                let input = self.with_permit(input)?;
                self.input(&input)?
            }
        };
        let out: Value = serde_json::from_str(&text).map_err(|e| format!("{e}: {text}"))?;
        if out.get("next").is_some() {
            self.next = out.pointer("/next/at_ms").and_then(Value::as_f64);
            if let Some(names) = &self.names {
                names.told(self.next);
            }
        }
        if let (Some(name), Some(permit)) = (&step.bind, out.pointer("/decision/permit").and_then(Value::as_f64)) {
            self.permits.insert(name.clone(), permit);
        }
        Ok(text)
    }

    fn with_permit(&self, input: &Value) -> Result<Value, String> {
        let mut input = input.clone();
        if let Some(name) = input.get("permit").and_then(Value::as_str).and_then(|p| p.strip_prefix('$')) {
            let permit = self.permits.get(name).ok_or_else(|| format!("no permit was granted as `{name}`"))?;
            input["permit"] = json!(*permit as u64);
        }
        Ok(input)
    }

    fn input(&mut self, input: &Value) -> Result<String, String> {
        if let Some(names) = &self.names
            && let Some(output) = names.hot(&mut self.engine, input, self.now)
        {
            return output;
        }
        let text = self.engine.handle_json(&input.to_string(), self.now);
        let out: Value = serde_json::from_str(&text).map_err(|e| format!("{e}: {text}"))?;
        if input["verb"] == "reload" && out.get("decision").is_some() {
            self.policy = input["policy"].to_string();
            if let Some(names) = &mut self.names {
                names.renew(&self.engine)?;
            }
        }
        Ok(text)
    }

    fn roundtrip(&mut self) -> Result<String, String> {
        let bytes = self.engine.snapshot();
        match Engine::restore_json(&self.policy, &bytes, self.now) {
            Ok(engine) => self.engine = engine,
            Err(faults) => return Ok(faults_text(&faults)),
        }
        if self.engine.snapshot() != bytes {
            return Err("the restored engine writes another snapshot".into());
        }
        Ok(json!({"roundtrip": true}).to_string())
    }
}
