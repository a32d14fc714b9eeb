//! A recording, line by line, and an engine that it is played through.
//!
//! A line that holds `brownout` begins an engine: `{"brownout":1,"at_ms","policy","seed"}`, or with `snapshot` (base64) instead of
//! a fresh start; `policy` is the hash of the policy in force. Every other line is one input of the wire with its `at_ms`, and on an
//! `admit` that was granted `got`, the permit.
use crate::base::error::{Code, Fault};
use crate::base::hash::keyed;
use crate::base::json::Json;
use crate::base::time::Instant;
use crate::engine::Engine;
use crate::tools::ask::{as_written, from_base64, text};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// One line of a recording.
pub(super) struct Line {
    /// Its place in the file, from 1.
    pub(super) n: usize,
    pub(super) at: Instant,
    pub(super) json: Json,
}

/// Fields that a line has beside the input.
const BESIDE: [&str; 2] = ["at_ms", "got"];

impl Line {
    pub(super) fn verb(&self) -> &str {
        text(&self.json, "verb")
    }
    pub(super) fn begins(&self) -> bool {
        self.json.at("brownout").is_some()
    }
    /// A whole number under `key`.
    pub(super) fn number(&self, key: &str) -> Option<u64> {
        self.json.at(key).and_then(Json::as_f64).map(|n| n as u64)
    }
    /// The input as text, with another permit if need be.
    fn input(&self, permit: Option<u64>) -> String {
        match (&self.json, permit) {
            (Json::Obj(entries), Some(permit)) => {
                let own = |(k, v): &(String, Json)| {
                    (k.clone(), if k == "permit" { Json::Num(permit as f64) } else { v.clone() })
                };
                as_written(&Json::Obj(entries.iter().map(own).collect()), &BESIDE)
            }
            (json, _) => as_written(json, &BESIDE),
        }
    }
}

/// Reads a recording. Errors: `recording_syntax` with the line; the first line must begin an engine.
pub(super) fn lines(recording: &str) -> Result<Vec<Line>, Vec<Fault>> {
    let mut out: Vec<Line> = Vec::new();
    for (i, line) in recording.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let bad = |what: &str| vec![Fault::new(Code::RecordingSyntax, format!("line {}", i + 1), what)];
        let json = Json::parse(line).map_err(|f| bad(&f.message))?;
        let at = json.at("at_ms").and_then(Json::as_f64).ok_or_else(|| bad("`at_ms` is missing"))?;
        let at = Instant::from_wire_ms(at).map_err(|_| bad("`at_ms` is no time in milliseconds"))?;
        let line = Line { n: i + 1, at, json };
        if out.is_empty() && !line.begins() {
            return Err(bad("the first line does not say how the engine began"));
        }
        out.push(line);
    }
    if out.is_empty() {
        return Err(vec![Fault::new(Code::RecordingSyntax, "", "the recording is empty")]);
    }
    Ok(out)
}

/// An engine on the way through a recording.
pub(super) struct Player {
    /// The policy in force where the recording stands.
    recorded: String,
    /// The policy to play under instead.
    other: Option<String>,
    engine: Option<Engine>,
    /// The permits of the recording, as this engine granted them.
    permits: BTreeMap<u64, Option<u64>>,
    /// Over every output so far.
    pub(super) digest: u64,
}

impl Player {
    pub(super) fn new(recorded: &str, other: Option<&str>) -> Player {
        Player {
            recorded: recorded.to_string(),
            other: other.map(ToString::to_string),
            engine: None,
            permits: BTreeMap::new(),
            digest: 0,
        }
    }
    /// The engine as it stands; `None` before the first line.
    pub(super) fn into_engine(self) -> Option<Engine> {
        self.engine
    }
    /// Begins an engine as the line says. Errors: those of the policy and the snapshot, `recording_policy`.
    pub(super) fn begin(&mut self, line: &Line) -> Result<(), Vec<Fault>> {
        let at = line.at.as_ms();
        let (hash, own) = (text(&line.json, "policy"), crate::policy::read(&self.recorded)?.hash);
        if !hash.is_empty() && hash != format!("{own:016x}") {
            let message = format!("the recording belongs to policy {hash}, this one is {own:016x}");
            return Err(vec![Fault::new(Code::RecordingPolicy, format!("line {}", line.n), message)]);
        }
        self.permits.clear();
        let snapshot = text(&line.json, "snapshot");
        if snapshot.is_empty() {
            let seed = text(&line.json, "seed").parse().unwrap_or_default();
            self.engine = Some(Engine::from_json(self.other.as_ref().unwrap_or(&self.recorded), seed, at)?);
            return Ok(());
        }
        let broken =
            || vec![Fault::new(Code::SnapshotCorrupt, format!("line {}", line.n), "the snapshot is no base64")];
        let bytes = from_base64(snapshot).ok_or_else(broken)?;
        let mut engine = Engine::restore_json(&self.recorded, &bytes, at)?;
        if let Some(other) = &self.other {
            engine.reload(crate::policy::read(other)?, line.at)?;
        }
        self.engine = Some(engine);
        Ok(())
    }
    /// Plays one input; its output. `None` for a settle of a call that this engine has refused.
    pub(super) fn play(&mut self, line: &Line) -> Option<Json> {
        let permit = match line.number("permit").filter(|_| line.verb() == "settle") {
            Some(recorded) => Some(self.permits.remove(&recorded).unwrap_or(Some(recorded))?),
            None => None,
        };
        let out = self.handle(&line.input(permit), line.at);
        if let Some(got) = line.number("got") {
            self.permits.insert(got, granted(&out));
        }
        if self.other.is_none() && line.verb() == "reload" && out.at("decision").is_some() {
            self.recorded = match line.json.at("policy") {
                Some(Json::Str(text)) => text.clone(),
                Some(document) => as_written(document, &[]),
                None => String::new(),
            };
        }
        Some(out)
    }
    /// Sends one input of one's own.
    pub(super) fn handle(&mut self, input: &str, at: Instant) -> Json {
        let out = self.engine.as_mut().map(|e| e.handle_json(input, at.as_ms())).unwrap_or_default();
        self.digest = keyed(self.digest, 0, out.as_bytes());
        Json::parse(&out).unwrap_or(Json::Null)
    }
}

/// The permit that an output grants.
pub(super) fn granted(out: &Json) -> Option<u64> {
    out.at("decision").and_then(|d| d.at("permit")).and_then(Json::as_f64).map(|n| n as u64)
}
