//! Budgets and time: a refusal's instant is neither too early nor too late, and one long step is many short ones, whatever kinds of
//! period, increases and zones stand in the policy.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]
mod budgets;
use brownout::gate::budget::*;
use budgets::{Book, DAY, TTL, at_ms, dollars};
use proptest::prelude::*;

const POLICY: &str = r#"{
  "mixed":{"rolling":{"limit":"40","length":"5h"},"day":"100","week":"300","zone":"-03:00","week_start":"sunday","estimate":"reject",
           "degrade_to":"mini","thresholds":[0.5,{"at":0.8,"action":"degrade"},{"at":0.9,"action":"refuse"},1.0],
           "increases":[{"of":"day","amount":"60","from":"1970-01-02T06:00","until":"1970-01-02T18:00"},
                        {"of":"week","amount":"200","from":"1970-01-03","until":"1970-01-09"},
                        {"of":"rolling","amount":"15","until":"1970-01-03T12:00"}]},
  "tenants":{"per_tenant_day":"50","per_tenant_rolling":{"limit":"30","length":"90m"},"month":"900","anchor":"1970-01-31T09:00",
           "estimate":"clip"}}"#;
const SERVICES: [(&str, &[&str]); 2] = [("a", &["mixed", "tenants"]), ("b", &["tenants"])];

#[derive(Clone, Debug)]
enum Op {
    Wait(i64),
    Reserve { id: u64, chain: u16, tenant: u32, dollars: u64 },
    Settle { id: u64, chain: u16, tenant: u32, dollars: u64 },
    Raise { budget: u16, line: u16, tenant: bool, dollars: u64, for_ms: i64 },
    Credit { dollars: u64 },
}
fn op() -> impl Strategy<Value = Op> {
    let money = || prop_oneof![0u64..60, Just(20u64), Just(40u64), Just(90u64)];
    prop_oneof![
        3 => prop_oneof![0..TTL, Just(TTL), 0..DAY / 4, Just(5 * 3_600_000i64), 0..2 * DAY].prop_map(Op::Wait),
        6 => (0u64..20, 0u16..2, 0u32..2, money())
            .prop_map(|(id, chain, tenant, dollars)| Op::Reserve { id, chain, tenant, dollars }),
        5 => (0u64..20, 0u16..2, 0u32..2, money())
            .prop_map(|(id, chain, tenant, dollars)| Op::Settle { id, chain, tenant, dollars }),
        1 => (0u16..2, 0u16..3, any::<bool>(), 1u64..50, 1..2 * DAY)
            .prop_map(|(budget, line, tenant, dollars, for_ms)| Op::Raise { budget, line, tenant, dollars, for_ms }),
        1 => (1u64..30).prop_map(|dollars| Op::Credit { dollars }),
    ]
}

fn play(b: &mut Book, now: &mut i64, op: &Op) {
    match *op {
        Op::Wait(ms) => {
            *now += ms;
            b.at(*now);
        }
        Op::Reserve { id, chain, tenant, dollars: n } => {
            (b.chain, b.places) = (chain, vec![tenant]);
            let amounts = Amounts::nanos(dollars(n));
            let ask = b.ask(id, &amounts);
            let _ = b.ledger.reserve(&ask, b.now, &mut b.refusal);
        }
        Op::Settle { id, chain, tenant, dollars: n } => {
            (b.chain, b.places) = (chain, vec![tenant]);
            b.settle(id, dollars(n));
        }
        Op::Raise { budget, line, tenant, dollars: n, for_ms } => {
            let place = if tenant { 1 } else { NO_PLACE };
            let _ = b.ledger.raise(budget, line, place, dollars(n), at_ms(*now + for_ms), b.now);
        }
        Op::Credit { dollars: n } => {
            let _ = b.ledger.credit(0, 1, NO_PLACE, dollars(n), b.now);
        }
    }
}
fn book() -> Book {
    let mut b = Book::with(POLICY, &SERVICES);
    b.at(0);
    b
}
fn copy(b: &Book) -> Book {
    Book { ledger: b.ledger.clone(), refusal: Refusal::default(), now: b.now, chain: b.chain, places: b.places.clone() }
}
fn picture(b: &Book) -> Vec<BudgetView> {
    let lines = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)];
    (0..2).flat_map(|t| lines.map(|(budget, line)| b.ledger.view(budget, line, t, b.now).unwrap())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn a_refusals_instant_is_exact(ops in proptest::collection::vec(op(), 1..60), chain in 0u16..2, tenant in 0u32..2, n in 0u64..70) {
        let (mut b, mut now) = (book(), 0);
        for op in &ops {
            play(&mut b, &mut now, op);
        }
        (b.chain, b.places) = (chain, vec![tenant]);
        let amounts = Amounts::nanos(dollars(n));
        let ask = b.ask(1_000, &amounts);
        let asked_at = |at: brownout::base::time::Instant| {
            let mut later = copy(&b);
            let got = later.ledger.reserve(&ask, at, &mut later.refusal).unwrap();
            (got, later.refusal)
        };
        let (got, refusal) = asked_at(b.now);
        if got == Reserved::Refused {
            prop_assert!(refusal.exact && !refusal.failing.is_empty());
            match refusal.retry_at {
                Some(at) => {
                    prop_assert!(at > b.now);
                    prop_assert!(matches!(asked_at(at).0, Reserved::Granted(_)), "not at {:?}: {:?}", at, asked_at(at).1);
                    for us in [1, 1_000_000, 3_600_000_000] {
                        let before = brownout::base::time::Instant::from_micros((at.micros() - us).max(b.now.micros()));
                        prop_assert_eq!(asked_at(before).0, Reserved::Refused, "{} before {:?}", us, at);
                    }
                }
                None => for days in [1, 2, 3, 5, 9, 40, 400] {
                    prop_assert_eq!(asked_at(at_ms(now + days * DAY)).0, Reserved::Refused, "after {} days", days);
                },
            }
        }
    }
    #[test]
    fn a_long_step_is_many_short_ones(ops in proptest::collection::vec(op(), 1..60), wait in 0..12 * DAY, step in 1..DAY) {
        let (mut b, mut now) = (book(), 0);
        for op in &ops {
            play(&mut b, &mut now, op);
        }
        b.ledger.clear_events();
        let (mut told, mut blind) = (copy(&b), copy(&b));
        b.at(now + wait);
        while let Some((at, _)) = told.ledger.next().filter(|(at, _)| *at <= at_ms(now + wait)) {
            told.ledger.advance(at);
            prop_assert!(told.ledger.next().is_none_or(|(next, _)| next > at));
        }
        told.at(now + wait);
        let mut t = now;
        while t + step < now + wait && (t - now) / step < 400 {
            t += step;
            blind.at(t);
        }
        blind.at(now + wait);
        for other in [&told, &blind] {
            prop_assert_eq!(b.ledger.events(), other.ledger.events());
            prop_assert_eq!(picture(&b), picture(other));
        }
    }
    #[test]
    fn bytes_carry_increases_and_rolling_periods(ops in proptest::collection::vec(op(), 1..60), more in proptest::collection::vec(op(), 1..30)) {
        let (mut b, mut now) = (book(), 0);
        for op in &ops {
            play(&mut b, &mut now, op);
        }
        b.ledger.clear_events();
        let mut w = brownout::base::bytes::ByteWriter::default();
        b.ledger.write(&[0, 1], &mut w);
        let mut back = Book::with(POLICY, &SERVICES);
        back.ledger.read(&[0, 1], &mut brownout::base::bytes::ByteReader::new(w.as_slice())).unwrap();
        back.now = b.now;
        let mut then = now;
        for op in &more {
            play(&mut b, &mut now, op);
            play(&mut back, &mut then, op);
            prop_assert_eq!(b.ledger.events(), back.ledger.events());
            prop_assert_eq!(picture(&b), picture(&back));
        }
    }
}
