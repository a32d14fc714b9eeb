//! An upstream that said "wait": until when are calls held back?
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::doc::Table;
use crate::base::error::Fault;
use crate::base::num::{Ratio, grown};
use crate::base::time::{Instant, Span};

/// How long to hold back when the upstream does not say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ThrottlePolicy {
    /// The first hold. Default 5 s.
    pub base: Span,
    /// Each further one in a row is this many times longer. Range 1 to 100; default 2.
    pub growth: Ratio,
    /// No hold is longer, not even one that the upstream asked for. Default 5 min, or `base` if that is longer.
    pub max: Span,
}

impl Default for ThrottlePolicy {
    fn default() -> Self {
        ThrottlePolicy { base: Span::from_secs(5), growth: Ratio::percent(200), max: Span::from_secs(300) }
    }
}

impl ThrottlePolicy {
    /// Reads `throttle = { base, growth, max }`. Faults: `max` shorter than `base`.
    pub fn read(t: Table) -> ThrottlePolicy {
        let standard = ThrottlePolicy::default();
        let (base, growth, max) = t.growing(standard.base, standard.growth, standard.max);
        t.finish();
        ThrottlePolicy { base, growth, max }
    }
}

/// Whether calls are held back, and how often in a row the upstream said so.
///
/// A further "wait" from a call that was in flight when the hold began prolongs it but does not count as another in the row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Throttle {
    until: Instant,
    streak: u32,
}

impl Throttle {
    /// The upstream said wait. Returns until when: its Retry-After, capped by `max`, or `base × growth^n` for the nth in a row.
    /// A hold is never shortened.
    pub fn hold(&mut self, policy: &ThrottlePolicy, now: Instant, retry_after: Option<Span>) -> Instant {
        if self.check(now).is_none() || self.streak == 0 {
            self.streak = self.streak.saturating_add(1);
        }
        let wait = match retry_after {
            Some(asked) => asked.min(policy.max),
            None => grown(policy.base, policy.growth, self.streak - 1, policy.max),
        };
        self.until = self.until.max(now + wait);
        self.until
    }
    /// Until when calls are held back; `None` when they may pass. At the instant itself they may.
    pub fn check(&self, now: Instant) -> Option<Instant> {
        (now < self.until).then_some(self.until)
    }
    /// A call worked: the next hold is a first one. A hold that stands is not lifted.
    pub fn success(&mut self) {
        self.streak = 0;
    }
    /// Lifts the hold and forgets the row.
    pub fn clear(&mut self) {
        *self = Throttle::default();
    }
    /// How often in a row.
    pub fn streak(&self) -> u32 {
        self.streak
    }
    /// From when this cannot be told from a key that was never throttled; a row lapses `forget` after the last call.
    pub fn rests_at(&self, touched: Instant, forget: Span) -> Instant {
        if self.streak == 0 { self.until } else { self.until.max(touched + forget) }
    }
    /// Writes the hold.
    pub fn write(&self, w: &mut ByteWriter) {
        w.instant(self.until);
        w.u32(self.streak);
    }
    /// Reads what [`Throttle::write`] wrote. Errors: `snapshot_corrupt`.
    pub fn read(r: &mut ByteReader) -> Result<Throttle, Fault> {
        let out = Throttle { until: r.instant(), streak: r.u32() };
        r.whole(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::doc::Faults;
    use crate::base::json::Json;

    fn at(ms: i64) -> Instant {
        Instant::from_millis(ms)
    }
    #[test]
    fn holds_grow_until_a_success() {
        let p = ThrottlePolicy::default();
        let mut t = Throttle::default();
        assert_eq!(t.check(at(0)), None);
        assert_eq!(t.hold(&p, at(0), None), at(5_000));
        assert_eq!((t.check(at(4_999)), t.check(at(5_000))), (Some(at(5_000)), None));
        assert_eq!(t.hold(&p, at(5_000), None), at(15_000));
        assert_eq!(t.hold(&p, at(15_000), None), at(35_000));
        t.success();
        assert_eq!(t.check(at(20_000)), Some(at(35_000)));
        assert_eq!(t.hold(&p, at(35_000), None), at(40_000));
        for n in 0..20 {
            t.hold(&p, at(1_000_000 * (n + 1)), None);
        }
        assert_eq!(t.check(at(20_000_000)), Some(at(20_300_000)));
    }
    #[test]
    fn calls_in_flight_prolong_a_hold_but_do_not_grow_it() {
        let p = ThrottlePolicy::default();
        let mut t = Throttle::default();
        t.hold(&p, at(0), None);
        assert_eq!(t.hold(&p, at(1_000), None), at(6_000));
        assert_eq!((t.hold(&p, at(2_000), Some(Span::ZERO)), t.streak()), (at(6_000), 1));
    }
    #[test]
    fn retry_after_is_capped() {
        let p = ThrottlePolicy::default();
        let mut t = Throttle::default();
        assert_eq!(t.hold(&p, at(0), Some(Span::from_secs(86_400))), at(300_000));
        assert_eq!(t.hold(&p, at(300_000), Some(Span::from_secs(1))), at(301_000));
    }
    #[test]
    fn a_row_lapses_and_bytes_bring_it_back() {
        let p = ThrottlePolicy::default();
        let mut t = Throttle::default();
        assert_eq!(t.rests_at(at(9), Span::from_secs(60)), Instant::EPOCH);
        t.hold(&p, at(0), None);
        assert_eq!(t.rests_at(at(0), Span::from_secs(60)), at(60_000));
        let mut w = ByteWriter::default();
        t.write(&mut w);
        assert_eq!(Throttle::read(&mut ByteReader::new(w.as_slice())), Ok(t));
        t.success();
        assert_eq!(t.rests_at(at(0), Span::from_secs(60)), at(5_000));
        t.clear();
        assert_eq!(t.check(at(0)), None);
    }
    #[test]
    fn the_policy_is_read_with_its_faults() {
        let read = |text: &str| {
            let json = Json::parse(text).unwrap();
            let faults = Faults::of(&json);
            let p = faults.root().table().map(ThrottlePolicy::read).unwrap();
            (p, faults.into_vec().into_iter().map(|f| (f.code, f.path.clone())).collect::<std::vec::Vec<_>>())
        };
        let (p, faults) = read(r#"{"base":"10m"}"#);
        assert_eq!((p.max, p.growth, faults), (Span::from_secs(600), Ratio::percent(200), std::vec![]));
        let (_, faults) = read(r#"{"base":"10s","max":"1s","growth":0.5,"x":1}"#);
        assert_eq!(faults.iter().map(|f| f.1.as_str()).collect::<std::vec::Vec<_>>(), ["max", "growth", "x"]);
    }
}
