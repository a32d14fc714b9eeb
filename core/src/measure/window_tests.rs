use super::{Sample, Shape, Stamp, Totals, WindowRule};
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::error::Fault;
use crate::base::time::{Instant, Span};
use proptest::prelude::*;
use std::vec::Vec;

const OK: Sample = Sample { failure: false, slow: false };
const BAD: Sample = Sample { failure: true, slow: false };
const SLOW: Sample = Sample { failure: false, slow: true };
const MINUTE: WindowRule = WindowRule::Time { span: Span::from_secs(60), buckets: 10 };

/// A window that knows its shape.
#[derive(Clone, PartialEq, Debug)]
struct Window {
    shape: Shape,
    inner: super::Window,
}
impl Window {
    fn new(rule: WindowRule) -> Window {
        Window { shape: rule.into(), inner: super::Window::default() }
    }
    fn record(&mut self, now: Instant, s: Sample) -> Stamp {
        self.inner.record(self.shape, now, s)
    }
    fn cross(&mut self, now: Instant) -> Stamp {
        self.inner.cross(self.shape, now)
    }
    fn fill(&mut self, now: Instant, stamp: Stamp, s: Sample) {
        self.inner.fill(self.shape, now, stamp, s);
    }
    fn withdraw(&mut self, now: Instant, stamp: Stamp) -> bool {
        self.inner.withdraw(self.shape, now, stamp)
    }
    fn totals(&self, now: Instant) -> Totals {
        self.inner.totals(self.shape, now)
    }
    fn is_empty(&self, now: Instant) -> bool {
        self.inner.is_empty(self.shape, now)
    }
    fn last_expiry(&self) -> Option<Instant> {
        self.inner.last_expiry(self.shape)
    }
    fn carry_over(&self, rule: WindowRule, now: Instant) -> Window {
        let shape = rule.into();
        Window { shape, inner: self.inner.carry_over(self.shape, shape, now) }
    }
    fn carry_stamp(&self, stamp: Stamp, into: &Window, now: Instant) -> Stamp {
        super::Window::carry_stamp(stamp, self.shape, into.shape, now)
    }
    fn write(&self, w: &mut ByteWriter) {
        self.inner.write(self.shape, w);
    }
    fn read(rule: WindowRule, r: &mut ByteReader) -> Result<Window, Fault> {
        let shape = rule.into();
        Ok(Window { shape, inner: super::Window::read(shape, r)? })
    }
}

fn at(ms: i64) -> Instant {
    Instant::from_millis(ms)
}
fn roundtrip(w: &Window, rule: WindowRule) -> Window {
    let mut out = ByteWriter::default();
    w.write(&mut out);
    let bytes = out.into_vec();
    let mut r = ByteReader::new(&bytes);
    let back = Window::read(rule, &mut r).unwrap();
    assert_eq!(r.remaining(), 0);
    back
}

#[test]
fn an_entry_stays_through_its_window_and_at_most_one_bucket_longer() {
    let mut w = Window::new(MINUTE);
    w.record(at(0), BAD);
    w.record(at(5_999), OK);
    assert_eq!(w.totals(at(65_999)).calls, 2);
    assert_eq!(w.last_expiry(), Some(at(66_000)));
    assert_eq!(w.totals(at(66_000)), Totals::default());
    assert!(w.is_empty(at(66_000)) && !w.is_empty(at(65_999)));
}
#[test]
fn a_quiet_key_needs_no_allocation() {
    let mut w = Window::new(MINUTE);
    w.record(at(0), OK);
    w.record(at(1), BAD);
    let mut out = ByteWriter::default();
    w.write(&mut out);
    assert_eq!(out.as_slice().len(), 4 + 24);
    assert_eq!(size_of::<super::Window>(), 32);
    assert!(w.inner.rest.is_none());
}
#[test]
fn a_crossing_counts_for_the_slow_rate_only_until_it_settles() {
    for rule in [MINUTE, WindowRule::Count { calls: 10 }] {
        let mut w = Window::new(rule);
        w.record(at(0), OK);
        let stamp = w.cross(at(1_000));
        let t = w.totals(at(1_000));
        assert_eq!((t.calls, t.slow(), t.slow_basis()), (1, 1, 2));
        w.fill(at(20_000), stamp, Sample { failure: true, slow: true });
        let t = w.totals(at(20_000));
        assert_eq!((t.calls, t.failures, t.slow(), t.slow_basis()), (2, 1, 1, 2));
        let stamp = w.cross(at(21_000));
        assert!(w.withdraw(at(22_000), stamp));
        assert!(!w.withdraw(at(22_000), stamp));
        assert_eq!(w.totals(at(22_000)), t);
    }
}
#[test]
fn a_crossing_that_has_left_is_not_taken_out_twice() {
    let mut w = Window::new(MINUTE);
    let stamp = w.cross(at(0));
    w.fill(at(70_000), stamp, SLOW);
    let t = w.totals(at(70_000));
    assert_eq!((t.calls, t.slow(), t.slow_basis()), (1, 1, 1));

    let mut w = Window::new(WindowRule::Count { calls: 2 });
    let stamp = w.cross(at(0));
    w.record(at(0), OK);
    w.record(at(0), OK);
    w.fill(at(0), stamp, SLOW);
    let t = w.totals(at(0));
    assert_eq!((t.calls, t.slow(), t.slow_basis()), (2, 1, 2));
}
#[test]
fn a_withdrawn_call_takes_no_room_of_a_count_window() {
    let mut w = Window::new(WindowRule::Count { calls: 3 });
    w.record(at(0), BAD);
    let stamp = w.cross(at(0));
    w.record(at(0), OK);
    assert!(w.withdraw(at(0), stamp));
    w.record(at(0), OK);
    assert_eq!((w.totals(at(0)).calls, w.totals(at(0)).failures), (3, 1));
    w.record(at(0), OK);
    assert_eq!((w.totals(at(0)).calls, w.totals(at(0)).failures), (3, 0));
}
#[test]
fn old_stamps_match_nothing_after_clear() {
    let mut w = Window::new(WindowRule::Count { calls: 4 });
    let stamp = w.cross(at(0));
    w.inner.clear();
    w.cross(at(0));
    assert!(!w.withdraw(at(0), stamp));
    assert_eq!(w.totals(at(0)).slow(), 1);
}
#[test]
fn a_changed_window_keeps_what_still_fits() {
    let mut w = Window::new(MINUTE);
    w.record(at(0), BAD);
    let stamp = w.cross(at(50_000));
    w.record(at(59_000), BAD);
    let shorter = WindowRule::Time { span: Span::from_secs(20), buckets: 10 };
    let mut short = w.carry_over(shorter, at(60_000));
    assert_eq!((short.totals(at(60_000)).failures, short.totals(at(60_000)).slow()), (1, 1));
    let moved = w.carry_stamp(stamp, &short, at(60_000));
    assert!(short.withdraw(at(60_000), moved));
    let counted = w.carry_over(WindowRule::Count { calls: 1 }, at(60_000));
    assert_eq!((counted.totals(at(60_000)).calls, counted.totals(at(60_000)).failures), (1, 1));
    let timed = counted.carry_over(MINUTE, at(61_000));
    assert_eq!(timed.last_expiry(), Some(at(126_000)));
    let smaller = Window::new(WindowRule::Count { calls: 9 });
    assert_eq!(smaller.carry_over(WindowRule::Count { calls: 3 }, at(0)).totals(at(0)), Totals::default());
}
#[test]
fn a_hostile_window_is_refused() {
    let mut w = ByteWriter::default();
    w.count(2);
    for index in [5, 4] {
        w.i64(index);
        (0..4).for_each(|_| w.u32(1));
    }
    let bytes = w.into_vec();
    assert!(Window::read(MINUTE, &mut ByteReader::new(&bytes)).is_err());
    let mut w = ByteWriter::default();
    w.u64(0);
    w.bytes(&[0, 1, 2, 3]);
    let bytes = w.into_vec();
    assert!(Window::read(WindowRule::Count { calls: 3 }, &mut ByteReader::new(&bytes)).is_err());
    assert!(Window::read(WindowRule::Count { calls: 4 }, &mut ByteReader::new(&bytes)).is_ok());
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Record(Sample),
    Cross,
    Fill(usize, Sample),
    Withdraw(usize),
    Roundtrip,
}
fn steps() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let sample = (any::<bool>(), any::<bool>()).prop_map(|(failure, slow)| Sample { failure, slow });
    let step = prop_oneof![
        5 => sample.clone().prop_map(Step::Record),
        3 => Just(Step::Cross),
        2 => (any::<usize>(), sample).prop_map(|(n, s)| Step::Fill(n, s)),
        1 => any::<usize>().prop_map(Step::Withdraw),
        1 => Just(Step::Roundtrip),
    ];
    let gap = prop_oneof![3 => 0i64..40, 1 => 0i64..400];
    proptest::collection::vec((gap, step), 1..120)
}
/// One entry of the model: when, and the outcome once it is known.
type Entry = (i64, Option<Sample>);

fn count<'a>(entries: impl Iterator<Item = &'a Entry>) -> (u32, u32, u32, u32) {
    entries.fold((0, 0, 0, 0), |(calls, failures, slow, basis), (_, sample)| match sample {
        Some(s) => (calls + 1, failures + u32::from(s.failure), slow + u32::from(s.slow), basis + 1),
        None => (calls, failures, slow + 1, basis + 1),
    })
}
fn counted(t: Totals) -> (u32, u32, u32, u32) {
    (t.calls, t.failures, t.slow(), t.slow_basis())
}

proptest! {
    #[test]
    fn a_time_window_agrees_with_a_list(steps in steps(), span in 1i64..300, buckets in 1u32..12) {
        let rule = WindowRule::Time { span: Span::from_micros(span), buckets };
        let width = (span + i64::from(buckets) - 1) / i64::from(buckets);
        let mut w = Window::new(rule);
        let mut model: Vec<Entry> = Vec::new();
        let mut open: Vec<(Stamp, i64)> = Vec::new();
        let mut now = 0;
        for (gap, step) in steps {
            now += gap;
            let t = Instant::from_micros(now);
            let live = |e: &Entry| (e.0 / width + 1) * width + span > now;
            match step {
                Step::Record(s) => { w.record(t, s); model.push((now, Some(s))); }
                Step::Cross => { open.push((w.cross(t), now)); model.push((now, None)); }
                Step::Fill(n, s) if !open.is_empty() => {
                    let (stamp, when) = open.swap_remove(n % open.len());
                    w.fill(t, stamp, s);
                    let place = model.iter().position(|e| *e == (when, None)).unwrap();
                    model.remove(place);
                    model.push((now, Some(s)));
                }
                Step::Withdraw(n) if !open.is_empty() => {
                    let (stamp, when) = open.swap_remove(n % open.len());
                    let place = model.iter().position(|e| *e == (when, None)).unwrap();
                    prop_assert_eq!(w.withdraw(t, stamp), live(&model[place]));
                    model.remove(place);
                }
                Step::Roundtrip => { let back = roundtrip(&w, rule); prop_assert_eq!(&back, &w); w = back; }
                _ => {}
            }
            prop_assert_eq!(counted(w.totals(t)), count(model.iter().filter(|e| live(e))));
            // never early, at most one bucket late
            let must = count(model.iter().filter(|e| e.0 > now - span));
            let may = count(model.iter().filter(|e| e.0 > now - span - width));
            let has = counted(w.totals(t));
            prop_assert!(must.3 <= has.3 && has.3 <= may.3 && must.1 <= has.1 && has.1 <= may.1);
            prop_assert_eq!(w.is_empty(t), has.3 == 0);
        }
    }
    #[test]
    fn a_count_window_agrees_with_a_list(steps in steps(), size in 1u32..12) {
        let rule = WindowRule::Count { calls: size };
        let mut w = Window::new(rule);
        let mut model: Vec<(u64, Option<Sample>)> = Vec::new();
        let mut open: Vec<(Stamp, u64)> = Vec::new();
        let mut next = 0u64;
        let t = Instant::EPOCH;
        for (_, step) in steps {
            match step {
                Step::Record(s) => { w.record(t, s); model.push((next, Some(s))); next += 1; }
                Step::Cross => { open.push((w.cross(t), next)); model.push((next, None)); next += 1; }
                Step::Fill(n, s) if !open.is_empty() => {
                    let (stamp, id) = open.swap_remove(n % open.len());
                    w.fill(t, stamp, s);
                    match model.iter_mut().find(|e| e.0 == id) {
                        Some(entry) => entry.1 = Some(s),
                        None => { model.push((next, Some(s))); next += 1; }
                    }
                }
                Step::Withdraw(n) if !open.is_empty() => {
                    let (stamp, id) = open.swap_remove(n % open.len());
                    let place = model.iter().position(|e| e.0 == id);
                    prop_assert_eq!(w.withdraw(t, stamp), place.is_some());
                    if let Some(p) = place { model.remove(p); }
                }
                Step::Roundtrip => { let back = roundtrip(&w, rule); prop_assert_eq!(&back, &w); w = back; }
                _ => {}
            }
            while model.len() > size as usize { model.remove(0); }
            let list: Vec<Entry> = model.iter().map(|e| (0, e.1)).collect();
            prop_assert_eq!(counted(w.totals(t)), count(list.iter()));
        }
    }
    #[test]
    fn carrying_over_never_loses_what_is_still_inside(
        times in proptest::collection::vec(0i64..1_000, 1..40), old in (1i64..500, 1u32..10), new in (1i64..500, 1u32..10)) {
        let mut sorted = times;
        sorted.sort_unstable();
        let now = sorted[sorted.len() - 1];
        let mut w = Window::new(WindowRule::Time { span: Span::from_micros(old.0), buckets: old.1 });
        sorted.iter().for_each(|t| { w.record(Instant::from_micros(*t), BAD); });
        let next = w.carry_over(WindowRule::Time { span: Span::from_micros(new.0), buckets: new.1 }, Instant::from_micros(now));
        let must = sorted.iter().filter(|t| **t > now - old.0.min(new.0)).count() as u32;
        prop_assert!(next.totals(Instant::from_micros(now)).failures >= must);
    }
}
