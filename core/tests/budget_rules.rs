//! Budgets, example by example: what is held, what is spent, who is refused and until when. All numbers are worked out by hand.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]
mod budgets;
use brownout::base::num::Ratio;
use brownout::gate::budget::*;
use budgets::*;

#[test]
fn a_reserve_is_granted_up_to_the_limit_and_not_beyond() {
    let mut b = Book::new(r#"{"b":{"day":"10","estimate":"reject"}}"#, &["b"]);
    assert_eq!(b.reserve(1, cents(600)).held[0], cents(600));
    assert_eq!(b.reserve(2, cents(400)).held[0], cents(400), "exactly up to the limit");
    let r = b.refused(3, 1);
    assert_eq!((r.failing[0].cause, r.failing[0].spent, r.failing[0].held), (Cause::Held, 0, cents(1_000)));
    b.refused(4, 0);
    assert_eq!(b.settle(1, cents(250)), Settled::Booked { assumed: false, late: false });
    assert_eq!(b.totals(0, 0), (cents(250), cents(400)));
    assert_eq!(b.reserve(5, cents(350)).held[0], cents(350));
}
// covers: R-1093
#[test]
fn a_budget_that_is_spent_refuses_even_what_costs_nothing() {
    let mut b = Book::new(r#"{"b":{"day":"50","estimate":"reject"}}"#, &["b"]);
    b.spend(1, dollars(50));
    let r = b.refused(2, 0);
    assert_eq!((r.failing[0].cause, r.retry_at, r.exact), (Cause::Spent, Some(at_ms(DAY)), true));
    b.at(DAY - 1);
    b.refused(3, 0);
    b.at(DAY);
    b.reserve(4, 0);
}
// covers: E-22
#[test]
fn an_amount_of_nothing_is_an_amount() {
    let mut b = Book::new(r#"{"b":{"day":"50","estimate":"reject"}}"#, &["b"]);
    assert_eq!(b.reserve(1, 0).held[0], 0);
    assert_eq!(b.settle(1, 0), Settled::Booked { assumed: false, late: false });
    let amounts = Amounts::default();
    let ask = b.ask(2, &amounts);
    assert_eq!(b.ledger.reserve(&ask, b.now, &mut b.refusal), Err(Problem::AmountRequired(0)));
}
#[test]
fn a_settlement_above_its_hold_is_booked_in_full() {
    let mut b = Book::new(r#"{"b":{"day":"10","estimate":"reject"}}"#, &["b"]);
    b.reserve(1, dollars(4));
    b.settle(1, dollars(13));
    assert_eq!(b.totals(0, 0), (dollars(13), 0));
    let v = b.view(0, 0);
    assert_eq!((v.left, v.percent(), v.state, v.blocked), (0, 130, State::Over, Some(Cause::Spent)));
}
#[test]
fn a_refusal_names_every_limit_and_holds_nothing() {
    let policy = r#"{"openai":{"day":"5","month":"20","per_tenant_day":"2","estimate":"reject"},
                     "total":{"month":"6","estimate":"reject"}}"#;
    let mut b = Book::with(policy, &[("openai", &["openai", "total"]), ("maps", &["total"])]);
    b.places = vec![7];
    b.spend(1, dollars(2));
    // the tenant is at 2 of 2, the day at 2 of 5, the month at 2 of 20, the total at 2 of 6
    let r = b.refused(2, dollars(5));
    let named: Vec<_> = r.failing.iter().map(|f| (f.budget, f.line, f.level.word(), f.cause)).collect();
    let want = [(0, 0, "tenant", Cause::Above), (0, 1, "service", Cause::Spent), (1, 0, "total", Cause::Spent)];
    assert_eq!(named, want, "5 is above 2 for good, and too much for the day and the total");
    assert_eq!(r.retry_at, None);
    let r = b.refused(3, dollars(1));
    assert_eq!((r.failing.len(), r.failing[0].level, r.retry_at), (1, Level::Key, Some(at_ms(DAY))));
    for (budget, line) in [(0, 1), (0, 2), (1, 0)] {
        assert_eq!(b.totals(budget, line), (dollars(2), 0), "a refused reserve holds nothing");
    }
    b.places = vec![8];
    b.reserve(4, dollars(2));
    assert_eq!(b.totals(0, 0), (0, dollars(2)), "another tenant has an account of its own");
}
#[test]
fn a_budget_split_by_tenants_needs_one() {
    let mut b = Book::new(r#"{"b":{"per_tenant_day":"2","day":"5"}}"#, &["b"]);
    b.places = vec![NO_PLACE];
    let amounts = Amounts::nanos(1);
    let ask = b.ask(1, &amounts);
    assert_eq!(b.ledger.reserve(&ask, b.now, &mut b.refusal), Err(Problem::KeyRequired(0)));
    assert_eq!(b.ledger.splits(0), [vec!["tenant".to_string()]]);
    assert_eq!(b.totals(0, 1), (0, 0));
}
#[test]
fn the_same_id_and_amount_is_the_same_call() {
    let mut b = Book::new(r#"{"b":{"day":"10","estimate":"reject"}}"#, &["b"]);
    let first = b.reserve(1, dollars(6));
    assert_eq!(b.reserve(1, dollars(6)), Grant { again: true, ..first });
    assert_eq!(b.totals(0, 0), (0, dollars(6)));
    let amounts = Amounts::nanos(dollars(5));
    let ask = b.ask(1, &amounts);
    assert_eq!(b.ledger.reserve(&ask, b.now, &mut b.refusal), Err(Problem::HoldConflict));
    b.settle(1, dollars(1));
    assert_eq!(b.settle(1, dollars(3)), Settled::Again);
    assert_eq!(b.ledger.release(1, b.now), Settled::Again);
    assert!(b.reserve(1, dollars(6)).again, "its first answer, though it has ended");
    assert_eq!(b.totals(0, 0), (dollars(1), 0));
}
#[test]
fn the_first_of_settle_and_release_wins() {
    let mut b = Book::new(r#"{"b":{"day":"10","estimate":"reject"}}"#, &["b"]);
    b.reserve(1, dollars(6));
    assert_eq!(b.ledger.release(1, b.now), Settled::Booked { assumed: false, late: false });
    assert_eq!(b.settle(1, dollars(6)), Settled::Again);
    assert_eq!(b.totals(0, 0), (0, 0));
    assert_eq!(b.ledger.release(99, b.now), Settled::UnknownHold);
}
#[test]
fn a_hold_expires_and_a_late_settlement_still_counts() {
    let mut b = Book::new(r#"{"b":{"day":"10","estimate":"reject"}}"#, &["b"]);
    b.reserve(1, dollars(10));
    let r = b.refused(2, dollars(3));
    assert_eq!((r.failing[0].cause, r.retry_at, r.exact), (Cause::Held, Some(at_ms(TTL)), true));
    b.at(TTL - 1);
    b.refused(3, dollars(3));
    b.at(TTL);
    b.reserve(4, dollars(3));
    assert_eq!(b.events(), [Event::HoldExpired { id: 1, chain: 0, at: at_ms(TTL) }]);
    assert_eq!(b.extend(1, dollars(12)), Extended::Expired);
    b.at(TTL + 10);
    assert_eq!(b.settle(1, dollars(8)), Settled::Booked { assumed: false, late: true });
    assert_eq!(b.totals(0, 0), (dollars(8), dollars(3)), "the overshoot is visible");
}
#[test]
fn an_id_is_forgotten_one_time_to_live_after_it_ended() {
    let mut b = Book::new(r#"{"b":{"day":"10","estimate":"reject"}}"#, &["b"]);
    b.reserve(1, dollars(4));
    b.at(2 * TTL - 1);
    assert_eq!(b.extend(1, dollars(4)), Extended::Expired);
    b.at(2 * TTL);
    assert_eq!(b.extend(1, dollars(4)), Extended::Unknown);
    assert_eq!(b.settle(1, dollars(4)), Settled::UnknownHold);
    assert_eq!(b.totals(0, 0), (dollars(4), 0), "booked all the same, in the present period");
}
#[test]
fn a_hold_settles_into_the_period_in_which_it_was_taken() {
    let mut b = Book::new(r#"{"b":{"day":"10","estimate":"reject","thresholds":[0.5]}}"#, &["b"]);
    b.at(DAY - 1_000);
    b.reserve(1, dollars(9));
    b.at(DAY);
    assert_eq!(b.totals(0, 0), (0, 0), "it does not count in the new day");
    b.reserve(2, dollars(10));
    b.settle(1, dollars(6));
    assert_eq!(b.totals(0, 0), (0, dollars(10)));
    let told = b.events();
    let Event::Threshold { which, threshold, spent, .. } = told[0] else { panic!("{told:?}") };
    assert_eq!((which.period, threshold, spent), (at_ms(0), Ratio::percent(50), dollars(6)));
    assert_eq!(b.ledger.period_id(&which).unwrap().to_string(), "1970-01-01", "the closed day's own name");
    assert_eq!(told.len(), 1);
}
#[test]
fn an_extension_states_the_new_total() {
    let mut b = Book::new(r#"{"b":{"day":"10","estimate":"reject"}}"#, &["b"]);
    b.reserve(1, dollars(4));
    b.reserve(2, dollars(5));
    b.at(TTL - 1);
    assert!(matches!(b.extend(1, dollars(5)), Extended::Granted(g) if g.expires_at == at_ms(2 * TTL - 1)));
    assert_eq!(b.totals(0, 0), (0, dollars(10)));
    assert_eq!(b.extend(1, dollars(6)), Extended::Refused);
    assert_eq!((b.totals(0, 0), b.refusal.failing[0].cause), ((0, dollars(10)), Cause::Held), "the old hold stands");
    b.at(TTL);
    assert_eq!(b.totals(0, 0), (0, dollars(5)), "the one without news has expired");
    assert!(matches!(b.extend(1, dollars(10)), Extended::Granted(_)));
    assert!(matches!(b.extend(1, dollars(10)), Extended::Granted(_)), "a renewal takes nothing");
    b.settle(1, dollars(10));
    assert_eq!((b.extend(1, dollars(1)), b.extend(77, 1)), (Extended::Ended, Extended::Unknown));
}
#[test]
fn an_extension_is_checked_in_the_holds_own_period() {
    let mut b = Book::new(r#"{"b":{"day":"10","estimate":"reject"}}"#, &["b"]);
    b.at(DAY - 1_000);
    b.spend(1, dollars(7));
    b.reserve(2, dollars(1));
    b.at(DAY);
    assert_eq!(b.extend(2, dollars(4)), Extended::Refused, "7 + 4 of 10 yesterday, though today nothing is spent");
    assert!(matches!(b.extend(2, dollars(3)), Extended::Granted(_)));
    assert_eq!(b.totals(0, 0), (0, 0));
}
#[test]
fn a_settlement_without_a_known_cost_takes_what_was_held() {
    let mut b = Book::new(r#"{"b":{"day":"10","estimate":"reject"}}"#, &["b"]);
    b.reserve(1, dollars(4));
    let unknown = Amounts::default();
    let ask = b.ask(1, &unknown);
    assert_eq!(b.ledger.settle(&ask, b.now), Ok(Settled::Booked { assumed: true, late: false }));
    assert_eq!(b.totals(0, 0), (dollars(4), 0));
}
#[test]
fn estimates_clip_cap_and_learn() {
    let mut b = Book::new(r#"{"b":{"day":"10","estimate":"clip"}}"#, &["b"]);
    b.reserve(1, dollars(7));
    assert_eq!(b.reserve(2, dollars(7)).held[0], dollars(3), "what is left");
    b.refused(3, dollars(7));
    let mut b = Book::new(r#"{"b":{"day":"10","estimate":"cap","cap":"2"}}"#, &["b"]);
    assert_eq!((b.reserve(1, dollars(7)).held[0], b.reserve(2, dollars(1)).held[0]), (dollars(2), dollars(1)));
    let mut b = Book::new(r#"{"b":{"day":"1000","cap":"2"}}"#, &["b"]);
    for id in 0..20 {
        assert_eq!(b.reserve(id, dollars(7)).held[0], dollars(2), "until twenty are known");
        b.settle(id, cents(10));
    }
    assert_eq!(b.reserve(20, dollars(7)).held[0], cents(10), "the p95 of what they cost");
}
// covers: R-1091, R-1147, R-1159
#[test]
fn thresholds_fire_once_a_period_the_highest_only() {
    let mut b = Book::new(r#"{"b":{"day":"50","month":"500","thresholds":[0.5,0.8,1.0],"forecast":false}}"#, &["b"]);
    b.spend(1, dollars(24));
    assert_eq!(b.thresholds(), []);
    b.spend(2, dollars(1));
    assert_eq!(b.thresholds(), [(0, 50, 0)]);
    b.spend(3, dollars(20));
    assert_eq!(b.thresholds(), [(0, 80, 0)], "reached at 40 of 50, told at 45");
    b.spend(4, dollars(4));
    assert_eq!(b.thresholds(), [], "once");
    b.at(DAY);
    b.spend(5, dollars(50));
    assert_eq!(b.thresholds(), [(0, 100, 2)], "a new day; the two below are crossed silently");
}
// covers: E-31, R-1160, R-1161
#[test]
fn a_months_threshold_is_not_told_again_the_next_day() {
    let mut b = Book::new(r#"{"b":{"month":"500","thresholds":[0.5,0.8],"forecast":false}}"#, &["b"]);
    b.spend(1, dollars(300));
    assert_eq!(b.thresholds(), [(0, 50, 0)]);
    for day in 1..31 {
        b.at(day * DAY);
        b.spend(day as u64 + 1, 1);
        assert_eq!(b.thresholds(), []);
    }
    b.at(31 * DAY);
    b.spend(99, dollars(250));
    assert_eq!(b.thresholds(), [(0, 50, 0)], "February is another period");
}
// covers: R-1148
#[test]
fn a_service_without_a_budget_is_never_told_of() {
    let mut b = Book::with(r#"{"b":{"day":"1"}}"#, &[("vercel", &[]), ("openai", &["b"])]);
    assert!(b.ledger.is_free(0) && !b.ledger.is_free(1));
    b.spend(1, dollars(1_000));
    assert_eq!(b.events(), []);
}
// covers: E-04
#[test]
fn a_total_is_a_limit_of_its_own_and_one_beyond_its_parts_is_told() {
    let policy = r#"{"a":{"month":"500"},"b":{"month":"200"},"total":{"month":"2000","day":"600"}}"#;
    let services: [(&str, &[&str]); 2] = [("openai", &["a", "total"]), ("twilio", &["b", "total"])];
    let budgets = read(policy);
    let found: Vec<_> =
        slack(&budgets, &specs(&budgets, &services)).iter().map(|s| (s.budget, s.limit, s.parts)).collect();
    assert_eq!(found, [(2, dollars(2_000), dollars(700))]);
    let mut b = Book::with(r#"{"a":{"month":"500"},"b":{"month":"200"},"total":{"month":"20"}}"#, &services);
    b.spend(1, dollars(20));
    b.chain = 1;
    assert_eq!(b.refused(2, 1).failing[0].level, Level::Total, "spent by the other service");
}
#[test]
fn a_budget_that_only_alerts_or_degrades_refuses_nothing() {
    let mut b = Book::new(r#"{"b":{"day":"10","at_limit":"alert","estimate":"reject"}}"#, &["b"]);
    b.spend(1, dollars(30));
    b.reserve(2, dollars(100));
    assert_eq!((b.view(0, 0).state, b.view(0, 0).blocked), (State::Over, None));
    let degrade =
        r#"{"b":{"day":"10","estimate":"reject","degrade_to":"mini","thresholds":[{"at":0.8,"action":"degrade"}]}}"#;
    let mut b = Book::new(degrade, &["b"]);
    assert_eq!(b.reserve(1, dollars(9)).degraded, None, "money that is only held degrades nothing");
    b.settle(1, dollars(8));
    assert_eq!(b.reserve(2, dollars(1)).degraded, Some(0));
    b.settle(2, dollars(2));
    b.refused(3, 0);
}
#[test]
fn states_change_with_what_is_spent_and_with_the_period() {
    let policy =
        r#"{"b":{"day":"10","estimate":"reject","degrade_to":"mini","thresholds":[{"at":0.8,"action":"degrade"}]}}"#;
    let mut b = Book::new(policy, &["b"]);
    let told = |b: &mut Book| -> Vec<_> {
        let states = |e: Event| match e {
            Event::State { from, to, at, .. } => Some((from, to, at)),
            _ => None,
        };
        b.events().into_iter().filter_map(states).collect()
    };
    b.spend(1, dollars(8));
    assert_eq!(told(&mut b), [(State::Open, State::Degraded, at_ms(0))]);
    b.spend(2, dollars(2));
    assert_eq!(told(&mut b), [(State::Degraded, State::Over, at_ms(0))]);
    assert_eq!(
        (b.ledger.state(0), b.ledger.next().unwrap().0),
        (State::Over, at_ms(TTL)),
        "early: the hold has settled"
    );
    b.at(TTL);
    assert_eq!((b.ledger.state(0), b.ledger.next().unwrap().0), (State::Over, at_ms(DAY)));
    b.at(5 * DAY);
    assert_eq!(told(&mut b), [(State::Over, State::Open, at_ms(DAY))], "told late, dated at the boundary");
    assert_eq!((b.ledger.state(0), b.ledger.next()), (State::Open, None), "an idle book wakes for nothing");
}
#[test]
fn a_raise_arms_again_and_its_end_tells_what_it_crosses() {
    let mut b = Book::new(r#"{"b":{"month":"100","thresholds":[0.5,0.8,1.0],"forecast":false}}"#, &["b"]);
    b.spend(1, dollars(100));
    b.events();
    b.ledger.raise(0, 0, NO_PLACE, dollars(100), at_ms(DAY), b.now).unwrap();
    let v = b.view(0, 0);
    assert_eq!((v.limit, v.increase, v.left, v.state), (dollars(200), dollars(100), dollars(100), State::Open));
    b.spend(2, dollars(60));
    assert_eq!(b.thresholds(), [(0, 80, 0)], "160 of 200: 0.8 again, 0.5 has been told");
    let r = b.refused(3, dollars(41));
    assert_eq!(r.retry_at, Some(at_ms(31 * DAY)), "41 of 100 next month");
    assert_eq!(b.refused(4, dollars(150)).retry_at, None, "the raise is over by then");
    b.at(DAY);
    assert_eq!(b.thresholds(), [(0, 100, 0)], "160 of 100");
    assert_eq!((b.view(0, 0).limit, b.view(0, 0).blocked), (dollars(100), Some(Cause::Spent)));
}
#[test]
fn one_keys_raise_is_its_own() {
    let mut b = Book::new(r#"{"b":{"per_tenant_day":"2","estimate":"reject"}}"#, &["b"]);
    b.ledger.raise(0, 0, 7, dollars(3), at_ms(1_000), b.now).unwrap();
    b.places = vec![7];
    b.reserve(1, dollars(5));
    b.places = vec![8];
    assert_eq!(b.refused(2, dollars(3)).failing[0].cause, Cause::Above);
    b.at(1_000);
    b.places = vec![7];
    assert_eq!(b.view(0, 0).limit, dollars(2));
}
#[test]
fn a_planned_raise_is_waited_for() {
    let plan = r#"[{"of":"total","amount":"5","from":"1970-01-03","until":"1970-01-04"}]"#;
    let mut b = Book::new(&format!(r#"{{"b":{{"total":"10","estimate":"reject","increases":{plan}}}}}"#), &["b"]);
    b.spend(1, dollars(9));
    assert_eq!(b.refused(2, dollars(3)).retry_at, Some(at_ms(2 * DAY)), "12 of 15 then");
    assert_eq!(b.refused(3, dollars(7)).retry_at, None);
    b.at(2 * DAY);
    b.spend(4, dollars(3));
    b.at(3 * DAY);
    b.refused(5, 0);
}
#[test]
fn a_credit_lowers_what_is_spent_and_arms_nothing() {
    let mut b = Book::new(r#"{"b":{"day":"10","thresholds":[0.5,1.0],"forecast":false}}"#, &["b"]);
    b.spend(1, dollars(10));
    b.events();
    assert_eq!(b.ledger.credit(0, 0, NO_PLACE, dollars(6), b.now), Ok(dollars(6)));
    assert_eq!((b.totals(0, 0), b.view(0, 0).state), ((dollars(4), 0), State::Open));
    b.spend(2, dollars(6));
    assert_eq!(b.thresholds(), [], "both have been told");
    assert_eq!(b.ledger.credit(0, 0, NO_PLACE, dollars(99), b.now), Ok(dollars(10)), "at most to nothing");
    assert_eq!(b.ledger.credit(0, 1, NO_PLACE, 1, b.now), Err(OrderFault::UnknownLine));
    assert_eq!(b.ledger.credit(0, 0, 7, 1, b.now), Err(OrderFault::NoKey));
}
#[test]
fn a_forecast_is_told_once_and_again_only_after_it_has_eased() {
    let mut b = Book::new(r#"{"b":{"day":"24","thresholds":[],"at_limit":"alert"}}"#, &["b"]);
    let hour = 3_600_000;
    b.at(5 * hour);
    (0..9).for_each(|n| b.spend(n, cents(50)));
    b.at(6 * hour);
    b.spend(9, cents(150) - 1);
    assert_eq!(b.forecasts(), [], "10 settlements, a quarter of the day, a hair below 6 of 24");
    b.spend(10, 1);
    assert_eq!(b.forecasts(), [None], "6 of 24 after 6 of 24 hours: just at the end");
    b.at(8 * hour);
    b.spend(11, dollars(4));
    // it had eased to 18 of 24; 10 after 8 hours are 24 after 19.2
    assert_eq!(b.forecasts(), [Some(at_ms(19 * hour + hour / 5))]);
    b.spend(12, dollars(4));
    assert_eq!(b.forecasts(), [], "no news");
}
