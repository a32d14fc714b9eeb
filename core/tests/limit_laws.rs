//! Limits against slow obvious models: exact fractions for the bucket, lists of instants for the windows.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]
use brownout::base::bytes::{ByteReader, ByteWriter};
use brownout::base::doc::Faults;
use brownout::base::json::Json;
use brownout::base::time::Instant;
use brownout::gate::limit::{Algorithm, LimitCheck, LimitPolicy, LimitState};
use proptest::prelude::*;

fn policy(text: &str) -> LimitPolicy {
    let json = Json::parse(text).unwrap();
    let faults = Faults::of(&json);
    let policy = LimitPolicy::read(&faults.root());
    assert!(faults.is_empty(), "{:?}", faults.into_vec());
    policy.unwrap()
}

fn at(us: i64) -> Instant {
    Instant::from_micros(us)
}

/// A bucket as a history: what was taken when. `X` counts the gap to full in `1 / limit` microseconds.
struct BucketModel {
    limit: u128,
    period: u128,
    burst: u128,
    taken: Vec<(i64, u128)>,
}

impl BucketModel {
    fn gap(&self, now: i64) -> u128 {
        let (mut gap, mut last) = (0u128, 0i64);
        for (t, n) in &self.taken {
            gap = gap.saturating_sub((t - last) as u128 * self.limit) + n * self.period;
            last = *t;
        }
        gap.saturating_sub((now - last) as u128 * self.limit)
    }
    fn used(&self, now: i64) -> u64 {
        self.gap(now).div_ceil(self.period) as u64
    }
    fn fits(&self, units: u64, now: i64) -> bool {
        self.gap(now) + u128::from(units) * self.period <= self.burst * self.period
    }
    fn retry(&self, units: u64, now: i64) -> i64 {
        let over = (self.gap(now) + u128::from(units) * self.period).saturating_sub(self.burst * self.period);
        now + over.div_ceil(self.limit) as i64
    }
}

/// A sliding window as a list of what was taken when.
struct WindowModel {
    limit: u64,
    period: i64,
    sub: i64,
    taken: Vec<(i64, u64)>,
}

impl WindowModel {
    fn used(&self, now: i64) -> u64 {
        self.taken.iter().filter(|(t, _)| now < (t / self.sub + 1) * self.sub + self.period).map(|(_, n)| n).sum()
    }
    fn retry(&self, units: u64, now: i64) -> i64 {
        let mut ends: Vec<i64> = self.taken.iter().map(|(t, _)| (t / self.sub + 1) * self.sub + self.period).collect();
        ends.retain(|e| *e > now);
        ends.sort();
        ends.into_iter().find(|e| self.used(*e) + units <= self.limit).unwrap()
    }
}

#[derive(Clone, Debug)]
enum Op {
    Wait(i64),
    Ask(u64),
    Refund { which: usize, units: u64 },
    Debit(u64),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => prop_oneof![0i64..400_000, 0i64..3_000_000, Just(142_857i64), Just(1i64)].prop_map(Op::Wait),
        6 => (0u64..6).prop_map(Op::Ask),
        2 => (any::<usize>(), 0u64..6).prop_map(|(which, units)| Op::Refund { which, units }),
        1 => (0u64..4).prop_map(Op::Debit),
    ]
}

/// Asks, and holds the answer against not-before / exactly-at.
fn ask(state: &mut LimitState, p: &LimitPolicy, units: u64, now: i64) -> Result<Option<i64>, TestCaseError> {
    match state.check(p, units, at(now)) {
        LimitCheck::Pass => {
            state.commit(p, units, at(now));
            Ok(None)
        }
        LimitCheck::Limited { retry_at } => {
            let t = retry_at.micros();
            prop_assert!(t > now);
            prop_assert_eq!(state.check(p, units, at(t)), LimitCheck::Pass);
            let before = state.check(p, units, at(t - 1));
            let still = t - 1 == now || before == (LimitCheck::Limited { retry_at });
            prop_assert!(still && before != LimitCheck::Pass);
            Ok(Some(t))
        }
        LimitCheck::Impossible => {
            prop_assert!(units > p.size());
            Ok(Some(i64::MAX))
        }
        LimitCheck::Blocked { .. } => Err(TestCaseError::fail("no penalty here")),
    }
}

/// The view agrees with what an ask would find.
fn view_holds(state: &LimitState, p: &LimitPolicy, used: u64, now: i64) -> Result<(), TestCaseError> {
    let v = state.view(p, at(now));
    prop_assert_eq!((v.used, v.remaining), (used, p.size().saturating_sub(used)));
    prop_assert_eq!(v.retry_at.is_none(), v.remaining > 0);
    if let Some(next) = v.next_unit_at {
        prop_assert!(state.view(p, next).remaining > v.remaining);
        prop_assert_eq!(state.view(p, at(next.micros() - 1)).remaining, v.remaining);
    } else {
        prop_assert_eq!(used, 0);
    }
    prop_assert_eq!(state.view(p, v.full_at).used, 0);
    prop_assert!(used == 0 || state.view(p, at(v.full_at.micros() - 1)).used > 0);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// As if those units had never been taken, to the last part of a microsecond, in histories of a few instants.
    #[test]
    fn the_bucket_is_exact(limit in 1u64..9, burst in 1u64..9, ops in prop::collection::vec(op(), 1..14)) {
        let p = policy(&format!(r#"{{"name":"l","limit":{limit},"period":"1s","burst":{burst}}}"#));
        let mut m = BucketModel { limit: limit.into(), period: 1_000_000, burst: burst.into(), taken: vec![] };
        let (mut s, mut now) = (LimitState::default(), 5_000_000i64);
        let mut granted: Vec<(usize, u64)> = vec![];
        for op in ops {
            match op {
                Op::Wait(us) => now += us,
                Op::Ask(n) => {
                    let fits = m.fits(n, now) || n == 0;
                    let retry = ask(&mut s, &p, n, now)?;
                    prop_assert_eq!(retry.is_none(), fits);
                    match retry {
                        None if n > 0 => { granted.push((m.taken.len(), n)); m.taken.push((now, n.into())); }
                        Some(t) if t < i64::MAX => prop_assert_eq!(t, m.retry(n, now)),
                        _ => {}
                    }
                }
                Op::Refund { which, units } if !granted.is_empty() => {
                    let i = which % granted.len();
                    let (slot, left) = granted[i];
                    let units = units.min(left);
                    granted[i].1 -= units;
                    let taken = m.taken[slot].0;
                    m.taken[slot].1 -= u128::from(units);
                    s.refund(&p, units, Some(at(taken)), at(now));
                }
                Op::Refund { .. } => {}
                Op::Debit(n) => { m.taken.push((now, n.into())); s.debit(&p, n, at(now)); }
            }
            view_holds(&s, &p, m.used(now), now)?;
            prop_assert_eq!(s.rests_at(&p, at(now)), s.view(&p, at(now)).full_at);
        }
    }

    /// However long the history, a refund never frees more than if the units had never been taken, nor above full.
    #[test]
    fn a_refund_never_frees_too_much(ops in prop::collection::vec(op(), 1..80)) {
        let p = policy(r#"{"name":"l","limit":7,"period":"1s","burst":30}"#);
        let mut m = BucketModel { limit: 7, period: 1_000_000, burst: 30, taken: vec![] };
        let (mut s, mut now, mut granted) = (LimitState::default(), 0i64, vec![]);
        for op in ops {
            match op {
                Op::Wait(us) => now += us / 4,
                Op::Ask(n) => if ask(&mut s, &p, n, now)?.is_none() { granted.push(m.taken.len()); m.taken.push((now, n.into())); },
                Op::Refund { which, units } if !granted.is_empty() => {
                    let (t, n) = &mut m.taken[granted[which % granted.len()]];
                    let units = units.min(*n as u64);
                    *n -= u128::from(units);
                    s.refund(&p, units, Some(at(*t)), at(now));
                }
                Op::Refund { .. } => {}
                Op::Debit(n) => { m.taken.push((now, n.into())); s.debit(&p, n, at(now)); }
            }
            prop_assert!(s.view(&p, at(now)).used >= m.used(now));
        }
    }

    #[test]
    fn the_sliding_window_is_the_list_of_what_was_taken(limit in 1u64..9, buckets in 10u32..70, ops in prop::collection::vec(op(), 1..60)) {
        let p = policy(&format!(r#"{{"name":"l","limit":{limit},"period":"1s","buckets":{buckets},"algorithm":"sliding_window"}}"#));
        let Algorithm::SlidingWindow(rule) = &p.algorithm else { panic!() };
        let mut m = WindowModel { limit, period: 1_000_000, sub: rule.sub, taken: vec![] };
        let (mut s, mut now, mut granted) = (LimitState::default(), 77i64, vec![]);
        for op in ops {
            match op {
                Op::Wait(us) => now += us / 3,
                Op::Ask(n) => match ask(&mut s, &p, n, now)? {
                    None => { granted.push(m.taken.len()); m.taken.push((now, n)); }
                    Some(t) if t < i64::MAX => prop_assert_eq!(t, m.retry(n, now)),
                    _ => {}
                },
                Op::Refund { which, units } if !granted.is_empty() => {
                    let (t, n) = &mut m.taken[granted[which % granted.len()]];
                    let units = units.min(*n);
                    *n -= units;
                    s.refund(&p, units, Some(at(*t)), at(now));
                }
                Op::Refund { .. } => {}
                Op::Debit(n) => { m.taken.push((now, n)); s.debit(&p, n, at(now)); }
            }
            view_holds(&s, &p, m.used(now), now)?;
            prop_assert_eq!(s.rests_at(&p, at(now)), s.view(&p, at(now)).full_at);
        }
    }

    /// Brute force over every window that ends at a grant.
    #[test]
    fn never_more_than_the_limit_in_any_window(limit in 1u64..6, ops in prop::collection::vec(op(), 1..120)) {
        let p = policy(&format!(r#"{{"name":"l","limit":{limit},"period":"1s","algorithm":"sliding_window"}}"#));
        let (mut s, mut now, mut taken) = (LimitState::default(), 0i64, vec![]);
        for op in ops {
            match op {
                Op::Wait(us) => now += us / 5,
                Op::Ask(n) if ask(&mut s, &p, n, now)?.is_none() => taken.push((now, n)),
                _ => {}
            }
        }
        for (end, _) in &taken {
            let sum: u64 = taken.iter().filter(|(t, _)| *t <= *end && *t > *end - 1_000_000).map(|(_, n)| n).sum();
            prop_assert!(sum <= limit);
        }
    }

    #[test]
    fn the_fixed_window_counts_within_its_window(first_hit in any::<bool>(), ops in prop::collection::vec(op(), 1..60)) {
        let align = if first_hit { "first_hit" } else { "clock" };
        let p = policy(&format!(r#"{{"name":"l","limit":5,"period":"1s","algorithm":"fixed_window","align":"{align}"}}"#));
        let (mut s, mut now, mut end, mut taken) = (LimitState::default(), 1_300_000i64, 0i64, Vec::<(i64, u64)>::new());
        for op in ops {
            if let Op::Wait(us) = op { now += us }
            if now >= end { taken.clear(); }
            match op {
                Op::Ask(n) => match ask(&mut s, &p, n, now)? {
                    None if n > 0 => {
                        if now >= end { end = if first_hit { now + 1_000_000 } else { (now / 1_000_000 + 1) * 1_000_000 }; }
                        taken.push((now, n));
                    }
                    Some(t) if t < i64::MAX => prop_assert_eq!(t, end),
                    _ => {}
                },
                Op::Refund { which, units } if !taken.is_empty() => {
                    let i = which % taken.len();
                    let (t, n) = &mut taken[i];
                    let units = units.min(*n);
                    *n -= units;
                    s.refund(&p, units, Some(at(*t)), at(now));
                    s.refund(&p, 5, Some(at((end - 1_000_001).max(0))), at(now));
                }
                _ => {}
            }
            let used = taken.iter().map(|(_, n)| n).sum();
            view_holds(&s, &p, used, now)?;
        }
    }

    /// `on_refuse = "count"`: the retry instant already holds the refusal's own cost.
    #[test]
    fn a_counted_refusal_tells_its_own_retry(kind in 0usize..3, ops in prop::collection::vec(op(), 1..60)) {
        let kind = ["token_bucket", "sliding_window", "fixed_window"][kind];
        let p = policy(&format!(r#"{{"name":"l","limit":5,"period":"1s","algorithm":"{kind}","on_refuse":"count"}}"#));
        let (mut s, mut now) = (LimitState::default(), 0i64);
        for op in ops {
            match op {
                Op::Wait(us) => now += us / 4,
                Op::Ask(n) => match s.check(&p, n, at(now)) {
                    LimitCheck::Pass => s.commit(&p, n, at(now)),
                    LimitCheck::Limited { retry_at } => {
                        prop_assert_eq!(s.refused(&p, n, at(now)), None);
                        prop_assert_eq!(s.check(&p, n, retry_at), LimitCheck::Pass);
                        prop_assert!(s.check(&p, n, at(retry_at.micros() - 1)) != LimitCheck::Pass);
                    }
                    LimitCheck::Impossible => {}
                    LimitCheck::Blocked { .. } => prop_assert!(false),
                },
                _ => {}
            }
        }
    }

    /// Units in use stay in use, clamped to the new size, whatever becomes of the algorithm.
    #[test]
    fn a_reload_keeps_the_units_in_use(from in 0usize..3, to in 0usize..3, limit in 1u64..12, ops in prop::collection::vec(op(), 1..30)) {
        let kinds = ["token_bucket", "sliding_window", "fixed_window"];
        let old = policy(&format!(r#"{{"name":"l","limit":6,"period":"1s","algorithm":"{}"}}"#, kinds[from]));
        let new = policy(&format!(r#"{{"name":"l","limit":{limit},"period":"2s","algorithm":"{}"}}"#, kinds[to]));
        let (mut s, mut now) = (LimitState::default(), 9_000_000i64);
        for op in ops {
            match op {
                Op::Wait(us) => now += us / 4,
                Op::Ask(n) => { ask(&mut s, &old, n, now)?; }
                Op::Debit(n) => s.debit(&old, n, at(now)),
                _ => {}
            }
        }
        let used = s.view(&old, at(now)).used;
        prop_assert_eq!(s.migrate(&old, &new, at(now)).view(&new, at(now)).used, used.min(limit));
        prop_assert_eq!(&s.migrate(&old, &old, at(now)), &s);
    }

    /// A state that went through bytes is the state; any bytes give a state or a fault.
    #[test]
    fn bytes_change_nothing(kind in 0usize..3, ops in prop::collection::vec(op(), 0..30), noise in prop::collection::vec(any::<u8>(), 0..80)) {
        let kind = ["token_bucket", "sliding_window", "fixed_window"][kind];
        let p = policy(&format!(r#"{{"name":"l","limit":5,"period":"1s","algorithm":"{kind}","penalty":{{"after":3,"block":"1s"}}}}"#));
        let (mut s, mut now) = (LimitState::default(), 0i64);
        for op in ops {
            match op {
                Op::Wait(us) => now += us / 4,
                Op::Ask(n) => match s.check(&p, n, at(now)) {
                    LimitCheck::Pass => s.commit(&p, n, at(now)),
                    _ => { s.refused(&p, n, at(now)); }
                },
                Op::Refund { units, .. } => s.refund(&p, units, None, at(now)),
                Op::Debit(n) => s.debit(&p, n, at(now)),
            }
        }
        let mut w = ByteWriter::default();
        s.write(&p, &mut w);
        let bytes = w.into_vec();
        let mut r = ByteReader::new(&bytes);
        let back = LimitState::read(&mut r, &p).unwrap();
        prop_assert!(r.finish().is_ok());
        prop_assert_eq!(&back, &s);
        prop_assert_eq!(back.view(&p, at(now)), s.view(&p, at(now)));
        for cut in 0..bytes.len() {
            prop_assert!(LimitState::read(&mut ByteReader::new(&bytes[..cut]), &p).is_err());
        }
        if let Ok(s) = LimitState::read(&mut ByteReader::new(&noise), &p) {
            s.view(&p, at(now));
            s.rests_at(&p, at(now));
        }
    }
}
