//! Budgets under another policy, keys that come and go, and what books cost: nothing is forgotten, nothing is allocated.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]
mod budgets;
use brownout::base::time::Instant;
use brownout::gate::budget::*;
use budgets::*;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Counts the calls and bytes of the thread that runs the test.
struct Counting;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<i64> = const { Cell::new(0) };
}

fn note(calls: u64, bytes: i64) {
    let _ = CALLS.try_with(|c| c.set(c.get() + calls));
    let _ = BYTES.try_with(|b| b.set(b.get() + bytes));
}

// SAFETY: every call goes to the system's allocator unchanged; counting touches thread-local cells only.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(1, layout.size() as i64);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        note(0, -(layout.size() as i64));
        unsafe { System.dealloc(at, layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(1, size as i64 - layout.size() as i64);
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The same book under another policy.
fn reload(b: &mut Book, policy: &str, services: &[(&str, &[&str])]) {
    let policies = read(policy);
    b.ledger = b.ledger.reload(&policies, &specs(&policies, services), &[], b.now);
}
const ONE: [(&str, &[&str]); 1] = [("s", &["b"])];

#[test]
fn a_raised_limit_arms_again_and_a_lowered_one_tells_what_it_crosses() {
    let mut b = Book::new(r#"{"b":{"month":"100","thresholds":[0.5,0.8,1.0],"forecast":false}}"#, &["b"]);
    b.spend(1, dollars(100));
    b.events();
    reload(&mut b, r#"{"b":{"month":"160","thresholds":[0.5,0.8,1.0],"forecast":false}}"#, &ONE);
    assert_eq!((b.totals(0, 0), b.thresholds(), b.ledger.state(0)), ((dollars(100), 0), vec![], State::Open));
    b.spend(2, dollars(28));
    assert_eq!(b.thresholds(), [(0, 80, 0)], "128 of 160: 0.8 again");
    reload(&mut b, r#"{"b":{"month":"120","thresholds":[0.5,0.8,1.0],"forecast":false}}"#, &ONE);
    assert_eq!((b.thresholds(), b.ledger.state(0)), (vec![(0, 100, 0)], State::Over));
    reload(&mut b, r#"{"b":{"month":"120","thresholds":[0.5,0.8,1.0],"forecast":false}}"#, &ONE);
    assert_eq!(b.events(), [], "the same policy again tells nothing");
}
#[test]
fn holds_go_on_under_another_policy() {
    let two: [(&str, &[&str]); 2] = [("gone", &["b"]), ("s", &["a", "b"])];
    let mut b = Book::with(r#"{"a":{"day":"5","estimate":"reject"},"b":{"day":"10","estimate":"reject"}}"#, &two);
    b.reserve(1, dollars(1));
    b.chain = 1;
    b.reserve(2, dollars(4));
    assert_eq!((b.totals(0, 0), b.totals(1, 0)), ((0, dollars(4)), (0, dollars(5))));
    // budget `a` goes, `c` comes, the service `gone` is gone with its hold
    let policy = r#"{"b":{"day":"12","estimate":"reject"},"c":{"day":"9","estimate":"reject"}}"#;
    reload(&mut b, policy, &[("s", &["b", "c"])]);
    b.chain = 0;
    assert_eq!((b.totals(0, 0), b.totals(1, 0)), ((0, dollars(4)), (0, 0)));
    assert_eq!(b.settle(2, dollars(3)), Settled::Booked { assumed: false, late: false });
    assert_eq!((b.totals(0, 0), b.totals(1, 0)), ((dollars(3), 0), (0, 0)), "it settles where it was held");
    b.at(TTL);
    assert_eq!(b.events(), []);
}
#[test]
fn another_zone_keeps_what_is_spent() {
    let mut b = Book::new(r#"{"b":{"day":"10","estimate":"reject","zone":"Z"}}"#, &["b"]);
    b.at(DAY / 2);
    b.spend(1, dollars(6));
    b.reserve(2, dollars(2));
    reload(&mut b, r#"{"b":{"day":"10","estimate":"reject","zone":"-03:00"}}"#, &ONE);
    assert_eq!(b.totals(0, 0), (dollars(6), dollars(2)));
    assert_eq!(b.view(0, 0).resets_at, Some(at_ms(DAY + DAY / 8)));
    b.settle(2, dollars(1));
    assert_eq!(b.totals(0, 0), (dollars(7), 0));
}
#[test]
fn tenants_keep_their_own() {
    let mut b = Book::new(r#"{"b":{"per_tenant_day":"10","estimate":"reject"}}"#, &["b"]);
    for tenant in [4, 2, 9] {
        b.places = vec![tenant];
        b.spend(u64::from(tenant), dollars(u64::from(tenant)));
    }
    b.events();
    reload(&mut b, r#"{"b":{"per_tenant_day":"9","day":"100","estimate":"reject"}}"#, &ONE);
    let spent = [2, 4, 9].map(|tenant| b.ledger.view(0, 0, tenant, b.now).unwrap().spent / dollars(1));
    assert_eq!((spent, b.totals(0, 1)), ([2, 4, 9], (0, 0)), "nobody knows what a new limit would have seen");
    let told: Vec<_> = b.events().iter().filter(|e| matches!(e, Event::Threshold { .. })).copied().collect();
    assert!(matches!(told[..], [Event::Threshold { which, .. }] if which.place == 9), "{told:?}");
}
#[test]
fn a_key_rests_when_its_periods_are_over_and_its_place_can_be_given_away() {
    let mut b = Book::new(r#"{"b":{"per_tenant_day":"10","per_tenant_month":"50","estimate":"reject"}}"#, &["b"]);
    b.places = vec![3];
    assert_eq!(b.ledger.rests_at(3, b.now), b.now, "it has no row");
    b.reserve(1, dollars(1));
    assert_eq!(b.ledger.rests_at(3, b.now), Instant::NEVER, "it has a hold");
    b.ledger.release(1, b.now);
    assert_eq!(b.ledger.rests_at(3, b.now), b.now);
    b.spend(2, dollars(1));
    assert_eq!(b.ledger.rests_at(3, b.now), at_ms(31 * DAY));
    b.at(31 * DAY);
    assert_eq!(b.ledger.rests_at(3, b.now), b.now);
    b.ledger.forget_key(3);
    b.spend(3, dollars(2));
    assert_eq!(b.totals(0, 0), (dollars(2), 0));
    let mut b = Book::new(r#"{"b":{"per_tenant_total":"10"}}"#, &["b"]);
    b.spend(1, 1);
    assert_eq!(b.ledger.rests_at(0, b.now), Instant::NEVER, "a total never ends");
}
#[test]
fn a_clock_that_is_set_back_gives_the_present_its_own_period() {
    let mut b = Book::new(r#"{"b":{"day":"10","rolling":{"limit":"9","length":"1h"},"estimate":"reject"}}"#, &["b"]);
    b.at(30 * DAY);
    b.spend(1, dollars(4));
    // the wall says the 3rd, at the engine's 31st
    b.ledger.set_ahead(28 * DAY * 1_000);
    b.at(30 * DAY);
    let day = b.view(0, 1);
    assert_eq!((day.spent, b.ledger.period_id(&day.which).unwrap().to_string()), (0, "1970-01-03".into()));
    assert_eq!((b.totals(0, 0), day.resets_at), ((dollars(4), 0), Some(at_ms(31 * DAY))), "an hour is an hour");
    b.at(31 * DAY);
    assert_eq!(b.ledger.period_id(&b.view(0, 1).which).unwrap().to_string(), "1970-01-04");
}
#[test]
fn too_many_holds_are_refused_and_ended_ones_make_room() {
    let policies = read(r#"{"b":{"day":"10","estimate":"reject"}}"#);
    let ledger = Ledger::new(&policies, &specs(&policies, &ONE), &[], 3);
    let mut b = Book { ledger, ..Book::new(r#"{"b":{"day":"1"}}"#, &["b"]) };
    for id in 1..=3 {
        b.reserve(id, dollars(1));
    }
    let amounts = Amounts::nanos(1);
    let ask = b.ask(4, &amounts);
    assert_eq!(b.ledger.reserve(&ask, b.now, &mut b.refusal), Err(Problem::HoldsExhausted));
    assert_eq!(b.totals(0, 0), (0, dollars(3)));
    b.settle(2, dollars(1));
    b.reserve(4, dollars(1));
    assert_eq!(b.settle(2, dollars(1)), Settled::UnknownHold, "it was forgotten to make room");
}

/// A chain of three: tenant, service, total.
fn three() -> Book {
    let policy = r#"{"openai":{"day":"5000","per_tenant_day":"2000"},"total":{"month":"2500","estimate":"reject"}}"#;
    Book::with(policy, &[("openai", &["openai", "total"])])
}
#[test]
fn the_hot_path_allocates_nothing() {
    let mut b = three();
    let amounts = Amounts::nanos(1_000);
    let places = [[7], [8], [9]];
    let mut id = 0;
    let mut run = |b: &mut Book, rounds: u64, from: i64| {
        for n in 0..rounds {
            b.now = at_ms(from + n as i64 * 50);
            let places = &places[n as usize % 3];
            let ask = Ask { id, keyed: n % 4 == 0, chain: 0, places, amounts: &amounts };
            id += 1;
            assert!(matches!(b.ledger.reserve(&ask, b.now, &mut b.refusal), Ok(Reserved::Granted(_))));
            let all = Amounts::nanos(dollars(2_500));
            let refused = Ask { id: u64::MAX, amounts: &all, ..ask };
            if n % 10 == 0 {
                assert_eq!(b.ledger.reserve(&refused, b.now, &mut b.refusal), Ok(Reserved::Refused));
            }
            if n % 3 != 0 {
                b.ledger.settle(&ask, b.now).unwrap();
            }
            b.ledger.clear_events();
        }
    };
    run(&mut b, 20_000, 0);
    let before = CALLS.with(Cell::get);
    run(&mut b, 20_000, 1_000_000);
    assert_eq!(CALLS.with(Cell::get) - before, 0);
}
#[test]
fn a_tenant_costs_fifty_bytes_a_limit() {
    let mut b = three();
    let amounts = Amounts::nanos(1_000);
    let before = BYTES.with(Cell::get);
    const TENANTS: u32 = 100_000;
    for tenant in 0..TENANTS {
        let places = [tenant];
        let ask = Ask { id: u64::from(tenant), keyed: false, chain: 0, places: &places, amounts: &amounts };
        b.ledger.reserve(&ask, b.now, &mut b.refusal).unwrap();
        b.ledger.settle(&ask, b.now).unwrap();
    }
    let each = (BYTES.with(Cell::get) - before) as f64 / f64::from(TENANTS);
    assert!(each < 50.0, "{each}");
}
