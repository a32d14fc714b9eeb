//! Budgets under any interleaving, beside a slow obvious model: a list of all that ever happened, summed anew for every answer.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]
mod budgets;
use brownout::base::bytes::{ByteReader, ByteWriter};
use brownout::base::calendar::Zone;
use brownout::base::time::Instant;
use brownout::gate::budget::period::{Kind, PeriodRule};
use brownout::gate::budget::*;
use budgets::{Book, DAY, TTL, at_ms};
use proptest::prelude::*;

const POLICY: &str = r#"{"apart":{"per_tenant_day":"300","day":"900","month":"2500","estimate":"reject","thresholds":[0.5,1.0]},
                         "both":{"week":"1500","total":"20000","estimate":"reject"},
                         "soft":{"day":"100","at_limit":"alert","estimate":"reject"}}"#;
const SERVICES: [(&str, &[&str]); 2] = [("a", &["apart", "both"]), ("b", &["both", "soft"])];
/// Of each service: budget, line, kind, split by tenants, limit in dollars; refusing or not.
type Line = (u16, u16, Kind, bool, u64, bool);
const A: [Line; 5] = [
    (0, 0, Kind::Day, true, 300, true),
    (0, 1, Kind::Day, false, 900, true),
    (0, 2, Kind::Month, false, 2_500, true),
    (1, 0, Kind::Week, false, 1_500, true),
    (1, 1, Kind::Total, false, 20_000, true),
];
const B: [Line; 3] = [
    (1, 0, Kind::Week, false, 1_500, true),
    (1, 1, Kind::Total, false, 20_000, true),
    (2, 0, Kind::Day, false, 100, false),
];

const DOLLAR: u64 = 1_000_000_000;

#[derive(Clone, Copy, PartialEq, Debug)]
enum End {
    No,
    Settled(u64),
    Released,
}

/// One call that was granted.
#[derive(Clone, Debug)]
struct Call {
    id: u64,
    chain: usize,
    tenant: u32,
    asked: u64,
    amount: u64,
    taken: i64,
    until: i64,
    end: End,
    ended: i64,
}

/// Everything that ever happened.
#[derive(Default)]
struct Model {
    calls: Vec<Call>,
    /// Settled without a hold: when, chain, tenant, cost.
    loose: Vec<(i64, usize, u32, u64)>,
}

fn lines(chain: usize) -> &'static [Line] {
    if chain == 0 { &A } else { &B }
}
fn period(kind: Kind, ms: i64) -> Instant {
    PeriodRule::of(kind).around(at_ms(ms), &Zone::UTC).start
}

impl Model {
    /// Spent and held of a line by a tenant in the period that begins at an instant, as seen at `now`.
    fn account(&self, line: &Line, tenant: u32, start: Instant, now: i64) -> (u64, u64) {
        let (budget, at, kind, keyed, ..) = *line;
        let draws = |chain: usize| lines(chain).iter().any(|l| (l.0, l.1) == (budget, at));
        let mine =
            |chain: usize, who: u32, ms: i64| draws(chain) && (!keyed || who == tenant) && period(kind, ms) == start;
        let (mut spent, mut held) = (0, 0);
        for call in self.calls.iter().filter(|c| mine(c.chain, c.tenant, c.taken)) {
            match call.end {
                End::Settled(cost) => spent += cost,
                End::No if now < call.until => held += call.amount,
                End::No | End::Released => {}
            }
        }
        spent += self.loose.iter().filter(|(ms, chain, who, _)| mine(*chain, *who, *ms)).map(|l| l.3).sum::<u64>();
        (spent, held)
    }
    fn fits(&self, chain: usize, tenant: u32, amount: u64, now: i64) -> bool {
        lines(chain).iter().all(|line| {
            let (spent, held) = self.account(line, tenant, period(line.2, now), now);
            let limit = line.4 * DOLLAR;
            !line.5 || (spent + held < limit && spent + held + amount <= limit)
        })
    }
    /// The first instant at which it passes: only ends of holds and of periods can change the answer.
    fn retry(&self, chain: usize, tenant: u32, amount: u64, now: i64) -> Option<i64> {
        let mut at: Vec<i64> =
            self.calls.iter().filter(|c| c.end == End::No && c.until > now).map(|c| c.until).collect();
        for line in lines(chain) {
            let end = PeriodRule::of(line.2).around(at_ms(now), &Zone::UTC).end;
            at.extend((!end.is_never()).then_some(end.micros() / 1_000));
        }
        at.sort_unstable();
        at.into_iter().find(|t| self.fits(chain, tenant, amount, *t))
    }
    /// A hold that is remembered.
    fn find(&mut self, id: u64, now: i64) -> Option<&mut Call> {
        let known = |c: &&mut Call| {
            let forgotten = if c.end == End::No { c.until + TTL } else { c.ended + TTL };
            c.id == id && now < forgotten
        };
        self.calls.iter_mut().filter(known).last()
    }
}

#[derive(Clone, Debug)]
enum Op {
    Wait(i64),
    Reserve { id: u64, chain: usize, tenant: u32, nanos: u64 },
    Extend { id: u64, nanos: u64 },
    Settle { id: u64, chain: usize, tenant: u32, nanos: u64 },
    Release { id: u64 },
}

fn nanos() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 0u64..400 * DOLLAR,
        2 => (0u64..8).prop_map(|n| n * 50 * DOLLAR),
        1 => Just(0u64),
        1 => Just(1u64),
        1 => Just(2_000 * DOLLAR)
    ]
}
/// 64 callers, each with an id of its own that it uses again and again.
fn op() -> impl Strategy<Value = Op> {
    let who = || (0u64..64, 0usize..2, 0u32..3);
    prop_oneof![
        2 => prop_oneof![0..TTL, Just(TTL), Just(1i64), Just(TTL - 1), 0..DAY, Just(7 * DAY)].prop_map(Op::Wait),
        6 => (who(), nanos()).prop_map(|((id, chain, tenant), nanos)| Op::Reserve { id, chain, tenant, nanos }),
        2 => (0u64..64, nanos()).prop_map(|(id, nanos)| Op::Extend { id, nanos }),
        4 => (who(), nanos()).prop_map(|((id, chain, tenant), nanos)| Op::Settle { id, chain, tenant, nanos }),
        1 => (0u64..64).prop_map(|id| Op::Release { id }),
    ]
}

/// What every caller sees of every line.
fn picture(b: &Book) -> Vec<(u64, u64, State)> {
    let mut out = Vec::new();
    for tenant in 0..3 {
        for (budget, line, ..) in A.iter().chain(&B) {
            let v = b.ledger.view(*budget, *line, tenant, b.now).unwrap();
            out.push((v.spent, v.held, v.state));
        }
    }
    out
}

/// Plays one step on both sides and compares the answers.
fn step(b: &mut Book, m: &mut Model, now: &mut i64, op: &Op) -> Result<(), TestCaseError> {
    match *op {
        Op::Wait(ms) => {
            *now += ms;
            b.at(*now);
        }
        Op::Reserve { id, chain, tenant, nanos } => {
            (b.chain, b.places) = (chain as u16, vec![tenant]);
            let before = picture(b);
            let amounts = Amounts::nanos(nanos);
            let ask = b.ask(id, &amounts);
            let got = b.ledger.reserve(&ask, b.now, &mut b.refusal);
            let fits = m.fits(chain, tenant, nanos, *now);
            let retry = m.retry(chain, tenant, nanos, *now);
            match m.find(id, *now) {
                Some(call) if (call.chain, call.asked) == (chain, nanos) => {
                    let again = matches!(got, Ok(Reserved::Granted(g)) if g.again);
                    prop_assert!(again && picture(b) == before, "the first answer");
                }
                Some(_) => prop_assert_eq!(got, Err(Problem::HoldConflict)),
                None if fits => {
                    prop_assert!(matches!(got, Ok(Reserved::Granted(g)) if !g.again && g.held[0] == nanos));
                    let until = *now + TTL;
                    let (end, ended) = (End::No, 0);
                    m.calls.push(Call {
                        id,
                        chain,
                        tenant,
                        asked: nanos,
                        amount: nanos,
                        taken: *now,
                        until,
                        end,
                        ended,
                    });
                }
                None => {
                    prop_assert_eq!(got, Ok(Reserved::Refused));
                    prop_assert_eq!(picture(b), before, "a refused reserve changes nothing");
                    let at = b.refusal.retry_at.map(|at| at.micros());
                    prop_assert_eq!((at, b.refusal.exact), (retry.map(|ms| ms * 1_000), true));
                }
            }
        }
        Op::Extend { id, nanos } => {
            let got = b.extend(id, nanos);
            let Some(call) = m.find(id, *now).cloned() else {
                prop_assert_eq!(got, Extended::Unknown);
                return Ok(());
            };
            if call.end != End::No {
                prop_assert_eq!(got, Extended::Ended);
            } else if *now >= call.until {
                prop_assert_eq!(got, Extended::Expired);
            } else {
                let fits = lines(call.chain).iter().all(|line| {
                    let (spent, held) = m.account(line, call.tenant, period(line.2, call.taken), *now);
                    let (taken, limit) = (spent + held - call.amount, line.4 * DOLLAR);
                    !line.5 || (taken < limit && taken + nanos <= limit)
                });
                prop_assert_eq!(matches!(got, Extended::Granted(_)), fits, "{:?}", got);
                if let (true, Some(call)) = (fits, m.find(id, *now)) {
                    (call.amount, call.until) = (nanos, *now + TTL);
                }
            }
        }
        Op::Settle { id, chain, tenant, nanos } => {
            (b.chain, b.places) = (chain as u16, vec![tenant]);
            let got = b.settle(id, nanos);
            match m.find(id, *now) {
                Some(call) if call.end == End::No => {
                    prop_assert_eq!(got, Settled::Booked { assumed: false, late: *now >= call.until });
                    (call.end, call.ended) = (End::Settled(nanos), *now);
                }
                Some(_) => prop_assert_eq!(got, Settled::Again),
                None => {
                    prop_assert_eq!(got, Settled::UnknownHold);
                    m.loose.push((*now, chain, tenant, nanos));
                }
            }
        }
        Op::Release { id } => {
            let got = b.ledger.release(id, b.now);
            match m.find(id, *now) {
                Some(call) if call.end == End::No => {
                    prop_assert_eq!(got, Settled::Booked { assumed: false, late: *now >= call.until });
                    (call.end, call.ended) = (End::Released, *now);
                }
                Some(_) => prop_assert_eq!(got, Settled::Again),
                None => prop_assert_eq!(got, Settled::UnknownHold),
            }
        }
    }
    Ok(())
}

fn agrees(b: &Book, m: &Model, now: i64) -> Result<(), TestCaseError> {
    for line in A.iter().chain(&B) {
        for tenant in 0..3 {
            let v = b.ledger.view(line.0, line.1, tenant, b.now).unwrap();
            let (spent, held) = m.account(line, tenant, period(line.2, now), now);
            prop_assert_eq!((v.spent, v.held), (spent, held), "line {}.{} of {}", line.0, line.1, tenant);
        }
    }
    Ok(())
}

fn bytes_of(ledger: &Ledger, order: &[u32]) -> Vec<u8> {
    let mut w = ByteWriter::default();
    ledger.write(order, &mut w);
    w.into_vec()
}
/// The same step on restored books, where tenant n stands three places on.
fn play(back: &mut Book, b: &Book, op: &Op) {
    back.now = b.now;
    back.ledger.advance(b.now);
    match *op {
        Op::Wait(_) => {}
        Op::Reserve { id, chain, tenant, nanos } => {
            (back.chain, back.places) = (chain as u16, vec![tenant + 3]);
            let amounts = Amounts::nanos(nanos);
            let ask = back.ask(id, &amounts);
            let _ = back.ledger.reserve(&ask, back.now, &mut back.refusal);
        }
        Op::Extend { id, nanos } => {
            back.extend(id, nanos);
        }
        Op::Settle { id, chain, tenant, nanos } => {
            (back.chain, back.places) = (chain as u16, vec![tenant + 3]);
            back.settle(id, nanos);
        }
        Op::Release { id } => {
            back.ledger.release(id, back.now);
        }
    }
}
/// Effects with the places of the restored books.
fn shifted(events: &[Event]) -> Vec<Event> {
    let mut out = events.to_vec();
    for e in &mut out {
        if let Event::Threshold { which, .. } = e
            && which.place != NO_PLACE
        {
            which.place += 3;
        }
    }
    out
}

fn book() -> Book {
    Book::with(POLICY, &SERVICES)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    // covers: E-22
    #[test]
    fn the_books_agree_with_a_list_of_all_that_happened(ops in proptest::collection::vec(op(), 1..120)) {
        let (mut b, mut m, mut now) = (book(), Model::default(), 0);
        for op in &ops {
            step(&mut b, &mut m, &mut now, op)?;
            agrees(&b, &m, now)?;
        }
        // the total never ends: to the nano-dollar what was ever settled
        let settled = |c: &Call| if let End::Settled(n) = c.end { n } else { 0 };
        let sum: u64 = m.calls.iter().map(settled).sum::<u64>() + m.loose.iter().map(|l| l.3).sum::<u64>();
        prop_assert_eq!(b.ledger.view(1, 1, 0, b.now).unwrap().spent, sum);
    }
    #[test]
    fn spent_and_held_stay_below_the_limit_while_nobody_overshoots(ops in proptest::collection::vec(op(), 1..200)) {
        let (mut b, mut m, mut now) = (book(), Model::default(), 0);
        for op in &ops {
            // a settlement costs at most what was held, and only what was held is settled
            let op = match *op {
                Op::Settle { id, nanos, .. } => match m.find(id, now) {
                    Some(call) if call.end == End::No && now < call.until =>
                        Op::Settle { id, chain: call.chain, tenant: call.tenant, nanos: nanos.min(call.amount) },
                    _ => continue,
                },
                ref other => other.clone(),
            };
            step(&mut b, &mut m, &mut now, &op)?;
            for line in A.iter().filter(|l| l.5) {
                for tenant in 0..3 {
                    let v = b.ledger.view(line.0, line.1, tenant, b.now).unwrap();
                    prop_assert!(v.spent + v.held <= line.4 * DOLLAR, "{:?}", v);
                }
            }
        }
    }
    #[test]
    fn a_long_step_gives_what_short_ones_give(ops in proptest::collection::vec(op(), 1..60), wait in 0..40 * DAY) {
        let (mut b, mut m, mut now) = (book(), Model::default(), 0);
        for op in &ops {
            step(&mut b, &mut m, &mut now, op)?;
        }
        b.ledger.clear_events();
        let mut slow = Book { ledger: b.ledger.clone(), refusal: Refusal::default(), now: b.now, chain: 0, places: vec![0] };
        let end = now + wait;
        b.at(end);
        while let Some((at, _)) = slow.ledger.next().filter(|(at, _)| *at <= at_ms(end)) {
            slow.now = at;
            slow.ledger.advance(at);
            prop_assert!(slow.ledger.next().is_none_or(|(next, _)| next > at), "what was advertised is done");
        }
        slow.at(end);
        prop_assert_eq!(b.ledger.events(), slow.ledger.events());
        prop_assert_eq!(picture(&b), picture(&slow));
    }
    #[test]
    fn bytes_bring_back_the_same_books(ops in proptest::collection::vec(op(), 1..80), more in proptest::collection::vec(op(), 1..40)) {
        let (mut b, mut m, mut now) = (book(), Model::default(), 40 * DAY);
        b.at(now);
        for op in &ops {
            step(&mut b, &mut m, &mut now, op)?;
        }
        b.ledger.clear_events();
        // the keys stand in another order in the table, and at other places afterwards
        let bytes = bytes_of(&b.ledger, &[2, 0, 1]);
        let mut back = book();
        let mut r = ByteReader::new(&bytes);
        back.ledger.read(&[5, 3, 4], &mut r).unwrap();
        prop_assert_eq!(r.finish(), Ok(()));
        prop_assert_eq!(&bytes_of(&back.ledger, &[5, 3, 4]), &bytes);
        back.now = b.now;
        for op in &more {
            step(&mut b, &mut m, &mut now, op)?;
            play(&mut back, &b, op);
            prop_assert_eq!(back.ledger.events().to_vec(), shifted(b.ledger.events()));
        }
        prop_assert_eq!(bytes_of(&back.ledger, &[5, 3, 4]), bytes_of(&b.ledger, &[2, 0, 1]));
    }
    #[test]
    fn any_bytes_are_books_or_a_fault(
        ops in proptest::collection::vec(op(), 1..40),
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let (mut b, mut m, mut now) = (book(), Model::default(), 0);
        for op in &ops {
            step(&mut b, &mut m, &mut now, op)?;
        }
        let mut bytes = bytes_of(&b.ledger, &[0, 1, 2]);
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let mut back = book();
        if back.ledger.read(&[0, 1, 2], &mut ByteReader::new(&bytes)).is_ok() {
            // whatever they say, they go on
            back.at(now + 3 * DAY);
            for id in 0..70 {
                back.settle(id, 1);
            }
            back.at(now + 9 * DAY);
            prop_assert!(back.ledger.next().is_none_or(|(at, _)| at > back.now));
        }
    }
    #[test]
    fn an_equal_policy_changes_nothing(ops in proptest::collection::vec(op(), 1..80)) {
        let (mut b, mut m, mut now) = (book(), Model::default(), 0);
        for op in &ops {
            step(&mut b, &mut m, &mut now, op)?;
        }
        b.ledger.clear_events();
        let policies = budgets::read(POLICY);
        let new = b.ledger.reload(&policies, &budgets::specs(&policies, &SERVICES), &[], b.now);
        prop_assert_eq!(new.events(), &[]);
        prop_assert_eq!(bytes_of(&new, &[0, 1, 2]), bytes_of(&b.ledger, &[0, 1, 2]));
    }
    #[test]
    fn a_threshold_is_told_once_a_period(costs in proptest::collection::vec((0..3 * DAY, 0u64..200), 1..60)) {
        let mut b = Book::new(r#"{"b":{"day":"400","thresholds":[0.25,0.5,0.75,1.0],"at_limit":"alert","forecast":false}}"#, &["b"]);
        let (mut now, mut told) = (0, std::collections::BTreeMap::new());
        for (n, (wait, cost)) in costs.iter().enumerate() {
            now += wait / 4;
            b.at(now);
            b.spend(n as u64, cost * DOLLAR);
            for e in b.events() {
                if let Event::Threshold { which, threshold, spent, limit, .. } = e {
                    prop_assert!(threshold.reached(spent, limit));
                    let before = told.insert(which.period, threshold);
                    prop_assert!(before.is_none_or(|t| t < threshold), "the same or a lower one again");
                }
            }
            let v = b.view(0, 0);
            let reached = [100u64, 75, 50, 25].into_iter().find(|p| v.spent * 100 >= p * v.limit);
            let last = told.get(&v.which.period).map(|t| t.billionths() / 10_000_000);
            prop_assert_eq!(last, reached);
        }
    }
}
