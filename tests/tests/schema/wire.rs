//! Inputs and outputs: every vector's are those of the schemas, every field of a schema stands in some vector, and what the reader
//! of inputs asks for is what the schema has.
use crate::files::schema;
use crate::policy::says;
use crate::verdict::{validator, verdict};
use crate::walk::{Walk, fields};
use brownout::base::asked::Ask;
use brownout::engine::Engine;
use brownout_tests::vector::{Act, Vector, collect};
use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// One input, what the reader asked of it, and what came out.
struct Exchange {
    at: String,
    input: Value,
    asks: Vec<Ask>,
    output: Value,
}

/// Everything that the vectors say to an engine, and hear from it.
#[derive(Default)]
struct Heard {
    exchanges: Vec<Exchange>,
    names: Vec<Value>,
    reports: Vec<(Value, Value)>,
}

fn listen() -> Heard {
    let mut heard = Heard::default();
    for vector in collect(&[brownout_tests::root().join("tests/vectors")]).unwrap() {
        play(&vector, &mut heard);
    }
    heard
}

fn play(vector: &Vector, heard: &mut Heard) {
    let Ok(mut engine) = Engine::from_json(&vector.policy, vector.seed, vector.start_ms) else { return };
    let mut policy = vector.policy.clone();
    let (mut now, mut next) = (vector.start_ms, None);
    let mut permits: BTreeMap<String, Value> = BTreeMap::new();
    heard.names.push(serde_json::from_str(&engine.names_json()).unwrap());
    for step in &vector.steps {
        now = step.at_ms.unwrap_or(now);
        let mut input = match &step.act {
            Act::Input(input) => input.clone(),
            Act::Next => {
                now = next.unwrap();
                json!({"verb": "advance"})
            }
            Act::Roundtrip => {
                let bytes = engine.snapshot();
                engine = Engine::restore_json(&policy, &bytes, now).unwrap();
                continue;
            }
            Act::Raw(_) => continue,
        };
        if let Some(name) = input["permit"].as_str().and_then(|p| p.strip_prefix('$')) {
            input["permit"] = permits[name].clone();
        }
        let (output, asks) = engine.handle_json_asked(&input.to_string(), now);
        let output: Value = serde_json::from_str(&output).unwrap();
        if let (Some(name), Some(permit)) = (&step.bind, output.pointer("/decision/permit")) {
            permits.insert(name.clone(), permit.clone());
        }
        if output.get("next").is_some() {
            next = output.pointer("/next/at_ms").and_then(Value::as_f64);
        }
        if input["verb"] == "reload" && output.get("decision").is_some() {
            policy = input["policy"].to_string();
            heard.names.push(serde_json::from_str(&engine.names_json()).unwrap());
        }
        if input["verb"] == "report" && output["decision"]["content_type"] == "application/json" {
            let body: Value = serde_json::from_str(output["decision"]["body"].as_str().unwrap()).unwrap();
            heard.reports.push((input.clone(), body));
        }
        let at = format!("{} step {}", vector.name, step.place.0);
        heard.exchanges.push(Exchange { at, input, asks, output });
    }
}

/// Every value fits, and every field of the schema was seen in one of them.
fn covered<'v>(name: &str, values: impl IntoIterator<Item = (&'v str, &'v Value)>, beyond: &[&str]) {
    let schema = schema(name);
    let validator = validator(&schema);
    let mut seen = BTreeSet::new();
    let mut count = 0;
    for (at, value) in values {
        assert_eq!(verdict(&validator, value), Vec::<Vec<String>>::new(), "{at}: {value}");
        Walk::new(&schema).visit(value, &mut seen);
        count += 1;
    }
    let idle: Vec<String> = fields(&schema).into_iter().filter(|f| !seen.contains(f)).collect();
    assert_eq!(idle, beyond, "{name}: of {count} values, none has these fields");
}

#[test]
fn every_output_is_one_of_the_schema_and_every_field_of_it_is_said() {
    let heard = listen();
    assert!(heard.exchanges.len() >= 3000, "only {}", heard.exchanges.len());
    covered("output", heard.exchanges.iter().map(|e| (e.at.as_str(), &e.output)), &[]);
}

#[test]
fn every_table_of_names_is_one_of_the_schema() {
    let heard = listen();
    covered("names", heard.names.iter().map(|n| ("names", n)), &[]);
}

#[test]
fn every_native_report_is_one_of_the_schema() {
    let heard = listen();
    let native = |input: &Value| {
        input["view"].as_str().is_none_or(|v| v == "health")
            && input["profile"].as_str().is_none_or(|p| p == "native")
            && input["format"].as_str().is_none_or(|f| f == "json")
            && input["production"] != true
    };
    let found: Vec<&(Value, Value)> = heard.reports.iter().filter(|(input, _)| native(input)).collect();
    assert!(found.len() >= 12, "only {}", found.len());
    covered("health", found.iter().map(|(_, body)| ("report", body)), &[]);
}

/// Errors that an input's form alone explains.
const FORM: [&str; 6] = ["unknown_field", "wrong_type", "missing_field", "bad_outcome", "bad_order", "unknown_verb"];

fn fits(validator: &Validator, e: &Exchange) {
    let errors = verdict(validator, &e.input);
    match e.output["error"]["code"].as_str() {
        None => assert_eq!(errors, Vec::<Vec<String>>::new(), "{}: {}", e.at, e.input),
        Some(code) if FORM.contains(&code) => {
            let path = e.output["error"]["path"].as_str().unwrap().to_string();
            assert!(errors.iter().flatten().any(|p| *p == path), "{}: {} but {errors:?}", e.at, e.output);
        }
        Some(_) => {}
    }
}

/// The questions that a table of verbs answers: only those of the input's own verb and order.
fn held(schema: &Value, heard: &Heard) {
    let (mut seen, mut wrong) = (BTreeSet::new(), BTreeSet::new());
    for e in &heard.exchanges {
        let mut walk = Walk::of(schema, |shape| {
            ["verb", "order"].iter().all(|key| {
                let word = &shape["properties"][key];
                word.is_null()
                    || word["const"] == e.input[key]
                    || word["enum"].as_array().is_some_and(|w| w.contains(&e.input[key]))
            })
        });
        // an unknown verb or order is asked for nothing more
        let asks = if walk.is_lost() { &[][..] } else { &e.asks };
        for Ask { path, form } in asks {
            let shapes = walk.at(path);
            if !shapes.iter().any(|(_, shape)| says(shape, form)) && !REFUSED_BY_HAND.contains(&path.as_str()) {
                wrong.insert(format!("{} `{path}`: {form:?} is not among {shapes:?}", e.input["verb"]));
            }
        }
        seen.extend(walk.seen);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let idle: Vec<String> = fields(schema).into_iter().filter(|f| !seen.contains(f)).collect();
    assert!(idle.is_empty(), "no reader asks for {idle:#?}");
}

/// Fields that the reader asks for in order to refuse them.
const REFUSED_BY_HAND: [&str; 3] = ["for_ms", "outcome", "facts"];

#[test]
fn the_schema_of_inputs_is_what_the_reader_asks_for() {
    let (schema, heard) = (schema("input"), listen());
    let validator = validator(&schema);
    heard.exchanges.iter().for_each(|e| fits(&validator, e));
    held(&schema, &heard);
}

#[test]
fn the_words_are_those_of_the_page() {
    let page = std::fs::read_to_string(brownout_tests::root().join("docs/wire.md")).unwrap();
    let output = schema("output");
    let words = |pointer: &str| -> BTreeSet<String> {
        let list = output.pointer(pointer).unwrap_or_else(|| panic!("{pointer}")).as_array().unwrap();
        list.iter().map(|w| w.as_str().unwrap().to_string()).collect()
    };
    let rows = |heading: &str| -> BTreeSet<String> {
        let section = page.split_once(&format!("\n## {heading}\n")).unwrap().1.split("\n## ").next().unwrap();
        let rows = section.lines().filter_map(|l| l.strip_prefix("| `")?.split_once('`'));
        rows.map(|(word, _)| word.to_string())
            .filter(|w| !["because", "no_retry", "effect"].contains(&w.as_str()))
            .collect()
    };
    assert_eq!(words("/$defs/no_retry/enum"), rows("Why there is no retry"));
    assert_eq!(words("/$defs/refusal/enum"), rows("Refusals"));
    assert_eq!(words("/$defs/effect/anyOf/0/properties/because/enum"), rows("Why a breaker moved"));
    assert_eq!(words("/$defs/decision/anyOf/2/properties/because/enum"), rows("Why an outcome does not count"));
    let effects = output.pointer("/$defs/effect/anyOf").unwrap().as_array().unwrap();
    let effects: BTreeSet<String> =
        effects.iter().map(|e| e["properties"]["effect"]["const"].as_str().unwrap().into()).collect();
    assert_eq!(effects, rows("Effects"));
    let whys = page.split_once("`next.why` is one of ").unwrap().1.split_once(".\n").unwrap().0;
    assert_eq!(
        words("/$defs/next/properties/why/enum"),
        whys.split('`').skip(1).step_by(2).map(String::from).collect()
    );
}
