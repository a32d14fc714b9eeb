//! What one call of the engine gives back: a decision, the effects, and the next deadline.
use crate::base::key::KeyId;
use crate::base::time::{Instant, Span};
use crate::call::{Outcome, RetryVerdict};
use crate::engine::Engine;
use crate::engine::explain::Explained;
use crate::gate::breaker::Transition;
use crate::report::Rendered;
use crate::status::state::StatusEffect;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// Which part of the engine refused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs)]
pub enum Gate {
    Breaker,
    Throttle,
    Limit,
    Engine,
}

/// The words of [`Gate`], by number.
pub const GATES: [&str; 4] = ["breaker", "throttle", "limit", "engine"];

/// Why a call was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum RefusalCode {
    CircuitOpen,
    HalfOpenFull,
    ForcedOpen,
    Ramp,
    UpstreamThrottled,
    Limited,
    Blocked,
    Impossible,
    KeysExhausted,
    PermitsExhausted,
    DeadlinePassed,
}

/// The words of [`RefusalCode`], by number.
pub const REFUSALS: [&str; 11] = [
    "circuit_open",
    "half_open_full",
    "forced_open",
    "ramp",
    "upstream_throttled",
    "limited",
    "blocked",
    "impossible",
    "keys_exhausted",
    "permits_exhausted",
    "deadline_passed",
];

impl RefusalCode {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        REFUSALS[self as usize]
    }
}

/// One rule that refuses, in numbers.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Failing {
    /// Whose rule.
    pub gate: Gate,
    /// Why.
    pub code: RefusalCode,
    /// Which limit of the service.
    pub rule: Option<u16>,
    /// Is it the key's rule, or the whole service's?
    pub keyed: bool,
    /// The first instant at which it says yes, if nothing else happens.
    pub retry_at: Option<Instant>,
    /// Is that instant exact?
    pub exact: bool,
    /// Units of the limit, and how many are left.
    pub units: Option<(u64, u64)>,
    /// Only in shadow: it does not refuse.
    pub shadow: bool,
}

/// A refused call.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Refusal {
    /// The first failing rule in the order of the gates (`impossible` beats `limited`).
    pub reason: Failing,
    /// The latest of all failing rules; none if waiting helps nobody.
    pub retry_at: Option<Instant>,
    /// Is that instant exact?
    pub exact: bool,
    /// May the call itself be tried again, and when?
    pub retry: RetryVerdict,
}

/// Why an outcome was observed but not counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Uncounted {
    LeaseExpired,
    StaleGeneration,
    Shadow,
}

impl Uncounted {
    /// The word on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Uncounted::LeaseExpired => "lease_expired",
            Uncounted::StaleGeneration => "stale_generation",
            Uncounted::Shadow => "shadow",
        }
    }
}

/// Where the answer to the latest input stands. Those of the hot path have places of their own, which are written in place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    Any,
    Granted,
    Settled,
}

/// The answer to one input.
#[derive(Clone, PartialEq, Debug)]
pub enum Decision {
    /// The call may proceed.
    Granted {
        /// To be settled once; 0 for a peek.
        permit: u64,
        /// How long the call may take.
        timeout: Option<Span>,
        /// Is it a probe of a half-open breaker?
        probe: bool,
    },
    /// It may not.
    Refused(Refusal),
    /// The outcome was taken in.
    Settled {
        /// `None` when it was counted.
        uncounted: Option<Uncounted>,
        /// What the facts meant.
        outcome: Outcome,
        /// Whether and when to try again.
        retry: RetryVerdict,
    },
    /// Header fields of an HTTP answer: name and value.
    Headers(Vec<(&'static str, String)>),
    /// A report.
    Report(Rendered),
    /// What every gate looks at.
    Explained(Box<Explained>),
    /// All state, as base64 text.
    Snapshot(String),
    /// Nothing to say.
    Done,
}

/// Something that happened and that the host may act on.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// Input came at an earlier time than the last; it was taken at the last. Said once.
    ClockBehind {
        /// By how much.
        by: Span,
    },
    /// A breaker moved.
    Breaker {
        /// Whose.
        service: u32,
        /// Of which key; `None` for the service's own or the roll-up.
        key: Option<KeyId>,
        /// Is it the roll-up of keyed breakers?
        rollup: bool,
        /// The move.
        transition: Transition,
    },
    /// The upstream asked to wait.
    ThrottleHeld {
        /// Which upstream.
        service: u32,
        /// For which key.
        key: Option<KeyId>,
        /// Until when.
        until: Instant,
    },
    /// A permit was not settled in time.
    PermitExpired {
        /// Which.
        permit: u64,
        /// Of which service.
        service: u32,
    },
    /// A key is blocked for a while after too many refusals.
    LimitBlocked {
        /// Of which service.
        service: u32,
        /// Which limit.
        limit: u16,
        /// Which key.
        key: Option<KeyId>,
        /// Until when.
        until: Instant,
    },
    /// An incident ended because a reload removed its service.
    IncidentGone {
        /// Its number.
        id: u64,
        /// The service that was.
        service: String,
        /// How long it lasted.
        duration: Span,
    },
    /// The host rebuilt the engine after losing it.
    Rebuilt {
        /// How often so far.
        rebuilds: u64,
        /// What had happened.
        cause: String,
    },
    /// Status of a service, a feature or the whole.
    Status(StatusEffect),
    /// Something that happened under the policy before a reload, as it stands on the wire.
    Written(String),
}

impl Effect {
    /// The key that it speaks of.
    pub(super) fn key_mut(&mut self) -> Option<&mut KeyId> {
        match self {
            Effect::Breaker { key, .. } | Effect::ThrottleHeld { key, .. } | Effect::LimitBlocked { key, .. } => {
                key.as_mut()
            }
            _ => None,
        }
    }
}

/// The earliest instant at which anything could change by itself, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Next {
    /// When; early at times, never late.
    pub at: Instant,
    /// Why.
    pub why: &'static str,
}

/// Everything that one call caused. It borrows the engine's own buffers, so that the hot path allocates nothing.
#[derive(Clone, Copy, Debug)]
pub struct Output<'a>(&'a Engine);

impl<'a> Output<'a> {
    #[inline]
    pub(super) fn of(engine: &'a Engine) -> Self {
        Output(engine)
    }
    /// The answer.
    #[inline]
    pub fn decision(&self) -> &'a Decision {
        self.0.decision()
    }
    /// Every rule that refused, or would have in shadow.
    pub fn failing(&self) -> &'a [Failing] {
        &self.0.failing
    }
    /// What happened.
    pub fn effects(&self) -> &'a [Effect] {
        &self.0.effects
    }
    /// When to call `advance`, at the latest. Cost: linear in the services; nobody pays who does not ask.
    pub fn next(&self) -> Option<Next> {
        self.0.next()
    }
}
