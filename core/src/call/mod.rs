//! Floor 2: what did the outcome mean, and may it be tried again?
//!
//! The host passes facts, [`OutcomeTable`] classifies them. An upstream that says "wait" holds calls back through [`Throttle`];
//! [`after_outcome`] and [`after_refusal`] say whether and when to try again, within attempts, deadline and [`RetryBudget`].
pub mod budget;
pub mod outcome;
pub mod retry;
pub mod throttle;

pub use budget::{BudgetRule, RetryBudget};
pub use outcome::{Facts, OUTCOMES, Outcome, OutcomeTable};
pub use retry::{Attempt, NoRetry, RetryPolicy, RetryVerdict, after_outcome, after_refusal};
pub use throttle::{Throttle, ThrottlePolicy};
