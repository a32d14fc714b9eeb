//! One recording under two policies, side by side.
//!
//! What callers did is taken from the recording: the same calls at the same instants with the same outcomes. A call that only the
//! recorded policy granted is skipped under the other. One that only the other grants has no recorded outcome: it ends as neutral
//! at once, and is counted.
use crate::base::error::Fault;
use crate::base::json::Json;
use crate::tools::ask::text;
use crate::tools::player::{Line, Player, granted};
use crate::tools::tally::Tallies;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Calls of one service on which the two policies disagree.
#[derive(Default)]
pub(super) struct Changed {
    /// Granted by the other policy only: nobody knows how they would have ended.
    pub(super) granted: u64,
    /// Refused by the other policy only.
    pub(super) refused: u64,
    /// Of these, those that had succeeded.
    pub(super) lost: u64,
}

/// The other policy at work.
pub(super) struct Other {
    player: Player,
    pub(super) tallies: Tallies,
    pub(super) changed: BTreeMap<String, Changed>,
    /// The services of calls that only the recorded policy granted, by permit.
    skipped: BTreeMap<u64, String>,
    /// Reloads of the recording that were left out.
    pub(super) reloads: u64,
    /// Inputs that the other policy does not take, and the first: line and code.
    pub(super) rejected: u64,
    pub(super) first_rejected: Option<(usize, String)>,
}

impl Other {
    pub(super) fn new(recorded: &str, other: &str) -> Other {
        Other {
            player: Player::new(recorded, Some(other)),
            tallies: Tallies::default(),
            changed: BTreeMap::new(),
            skipped: BTreeMap::new(),
            reloads: 0,
            rejected: 0,
            first_rejected: None,
        }
    }
    pub(super) fn digest(&self) -> u64 {
        self.player.digest
    }
    pub(super) fn begin(&mut self, line: &Line) -> Result<(), Vec<Fault>> {
        self.tallies.begin(line.at);
        self.skipped.clear();
        self.player.begin(line)
    }
    /// Plays one line, whose output under the recorded policy is `was`.
    pub(super) fn play(&mut self, line: &Line, was: &Json) {
        if line.verb() == "reload" {
            self.reloads += 1;
            return;
        }
        if line.verb() == "settle"
            && let Some(service) = line.number("permit").and_then(|p| self.skipped.remove(&p))
        {
            let outcome = was.at("decision").map(|d| text(d, "outcome")).unwrap_or_default();
            self.changed.entry(service).or_default().lost += u64::from(outcome == "success");
        }
        let Some(out) = self.player.play(line) else { return };
        self.tallies.effects(&out);
        if let (Some(error), None) = (out.at("error"), was.at("error")) {
            self.rejected += 1;
            self.first_rejected.get_or_insert_with(|| (line.n, text(error, "code").to_string()));
        }
        match line.verb() {
            "admit" if line.number("weight") != Some(0) => self.admit(line, &out, was),
            "settle" => self.settle(line, &out),
            _ => {}
        }
    }
    fn admit(&mut self, line: &Line, out: &Json, was: &Json) {
        let service = text(&line.json, "service").to_string();
        let (before, now) = (granted(was), granted(out));
        let recorded = line.number("got");
        self.tallies.admit(&service, out, now.and(recorded));
        let changed = self.changed.entry(service.clone()).or_default();
        match (before, now) {
            (None, Some(permit)) => {
                changed.granted += 1;
                let settle = format!(r#"{{"verb":"settle","permit":{permit},"outcome":"neutral","duration_ms":0}}"#);
                let out = self.player.handle(&settle, line.at);
                self.tallies.effects(&out);
            }
            (Some(_), None) => {
                changed.refused += 1;
                self.skipped.extend(recorded.map(|permit| (permit, service)));
            }
            _ => {}
        }
    }
    fn settle(&mut self, line: &Line, out: &Json) {
        if let Some(permit) = line.number("permit") {
            self.tallies.settle(permit, out);
        }
    }
}
