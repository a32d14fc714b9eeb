//! One limit at a time, with numbers that can be checked by hand.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]
use brownout::base::bytes::{ByteReader, ByteWriter};
use brownout::base::calendar::Zone;
use brownout::base::doc::Faults;
use brownout::base::error::Code;
use brownout::base::json::Json;
use brownout::base::time::{Instant, Span};
use brownout::gate::limit::{LimitCheck, LimitPolicy, LimitState, headers};

fn read(text: &str) -> Result<LimitPolicy, Vec<(Code, String)>> {
    let json = Json::parse(text).unwrap();
    let faults = Faults::of(&json);
    let policy = LimitPolicy::read(&faults.root());
    if faults.is_empty() {
        Ok(policy.unwrap())
    } else {
        Err(faults.into_vec().into_iter().map(|f| (f.code, f.path.clone())).collect())
    }
}

fn policy(text: &str) -> LimitPolicy {
    read(text).unwrap()
}

fn ms(n: i64) -> Instant {
    Instant::from_millis(n)
}

fn limited(at: Instant) -> LimitCheck {
    LimitCheck::Limited { retry_at: at }
}

/// How many of `n` single calls pass at `now`.
fn flood(s: &mut LimitState, p: &LimitPolicy, n: u64, now: Instant) -> u64 {
    let mut passed = 0;
    for _ in 0..n {
        if s.check(p, 1, now) == LimitCheck::Pass {
            s.commit(p, 1, now);
            passed += 1;
        }
    }
    passed
}

#[test]
fn a_state_is_small() {
    assert!(size_of::<LimitState>() <= 32);
}

#[test]
fn seven_a_second_does_not_drift() {
    let p = policy(r#"{"name":"l","limit":7,"period":"1s","burst":1}"#);
    let (mut s, mut now, mut n) = (LimitState::default(), Instant::EPOCH, 0u64);
    while n < 700_000 {
        match s.check(&p, 1, now) {
            LimitCheck::Pass => {
                s.commit(&p, 1, now);
                n += 1;
            }
            LimitCheck::Limited { retry_at } => now = retry_at,
            other => panic!("{other:?}"),
        }
    }
    // Each wait is rounded up to a microsecond, the bucket is not: seven units still fit into every second.
    assert_eq!(s.view(&p, now).full_at.since(Instant::EPOCH), now.since(Instant::EPOCH) + Span::from_micros(142_858));
    let full = policy(r#"{"name":"l","limit":7,"period":"1s"}"#);
    let mut s = LimitState::default();
    assert_eq!(flood(&mut s, &full, 10, ms(0)), 7);
    assert_eq!(s.view(&full, ms(0)).full_at, ms(1000));
    for second in 1..2000 {
        assert_eq!(flood(&mut s, &full, 10, ms(second * 1000)), 7);
    }
    assert_eq!(s.view(&full, ms(1_999_000)).full_at, ms(2_000_000));
}

#[test]
fn a_refund_gives_back_only_what_has_not_refilled() {
    let p = policy(r#"{"name":"l","limit":10,"period":"10s"}"#);
    let mut s = LimitState::default();
    s.commit(&p, 5, ms(0));
    s.commit(&p, 3, ms(3000));
    assert_eq!(s.view(&p, ms(3000)).used, 5);
    s.refund(&p, 5, Some(ms(0)), ms(3000));
    assert_eq!(s.view(&p, ms(3000)).used, 3);
    let mut s = LimitState::default();
    s.commit(&p, 5, ms(0));
    s.commit(&p, 3, ms(5000));
    s.refund(&p, 5, Some(ms(0)), ms(5000));
    assert_eq!(s.view(&p, ms(5000)).used, 3);
    s.refund(&p, 5, None, ms(5000));
    assert_eq!((s.view(&p, ms(5000)).used, s.view(&p, ms(5000)).remaining), (0, 10));
}

#[test]
fn a_settlement_above_its_estimate_makes_the_next_caller_wait() {
    let p = policy(r#"{"name":"tpm","limit":1000,"period":"1s","unit":"tokens"}"#);
    let mut s = LimitState::default();
    s.commit(&p, 900, ms(0));
    s.debit(&p, 600, ms(0));
    let v = s.view(&p, ms(0));
    assert_eq!((v.used, v.remaining, v.next_unit_at, v.retry_at), (1500, 0, Some(ms(501)), Some(ms(501))));
    assert_eq!(s.check(&p, 1, ms(0)), limited(ms(501)));
    assert_eq!(s.check(&p, 1001, ms(0)), LimitCheck::Impossible);
    assert_eq!(s.check(&p, 0, ms(0)), LimitCheck::Pass);
}

// covers: R-1076
#[test]
fn sixty_a_minute_holds_in_any_minute() {
    let p = policy(r#"{"name":"minute","limit":60,"period":"1m","algorithm":"sliding_window"}"#);
    let mut s = LimitState::default();
    assert_eq!(flood(&mut s, &p, 100, ms(59_500)), 60);
    assert_eq!(flood(&mut s, &p, 100, ms(60_500)), 0);
    assert_eq!(s.check(&p, 1, ms(60_500)), limited(ms(120_000)));
    assert_eq!(flood(&mut s, &p, 100, Instant::from_micros(119_999_999)), 0);
    assert_eq!(flood(&mut s, &p, 100, ms(120_000)), 60);
}

// covers: R-1097
#[test]
fn eighty_a_second() {
    let p = policy(r#"{"name":"whatsapp","limit":80,"period":"1s","algorithm":"sliding_window"}"#);
    let mut s = LimitState::default();
    assert_eq!(flood(&mut s, &p, 100, ms(0)), 80);
    // One sixtieth of a second, rounded up to a microsecond, after the second has passed.
    assert_eq!(s.check(&p, 1, ms(0)), limited(Instant::from_micros(1_016_667)));
}

#[test]
fn clock_windows_stand_on_the_clock_and_first_hit_ones_on_the_call() {
    let clock = policy(r#"{"name":"l","limit":2,"period":"1m","algorithm":"fixed_window"}"#);
    let mut s = LimitState::default();
    assert_eq!(flood(&mut s, &clock, 5, ms(59_000)), 2);
    assert_eq!(s.check(&clock, 1, ms(59_000)), limited(ms(60_000)));
    assert_eq!(flood(&mut s, &clock, 5, ms(60_000)), 2);
    let hit = policy(r#"{"name":"l","limit":2,"period":"1m","algorithm":"fixed_window","align":"first_hit"}"#);
    let mut s = LimitState::default();
    assert_eq!(flood(&mut s, &hit, 5, ms(59_000)), 2);
    assert_eq!(s.check(&hit, 1, ms(60_000)), limited(ms(119_000)));
    s.refund(&hit, 2, Some(ms(59_000)), ms(60_000));
    assert_eq!(s.check(&hit, 2, ms(60_000)), LimitCheck::Pass);
    assert_eq!(s.rests_at(&hit, ms(60_000)), ms(119_000));
    s.debit(&hit, 1, ms(200_000));
    assert_eq!(s.view(&hit, ms(200_000)).used, 0);
}

#[test]
fn days_and_weeks_begin_in_the_rules_zone() {
    // Thursday 2026-01-01T12:00:00Z; Buenos Aires is three hours behind.
    let noon = ms(1_767_268_800_000);
    let hours = |h: i64| ms(1_767_268_800_000 + h * 3_600_000);
    let mut day = policy(r#"{"name":"l","limit":1,"period":"1d","algorithm":"fixed_window"}"#);
    day.set_default_zone(&Zone::Fixed(-3 * 3600));
    let mut s = LimitState::default();
    s.commit(&day, 1, noon);
    assert_eq!(s.check(&day, 1, noon), limited(hours(15)));
    day = policy(r#"{"name":"l","limit":1,"period":"1d","algorithm":"fixed_window","zone":"+05:30"}"#);
    day.set_default_zone(&Zone::Fixed(-3 * 3600));
    let mut s = LimitState::default();
    s.commit(&day, 1, noon);
    assert_eq!(s.check(&day, 1, noon), limited(ms(1_767_268_800_000 + 6 * 3_600_000 + 1_800_000)));
    let week = policy(r#"{"name":"l","limit":1,"period":"1w","algorithm":"fixed_window"}"#);
    let mut s = LimitState::default();
    s.commit(&week, 1, noon);
    assert_eq!(s.check(&week, 1, noon), limited(hours(12 + 3 * 24)));
}

#[test]
fn months_end_where_the_zone_says_and_daylight_saving_moves_days() {
    // 2024-02-29T23:30:00Z is still the 29th in Buenos Aires, whose March begins at 03:00Z.
    let now = ms(1_709_249_400_000);
    let month = |zone: &str| {
        policy(&format!(r#"{{"name":"l","limit":1,"period":"1 month","algorithm":"fixed_window","zone":{zone}}}"#))
    };
    let end = |p: &LimitPolicy| {
        let mut s = LimitState::default();
        s.commit(p, 1, now);
        s.view(p, now).full_at.since(now)
    };
    assert_eq!(end(&month(r#""Z""#)), Span::from_secs(1800));
    assert_eq!(end(&month(r#""-03:00""#)), Span::from_secs(1800 + 3 * 3600));
    // New York on 2026-03-08: the day has 23 hours.
    let zone = r#"{"name":"America/New_York","offset":"-05:00","changes":[{"at_ms":1772953200000,"offset":"-04:00"}]}"#;
    let day = policy(&format!(r#"{{"name":"l","limit":1,"period":"1d","algorithm":"fixed_window","zone":{zone}}}"#));
    let midnight = ms(1_772_946_000_000);
    let mut s = LimitState::default();
    s.commit(&day, 1, midnight);
    assert_eq!(s.view(&day, midnight).full_at.since(midnight), Span::from_secs(23 * 3600));
    let bad = r#"{"name":"l","limit":1,"period":"1d","algorithm":"fixed_window","zone":{"name":"X","changes":[{"at_ms":1}]}}"#;
    let missing = |path: &str| (Code::MissingField, path.to_string());
    assert_eq!(read(bad).unwrap_err(), [missing("zone.offset"), missing("zone.changes[0].offset")]);
}

#[test]
fn hostile_bytes_meet_the_checks() {
    let read = |p: &LimitPolicy, bytes: &[u8]| LimitState::read(&mut ByteReader::new(bytes), p).map_err(|f| f.code);
    let corrupt = Err(Code::SnapshotCorrupt);
    let bucket = policy(r#"{"name":"l","limit":7,"period":"1s"}"#);
    let bytes = |full: i64, rest: u64, since: i64| {
        let mut w = ByteWriter::default();
        w.u8(1);
        w.i64(full);
        w.u64(rest);
        w.i64(since);
        w.count(0);
        w.bool(false);
        w.into_vec()
    };
    assert!(read(&bucket, &bytes(10, 6, 10)).is_ok());
    assert_eq!(read(&bucket, &bytes(10, 7, 10)), corrupt);
    assert_eq!(read(&bucket, &bytes(10, 0, 11)), corrupt);
    assert_eq!(read(&bucket, &bytes(-1, 0, 0)), corrupt);
    let sliding = policy(r#"{"name":"l","limit":7,"period":"1s","algorithm":"sliding_window"}"#);
    assert_eq!(read(&sliding, &bytes(10, 0, 0)), corrupt);
    let slots = |list: &[(i64, u64)]| {
        let mut w = ByteWriter::default();
        w.u8(2);
        w.count(list.len());
        list.iter().for_each(|(index, count)| {
            w.i64(*index);
            w.u64(*count);
        });
        w.bool(false);
        w.into_vec()
    };
    assert!(read(&sliding, &slots(&[(1, 2), (2, 1)])).is_ok());
    for bad in [&[(2, 1), (2, 1)][..], &[(-1, 1)], &[(1, 0)], &[(1, u64::MAX)], &[(i64::MAX, 1)]] {
        assert_eq!(read(&sliding, &slots(bad)), corrupt, "{bad:?}");
    }
    let fixed = policy(r#"{"name":"l","limit":7,"period":"1m","algorithm":"fixed_window"}"#);
    let window = |end: Instant| {
        let mut w = ByteWriter::default();
        w.u8(3);
        w.instant(end);
        w.u64(1);
        w.bool(false);
        w.into_vec()
    };
    assert!(read(&fixed, &window(ms(120_000))).is_ok());
    assert_eq!(read(&fixed, &window(ms(120_001))), corrupt);
}

#[test]
fn strikes_block_for_longer_each_time_and_are_forgotten() {
    let p = policy(
        r#"{"name":"l","limit":1,"period":"1s","penalty":{"after":2,"block":"1m","growth":2,"max":"3m","forget":"1h"}}"#,
    );
    let mut s = LimitState::default();
    s.commit(&p, 1, ms(0));
    assert_eq!(s.refused(&p, 1, ms(0)), None);
    assert_eq!(s.refused(&p, 1, ms(1)), Some(ms(60_001)));
    assert_eq!(s.check(&p, 1, ms(2000)), LimitCheck::Blocked { retry_at: ms(60_001) });
    assert_eq!(s.refused(&p, 1, ms(2000)), None);
    assert_eq!(s.check(&p, 1, ms(60_001)), LimitCheck::Pass);
    let mut now = ms(60_001);
    let mut blocks = vec![];
    for _ in 0..3 {
        assert_eq!(s.refused(&p, 1, now), None);
        let until = s.refused(&p, 1, now).unwrap();
        blocks.push(until.since(now));
        now = until;
    }
    assert_eq!(blocks, [Span::from_secs(120), Span::from_secs(180), Span::from_secs(180)]);
    assert_eq!(s.rests_at(&p, now), now + Span::from_secs(3600));
    let later = now + Span::from_secs(3600);
    assert_eq!((s.refused(&p, 1, later), s.refused(&p, 1, later)), (None, Some(later + Span::from_secs(60))));
}

#[test]
fn a_counted_refusal_keeps_the_bucket_empty_but_never_in_debt() {
    let p = policy(r#"{"name":"l","limit":1,"period":"1s","on_refuse":"count"}"#);
    let mut s = LimitState::default();
    s.commit(&p, 1, ms(0));
    for t in [100, 500, 900] {
        assert_eq!(s.check(&p, 1, ms(t)), limited(ms(t + 1000)));
        s.refused(&p, 1, ms(t));
    }
    assert_eq!(s.check(&p, 1, ms(1899)), limited(ms(2899)));
    assert_eq!(s.check(&p, 1, ms(1900)), LimitCheck::Pass);
}

#[test]
fn every_fault_of_a_limit_is_named() {
    let bad = r#"{"limit":0,"period":"soon","algorithm":"sliding_window","buckets":9,"burst":3,"exempt":[""],"colour":1,
        "penalty":{"after":0,"block":"2h","max":"1h"}}"#;
    assert_eq!(
        read(bad).unwrap_err(),
        [
            (Code::MissingField, "name".into()),
            (Code::NumberOutOfRange, "limit".into()),
            (Code::BadDuration, "period".into()),
            (Code::NumberOutOfRange, "buckets".into()),
            (Code::Conflict, "burst".into()),
            (Code::BadName, "exempt".into()),
            (Code::NumberOutOfRange, "penalty.after".into()),
            (Code::NumberOutOfRange, "penalty.max".into()),
            (Code::UnknownField, "colour".into()),
        ]
    );
    let fault = |text: &str| read(text).unwrap_err()[0].clone();
    assert_eq!(fault(r#"{"name":"l","limit":1,"period":"1s","burst":0}"#), (Code::NumberOutOfRange, "burst".into()));
    assert_eq!(fault(r#"{"name":"l","limit":1,"period":"1 month"}"#), (Code::Conflict, "period".into()));
    assert_eq!(
        fault(r#"{"name":"l","limit":1,"period":"36600d","burst":9}"#),
        (Code::NumberOutOfRange, "burst".into())
    );
}

// covers: R-3016
#[test]
fn headers_round_up_and_agree() {
    let p = policy(r#"{"name":"general","limit":100,"period":"1m","algorithm":"fixed_window"}"#);
    let hour = policy(r#"{"name":"tokens","limit":1000,"period":"1h","unit":"tokens","algorithm":"fixed_window"}"#);
    let now = ms(1_640_995_140_000);
    let mut s = LimitState::default();
    s.commit(&p, 13, now);
    let limits = [(&p, s.view(&p, now)), (&hour, LimitState::default().view(&hour, now))];
    assert_eq!(
        headers::all(&limits, Some(s.view(&p, now).full_at), now),
        [
            ("RateLimit-Policy", r#""general";q=100;w=60,"tokens";q=1000;qu="tokens";w=3600"#.to_string()),
            ("RateLimit", r#""general";r=87;t=60,"tokens";r=1000"#.to_string()),
            ("X-RateLimit-Limit", "100".to_string()),
            ("X-RateLimit-Remaining", "87".to_string()),
            ("X-RateLimit-Reset", "1640995200".to_string()),
            ("Retry-After", "60".to_string()),
        ]
    );
    assert_eq!(headers::retry_after(now, now + Span::from_micros(1)).1, "1");
    assert_eq!(headers::retry_after(now, now + Span::from_micros(1_000_001)).1, "2");
}
