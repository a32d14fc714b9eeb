use super::*;
use crate::base::doc::Faults;
use crate::base::json::Json;
use proptest::prelude::*;
use std::vec::Vec;

fn at(ms: i64) -> Instant {
    Instant::from_millis(ms)
}
fn plain(jitter: Jitter) -> RetryPolicy {
    RetryPolicy { backoff: Backoff { jitter, ..Backoff::default() }, ..RetryPolicy::default() }
}
fn first(idempotent: bool) -> Attempt {
    Attempt { attempt: 0, begun: at(0), idempotent, timeout: Some(Span::from_secs(10)), deadline: None }
}
fn after(p: &RetryPolicy, a: &Attempt, outcome: Outcome, sent: bool, not_before: Option<Instant>) -> RetryVerdict {
    after_outcome(Some(p), a, outcome, sent, not_before, &RetryBudget::default(), at(1_000), || u64::MAX / 2)
}
fn retry(ms: i64, attempt: u32) -> RetryVerdict {
    RetryVerdict::At { at: at(ms), attempt }
}

#[test]
fn retry_is_off_unless_asked_for() {
    let budget = RetryBudget::default();
    let verdict = after_outcome(None, &first(true), Outcome::Failure, true, None, &budget, at(0), || 0);
    assert_eq!(verdict, RetryVerdict::OFF);
    assert_eq!(after_refusal(None, &first(true), Some(at(1)), &budget, at(0), || 0), RetryVerdict::OFF);
}
#[test]
fn what_may_have_taken_effect_is_tried_again_only_when_idempotent() {
    let p = plain(Jitter::None);
    for outcome in [Outcome::Failure, Outcome::Timeout] {
        assert_eq!(after(&p, &first(true), outcome, true, None), retry(2_000, 1));
        assert_eq!(after(&p, &first(false), outcome, true, None), RetryVerdict::No(NoRetry::NotIdempotent));
        assert_eq!(after(&p, &first(false), outcome, false, None), retry(2_000, 1));
    }
    assert_eq!(after(&p, &first(false), Outcome::Throttled, true, None), retry(2_000, 1));
    for outcome in [Outcome::Success, Outcome::TenantFault, Outcome::Neutral] {
        assert_eq!(after(&p, &first(true), outcome, true, None), RetryVerdict::No(NoRetry::Outcome));
    }
}
#[test]
fn waits_grow_and_attempts_end() {
    let p = plain(Jitter::None);
    let second = Attempt { attempt: 1, ..first(true) };
    assert_eq!(after(&p, &second, Outcome::Failure, true, None), retry(3_000, 2));
    let third = Attempt { attempt: 2, ..first(true) };
    assert_eq!(after(&p, &third, Outcome::Failure, true, None), RetryVerdict::No(NoRetry::Attempts));
    assert_eq!(
        after(&p, &Attempt { attempt: u32::MAX, ..third }, Outcome::Failure, true, None),
        RetryVerdict::No(NoRetry::Attempts)
    );
}
#[test]
fn no_attempt_starts_that_cannot_finish() {
    let p = plain(Jitter::None);
    let bounded = |ms| Attempt { deadline: Some(Span::from_millis(ms)), ..first(true) };
    assert_eq!(after(&p, &bounded(12_000), Outcome::Failure, true, None), retry(2_000, 1));
    assert_eq!(after(&p, &bounded(11_999), Outcome::Failure, true, None), RetryVerdict::No(NoRetry::Deadline));
    let open = Attempt { timeout: None, ..bounded(2_000) };
    assert_eq!(after(&p, &open, Outcome::Failure, true, None), retry(2_000, 1));
}
#[test]
fn what_the_upstream_asked_for_is_a_lower_bound_and_jitter_goes_on_top() {
    let asked = Some(at(60_000));
    assert_eq!(after(&plain(Jitter::None), &first(true), Outcome::Throttled, true, asked), retry(60_000, 1));
    assert_eq!(after(&plain(Jitter::None), &first(true), Outcome::Throttled, true, Some(at(1_500))), retry(2_000, 1));
    assert_eq!(after(&plain(Jitter::Full), &first(true), Outcome::Throttled, true, asked), retry(60_500, 1));
    assert_eq!(after(&plain(Jitter::Equal), &first(true), Outcome::Throttled, true, asked), retry(60_250, 1));
    assert_eq!(after(&plain(Jitter::Full), &first(true), Outcome::Failure, true, None), retry(1_500, 1));
    assert_eq!(after(&plain(Jitter::Equal), &first(true), Outcome::Failure, true, None), retry(1_750, 1));
}
#[test]
fn refusals_are_tried_again_when_asked_for_and_when_waiting_helps() {
    let p = RetryPolicy { on_refused: true, ..plain(Jitter::None) };
    let budget = RetryBudget::default();
    let ask = |p: &RetryPolicy, until| after_refusal(Some(p), &first(false), until, &budget, at(0), || 0);
    assert_eq!(ask(&p, Some(at(30_000))), retry(30_000, 1));
    assert_eq!(ask(&p, None), RetryVerdict::No(NoRetry::Outcome));
    assert_eq!(ask(&plain(Jitter::None), Some(at(30_000))), RetryVerdict::No(NoRetry::Outcome));
}
#[test]
fn a_service_bears_so_many_retries() {
    let mut budget = RetryBudget::default();
    let p = plain(Jitter::None);
    (0..30).for_each(|_| budget.retry(at(1_000)));
    let verdict = after_outcome(Some(&p), &first(true), Outcome::Failure, true, None, &budget, at(1_000), || 0);
    assert_eq!(verdict, RetryVerdict::No(NoRetry::Budget));
}
#[test]
fn the_policy_is_read_with_its_faults() {
    let read = |text: &str| {
        let json = Json::parse(text).unwrap();
        let faults = Faults::of(&json);
        let p = faults.root().table().map(RetryPolicy::read).unwrap();
        (p, faults.into_vec().into_iter().map(|f| f.path.clone()).collect::<Vec<_>>())
    };
    assert_eq!(read("{}"), (RetryPolicy::default(), Vec::new()));
    let (p, faults) = read(
        r#"{"attempts":5,"on":["throttled","refused"],"backoff":{"base":"2s","growth":2.0,"max":"5m","jitter":"equal"},"budget":{"share":0.1,"min_per_s":1}}"#,
    );
    assert_eq!(faults, Vec::<&str>::new());
    assert_eq!((p.attempts, p.on_failure, p.on_timeout, p.on_throttled, p.on_refused), (5, false, false, true, true));
    assert_eq!((p.backoff.max, p.backoff.jitter), (Span::from_secs(300), Jitter::Equal));
    assert_eq!(p.budget, BudgetRule { share: Ratio::percent(10), min_per_s: 1 });
    let (_, faults) = read(
        r#"{"attempts":0,"on":["success"],"backoff":{"base":"2s","max":"1s","jitter":"some"},"budget":{"share":2},"x":1}"#,
    );
    assert_eq!(faults, ["on[0]", "attempts", "backoff.max", "backoff.jitter", "budget.share", "x"]);
}

proptest! {
    #[test]
    fn a_retry_keeps_every_bound(
        jitter in 0usize..3, n in 0u32..6, attempts in 1u32..8, now in 0i64..100_000, deadline in 0i64..200_000, timeout in 0i64..50_000,
        bound in proptest::option::of(0i64..300_000), draw: u64, idempotent: bool, sent: bool,
    ) {
        let p = RetryPolicy { attempts, ..plain([Jitter::None, Jitter::Equal, Jitter::Full][jitter]) };
        let a = Attempt { attempt: n, begun: at(0), idempotent, timeout: Some(Span::from_millis(timeout)), deadline: Some(Span::from_millis(deadline)) };
        let verdict = after_outcome(Some(&p), &a, Outcome::Failure, sent, bound.map(at), &RetryBudget::default(), at(now), || draw);
        if let RetryVerdict::At { at: when, attempt } = verdict {
            prop_assert!(when >= at(now) && bound.is_none_or(|b| when >= at(b)));
            prop_assert!(when + Span::from_millis(timeout) <= at(deadline));
            prop_assert!(attempt == n + 1 && attempt < attempts && (idempotent || !sent));
            let longest = grown(p.backoff.base, p.backoff.growth, n, p.backoff.max);
            prop_assert!(when <= at(now).max(bound.map_or(at(0), at)) + longest);
        }
    }
}
