//! May a call be tried again, and when? The core says; the host sleeps.
//!
//! Off unless the policy asks for it. Nothing that may have taken effect is tried again unless it is idempotent; a deadline bounds all
//! attempts and waits; a budget of the service keeps retries from becoming the load.
use crate::base::doc::{Node, Table};
use crate::base::num::{Ratio, grown};
use crate::base::rng::uniform;
use crate::base::time::{Instant, Span};
use crate::call::budget::{BudgetRule, RetryBudget};
use crate::call::outcome::Outcome;

/// How a wait is spread, so that callers who failed together do not come back together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Jitter {
    /// Not at all.
    None,
    /// Half the wait, and a draw up to the other half.
    Equal,
    /// A draw up to the whole wait.
    Full,
}

const JITTERS: [(&str, Jitter); 3] = [("none", Jitter::None), ("equal", Jitter::Equal), ("full", Jitter::Full)];

/// The wait before the nth retry: `base × growth^n`, capped by `max`, spread by `jitter`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Backoff {
    /// The first wait. Default 1 s.
    pub base: Span,
    /// Range 1 to 100; default 2.
    pub growth: Ratio,
    /// Default 30 s, or `base` if that is longer.
    pub max: Span,
    /// Default full.
    pub jitter: Jitter,
}

impl Default for Backoff {
    fn default() -> Self {
        let (base, max) = (Span::from_secs(1), Span::from_secs(30));
        Backoff { base, growth: Ratio::percent(200), max, jitter: Jitter::Full }
    }
}

impl Backoff {
    /// Reads `{ base, growth, max, jitter }`. Faults: `max` shorter than `base`.
    pub fn read(t: Table) -> Backoff {
        let standard = Backoff::default();
        let (base, growth, max) = t.growing(standard.base, standard.growth, standard.max);
        let backoff = Backoff { base, growth, max, jitter: t.word("jitter", &JITTERS).unwrap_or(standard.jitter) };
        t.finish();
        backoff
    }
    /// The wait after attempt `n` (0 for the first), and the instant it leads to. `not_before` is what the upstream or a gate asked for;
    /// a wait that would end sooner ends there, spread by the same jitter on top, never below.
    pub fn next(&self, now: Instant, n: u32, not_before: Option<Instant>, draw: impl FnOnce() -> u64) -> Instant {
        let wait = grown(self.base, self.growth, n, self.max);
        let (fixed, spread) = match self.jitter {
            Jitter::None => (wait, Span::ZERO),
            Jitter::Equal => {
                (Span::from_micros(wait.micros() - wait.micros() / 2), Span::from_micros(wait.micros() / 2))
            }
            Jitter::Full => (Span::ZERO, wait),
        };
        let spread = if spread.is_zero() { spread } else { uniform(draw(), Span::ZERO, spread) };
        let at = now + fixed + spread;
        match not_before {
            Some(bound) if bound > at => bound + spread,
            _ => at,
        }
    }
}

/// What may be tried again, how often, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RetryPolicy {
    /// Attempts in all, the first included. Range 1 to 100; default 3.
    pub attempts: u32,
    /// After a failure. Default yes.
    pub on_failure: bool,
    /// After a timeout. Default yes.
    pub on_timeout: bool,
    /// After the upstream said wait. Default yes.
    pub on_throttled: bool,
    /// After a refusal of our own. Default no: the wait is that of an open breaker or a used-up limit.
    pub on_refused: bool,
    /// The waits.
    pub backoff: Backoff,
    /// The bound on all retries of the service.
    pub budget: BudgetRule,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        RetryPolicy {
            attempts: 3,
            on_failure: true,
            on_timeout: true,
            on_throttled: true,
            on_refused: false,
            backoff: Backoff::default(),
            budget: BudgetRule::default(),
        }
    }
}

const ON: [(&str, usize); 4] = [("failure", 0), ("timeout", 1), ("throttled", 2), ("refused", 3)];

impl RetryPolicy {
    /// Reads `retry = { attempts, on = [..], backoff = { .. }, budget = { .. } }`.
    pub fn read(t: Table) -> RetryPolicy {
        let standard = RetryPolicy::default();
        let mut on = [standard.on_failure, standard.on_timeout, standard.on_throttled, standard.on_refused];
        if let Some(node) = t.node("on") {
            on = read_on(&node);
        }
        let [on_failure, on_timeout, on_throttled, on_refused] = on;
        let policy = RetryPolicy {
            attempts: t.integer("attempts", 1, 100).map_or(standard.attempts, |n| n as u32),
            on_failure,
            on_timeout,
            on_throttled,
            on_refused,
            backoff: t.table("backoff").map_or(standard.backoff, Backoff::read),
            budget: t.table("budget").map_or(standard.budget, BudgetRule::read),
        };
        t.finish();
        policy
    }
}

fn read_on(node: &Node) -> [bool; 4] {
    let mut on = [false; 4];
    for item in node.list_or_one().unwrap_or_default() {
        if let Some(slot) = item.word(&ON).and_then(|at| on.get_mut(at)) {
            *slot = true;
        }
    }
    on
}

/// The attempt that has just ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// Which: 0 for the first.
    pub attempt: u32,
    /// When the first attempt began.
    pub begun: Instant,
    /// Does a second time do no harm?
    pub idempotent: bool,
    /// How long one attempt may take.
    pub timeout: Option<Span>,
    /// How long all attempts and waits together may take.
    pub deadline: Option<Span>,
}

/// Why a call is not tried again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoRetry {
    /// The policy asks for no retry.
    Off,
    /// All attempts were made.
    Attempts,
    /// The next attempt could not finish in time.
    Deadline,
    /// It may have taken effect, and a second time may do harm.
    NotIdempotent,
    /// The service has had as many retries as it can bear.
    Budget,
    /// Nothing to try again: this outcome is not in `on`, or waiting does not help.
    Outcome,
}

impl NoRetry {
    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            NoRetry::Off => "off",
            NoRetry::Attempts => "attempts",
            NoRetry::Deadline => "deadline",
            NoRetry::NotIdempotent => "not_idempotent",
            NoRetry::Budget => "budget",
            NoRetry::Outcome => "outcome",
        }
    }
}

/// Whether and when to try again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RetryVerdict {
    /// Admit again at `at`, as attempt number `attempt` (1 for the first retry).
    At {
        /// When.
        at: Instant,
        /// Which attempt it will be.
        attempt: u32,
    },
    /// Do not.
    No(NoRetry),
}

impl RetryVerdict {
    /// No retry, because the policy asks for none.
    pub const OFF: RetryVerdict = RetryVerdict::No(NoRetry::Off);
    /// No retry, because the call worked.
    pub const WORKED: RetryVerdict = RetryVerdict::No(NoRetry::Outcome);
}

/// What to do after an attempt that was granted and settled.
///
/// `sent`: may anything have reached the upstream? `not_before`: the upstream's Retry-After or the hold it led to, a lower bound.
/// `draw` gives the bits of the jitter and is asked only when they are needed. Writes nothing: the retry itself is counted when it is granted.
#[allow(clippy::too_many_arguments)]
pub fn after_outcome(
    policy: Option<&RetryPolicy>,
    attempt: &Attempt,
    outcome: Outcome,
    sent: bool,
    not_before: Option<Instant>,
    budget: &RetryBudget,
    now: Instant,
    draw: impl FnOnce() -> u64,
) -> RetryVerdict {
    let Some(p) = policy else { return RetryVerdict::OFF };
    let (asked, harmless) = match outcome {
        Outcome::Failure => (p.on_failure, attempt.idempotent || !sent),
        Outcome::Timeout => (p.on_timeout, attempt.idempotent || !sent),
        // the upstream turned it away: nothing took effect
        Outcome::Throttled => (p.on_throttled, true),
        Outcome::Success | Outcome::TenantFault | Outcome::Neutral => (false, true),
    };
    if !asked {
        return RetryVerdict::No(NoRetry::Outcome);
    }
    verdict(p, attempt, harmless, not_before, budget, now, draw)
}

/// What to do after an attempt that was refused before anything was sent. `retry_at`: when the refusal may end; `None` when nothing is known
/// that would end it.
pub fn after_refusal(
    policy: Option<&RetryPolicy>,
    attempt: &Attempt,
    retry_at: Option<Instant>,
    budget: &RetryBudget,
    now: Instant,
    draw: impl FnOnce() -> u64,
) -> RetryVerdict {
    let Some(p) = policy else { return RetryVerdict::OFF };
    if !p.on_refused || retry_at.is_none() {
        return RetryVerdict::No(NoRetry::Outcome);
    }
    verdict(p, attempt, true, retry_at, budget, now, draw)
}

fn verdict(
    p: &RetryPolicy,
    ended: &Attempt,
    harmless: bool,
    not_before: Option<Instant>,
    budget: &RetryBudget,
    now: Instant,
    draw: impl FnOnce() -> u64,
) -> RetryVerdict {
    let attempt = ended.attempt.saturating_add(1);
    if attempt >= p.attempts {
        return RetryVerdict::No(NoRetry::Attempts);
    }
    if !harmless {
        return RetryVerdict::No(NoRetry::NotIdempotent);
    }
    let at = p.backoff.next(now, ended.attempt, not_before, draw);
    let finish = at.micros().saturating_add(ended.timeout.unwrap_or_default().micros());
    if ended.deadline.is_some_and(|d| finish > ended.begun.micros().saturating_add(d.micros())) {
        return RetryVerdict::No(NoRetry::Deadline);
    }
    if !budget.allows(&p.budget, now) {
        return RetryVerdict::No(NoRetry::Budget);
    }
    RetryVerdict::At { at, attempt }
}

#[cfg(test)]
#[path = "retry_tests.rs"]
mod tests;
