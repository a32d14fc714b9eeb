//! What happened to a budget that a host may act on.
use crate::base::num::Ratio;
use crate::base::time::Instant;
use crate::gate::budget::view::State;

/// What an effect rests on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Basis {
    /// What is spent.
    Actual,
    /// What will have been spent at the end of the period.
    Forecast,
}

impl Basis {
    /// `actual` or `forecast`.
    pub const fn word(self) -> &'static str {
        match self {
            Basis::Actual => "actual",
            Basis::Forecast => "forecast",
        }
    }
}

/// One limit of one budget, for one key or for all, in one period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Which {
    /// The budget's place in the document.
    pub budget: u16,
    /// The line's place among its lines.
    pub line: u16,
    /// The place of the key; [`NO_PLACE`](crate::gate::budget::NO_PLACE) for all calls together.
    pub place: u32,
    /// When the period began: on the clock on the wall, for a rolling period on the engine's.
    pub period: Instant,
}

/// One effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// A threshold was reached: the highest of those crossed at once.
    Threshold {
        /// Of what.
        which: Which,
        /// Spent, or to be expected.
        basis: Basis,
        /// The share of the limit.
        threshold: Ratio,
        /// How many lower ones were crossed in the same step and are not told of.
        silent: u8,
        /// Spent so far.
        spent: u64,
        /// The limit, increases included.
        limit: u64,
        /// When the money runs out, if it goes on like this; of a forecast only.
        exhausts_at: Option<Instant>,
    },
    /// A limit for all calls is open, degraded or over, and was not.
    State {
        /// Of what.
        which: Which,
        /// What it was.
        from: State,
        /// What it is.
        to: State,
        /// When.
        at: Instant,
    },
    /// A hold expired: the call did not settle in time. A later settlement counts.
    HoldExpired {
        /// Its id.
        id: u64,
        /// Its service.
        chain: u16,
        /// When.
        at: Instant,
    },
    /// An increase is over.
    IncreaseEnded {
        /// Of what.
        which: Which,
        /// By how much the limit was higher.
        amount: u64,
        /// When.
        at: Instant,
    },
}
