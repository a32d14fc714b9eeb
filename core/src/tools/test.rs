//! Test cases played against a policy: what a team runs before it ships one.
use crate::base::json::Json;
use crate::base::write::{Writer, write_faults};
use crate::engine::Engine;
use crate::tools::ask::{Answer, Asked, answer, as_written, is_set, items, text};
use crate::tools::matching::{differences, same};
use crate::tools::vector::{Act, Step, Vector};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// `{"policy","cases":[{"file","text"}],"json"}`. A case that brings a policy of its own is played under that one. The exit code is 1
/// where a case fails.
pub fn test(payload: &str) -> String {
    answer(payload, ask)
}

/// Problems told of one case.
const MAX_PROBLEMS: usize = 8;

struct Played<'a> {
    file: &'a str,
    name: String,
    problems: Vec<String>,
}

fn ask(payload: &Json) -> Asked {
    let policy = payload.at("policy").and_then(Json::as_str);
    let cases = items(payload.at("cases"));
    let played: Vec<Played> =
        cases.iter().map(|case| play_file(text(case, "file"), text(case, "text"), policy)).collect();
    let failed = played.iter().filter(|c| !c.problems.is_empty()).count();
    let out = if is_set(payload, "json") { as_json(&played, failed) } else { as_text(&played, failed) };
    Ok(Answer { exit: (failed > 0 || played.is_empty()).into(), out })
}

fn play_file<'a>(file: &'a str, source: &str, policy: Option<&str>) -> Played<'a> {
    let short = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let short = short.strip_suffix(".json").unwrap_or(short).to_string();
    match Vector::parse(source) {
        Err(why) => Played { file, name: short, problems: vec![why] },
        Ok(v) => Played { file, name: v.name.clone().unwrap_or(short), problems: play(&v, policy) },
    }
}

fn play(v: &Vector, policy: Option<&str>) -> Vec<String> {
    let Some(policy) = v.policy.as_deref().or(policy) else {
        return vec!["there is no policy to play it under".into()];
    };
    let mut session = Session::default();
    let loaded = match Engine::from_json(policy, v.seed, v.start_ms) {
        Ok(engine) => {
            session.engine = Some(engine);
            r#"{"loaded":true}"#.to_string()
        }
        Err(faults) => {
            let mut w = Writer::default();
            w.begin();
            write_faults(&mut w, "errors", &faults);
            w.end();
            w.finish()
        }
    };
    session.policy = policy.to_string();
    session.now = v.start_ms;
    let expected = v.load.clone().or_else(|| Json::parse(r#"{"loaded":true}"#).ok()).unwrap_or(Json::Null);
    let got = Json::parse(&loaded).unwrap_or(Json::Null);
    session.tell("load", &expected, &session.permits.reduced(&got), false);
    if v.load.is_some() || session.engine.is_none() {
        return session.problems;
    }
    for step in &v.steps {
        session.step(step);
        if session.problems.len() >= MAX_PROBLEMS {
            session.problems.push("(more follow)".into());
            break;
        }
    }
    session.problems
}

/// One case being played.
#[derive(Default)]
struct Session {
    engine: Option<Engine>,
    policy: String,
    now: f64,
    next: Option<f64>,
    /// Permits by the names of the case.
    bound: BTreeMap<String, f64>,
    permits: Permits,
    counts: BTreeMap<String, u64>,
    problems: Vec<String>,
}

impl Session {
    fn step(&mut self, step: &Step) {
        let place = match step.place {
            (p, 1) => format!("step {p}"),
            (p, i) => format!("step {p} (time {i})"),
        };
        let text = match self.run(step) {
            Ok(text) => text,
            Err(why) => return self.problems.push(format!("{place}: {why}")),
        };
        let out = match Json::parse(&text) {
            Ok(out) => out,
            Err(fault) => return self.problems.push(format!("{place}: {}", fault.message)),
        };
        if let Some(next) = out.at("next") {
            self.next = next.at("at_ms").and_then(Json::as_f64);
        }
        let decision = out.at("decision");
        if let (Some(name), Some(permit)) = (&step.bind, decision.and_then(|d| d.at("permit")).and_then(Json::as_f64)) {
            self.bound.insert(name.clone(), permit);
        }
        self.permits.note(&out);
        let got = self.permits.reduced(&out);
        if step.place.1 == 1 {
            self.counts.clear();
        }
        let of = |table: &str, key: &str| got.at(table).map(|t| crate::tools::ask::text(t, key).to_string());
        for word in [of("decision", "result"), of("decision", "code"), of("error", "code")].into_iter().flatten() {
            if !word.is_empty() {
                *self.counts.entry(word).or_default() += 1;
            }
        }
        if let Some(tally) = &step.tally {
            let counts = self.counts.iter().map(|(k, n)| (k.clone(), Json::Num(*n as f64))).collect();
            self.tell(&format!("{place}: tally"), tally, &Json::Obj(counts), false);
        }
        match &step.expect {
            Some(expect) => {
                let expect = self.resolved(expect, |permit| Json::Num(self.permits.place(permit)));
                self.tell(&place, &expect, &got, step.exact);
            }
            None if step.tally.is_none() && (got.at("error").is_some() || got.at("errors").is_some()) => {
                self.problems.push(format!("{place}: nobody expected an error: {}", as_written(&got, &[])));
            }
            None => {}
        }
    }
    /// `"permit":"$name"` stands for a permit.
    fn resolved(&self, v: &Json, permit: impl Fn(f64) -> Json + Copy) -> Json {
        match v {
            Json::Obj(o) => {
                let own = |(k, v): &(String, Json)| {
                    let named = v.as_str().filter(|_| k == "permit").and_then(|s| s.strip_prefix('$'));
                    match named.and_then(|name| self.bound.get(name)) {
                        Some(n) => (k.clone(), permit(*n)),
                        None => (k.clone(), self.resolved(v, permit)),
                    }
                };
                Json::Obj(o.iter().map(own).collect())
            }
            Json::Arr(a) => Json::Arr(a.iter().map(|v| self.resolved(v, permit)).collect()),
            other => other.clone(),
        }
    }
    fn run(&mut self, step: &Step) -> Result<String, String> {
        self.now = match (&step.act, step.at_ms) {
            (Act::Next, _) => self.next.ok_or("there is no next instant to advance to")?,
            (_, Some(at)) => at,
            (_, None) => self.now,
        };
        let input = match &step.act {
            Act::Roundtrip => return self.roundtrip(),
            Act::Raw(raw) => raw.clone(),
            Act::Next => r#"{"verb":"advance"}"#.to_string(),
            Act::Input(input) => as_written(&self.resolved(input, Json::Num), &[]),
        };
        let Some(engine) = &mut self.engine else { return Err("there is no engine".into()) };
        let out = engine.handle_json(&input, self.now);
        if let Act::Input(input) = &step.act
            && text(input, "verb") == "reload"
            && out.starts_with("{\"decision\"")
        {
            self.policy = match input.at("policy") {
                Some(Json::Str(text)) => text.clone(),
                Some(document) => as_written(document, &[]),
                None => String::new(),
            };
        }
        Ok(out)
    }
    fn roundtrip(&mut self) -> Result<String, String> {
        let Some(engine) = &mut self.engine else { return Err("there is no engine".into()) };
        let bytes = engine.snapshot();
        let restored = Engine::restore_json(&self.policy, &bytes, self.now).map_err(|f| format!("{}", f[0]))?;
        if restored.snapshot() != bytes {
            return Err("the restored engine writes another snapshot".into());
        }
        self.engine = Some(restored);
        Ok(r#"{"roundtrip":true}"#.into())
    }
    fn tell(&mut self, place: &str, expect: &Json, got: &Json, exact: bool) {
        if exact {
            if !same(expect, got) {
                let (expect, got) = (as_written(expect, &[]), as_written(got, &[]));
                self.problems.push(format!("{place}: expected exactly {expect}\n    got {got}"));
            }
            return;
        }
        for m in differences(expect, got) {
            self.problems.push(format!("{place}: {}: expected {}\n    got {}", m.path, m.expected, m.got));
        }
    }
}

/// Permits in the order in which they were granted: an output tells their place, never the number.
#[derive(Default)]
struct Permits(BTreeMap<u64, usize>);

impl Permits {
    fn place(&self, permit: f64) -> f64 {
        self.0.get(&permit.to_bits()).map_or(permit, |place| *place as f64)
    }
    fn note(&mut self, out: &Json) {
        match out {
            Json::Obj(o) => {
                for (k, v) in o {
                    match v.as_f64().filter(|_| k == "permit") {
                        Some(permit) => {
                            let next = self.0.len() + 1;
                            self.0.entry(permit.to_bits()).or_insert(next);
                        }
                        None => self.note(v),
                    }
                }
            }
            Json::Arr(a) => a.iter().for_each(|v| self.note(v)),
            _ => {}
        }
    }
    /// The output with permits by their place and faults reduced to code and path, because messages may change.
    fn reduced(&self, v: &Json) -> Json {
        match v {
            Json::Obj(o) => {
                let own = |(k, v): &(String, Json)| {
                    let v = match (k.as_str(), v) {
                        ("permit", Json::Num(n)) => Json::Num(self.place(*n)),
                        ("error", Json::Obj(_)) => fault(v),
                        ("errors", Json::Arr(all)) => Json::Arr(all.iter().map(fault).collect()),
                        (_, v) => self.reduced(v),
                    };
                    (k.clone(), v)
                };
                Json::Obj(o.iter().map(own).collect())
            }
            Json::Arr(a) => Json::Arr(a.iter().map(|v| self.reduced(v)).collect()),
            other => other.clone(),
        }
    }
}

fn fault(v: &Json) -> Json {
    match v {
        Json::Obj(o) => Json::Obj(o.iter().filter(|(k, _)| k == "code" || k == "path").cloned().collect()),
        other => other.clone(),
    }
}

fn as_text(played: &[Played], failed: usize) -> String {
    let mut out = String::new();
    for case in played {
        let word = if case.problems.is_empty() { "ok  " } else { "FAIL" };
        out += &format!("{word} {} ({})\n", case.name, case.file);
        for problem in &case.problems {
            out += &format!("  {problem}\n");
        }
    }
    out + &format!("{} passed, {failed} failed\n", played.len() - failed)
}

fn as_json(played: &[Played], failed: usize) -> String {
    let mut w = Writer::default();
    w.begin();
    w.key("cases");
    w.begin_list();
    for case in played {
        w.begin();
        w.field_str("file", case.file);
        w.field_str("name", &case.name);
        w.field_bool("passed", case.problems.is_empty());
        w.key("problems");
        w.begin_list();
        case.problems.iter().for_each(|p| w.str(p));
        w.end_list();
        w.end();
    }
    w.end_list();
    w.field_num("passed", played.len() - failed);
    w.field_num("failed", failed);
    w.end();
    w.finish() + "\n"
}
