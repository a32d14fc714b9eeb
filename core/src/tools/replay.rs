//! A recording played again: the same bits, or what another policy would have made of it.
use crate::base::json::Json;
use crate::base::time::{Instant, Span};
use crate::base::write::Writer;
use crate::tools::ask::{Answer, Asked, answer, is_set, required, text};
use crate::tools::compare::{Changed, Other};
use crate::tools::player::{Player, granted, lines};
use crate::tools::tally::{Tallies, Tally};
use crate::tools::words::{counted, span};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// `{"policy","recording","other","other_name","json"}`. The exit code is 1 where a decision differs from the recorded one, or
/// where the other policy would have changed anything.
pub fn replay(payload: &str) -> String {
    answer(payload, ask)
}

struct Run {
    inputs: u64,
    from: Instant,
    to: Instant,
    digest: u64,
    /// The first line whose decision is not the recorded one, and both in words.
    mismatch: Option<(usize, &'static str, &'static str)>,
    tallies: Tallies,
    other: Option<Other>,
}

fn ask(payload: &Json) -> Asked {
    let policy = required(payload, "policy")?;
    let other = payload.at("other").and_then(Json::as_str);
    let tape = lines(required(payload, "recording")?)?;
    let from = tape.first().map(|l| l.at).unwrap_or_default();
    let mut player = Player::new(policy, None);
    let mut run = Run {
        inputs: 0,
        from,
        to: from,
        digest: 0,
        mismatch: None,
        tallies: Tallies::default(),
        other: other.map(|other| Other::new(policy, other)),
    };
    for line in &tape {
        run.to = run.to.max(line.at);
        if line.begins() {
            run.tallies.begin(line.at);
            player.begin(line)?;
            if let Some(other) = &mut run.other {
                other.begin(line)?;
            }
            continue;
        }
        run.inputs += 1;
        let out = player.play(line).unwrap_or(Json::Null);
        run.tallies.effects(&out);
        match line.verb() {
            "admit" if line.number("weight") != Some(0) => {
                let (recorded, now) = (line.number("got"), granted(&out));
                run.tallies.admit(text(&line.json, "service"), &out, recorded);
                if recorded.is_some() != now.is_some() && run.mismatch.is_none() {
                    run.mismatch = Some((line.n, said(recorded.is_some()), said(now.is_some())));
                }
            }
            "settle" => run.tallies.settle(line.number("permit").unwrap_or_default(), &out),
            _ => {}
        }
        if let Some(other) = &mut run.other {
            other.play(line, &out);
        }
    }
    run.digest = player.digest;
    run.tallies.end(run.to);
    if let Some(other) = &mut run.other {
        other.tallies.end(run.to);
    }
    let rows = rows(&run);
    let differs = rows.iter().any(Row::differs) || run.other.as_ref().is_some_and(|o| o.rejected > 0);
    let name = Some(text(payload, "other_name")).filter(|n| !n.is_empty()).unwrap_or("the other policy");
    let out = if is_set(payload, "json") { as_json(&run, &rows, name, differs) } else { as_text(&run, &rows, name) };
    Ok(Answer { exit: (run.mismatch.is_some() || differs).into(), out })
}

fn said(granted: bool) -> &'static str {
    if granted { "a grant" } else { "no grant" }
}

/// One service under both policies.
struct Row<'a> {
    service: &'a str,
    was: &'a Tally,
    now: &'a Tally,
    changed: &'a Changed,
}

impl Row<'_> {
    fn differs(&self) -> bool {
        let numbers = |t: &Tally| (t.asked, t.granted, t.refused, t.failed, t.opened, t.open_for);
        numbers(self.was) != numbers(self.now)
            || self.was.codes != self.now.codes
            || self.changed.granted > 0
            || self.changed.refused > 0
    }
    fn codes(&self) -> BTreeSet<&String> {
        self.was.codes.keys().chain(self.now.codes.keys()).collect()
    }
}

const NONE: &Tally = &Tally {
    asked: 0,
    granted: 0,
    refused: 0,
    codes: alloc::collections::BTreeMap::new(),
    failed: 0,
    opened: 0,
    open_for: Span::ZERO,
};
const UNCHANGED: &Changed = &Changed { granted: 0, refused: 0, lost: 0 };

fn rows(run: &Run) -> Vec<Row<'_>> {
    let Some(other) = &run.other else { return Vec::new() };
    let (was, now) = (&run.tallies.services, &other.tallies.services);
    let names: BTreeSet<&String> = was.keys().chain(now.keys()).collect();
    let row = |service: &'_ String| -> Option<Row<'_>> {
        let service = was.get_key_value(service).map(|s| s.0).or(now.get_key_value(service).map(|s| s.0))?;
        Some(Row {
            service,
            was: was.get(service).unwrap_or(NONE),
            now: now.get(service).unwrap_or(NONE),
            changed: other.changed.get(service).unwrap_or(UNCHANGED),
        })
    };
    names.into_iter().filter_map(row).collect()
}

fn as_text(run: &Run, rows: &[Row], name: &str) -> String {
    let how = if run.mismatch.is_none() { "as recorded" } else { "not as recorded" };
    let mut out = format!("replayed {} over {}, {how}\n", counted(run.inputs, "input"), span(run.to.since(run.from)));
    if let Some((line, recorded, now)) = &run.mismatch {
        out += &format!("line {line}: recorded {recorded}, replayed {now}\n");
    }
    out += &format!("digest {:016x}\n", run.digest);
    let Some(other) = &run.other else { return out };
    out += &format!("\nunder {name}\n");
    for row in rows {
        out += &service_text(row);
    }
    if rows.iter().any(|r| r.changed.granted > 0) {
        out += "newly granted calls have no recorded outcome: they ended as neutral\n";
    }
    if other.reloads > 0 {
        out += &format!("{} of the recording left out\n", counted(other.reloads, "reload"));
    }
    if let Some((line, code)) = &other.first_rejected {
        out += &format!("{} not taken, first line {line}: {code}\n", counted(other.rejected, "input"));
    }
    out
}

fn service_text(row: &Row) -> String {
    let mut out = format!("{}: {}", row.service, counted(row.was.asked, "call"));
    if !row.differs() {
        return out + ", no difference\n";
    }
    let mut line = |label: &str, text: String| out += &format!("\n  {label:20} {text}");
    let pair = |a: u64, b: u64| format!("{a} -> {b}");
    line("refused", pair(row.was.refused, row.now.refused));
    for code in row.codes() {
        let of = |t: &Tally| t.codes.get(code).copied().unwrap_or(0);
        line(&format!("  {code}"), pair(of(row.was), of(row.now)));
    }
    line("failed", pair(row.was.failed, row.now.failed));
    line("time open", format!("{} -> {}", span(row.was.open_for), span(row.now.open_for)));
    line("times opened", pair(row.was.opened, row.now.opened));
    line("newly refused", format!("{}, of which {} had succeeded", row.changed.refused, row.changed.lost));
    line("newly granted", format!("{}, outcome unknown", row.changed.granted));
    out + "\n"
}

fn as_json(run: &Run, rows: &[Row], name: &str, differs: bool) -> String {
    let mut w = Writer::default();
    w.begin();
    w.field_num("inputs", run.inputs);
    w.field_num("from_ms", run.from);
    w.field_num("to_ms", run.to);
    w.field_bool("as_recorded", run.mismatch.is_none());
    if let Some((line, recorded, now)) = &run.mismatch {
        w.key("mismatch");
        w.begin();
        w.field_num("line", line);
        w.field_str("recorded", recorded);
        w.field_str("replayed", now);
        w.end();
    }
    w.field_str("digest", &format!("{:016x}", run.digest));
    if let Some(other) = &run.other {
        w.key("other");
        w.begin();
        w.field_str("policy", name);
        w.field_str("digest", &format!("{:016x}", other.digest()));
        w.field_bool("differs", differs);
        w.key("services");
        w.begin_list();
        rows.iter().for_each(|row| service_json(&mut w, row));
        w.end_list();
        w.field_num("reloads_left_out", other.reloads);
        w.field_num("inputs_not_taken", other.rejected);
        w.end();
    }
    w.end();
    w.finish() + "\n"
}

fn service_json(w: &mut Writer, row: &Row) {
    w.begin();
    w.field_str("service", row.service);
    for (key, t) in [("recorded", row.was), ("other", row.now)] {
        w.key(key);
        w.begin();
        w.field_num("asked", t.asked);
        w.field_num("granted", t.granted);
        w.field_num("refused", t.refused);
        w.key("refusals");
        w.begin();
        t.codes.iter().for_each(|(code, n)| w.field_num(code, n));
        w.end();
        w.field_num("failed", t.failed);
        w.field_num("opened", t.opened);
        w.field_num("open_ms", t.open_for);
        w.end();
    }
    w.field_num("newly_refused", row.changed.refused);
    w.field_num("newly_refused_succeeded", row.changed.lost);
    w.field_num("newly_granted", row.changed.granted);
    w.end();
}
