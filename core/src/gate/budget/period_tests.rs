use super::*;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

const HOUR: i64 = 3_600_000_000;

/// An instant in UTC.
fn utc(year: i32, month: u8, day: u8, hour: i64) -> Instant {
    Instant::from_micros(Date::new(year, month, day).unwrap().days() * DAY_MICROS + hour * HOUR)
}
fn anchored(kind: Kind, date: (i32, u8, u8), hour: i64) -> PeriodRule {
    let (year, month, day) = date;
    let anchor = Date::new(year, month, day).unwrap().days() * DAY_MICROS + hour * HOUR;
    PeriodRule { anchor: Some(anchor), ..PeriodRule::of(kind) }
}
fn spans(rule: PeriodRule, at: Instant, zone: &Zone) -> (Instant, Instant) {
    let s = rule.around(at, zone);
    (s.start, s.end)
}

// covers: E-24
#[test]
fn a_day_begins_at_the_local_midnight() {
    let day = PeriodRule::of(Kind::Day);
    let argentina = Zone::Fixed(-3 * 3_600);
    // 22:00 on the 5th in Buenos Aires is 01:00 on the 6th in UTC
    let at = utc(2026, 2, 6, 1);
    assert_eq!(spans(day, at, &argentina), (utc(2026, 2, 5, 3), utc(2026, 2, 6, 3)));
    assert_eq!(spans(day, at, &Zone::UTC), (utc(2026, 2, 6, 0), utc(2026, 2, 7, 0)));
    assert_eq!(day.id(utc(2026, 2, 5, 3), &argentina).to_string(), "2026-02-05");
}
#[test]
fn the_boundary_belongs_to_the_new_period() {
    let month = PeriodRule::of(Kind::Month);
    let edge = utc(2026, 3, 1, 0);
    assert_eq!(month.around(edge, &Zone::UTC).start, edge);
    assert_eq!(month.around(Instant::from_micros(edge.micros() - 1), &Zone::UTC).end, edge);
}
#[test]
fn an_anchor_on_the_31st_clamps_and_returns() {
    let rule = anchored(Kind::Month, (2026, 1, 31), 0);
    let starts: Vec<_> = [(2026, 2, 1), (2026, 3, 1), (2026, 3, 31), (2026, 4, 30), (2026, 5, 30), (2026, 5, 31)]
        .map(|(y, m, d)| rule.around(utc(y, m, d, 12), &Zone::UTC).start)
        .to_vec();
    let dates = [(1, 31), (2, 28), (3, 31), (4, 30), (4, 30), (5, 31)].map(|(m, d)| utc(2026, m, d, 0));
    assert_eq!(starts, dates);
    // the lattice goes both ways: before the anchor too
    assert_eq!(spans(rule, utc(2025, 12, 1, 0), &Zone::UTC), (utc(2025, 11, 30, 0), utc(2025, 12, 31, 0)));
    assert_eq!(rule.id(utc(2026, 2, 28, 0), &Zone::UTC).to_string(), "2026-02-28");
}
#[test]
fn an_anchor_has_a_time_of_day_and_weeks_a_first_day() {
    let week = anchored(Kind::Week, (2026, 2, 4), 9);
    assert_eq!(spans(week, utc(2026, 2, 11, 8), &Zone::UTC), (utc(2026, 2, 4, 9), utc(2026, 2, 11, 9)));
    assert_eq!(week.around(utc(2026, 2, 11, 9), &Zone::UTC).start, utc(2026, 2, 11, 9));
    let quarter = anchored(Kind::Quarter, (2025, 11, 30), 0);
    assert_eq!(spans(quarter, utc(2026, 2, 27, 0), &Zone::UTC), (utc(2025, 11, 30, 0), utc(2026, 2, 28, 0)));
    let monday = PeriodRule::of(Kind::Week);
    let sunday = PeriodRule { week_start: Weekday::Sunday, ..monday };
    // 2026-02-06 is a Friday
    assert_eq!(monday.around(utc(2026, 2, 6, 0), &Zone::UTC).start, utc(2026, 2, 2, 0));
    assert_eq!(sunday.around(utc(2026, 2, 6, 0), &Zone::UTC).start, utc(2026, 2, 1, 0));
}
#[test]
fn a_skipped_local_time_begins_at_the_first_valid_instant() {
    // Santiago, 2026-09-06: 00:00 becomes 01:00, from -04:00 to -03:00
    let change = utc(2026, 9, 6, 4);
    let zone = Zone::named("America/Santiago", -4 * 3_600, vec![(change, -3 * 3_600)]).unwrap();
    let day = PeriodRule::of(Kind::Day);
    assert_eq!(spans(day, change, &zone), (change, utc(2026, 9, 7, 3)), "a day of 23 hours");
    assert_eq!(day.id(change, &zone).to_string(), "2026-09-06");
    let month = anchored(Kind::Month, (2026, 1, 6), 0);
    assert_eq!(month.around(change, &zone).start, change);
    assert_eq!(month.around(Instant::from_micros(change.micros() - 1), &zone).end, change);
}
// covers: R-1094, R-1142
#[test]
fn periods_are_named_by_the_date_on_which_they_begin() {
    let name = |kind, start| PeriodRule::of(kind).id(start, &Zone::UTC).to_string();
    assert_eq!(name(Kind::Day, utc(2026, 2, 6, 0)), "2026-02-06");
    assert_eq!(name(Kind::Week, utc(2025, 12, 29, 0)), "2026-W01");
    assert_eq!(name(Kind::Month, utc(2026, 2, 1, 0)), "2026-02");
    assert_eq!(name(Kind::Quarter, utc(2026, 10, 1, 0)), "2026-Q4");
    assert_eq!(name(Kind::Year, utc(2026, 1, 1, 0)), "2026");
    assert_eq!(name(Kind::Total, Instant::EPOCH), "total");
    assert_eq!(name(Kind::Rolling(Span::from_secs(60)), utc(2026, 2, 6, 7)), "2026-02-06T07:00:00.000Z");
    let sunday = PeriodRule { week_start: Weekday::Sunday, ..PeriodRule::of(Kind::Week) };
    assert_eq!(sunday.id(utc(2026, 2, 1, 0), &Zone::UTC).to_string(), "2026-02-01", "no ISO week");
}
#[test]
fn a_total_has_one_period_and_a_rolling_one_begins_with_the_use() {
    let at = utc(2026, 2, 6, 7);
    assert_eq!(spans(PeriodRule::of(Kind::Total), at, &Zone::UTC), (Instant::EPOCH, Instant::NEVER));
    let rolling = PeriodRule::of(Kind::Rolling(Span::from_secs(3_600)));
    assert_eq!(spans(rolling, at, &Zone::UTC), (at, utc(2026, 2, 6, 8)));
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Day), Just(Kind::Week), Just(Kind::Month), Just(Kind::Quarter), Just(Kind::Year)]
}
proptest! {
    #[test]
    fn periods_meet_without_gap(
        kind in kind(),
        anchor in proptest::option::of(0i64..3_000_000_000_000_000),
        at in 400_000_000_000_000i64..4_000_000_000_000_000,
        change in 0i64..4_000_000_000_000_000,
        offsets in (-18i32..=18, -18i32..=18),
    ) {
        let rule = PeriodRule { anchor, ..PeriodRule::of(kind) };
        let (a, b) = offsets;
        let zone = Zone::named("x", a * 3_600, vec![(Instant::from_micros(change), b * 3_600)]).unwrap();
        let at = Instant::from_micros(at);
        let here = rule.around(at, &zone);
        prop_assert!(here.start <= at && at < here.end);
        prop_assert_eq!(rule.around(here.start, &zone), here);
        prop_assert_eq!(rule.around(Instant::from_micros(here.end.micros() - 1), &zone), here);
        prop_assert_eq!(rule.around(here.end, &zone).start, here.end);
        prop_assert_eq!(rule.around(Instant::from_micros(here.start.micros() - 1), &zone).end, here.start);
    }
}
