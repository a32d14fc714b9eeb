//! What a page believes about the features, and when it asks again. It reads no clock: the page passes the time.
use super::Status;
use super::banner;
use super::blob::{Blob, BlobFeature, MAX_AGE, POLL};
use crate::base::error::Fault;
use crate::base::time::{Instant, Span};
use crate::base::write::Writer;
use alloc::string::String;

/// A failed poll doubles the wait, up to this many times the poll.
const MAX_GROWTH: i64 = 8;

/// The last answer, how long ago it came, and when to ask next.
#[derive(Clone, PartialEq, Debug)]
pub struct Client {
    last: Option<Blob>,
    fed_at: Instant,
    next_poll: Instant,
    hint: Option<Span>,
    missed: u32,
    polls: u64,
    seed: u64,
}

impl Client {
    /// Knows nothing yet and asks at once. `seed` spreads the polls of many pages by up to a tenth of the wait; 0 spreads nothing.
    pub fn new(seed: u64, at: Instant) -> Self {
        Client { last: None, fed_at: at, next_poll: at, hint: None, missed: 0, polls: 0, seed }
    }
    /// An answer came. True when what the page shows has changed. Errors: `bad_blob`; it then counts as missed.
    pub fn feed(&mut self, blob: &str, at: Instant) -> Result<bool, Fault> {
        let blob = match Blob::decode(blob) {
            Ok(blob) => blob,
            Err(fault) => {
                self.missed(at);
                return Err(fault);
            }
        };
        let was_stale = self.is_stale(at);
        let same = |a: &BlobFeature, b: &BlobFeature| a.id == b.id && a.status == b.status && a.titles == b.titles;
        let changed = was_stale
            || self.last.as_ref().is_none_or(|old| {
                old.overall != blob.overall
                    || old.features.len() != blob.features.len()
                    || !old.features.iter().zip(&blob.features).all(|(a, b)| same(a, b))
            });
        self.last = Some(blob);
        self.fed_at = at;
        self.missed = 0;
        self.schedule(at);
        Ok(changed)
    }
    /// No answer came. The last one stays until its age is up; the next poll comes later each time.
    pub fn missed(&mut self, at: Instant) {
        self.missed = self.missed.saturating_add(1);
        self.schedule(at);
    }
    /// The server asks for a pause (`Retry-After`, `Cache-Control: max-age`): polls are at least this far apart; `None` ends it.
    pub fn hint(&mut self, wait: Option<Span>, at: Instant) {
        self.hint = wait;
        self.schedule(at);
    }
    /// When to ask next.
    pub fn next_poll(&self) -> Instant {
        self.next_poll
    }
    /// When the last answer stops being believed; `None` before the first.
    pub fn stale_at(&self) -> Option<Instant> {
        self.last.as_ref().map(|b| self.fed_at + b.max_age)
    }
    /// Is nothing known, or too old?
    pub fn is_stale(&self, at: Instant) -> bool {
        self.stale_at().is_none_or(|end| at >= end)
    }
    /// The whole: unknown before the first answer and when the last one is too old.
    pub fn overall(&self, at: Instant) -> Status {
        self.fresh(at).map_or(Status::Unknown, |b| b.overall)
    }
    /// What a feature shows; unknown when the last answer is too old. `None`: no such feature, or no answer yet.
    pub fn status(&self, feature: &str, at: Instant) -> Option<Status> {
        let found = self.last.as_ref()?.features.iter().find(|f| f.id == feature)?;
        Some(if self.is_stale(at) { Status::Unknown } else { found.status })
    }
    /// May the page offer a feature in full? Yes unless it is known to be degraded or offline: what nobody knows is not dimmed.
    pub fn available(&self, feature: &str, at: Instant) -> bool {
        !self.status(feature, at).is_some_and(Status::uses_fallback)
    }
    /// What users get instead of a feature that is not available.
    pub fn fallback(&self, feature: &str, at: Instant) -> Option<&str> {
        let found = self.fresh(at)?.features.iter().find(|f| f.id == feature)?;
        (found.status.uses_fallback() && !found.fallback.is_empty()).then_some(found.fallback.as_str())
    }
    /// The banner: what is degraded or offline, by name. `None` when nothing is, or nothing is known.
    pub fn banner(&self, lang: &str, at: Instant) -> Option<String> {
        let blob = self.fresh(at)?;
        let limited = blob.features.iter().filter(|f| f.status.uses_fallback());
        banner::for_features(lang, &blob.lang, limited.map(|f| (f.id.as_str(), &f.titles)))
    }
    /// Everything for a page as JSON: `overall`, `stale`, `banner`, `next_poll_ms`, `features` with id, title, status, available, since, fallback, why.
    pub fn view_json(&self, lang: &str, at: Instant) -> String {
        let stale = self.is_stale(at);
        let mut w = Writer::default();
        w.begin();
        w.field_str("overall", self.overall(at).slug());
        w.field_bool("stale", stale);
        w.key("banner");
        match self.banner(lang, at) {
            Some(text) => w.str(&text),
            None => w.null(),
        }
        w.field_num("next_poll_ms", self.next_poll.micros().div_euclid(1000));
        w.key("features");
        w.begin_list();
        if let Some(blob) = &self.last {
            for f in &blob.features {
                write_feature(&mut w, f, &blob.lang, lang, stale);
            }
        }
        w.end_list();
        w.end();
        w.finish()
    }
    fn fresh(&self, at: Instant) -> Option<&Blob> {
        self.last.as_ref().filter(|_| !self.is_stale(at))
    }
    /// How long an answer is believed.
    pub fn max_age(&self) -> Span {
        self.last.as_ref().map_or(MAX_AGE, |b| b.max_age)
    }
    fn schedule(&mut self, at: Instant) {
        let poll = self.last.as_ref().map_or(POLL, |b| b.poll);
        let wait = poll.times((1i64 << self.missed.min(10)).min(MAX_GROWTH)).max(self.hint.unwrap_or(Span::ZERO));
        self.polls = self.polls.wrapping_add(1);
        let spread = if self.seed == 0 { 0 } else { draw(self.seed, self.polls) % (wait.micros() as u64 / 10 + 1) };
        self.next_poll = at + wait + Span::from_micros(spread as i64);
    }
}

fn write_feature(w: &mut Writer, f: &BlobFeature, default_lang: &str, lang: &str, stale: bool) {
    let status = if stale { Status::Unknown } else { f.status };
    w.begin();
    w.field_str("id", &f.id);
    w.field_str("title", f.titles.pick(lang, default_lang).unwrap_or(&f.id));
    w.field_str("status", status.slug());
    w.field_bool("available", !status.uses_fallback());
    w.field_num("since_ms", f.since.micros().div_euclid(1000));
    if status.uses_fallback() {
        w.opt_str("fallback", Some(f.fallback.as_str()).filter(|s| !s.is_empty()));
        w.opt_str("why", Some(f.why.as_str()).filter(|s| !s.is_empty()));
    }
    w.end();
}

/// SplitMix64, as published by Vigna: one well-mixed number per poll.
fn draw(seed: u64, n: u64) -> u64 {
    let mut z = seed.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "1;1000,30000,90000,h,en;ai,h,1000,manual,";
    const BAD: &str = "1;1000,30000,90000,d,es;ai,o,1000,manual,open,es:IA,en:AI;pay,h,1000,,;map,u,1000,,stale";

    fn at(s: i64) -> Instant {
        Instant::from_millis(s * 1000)
    }

    // covers: R-1124, E-27
    #[test]
    fn the_last_state_stays_for_three_polls_and_then_nobody_knows() {
        let mut c = Client::new(0, at(0));
        assert_eq!(c.overall(at(0)), Status::Unknown);
        assert!(c.feed(BAD, at(0)).unwrap());
        c.missed(at(30));
        assert_eq!(c.status("ai", Instant::from_micros(at(90).micros() - 1)), Some(Status::Offline));
        assert!(!c.available("ai", at(89)));
        assert_eq!(c.status("ai", at(90)), Some(Status::Unknown));
        assert_eq!((c.overall(at(90)), c.banner("es", at(90))), (Status::Unknown, None));
        assert!(c.available("ai", at(90)));
        assert!(c.feed(BAD, at(91)).unwrap(), "back from unknown is a change");
        assert!(!c.feed(BAD, at(92)).unwrap());
        assert!(c.feed(GOOD, at(93)).unwrap());
    }
    // covers: R-1108, R-1109, R-1125, R-1127
    #[test]
    fn an_unknown_feature_is_available_and_only_limited_ones_are_named() {
        let mut c = Client::new(0, at(0));
        assert!(c.available("ai", at(0)));
        c.feed(BAD, at(0)).unwrap();
        assert!(c.available("nothing.such", at(1)) && c.available("pay", at(1)) && !c.available("ai", at(1)));
        assert_eq!(c.banner("es", at(1)).as_deref(), Some("Algunas funciones están temporalmente limitadas: IA"));
        assert_eq!((c.fallback("ai", at(1)), c.fallback("pay", at(1))), (Some("manual"), None));
    }
    // covers: R-1126
    #[test]
    fn polls_come_every_thirty_seconds_and_later_after_failures() {
        let mut c = Client::new(0, at(0));
        assert_eq!(c.next_poll(), at(0));
        c.feed(GOOD, at(0)).unwrap();
        assert_eq!(c.next_poll(), at(30));
        for (n, wait) in [60, 120, 240, 240].into_iter().enumerate() {
            c.missed(at(1000 * n as i64));
            assert_eq!(c.next_poll(), at(1000 * n as i64 + wait));
        }
        c.feed(GOOD, at(9000)).unwrap();
        c.hint(Some(Span::from_secs(45)), at(9000));
        assert_eq!(c.next_poll(), at(9045));
        let mut spread = Client::new(7, at(0));
        spread.feed(GOOD, at(0)).unwrap();
        assert!(spread.next_poll() > at(30) && spread.next_poll() <= at(33));
    }
    #[test]
    fn a_broken_answer_counts_as_missed_and_changes_nothing() {
        let mut c = Client::new(0, at(0));
        c.feed(BAD, at(0)).unwrap();
        assert!(c.feed("<html>", at(30)).is_err());
        assert_eq!((c.status("ai", at(31)), c.next_poll()), (Some(Status::Offline), at(90)));
    }
    #[test]
    fn the_view_is_exact() {
        let mut c = Client::new(0, at(0));
        c.feed(BAD, at(0)).unwrap();
        assert_eq!(
            c.view_json("en", at(1)),
            concat!(
                r#"{"overall":"degraded","stale":false,"banner":"Some features are temporarily limited: AI","next_poll_ms":30000,"features":["#,
                r#"{"id":"ai","title":"AI","status":"offline","available":false,"since_ms":1000,"fallback":"manual","why":"open"},"#,
                r#"{"id":"pay","title":"pay","status":"healthy","available":true,"since_ms":1000},"#,
                r#"{"id":"map","title":"map","status":"unknown","available":true,"since_ms":1000}]}"#
            )
        );
    }
}
