use super::*;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

fn date(year: i32, month: u8, day: u8) -> Date {
    Date::new(year, month, day).unwrap()
}
fn utc(year: i32, month: u8, day: u8, hour: i64, minute: i64) -> Instant {
    Instant::from_micros(date(year, month, day).local_micros() + (hour * 60 + minute) * 60_000_000)
}
/// New York in 2026: clocks go forward on March 8 at 2:00, back on November 1 at 2:00.
fn new_york() -> Zone {
    let changes = vec![(utc(2026, 3, 8, 7, 0), -4 * 3_600), (utc(2026, 11, 1, 6, 0), -5 * 3_600)];
    Zone::named("America/New_York", -5 * 3_600, changes).unwrap()
}

#[test]
fn chosen_dates() {
    assert_eq!(date(1970, 1, 1).days(), 0);
    assert_eq!(date(2000, 3, 1).days(), 11_017);
    assert_eq!(Date::from_days(20_490), date(2026, 2, 6));
    assert_eq!(date(1900, 2, 28).plus_days(1), date(1900, 3, 1));
    assert_eq!(date(2000, 2, 28).plus_days(1), date(2000, 2, 29));
    for (year, month, day) in [(2026, 2, 29), (2026, 4, 31), (2026, 13, 1), (2026, 0, 1), (2026, 1, 0), (10_000, 1, 1)]
    {
        assert_eq!(Date::new(year, month, day), None);
    }
    assert_eq!(date(2026, 2, 6).weekday(), Weekday::Friday);
    assert_eq!(date(1969, 12, 31).weekday(), Weekday::Wednesday);
    assert_eq!(date(2026, 2, 6).weekday().iso(), 5);
}
#[test]
fn iso_weeks_belong_to_the_year_of_their_thursday() {
    assert_eq!(date(2021, 1, 3).iso_week(), (2020, 53));
    assert_eq!(date(2021, 1, 4).iso_week(), (2021, 1));
    assert_eq!(date(2024, 12, 30).iso_week(), (2025, 1));
    assert_eq!(date(2026, 12, 31).iso_week(), (2026, 53));
}
#[test]
fn an_anchor_on_the_31st_clamps_and_returns() {
    let anchor = date(2027, 1, 31);
    let dates: Vec<_> = (0..6).map(|n| anchor.plus_months(n).to_string()).collect();
    assert_eq!(dates, ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31", "2027-06-30"]);
    assert_eq!(date(2028, 1, 31).plus_months(1), date(2028, 2, 29));
    assert_eq!(date(2028, 1, 31).plus_months(-2), date(2027, 11, 30));
    assert_eq!(date(2026, 12, 15).plus_months(1), date(2027, 1, 15));
}
#[test]
fn instants_print_as_iso_8601() {
    assert_eq!(Iso(Instant::from_millis(1_770_393_899_000)).to_string(), "2026-02-06T16:04:59.000Z");
    assert_eq!(Iso(Instant::from_micros(1_999)).to_string(), "1970-01-01T00:00:00.001Z");
    assert_eq!(Iso(Instant::from_millis(1 << 43)).to_string(), "2248-09-26T15:10:22.208Z");
}
#[test]
fn offsets_read_as_written() {
    assert_eq!(Zone::parse("-03:00"), Some(Zone::Fixed(-10_800)));
    assert_eq!(Zone::parse("+05:30").map(|z| z.to_string()).as_deref(), Some("+05:30"));
    assert_eq!(Zone::parse("UTC"), Some(Zone::UTC));
    for bad in ["", "3", "-3:00", "-03:60", "+19:00", "America/New_York", "-03", "+0é:00", "++1:00"] {
        assert_eq!(Zone::parse(bad), None, "{bad}");
    }
    assert_eq!(new_york().to_string(), "America/New_York");
    assert!(Zone::named("x", 0, vec![(utc(2026, 1, 1, 0, 0), 0), (utc(2026, 1, 1, 0, 0), 60)]).is_err());
    assert!(Zone::named("x", 100_000, vec![]).is_err());
}
#[test]
fn a_skipped_local_time_becomes_the_first_valid_instant_and_a_repeated_one_its_first() {
    let zone = new_york();
    let local = |d: Date, h: i64, m: i64| d.local_micros() + (h * 60 + m) * 60_000_000;
    let spring = date(2026, 3, 8);
    assert_eq!(zone.instant(local(spring, 1, 59)), utc(2026, 3, 8, 6, 59));
    assert_eq!(zone.instant(local(spring, 2, 30)), utc(2026, 3, 8, 7, 0));
    assert_eq!(zone.instant(local(spring, 3, 0)), utc(2026, 3, 8, 7, 0));
    assert_eq!(zone.instant(local(spring, 3, 1)), utc(2026, 3, 8, 7, 1));
    let autumn = date(2026, 11, 1);
    assert_eq!(zone.instant(local(autumn, 1, 30)), utc(2026, 11, 1, 5, 30));
    assert_eq!(zone.instant(local(autumn, 2, 0)), utc(2026, 11, 1, 7, 0));
}
#[test]
fn periods_begin_at_local_midnight() {
    let zone = new_york();
    let day = Period::Day.around(utc(2026, 3, 8, 12, 0), &zone);
    assert_eq!((day.start, day.end), (utc(2026, 3, 8, 5, 0), utc(2026, 3, 9, 4, 0)));
    assert_eq!(Period::Day.around(day.end, &zone).first, date(2026, 3, 9));
    let buenos_aires = Zone::parse("-03:00").unwrap();
    let month = Period::Month.around(utc(2026, 3, 1, 2, 59), &buenos_aires);
    assert_eq!((month.first, month.end), (date(2026, 2, 1), utc(2026, 3, 1, 3, 0)));
    let week = Period::Week(Weekday::Monday).around(utc(2026, 2, 6, 16, 4), &Zone::UTC);
    assert_eq!((week.first, week.end), (date(2026, 2, 2), utc(2026, 2, 9, 0, 0)));
    assert_eq!(Period::Week(Weekday::Sunday).first_day(date(2026, 2, 6)), date(2026, 2, 1));
    assert_eq!(Period::Quarter.first_day(date(2026, 12, 31)), date(2026, 10, 1));
    assert_eq!(Period::Year.around(utc(2026, 6, 1, 0, 0), &Zone::UTC).end, utc(2027, 1, 1, 0, 0));
}
#[test]
fn a_midnight_that_comes_twice_opens_its_day_once() {
    // clocks go back from 00:01 to 23:01 of the day before
    let back = utc(2026, 10, 25, 3, 31);
    let zone = Zone::named("back", -12_600, vec![(back, -16_200)]).unwrap();
    let midnight = utc(2026, 10, 25, 3, 30);
    for (minutes, first) in
        [(-1, date(2026, 10, 24)), (0, date(2026, 10, 25)), (5, date(2026, 10, 25)), (70, date(2026, 10, 25))]
    {
        let at = Instant::from_micros(midnight.micros() + minutes * 60_000_000);
        let day = Period::Day.around(at, &zone);
        assert_eq!(day.first, first);
        assert!(day.start <= at && at < day.end);
    }
}
#[test]
fn a_midnight_that_is_skipped_opens_its_day_at_the_first_valid_instant() {
    // clocks go forward from 00:00 to 01:00, as in Santiago
    let change = utc(2026, 9, 6, 4, 0);
    let zone = Zone::named("forward", -14_400, vec![(change, -10_800)]).unwrap();
    let day = Period::Day.around(change, &zone);
    assert_eq!((day.first, day.start, day.end), (date(2026, 9, 6), change, utc(2026, 9, 7, 3, 0)));
    assert_eq!(Period::Day.around(Instant::from_micros(change.micros() - 1), &zone).end, change);
}
#[test]
fn every_day_follows_its_day_before() {
    // a slow obvious model: count days one by one over eight centuries
    let (mut year, mut month, mut day) = (1_600, 1u8, 1u8);
    let start = date(1_600, 1, 1).days();
    for n in 0..292_200 {
        let expected = Date { year, month, day };
        assert_eq!((Date::from_days(start + n), expected.days()), (expected, start + n));
        let feb = if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 { 29 } else { 28 };
        let last = [31, feb, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month as usize - 1];
        day += 1;
        if day > last {
            (day, month) = (1, month + 1);
        }
        if month > 12 {
            (month, year) = (1, year + 1);
        }
    }
}

prop_compose! {
    fn any_zone()(first in -64_800i32..=64_800, changes in proptest::collection::btree_map(0i64..2_000_000_000, -64_800i32..=64_800, 0..6)) -> Zone {
        let changes = changes.into_iter().map(|(s, offset)| (Instant::from_micros(s * 1_000_000), offset)).collect();
        Zone::named("any", first, changes).unwrap()
    }
}

proptest! {
    #[test]
    fn dates_agree_with_another_library(days in -3_000_000i64..2_000_000, months in -2_000i32..2_000) {
        let ours = Date::from_days(days);
        let epoch = jiff::civil::date(1970, 1, 1);
        let theirs = epoch.checked_add(jiff::Span::new().days(days)).unwrap();
        prop_assert_eq!((ours.year, ours.month as i8, ours.day as i8), (i32::from(theirs.year()), theirs.month(), theirs.day()));
        prop_assert_eq!(ours.weekday().iso() as i8, theirs.weekday().to_monday_one_offset());
        let week = theirs.iso_week_date();
        prop_assert_eq!((ours.iso_week().0, ours.iso_week().1 as i8), (i32::from(week.year()), week.week()));
        if let Ok(theirs) = theirs.checked_add(jiff::Span::new().months(months)) {
            let ours = ours.plus_months(i64::from(months));
            prop_assert_eq!((ours.year, ours.month as i8, ours.day as i8), (i32::from(theirs.year()), theirs.month(), theirs.day()));
        }
    }
    #[test]
    fn every_instant_lies_in_one_period(zone in any_zone(), second in 0i64..2_100_000_000, kind in 0usize..5) {
        let period = [Period::Day, Period::Week(Weekday::Monday), Period::Month, Period::Quarter, Period::Year][kind];
        let at = Instant::from_micros(second * 1_000_000);
        let bounds = period.around(at, &zone);
        prop_assert!(bounds.start <= at && at < bounds.end);
        let next = period.around(bounds.end, &zone);
        prop_assert_eq!(next.start, bounds.end);
        prop_assert_eq!(next.first, period.next_day(bounds.first));
    }
    #[test]
    fn a_local_time_is_found_at_its_first_instant(zone in any_zone(), second in 0i64..2_100_000_000) {
        let local = second * 1_000_000;
        let found = zone.instant(local);
        prop_assert!(zone.local_micros(found) >= local || found == Instant::EPOCH);
        // no earlier instant shows as much: look second by second around every change, and just before
        let mut before: Vec<i64> = vec![found.micros() - 1];
        if let Zone::Named { changes, .. } = &zone {
            before.extend(changes.iter().flat_map(|(c, _)| [c.micros() - 1, c.micros()]));
        }
        for us in before.into_iter().filter(|us| (0..found.micros()).contains(us)) {
            prop_assert!(zone.local_micros(Instant::from_micros(us)) < local);
        }
    }
}
