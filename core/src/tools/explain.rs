//! One decision in numbers, from a snapshot or from a recording played up to an instant.
use crate::base::error::{Code, Fault};
use crate::base::json::Json;
use crate::base::time::{Instant, Span, parse_span};
use crate::base::write::Writer;
use crate::engine::Engine;
use crate::tools::ask::{Answer, Asked, answer, as_written, from_base64, is_set, items, required, text};
use crate::tools::player::{Player, lines};
use crate::tools::words::{counted, span};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// `{"policy","state"|"recording","until","at","service","keys","weight","amounts","json"}`. Times are milliseconds, or a span after
/// the instant at which the recording begins or the snapshot was taken. The exit code is 0 whatever the verdict.
pub fn explain(payload: &str) -> String {
    answer(payload, ask)
}

fn ask(payload: &Json) -> Asked {
    let policy = required(payload, "policy")?;
    let service = required(payload, "service")?;
    let (mut engine, from) = match payload.at("recording").and_then(Json::as_str) {
        Some(recording) => played(payload, policy, recording)?,
        None => restored(payload, policy)?,
    };
    let now = engine.wall(engine.now());
    let at = when(payload, "at", from)?.unwrap_or(now);
    let mut w = Writer::default();
    w.begin();
    w.field_str("verb", "explain");
    w.field_str("service", service);
    for key in ["keys", "weight", "amounts"] {
        if let Some(value) = payload.at(key) {
            w.key(key);
            w.raw(&as_written(value, &[]));
        }
    }
    w.end();
    let out = engine.handle_json(&w.finish(), at.as_ms());
    let json = Json::parse(&out).map_err(|f| vec![f])?;
    if let Some(error) = json.at("error") {
        let fault = Code::ALL.iter().find(|c| c.slug() == text(error, "code")).copied().unwrap_or(Code::EngineLost);
        return Err(vec![Fault::new(fault, text(error, "path"), text(error, "message"))]);
    }
    let Some(decision) = json.at("decision") else { return Ok(Answer::default()) };
    let out = match is_set(payload, "json") {
        true => as_written(decision, &["result"]) + "\n",
        false => as_text(decision, payload.at("keys")),
    };
    Ok(Answer { exit: 0, out })
}

/// An instant under `key`: milliseconds, or a span after `from`. Errors: `bad_duration`.
fn when(payload: &Json, key: &str, from: Instant) -> Result<Option<Instant>, Vec<Fault>> {
    let word = text(payload, key);
    if word.is_empty() {
        return Ok(None);
    }
    let bad = |code| vec![Fault::new(code, key, format!("`{word}` is neither milliseconds nor a span such as `30s`"))];
    match (word.parse::<f64>(), parse_span(word)) {
        (Ok(ms), _) => Instant::from_wire_ms(ms).map(Some).map_err(bad),
        (_, Some(span)) => Ok(Some(from + span)),
        _ => Err(bad(Code::BadDuration)),
    }
}

/// The engine at the end of the recording, or as it was at `until`.
fn played(payload: &Json, policy: &str, recording: &str) -> Result<(Engine, Instant), Vec<Fault>> {
    let tape = lines(recording)?;
    let from = tape.first().map(|l| l.at).unwrap_or_default();
    let until = when(payload, "until", from)?;
    let mut player = Player::new(policy, None);
    for line in tape.iter().take_while(|l| until.is_none_or(|until| l.at <= until)) {
        if line.begins() {
            player.begin(line)?;
        } else {
            player.play(line);
        }
    }
    let early = || vec![Fault::new(Code::RecordingSyntax, "until", "the recording begins later")];
    let mut engine = player.into_engine().ok_or_else(early)?;
    if let Some(until) = until {
        engine.advance(until);
    }
    Ok((engine, from))
}

fn restored(payload: &Json, policy: &str) -> Result<(Engine, Instant), Vec<Fault>> {
    let state = text(payload, "state");
    if state.is_empty() {
        let at = when(payload, "at", Instant::EPOCH)?.unwrap_or_default();
        return Ok((Engine::load(policy, 0, at)?, at));
    }
    let broken = || vec![Fault::new(Code::SnapshotCorrupt, "state", "the file is no snapshot")];
    let bytes = from_base64(state).ok_or_else(broken)?;
    let engine = Engine::restore(crate::policy::read(policy)?, &bytes)?;
    let at = engine.wall(engine.now());
    Ok((engine, at))
}

fn as_text(d: &Json, keys: Option<&Json>) -> String {
    let now = instant(d, "at_ms").unwrap_or_default();
    let who: Vec<String> = match keys {
        Some(Json::Obj(keys)) => {
            keys.iter().map(|(k, v)| format!(", {k}={}", v.as_str().unwrap_or_default())).collect()
        }
        _ => Vec::new(),
    };
    let mut out = format!("{}{} at {now}: {}", text(d, "service"), who.concat(), text(d, "verdict"));
    if let Some(code) = d.at("code").and_then(Json::as_str) {
        out += &format!(", {code}{}", until(d, now));
    }
    if let Some(fallback) = d.at("fallback").and_then(Json::as_str) {
        out += &format!(", fallback {fallback}");
    }
    out.push('\n');
    for gate in items(d.at("gates")) {
        out += &gate_text(gate, now);
    }
    out
}

fn gate_text(g: &Json, now: Instant) -> String {
    let kind = text(g, "gate");
    let name = match (kind, is_set(g, "rollup")) {
        ("limit", _) => format!("limit {}", text(g, "rule")),
        (_, true) => format!("{kind} of all keys"),
        _ => kind.to_string(),
    };
    let mode = Some(text(g, "mode")).filter(|m| *m != "enforce").map(|m| format!(", {m}")).unwrap_or_default();
    let verdict = match (is_set(g, "passes"), is_set(g, "exempt"), text(g, "mode")) {
        (_, true, _) => "exempt".to_string(),
        (true, ..) => "passes".to_string(),
        (false, _, "shadow") => format!("would refuse: {}{}", text(g, "code"), until(g, now)),
        _ => format!("refuses: {}{}", text(g, "code"), until(g, now)),
    };
    let mut out = String::new();
    let mut line = |label: &str, text: String| out += &format!("{label:26} {text}\n");
    line(&format!("{name} ({}{mode})", text(g, "scope")), verdict);
    match kind {
        "breaker" => breaker_lines(g, now, line),
        "throttle" => {
            if let Some(held) = instant(g, "held_until_ms") {
                line("  held until", ahead(held, now));
            }
        }
        _ => {
            let (unit, asks) = (text(g, "unit"), number(g, "units"));
            let used =
                format!("{} of {} {unit}, {} remain", number(g, "used"), number(g, "limit"), number(g, "remaining"));
            line("  used", format!("{used}, the call asks for {asks}"));
            for (label, key) in [
                ("  blocked until", "blocked_until_ms"),
                ("  next unit at", "next_unit_at_ms"),
                ("  all free at", "full_at_ms"),
            ] {
                if let Some(at) = instant(g, key) {
                    line(label, ahead(at, now));
                }
            }
        }
    }
    out
}

fn breaker_lines(g: &Json, now: Instant, mut line: impl FnMut(&str, String)) {
    let Some(since) = instant(g, "since_ms") else {
        return line("  phase", "closed: this key was never met".to_string());
    };
    let ramping = if is_set(g, "ramping") { ", ramping up" } else { "" };
    line("  phase", format!("{}{ramping} since {since}, attempt {}", text(g, "phase"), number(g, "attempt")));
    if let Some(at) = instant(g, "reopens_at_ms") {
        line("  tried again at", ahead(at, now));
    }
    let window = match g.at("window_ms").and_then(Json::as_f64) {
        Some(ms) => format!("  last {}", span(Span::from_wire_ms(ms).unwrap_or_default())),
        None => format!("  latest {} calls", number(g, "window_calls")),
    };
    let calls = counted(g.at("calls").and_then(Json::as_f64).unwrap_or(0.0) as u64, "call");
    line(&window, format!("{calls}, {} failed, {} slow", number(g, "failures"), number(g, "slow")));
    for rule in items(g.at("rules")) {
        let early = rule.at("counts") == Some(&Json::Bool(false));
        let needs = if early { format!(", counts from {} calls", number(g, "min_calls")) } else { String::new() };
        let numbers = format!("{}, trips at {}{needs}", number(rule, "value"), number(rule, "trips_at"));
        line(&format!("  {}", text(rule, "rule")), numbers);
    }
}

fn instant(json: &Json, key: &str) -> Option<Instant> {
    Instant::from_wire_ms(json.at(key)?.as_f64()?).ok()
}
fn number(json: &Json, key: &str) -> String {
    as_written(json.at(key).unwrap_or(&Json::Null), &[])
}
/// How long a refusal lasts, if it ends by itself.
fn until(json: &Json, now: Instant) -> String {
    instant(json, "retry_at_ms").map(|at| format!(" until {}", ahead(at, now))).unwrap_or_default()
}
/// An instant in milliseconds, and how far it lies ahead.
fn ahead(at: Instant, now: Instant) -> String {
    if at > now { format!("{at} (in {})", span(at.since(now))) } else { at.to_string() }
}
